#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""RTL beside a model that it does not agree with, as a user meets it.

  divergence_test.py --macro PATH --soc PATH

The example with two grants per cycle stands for RTL that differs: its values are right, its cycles
are not those of a model that grants one.
"""

import json
import re

import numpy as np

from topkima.vcd import Dump, listed
from tool_support import ARRAYS, FAILED, USAGE, ToolTest, everything_in, main

SMALL = ("--attention.heads=2", "--attention.d_model=24", "--attention.tokens=20",
         "--ima.ramp_lsb=60", "--topk.split=12,8", "--workload.seed=5")
DIFFERS = ("--model.topk", "shadow:two_grants")


def groups_in(view, tool, head, instance):
    """(name, whether it is unfolded) of each group of a save file, in their order, and what they
    should be: the head unfolded, and in it first the block, its RTL with what lies within it, and
    the copies; behind them all else of the head, folded."""
    found, at = [], 0
    while at < len(view):
        flags, at = view[at], at + 1
        while flags in ("@800200", "@c00200") and view[at].startswith("-"):
            found.append((view[at][1:], flags == "@800200"))
            at += 1
    copies = ["", ".rtl", ".rtl_ones", ".rtl_zeros"]
    other = "topk0" if instance == "topk1" else "topk1"
    folded = ["score", "ramp0", "ramp1", *(f"{other}{copy}" for copy in copies), "key_array0",
              "key_array1", "union", "exponent", "divider", "av", *["store"] * (tool == "soc")]
    unfolded = [instance, f"{instance}.rtl", f"{instance}.rtl, within it",
                *(f"{instance}{copy}" for copy in copies[2:])]
    return found, [(head, True), *((name, True) for name in unfolded),
                   *((name, False) for name in folded)]


class FirstDivergence(ToolTest):
    def diverge(self, tool, *arguments):
        done = self.run_tool(tool, *SMALL, *DIFFERS, "--output", "out", *arguments)
        self.assertEqual(done.returncode, FAILED, done.stderr)
        return done

    def test_report(self):
        for tool in ("soc", "macro"):
            done = self.diverge(tool)
            first, *lines = done.stderr.splitlines()
            found = re.fullmatch(
                rf"topkima-{tool}: model and RTL differ: (head\d\.topk\d), row (\d+), step of code "
                r"(-?\d+): (.+) is (\d+), in RTL (\d+), cycle (\d+) \(([\d.]+) us\)", first)
            self.assertTrue(found, first)
            block, row, code, field, model, rtl, cycle, us = found.groups()
            self.assertAlmostEqual(float(us), int(cycle) / 200, places=3)
            entries = dict(re.findall(r"^  (\w+) {2,}(.+)$", "\n".join(lines), re.MULTILINE))
            self.assertEqual(entries["time"], f"cycle {cycle} ({us} us)")
            self.assertRegex(entries["row"], rf"row {row} \(sequence 0, head {block[4]}, row \d+\)")
            self.assertRegex(entries["block"],
                             rf"{block}, RTL two_grants \(COLUMNS=256 CODE_BITS=8 "
                             r"GRANTS=2, sources [0-9a-f]{12}, Verilator .*\)")
            self.assertEqual(entries["transaction"], f"step of code {code}")
            self.assertEqual((entries["field"], entries["model"], entries["RTL"]),
                             (field, model, rtl))
            self.assertEqual(done.stdout, "")

    def test_waveform_holds_both(self):
        for tool in ("soc", "macro"):
            done = self.diverge(tool)
            block, cycle = re.search(r"differ: (\S+), row.*, cycle (\d+) ", done.stderr).groups()
            dump = Dump(self.room / "out-divergence.vcd")
            self.assertTrue(dump.times[0] <= int(cycle) * 5000 <= dump.times[-1])
            model, rtl = (f"{tool}.{block}.{name}" for name in ("grant_valid", "rtl.grant_valid0"))
            for name in (model, rtl):
                self.assertGreater(len(dump.signals[name]), 1, name)
            names = listed(self.room / "out-divergence.gtkw")
            self.assertTrue({model, rtl} <= set(names))
            self.assertLess(names.index(model), names.index(rtl))
            self.assertEqual([name for name in names if name not in dump.signals], [])

    def test_waveform_begins_with_the_row_before_and_opens_on_the_difference(self):
        for tool, *options in (("soc",), ("macro", "--cosim.heads=1")):
            done = self.diverge(tool, *options)
            block, row, cycle = re.search(r"differ: (\S+), row (\d+).*, cycle (\d+) ",
                                          done.stderr).groups()
            head, _, instance = block.partition(".")
            # The row before, if there is one in its head, comes when its story says.
            rows = json.loads(self.results_of(tool, *SMALL, output="plain")
                              .joinpath("report.json").read_text())["workload"]["query_rows"]
            before = int(row) - (int(row) % rows > 0)
            told = self.run_tool(tool, *SMALL, f"--row={before}", "--row.format=json", "--quiet",
                                 "--output", "plain").stdout
            came = next(stage["arrived"] for stage in json.loads(told)["stages"]
                        if stage["name"].startswith(f"{head}."))
            dump = Dump(self.room / "out-divergence.vcd")
            self.assertLessEqual(dump.times[0], came * 5000)
            view = (self.room / "out-divergence.gtkw").read_text().splitlines()
            marker = next(line for line in view if line.startswith("*")).split()
            self.assertEqual(int(marker[1]), int(cycle) * 5000)
            self.assertIn(marker[1], marker[2:])
            self.assertIn("divergence", "\n".join(view))
            self.assertEqual(*groups_in(view, tool, head, instance))

    def test_every_row_but_a_heads_first_has_one_before(self):
        done = self.run_tool("macro", *SMALL, "--model.topk=shadow:two_grants", "--cosim.heads=1",
                             "--ima.ramp_lsb=1000", "--output", "out")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("out-divergence.vcd", done.stderr)

    def test_nothing_else_is_left(self):
        self.diverge("soc")
        self.assertEqual(everything_in(self.room), ["out-divergence.gtkw", "out-divergence.vcd"])

    def test_own_waveform_takes_its_place(self):
        done = self.diverge("soc", "--wave", "mine.vcd")
        self.assertIn("mine.vcd", done.stderr)
        self.assertEqual(everything_in(self.room), ["mine.gtkw", "mine.vcd"])

    def test_unwritable_place(self):
        done = self.run_tool("soc", *SMALL, *DIFFERS, "--output", "/proc/none/out")
        self.assertNotEqual(done.returncode, 0)

    def test_counted(self):
        """The run goes on, and what it writes is the model's."""
        done = self.diverge("soc", "--cosim.on_divergence=count")
        counted = int(re.search(r"^  in all +(\d+)$", done.stderr, re.MULTILINE)[1])
        self.assertGreater(counted, 10)
        plain = self.results_of("soc", *SMALL, output="plain")
        for name in ARRAYS:
            np.testing.assert_array_equal(np.load(self.room / f"out/{name}.npy"),
                                          np.load(plain / f"{name}.npy"))

    def test_first_is_the_same_whether_counted_or_not(self):
        texts = [self.diverge("macro", f"--cosim.on_divergence={how}").stderr.splitlines()[0]
                 for how in ("stop", "count")]
        self.assertEqual(*texts)

    def test_values_alone_agree(self):
        for tool in ("soc", "macro"):
            self.results_of(tool, *SMALL, *DIFFERS, "--cosim.compare=values", output=tool)

    def test_only_in_the_heads_named(self):
        done = self.diverge("soc", "--cosim.heads=1")
        self.assertIn("differ: head1.topk", done.stderr)


