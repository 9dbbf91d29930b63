#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The C interface, by ctypes, against the independent reference on random cases; and that the
library exports what its header declares, nothing else."""

import argparse
import re
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np

import conversion
import projections
import reference as c
import weighting
from reference_parameters import full_config
from scores import Chain

ROOT = Path(__file__).resolve().parents[2]

CASES = 300


def random_conversion(rng):
    """Fields of a configuration, codes of the participants and the crossbar's columns."""
    bits = int(rng.integers(1, 13)) if rng.random() < 0.3 else int(rng.integers(3, 7))
    fields = {"bits": bits, "k": int(rng.integers(1, 90 if rng.random() < 0.2 else 12)),
              "stop_when_exhausted": int(rng.random() < 0.5)}
    if rng.random() < 0.5:
        fields["grants_per_cycle"] = int(rng.integers(1, 65 if rng.random() < 0.2 else 5))
        fields["step_cycles"] = int(rng.integers(0, 4))
        fields["start_cycles"] = int(rng.integers(0, 20))
        fields["grant_cycles"] = int(rng.integers(0, 4))
        fields["tree_cycles"] = int(rng.integers(0, 4))
    if rng.random() < 0.3:
        fields["reach"] = int(rng.integers(0, 2 ** bits + 2 if bits < 12 else 20))
    columns = int(rng.integers(1, 200))
    participants = columns if rng.random() < 0.3 else int(rng.integers(0, columns + 1))
    half = 2 ** (bits - 1)
    spread = half if rng.random() < 0.5 else max(1, half // 4)
    codes = np.clip(rng.integers(-spread, spread + 1, participants), -half, half - 1)
    return fields, codes, columns


def pace_of(fields):
    return conversion.Pace(*(fields.get(name, usual) for name, usual in (
        ("grants_per_cycle", 1), ("step_cycles", 0), ("start_cycles", 0), ("grant_cycles", 0))))


def walk(fields, codes):
    return conversion.walk_ramp(
        codes.tolist(), [True] * len(codes), fields["k"], fields["bits"],
        bool(fields["stop_when_exhausted"]), pace_of(fields), fields.get("reach", 0))


class CInterface(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(sum(map(ord, self.id())))

    def test_quantise(self):
        for _ in range(CASES):
            values = self.rng.normal(size=self.rng.integers(0, 100))
            if self.rng.random() < 0.3:  # halves, which go to even
                values = np.append(self.rng.integers(-30, 31, len(values)) / 2, 15)
            elif self.rng.random() < 0.3:
                values = values.astype(np.float32).astype(np.float64)
            else:
                values *= 10.0 ** self.rng.integers(-200, 200)
            q_max = int(self.rng.choice([1, 7, 15, 127, self.rng.integers(1, 128)]))
            expected, scale = projections.quantise(values, q_max)
            self.assertEqual(arith.quantise(values.tolist(), q_max), (expected.tolist(), scale))

    def test_scores(self):
        for _ in range(CASES):
            d_k, columns = self.rng.integers(1, 100, 2)
            q_max, k_max = int(self.rng.choice([15, 127])), int(self.rng.choice([1, 7, 63]))
            query = self.rng.integers(-q_max, q_max + 1, d_k)
            keys = self.rng.integers(-k_max, k_max + 1, (columns, d_k))
            if self.rng.random() < 0.1:
                query[:], keys[:] = q_max, -k_max
            expected = projections.exact_product(query[None], keys.T)[0]
            self.assertEqual(arith.scores(query.tolist(), keys.tolist()), expected.tolist())

    def test_ramp_codes(self):
        for _ in range(CASES):
            bits = int(self.rng.integers(1, 13))
            lsb = int(2 ** self.rng.uniform(0, 24)) - int(self.rng.random() < 0.1)
            lsb = min(max(lsb, 1), 2**24 - 1)
            reach = min(2**29 - 1, 2**bits * lsb + 3)
            scores = self.rng.integers(-reach, reach + 1, self.rng.integers(0, 100))
            # Thresholds and their neighbours.
            near = np.arange(-3, 4) * lsb + (lsb + 1) // 2 + self.rng.integers(-1, 2)
            scores = np.append(scores, near[np.abs(near) < 2**29])
            expected = conversion.ramp_code(scores, lsb, bits).tolist()
            self.assertEqual(arith.ramp_codes(scores.tolist(), lsb, bits), expected)
            self.assertEqual([arith.ramp_code(int(s), lsb, bits) for s in scores], expected)

    def test_convert(self):
        for _ in range(CASES):
            fields, codes, _ = random_conversion(self.rng)
            granted, cycles, steps = walk(fields, codes)
            cycles += fields.get("tree_cycles", 0) if steps else 0
            expected = c.Conversion(granted, codes[granted].tolist(), steps, cycles)
            self.assertEqual(arith.convert_codes(codes.tolist(), **fields), expected)
            # Scores that have these codes, anywhere within their steps.
            lsb = int(self.rng.integers(1, 500))
            scores = codes * lsb + self.rng.integers(-(lsb // 2), (lsb + 1) // 2, len(codes))
            self.assertEqual(arith.convert_scores(scores.tolist(), lsb, **fields), expected)

    def test_circuit(self):
        topk = c.Topk(arith)
        for _ in range(CASES):
            fields, codes, columns = random_conversion(self.rng)
            granted, cycles, steps = walk(fields, codes)
            topk.begin(columns, len(codes), **fields)
            half, got, clocks, made = 2 ** (fields["bits"] - 1), [], 0, 0
            for code in range(half - 1, -half - 1, -1):
                crossing = np.flatnonzero(codes == code)
                try:
                    topk.step(crossing.tolist())
                except c.ArithError as error:
                    # Nobody takes part: no step at all.
                    self.assertEqual((error.code, len(codes), made), (-5, 0, 0))
                    self.assertTrue(fields["stop_when_exhausted"])
                    break
                made += 1
                cycle = None
                while cycle is None or not cycle.step_done:
                    cycle = topk.clock()
                    clocks += 1
                    self.assertEqual(cycle.count, len(got) + len(cycle.columns))
                    self.assertEqual(cycle.pending, len(crossing) - len(
                        set(got) & set(crossing.tolist())))
                    got += cycle.columns
                if cycle.stop:
                    break
            self.assertEqual((got, clocks, made), (granted, cycles, steps))

    def test_union(self):
        for _ in range(CASES):
            split = self.rng.integers(1, 60, self.rng.integers(1, 8))
            stride = int(self.rng.choice([1, len(split)]))
            blocked = np.concatenate([[0], np.cumsum(split)[:-1]])
            first = np.arange(len(split)) if stride > 1 else blocked
            parts, tokens, codes = [], [], []
            for columns, offset in zip(split, first):
                won = self.rng.permutation(columns)[:self.rng.integers(0, 6)]
                of = self.rng.integers(-16, 16, len(won))
                parts.append((won.tolist(), of.tolist()))
                tokens += (offset + stride * won).tolist()
                codes += of.tolist()
            self.assertEqual(arith.union(parts, first.tolist(), stride),
                             (tokens, codes, max(codes, default=0)))

    def test_softmax(self):
        for _ in range(CASES):
            bits, prob_bits = (int(n) for n in self.rng.integers([1, 1], [13, 9]))
            step = float(10.0 ** self.rng.uniform(-4, 2)) * bool(self.rng.random() < 0.95)
            table = weighting.exponent_table(bits, step)
            self.assertEqual(arith.exponent_table(bits, step), table.tolist())
            half = 2 ** (bits - 1)
            codes = self.rng.integers(-half, half, self.rng.integers(0, 40))
            exponents, total = arith.exponents(codes.tolist(), table.tolist(), bits)
            expected = table[codes.max(initial=-half) - codes]
            self.assertEqual((exponents, total), (expected.tolist(), expected.sum()))
            won = np.ones((1, len(codes)), bool)
            one = 2**prob_bits - 1
            expected = weighting.probabilities(codes[None], won, table, one)[0].tolist()
            self.assertEqual(arith.probabilities(exponents, total, prob_bits), expected)
            self.assertEqual([arith.divide(e, total, prob_bits) for e in exponents], expected)

    def test_weighted_values(self):
        for _ in range(CASES):
            d_k, tokens = (int(n) for n in self.rng.integers(1, [20, 80]))
            slices, bits, prob_bits = (int(n) for n in self.rng.integers([1, 1, 1], [8, 13, 9]))
            lsb, rows = int(self.rng.choice([1, 2, 3, 100, 10**6])), int(self.rng.integers(1, 100))
            values = self.rng.integers(-(2**slices) + 1, 2**slices, (tokens, d_k))
            winners = self.rng.permutation(tokens)[:self.rng.integers(0, 12)]
            weights = self.rng.integers(0, 2**prob_bits, len(winners))
            config = full_config({"av.rows": rows, "av.lsb": lsb, "av.bits": bits,
                                  "av.value_bits": slices + 1})
            everybody = np.ones((1, tokens), bool)
            expected = weighting.weighted_values(winners[None], weights[None], values, everybody,
                                                 Chain(0, 0, 1), config)[0]
            got = arith.weighted_values(values.tolist(), winners.tolist(), weights.tolist(),
                                        slices=slices, bits=bits, prob_bits=prob_bits, lsb=lsb,
                                        array_rows=rows)
            self.assertEqual(got, expected.tolist())

    def test_exports_its_header_alone(self):
        header = (ROOT / "modules" / "arith" / "c" / "topkima_arith.h").read_text()
        declared = re.findall(r"^TOPKIMA_API .*?(topkima_\w+)\(", header, re.M)
        symbols = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                                 capture_output=True, text=True).stdout
        self.assertEqual(sorted(declared), sorted(s.split()[-1] for s in symbols.splitlines()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    library = parser.parse_args().library
    arith = c.Arith(library)
    unittest.main(argv=sys.argv[:1])
