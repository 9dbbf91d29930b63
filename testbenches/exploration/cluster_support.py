# SPDX-License-Identifier: Apache-2.0
"""Studies on PostgreSQL: a server for a module's tests, and runs and workers that are started and
looked at."""

import contextlib
import functools
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import servers
from waiting import (DEADLINE_S, go_on, has_ended, has_stopped, stopped_below, stopping_at,
                     wait_until)

with contextlib.suppress(ImportError):    # its absence is told below
    import sqlalchemy as sql
    from topkima.exploration import store as storage
    from topkima.errors import TopkimaError

HOME = Path(__file__).resolve().parents[2]
EXPLORE = HOME / "scripts/explore"
STUDY = """
question = "Does 1 µs matter?"
minimize = ["latency_us"]
maximize = ["topk_overlap_float"]

[[workload]]
shape = { heads = 1, tokens = 8, seed = SEEDS }

[parameters]
topk.k = { from = 1, to = 8 }
ima.bits = { from = 3, to = 7 }
topk.split = ["8", "4,3"]       # a token too few is refused
"""
GRID = STUDY.replace("SEEDS", "1")
LONG_GRID = STUDY.replace("SEEDS", "[1, 2]")
SEARCH = GRID + """
[sampler]
kind = "KIND"
points = 24
population = 8
"""
NSGA2, TPE = SEARCH.replace("KIND", "nsga2"), SEARCH.replace("KIND", "tpe")


@functools.cache
def started() -> tuple:
    """A directory and a server, which all tests of a module share and which end with it."""
    room = Path(unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="tk_")))
    unittest.enterModuleContext(mock.patch.dict(os.environ, TOPKIMA_CACHE=""))
    return room, unittest.enterModuleContext(servers.postgres(room))


def room() -> Path:
    return started()[0]


def study_file(text):
    path = room() / f"{abs(hash(text))}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def explore(*arguments, code=0):
    done = subprocess.run([EXPLORE, *map(str, arguments)], check=False, capture_output=True,
                          text=True,
                          timeout=DEADLINE_S)
    if done.returncode != code:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stderr


def tables_of(directory):
    return [(directory / name).read_bytes() for name in ("points.csv", "summary.md")]


@functools.cache
def reference(text):
    """The tables that one worker makes with SQLite."""
    directory = Path(tempfile.mkdtemp(dir=room())) / "study"
    explore("run", study_file(text), "--workers", 1, "--output", directory, "--name", "study",
            "--no-page", "--quiet")
    return tables_of(directory)


def administer(*statements):
    engine = sql.create_engine(started()[1].url, isolation_level="AUTOCOMMIT",
                               poolclass=sql.pool.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sql.text(statement))


def url_of(name):
    return started()[1].url.rsplit("/", 1)[0] + "/" + name


class Started:
    """An explore in the background; what it says is in a file. `stop`: as TOPKIMA_STOP_POINT."""

    def __init__(self, *arguments, stop=""):
        handle, log = tempfile.mkstemp(dir=room())
        self.log = Path(log)
        with open(handle, "wb") as output:
            self.process = subprocess.Popen(list(map(str, arguments)), stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, env=stopping_at(stop))

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def stopped(self):
        """Of its processes, those that have stopped."""
        own = [self.process.pid] if has_stopped(self.process.pid) else []
        return own + stopped_below(self.process.pid)

    def waits_for_storage(self):
        return "waiting for storage" in self.said()

    def let_go(self):
        for each in self.stopped():
            go_on(each)

    def wait(self, code=0):
        """Lets everything go on that stops, up to the end."""
        def ended():
            self.let_go()
            return has_ended(self.process.pid)
        wait_until(ended, f"{self.process.args} to end")
        found = self.process.wait()
        if found != code:
            raise AssertionError(f"{self.process.args} ended with {found}: {self.said()}")
        return self.said()


class ClusterTest(unittest.TestCase):
    def setUp(self):
        """A database of its own, in which nothing exists."""
        self.name = re.sub(r"\W", "_", self.id().split(".", 1)[1]).lower()
        administer(f"CREATE DATABASE {self.name}")
        self.url = url_of(self.name)
        self.room, self.database = started()
        self.directory = Path(tempfile.mkdtemp(dir=room())) / "study"
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for each in self.started:
            if each.process.poll() is None:
                each.process.terminate()
                each.let_go()
        for each in self.started:
            try:
                each.process.wait(20)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()

    def start(self, *arguments, **options):
        self.started.append(Started(*arguments, **options))
        return self.started[-1]

    def run_arguments(self, text, workers, name="study", directory=None):
        return ("run", study_file(text), "--storage", self.url, "--workers", workers,
                "--name", name,
                "--output", directory or self.directory, "--no-page", "--quiet")

    def start_run(self, text, workers, stop=""):
        """Returns once the study is stored."""
        run = self.start(EXPLORE, *self.run_arguments(text, workers), stop=stop)
        wait_until(lambda: has_ended(run.process.pid) or self.is_stored(), "a study")
        return run

    def is_stored(self):
        """The study and its points, not only where they will be."""
        try:
            name = (self.directory / "storage.txt").read_text().splitlines()[1]
            return bool(self.store(name).definition())
        except (OSError, TopkimaError):
            return False

    def start_workers(self, count, stop=""):
        return [self.start(EXPLORE, "worker", "--storage", self.url, "--study", "study", stop=stop)
                for _ in range(count)]

    def store(self, name="study"):
        """For a look from here."""
        store = storage.Store(self.url, name)
        self.addCleanup(store._engine.dispose)
        return store

    def finished(self, store):
        return sum(count for state, count in store.counts().items()
                   if state not in ("open", "claimed"))

    def wait_for_stops(self, everyone, count):
        """Until so many of their processes have stopped."""
        def stopped():
            found = [pid for each in everyone for pid in each.stopped()]
            return len(found) >= count and found
        return wait_until(stopped, f"{count} stops")

    def assert_reference(self, text, directory=None):
        for found, expected in zip(tables_of(directory or self.directory), reference(text)):
            different = [pair for pair in zip(found.splitlines(), expected.splitlines())
                         if pair[0] != pair[1]]
            self.assertTrue(found == expected, different[:1])
