# SPDX-License-Identifier: Apache-2.0
"""Independent reference of the Topkima-Former arithmetic, in plain numpy.

Written from docs/hardware.md alone, never from the model's sources, so
that an agreement of the two means something. Integers are int64, reals are
doubles. A config is as in reference_parameters.
"""

import math
from dataclasses import dataclass

import numpy as np

from baselines import check_machine, joined_arrays, row_blocks, shift_factor
from conversion import auto_ramp_lsb, best_columns, select
from float_attention import (cosine_similarity, float_attention, ordered_product, overlap,
                             softmax_mass)
from participation import crossbar_tokens, live_crossbars, masks_of_all, participation
from projections import fold, narrow, project, quantise
from reference_parameters import (AUTO, full_config, key_max, probability_one, query_max,
                                  signed_max, value_max)
from scores import array_codes, chain_of, partial_scores
from shares import places_of, unmasked_winners, wanted_winners
from weighting import exponent_table, probabilities, weighted_values


@dataclass(frozen=True)
class Result:
    topk_index: np.ndarray      # [heads, rows, places], tokens
    topk_code: np.ndarray
    probability: np.ndarray
    convert_cycles: np.ndarray  # [heads, rows, crossbars]
    executed_steps: np.ndarray
    output: np.ndarray          # [heads, rows, d_k]
    output_real: np.ndarray     # float32
    alpha: float
    scales: dict                # arrays per head: q, ramp_lsb, score_step; k, v per kv head
    float_reference: dict
    participants: np.ndarray    # [rows]
    live: np.ndarray            # [rows, crossbars], whether it converts
    crossbar_tokens: list       # columns in use of each crossbar
    group: int                  # query heads that pass one chain of stages
    row_blocks: int             # conversions of a column, which are added
    joined: int                 # arrays on a bit line

    @property
    def winners(self):
        return (self.topk_index >= 0).sum(axis=2)


def alpha_per_crossbar(results, config):
    """Of the rows of all results in which a crossbar is live; 0 where there are none."""
    steps = sum(result.executed_steps.sum(axis=(0, 1)) for result in results)
    lives = sum(len(result.executed_steps) * result.live.sum(axis=0) for result in results)
    return steps / np.maximum(lives * 2 ** full_config(config)["ima.bits"], 1)


class Module:
    """What all heads of a module share: layout, masks, wanted winners of each row."""

    def __init__(self, rows, values, tokens, config):
        check_machine(values, config)
        self.config = config
        self.held = crossbar_tokens(tokens, config)
        self.mask = participation(rows, tokens, config, config["noise.sequence"])
        self.masks = masks_of_all(rows, tokens, config)
        self.looked_for = unmasked_winners(tokens, self.held, config)
        self.places = places_of(rows, tokens, self.held, config)

    def ramp_lsb(self, head, partial):
        """Given, or by the rows of every sequence."""
        given = self.config["ima.ramp_lsb"]
        if isinstance(given, (list, tuple)):
            return int(given[head])
        if given != AUTO:
            return int(given)
        wanted = [wanted_winners(mask, self.held, self.config) for mask in self.masks]
        return auto_ramp_lsb(np.tile(partial, (1, len(self.masks), 1)), np.concatenate(self.masks),
                             np.concatenate(wanted), self.config["ima.bits"],
                             self.config["ima.saturate_share"])

    def score_scale(self, d_k):
        given = self.config["attention.score_scale"]
        return 1.0 / math.sqrt(d_k) if given == AUTO else float(given)

    def score_step(self, lsb, scales, score_scale):
        """Real value of a step of the code; `scales` is None for integer input."""
        given = self.config["softmax.score_step"]
        if given != AUTO:
            return float(given)
        if scales is None:
            raise ValueError("integer input needs softmax.score_step")
        shifts = self.config["attention.scaling"] == "left_shift"
        factor = shift_factor(score_scale) if shifts else score_scale
        return float(((lsb * scales["q"]) * scales["k"]) * factor)

    def head(self, head, chain, tensors, scales, real):
        """One query head, on its q, k and v, their scales and their real values."""
        q, k, v = tensors
        partial = partial_scores(q, k, self.config)
        lsb = self.ramp_lsb(head, partial)
        codes = array_codes(q, k, chain, lsb, self.held, self.config)
        index, cycles, steps = select(codes, self.mask, self.held, self.places, self.config)
        won = index >= 0
        code = np.where(won, np.take_along_axis(codes, np.maximum(index, 0), axis=1), 0)
        score_scale = self.score_scale(v.shape[1])
        step = self.score_step(lsb, None if real is None else scales, score_scale)
        table = exponent_table(self.config["ima.bits"], step, row_blocks(q.shape[1], self.config))
        prob = probabilities(code, won, table, probability_one(self.config))
        exact = (float_attention(*(t.astype(float) for t in tensors), self.mask, step / lsb)
                 if real is None else float_attention(*real, self.mask, score_scale))
        return {"index": index, "code": code, "prob": prob, "cycles": cycles, "steps": steps,
                "out": weighted_values(index, prob, v, self.mask, chain, self.config),
                "lsb": lsb, "score_step": step, "float_out": exact.output,
                "weight": exact.weights, **self.selections(index, partial, exact)}

    def selections(self, index, partial, exact):
        """Boolean [rows, tokens]: what was selected, and what is best."""
        selected = np.zeros((len(index), self.mask.shape[1] + 1), bool)
        np.put_along_axis(selected, index, True, axis=1)
        return {"selected": selected[:, :-1],
                "best": best_columns(partial.sum(axis=0), self.mask, self.looked_for),
                "best_float": best_columns(exact.scores, self.mask, self.looked_for)}


