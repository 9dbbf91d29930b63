# SPDX-License-Identifier: Apache-2.0
"""What the machines beside Topkima-Former add to the reference: other ways to
select and to scale. Codes and masks are arrays [rows, columns]."""

import math

import numpy as np

EXPONENT_ENTRIES = 4096

MACROS = ("topkima", "conventional", "digital_topk")
SCALINGS = ("scale_free", "left_shift", "in_k_weights")


def is_topkima(config):
    return config["softmax.macro"] == "topkima"


def keep_largest(codes, enabled, k):
    """A sorter's columns [rows, k]: descending codes, of equals the lowest
    address first; -1 where there are fewer."""
    last = np.iinfo(np.int64).max
    order = np.argsort(np.where(enabled, -codes, last), axis=1, kind="stable")[:, :k]
    columns = np.full((codes.shape[0], k), -1, np.int64)
    columns[:, : order.shape[1]] = np.where(np.take_along_axis(enabled, order, axis=1), order, -1)
    return columns


def every_participant(enabled):
    """The enabled columns in ascending address, packed to the left."""
    order = np.argsort(~enabled, axis=1, kind="stable")
    return np.where(np.take_along_axis(enabled, order, axis=1), order, -1)


def shift_factor(score_scale):
    """The power of two nearest to the scale in the logarithm, halves up."""
    # 1/sqrt(8) is a half, but its double lies a little below 2^-1.5.
    return 2.0 ** math.floor(math.log2(score_scale) + 0.5 + 2.0**-40)


def values_per_array(config):
    """Rows of K^T (or X^T) that one array holds beside its ramp."""
    return (config["crossbar.rows"] - config["crossbar.ramp_rows"]) // config["score.key_cells"]


def row_blocks(values, config):
    """Arrays over which the values of a column are spread."""
    return -(-values // values_per_array(config))


def check_machine(values, config):
    """Refuses what cannot be built; `values` is the length of a query."""
    blocks, top = row_blocks(values, config), 2 ** config["ima.bits"] - 1
    if config["softmax.macro"] not in MACROS or config["attention.scaling"] not in SCALINGS:
        raise ValueError("unknown softmax.macro or attention.scaling")
    if is_topkima(config) and blocks > 1:
        raise ValueError(f"a decreasing ramp cannot select on the sums of {blocks} arrays")
    if blocks > 1 and blocks * top >= EXPONENT_ENTRIES:
        raise ValueError(f"codes of {blocks} arrays need {blocks * top} entries or more of the "
                         "exponent table")
