# SPDX-License-Identifier: Apache-2.0
"""scripts/accuracy: its small version from networks to page, interrupted and continued; the page
that is committed; the statistics."""

import csv
import importlib.util
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
ACCURACY = HOME / "scripts" / "accuracy"
TIME_LIMIT_S = 500

if not importlib.util.find_spec("torch"):
    sys.exit(77)

from topkima.evaluation import page, tables  # noqa: E402


def rows_of(path: Path) -> list:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class SmallVersion(unittest.TestCase):
    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test_"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)
        self.environment = {**os.environ, "TOPKIMA_CACHE": "", "OMP_NUM_THREADS": "1"}

    def command(self, *options) -> list:
        return [ACCURACY, "--small", "--place", self.room / "place", *options]

    def run_to_end(self, *options) -> str:
        done = subprocess.run(self.command(*options), env=self.environment, capture_output=True,
                              text=True, timeout=TIME_LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def interrupt_training(self):
        with subprocess.Popen(self.command("--train-only"), env=self.environment, text=True,
                              stdout=subprocess.PIPE, start_new_session=True) as process:
            while not process.stdout.readline().startswith("trained"):
                self.assertIsNone(process.poll())
            os.killpg(process.pid, signal.SIGINT)
            self.assertEqual(process.wait(TIME_LIMIT_S), 130)

    def trained(self) -> set:
        return {path.parent.name for path in (self.room / "place").glob("*/model.ini")}

    def test_from_networks_to_page_and_on_after_an_interruption(self):
        self.interrupt_training()
        before = self.trained()
        self.assertIn(len(before), range(1, 20))
        out = self.run_to_end()
        self.assertEqual(len(self.trained()), 20)
        self.assertIn(f"of {20 - len(before)}: ", out)    # none was trained again

        results = self.room / "place" / "results"
        told = {row["network"]: float(row["accuracy"])
                for row in rows_of(results / "data" / "accuracy_networks.csv")}
        measured = rows_of(results / "data" / "accuracy_trained.csv")
        self.assertEqual(len(measured), 10)
        for row in measured:    # as training predicted, on the modelled hardware
            self.assertAlmostEqual(float(row["accuracy"]), told[row["workload"]], 6)
        for name in tables.NAMES[1:]:
            for row in rows_of(results / "data" / f"{name}.csv"):
                self.assertEqual(row["state"], "done", row)
                self.assertTrue(0 <= float(row["accuracy"]) <= 1, row)
        text = (results / "accuracy.md").read_text(encoding="utf-8")
        self.assertIn("`scripts/accuracy --small`", text)
        for image in re.findall(r"\]\((\w+\.svg)\)", text):
            self.assertTrue((results / image).read_text(encoding="utf-8").startswith("<?xml"))

        once = {path: path.read_bytes() for path in results.rglob("*.*") if path.is_file()}
        self.assertNotIn("trained 1 of", self.run_to_end())
        self.assertEqual(once, {path: path.read_bytes() for path in once})
        done = subprocess.run(self.command("--train=--noise=1"), env=self.environment, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("float_s1: was trained with --attention exact --seed 1 ", done.stderr)
        self.assertIn("choose another --place", done.stderr)
        shutil.rmtree(results / "data")
        done = subprocess.run(self.command("--page"), capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (4, "", 1))


class CommittedResults(unittest.TestCase):
    def test_plots_and_page_follow_from_the_tables(self):
        done = subprocess.run([ACCURACY, "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


class Statistics(unittest.TestCase):
    def test_a_mean_has_the_interval_of_students_t(self):
        found = tables.mean([1, 2, 3])    # t of 2 degrees of freedom: 4.302653
        self.assertAlmostEqual(found.value, 2)
        self.assertAlmostEqual(found.half, 4.302653 / math.sqrt(3), 5)
        self.assertTrue(math.isnan(tables.mean([5]).half))

    def results(self, rows) -> tables.Results:
        table = "workload,state,noise.score_sigma,noise.seed,accuracy\n" + "\n".join(rows) + "\n"
        return tables.Results({"accuracy_noise": table})

    def test_runs_of_one_network_count_as_one(self):
        results = self.results(["a_s1,done,1,1,0.2", "a_s1,done,1,2,0.4", "a_s2,done,1,1,0.5",
                                "a_s2,done,1,2,0.7", "b_s1,done,1,1,0"])
        found = results.mean("accuracy_noise", "a", noise__score_sigma=1)
        self.assertAlmostEqual(found.value, 0.45)
        self.assertEqual(found.count, 2)

    def test_the_equivalent_noise_lies_between_two_levels(self):
        share = 0.851 / 0.867
        results = self.results(["a_s1,done,0,1,1.0", "a_s1,done,1,1,1.0",
                                f"a_s1,done,3,1,{1 - 4 * (1 - share)}", "b_s1,done,0,1,1.0",
                                "b_s1,done,1,1,1.0", "b_s1,done,3,1,1.0"])
        self.assertAlmostEqual(page.equivalent_noise(results, "a"), 1.5)
        self.assertIsNone(page.equivalent_noise(results, "b"))


if __name__ == "__main__":
    unittest.main()
