#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The storage of studies, in SQLite: many processes at once, dead ones, full disks, broken files.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support TOPKIMA_TOOLS=DIR
  store_test.py --macro PATH --soc PATH
"""

import contextlib
import io
import json
import multiprocessing
import os
import random
import signal
import sqlite3
from unittest import mock

import sqlalchemy as sql

from topkima.exploration import database, store as store_module
from topkima.errors import DataError, TopkimaError, UsageError
from topkima.exploration.database import Cache
from topkima.exploration.run import PATIENCE_S
from topkima.exploration.store import Store
from explore_support import RoomTest
from tool_support import main
from waiting import DEADLINE_S, random_source

DEFINITION = {"text": "t", "base": "/", "model_revision": "m"}
RECORD = {"metrics": {"latency_us": 1.5}, "bottleneck": "score", "configuration": {"topk.k": "1"}}
TIME = {"points": 1, "seconds": 2.0, "simulating": 1.0}


def rows(count, first=0):
    return [{"number": number, "workload": 0, "parameters": {"topk.k": str(number)}}
            for number in range(first, first + count)]


def outcome(number, state="done", **more):
    return {"number": number, "state": state, "hash": f"h{number}", **more}


class StoreTest(RoomTest):
    def setUp(self):
        super().setUp()
        self.path = self.room / "study.db"
        self.url = f"sqlite:///{self.path}"

    def store(self, count=0) -> Store:
        """Of a new study of so many open points."""
        store = Store(self.url, "s", patience_s=0)
        store.create(DEFINITION, rows(count))
        return store

    def sql(self, text):
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute(text).fetchall()
            connection.commit()
            return found


class Studies(StoreTest):
    def test_a_study_is_created_once(self):
        store = self.store(3)
        row = store.definition()
        self.assertEqual((row.text, row.base, row.model_revision), ("t", "/", "m"))
        with self.assertRaisesRegex(UsageError, "has a study 's' already"):
            Store(self.url, "s").create({**DEFINITION, "text": "other"}, rows(9))
        self.assertEqual((store.definition().text, store.counts()), ("t", {"open": 3}))
        other = Store(self.url, "other")
        self.assertRaisesRegex(DataError, "no study 'other'", other.definition)
        other.create(DEFINITION, rows(1))
        self.assertEqual(other.counts(), {"open": 1})
        self.assertEqual(store.counts(), {"open": 3})

    def test_asking_for_a_study_leaves_no_file(self):
        with self.assertRaisesRegex(DataError, "no study 's'"):
            Store(self.url, "s").definition()
        self.assertFalse(self.path.exists())

    def test_points_and_results_that_exist_are_left(self):
        store = self.store(3)
        worker = store.enter()
        store.claim(worker, 2)
        store.finish(worker, [outcome(0, objectives="[1.5]")], {"h0": RECORD}, TIME)
        store.add_points(rows(5))
        store.add_points([])
        self.assertEqual(store.counts(), {"done": 1, "claimed": 1, "open": 3})
        store.finish(worker, [outcome(0, objectives="[1.5]")],
                     {"h0": {**RECORD, "bottleneck": "other"}}, TIME)
        self.assertEqual(store.find(["h0", "nothing"]), {"h0": RECORD})
        self.assertEqual(store.objectives(), {0: [1.5]})
        (row, record), = store.finished(before=1)
        self.assertEqual((row.state, row.worker, record), ("done", None, RECORD))
        self.assertEqual([row.number for row, _ in store.finished(after=1, before=4)], [2, 3])

    def test_many_results_are_found_at_once(self):
        store = self.store()
        records = {f"h{number}": {**RECORD, "bottleneck": str(number)} for number in range(2500)}
        store.finish(store.enter(), [outcome(0)], records, TIME)
        self.assertEqual(store.find(list(records)), records)

    def test_failed_points_are_tried_again_when_asked(self):
        store = self.store(3)
        worker = store.enter()
        store.claim(worker, 3)
        store.finish(worker, [outcome(0), outcome(1, "failed", message="m"),
                              outcome(2, "infeasible", message="n")], {"h0": RECORD}, TIME)
        store.reopen()
        self.assertEqual(store.counts(), {"done": 1, "open": 1, "infeasible": 1})
        self.assertEqual([row.message for row, _ in store.finished()], [None, None, "n"])


class Workers(StoreTest):
    def test_claims_are_in_order_and_of_one_worker(self):
        store = self.store(5)
        a, b, c = store.enter(), store.enter(), store.enter()
        self.assertEqual([row.number for row in store.claim(a, 2)], [0, 1])
        self.assertEqual([row.number for row in store.claim(b, 9)], [2, 3, 4])
        self.assertEqual(store.claim(c, 1), [])
        store.leave(b)
        self.assertEqual([row.number for row in store.claim(a, 9)], [2, 3, 4])

    def test_processes_that_claim_at_once(self):
        count, processes = 300, 4
        self.store(count)

        def work(seed):
            rng = random.Random(seed)
            store = Store(self.url, "s")
            worker = store.enter()
            with open(self.room / f"claimed{seed}", "w") as file:
                while claimed := store.claim(worker, rng.randint(1, 7)):
                    file.writelines(f"{row.number}\n" for row in claimed)
                    store.finish(worker, [outcome(row.number) for row in claimed],
                                 {f"h{row.number}": RECORD for row in claimed}, TIME)
        running = [multiprocessing.get_context("fork").Process(target=work, args=(seed,))
                   for seed in range(processes)]
        for process in running:
            process.start()
        for process in running:
            process.join(DEADLINE_S)
            self.assertEqual(process.exitcode, 0)
        claimed = [int(line) for seed in range(processes)
                   for line in (self.room / f"claimed{seed}").read_text().split()]
        self.assertEqual(sorted(claimed), list(range(count)))
        self.assertEqual(Store(self.url, "s").counts(), {"done": count})

    def test_claims_of_a_killed_process_are_open_again(self):
        store = self.store(4)
        alive = store.enter()
        store.claim(alive, 1)

        def work():
            own = Store(self.url, "s")
            own.claim(own.enter(), 2)
            os.kill(os.getpid(), signal.SIGKILL)
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join(DEADLINE_S)
        self.assertEqual(store.counts(), {"claimed": 3, "open": 1})
        self.assertEqual(store.release_dead(), 1)
        self.assertEqual(store.counts(), {"claimed": 1, "open": 3})
        self.assertEqual([row.number for row in store.claim(alive, 9)], [1, 2, 3])

    def test_a_silent_worker_loses_its_claims_and_may_come_back(self):
        store = self.store(2)
        a, b = store.enter(), store.enter()
        store.claim(a, 2)
        self.sql(f"UPDATE explore_worker SET seen = seen - 61, host = 'elsewhere' WHERE id = '{a}'")
        self.assertEqual(store.release_dead(), 1)
        self.assertEqual([row.number for row in store.claim(b, 1)], [0])
        store.finish(a, [outcome(0), outcome(1)], {"h0": RECORD, "h1": RECORD}, TIME)
        store.finish(b, [outcome(0)], {"h0": RECORD}, TIME)
        self.assertEqual(store.counts(), {"done": 2})
        store.finish(a, [{"number": 0, "state": "failed", "message": "late"}], {}, TIME)
        self.assertEqual(store.counts(), {"done": 2})
        self.assertEqual(store.release_dead(), 2)

    def test_one_worker_at_a_time_searches(self):
        store = self.store()
        a, b = store.enter(), store.enter()
        with store.searching(a) as first, store.searching(b) as second:
            self.assertEqual((first, second), (True, False))
        with store.searching(b) as mine:
            self.assertTrue(mine)
        self.sql(f"UPDATE explore_study SET searcher = '{a}'")
        self.sql("UPDATE explore_study "
                 "SET searching_since = (julianday('now') - 2440587.5) * 86400")
        with store.searching(b) as mine:
            self.assertFalse(mine)
        store.leave(a)
        with store.searching(b) as mine:
            self.assertTrue(mine)


class Trouble(StoreTest):
    def test_a_full_database_says_so_and_goes_on_when_there_is_room(self):
        store = self.store(5)
        worker = store.enter()
        store.claim(worker, 5)
        limits = [1]

        @sql.event.listens_for(store._engine, "begin")
        def limit(connection):
            connection.exec_driver_sql(f"PRAGMA max_page_count={limits[0]}")
        big = {**RECORD, "bottleneck": "x" * 10**6}
        with self.assertRaisesRegex(TopkimaError, "full.*explore resume"):
            store.finish(worker, [outcome(1)], {"h1": big}, TIME)
        self.assertEqual(store.counts(), {"claimed": 5})
        self.assertEqual(store.find(["h1"]), {})
        limits[0] = 10**6
        store.finish(worker, [outcome(1)], {"h1": big}, TIME)
        self.assertEqual(store.counts(), {"claimed": 4, "done": 1})

    def test_files_that_are_no_database(self):
        whole = self.room / "whole.db"
        Store(f"sqlite:///{whole}", "s").create(DEFINITION, rows(500))
        content = whole.read_bytes()
        for number, text in enumerate((b"x" * 9000, content[:5000],
                                       b"SQLite format 3\0" + b"\xff" * 9000)):
            path = self.room / f"bad{number}.db"
            path.write_bytes(text)
            with self.assertRaisesRegex(TopkimaError, "storage sqlite.*bad|no study"), \
                    mock.patch.object(store_module.time, "sleep", side_effect=AssertionError):
                Store(f"sqlite:///{path}", "s").definition()
                Store(f"sqlite:///{path}", "s").counts()
        for url in (f"sqlite:///{self.room}", "sqlite:////nowhere/at/all.db"):
            with self.assertRaisesRegex(TopkimaError, "storage sqlite.*unable to open"):
                Store(url, "s").create(DEFINITION, [])

    def test_addresses_that_are_none(self):
        for url in ("", "nothing", "postgresql://h:x/y", "mysql://h/y", "foo://h", "oracle://h/y"):
            with self.assertRaises(UsageError) as caught:
                Store(url, "s")
            self.assertNotIn("\n", str(caught.exception))

    def test_no_password_is_shown(self):
        with (contextlib.redirect_stderr(io.StringIO()) as said,
              self.assertRaises(TopkimaError) as caught):
            Store("postgresql://me:secret@127.0.0.1:1/y", "s", patience_s=0).definition()
        self.assertNotIn("secret", str(caught.exception) + said.getvalue())

    def test_a_storage_that_is_away_is_waited_for(self):
        store = self.store(1)
        with mock.patch.object(database, "BUSY_S",
                               0), contextlib.redirect_stderr(io.StringIO()) as said, \
                contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            hasty, patient = Store(self.url, "s", patience_s=0), Store(self.url, "s")
            other.execute("BEGIN EXCLUSIVE")
            self.assertRaisesRegex(TopkimaError, "locked", hasty.counts)
            self.assertEqual(said.getvalue(), "")
            with mock.patch.object(store_module.time, "sleep",
                                   side_effect=lambda _: other.execute("COMMIT")):
                self.assertEqual(patient.counts(), {"open": 1})
            self.assertRegex(said.getvalue(), r"\Aexplore: waiting for storage .*locked\n\Z")
        self.assertEqual(store.counts(), {"open": 1})

    def test_patience_ends(self):
        class Clock:
            now = 0.0

            def monotonic(self):
                return self.now

            def sleep(self, seconds):
                self.now += seconds
        self.store(1)
        clock = Clock()
        with mock.patch.object(database, "BUSY_S", 0), \
                mock.patch.object(store_module, "time", clock), \
                contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.assertRaisesRegex(TopkimaError, "locked", Store(self.url, "s", PATIENCE_S).counts)
        self.assertTrue(PATIENCE_S <= clock.now < PATIENCE_S + 3, clock.now)

    def create_until(self, path, step=0, at_commit=False):
        """Creates a study in a process that is killed, if told so, at that step of SQLite's machine
        or as its transaction is about to end; the steps that one makes that is not killed."""
        steps = multiprocessing.get_context("fork").Value("q", 0)

        def die():
            os.kill(os.getpid(), signal.SIGKILL)

        def work():
            store = Store(f"sqlite:///{path}", "s")

            @sql.event.listens_for(store._engine, "connect")
            def connect(connection, _):
                def count():
                    steps.value += 1
                    if steps.value == step:
                        die()
                connection.set_progress_handler(count, 100)     # instructions
            if at_commit:
                sql.event.listen(store._engine, "commit", lambda _: die())
            store.create(DEFINITION, rows(3000))
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join(DEADLINE_S)
        self.assertEqual(process.exitcode, -signal.SIGKILL if step or at_commit else 0)
        return steps.value

    def created(self, path):
        """Whether the study is there, which must be whole then."""
        store = Store(f"sqlite:///{path}", "s")
        try:
            store.definition()
        except DataError:
            return False
        self.assertEqual(store.counts(), {"open": 3000})
        return True

    def test_a_process_killed_while_it_creates_leaves_all_or_nothing(self):
        steps = self.create_until(self.room / "whole.db")
        self.assertTrue(self.created(self.room / "whole.db"))
        self.assertGreater(steps, 100)
        for step in (1, steps, *random_source().sample(range(2, steps), 8)):
            with self.subTest(step=step, of=steps):
                path = self.room / f"{step}.db"
                self.create_until(path, step)
                self.assertFalse(self.created(path))
                self.create_until(path)     # what is left is no hindrance
                self.assertTrue(self.created(path))
        self.create_until(self.room / "commit.db", at_commit=True)
        self.assertFalse(self.created(self.room / "commit.db"))


class Caches(StoreTest):
    def quiet(self):
        return contextlib.redirect_stderr(io.StringIO())

    def test_keeps_what_it_was_given(self):
        path = self.room / "deep" / "results.db"
        cache = Cache(path)
        cache.add({"a": RECORD})
        cache.add({"a": {}, "b": RECORD})
        cache.add({})
        self.assertEqual(Cache(path).find(["a", "b", "c"]), {"a": RECORD, "b": RECORD})
        self.assertEqual(cache.find([]), {})

    def test_none_at_all(self):
        cache = Cache(None)
        cache.add({"a": RECORD})
        self.assertEqual(cache.find(["a"]), {})

    def test_one_that_cannot_be_used_only_warns(self):
        file = self.file("file", "text" * 3000)
        directory = self.room / "directory"
        directory.mkdir()
        other = self.room / "other.db"
        with contextlib.closing(sqlite3.connect(other)) as connection:
            connection.execute("CREATE TABLE explore_result (x)")
        for path in (file, directory, other, file / "below" / "results.db",
                     self.room / ("x" * 300) / "r.db"):
            with self.quiet() as said:
                cache = Cache(path)
                cache.add({"a": RECORD})
                self.assertEqual(cache.find(["a"]), {})
                self.assertEqual(cache.find(["a"]), {})
            self.assertRegex(said.getvalue(), r"\Aexplore: no cache of results: [^\n]+\n\Z")

    def test_one_that_is_broken_anywhere_only_warns(self):
        path = self.room / "results.db"
        Cache(path).add({f"h{number}": RECORD for number in range(300)})
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = path.read_bytes()
        rng = random.Random(6)
        for number in range(60):
            broken = self.room / f"broken{number}.db"
            text = bytearray(content[:rng.choice([len(content), rng.randrange(len(content))])])
            for _ in range(rng.randint(0, 40)):
                at = rng.randrange(len(text) or 1)
                text[at:at + 16] = rng.randbytes(16)
            broken.write_bytes(text)
            with self.quiet():
                cache = Cache(broken)
                cache.add({"new": RECORD})
                cache.find([f"h{each}" for each in range(300)])

    def test_a_full_one_only_warns(self):
        cache = Cache(self.room / "results.db")

        @sql.event.listens_for(cache._engine, "begin")
        def limit(connection):
            connection.exec_driver_sql("PRAGMA max_page_count=1")
        with self.quiet() as said:
            cache.add({"a": {**RECORD, "bottleneck": "x" * 10**6}})
        self.assertIn("full", said.getvalue())

    def test_a_record_that_is_no_json_only_warns(self):
        cache = Cache(self.room / "results.db")
        cache.add({"a": RECORD})
        with contextlib.closing(sqlite3.connect(self.room / "results.db")) as connection:
            connection.execute("UPDATE explore_result SET record = ?", (json.dumps(RECORD)[:-3],))
            connection.commit()
        with self.quiet() as said:
            self.assertEqual(cache.find(["a"]), {})
        self.assertIn("no cache", said.getvalue())


if __name__ == "__main__":
    main()
