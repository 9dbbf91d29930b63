#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: random machines again, value by value with Python's own numbers,
each rule in its slowest form."""

import bisect
import itertools
import math
import unittest
from collections import Counter
from fractions import Fraction

import numpy as np

import conversion
import nonidealities
import projections
import reference_parameters as parameters
import topkima_reference as ref
from random_cases import make_case


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
        rules += [position < tokens, bisect.bisect(ends, token) == bisect.bisect(ends, position)]
    return all(rules)


def place_tokens(tokens, config):
    """Token by token into the columns of the crossbars."""
    split, width = config["topk.split"], config["crossbar.columns"]
    if split == "auto":
        split = [width] * math.ceil(tokens / width)
    held, crossbar = [[] for _ in split], 0
    for token in range(tokens):
        if config["attention.placement"] == "interleaved":
            held[token % len(split)].append(token)
            continue
        while len(held[crossbar]) == split[crossbar]:
            crossbar += 1
        held[crossbar].append(token)
    return held


def share_out(k, amounts):
    """Largest remainders of a row, in fractions."""
    total = sum(amounts)
    if not total:
        return [0] * len(amounts)
    parts = [math.floor(Fraction(k * n, total)) for n in amounts]
    order = sorted(range(len(amounts)), key=lambda i: (parts[i] - Fraction(k * amounts[i], total),
                                                       i))
    for i in order[: k - sum(parts)]:
        parts[i] += 1
    return [max(1, part) if n else 0 for part, n in zip(parts, amounts)]


def row_shares(on, held, config):
    if config["topk.sub_k"] != "auto":
        return config["topk.sub_k"]
    if config["topk.sub_k_by"] == "columns":
        return [max(1, part) for part in share_out(config["topk.k"], [len(h) for h in held])]
    return share_out(config["topk.k"], [sum(on[j] for j in h) for h in held])


def walk_together(codes, on, held, config):
    """The crossbars of a head, whose ramps fall in lock step under one counter: in each step every
    crossbar has its requests, and the lowest crossbar's lowest column is granted first."""
    bits, pace = config["ima.bits"], conversion.pace_of(config)
    waiting = [[j for j in h if on[j]] for h in held]
    participants, granted, first = sum(map(len, waiting)), [], None
    if config["topk.stop_when_exhausted"] and not participants:
        return granted, 0, 0
    tree = config["topk.tree_cycles"]
    cycles = pace.start + (math.ceil(math.log2(len(held))) if tree == "auto" else tree)
    for step in range(2**bits):
        level = 2 ** (bits - 1) - 1 - step
        requests = [[j for j in w if codes[j] == level or step == 2**bits - 1] for w in waiting]
        waiting = [[j for j in w if j not in r] for w, r in zip(waiting, requests)]
        in_order = [j for r in requests for j in r][: config["topk.k"] - len(granted)]
        granted += in_order
        cycles += (pace.step + max(1, math.ceil(len(in_order) / pace.lanes))
                   + (pace.grant if in_order else 0))
        first = step if first is None and in_order else first
        exhausted = config["topk.stop_when_exhausted"] and len(granted) == participants
        reached = first is not None and 0 < config["topk.reach"] == step - first
        if len(granted) == config["topk.k"] or exhausted or reached:
            return granted, cycles, step + 1
    return granted, cycles, 2**bits


def insertion_sort(codes, on, columns, k):
    """A sorter, element by element: the k largest, the older ahead of its equals."""
    kept = []
    for j in columns:
        if on[j]:
            place = sum(codes[i] >= codes[j] for i in kept)
            kept = [*kept[:place], j, *kept[place:]][:k]
    return kept


def convert_row(codes, on, held, config):
    """Winners of a row by the slow way of its machine, and (cycles, steps) of each crossbar."""
    bits, shares, won, pairs = config["ima.bits"], row_shares(on, held, config), [], []
    gated = [config["crossbar.gate_empty"] and not any(on[j] for j in h) for h in held]
    together = config["topk.scope"] == "head"
    if config["softmax.macro"] == "topkima" and together:
        won, *pair = walk_together(codes, on, held, config)
        pairs = [pair] * len(held)
    elif config["softmax.macro"] == "topkima":
        for h, k_i in zip(held, shares):
            granted, *pair = conversion.walk_ramp(
                [codes[j] for j in h], [on[j] for j in h], k_i, bits,
                config["topk.stop_when_exhausted"], conversion.pace_of(config),
                config["topk.reach"])
            won += [h[j] for j in granted]
            pairs.append(pair)
    else:
        pairs = [[2**bits, 2**bits]] * len(held)
        if config["softmax.macro"] == "conventional":
            won = [j for h in held for j in h if on[j]]
        elif config["sort.sorters"] == "head":
            won = insertion_sort(codes, on, [j for h in held for j in h], config["topk.k"])
        else:
            won = [j for h, k_i in zip(held, shares)
                   for j in insertion_sort(codes, on, h, k_i)]
    return won, [[0, 0] if off else pair for off, pair in zip(gated, pairs)]


