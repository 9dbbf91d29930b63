# SPDX-License-Identifier: Apache-2.0
"""What the machines beside Topkima-Former add to the reference: other ways to
select and to scale. Codes and masks are arrays [rows, columns]."""

import math

import numpy as np

from reference_parameters import AUTO

EXPONENT_ENTRIES = 4096

MACROS = ("topkima", "conventional", "digital_topk")
SCALINGS = ("scale_free", "left_shift", "in_k_weights")


def is_topkima(config):
    return config["softmax.macro"] == "topkima"


def keep_largest(codes, enabled, k):
    """A sorter's columns [rows, largest k]: descending codes, of equals the lowest address first;
    -1 where there are fewer. k is one number or one of each row."""
    k, last = np.broadcast_to(k, len(codes)), np.iinfo(np.int64).max
    most = int(k.max(initial=0))
    order = np.argsort(np.where(enabled, -codes, last), axis=1, kind="stable")[:, :most]
    among = np.arange(order.shape[1]) < k[:, None]
    columns = np.full((len(codes), most), -1, np.int64)
    columns[:, : order.shape[1]] = np.where(
        among & np.take_along_axis(enabled, order, axis=1), order, -1)
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


def arrays_of(values, config):
    """Arrays over which the values of a column are spread."""
    return -(-values // values_per_array(config))


def is_joined(config):
    return config["score.row_split"] == "join"


def column_slices(values, config):
    """The values of a column in each of its arrays. Joined arrays hold equal parts, others as many
    as fit; the last one has the rest."""
    size = values_per_array(config)
    if is_joined(config):
        size = -(-values // arrays_of(values, config))
    return [slice(i, min(i + size, values)) for i in range(0, values, size)]


def conversions_of(values, config):
    """Of a column, each a list of the slices that are on one bit line."""
    slices = column_slices(values, config)
    return [slices] if is_joined(config) else [[part] for part in slices]


def row_blocks(values, config):
    """Conversions of a column, whose codes are added."""
    return len(conversions_of(values, config))


def joined_arrays(values, config):
    """Arrays on one bit line."""
    return arrays_of(values, config) if is_joined(config) else 1


def check_machine(values, config):
    """Refuses what cannot be built; `values` is the length of a query."""
    blocks, top = row_blocks(values, config), 2 ** config["ima.bits"] - 1
    if config["softmax.macro"] not in MACROS or config["attention.scaling"] not in SCALINGS:
        raise ValueError("unknown softmax.macro or attention.scaling")
    check_join(values, config)
    check_selection(blocks, config)
    if blocks > 1 and blocks * top >= EXPONENT_ENTRIES:
        raise ValueError(f"codes of {blocks} arrays need {blocks * top} entries or more of the "
                         "exponent table")


def check_join(values, config):
    if not is_joined(config):
        return
    if config["attention.scaling"] == "in_k_weights":
        raise ValueError("row blocks of in_k_weights convert by themselves and cannot be joined")
    if joined_arrays(values, config) > config["score.join_max"]:
        raise ValueError(f"{joined_arrays(values, config)} arrays on a bit line, of at most "
                         f"{config['score.join_max']}")


def check_selection(blocks, config):
    if is_topkima(config) and blocks > 1:
        raise ValueError(f"a decreasing ramp cannot select on the sums of {blocks} arrays")
    if config["topk.scope"] == "head" and (blocks > 1 or config["topk.sub_k"] != AUTO):
        raise ValueError("scope head has one counter and one k: neither row blocks nor sub_k")
    if config["topk.reach"] and not is_topkima(config):
        raise ValueError("a full ramp has no reach")
