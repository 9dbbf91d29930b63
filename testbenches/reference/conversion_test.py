#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: ramp conversions by hand, and their closed form held to a walk."""

import unittest

import numpy as np

import conversion


class Ramp(unittest.TestCase):
    def test_code(self):
        # D = 4: floor((2s + 4)/8): 2 -> 1, 1 -> 0, -2 -> 0, -3 -> -1, -6 -> -1, -7 -> -2.
        got = conversion.ramp_code(np.array([2, 1, -2, -3, -6, -7]), 4, 5)
        self.assertEqual(got.tolist(), [1, 0, 0, -1, -1, -2])

    def test_code_saturates(self):
        # 5 bits: 15 from s = 15.5 D on downwards to -16. D = 2: 31 -> floor(64/4) = 16 -> 15.
        self.assertEqual(conversion.ramp_code(np.array([31, 30, 500, -500]), 2, 5).tolist(),
                         [15, 15, 15, -16])

    def test_auto_lsb(self):
        # n = 2: saturated while 2s >= 3D. Top-2 of two rows: 9, 6 and 4, 1; N = 4.
        # Share 0.25 allows one: 2*6 = 12 < 3D needs D = 5 (D = 4: 18 and 12 saturate).
        scores = np.array([[9, 0, 6], [1, 4, -8]])
        mask = np.ones((2, 3), bool)
        self.assertEqual(conversion.auto_ramp_lsb(scores[None], mask, 2, 2, 0.25), 5)
        # Share 0: 18 < 3D needs 7. Everything may saturate: 1. Nobody takes part: 1.
        self.assertEqual(conversion.auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 7)
        self.assertEqual(conversion.auto_ramp_lsb(scores[None], mask, 2, 2, 1.0), 1)
        self.assertEqual(conversion.auto_ramp_lsb(scores[None], ~mask, 2, 2, 0.0), 1)
        # Two arrays, [8, -3] and [1, 3] and k = 1 of the sums 9 and 0: 8 and 1 count, not 9.
        # Share 0.5: 8 may saturate, 2 < 3D is so at D = 1. Share 0: 16 < 3D needs 6.
        partial = np.array([[[8, -3]], [[1, 3]]])
        self.assertEqual(conversion.auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.5), 1)
        self.assertEqual(conversion.auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.0), 6)
        # A masked 9 does not count: 6, 0, 4, 1 and share 0: 12 < 3D needs 5.
        mask[0, 0] = False
        self.assertEqual(conversion.auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 5)

    def test_walk_with_ties(self):
        # n = 2: levels 1, 0, -1, -2. Level 1: column 2 (1 cycle). Level 0: nobody (1 cycle).
        # Level -1: columns 0, 1, 3 request; k = 3 grants 0 and 1 (2 cycles), drops 3.
        codes, on = [-1, -1, 1, -1], [True] * 4
        self.assertEqual(conversion.walk_ramp(codes, on, 3, 2), ([2, 0, 1], 4, 3))

    def test_walk_exhausted(self):
        # Two participants, k = 3: level 1 grants column 1, level 0 column 3, -1 and -2 nobody.
        codes, on = [1, 1, 1, 0], [False, True, False, True]
        self.assertEqual(conversion.walk_ramp(codes, on, 3, 2), ([1, 3], 4, 4))
        self.assertEqual(conversion.walk_ramp(codes, on, 3, 2, True), ([1, 3], 2, 2))
        self.assertEqual(conversion.walk_ramp(codes, [False] * 4, 3, 2), ([], 4, 4))
        self.assertEqual(conversion.walk_ramp(codes, [False] * 4, 3, 2, True), ([], 0, 0))

    def test_walk_at_another_pace(self):
        # n = 2. Level 1: column 2. Level 0: nobody. Level -1: columns 0, 1, 3 request, two per
        # cycle: with k = 4 two cycles; with k = 3 only the first, 3 is dropped.
        codes, on, pace = [-1, -1, 1, -1], [True] * 4, conversion.Pace(lanes=2)
        self.assertEqual(conversion.walk_ramp(codes, on, 4, 2, pace=pace), ([2, 0, 1, 3], 4, 3))
        self.assertEqual(conversion.walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 3, 3))
        # Three steps of 5 more cycles each, and 7 before them.
        pace = conversion.Pace(lanes=2, step=5, start=7)
        self.assertEqual(conversion.walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 7 + 15 + 3, 3))
        self.assertEqual(conversion.walk_ramp(codes, [False] * 4, 3, 2, pace=pace), ([], 7 + 20 + 4, 4))
        self.assertEqual(conversion.walk_ramp(codes, [False] * 4, 3, 2, True, pace), ([], 0, 0))

    def test_closed_form_equals_walk(self):
        rng = np.random.default_rng(2)
        for _ in range(300):
            bits, columns = int(rng.integers(1, 6)), int(rng.integers(0, 20))
            k, exhausted = int(rng.integers(1, 9)), bool(rng.integers(2))
            pace = conversion.Pace(*(int(rng.integers(*ends))
                              for ends in ((1, 5), (0, 3), (0, 9), (0, 3))))
            half = 2 ** (bits - 1)
            codes = rng.integers(-half, half, (4, columns))
            on = rng.random((4, columns)) < rng.random()
            index, cycles, steps = conversion.convert_rows(codes, on, k, bits, exhausted, pace)
            for r in range(4):
                want = conversion.walk_ramp(codes[r].tolist(), on[r].tolist(), k, bits, exhausted, pace)
                got = index[r][index[r] >= 0].tolist()
                self.assertEqual((got, cycles[r], steps[r]), want)
                self.assertTrue(np.all(index[r][len(got):] == -1))


if __name__ == "__main__":
    unittest.main()
