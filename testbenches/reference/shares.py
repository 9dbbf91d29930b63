# SPDX-License-Identifier: Apache-2.0
"""Shares of k: how many winners each crossbar has, row by row."""

import numpy as np

from participation import masks_of_all, participants_of
from reference_parameters import AUTO


def share_rows(k, amounts):
    """k shared in proportion to amounts [rows, crossbars] by largest remainder, of equal ones to
    the lower crossbar; at least 1 where there is something, and 0 elsewhere."""
    total = np.maximum(amounts.sum(axis=1, keepdims=True), 1)
    parts, remainders = k * amounts // total, k * amounts % total
    place = np.argsort(np.argsort(-remainders, axis=1, kind="stable"), axis=1, kind="stable")
    parts = parts + (place < k - parts.sum(axis=1, keepdims=True))
    return np.where(amounts > 0, np.maximum(parts, 1), 0)


def share_k(k, columns):
    """The same by columns, at least 1 of every crossbar."""
    return np.maximum(share_rows(k, np.array([columns], np.int64)), 1)[0].tolist()


def shares_of(mask, held, config):
    """k_i [rows, crossbars]. A share that does not depend on the row stands in every crossbar,
    those without participants included."""
    if config["topk.sub_k"] != AUTO:
        fixed = [int(k) for k in config["topk.sub_k"]]
    elif config["topk.sub_k_by"] == "columns":
        fixed = share_k(config["topk.k"], [len(slots) for slots in held])
    else:
        return share_rows(config["topk.k"], participants_of(mask, held))
    return np.tile(np.array(fixed, np.int64), (len(mask), 1))


def selects_as_one(config):
    """Whether all crossbars of a head share one selection of k."""
    if config["softmax.macro"] == "digital_topk":
        return config["sort.sorters"] == "head"
    return config["topk.scope"] == "head"


def wanted_winners(mask, held, config):
    """K [rows]: the winners that a row can have, which is how many of its scores set the ramp."""
    if selects_as_one(config):
        return np.full(len(mask), config["topk.k"])
    return shares_of(mask, held, config).sum(axis=1)


def unmasked_winners(tokens, held, config):
    """Winners of a row that sees everybody: as many of the best tokens are looked for in any row,
    so that masks and shares can be compared."""
    if config["softmax.macro"] == "conventional":
        return tokens
    everybody = np.ones((1, tokens), bool)
    return int(wanted_winners(everybody, held, {**config, "topk.sub_k_by": "columns"})[0])


def places_of(rows, tokens, held, config):
    """Places of a row in the result files, which every row of the run finds enough."""
    unmasked = unmasked_winners(tokens, held, config)
    if config["softmax.macro"] == "conventional":
        return unmasked
    return max(unmasked, *(int(wanted_winners(mask, held, config).max(initial=0))
                           for mask in masks_of_all(rows, tokens, config)))
