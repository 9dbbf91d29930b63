#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole studies through scripts/explore, with runs that take a moment.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support TOPKIMA_TOOLS=DIR
  explore_test.py --macro PATH --soc PATH

With TOPKIMA_HEAVY=1 every sampler has its turn.
"""

import contextlib
import csv
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

from topkima.tool import Tool
from explore_support import DATA, FAILED, HEAVY, SMALL, USAGE, ExploreTest
from tool_support import main, projected, write_tensors
from waiting import DEADLINE_S

OBJECTIVES = 'minimize = ["latency_us", "relative_error"]\n'
PARAMETERS = """
[parameters]
topk.k = { from = 1, to = 8 }
ima.bits = [3, 4, 5]
av.lsb = { from = 1, to = 4 }
"""
GRID = OBJECTIVES + SMALL + "[parameters]\ntopk.k = [1, 3, 5]\nima.bits = [3, 4]\n"
RANDOM = OBJECTIVES + "sampler = { kind = 'random', points = 24, seed = 3 }\n" + SMALL + PARAMETERS
# Rows that leave too few word lines.
IMPOSSIBLE = OBJECTIVES + SMALL + "[parameters]\ncrossbar.rows = [256, 65, 66]\n"
# A second slice of simulation is in the long point alone.
LIMITED = 'minimize = ["latency_us"]\nlimit_s = 2\n' + """
[[workload]]
shape = { heads = 1, tokens = [8, 600], d_model = 8 }
"""
IN_LONG = "slice:2"


def search(kind, points=24, population=8):
    sampler = f"{{ kind = '{kind}', points = {points}, population = {population} }}"
    return f"{OBJECTIVES}sampler = {sampler}\n{SMALL}{PARAMETERS}"


def table_of(directory) -> list:
    with open(directory / "points.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Whole(ExploreTest):
    ran = None      # the directory of GRID, run once

    def grid(self):
        """A copy of GRID's directory."""
        if self.ran is None:
            kept = tempfile.mkdtemp(prefix="topkima_test_")
            unittest.addModuleCleanup(shutil.rmtree, kept)
            Whole.ran = shutil.copytree(self.run_study(GRID), Path(kept) / "study")
            shutil.rmtree(self.room / "study")
        return shutil.copytree(self.ran, self.room / "study")

    def worker_of(self, directory):
        """A worker's standard output."""
        return self.succeed("worker", "--storage", f"sqlite:///{directory}/study.db",
                            "--study", directory.name)


