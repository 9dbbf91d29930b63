"""A worker: takes open points of a study, simulates what has not been simulated, stores results.

Any number of workers may run, on any machines that reach the storage, and any of them may die at
any time.
"""

import contextlib
import hashlib
import json
import os
import signal
import threading
import time
from pathlib import Path

from exploration import sampling
from exploration.errors import DataError, ExploreError
from exploration.store import HEARTBEAT_S, Cache, Store
from exploration.study import Study
from exploration.tool import Batch

CHUNK_S = 1.0           # of simulation between two visits to the storage
MOST_AT_ONCE = 200
MOST_AT_ONCE_IN_SEARCH = 4
IDLE_S = 0.1


class Stopped(Exception):
    """A signal has asked the worker to end."""


def input_digest(directory: str) -> str:
    """Of the tensors; meta.ini is part of the configuration."""
    digest = hashlib.sha256()
    for path in sorted(Path(directory).glob("*.npy")):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def cache_path() -> Path | None:
    """TOPKIMA_CACHE names the directory; empty: no cache."""
    given = os.environ.get("TOPKIMA_CACHE")
    if given is None:
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        given = f"{home}/topkima-former"
    return Path(given).expanduser() / "results.db" if given else None


def load_study(store: Store) -> Study:
    """The study of a storage, for this build of the tool."""
    text, base, revision = store.definition()
    study = Study(text, f"study '{store.study}'", Path(base))
    if study.tool.model_revision != revision:
        raise DataError(f"study '{store.study}' was begun with model revision {revision}; this "
                        f"build is {study.tool.model_revision}: begin another study")
    return study


class Worker:
    def __init__(self, store: Store, study: Study):
        self._store, self._study = store, study
        self._batch = Batch(study.tool)
        self._cache = Cache(cache_path())
        self._digests = {}
        self._begin = time.monotonic()
        self._points, self._simulating, self._per_point = 0, 0.0, CHUNK_S
        self._search = None
        if study.searches:
            self._search = sampling.Search(study, store.study, store.url)

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
            self._batch.close()
            with contextlib.suppress(ExploreError):
                self._store.leave(self._id)

    def _beat(self, ended: threading.Event):
        while not ended.wait(HEARTBEAT_S):
            with contextlib.suppress(ExploreError):
                self._store.beat(self._id)

    def _step(self) -> bool:
        """Works on some points, or waits for others to; False when the study is complete."""
        most = MOST_AT_ONCE_IN_SEARCH if self._search else MOST_AT_ONCE
        rows = self._store.claim(self._id, max(1, min(most, int(CHUNK_S / self._per_point))))
        if rows:
            self._work(rows)
            return True
        self._store.release_dead()
        counts = self._store.counts()
        if counts.get("claimed") or counts.get("open"):
            time.sleep(IDLE_S)
            return True
        return self._search is not None and self._ask_next(sum(counts.values()))

    # Points

    def _work(self, rows: list):
        begin = time.monotonic()
        outcomes, hashes, requests = [], {}, {}
        for row in rows:
            request = self._request(row)
            answer = self._batch.ask({**request, "resolve": True})
            if answer["exit"] != 0:
                outcomes.append(self._refusal(row.number, answer))
            else:
                requests[row.number] = request
                hashes[row.number] = self._hash(row, answer["configuration"])
        records, simulated = self._known(list(hashes.values())), {}
        for number, run_hash in hashes.items():
            if run_hash not in records:
                answer = self._batch.ask(requests[number])
                if answer["exit"] != 0:
                    outcomes.append(self._refusal(number, answer))
                    continue
                self._simulating += answer["seconds"]
                records[run_hash] = simulated[run_hash] = {
                    key: answer[key] for key in ("metrics", "bottleneck", "configuration", "seconds")}
            outcomes.append(self._done(number, run_hash, records[run_hash]))
        self._points += len(rows)
        self._cache.add(simulated)
        self._store.finish(self._id, outcomes, {**records, **simulated}, {
            "points": self._points, "seconds": time.monotonic() - self._begin,
            "simulating": self._simulating})
        self._per_point = max(1e-4, (time.monotonic() - begin) / len(rows))

    def _request(self, row) -> dict:
        workload = self._study.workloads[row.workload]
        request = {"parameters": self._study.settings(workload, json.loads(row.parameters))}
        if workload.input:
            request["input"] = workload.input
        if self._study.limit_s:
            request["limit_s"] = self._study.limit_s
        return request

    def _hash(self, row, configuration: dict) -> str:
        """Of all that results depend on. RTL is none of the model: its results are this point's."""
        directory = self._study.workloads[row.workload].input
        if directory and directory not in self._digests:
            self._digests[directory] = input_digest(directory)
        of = [self._study.tool.name, self._study.tool.model_revision,
              self._digests.get(directory, ""), sorted(configuration.items())]
        if any(name.startswith("model.") and text != "tlm" for name, text in configuration.items()):
            of += [self._store.study, row.number, time.time_ns()]
        return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:24]

    def _known(self, hashes: list) -> dict:
        hashes = list(dict.fromkeys(hashes))
        found = self._store.find(hashes)
        return {**found, **self._cache.find([each for each in hashes if each not in found])}

    def _done(self, number: int, run_hash: str, record: dict) -> dict:
        metrics, objectives = record["metrics"], None
        if not self._study.violated(metrics):
            objectives = json.dumps([metrics.get(name) for name, _ in self._study.objectives])
        return {"number": number, "state": "done", "hash": run_hash, "objectives": objectives}

    @staticmethod
    def _refusal(number: int, answer: dict) -> dict:
        """What the tool refuses is infeasible; what breaks has failed."""
        state = "infeasible" if answer["exit"] in (2, 3) else "failed"
        return {"number": number, "state": state, "message": answer["message"]}

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
            batch = -(-trials // study.population)
            if batch > 0:
                last = batch - 1
                first = last * study.population * per_trial
                self._search.tell(self._results(first, per_trial))
            if batch >= sampling.count_of_batches(study):
                return False
            asked = self._search.ask(batch, sampling.batch_size(study, batch))
            self._store.add_points([
                {"number": (trials + index) * per_trial + workload, "workload": workload,
                 "parameters": each.parameters, "trial": json.dumps(each.trial)}
                for index, each in enumerate(asked) for workload in range(per_trial)])
            return True

    def _results(self, first: int, per_trial: int) -> list:
        rows = self._store.finished(after=first - 1)
        results = []
        for at in range(0, len(rows), per_trial):
            group = rows[at:at + per_trial]
            results.append((group[0][0].number, json.loads(group[0][0].trial),
                            [record and record["metrics"] for _, record in group]))
        return results


def run_worker(store: Store):
    def stop(number, frame):
        raise Stopped
    signal.signal(signal.SIGTERM, stop)
    with contextlib.suppress(Stopped, KeyboardInterrupt):
        Worker(store, load_study(store)).run()
