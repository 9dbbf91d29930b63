#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A kind of machine that the tools know through run/machine.h alone (toy/): command line, batch
mode and Monte Carlo serve it as they serve the shipped ones.

  toy_machine_test.py --toy PATH
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from waiting import DEADLINE_S

TOY = Path(sys.argv.pop()).resolve() if sys.argv[-2:-1] == ["--toy"] else None
CYCLES = 4 * 6


class ToyMachine(unittest.TestCase):
    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test_"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)

    def run_toy(self, *arguments, code=0, given=""):
        done = subprocess.run([TOY, *arguments], cwd=self.room, text=True, input=given,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr if code else done.stdout

    def test_its_command_line_offers_what_it_takes(self):
        text = self.run_toy("--help=all")
        self.assertTrue(text.startswith("toy: a machine that adds and multiplies\n"), text)
        self.assertIn("--topk.k", text)
        for absent in ("--model DIR", "--sequences", "--print-register-map", "--bus.latency_cycles",
                       "--encoder.samples"):
            self.assertNotIn(absent, text)
        metrics = json.loads(self.run_toy("--list-metrics=json"))
        self.assertEqual([metric["name"] for metric in metrics], ["latency_cycles", "noise"])
        names = [entry["name"] for entry in json.loads(self.run_toy("--list-parameters=json"))]
        self.assertIn("topk.k", names)
        self.assertNotIn("bus.latency_cycles", names)

    def test_a_run_writes_its_results(self):
        told = self.run_toy("--output", "out", "--topk.k=3", "--noise.seed=0")
        self.assertEqual(told, "toy: 24 cycles\nfull report     out/report.json\n")
        out = self.room / "out"
        self.assertEqual(sorted(os.listdir(out)),
                         ["effective.ini", "report.json", "run.json", "toy.csv"])
        report = json.loads((out / "report.json").read_text())
        self.assertEqual(report["cycles"], CYCLES)
        self.assertEqual(report["configuration"]["topk.k"]["value"], 3)
        self.assertNotIn("bus.latency_cycles", report["configuration"])
        self.assertIn("\nk = 3\n", (out / "effective.ini").read_text())
        self.assertEqual(json.loads((out / "run.json").read_text())["tool"], "toy")

    def test_what_one_step_does(self):
        self.run_toy("--output", "out", "--topk.k=2", "--noise.seed=0", "--what-if")
        found = json.loads((self.room / "out" / "what_if.json").read_text())
        self.assertEqual(found["figures"], [{"name": "latency_cycles", "unit": "cycles",
                                             "role": "latency"}])
        self.assertEqual(found["base"], {"metrics": {"latency_cycles": CYCLES}, "limit": "toy"})
        steps = {(one["parameter"], one["to"]): one for one in found["steps"]}
        self.assertEqual(steps["topk.k", "1"]["refused"], "the toy is broken")
        self.assertEqual(steps["ima.bits", "4"]["metrics"], {"latency_cycles": CYCLES})
        self.assertNotIn(("projection.column_mux", "4"), steps)

    def test_a_step_that_dies_says_nothing_of_its_machine(self):
        self.assertEqual(self.run_toy("--output", "out", "--ima.bits=3", "--what-if", code=4),
                         "toy: --what-if ima.bits=2: the simulation ended by signal 9\n")
        self.assertEqual(os.listdir(self.room), [])

    def test_what_it_cannot_do_is_refused(self):
        self.assertEqual(self.run_toy("--topk.k=1", code=4), "toy: the toy is broken\n")
        self.assertIn("toy: command line: --layer needs --model, which has layers",
                      self.run_toy("--layer=0", code=2))
        self.assertFalse((self.room / "topkima-results").exists())

    def test_a_batch_answers_its_points(self):
        points = [{"id": 1, "parameters": {"noise.seed": 5}}, {"id": 2, "resolve": True},
                  {"id": 3, "parameters": {"topk.k": 1}}, {"id": 4, "model": "any"},
                  {"id": 5, "parameters": {"topk.k": 0}}]
        lines = self.run_toy("--batch", given="".join(json.dumps(each) + "\n" for each in points))
        first, resolved, broken, model, wrong = map(json.loads, lines.splitlines())
        self.assertEqual(first["metrics"], {"latency_cycles": CYCLES + 5, "noise": 5})
        self.assertEqual(first["bottleneck"], "toy")
        self.assertEqual(first["configuration"]["noise.seed"], "5")
        self.assertEqual(resolved["configuration"]["energy.technology"], "65nm")
        self.assertNotIn("metrics", resolved)
        self.assertEqual((broken["exit"], broken["message"]), (4, "the toy is broken"))
        self.assertEqual((model["exit"], model["message"]), (2, "toy runs no models"))
        self.assertEqual(wrong["exit"], 2)

    def test_many_runs_have_statistics(self):
        told = self.run_toy("--runs=3", "--noise.seed=7", "--noise.score_sigma=1", "--output=out")
        self.assertIn("latency_cycles", told)
        self.assertNotIn("\nnoise ", told)
        report = json.loads((self.room / "out" / "monte_carlo.json").read_text())
        self.assertEqual(report["metrics"]["latency_cycles"]["mean"], CYCLES + 8)
        with open(self.room / "out" / "monte_carlo.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["noise"] for row in rows], ["7", "8", "9"])
        self.assertIn("nothing is random", self.run_toy("--runs=3", code=2))


if __name__ == "__main__":
    if TOY is None:
        sys.exit("usage: toy_machine_test.py --toy PATH")
    sys.argv = [argument for argument in sys.argv if argument != "--toy"]
    unittest.main()
