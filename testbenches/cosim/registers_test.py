#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A register that reset forgets is found, wherever it lies and whatever it ought to hold, in a
machine with a single instance, too.

  registers_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where RTL lies that forgets one (rtl/forgetful_counter.sv).
"""

import os
import re

from tool_support import FAILED, ToolTest, main

TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
ONE = ("--attention.heads=1", "--attention.d_model=16", "--attention.tokens=20",
       "--attention.query_rows=6")


class Registers(ToolTest):
    def test_forgotten_ones_are_found(self):
        said = {"shadow:": "model and RTL differ",
                "": "RTL depends on what its registers start with"}
        for position in range(8):
            for value in (0, 1):
                (self.room / "variant.txt").write_text(f"{position} {value}")
                for how in ("", "shadow:"):
                    with self.subTest(position=position, value=value, how=how):
                        done = self.run_tool("macro", *ONE, TEST_RTL, "--output", "out",
                                             f"--model.topk={how}forgetful")
                        self.assertEqual(done.returncode, FAILED, done.stderr)
                        self.assertIn(f"{said[how]}: head0.topk0, row ", done.stderr)

    def test_what_they_start_with_is_told(self):
        """One of the two does not hold what the bit is by chance."""
        told = []
        for value in (0, 1):
            (self.room / "variant.txt").write_text(f"0 {value}")
            told.append(self.run_tool("macro", *ONE, TEST_RTL, "--output", "out",
                                      "--model.topk=shadow:forgetful").stderr)
        found = [text for text in told if re.search(r" RTL that starts with (zeros|ones) ", text)]
        self.assertTrue(found, told)
        self.assertRegex(found[0], r"\n  registers    start with (zeros|ones)\n")

    def test_rtl_that_resets_itself_is_not_blamed(self):
        for how in ("rtl", "shadow"):
            self.results_of("macro", *ONE, *(f"--model.{block}={how}" for block in
                                             ("topk", "ramp", "union", "softmax", "shift_add")))
            self.results_of("macro", *ONE, "--softmax.macro=digital_topk",
                            *(f"--model.{block}={how}" for block in ("latch", "sorter")))
        for how in ("", "shadow:"):
            self.results_of("macro", *ONE, f"--model.macro={how}softmax_macro")


if __name__ == "__main__":
    main()
