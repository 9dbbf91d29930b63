#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: ramp conversions by hand, and their closed form held to a walk."""

import unittest

import numpy as np

import conversion
import reference_parameters as parameters
from conversion import Pace, auto_ramp_lsb, ramp_code, walk_ramp


class Ramp(unittest.TestCase):
    def test_code(self):
        # D = 4: floor((2s + 4)/8): 2 -> 1, 1 -> 0, -2 -> 0, -3 -> -1, -6 -> -1, -7 -> -2.
        got = ramp_code(np.array([2, 1, -2, -3, -6, -7]), 4, 5)
        self.assertEqual(got.tolist(), [1, 0, 0, -1, -1, -2])

    def test_code_saturates(self):
        # 5 bits: 15 from s = 15.5 D on downwards to -16. D = 2: 31 -> floor(64/4) = 16 -> 15.
        self.assertEqual(ramp_code(np.array([31, 30, 500, -500]), 2, 5).tolist(),
                         [15, 15, 15, -16])

    def test_auto_lsb(self):
        # n = 2: saturated while 2s >= 3D. Top-2 of two rows: 9, 6 and 4, 1; N = 4.
        # Share 0.25 allows one: 2*6 = 12 < 3D needs D = 5 (D = 4: 18 and 12 saturate).
        scores = np.array([[9, 0, 6], [1, 4, -8]])
        mask = np.ones((2, 3), bool)
        self.assertEqual(auto_ramp_lsb(scores[None], mask, 2, 2, 0.25), 5)
        # Share 0: 18 < 3D needs 7. Everything may saturate: 1. Nobody takes part: 1.
        self.assertEqual(auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 7)
        self.assertEqual(auto_ramp_lsb(scores[None], mask, 2, 2, 1.0), 1)
        self.assertEqual(auto_ramp_lsb(scores[None], ~mask, 2, 2, 0.0), 1)
        # Two arrays, [8, -3] and [1, 3] and k = 1 of the sums 9 and 0: 8 and 1 count, not 9.
        # Share 0.5: 8 may saturate, 2 < 3D is so at D = 1. Share 0: 16 < 3D needs 6.
        partial = np.array([[[8, -3]], [[1, 3]]])
        self.assertEqual(auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.5), 1)
        self.assertEqual(auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.0), 6)
        # A masked 9 does not count: 6, 0, 4, 1 and share 0: 12 < 3D needs 5.
        mask[0, 0] = False
        self.assertEqual(auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 5)

    def test_walk_with_ties(self):
        # n = 2: levels 1, 0, -1, -2. Level 1: column 2 (1 cycle). Level 0: nobody (1 cycle).
        # Level -1: columns 0, 1, 3 request; k = 3 grants 0 and 1 (2 cycles), drops 3.
        codes, on = [-1, -1, 1, -1], [True] * 4
        self.assertEqual(walk_ramp(codes, on, 3, 2), ([2, 0, 1], 4, 3))

    def test_walk_exhausted(self):
        # Two participants, k = 3: level 1 grants column 1, level 0 column 3, -1 and -2 nobody.
        codes, on = [1, 1, 1, 0], [False, True, False, True]
        self.assertEqual(walk_ramp(codes, on, 3, 2), ([1, 3], 4, 4))
        self.assertEqual(walk_ramp(codes, on, 3, 2, True), ([1, 3], 2, 2))
        self.assertEqual(walk_ramp(codes, [False] * 4, 3, 2), ([], 4, 4))
        self.assertEqual(walk_ramp(codes, [False] * 4, 3, 2, True), ([], 0, 0))

    def test_walk_at_another_pace(self):
        # n = 2. Level 1: column 2. Level 0: nobody. Level -1: columns 0, 1, 3 request, two per
        # cycle: with k = 4 two cycles; with k = 3 only the first, 3 is dropped.
        codes, on, pace = [-1, -1, 1, -1], [True] * 4, Pace(lanes=2)
        self.assertEqual(walk_ramp(codes, on, 4, 2, pace=pace), ([2, 0, 1, 3], 4, 3))
        self.assertEqual(walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 3, 3))
        # Three steps of 5 more cycles each, and 7 before them.
        pace = Pace(lanes=2, step=5, start=7)
        self.assertEqual(walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 7 + 15 + 3, 3))
        self.assertEqual(walk_ramp(codes, [False] * 4, 3, 2, pace=pace), ([], 7 + 20 + 4, 4))
        self.assertEqual(walk_ramp(codes, [False] * 4, 3, 2, True, pace), ([], 0, 0))

    def test_walk_with_a_reach(self):
        # n = 3. Levels 3, 2, .. -4: column 1 crosses at 2, 0 and 2 at 0, 3 at -1.
        codes, on = [0, 2, 0, -1], [True] * 4

        def walk(reach, k=4, exhausted=True, enabled=on):
            return walk_ramp(codes, enabled, k, 3, exhausted, reach=reach)

        # One step below the first crossing is level 1: three steps. Two: level 0, two grants.
        self.assertEqual(walk(1), ([1], 3, 3))
        self.assertEqual(walk(2), ([1, 0, 2], 5, 4))
        self.assertEqual(walk(3), ([1, 0, 2, 3], 6, 5))
        # k or the last participant may end it before, and no reach goes beyond the last level.
        self.assertEqual(walk(2, k=2), ([1, 0], 4, 4))
        self.assertEqual(walk(5), ([1, 0, 2, 3], 6, 5))
        self.assertEqual(walk(5, k=5, exhausted=False), ([1, 0, 2, 3], 8, 7))
        self.assertEqual(walk(7, k=5, exhausted=False), ([1, 0, 2, 3], 9, 8))
        # Nobody crosses, so the ramp goes all the way.
        self.assertEqual(walk(1, exhausted=False, enabled=[False] * 4), ([], 8, 8))

    def test_closed_form_equals_walk(self):
        rng = np.random.default_rng(2)
        for _ in range(400):
            bits, columns = int(rng.integers(1, 6)), int(rng.integers(0, 20))
            exhausted, half = bool(rng.integers(2)), 2 ** (bits - 1)
            reach = int(rng.integers(0, 2 * half)) if rng.integers(2) else 0
            pace = Pace(*(int(rng.integers(*ends))
                          for ends in ((1, 5), (0, 3), (0, 9), (0, 3))))
            k = rng.integers(1, 9, 4)
            codes = rng.integers(-half, half, (4, columns))
            on = rng.random((4, columns)) < rng.random()
            index, cycles, steps = conversion.convert_rows(codes, on, k, bits, exhausted, pace,
                                                           reach)
            for r in range(4):
                want = walk_ramp(codes[r].tolist(), on[r].tolist(), int(k[r]), bits, exhausted,
                                 pace, reach)
                got = index[r][index[r] >= 0].tolist()
                self.assertEqual((got, cycles[r], steps[r]), want)
                self.assertTrue(np.all(index[r][len(got):] == -1))


