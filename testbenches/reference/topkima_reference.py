# SPDX-License-Identifier: Apache-2.0
"""Independent reference of the Topkima-Former arithmetic, in plain numpy.

Written from docs/hardware.md alone, never from the model's sources, so
that an agreement of the two means something. Integers are int64, reals are
doubles. A config is as in reference_parameters.
"""

import math
from dataclasses import dataclass

import numpy as np

import nonidealities
from baselines import (check_machine, every_participant, is_topkima, keep_largest, row_blocks,
                       shift_factor, values_per_array)
from float_attention import cosine_similarity, float_attention, ordered_product, overlap
from projections import exact_product, fold, narrow, project, quantise
from reference_parameters import (AUTO, full_config, key_max, probability_one, query_max,
                                  signed_max,
                                  value_max)

EXPONENT_ONE = 2**15


# Sub-top-k layout and participation

def crossbar_split(tokens, config):
    """Columns of each crossbar; an explicit split may hold more than tokens."""
    if config["topk.split"] != AUTO:
        return [int(c) for c in config["topk.split"]]
    width = config["crossbar.columns"]
    return [width] * (tokens // width) + ([tokens % width] if tokens % width else [])


def column_ranges(split, tokens):
    """[start, stop) of the tokens in each crossbar, empty where none are left."""
    edges = np.minimum(np.concatenate([[0], np.cumsum(split)]), tokens)
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:])]