def weigh(won, p, v, config):
    """Outputs of a row, digit by digit."""
    half, lsb = 2 ** (config["av.bits"] - 1), config["av.lsb"]
    if lsb == "auto":
        one = 2 ** config["softmax.prob_bits"] - 1
        lsb = next(odd for odd in range(1, one + 2, 2) if odd * half >= one)
    size = config["av.rows"]
    if size == "auto":
        size = config["crossbar.rows"] - config["crossbar.ramp_rows"]
    outputs = []
    for d in range(len(v[0])):
        out = 0
        for b in range(config["av.value_bits"] - 1):
            sums = {}
            for j, weight in zip(won, p):
                digit = (abs(v[j][d]) >> b & 1) * (1 if v[j][d] > 0 else -1)
                sums[j // size] = sums.get(j // size, 0) + weight * digit
            for total in sums.values():
                out += 2**b * lsb * max(-half, min(half - 1, (2 * total + lsb) // (2 * lsb)))
        outputs.append(out)
    return outputs


def code_of(query, key, lsb, config):
    """Of the whole sum on joined bit lines, or the sum of the codes of arrays."""
    size = (config["crossbar.rows"] - config["crossbar.ramp_rows"]) // config["score.key_cells"]
    if config["score.row_split"] == "join":
        size = len(query)
    half, code = 2 ** (config["ima.bits"] - 1), 0
    for first in range(0, len(query), size):
        s = sum(a * b for a, b in zip(query[first:first + size], key[first:first + size]))
        code += max(-half, min(half - 1, (2 * s + lsb) // (2 * lsb)))
    return code


class Scalar(unittest.TestCase):
    def test_random_machines(self):
        seen = Counter()
        for index in range(350):
            case = make_case("macro", 7, index)
            case.config = {key: value for key, value in case.config.items()
                           if key not in nonidealities.DEFAULTS}
            q, k, _ = (case.tensors[n] for n in "qkv")
            if q.shape[1] * k.shape[1] * q.shape[2] > 20000:
                continue
            got = ref.run_macro(case.tensors, case.config)
            for h in range(len(q)):
                self.compare_head(got, h, case)
            seen.update(f"{key} {case.config[key]}" for key in (
                "attention.placement", "topk.scope", "topk.sub_k_by", "crossbar.gate_empty",
                "score.row_split", "softmax.macro", "attention.kv_sharing") if key in case.config)
            seen["reach"] += bool(case.config.get("topk.reach"))
            seen["grouped"] += len(k) < len(q)
            seen["added"] += got.row_blocks > 1
            seen["joined"] += got.joined > 1
        self.assertEqual(len(seen), 17, seen)
        self.assertGreater(min(seen.values()), 1, seen)

    def compare_head(self, got, h, case):
        config = parameters.full_config(case.config)
        limits = (parameters.query_max(config), parameters.key_max(config),
                  parameters.value_max(config))
        group = len(case.tensors["q"]) // len(case.tensors["k"])
        heads = [case.tensors[n][h // (1 if n == "q" else group)] for n in "qkv"]
        if heads[0].dtype == np.float32:
            heads = [projections.quantise(t, limit)[0] for t, limit in zip(heads, limits)]
        q, k, v = (t.tolist() for t in heads)
        lsb, step = int(got.scales["ramp_lsb"][h]), float(got.scales["score_step"][h])
        held, one = place_tokens(len(k), config), 2 ** config["softmax.prob_bits"] - 1
        for r, query in enumerate(q):
            position = r + config["attention.first_row"]
            codes = [code_of(query, key, lsb, config) for key in k]
            on = [takes_part(position, j, len(k), config) for j in range(len(k))]
            won, pairs = convert_row(codes, on, held, config)
            empty = [-1] * (got.topk_index.shape[2] - len(won))
            self.assertEqual([*won, *empty], got.topk_index[h, r].tolist())
            self.assertEqual(pairs, np.stack([got.convert_cycles[h, r], got.executed_steps[h, r]],
                                             axis=1).tolist())
            top = max((codes[j] for j in won), default=0)
            e = [math.floor(32768 * math.exp(-(top - codes[j]) * step) + 0.5) for j in won]
            p = [(2 * x * one + sum(e)) // (2 * sum(e)) for x in e]
            self.assertEqual(p, got.probability[h, r, :len(won)].tolist())
            self.assertEqual(weigh(won, p, v, config), got.output[h, r].tolist())


if __name__ == "__main__":
    unittest.main()
