#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The channels of the DMA reader as RTL, in the model's place and beside it: in every machine that
has a reader nothing else changes, RTL with times of its own gives the same results, and what breaks
the contract of the pins is told.

  soc_reader_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where RTL with times of its own lies (rtl/variant_channel.sv).
"""

import json
import os
import random
import re

from tool_support import ARRAYS, FAILED, USAGE, ToolTest, float_qkv, main, write_tensors

TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
SMALL = ("--attention.heads=2", "--attention.d_model=16", "--attention.tokens=20",
         "--report.float_reference=false")
LONG = ("--attention.heads=1", "--attention.d_model=48", "--attention.tokens=96",
        "--report.float_reference=false")    # some rows go across a 4 KiB boundary
# fidelity.bus is cycle where RTL is at the bus, and nothing else differs by that.
MACHINES = {
    **{schedule: (*SMALL, f"--pipeline.schedule={schedule}", "--pipeline.sequences=3")
       for schedule in ("sequential", "coarse", "fine", "buffered")},
    "one bank": (*SMALL, "--pipeline.banks=1", "--pipeline.sequences=2", "--topk.k=3"),
    "one place": (*SMALL, "--dma.prefetch_rows=1"),
    "four places": (*SMALL, "--dma.prefetch_rows=4"),
    "long rows": LONG,
    "long rows, short latency": (*LONG, "--bus.latency_cycles=1"),
    "narrow bus": (*LONG, "--bus.bytes_per_cycle=8"),
    "scale in W_K^T": (*SMALL, "--attention.scaling=in_k_weights"),
    "stalls": (*SMALL, "--cosim.stall=0.3", "--seed=5", "--pipeline.queue_depth=0"),
}


def some_machines(seed, count):
    """Machines by chance that the reader's twins hold."""
    draw = random.Random(seed)
    for _ in range(count):
        heads, width = draw.choice(((1, 16), (2, 32), (1, 48), (3, 48), (2, 64), (4, 128)))
        yield ("--report.float_reference=false", f"--attention.heads={heads}",
               f"--attention.d_model={width}", f"--attention.tokens={draw.randint(1, 40)}",
               f"--pipeline.schedule={draw.choice(('sequential', 'coarse', 'fine', 'buffered'))}",
               f"--pipeline.sequences={draw.randint(1, 3)}", f"--pipeline.banks={draw.randint(1, 2)}",
               f"--pipeline.queue_depth={draw.randint(0, 3)}",
               f"--dma.prefetch_rows={draw.randint(1, 4)}",
               f"--bus.bytes_per_cycle={draw.choice((8, 16))}",
               f"--bus.latency_cycles={draw.choice((1, 2, 5, 20, 40))}",
               f"--cosim.stall={draw.choice((0, 0, 0.2))}", f"--seed={draw.randint(1, 99)}", "--topk.k=1")


class Machines(ToolTest):
    def assert_nothing_else_changes(self, options):
        plain = self.results_of("soc", *options, "--fidelity.bus=cycle", output="plain")
        for how in ("rtl", "shadow"):
            other = self.results_of("soc", *options, "--fidelity.bus=cycle",
                                    f"--model.reader={how}", output=how)
            self.assert_same_results(plain, other, ("run.json", "report.json", "effective.ini"))
            told, expected = (json.loads((out / "report.json").read_text())
                              for out in (other, plain))
            self.assertTrue(told.pop("rtl")[0].startswith("reader: rtl (ADDRESS_BITS="))
            expected.pop("rtl", None)
            for each in (told, expected):
                each.pop("configuration")
            self.assertEqual(told, expected)

    def test_nothing_else_changes(self):
        for name, options in MACHINES.items():
            with self.subTest(name):
                self.assert_nothing_else_changes(options)

    def test_nothing_else_changes_in_machines_by_chance(self):
        for options in some_machines(1, 12):
            with self.subTest(options=options):
                self.assert_nothing_else_changes(options)

    def test_all_rows_are_compared(self):
        done = self.run_tool("soc", *SMALL, "--model.reader=shadow", "--output=out")
        compared, = re.findall(r"^compared +(\d+)", done.stdout, re.MULTILINE)
        # X for K and V is read once and handed on twice, X for Q once.
        self.assertEqual(int(compared), 20 * (1 + 2) + 20 * (1 + 1))

    def test_machines_that_no_twin_holds(self):
        for options, words in (
                (("--bus.latency_cycles=0",), "bus.latency_cycles is 0; AXI needs 1"),
                (("--bus.bytes_per_cycle=32",), "rows of 16 bytes are no whole beats of 32"),
                (("--bus.bytes_per_cycle=4",), "BUS_BYTES=16 is not 4"),
                (("--dma.prefetch_rows=5",), "PLACES=4 is less than 5")):
            with self.subTest(options=options):
                self.assert_refused(self.run_tool("soc", *SMALL, *options, "--model.reader=rtl"),
                                    USAGE, words)
        given = write_tensors(self.room / "given", float_qkv(d_k=16))
        self.assert_refused(self.run_tool("soc", f"--input={given}", "--model.reader=rtl"), USAGE,
                            "given Q, K and V are taken several rows in a cycle")


class Variants(ToolTest):
    def run_variant(self, *numbers, how="", options=SMALL, more=()):
        (self.room / "variant.txt").write_text(" ".join(map(str, numbers)))
        return self.run_tool("soc", *options, TEST_RTL, f"--model.reader={how}variant",
                             "--cosim.timeout_cycles=100", "--output=out", *more)

    def test_other_times(self):
        for options in (SMALL, LONG):
            plain = self.results_of("soc", *options, output="plain")
            for numbers in ((0, 0, 0, 0), (3, 0, 0, 0), (0, 2, 0, 0), (0, 0, 4, 0), (2, 1, 3, 0)):
                with self.subTest(numbers=numbers, options=options):
                    done = self.run_variant(*numbers, options=options)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    for name in (f"{each}.npy" for each in ARRAYS):
                        self.assertEqual((plain / name).read_bytes(),
                                         (self.room / "out" / name).read_bytes(), name)
                    done = self.run_variant(*numbers, how="shadow:", options=options,
                                            more=("--cosim.compare=values",))
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    done = self.run_variant(*numbers, how="shadow:", options=options)
                    self.assertEqual(done.returncode, FAILED if any(numbers) else 0, done.stderr)

    def test_impossible_answers(self):
        for wrong, said in enumerate((
                "does not take a command in 100 cycles where one waits",
                "does not ask for a row in 100 cycles where there is room for one",
                "asks for other bursts where INCR with beats of the bus is due",
                "says that a row goes on where all of its beats have been asked for",
                "does not take a beat in 100 cycles where one waits",
                "writes beat 31 of its buffer where 26 is the last",
                "does not offer a row to destination 1 in 100 cycles where one is due",
                "offers a row where none is complete",
                "offers a row at beat 31 of its buffer where 26 is the last for one"), 1):
            for how in ("", "shadow:"):
                with self.subTest(wrong=wrong, how=how):
                    done = self.run_variant(0, 0, 0, wrong, how=how)
                    self.assertEqual(done.returncode, FAILED)
                    self.assertIn(said, done.stderr.splitlines()[0])


if __name__ == "__main__":
    main()
