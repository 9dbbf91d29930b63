#!/usr/bin/python3
"""Self-test of the reference: cases worked by hand, and each fast form held to
a slow one that follows the hardware step by step."""

import math
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np

import baselines
import nonidealities
import topkima_reference as ref
from random_cases import make_case, write_case
from topkima_timing import (capacities, fold_cycles, macro_time, service_times, sorter_cycles,
                            stages_of, tandem)


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
        config = ref.full_config({"noise.ramp_thresholds": [9, 4, 1, 2, 0, -1, -8]})
        codes = nonidealities.real_codes(row(10, 9, 8, 4, 3, 1, 0, -8, -9), 1, 3, config,
                                         nonidealities.SCORE_NAMES, nonidealities.SCORE, 0)
        self.assertEqual(codes.tolist(), [[3, 3, 2, 2, 1, 1, -1, -3, -4]])

    def test_ideal_arrays_are_left_alone(self):
        config = ref.full_config({})
        keys = np.arange(-6, 6).reshape(4, 3)
        self.assertIs(nonidealities.held_keys(keys, config, 0, 0), keys)
        # 5 = 1 + 4: its cell of weight 4 stuck at -1 leaves 1 - 4.
        config = ref.full_config({"fault.stuck": [("key", 0, 0, 0, 2, 1, -1)]})
        self.assertEqual(nonidealities.held_keys(np.array([[5], [5]]), config, 0, 0).tolist(),
                         [[5], [-3]])


class Quantisation(unittest.TestCase):
    def test_half_goes_to_even(self):
        # max 15, q_max 15: scale 1; 0.5 -> 0, 1.5 -> 2, 2.5 -> 2, -0.5 -> 0, -3.5 -> -4.
        q, scale = ref.quantise(np.float32([15, 0.5, 1.5, 2.5, -0.5, -3.5]), 15)
        self.assertEqual(scale, 1.0)
        self.assertEqual(q.tolist(), [15, 0, 2, 2, 0, -4])

    def test_float32_becomes_double_first(self):
        # float32(0.1) / 7 in double, not in float32.
        _, scale = ref.quantise(np.float32([0.1, -0.05]), 7)
        self.assertEqual(scale, float(np.float32(0.1)) / 7)

    def test_all_zero_has_scale_one(self):
        q, scale = ref.quantise(np.zeros((2, 3), np.float32), 7)
        self.assertEqual((scale, q.any()), (1.0, False))


