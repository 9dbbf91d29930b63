# SPDX-License-Identifier: Apache-2.0
"""A worker: takes open points of a study, simulates what has not been simulated, stores results.

Any number of workers may run, on any machines that reach the storage, and any of them may die at
any time.
"""

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path

from topkima.errors import DataError, TopkimaError, on_ending
from topkima.exploration import sampling
from topkima.exploration.database import Cache
from topkima.exploration.simulator import BEYOND, Refused, Simulator, cache_path, is_shared
from topkima.exploration.store import HEARTBEAT_S, STOP_PATIENCE_S, Store, changed
from topkima.exploration.study import Study
from topkima.files import digest_of_place
from topkima.names import name_in
from topkima.stop_point import stop_point

CHUNK_S = 1.0           # of simulation between two visits to the storage
MOST_AT_ONCE = 200
MOST_AT_ONCE_IN_SEARCH = 4
IDLE_S = 0.1
TOO_MANY_WINNERS = "asks a row for more winners than take part in it"     # of a point, in its note
SIGNAL_S = 0.1          # what ended the tool may be about to end the worker too


class Stopped(Exception):
    """A signal has asked the worker to end."""


def load_study(store: Store) -> Study:
    """The study of a storage, for this build of the tool."""
    stored = store.definition()
    study = Study(stored.text, f"study '{store.study}'", Path(name_in(stored.base)), store.study)
    if study.tool.model_revision != stored.model_revision:
        raise DataError(f"study '{store.study}' was begun with model revision "
                        f"{stored.model_revision}; this build is {study.tool.model_revision}: "
                        "begin another study")
    for path, digest in store.files().items():
        if digest_of_place(path) != digest:
            raise changed(path, store.study)
    return study


