# SPDX-License-Identifier: Apache-2.0
"""Scores of a head and their codes, array by array: a column whose values need more word lines
than an array has lies in several, which are joined or converted each by itself."""

from dataclasses import dataclass

import numpy as np

import nonidealities
from baselines import column_slices, conversions_of
from conversion import ramp_code
from projections import exact_product


@dataclass(frozen=True)
class Chain:
    """The arrays that a query head uses: their number in the machine, and where this head's rows
    stand among all that pass them, `group` of them for every token."""
    number: int
    place: int
    group: int

    def lines(self, rows):
        return np.arange(rows) * self.group + self.place


def chain_of(head, heads, kv_heads, config):
    """With one chain per key and value head its queries pass in turn, head after head."""
    group = heads // kv_heads
    if config["attention.kv_sharing"] == "replicated":
        return Chain(head, 0, 1)
    return Chain(head // group, head % group, group)


def partial_scores(q, k, config):
    """Exact sums [conversions, rows, tokens] of one head."""
    return np.stack([sum(exact_product(q[:, part], k[:, part].T) for part in joined)
                     for joined in conversions_of(q.shape[1], config)])


def array_codes(q, k, chain, lsb, held, config):
    """Codes [rows, tokens] of one head, each the sum over its conversions; what is not ideal about
    the arrays is in them. Joined arrays have the comparators and the ramp of the first."""
    codes = np.zeros((len(q), len(k)), np.int64)
    number = {part.start: i for i, part in enumerate(column_slices(q.shape[1], config))}
    for joined in conversions_of(q.shape[1], config):
        for crossbar, slots in enumerate(held):
            if not len(slots):
                continue
            arrays = [number[part.start] * len(held) + crossbar for part in joined]
            keys = [nonidealities.held_keys(k[slots, part], config, chain.number, array)
                    for part, array in zip(joined, arrays)]
            s = sum(exact_product(q[:, part], held_keys.T)
                    for part, held_keys in zip(joined, keys))
            codes[:, slots] += read_scores(s, lsb, chain, arrays[0], config)
    return codes


def read_scores(s, lsb, chain, array, config):
    bits = config["ima.bits"]
    if not nonidealities.is_real(config, nonidealities.SCORE_NAMES):
        return ramp_code(s, lsb, bits)
    return nonidealities.real_codes(s, lsb, bits, config, nonidealities.SCORE_NAMES,
                                    nonidealities.SCORE,
                                    nonidealities.array_place(chain.number, array),
                                    chain.lines(len(s)))
