#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Non-idealities of the tools as users meet them: tables and lists in files,
what the report says, and Monte Carlo runs (--runs).

  nonidealities_test.py --macro PATH --soc PATH
"""

import csv
import json
import math
import os
import signal
import statistics
import subprocess
from pathlib import Path

import numpy as np
from scipy import stats

from tool_support import (DATA, USAGE, ToolTest, everything_in, int8_qkv, main, names_in, tool_path,
                          write_tensors)
from waiting import DEADLINE_S, stopped_below, stopping_at, wait_until

SMALL = ("--attention.heads=2", "--attention.tokens=12", "--attention.d_model=16")
NOISE = ("--noise.score_sigma=0.5", "--noise.value_ramp_sigma=0.1", "--fault.key_cells=0.01")
TENSORS = ("topk_index", "topk_code", "probability", "convert_cycles", "output")


def ideal(bits):
    return 2 ** (bits - 1) - 1.5 - np.arange(2**bits - 1)


class Files(ToolTest):
    def assert_same_tensors(self, left, right, same=True):
        equal = [np.array_equal(np.load(left / f"{name}.npy"), np.load(right / f"{name}.npy"))
                 for name in TENSORS]
        self.assertEqual(all(equal), same)

    def test_the_ideal_table_changes_nothing_and_another_does(self):
        np.save(self.room / "k.npy", ideal(5))
        np.save(self.room / "v.npy", ideal(5).astype(np.float32))
        np.save(self.room / "low.npy", ideal(5) - 0.4)
        for tool in ("macro", "soc"):
            plain = self.results_of(tool, *SMALL, output="plain")
            table = self.results_of(tool, *SMALL, "--noise.ramp_thresholds=k.npy",
                                    "--noise.value_ramp_thresholds=v.npy", output="table")
            self.assert_same_tensors(plain, table)
            low = self.results_of(tool, *SMALL, "--noise.ramp_thresholds=low.npy", output="low")
            self.assert_same_tensors(plain, low, same=False)

    def test_bad_tables_are_refused_in_one_line(self):
        rising, level, nan = ideal(5), ideal(5), ideal(5)
        rising[3] = rising[2] + 1
        level[30] = level[29]
        nan[4] = math.nan
        for name, table, words in (
                ("short", ideal(4), ("holds 15 thresholds", "5 bits has 31")),
                ("rising", rising, ("threshold 3", "falling")),
                ("level", level, ("threshold 30", "falling")),
                ("nan", nan, ("value 4 is not finite",)),
                ("flat", ideal(5)[None], ("[1, 31]", "1 dimension")),
                ("integers", np.arange(31), ("'<i8'", "float32", "float64")),
                ("empty", np.zeros(0), ("empty dimension",))):
            path = self.room / f"{name}.npy"
            np.save(path, table)
            for option in ("noise.ramp_thresholds", "noise.value_ramp_thresholds"):
                done = self.run_tool("macro", *SMALL, f"--{option}={path.name}")
                self.assert_refused(done, DATA, path.name, *words)
        (self.room / "cut.npy").write_bytes((self.room / "short.npy").read_bytes()[:-1])
        (self.room / "text.npy").write_text("5, 4, 3\n")
        for name, said in (("cut.npy", "cut.npy"), ("text.npy", "text.npy"),
                           ("nowhere.npy", "nowhere.npy"), (".", "is a directory")):
            done = self.run_tool("soc", *SMALL, f"--noise.ramp_thresholds={name}")
            self.assert_refused(done, DATA, said)

    def test_a_listed_cell_changes_the_scores_that_it_should(self):
        # One head, one dimension: the score of token t is q * k_t.
        tensors = {"q": np.full((1, 2, 1), 3), "k": np.array([[[1], [2], [5], [-4]]]),
                   "v": np.full((1, 4, 1), 7)}
        write_tensors(self.room / "in", {n: t.astype(np.int8) for n, t in tensors.items()})
        arguments = ("--input", "in", "--softmax.score_step=1", "--topk.k=4", "--ima.ramp_lsb=1",
                     "--ima.bits=7")

        def codes(*others):
            out = self.results_of("macro", *arguments, *others)
            index, code = (np.load(out / f"topk_{name}.npy")[0, 0] for name in ("index", "code"))
            return dict(zip(index.tolist(), code.tolist()))

        self.assertEqual(codes(), {0: 3, 1: 6, 2: 15, 3: -12})
        # Token 2's cell of weight 4 at -1: 1 - 4. Token 3's of weight 1 at 1: 1 - 4.
        (self.room / "stuck.csv").write_text("# a comment\n\nkey, 0, 0, 0, 2, 2, -1  # weight 4\n"
                                             "key,0,0,0,0,3,1\r\n")
        self.assertEqual(codes("--fault.stuck=stuck.csv"), {0: 3, 1: 6, 2: -9, 3: -9})

    def test_bad_lists_are_refused_by_line(self):
        for line, words in (("key,0,0,0,0,0", "6 fields"), ("kay,0,0,0,0,0,1", "'kay'"),
                            ("key,2,0,0,0,0,1", "head is '2'; expected 0..1"),
                            ("key,0,1,0,0,0,1", "array is '1'"), ("key,0,0,2,0,0,1", "bank is '2'"),
                            ("key,0,0,0,24,0,1", "line is '24'; expected 0..23"),
                            ("key,0,0,0,0,12,1", "column is '12'"), ("key,0,0,0,0,0,2", "level"),
                            ("key,0,0,0,0,x,1", "column is 'x'"), ("value,0,0,0,192,0,1", "line"),
                            ("value,0,0,0,0,32,1", "column is '32'; expected 0..31"),
                            ("rram,o,0,0,0,0,on", "'o'; expected q, k or v"),
                            ("rram,output,0,0,0,0,on", "'output'; expected q, k or v"),
                            ("layer0.key,0,0,0,0,0,1", "only a model (--model) has layers"),
                            ("rram,q,8,0,0,0,on", "slice is '8'"),
                            ("rram,q,0,0,0,0,1", "expected on or off")):
            (self.room / "stuck.csv").write_text(f"# first\n{line}\n")
            done = self.run_tool("soc", *SMALL, "--fault.stuck=stuck.csv")
            self.assert_refused(done, DATA, "stuck.csv, line 2", words)
        (self.room / "stuck.csv").write_text("rram,q,0,0,0,0,on\n")
        done = self.run_tool("macro", *SMALL, "--fault.stuck=stuck.csv")
        self.assert_refused(done, DATA, "stuck.csv, line 1", "'rram'; expected key or value")
        self.assert_refused(self.run_tool("soc", "--fault.stuck=nowhere.csv"), DATA, "nowhere.csv")

    def test_the_report_and_the_summary_name_what_is_on(self):
        out = self.results_of("soc", *SMALL)
        self.assertNotIn("nonidealities", json.loads((out / "report.json").read_text()))
        done = self.run_tool("soc", *SMALL, *NOISE, "--noise.seed=5", "--output", "noisy")
        report = json.loads((self.room / "noisy" / "report.json").read_text())
        self.assertEqual(report["nonidealities"], {
            "seed": 5, "noise.score_sigma": {"value": 0.5, "unit": "ramp_lsb"},
            "noise.value_ramp_sigma": {"value": 0.1, "unit": "av.lsb"},
            "fault.key_cells": {"value": 0.01, "unit": ""}})
        for words in ("not ideal       noise.score_sigma 0.5 ramp_lsb\n",
                      "                fault.key_cells 0.01\n"):
            self.assertIn(words, done.stdout)
        again = self.results_of("soc", "--config", "noisy/effective.ini", output="again")
        self.assert_same_results(self.room / "noisy", again)


class MonteCarlo(ToolTest):
    def runs_of(self, tool, *arguments, output="out", **options):
        done = self.run_tool(tool, *SMALL, *NOISE, "--runs", *arguments, "--output", output,
                             "--quiet", **options)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        out = self.room / output
        self.assertEqual(names_in(out), ["effective.ini", "monte_carlo.csv", "monte_carlo.json",
                                         "run.json"])
        with open(out / "monte_carlo.csv", newline="") as file:
            return list(csv.DictReader(file)), json.loads((out / "monte_carlo.json").read_text())

    def test_each_line_is_the_run_of_its_seed(self):
        for tool in ("macro", "soc"):
            lines, _ = self.runs_of(tool, "4", "--noise.seed=7")
            self.assertEqual([line["noise.seed"] for line in lines], ["7", "8", "9", "10"])
            points = "".join(json.dumps({"parameters": {"noise.seed": int(line["noise.seed"])}})
                             + "\n" for line in lines)
            done = subprocess.run([tool_path(tool), "--batch", *SMALL, *NOISE], input=points,
                                  text=True, capture_output=True, timeout=DEADLINE_S, check=True)
            for line, answer in zip(lines, done.stdout.splitlines()):
                for name, value in json.loads(answer)["metrics"].items():
                    self.assertEqual(line[name], "" if value is None else line[name])
                    if value is not None:
                        self.assertEqual(float(line[name]), value, name)

    def test_statistics_are_those_of_scipy(self):
        lines, result = self.runs_of("soc", "9")
        self.assertEqual((result["schema"], result["runs"], result["first_seed"],
                          result["confidence"]), ("topkima-monte-carlo", 9, 1, 0.95))
        self.assertEqual(list(result["metrics"]), list(lines[0])[1:])
        spread = 0
        for name, got in result["metrics"].items():
            values = [float(line[name]) for line in lines if line[name]]
            self.assertEqual(got["runs"], len(values))
            if not values:
                self.assertIsNone(got["mean"])
                continue
            mean, sigma = statistics.fmean(values), statistics.stdev(values)
            self.assertAlmostEqual(got["mean"], mean, delta=1e-12 * abs(mean))
            self.assertAlmostEqual(got["standard_deviation"], sigma, delta=1e-9 * sigma)
            half = stats.t.ppf(0.975, len(values) - 1) * sigma / math.sqrt(len(values))
            for end, want in zip(got["confidence_interval"], (mean - half, mean + half)):
                self.assertAlmostEqual(end, want, delta=1e-9 * (abs(mean) + half))
            self.assertEqual((got["minimum"], got["maximum"]), (min(values), max(values)))
            spread += sigma > 0
        self.assertGreater(spread, 10)

    def test_neither_processors_nor_fidelity_nor_order_change_a_byte(self):
        self.runs_of("soc", "6", output="all")
        one = {min(os.sched_getaffinity(0))}
        self.runs_of("soc", "6", output="one", preexec_fn=lambda: os.sched_setaffinity(0, one))
        self.runs_of("soc", "6", "--fidelity=cycle", output="cycle")
        later, _ = self.runs_of("soc", "3", "--noise.seed=4", output="later")
        for name in ("monte_carlo.csv", "monte_carlo.json"):
            for other in ("one", "cycle"):
                self.assertEqual((self.room / "all" / name).read_bytes(),
                                 (self.room / other / name).read_bytes())
        text = (self.room / "all" / "monte_carlo.csv").read_text().splitlines()
        self.assertEqual((self.room / "later" / "monte_carlo.csv").read_text().splitlines()[1:],
                         text[4:])

    def test_the_summary_shows_the_main_numbers(self):
        done = self.run_tool("macro", *SMALL, *NOISE, "--runs=3")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("3 runs, noise.seed 1..3", done.stdout)
        self.assertRegex(done.stdout, r"cosine_similarity +[0-9.]+ \+- [0-9.e-]+ +[0-9.e-]+")
        self.assertIn("topkima-results/monte_carlo.json", done.stdout)

    def test_what_makes_no_sense_is_refused(self):
        for arguments, words in ((("--runs=1",), "2..10000"), (("--runs=10001",), "2..10000"),
                                 (("--runs=x",), "'x'"), (("--runs=3", "--batch"), "--batch"),
                                 (("--runs=3", "--wave", "x.vcd"), "--wave"),
                                 (("--runs=3", "--row", "1"), "--row"),
                                 (("--runs=3", "--noise.seed=4294967294"), "4294967296")):
            self.assert_refused(self.run_tool("soc", *SMALL, *NOISE, *arguments), USAGE, words)
        self.assert_refused(self.run_tool("soc", *SMALL, "--runs=3"), USAGE, "nothing is random")
        done = self.run_tool("soc", *SMALL, *NOISE, "--runs=3", "--noise.ramp_thresholds=none.npy")
        self.assert_refused(done, DATA, "none.npy")
        self.assertEqual(everything_in(self.room), [])

    def test_a_run_that_fails_is_named_by_its_seed(self):
        write_tensors(self.room / "in", int8_qkv())
        done = self.run_tool("macro", "--input", "in", *NOISE, "--runs=3", "--noise.seed=5")
        self.assert_refused(done, USAGE, "noise.seed = 5", "softmax.score_step")
        self.assertEqual(names_in(self.room), ["in"])

    def test_runs_end_with_the_tool(self):
        process = subprocess.Popen(
            [tool_path("macro"), *NOISE, "--runs=50", "--attention.tokens=20",
             "--report.float_reference=false"], cwd=self.room, env=stopping_at("slice:1"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        runs = wait_until(lambda: stopped_below(process.pid), "a run to stop")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE_S), -signal.SIGTERM)
        self.assertEqual([run for run in runs if Path(f"/proc/{run}").exists()], [])
        self.assertEqual(everything_in(self.room), [])


if __name__ == "__main__":
    main()
