# SPDX-License-Identifier: Apache-2.0
"""Runs a study: stores its points, starts workers, shows progress, writes what comes out."""

import contextlib
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from topkima import programs
from topkima.errors import (DataError, Interrupted, SimulationError, TopkimaError, UsageError,
                            error_of)
from topkima.exploration import analysis, outputs, sampling
from topkima.exploration.simulator import Refused, Simulator
from topkima.exploration.store import STOP_PATIENCE_S, Store
from topkima.exploration.study import MOST_POINTS, Study
from topkima.exploration.worker import load_study
from topkima.files import STORAGE, read_text, write_file
from topkima.names import name_text
from topkima.stop_point import stop_point
from topkima.tool import call

LOCAL = "study.db"
STORAGE_FILE = "storage.txt"
PATIENCE_S = 10         # for a storage that is away before the work begins
POLL_S = 0.2
FRONT_S = 2.0           # between two looks at the front
MOST_TOLD = 2**20
MOST_SHOWN = 10         # of a front, in the status
MOST_DEATHS = 5         # of workers, without a point in between


def is_study(directory: Path) -> bool:
    """Whether a directory is that of a study, usable or not."""
    return os.path.lexists(directory / STORAGE_FILE)


def storage_of(directory: Path) -> tuple:
    """URL and name of the study of an output directory."""
    file = directory / STORAGE_FILE
    lines = read_text(file, STORAGE).splitlines()
    if len(lines) < 2:
        STORAGE.refuse(file, "it has not two lines")
    url, name, *_ = lines
    if url == LOCAL:
        path = directory.resolve() / url
        if not path.is_file():
            raise DataError(f"{path}: is no file; expected the database of the study's points")
        url = str(path)
    return url, name


def opened(directory: Path) -> tuple:
    """Store and study of an output directory."""
    store = Store(*storage_of(directory), PATIENCE_S)
    return store, load_study(store)


def check_workloads(study: Study):
    """DataError: one cannot be read, whatever a point may be."""
    with contextlib.closing(Simulator(study)) as simulator:
        for workload in study.workloads:
            if not workload.input:      # synthetic
                continue
            try:
                simulator.hash_of(workload, {})
            except Refused as refused:
                if refused.exit_code == DataError.exit_code:
                    raise DataError(f"workload '{workload.name}': {refused}") from refused


def create(study: Study, directory: Path, url: str, name: str) -> Store:
    """Stores a new study and every point that is known already."""
    check_workloads(study)
    known = [] if study.searches else sampling.static_points(study)
    if not name.isprintable() or not name.strip():
        raise UsageError(f"--name {name!r}: expected printable characters")
    try:
        # What a run that was killed in this function leaves is taken up.
        if directory.exists() and any(path.name not in ("study.toml", STORAGE_FILE)
                                      and not path.name.startswith(LOCAL)
                                      for path in directory.iterdir()):
            raise UsageError(f"{directory} is not empty: 'explore resume' goes on with a study")
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}") from error
    store = Store(url or str(directory.resolve() / LOCAL), name, PATIENCE_S)
    definition = {"text": study.text, "base": name_text(study.base),
                  "model_revision": study.tool.model_revision}
    store.check_new()
    write_file(directory / "study.toml", study.text)
    write_file(directory / STORAGE_FILE, f"{url or LOCAL}\n{name}\n")
    try:
        store.create(definition, [
            {"number": workload * len(known) + index, "workload": workload, "parameters": point}
            for workload in range(len(study.workloads)) for index, point in enumerate(known)])
    except UsageError:      # another run was quicker
        raise
    except TopkimaError:
        for path in directory.iterdir():    # there is no study
            path.unlink()
        raise
    return store