def share_k(k, columns):
    """k shared in proportion to the columns by largest remainder, at least 1."""
    total = sum(columns)
    parts = [k * c // total for c in columns]
    remainders = [k * c % total for c in columns]
    by_remainder = sorted(range(len(columns)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: k - sum(parts)]:
        parts[i] += 1
    return [max(1, p) for p in parts]


def sub_top_k(tokens, config):
    """Returns the column ranges and k_i of the crossbars."""
    ranges = column_ranges(crossbar_split(tokens, config), tokens)
    if config["topk.sub_k"] != AUTO:
        return ranges, [int(k) for k in config["topk.sub_k"]]
    return ranges, share_k(config["topk.k"], [b - a for a, b in ranges])


def of_sequence(given, sequence):
    """A value for all sequences, or that of one."""
    return given[sequence] if isinstance(given, (list, tuple)) and len(given) > 1 else given


def participation(rows, tokens, config, sequence=0):
    """Boolean [rows, tokens]: whose comparator is on."""
    valid = of_sequence(config["attention.valid_tokens"], sequence)
    token = np.arange(tokens)[None, :]
    position = np.arange(rows)[:, None] + config["attention.first_row"]
    takes_part = np.broadcast_to(token < (tokens if valid == "all" else valid), (rows, tokens))
    takes_part = takes_part & (token >= of_sequence(config["attention.first_valid"], sequence))
    if config["attention.causal"]:
        takes_part = takes_part & (token <= position)
    if config["attention.window"] != "none":
        takes_part = takes_part & (abs(token - position) < config["attention.window"])
    if config["attention.segments"] != "none":
        lengths = np.atleast_1d(config["attention.segments"])
        segment = np.repeat(np.arange(len(lengths)), lengths)
        behind = np.full(rows, -1)
        inside = position[:, 0] < tokens
        behind[inside] = segment[position[inside, 0]]
        takes_part = takes_part & (segment[None, :] == behind[:, None])
    return takes_part


def masks_of_all(rows, tokens, config):
    """Of every sequence that has a mask of its own; one where all are alike."""
    count = max(len(np.atleast_1d(config[name]))
                for name in ("attention.valid_tokens", "attention.first_valid"))
    return [participation(rows, tokens, config, sequence) for sequence in range(count)]


# Ramp conversion

def ramp_code(s, lsb, bits):
    """Round half up, saturating."""
    return np.clip((2 * s + lsb) // (2 * lsb), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def best_columns(scores, mask, k):
    """Boolean [rows, tokens]: the k best participants (all if fewer), ties to
    the lower index."""
    lowest = -np.inf if scores.dtype.kind == "f" else np.iinfo(np.int64).min + 1
    order = np.argsort(-np.where(mask, scores, lowest), axis=1, kind="stable")[:, :k]
    chosen = np.zeros(mask.shape, bool)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen & mask


def auto_ramp_lsb(partial, mask, k, bits, share):
    """Smallest step that saturates at most this share of the exact top-k, of
    which all partial scores [row blocks, rows, tokens] count."""
    best = 2 * np.sort(partial[:, best_columns(partial.sum(axis=0), mask, k)], axis=None)
    lsb = 1
    while best.size:
        saturated = best.size - int(np.searchsorted(best, (2**bits - 1) * lsb))
        if saturated / best.size <= share:
            break
        lsb += 1
    return lsb


@dataclass(frozen=True)
class Pace:
    """Of a conversion: grants per cycle, cycles of a step beside its grants, of a start, and of a
    step that grants."""
    lanes: int = 1
    step: int = 0
    start: int = 0
    grant: int = 0


def pace_of(config):
    return Pace(config["topk.grants_per_cycle"], config["topk.step_cycles"],
                config["topk.start_cycles"], config["topk.grant_cycles"])


def walk_ramp(codes, enabled, k, bits, stop_when_exhausted=False, pace=Pace()):
    """One conversion of one crossbar, clock cycle by clock cycle.

    Returns the granted columns in order, the cycles and the executed steps."""
    waiting = [j for j in range(len(codes)) if enabled[j]]
    granted, cycles, steps = [], 0, 0
    if stop_when_exhausted and not waiting:
        return granted, cycles, steps
    cycles += pace.start
    for level in range(2 ** (bits - 1) - 1, -(2 ** (bits - 1)) - 1, -1):
        steps += 1
        cycles += pace.step
        last = level == -(2 ** (bits - 1))
        requests = [j for j in waiting if last or codes[j] == level]
        waiting = [j for j in waiting if j not in requests]
        cycles += pace.grant if requests else 0
        while True:
            cycles += 1
            for _ in range(min(pace.lanes, len(requests))):
                granted.append(requests.pop(0))
                if len(granted) == k:
                    return granted, cycles, steps
            if not requests:
                break
        if stop_when_exhausted and not waiting:
            break
    return granted, cycles, steps


def convert_rows(codes, enabled, k, bits, stop_when_exhausted=False, pace=Pace()):
    """The same for all rows [rows, columns] at once, in closed form.

    Returns columns [rows, k] (-1 where there are fewer), cycles, steps."""
    never = 2**bits
    crossing = np.where(enabled, 2 ** (bits - 1) - 1 - codes, never)
    order = np.argsort(crossing, axis=1, kind="stable")[:, :k]
    step = np.take_along_axis(crossing, order, axis=1)
    granted = step < never
    columns = np.full((codes.shape[0], k), -1, np.int64)
    columns[:, : order.shape[1]] = np.where(granted, order, -1)
    grants = granted.sum(axis=1)
    through_last = np.max(np.where(granted, step, -1), axis=1, initial=-1) + 1
    steps = np.where((grants == k) | stop_when_exhausted, through_last, 2**bits)
    # Grants of every step of every row; a step without takes a cycle all the same.
    rows = np.repeat(np.arange(len(step)), step.shape[1]).reshape(step.shape)
    in_step = np.zeros((len(step), 2**bits), np.int64)
    np.add.at(in_step, (rows[granted], step[granted]), 1)
    further = (np.maximum(-(-in_step // pace.lanes), 1) - 1).sum(axis=1)
    cycles = (steps * (1 + pace.step) + further + np.where(steps > 0, pace.start, 0)
              + pace.grant * np.count_nonzero(in_step, axis=1))
    return columns, cycles, steps


def pack_left(index):
    """Moves the -1 of every row behind its winners, which keep their order."""
    order = np.argsort(index < 0, axis=1, kind="stable")
    return np.take_along_axis(index, order, axis=1)


# Scores, codes and selection of every machine

def partial_scores(q, k, config):
    """Exact sums [row blocks, rows, tokens] of one head, array by array."""
    size = values_per_array(config)
    return np.stack([exact_product(q[:, i:i + size], k[:, i:i + size].T)
                     for i in range(0, q.shape[1], size)])


def array_codes(q, k, head, lsb, split, config):
    """Codes [rows, tokens] of one head, each the sum over its row blocks; what
    is not ideal about the arrays is in them."""
    size, bits = values_per_array(config), config["ima.bits"]
    codes = np.zeros((len(q), len(k)), np.int64)
    for b, i in enumerate(range(0, q.shape[1], size)):
        for c, (first, last) in enumerate(column_ranges(split, len(k))):
            if first == last:
                continue
            array = b * len(split) + c
            keys = nonidealities.held_keys(k[first:last, i:i + size], config, head, array)
            s = exact_product(q[:, i:i + size], keys.T)
            codes[:, first:last] += (
                nonidealities.real_codes(s, lsb, bits, config, nonidealities.SCORE_NAMES,
                                         nonidealities.SCORE,
                                         nonidealities.array_place(head, array))
                if nonidealities.is_real(config, nonidealities.SCORE_NAMES)
                else ramp_code(s, lsb, bits))
    return codes


def most_winners(tokens, sub_k, config):
    """Winners that a row can have at most."""
    if config["softmax.macro"] == "conventional":
        return tokens
    if config["softmax.macro"] == "digital_topk" and config["sort.sorters"] == "head":
        return config["topk.k"]
    return sum(sub_k)


def select(codes, mask, ranges, sub_k, config):
    """Returns the winners [rows, places] of one head, and the cycles and steps
    of the conversions [rows, crossbars]."""
    bits, slices = config["ima.bits"], [slice(a, b) for a, b in ranges]
    if is_topkima(config):
        parts = [convert_rows(codes[:, s], mask[:, s], k_i, bits,
                              config["topk.stop_when_exhausted"], pace_of(config))
                 for s, k_i in zip(slices, sub_k)]
        columns, cycles, steps = zip(*parts)
        return unite(columns, ranges), np.stack(cycles, axis=1), np.stack(steps, axis=1)
    full = np.full((len(codes), len(ranges)), 2**bits)
    if config["softmax.macro"] == "conventional":
        index = every_participant(mask)
    elif config["sort.sorters"] == "head":
        index = keep_largest(codes, mask, config["topk.k"])
    else:
        index = unite([keep_largest(codes[:, s], mask[:, s], k_i)
                       for s, k_i in zip(slices, sub_k)], ranges)
    return index, full, full


def unite(columns, ranges):
    """Winners of the crossbars, by their own columns, as tokens side by side."""
    tokens = [np.where(c < 0, -1, c + first) for c, (first, _) in zip(columns, ranges)]
    return pack_left(np.concatenate(tokens, axis=1))


# Softmax and weighted values

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


def weighted_values(index, prob, v, config, head=0):
    """Output integers [rows, d_k] of the AV arrays."""
    config = {**nonidealities.DEFAULTS, **config}
    tokens, d_k = v.shape
    array_rows = config["av.rows"]
    if array_rows == AUTO:
        array_rows = config["crossbar.rows"] - config["crossbar.ramp_rows"]
    lsb, bits, slices = config["av.lsb"], config["av.bits"], config["av.value_bits"] - 1
    # One spare column takes what the empty places (-1) would write.
    pulses = np.zeros((index.shape[0], tokens + 1), np.int64)
    np.put_along_axis(pulses, index, prob, axis=1)
    pulses = pulses[:, :tokens]
    out = np.zeros((index.shape[0], d_k), np.int64)
    for array, first in enumerate(range(0, tokens, array_rows)):
        block = slice(first, first + array_rows)
        digits = np.concatenate([nonidealities.ternary(v[block], b) for b in range(slices)], axis=1)
        nonidealities.stuck_sram(digits, config, "value", head, array)
        p = exact_product(pulses[:, block], digits)
        codes = (nonidealities.real_codes(p, lsb, bits, config, nonidealities.VALUE_NAMES,
                                          nonidealities.VALUE,
                                          nonidealities.array_place(head, array))
                 if nonidealities.is_real(config, nonidealities.VALUE_NAMES)
                 else ramp_code(p, lsb, bits))
        for b in range(slices):
            out += 2**b * lsb * codes[:, b * d_k:(b + 1) * d_k]
    # A row without winners is not evaluated.
    return np.where((index >= 0).any(axis=1, keepdims=True), out, 0)


# Whole runs

@dataclass(frozen=True)
class Result:
    topk_index: np.ndarray      # [heads, rows, K]
    topk_code: np.ndarray
    probability: np.ndarray
    convert_cycles: np.ndarray  # [heads, rows, crossbars]
    executed_steps: np.ndarray
    output: np.ndarray          # [heads, rows, d_k]
    output_real: np.ndarray     # float32
    alpha: float
    alpha_per_crossbar: np.ndarray
    scales: dict                # arrays per head: q, k, v, ramp_lsb, score_step
    float_reference: dict
    participants: np.ndarray    # [rows]
    crossbar_tokens: list       # columns in use of each crossbar
    row_blocks: int             # arrays that share the rows of a column

    @property
    def winners(self):
        return (self.topk_index >= 0).sum(axis=2)


def score_scale_of(d_k, config):
    given = config["attention.score_scale"]
    return 1.0 / math.sqrt(d_k) if given == AUTO else float(given)


def ramp_lsb_of(head, partial, masks, k, config):
    given = config["ima.ramp_lsb"]
    if given == AUTO:
        return auto_ramp_lsb(np.tile(partial, (1, len(masks), 1)), np.concatenate(masks), k,
                             config["ima.bits"], config["ima.saturate_share"])
    if isinstance(given, (list, tuple)):
        return int(given[head])
    return int(given)


def attend(q, k, v, scales, real, config):
    """Attention of all heads on integers q [heads, rows, d], k [heads, tokens, d]
    and v [heads, tokens, d_k]; d is d_k unless the scale is in W_K^T.

    `scales` holds q, k and v per head; `real` the unquantised q, k, v, or None
    for integer input, whose real score is s * score_step / ramp_lsb."""
    heads, rows, values = q.shape
    tokens = k.shape[1]
    check_machine(values, config)
    blocks = row_blocks(values, config)
    bits, one = config["ima.bits"], probability_one(config)
    ranges, sub_k = sub_top_k(tokens, config)
    places = most_winners(tokens, sub_k, config)
    mask = participation(rows, tokens, config, config["noise.sequence"])
    score_scale = score_scale_of(v.shape[2], config)
    factor = (shift_factor(score_scale) if config["attention.scaling"] == "left_shift"
              else score_scale)
    found = {name: [] for name in ("index", "code", "prob", "cycles", "steps", "out", "lsb",
                                   "score_step", "float_out", "selected", "best", "best_float")}
    for h in range(heads):
        partial = partial_scores(q[h], k[h], config)
        scores = partial.sum(axis=0)
        lsb = ramp_lsb_of(h, partial, masks_of_all(rows, tokens, config), places, config)
        codes = array_codes(q[h], k[h], h, lsb, crossbar_split(tokens, config), config)
        index, cycles, steps = select(codes, mask, ranges, sub_k, config)
        won = index >= 0
        code = np.where(won, np.take_along_axis(codes, np.maximum(index, 0), axis=1), 0)
        step = config["softmax.score_step"]
        if step == AUTO:
            if real is None:
                raise ValueError("integer input needs softmax.score_step")
            step = ((lsb * scales["q"][h]) * scales["k"][h]) * factor
        prob = probabilities(code, won, exponent_table(bits, step, blocks), one)
        if real is None:
            float_out, float_scores = float_attention(
                q[h].astype(float), k[h].astype(float), v[h].astype(float), mask, step / lsb)
        else:
            float_out, float_scores = float_attention(*(t[h] for t in real), mask, score_scale)
        selected = np.zeros((rows, tokens + 1), bool)
        np.put_along_axis(selected, index, True, axis=1)
        for name, item in (("index", index), ("code", code), ("prob", prob),
                           ("cycles", cycles), ("steps", steps),
                           ("out", weighted_values(index, prob, v[h], config, h)),
                           ("lsb", lsb), ("score_step", float(step)), ("float_out", float_out),
                           ("selected", selected[:, :tokens]),
                           ("best", best_columns(scores, mask, places)),
                           ("best_float", best_columns(float_scores, mask, places))):
            found[name].append(item)
    found = {name: np.stack(items) for name, items in found.items()}
    all_masks = np.broadcast_to(mask, (heads, rows, tokens))
    real_out = (found["out"].astype(np.float64) * scales["v"][:, None, None]) / one
    share = found["steps"] / 2**bits
    return Result(
        found["index"], found["code"], found["prob"], found["cycles"], found["steps"],
        found["out"], real_out.astype(np.float32),
        float(np.mean(share.max(axis=2))), share.mean(axis=(0, 1)),
        {**scales, "ramp_lsb": found["lsb"], "score_step": found["score_step"]},
        {"cosine_similarity": cosine_similarity(found["float_out"], real_out),
         "max_abs_error": float(np.max(np.abs(found["float_out"] - real_out))),
         "topk_overlap_float": overlap(found["selected"], found["best_float"], all_masks),
         "topk_overlap_exact": overlap(found["selected"], found["best"], all_masks)},
        mask.sum(axis=1), [b - a for a, b in ranges], blocks)


def run_macro(tensors, config):
    """Attention on q [heads, rows, d_k] and k, v [heads, tokens, d_k]."""
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
    """Projection of x [tokens, d_model] by wq, wk, wv [d_model, heads * d_k],
    then attention. Head h owns the columns from h * d_k on."""
    config = full_config(config)
    heads = config["attention.heads"]
    x, scale_x = quantise(tensors["x"], signed_max(config["projection.input_bits"]))
    real_x = tensors["x"].astype(np.float64)
    integers, scales, real = {}, {}, []
    for name, limit in (("q", query_max(config)), ("k", key_max(config)), ("v", value_max(config))):
        w = tensors["w" + name]
        integers[name], scales[name] = project(x, scale_x, w, heads, limit, config, name)
        real_product = ordered_product(real_x, w.astype(np.float64))
        real.append(np.stack(np.split(real_product, heads, axis=1)))
    if config["attention.scaling"] == "in_k_weights":
        integers["q"], scales["q"] = fold(integers["q"], scales["q"], tensors["wk"], config)
        integers["k"], scales["k"] = narrow(x, scale_x, heads, config)
    return attend(integers["q"], integers["k"], integers["v"], scales, real, config)
