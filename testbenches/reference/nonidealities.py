# SPDX-License-Identifier: Apache-2.0
"""Non-idealities in the reference, written from docs/nonidealities.md alone.

Philox4x32-10 in numpy, the normal distribution from scipy. The tools' own
values may differ in the last bit; codes do not.
"""

import numpy as np
from scipy.special import ndtri

DEFAULTS = {
    "noise.seed": 1,
    "noise.score_sigma": 0.0,
    "noise.comparator_sigma": 0.0,
    "noise.ramp_sigma": 0.0,
    "noise.ramp_thresholds": "ideal",        # or the numbers
    "noise.value_sigma": 0.0,
    "noise.value_comparator_sigma": 0.0,
    "noise.value_ramp_sigma": 0.0,
    "noise.value_ramp_thresholds": "ideal",  # or the numbers
    "noise.rram_sigma": 0.0,
    "fault.key_cells": 0.0,
    "fault.value_cells": 0.0,
    "fault.rram_cells": 0.0,
    "fault.stuck": "none",                   # or tuples as in a line of the file
    "noise.sequence": 0,                     # of a run's sequences the one that is computed
}

SCORE = {"noise": 1, "comparator": 2, "ramp": 3}
VALUE = {"noise": 4, "comparator": 5, "ramp": 6}
KEY_STUCK, VALUE_STUCK, RRAM_VARIATION, RRAM_STUCK = 7, 8, 9, 10

MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL = 0x9E3779B9, 0xBB67AE85
MASK = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox(counter, key):
    """Philox4x32-10 of counters [4][n] under one key (k0, k1): words [4][n]."""
    c = [np.asarray(word, np.uint64) for word in counter]
    k = [int(word) for word in key]
    for _ in range(10):
        high0, low0 = np.divmod(MULTIPLIERS[0] * c[0], np.uint64(2**32))
        high1, low1 = np.divmod(MULTIPLIERS[1] * c[2], np.uint64(2**32))
        c = [high1 ^ c[1] ^ np.uint64(k[0]), low1, high0 ^ c[3] ^ np.uint64(k[1]), low0]
        k = [(word + step) % 2**32 for word, step in zip(k, WEYL)]
    return c


