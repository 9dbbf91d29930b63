# SPDX-License-Identifier: Apache-2.0
"""Ramp conversions: codes, the order of grants, cycles and steps, and the winners of a row in
every machine. Codes and masks are arrays [rows, columns] or [rows, tokens]."""

from dataclasses import dataclass

import numpy as np

from baselines import every_participant, is_topkima, keep_largest
from participation import live_crossbars
from reference_parameters import AUTO
from shares import selects_as_one, shares_of


def ramp_code(s, lsb, bits):
    """Round half up, saturating."""
    return np.clip((2 * s + lsb) // (2 * lsb), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def best_columns(scores, mask, k):
    """Boolean [rows, tokens]: the k best participants of each row (all if fewer), ties to the
    lower token; k is one number or one of each row."""
    lowest = -np.inf if scores.dtype.kind == "f" else np.iinfo(np.int64).min + 1
    order = np.argsort(-np.where(mask, scores, lowest), axis=1, kind="stable")
    chosen = np.zeros(mask.shape, bool)
    among = np.arange(mask.shape[1]) < np.reshape(k, (-1, 1))
    np.put_along_axis(chosen, order, np.broadcast_to(among, mask.shape), axis=1)
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


def walk_ramp(codes, enabled, k, bits, stop_when_exhausted=False, pace=Pace(), reach=0):
    """One conversion of one crossbar, clock cycle by clock cycle.

    Returns the granted columns in order, the cycles and the executed steps."""
    waiting = [j for j in range(len(codes)) if enabled[j]]
    granted, cycles, steps, last_step = [], 0, 0, 2**bits
    if stop_when_exhausted and not waiting:
        return granted, cycles, steps
    cycles += pace.start
    for level in range(2 ** (bits - 1) - 1, -(2 ** (bits - 1)) - 1, -1):
        steps += 1
        cycles += pace.step
        last = level == -(2 ** (bits - 1))
        requests = [j for j in waiting if last or codes[j] == level]
        waiting = [j for j in waiting if j not in requests]
        if requests and not granted and reach:
            last_step = steps + reach
        cycles += pace.grant if requests else 0
        while True:
            cycles += 1
            for _ in range(min(pace.lanes, len(requests))):
                granted.append(requests.pop(0))
                if len(granted) == k:
                    return granted, cycles, steps
            if not requests:
                break
        if steps == last_step or (stop_when_exhausted and not waiting):
            break
    return granted, cycles, steps


def convert_rows(codes, enabled, k, bits, stop_when_exhausted=False, pace=Pace(), reach=0):
    """The same for all rows [rows, columns] at once, in closed form; k is one number or one of
    each row.

    Returns columns [rows, largest k] (-1 where there are fewer), cycles, steps."""
    k, never = np.broadcast_to(k, len(codes)), 2**bits
    most = int(k.max(initial=0))
    crossing = np.where(enabled, 2 ** (bits - 1) - 1 - codes, never)
    first = crossing.min(axis=1, initial=never)
    last = np.minimum(first + reach, 2**bits - 1) if reach else np.full(len(codes), 2**bits - 1)
    order = np.argsort(crossing, axis=1, kind="stable")[:, :most]
    step = np.take_along_axis(crossing, order, axis=1)
    among = np.arange(step.shape[1]) < k[:, None]
    granted = among & (step < never) & (step <= last[:, None])
    columns = np.full((len(codes), most), -1, np.int64)
    columns[:, : order.shape[1]] = np.where(granted, order, -1)
    grants = granted.sum(axis=1)
    through_last = np.max(np.where(granted, step, -1), axis=1, initial=-1) + 1
    exhausted = stop_when_exhausted & (grants == enabled.sum(axis=1))
    steps = np.where(((grants == k) & (k > 0)) | exhausted, through_last, last + 1)
    # Grants of every step of every row; a step without takes a cycle all the same.
    rows = np.repeat(np.arange(len(step)), step.shape[1]).reshape(step.shape)
    in_step = np.zeros((len(step), 2**bits), np.int64)
    np.add.at(in_step, (rows[granted], step[granted]), 1)
    further = (np.maximum(-(-in_step // pace.lanes), 1) - 1).sum(axis=1)
    cycles = (steps * (1 + pace.step) + further + np.where(steps > 0, pace.start, 0)
              + pace.grant * np.count_nonzero(in_step, axis=1))
    return columns, cycles, steps


def tree_cycles(crossbars, config):
    """Of the address tree behind the last grant of a head."""
    given = config["topk.tree_cycles"]
    return (crossbars - 1).bit_length() if given == AUTO else given


# Selection

def pack_left(index, places):
    """The winners of every row side by side, in their order, and -1 in the places left."""
    order = np.argsort(index < 0, axis=1, kind="stable")
    packed = np.take_along_axis(index, order, axis=1)[:, :places]
    return np.pad(packed, ((0, 0), (0, places - packed.shape[1])), constant_values=-1)


def as_tokens(columns, slots):
    """Columns of a crossbar, or addresses of a head, as tokens; -1 stays."""
    return np.append(slots, -1)[columns]


def select(codes, mask, held, places, config):
    """Returns the winners [rows, places] of one head, as tokens, and the cycles and steps of the
    conversions [rows, crossbars]."""
    convert = convert_topkima if is_topkima(config) else convert_fully
    index, cycles, steps = convert(codes, mask, held, config)
    live = live_crossbars(mask, held, config)
    return pack_left(index, places), np.where(live, cycles, 0), np.where(live, steps, 0)


def convert_topkima(codes, mask, held, config):
    """Of every crossbar by itself, or of all as if they were one."""
    rest = (config["ima.bits"], config["topk.stop_when_exhausted"], pace_of(config),
            config["topk.reach"])
    if selects_as_one(config):
        address = np.concatenate(held)
        columns, cycles, steps = convert_rows(codes[:, address], mask[:, address],
                                              config["topk.k"], *rest)
        cycles = cycles + np.where(steps > 0, tree_cycles(len(held), config), 0)
        return as_tokens(columns, address), cycles[:, None], steps[:, None]
    parts = [convert_rows(codes[:, slots], mask[:, slots], k, *rest)
             for slots, k in zip(held, shares_of(mask, held, config).T)]
    columns, cycles, steps = zip(*parts)
    return unite(columns, held), np.stack(cycles, axis=1), np.stack(steps, axis=1)


def convert_fully(codes, mask, held, config):
    """Full ramps, and what reads their codes: nobody, a sorter of the head or one per crossbar."""
    full = np.full((len(codes), len(held)), 2 ** config["ima.bits"])
    address = np.concatenate(held)
    if config["softmax.macro"] == "conventional":
        return as_tokens(every_participant(mask[:, address]), address), full, full
    if selects_as_one(config):
        columns = keep_largest(codes[:, address], mask[:, address], config["topk.k"])
        return as_tokens(columns, address), full, full
    columns = [keep_largest(codes[:, slots], mask[:, slots], k)
               for slots, k in zip(held, shares_of(mask, held, config).T)]
    return unite(columns, held), full, full


def unite(columns, held):
    """Winners of the crossbars, by their own columns, as tokens side by side."""
    return np.concatenate([as_tokens(c, slots) for c, slots in zip(columns, held)], axis=1)