class Points(Whole):
    def test_points_are_as_in_runs_of_their_own(self):
        write_tensors(self.room / "tensors", projected(tokens=9, d_model=8))
        (self.room / "tensors" / "meta.ini").write_text("heads = 2\n")
        for tool, other in (("soc", '[[workload]]\ninput = "tensors"\n'), ("macro", "")):
            directory = self.run_study(f'tool = "{tool}"\n{GRID}{other}', tool)
            program = Tool(tool)
            table = table_of(directory)
            self.assertEqual(len(table), 12 if other else 6)
            for number in (0, 5, len(table) - 1):
                row = table[number]
                self.assertEqual((row["number"], row["state"]), (str(number), "done"))
                options = [f"--topk.k={row['topk.k']}", f"--ima.bits={row['ima.bits']}"]
                options += ["--input", self.room / "tensors"] if row["workload"] == "tensors" else \
                    ["--attention.heads=1", "--attention.tokens=8", "--attention.d_model=8"]
                subprocess.run([program.path, "--quiet", "--output", self.room / "run", *options],
                               check=True, timeout=DEADLINE_S)
                report = json.loads((self.room / "run" / "report.json").read_text())
                for name in ("latency_cycles", "latency_us", "mean_conversion_cycles", "tops"):
                    self.assertEqual(float(row[name]), report["totals"][name])
                for name in ("cosine_similarity", "relative_error", "topk_mass"):
                    if name in report["float_reference"]:
                        self.assertEqual(float(row[name]), report["float_reference"][name])
                for name, entry in report["configuration"].items():
                    if f"resolved:{name}" in row and isinstance(entry["value"], int):
                        self.assertEqual(row[f"resolved:{name}"], json.dumps(entry["value"]), name)

    def test_columns(self):
        directory = self.grid()
        program = Tool("soc")
        lines = (directory / "points.csv").read_bytes()
        self.assertNotIn(b"\r", lines)
        self.assertEqual(lines.split(b"\n")[0].decode().split(","), [
            "number", "workload", "state", "topk.k", "ima.bits", *program.metrics, "bottleneck",
            "front",
            "violates", "message", "run_hash",
            *(f"resolved:{name}" for name, entry in program.parameters.items()
              if entry["affects_results"])])

    def test_infeasible_points_say_why_and_the_rest_goes_on(self):
        directory = self.run_study(IMPOSSIBLE)
        table = table_of(directory)
        self.assertEqual([row["state"] for row in table], ["done", "infeasible", "infeasible"])
        for row in table:
            done = subprocess.run([Tool("soc").path, "--quiet", "--output", self.room / "x",
                                   "--attention.heads=1",
                                   "--attention.tokens=8", "--attention.d_model=8",
                                   f"--crossbar.rows={row['crossbar.rows']}"],
                                  capture_output=True, text=True, check=False, timeout=DEADLINE_S)
            self.assertEqual(row["state"], "done" if done.returncode == 0 else "infeasible")
            self.assertEqual(row["message"], done.stderr.strip().removeprefix("topkima-soc: "))
        self.assertIn("infeasible", self.succeed("status", directory))

    def test_points_that_ask_for_more_winners_than_there_are_say_so(self):
        directory = self.run_study(OBJECTIVES + SMALL + "[parameters]\ntopk.k = [2, 8, 9, 12]\n")
        note = "asks a row for more winners than take part in it"
        self.assertEqual([(row["state"], row["message"]) for row in table_of(directory)],
                         [("done", ""), ("done", ""), ("done", note), ("done", note)])
        self.assertIn(f"\n{note}: 2 points\n", self.succeed("status", directory))
        summary = (directory / "summary.md").read_text()
        self.assertIn(f"\n## To know\n\n- {note}: 2 points\n", summary)
        self.assertNotIn("Refused", summary)

    def test_failed_points_are_tried_again_when_asked(self):
        directory = self.run_study(LIMITED, stop=IN_LONG)
        table = table_of(directory)
        self.assertEqual([row["state"] for row in table], ["done", "failed"])
        self.assertIn("took longer than 2 s", table[1]["message"])
        with contextlib.closing(sqlite3.connect(directory / "study.db")) as connection:
            connection.execute("UPDATE explore_study SET text = replace(text, '600', '9')")
            connection.commit()
        self.succeed("resume", directory, "--quiet", "--no-page", "--workers", 1)
        self.assertEqual([row["state"] for row in table_of(directory)], ["done", "failed"])
        self.succeed("resume", directory, "--quiet", "--no-page", "--workers", 1, "--retry")
        self.assertEqual([row["state"] for row in table_of(directory)], ["done", "done"])

    def test_constraints_keep_points_off_the_front(self):
        directory = self.run_study('constraints = ["relative_error < 1"]\n' + GRID)
        table = table_of(directory)
        for row in table:
            self.assertEqual(row["violates"],
                             "" if float(row["relative_error"]) < 1 else "relative_error < 1")
        front = [row for row in table if row["front"] == "1"]
        self.assertTrue(front and not any(row["violates"] for row in front))

    def test_a_front_that_is_thinned(self):
        whole = self.run_study(GRID, "whole")
        thin = self.run_study("epsilon = 0.3\n" + GRID, "thin")
        fronts = [{row["number"] for row in table_of(directory) if row["front"] == "1"}
                  for directory in (whole, thin)]
        self.assertLess(fronts[1], fronts[0])
        self.assertIn("thinned by epsilon 0.3", (thin / "summary.md").read_text())
        self.assertNotIn("thinned", (whole / "summary.md").read_text())
        self.succeed("report", whole, "--epsilon", "0.3")
        self.assertEqual({row["number"] for row in table_of(whole) if row["front"] == "1"},
                         fronts[1])
        self.succeed("report", whole)
        self.assertEqual({row["number"] for row in table_of(whole) if row["front"] == "1"},
                         fronts[0])