def words(config, effect, columns, lines=(0,), place=0, time=0):
    """32 bits for every column of every line: [lines, columns]. Of a whole encoder the
    configuration tells the layer, `noise.instance`."""
    lines = np.asarray(lines, np.uint64)
    blocks = -(-columns // 4)
    first, line = np.meshgrid(np.arange(blocks, dtype=np.uint64), lines)
    counter = [first.ravel(), line.ravel(), np.full(first.size, place), np.full(first.size, time)]
    drawn = philox(counter, (config["noise.seed"], effect << 24 | config.get("noise.instance", 0)))
    return np.stack(drawn, axis=1).reshape(len(lines), 4 * blocks)[:, :columns]


def gaussians(*arguments, **address):
    return ndtri((words(*arguments, **address).astype(np.float64) + 0.5) / 2**32)


def repeats(config):
    """Whether the conversions of every sequence take the same time."""
    alike = all(np.size(config[name]) == 1
                for name in ("attention.valid_tokens", "attention.first_valid"))
    return alike and config["noise.score_sigma"] == 0 and not has_stuck(config, "key")


# Ramps

def is_real(config, names):
    """Whether any of the ramp's parameters is not ideal."""
    return any(config[name] > 0 for name in names[:3]) or not isinstance(config[names[3]], str)


SCORE_NAMES = ("noise.score_sigma", "noise.comparator_sigma", "noise.ramp_sigma",
               "noise.ramp_thresholds")
VALUE_NAMES = ("noise.value_sigma", "noise.value_comparator_sigma", "noise.value_ramp_sigma",
               "noise.value_ramp_thresholds")


def real_codes(s, lsb, bits, config, names, effects, place, lines):
    """Codes of sums [rows, columns] of one array, in sequence 0 or that of `noise.sequence`; the
    rows are the numbers `lines` of those that the array converts."""
    sigma, offset, uneven, table = (config[name] for name in names)
    columns = s.shape[1]
    seen = s / lsb
    if sigma > 0:
        seen = seen + sigma * gaussians(config, effects["noise"], columns, lines, place,
                                        config["noise.sequence"])
    if offset > 0:
        seen = seen + offset * gaussians(config, effects["comparator"], columns, place=place)
    highest = 2 ** (bits - 1) - 1
    levels = (highest - 0.5 - np.arange(2**bits - 1) if isinstance(table, str)
              else np.asarray(table, np.float64))
    if uneven > 0:
        steps = gaussians(config, effects["ramp"], 2**bits - 1, place=place)[0]
        levels = levels - np.cumsum(uneven * steps)
    codes = np.full(s.shape, highest - len(levels))
    waiting = np.ones(s.shape, bool)
    for step, level in enumerate(levels):  # the ramp as it falls
        crosses = waiting & (level <= seen)
        codes[crosses] = highest - step
        waiting &= ~crosses
    return codes


# Cells

def array_place(head, array):
    return head << 12 | array


def stick(cells, config, effect, share, place, levels, listed=()):
    """Overwrites the stuck ones of cells [lines, columns] in bank 0."""
    threshold = int(config[share] * 2**32)
    if threshold:
        drawn = words(config, effect, cells.shape[1], np.arange(cells.shape[0]), place)
        choice = drawn.astype(object) * len(levels) // threshold
        stuck = drawn < threshold
        cells[stuck] = np.asarray(levels)[choice[stuck].astype(int)]
    for line, column, level in listed:
        cells[line, column] = level


def listed_cells(config, kind, unit, array):
    """(line, column, level) of those of bank 0 that the list names, for all layers or this one."""
    if isinstance(config["fault.stuck"], str):
        return []
    kinds = (kind, f"layer{config.get('noise.instance', 0)}.{kind}")
    return [(line, column, level) for k, u, a, bank, line, column, level in config["fault.stuck"]
            if k in kinds and (u, a, bank) == (unit, array, 0)]


def stuck_sram(digits, config, kind, head, array):
    effect, share = ((KEY_STUCK, "fault.key_cells") if kind == "key"
                     else (VALUE_STUCK, "fault.value_cells"))
    stick(digits, config, effect, share, array_place(head, array), (-1, 0, 1),
          listed_cells(config, kind, head, array))


def has_stuck(config, kind):
    listed = config["fault.stuck"]
    return config[f"fault.{kind}_cells"] > 0 or (
        not isinstance(listed, str) and any(line[0].endswith(kind) for line in listed))


def ternary(values, bit):
    return np.sign(values) * (np.abs(values) >> bit & 1)


def held_keys(k, config, head, array):
    """What the cells of one array hold of k [columns, values]."""
    if not has_stuck(config, "key"):
        return k
    cells = config["score.key_cells"]
    lines = np.stack([ternary(k.T, c) for c in range(cells)], axis=1).reshape(-1, k.shape[0])
    stuck_sram(lines, config, "key", head, array)
    weights = 2 ** np.arange(cells)
    return np.einsum("vct,c->tv", lines.reshape(k.shape[1], cells, -1), weights)


# RRAM

PROJECTIONS = {"q": 0, "k": 1, "v": 2,
               # Of a layer of an encoder; the last two are there once, in the first.
               "output": 8192, "expand": 8193, "contract": 8194, "embedding": 8195,
               "classifier": 8196}


def rram_is_real(config):
    return config["noise.rram_sigma"] > 0 or has_stuck(config, "rram")


def conductances(levels, slice_number, projection, config):
    """Of cells [inputs, outputs] in whole units, and the units of a level."""
    cell_bits = config["rram.cell_bits"]
    number = PROJECTIONS.get(projection)
    if number is None:
        number = 3 + int(projection[len("fold"):])
    place, top = number << 4 | slice_number, 2**cell_bits - 1
    levels = levels.copy()
    named = {"on": top, "off": 0}
    listed = [(line, column, named[level]) for line, column, level
              in listed_cells(config, "rram", projection, slice_number)]
    stick(levels, config, RRAM_STUCK, "fault.rram_cells", place, (0, top), listed)
    unit, sigma = 2 ** (14 - cell_bits), config["noise.rram_sigma"]
    varied = 1.0
    if sigma > 0:
        varied = np.maximum(0, 1 + sigma * gaussians(config, RRAM_VARIATION, levels.shape[1],
                                                     np.arange(levels.shape[0]), place))
    return np.floor(levels * varied * unit + 0.5).astype(np.int64), unit
