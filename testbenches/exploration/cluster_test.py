#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies on PostgreSQL, with workers of any kind that come, go and die, give the table that one
worker gives with SQLite. The servers are real; where they are missing the exit code is 77.

  cluster_test.py [TEST...]
"""

import contextlib
import functools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import servers

with contextlib.suppress(ImportError):    # its absence is told below
    import sqlalchemy as sql
    from topkima.exploration import store as storage
    from topkima.errors import TopkimaError

HOME = Path(__file__).resolve().parents[2]
EXPLORE = HOME / "scripts/explore"
LIMIT_S = 120           # for what takes seconds
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


def setUpModule():
    global room, database
    room = Path(unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="tk_")))
    unittest.enterModuleContext(mock.patch.dict(os.environ, TOPKIMA_CACHE=""))
    database = unittest.enterModuleContext(servers.postgres(room))


def study_file(text):
    path = room / f"{abs(hash(text))}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def explore(*arguments, code=0):
    done = subprocess.run([EXPLORE, *map(str, arguments)], check=False, capture_output=True, text=True,
                          timeout=LIMIT_S)
    if done.returncode != code:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stderr


def tables_of(directory):
    return [(directory / name).read_bytes() for name in ("points.csv", "summary.md")]


@functools.cache
def reference(text):
    """The tables that one worker makes with SQLite."""
    directory = Path(tempfile.mkdtemp(dir=room)) / "study"
    explore("run", study_file(text), "--workers", 1, "--output", directory, "--name", "study", "--no-page", "--quiet")
    return tables_of(directory)


def administer(*statements):
    engine = sql.create_engine(database.url, isolation_level="AUTOCOMMIT", poolclass=sql.pool.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sql.text(statement))


def url_of(name):
    return database.url.rsplit("/", 1)[0] + "/" + name


class Started:
    """An explore in the background; what it says is in a file."""

    def __init__(self, *arguments, python=()):
        handle, log = tempfile.mkstemp(dir=room)
        self.log = Path(log)
        with open(handle, "wb") as output:
            self.process = subprocess.Popen([*python, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output)

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def wait(self, code=0, seconds=LIMIT_S):
        found = self.process.wait(seconds)
        if found != code:
            raise AssertionError(f"{self.process.args} ended with {found}: {self.said()}")
        return self.said()


class ClusterTest(unittest.TestCase):
    def setUp(self):
        """A database of its own, in which nothing exists."""
        self.name = re.sub(r"\W", "_", self.id().split(".", 1)[1]).lower()
        administer(f"CREATE DATABASE {self.name}")
        self.url = url_of(self.name)
        self.directory = Path(tempfile.mkdtemp(dir=room)) / "study"
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for each in self.started:
            if each.process.poll() is None:
                each.process.terminate()
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
        return ("run", study_file(text), "--storage", self.url, "--workers", workers, "--name", name,
                "--output", directory or self.directory, "--no-page", "--quiet")

    def start_run(self, text, workers, **options):
        """Returns once the study is stored."""
        run = self.start(EXPLORE, *self.run_arguments(text, workers, **options))
        self.wait_until(lambda: run.process.poll() is not None or self.is_stored(), "a study")
        return run

    def is_stored(self):
        """The study and its points, not only where they will be."""
        try:
            name = (self.directory / "storage.txt").read_text().splitlines()[1]
            return bool(self.store(name).definition())
        except (OSError, TopkimaError):
            return False

    def start_workers(self, count, name="study"):
        return [self.start(EXPLORE, "worker", "--storage", self.url, "--study", name) for _ in range(count)]

    def store(self, name="study"):
        """For a look from here."""
        store = storage.Store(self.url, name)
        self.addCleanup(store._engine.dispose)
        return store

    def finished(self, store):
        return sum(count for state, count in store.counts().items() if state not in ("open", "claimed"))

    def wait_until(self, condition, what):
        servers.wait_until(condition, LIMIT_S, what)

    def wait_for_points(self, count):
        store = self.store()
        self.wait_until(lambda: self.finished(store) >= count, f"{count} points")
        store._engine.dispose()

    def assert_reference(self, text, directory=None):
        for found, expected in zip(tables_of(directory or self.directory), reference(text)):
            different = [pair for pair in zip(found.splitlines(), expected.splitlines()) if pair[0] != pair[1]]
            self.assertTrue(found == expected, different[:1])


class SameTable(ClusterTest):
    def check(self, text):
        explore(*self.run_arguments(text, 2))
        self.assert_reference(text)

    def test_grid(self):
        self.check(GRID)
        self.assertEqual(reference(GRID)[0].count(b",infeasible,"), 40)

    def test_nsga2(self):
        self.check(NSGA2)

    def test_tpe(self):
        self.check(TPE)


class ManyWorkers(ClusterTest):
    def test_run_without_workers_watches(self):
        run = self.start_run(NSGA2, 0)
        time.sleep(2)
        self.assertIsNone(run.process.poll())
        self.assertEqual(self.store().counts(), {})
        for worker in self.start_workers(4):
            self.assertEqual(worker.wait(), "")
        self.assertEqual(run.wait(), "")
        self.assert_reference(NSGA2)

    def test_tables_are_created_by_all_at_once(self):
        """Over and over."""
        code = ("import os, sys, time\nfrom exploration.store import Store\n"
                "for turn in range(5):\n"
                "    time.sleep(max(0, float(sys.argv[2]) + 2 * turn - time.time()))\n"
                "    Store(sys.argv[1] + str(turn), f'study {os.getpid()}').create(\n"
                "        {'text': '', 'base': '', 'model_revision': ''}, [])\n")
        administer(*(f"CREATE DATABASE race{turn}" for turn in range(5)))
        url = url_of("race")
        begin = time.time() + 8
        for each in [self.start("-c", code, url, begin, python=[sys.executable])
                     for _ in range(6)]:
            self.assertEqual(each.wait(), "")

    def test_runs_of_one_name_at_once(self):
        """One has the study, the others are told so."""
        runs = [self.start(EXPLORE, *self.run_arguments(GRID, 1, directory=self.directory.with_name(f"study{index}")))
                for index in range(3)]
        codes = sorted(run.process.wait(LIMIT_S) for run in runs)
        self.assertEqual(codes, [0, 2, 2], [run.said() for run in runs])
        for index, run in enumerate(runs):
            if run.process.returncode == 0:
                self.assert_reference(GRID, self.directory.with_name(f"study{index}"))
            else:
                self.assertRegex(run.said(), r"\Aexplore: storage \S+ has a study 'study' already.*\n\Z")
                self.assertEqual(list(self.directory.with_name(f"study{index}").iterdir()), [])

    def test_a_worker_without_a_study_says_so(self):
        self.assertRegex(explore("worker", "--storage", self.url, "--study", "absent", code=3),
                         r"\Aexplore: storage \S+ has no study 'absent'\n\Z")

    def test_studies_of_one_database_share_results(self):
        explore(*self.run_arguments(GRID, 2))
        again = self.directory.with_name("again")
        explore(*self.run_arguments(GRID, 2, name="again", directory=again))
        self.assertEqual(tables_of(again)[0], reference(GRID)[0])
        rows = self.store("again").worker_rows()
        self.assertEqual((sum(row.points for row in rows), sum(row.simulating for row in rows)), (80, 0))

    def test_more_workers_than_connections(self):
        administer("CREATE ROLE guest LOGIN CONNECTION LIMIT 4", f"ALTER DATABASE {self.name} OWNER TO guest")
        self.url = self.url.replace("explorer@", "guest@")
        run = self.start_run(NSGA2, 0)
        for worker in self.start_workers(6):
            worker.wait()
        run.wait()
        self.assert_reference(NSGA2)

    def test_encoding_of_the_database_does_not_matter(self):
        administer(f"CREATE DATABASE plain{self.name} ENCODING 'SQL_ASCII' TEMPLATE template0")
        self.url = url_of("plain" + self.name)
        explore(*self.run_arguments(NSGA2, 1))
        self.assert_reference(NSGA2)
        self.assertIn("Does 1 µs matter?", (self.directory / "summary.md").read_text(encoding="utf-8"))

    def test_gnu_parallel(self):
        run = self.start_run(LONG_GRID, 0)
        done = subprocess.run([HOME / "examples/exploration/with_parallel", self.url, "study", "3"], check=False,
                              capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        run.wait()
        self.assert_reference(LONG_GRID)
        self.assertEqual(len(self.store().worker_rows()), 3)


class StorageAway(ClusterTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: database.accepts() or database.start())

    def check(self, text):
        run = self.start_run(text, 2)
        everyone = [run, *self.start_workers(2)]
        for points in (3, 12):
            self.wait_for_points(points)
            database.stop()
            self.wait_until(lambda: all("waiting for storage" in each.said() for each in everyone), "them to say so")
            database.start()
        for each in everyone:
            self.assertRegex(each.wait(), r"\A(explore: waiting for storage postgresql://\S+: .+\n)+\Z")
        self.assert_reference(text)

    def test_grid_goes_on(self):
        self.check(LONG_GRID)

    def test_search_goes_on(self):
        self.check(NSGA2)

    def test_many_short_absences(self):
        run = self.start_run(NSGA2, 2)
        for _ in range(5):
            time.sleep(random.uniform(0.1, 1.5))
            database.stop()
            database.start()
        self.assertNotIn("Traceback", run.wait())
        self.assert_reference(NSGA2)

    def test_resumed_study_waits_longer_than_a_status(self):
        run = self.start_run(LONG_GRID, 1)
        self.wait_for_points(3)
        run.process.send_signal(signal.SIGINT)
        run.process.wait(LIMIT_S)
        again = self.start(EXPLORE, "resume", self.directory, "--workers", 1, "--no-page", "--quiet")
        self.wait_for_points(self.finished(self.store()) + 3)
        database.stop()
        time.sleep(14)
        self.assertIn("waiting for storage", again.said())
        database.start()
        again.wait()
        self.assert_reference(LONG_GRID)

    def test_status_gives_up(self):
        self.start_run(GRID, 0)
        database.stop()
        begin = time.monotonic()
        self.assertRegex(explore("status", self.directory, code=4),
                         r"\Aexplore: storage postgresql://\S+: .*Connection refused\n\Z")
        self.assertGreater(time.monotonic() - begin, 9)

    def test_status_gives_up_on_a_server_that_hangs(self):
        self.start_run(GRID, 0).process.kill()
        server = database.server.process.pid
        everything = [server, *children_of(server)]
        for pid in everything:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertRegex(explore("status", self.directory, code=4),
                             r"\Aexplore: storage postgresql://\S+: .*timeout expired\n\Z")
        finally:
            for pid in everything:
                os.kill(pid, signal.SIGCONT)

    def test_who_is_asked_to_end_does_not_wait(self):
        run = self.start_run(LONG_GRID, 1)
        worker, = self.start_workers(1)
        self.wait_for_points(3)
        database.stop()
        self.wait_until(lambda: all("waiting" in each.said() for each in (run, worker)), "them to say so")
        run.process.send_signal(signal.SIGINT)
        worker.process.terminate()
        worker.wait(0, 15)
        self.assertIn("interrupted", run.wait(130, 25))
        database.start()
        explore("resume", self.directory, "--workers", 1, "--no-page", "--quiet")
        self.assert_reference(LONG_GRID)

    def test_what_waiting_does_not_mend(self):
        for wrong, why in ((self.url + "_absent", "does not exist"),
                           (self.url.replace("explorer@", "nobody:secret@"), "does not exist"),
                           ("mysql://host/name", "expected postgresql")):
            said = explore("worker", "--storage", wrong, "--study", "study", code=2 if "mysql" in wrong else 4)
            self.assertRegex(said, rf"\Aexplore: storage .*{why}.*\n\Z")
            self.assertNotIn("secret", said)


class Deaths(ClusterTest):
    def kill_at_random(self, text):
        run = self.start_run(text, 0)
        workers, killed = self.start_workers(3), 0
        while run.process.poll() is None:
            time.sleep(random.uniform(0.2, 1.0))
            victim = random.choice(workers)
            if victim.process.poll() is None:
                victim.process.kill()
                victim.process.wait()
                workers.remove(victim)
                workers += self.start_workers(1)
                killed += 1
        run.wait()
        self.assert_reference(text)
        self.assertGreater(killed, 0)

    def test_workers_of_a_grid_killed_at_random(self):
        self.kill_at_random(STUDY.replace("SEEDS", str(list(range(1, 11)))))

    def test_workers_of_a_search_killed_at_random(self):
        self.kill_at_random(NSGA2)

    def test_run_starts_its_dead_workers_again(self):
        run = self.start_run(LONG_GRID, 2)
        for points in (2, 20, 40):
            self.wait_for_points(points)
            for pid in children_of(run.process.pid)[:1]:
                os.kill(pid, signal.SIGKILL)
        run.wait()
        self.assert_reference(LONG_GRID)

    def silent_worker(self, store, points):
        """Of another machine, that has claimed so many points."""
        silent = store.enter()
        store.claim(silent, points)
        with store._engine.begin() as connection:
            connection.execute(sql.update(storage.workers).where(storage.workers.c.id == silent).values(
                host="elsewhere", machine="another", pid=1))
        return silent

    def test_silent_worker_of_another_machine(self):
        run = self.start_run(GRID, 0)
        store = self.store()
        self.silent_worker(store, 10)
        worker, = self.start_workers(1)
        self.wait_for_points(35)
        time.sleep(2)
        self.assertEqual(store.counts()["claimed"], 10)
        self.assertIsNone(worker.process.poll())
        with mock.patch.object(storage, "DEAD_AFTER_S", 1):
            store.release_dead()
        worker.wait()
        run.wait()
        self.assert_reference(GRID)

    def test_silent_searcher_of_another_machine(self):
        run = self.start_run(NSGA2, 0)
        store = self.store()
        silent = self.silent_worker(store, 1)
        gone = store.searching(silent)
        self.assertTrue(gone.__enter__())
        worker, = self.start_workers(1)
        time.sleep(3)
        self.assertEqual(store.counts(), {})
        with mock.patch.object(storage, "DEAD_AFTER_S", 1):
            store.release_dead()
        worker.wait()
        run.wait()
        self.assert_reference(NSGA2)

    def test_claim_whose_answer_was_lost(self):
        run = self.start_run(GRID, 0)
        store = self.store()
        worker = store.enter()
        lost = [row.number for row in store.claim(worker, 100)]
        self.assertEqual(lost, list(range(80)))
        self.assertEqual([row.number for row in store.claim(worker, 30)], lost[:30])
        other = store.enter()
        self.assertEqual(store.claim(other, 100), [])
        store.leave(worker)
        self.assertEqual(len(store.claim(other, 100)), 80)
        store.leave(other)
        self.start_workers(1)
        run.wait()
        self.assert_reference(GRID)


class SlurmArray(ClusterTest):
    def test_array_with_a_cancelled_task(self):
        run = self.start_run(LONG_GRID, 0)
        with servers.slurm(room) as cluster, \
                mock.patch.dict(os.environ, TOPKIMA_STORAGE=self.url, TOPKIMA_STUDY="study"):
            job = cluster.submit(f"--chdir={HOME}", f"--output={room}/%A_%a.log", "--array=0-3", "--mem-per-cpu=100M",
                                 HOME / "examples/exploration/slurm_array.sh")
            self.wait_for_points(5)
            servers.run(["scancel", f"{job}_0"])
            states = cluster.wait(job, LIMIT_S)
            logs = [(room / f"{job}_{task}.log").read_text() for task in range(4)]
        self.assertEqual(states, {"0": "CANCELLED", "1": "COMPLETED", "2": "COMPLETED", "3": "COMPLETED"}, logs)
        run.wait()
        self.assert_reference(LONG_GRID)
        self.assertEqual(len(self.store().worker_rows()), 4)
        self.assertNotIn("Traceback", "".join(logs))


def children_of(parent):
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(entry.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    servers.main()
