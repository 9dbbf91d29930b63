#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Test vectors drive the twins alone (docs/vectors.md): in Icarus, where registers start with X,
with a reset in each cycle of their work. A register that reset forgets is found so.

  driving_test.py --macro PATH --soc PATH [CASE]

CASE: Icarus or Verilator; default: all.
"""

import shutil
import unittest

from topkima import driving, rtl
from forgotten import UNNEEDED, forgotten_registers
from tool_support import ToolTest, main, names_in

SINGLE = rtl.table().single
HEAD = ("--attention.heads=1", "--attention.tokens=24", "--attention.d_model=16")
FEW = (*HEAD, "--attention.query_rows=4")
SORTED = (*FEW, "--softmax.macro=digital_topk", "--attention.causal=true",
          "--vectors.block=sorter,latch")
# What each has that others have not: rows of 0 to 5 winners and a crossbar without any, and several
# AV arrays; a step in which all columns cross; rows of one winner in a unit of many division
# stages, a small table, and a shift-and-add of several cycles; one sorter; two of different
# numbers of columns; ramps that end with their reach; tokens that are not neighbours; a machine's
# programming and rows of one beat; rows across a 4 KiB boundary.
RUNS = {
    "lopsided": ("macro", *HEAD, "--topk.split=22,2", "--topk.sub_k=3,2",
                 "--attention.causal=true", "--av.rows=8"),
    "ties": ("macro", *FEW, "--ima.ramp_lsb=1000"),
    "short": ("macro", *FEW, "--topk.k=1", "--ima.bits=1", "--softmax.prob_bits=8",
              "--av.shift_add_cycles=4"),
    "sorted": ("macro", *SORTED),
    "sorters": ("macro", *SORTED, "--sort.sorters=crossbar", "--topk.split=22,2",
                "--topk.sub_k=3,2"),
    "reached": ("macro", *FEW, "--topk.k=12", "--topk.reach=2", "--vectors.block=topk,ramp"),
    "interleaved": ("macro", *FEW, "--topk.split=12,12", "--attention.placement=interleaved",
                    "--vectors.block=union"),
    "programmed": ("soc", *HEAD, "--vectors.block=registers,reader"),
    "long": ("soc", "--attention.heads=1", "--attention.tokens=90", "--attention.d_model=48",
             "--dma.prefetch_rows=3", "--vectors.block=reader"),
}
X = r" is [0-9a-f]*[xX]\w*, expected"
# Where X goes no further, since a condition that is X counts as 0: resets at work show it.
HIDDEN = ("divider_unit.in_stage",)


def blocks_of(module: str) -> list:
    """The blocks whose twins have the module in them."""
    table = rtl.table()
    return [block for block in SINGLE
            if table.modules[module].file in table.sources(table.blocks[block].top)]


class Driven(ToolTest):
    def setUp(self):
        super().setUp()
        for name, (tool, *options) in RUNS.items():
            done = self.run_tool(tool, *options, "--quiet", "--output", "out", "--vectors", name)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def runs(self, blocks=tuple(SINGLE)):
        """Each run with each of these blocks of which it has vectors."""
        return [(run, block) for run in RUNS for block in names_in(self.room / run)
                if block in blocks]

    def drive(self, simulator, run, block, *texts):
        """What a simulator says of the twin, with modules of these names and texts in it."""
        files = []
        for module, text in texts:
            files.append(self.room / f"{module}.sv")
            files[-1].write_text(text)
        top = rtl.table().blocks[block].top
        return driving.drive(self.room / run / block, driving.Driven(top, tuple(files)), simulator,
                             "cycles")

    def assert_agrees(self, simulator, run, block):
        agrees, said = self.drive(simulator, run, block)
        self.assertTrue(agrees, f"{block}, {run}: {said}")
        self.assertRegex(said.splitlines()[-1] if simulator == "icarus" else said,
                         r"\d+ lines as expected, \d+ resets at work")


@unittest.skipUnless(shutil.which("iverilog"), "needs Icarus Verilog")
class Icarus(Driven):
    def test_twins_do_what_the_vectors_say_and_nothing_is_x(self):
        rtl.expect_all("driving_test.py, RUNS", {block for _, block in self.runs()}, SINGLE)
        for run, block in self.runs():
            with self.subTest(run=run, block=block):
                self.assert_agrees("icarus", run, block)

    def finding(self, module, text):
        """What the first run says that finds something wrong in a module."""
        for run, block in self.runs(blocks_of(module)):
            agrees, said = self.drive("icarus", run, block, (module, text))
            if not agrees:
                return said
        return ""

    def test_a_register_that_reset_forgets_is_found(self):
        for each in forgotten_registers():
            with self.subTest(each.name):
                said = self.finding(each.module, each.text)
                self.assertEqual(said == "", each.name in UNNEEDED, said)
                if said and each.name not in HIDDEN:
                    self.assertRegex(said, X)

    def test_one_that_starts_right_is_found_by_resets_at_work(self):
        for each in forgotten_registers():
            with self.subTest(each.name):
                said = self.finding(each.module, each.text_that_starts_right)
                self.assertEqual(said == "", each.name in UNNEEDED, said)
                self.assertNotRegex(said, X)

    def test_each_unneeded_register_is_one_of_a_twin(self):
        names = [each.name for each in forgotten_registers()]
        rtl.expect_all("forgotten.py, UNNEEDED", names, [*names, *UNNEEDED])


@unittest.skipUnless(shutil.which("verilator"), "needs Verilator")
class Verilator(Driven):
    def test_twins_do_what_the_vectors_say(self):
        for block in SINGLE:
            run, _ = self.runs((block,))[0]
            with self.subTest(block=block):
                self.assert_agrees("verilator", run, block)


if __name__ == "__main__":
    main()
