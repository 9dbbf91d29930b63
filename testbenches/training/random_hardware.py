# SPDX-License-Identifier: Apache-2.0
"""Random machines for the tests of topkima.training, with masks, placements and scopes."""

from topkima.training.parameters import PARAMETERS, Hardware, check


def some(rng, chance, draw):
    """draw() by chance, else None."""
    return draw() if rng.random() < chance else None


def split_for(rng, tokens):
    """Columns of crossbars that hold `tokens`, perhaps more."""
    split = []
    while sum(split) < tokens:
        split.append(int(rng.integers(1, tokens + 5)))
    return (*split, *([3] if rng.random() < 0.1 else []))


def segments_of(rng, tokens):
    ends = sorted({tokens, *(int(n) for n in rng.integers(1, tokens + 1, rng.integers(0, 4)))})
    return tuple(end - begin for begin, end in zip([0, *ends], ends))


def mask(rng, tokens):
    """Fields of a mask; each of them on in a part of the cases."""
    def below():
        return int(rng.integers(0, tokens + 1))
    return {"causal": bool(rng.random() < 0.3), "valid_tokens": some(rng, 0.3, below),
            "first_valid": some(rng, 0.3, below) or 0,
            "window": some(rng, 0.3, lambda: int(rng.integers(1, tokens + 2))),
            "segments": some(rng, 0.3, lambda: segments_of(rng, tokens))}


def placed(rng, tokens):
    """Placement, split, and how k is shared out."""
    interleaved = rng.random() < 0.4
    split = split_for(rng, tokens)
    if interleaved:
        count = int(rng.integers(1, 6))
        split = tuple(-(-tokens // count) + int(n) for n in rng.integers(0, 3, count))
    head = rng.random() < 0.4
    given = None if head else some(
        rng, 0.3, lambda: tuple(int(n) for n in rng.integers(1, 5, len(split))))
    return {"placement": "interleaved" if interleaved else "blocked", "split": split,
            "scope": "head" if head else "crossbar", "sub_k": given,
            "sub_k_by": "columns" if rng.random() < 0.3 else "participants"}


def machine(rng, tokens, **fields):
    """Of so many tokens; `fields` are as given."""
    conventional = rng.random() < 0.15
    drawn = {
        "k": int(rng.integers(1, 9)), "query_bits": int(rng.integers(2, 9)),
        "key_cells": int(rng.integers(1, 7)), "ima_bits": int(rng.integers(1, 8)),
        "prob_bits": int(rng.integers(1, 9)), "value_bits": int(rng.integers(2, 9)),
        "av_bits": int(rng.integers(1, 8)),
        "av_lsb": some(rng, 0.7, lambda: int(rng.integers(1, 8))),
        "av_rows": int(rng.integers(1, tokens + 3)),
        "macro": "conventional" if conventional else "topkima",
        "reach": 0 if conventional else some(rng, 0.3, lambda: int(rng.integers(1, 20))) or 0,
        **mask(rng, tokens), **placed(rng, tokens), **fields}
    made = Hardware(**drawn)
    check(made, tokens)
    return made


def by_name(hardware):
    """A machine's parameters by the tools' names."""
    return {it.name: getattr(hardware, field) for field, it in PARAMETERS.items()}
