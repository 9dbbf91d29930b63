# SPDX-License-Identifier: Apache-2.0
"""Random non-idealities and stuck cells of a machine."""

import numpy as np

from baselines import column_slices
from participation import crossbar_tokens
from random_choices import blocks, chance, integer, pick
from weighting import array_rows_of


def noisy_config(rng, full, heads, tokens, d_k, values=None):
    """Some of the non-idealities of the SRAM arrays; `heads` are those that have arrays."""
    config = {"noise.seed": integer(rng, 0, 2**32 - 1)}
    for key in ("noise.score_sigma", "noise.comparator_sigma", "noise.ramp_sigma",
                "noise.value_sigma", "noise.value_comparator_sigma", "noise.value_ramp_sigma"):
        if chance(rng, 0.4):
            config[key] = float(10 ** rng.uniform(-2, 0.5))
    for key, bits in (("noise.ramp_thresholds", full["ima.bits"]),
                      ("noise.value_ramp_thresholds", full["av.bits"])):
        if chance(rng, 0.2):
            ideal = 2 ** (bits - 1) - 1.5 - np.arange(2**bits - 1)
            table = ideal + rng.uniform(-0.45, 0.45, len(ideal))
            config[key] = ideal if chance(rng, 0.3) else table
    for key in ("fault.key_cells", "fault.value_cells"):
        if chance(rng, 0.3):
            config[key] = pick(rng, (0.001, 0.02, 0.3, 1.0))
    if chance(rng, 0.2):
        config["fault.stuck"] = [stuck_cell(rng, full, heads, tokens, d_k, values)
                                 for _ in range(integer(rng, 1, 30))]
    return config


def stuck_cell(rng, full, heads, tokens, d_k, values=None):
    """Of K^T, whose columns have `values` values (d_k), or of V."""
    head, level = integer(rng, 0, heads - 1), integer(rng, -1, 1)
    if chance(rng, 0.5):
        held = crossbar_tokens(tokens, full)
        parts = column_slices(values or d_k, full)
        block, crossbar = integer(rng, 0, len(parts) - 1), integer(rng, 0, len(held) - 1)
        lines = (parts[block].stop - parts[block].start) * full["score.key_cells"]
        return ("key", head, block * len(held) + crossbar, 0, integer(rng, 0, lines - 1),
                integer(rng, 0, max(1, len(held[crossbar])) - 1), level)
    rows = array_rows_of(full)
    array = integer(rng, 0, blocks(tokens, rows) - 1)
    return ("value", head, array, 0, integer(rng, 0, min(rows, tokens - array * rows) - 1),
            integer(rng, 0, d_k * (full["av.value_bits"] - 1) - 1), level)


def noisy_rram(rng, full, heads, kv_heads, d_k):
    config = {}
    if chance(rng, 0.4):
        config["noise.rram_sigma"] = float(10 ** rng.uniform(-3, -0.31))
    if chance(rng, 0.3):
        config["fault.rram_cells"] = pick(rng, (0.0001, 0.01, 0.5))
    if chance(rng, 0.2):
        listed = full["fault.stuck"] if isinstance(full["fault.stuck"], list) else []
        config["fault.stuck"] = listed + [stuck_conductance(rng, full, heads, kv_heads, d_k)
                                          for _ in range(integer(rng, 1, 10))]
    return config


def stuck_conductance(rng, full, heads, kv_heads, d_k):
    folds = full["attention.scaling"] == "in_k_weights"
    name = pick(rng, ("q", "v", "fold0" if folds else "k"))
    slices = blocks(full["projection.weight_bits"], full["rram.cell_bits"])
    outputs = d_k * (kv_heads if name in "kv" else heads)
    return ("rram", name, integer(rng, 0, slices - 1), 0, integer(rng, 0, d_k - 1),
            integer(rng, 0, outputs - 1), pick(rng, ("on", "off")))
