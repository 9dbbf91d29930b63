# SPDX-License-Identifier: Apache-2.0
"""One step of each parameter away from a point of a study, and what it does to the objectives."""

from topkima.exploration.database import Cache
from topkima.exploration.outputs import short
from topkima.exploration.parameters import Varied, number_text
from topkima.exploration.simulator import Refused, Simulator, cache_path, is_shared
from topkima.exploration.store import Store
from topkima.exploration.study import Study

SHARE_OF_RANGE = 0.1    # a step where a range has none; a factor of 2 where it is logarithmic


def steps(varied: Varied, present: str) -> list:
    """The values next to `present`, below and above, in the order or range of the study."""
    if varied.is_range and present not in varied.values:
        value = float(present)
        step = varied.step or SHARE_OF_RANGE * (varied.high - varied.low)
        around = (value / 2, value * 2) if varied.log else (value - step, value + step)
        around = [round(each) if varied.integer else each for each in around]
        return [number_text(each) for each in around
                if varied.low <= each <= varied.high and number_text(each) != present]
    if present not in varied.values:
        return []
    at = varied.values.index(present)
    return varied.values[max(0, at - 1):at] + varied.values[at + 1:at + 2]


def change(new, old) -> str:
    if new is None or old is None:
        return "-"
    if new == old:
        return "same"
    return f"{100 * (new - old) / abs(old):+.2f} %" if old else f"{new - old:+.4g}"


def sensitivity_text(store: Store, study: Study, point: dict) -> str:
    """A line for each step; `point` as outputs.py gives it, done."""
    simulator, cache = Simulator(study), Cache(cache_path() if store.is_local else None)
    metrics = [metric for metric, _ in study.objectives]
    lines = [["parameter", "from", "to", *metrics, "bottleneck"]]
    lines.append(["(the point)", "", "", *(short(point["metrics"].get(name)) for name in metrics),
                  point["bottleneck"]])
    try:
        for varied in study.varied:
            present = point["parameters"].get(varied.name)
            for text in steps(varied, present) if present is not None else []:
                chosen = {each.name: each.first for each in study.varied}
                chosen.update(point["parameters"])
                chosen[varied.name] = text
                effect = _effect(simulator, store, cache, study, point, study.active(chosen))
                lines.append([varied.name, present, text, *effect])
    finally:
        simulator.close()
    if not study.varied:
        lines.append(["the study lists its points: there is no next value",
                      *[""] * (len(lines[0]) - 1)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines) + "\n"


def _effect(simulator, store, cache, study, point, parameters) -> list:
    workload = study.workloads[point["index"]]
    try:
        run_hash = simulator.hash_of(workload, parameters)
        record = {**store.find([run_hash]), **cache.find([run_hash])}.get(run_hash)
        if record is None:
            run_hash, record = simulator.simulate(workload, parameters)
            if is_shared(record):
                cache.add({run_hash: record})
    except Refused as refused:
        return [refused.state, *[""] * (len(study.objectives) - 1), str(refused)]
    return [*(change(record["metrics"].get(name), point["metrics"].get(name))
              for name, _ in study.objectives), record["bottleneck"]]
