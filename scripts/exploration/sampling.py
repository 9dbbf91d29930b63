"""Which points a study has: all at once for grids, lists and random draws, a batch at a time for
Optuna's NSGA-II and TPE.

A search is deterministic, whatever the number of workers: a batch is asked from a sampler whose
seed is that of the study and the batch's number, and depends on the results of whole batches alone.
"""

import itertools
import warnings

from exploration.errors import ExploreError
from exploration.parameters import number_text
from exploration.store import BUSY_S, Store
from exploration.study import Study


def static_points(study: Study) -> list:
    """Parameters of every point of a study that does not search, without repetitions."""
    if study.sampler == "list":
        chosen = study.listed
    elif study.sampler == "random":
        chosen = [ask.parameters for ask in _ask(study, [], 0, study.points)]
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
            result[varied.name] = FloatDistribution(varied.low, varied.high, log=varied.log,
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


def _ask(study: Study, finished: list, batch: int, count: int) -> list:
    """The next `count` points after the trials `finished`."""
    memory = optuna().create_study(directions=[direction for _, direction in study.objectives],
                                   sampler=_sampler(study, batch))
    memory.add_trials(finished)
    space = distributions(study)
    asked = []
    for _ in range(count):
        trial = memory.ask(space)
        # Inactive parameters stay in the trial: crossover works on whole points.
        chosen = {name: value if isinstance(value, str) else number_text(value)
                  for name, value in trial.params.items()}
        frozen = memory._storage.get_trial(trial._trial_id)
        asked.append(Asked({"params": trial.params, "attributes": frozen.system_attrs},
                           study.active(chosen)))
    return asked


class Search:
    """The trials of a searching study, in Optuna's tables of the same storage, where its other
    tools find them too."""

    def __init__(self, study: Study, store: Store):
        self._study, self._store = study, store
        self._record = self._patiently(self._open)

    def _open(self):
        module = optuna()
        options = {"connect_args": {"timeout": BUSY_S}} if self._store.url.startswith("sqlite") else {}
        storage = module.storages.RDBStorage(self._store.url, options | {"pool_pre_ping": True})
        return module.create_study(
            study_name=self._store.study, storage=storage, load_if_exists=True,
            directions=[direction for _, direction in self._study.objectives])

    def _patiently(self, work):
        def unwrapped():
            try:
                return work()
            except optuna().exceptions.StorageInternalError as error:
                raise error.__cause__ or error from error
        return self._store.patiently(unwrapped)

    def ask(self, batch: int, count: int) -> list:
        return _ask(self._study, self._patiently(self._finished), batch, count)

    def _finished(self) -> list:
        """In the order of their points; one that was told twice counts once. One that failed counts
        as the worst of all, so that the search learns to keep away from it."""
        from optuna.trial import TrialState
        trials = {trial.user_attrs["point"]: trial
                  for trial in self._record.get_trials(deepcopy=False)}
        trials = [trials[number] for number in sorted(trials)]
        done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        return [self._as_worst(trial, done) if done and trial.state == TrialState.FAIL else trial
                for trial in trials]

    def _as_worst(self, trial, done: list):
        from optuna.trial import create_trial
        worst = [max(values) if direction == "minimize" else min(values) for (_, direction), values in
                 zip(self._study.objectives, zip(*(each.values for each in done)))]
        broken = [max(1.0, *values) for values in
                  zip(*(each.system_attrs["constraints"] for each in done))]
        return create_trial(values=worst, params=trial.params, distributions=trial.distributions,
                            user_attrs=trial.user_attrs,
                            system_attrs={**trial.system_attrs, "constraints": broken})

    def tell(self, results: list):
        """`results`: (number of the first point, trial as asked, metrics of each workload or None),
        in order. What has been told before is left alone."""
        self._patiently(lambda: self._tell(results))

    def _tell(self, results: list):
        from optuna.trial import TrialState, create_trial
        told = {trial.user_attrs["point"] for trial in self._record.get_trials(deepcopy=False)}
        space = distributions(self._study)
        for number, asked, metrics in results:
            if number in told:
                continue
            attributes, values, state = dict(asked["attributes"]), None, TrialState.FAIL
            if all(each is not None for each in metrics):
                values = [self._mean(metrics, metric) for metric, _ in self._study.objectives]
                state = TrialState.COMPLETE
                # Trials are added whole, past the sampler's own bookkeeping of constraints.
                attributes["constraints"] = [
                    max(constraint.violation(each) for each in metrics)
                    for constraint in self._study.constraints]
            self._record.add_trial(create_trial(
                state=state, values=values, params=asked["params"], distributions=space,
                user_attrs={"point": number}, system_attrs=attributes))

    def _mean(self, metrics: list, name: str) -> float:
        values = [each.get(name) for each in metrics]
        if None in values:
            raise ExploreError(f"the objective {name} does not exist for a point: "
                               "report.float_reference is off, or the run was too long for it")
        return sum(values) / len(values)


def count_of_batches(study: Study) -> int:
    return -(-study.points // study.population)


def batch_size(study: Study, batch: int) -> int:
    return min(study.population, study.points - batch * study.population)
