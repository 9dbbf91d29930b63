# SPDX-License-Identifier: Apache-2.0
"""Softmax of the winners' codes, and the weighted sum of their values."""

import math

import numpy as np

import nonidealities
from conversion import ramp_code
from projections import exact_product
from reference_parameters import AUTO, value_step

EXPONENT_ONE = 2**15


def exponent_table(bits, score_step, blocks=1):
    """E of every difference between two codes, each the sum of `blocks` codes."""
    # math.exp, not numpy's: the latter may use a vector routine of its own.
    return np.array([math.floor(EXPONENT_ONE * math.exp(-d * score_step) + 0.5)
                     for d in range(blocks * (2**bits - 1) + 1)], np.int64)


def probabilities(codes, won, table, one):
    """P [rows, K] of the winners' codes; zero where `won` is false."""
    lowest = np.iinfo(np.int64).min
    c_max = np.max(np.where(won, codes, lowest), axis=1, keepdims=True, initial=lowest)
    e = np.where(won, table[np.where(won, c_max - codes, 0)], 0)
    s = np.maximum(e.sum(axis=1, keepdims=True), 1)
    return np.where(won, (2 * e * one + s) // (2 * s), 0)


def array_rows_of(config):
    """Token rows of an AV array."""
    if config["av.rows"] == AUTO:
        return config["crossbar.rows"] - config["crossbar.ramp_rows"]
    return config["av.rows"]


def weighted_values(index, prob, v, mask, chain, config):
    """Output integers [rows, d_k] of the AV arrays of one head."""
    tokens, d_k = v.shape
    slices = config["av.value_bits"] - 1
    # One spare column takes what the empty places (-1) would write.
    pulses = np.zeros((len(index), tokens + 1), np.int64)
    np.put_along_axis(pulses, index, prob, axis=1)
    out = np.zeros((len(index), d_k), np.int64)
    size = array_rows_of(config)
    for array, first in enumerate(range(0, tokens, size)):
        block = slice(first, min(first + size, tokens))
        digits = np.concatenate([nonidealities.ternary(v[block], b) for b in range(slices)], axis=1)
        nonidealities.stuck_sram(digits, config, "value", chain.number, array)
        codes = read_values(exact_product(pulses[:, block], digits), chain, array, config)
        if config["crossbar.gate_empty"]:
            codes = np.where(mask[:, block].any(axis=1, keepdims=True), codes, 0)
        for b in range(slices):
            out += 2**b * value_step(config) * codes[:, b * d_k:(b + 1) * d_k]
    # A row without winners is not evaluated.
    return np.where((index >= 0).any(axis=1, keepdims=True), out, 0)


def read_values(p, chain, array, config):
    lsb, bits = value_step(config), config["av.bits"]
    if not nonidealities.is_real(config, nonidealities.VALUE_NAMES):
        return ramp_code(p, lsb, bits)
    return nonidealities.real_codes(p, lsb, bits, config, nonidealities.VALUE_NAMES,
                                    nonidealities.VALUE,
                                    nonidealities.array_place(chain.number, array),
                                    chain.lines(len(p)))
