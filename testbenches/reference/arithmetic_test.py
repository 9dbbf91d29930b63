#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: arithmetic, by hand, and each fast form held to a slow one
that follows the hardware step by step."""

import math
import unittest
from unittest import mock

import numpy as np

import nonidealities
import projections
import reference_parameters as parameters
import topkima_reference as ref
from scores import Chain
from weighting import exponent_table, probabilities, weighted_values


def row(*values):
    return np.array([values], np.int64)


class Nonidealities(unittest.TestCase):
    def test_philox_known_answers(self):
        # Those that the Random123 library ships for philox4x32 with 10 rounds.
        for counter, key, words in (
                ((0,) * 4, (0,) * 2, (0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)),
                ((0xffffffff,) * 4, (0xffffffff,) * 2,
                 (0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)),
                ((0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), (0xa4093822, 0x299f31d0),
                 (0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1))):
            self.assertEqual([int(word) for word in nonidealities.philox(counter, key)],
                             list(words))

    def test_a_ramp_that_rises_again_crosses_nobody(self):
        # 3 bits, steps at codes 3 to -3; the same cases as in the tools' own test.
        config = parameters.full_config({"noise.ramp_thresholds": [9, 4, 1, 2, 0, -1, -8]})
        codes = nonidealities.real_codes(row(10, 9, 8, 4, 3, 1, 0, -8, -9), 1, 3, config,
                                         nonidealities.SCORE_NAMES, nonidealities.SCORE, 0,
                                         np.arange(1))
        self.assertEqual(codes.tolist(), [[3, 3, 2, 2, 1, 1, -1, -3, -4]])

    def test_ideal_arrays_are_left_alone(self):
        config = parameters.full_config({})
        keys = np.arange(-6, 6).reshape(4, 3)
        self.assertIs(nonidealities.held_keys(keys, config, 0, 0), keys)
        # 5 = 1 + 4: its cell of weight 4 stuck at -1 leaves 1 - 4.
        config = parameters.full_config({"fault.stuck": [("key", 0, 0, 0, 2, 1, -1)]})
        self.assertEqual(nonidealities.held_keys(np.array([[5], [5]]), config, 0, 0).tolist(),
                         [[5], [-3]])


class Quantisation(unittest.TestCase):
    def test_half_goes_to_even(self):
        # max 15, q_max 15: scale 1; 0.5 -> 0, 1.5 -> 2, 2.5 -> 2, -0.5 -> 0, -3.5 -> -4.
        q, scale = projections.quantise(np.float32([15, 0.5, 1.5, 2.5, -0.5, -3.5]), 15)
        self.assertEqual(scale, 1.0)
        self.assertEqual(q.tolist(), [15, 0, 2, 2, 0, -4])

    def test_float32_becomes_double_first(self):
        # float32(0.1) / 7 in double, not in float32.
        _, scale = projections.quantise(np.float32([0.1, -0.05]), 7)
        self.assertEqual(scale, float(np.float32(0.1)) / 7)

    def test_all_zero_has_scale_one(self):
        q, scale = projections.quantise(np.zeros((2, 3), np.float32), 7)
        self.assertEqual((scale, q.any()), (1.0, False))


class Projection(unittest.TestCase):
    def test_requantise_rounds_half_up(self):
        # m = 4, q_max 1: floor((2a + 4) / 8) for a = 4, 2, 1, -1, -2, -3, -4
        # is floor(12/8, 8/8, 6/8, 2/8, 0/8, -2/8, -4/8) = 1, 1, 0, 0, 0, -1, -1.
        q, m = projections.requantise(np.array([4, 2, 1, -1, -2, -3, -4]), 1)
        self.assertEqual((m, q.tolist()), (4, [1, 1, 0, 0, 0, -1, -1]))

    def test_requantise_zero(self):
        # m = 1: floor((0 + 1) / 2) = 0.
        q, m = projections.requantise(np.zeros(3, np.int64), 15)
        self.assertEqual((m, q.tolist()), (1, [0, 0, 0]))

    def test_scale(self):
        # x = [2, 1], scale_x given 0.5. w = [[1], [-1]] -> [[127], [-127]], scale 1/127.
        # acc = 254 - 127 = 127 = m; q = floor((2*127*15 + 127)/254) = floor(15.5) = 15.
        config = parameters.full_config({})
        q, scale = projections.project(np.array([[2, 1]]), 0.5, np.array([[1.0], [-1.0]]), 1, 15,
                                       config)
        self.assertEqual(q.tolist(), [[[15]]])
        self.assertAlmostEqual(scale[0], 0.5 * (1 / 127) * 127 / 15, places=15)

    def test_lossless_bits(self):
        # 256 rows of 1 bit: sums 0..256, 9 bits. 256 rows of 2 bits: 0..768, 10 bits.
        self.assertEqual(projections.lossless_adc_bits(256, 1), 9)
        self.assertEqual(projections.lossless_adc_bits(256, 2), 10)
        self.assertEqual(projections.lossless_adc_bits(255, 1), 8)

    def test_lossy_read(self):
        # 6 rows, 1 bit, 2 ADC bits: F = 6, step = ceil(6/4) = 2. p = 0..6:
        # code = floor((2p + 2)/4) = 0, 1, 1, 2, 2, 3, 3 (3 is the last code).
        got = projections.rram_read(np.arange(7), 6, 1, 2)
        self.assertEqual(got.tolist(), [0, 2, 2, 4, 4, 6, 6])
        # 8 rows: F = 8, step 2; p = 7, 8 would be code 4: saturates at 3.
        self.assertEqual(projections.rram_read(np.array([6, 7, 8]), 8, 1, 2).tolist(), [6, 6, 6])

    def test_lossy_product(self):
        # Three-bit x and w, 2 rows per block, 1 ADC bit: F = 2, step = 1, codes 0..1, so a
        # sum of 2 reads 1. x = (3, 1) = 011, 001; w = (1, 1) + 4 = 101, 101.
        # bit 0: pulses (1, 1): slice 0 sum 2 -> 1, slice 2 sum 2 -> 1: 1*1 + 4*1 = 5.
        # bit 1: pulses (1, 0): slice 0 1, slice 2 1: 2 * (1 + 4) = 10. bit 2: none.
        # 15 - 4 * (3 + 1) = -1 (exact would be 4).
        config = parameters.full_config({"projection.input_bits": 3, "projection.weight_bits": 3,
                                         "rram.rows": 2, "rram.adc_bits": 1})
        x, w = np.array([[3, 1]]), np.array([[1], [1]])
        self.assertEqual(projections.rram_product(x, w, config,
                                                  config["projection.input_bits"]).tolist(), [[-1]])
        # x = (-1, 0) = 111, 000: 5 * (1 + 2 - 4) = -5; -5 - 4 * -1 = -1, exact.
        self.assertEqual(projections.rram_product(np.array([[-1, 0]]), w, config,
                                                  config["projection.input_bits"]).tolist(), [[-1]])

    def test_decomposition_is_exact_without_loss(self):
        rng = np.random.default_rng(1)
        x, w = rng.integers(-127, 128, (5, 70)), rng.integers(-127, 128, (70, 9))
        for cell_bits in (1, 2, 3, 4):
            # One ADC bit takes the slow path; the patched ADC then loses nothing.
            config = parameters.full_config({"rram.cell_bits": cell_bits, "rram.rows": 16,
                                             "rram.adc_bits": 1})
            with mock.patch.object(projections, "rram_read", lambda p, *others: p // others[-1]):
                product = projections.rram_product(x, w, config, config["projection.input_bits"])
                self.assertTrue(np.array_equal(product, x @ w))


class Softmax(unittest.TestCase):
    def test_exponent_table(self):
        # step ln 2: 32768, 16384, 8192, 4096. Step 1: 32768/e = 12054.67 -> 12055.
        self.assertEqual(exponent_table(2, math.log(2)).tolist(), [32768, 16384, 8192, 4096])
        self.assertEqual(exponent_table(1, 1.0).tolist(), [32768, 12055])

    def test_divide(self):
        # Codes 3, 2, 2 at step ln 2: E = 32768, 16384, 16384, S = 65536. One = 31:
        # floor(31 * 0.5 + 0.5) = 16, floor(31 * 0.25 + 0.5) = floor(8.25) = 8.
        table = exponent_table(5, math.log(2))
        won = np.array([[True, True, True, False]])
        self.assertEqual(probabilities(row(2, 3, 2, 0), won, table, 31).tolist(),
                         [[8, 16, 8, 0]])
        self.assertEqual(probabilities(row(0, 0), np.zeros((1, 2), bool), table, 31).tolist(),
                         [[0, 0]])

    def test_weighted_values(self):
        # V = (5, -6) = +101, -110; P = (10, 4), one array. D = 3, code floor((2p + 3)/6).
        # slice 0: p = 10 -> 3; slice 1: p = -4 -> floor(-5/6) = -1; slice 2: p = 6 -> 2.
        # out = 3 * (1*3 + 2*(-1) + 4*2) = 27 (exact: 26).
        config = parameters.full_config({})
        given = row(1, 0, -1), row(4, 10, 0), np.array([[5], [-6]]), row(1, 1) > 0
        chain = Chain(0, 0, 1)
        self.assertEqual(weighted_values(*given, chain, config).tolist(), [[27]])
        # One token per array: slice 2 is 10 -> 3 and -4 -> -1: 2 again; slice 1 only -1: the same.
        config["av.rows"] = 1
        self.assertEqual(weighted_values(*given, chain, config).tolist(), [[27]])
        # Two bits: codes -2..1: slice 0 -> 1, slice 1 -> -1, slice 2: 1 - 1 = 0.
        config |= {"av.bits": 2, "av.lsb": 3}
        self.assertEqual(weighted_values(*given, chain, config).tolist(), [[3 * (1 - 2)]])


class WholeRows(unittest.TestCase):
    def test_by_hand(self):
        # d_k = 1, q = 2, k = (3, 1, 3, -2): s = 6, 2, 6, -4. D = 4, 2 bits (levels 1..-2):
        # codes floor((2s + 4)/8) = 2 -> 1, 1, 2 -> 1, -1 (floor(-0.5)).
        # k = 2: level 1 grants columns 0 and 1 in 2 cycles; 2 is dropped. Both P = round(15.5)
        # = 16. V = (1, 2, 0, 0): slice 0 p = 16 -> floor(35/6) = 5, slice 1 the same.
        # out = 3 * (5 + 2*5) = 45, real 45/31. Exact top-2 is 0 and 2: overlap 1/2.
        tensors = {"q": np.int8([[[2]]]), "k": np.int8([[[3], [1], [3], [-2]]]),
                   "v": np.int8([[[1], [2], [0], [0]]])}
        got = ref.run_macro(tensors, {"ima.bits": 2, "ima.ramp_lsb": 4, "topk.k": 2,
                                      "softmax.score_step": 0.7})
        self.assertEqual(got.topk_index.tolist(), [[[0, 1]]])
        self.assertEqual(got.topk_code.tolist(), [[[1, 1]]])
        self.assertEqual(got.probability.tolist(), [[[16, 16]]])
        self.assertEqual(got.convert_cycles.tolist(), [[[2]]])
        self.assertEqual(got.alpha, 0.25)
        self.assertEqual(ref.alpha_per_crossbar([got], {"ima.bits": 2}).tolist(), [0.25])
        self.assertEqual(got.output.tolist(), [[[45]]])
        self.assertEqual(got.output_real.tolist(), [[[np.float32(45 / 31)]]])
        self.assertEqual(got.float_reference["topk_overlap_exact"], 0.5)
        # Real scores are s * 0.7 / 4: the float output from them directly.
        e = [math.exp(s * 0.7 / 4) for s in (6, 2, 6, -4)]
        exact = (e[0] + 2 * e[1]) / sum(e)
        self.assertAlmostEqual(got.float_reference["max_abs_error"], abs(exact - 45 / 31), 12)
        self.assertAlmostEqual(got.float_reference["cosine_similarity"], 1.0, 12)

    def test_no_participant(self):
        # Nobody to select: no crossbar converts, everything stays empty.
        rng = np.random.default_rng(3)
        tensors = {n: rng.normal(size=(2, 3, 4)).astype(np.float32) for n in "qkv"}
        config = {"attention.valid_tokens": 0, "topk.k": 2}
        got = ref.run_macro(tensors, config)
        self.assertTrue(np.all(got.topk_index == -1))
        self.assertFalse(got.probability.any() or got.output.any() or got.topk_code.any())
        self.assertFalse(got.convert_cycles.any() or got.executed_steps.any())
        self.assertEqual((got.alpha, ref.alpha_per_crossbar([got], config).tolist()), (0, [0]))
        self.assertEqual(got.float_reference["cosine_similarity"], 1.0)
        # Not gated, it has no step to make either; or makes all 32.
        config["crossbar.gate_empty"] = False
        self.assertFalse(ref.run_macro(tensors, config).convert_cycles.any())
        config["topk.stop_when_exhausted"] = False
        got = ref.run_macro(tensors, config)
        self.assertTrue(np.all(got.convert_cycles == 32))
        self.assertEqual(got.alpha, 1.0)

    def test_score_step(self):
        # q max 30 -> scale 2, k max 3.5 -> 0.5, D given 3, d_k 4 -> 1/2: 3 * 2 * 0.5 * 0.5 = 1.5.
        tensors = {"q": np.float32([[[30, 0, 0, 0]]]), "k": np.float32([[[3.5, 0, 0, 0]]]),
                   "v": np.float32([[[1, 1, 1, 1]]])}
        got = ref.run_macro(tensors, {"ima.ramp_lsb": [3]})
        self.assertEqual(got.scales["score_step"].tolist(), [1.5])


if __name__ == "__main__":
    unittest.main()
