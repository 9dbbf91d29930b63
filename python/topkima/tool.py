# SPDX-License-Identifier: Apache-2.0
"""The simulators, as Python meets them: a run, their parameters and metrics, and `--batch`."""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from topkima import places
from topkima.errors import SimulationError, UsageError, echoed, error_of
from topkima.names import in_json
from topkima.stop_point import stop_point

NAMES = ("soc", "macro")
LIBRARIES = "cosim.directory"   # of RTL, which runs in the tool: its command line alone says where
PATIENCE_S = 10     # for a tool that was asked to end


def tool_of(name: str) -> Path:
    """The program of "soc" or "macro". UsageError: there is none."""
    if name not in NAMES:
        raise UsageError(f"tool {echoed(name)} is not known; expected {' or '.join(NAMES)}")
    return places.tool(f"topkima-{name}")


def kill(process: subprocess.Popen):
    """Kills a process that has a session of its own, and all that it has started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def started(command: list) -> subprocess.Popen:
    """UsageError: its words are none of a command, or it is no program."""
    try:
        return subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                errors="backslashreplace", start_new_session=True)
    except (OSError, ValueError) as error:      # a ValueError: there is a NUL in a word
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{command[0]}: cannot be started: {why}") from error


def call(command: list) -> subprocess.CompletedProcess:
    """Runs a tool to its end, or ends it when something happens here, as an interrupt. What it
    could not do is raised as one of the package's errors, with its own line."""
    with started(command) as process:
        try:
            stop_point("called")
            out, err = process.communicate()
        except BaseException:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                kill(process)
            raise
    if process.returncode < 0:
        raise SimulationError(f"{Path(command[0]).name} was ended by signal {-process.returncode}")
    if process.returncode != 0:
        raise error_of(process.returncode, err)
    return subprocess.CompletedProcess(command, 0, out, err)


def model_revision_of(program: Path) -> str:
    """Equal for two builds that give the same results."""
    return re.search(r"model (\w+)", call([program, "--version"]).stdout)[1]


class Tool:
    """One of the two tools; `parameters` and `metrics` are its own lists, by name. `encoders`: it
    runs trained models, which have metrics of their own."""

    def __init__(self, name: str, encoders: bool = False):
        self.name = f"topkima-{name}"
        self.path = tool_of(name)
        self.parameters = {entry["name"]: entry for entry in self._listed("--list-parameters=json")}
        of = ("--model", "any") if encoders else ()
        self.metrics = {entry["name"]: entry
                        for entry in self._listed("--list-metrics=json", *of)}

    def _answer(self, option: str, *more) -> str:
        return call([self.path, option, *more]).stdout

    def _listed(self, option: str, *more) -> list:
        return json.loads(self._answer(option, *more))

    @functools.cached_property
    def model_revision(self) -> str:
        return model_revision_of(self.path)


class Batch:
    """A running `--batch` with these options: points in, answers out, one at a time."""

    def __init__(self, program: Path, *options):
        self._program, self._options = program, list(map(str, options))
        self._process = None

    def ask(self, point: dict) -> dict:
        """The answer to `point` (docs/batch.md). A batch that ends instead is one failed point."""
        if self._process is None:
            self._process = self._start()
        try:
            self._process.stdin.write(json.dumps(in_json(point)) + "\n")
            self._process.stdin.flush()
            stop_point("asked")
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line.endswith("\n"):
            return json.loads(line)
        code = self._process.wait()
        self._forget()
        return {"exit": 4, "message": f"{self._program.name} --batch ended with {code}, no answer"}

    def _start(self) -> subprocess.Popen:
        # The batches are the parallelism, so that one thread each is enough. A batch answers on
        # standard output, and complains of a worker that was killed; Ctrl-C is for the worker.
        return subprocess.Popen([self._program, "--batch", *self._options], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, start_new_session=True,
                                env={"OMP_NUM_THREADS": "1", **os.environ})

    def kill(self):
        """From a signal's handler or another thread."""
        process = self._process
        if process is not None:
            kill(process)

    def close(self):
        """Ends it, in the middle of a point as well."""
        if self._process is not None:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                kill(self._process)
                self._process.wait()
            self._forget()

    def _forget(self):
        """A process that has ended, and what was not yet written to it."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process = None
