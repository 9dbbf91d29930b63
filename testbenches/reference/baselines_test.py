#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: the machines beside Topkima, by hand, and each fast form held to a
slow one that follows the hardware step by step."""

import math
import unittest

import numpy as np

import baselines
import projections
import reference_parameters as parameters
import scores
import topkima_reference as ref


class Baselines(unittest.TestCase):
    # One row, d_k = 1, q = 2, D = 4, 2 bits: s = 2k = -6, 0, 6, -2, 2, 4 have the codes
    # floor((2s + 4)/8) = -1, 0, 2 -> 1, 0, 1, 1. Column 5 is padding.
    TENSORS = {"q": np.int8([[[2]]]), "k": np.int8([[[-3], [0], [3], [-1], [1], [2]]]),
               "v": np.int8([[[1], [2], [4], [8], [3], [5]]])}
    CONFIG = {"ima.bits": 2, "ima.ramp_lsb": 4, "softmax.score_step": math.log(2), "topk.k": 4,
              "attention.valid_tokens": 5}

    def test_conventional(self):
        # Columns 0..4 in ascending address, codes -1, 0, 1, 0, 1, at ln 2 per step E = 8192,
        # 16384, 32768, 16384, 32768: S = 106496 = 13 * 8192. P = floor(31 * E/S + 1/2) with
        # E/S = 1/13, 2/13, 4/13: 2.88, 5.27, 10.04 -> 2, 5, 10. 2^2 cycles.
        got = ref.run_macro(self.TENSORS, {**self.CONFIG, "softmax.macro": "conventional"})
        self.assertEqual(got.topk_index.tolist(), [[[0, 1, 2, 3, 4, -1]]])
        self.assertEqual(got.topk_code.tolist(), [[[-1, 0, 1, 0, 1, 0]]])
        self.assertEqual(got.probability.tolist(), [[[2, 5, 10, 5, 10, 0]]])
        self.assertEqual((got.convert_cycles.tolist(), got.executed_steps.tolist(), got.alpha),
                         ([[[4]]], [[[4]]], 1.0))
        # V slices: 1 has tokens 0 and 4 (P 2 + 10), 2 has 1 and 4 (5 + 10), 4 has 2 (10), 8 has
        # 3 (5). D = 3, floor((2p + 3)/6): 12 -> 4, 15 -> 5, 10 -> 3, 5 -> 2: 4 + 10 + 12 + 16 = 42.
        self.assertEqual(got.output.tolist(), [[[3 * 42]]])

    def test_digital_topk(self):
        # The four largest codes of columns 0..4: 1 of 2 and 4, then 0 of 1 and 3.
        # E/S = 2/6, 2/6, 1/6, 1/6: 31/3 = 10.33 -> 10, 31/6 + 1/2 = 5.67 -> 5.
        config = {**self.CONFIG, "softmax.macro": "digital_topk"}
        got = ref.run_macro(self.TENSORS, config)
        self.assertEqual(got.topk_index.tolist(), [[[2, 4, 1, 3]]])
        self.assertEqual(got.topk_code.tolist(), [[[1, 1, 0, 0]]])
        self.assertEqual(got.probability.tolist(), [[[10, 10, 5, 5]]])
        self.assertEqual((got.convert_cycles.tolist(), got.alpha), ([[[4]]], 1.0))
        # Three of them: 3, which ties with 1, is the higher address. More than there are: -1.
        got = ref.run_macro(self.TENSORS, {**config, "topk.k": 3})
        self.assertEqual(got.topk_index.tolist(), [[[2, 4, 1]]])
        got = ref.run_macro(self.TENSORS, {**config, "topk.k": 7})
        self.assertEqual(got.topk_index.tolist(), [[[2, 4, 1, 3, 0, -1, -1]]])
        self.assertEqual(got.topk_code.tolist(), [[[1, 1, 0, 0, -1, 0, 0]]])

    def test_digital_topk_per_crossbar(self):
        # Crossbars of 4 and 2 columns, k_i = 2 and 2: 2, then 1 before 3; 4 alone (5 is padding).
        config = {**self.CONFIG, "softmax.macro": "digital_topk", "sort.sorters": "crossbar",
                  "topk.split": [4, 2], "topk.sub_k": [2, 2]}
        got = ref.run_macro(self.TENSORS, config)
        self.assertEqual(got.topk_index.tolist(), [[[2, 1, 4, -1]]])
        self.assertEqual(got.convert_cycles.tolist(), [[[4, 4]]])
        # Topkima's winners are the same.
        same = ref.run_macro(self.TENSORS, {**config, "softmax.macro": "topkima"})
        self.assertEqual(same.topk_index.tolist(), got.topk_index.tolist())
        self.assertEqual(same.probability.tolist(), got.probability.tolist())

    def test_no_participant(self):
        for macro, places in (("conventional", 6), ("digital_topk", 4)):
            config = {**self.CONFIG, "softmax.macro": macro, "attention.valid_tokens": 0}
            got = ref.run_macro(self.TENSORS, config)
            self.assertEqual(got.topk_index.tolist(), [[[-1] * places]])
            self.assertFalse(got.probability.any() or got.output.any() or got.topk_code.any())
            self.assertEqual(got.convert_cycles.tolist(), [[[0]]])
            # A full ramp knows no end but its own.
            got = ref.run_macro(self.TENSORS, {**config, "crossbar.gate_empty": False})
            self.assertEqual(got.convert_cycles.tolist(), [[[4]]])

    def test_shift_factor(self):
        # log2 0.3 = -1.74 -> -2, 0.4: -1.32 -> -1, 1/8: -3; halves up: 1/sqrt(8) = 2^-1.5
        # -> 2^-1 and 1/sqrt(32) = 2^-2.5 -> 2^-2, 1/sqrt(2) = 2^-0.5 -> 1.
        scales = (0.3, 0.4, 0.125, 1 / math.sqrt(8), 1 / math.sqrt(32), 1 / math.sqrt(2), 1.5)
        self.assertEqual([baselines.shift_factor(s) for s in scales],
                         [0.25, 0.5, 0.125, 0.5, 0.25, 1.0, 2.0])

    def test_left_shift_step(self):
        # q max 30 -> scale 2, k max 3.5 -> 0.5, D 3, scale 0.3 -> 1/4: 3 * 2 * 0.5 / 4 = 0.75.
        tensors = {"q": np.float32([[[30]]]), "k": np.float32([[[3.5]]]),
                   "v": np.float32([[[1]]])}
        config = {"ima.ramp_lsb": 3, "attention.score_scale": 0.3,
                  "attention.scaling": "left_shift"}
        self.assertEqual(ref.run_macro(tensors, config).scales["score_step"].tolist(), [0.75])
        # A step that is given stays.
        config["softmax.score_step"] = 0.6
        self.assertEqual(ref.run_macro(tensors, config).scales["score_step"].tolist(), [0.6])

    def test_fold(self):
        # W_K = (127, -64, 1) for d_k = 1, scale 1. q = 2 and -1: acc = (254, -128, 2) and
        # (-127, 64, -1), m = 254. q_max 3 (3 bits): floor((6a + 254)/508) of 254, -128, 2:
        # floor(1778/508) = 3, floor(-514/508) = -2, floor(266/508) = 0; of -127, 64, -1:
        # floor(-508/508) = -1, floor(638/508) = 1, floor(248/508) = 0. Scale 0.5 * 254 / 3.
        config = parameters.full_config({"score.query_bits": 3})
        w = np.float32([[127], [-64], [1]])
        folded, scales = projections.fold(np.array([[[2], [-1]]]), [0.5], w, 1, config)
        self.assertEqual(folded.tolist(), [[[3, -2, 0], [-1, 1, 0]]])
        self.assertAlmostEqual(scales[0], 0.5 * 254 / 3, places=12)

    def test_narrow(self):
        # m = 100, q_max 7: floor((14x + 100)/200) of 100, -50, 7, 8: 7.5 -> 7, -3, 0.99 -> 0, 1.
        narrowed, scales = projections.narrow(np.array([[100, -50], [7, 8]]), 0.25, 2,
                                              parameters.full_config({}))
        self.assertEqual(narrowed.tolist(), [[[7, -3], [0, 1]]] * 2)
        self.assertEqual(scales.tolist(), [0.25 * 100 / 7] * 2)

    def test_codes_of_row_blocks(self):
        # Arrays of 2 values (12 - 6 rows, 3 cells). q = (3, 1 | 2), k = (1, 0 | -3) and
        # (2, 2 | 1): partial scores 3, -6 and 8, 2. D = 4, 2 bits: floor(10/8) = 1,
        # floor(-8/8) = -1, together 0; floor(20/8) = 2 -> 1, floor(8/8) = 1, together 2, which
        # one array could not say. E at ln 2: 32768 and a quarter: P = floor(24.8 + 0.5) = 25, 6.
        config = parameters.full_config({"crossbar.rows": 12, "crossbar.ramp_rows": 6,
                                         "ima.bits": 2, "ima.ramp_lsb": 4, "topk.k": 2,
                                         "softmax.macro": "digital_topk",
                                         "softmax.score_step": math.log(2)})
        q, k, v = np.array([[[3, 1, 2]]]), np.array([[[1, 0, -3], [2, 2, 1]]]), np.ones((1, 2, 1))
        self.assertEqual(baselines.row_blocks(3, config), 2)
        self.assertEqual(scores.partial_scores(q[0], k[0], config).tolist(), [[[3, 8]], [[-6, 2]]])
        scales = {name: np.ones(1) for name in "qkv"}
        got = ref.attend(q, k, v.astype(np.int64), scales, None, config)
        self.assertEqual(got.topk_index.tolist(), [[[1, 0]]])
        self.assertEqual(got.topk_code.tolist(), [[[2, 0]]])
        self.assertEqual(got.probability.tolist(), [[[25, 6]]])
        self.assertEqual((got.row_blocks, got.convert_cycles.tolist()), (2, [[[4]]]))

    def test_joined_arrays(self):
        # The same values on joined bit lines: s = 3 - 6 = -3 and 8 + 2 = 10, codes
        # floor(-2/8) = -1 and floor(24/8) = 3 -> 1, which Topkima's ramp finds in 3 steps.
        config = {"crossbar.rows": 12, "crossbar.ramp_rows": 6, "ima.bits": 2, "ima.ramp_lsb": 4,
                  "topk.k": 2, "softmax.score_step": math.log(2), "score.row_split": "join"}
        tensors = {"q": np.int8([[[3, 1, 2]]]), "k": np.int8([[[1, 0, -3], [2, 2, 1]]]),
                   "v": np.int8([[[1, 1, 1]] * 2])}
        got = ref.run_macro(tensors, config)
        self.assertEqual((got.topk_index.tolist(), got.topk_code.tolist()), ([[[1, 0]]],
                                                                             [[[1, -1]]]))
        self.assertEqual((got.joined, got.row_blocks, got.convert_cycles.tolist()),
                         (2, 1, [[[3]]]))
        # -3 = -1 - 2, whose cell of weight 1 is line 0 of array 1: stuck at 1 it makes -1, and
        # s = 3 - 2 = 1 has code floor(6/8) = 0.
        config["fault.stuck"] = [("key", 0, 1, 0, 0, 0, 1)]
        self.assertEqual(ref.run_macro(tensors, config).topk_code.tolist(), [[[1, 0]]])

    def test_values_of_joined_arrays(self):
        # 64 to an array: 80 are 40 + 40 joined, 64 + 16 otherwise; 130 are 44 + 44 + 42.
        config = parameters.full_config({})
        for values, join, sizes in ((80, "join", [40, 40]), (80, "none", [64, 16]),
                                    (130, "join", [44, 44, 42]), (64, "join", [64])):
            config["score.row_split"] = join
            self.assertEqual([part.stop - part.start
                              for part in baselines.column_slices(values, config)], sizes)

    def test_refused(self):
        config = parameters.full_config({"crossbar.rows": 12, "crossbar.ramp_rows": 6})
        baselines.check_machine(2, config)

        def refused(values, message, **changed):
            changed = {key.replace("__", "."): value for key, value in changed.items()}
            with self.assertRaisesRegex(ValueError, message):
                baselines.check_machine(values, {**config, **changed})

        refused(3, "sums of 2 arrays")
        # 2 values per array, 5 bits: 132 arrays need 132 * 31 = 4092 < 4096, 133 too many.
        baselines.check_machine(264, {**config, "softmax.macro": "conventional"})
        refused(265, "exponent table", softmax__macro="conventional")
        baselines.check_machine(8, {**config, "score.row_split": "join"})
        refused(9, "5 arrays on a bit line", score__row_split="join")
        refused(4, "cannot be joined", score__row_split="join", attention__scaling="in_k_weights")
        refused(2, "one counter", topk__scope="head", topk__sub_k=[5])
        refused(4, "one counter", topk__scope="head", softmax__macro="conventional")
        refused(2, "no reach", topk__reach=1, softmax__macro="digital_topk")
        with self.assertRaises(ValueError):
            ref.run_macro(self.TENSORS, {**self.CONFIG, "attention.scaling": "in_k_weights"})
        heads = {name: np.repeat(self.TENSORS[name], 3 if name == "q" else 2, axis=0)
                 for name in "qkv"}
        with self.assertRaisesRegex(ValueError, "3 query heads, 2 key"):
            ref.run_macro(heads, self.CONFIG)

    def test_in_k_weights_is_near_the_plain_product(self):
        # With wide arrays the fold changes little: q . k, q' . x4 and the float scores agree.
        rng = np.random.default_rng(6)
        tensors = {"x": rng.normal(size=(20, 12)).astype(np.float32)}
        for name in ("wq", "wk", "wv"):
            tensors[name] = (rng.normal(size=(12, 12)) / 4).astype(np.float32)
        config = {"attention.heads": 2, "attention.scaling": "in_k_weights",
                  "score.query_bits": 8, "score.key_cells": 6, "ima.bits": 8, "av.value_bits": 8,
                  "av.bits": 8, "av.lsb": 1, "softmax.prob_bits": 8,
                  "softmax.macro": "conventional"}
        got = ref.run_soc(tensors, config)
        self.assertEqual(got.row_blocks, 1)
        self.assertGreater(got.float_reference["cosine_similarity"], 0.995)
        split = ref.run_soc(tensors, {**config, "crossbar.rows": 48, "crossbar.ramp_rows": 16,
                                      "ima.saturate_share": 0.0})
        self.assertEqual(split.row_blocks, 3)
        self.assertGreater(split.float_reference["cosine_similarity"], 0.995)


if __name__ == "__main__":
    unittest.main()
