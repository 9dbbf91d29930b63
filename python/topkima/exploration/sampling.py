# SPDX-License-Identifier: Apache-2.0
"""Which points a study has: all at once for grids, lists and random draws, a batch at a time for
Optuna's NSGA-II and TPE.

A search is deterministic, whatever the number of workers: a batch is asked from a sampler whose
seed is that of the study and the batch's number, and depends on the results of whole batches alone.
"""

import itertools
import json
import warnings
from pathlib import Path

from topkima.exploration.parameters import number_text
from topkima.exploration.study import Study
from topkima.files import placed


def static_points(study: Study) -> list:
    """Parameters of every point of a study that does not search, without repetitions."""
    if study.sampler == "list":
        chosen = study.listed
    elif study.sampler == "random":
        chosen = [ask.parameters for ask in _ask(study, _memory(study), 0, study.points)]
    else:
        names = [varied.name for varied in study.varied]
        chosen = (study.active(dict(zip(names, values)))
                  for values in itertools.product(*(varied.values for varied in study.varied)))
    return list({frozenset(point.items()): point for point in chosen}.values())


class Asked:
    """One point of a search; what Optuna needs to learn from it later is kept as JSON."""

    def __init__(self, trial: dict, parameters: dict):
        self.trial, self.parameters = trial, parameters


def optuna():
    """Imported only where needed: a grid does without."""
    import optuna as module
    module.logging.set_verbosity(module.logging.WARNING)
    warnings.filterwarnings("ignore", category=module.exceptions.ExperimentalWarning)
    return module


def distributions(study: Study) -> dict:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    result = {}
    for varied in study.varied:
        if not varied.is_range:
            result[varied.name] = CategoricalDistribution(varied.values)
        elif varied.integer:
            low, high, step = int(varied.low), int(varied.high), int(varied.step) or 1
            result[varied.name] = IntDistribution(low, low + (high - low) // step * step,
                                                  log=varied.log, step=step)
        else:
            high = varied.high
            if varied.step:
                high = varied.low + int((high - varied.low) / varied.step + 1e-9) * varied.step
            result[varied.name] = FloatDistribution(varied.low, high, log=varied.log,
                                                    step=varied.step or None)
    return result


def _sampler(study: Study, batch: int):
    samplers = optuna().samplers
    seed = (study.seed * 1_000_003 + batch) % 2**32
    constraints = (lambda trial: trial.system_attrs["constraints"]) if study.constraints else None
    if study.sampler == "nsga2":
        return samplers.NSGAIISampler(population_size=study.population, seed=seed,
                                      constraints_func=constraints)
    if study.sampler == "tpe":
        return samplers.TPESampler(seed=seed, multivariate=True, n_startup_trials=study.population,
                                   constant_liar=len(study.objectives) == 1,
                                   constraints_func=constraints)
    return samplers.RandomSampler(seed=seed)


def _memory(study: Study):
    return optuna().create_study(directions=[direction for _, direction in study.objectives])


def _ask(study: Study, memory, batch: int, count: int) -> list:
    """The next `count` points after the trials in `memory`."""
    memory.sampler = _sampler(study, batch)
    space = distributions(study)
    trials = [memory.ask(space) for _ in range(count)]
    asked = []
    for trial in trials:
        # Inactive parameters stay in the trial: crossover works on whole points.
        chosen = {name: value if isinstance(value, str) else number_text(value)
                  for name, value in trial.params.items()}
        # The trial's own system_attrs warn of their future at every look.
        frozen = memory._storage.get_trial(trial._trial_id)
        asked.append(Asked({"params": trial.params, "attributes": frozen.system_attrs},
                           study.active(chosen)))
        # Results come as trials of their own, here as in a process that has not asked.
        memory.tell(trial, state=optuna().trial.TrialState.FAIL)
    return asked


def told_trial(study: Study, asked: dict, metrics: list):
    """A finished trial for Optuna. `asked`: as asked; `metrics`: of each workload, None where the
    point has none. It has failed where an objective does not exist."""
    from optuna.trial import TrialState, create_trial
    attributes, values, state = dict(asked["attributes"]), None, TrialState.FAIL
    objectives = [[(each or {}).get(metric) for each in metrics] for metric, _ in study.objectives]
    if not any(None in each for each in objectives):
        values = [sum(each) / len(each) for each in objectives]
        state = TrialState.COMPLETE
        # Trials are added whole, past the sampler's own bookkeeping of constraints.
        attributes["constraints"] = [max(constraint.violation(each) for each in metrics)
                                     for constraint in study.constraints]
    return create_trial(state=state, values=values, params=asked["params"],
                        distributions=distributions(study), system_attrs=attributes)


def results_of_trials(store, study: Study, first: int) -> list:
    """What a search is told of its trials from `first` on: as asked, and metrics per workload."""
    per_trial = len(study.workloads)
    rows = store.finished(after=first * per_trial - 1)
    return [(json.loads(rows[at][0].trial),
             [record and record["metrics"] for _, record in rows[at:at + per_trial]])
            for at in range(0, len(rows), per_trial)]


class Search:
    """A search, as far as it has been told of. Any process can build it anew from the results."""

    def __init__(self, study: Study):
        self._study, self._trials = study, _memory(study)
        self._done, self._batch = [], []    # completed so far; the batch that is being told
        self.told = 0

    def tell(self, results: list):
        """`results` of the next trials in order: what was asked, and metrics as in told_trial()."""
        for asked, metrics in results:
            if self.told % self._study.population == 0:
                self._close_batch()
            self._batch.append(told_trial(self._study, asked, metrics))
            self.told += 1

    def _close_batch(self):
        """One that failed counts as the worst so far, so that the search learns to keep away."""
        from optuna.trial import TrialState
        self._done += [trial for trial in self._batch if trial.state == TrialState.COMPLETE]
        self._trials.add_trials([
            self._as_worst(trial) if self._done and trial.state == TrialState.FAIL else trial
            for trial in self._batch])
        self._batch = []

    def _as_worst(self, trial):
        from optuna.trial import create_trial
        told = zip(*(each.values for each in self._done))
        worst = [max(values) if direction == "minimize" else min(values)
                 for (_, direction), values in zip(self._study.objectives, told)]
        broken = [max(1.0, *values) for values in
                  zip(*(each.system_attrs["constraints"] for each in self._done))]
        return create_trial(values=worst, params=trial.params, distributions=trial.distributions,
                            system_attrs={**trial.system_attrs, "constraints": broken})

    def ask(self, batch: int) -> list:
        """The points of a batch, after all batches before it have been told."""
        self._close_batch()
        return _ask(self._study, self._trials, batch, batch_size(self._study, batch))


def record(study: Study, name: str, results: list, path: Path):
    """Keeps a search's trials in Optuna's own storage, a journal file, for its other tools. (Its
    relational storage takes longer for a trial than a simulation does.)"""
    module = optuna()
    with placed(path) as journal:
        storage = module.storages.JournalStorage(module.storages.JournalFileStorage(str(journal)))
        kept = module.create_study(study_name=name, storage=storage,
                                   directions=[direction for _, direction in study.objectives])
        kept.add_trials([told_trial(study, *each) for each in results])


def count_of_batches(study: Study) -> int:
    return -(-study.points // study.population)


def batch_size(study: Study, batch: int) -> int:
    return min(study.population, study.points - batch * study.population)