class ScopeHead(unittest.TestCase):
    # 2 bits, levels 1 to -2; three crossbars of 2, 2 and 1 tokens.
    HELD = [np.array([0, 1]), np.array([2, 3]), np.array([4])]
    CODES = np.array([[1, -1, 1, 1, 0]])

    def select(self, k, on=(1, 1, 1, 1, 1), **changed):
        config = parameters.full_config({
            "topk.scope": "head", "topk.k": k, "ima.bits": 2,
            **{f"topk.{name}": value for name, value in changed.items()}})
        found = conversion.select(self.CODES, np.array([on]) > 0, self.HELD, k, config)
        return tuple(array[0].tolist() for array in found)

    def test_ties_across_crossbars_in_one_step(self):
        # 0, 2 and 3 cross at level 1: three grants; level 0 grants 4. The tree of three crossbars
        # takes 2 cycles more.
        self.assertEqual(self.select(4), ([0, 2, 3, 4], [3 + 1 + 2] * 3, [2] * 3))
        self.assertEqual(self.select(4, tree_cycles=0)[1], [4] * 3)

    def test_the_last_grant_with_requests_elsewhere(self):
        # k = 2: 3 is dropped, which is another column of the same crossbar; k = 1: 2 and 3.
        self.assertEqual(self.select(2), ([0, 2], [2 + 2] * 3, [1] * 3))
        self.assertEqual(self.select(1), ([0], [1 + 2] * 3, [1] * 3))

    def test_lanes(self):
        # Two at once: 0 and 2, then 3. Eight: all three, and k = 2 takes the lowest two.
        self.assertEqual(self.select(3, grants_per_cycle=2), ([0, 2, 3], [2 + 2] * 3, [1] * 3))
        self.assertEqual(self.select(3, grants_per_cycle=8), ([0, 2, 3], [1 + 2] * 3, [1] * 3))
        self.assertEqual(self.select(2, grants_per_cycle=8), ([0, 2], [1 + 2] * 3, [1] * 3))
        # A start of 5 and 3 a step, two steps.
        self.assertEqual(self.select(4, start_cycles=5, step_cycles=3)[1], [5 + 6 + 4 + 2] * 3)

    def test_gates_and_exhaustion(self):
        # Tokens 1 and 4: crossbar 1 is gated. 4 at level 0, 1 at level -1, which is the last.
        self.assertEqual(self.select(3, (0, 1, 0, 0, 1)), ([4, 1, -1], [3 + 2, 0, 5], [3, 0, 3]))
        self.assertEqual(self.select(3, (0, 1, 0, 0, 1), stop_when_exhausted=False),
                         ([4, 1, -1], [4 + 2, 0, 6], [4, 0, 4]))
        self.assertEqual(self.select(3, (0,) * 5), ([-1] * 3, [0] * 3, [0] * 3))

    def test_reach_of_the_head(self):
        # First crossing at level 1: one step below it is level 0, wherever that is.
        self.assertEqual(self.select(5, reach=1), ([0, 2, 3, 4, -1], [3 + 1 + 2] * 3, [2] * 3))
        # Of crossbars by themselves: crossbar 2 begins at level 0, crossbar 0 ends there.
        self.assertEqual(self.select(5, scope="crossbar", reach=1, sub_k=[2, 2, 1]),
                         ([0, 2, 3, 4, -1], [2, 2, 2], [2, 1, 2]))

    def test_tree(self):
        config = parameters.full_config({})
        self.assertEqual([conversion.tree_cycles(crossbars, config)
                          for crossbars in (1, 2, 3, 4, 5, 16, 17)], [0, 1, 2, 2, 3, 4, 5])
        config["topk.tree_cycles"] = 9
        self.assertEqual(conversion.tree_cycles(1, config), 9)


class Winners(unittest.TestCase):
    def test_side_by_side(self):
        index = np.array([[4, -1, 2, -1, 7]])
        self.assertEqual(conversion.pack_left(index, 3).tolist(), [[4, 2, 7]])
        self.assertEqual(conversion.pack_left(index, 6).tolist(), [[4, 2, 7, -1, -1, -1]])

    def test_best_of_every_row(self):
        # Of 3, 9, 9, 1, without the last: one, and two; more than there are: all three.
        scores, mask = np.array([[3, 9, 9, 1]] * 3), np.array([[True, True, True, False]] * 3)
        self.assertEqual(conversion.best_columns(scores, mask, np.array([1, 2, 7])).astype(
            int).tolist(), [[0, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]])


if __name__ == "__main__":
    unittest.main()
