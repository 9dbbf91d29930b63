#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Masks, placement, shares of k, scope and reach in torch against their definition, token by token
and step by step; cases counted by hand; machines that must agree."""

import dataclasses
import unittest

import training_support as support

import numpy as np
import random_hardware
import selection_reference as slow
import torch

from topkima.training.parameters import Hardware
from topkima.training.selection import Selection

CASES = 400


def winners_of(hardware, codes, **more):
    """Of each row of codes [rows, tokens] the tokens that win, counter by counter."""
    codes = support.integers(codes)[None, None]
    selection = Selection(hardware, codes.shape[-1], codes.shape[-2], **more)
    if not hardware.counts_winners:
        everybody = torch.ones(codes.shape, dtype=torch.bool)
        who = everybody if selection.participants is None else selection.participants
        return [torch.nonzero(row).flatten().tolist() for row in who.expand_as(codes)[0, 0]]
    chosen, taken = selection.winners(codes)
    taken = torch.ones_like(chosen, dtype=torch.bool) if taken is None else taken
    return [row[which].tolist() for row, which in zip(chosen[0, 0], taken[0, 0])]


class AgainstTheDefinition(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(sum(map(ord, self.id())))

    def codes(self, hardware, rows, tokens):
        half = 2**(hardware.ima_bits - 1)
        if self.rng.random() < 0.3:    # ties everywhere
            half = min(half, 2)
        return self.rng.integers(-half, half, (rows, tokens))

    def test_winners(self):
        partial = 0
        for _ in range(CASES):
            tokens = int(self.rng.integers(1, 40))
            hardware = random_hardware.machine(self.rng, tokens)
            rows = int(self.rng.integers(1, tokens + 4))
            codes = self.codes(hardware, rows, tokens)
            machine = random_hardware.by_name(hardware)
            got = winners_of(hardware, codes)
            for row in range(rows):
                expected = slow.winners(codes[row].tolist(), row, machine)
                self.assertEqual(sorted(got[row]), sorted(expected), (hardware, row))
                partial += bool(expected)
        self.assertGreater(partial, CASES)

    def test_winners_come_in_grant_order_where_rows_differ(self):
        hardware = Hardware(causal=True, k=4, split=(5, 3), ima_bits=3)
        codes = self.codes(hardware, 8, 8)
        self.assertEqual(winners_of(hardware, codes),
                         [slow.winners(codes[row].tolist(), row, random_hardware.by_name(hardware))
                          for row in range(8)])

    def test_scores_that_count_for_the_ramp(self):
        for _ in range(CASES):
            tokens, heads = (int(n) for n in self.rng.integers(1, [30, 3]))
            hardware = random_hardware.machine(self.rng, tokens)
            machine = random_hardware.by_name(hardware)
            scores = self.rng.integers(-99, 100, (2, heads, tokens, tokens))
            got = Selection(hardware, tokens).best(support.integers(scores))
            self.assertEqual(len(got), heads)
            for head in range(heads):
                expected = []
                for row in range(tokens):
                    part = [t for t in range(tokens) if slow.takes_part(t, row, tokens, machine)]
                    count = slow.places(row, tokens, machine)
                    for sample in scores[:, head, row]:
                        expected += sorted(sample[part].tolist(), reverse=True)[:count]
                self.assertEqual(sorted(got[head].tolist()), sorted(expected), hardware)

    def test_padding_of_each_sample(self):
        for _ in range(CASES // 4):
            tokens, samples = (int(n) for n in self.rng.integers(1, [25, 5]))
            hardware = random_hardware.machine(self.rng, tokens, macro="topkima")
            codes = self.codes(hardware, tokens, tokens)
            valid, first = (self.rng.integers(0, tokens + 1, samples) for _ in range(2))
            together = Selection(hardware, tokens, valid_tokens=torch.tensor(valid),
                                 first_valid=torch.tensor(first))
            chosen, taken = together.winners(support.integers(codes).expand(samples, 2, -1, -1))
            if taken is None:
                taken = torch.ones_like(chosen, dtype=torch.bool)
            for sample in range(samples):
                own = dataclasses.replace(hardware, valid_tokens=int(valid[sample]),
                                          first_valid=int(first[sample]))
                for row, expected in enumerate(winners_of(own, codes)):
                    which = taken[sample, 1, row]
                    self.assertEqual(sorted(chosen[sample, 1, row][which].tolist()),
                                     sorted(expected))


class ByHand(unittest.TestCase):
    def check(self, codes, expected, **fields):
        self.assertEqual(winners_of(Hardware(**fields), codes), expected)

    def shares(self, tokens, row, **fields):
        selection = Selection(Hardware(**fields), tokens)
        return [counter.most if counter.share is None else counter.share[0, 0, row, 0].item()
                for counter in selection.counters]

    def test_shares_follow_participants(self):
        causal = {"causal": True, "split": (256, 128)}
        # 256 : 1 is 4.98 + 0.02 of 5, and the second crossbar gets one that is beyond them.
        self.assertEqual(self.shares(384, 255, **causal), [5, 0])
        self.assertEqual(self.shares(384, 256, **causal), [5, 1])
        self.assertEqual(self.shares(384, 383, **causal), [3, 2])
        self.assertEqual(self.shares(384, 5, **causal, sub_k_by="columns"), [3, 2])
        self.assertEqual(self.shares(384, 5, **causal, sub_k=(1, 4)), [1, 4])
        # 5 of 384 by 192 and 192: 2.5 each, and the lower crossbar's is the fifth.
        self.assertEqual(self.shares(384, 9, placement="interleaved"), [3, 2])
        # A window over the edge: 5 of 8 for 2 + 6 columns are 1.25 + 3.75.
        self.assertEqual(self.shares(20, 11, split=(6, 14), causal=True, window=8), [1, 4])

    def test_an_empty_crossbar_leaves_its_share_to_the_others(self):
        codes = [[1, 2, 3, 4, 9, 9]]
        self.check(codes, [[3, 2, 1]], split=(4, 2), k=3, valid_tokens=4)
        self.check(codes, [[3, 2]], split=(4, 2), k=3, valid_tokens=4, sub_k_by="columns")
        self.check(codes, [[4, 5]], split=(4, 2), k=3, first_valid=4)

    def test_ties_go_to_the_lowest_address(self):
        codes = [[5, 5, 5, 5, 5, 5]]
        self.check(codes, [[0, 1, 2]], split=(4, 2), k=3, scope="head", first_valid=0, reach=9)
        # Crossbars of tokens 0 2 4 and 1 3 5.
        self.check(codes, [[0, 2, 4, 1]], split=(3, 3), k=4, scope="head",
                   placement="interleaved", reach=9)
        self.check(codes, [[2, 4, 1]], split=(3, 3), k=3, scope="head", placement="interleaved",
                   first_valid=1)

    def test_the_kth_grant_drops_requests_elsewhere(self):
        # One step with tokens 1, 4 and 5: 1 and 4 are granted.
        self.check([[0, 7, 0, 0, 7, 7]], [[1, 4]], split=(3, 3), k=2, scope="head", reach=1)

    def test_reach_is_counted_from_the_first_crossing_of_the_counter(self):
        codes = [[9, 4, 6, 5, 1, 2]]
        self.check(codes, [[0, 2, 3, 5, 4]], split=(3, 3), sub_k=(3, 3), reach=4)
        self.check(codes, [[0, 2, 3]], split=(3, 3), k=6, scope="head", reach=4)
        # Not those of a better score that takes no part.
        self.check(codes, [[2, 3]], split=(6,), k=6, reach=3, first_valid=2)

    def test_masks(self):
        codes = [[1, 2, 3, 4, 5, 6]] * 8
        self.check(codes, [[0], [1, 0], [2, 1], [3, 2], [4, 3], [5, 4], [5], []],
                   k=2, causal=True, window=2)
        self.check(codes, [[1, 0], [2, 1], [3, 2], [4, 3], [5, 4], [5, 4], [5], []], k=2, window=2)
        self.check(codes, [[1, 0], [1, 0], [5, 4], [5, 4], [5, 4], [5, 4], [], []], k=2,
                   segments=(2, 4))
        self.check(codes, [[], [], [2], [3, 2], [3, 2], [3, 2], [3, 2], [3, 2]], k=2,
                   first_valid=2, valid_tokens=4, causal=True)
        self.check(codes, [[]] * 8, valid_tokens=0)


class Equivalences(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(sum(map(ord, self.id())))

    def cases(self):
        for _ in range(CASES // 4):
            tokens = int(self.rng.integers(2, 40))
            yield (tokens, random_hardware.mask(self.rng, tokens), int(self.rng.integers(1, 8)),
                   self.rng.integers(-8, 8, (tokens, tokens)))

    def same(self, one, other):
        self.assertEqual(list(map(sorted, one)), list(map(sorted, other)))

    def test_a_head_of_blocked_crossbars_is_one_wide_crossbar(self):
        for tokens, mask, k, codes in self.cases():
            split = random_hardware.split_for(self.rng, tokens)
            one = winners_of(Hardware(k=k, split=(tokens,), **mask), codes)
            self.same(one, winners_of(Hardware(k=k, split=split, scope="head", **mask), codes))
            self.same(one, winners_of(Hardware(k=k, split=(tokens,), scope="head", **mask), codes))

    def test_interleaved_is_blocked_on_permuted_keys(self):
        for tokens, _, k, codes in self.cases():
            count = int(self.rng.integers(1, 5))
            order = [t for i in range(count) for t in range(i, tokens, count)]
            split = tuple(len(range(i, tokens, count)) for i in range(count))
            if min(split) == 0:
                continue
            scope = str(self.rng.choice(["head", "crossbar"]))
            fields = {"k": k, "scope": scope}
            placed = winners_of(Hardware(placement="interleaved", split=split, **fields), codes)
            blocked = winners_of(Hardware(split=split, **fields), codes[:, order])
            self.same(placed, [[order[t] for t in row] for row in blocked])

    def test_without_a_mask_participants_are_columns(self):
        for tokens, _, k, codes in self.cases():
            split = random_hardware.split_for(self.rng, tokens)
            self.same(winners_of(Hardware(k=k, split=split), codes),
                      winners_of(Hardware(k=k, split=split, sub_k_by="columns"), codes))

    def test_a_reach_of_the_whole_ramp_changes_nothing(self):
        for _, mask, k, codes in self.cases():
            self.same(winners_of(Hardware(k=k, **mask), codes),
                      winners_of(Hardware(k=k, reach=31, **mask), codes))

    def test_joined_arrays_change_nothing(self):
        for _, mask, k, codes in self.cases():
            self.same(winners_of(Hardware(k=k, **mask), codes),
                      winners_of(Hardware(k=k, row_split="join", **mask), codes))


if __name__ == "__main__":
    unittest.main()
