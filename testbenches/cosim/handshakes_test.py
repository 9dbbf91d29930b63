#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""RTL whose handshakes are not those of the twins: slow, with queues of its own, with ready from
registers or from the inputs of the same cycle. Its values are right, so nothing may blame it; RTL
that loses a transaction or makes two of one is blamed.

  handshakes_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where that RTL lies (rtl/*.sv, CMakeLists.txt).
"""

import os
import re

import numpy as np

from topkima import rtl
from tool_support import ARRAYS, FAILED, ToolTest, main

TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
MACHINE = (TEST_RTL, "--attention.heads=1", "--attention.d_model=16", "--attention.tokens=24",
           "--attention.query_rows=12", "--topk.split=16,8", "--topk.sub_k=3,2",
           "--workload.seed=3", "--cosim.timeout_cycles=120")
COARSE = ("--ima.ramp_lsb=40",)
# Rows back to back: the softmax is slower than what is in front of it.
FAST = ("--ima.ramp_lsb=4", "--score.query_bits=2", "--score.precharge_cycles=0", "--av.bits=1",
        "--av.precharge_cycles=0", "--av.shift_add_cycles=0")
MACHINES = {
    "plain": COARSE,
    "back to back": FAST,
    "without queues": (*FAST, "--pipeline.queue_depth=0"),
    "stalled": (*COARSE, "--cosim.stall=0.4"),
    "stalled, back to back, without queues": (*FAST, "--pipeline.queue_depth=0",
                                              "--cosim.stall=0.3"),
}
# The numbers for variant.txt: what they mean is told in rtl/.
RIGHT = {
    "topk": {"slow": (3, 2, 1, 1, 0, 0), "late ready": (0, 0, 0, 0, 1, 0),
             "slow, late ready": (1, 0, 2, 0, 1, 0)},
    "ramp": {"resting": (3, 0, 0, 0), "slow": (0, 2, 0, 0), "registered": (2, 0, 1, 0)},
    "union": {"decoupled": (2, 0, 0, 0, 2, 0, 0), "registered": (1, 1, 0, 0, 1, 1, 0),
              "ready behind valid": (1, 2, 0, 0, 1, 2, 0), "ready by valid": (1, 3, 0, 0, 1, 3, 0),
              "slow": (0, 0, 0, 0, 1, 0, 40)},
    "sorter": {"decoupled": (2, 0, 0, 0, 2, 0, 0), "registered": (1, 1, 0, 0, 1, 1, 0),
               "ready behind valid": (1, 2, 0, 0, 1, 2, 0), "ready by valid": (1, 3, 0, 0, 1, 3, 0),
               "slow elements": (1, 0, 1, 0, 0, 0, 0), "slow": (0, 0, 0, 0, 1, 0, 40)},
    "latch": {"decoupled": (2, 0, 0, 0, 2, 0, 0, 0), "registered": (1, 1, 0, 0, 1, 1, 0, 0),
              "ready behind valid": (1, 2, 0, 0, 1, 2, 0, 0),
              "ready by valid": (1, 3, 0, 0, 1, 3, 0, 0), "slow steps": (1, 0, 2, 0, 0, 0, 0, 0),
              "slow": (0, 0, 0, 0, 1, 0, 40, 0)},
    "softmax": {"decoupled": (2, 0, 0, 2, 0, 0, 2, 0, 0), "registered": (1, 1, 0, 1, 1, 0, 1, 1, 0),
                "ready behind valid": (1, 2, 0, 1, 2, 0, 1, 2, 0),
                "ready by valid": (1, 3, 0, 1, 3, 0, 1, 3, 0),
                "slow exponents": (1, 0, 40, 0, 0, 0, 0, 0, 0),
                "slow divider": (0, 0, 0, 0, 0, 0, 1, 0, 40),
                "slow, decoupled": (2, 0, 0, 2, 0, 0, 2, 0, 40),
                "slow, registered": (2, 1, 5, 2, 1, 0, 2, 1, 30)},
    "shift_add": {"decoupled": (2, 0, 0, 0, 2, 0, 0), "registered": (1, 1, 0, 0, 1, 1, 0),
                  "ready behind valid": (1, 2, 0, 0, 1, 2, 0),
                  "ready by valid": (1, 3, 0, 0, 1, 3, 0), "slow": (0, 0, 0, 0, 1, 0, 80)},
}
WRONG = {
    "topk": {"grants lost": (0, 0, 0, 0, 0, 1), "granted twice": (0, 0, 0, 0, 0, 2)},
    "ramp": {"steps lost": (0, 0, 0, 1), "steps twice": (0, 0, 0, 2)},
    "union": {"rows lost": (1, 0, 0, 1, 0, 0, 0), "rows twice": (1, 0, 0, 2, 0, 0, 0)},
    "sorter": {"elements lost": (1, 0, 0, 1, 0, 0, 0)},
    "latch": {"steps lost": (1, 0, 0, 1, 0, 0, 0, 0), "codes twice": (0, 0, 0, 0, 1, 0, 0, 2)},
    "softmax": {"rows lost": (0, 0, 0, 1, 0, 1, 0, 0, 0),
                "rows twice": (0, 0, 0, 1, 0, 2, 0, 0, 0)},
    "shift_add": {"rows lost": (1, 0, 0, 1, 0, 0, 0), "rows twice": (1, 0, 0, 2, 0, 0, 0)},
}
TIMING = r"\A((grant \d+ )?cycles?( late)?|ready for another row|answer)\Z"


class Handshakes(ToolTest):
    def in_every_machine(self, variants, check, *options):
        for block, named in variants.items():
            for name, numbers in named.items():
                (self.room / "variant.txt").write_text(" ".join(map(str, numbers)))
                for machine, more in MACHINES.items():
                    with self.subTest(block=block, rtl=name, machine=machine):
                        check(block, (*MACHINE, *rtl.table().machine(block), *more, *options))

    def diverge(self, block, options):
        """The field that differs first."""
        done = self.run_tool("macro", *options, f"--model.{block}=shadow:variant", "--output",
                             "out")
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn(", RTL variant (", done.stderr)
        return re.search(r"^  field +(.+)$", done.stderr, re.MULTILINE)[1]

    def test_in_the_models_place(self):
        """The same values as the model's, in other cycles."""
        def check(block, options):
            model, replaced = (
                self.results_of("macro", *options, *more, output=output)
                for output, more in (("tlm", ()), ("rtl", (f"--model.{block}=variant",))))
            for array in ARRAYS:
                if array != "convert_cycles":
                    np.testing.assert_array_equal(np.load(model / f"{array}.npy"),
                                                  np.load(replaced / f"{array}.npy"), array)
        self.in_every_machine(RIGHT, check)

    def test_values_beside_the_model(self):
        def check(block, options):
            self.results_of("macro", *options, f"--model.{block}=shadow:variant")
        self.in_every_machine(RIGHT, check, "--cosim.compare=values")

    def test_cycles_beside_the_model(self):
        """They differ, and nothing but they."""
        self.in_every_machine(RIGHT, lambda *run: self.assertRegex(self.diverge(*run), TIMING))

    def test_none_of_its_own(self):
        """Without delays and queues each is the twin."""
        for block in RIGHT:
            self.results_of("macro", *MACHINE, *rtl.table().machine(block),
                            f"--model.{block}=shadow:variant")

    def test_wrong_ones_are_blamed(self):
        self.in_every_machine(WRONG, self.diverge, "--cosim.compare=values")


class Reports(ToolTest):
    def run_variant(self, block, *numbers, how="shadow:", more=("--cosim.compare=values",)):
        """The message and the entries of the report, of a run that fails."""
        (self.room / "variant.txt").write_text(" ".join(map(str, numbers)))
        done = self.run_tool("macro", *MACHINE, f"--model.{block}={how}variant", *more)
        self.assertEqual(done.returncode, FAILED, done.stderr)
        first, *lines = done.stderr.splitlines()
        return first, dict(re.findall(r"^  (\w+) {2,}(.+)$", "\n".join(lines), re.MULTILINE))

    def test_inputs_of_rows(self):
        for block, numbers, inputs in (
                ("union", WRONG["union"]["rows lost"],
                 r"crossbar 0:( \d+@-?\d+){3}, crossbar 1:( \d+@-?\d+){2}"),
                ("softmax", WRONG["softmax"]["rows lost"], r"5 winners( \d+@\d+){5}, sum \d+")):
            _, told = self.run_variant(block, *numbers)
            self.assertRegex(told["inputs"], rf"\A{inputs}\Z")

    def test_time_and_inputs_of_a_failure(self):
        late = (0, 150, 0, 0, 0, 0)
        what = "does not take the step of code 15 in 100 cycles where it is due"
        timeout = "--cosim.timeout_cycles=100"
        message, _ = self.run_variant("topk", *late, how="", more=(timeout,))
        failed = re.search(rf"RTL variant: {what} \(row 0, cycle (\d+) \(([\d.]+) us\); (no )?"
                           r"crossing[ \d]*, k \d, \d+ participants\)", message)
        self.assertTrue(failed, message)
        self.assertAlmostEqual(float(failed[2]), int(failed[1]) / 200, places=3)
        message, told = self.run_variant("topk", *late, more=(timeout,))
        self.assertIn(f"{what}, cycle {failed[1]} ({failed[2]} us)", message)
        self.assertRegex(told["inputs"], r"crossing.*, k \d, \d+ participants")


if __name__ == "__main__":
    main()
