# SPDX-License-Identifier: Apache-2.0
"""What the points of a study say: the front, what matters, where the bottleneck is."""

import contextlib
import random
import warnings
from collections import Counter, defaultdict

import numpy as np

from topkima.exploration.expressions import value_of
from topkima.exploration.sampling import optuna

MOST_FOR_IMPORTANCE = 500
FEWEST_FOR_IMPORTANCE = 8


def front(values: dict, directions: list) -> set:
    """Keys of those of `values` (key: objectives) that no other is better than. (Optuna's own does
    the same, in a time that grows with the square of the points where objectives are three.)"""
    usable = [key for key, each in values.items() if None not in each]
    if not usable:
        return set()
    table = np.array([values[key] for key in usable], dtype=float)
    table *= [1 if direction == "minimize" else -1 for direction in directions]
    order = np.lexsort(table.T[::-1])    # nothing is dominated by what comes after it
    best, chosen = np.empty_like(table), []
    for at in order:
        known = best[:len(chosen)]
        dominated = np.all(known <= table[at], axis=1) & np.any(known < table[at], axis=1)
        if not dominated.any():
            best[len(chosen)] = table[at]
            chosen.append(usable[at])
    return set(chosen)


def thinned(values: dict, epsilon: float) -> set:
    """Some of the keys of `values`, the objectives of a front: each that is left out is as good as
    one that is kept, but for `epsilon`, a share of its range, in each objective. Both ends of
    each objective are kept."""
    keys = list(values)
    if not keys or epsilon <= 0:
        return set(keys)
    table = np.array([values[key] for key in keys], dtype=float)
    low, span = table.min(axis=0), np.ptp(table, axis=0)
    table = (table - low) / np.where(span > 0, span, 1)
    ends = [at for column in table.T for at in (column.argmin(), column.argmax())]
    kept = list(dict.fromkeys(ends))
    for at in np.lexsort(table.T[::-1]):
        if np.abs(table[kept] - table[at]).max(axis=1).min() > epsilon:
            kept.append(at)
    return {keys[at] for at in kept}


def front_by_workload(points: list, directions: list, epsilon: float = 0) -> set:
    """Numbers of the points (as outputs.py gives them) on the front of their workload, thinned."""
    groups = defaultdict(dict)
    for point in points:
        if point["objectives"] is not None:
            groups[point["workload"]][point["number"]] = point["objectives"]
    chosen = set()
    for group in groups.values():
        best = front(group, directions)
        chosen |= thinned({key: group[key] for key in group if key in best}, epsilon)
    return chosen


def effects(points: list, parameters: list, metric: str) -> dict:
    """By parameter how far its values move the mean of `metric` over all else: the smallest and the
    largest mean, and the values that give them."""
    found = {}
    for name in parameters:
        groups = defaultdict(list)
        for point in points:
            if point["state"] == "done" and point["metrics"].get(metric) is not None:
                groups[_given(point, name)].append(point["metrics"][metric])
        means = sorted((float(np.mean(values)), text) for text, values in groups.items())
        if len(means) > 1:
            (low, lowest), (high, highest) = means[0], means[-1]
            found[name] = {"low": low, "at_low": lowest, "high": high, "at_high": highest}
    return found


def importance(points: list, parameters: list, metric: str) -> dict:
    """Share of each parameter in the variance of `metric`, by Optuna's fANOVA; empty where there is
    nothing to tell. Of many points a random selection is taken, the same every time."""
    from optuna.distributions import IntDistribution
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import create_trial
    usable = [point for point in points if point["state"] == "done"
              and point["metrics"].get(metric) is not None]
    if len(usable) > MOST_FOR_IMPORTANCE:
        usable = random.Random(0).sample(usable, MOST_FOR_IMPORTANCE)
    values = {name: sorted({_given(point, name) for point in usable}, key=_order)
              for name in parameters}
    # By rank: with categories the evaluator takes minutes.
    varied = {name: IntDistribution(0, len(texts) - 1)
              for name, texts in values.items() if len(texts) > 1}
    results = {point["metrics"][metric] for point in usable}
    if len(usable) < FEWEST_FOR_IMPORTANCE or not varied or len(results) < 2:
        return {}
    study = optuna().create_study()
    study.add_trials([create_trial(
        value=point["metrics"][metric], distributions=varied,
        params={name: values[name].index(_given(point, name)) for name in varied})
        for point in usable])
    # RuntimeError: nothing but rounding varies.
    with warnings.catch_warnings(), contextlib.suppress(RuntimeError):
        warnings.simplefilter("ignore")
        return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0)))
    return {}


def _given(point: dict, name: str) -> str:
    return point["workload"] if name == "workload" else point["parameters"].get(name, "")


def _order(text: str):
    value = value_of(text)
    return (isinstance(value, str), value if not isinstance(value, str) else 0, text)


def bottlenecks(points: list) -> Counter:
    return Counter(point["bottleneck"] for point in points if point["bottleneck"])
