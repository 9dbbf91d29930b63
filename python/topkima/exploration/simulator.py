# SPDX-License-Identifier: Apache-2.0
"""Points to records, through the tool's batch mode; each has a run hash, under which it is kept."""

import hashlib
import json
import os
import time
from pathlib import Path

from topkima.exploration.study import Study, Workload
from topkima.tool import Batch


def cache_path() -> Path | None:
    """TOPKIMA_CACHE names the directory; empty: no cache."""
    given = os.environ.get("TOPKIMA_CACHE")
    if given is None:
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        given = f"{home}/topkima-former"
    return Path(given).expanduser() / "results.db" if given else None


def files_of(place: str) -> list:
    """A file, or all of a directory's."""
    path = Path(place)
    return sorted(path.iterdir()) if path.is_dir() else [path]


def state_of(place: str) -> tuple:
    """Changes when a file there does."""
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns)
                 for path in files_of(place))


def input_digest(place: str) -> str:
    """Of tensors, samples and a model's constants; meta.ini is part of the configuration."""
    digest = hashlib.sha256()
    for path in files_of(place):
        if path.suffix not in (".npy", ".npz") and path.name != "model.ini":
            continue
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_shared(record: dict) -> bool:
    """RTL is no part of the model revision: what it did is not taken from elsewhere."""
    return all(text == "tlm" for name, text in record["configuration"].items()
               if name.startswith("model."))


class Refused(Exception):
    """The tool's answer to a point that it did not simulate: its exit code and message."""

    def __init__(self, answer: dict):
        super().__init__(answer["message"])
        self.exit_code = answer["exit"]

    @property
    def state(self) -> str:
        """A configuration that the tool refuses is infeasible; what breaks has failed."""
        return "infeasible" if self.exit_code == 2 else "failed"


class Simulator:
    def __init__(self, study: Study):
        self._study = study
        self._batch = Batch(study.tool.path)
        self._digests = {}      # place: state, digest
        self.seconds = 0.0      # of bare simulation, so far

    def hash_of(self, workload: Workload, parameters: dict) -> str:
        """The run hash: of the tool, model revision, input and resolved configuration. Throws
        Refused."""
        digest = [self._digest(place) for place in (workload.input, workload.model) if place]
        resolved = self._ask(workload, parameters, resolve=True)
        of = [self._study.tool.name, self._study.tool.model_revision, *digest,
              sorted(resolved["configuration"].items())]
        if not is_shared(resolved):
            of.append(time.time_ns())
        return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:24]

    def _digest(self, place: str) -> str:
        try:
            state = state_of(place)
            if self._digests.get(place, (None,))[0] != state:
                if place in self._digests:
                    self._batch.close()     # it holds what was there before
                self._digests[place] = (state, input_digest(place))
        except OSError as error:
            raise Refused({"exit": 3, "message": f"{error.filename}: {error.strerror}"}) from error
        return self._digests[place][1]

    def simulate(self, workload: Workload, parameters: dict) -> dict:
        """Metrics, bottleneck and resolved configuration. Throws Refused."""
        answer = self._ask(workload, parameters)
        self.seconds += answer["seconds"]
        return {key: answer[key] for key in ("metrics", "bottleneck", "configuration")}

    def _ask(self, workload: Workload, parameters: dict, **more) -> dict:
        point = {"parameters": self._study.settings(workload, parameters), **more}
        for key, place in (("input", workload.input), ("model", workload.model)):
            if place:
                point[key] = place
        if self._study.limit_s:
            point["limit_s"] = self._study.limit_s
        answer = self._batch.ask(point)
        if answer["exit"] != 0:
            raise Refused(answer)
        return answer

    def kill(self):
        """Ends the simulation under way, from a signal's handler; it is answered as failed."""
        self._batch.kill()

    def close(self):
        self._batch.close()
