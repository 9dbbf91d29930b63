#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two runs side by side: figures computed by hand, and what must hold for any two runs.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support
  comparison_test.py --macro PATH --soc PATH
"""

import copy
import itertools
import json
import re
import unittest

from comparison_support import ENERGY, broken, component, number, part, row, setting, stage, words
from topkima.exploration.comparison import compare
from topkima.errors import DataError
from topkima.exploration.reports import read_report
from tool_support import ToolTest, main

SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")


def report_a():
    """Two heads, 100 cycles; 58 cycles of a score stage starved, on average."""
    return {
        "schema": "topkima-report", "schema_version": 1, "tool": "topkima-macro",
        "workload": {"heads": 2, "query_rows": 4, "tokens": 4, "d_k": 8, "projected": False},
        "totals": {"latency_cycles": 100, "latency_us": 0.5, "closed_form_cycles": 99.5,
                   "operations": 1e3, "tops": 0.002, "mean_conversion_cycles": 8.0,
                   "mean_winners": 5.0,
                   "steady_state": {"cycles_per_sequence": 100.0, "sequences_per_second": 2e6,
                                    "tops": 0.002}},
        "early_stop": {"alpha": 0.25, "alpha_per_crossbar": [0.25]},
        "float_reference": {"cosine_similarity": 0.9, "max_abs_error": 2.0,
                            "max_abs_output": 4.0, "topk_overlap_float": 0.75,
                            "topk_overlap_exact": 0.8, "topk_mass": 0.5},
        "critical_path": {"cycles": {"score": 60, "av": 40},
                          "latency_if_twice_as_fast": {"score": 70, "av": 85}},
        "slowest_conversions": [], "energy": copy.deepcopy(ENERGY),
        "stages": [stage("head0.score", 40, {"dma.query": 50, "no more rows": 10}),
                   stage("head1.score", 44, {"dma.query": 46, "no more rows": 10}),
                   stage("head0.av", 30, {"head0.score": 70}),
                   stage("head1.av", 20, {"head1.score": 80})],
        "scales": {"q": [1.0, 1.0]}, "assumed": [],
        "configuration": {
            "clock.frequency_mhz": setting(200.0, "200", "MHz"),
            "topk.k": setting(5, "5", "winners"),
            "topk.sub_k": setting([5], "auto", "winners"),
            "softmax.divide_cycles": setting(6, "auto", "cycles", "assumption: no figure"),
            "pipeline.schedule": setting("fine", "fine")}}


def report_b():
    """30 cycles more than in A: 55 of them in the AV arrays, which now hold the scores up."""
    report = report_a()
    report["totals"].update(latency_cycles=130, latency_us=0.65)
    report["critical_path"] = {"cycles": {"score": 30, "av": 95, "union": 5},
                               "latency_if_twice_as_fast": {"score": 120, "av": 95}}
    report["stages"] = [stage("head0.score", 40, {"dma.query": 60}, {"head0.av": 30}),
                        stage("head1.score", 44, {"dma.query": 66}, {"head1.av": 20}),
                        stage("head0.av", 80, {"head0.score": 50}),
                        stage("head1.av", 80, {"head1.score": 50})]
    report["configuration"]["topk.k"]["value"] = 8
    report["configuration"]["topk.sub_k"]["value"] = [8]
    report["configuration"]["softmax.divide_cycles"]["provenance"] = "measured from RTL softmax"
    return report


def path_of(text):
    """{kind: (A, B, change)} of the critical path."""
    found = {}
    for line in part(text, "critical path, cycles")[1:]:
        match = re.fullmatch(r"(\S.*?)\s+([\d,]+)\s+([\d,]+)\s+([-+\d,]+)", line)
        if match:
            found[match[1]] = tuple(map(number, match.groups()[1:]))
    return found


class ByHand(unittest.TestCase):
    def setUp(self):
        self.a, self.b = report_a(), report_b()

    def text(self):
        return compare(self.a, self.b, "first", "second")

    def test_names(self):
        self.assertEqual(self.text().splitlines()[:2],
                         ["A: first (topkima-macro)", "B: second (topkima-macro)"])

    def test_summary(self):
        self.assertIn("B is 30.0 % slower: 30 cycles more. On the critical path: av +55, "
                      "score -30, union +5. The bottleneck, which saves most when twice as fast, "
                      "moved from score (30 cycles) to av (35 cycles). "
                      "Fidelity is the same.", words(self.text()))

    def test_changed_parameters_and_nothing_else(self):
        self.assertEqual([words(line) for line in part(self.text(), "changed")], [
            "A B unit",
            "topk.k 5 8 winners",
            "topk.sub_k 5 8 winners resolved",
            "resolved: auto or all by default, resolved by the run unless it was given",
            "softmax.divide_cycles rests on",
            "A: assumption: no figure",
            "B: measured from RTL softmax"])

    def test_shape_is_said_once(self):
        """The workload says it; what follows from the shape is marked."""
        for report, tokens in ((self.a, 4), (self.b, 8)):
            report["workload"]["tokens"] = tokens
            report["configuration"] = {
                "attention.tokens": setting(tokens, "auto", "tokens"),
                "attention.valid_tokens": setting(tokens, "all", "tokens")}
        self.assertEqual([words(line) for line in part(self.text(), "changed")[1:3]],
                         ["tokens 4 8", "attention.valid_tokens 4 8 tokens resolved"])

    def test_totals(self):
        text = self.text()
        self.assertEqual(row(text, "totals", "latency cycles"), ["100", "130", "+30", "+30.0", "%"])
        self.assertEqual(row(text, "totals", "us"), ["0.50", "0.65", "+0.15", "+30.0", "%"])
        self.assertEqual(row(text, "totals", "mean winners"), ["5.00", "5.00", "same"])
        self.assertNotIn("steady state", text)

    def test_stages_are_means_over_the_units(self):
        text = self.text()
        self.assertEqual(row(text, "stages", "score"),
                         "2 42.0 32.3 0 58.0 48.5 +5 0.0 19.2 +25".split())
        self.assertEqual(row(text, "stages", "av"),
                         "2 25.0 61.5 +55 75.0 38.5 -25 0.0 0.0 0".split())

    def test_waits_by_kind_of_cause_largest_change_first(self):
        self.assertEqual([words(line) for line in part(self.text(), "waits")], [
            "A B change",
            "score blocked by av 0 25 +25",
            "starved by dma.query 48 63 +15",
            "starved by no more rows 10 0 -10",
            "av starved by score 75 50 -25"])

    def test_causes_lose_their_head(self):
        """By the kind of the stage, and where the report has no such stage, by its name."""
        self.b["stages"][0]["starved"] = {"total": 60, "by": {"head11.union": 60}}
        self.b["stages"] += [{**stage("head1.fifth", 0, {}), "kind": "queue"}]
        self.b["stages"][1]["starved"] = {"total": 66, "by": {"head1.fifth": 66}}
        lines = [words(line) for line in part(self.text(), "waits")]
        self.assertIn("score starved by dma.query 48 0 -48", lines)
        self.assertIn("starved by queue 0 33 +33", lines)
        self.assertIn("starved by union 0 30 +30", lines)

    def test_nothing_saves(self):
        self.b["critical_path"]["latency_if_twice_as_fast"] = {"score": 130, "av": 131}
        self.assertIn("moved from score (30 cycles) to none (0 cycles)", words(self.text()))

    def test_critical_path_adds_up(self):
        text = self.text()
        self.assertEqual(list(path_of(text).items()), [
            ("av", (40, 95, 55)), ("score", (60, 30, -30)), ("union", (0, 5, 5)),
            ("together", (100, 130, 30))])
        self.assertIn("critical path: the latency changed by +30 cycles: av +55, score -30, "
                      "union +5; adds up", words(text))

    def test_a_path_that_does_not_add_up_is_said_so(self):
        self.b["critical_path"]["cycles"]["union"] = 6
        self.assertIn("does not add up, the parts make +31", words(self.text()))

    def test_equal_reports(self):
        text = compare(self.a, report_a(), "one", "two")
        self.assertEqual(text.splitlines()[2:], ["no difference"])

    def test_no_critical_path(self):
        self.b["critical_path"] = None
        text = words(self.text())
        self.assertIn("The critical path is not kept in B (too long a run). The busiest kind of "
                      "stage moved from score (42 cycles per unit) to av (80 cycles per "
                      "unit)", text)
        del self.a["critical_path"]
        self.assertIn("not kept in A and B", self.text())

    def test_no_float_reference(self):
        del self.b["float_reference"]
        text = self.text()
        self.assertEqual(row(text, "totals", "cosine similarity"), ["0.9000", "-", "-"])
        self.assertNotIn("Fidelity", text)
        del self.a["float_reference"]
        self.assertNotIn("cosine", self.text())

    def test_fidelity_changes(self):
        self.b["float_reference"]["cosine_similarity"] = 0.90001
        text = self.text()
        self.assertEqual(row(text, "totals", "cosine similarity"), ["0.9000", "0.9000", "+1e-05"])
        self.assertIn("Fidelity: cosine similarity 0.9000 to 0.9000.", words(text))

    def test_zero_latency(self):
        self.a["totals"].update(latency_cycles=0, latency_us=0, tops=None)
        self.a["critical_path"] = {"cycles": {}, "latency_if_twice_as_fast": {}}
        self.a["stages"] = [stage("head0.score", 0, {})]
        text = self.text()
        self.assertIn("B is slower: 130 cycles more.", words(text))
        self.assertIn("moved from none (0 cycles) to av (35 cycles)", words(text))
        self.assertEqual(row(text, "totals", "latency cycles"), ["0", "130", "+130"])
        self.assertEqual(row(text, "totals", "throughput TOPS"), ["-", "0.002000", "-"])
        self.assertEqual(path_of(text)["together"], (0, 130, 130))

    def test_heads_and_kinds_that_differ(self):
        self.b["workload"].update(heads=1)
        self.b["stages"] = [stage("head0.score", 40, {"dma.query": 60}, {"head0.av": 30}),
                            stage("bus.read", 13, {"no more rows": 117})]
        text = self.text()
        self.assertIn("Not the same work: heads 2 to 1. B is", words(text))
        self.assertEqual(row(text, "stages", "score"),
                         "2/1 42.0 30.8 -2 58.0 46.2 +2 0.0 23.1 +30".split())
        self.assertEqual(row(text, "stages", "av"), "2/- 25.0 - - 75.0 - - 0.0 - -".split())
        self.assertEqual(row(text, "stages", "read"), "-/1 - 10.0 - - 90.0 - - 0.0 -".split())
        self.assertFalse([line for line in part(text, "waits") if line.startswith("av")])

    def test_energy(self):
        topk, _ = self.b["energy"]["components"]
        topk["dynamic_pj"] = 4e6
        self.b["energy"]["components"].append(
            component("latch", 1.0, 2e5, 0.0))
        self.b["energy"]["totals"].update(energy_uj=6.2)
        text = self.text()
        self.assertEqual(row(text, "totals", "energy uJ"), "3.000 6.200 +3.200 +106.7 %".split())
        self.assertEqual(row(text, "totals", "area mm2"), "2.000 2.000 same".split())
        self.assertEqual([words(line) for line in part(text, "energy by component")[1:]],
                         ["topk 1.500 4.500 +3.000 +200.0 %", "latch - 0.2000 -"])
        del self.a["energy"]
        self.assertEqual(part(self.text(), "energy by component"), ["no difference"])

    def test_another_clock(self):
        self.b["configuration"]["clock.frequency_mhz"]["value"] = 400.0
        self.b["totals"]["latency_us"] = 0.32
        self.assertIn("B takes 30 cycles more; at 400 instead of 200 MHz the latency is 0.32 "
                      "instead of 0.50 us (-36.0 %).", words(self.text()))

    def test_streams(self):
        for report, per_sequence, sequences in ((self.a, 100.0, 1), (self.b, 60.0, 3)):
            report["configuration"]["pipeline.sequences"] = setting(sequences, "1", "sequences")
            report["totals"]["steady_state"]["cycles_per_sequence"] = per_sequence
        text = self.text()
        self.assertEqual(row(text, "totals", "steady state cycles/sequence"),
                         ["100.0", "60.0", "-40.0", "-40.0", "%"])
        self.assertIn("Not the same work: sequences 1 to 3.", text)

    def test_long_values_tell_their_difference(self):
        for name, left, right in (
                ("ima.ramp_lsb", list(range(100, 148)), [*range(100, 147), 5]),
                ("softmax.score_step", [0.12345678901] * 9, [0.12345678901] * 8 + [0.123456789]),
                ("model.topk", "shadow:my_own_counter_of_2024", "shadow:my_own_counter_of_2025"),
                ("softmax.inverse", 0.1, 0.1 + 2 ** -56),
                ("cosim.heads", list(range(48)), list(range(47))),
                ("topk.split", [256, 128], "auto"),
                ("attention.causal", True, False)):
            with self.subTest(name):
                for report, value in ((self.a, left), (self.b, right)):
                    report["configuration"] = {name: setting(value, "x")}
                line = part(self.text(), "changed")[1]
                shown = re.split(r"\s{2,}", line)[1:3]
                self.assertNotEqual(*shown)
                self.assertLessEqual(max(map(len, shown)), 20)

    def test_only_the_data_differ(self):
        self.b = report_a()
        self.b["scales"] = {"q": [2.0, 1.0]}
        text = self.text()
        self.assertEqual(part(text, "changed"),
                         ["scales of the tensors or of the ramp differ (report.json)"])
        self.assertIn("A and B take the same 100 cycles. The critical path is the same by kind. "
                      "The bottleneck, which saves most when twice as fast, is still score (30 "
                      "cycles).", words(text))
        for title in ("stages", "waits", "critical path, cycles"):
            self.assertEqual(part(text, title), ["no difference"])

    def test_rtl_and_parameters_of_one_run(self):
        self.b["rtl"] = ["topk: topk_counter COLUMNS=256"]
        self.b["configuration"]["bus.latency_cycles"] = setting(20, "20", "cycles")
        lines = part(self.text(), "changed")
        self.assertIn("parameters of B only: bus.latency_cycles", lines)
        self.assertIn("RTL of B only: topk: topk_counter COLUMNS=256", lines)

    def test_a_terminal_can_show_anything(self):
        """100 columns of plain ASCII for long names, large figures and odd characters."""
        for report in (self.a, self.b):
            scale = 10 ** 9
            report["totals"]["latency_cycles"] *= scale
            for account in report["stages"]:
                account["busy"] *= scale
                account["starved"] = {"total": account["starved"]["total"] * scale,
                                      "by": {"x" * 50: 7 * scale + account["busy"]}}
            cycles = report["critical_path"]["cycles"]
            cycles.update({"y" * 50: cycles.pop("score") * scale})
        self.b["configuration"]["softmax.divide_cycles"].update(
            value="\x1b[31m", provenance="a long story " * 20)
        self.b["configuration"]["topk.stop_when_exhausted"] = setting(1, "auto", "z" * 40)
        text = compare(self.a, self.b, "n" * 200, "/\u00e4/\n" + "m" * 90)
        self.assertRegex(text, r"\A[\n -~]+\Z")
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


class Files(ToolTest):
    def refused(self, *wanted):
        with self.assertRaises(DataError) as caught:
            read_report(self.room)
        message = str(caught.exception)
        self.assertRegex(message, r"\A[ -~]+\Z")
        for word in ("report.json", "expected", *wanted):
            self.assertIn(word, message)

    def write(self, data):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        (self.room / "report.json").write_bytes(data)

    def test_missing(self):
        self.refused("No such file")
        (self.room / "report.json").mkdir()
        self.refused("directory")

    def test_truncated_and_foreign(self):
        whole = json.dumps(report_a()).encode()
        for size in range(0, len(whole), 97):
            self.write(whole[:size])
            self.refused("no complete JSON")
        for data, told in ((b"\xff\xfe", "not UTF-8"), (b"[" * 100000, "no complete JSON"),
                           (b"1e", "no complete JSON"), (b"\0", "no complete JSON")):
            self.write(data)
            self.refused(told)
        for data in ([], 3, None, {}, {"schema": "other"}, {"schema": "topkima-report"}):
            self.write(data)
            self.refused()
        self.write({**report_a(), "schema_version": 2})
        self.refused("version 1")

    def test_any_part_missing_or_of_another_type(self):
        """Is refused by name, or does not matter."""
        refused = 0
        for path, bad, report in broken(report_a()):
            self.write(report)
            try:
                read = read_report(self.room)
            except DataError as error:
                refused += 1
                self.assertRegex(str(error), r"\A[ -~]+\Z")
                continue
            for pair in ((read, report_b()), (report_b(), read)):
                with self.subTest(path=path, bad=bad):
                    self.assertRegex(compare(*pair, "one", "two"), r"\A[\n -~]+\Z")
        self.assertGreater(refused, 100)

    def test_names_the_place(self):
        report = report_a()
        report["stages"][2]["blocked"]["by"] = {"bus.write": "7"}
        self.write(report)
        self.refused("stages[2].blocked.by.bus.write: expected int")
        report = report_a()
        report["totals"]["latency_cycles"] = True
        self.write(report)
        self.refused("totals.latency_cycles: expected int")


class RealRuns(ToolTest):
    RUNS = {"fine": ("soc", *SMALL),
            "coarse": ("soc", *SMALL, "--pipeline.schedule=coarse"),
            "k": ("soc", *SMALL, "--topk.k=9", "--report.float_reference=false"),
            "split": ("soc", *SMALL, "--crossbar.columns=7", "--topk.k=6"),
            "stream": ("soc", *SMALL, "--sequences", "4"),
            "clock": ("soc", *SMALL, "--clock.frequency_mhz=100"),
            "heads": ("soc", "--attention.heads=3", "--attention.tokens=9",
                      "--attention.d_model=12"),
            "macro": ("macro", *SMALL),
            "seed": ("macro", *SMALL, "--seed", "5")}

    def setUp(self):
        super().setUp()
        self.reports = {name: read_report(self.results_of(tool, *options, output=name))
                        for name, (tool, *options) in self.RUNS.items()}

    def test_any_two(self):
        for left, right in itertools.combinations(self.RUNS, 2):
            a, b = self.reports[left], self.reports[right]
            with self.subTest(left=left, right=right):
                there, back = compare(a, b, left, right), compare(b, a, right, left)
                self.check_differences(a, b, there)
                self.check_opposite(there, back)
                self.assertLessEqual(max(map(len, there.splitlines())), 100)
                self.assertTrue(there.isascii())

    def check_differences(self, a, b, text):
        change = b["totals"]["latency_cycles"] - a["totals"]["latency_cycles"]
        path = path_of(text)
        if path:
            self.assertIn("; adds up", words(text))
            together = path.pop("together")
            self.assertEqual([sum(column) for column in zip(*path.values())], [*together])
            self.assertEqual(together[2], change)
            for before, after, changed in path.values():
                self.assertEqual(after - before, changed)
        for line in part(text, "stages")[2:]:
            figures = line.split()[2:]
            if "-" not in figures:
                # Each is the difference of two rounded means.
                self.assertLessEqual(abs(sum(map(number, figures[2::3])) - change), 3, line)

    def check_opposite(self, there, back):
        """Changes of sign, and nothing else, when A and B change places."""
        def turned(text):
            return {kind: (b, a, -change) for kind, (a, b, change) in path_of(text).items()}
        self.assertEqual(turned(back), path_of(there))

        def stage_changes(text):
            return {line.split()[0]: line.split()[4::3] for line in part(text, "stages")[2:]}

        opposite = str.maketrans("+-", "-+")
        turned_stages = {kind: [word if word == "-" else word.translate(opposite) for word in words]
                         for kind, words in stage_changes(back).items()}
        self.assertEqual(turned_stages, stage_changes(there))
        self.assertEqual("slower" in there, "faster" in back)

    def test_with_itself(self):
        for name, report in self.reports.items():
            text = compare(report, copy.deepcopy(report), name, name)
            self.assertEqual(text.splitlines()[2:], ["no difference"])

    def test_says_what_was_changed(self):
        def changed(left, right):
            text = compare(self.reports[left], self.reports[right], left, right)
            return [words(line) for line in part(text, "changed")[1:]]
        self.assertEqual(changed("fine", "coarse"), ["pipeline.schedule fine coarse"])
        self.assertEqual(changed("fine", "stream"), ["pipeline.sequences 1 4 sequences"])
        self.assertEqual(changed("fine", "clock"), ["clock.frequency_mhz 200 100 MHz"])
        lines = changed("fine", "k")
        self.assertIn("topk.k 5 9 winners", lines)
        self.assertIn("topk.sub_k 5 9 winners resolved", lines)
        self.assertIn("report.float_reference true false", lines)
        self.assertTrue(any(line.startswith("parameters of A only: ") and "write.key_cycles" in line
                            for line in changed("fine", "macro")))
        self.assertIn("workload.seed 1 5", changed("macro", "seed"))


if __name__ == "__main__":
    main()
