# SPDX-License-Identifier: Apache-2.0
"""Who takes part in a row and who wins, written down from docs/hardware.md, section 7, one token
and one ramp step at a time. Shares no code with topkima.training.

A machine is a dict of parameters by the tools' names; of lists, `auto` and the like are None.
"""

from fractions import Fraction


def takes_part(token, row, tokens, machine):
    valid = machine["attention.valid_tokens"]
    if token >= (tokens if valid is None else valid) or token < machine["attention.first_valid"]:
        return False
    if machine["attention.causal"] and token > row:
        return False
    window = machine["attention.window"]
    if window is not None and abs(token - row) >= window:
        return False
    segments = machine["attention.segments"]
    if segments is None:
        return True
    segment_of = [number for number, length in enumerate(segments) for _ in range(length)]
    return row < tokens and segment_of[token] == segment_of[row]


def split_of(tokens, machine):
    if machine["topk.split"] is not None:
        return list(machine["topk.split"])
    return [256] * (tokens // 256) + [tokens % 256] * (tokens % 256 > 0)


def crossbars(tokens, machine):
    """Of each crossbar the tokens in its columns."""
    split = split_of(tokens, machine)
    if machine["attention.placement"] == "interleaved":
        return [[t for t in range(tokens) if t % len(split) == i] for i in range(len(split))]
    waiting = list(range(tokens))
    return [[waiting.pop(0) for _ in range(min(columns, len(waiting)))] for columns in split]


def shares(k, columns):
    """k in proportion to the columns, by largest remainder."""
    total = max(1, sum(columns))
    quotas = [Fraction(k * n, total) for n in columns]
    parts = [int(quota) for quota in quotas]
    while sum(columns) and sum(parts) < k:
        rest = [quota - part for quota, part in zip(quotas, parts)]
        parts[rest.index(max(rest))] += 1
    return [max(part, 1) if n else 0 for part, n in zip(parts, columns)]


def counters(row, tokens, machine):
    """(tokens in the order of grants, winners) of each counter."""
    held = crossbars(tokens, machine)
    live = [[t for t in part if takes_part(t, row, tokens, machine)] for part in held]
    if machine["topk.scope"] == "head":
        return [(sum(live, []), machine["topk.k"])]
    k = machine["topk.sub_k"]
    if k is None:
        by_columns = machine["topk.sub_k_by"] == "columns"
        k = shares(machine["topk.k"], list(map(len, held if by_columns else live)))
    return list(zip(live, k))


def granted(codes, waiting, k, bits, reach):
    """Tokens in the order of their grants, ramp step by ramp step."""
    won, last = [], None
    for level in range(2**(bits - 1) - 1, -2**(bits - 1) - 1, -1):
        if last is not None and level < last:
            break
        for token in waiting:
            if codes[token] == level and len(won) < k:
                won.append(token)
                last = level - reach if last is None and reach else last
    return won


def winners(codes, row, machine):
    """Tokens of a row of codes that win, counter by counter."""
    if machine["softmax.macro"] == "conventional":
        return [t for t in range(len(codes)) if takes_part(t, row, len(codes), machine)]
    return sum((granted(codes, live, k, machine["ima.bits"], machine["topk.reach"])
                for live, k in counters(row, len(codes), machine)), [])


def places(row, tokens, machine):
    """How many of a row's best scores count for a ramp's step."""
    if machine["softmax.macro"] == "conventional":
        return tokens
    if machine["topk.scope"] == "head":
        return machine["topk.k"]
    if machine["topk.sub_k"] is not None:
        return sum(machine["topk.sub_k"])
    if machine["topk.sub_k_by"] == "columns":
        held = list(map(len, crossbars(tokens, machine)))
        return sum(max(share, 1) for share in shares(machine["topk.k"], held))
    return sum(k for _, k in counters(row, tokens, machine))
