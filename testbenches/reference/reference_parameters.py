# SPDX-License-Identifier: Apache-2.0
"""Parameters of the reference: a flat dict {"topk.k": 5, "topk.split": [256, 128], ...}. A missing
key takes its value from DEFAULTS, an unknown one is an error."""

import nonidealities

AUTO = "auto"

DEFAULTS = {
    "attention.heads": 1,
    "attention.kv_heads": AUTO,
    "attention.kv_sharing": "multiplexed",
    # Sizes of a tool's own synthetic input; here the tensors say them.
    "attention.tokens": AUTO,
    "attention.query_rows": AUTO,
    "attention.d_model": AUTO,
    # Numbers, or lists of one for each sequence.
    "attention.valid_tokens": "all",
    "attention.first_valid": 0,
    "attention.causal": False,
    "attention.window": "none",
    "attention.segments": "none",
    "attention.first_row": 0,
    "attention.score_scale": AUTO,
    "attention.scaling": "scale_free",
    "attention.placement": "blocked",
    "crossbar.rows": 256,
    "crossbar.columns": 256,
    "crossbar.ramp_rows": 64,
    "crossbar.max_per_head": 64,
    "crossbar.gate_empty": True,
    "score.query_bits": 5,
    "score.key_cells": 3,
    "score.weighting": "drive",
    "score.precharge_cycles": 1,
    "score.adder_cycles": 2,
    "score.row_split": "none",
    "score.join_max": 4,
    "ima.bits": 5,
    "ima.ramp_lsb": AUTO,
    "ima.saturate_share": 0.01,
    "topk.k": 5,
    "topk.split": AUTO,
    "topk.sub_k": AUTO,
    "topk.sub_k_by": "participants",
    "topk.scope": "crossbar",
    "topk.tree_cycles": AUTO,
    "topk.reach": 0,
    "topk.stop_when_exhausted": True,
    "topk.grants_per_cycle": 1,
    "topk.step_cycles": 0,
    "topk.start_cycles": 0,
    "topk.grant_cycles": 0,
    "topk.union_cycles": 1,
    "sort.sorters": "head",
    "sort.element_cycles": 1,
    "shift.element_cycles": 1,
    "softmax.macro": "topkima",
    "softmax.prob_bits": 5,
    "softmax.score_step": AUTO,
    "softmax.exponent_cycles": 2,
    "softmax.exponent_interval": 1,
    "softmax.divide_cycles": AUTO,
    "softmax.divide_interval": 1,
    "av.value_bits": 5,
    "av.bits": 5,
    "av.lsb": AUTO,
    "av.rows": AUTO,
    "av.precharge_cycles": 1,
    "av.shift_add_cycles": 2,
    "projection.input_bits": 8,
    "projection.weight_bits": 8,
    "projection.precharge_cycles": 1,
    "projection.column_mux": 8,
    "projection.adder_cycles": 2,
    "rram.cell_bits": 1,
    "rram.rows": 256,
    "rram.adc_bits": AUTO,
    "pipeline.schedule": "fine",
    "pipeline.queue_depth": 2,
    "pipeline.banks": 2,
    "pipeline.sequences": 1,
    **nonidealities.DEFAULTS,
}


def full_config(config):
    unknown = set(config) - set(DEFAULTS)
    if unknown:
        raise KeyError(f"unknown parameters: {sorted(unknown)}")
    return {**DEFAULTS, **config}


def signed_max(bits):
    """Largest magnitude of a sign-magnitude number of this many bits."""
    return 2 ** (bits - 1) - 1


def query_max(config):
    return signed_max(config["score.query_bits"])


def key_max(config):
    return 2 ** config["score.key_cells"] - 1


def value_max(config):
    return signed_max(config["av.value_bits"])


def value_step(config):
    """Of the AV arrays' ramp: the smallest odd step that holds the largest probability."""
    if config["av.lsb"] != AUTO:
        return config["av.lsb"]
    step = 1
    while step * 2 ** (config["av.bits"] - 1) < probability_one(config):
        step += 2
    return step


def probability_one(config):
    return 2 ** config["softmax.prob_bits"] - 1
