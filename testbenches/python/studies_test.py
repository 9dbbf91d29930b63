# SPDX-License-Identifier: Apache-2.0
"""topkima.Study: run, gone on with, looked at again; what it says is what scripts/explore says."""

import contextlib
import csv
import io
import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

import topkima
from tool_support import ToolTest, main

EXPLORE = Path(__file__).resolve().parents[2] / "scripts" / "explore"
TEXT = """
question = "How many winners?"
minimize = ["latency_us", "relative_error"]
[[workload]]
shape = { heads = 2, tokens = 16, d_model = 16 }
[parameters]
topk.k = [1, 2, 4]
pipeline.schedule = ["fine", "coarse"]
"""


class Studies(ToolTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.dict(os.environ, TOPKIMA_CACHE=""))
        self.enterContext(contextlib.chdir(self.room))
        self.file = self.room / "winners.toml"
        self.file.write_text(TEXT, encoding="utf-8")

    def test_a_study_from_its_file_to_its_front(self):
        study = topkima.Study(self.file)
        self.assertEqual((study.name, study.question), ("winners", "How many winners?"))
        self.assertIs(study.run(workers=2), study)
        self.assertEqual(study.directory, Path("results/winners"))
        self.assertEqual([(point["topk.k"], point["pipeline.schedule"], point["state"])
                          for point in study.points],
                         [(k, schedule, "done") for k in (1, 2, 4)
                          for schedule in ("fine", "coarse")])
        self.assertEqual(study.front, [point for point in study.points if point["front"]])
        self.assertIn("6 points (grid): 6 done", study.summary)

        subprocess.run([sys.executable, EXPLORE, "run", self.file, "--output", "other", "--quiet",
                        "--no-page"], check=True)
        ours, theirs = (self.room / place / "points.csv" for place in ("results/winners", "other"))
        self.assertEqual(ours.read_bytes(), theirs.read_bytes())
        with ours.open(encoding="utf-8", newline="") as file:
            for point, row in zip(study.points, csv.DictReader(file), strict=True):
                self.assertEqual(point["latency_us"], float(row["latency_us"]))
                self.assertEqual(point["bottleneck"], row["bottleneck"])

    def test_the_same_call_goes_on_and_another_study_is_refused(self):
        first = topkima.Study(self.file).run("here", workers=1).points
        again = topkima.Study(self.file).run("here", workers=1)
        self.assertEqual((again.points, topkima.Study("here").points), (first, first))
        other = self.room / "other.toml"
        other.write_text(TEXT.replace("4]", "5]"), encoding="utf-8")
        with self.assertRaisesRegex(topkima.UsageError, "here: holds another study than other"):
            topkima.Study(other).run("here")
        elsewhere = self.room / "elsewhere" / self.file.name    # where its files may be others
        elsewhere.parent.mkdir()
        elsewhere.write_text(TEXT, encoding="utf-8")
        with self.assertRaisesRegex(topkima.UsageError, "another study than winners of .*/elsewhe"):
            topkima.Study(elsewhere).run("here")

    def test_a_point_in_full_and_the_page(self):
        study = topkima.Study(self.file).run("here", workers=1)
        point = study.points[3]
        result = study.result(3)
        self.assertEqual(result.report["totals"]["latency_us"], point["latency_us"])
        self.assertEqual(result.topk_index.shape, (2, 16, 2))
        self.assertIn("</html>", study.page().read_text(encoding="utf-8"))
        with self.assertRaisesRegex(topkima.DataError, "no point 99"):
            study.result(99)

    def test_what_cannot_be_used(self):
        self.file.write_text(TEXT.replace("topk.k", "topk.kk"), encoding="utf-8")
        with self.assertRaisesRegex(topkima.UsageError, "winners.toml: .*topk.kk"):
            topkima.Study(self.file)
        with self.assertRaisesRegex(topkima.UsageError, "none.toml: cannot be opened: No such"):
            topkima.Study("none.toml")
        with self.assertRaisesRegex(topkima.DataError, "expected the storage.txt of a study"):
            topkima.Study(self.room)
        self.file.write_text(TEXT, encoding="utf-8")
        study = topkima.Study(self.file)
        with self.assertRaisesRegex(topkima.UsageError, "has not been run"):
            study.points

    def test_a_study_of_which_nothing_can_be_simulated(self):
        self.file.write_text(TEXT.replace("[1, 2, 4]", "[4]").replace(
            "[parameters]", '[fixed]\ntopk.split = "4,4"\n[parameters]'), encoding="utf-8")
        with self.assertRaisesRegex(topkima.SimulationError, "no point of the study"), \
                contextlib.redirect_stderr(io.StringIO()):
            topkima.Study(self.file).run("here", workers=1)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
