#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The attention hardware in torch against modules/arith, through the C library, on random cases;
the ramp's step against its definition."""

import argparse
import itertools
import sys
import unittest

import training_support as support

import numpy as np
import random_hardware
import reference as c
import selection_reference as slow
import torch

from topkima.training import calibration, hardware
from topkima.training.hardware import AvProducts, Requantise, Softmax
from topkima.training.parameters import Hardware, auto_split
from topkima.training.selection import Selection, shares_of

CASES = 150


def expected_winners(codes, row, machine):
    """Tokens of a row's winners, and their codes."""
    won = slow.winners(codes, row, machine)
    if machine["softmax.macro"] == "topkima" and not machine["topk.reach"]:
        parts = [(live, arith.convert_codes([codes[t] for t in live], bits=machine["ima.bits"],
                                            k=k)) for live, k in
                 slow.counters(row, len(codes), machine) if live]
        assert won == [live[column] for live, done in parts for column in done.columns]
    return won, [codes[token] for token in won]


class Attention(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(sum(map(ord, self.id())))

    def test_a_head_is_that_of_the_machine(self):
        rng = self.rng
        for _ in range(CASES):
            tokens, heads, rows, d_k = (int(n) for n in rng.integers(1, [40, 4, 4, 9]))
            machine = random_hardware.machine(rng, tokens)
            selection = Selection(machine, tokens, rows)
            q = rng.integers(-machine.query_max, machine.query_max + 1, (1, heads, rows, d_k))
            k = rng.integers(-machine.key_max, machine.key_max + 1, (1, heads, tokens, d_k))
            v = rng.integers(-machine.value_max, machine.value_max + 1, (1, heads, tokens, d_k))
            if rng.random() < 0.3:    # ties everywhere
                k[:] = k[:, :, :1]
            reach = max(1, int(np.abs(q).max() * np.abs(k).max() * d_k / 2**machine.ima_bits))
            lsb = [int(n) for n in rng.integers(1, reach + 2, heads)]
            steps = [float(10.0**rng.uniform(-3, 1)) for _ in range(heads)]
            table = hardware.exponent_table(steps, machine.ima_bits)
            by_head = support.integers(lsb).view(-1, 1, 1)
            scores = support.integers(q) @ support.integers(k).transpose(-2, -1)
            codes = hardware.ramp_codes(scores, by_head, machine.ima_bits)
            p = Softmax.apply(scores, by_head, table, by_head, selection, "full", None)
            out = AvProducts.apply(p, support.integers(v), machine)
            for h in range(heads):
                self.assertEqual(table[h].tolist(),
                                 arith.exponent_table(machine.ima_bits, steps[h]))
                for row in range(rows):
                    exact = arith.scores(q[0, h, row].tolist(), k[0, h].tolist())
                    self.assertEqual(scores[0, h, row].tolist(), exact)
                    expected = arith.ramp_codes(exact, lsb[h], machine.ima_bits)
                    self.assertEqual(codes[0, h, row].tolist(), expected)
                    won, of = expected_winners(expected, row, random_hardware.by_name(machine))
                    if not won:    # a row that is not evaluated
                        self.assertFalse(p[0, h, row].any() or out[0, h, row].any())
                        continue
                    e, total = arith.exponents(of, [int(n) for n in table[h]], machine.ima_bits)
                    shares = arith.probabilities(e, total, machine.prob_bits)
                    full = np.zeros(tokens)
                    full[won] = shares
                    self.assertEqual(p[0, h, row].tolist(), full.tolist())
                    self.assertEqual(out[0, h, row].tolist(), arith.weighted_values(
                        v[0, h].tolist(), won, shares, slices=machine.value_bits - 1,
                        array_rows=machine.av_rows, bits=machine.av_bits, lsb=machine.av_step,
                        prob_bits=machine.prob_bits))

    def test_published_shares_of_k(self):
        self.assertEqual(auto_split(384), (256, 128))
        self.assertEqual(shares_of(5, torch.tensor([256, 128])).tolist(), [3, 2])
        for _ in range(CASES):
            split = [int(n) for n in self.rng.integers(1, 300, self.rng.integers(1, 9))]
            k = int(self.rng.integers(1, 40))
            self.assertEqual(shares_of(k, torch.tensor(split)).tolist(), slow.shares(k, split))

    def test_noise_moves_scores_before_the_ramp(self):
        selection = Selection(Hardware(split=(3,), sub_k=(1,)), 3, 1)
        one = torch.ones(1, 1, 1, dtype=torch.float64)
        table = hardware.exponent_table([0.1], 5)
        scores = support.integers([[[[2, 0, 1]]]])
        noise = torch.tensor([[[[0.0, 2.4, 1.6]]]], dtype=torch.float64)
        # 2, 2.4 -> 2, 2.6 -> 3
        p = Softmax.apply(scores, one, table, one, selection, "full", noise)
        self.assertEqual(p.tolist(), [[[[0, 0, 31]]]])

    def test_requantisation(self):
        for _ in range(CASES * 5):
            q_max = int(self.rng.choice([1, 7, 15, 127]))
            m = int(2**self.rng.uniform(0, 31))
            acc = [int(n) for n in self.rng.integers(-2 * m - 2, 2 * m + 3, 20)]
            # Thresholds, and their neighbours.
            acc += [m * (2 * code - 1) // (2 * q_max) + n
                    for code in (-3, 1, q_max) for n in (0, 1)]
            got = Requantise.apply(support.integers(acc), support.integers([m]), q_max)
            self.assertEqual(got.tolist(), [
                min(max((2 * q_max * a + m) // (2 * m), -q_max), q_max) for a in acc])

    def test_ramp_step(self):
        for _ in range(CASES * 3):
            tokens, rows, k = (int(n) for n in self.rng.integers(1, [30, 30, 8]))
            bits = int(self.rng.integers(1, 8))
            share = float(self.rng.choice([0, 0.01, 0.1, 0.9, 1]))
            scores = self.rng.integers(-300, 301 if self.rng.random() < 0.8 else 1, (rows, tokens))
            best = support.integers(scores).topk(min(k, tokens), -1).values
            ordered = sorted(2 * score for row in scores.tolist()
                             for score in sorted(row, reverse=True)[:k])

            def saturates(lsb):
                most = (2**bits - 1) * lsb
                return sum(score >= most for score in ordered) / len(ordered) > share

            expected = next(lsb for lsb in itertools.count(1) if not saturates(lsb))
            self.assertEqual(calibration.ramp_lsb(best, bits, share), expected)
        self.assertEqual(calibration.ramp_lsb(torch.zeros(0), 5, 0.01), 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    arith = c.Arith(parser.parse_args().library)
    unittest.main(argv=sys.argv[:1])
