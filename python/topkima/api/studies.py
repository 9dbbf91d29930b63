# SPDX-License-Identifier: Apache-2.0
"""A study of the design space, as scripts/explore runs it."""

import contextlib
import os
import sys
from pathlib import Path

from topkima.api.results import Result
from topkima.errors import UsageError
from topkima.exploration import outputs, run
from topkima.exploration.study import name_of, read_study
from topkima.files import SUMMARY, read_text


def value(text: str):
    """Of a parameter: a number where it is one."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


class Study:
    """A study file (docs/exploration.md), or the directory of one that has been run.

    Study("winners.toml").run("results/winners") runs it; Study("results/winners") looks at it
    again. Needs optuna, sqlalchemy and tqdm, as scripts/explore does. UsageError: the file cannot
    be used; its line names the key. DataError: the directory holds no study of this model.
    """

    def __init__(self, path):
        self._path = path = Path(path)
        self.directory, self._store = None, None
        if path.is_dir():
            self.directory = path
            self._store, self._study = run.opened(path)
        else:
            self._study = read_study(path, name_of(path))

    def __repr__(self):
        return f"<Study {self.name}, {self.directory or 'not yet run'}>"

    @property
    def name(self) -> str:
        return self._study.name

    @property
    def question(self) -> str:
        return self._study.question

    def run(self, output=None, *, workers: int | None = None, progress=None,
            page: bool = False) -> "Study":
        """Simulates all points into a directory and returns this study. The same call goes on with
        a study that was interrupted, and has one that is complete at once.

        output    directory (default: results/ and the file's name, in the current directory)
        workers   processes (default: one per core)
        progress  None: a bar where standard error is a terminal; True or False: always, never
        page      also writes the page, as page() does

        UsageError: the directory holds something else. SimulationError: no point was simulated.
        An interrupt stores what is done and ends all processes.
        """
        directory = Path(output or self.directory or Path("results") / self._path.stem)
        if run.is_study(directory):
            self._store, found = run.opened(directory)
            if (found.text, found.base) != (self._study.text, self._study.base):
                raise UsageError(f"{directory}: holds another study than {self.name} of "
                                 f"{self._study.base}; expected its own or a new directory")
            self._store.release_dead()
            run.check_workloads(found)
        else:
            self._store = run.create(self._study, directory, "", name_of(self._path))
        self.directory = directory
        shown = sys.stderr is not None and sys.stderr.isatty() if progress is None else progress
        run.work(self._store, self._study, workers or os.cpu_count() or 1, shown)
        outputs.write_outputs(self._store, self._study, directory, page)
        run.check_any_done(self._store, directory)
        return self

    def _opened(self):
        if self._store is None:
            raise UsageError(f"study '{self.name}' has not been run: run() does")
        return self._store

    @property
    def points(self) -> list:
        """Every finished point, a dictionary each, in the order of their numbers: number, workload,
        state (done, infeasible, failed), message, the parameters that vary, every metric
        by name, bottleneck, front (whether it is on that of its workload) and violates (the
        constraints that do not hold)."""
        kept = ("number", "workload", "state", "message")
        return [{**{key: point[key] for key in kept},
                 **{name: value(text) for name, text in point["parameters"].items()},
                 **point["metrics"],
                 **{key: point[key] for key in ("bottleneck", "front", "violates")}}
                for point in outputs.points_of(self._opened(), self._study)]

    @property
    def front(self) -> list:
        """The points that no other one surpasses in every objective."""
        return [point for point in self.points if point["front"]]

    @property
    def summary(self) -> str:
        """summary.md: the front, what matters, where the bottleneck is."""
        self._opened()
        return read_text(self.directory / "summary.md", SUMMARY)

    def page(self) -> Path:
        """Writes the study's page, one file to open in a browser, and returns its path. Needs
        plotly."""
        outputs.write_outputs(self._opened(), self._study, self.directory)
        return self.directory / outputs.PAGE

    def result(self, number: int) -> Result:
        """Runs a point again, for its report and arrays. DataError: there is no such point, or it
        was not simulated."""
        return Result(run.in_full(self._opened(), self._study, self.directory, number))
