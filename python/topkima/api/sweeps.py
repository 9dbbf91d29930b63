# SPDX-License-Identifier: Apache-2.0
"""Many runs in a few processes: the tools' batch mode."""

import contextlib
import os
import queue
import sys
import tempfile
import threading
import time
from pathlib import Path

from topkima.api.inputs import sources_of, texts_of
from topkima.errors import UsageError, echoed, error_of
from topkima.tool import LIBRARIES, Batch, tool_of

LOOK_S = 0.2    # how long a signal that went to a worker's thread may wait


def sweep(points, *, parameters: dict | None = None, input=None, model=None, tool: str = "soc",
          workers: int | None = None, progress=None, keep_errors: bool = False) -> list:
    """Simulates each point and returns a dictionary of each, in the order of the points: the
    point's own parameters, every metric by name (`topkima-soc --list-metrics`), `bottleneck`, and
    `seconds` that its simulation took. A list that pandas.DataFrame() takes.

    points       dictionaries of parameters, as [{"topk.k": k} for k in (1, 2, 3, 5, 8)]
    parameters   those that all points share; a point's own win
    input, model, tool   as of topkima.run(); tensors are loaded once
    workers      simulations at once (default: one per core)
    progress     None: a line on standard error where that is a terminal; True, False: always,
                 never; or what is called with (points done, points in all)
    keep_errors  a point that the tool refuses or that fails does not end the sweep: it has its
                 line as `error`, which is None of the others

    Errors are those of topkima.run(), and name the point. An interrupt ends all simulations.
    """
    points, program, shared = list(points), tool_of(tool), texts_of(parameters)
    if workers is not None and workers < 1:
        raise UsageError(f"workers = {echoed(workers)}; expected at least 1")
    told = reporter(progress)
    with tempfile.TemporaryDirectory(prefix="topkima-") as place:
        sources = sources_of(input, model, Path(place) / "input")
        options = [f"--{LIBRARIES}={shared.pop(LIBRARIES)}"] if LIBRARIES in shared else []
        asked = [{"id": number, "parameters": {**shared, **texts_of(point)}, **sources}
                 for number, point in enumerate(points)]
        team = Team(program, options, min(workers or os.cpu_count() or 1, len(asked)))
        answers = team.answers(asked, told, keep_errors)
    return [row_of(point, answer, keep_errors) for point, answer in zip(points, answers)]


def row_of(point: dict, answer: dict, keep_errors: bool) -> dict:
    error = {"error": answer["message"] if answer["exit"] else None} if keep_errors else {}
    if answer["exit"]:
        return {**point, **error}
    return {**point, **answer["metrics"], "bottleneck": answer["bottleneck"],
            "seconds": answer["seconds"], **error}


class Team:
    """Threads that each have a tool in batch mode work on points."""

    def __init__(self, program: Path, options: list, workers: int):
        self._batches = [Batch(program, *options) for _ in range(workers)]
        self._waiting, self._answered = queue.SimpleQueue(), queue.SimpleQueue()
        self._stopped = False

    def answers(self, asked: list, told, keep_errors: bool) -> list:
        """The answer to each; the first that is an error is raised, unless errors are kept."""
        for point in asked:
            self._waiting.put(point)
        threads = [threading.Thread(target=self._work, args=(batch,), daemon=True)
                   for batch in self._batches]
        found = {}
        try:
            for thread in threads:
                thread.start()
            for _ in asked:
                number, answer = self._next_answer()
                if isinstance(answer, Exception):
                    raise answer
                if answer["exit"] and not keep_errors:
                    raise error_of(answer["exit"], f"point {number}: {answer['message']}")
                found[number] = answer
                told(len(found), len(asked))
        finally:
            self._end(threads)
            told(None, len(asked))
        return [found[number] for number in range(len(asked))]

    def _next_answer(self) -> tuple:
        """A signal may go to a worker's thread, and wakes the main one from no lock: it looks for
        itself now and then."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._answered.get(timeout=LOOK_S)

    def _work(self, batch: Batch):
        try:
            while not self._stopped:
                point = self._waiting.get_nowait()
                self._answered.put((point["id"], batch.ask(point)))
        except queue.Empty:
            pass
        except Exception as error:      # as a tool that cannot be started
            self._answered.put((None, error))
        finally:
            batch.close()

    def _end(self, threads: list):
        self._stopped = True
        for thread, batch in zip(threads, self._batches):
            while thread.is_alive():
                batch.kill()
                thread.join(0.05)


def reporter(progress):
    """What is called after each point, and with None in place of their number at the end."""
    if callable(progress):
        return lambda done, total: done is not None and progress(done, total)
    shown = sys.stderr is not None and sys.stderr.isatty() if progress is None else progress
    begin = time.monotonic()

    def tell(done, total):
        if done is None:
            print(file=sys.stderr, flush=True)
        else:
            rate = done / max(1e-9, time.monotonic() - begin)
            print(f"\r{done} of {total} points, {rate:.3g} per second", end="", file=sys.stderr,
                  flush=True)

    return tell if shown else lambda done, total: None
