# SPDX-License-Identifier: Apache-2.0
"""Random machines that hold a module of the given size. Every one fits the hardware (K^T rows,
crossbar columns), so a tool that refuses one is wrong."""

import numpy as np

from baselines import EXPONENT_ENTRIES, arrays_of, is_topkima, row_blocks
from participation import crossbar_tokens
from random_choices import blocks, chance, integer, pick
from reference_parameters import full_config

ROWS = ((256, 64), (64, 16), (128, 64), (128, 32), (256, 32), (512, 64), (512, 128))
COLUMNS = (256, 256, 256, 16, 32, 64, 100, 128)
SCHEDULES = ("fine", "fine", "buffered", "coarse", "sequential")


def head_counts(rng):
    """Query heads, and the heads of keys and values that they share."""
    if chance(rng, 0.35):
        kv_heads, group = integer(rng, 1, 3), integer(rng, 2, 3)
        return kv_heads * group, kv_heads
    heads = integer(rng, 1, 5)
    return heads, heads


def random_step(rng):
    return float(10 ** rng.uniform(-2.5, 0.7))


def random_lsb(rng):
    return int(10 ** rng.uniform(0, 2.7))


def attention_config(rng, config, heads, rows, tokens, d_k):
    """All of the attention module; `config` says which macro and scaling it has."""
    def sometimes(probability, key, make):
        if chance(rng, probability):
            config[key] = make()

    sometimes(0.35, "score.query_bits", lambda: integer(rng, 2, 6))
    sometimes(0.35, "score.key_cells", lambda: integer(rng, 1, 4))
    sometimes(0.35, "av.value_bits", lambda: integer(rng, 2, 6))
    sometimes(0.4, "score.weighting", lambda: pick(rng, ("drive", "pulse")))
    sometimes(0.5, "ima.bits", lambda: integer(rng, 2, 8))
    sometimes(0.1, "ima.saturate_share", lambda: pick(rng, (0.0, 0.05, 0.3)))
    sometimes(0.4, "softmax.prob_bits", lambda: integer(rng, 1, 8))
    sometimes(0.4, "av.bits", lambda: integer(rng, 2, 8))
    sometimes(0.4, "av.lsb", lambda: integer(rng, 1, 9))
    sometimes(0.25, "topk.stop_when_exhausted", lambda: pick(rng, (True, False, False)))
    sometimes(0.8, "pipeline.schedule", lambda: pick(rng, SCHEDULES))
    sometimes(0.6, "pipeline.queue_depth", lambda: integer(rng, 0, 3))
    sometimes(0.4, "attention.valid_tokens", lambda: pick(
        rng, (0, *(integer(rng, 0, tokens) for _ in range(6)), tokens)))
    sometimes(0.35, "attention.causal", lambda: True)
    sometimes(0.2, "attention.first_row", lambda: integer(rng, 0, tokens))
    sometimes(0.2, "attention.score_scale", lambda: float(10 ** rng.uniform(-2, 0.3)))
    sometimes(0.1, "score.precharge_cycles", lambda: integer(rng, 1, 4))
    sometimes(0.25, "topk.grants_per_cycle", lambda: pick(rng, (2, 3, 4, 8, 64)))
    sometimes(0.15, "topk.step_cycles", lambda: integer(rng, 1, 5))
    sometimes(0.15, "topk.start_cycles", lambda: integer(rng, 1, 60))
    sometimes(0.15, "topk.grant_cycles", lambda: integer(rng, 1, 5))
    sometimes(0.15, "softmax.exponent_interval", lambda: integer(rng, 2, 20))
    sometimes(0.15, "softmax.divide_interval", lambda: integer(rng, 2, 20))
    sometimes(0.1, "topk.union_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "softmax.exponent_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "softmax.divide_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "av.precharge_cycles", lambda: integer(rng, 1, 4))
    sometimes(0.1, "av.shift_add_cycles", lambda: integer(rng, 1, 4))
    sometimes(0.4, "ima.ramp_lsb", lambda: pick(rng, (
        random_lsb(rng), [random_lsb(rng) for _ in range(heads)])))
    arrays_config(rng, config, tokens, d_k)
    sometimes(0.4, "attention.placement", lambda: pick(rng, ("interleaved", "interleaved",
                                                             "blocked")))
    sometimes(0.3, "topk.sub_k_by", lambda: pick(rng, ("columns", "columns", "participants")))
    sometimes(0.3, "crossbar.gate_empty", lambda: pick(rng, (False, False, True)))
    selection_config(rng, config, rows, tokens, d_k)


def mask_config(rng, config, tokens):
    """Masks beside the causal one and the padding behind all sequences."""
    if chance(rng, 0.25):
        config["attention.window"] = integer(rng, 1, tokens)
    if chance(rng, 0.2):
        ends = np.unique([*(integer(rng, 1, tokens) for _ in range(integer(rng, 0, 5))), tokens])
        config["attention.segments"] = [int(length) for length in np.diff(ends, prepend=0)]
    sequences = full_config(config)["pipeline.sequences"]
    for key, usual in (("attention.valid_tokens", tokens), ("attention.first_valid", 0)):
        if sequences > 1 and chance(rng, 0.25):
            config[key] = [pick(rng, (usual, integer(rng, 0, tokens))) for _ in range(sequences)]
        elif key not in config and chance(rng, 0.15):
            config[key] = integer(rng, 0, tokens)


def baseline_config(rng, scalings):
    """One of the machines beside Topkima-Former, in about half the cases."""
    config = {}
    macro = pick(rng, ("topkima", "topkima", "topkima", "conventional", "digital_topk",
                       "digital_topk"))
    scaling = pick(rng, scalings)
    for key, value, usual in (("softmax.macro", macro, "topkima"),
                              ("attention.scaling", scaling, "scale_free")):
        if value != usual or chance(rng, 0.2):
            config[key] = value
    if chance(rng, 0.5):
        config["sort.sorters"] = pick(rng, ("head", "crossbar"))
    for key in ("sort.element_cycles", "shift.element_cycles"):
        if chance(rng, 0.25):
            config[key] = integer(rng, 1, 5)
    if chance(rng, 0.25):
        config["score.adder_cycles"] = integer(rng, 1, 90)
    return config


# Arrays

def sized(config, size):
    return {**full_config(config), "crossbar.rows": size[0], "crossbar.ramp_rows": size[1]}


def arrays_config(rng, config, tokens, d_k):
    """Crossbar sizes that hold K^T and V."""
    full = full_config(config)
    fitting = [size for size in ROWS if arrays_of(d_k, sized(config, size)) == 1]
    if full["attention.scaling"] != "in_k_weights" and chance(rng, 0.3):
        fitting = wide_sizes(rng, config, d_k) or fitting
    rows, ramp_rows = fitting[0] if chance(rng, 0.5) else pick(rng, fitting)
    columns, usable = pick(rng, COLUMNS), rows - ramp_rows
    av_rows = integer(rng, min(8, usable), usable) if chance(rng, 0.3) else None
    slices = d_k * (full["av.value_bits"] - 1)
    arrays = arrays_of(d_k, sized(config, (rows, ramp_rows)))
    if (blocks(tokens, columns) > min(16, full["crossbar.max_per_head"] // arrays)
            or blocks(tokens, av_rows or usable) * blocks(slices, columns)
            > full["crossbar.max_per_head"]):
        columns, av_rows = 256, None
    for key, value in (("crossbar.rows", rows), ("crossbar.ramp_rows", ramp_rows),
                       ("crossbar.columns", columns)):
        if value != full[key] or chance(rng, 0.2):
            config[key] = value
    if av_rows:
        config["av.rows"] = av_rows


def wide_sizes(rng, config, d_k):
    """Sizes of which a column needs more than one array: joined, or, with full ramps, perhaps
    converted one by one and added."""
    join, most = is_topkima(full_config(config)) or chance(rng, 0.5), pick(rng, (4, 4, 2, 3, 8))

    def fits(size):
        arrays = arrays_of(d_k, sized(config, size))
        top = 2 ** full_config(config)["ima.bits"] - 1
        return 1 < arrays <= (most if join else 4) and (join or arrays * top < EXPONENT_ENTRIES)

    sizes = [size for size in ROWS if fits(size)]
    if join and (sizes or chance(rng, 0.3)):
        config["score.row_split"] = "join"
        if most != 4 or chance(rng, 0.2):
            config["score.join_max"] = most
    return sizes


def fold_config(rng, config, tokens, d_k, d_model):
    """Makes X^T fit the score arrays, or takes the scale out of W_K^T again."""
    for key in ("projection.precharge_cycles", "projection.column_mux", "projection.adder_cycles"):
        if chance(rng, 0.2):
            config[key] = pick(rng, (1, 2, 4))
    full = full_config(config)
    crossbars = len(crossbar_tokens(tokens, full))

    def arrays_for(size):
        return arrays_of(d_model, sized(config, size))

    def fits(size):
        slices = blocks(d_k * (full["av.value_bits"] - 1), full["crossbar.columns"])
        arrays = max(arrays_for(size) * crossbars, blocks(tokens, size[0] - size[1]) * slices)
        return arrays <= full["crossbar.max_per_head"]

    size = full["crossbar.rows"], full["crossbar.ramp_rows"]
    smaller = [other for other in ROWS if arrays_for(other) > 1 and fits(other)]
    if smaller and not is_topkima(full) and "av.rows" not in config and chance(rng, 0.7):
        size = pick(rng, smaller)
        config["crossbar.rows"], config["crossbar.ramp_rows"] = size
    arrays = arrays_for(size)
    if not fits(size) or (arrays > 1 and is_topkima(full)):
        config["attention.scaling"] = "scale_free"
    while arrays * (2 ** full_config(config)["ima.bits"] - 1) >= EXPONENT_ENTRIES:
        config["ima.bits"] = integer(rng, 2, 7)


# Selection

def selection_config(rng, config, rows, tokens, d_k):
    """k, the split over crossbars and their k_i: no crossbar has more winners than columns."""
    full = full_config(config)
    columns = full["crossbar.columns"]
    if chance(rng, 0.7):
        config["topk.k"] = integer(rng, 1, 12)
    elif chance(rng, 0.2) and rows * tokens < 10000:
        config["topk.k"] = tokens + integer(rng, 0, 3)
    if "topk.k" in config:
        config["topk.k"] = min(config["topk.k"], max(tokens, columns))
    if chance(rng, 0.4):
        split = interleaved_split if full["attention.placement"] == "interleaved" else random_split
        arrays = 1 if full["attention.scaling"] == "in_k_weights" else arrays_of(d_k, full)
        parts = min(16, full["crossbar.max_per_head"] // arrays - 1)
        config["topk.split"] = split(rng, tokens, columns, parts)
    if chance(rng, 0.35):
        crossbars = len(crossbar_tokens(tokens, full_config(config)))
        most = pick(rng, (2, 4, 12))
        config["topk.sub_k"] = [min(columns, integer(rng, 1, most)) for _ in range(crossbars)]


def random_split(rng, tokens, columns, parts):
    """About `parts` crossbars at most; the last ones may have more columns than
    there are tokens left, or no token at all."""
    split, left = [], tokens
    while left > 0:
        # Never so little that the parts to come could not take the rest.
        least = min(columns, blocks(left, max(1, parts - len(split))))
        most = min(columns, pick(rng, (left, left // 2, columns)))
        split.append(integer(rng, least, max(least, most)))
        left -= split[-1]
    if chance(rng, 0.15):
        split.append(integer(rng, 1, columns))
    return split


def interleaved_split(rng, tokens, columns, parts):
    """Crossbars of which each holds its part of the tokens, if only just; there may be more
    crossbars than tokens."""
    count = integer(rng, blocks(tokens, columns), parts)
    return [integer(rng, max(1, blocks(tokens - first, count)), columns) for first in range(count)]


def ramp_config(rng, config, values):
    """One ramp for a head or one for each crossbar, and how far it goes; `values` of a column."""
    full = full_config(config)
    if row_blocks(values, full) == 1 and chance(rng, 0.4):
        config.pop("topk.sub_k", None)
        config["topk.scope"] = "head"
        if chance(rng, 0.3):
            config["topk.tree_cycles"] = integer(rng, 0, 7)
    if is_topkima(full) and chance(rng, 0.3):
        config["topk.reach"] = integer(rng, 0, 2 ** full["ima.bits"] - 1)


def grouped_config(rng, config, heads, kv_heads, in_file):
    """`in_file` tells a tool how many heads there are, without a parameter."""
    if kv_heads < heads and not in_file or chance(rng, 0.2):
        config["attention.kv_heads"] = kv_heads
    if chance(rng, 0.5):
        config["attention.kv_sharing"] = pick(rng, ("multiplexed", "replicated"))


def chain_count(heads, kv_heads, config):
    """Heads that have arrays."""
    return heads if full_config(config)["attention.kv_sharing"] == "replicated" else kv_heads
