#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two runs of whole encoders side by side.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support
  encoder_comparison_test.py --macro PATH --soc PATH
"""

import copy
import json
import unittest
from pathlib import Path

from comparison_support import ENERGY, broken, part, row, setting, stage, words
from topkima.exploration.comparison import compare
from topkima.errors import DataError
from topkima.exploration.reports import read_report
from tool_support import ToolTest, main

DIGITS = Path(__file__).resolve().parents[2] / "data" / "models" / "digits"


def module(name, cycles, **busy):
    return {"name": name, "cycles": cycles, "cycles_per_sample": cycles / 4,
            "stages": [stage(kind, work, {"no more rows": cycles - work})
                       for kind, work in busy.items()]}


def report_a():
    """Four samples of 100 cycles at 200 MHz, two of them right."""
    return {
        "schema": "topkima-encoder-report", "schema_version": 1, "tool": "topkima-soc",
        "model": {"trained": "by hand", "task": "image", "layers": 1, "heads": 2, "d_model": 8,
                  "hidden": 16, "tokens": 5, "classes": 3},
        "prediction": {"asked": 4, "right": 2, "accuracy": 0.5, "accuracy_in_training": None,
                       "float_accuracy": 0.75},
        "totals": {"samples": 4, "cycles": 400, "latency_cycles": 100.0, "latency_us": 0.5,
                   "latency_us_least": 0.4, "latency_us_most": 0.6, "samples_per_second": 2e6,
                   "energy_uj_per_sample": 0.75, "energy_uj_least": 0.7, "energy_uj_most": 0.8},
        "attention": [{"alpha": 0.25, "mean_conversion_cycles": 8.0, "mean_winners": 5.0,
                       "ramp_lsb": [3, 4], "score_step": [0.1, 0.1]}],
        "modules": [module("embedding", 80, matrix=60, norm=20),
                    module("layer0.attention", 160, score=80),
                    module("layer0.feed_forward", 240, matrix=120),
                    module("classifier", 80, matrix=40)],
        "energy": copy.deepcopy(ENERGY), "assumed": [],
        "configuration": {"clock.frequency_mhz": setting(200.0, "200", "MHz"),
                          "encoder.arrival": setting("alone", "alone"),
                          "encoder.first_sample": setting(0, "0"),
                          "topk.k": setting(5, "5", "winners")}}


def report_b():
    """With k = 8: three right, ten cycles more."""
    report = report_a()
    report["prediction"].update(right=3, accuracy=0.75)
    report["totals"].update(latency_cycles=110.0, latency_us=0.55, energy_uj_per_sample=0.9)
    report["modules"][1] = module("layer0.attention", 200, score=160, union=180)
    report["attention"][0].update(alpha=0.5, mean_winners=8.0)
    report["energy"]["components"][0]["dynamic_pj"] = 1.6e6
    report["configuration"]["topk.k"]["value"] = 8
    return report


class ByHand(unittest.TestCase):
    def setUp(self):
        self.a, self.b = report_a(), report_b()

    def text(self):
        return compare(self.a, self.b, "first", "second")

    def test_summary(self):
        self.assertIn("The latency of a sample goes from 0.5000 to 0.5500 us (+10.0 %). Its energy "
                      "goes from 0.7500 to 0.9000 uJ (+20.0 %). The accuracy goes from 50.00 % (2 "
                      "of 4) to 75.00 % (3 of 4).", words(self.text()))

    def test_same_results(self):
        self.b = report_a()
        self.assertEqual(self.text().splitlines()[2:], ["no difference"])
        self.b["assumed"] = ["topk.k"]
        self.assertIn("The latency of a sample is the same, 0.5000 us. Its energy is the same, "
                      "0.7500 uJ. The accuracy is the same, 50.00 % (2 of 4).",
                      words(self.text()))
        for title in ("changed", "modules", "early stopping", "energy by component"):
            self.assertEqual(part(self.text(), title), ["no difference"], title)

    def test_changed(self):
        self.assertEqual([words(line) for line in part(self.text(), "changed")[1:]],
                         ["topk.k 5 8 winners"])

    def test_other_work(self):
        self.b["model"]["classes"] = 4
        self.b["totals"]["samples"] = 2
        self.b["configuration"]["encoder.first_sample"]["value"] = 9
        self.assertIn("Not the same work: classes 3 to 4, samples 4 to 2, first sample 0 to 9. The "
                      "latency", words(self.text()))

    def test_totals(self):
        text = self.text()
        self.assertEqual(row(text, "totals", "accuracy"), "0.5000 0.7500 +0.2500".split())
        self.assertEqual(row(text, "totals", "latency, mean cycles"),
                         "100.0 110.0 +10.0 +10.0 %".split())
        self.assertEqual(row(text, "totals", "energy uJ"), "0.7500 0.9000 +0.1500 +20.0 %".split())

    def test_without_labels_nothing_is_said_of_accuracy(self):
        for report in (self.a, self.b):
            report["prediction"].update(asked=0, right=0, accuracy=None)
        self.assertNotIn("accuracy", self.text())

    def test_modules_by_sample_with_their_busiest_kind(self):
        text = self.text()
        self.assertEqual(row(text, "modules, cycles per sample", "layer0.attention"),
                         "40.0 50.0 +10.0 +25.0 % score 50 % union 90 %".split())
        self.assertEqual(row(text, "modules, cycles per sample", "classifier"),
                         "20.0 20.0 same matrix 50 % matrix 50 %".split())
        self.b["configuration"]["encoder.arrival"]["value"] = "stream"
        self.assertIn("modules, cycles per sample (of B until it was done with all):", self.text())

    def test_layers_that_one_alone_has(self):
        self.b["attention"] *= 2
        self.b["modules"].append(module("layer1.attention", 40, score=4))
        text = self.text()
        self.assertEqual(row(text, "modules", "layer1.attention"),
                         "- 10.0 - - score 10 %".split())
        self.assertEqual([words(line) for line in part(text, "early stopping by layer")[1:]],
                         ["0 0.2500 0.5000 8.00 8.00 5.00 8.00", "1 - 0.5000 - 8.00 - 8.00"])

    def test_energy_is_of_a_sample_and_small_changes_are_left_out(self):
        self.b["energy"]["components"][1]["leakage_pj"] = 500.0
        self.assertEqual([words(line) for line in part(self.text(), "energy by component")[1:]],
                         ["topk 0.3750 0.5250 +0.1500 +40.0 %"])

    def test_an_encoder_and_a_module_do_not_compare(self):
        other = {**self.b, "schema": "topkima-report"}
        for pair in ((self.a, other), (other, self.a)):
            with self.assertRaisesRegex(DataError, "whole encoder.*attention module"):
                compare(*pair, "one", "two")


class Files(ToolTest):
    def read(self, data):
        (self.room / "report.json").write_text(json.dumps(data))
        return read_report(self.room)

    def test_any_part_missing_or_of_another_type(self):
        """Is refused by name, or does not matter."""
        refused = 0
        for path, bad, report in broken(report_a()):
            try:
                read = self.read(report)
            except DataError as error:
                refused += 1
                self.assertRegex(str(error), r"\A[ -~]+\Z")
                continue
            for pair in ((read, report_b()), (report_b(), read)):
                with self.subTest(path=path, bad=bad):
                    self.assertRegex(compare(*pair, "one", "two"), r"\A[\n -~]+\Z")
        self.assertGreater(refused, 100)

    def test_of_another_version(self):
        with self.assertRaisesRegex(DataError, 'neither .*topkima-encoder-report.* of version 1'):
            self.read({**report_a(), "schema_version": 2})


class RealRuns(ToolTest):
    def test_what_is_told_is_what_the_reports_say(self):
        runs = {"plain": (), "k": ("--topk.k=8",), "stream": ("--encoder.arrival=stream",)}
        reports = {name: read_report(self.results_of(
            "soc", "--model", DIGITS, "--input", DIGITS / "test.npz", "--encoder.samples=12",
            *options, output=name)) for name, options in runs.items()}
        for name in ("k", "stream"):
            a, b = reports["plain"], reports[name]
            text = compare(a, b, "plain", name)
            for label, key in (("latency, mean cycles", "latency_cycles"),
                               ("throughput samples/s", "samples_per_second")):
                self.assertEqual(
                    [float(word.replace(",", ""))
                     for word in row(text, "totals", *label.split())[:2]],
                    [round(report["totals"][key], 1) for report in (a, b)])
            self.assertEqual(len(part(text, "modules")), 1 + 6)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)


if __name__ == "__main__":
    main()
