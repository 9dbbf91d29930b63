# SPDX-License-Identifier: Apache-2.0
"""Independent timing of the attention macro: a tandem queue in max-plus form.

Every head is a line of stages, or every group of heads that share one; which
stages depends on the machine. A stage serves one row after the other, holds a
bounded number of rows and, when done with a row, keeps it until the next stage
has room (blocking after service). Hand-off takes no time.
"""

from dataclasses import dataclass

import numpy as np

from baselines import is_topkima
from reference_parameters import AUTO, full_config, probability_one, query_max

# The two halves of a softmax unit hold one row and have no queue, nor have shifter and sorter.
UNQUEUED = ("shifter", "sorter", "exponent", "divider")


@dataclass(frozen=True)
class StageTime:
    busy: int
    blocked: int


@dataclass(frozen=True)
class MacroTime:
    latency: int
    stages: dict  # "head0.score" -> StageTime


def stages_of(config):
    """The stages of a head, in the order in which a row passes them."""
    config = full_config(config)
    scaling, macro = config["attention.scaling"], config["softmax.macro"]
    stages = ["fold"] if scaling == "in_k_weights" else []
    stages += ["score", "union" if is_topkima(config) else "latch"]
    if scaling == "left_shift":
        stages.append("shifter")
    if macro == "digital_topk":
        stages.append("sorter")
    return (*stages, "exponent", "divider", "av")


def fold_cycles(config):
    """Of a query in the arrays of W_K^T."""
    return (config["score.query_bits"]
            * (config["projection.precharge_cycles"] + config["projection.column_mux"])
            + config["projection.adder_cycles"])


def sorter_cycles(crossbar_tokens, live, config):
    """Of each row: masked columns of a live crossbar take their cycle too; a row whose crossbars
    all rest takes none."""
    taken = live * np.array(crossbar_tokens)
    if config["sort.sorters"] == "head":
        return config["sort.element_cycles"] * taken.sum(axis=1)
    cycles = config["sort.element_cycles"] * taken.max(axis=1) + config["topk.union_cycles"]
    return np.where(live.any(axis=1), cycles, 0)


def score_cycles(result, config):
    """Precharge, once for each array on the bit lines, the window, and the slowest conversion;
    nothing where all crossbars are gated."""
    window = query_max(config)
    if config["score.weighting"] == "pulse":
        window *= 2 ** (config["score.key_cells"] - 1)
    precharge = config["score.precharge_cycles"] * result.joined
    return np.where(result.live.any(axis=1),
                    precharge + window + result.convert_cycles.max(axis=2), 0)


def in_chains(times, group):
    """Of [heads, rows] those of every chain, in the order in which its rows pass: all heads of a
    token, then the next token."""
    heads, rows = times.shape
    return times.reshape(heads // group, group, rows).swapaxes(1, 2).reshape(-1, group * rows)


def service_times(result, config):
    """Cycles of every row in every stage: {stage: [chains, rows of all its heads]}."""
    config = full_config(config)
    winners = result.winners
    divide = config["softmax.divide_cycles"]
    if divide == AUTO:
        divide = config["softmax.prob_bits"] + 1
    av = (config["av.precharge_cycles"] + probability_one(config)
          + 2 ** config["av.bits"] + config["av.shift_add_cycles"])
    adder = config["score.adder_cycles"] if result.row_blocks > 1 else 0
    some = winners > 0
    shifted = winners if is_topkima(config) else result.participants
    times = {
        "fold": fold_cycles(config),
        "score": score_cycles(result, config),
        "union": config["topk.union_cycles"],
        "latch": adder,
        "shifter": config["shift.element_cycles"] * shifted,
        "sorter": sorter_cycles(result.crossbar_tokens, result.live, config),
        "exponent": np.where(some, config["softmax.exponent_cycles"]
                             + config["softmax.exponent_interval"] * winners, 0),
        "divider": np.where(some, divide + config["softmax.divide_interval"] * winners, 0),
        "av": np.where(some, av, 0),
    }
    return {stage: in_chains(np.broadcast_to(times[stage], winners.shape), result.group)
            for stage in stages_of(config)}


def capacities(stages, queue_depth):
    """Rows each stage holds, the one in service included."""
    return [1 if stage in UNQUEUED else 1 + queue_depth for stage in stages]


def tandem(service, capacity, one_at_a_time=False):
    """Departure times and blocked cycles of a line of stages.

    service[i][n] is the time of row n in stage i, capacity[i] the rows stage i
    holds. Rows are always on offer at the first stage; one_at_a_time offers a
    row only when the line has finished the one before."""
    stages, rows = len(service), len(service[0])
    departed = [[] for _ in range(stages)]
    blocked = [0] * stages
    for n in range(rows):
        arrival = departed[-1][-1] if one_at_a_time and n else 0
        for i in range(stages):
            start = max(arrival, departed[i][-1]) if n else arrival
            finish = start + service[i][n]
            leave = finish
            # Row n finds room once row n - capacity has left the next stage.
            if i + 1 < stages and n >= capacity[i + 1]:
                leave = max(finish, departed[i + 1][n - capacity[i + 1]])
            blocked[i] += leave - finish
            departed[i].append(leave)
            arrival = leave
    return departed, blocked


def macro_time(result, config):
    config = full_config(config)
    service = service_times(result, config)
    in_turn = config["pipeline.schedule"] in ("coarse", "sequential")
    names, latency, stages = stages_of(config), 0, {}
    for head in range(len(service["score"])):
        line = [service[stage][head].tolist() for stage in names]
        departed, blocked = tandem(line, capacities(names, config["pipeline.queue_depth"]), in_turn)
        latency = max(latency, departed[-1][-1])
        for stage, times, wait in zip(names, line, blocked):
            stages[f"head{head}.{stage}"] = StageTime(sum(times), wait)
    return MacroTime(latency, stages)
