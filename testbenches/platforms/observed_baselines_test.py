#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looking into the machines beside Topkima: waveforms, stories of rows, and the scripts.

  observed_baselines_test.py --macro PATH --soc PATH
"""

import json
import re
import subprocess

import numpy as np

from topkima.vcd import Dump
from observed import ALL, BASELINES, DIGITS, PERIOD, SMALL, SORTED, SOURCE, ObserversTest
from tool_support import main
from waiting import DEADLINE_S


class Waves(ObserversTest):
    def test_codes_and_winners_of_the_baselines_in_the_dump_are_the_results(self):
        for tool, arguments in BASELINES:
            with self.subTest(tool=tool, arguments=arguments):
                self.observed(tool, *arguments, "--wave", "all.vcd")
                dump = Dump(self.room / "all.vcd")
                report = json.loads((self.room / "out" / "report.json").read_text())
                setting = {name: entry["value"]
                           for name, entry in report["configuration"].items()}
                index, code, probability = (
                    np.load(self.room / "out" / f"{name}.npy").reshape(40, -1)
                    for name in ("topk_index", "topk_code", "probability"))
                for head in range(2):
                    top = f"{tool}.head{head}."
                    self.check_winners(dump, top, setting, index, code, probability)
                    self.check_latched(dump, top, setting)

    def seen(self, dump, valid, row, *names):
        """{row id: [values of `names`, ...]}, a list entry per cycle in which `valid` is high."""
        found = {}
        for time in dump.high(valid, PERIOD):
            values = tuple(dump.signed(name, time) if "code" in name else dump.at(name, time)
                           for name in names)
            found.setdefault(dump.at(row, time), []).append(values)
        return found

    def check_winners(self, dump, top, setting, index, code, probability):
        """What enters the softmax, what leaves it, and what a sorter keeps of its elements."""
        entered = self.seen(dump, top + "exponent.in_valid", top + "exponent.row",
                            top + "exponent.in_token", top + "exponent.in_code")
        left = self.seen(dump, top + "divider.out_valid", top + "divider.row",
                         top + "divider.out_token", top + "divider.probability")
        self.assertEqual(len(entered), 20)
        for row, winners in entered.items():
            there = index[row] >= 0
            self.assertEqual(winners, list(zip(index[row][there], code[row][there])), row)
            self.assertEqual(left[row], list(zip(index[row][there], probability[row][there])), row)
            if setting["softmax.macro"] == "digital_topk":
                self.assertEqual(self.sorted_in(dump, top, setting, row), winners, row)

    def sorted_in(self, dump, top, setting, row):
        """Winners of a row by the rule, from the elements that its sorters took."""
        single = setting["sort.sorters"] == "head"
        sub_k = setting["topk.sub_k"]
        kept = []
        for lane, k in enumerate([setting["topk.k"]] if single else sub_k):
            names = [f"{top}sorter.{name}{'' if single else lane}"
                     for name in ("in_valid", "in_column", "in_code")]
            taken = self.seen(dump, names[0], top + "sorter.row", *names[1:]).get(row, [])
            best = sorted(dict(taken).items(), key=lambda element: (-element[1], element[0]))
            kept += best[:k]
        return kept

    def check_latched(self, dump, top, setting):
        """Every conversion latches a code of each column that takes part, no other."""
        latches = [name for name in dump.signals
                   if re.fullmatch(re.escape(top) + r"latch\d+\.latched", name)]
        row_blocks = len(latches) // np.size(setting["topk.split"])
        turns = sorted({time for signal in ("state", "row")
                        for time, _ in dump.signals[f"{top}score.{signal}"]})
        checked = set()
        for last in (turn - PERIOD for turn in turns[1:]):
            if dump.at(top + "score.state", last) != "busy":
                continue
            row = dump.at(top + "score.row", last) % 20
            held = sum(dump.at(name, last) for name in latches)
            taking_part = row + 1 if setting["attention.causal"] is True else 20
            taking_part = min(taking_part, *setting["attention.valid_tokens"])
            self.assertEqual(held, row_blocks * taking_part, row)
            checked.add(row)
        self.assertEqual(len(checked), 20)

    def test_every_signal_of_the_blocks_moves(self):
        """But for those that cannot, on the digits: a dead probe would be gone from save files."""
        blocks = r"soc\.headN\.(latch0?|shifter|sorter)\.(?!token$)"
        for macro in (SORTED, ALL):
            self.observed("soc", "--input", DIGITS, *macro, "--scaling=left_shift", "--wave",
                          "digits.vcd")
            dump = Dump(self.room / "digits.vcd")
            found = {re.sub(r"head\d", "headN", name)
                     for name in set(dump.signals) - dump.changing()}
            # A row passes the latch in no time: it is seen only where it waits.
            self.assertLessEqual({name for name in found if re.match(blocks, name)},
                                 {f"soc.headN.latch.{name}"
                                  for name in ("valid", "state", "cause", "row", "queue")}, macro)

    def test_row_fidelity_shows_the_same_stages(self):
        for tool, arguments in BASELINES:
            with self.subTest(tool=tool, arguments=arguments):
                self.observed(tool, *arguments, "--wave", "row.vcd", "--fidelity=row")
                self.observed(tool, *arguments, "--wave", "cycle.vcd")
                row, cycle = Dump(self.room / "row.vcd"), Dump(self.room / "cycle.vcd")
                self.assertIn(f"{tool}.head0.latch.state", row.signals)
                for name, changes in row.signals.items():
                    self.assertEqual(changes, cycle.signals[name], name)

    def test_markers_follow_the_row_through_its_stages(self):
        self.observed("soc", *BASELINES[0][1], "--wave", "w.vcd", "--wave.around=25")
        comments = " ".join(line for line in (self.room / "w.gtkw").read_text().splitlines()
                            if line.startswith("-"))
        self.assertIn("row 25 (head 1, row 5)", comments)
        for stage in ("score", "latch", "shifter", "sorter", "exponent", "divider", "av"):
            self.assertRegex(comments, rf"[A-Z] {stage}\b")

    def test_picture_and_timing_diagram(self):
        self.observed("macro", *BASELINES[0][1], "--wave", "w.vcd", "--wave.around=5")
        done = self.script("wave2png", "w.vcd", "w.png")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater((self.room / "w.png").stat().st_size, 10_000)
        dump = Dump(self.room / "w.vcd")
        first = next(time for time in dump.high("macro.head0.sorter.in_valid", PERIOD)
                     if dump.at("macro.head0.sorter.row", time) == 5) // PERIOD
        done = self.script("timing-diagram", "w.vcd", "--scope", "macro.head0.sorter", "--cycles",
                           f"{first}-{first + 7}", "--period", str(PERIOD), "in_valid",
                           "in_column@in_valid", "in_code:signed@in_valid", "kept")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = {line.split()[0]: line.split(None, 1)[1] for line in done.stdout.splitlines()[1:-1]}
        self.assertEqual(lines["in_column"].replace("|", "").split(), list("01234567"))
        self.assertEqual(lines["kept"].replace("|", "").split(), list("12345"))

    def script(self, name, *arguments):
        return subprocess.run([SOURCE / "scripts" / name, *arguments], cwd=self.room, text=True,
                              capture_output=True, timeout=DEADLINE_S, check=False)


class Rows(ObserversTest):
    def test_a_story_of_a_baseline_agrees_with_the_results(self):
        for tool, arguments in BASELINES:
            with self.subTest(tool=tool, arguments=arguments):
                text = self.observed(tool, *arguments, "--row=25", "--token=2")
                index = np.load(self.room / "out" / "topk_index.npy").reshape(40, -1)[25]
                winners = re.findall(r"^ +(\d+) +\d+ +-?\d+ +-?\d+  \d+ of 31$", text, re.MULTILINE)
                self.assertEqual([int(winner) for winner in winners], list(index[index >= 0]))
                self.assertNotIn("do not explain", text)
                self.assertEqual("\nno selection, " in text, ALL[0] in arguments)
                self.assertRegex(text, "\ntoken 2 .*\n  (not )?selected: ")

    def test_hundreds_of_columns_are_not_all_told(self):
        """But those of the largest probabilities, and how many more; in JSON all of them."""
        arguments = (*SMALL, "--attention.tokens=300", *ALL, "--row=7")
        text = self.observed("macro", *arguments)
        self.assertIn("no selection, 300 columns, the most probable first\n", text)
        self.assertRegex(text, r"\n  and 280 more, \d+ of 31 together; --row.format json has all\n")
        told = re.findall(r"  (\d+) of 31$", text, re.MULTILINE)
        self.assertEqual(len(told), 20)
        story = json.loads(self.observed("macro", *arguments, "--row.format=json"))
        sums = sorted((winner["probability"] for winner in story["winners"]), reverse=True)
        self.assertEqual(len(sums), 300)
        self.assertEqual([int(one) for one in told], sums[:20])
        self.assertTrue(story["scores_explain_winners"])

    def test_the_script(self):
        for macro in (SORTED, ALL):
            self.results_of("soc", *SMALL, *macro, output="results")
            done = subprocess.run([SOURCE / "scripts" / "row", "25", "results", "--token", "3"],
                                  cwd=self.room, text=True, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("row 25 (head 1, row 5)", done.stdout)
            self.assertRegex(done.stdout, r"head1\.latch ")


class Stops(ObserversTest):
    def test_a_story_that_was_broken_off(self):
        """Within the sorter: the codes have been seen, the winners have not."""
        whole = self.observed("macro", *BASELINES[0][1], "--row=5", "--row.format=json")
        sorter = next(stage for stage in json.loads(whole)["stages"]
                      if stage["name"] == "head0.sorter")
        done = self.run_tool("macro", *BASELINES[0][1], "--row=5", "--fidelity=cycle",
                             f"--stop-at=cycle={sorter['taken'] + 3}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("head0.sorter: busy with row 5", done.stdout)
        self.assertIn("the full ramp in every crossbar: 32 ramp steps", done.stdout)
        self.assertIn("\nno winners\n", done.stdout)

    def test_at_a_stall(self):
        done = self.run_tool("soc", *BASELINES[2][1], "--stop-at=stall=15")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^stopped: .* for more than 15 cycles, since cycle \d+")

    def test_the_log_names_the_stages(self):
        done = self.run_tool("soc", *BASELINES[0][1], "--quiet", "--output", "out",
                             "--log.filter=soc.head1.sorter=debug")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"soc\.head1\.sorter +row 25 +busy 20 cycles")


if __name__ == "__main__":
    main()