class Determinism(Whole):
    def test_any_number_of_workers_gives_the_same_table(self):
        studies = {"grid": GRID, "nsga2": search("nsga2", 16)}
        if HEAVY:
            studies |= {"random": RANDOM, "nsga2": search("nsga2", 60), "tpe": search("tpe", 40)}
        for name, text in studies.items():
            one = self.run_study(text, f"{name}1")
            three = self.run_study(text, f"{name}3", workers=3)
            self.assertEqual((one / "points.csv").read_bytes(), (three / "points.csv").read_bytes(),
                             name)
            self.assertEqual([row["state"] for row in table_of(one)].count("done"),
                             len(table_of(one)), name)
            self.assertGreaterEqual(len(table_of(one)), 6, name)

    def test_a_search_with_several_workloads(self):
        table = table_of(self.run_study(search("nsga2", 6, 3).replace("tokens = 8",
                                                                      "tokens = [8, 9]")))
        self.assertEqual([row["workload"] for row in table], ["tokens=8", "tokens=9"] * 6)
        for one, other in zip(table[::2], table[1::2]):
            self.assertEqual([one[name] for name in ("topk.k", "ima.bits", "av.lsb")],
                             [other[name] for name in ("topk.k", "ima.bits", "av.lsb")])


class Cache(ExploreTest):
    def simulating(self, directory):
        return sum(row.simulating for row in self.store_of(directory).worker_rows())

    def test_what_was_simulated_is_not_simulated_again(self):
        self.cache = self.room / "cache"
        first = self.run_study(GRID, "first")
        self.assertGreater(self.simulating(first), 0)
        # In another order, by another sampler.
        swapped = "[parameters]\nima.bits = [4, 3]\ntopk.k = [5, 1, 3]\n"
        again = self.run_study(OBJECTIVES + SMALL + swapped, "again")
        self.assertEqual(self.simulating(again), 0)
        hashes = [{row["run_hash"]: row["latency_us"] for row in table_of(each)}
                  for each in (first, again)]
        self.assertEqual(*hashes)
        more = self.run_study(GRID.replace("[1, 3, 5]", "[1, 3, 6]"), "more")
        self.assertGreater(self.simulating(more), 0)
        # A parameter that is given, be it as its default, has another provenance in results.
        given = self.run_study(OBJECTIVES + SMALL + "[fixed]\ntopk.union_cycles = 1\n" + swapped,
                               "given")
        self.assertGreater(self.simulating(given), 0)
        self.assertTrue((self.cache / "results.db").exists())

    def test_points_that_resolve_to_the_same_are_simulated_once(self):
        directory = self.run_study(OBJECTIVES + SMALL +
                                   "[parameters]\ntopk.split = ['auto', 256, 8]\n"
                                   "topk.k = [5]\nav.rows = ['auto', 8]\n")
        with contextlib.closing(sqlite3.connect(directory / "study.db")) as connection:
            (results,), = connection.execute("SELECT count(*) FROM explore_result")
        hashes = [row["run_hash"] for row in table_of(directory) if row["state"] == "done"]
        self.assertEqual(results, len(set(hashes)))
        self.assertLess(results, len(hashes))

    def test_another_input_is_another_point(self):
        self.cache = self.room / "cache"
        text = OBJECTIVES + '[[workload]]\ninput = "tensors"\n[parameters]\ntopk.k = [2]\n'
        tables = []
        for seed in (1, 2, 1):
            write_tensors(self.room / "tensors", projected(d_model=64, seed=seed))
            tables.append(table_of(self.run_study(text, f"study{len(tables)}")))
        self.assertEqual(tables[0], tables[2])
        self.assertNotEqual(tables[0][0]["run_hash"], tables[1][0]["run_hash"])
        self.assertNotEqual(tables[0][0]["relative_error"], tables[1][0]["relative_error"])

    def test_a_cache_that_cannot_be_used_only_warns(self):
        self.cache = self.file("file", "no directory")
        study = self.file("s.toml", GRID)
        done = self.explore("run", study, "--output", "out", "--workers", 1, "--quiet", "--no-page")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Aexplore: no cache of results: [^\n]*\n\Z")