class Workers:
    """Worker processes on this machine, started again when they die. They end with this process,
    whatever ends it: each sees the end of a pipe that nobody else holds."""

    def __init__(self, store: Store):
        self._store = store
        self._running = []
        self._theirs, self._ours = os.pipe()
        self._log = tempfile.TemporaryFile()
        self._deaths, self._finished_before = 0, -1

    def start(self, count: int):
        for _ in range(count):
            self._running.append(self._start())

    def _start(self) -> subprocess.Popen:
        return programs.start("explore", "worker", "--storage", self._store.url,
                              "--study", self._store.study, "--until-input-ends",
                              stdin=self._theirs, stderr=self._log)

    def told(self) -> list:
        """The different lines that workers wrote to standard error."""
        text = os.pread(self._log.fileno(), MOST_TOLD, 0).decode(errors="replace")
        return list(dict.fromkeys(text.splitlines()))

    def _failure(self, code: int) -> TopkimaError:
        told = self.told()
        if code < 0 or not told:
            return TopkimaError(f"a worker ended with {code}; 'explore resume' goes on")
        return error_of(code if code in (2, 3) else 4, told[-1].removeprefix("explore: "))

    def look(self, finished: int):
        """Starts dead ones again. Throws when they only die."""
        if finished != self._finished_before:
            self._deaths, self._finished_before = 0, finished
        for index, worker in enumerate(self._running):
            code = worker.poll()
            if code is None or code == 0:
                continue
            self._deaths += 1
            if code > 0 or self._deaths > MOST_DEATHS:
                raise self._failure(code)
            self._store.release_dead()
            self._running[index] = self._start()

    @property
    def count(self) -> int:
        return sum(worker.poll() is None for worker in self._running)

    def end(self, at_once: bool) -> list:
        """`at_once`: in the middle of their work. Returns what they have told."""
        for worker in self._running:
            if at_once:
                worker.terminate()
        for worker in self._running:
            worker.wait()
        for end in (self._theirs, self._ours):
            os.close(end)
        with self._log:
            return self.told()


class Progress:
    """The bar: points, rate, remaining time, and the front so far."""

    def __init__(self, study: Study, shown: bool, finished: int):
        from tqdm import tqdm
        self._study = study
        self._bar = tqdm(total=0, disable=not shown, unit="point", dynamic_ncols=True,
                         initial=finished, smoothing=0.1, leave=False)
        self._front, self._seen, self._next_front = {}, set(), 0.0
        if shown:
            sampling.optuna()   # a second, now rather than in the first look at the front

    def show(self, counts: dict, store: Store):
        total = sum(counts.values())
        if self._study.searches:
            total = self._study.points * len(self._study.workloads)
        finished = finished_in(counts)
        self._bar.total = total
        self._bar.update(finished - self._bar.n)
        if not self._bar.disable and time.monotonic() > self._next_front:
            begin = time.monotonic()
            self._look_at_front(store, counts)
            self._next_front = time.monotonic() + max(FRONT_S, 10 * (time.monotonic() - begin))

    def _look_at_front(self, store: Store, counts: dict):
        """Only new points can join the front, and only those on it can leave it."""
        values = store.objectives()
        new = {number: values[number] for number in values if number not in self._seen}
        self._seen |= set(new)
        directions = [direction for _, direction in self._study.objectives]
        candidates = {**self._front, **new}
        self._front = {number: candidates[number]
                       for number in analysis.front(candidates, directions)}
        parts = [f"front {len(self._front)}"]
        for index, (metric, direction) in enumerate(self._study.objectives):
            best = [each[index] for each in self._front.values()]
            if best:
                best = min(best) if direction == "minimize" else max(best)
                parts.append(f"{metric} {best:.4g}")
        parts += [f"{counts[state]} {state}" for state in ("infeasible", "failed")
                  if counts.get(state)]
        self._bar.set_postfix_str(", ".join(parts))

    def close(self):
        self._bar.close()


def finished_in(counts: dict) -> int:
    return sum(counts.get(state, 0) for state in outputs.FINISHED)