def attend(q, k, v, scales, real, config):
    """Attention of all heads on integers q [heads, rows, d], k [kv_heads, tokens, d]
    and v [kv_heads, tokens, d_k]; d is d_k unless the scale is in W_K^T.

    `scales` holds q, k and v per head; `real` the unquantised q, k, v, or None
    for integer input, whose real score is s * score_step / ramp_lsb."""
    heads, rows, values = q.shape
    kv_heads, tokens = k.shape[:2]
    check_heads(heads, kv_heads, config)
    module = Module(rows, values, tokens, config)
    heads_found = []
    for h in range(heads):
        kv = h // (heads // kv_heads)
        heads_found.append(module.head(
            h, chain_of(h, heads, kv_heads, config), (q[h], k[kv], v[kv]),
            {"q": scales["q"][h], "k": scales["k"][kv]},
            None if real is None else (real[0][h], real[1][kv], real[2][kv])))
    found = {name: np.stack([of[name] for of in heads_found]) for name in heads_found[0]}
    one = probability_one(config)
    scale_v = np.repeat(scales["v"], heads // kv_heads)[:, None, None]
    real_out = found["out"].astype(np.float64) * scale_v / one
    masks = np.broadcast_to(module.mask, found["selected"].shape)
    group = 1 if config["attention.kv_sharing"] == "replicated" else heads // kv_heads
    return Result(
        found["index"], found["code"], found["prob"], found["cycles"], found["steps"],
        found["out"], real_out.astype(np.float32),
        float(np.mean(found["steps"].max(axis=2) / 2 ** config["ima.bits"])),
        {**scales, "ramp_lsb": found["lsb"], "score_step": found["score_step"]},
        {"cosine_similarity": cosine_similarity(found["float_out"], real_out),
         "max_abs_error": float(np.max(np.abs(found["float_out"] - real_out))),
         "topk_overlap_float": overlap(found["selected"], found["best_float"], masks),
         "topk_overlap_exact": overlap(found["selected"], found["best"], masks),
         "topk_mass": softmax_mass(found["weight"], found["selected"], masks)},
        module.mask.sum(axis=1),
        live_crossbars(module.mask, module.held, config), [len(slots) for slots in module.held],
        group, row_blocks(values, config), joined_arrays(values, config))


def check_heads(heads, kv_heads, config):
    given = config["attention.kv_heads"]
    if given not in (AUTO, kv_heads) or heads % kv_heads:
        raise ValueError(f"{heads} query heads, {kv_heads} key and value heads, kv_heads {given}")


def run_macro(tensors, config):
    """Attention on q [heads, rows, d_k] and k, v [kv_heads, tokens, d_k]."""
    config = full_config(config)
    if config["attention.scaling"] == "in_k_weights":
        raise ValueError("in_k_weights needs the weights and x")
    limits = {"q": query_max(config), "k": key_max(config), "v": value_max(config)}
    if all(np.issubdtype(tensors[name].dtype, np.integer) for name in limits):
        integers = {name: tensors[name].astype(np.int64) for name in limits}
        for name, limit in limits.items():
            if np.max(np.abs(integers[name]), initial=0) > limit:
                raise ValueError(f"{name} holds a value beyond {limit}")
        scales = {name: np.ones(len(integers[name])) for name in limits}
        real = None
    else:
        pairs = {name: [quantise(head, limit) for head in tensors[name]]
                 for name, limit in limits.items()}
        integers = {name: np.stack([p[0] for p in pairs[name]]) for name in limits}
        scales = {name: np.array([p[1] for p in pairs[name]]) for name in limits}
        real = [tensors[name].astype(np.float64) for name in limits]
    return attend(integers["q"], integers["k"], integers["v"], scales, real, config)


def run_soc(tensors, config):
    """Projection of x [tokens, d_model] by wq [d_model, heads * d_k] and wk, wv
    [d_model, kv_heads * d_k], then attention. Head h owns the columns from h * d_k on."""
    config = full_config(config)
    heads = config["attention.heads"]
    kv_heads = heads if config["attention.kv_heads"] == AUTO else config["attention.kv_heads"]
    x, scale_x = quantise(tensors["x"], signed_max(config["projection.input_bits"]))
    real_x = tensors["x"].astype(np.float64)
    integers, scales, real = {}, {}, []
    for name, limit, count in (("q", query_max(config), heads), ("k", key_max(config), kv_heads),
                               ("v", value_max(config), kv_heads)):
        w = tensors["w" + name]
        integers[name], scales[name] = project(x, scale_x, w, count, limit, config, name)
        real_product = ordered_product(real_x, w.astype(np.float64))
        real.append(np.stack(np.split(real_product, count, axis=1)))
    if config["attention.scaling"] == "in_k_weights":
        integers["q"], scales["q"] = fold(integers["q"], scales["q"], tensors["wk"], kv_heads,
                                          config)
        integers["k"], scales["k"] = narrow(x, scale_x, kv_heads, config)
    return attend(integers["q"], integers["k"], integers["v"], scales, real, config)