class Worker:
    def __init__(self, store: Store, study: Study):
        self._store, self._study = store, study
        self._simulator = Simulator(study)
        # A database of many machines is their cache, too; a home directory that they share is no
        # place for SQLite.
        self._cache = Cache(cache_path() if store.is_local else None)
        self._begin = time.monotonic()
        self._points, self._per_point = 0, CHUNK_S
        self.stopping = False
        self._search = None
        if study.searches:
            self._search = sampling.Search(study)

    def stop(self):
        """Gives up the point in work; what was claimed is open again. From any thread."""
        self.stopping = True
        self._store.patience_s = STOP_PATIENCE_S
        self._simulator.kill()

    def run(self):
        self._id = self._store.enter()
        ended = threading.Event()
        heart = threading.Thread(target=self._beat, args=(ended,), daemon=True)
        heart.start()
        try:
            while self._step():
                pass
        finally:
            ended.set()
            self._simulator.close()
            with contextlib.suppress(TopkimaError):
                self._store.leave(self._id)

    def _check_stop(self):
        if self.stopping:
            raise Stopped

    def _beat(self, ended: threading.Event):
        while not ended.wait(HEARTBEAT_S):
            with contextlib.suppress(TopkimaError):
                self._store.beat(self._id)

    def _step(self) -> bool:
        """Works on some points, or waits for others to; False when the study is complete."""
        self._check_stop()
        most = MOST_AT_ONCE
        if self._search:
            most = MOST_AT_ONCE_IN_SEARCH * len(self._study.workloads)
        rows = self._store.claim(self._id, max(1, min(most, int(CHUNK_S / self._per_point))))
        if rows:
            stop_point("claimed")
            self._work(rows)
            return True
        stop_point("idle")
        self._store.release_dead()
        counts = self._store.counts()
        if counts.get("claimed") or counts.get("open"):
            time.sleep(IDLE_S)
            return True
        return self._search is not None and self._ask_next(sum(counts.values()))

    # Points

    def _work(self, rows: list):
        begin = time.monotonic()
        outcomes, hashes, new = [], {}, {}
        rows = sorted(rows, key=lambda row: row.workload)    # the tool holds few in memory
        for row in rows:
            self._check_stop()
            try:
                hashes[row.number] = self._simulator.hash_of(*self._point(row))
            except Refused as refused:
                outcomes.append(self._refusal(row, refused))
        records = self._known(list(hashes.values()))
        for row in rows:
            run_hash = hashes.get(row.number)
            if run_hash is None:
                continue
            if run_hash not in records:
                self._check_stop()
                if new and time.monotonic() - begin > CHUNK_S:
                    # For whoever comes next.
                    outcomes.append({"number": row.number, "state": "open"})
                    continue
                try:
                    run_hash, record = self._simulator.simulate(*self._point(row))
                    records[run_hash] = new[run_hash] = record
                except Refused as refused:
                    outcomes.append(self._refusal(row, refused))
                    continue
            outcomes.append(self._done(row, run_hash, records[run_hash]))
        finished = sum(outcome["state"] != "open" for outcome in outcomes)
        self._points += finished
        self._cache.add({run_hash: record for run_hash, record in new.items() if is_shared(record)})
        self._store.finish(self._id, outcomes, records, {
            "points": self._points, "seconds": time.monotonic() - self._begin,
            "simulating": self._simulator.seconds}, self._simulator.files)
        stop_point("stored")
        self._per_point = max(1e-4, (time.monotonic() - begin) / finished)

    def _point(self, row) -> tuple:
        return self._study.workloads[row.workload], json.loads(row.parameters)

    def _known(self, hashes: list) -> dict:
        hashes = list(dict.fromkeys(hashes))
        found = self._store.find(hashes)
        return {**found, **self._cache.find([each for each in hashes if each not in found])}

    def _done(self, row, run_hash: str, record: dict) -> dict:
        metrics, objectives = record["metrics"], None
        if not self._study.violated(metrics):
            objectives = json.dumps([metrics.get(name) for name, _ in self._study.objectives])
        return {"number": row.number, "state": "done", "hash": run_hash, "objectives": objectives,
                "message": TOO_MANY_WINNERS if BEYOND in record else None}

    def _refusal(self, row, refused: Refused) -> dict:
        if refused.state == "failed":
            time.sleep(SIGNAL_S)
        self._check_stop()
        return {"number": row.number, "state": refused.state, "message": str(refused)}

    # Search

    def _ask_next(self, known: int) -> bool:
        """Tells the search what the last batch gave and stores the next one; False after the last.
        `known`: points that the study has by now."""
        study, per_trial = self._study, len(self._study.workloads)
        with self._store.searching(self._id) as mine:
            if not mine:
                time.sleep(IDLE_S)
                return True
            if sum(self._store.counts().values()) != known:
                return True    # another worker was quicker
            trials = known // per_trial
            self._search.tell(sampling.results_of_trials(self._store, study, self._search.told))
            batch = -(-trials // study.population)
            if batch >= sampling.count_of_batches(study):
                return False
            asked = self._search.ask(batch)
            stop_point("proposed")
            self._store.add_points([
                {"number": (trials + index) * per_trial + workload, "workload": workload,
                 "parameters": each.parameters, "trial": json.dumps(each.trial)}
                for index, each in enumerate(asked) for workload in range(per_trial)])
            return True


def _stop_by_signal(worker: Worker):
    """Signals are seen by a thread: the system may hand one to any of them, and the main thread,
    which waits for the tool, then runs no handler."""
    seen, written = os.pipe()
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written)
    on_ending(lambda *_: None)
    _in_thread(lambda: os.read(seen, 1), worker.stop)


def _stop_at_end_of_input(worker: Worker):
    def wait():
        while os.read(0, 1):
            pass
    _in_thread(wait, worker.stop)


def _in_thread(*steps):
    threading.Thread(target=lambda: [step() for step in steps], daemon=True).start()


def run_worker(store: Store, until_input_ends: bool = False):
    """Until the study is complete, or a signal or the end of standard input asks it to end."""
    worker = Worker(store, load_study(store))
    _stop_by_signal(worker)
    if until_input_ends:
        _stop_at_end_of_input(worker)
    try:
        worker.run()
    except (Stopped, TopkimaError):
        if not worker.stopping:
            raise
