# SPDX-License-Identifier: Apache-2.0
"""Which tokens take part in a row, and where these lie: masks, and placement of a sequence's
tokens in the columns of its crossbars."""

import numpy as np

from reference_parameters import AUTO


# Masks

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


# Placement

def crossbar_tokens(tokens, config):
    """The tokens of each crossbar, in the order of its columns."""
    split, width = config["topk.split"], config["crossbar.columns"]
    if split == AUTO:
        columns = [width] * -(-tokens // width)
    else:
        columns = [int(c) for c in split]
    if config["attention.placement"] == "interleaved":
        held = [np.arange(first, tokens, len(columns)) for first in range(len(columns))]
    else:
        edges = np.minimum(np.concatenate([[0], np.cumsum(columns)]), tokens)
        held = [np.arange(first, last) for first, last in zip(edges[:-1], edges[1:])]
    check_room(held, columns, tokens)
    return held


def check_room(held, columns, tokens):
    for crossbar, (slots, most) in enumerate(zip(held, columns)):
        if len(slots) > most:
            raise ValueError(f"crossbar {crossbar} gets {len(slots)} tokens but has {most} columns")
    if sum(map(len, held)) < tokens:
        raise ValueError(f"{sum(columns)} columns do not hold {tokens} tokens")


def participants_of(mask, held):
    """Of each crossbar: n [rows, crossbars]."""
    return np.stack([mask[:, slots].sum(axis=1) for slots in held], axis=1)


def live_crossbars(mask, held, config):
    """Boolean [rows, crossbars]: which convert; the others are gated."""
    takes_part = participants_of(mask, held) > 0
    return takes_part if config["crossbar.gate_empty"] else np.ones_like(takes_part)
