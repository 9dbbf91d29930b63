# SPDX-License-Identifier: Apache-2.0
"""The simulator, as the exploration meets it: its parameters and metrics, and `--batch`."""

import functools
import json
import os
import re
import subprocess
from pathlib import Path

from exploration.errors import ExploreError, UsageError
from lib.stop_point import stop_point

HOME = Path(__file__).resolve().parents[2]
PLATFORMS = Path(os.environ.get("TOPKIMA_TOOLS") or HOME / "build" / "platforms")
NAMES = ("soc", "macro")


class Tool:
    """One of the two tools; `parameters` and `metrics` are its own lists, by name. `encoders`: it
    runs trained models, which have metrics of their own."""

    def __init__(self, name: str, encoders: bool = False):
        self.name = f"topkima-{name}"
        self.path = PLATFORMS / self.name
        if not self.path.exists():
            raise UsageError(f"{self.path} has not been built: scripts/setup does")
        self.parameters = {entry["name"]: entry for entry in self._listed("--list-parameters=json")}
        of = ("--model", "any") if encoders else ()
        self.metrics = {entry["name"]: entry
                        for entry in self._listed("--list-metrics=json", *of)}

    def _answer(self, option: str, *more) -> str:
        done = subprocess.run([self.path, option, *more], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ExploreError(f"{self.name} {option}: {done.stderr.strip()}")
        return done.stdout

    def _listed(self, option: str, *more) -> list:
        return json.loads(self._answer(option, *more))

    @functools.cached_property
    def model_revision(self) -> str:
        """Equal for two builds that give the same results."""
        return re.search(r"model (\w+)", self._answer("--version"))[1]


class Batch:
    """A running `--batch`: points in, answers out, one at a time."""

    def __init__(self, tool: Tool):
        self._tool = tool
        self._process = None

    def ask(self, point: dict) -> dict:
        """The answer to `point` (docs/batch.md). A batch that ends instead is one failed point."""
        if self._process is None:
            self._process = subprocess.Popen([self._tool.path, "--batch"], text=True,
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             # It answers on standard output, and complains of a
                                             # worker that was killed; Ctrl-C is for the worker.
                                             stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            self._process.stdin.write(json.dumps(point) + "\n")
            self._process.stdin.flush()
            stop_point("asked")
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line.endswith("\n"):
            return json.loads(line)
        code = self._process.wait()
        self._process = None
        return {"exit": 4, "message": f"{self._tool.name} --batch ended with {code}, no answer"}

    def kill(self):
        if self._process is not None:
            self._process.kill()

    def close(self):
        """Ends it, in the middle of a point as well."""
        if self._process is not None:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None