class Projection(unittest.TestCase):
    def test_requantise_rounds_half_up(self):
        # m = 4, q_max 1: floor((2a + 4) / 8) for a = 4, 2, 1, -1, -2, -3, -4
        # is floor(12/8, 8/8, 6/8, 2/8, 0/8, -2/8, -4/8) = 1, 1, 0, 0, 0, -1, -1.
        q, m = ref.requantise(np.array([4, 2, 1, -1, -2, -3, -4]), 1)
        self.assertEqual((m, q.tolist()), (4, [1, 1, 0, 0, 0, -1, -1]))

    def test_requantise_zero(self):
        # m = 1: floor((0 + 1) / 2) = 0.
        q, m = ref.requantise(np.zeros(3, np.int64), 15)
        self.assertEqual((m, q.tolist()), (1, [0, 0, 0]))

    def test_scale(self):
        # x = [2, 1], scale_x given 0.5. w = [[1], [-1]] -> [[127], [-127]], scale 1/127.
        # acc = 254 - 127 = 127 = m; q = floor((2*127*15 + 127)/254) = floor(15.5) = 15.
        config = ref.full_config({})
        q, scale = ref.project(np.array([[2, 1]]), 0.5, np.array([[1.0], [-1.0]]), 1, 15, config)
        self.assertEqual(q.tolist(), [[[15]]])
        self.assertAlmostEqual(scale[0], 0.5 * (1 / 127) * 127 / 15, places=15)

    def test_lossless_bits(self):
        # 256 rows of 1 bit: sums 0..256, 9 bits. 256 rows of 2 bits: 0..768, 10 bits.
        self.assertEqual(ref.lossless_adc_bits(256, 1), 9)
        self.assertEqual(ref.lossless_adc_bits(256, 2), 10)
        self.assertEqual(ref.lossless_adc_bits(255, 1), 8)

    def test_lossy_read(self):
        # 6 rows, 1 bit, 2 ADC bits: F = 6, step = ceil(6/4) = 2. p = 0..6:
        # code = floor((2p + 2)/4) = 0, 1, 1, 2, 2, 3, 3 (3 is the last code).
        got = ref.rram_read(np.arange(7), 6, 1, 2)
        self.assertEqual(got.tolist(), [0, 2, 2, 4, 4, 6, 6])
        # 8 rows: F = 8, step 2; p = 7, 8 would be code 4: saturates at 3.
        self.assertEqual(ref.rram_read(np.array([6, 7, 8]), 8, 1, 2).tolist(), [6, 6, 6])

    def test_lossy_product(self):
        # Three-bit x and w, 2 rows per block, 1 ADC bit: F = 2, step = 1, codes 0..1, so a
        # sum of 2 reads 1. x = (3, 1) = 011, 001; w = (1, 1) + 4 = 101, 101.
        # bit 0: pulses (1, 1): slice 0 sum 2 -> 1, slice 2 sum 2 -> 1: 1*1 + 4*1 = 5.
        # bit 1: pulses (1, 0): slice 0 1, slice 2 1: 2 * (1 + 4) = 10. bit 2: none.
        # 15 - 4 * (3 + 1) = -1 (exact would be 4).
        config = ref.full_config({"projection.input_bits": 3, "projection.weight_bits": 3,
                                  "rram.rows": 2, "rram.adc_bits": 1})
        x, w = np.array([[3, 1]]), np.array([[1], [1]])
        self.assertEqual(ref.rram_product(x, w, config, config["projection.input_bits"]).tolist(), [[-1]])
        # x = (-1, 0) = 111, 000: 5 * (1 + 2 - 4) = -5; -5 - 4 * -1 = -1, exact.
        self.assertEqual(ref.rram_product(np.array([[-1, 0]]), w, config, config["projection.input_bits"]).tolist(), [[-1]])

    def test_decomposition_is_exact_without_loss(self):
        rng = np.random.default_rng(1)
        x, w = rng.integers(-127, 128, (5, 70)), rng.integers(-127, 128, (70, 9))
        for cell_bits in (1, 2, 3, 4):
            # One ADC bit takes the slow path; the patched ADC then loses nothing.
            config = ref.full_config({"rram.cell_bits": cell_bits, "rram.rows": 16,
                                      "rram.adc_bits": 1})
            with mock.patch.object(ref, "rram_read", lambda p, *others: p // others[-1]):
                self.assertTrue(np.array_equal(ref.rram_product(x, w, config, config["projection.input_bits"]), x @ w))


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
            pace = ref.Pace(*(int(rng.integers(*ends)) for ends in ((1, 5), (0, 3), (0, 9))))
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
        config = ref.full_config({})
        self.assertEqual(ref.sub_top_k(384, config), ([(0, 256), (256, 384)], [3, 2]))
        self.assertEqual(ref.sub_top_k(512, config)[0], [(0, 256), (256, 512)])
        config = ref.full_config({"topk.split": [4, 4, 4], "topk.sub_k": [1, 2, 1]})
        self.assertEqual(ref.sub_top_k(6, config), ([(0, 4), (4, 6), (6, 6)], [1, 2, 1]))

    def test_masks(self):
        config = ref.full_config({"attention.valid_tokens": 3, "attention.causal": True,
                                  "attention.first_row": 1})
        # Row 0 sits at position 1, row 1 at 2, row 2 at 3; column 3 is padding.
        self.assertEqual(ref.participation(3, 4, config).astype(int).tolist(),
                         [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]])

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
        config = ref.full_config({})
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

    def compare_head(self, got, h, case):
        """One head again, value by value, with Python's integers."""
        config = ref.full_config(case.config)
        limits = (ref.query_max(config), ref.key_max(config), ref.value_max(config))
        heads = [case.tensors[n][h] for n in "qkv"]
        if heads[0].dtype == np.float32:
            heads = [ref.quantise(t, limit)[0] for t, limit in zip(heads, limits)]
        q, k, v = (t.tolist() for t in heads)
        bits, lsb, step = config["ima.bits"], int(got.scales["ramp_lsb"][h]), None
        step = float(got.scales["score_step"][h])
        split, sub_k = ref.sub_top_k(len(k), config)
        valid = config["attention.valid_tokens"]
        valid = len(k) if valid == "all" else valid
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
                on.append(j < valid and (not config["attention.causal"]
                                         or j <= r + config["attention.first_row"]))
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


