#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies on PostgreSQL, with workers of any kind that come, go and die, give the table that one
worker gives with SQLite. The servers are real; where they are missing the exit code is 77.

  cluster_test.py [TEST...]
"""

import contextlib
import functools
import multiprocessing
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import servers
from waiting import (DEADLINE_S, descendants_of, end_by, go_on, has_ended, has_stopped,
                     random_source, stopped_below, stopping_at, wait_for_stop, wait_until)

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
    directory = Path(tempfile.mkdtemp(dir=room)) / "study"
    explore("run", study_file(text), "--workers", 1, "--output", directory, "--name", "study",
            "--no-page", "--quiet")
    return tables_of(directory)


def administer(*statements):
    engine = sql.create_engine(database.url, isolation_level="AUTOCOMMIT",
                               poolclass=sql.pool.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sql.text(statement))


def url_of(name):
    return database.url.rsplit("/", 1)[0] + "/" + name


class Started:
    """An explore in the background; what it says is in a file. `stop`: as TOPKIMA_STOP_POINT."""

    def __init__(self, *arguments, stop=""):
        handle, log = tempfile.mkstemp(dir=room)
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
        self.directory = Path(tempfile.mkdtemp(dir=room)) / "study"
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
        run = self.start_run(NSGA2, 0, stop="looked:3")
        wait_for_stop(run.process)
        self.assertEqual(self.store().counts(), {})
        run.let_go()
        for worker in self.start_workers(4):
            self.assertEqual(worker.wait(), "")
        self.assertEqual(run.wait(), "")
        self.assert_reference(NSGA2)

    def test_tables_are_created_by_all_at_once(self):
        """Over and over."""
        turns, count = 5, 6
        administer(*(f"CREATE DATABASE race{turn}" for turn in range(turns)))
        context = multiprocessing.get_context("fork")
        together = context.Barrier(count)

        def work():
            for turn in range(turns):
                together.wait(DEADLINE_S)
                storage.Store(url_of(f"race{turn}"), f"study {os.getpid()}", patience_s=0).create(
                    {"text": "", "base": "", "model_revision": ""}, [])
        running = [context.Process(target=work) for _ in range(count)]
        for each in running:
            each.start()
        for each in running:
            each.join(DEADLINE_S)
            self.assertEqual(each.exitcode, 0)

    def test_runs_of_one_name_at_once(self):
        """One has the study, the others are told so: those that look for it too early, and one that
        comes late."""
        def start(number, stop=""):
            return self.start(EXPLORE, *self.run_arguments(
                GRID, 1, directory=self.directory.with_name(f"study{number}")), stop=stop)

        def files_of(number):
            return sorted(os.listdir(self.directory.with_name(f"study{number}")))
        runs = [start(number, stop="file:2") for number in range(3)]
        self.wait_for_stops(runs, 3)
        for number in range(3):
            self.assertEqual(files_of(number), ["storage.txt", "study.toml"])
            runs[number].let_go()
        codes = sorted(run.process.wait(DEADLINE_S) for run in runs)
        self.assertEqual(codes, [0, 2, 2], [run.said() for run in runs])
        late = start(3)
        late.wait(2)
        self.assertEqual(files_of(3), [])
        for number, run in enumerate([*runs, late]):
            if run.process.returncode == 0:
                self.assert_reference(GRID, self.directory.with_name(f"study{number}"))
            else:
                self.assertRegex(run.said(),
                                 r"\Aexplore: storage \S+ has a study 'study' already.*\n\Z")

    def test_a_worker_without_a_study_says_so(self):
        self.assertRegex(explore("worker", "--storage", self.url, "--study", "absent", code=3),
                         r"\Aexplore: storage \S+ has no study 'absent'\n\Z")

    def test_studies_of_one_database_share_results(self):
        explore(*self.run_arguments(GRID, 2))
        again = self.directory.with_name("again")
        explore(*self.run_arguments(GRID, 2, name="again", directory=again))
        self.assertEqual(tables_of(again)[0], reference(GRID)[0])
        rows = self.store("again").worker_rows()
        self.assertEqual((sum(row.points for row in rows), sum(row.simulating for row in rows)),
                         (80, 0))

    def test_more_workers_than_connections(self):
        administer("CREATE ROLE guest LOGIN CONNECTION LIMIT 4",
                   f"ALTER DATABASE {self.name} OWNER TO guest")
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
        self.assertIn("Does 1 µs matter?",
                      (self.directory / "summary.md").read_text(encoding="utf-8"))

    def test_gnu_parallel(self):
        run = self.start_run(LONG_GRID, 0)
        done = subprocess.run([HOME / "examples/exploration/with_parallel", self.url, "study", "3"],
                              check=False,
                              capture_output=True, text=True, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        run.wait()
        self.assert_reference(LONG_GRID)
        self.assertEqual(len(self.store().worker_rows()), 3)


class StorageAway(ClusterTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: database.accepts() or database.start())

    def wait_until_noticed(self, everyone):
        """All have said that the storage is away, which each does once in a while."""
        def noticed():
            for each in everyone:
                each.let_go()
            return all(each.waits_for_storage() for each in everyone)
        wait_until(noticed, "all to wait for the storage")

    def check(self, text):
        stops = "stored:1,stored:2"
        run = self.start_run(text, 2, stop=stops)
        everyone = [run, *self.start_workers(2, stop=stops)]
        for workers in (4, 1):      # one may have taken all points that were left
            self.wait_for_stops(everyone, workers)
            database.stop()
            self.wait_until_noticed(everyone)
            database.start()
        for each in everyone:
            self.assertRegex(each.wait(),
                             r"\A(explore: waiting for storage postgresql://\S+: .+\n)+\Z")
        self.assert_reference(text)

    def test_grid_goes_on(self):
        self.check(LONG_GRID)

    def test_search_goes_on(self):
        self.check(NSGA2)

    def test_many_short_absences(self):
        stops = [f"{name}:{passage}" for name in ("claimed", "stored", "idle", "looked")
                 for passage in range(1, 5)]
        stops = ["claimed:1", *random_source().sample(stops, 8)]
        run = self.start_run(NSGA2, 2, stop=",".join(stops))
        for _ in range(5):
            wait_until(lambda: run.stopped() or has_ended(run.process.pid), "a stop")
            database.stop()
            database.start()
            run.let_go()
        self.assertNotIn("Traceback", run.wait())
        self.assert_reference(NSGA2)

    def test_resumed_study_waits_longer_than_a_status(self):
        run = self.start_run(LONG_GRID, 1, stop="stored:1")
        self.wait_for_stops([run], 1)
        run.process.send_signal(signal.SIGINT)
        run.wait(130)
        again = self.start(EXPLORE, "resume", self.directory, "--workers", 1, "--no-page",
                           "--quiet", stop="stored:1")
        self.wait_for_stops([again], 1)
        database.stop()
        self.wait_until_noticed([again])
        explore("status", self.directory, code=4)
        self.assertIsNone(again.process.poll())
        database.start()
        again.wait()
        self.assert_reference(LONG_GRID)

    def test_status_gives_up(self):
        self.start_run(GRID, 0)
        database.stop()
        self.assertRegex(explore("status", self.directory, code=4),
                         r"\Aexplore: storage postgresql://\S+: .*Connection refused\n\Z")

    def test_status_gives_up_on_a_server_that_hangs(self):
        self.start_run(GRID, 0).process.kill()
        server = database.server.process.pid
        everything = [server, *descendants_of(server)]
        for pid in everything:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertRegex(explore("status", self.directory, code=4),
                             r"\Aexplore: storage postgresql://\S+: .*timeout expired\n\Z")
        finally:
            for pid in everything:
                os.kill(pid, signal.SIGCONT)

    def test_who_is_asked_to_end_does_not_wait(self):
        run = self.start_run(LONG_GRID, 1, stop="stored:1")
        worker, = self.start_workers(1, stop="stored:1")
        self.wait_for_stops([run, worker], 2)
        database.stop()
        self.wait_until_noticed([run, worker])
        run.process.send_signal(signal.SIGINT)
        worker.process.terminate()
        worker.wait()
        self.assertIn("interrupted", run.wait(130))
        database.start()
        explore("resume", self.directory, "--workers", 1, "--no-page", "--quiet")
        self.assert_reference(LONG_GRID)

    def test_what_waiting_does_not_mend(self):
        for wrong, why in ((self.url + "_absent", "does not exist"),
                           (self.url.replace("explorer@", "nobody:secret@"), "does not exist"),
                           ("mysql://host/name", "expected postgresql")):
            said = explore("worker", "--storage", wrong, "--study", "study",
                           code=2 if "mysql" in wrong else 4)
            self.assertRegex(said, rf"\Aexplore: storage .*{why}.*\n\Z")
            self.assertNotIn("secret", said)


class Deaths(ClusterTest):
    def kill_at_random(self, text):
        """Workers that have stopped; each of the first ones does."""
        random, most_killed = random_source(), 12
        run = self.start_run(text, 0)
        workers, killed = self.start_workers(3, stop="claimed:1"), 0
        while True:
            wait_until(lambda: has_ended(run.process.pid) or
                       any(each.stopped() for each in workers), "a stop")
            if has_ended(run.process.pid):
                break
            for worker in [each for each in workers if each.stopped()]:
                if killed == 0 or (killed < most_killed and random.random() < 0.7):
                    end_by(worker.process.pid, signal.SIGKILL)
                    worker.wait(-signal.SIGKILL)
                    workers.remove(worker)
                    name = random.choice(("claimed", "asked", "stored", "proposed", "idle"))
                    workers += self.start_workers(1, stop=f"{name}:{random.randint(1, 5)}")
                    killed += 1
                else:
                    worker.let_go()
        run.wait()
        self.assert_reference(text)
        self.assertGreater(killed, 0)

    def test_workers_of_a_grid_killed_at_random(self):
        self.kill_at_random(STUDY.replace("SEEDS", str(list(range(1, 11)))))

    def test_workers_of_a_search_killed_at_random(self):
        self.kill_at_random(NSGA2)

    def test_run_starts_its_dead_workers_again(self):
        run = self.start_run(LONG_GRID, 2, stop="asked:5")
        for _ in range(3):
            victim = self.wait_for_stops([run], 1)[0]
            end_by(victim, signal.SIGKILL)
            wait_until(lambda victim=victim: has_ended(victim), "a worker to die")
        run.wait()
        self.assert_reference(LONG_GRID)

    def silent_worker(self, store, points):
        """Of another machine, that has claimed so many points."""
        silent = store.enter()
        store.claim(silent, points)
        with store._engine.begin() as connection:
            worker = sql.update(storage.workers).where(storage.workers.c.id == silent)
            connection.execute(worker.values(host="elsewhere", machine="another", pid=1))
        return silent

    def take_for_dead(self, store, silent):
        with store._engine.begin() as connection:
            connection.execute(
                sql.update(storage.workers).where(storage.workers.c.id == silent).values(
                    seen=storage.workers.c.seen - 2 * storage.DEAD_AFTER_S))
        store.release_dead()

    def test_silent_worker_of_another_machine(self):
        run = self.start_run(GRID, 0)
        store = self.store()
        silent = self.silent_worker(store, 10)
        worker, = self.start_workers(1, stop="idle:3")
        wait_for_stop(worker.process)
        self.assertEqual((store.counts()["claimed"], self.finished(store)), (10, 70))
        self.take_for_dead(store, silent)
        worker.wait()
        run.wait()
        self.assert_reference(GRID)

    def test_silent_searcher_of_another_machine(self):
        run = self.start_run(NSGA2, 0)
        store = self.store()
        silent = self.silent_worker(store, 1)
        gone = store.searching(silent)
        self.assertTrue(gone.__enter__())
        worker, = self.start_workers(1, stop="idle:3")
        wait_for_stop(worker.process)
        self.assertEqual(store.counts(), {})
        self.take_for_dead(store, silent)
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
                mock.patch.dict(os.environ, TOPKIMA_STORAGE=self.url, TOPKIMA_STUDY="study",
                                TOPKIMA_STOP_POINT="claimed:1"):
            job = cluster.submit(f"--chdir={HOME}", f"--output={room}/%A_%a.log", "--array=0-3",
                                 "--mem-per-cpu=100M",
                                 HOME / "examples/exploration/slurm_array.sh")
            wait_until(lambda: len(cluster.stopped_processes()) == 4, "four workers to stop")
            tasks = cluster.stopped_processes()
            servers.run(["scancel", f"{job}_0"])
            for each in tasks:
                go_on(each)
            states = cluster.wait(job)
            logs = [(room / f"{job}_{task}.log").read_text() for task in range(4)]
        self.assertEqual(states, {"0": "CANCELLED", "1": "COMPLETED", "2": "COMPLETED",
                                  "3": "COMPLETED"}, logs)
        run.wait()
        self.assert_reference(LONG_GRID)
        self.assertEqual(len(self.store().worker_rows()), 4)
        self.assertNotIn("Traceback", "".join(logs))


if __name__ == "__main__":
    servers.main()
