#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: who takes part, where it lies, and how k is shared, by hand."""

import unittest

import numpy as np

import participation
import reference_parameters as parameters
import shares
import topkima_reference as ref


def machine(**attention):
    return parameters.full_config({f"attention.{k}": v for k, v in attention.items()})


def masks(rows, tokens, config):
    return participation.participation(rows, tokens, config).astype(int).tolist()


def tokens_of(tokens, **config):
    config = parameters.full_config({key.replace("__", "."): v for key, v in config.items()})
    return [h.tolist() for h in participation.crossbar_tokens(tokens, config)]


class Masks(unittest.TestCase):
    def test_causal_and_padding_behind(self):
        # Row 0 sits at position 1, row 1 at 2, row 2 at 3; column 3 is padding.
        self.assertEqual(masks(3, 4, machine(valid_tokens=3, causal=True, first_row=1)),
                         [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]])

    def test_windows_segments_and_padding_before(self):
        self.assertEqual(masks(3, 4, machine(first_valid=1)), [[0, 1, 1, 1]] * 3)
        self.assertEqual(masks(3, 4, machine(window=2)),
                         [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]])
        self.assertEqual(masks(3, 4, machine(window=2, causal=True)),
                         [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]])
        self.assertEqual(masks(3, 4, machine(segments=[1, 3])),
                         [[1, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1]])
        # Rows at positions 2, 3 and 4, of which the last is behind all segments.
        self.assertEqual(masks(3, 4, machine(segments=[3, 1], first_row=2)),
                         [[1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])

    def test_sequences(self):
        config = machine(valid_tokens=[4, 2], first_valid=[1, 0])
        self.assertEqual(participation.participation(1, 4, config, 1).tolist(),
                         [[True, True, False, False]])
        self.assertEqual(len(participation.masks_of_all(1, 4, config)), 2)


class Placement(unittest.TestCase):
    def test_blocked(self):
        self.assertEqual([len(h) for h in tokens_of(384)], [256, 128])
        self.assertEqual([len(h) for h in tokens_of(512)], [256, 256])
        self.assertEqual(tokens_of(6, topk__split=[4, 4, 4]), [[0, 1, 2, 3], [4, 5], []])

    def test_interleaved(self):
        held = tokens_of(384, attention__placement="interleaved")
        self.assertEqual([len(h) for h in held], [192, 192])
        self.assertEqual((held[0][:3], held[1][-1]), ([0, 2, 4], 383))
        # As many crossbars as the split has entries: token 4 is column 1 of crossbar 1.
        self.assertEqual(tokens_of(7, attention__placement="interleaved", topk__split=[3, 2, 9]),
                         [[0, 3, 6], [1, 4], [2, 5]])
        self.assertEqual(tokens_of(2, attention__placement="interleaved", topk__split=[1, 1, 1]),
                         [[0], [1], []])

    def test_refused(self):
        with self.assertRaisesRegex(ValueError, "crossbar 0 gets 3 tokens but has 2 columns"):
            tokens_of(7, attention__placement="interleaved", topk__split=[2, 3, 3])
        with self.assertRaisesRegex(ValueError, "6 columns do not hold 7 tokens"):
            tokens_of(7, topk__split=[3, 3])


class Shares(unittest.TestCase):
    def test_by_columns(self):
        # 5 * 256/384 = 3.33, 5 * 128/384 = 1.67: 3 and 1,
        # and the larger remainder takes the unit left: 3, 2.
        self.assertEqual(shares.share_k(5, [256, 128]), [3, 2])
        # 5/3 each: 1 each, two left, ties to the lower crossbars.
        self.assertEqual(shares.share_k(5, [128, 128, 128]), [2, 2, 1])
        # 0.67 and 0.33: 0 and 0, one left to the first, then at least 1 each: sum 2 > k.
        self.assertEqual(shares.share_k(1, [256, 128]), [1, 1])
        self.assertEqual(shares.share_k(4, [6, 0]), [4, 1])

    def test_by_participants(self):
        # k = 5: all; none in the second; 256 and 1: 4.98, 0.02 -> 4 + 1, then 1: the sum is 6;
        # 2 and 1: 3.33, 1.67 -> 3, 2 though there are fewer; 3 and 3: 2.5 each, the lower has 3.
        given = np.array([[256, 128], [100, 0], [256, 1], [2, 1], [3, 3], [0, 0]])
        self.assertEqual(shares.share_rows(5, given).tolist(),
                         [[3, 2], [5, 0], [5, 1], [3, 2], [3, 2], [0, 0]])
        # 7 of 10, 20, 1, 0, 30 of 61: 1.15, 2.30, 0.11, 0, 3.44 -> 1, 2, 0, 0, 3, the one left
        # to the last; then 1 to the third.
        self.assertEqual(shares.share_rows(7, np.array([[10, 20, 1, 0, 30]])).tolist(),
                         [[1, 2, 1, 0, 4]])

    def test_rows(self):
        # Crossbars of tokens 0, 1 and 2, 3; causal rows 0 to 3 have 1, 0; 2, 0; 2, 1; 2, 2.
        # k = 3: 3, 0; 3, 0; 2, 1; 1.5 each: 2, 1.
        config = {**machine(causal=True), "topk.k": 3, "topk.split": [2, 2]}
        held = participation.crossbar_tokens(4, config)
        mask = participation.participation(4, 4, config)

        def found(**topk):
            changed = {**config, **{f"topk.{k}": v for k, v in topk.items()}}
            return (shares.shares_of(mask, held, changed).tolist(),
                    shares.wanted_winners(mask, held, changed).tolist(),
                    shares.places_of(4, 4, held, changed))

        self.assertEqual(found(), ([[3, 0], [3, 0], [2, 1], [2, 1]], [3] * 4, 3))
        self.assertEqual(found(sub_k_by="columns"), ([[2, 1]] * 4, [3] * 4, 3))
        self.assertEqual(found(sub_k=[1, 3]), ([[1, 3]] * 4, [4] * 4, 4))
        self.assertEqual(found(scope="head")[1:], ([3] * 4, 3))
        # k = 1: without a mask 1 + 1 places; row 2 has 0.67 and 0.33, so 1 + 1 winners as well.
        self.assertEqual(found(k=1), ([[1, 0], [1, 0], [1, 1], [1, 1]], [1, 1, 2, 2], 2))

    def test_more_places_with_a_mask(self):
        # k = 5 on 8 + 4 columns: 3.33, 1.67 -> 3 + 2. Row 8 sees 8 + 1: 4.44, 0.56 -> 4 + 1.
        # k = 2: 1.33, 0.67 -> 1 + 1; row 8: 1.78, 0.22 -> 2, then at least 1: 3 places.
        config = {**machine(causal=True), "topk.split": [8, 4]}
        held = participation.crossbar_tokens(12, config)
        places = [shares.places_of(12, 12, held, {**config, "topk.k": k}) for k in (5, 2)]
        self.assertEqual(places, [5, 3])
        # Of two sequences the second decides.
        padded = {**machine(valid_tokens=[12, 9]), "topk.split": [8, 4], "topk.k": 2}
        self.assertEqual(shares.places_of(1, 12, held, padded), 3)

    def test_empty_crossbar_of_a_split(self):
        # Today it has a share of 1, whose place stays; by participants it has none.
        config = parameters.full_config({"topk.k": 4, "topk.split": [6, 6]})
        held = participation.crossbar_tokens(6, config)
        everybody = np.ones((1, 6), bool)
        self.assertEqual(shares.shares_of(everybody, held, config).tolist(), [[4, 0]])
        self.assertEqual(shares.places_of(1, 6, held, config), 5)


class Gates(unittest.TestCase):
    # One row and d_k = 1, q = 2, D = 4, 2 bits: s = 2k, codes -1, 0, 1, 0, 1, 1 (levels 1 .. -2).
    TENSORS = {"q": np.int8([[[2]]]), "k": np.int8([[[-3], [0], [3], [-1], [2], [3]]]),
               "v": np.int8([[[1], [2], [4], [8], [3], [5]]])}
    CONFIG = {"ima.bits": 2, "ima.ramp_lsb": 4, "softmax.score_step": 0.7, "topk.k": 4,
              "topk.split": [3, 3]}

    def run_row(self, **changed):
        config = {**self.CONFIG, **{k.replace("__", "."): v for k, v in changed.items()}}
        got = ref.run_macro(self.TENSORS, config)
        return got, got.topk_index[0, 0].tolist(), got.convert_cycles[0, 0].tolist()

    def test_all(self):
        # 2 + 2: crossbar 0 grants 2 and 1 in two steps; crossbar 1 grants 4 and 5 in one.
        got, index, cycles = self.run_row()
        self.assertEqual((index, cycles, got.executed_steps.tolist()),
                         ([2, 1, 4, 5], [2, 2], [[[2, 1]]]))
        self.assertEqual(got.alpha, 0.5)

    def test_a_mask_that_leaves_one_crossbar_empty(self):
        # Tokens 0 and 1 take part, and all four winners may be theirs: 1 in step 2, 0 in step 3,
        # where the ramp is exhausted. Crossbar 1 does nothing.
        got, index, cycles = self.run_row(attention__valid_tokens=2)
        self.assertEqual((index, cycles), ([1, 0, -1, -1], [3, 0]))
        self.assertEqual((got.alpha, got.live.tolist()), (0.75, [[True, False]]))
        self.assertEqual(ref.alpha_per_crossbar([got], self.CONFIG).tolist(), [0.75, 0])
        # Left alone it is live and still has no step to make; its alpha then counts as 0.
        got, index, cycles = self.run_row(attention__valid_tokens=2, crossbar__gate_empty=False)
        self.assertEqual((index, cycles, got.live.tolist()),
                         ([1, 0, -1, -1], [3, 0], [[True, True]]))
        # The old machine: 2 + 2 by columns, and both ramps make their 4 steps.
        got, index, cycles = self.run_row(attention__valid_tokens=2, crossbar__gate_empty=False,
                                          topk__stop_when_exhausted=False,
                                          topk__sub_k_by="columns")
        self.assertEqual((index, cycles), ([1, 0, -1, -1], [3, 4]))

    def test_left_padding(self):
        # Tokens 2 to 5: 4/4 and 12/4: 1 + 3. Crossbar 1 grants 4 and 5, then 3 in step 2.
        _, index, cycles = self.run_row(attention__first_valid=2)
        self.assertEqual((index, cycles), ([2, 4, 5, 3], [1, 3]))
        # Tokens 4 and 5 alone, crossbar 0 gated.
        _, index, cycles = self.run_row(attention__first_valid=4)
        self.assertEqual((index, cycles), ([4, 5, -1, -1], [0, 2]))

    def test_a_window_over_the_edge(self):
        # Position 3, window 2 on both sides: tokens 2, 3, 4: 4/3 and 8/3 -> 1 + 3.
        _, index, cycles = self.run_row(attention__window=2, attention__first_row=3)
        self.assertEqual((index, cycles), ([2, 4, 3, -1], [1, 2]))
        # Causal: tokens 2 and 3, 2 each; both exhausted behind their only participant.
        _, index, cycles = self.run_row(attention__window=2, attention__first_row=3,
                                        attention__causal=True)
        self.assertEqual((index, cycles), ([2, 3, -1, -1], [1, 2]))

    def test_packed_segments(self):
        # Segments 0, 1 | 2, 3 | 4, 5; positions 3 and 5 see their own.
        for position, want in ((3, ([2, 3, -1, -1], [1, 2])), (5, ([4, 5, -1, -1], [0, 2]))):
            _, *found = self.run_row(attention__segments=[2, 2, 2], attention__first_row=position)
            self.assertEqual(tuple(found), want)
        got, index, cycles = self.run_row(attention__segments=[2, 2, 2], attention__first_row=6)
        self.assertEqual((index, cycles, got.alpha), ([-1] * 4, [0, 0], 0))

    def test_interleaved_ties(self):
        # Tokens 0, 2, 4 and 1, 3, 5, 2 each: codes -1, 1, 1 and 0, 0, 1.
        _, index, cycles = self.run_row(attention__placement="interleaved")
        self.assertEqual((index, cycles), ([2, 4, 5, 1], [2, 2]))
        # The head's k is 3: addresses are 0, 2, 4, 1, 3, 5, so 2, 4 and 5 in one step; a sorter
        # has them in the same order, and exact float attention the lowest token first.
        _, index, _ = self.run_row(attention__placement="interleaved", topk__k=4,
                                   topk__scope="head")
        self.assertEqual(index, [2, 4, 5, 1])
        _, index, _ = self.run_row(attention__placement="interleaved",
                                   softmax__macro="conventional")
        self.assertEqual(index, [0, 2, 4, 1, 3, 5])

    def test_av_arrays_without_participants(self):
        # AV arrays of 3 token rows and a table whose zeros read as code 1: of 7 steps' levels the
        # last that a 0 meets is 0.5 higher. Gated, array 1 adds nothing.
        table = np.array([2.5, 1.5, -0.2, -0.5, -1.5, -2.5, -3.5])
        noisy = {"noise.value_ramp_thresholds": table, "av.bits": 3, "av.rows": 3, "av.lsb": 100,
                 "attention.valid_tokens": 2}
        outputs = [ref.run_macro(self.TENSORS, {**self.CONFIG, **noisy,
                                                "crossbar.gate_empty": gated}).output[0, 0, 0]
                   for gated in (True, False)]
        # Sums below 1.5 * 100 read as 1 in all 4 slices of weights 1, 2, 4, 8.
        self.assertEqual(outputs, [1500, 3000])


class ScoresThatSetTheRamp(unittest.TestCase):
    def test_best_of_each_row(self):
        # s = 14, 2 | 4, 8 in two crossbars, causal rows 0 to 3, k = 1, so 1, 1, 1 + 1, 1 + 1
        # winners; 2 bits: 2 s >= 3 D saturates. Counted are 14; 14; 14, 4; 14, 8.
        tensors = {"q": np.int8([[[2]] * 4]), "k": np.int8([[[7], [1], [2], [4]]]),
                   "v": np.int8([[[1]] * 4])}
        config = {"ima.bits": 2, "topk.k": 1, "topk.split": [2, 2], "softmax.score_step": 1.0,
                  "attention.causal": True}

        def lsb(share, **changed):
            changed = {key.replace("__", "."): value for key, value in changed.items()}
            got = ref.run_macro(tensors, {**config, "ima.saturate_share": share, **changed})
            return int(got.scales["ramp_lsb"][0])

        # None may: 28 < 3 D. Four of six may: 16 < 3 D; five: 8 < 3 D; 3.4 are too few for the 14s.
        self.assertEqual([lsb(0.0), lsb(4 / 6), lsb(5 / 6), lsb(4 / 7)], [10, 6, 3, 10])
        # By columns 1 + 1 of every row: 14; 14, 2; 14, 4; 14, 8, and four of seven may.
        self.assertEqual(lsb(4 / 7, topk__sub_k_by="columns"), 6)
        # 3 + 1 winners, empty crossbars included: all ten scores, and five may.
        self.assertEqual(lsb(4 / 7, topk__sub_k=[3, 1]), 3)
        # k = 1 of the head, in its counter or its sorter: all four are 14.
        for one in ({"topk__scope": "head"}, {"softmax__macro": "digital_topk"}):
            self.assertEqual([lsb(0.99, **one), lsb(1.0, **one)], [10, 1])
        # A sorter for each crossbar, and full ramps that latch all columns, count as Topkima does.
        for same in ({"softmax__macro": "digital_topk", "sort__sorters": "crossbar"},
                     {"softmax__macro": "conventional"}):
            self.assertEqual([lsb(4 / 6, **same), lsb(4 / 7, **same)], [6, 10])

    def test_rows_of_all_sequences(self):
        # One row and k = 2; sequence 1 sees tokens 2 and 3 alone.
        tensors = {"q": np.int8([[[2]]]), "k": np.int8([[[7], [1], [2], [4]]]),
                   "v": np.int8([[[1]] * 4])}
        config = {"ima.bits": 2, "topk.k": 2, "topk.split": [2, 2], "softmax.score_step": 1.0,
                  "attention.first_valid": [0, 2], "ima.saturate_share": 0.25}
        # 14, 8 and 8, 4 count, of which one may: 16 < 3 D. Of sequence 0 alone none may.
        self.assertEqual(ref.run_macro(tensors, config).scales["ramp_lsb"].tolist(), [6])
        config["attention.first_valid"] = 0
        self.assertEqual(ref.run_macro(tensors, config).scales["ramp_lsb"].tolist(), [10])


if __name__ == "__main__":
    unittest.main()