def insertion_sort(codes, on, first, last, k):
    """A sorter, element by element: the k largest, the older ahead of its equals."""
    kept = []
    for j in range(first, last):
        if on[j]:
            place = sum(codes[i] >= codes[j] for i in kept)
            kept = [*kept[:place], j, *kept[place:]][:k]
    return kept


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
        config = ref.full_config({"score.query_bits": 3})
        w = np.float32([[127], [-64], [1]])
        folded, scales = ref.fold(np.array([[[2], [-1]]]), [0.5], w, config)
        self.assertEqual(folded.tolist(), [[[3, -2, 0], [-1, 1, 0]]])
        self.assertAlmostEqual(scales[0], 0.5 * 254 / 3, places=12)

    def test_narrow(self):
        # m = 100, q_max 7: floor((14x + 100)/200) of 100, -50, 7, 8: 7.5 -> 7, -3, 0.99 -> 0, 1.
        narrowed, scales = ref.narrow(np.array([[100, -50], [7, 8]]), 0.25, 2, ref.full_config({}))
        self.assertEqual(narrowed.tolist(), [[[7, -3], [0, 1]]] * 2)
        self.assertEqual(scales.tolist(), [0.25 * 100 / 7] * 2)

    def test_codes_of_row_blocks(self):
        # Arrays of 2 values (12 - 6 rows, 3 cells). q = (3, 1 | 2), k = (1, 0 | -3) and
        # (2, 2 | 1): partial scores 3, -6 and 8, 2. D = 4, 2 bits: floor(10/8) = 1,
        # floor(-8/8) = -1, together 0; floor(20/8) = 2 -> 1, floor(8/8) = 1, together 2, which
        # one array could not say. E at ln 2: 32768 and a quarter: P = floor(24.8 + 0.5) = 25, 6.
        config = ref.full_config({"crossbar.rows": 12, "crossbar.ramp_rows": 6, "ima.bits": 2,
                                  "ima.ramp_lsb": 4, "softmax.macro": "digital_topk", "topk.k": 2,
                                  "softmax.score_step": math.log(2)})
        q, k, v = np.array([[[3, 1, 2]]]), np.array([[[1, 0, -3], [2, 2, 1]]]), np.ones((1, 2, 1))
        self.assertEqual(baselines.row_blocks(3, config), 2)
        self.assertEqual(ref.partial_scores(q[0], k[0], config).tolist(), [[[3, 8]], [[-6, 2]]])
        scales = {name: np.ones(1) for name in "qkv"}
        got = ref.attend(q, k, v.astype(np.int64), scales, None, config)
        self.assertEqual(got.topk_index.tolist(), [[[1, 0]]])
        self.assertEqual(got.topk_code.tolist(), [[[2, 0]]])
        self.assertEqual(got.probability.tolist(), [[[25, 6]]])
        self.assertEqual((got.row_blocks, got.convert_cycles.tolist()), (2, [[[4]]]))

    def test_refused(self):
        config = ref.full_config({"crossbar.rows": 12, "crossbar.ramp_rows": 6})
        baselines.check_machine(2, config)
        with self.assertRaises(ValueError):
            baselines.check_machine(3, config)
        # 2 values per array, 5 bits: 132 arrays need 132 * 31 = 4092 < 4096, 133 too many.
        config["softmax.macro"] = "conventional"
        baselines.check_machine(264, config)
        with self.assertRaises(ValueError):
            baselines.check_machine(265, config)
        with self.assertRaises(ValueError):
            ref.run_macro(self.TENSORS, {**self.CONFIG, "attention.scaling": "in_k_weights"})

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


