#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The controller's registers as RTL, in the model's place and beside it: in every machine that has
a controller nothing else changes, and what breaks the contract of the pins is told.

  soc_registers_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where RTL with times of its own lies (rtl/variant_registers.sv).
"""

import json
import os
import re

from tool_support import FAILED, ToolTest, main

TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
SMALL = ("--attention.heads=2", "--attention.d_model=16", "--attention.tokens=20",
         "--report.float_reference=false")
MACHINES = {
    **{schedule: (f"--pipeline.schedule={schedule}", "--pipeline.sequences=3")
       for schedule in ("sequential", "coarse", "fine", "buffered")},
    "one bank": ("--pipeline.banks=1", "--pipeline.sequences=2", "--topk.k=3"),
    "without early stopping": ("--softmax.macro=conventional",),
    "scale in W_K^T": ("--attention.scaling=in_k_weights",),
    "cycle fidelity": ("--fidelity=cycle",),
}


class Machines(ToolTest):
    def test_nothing_else_changes(self):
        for name, options in MACHINES.items():
            with self.subTest(name):
                plain = self.results_of("soc", *SMALL, *options, output="plain")
                for how in ("rtl", "shadow"):
                    other = self.results_of("soc", *SMALL, *options, f"--model.registers={how}",
                                            output=how)
                    self.assert_same_results(plain, other,
                                             ("run.json", "report.json", "effective.ini"))
                    told, expected = (json.loads((out / "report.json").read_text())
                                      for out in (other, plain))
                    self.assertTrue(told.pop("rtl")[0].startswith("registers: rtl (ADDRESS_BITS="))
                    expected.pop("rtl", None)
                    for each in (told, expected):
                        each.pop("configuration")
                    self.assertEqual(told, expected)

    def test_all_accesses_are_compared(self):
        done = self.run_tool("soc", *SMALL, "--model.registers=shadow", "--vectors=v",
                             "--vectors.block=registers", "--output=out")
        compared, = re.findall(r"^compared +(\d+)", done.stdout, re.MULTILINE)
        accesses, = re.findall(r"v/registers, (\d+) transactions", done.stdout)
        # With each of the machine's accesses there are two that change nothing; and the end of the
        # run is raised.
        self.assertEqual(int(compared), 3 * int(accesses) + 1)


class Variants(ToolTest):
    def run_variant(self, *numbers, how="", more=()):
        (self.room / "variant.txt").write_text(" ".join(map(str, numbers)))
        return self.run_tool("soc", *SMALL, TEST_RTL, f"--model.registers={how}variant",
                             "--cosim.timeout_cycles=100", "--output=out", *more)

    def test_other_times(self):
        plain = self.results_of("soc", *SMALL, output="plain")
        for numbers in ((0, 0, 0), (3, 0, 0), (0, 4, 0), (2, 5, 0)):
            with self.subTest(numbers):
                for how, more in (("", ()), ("shadow:", ("--cosim.compare=values",))):
                    done = self.run_variant(*numbers, how=how, more=more)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assert_same_results(plain, self.room / "out",
                                             ("run.json", "report.json", "effective.ini"))
                done = self.run_variant(*numbers, how="shadow:")
                self.assertEqual(done.returncode, FAILED if numbers[1] else 0, done.stderr)
                if numbers[1]:
                    self.assertRegex(done.stderr, r"differ: registers, row 0, write of \w+: cycles "
                                     rf"is 1, in RTL {1 + numbers[1]}, ")

    def test_impossible_answers(self):
        for wrong, said in ((1, "changes or withdraws its response where it must stay until"),
                            (2, "gives no response in 100 edges where one is due"),
                            (3, "shows a write where none is under way"),
                            (4, "shows a write again where it has done so"),
                            (5, "writes word 21 where 20 is the last"),
                            (6, "responds where a request is still on its way")):
            for how in ("", "shadow:"):
                with self.subTest(wrong=wrong, how=how):
                    done = self.run_variant(0, 0, wrong, how=how)
                    self.assertEqual(done.returncode, FAILED)
                    self.assertIn(said, done.stderr.splitlines()[0])
                    self.assertIn("address 0x", done.stderr)


if __name__ == "__main__":
    main()
