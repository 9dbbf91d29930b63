# SPDX-License-Identifier: Apache-2.0
"""Quantisation, and the products of RRAM arrays, in plain numpy."""

import numpy as np

import nonidealities
from reference_parameters import AUTO, key_max, query_max, signed_max


def quantise(x, q_max):
    """Symmetric, rounding half to even; returns the integers and their scale."""
    x = np.asarray(x).astype(np.float64)
    largest = float(np.max(np.abs(x), initial=0.0))
    scale = largest / q_max if largest > 0 else 1.0
    return np.clip(np.rint(x / scale), -q_max, q_max).astype(np.int64), scale


def exact_product(a, b):
    """Integer matrix product by way of doubles: exact below 2^53, and numpy's
    int64 product is far slower."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    bound = a.shape[-1] * int(np.max(np.abs(a), initial=0)) * int(np.max(np.abs(b), initial=0))
    if bound >= 2**53:
        raise OverflowError("product does not fit a double")
    return np.rint(a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)


def lossless_adc_bits(rows, cell_bits):
    """ceil(log2(full scale + 1)): bits that tell every partial sum apart."""
    return (rows * (2**cell_bits - 1)).bit_length()


def rram_read(p, rows, cell_bits, adc_bits, unit=1):
    """What the ADC of an RRAM array makes of partial sums p >= 0, `unit` to a level."""
    full_scale = rows * (2**cell_bits - 1)
    step = -(-full_scale // 2**adc_bits)
    return np.clip((2 * p + step * unit) // (2 * step * unit), 0, 2**adc_bits - 1) * step


def rram_product(x, w, config, input_bits, projection="q"):
    """X * W as the RRAM arrays see it: exact, or with every partial sum (input
    bit, weight slice, row block) read by too small an ADC or off real cells."""
    rows, cell_bits = config["rram.rows"], config["rram.cell_bits"]
    adc_bits, lossless = config["rram.adc_bits"], lossless_adc_bits(rows, cell_bits)
    if adc_bits == AUTO or adc_bits >= lossless:
        adc_bits = lossless
        if not nonidealities.rram_is_real(config):
            return exact_product(x, w)
    weight_bits = config["projection.weight_bits"]
    offset = 2 ** (weight_bits - 1)
    stored = w + offset
    acc = np.zeros((x.shape[0], w.shape[1]), np.int64)
    arrays = [nonidealities.conductances((stored >> low) & (2**cell_bits - 1), low // cell_bits,
                                         projection, config)
              for low in range(0, weight_bits, cell_bits)]
    for first in range(0, w.shape[0], rows):
        block = slice(first, first + rows)
        for bit in range(input_bits):
            pulses = (x[:, block] >> bit) & 1
            # The top bit of two's complement weighs negatively.
            place = -(2**bit) if bit == input_bits - 1 else 2**bit
            for low, (cells, unit) in zip(range(0, weight_bits, cell_bits), arrays):
                p = exact_product(pulses, cells[block])
                acc += place * 2**low * rram_read(p, rows, cell_bits, adc_bits, unit)
    return acc - offset * x.sum(axis=1, keepdims=True)


def requantise(acc, q_max):
    """One head's accumulators to integers of q_max; returns them and m."""
    m = int(np.max(np.abs(acc), initial=0)) or 1
    return np.clip((2 * acc * q_max + m) // (2 * m), -q_max, q_max), m


def project(x, scale_x, w, heads, q_max, config, name="q"):
    """Projected integers [heads, tokens, d_k] and their scale per head."""
    w_int, scale_w = quantise(w, signed_max(config["projection.weight_bits"]))
    acc = rram_product(x, w_int, config, config["projection.input_bits"], name)
    per_head = np.split(acc, heads, axis=1)
    pairs = [requantise(a, q_max) for a in per_head]
    integers = np.stack([q for q, _ in pairs])
    scales = np.array([scale_x * scale_w * m / q_max for _, m in pairs])
    return integers, scales


def fold(q, scales, w, kv_heads, config):
    """The queries [heads, tokens, d_k] times W_K^T of their key heads, requantised per head to
    [heads, tokens, d_model]; returns them and their scale per head. Heads that take turns in a
    chain have its arrays."""
    turns = 1 if config["attention.kv_sharing"] == "replicated" else len(q) // kv_heads
    w_int, scale_w = quantise(w, signed_max(config["projection.weight_bits"]))
    q_max = query_max(config)
    w_heads = np.repeat(np.split(w_int, kv_heads, axis=1), len(q) // kv_heads, axis=0)
    pairs = [requantise(rram_product(q_h, w_h.T, config, config["score.query_bits"],
                                     f"fold{h // turns}"), q_max)
             for h, (q_h, w_h) in enumerate(zip(q, w_heads))]
    folded_scales = [scale * scale_w * m / q_max for scale, (_, m) in zip(scales, pairs)]
    return np.stack([folded for folded, _ in pairs]), np.array(folded_scales)


def narrow(x, scale_x, heads, config):
    """X at the width of the score arrays, the same in every head, and its scales."""
    q_max = key_max(config)
    narrowed, m = requantise(x, q_max)
    return np.stack([narrowed] * heads), np.full(heads, scale_x * m / q_max)
