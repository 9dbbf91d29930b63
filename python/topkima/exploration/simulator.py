# SPDX-License-Identifier: Apache-2.0
"""Points to records, through the tool's batch mode; each has a run hash, under which it is kept."""

import hashlib
import os
import time
from pathlib import Path

from topkima.exploration.study import Study, Workload
from topkima.files import digest_of_place
from topkima.tool import Batch

HASH_LENGTH = 24
BEYOND = "winners_beyond_participants"      # of what is asked of a row: none has them


def cache_path() -> Path | None:
    """TOPKIMA_CACHE names the directory; empty: no cache."""
    given = os.environ.get("TOPKIMA_CACHE")
    if given is None:
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        given = f"{home}/topkima-former"
    return Path(given).expanduser() / "results.db" if given else None


def is_shared(record: dict) -> bool:
    """RTL may read files of its own while it runs: what it did is not taken from elsewhere."""
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
        self.seconds = 0.0      # of bare simulation, so far
        self.files = {}         # digest of every file that was read, by its path

    def hash_of(self, workload: Workload, parameters: dict) -> str:
        """The run hash of a point: the identity that the tool gives it (docs/batch.md). Throws
        Refused."""
        return self._hash_of(self._ask(workload, parameters, resolve=True))

    @staticmethod
    def _hash_of(answer: dict) -> str:
        if is_shared(answer):
            return answer["identity"][:HASH_LENGTH]
        once = f"{answer['identity']} {time.time_ns()}"
        return hashlib.sha256(once.encode()).hexdigest()[:HASH_LENGTH]

    def simulate(self, workload: Workload, parameters: dict) -> tuple:
        """The run hash, which is another than before if a file has changed, and the record:
        metrics, bottleneck, resolved configuration and BEYOND where there is any. Throws
        Refused."""
        answer = self._ask(workload, parameters)
        self.seconds += answer["seconds"]
        record = {key: answer[key] for key in ("metrics", "bottleneck", "configuration", BEYOND)
                  if key in answer}
        return self._hash_of(answer), record

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
        self.files.update((file["path"], file["sha256"]) for file in answer["files"])
        for place in {f"{os.path.dirname(file['path'])}/" for file in answer["files"]
                      if file["what"].startswith("input/")}:
            self.files[place] = digest_of_place(place)
        return answer

    def kill(self):
        """Ends the simulation under way, from a signal's handler; it is answered as failed."""
        self._batch.kill()

    def close(self):
        self._batch.close()
