#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: arithmetic, by hand, and each fast form held to a slow one
that follows the hardware step by step."""

import bisect
import itertools
import math
import unittest
from unittest import mock

import numpy as np

import nonidealities
import projections
import reference_parameters as parameters
import topkima_reference as ref
from random_cases import make_case


def row(*values):
    return np.array([values], np.int64)


def insertion_sort(codes, on, first, last, k):
    """A sorter, element by element: the k largest, the older ahead of its equals."""
    kept = []
    for j in range(first, last):
        if on[j]:
            place = sum(codes[i] >= codes[j] for i in kept)
            kept = [*kept[:place], j, *kept[place:]][:k]
    return kept


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
                                         nonidealities.SCORE_NAMES, nonidealities.SCORE, 0)
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


class Ramp(unittest.TestCase):
    def test_code(self):
        # D = 4: floor((2s + 4)/8): 2 -> 1, 1 -> 0, -2 -> 0, -3 -> -1, -6 -> -1, -7 -> -2.
        got = ref.ramp_code(np.array([2, 1, -2, -3, -6, -7]), 4, 5)
        self.assertEqual(got.tolist(), [1, 0, 0, -1, -1, -2])

    def test_code_saturates(self):
        # 5 bits: 15 from s = 15.5 D on downwards to -16. D = 2: 31 -> floor(64/4) = 16 -> 15.
        self.assertEqual(ref.ramp_code(np.array([31, 30, 500, -500]), 2, 5).tolist(),
                         [15, 15, 15, -16])

    def test_auto_lsb(self):
        # n = 2: saturated while 2s >= 3D. Top-2 of two rows: 9, 6 and 4, 1; N = 4.
        # Share 0.25 allows one: 2*6 = 12 < 3D needs D = 5 (D = 4: 18 and 12 saturate).
        scores = np.array([[9, 0, 6], [1, 4, -8]])
        mask = np.ones((2, 3), bool)
        self.assertEqual(ref.auto_ramp_lsb(scores[None], mask, 2, 2, 0.25), 5)
        # Share 0: 18 < 3D needs 7. Everything may saturate: 1. Nobody takes part: 1.
        self.assertEqual(ref.auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 7)
        self.assertEqual(ref.auto_ramp_lsb(scores[None], mask, 2, 2, 1.0), 1)
        self.assertEqual(ref.auto_ramp_lsb(scores[None], ~mask, 2, 2, 0.0), 1)
        # Two arrays, [8, -3] and [1, 3] and k = 1 of the sums 9 and 0: 8 and 1 count, not 9.
        # Share 0.5: 8 may saturate, 2 < 3D is so at D = 1. Share 0: 16 < 3D needs 6.
        partial = np.array([[[8, -3]], [[1, 3]]])
        self.assertEqual(ref.auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.5), 1)
        self.assertEqual(ref.auto_ramp_lsb(partial, np.ones((1, 2), bool), 1, 2, 0.0), 6)
        # A masked 9 does not count: 6, 0, 4, 1 and share 0: 12 < 3D needs 5.
        mask[0, 0] = False
        self.assertEqual(ref.auto_ramp_lsb(scores[None], mask, 2, 2, 0.0), 5)

    def test_walk_with_ties(self):
        # n = 2: levels 1, 0, -1, -2. Level 1: column 2 (1 cycle). Level 0: nobody (1 cycle).
        # Level -1: columns 0, 1, 3 request; k = 3 grants 0 and 1 (2 cycles), drops 3.
        codes, on = [-1, -1, 1, -1], [True] * 4
        self.assertEqual(ref.walk_ramp(codes, on, 3, 2), ([2, 0, 1], 4, 3))

    def test_walk_exhausted(self):
        # Two participants, k = 3: level 1 grants column 1, level 0 column 3, -1 and -2 nobody.
        codes, on = [1, 1, 1, 0], [False, True, False, True]
        self.assertEqual(ref.walk_ramp(codes, on, 3, 2), ([1, 3], 4, 4))
        self.assertEqual(ref.walk_ramp(codes, on, 3, 2, True), ([1, 3], 2, 2))
        self.assertEqual(ref.walk_ramp(codes, [False] * 4, 3, 2), ([], 4, 4))
        self.assertEqual(ref.walk_ramp(codes, [False] * 4, 3, 2, True), ([], 0, 0))

    def test_walk_at_another_pace(self):
        # n = 2. Level 1: column 2. Level 0: nobody. Level -1: columns 0, 1, 3 request, two per
        # cycle: with k = 4 two cycles; with k = 3 only the first, 3 is dropped.
        codes, on, pace = [-1, -1, 1, -1], [True] * 4, ref.Pace(lanes=2)
        self.assertEqual(ref.walk_ramp(codes, on, 4, 2, pace=pace), ([2, 0, 1, 3], 4, 3))
        self.assertEqual(ref.walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 3, 3))
        # Three steps of 5 more cycles each, and 7 before them.
        pace = ref.Pace(lanes=2, step=5, start=7)
        self.assertEqual(ref.walk_ramp(codes, on, 3, 2, pace=pace), ([2, 0, 1], 7 + 15 + 3, 3))
        self.assertEqual(ref.walk_ramp(codes, [False] * 4, 3, 2, pace=pace), ([], 7 + 20 + 4, 4))
        self.assertEqual(ref.walk_ramp(codes, [False] * 4, 3, 2, True, pace), ([], 0, 0))

    def test_closed_form_equals_walk(self):
        rng = np.random.default_rng(2)
        for _ in range(300):
            bits, columns = int(rng.integers(1, 6)), int(rng.integers(0, 20))
            k, exhausted = int(rng.integers(1, 9)), bool(rng.integers(2))
            pace = ref.Pace(*(int(rng.integers(*ends))
                              for ends in ((1, 5), (0, 3), (0, 9), (0, 3))))
            half = 2 ** (bits - 1)
            codes = rng.integers(-half, half, (4, columns))
            on = rng.random((4, columns)) < rng.random()
            index, cycles, steps = ref.convert_rows(codes, on, k, bits, exhausted, pace)
            for r in range(4):
                want = ref.walk_ramp(codes[r].tolist(), on[r].tolist(), k, bits, exhausted, pace)
                got = index[r][index[r] >= 0].tolist()
                self.assertEqual((got, cycles[r], steps[r]), want)
                self.assertTrue(np.all(index[r][len(got):] == -1))


class SubTopK(unittest.TestCase):
    def test_shares(self):
        # 5 * 256/384 = 3.33, 5 * 128/384 = 1.67: 3 and 1,
        # and the larger remainder takes the unit left: 3, 2.
        self.assertEqual(ref.share_k(5, [256, 128]), [3, 2])
        # 5/3 each: 1 each, two left, ties to the lower crossbars.
        self.assertEqual(ref.share_k(5, [128, 128, 128]), [2, 2, 1])
        # 0.67 and 0.33: 0 and 0, one left to the first, then at least 1 each: sum 2 > k.
        self.assertEqual(ref.share_k(1, [256, 128]), [1, 1])
        self.assertEqual(ref.share_k(4, [6, 0]), [4, 1])

    def test_split(self):
        config = parameters.full_config({})
        self.assertEqual(ref.sub_top_k(384, config), ([(0, 256), (256, 384)], [3, 2]))
        self.assertEqual(ref.sub_top_k(512, config)[0], [(0, 256), (256, 512)])
        config = parameters.full_config({"topk.split": [4, 4, 4], "topk.sub_k": [1, 2, 1]})
        self.assertEqual(ref.sub_top_k(6, config), ([(0, 4), (4, 6), (6, 6)], [1, 2, 1]))

    def test_masks(self):
        config = parameters.full_config({"attention.valid_tokens": 3, "attention.causal": True,
                                         "attention.first_row": 1})
        # Row 0 sits at position 1, row 1 at 2, row 2 at 3; column 3 is padding.
        self.assertEqual(ref.participation(3, 4, config).astype(int).tolist(),
                         [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]])

    def test_windows_segments_and_padding_before(self):
        def masks(**attention):
            config = parameters.full_config({f"attention.{k}": v for k, v in attention.items()})
            return ref.participation(3, 4, config).astype(int).tolist()

        self.assertEqual(masks(first_valid=1), [[0, 1, 1, 1]] * 3)
        self.assertEqual(masks(window=2), [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]])
        self.assertEqual(masks(window=2, causal=True),
                         [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]])
        self.assertEqual(masks(segments=[1, 3]), [[1, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1]])
        # Rows at positions 2, 3 and 4, of which the last is behind all segments.
        self.assertEqual(masks(segments=[3, 1], first_row=2),
                         [[1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
        config = parameters.full_config({"attention.valid_tokens": [4, 2],
                                         "attention.first_valid": [1, 0]})
        self.assertEqual(ref.participation(1, 4, config, 1).astype(int).tolist(), [[1, 1, 0, 0]])
        self.assertEqual(len(ref.masks_of_all(1, 4, config)), 2)

    def test_pack_left(self):
        self.assertEqual(ref.pack_left(row(4, -1, 2, -1, 7)).tolist(), [[4, 2, 7, -1, -1]])


class Softmax(unittest.TestCase):
    def test_exponent_table(self):
        # step ln 2: 32768, 16384, 8192, 4096. Step 1: 32768/e = 12054.67 -> 12055.
        self.assertEqual(ref.exponent_table(2, math.log(2)).tolist(), [32768, 16384, 8192, 4096])
        self.assertEqual(ref.exponent_table(1, 1.0).tolist(), [32768, 12055])

    def test_divide(self):
        # Codes 3, 2, 2 at step ln 2: E = 32768, 16384, 16384, S = 65536. One = 31:
        # floor(31 * 0.5 + 0.5) = 16, floor(31 * 0.25 + 0.5) = floor(8.25) = 8.
        table = ref.exponent_table(5, math.log(2))
        won = np.array([[True, True, True, False]])
        self.assertEqual(ref.probabilities(row(2, 3, 2, 0), won, table, 31).tolist(),
                         [[8, 16, 8, 0]])
        self.assertEqual(ref.probabilities(row(0, 0), np.zeros((1, 2), bool), table, 31).tolist(),
                         [[0, 0]])

    def test_weighted_values(self):
        # V = (5, -6) = +101, -110; P = (10, 4), one array. D = 3, code floor((2p + 3)/6).
        # slice 0: p = 10 -> 3; slice 1: p = -4 -> floor(-5/6) = -1; slice 2: p = 6 -> 2.
        # out = 3 * (1*3 + 2*(-1) + 4*2) = 27 (exact: 26).
        config = parameters.full_config({})
        v, index, prob = np.array([[5], [-6]]), row(1, 0, -1), row(4, 10, 0)
        self.assertEqual(ref.weighted_values(index, prob, v, config).tolist(), [[27]])
        # One token per array: slice 2 is 10 -> 3 and -4 -> -1: 2 again; slice 1 only -1: the same.
        config["av.rows"] = 1
        self.assertEqual(ref.weighted_values(index, prob, v, config).tolist(), [[27]])
        # Two bits: codes -2..1: slice 0 -> 1, slice 1 -> -1, slice 2: 1 - 1 = 0.
        config["av.bits"] = 2
        self.assertEqual(ref.weighted_values(index, prob, v, config).tolist(), [[3 * (1 - 2)]])


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
        self.assertEqual((got.alpha, got.alpha_per_crossbar.tolist()), (0.25, [0.25]))
        self.assertEqual(got.output.tolist(), [[[45]]])
        self.assertEqual(got.output_real.tolist(), [[[np.float32(45 / 31)]]])
        self.assertEqual(got.float_reference["topk_overlap_exact"], 0.5)
        # Real scores are s * 0.7 / 4: the float output from them directly.
        e = [math.exp(s * 0.7 / 4) for s in (6, 2, 6, -4)]
        exact = (e[0] + 2 * e[1]) / sum(e)
        self.assertAlmostEqual(got.float_reference["max_abs_error"], abs(exact - 45 / 31), 12)
        self.assertAlmostEqual(got.float_reference["cosine_similarity"], 1.0, 12)

    def test_no_participant(self):
        # Nobody to select: the ramp runs all 32 steps, everything stays empty.
        rng = np.random.default_rng(3)
        tensors = {n: rng.normal(size=(2, 3, 4)).astype(np.float32) for n in "qkv"}
        got = ref.run_macro(tensors, {"attention.valid_tokens": 0, "topk.k": 2})
        self.assertTrue(np.all(got.topk_index == -1))
        self.assertFalse(got.probability.any() or got.output.any() or got.topk_code.any())
        self.assertTrue(np.all(got.convert_cycles == 32))
        self.assertEqual(got.alpha, 1.0)
        self.assertEqual(got.float_reference["cosine_similarity"], 1.0)

    def test_score_step(self):
        # q max 30 -> scale 2, k max 3.5 -> 0.5, D given 3, d_k 4 -> 1/2: 3 * 2 * 0.5 * 0.5 = 1.5.
        tensors = {"q": np.float32([[[30, 0, 0, 0]]]), "k": np.float32([[[3.5, 0, 0, 0]]]),
                   "v": np.float32([[[1, 1, 1, 1]]])}
        got = ref.run_macro(tensors, {"ima.ramp_lsb": [3]})
        self.assertEqual(got.scales["score_step"].tolist(), [1.5])

    def test_against_scalar_code(self):
        for index in range(60):
            case = make_case("macro", 7, index)
            case.config = {key: value for key, value in case.config.items()
                           if key not in nonidealities.DEFAULTS}
            q, k, v = (case.tensors[n] for n in "qkv")
            if q.shape[1] * k.shape[1] * q.shape[2] > 20000:
                continue
            got = ref.run_macro(case.tensors, case.config)
            for h in range(len(q)):
                self.compare_head(got, h, case)

    @staticmethod
    def takes_part(position, token, tokens, config):
        """Rule by rule, of one token and a row at `position`."""
        valid, window = config["attention.valid_tokens"], config["attention.window"]
        segments = config["attention.segments"]
        rules = [token >= config["attention.first_valid"],
                 valid == "all" or token < valid,
                 not config["attention.causal"] or token <= position]
        if window != "none":
            rules.append(position - window < token < position + window)
        if segments != "none":
            ends = list(itertools.accumulate(segments))
            rules += [position < tokens,
                      bisect.bisect(ends, token) == bisect.bisect(ends, position)]
        return all(rules)

    def compare_head(self, got, h, case):
        """One head again, value by value, with Python's integers."""
        config = parameters.full_config(case.config)
        limits = (parameters.query_max(config), parameters.key_max(config),
                  parameters.value_max(config))
        heads = [case.tensors[n][h] for n in "qkv"]
        if heads[0].dtype == np.float32:
            heads = [projections.quantise(t, limit)[0] for t, limit in zip(heads, limits)]
        q, k, v = (t.tolist() for t in heads)
        bits, lsb, step = config["ima.bits"], int(got.scales["ramp_lsb"][h]), None
        step = float(got.scales["score_step"][h])
        split, sub_k = ref.sub_top_k(len(k), config)
        one, half = 2 ** config["softmax.prob_bits"] - 1, 2 ** (config["av.bits"] - 1)
        array_rows = config["av.rows"]
        if array_rows == "auto":
            array_rows = config["crossbar.rows"] - config["crossbar.ramp_rows"]
        for r, query in enumerate(q):
            codes, on = [], []
            for j, key in enumerate(k):
                s = sum(a * b for a, b in zip(query, key))
                code = (2 * s + lsb) // (2 * lsb)
                codes.append(max(-(2 ** (bits - 1)), min(2 ** (bits - 1) - 1, code)))
                on.append(self.takes_part(r + config["attention.first_row"], j, len(k), config))
            won = self.winners_of(codes, on, split, sub_k, config, got.convert_cycles[h, r])
            places = {"conventional": len(k), "topkima": sum(sub_k)}.get(
                config["softmax.macro"],
                sum(sub_k) if config["sort.sorters"] == "crossbar" else config["topk.k"])
            self.assertEqual([*won, *[-1] * (places - len(won))], got.topk_index[h, r].tolist())
            top = max((codes[j] for j in won), default=0)
            e = [math.floor(32768 * math.exp(-(top - codes[j]) * step) + 0.5) for j in won]
            p = [(2 * x * one + sum(e)) // (2 * sum(e)) for x in e]
            self.assertEqual(p, got.probability[h, r, :len(won)].tolist())
            for d in range(len(v[0])):
                out = 0
                for b in range(config["av.value_bits"] - 1):
                    sums = {}
                    for j, weight in zip(won, p):
                        digit = (abs(v[j][d]) >> b & 1) * (1 if v[j][d] > 0 else -1)
                        sums[j // array_rows] = sums.get(j // array_rows, 0) + weight * digit
                    for total in sums.values():
                        code = (2 * total + config["av.lsb"]) // (2 * config["av.lsb"])
                        out += 2**b * config["av.lsb"] * max(-half, min(half - 1, code))
                self.assertEqual(out, got.output[h, r, d])

    def winners_of(self, codes, on, split, sub_k, config, cycles):
        """Winners of a row by the slow way of its machine, whose cycles are checked."""
        bits, won = config["ima.bits"], []
        if config["softmax.macro"] == "topkima":
            for x, ((a, b), k_i) in enumerate(zip(split, sub_k)):
                granted, walked, _ = ref.walk_ramp(codes[a:b], on[a:b], k_i, bits,
                                                   config["topk.stop_when_exhausted"],
                                                   ref.pace_of(config))
                self.assertEqual(walked, cycles[x])
                won += [a + j for j in granted]
            return won
        self.assertEqual(cycles.tolist(), [2**bits] * len(split))
        if config["softmax.macro"] == "conventional":
            return [j for j in range(len(codes)) if on[j]]
        if config["sort.sorters"] == "head":
            split, sub_k = [(0, len(codes))], [config["topk.k"]]
        for (a, b), k_i in zip(split, sub_k):
            won += insertion_sort(codes, on, a, b, k_i)
        return won


if __name__ == "__main__":
    unittest.main()
