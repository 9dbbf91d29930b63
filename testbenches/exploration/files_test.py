#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files that studies name: seen from the study's place, and a part of what was simulated.

  files_test.py --macro PATH --soc PATH
"""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

from explore_support import DATA, USAGE, ExploreTest
from tool_support import float_qkv, main, tool_path, write_tensors
from waiting import DEADLINE_S, go_on, stopped_below, wait_until

TECHNOLOGY = Path(__file__).resolve().parents[2] / "data" / "technologies" / "32nm.ini"
OBJECTIVES = 'tool = "macro"\nminimize = ["latency_us", "relative_error"]\n'
STUDY = OBJECTIVES + """
[[workload]]
input = "in"
[fixed]
noise.ramp_thresholds = "thr.npy"
fault.stuck = "cells.csv"
energy.technology = "own.ini"
[parameters]
topk.k = [2, 3]
"""
STEEP = np.arange(31)[::-1] * 1.0 - 15
FLAT = np.arange(31)[::-1] * 40.0 - 600
ODD = ("a#b (1)", " a", "[x]&'", "who?", "\udcff", "%41")


def table_of(directory):
    with open(directory / "points.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class FilesTest(ExploreTest):
    def setUp(self):
        super().setUp()
        self.cache = self.room / "cache"

    def project(self, name, thresholds=STEEP, text=STUDY):
        place = self.room / name
        write_tensors(place / "in", float_qkv(tokens=9))
        np.save(place / "thr.npy", thresholds)
        (place / "cells.csv").write_text("key, 0, 0, 0, 1, 1, 0\n")
        shutil.copy(TECHNOLOGY, place / "own.ini")
        (place / "s.toml").write_text(text)
        return place

    def run_in(self, place, name="out", **options):
        self.succeed("run", place / "s.toml", "--output", place / name, "--workers", 1, "--quiet",
                     "--no-page", **options)
        return table_of(place / name)


class Identity(FilesTest):
    def test_equal_parameters_and_different_files(self):
        tables = [self.run_in(self.project("a")), self.run_in(self.project("b", FLAT)),
                  self.run_in(self.project("c"))]
        self.assertEqual(tables[0], tables[2])      # the same wherever it lies
        for one, other in zip(*tables[:2]):
            self.assertNotEqual(one["run_hash"], other["run_hash"])
            self.assertNotEqual(one["cosine_similarity"], other["cosine_similarity"])
        place = self.room / "b"
        subprocess.run([tool_path("macro"), "--quiet", "--input", "in", "--topk.k=3",
                        "--noise.ramp_thresholds=thr.npy", "--fault.stuck=cells.csv",
                        "--energy.technology=own.ini", "--output", "direct"], check=True, cwd=place,
                       timeout=DEADLINE_S)
        report = json.loads((place / "direct" / "report.json").read_text())
        self.assertEqual(float(tables[1][1]["cosine_similarity"]),
                         report["float_reference"]["cosine_similarity"])

    def test_each_file_counts(self):
        place = self.project("a")
        before = self.run_in(place)
        (place / "own.ini").write_text(TECHNOLOGY.read_text().replace(
            "provenance = derived", "provenance = assumption"))
        other = self.run_in(place, "other")
        self.assertNotEqual(before[0]["energy_assumed_share"], other[0]["energy_assumed_share"])
        (place / "cells.csv").write_text("".join(f"key, 0, 0, 0, {line}, {column}, 1\n"
                                                 for line in range(12) for column in range(9)))
        third = self.run_in(place, "third")
        self.assertNotEqual(other[0]["relative_error"], third[0]["relative_error"])

    def test_a_list_that_has_become_invalid(self):
        place = self.project("a")
        self.run_in(place)
        (place / "cells.csv").write_text("key, 99\n")
        for command in (("status", place / "out"), ("resume", place / "out"),
                        ("report", place / "out"), ("sensitivity", place / "out", 0)):
            self.assert_refused(self.explore_here(*command), DATA, "cells.csv", "has changed",
                                "begin another study")
        self.assert_refused(self.explore("run", place / "s.toml", "--output", place / "new",
                                         "--quiet", "--no-page"), DATA, "cells.csv, line 1")

    def test_a_file_that_is_there_now(self):
        """Masks that come with the tensors, and tensors that would be taken instead of others."""
        for name, content in (("meta.ini", b"[attention]\ncausal = true\n"), ("x.npy", b"")):
            place = self.project(f"with_{name}")
            if name == "meta.ini":
                (place / "in" / name).unlink(missing_ok=True)
            self.run_in(place)
            (place / "in" / "notes.txt").write_text("no file of an input")
            self.explore_here("status", place / "out")
            (place / "in" / name).write_bytes(content)
            for command in ("status", "resume", "report"):
                self.assert_refused(self.explore_here(command, place / "out"), DATA, "in/",
                                    "has changed", "begin another study")

    def test_a_file_that_changes_while_a_study_runs(self):
        """No study holds points of two contents."""
        place = self.project("a", text=STUDY.replace("[2, 3]", "[1, 2, 3, 4]"))
        process = self.start("run", place / "s.toml", "--output", place / "out", "--workers", 1,
                             "--quiet", "--no-page", stop="stored:1")
        worker, = wait_until(lambda: stopped_below(process.pid), "the worker to have stored")
        np.save(place / "thr.npy", FLAT)
        go_on(worker)
        process.communicate(timeout=DEADLINE_S)
        self.assert_refused(self.explore_here("status", place / "out"), DATA, "thr.npy",
                            "has changed")

    def test_a_comparison_tells_files_of_one_name_apart(self):
        places = [self.project("a"), self.project("b", FLAT)]
        for place in places:
            self.run_in(place)
        text = self.succeed("compare", *(f"{place / 'out'}:0" for place in places))
        line, = (line for line in text.splitlines() if "noise.ramp_thresholds" in line)
        self.assertRegex(line, r"thr\.npy \(\w{8}\) +thr\.npy \(\w{8}\)")
        self.assertNotIn("fault.stuck", text)


class Places(FilesTest):
    def test_names_are_seen_from_the_study(self):
        place = self.project("deep/a")
        tables = [self.run_in(place)]
        for name, cwd in (("from_there", place), ("from_root", "/")):
            self.cache = self.room / name
            tables.append(self.run_in(place, name, cwd=cwd))
        self.assertEqual(tables[0], tables[1])
        self.assertEqual(tables[0], tables[2])

    def test_lists_of_files(self):
        place = self.project("a", text=OBJECTIVES + '[[workload]]\ninput = "in"\n[parameters]\n'
                             'noise.ramp_thresholds = ["ideal", "thr.npy", "flat.npy"]\n')
        np.save(place / "flat.npy", FLAT)
        table = self.run_in(place)
        self.assertEqual([row["noise.ramp_thresholds"] for row in table],
                         ["ideal", str(place / "thr.npy"), str(place / "flat.npy")])
        self.assertEqual([row["resolved:noise.ramp_thresholds"] for row in table],
                         ["ideal", "thr.npy", "flat.npy"])
        self.assertEqual(len({row["relative_error"] for row in table}), 3)

    def test_a_file_that_is_not_there(self):
        place = self.project("a")
        (place / "thr.npy").unlink()
        self.assert_refused(self.explore_here("run", place / "s.toml", "--output", place / "out"),
                            USAGE, "noise.ramp_thresholds = 'thr.npy'", "is no file", "ideal")

    def test_names_of_any_kind(self):
        tables = []
        for number, name in enumerate(ODD):
            with self.subTest(name=name):
                place = self.project(name)
                out = place / f"out{name}"
                text = self.succeed("run", place / "s.toml", "--output", out, "--workers", 1,
                                    errors="surrogateescape")
                self.assertIn(f"{out}/points.csv", text)
                tables.append(table_of(out))
                self.succeed("status", out)
                again = self.succeed("compare", f"{out}:0", f"{out}:1", errors="surrogateescape")
                self.assertIn("topk.k", again)
                self.succeed("report", out / "runs" / "point-0", errors="surrogateescape")
        for table in tables[1:]:
            self.assertEqual(table, tables[0])


if __name__ == "__main__":
    main()