def step_by_step(service, capacity, one_at_a_time):
    """The tandem line clock by clock: what is held where, moved on each edge."""
    stages, rows = len(service), len(service[0])
    held = [[] for _ in range(stages)]       # rows in each stage, the first is served
    remaining, waiting = [None] * stages, [0] * stages
    offered = done = now = 0
    while True:
        moved = True
        while moved:                          # hand-offs of one instant, until none is left
            moved = False
            for i in reversed(range(stages)):
                if held[i] and remaining[i] is None:
                    remaining[i] = service[i][held[i][0]]
                if held[i] and remaining[i] == 0:
                    if i + 1 == stages:
                        done += 1
                    elif len(held[i + 1]) < capacity[i + 1]:
                        held[i + 1].append(held[i][0])
                    else:
                        continue
                    held[i].pop(0)
                    remaining[i], moved = None, True
            ready = not one_at_a_time or done == offered
            if offered < rows and len(held[0]) < 1 and ready:
                held[0].append(offered)
                offered, moved = offered + 1, True
        if done == rows:
            return now, waiting
        for i in range(stages):
            if remaining[i]:
                remaining[i] -= 1
            elif held[i]:
                waiting[i] += 1
        now += 1


class Timing(unittest.TestCase):
    def test_two_stages_by_hand(self):
        # Service 1 then 5, room for 1: row 0 0-1, 1-6; row 1 done at 2, waits until 6, 6-11;
        # row 2 starts at 6, done at 7, waits until 11, 11-16. Blocked 4 + 4.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 1])
        self.assertEqual(departed, [[1, 6, 11], [6, 11, 16]])
        self.assertEqual(blocked, [8, 0])
        # Room for one more: row 1 leaves at 2; row 2 done at 3, waits until row 0 leaves at 6.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 2])
        self.assertEqual((departed[0], blocked), ([1, 2, 6], [3, 0]))
        # One at a time: 6 cycles a row.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 1], True)
        self.assertEqual((departed[1], blocked), ([6, 12, 18], [0, 0]))

    def test_closed_form_equals_step_by_step(self):
        rng = np.random.default_rng(4)
        for trial in range(200):
            stages = stages_of({
                "softmax.macro": baselines.MACROS[trial % 3],
                "attention.scaling": ("scale_free", "left_shift")[int(rng.integers(2))]})
            service = rng.integers(0, 9, (len(stages), 12))
            service[0] += 1
            service[1] *= stages[1] == "union"
            service[2:, rng.random(12) < 0.2] = 0
            depth, in_turn = int(rng.integers(0, 4)), trial % 5 == 0
            departed, blocked = tandem(service.tolist(), capacities(stages, depth), in_turn)
            now, waiting = step_by_step(service.tolist(), capacities(stages, depth), in_turn)
            self.assertEqual((departed[-1][-1], blocked), (now, waiting))

    def test_service_by_hand(self):
        # One row, k = 2 in 2 cycles at defaults: 1 + 15 + 2 = 18; 1; 2 + 2; 6 + 2; 66.
        tensors = {"q": np.int8([[[2]]]), "k": np.int8([[[3], [3]]]), "v": np.int8([[[1], [2]]])}
        config = {"ima.bits": 2, "ima.ramp_lsb": 4, "topk.k": 2, "softmax.score_step": 0.7}
        result = ref.run_macro(tensors, config)
        service = service_times(result, config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)],
                         [18, 1, 4, 8, 1 + 31 + 32 + 2])
        self.assertEqual(macro_time(result, config).latency, 97)
        pulse = service_times(result, {**config, "score.weighting": "pulse"})
        self.assertEqual(int(pulse["score"][0, 0]), 1 + 60 + 2)
        # Both winners in one cycle of one step: 5 + 4 + 1; 2 + 2 * 3; 6 + 2 * 10.
        config.update({"topk.grants_per_cycle": 2, "topk.step_cycles": 4, "topk.start_cycles": 5,
                       "softmax.exponent_interval": 3, "softmax.divide_interval": 10})
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)], [26, 1, 8, 26, 66])


    def test_stages(self):
        self.assertEqual(stages_of({}), ("score", "union", "exponent", "divider", "weighted"))
        self.assertEqual(stages_of({"softmax.macro": "conventional",
                                    "attention.scaling": "in_k_weights"}),
                         ("fold", "score", "latch", "exponent", "divider", "weighted"))
        stages = stages_of({"softmax.macro": "digital_topk", "attention.scaling": "left_shift"})
        self.assertEqual(stages, ("score", "latch", "shifter", "sorter", "exponent", "divider",
                                  "weighted"))
        self.assertEqual(capacities(stages, 2), [3, 3, 1, 1, 1, 1, 3])

    def test_row_of_bert_base(self):
        # 384 columns, k = 3 + 2. 1 + 15 + 32 = 48; conventional 2 + 384, 6 + 384: 824 together;
        # digital top-k: 384 in the sorter, 2 + 5, 6 + 5: 450. Weighted values take 66 more.
        rng = np.random.default_rng(7)
        tensors = {n: rng.integers(-7, 8, (1, 1 if n == "q" else 384, 4)).astype(np.int8)
                   for n in "qkv"}
        for macro, scaling, want, softmax in (
                ("conventional", "scale_free", [48, 0, 386, 390, 66], 824),
                ("digital_topk", "scale_free", [48, 0, 384, 7, 11, 66], 450),
                ("conventional", "left_shift", [48, 0, 384, 386, 390, 66], 824 + 384),
                ("digital_topk", "left_shift", [48, 0, 384, 384, 7, 11, 66], 450 + 384)):
            config = {"softmax.macro": macro, "attention.scaling": scaling,
                      "softmax.score_step": 0.1}
            result = ref.run_macro(tensors, config)
            service = service_times(result, config)
            self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)], want)
            self.assertEqual(macro_time(result, config).latency, softmax + 66)
        # A sorter per crossbar: 256 of the longer one and 1 of the union.
        config.update({"sort.sorters": "crossbar", "attention.scaling": "scale_free"})
        self.assertEqual(int(service_times(result, config)["sorter"][0, 0]), 257)
        # Topkima shifts its five winners only.
        config = {"attention.scaling": "left_shift", "softmax.score_step": 0.1,
                  "shift.element_cycles": 3}
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)][1:],
                         [1, 15, 7, 11, 66])

    def test_row_without_participant(self):
        # Causal, row 0 sees one column, and nobody when the sequence has no valid token: the
        # sorter works all the same, 2 cycles for each of 3 columns.
        tensors = {n: np.int8([[[1], [2], [3]]]) for n in "qkv"}
        config = {"softmax.macro": "digital_topk", "attention.scaling": "left_shift",
                  "softmax.score_step": 1.0, "topk.k": 2, "sort.element_cycles": 2,
                  "attention.causal": True}
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual({s: t[0].tolist() for s, t in service.items()}, {
            "score": [48] * 3, "latch": [0] * 3, "shifter": [1, 2, 3], "sorter": [6] * 3,
            "exponent": [3, 4, 4], "divider": [7, 8, 8], "weighted": [66] * 3})
        config["attention.valid_tokens"] = 0
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual({s: t[0, 0] for s, t in service.items()},
                         {"score": 48, "latch": 0, "shifter": 0, "sorter": 6, "exponent": 0,
                          "divider": 0, "weighted": 0})

    def test_macro_times_by_hand(self):
        # Three rows, 3 columns, 2 bits: score 16 + 4 = 20, latch 0, sorter 30, exponent 2 + 1,
        # divider 6 + 1, weighted 66. Row 0: score 20, sorter 50, out at 60, weighted 126.
        # Row 1 leaves the score at 40, waits in the latch until 50; sorter 80, 90, 126 - 192.
        # Row 2: score 60, waits in the latch until 80; sorter 110, 120, then 192 - 258.
        tensors = {n: np.int8([[[1], [2], [3]]]) for n in "qkv"}
        config = {"softmax.macro": "digital_topk", "softmax.score_step": 1.0, "topk.k": 1,
                  "sort.element_cycles": 10, "ima.bits": 2}
        time = macro_time(ref.run_macro(tensors, config), config)
        self.assertEqual(time.latency, 258)
        self.assertEqual({name: (t.busy, t.blocked) for name, t in time.stages.items()}, {
            "head0.score": (60, 0), "head0.latch": (0, 10 + 20), "head0.sorter": (90, 0),
            "head0.exponent": (9, 0), "head0.divider": (21, 0), "head0.weighted": (198, 0)})
        # Conventional: exponent 2 + 3, divider 6 + 3. Out at 34, 54, 74; weighted 100, 166, 232.
        config["softmax.macro"] = "conventional"
        time = macro_time(ref.run_macro(tensors, config), config)
        self.assertEqual(time.latency, 34 + 3 * 66)
        self.assertEqual(time.stages["head0.exponent"].busy, 15)

    def test_fold_and_sorter(self):
        # 5 * (1 + 8) + 2 = 47; crossbars of 4 and 2 columns, 3 cycles each: 18; 12 + union 1.
        self.assertEqual(fold_cycles(ref.full_config({})), 47)
        config = ref.full_config({"sort.element_cycles": 3})
        self.assertEqual(sorter_cycles([4, 2], config), 18)
        config["sort.sorters"] = "crossbar"
        self.assertEqual(sorter_cycles([4, 2], config), 13)

    def test_adder(self):
        # Values in two arrays are added in 2 cycles, in one array in none.
        rng = np.random.default_rng(8)
        tensors = {n: rng.normal(size=(5, 6) if n == "x" else (6, 6)).astype(np.float32)
                   for n in ("x", "wq", "wk", "wv")}
        config = {"attention.heads": 2, "attention.scaling": "in_k_weights",
                  "softmax.macro": "conventional"}
        service = service_times(ref.run_soc(tensors, config), config)
        self.assertEqual((service["latch"].tolist(), service["fold"][1].tolist()),
                         ([[0] * 5] * 2, [47] * 5))
        config.update({"crossbar.rows": 26, "crossbar.ramp_rows": 16})
        service = service_times(ref.run_soc(tensors, config), config)
        self.assertEqual(service["latch"].tolist(), [[2] * 5] * 2)