class Commands(Whole):
    def test_of_a_study(self):
        out = self.succeed("run", self.file("study.toml", GRID), "--output", self.room / "d",
                           "--workers", 1)
        directory = self.room / "d"
        summary = (directory / "summary.md").read_text()
        self.assertIn(summary, out)
        self.assertIn("# study", summary)
        before = {name: (directory / name).read_bytes()
                  for name in ("points.csv", "summary.md", "report.html")}
        self.assertEqual(self.succeed("report", directory), f"{directory}/report.html\n")
        self.assertEqual({name: (directory / name).read_bytes() for name in before}, before)
        self.assertRegex(self.succeed("status", directory),
                         r"study: 6 of 6 points finished\nfront: \d points\n")
        self.compared(directory)
        self.sensitive(directory)

    def compared(self, directory):
        text = self.succeed("compare", f"{directory}:0", f"{directory}:5")
        self.assertIn("topk.k", text)
        self.assertTrue((directory / "runs" / "point-5" / "report.json").exists())
        self.assertIn("ima.bits",
                      self.succeed("compare", directory / "runs" / "point-0", f"{directory}:1"))
        for number, words in ((99, "has no point 99"), ("1" * 50, "no point")):
            self.assert_refused(self.explore_here("compare", f"{directory}:0",
                                                  f"{directory}:{number}"), DATA, words)
        page = self.room / "d" / "runs" / "point-0.html"
        self.assertEqual(self.succeed("report", directory / "runs" / "point-0"), f"{page}\n")
        self.assertEqual(self.succeed("report", ".", cwd=directory / "runs" / "point-0"),
                         f"{page}\n")

    def sensitive(self, directory):
        table = table_of(directory)
        lines = self.succeed("sensitivity", directory, 2).splitlines()
        self.assertEqual([line.split()[:3] for line in lines[2:]],
                         [["topk.k", "3", "1"], ["topk.k", "3", "5"], ["ima.bits", "3", "4"]])
        for line, other in zip(lines[2:], (0, 4, 3)):
            change = (float(table[other]["latency_us"]) / float(table[2]["latency_us"]) - 1) * 100
            self.assertIn(f"{change:+.2f} %" if change else "same", line)
        self.assert_refused(self.explore_here("sensitivity", directory, 99), DATA, "no point 99")

    def test_points_that_are_not_done(self):
        directory = self.run_study(IMPOSSIBLE)
        for command in (("compare", f"{directory}:2", f"{directory}:0"),
                        ("sensitivity", directory, 2)):
            self.assert_refused(self.explore_here(*command), DATA, "point 2 is infeasible: d_k")

    def test_an_objective_that_some_points_do_not_have(self):
        directory = self.run_study(OBJECTIVES + SMALL + "[fixed]\nreport.float_reference = false\n"
                                   "[parameters]\ntopk.k = [1, 2]\n")
        self.assertEqual([row["relative_error"] for row in table_of(directory)], ["", ""])
        self.assertIn("topk.k", self.succeed("sensitivity", directory, 0))
        self.succeed("report", directory)

    def test_bad_usage(self):
        good = self.file("good.toml", GRID)
        self.file("bad.toml", GRID.replace("topk.k", "topk.kk"))
        (self.room / "full").mkdir()
        (self.room / "full" / "x").touch()
        (self.room / "binary.toml").write_bytes(b"\xff\xfe")
        for command, code, *words in (
                ((), USAGE, "COMMAND"), (("rnu",), USAGE, "rnu"), (("run",), USAGE, "STUDY"),
                (("run", "nowhere.toml"), USAGE, "nowhere.toml"), (("run", "full"), USAGE, "full"),
                (("run", "bad.toml"), USAGE, "bad.toml", "'topk.kk'", "did you mean 'topk.k'"),
                (("run", "binary.toml"), USAGE, "UTF-8"),
                (("run", good, "--workers", "x"), USAGE, "--workers: 'x' is not an integer"),
                (("run", good, "--workers", "-1"), USAGE, "--workers: -1 is not within 0..999999"),
                (("report", "d", "--epsilon", "-1"), USAGE, "--epsilon: -1 is not 0 or more"),
                (("run", good, "--points", 5), USAGE, "--points"),
                (("run", good, "--output", "full"), USAGE, "not empty"),
                (("run", good, "--output", good), USAGE, "good.toml"),
                (("run", good, "--output", "/proc/nowhere"), USAGE, "/proc/nowhere"),
                (("run", good, "--output", "a" * 300), USAGE, "File name too long"),
                (("run", good, "--storage", "nothing", "--output", "o"), USAGE,
                 "storage 'nothing'"),
                (("run", good, "--colour"), USAGE, "--colour"),
                (("resume", "full"), DATA, "expected the storage.txt of a study"),
                (("resume",), USAGE, "DIR"),
                (("status", "nowhere"), DATA, "nowhere"), (("report", "nowhere"), DATA, "nowhere"),
                (("report", "full"), DATA, "report.json"),
                (("sensitivity", "full", 1), DATA, "full"),
                (("sensitivity", "full", "x"), USAGE, "N: 'x' is not an integer"),
                (("compare", "full"), USAGE, "B"),
                (("compare", "full", "full"), DATA, "report.json"),
                (("compare", "full:1", "full:1"), DATA, "expected the storage.txt of a study"),
                (("worker", "--study", "x"), USAGE, "--storage"),
                (("worker", "--storage", "sqlite:///none.db", "--study", "x"), DATA,
                 "no study 'x'")):
            self.assert_refused(self.explore_here(*command), code, *words)
        self.assertFalse((self.room / "none.db").exists())

    def test_directories_that_hold_half_a_study(self):
        directory = self.grid()
        (directory / "study.db").unlink()
        self.assert_refused(self.explore("status", directory), DATA, "study.db", "is no file")
        (directory / "study.db").write_bytes(b"text" * 2000)
        self.assert_refused(self.explore_here("status", directory), FAILED, "not a database")
        (directory / "storage.txt").write_bytes(b"\xff")
        self.assert_refused(self.explore_here("status", directory), DATA, "storage.txt")

    def test_a_study_of_another_model_revision_is_refused(self):
        directory = self.grid()
        with contextlib.closing(sqlite3.connect(directory / "study.db")) as connection:
            connection.execute("UPDATE explore_study SET model_revision = 'other'")
            connection.commit()
        for command in (("resume", directory), ("status", directory), ("report", directory),
                        ("sensitivity", directory, 0),
                        ("compare", f"{directory}:0", f"{directory}:1"),
                        ("worker", "--storage", f"sqlite:///{directory}/study.db",
                         "--study", "study")):
            self.assert_refused(self.explore_here(*command), DATA, "model revision other",
                                "begin another study")

    def test_an_unknown_study_of_a_storage(self):
        directory = self.grid()
        self.assert_refused(self.explore("worker", "--storage", f"sqlite:///{directory}/study.db",
                                         "--study", "stud"),
                            DATA, "no study 'stud'")

    def test_outputs_that_cannot_be_written(self):
        directory = self.grid()
        (directory / "points.csv").unlink()
        (directory / "points.csv").mkdir()
        self.assert_refused(self.explore("report", directory), FAILED,
                            "points.csv: cannot be written")
        with open("/dev/full", "w") as full:
            done = self.explore("status", directory, stdout=full)
        self.assertEqual((done.returncode, done.stderr),
                         (FAILED, "explore: standard output: No space left on device\n"))

    def test_a_storage_that_cannot_grow_stops_cleanly_and_resumes(self):
        for text, size in ((RANDOM, 70000),
                           *(((search("nsga2"), 2**16), (search("nsga2"), 2**17)) * HEAVY)):
            wanted = (self.run_study(text, f"study{size}") / "points.csv").read_bytes()
            directory = self.room / f"small{size}"
            self.assert_refused(self.limited(f"study{size}.toml", directory, size), FAILED,
                                "storage sqlite", "disk")
            self.succeed("resume", directory, "--quiet", "--no-page", "--workers", 1)
            self.assertEqual((directory / "points.csv").read_bytes(), wanted)
            shutil.rmtree(directory)
            shutil.rmtree(self.room / f"study{size}")

    def test_what_a_run_killed_at_its_beginning_leaves_is_taken_up(self):
        directory = self.room / "begun"
        directory.mkdir()
        (directory / "study.toml").write_text(GRID)
        (directory / "storage.txt").write_text("study.db\nbegun\n")
        self.assert_refused(self.explore("resume", directory), DATA, "study.db")
        self.assertEqual(self.run_study(GRID, "begun"), directory)
        self.assertTrue(table_of(directory))

    def test_a_storage_that_cannot_begin_leaves_no_half_study(self):
        self.assert_refused(self.limited(self.file("study.toml", GRID), self.room / "study", 2**13),
                            FAILED, "disk")
        self.assertEqual(list((self.room / "study").iterdir()), [])

    def limited(self, study, directory, size):
        """A run of which no file may become larger."""
        return self.explore("run", study, "--output", directory, "--workers", 2, "--quiet",
                            "--no-page",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                  (size, size)))

    def test_a_workload_that_is_none_is_found_before_anything_is_made(self):
        (self.room / "none").mkdir()
        write_tensors(self.room / "half", {"x": projected(d_model=64)["x"]})
        write_tensors(self.room / "good", projected(d_model=64))
        for name in ("none", "half"):
            text = f'{OBJECTIVES}[[workload]]\ninput = ["good", "{name}"]\n'
            done = self.explore("run", self.file("study.toml", text), "--output", "study")
            self.assert_refused(done, DATA, f"workload '{name}'", self.room / name)
            self.assertFalse((self.room / "study").exists())
        directory = self.run_study(OBJECTIVES + '[[workload]]\ninput = "good"\n')
        (self.room / "good" / "wq.npy").unlink()
        self.assert_refused(self.explore("resume", directory), DATA, self.room / "good" / "wq.npy")

    def test_a_study_with_a_byte_order_mark(self):
        directory = self.run_study("\ufeff" + GRID)
        self.assertEqual((directory / "study.toml").read_text(encoding="utf-8"), GRID)

    def test_texts_of_a_study_are_no_markup(self):
        name = "<img src=x onerror=alert(1)> *a* | `b` \\u001b[2J"
        directory = self.run_study(f'''
name = "{name}"
question = "# <script>alert(1)</script>\\n- [x](javascript:alert(1)) _y_ &lt;"
minimize = ["latency_us"]
constraints = ["alpha < 2 or alpha < 3"]
[[workload]]
name = "w | <b>w</b>"
shape = {{ heads = 1, tokens = 8, d_model = 8 }}
[[workload]]
shape = {{ heads = 1, tokens = 9, d_model = 8 }}
''')
        summary = (directory / "summary.md").read_text(encoding="utf-8")
        lines = summary.splitlines()
        self.assertEqual(lines[0], r"# \<img src=x onerror=alert(1)> \*a\* \| \`b\` \[2J")
        self.assertEqual(lines[2], r"\# \<script>alert(1)\</script> - \[x\](javascript:alert(1)) "
                                   r"\_y\_ \&lt;")
        self.assertIn(r"Constraints: alpha \< 2 or alpha \< 3; 0 points violate one.", lines)
        self.assertTrue(any(line.startswith(r"| 0 | w \| \<b>w\</b> |") for line in lines), summary)
        self.assertNotRegex(summary, r"(?<!\\)<|[\0-\x08\x0b-\x1f\x7f]")

    def test_an_input_that_is_gone(self):
        write_tensors(self.room / "tensors", projected(d_model=64))
        directory = self.run_study(OBJECTIVES + '[[workload]]\ninput = "tensors"\n')
        (self.room / "tensors").rename(self.room / "elsewhere")
        self.assert_refused(self.explore_here("status", directory), DATA, "tensors",
                            "no directory")

    def test_a_workload_that_is_none(self):
        """Whatever is wrong with it, as where the tool alone gets it."""
        def of(text):
            self.file("s.toml", f'minimize = ["latency_us"]\n[[workload]]\n{text}\n')
            return "run", "s.toml", "--output", "s", "--quiet"

        (self.room / "empty").mkdir()
        (self.room / "file").touch()
        for name in ("empty", "file", "nowhere", "x" * 300):
            done = subprocess.run([Tool("soc").path, "--input", name, "--quiet"], cwd=self.room,
                                  capture_output=True, text=True, check=False, timeout=DEADLINE_S)
            self.assertEqual(done.returncode, DATA, done.stderr)
            for text in (f'input = "{name}"', f'model = "{name}"',
                         f'model = "models/digits"\ninput = "{name}"'):
                with self.subTest(text=text):
                    self.assert_refused(self.explore_here(*of(text)), DATA, name[:60])

    def test_text_that_nobody_reads(self):
        directory = self.grid()
        read, write = os.pipe()
        os.close(read)
        done = self.explore("status", directory, stdout=write)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (FAILED, ""))

    def test_a_worker_of_a_complete_study_ends(self):
        self.assertEqual(self.worker_of(self.grid()), "")


if __name__ == "__main__":
    main()
