#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What goes on within RTL, in the waveform of a divergence and in those that a user asks for.

  inner_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where RTL lies that does as a file says (rtl/*.sv, CMakeLists.txt).
"""

import os
import re

from topkima.vcd import Dump, listed
from tool_support import FAILED, USAGE, ToolTest, everything_in, main

TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
MACHINE = ("--attention.heads=2", "--attention.d_model=16", "--attention.tokens=24",
           "--topk.split=16,8", "--topk.sub_k=3,2", "--ima.ramp_lsb=40",
           "--workload.seed=3")
CYCLE = 5000  # ps
RTL = "macro.head0.topk0.rtl"
PINS = set("clk rst step_valid step_ready step_first step_last step_code crossing stop k "
           "stop_when_exhausted participants reach grant_valid grant_ready grant_column grant_code "
           "count".split())


def within(dump, rtl):
    """Names within an instance of RTL with the pins of topk, and not the pins."""
    return {name[len(rtl) + 1:] for name in dump.signals if name.startswith(f"{rtl}.")} - PINS


class InDivergences(ToolTest):
    def diverge(self, *options):
        """A counter that loses the lowest crossing in steps of an odd code."""
        (self.room / "variant.txt").write_text("0 0 0 0 0 1")
        done = self.run_tool("macro", *MACHINE, TEST_RTL, "--model.topk=shadow:variant",
                             "--output=out", *options)
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.said = done.stderr
        block, cycle = re.search(r"differ: (\S+), row.*, cycle (\d+) ", done.stderr).groups()
        self.rtl, self.cycle = f"macro.{block}.rtl", int(cycle)
        return Dump(self.room / "out-divergence.vcd")

    def test_registers_agree_with_the_pins_in_every_cycle(self):
        """Those of the faulty module and of the one within it, with the cycle that differs."""
        dump = self.diverge()
        self.assertIn("and of what is within the RTL: gtkwave", self.said)
        granted, looked = None, set()
        for cycle in range(dump.times[0] // CYCLE, self.cycle + 1):
            def at(name, time=cycle * CYCLE + CYCLE * 3 // 4):
                return dump.at(f"{self.rtl}.{name}", time)
            if not at("step_valid"):
                continue
            crossing = at("crossing")
            lost = crossing & -crossing if at("step_code") % 2 else 0
            self.assertEqual(at("lowest"), lost, cycle)
            self.assertEqual(at("counter.crossing"), crossing & ~lost, cycle)
            if granted is not None:
                looked.add(cycle)
                self.assertEqual(at("counter.granted"), granted, cycle)
            if at("grant_ready") or not at("grant_valid"):
                granted = at("count")
        self.assertIn(self.cycle, looked)
        self.assertGreater(len({value for _, value in
                                dump.signals[f"{self.rtl}.counter.granted"]}), 2)

    def test_only_the_instance_that_differs_is_seen_into(self):
        dump = self.diverge()
        self.assertTrue({"waited", "counter.pending", "by_file.chosen.numbers"}
                        <= within(dump, self.rtl))
        for other in ("_zeros", "_ones"):
            self.assertEqual(within(dump, self.rtl + other), set())

    def test_scope_and_depth_are_chosen(self):
        dump = self.diverge("--cosim.inner", "*.rtl.counter", "--cosim.inner_depth=2")
        self.assertIn("and of what --cosim.inner names", self.said)
        names = within(dump, self.rtl)
        self.assertIn("counter.granted", names)
        self.assertEqual({name.rsplit(".", 1)[0] for name in names}, {"counter"})
        self.assertEqual({name for name in within(self.diverge("--cosim.inner_depth=1"), self.rtl)
                          if "." in name}, set())

    def test_the_view_has_model_pins_and_registers_beneath_each_other(self):
        dump = self.diverge()
        block = self.rtl[:-len(".rtl")]
        names = listed(self.room / "out-divergence.gtkw")
        places = [names.index(name) for name in (f"{block}.grant_valid", f"{self.rtl}.step_valid",
                                                 f"{self.rtl}.counter.granted")]
        self.assertEqual(places, sorted(places))
        self.assertEqual([name for name in names if name not in dump.signals], [])
        view = (self.room / "out-divergence.gtkw").read_text()
        self.assertIn(f" {self.cycle * CYCLE} ", view)  # the marker

    def test_what_is_not_there_is_told_before_the_run(self):
        self.assert_refused(
            self.run_tool("macro", *MACHINE, TEST_RTL, "--model.topk=shadow:variant",
                          "--cosim.inner=*.pendin"),
            USAGE, "no signal within RTL matches '*.pendin'", f"scopes are {RTL}, {RTL}.by_file")
        self.assertEqual(everything_in(self.room), [])

    def test_a_library_that_does_not_show_it(self):
        done = self.run_tool("macro", *MACHINE, TEST_RTL, "--model.topk=shadow:opaque",
                             "--output=out")
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertRegex(done.stderr, "\n  within it    nothing .* --no-trace\n")
        self.assertIn("out-divergence.vcd", everything_in(self.room))
        self.assert_refused(
            self.run_tool("macro", *MACHINE, TEST_RTL, "--model.topk=shadow:opaque",
                          "--cosim.inner=*.rtl"),
            USAGE, "RTL opaque of macro.head0.topk0.rtl", "VERILATOR_ARGS --no-trace")


class InAnyWaveform(ToolTest):
    def seen(self, *options, block="topk", how="rtl", tool="macro"):
        """The dump of a run of shipped RTL."""
        done = self.run_tool(tool, *MACHINE, f"--model.{block}={how}", "--wave=w.vcd",
                             "--quiet", "--output=out", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.said = done.stdout
        return Dump(self.room / "w.vcd")

    def test_nothing_unless_asked(self):
        self.assertEqual(within(self.seen(), RTL), set())
        self.assertNotIn("within RTL", self.said)

    def test_one_instance(self):
        dump = self.seen(f"--cosim.inner={RTL}")
        names = within(dump, RTL)
        self.assertTrue({"resumed", "pending", "granted", "with_grant"} <= names)
        self.assertIn(f"({len(names)} of them within RTL)", self.said)
        self.assertEqual(within(dump, "macro.head1.topk0.rtl"), set())
        self.assertEqual((dump.widths[f"{RTL}.pending"], dump.widths[f"{RTL}.resumed"]), (256, 1))

    def test_one_signal_of_every_instance(self):
        dump = self.seen("--cosim.inner=*.rtl.granted", "--model.softmax=shadow", tool="soc")
        for head in range(2):
            for crossbar in range(2):
                self.assertEqual(within(dump, f"soc.head{head}.topk{crossbar}.rtl"), {"granted"})

    def test_elements_of_a_memory(self):
        rtl = "macro.head1.softmax.rtl"
        dump = self.seen("--cosim.heads=1", f"--cosim.inner={rtl}.*.exponent_table*",
                         block="softmax")
        table = [dump.at(f"{rtl}.exponent_half.exponent_table[{entry}]", dump.times[-1])
                 for entry in range(256)]
        written = table[:32]  # for codes of 5 bits
        self.assertEqual(written[0], 1 << 15)
        self.assertEqual(written, sorted(written, reverse=True))
        self.assertGreater(len(set(written)), 3)

    def test_a_window_shows_what_the_whole_run_shows_there(self):
        inner = f"--cosim.inner={RTL}"
        whole = self.seen(inner)
        begin, end = whole.times[0], whole.times[-1]
        for part in range(4):
            since, until = (begin // CYCLE + (end - begin) // CYCLE * n // 5
                            for n in (part, part + 1))
            window = self.seen(inner, f"--wave.from={since}", f"--wave.to={until}")
            names = [f"{RTL}.{name}" for name in within(window, RTL)]
            self.assertGreater(len(names), 10)
            for time in range(since * CYCLE, until * CYCLE, CYCLE // 2):
                for name in names:
                    self.assertEqual(window.at(name, time), whole.at(name, time), (name, time))

    def test_around_a_row(self):
        dump = self.seen(f"--cosim.inner={RTL}", "--wave.around=0:2")
        whole = self.seen(f"--cosim.inner={RTL}")
        for name in within(dump, RTL):
            for time in range(dump.times[0], dump.times[-1], CYCLE // 2):
                self.assertEqual(dump.at(f"{RTL}.{name}", time), whole.at(f"{RTL}.{name}", time))

    def test_results_are_the_same(self):
        run = (*MACHINE, "--model.topk=rtl", "--model.softmax=shadow", "--fidelity.all=cycle")
        plain = self.results_of("soc", *run, output="plain")
        for options in ((), ("--wave=w.vcd",)):
            done = self.run_tool("soc", *run, "--quiet", "--output=inner", "--cosim.inner=soc.*",
                                 *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_same_results(plain, self.room / "inner")

    def test_refused(self):
        for options, *words in (
                (("--cosim.inner=*.rtl",), "no RTL takes part", "--model.topk"),
                (("--model.topk=rtl", "--wave=w.vcd", "--cosim.inner_depth=2"),
                 "needs --cosim.inner GLOB"),
                (("--model.topk=rtl", "--cosim.inner=*.rtl", "--cosim.inner_depth=0"),
                 "expected 1 or more"),
                (("--model.union=rtl", "--wave=w.vcd", "--cosim.inner=head0.union.rtl"),
                 "no signal within RTL matches 'head0.union.rtl'", "macro.head0.union.rtl,")):
            with self.subTest(options):
                self.assert_refused(self.run_tool("macro", *MACHINE, *options), USAGE, *words)


if __name__ == "__main__":
    main()