class Cases(unittest.TestCase):
    def test_reproducible_and_fitting(self):
        seen, split_arrays = Counter(), 0
        for index in range(200):
            for tool in ("macro", "soc"):
                case = make_case(tool, 5, index)
                config = ref.full_config(case.config)
                tokens = case.tensors["k" if tool == "macro" else "x"].shape[-2]
                width = case.tensors["q" if tool == "macro" else "wq"].shape[-1]
                d_k = width if tool == "macro" else width // config["attention.heads"]
                split = ref.crossbar_split(tokens, config)
                self.assertGreaterEqual(sum(split), tokens)
                self.assertLessEqual(max(split), config["crossbar.columns"])
                folded = config["attention.scaling"] == "in_k_weights"
                self.assertFalse(folded and tool == "macro")
                arrays = baselines.row_blocks(width if folded else d_k, config)
                self.assertLessEqual(arrays * len(split), config["crossbar.max_per_head"])
                baselines.check_machine(width if folded else d_k, config)
                split_arrays += arrays > 1
                self.assertTrue(folded or arrays == 1)
                seen[config["softmax.macro"], config["attention.scaling"]] += 1
        topkima = sum(count for (macro, _), count in seen.items() if macro == "topkima")
        self.assertTrue(150 < topkima < 250, seen)
        self.assertEqual(len(seen), 9, seen)
        self.assertGreater(split_arrays, 5)
        first, again = make_case("soc", 5, 3), make_case("soc", 5, 3)
        self.assertEqual(first.config, again.config)
        self.assertTrue(np.array_equal(first.tensors["x"], again.tensors["x"]))

    def test_written_config(self):
        case = make_case("soc", 5, 3)
        with tempfile.TemporaryDirectory() as name:
            arguments = write_case(case, Path(name) / "case")
            texts = [(Path(name) / "case" / p).read_text() for p in ("case.ini", "input/meta.ini")]
            self.assertTrue(np.array_equal(np.load(Path(name) / "case/input/x.npy"),
                                           case.tensors["x"]))
        written = sum(t.count(" = ") for t in texts) + sum("." in a.split("=")[0]
                                                           for a in arguments if "=" in a)
        self.assertEqual(written, len(case.config))


if __name__ == "__main__":
    unittest.main()