class Reports(ToolTest):
    def test_rtl_is_named(self):
        out = self.results_of("soc", *SMALL, "--model.topk=rtl", "--model.softmax=shadow")
        report = json.loads((out / "report.json").read_text())
        self.assertEqual([line.split(" ")[:2] for line in report["rtl"]],
                         [["topk:", "rtl"], ["softmax:", "rtl"]])
        plain = self.results_of("soc", *SMALL, output="plain")
        self.assertNotIn("rtl", json.loads((plain / "report.json").read_text()))

    def test_stalls_are_accounted(self):
        out = self.results_of("soc", *SMALL, "--cosim.stall=0.5", "--model.union=rtl")
        text = (out / "report.json").read_text()
        self.assertIn('"stall"', text)


class Refused(ToolTest):
    def test_names(self):
        for argument, *words in (
                ("--model.topk=two_grant", "did you mean 'two_grants'"),
                ("--model.topk=shadow:nobody", "none of that name"),
                ("--model.ramp=tlm:x", "not valid"),
                ("--model.ramp= ", "not valid"),
                ("--model.macro=shadow:", "not valid"),
                ("--model.softmax=../rtl", "not valid"),
                ("--cosim.heads=2", "cosim.heads", "0..1"),
                ("--cosim.stall=1", "0..0.95")):
            self.assert_refused(self.run_tool("soc", *SMALL, argument), USAGE, *words)

    def test_machines_that_rtl_was_not_made_for(self):
        for arguments, *words in (
                (("--model.ramp=rtl", "--ima.bits=7"), "CODE_BITS=6 is not 7"),
                (("--model.softmax=rtl", "--softmax.prob_bits=6"), "PROB_BITS"),
                (("--model.topk=rtl", "--crossbar.columns=300", "--attention.tokens=300",
                  "--topk.split=300"), "COLUMNS=256 is less than 300"),
                (("--model.softmax=rtl", "--topk.sub_k=10,8"), "WINNERS=16 is less than 18")):
            self.assert_refused(self.run_tool("soc", *SMALL, *arguments), USAGE, *words)

    def test_contradictions(self):
        self.assert_refused(self.run_tool("soc", *SMALL, "--model.macro=softmax_macro",
                                          "--model.union=rtl"), USAGE, "model.union", "model.macro")

    def test_other_libraries(self):
        place = self.room / "rtl/topk/broken"
        place.mkdir(parents=True)
        (place / "a.so").write_text("no library")
        self.assert_refused(self.run_tool("soc", *SMALL, "--model.topk=broken",
                                          "--cosim.directory=rtl"), USAGE, "model.topk", "a.so")

    def test_a_directory_without_the_library_says_where_it_was_looked_for(self):
        own = self.room / "own"
        for made, wanted in (((), "own/topk/rtl/*.so"), (("topk",), "own/topk/rtl/*.so"),
                             (("topk", "rtl"), "own/topk/rtl/*.so"),
                             (("topk", "other"), "own/topk, among other")):
            own.joinpath(*made).mkdir(parents=True, exist_ok=True)
            done = self.run_tool("soc", *SMALL, "--model.topk=rtl", "--cosim.directory=own")
            self.assert_refused(done, USAGE, "model.topk = rtl", str(self.room / wanted))
            self.assertNotRegex(done.stderr, "scripts/setup|Verilator")
            if "rtl" in made:
                self.assertIn("BLOCK/NAME/*.so", done.stderr)
                (own / "topk" / "rtl").rmdir()


if __name__ == "__main__":
    main()
