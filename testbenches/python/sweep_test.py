# SPDX-License-Identifier: Apache-2.0
"""topkima.sweep(): rows in the order of the points, whoever simulated them; errors; interrupts."""

import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import topkima
from stub_tool import interrupted
from tool_support import ToolTest, everything_in, float_qkv, main

MODEL = topkima.data("models", "digits")
SMALL = {"attention.heads": 2, "attention.tokens": 12, "attention.d_model": 16}
POINTS = [{"topk.k": k} for k in (5, 1, 3, 2)]


class Rows(unittest.TestCase):
    def test_rows_are_in_the_order_of_the_points_whatever_the_workers(self):
        alone = topkima.sweep(POINTS, parameters=SMALL, workers=1)
        self.assertEqual([row["topk.k"] for row in alone], [5, 1, 3, 2])
        together = topkima.sweep(iter(POINTS), parameters=SMALL, workers=3)
        for left, right in zip(alone, together, strict=True):
            self.assertGreater(left.pop("seconds") + right.pop("seconds"), 0)
            self.assertEqual(left, right)
        self.assertEqual(alone[1]["mean_winners"], 1)
        self.assertIsInstance(alone[0]["bottleneck"], str)

    def test_a_point_wins_over_what_all_share(self):
        row, = topkima.sweep([{"topk.k": 2}], parameters={**SMALL, "topk.k": 4})
        self.assertEqual(row["mean_winners"], 2)

    def test_arrays_and_the_other_tool(self):
        tensors = float_qkv()
        rows = topkima.sweep([{"topk.k": 1}, {"topk.k": 2}], input=tensors, tool="macro")
        for row in rows:
            result = topkima.run({"topk.k": row["topk.k"]}, input=tensors, tool="macro")
            self.assertEqual(row["latency_us"], result.report["totals"]["latency_us"])

    def test_a_model(self):
        row, = topkima.sweep([{"encoder.samples": 3}], model=MODEL)
        samples = np.load(MODEL / "test.npz")
        given, = topkima.sweep([{}], model=MODEL, input={"x": samples["x"][:3],
                                                         "y": samples["y"][:3]})
        self.assertEqual((row["accuracy"], row["latency_us"]),
                         (given["accuracy"], given["latency_us"]))

    def test_no_points_no_rows(self):
        self.assertEqual(topkima.sweep([]), [])

    def test_progress_is_told(self):
        told = []
        topkima.sweep(POINTS, parameters=SMALL, workers=2,
                      progress=lambda done, total: told.append((done, total)))
        self.assertEqual(told, [(1, 4), (2, 4), (3, 4), (4, 4)])
        with mock.patch("sys.stderr") as stderr:
            topkima.sweep(POINTS, parameters=SMALL, progress=True)
        said = "".join(call.args[0] for call in stderr.write.call_args_list)
        self.assertRegex(said, r"\r4 of 4 points, .* per second\n\Z")


class Errors(unittest.TestCase):
    def test_the_first_error_ends_the_sweep_and_names_its_point(self):
        with self.assertRaisesRegex(topkima.UsageError, "point 1: .*topk.k = '0'"):
            topkima.sweep([{"topk.k": 1}, {"topk.k": 0}], parameters=SMALL, workers=1)
        with self.assertRaisesRegex(topkima.DataError, "point 0: .*no/such"):
            topkima.sweep([{}], input="no/such")
        with self.assertRaisesRegex(topkima.UsageError, "'k'; expected a name"):
            topkima.sweep([{"k": 1}])
        with self.assertRaisesRegex(topkima.UsageError, "workers = 0; expected at least 1"):
            topkima.sweep([{}], workers=0)

    def test_errors_are_kept_as_rows(self):
        rows = topkima.sweep([{"topk.k": 1}, {"topk.k": 0}, {"topk.k": 2}], parameters=SMALL,
                             keep_errors=True)
        self.assertEqual([row["error"] is None for row in rows], [True, False, True])
        self.assertEqual(set(rows[1]), {"topk.k", "error"})
        self.assertIn("topk.k = '0'", rows[1]["error"])


class Interrupts(ToolTest):
    def test_an_interrupt_ends_all_simulations_and_leaves_nothing(self):
        done = interrupted(self.room, "import topkima\n"
                           "topkima.sweep([{}] * 4, workers=2, input={'q': [[[1.0]]], "
                           "'k': [[[1.0]]], 'v': [[[1.0]]]})", "asked:2",
                           begin="sys.stdin.readline()")
        self.assertIn("KeyboardInterrupt", done.stderr)
        self.assertEqual(everything_in(self.room / "tmp"), [])
        self.assertEqual(processes_of(str(self.room / "tools")), [])

    def test_what_is_raised_in_progress_ends_the_sweep(self):
        def give_up(done, total):
            raise RuntimeError("enough")
        with self.assertRaisesRegex(RuntimeError, "enough"):
            topkima.sweep(POINTS, parameters=SMALL, progress=give_up)


def processes_of(words: str) -> list:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if words.encode() in line:
            found.append(entry.name)
    return found


if __name__ == "__main__":
    main()