def work(store: Store, study: Study, workers: int, shown: bool):
    """Has the study's points worked on until there are none left."""
    counts = store.counts()
    progress = Progress(study, shown, finished_in(counts))
    store.patience_s = math.inf
    team = Workers(store)
    complete = False
    try:
        team.start(workers)
        while True:
            counts = store.counts()
            stop_point("looked")
            team.look(finished_in(counts))
            progress.show(counts, store)
            complete = is_complete(study, counts)
            if complete:
                break
            if workers and team.count == 0 and not is_complete(study, store.counts()):
                raise TopkimaError("all workers have been ended; 'explore resume' goes on")
            if workers == 0:
                store.release_dead()
            time.sleep(POLL_S)
    except BaseException as error:
        store.patience_s = STOP_PATIENCE_S
        if isinstance(error, Interrupted):
            error.args = ("interrupted; 'explore resume' goes on",)
        raise
    finally:
        progress.close()
        told = team.end(at_once=not complete)
        with contextlib.suppress(TopkimaError):
            store.release_dead()
    for line in told:
        print(line, file=sys.stderr)


def is_complete(study: Study, counts: dict) -> bool:
    if counts.get("open") or counts.get("claimed"):
        return False
    return not study.searches or sum(counts.values()) >= study.points * len(study.workloads)


def check_any_done(store: Store, directory: Path):
    if not store.counts().get("done"):
        raise SimulationError(f"no point of the study was simulated: {directory}/summary.md says "
                              "why")


def finished_point(store: Store, study: Study, number: int) -> dict:
    """DataError: it has not been simulated, and why."""
    rows = store.finished(number - 1, number + 1) if number < MOST_POINTS else []
    for row, record in rows:
        point = outputs.point_of(row, record, study)
        if point["state"] != "done":
            raise DataError(f"point {number} is {point['state']}"
                            + (f": {point['message']}" if point["message"] else ""))
        return point
    raise DataError(f"study '{store.study}' has no point {number}")


def in_full(store: Store, study: Study, directory: Path, number: int) -> Path:
    """Runs a point again, for its results, and returns their directory."""
    point = finished_point(store, study, number)
    results = directory / "runs" / f"point-{number}"
    call([*outputs.command(study, point, study.tool.path, results), "--quiet"])
    return results


def spent_text(store: Store, wall: float | None = None) -> str:
    """Where the workers' time went."""
    rows = [row for row in store.worker_rows() if row.points]
    seconds, simulating = sum(row.seconds for row in rows), sum(row.simulating for row in rows)
    if not rows or not simulating:
        return ""
    text = f"{sum(row.points for row in rows)} points by {len(rows)} workers"
    if wall is not None:
        text += f" in {wall:.1f} s"
    return text + (f"; {100 * simulating / seconds:.0f} % of their time was simulation "
                   f"({seconds / simulating:.2f} times the bare simulation)")


def status_text(store: Store, study: Study) -> str:
    counts = store.counts()
    total = study.points * len(study.workloads) if study.searches else sum(counts.values())
    text = f"{study.name}: {finished_in(counts)} of {total} points finished"
    text += "".join(f", {counts[state]} {state}" for state in
                    ("claimed", "infeasible", "failed") if counts.get(state))
    directions = [direction for _, direction in study.objectives]
    values = store.objectives()
    found = analysis.front(values, directions)
    text += f"\nfront: {len(found)} points{' over all workloads' * (len(study.workloads) > 1)}\n"
    metrics = [metric for metric, _ in study.objectives]
    for number in sorted(found, key=values.get)[:MOST_SHOWN]:
        text += f"  point {number}: " + ", ".join(
            f"{metric} {value:.5g}" for metric, value in zip(metrics, values[number])) + "\n"
    text += "".join(f"{note}: {count} points\n" for note, count in store.notes())
    spent = spent_text(store)
    text += spent + "\n" if spent else ""
    for row in store.worker_rows():
        if row.seen:
            text += f"worker on {row.host}, process {row.pid}: {row.points} points\n"
    return text
