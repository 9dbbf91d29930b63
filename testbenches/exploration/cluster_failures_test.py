#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies on PostgreSQL give the same table when the storage is away for a while, and when workers
die. The servers are real; where they are missing the exit code is 77.

  cluster_failures_test.py [TEST...]
"""

import contextlib
import os
import signal

import servers
from cluster_support import (EXPLORE, GRID, LONG_GRID, NSGA2, STUDY, ClusterTest, explore)
from waiting import descendants_of, end_by, has_ended, random_source, wait_for_stop, wait_until

with contextlib.suppress(ImportError):    # its absence is told below
    import sqlalchemy as sql
    from topkima.exploration import store as storage


class StorageAway(ClusterTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: self.database.accepts() or self.database.start())

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
            self.database.stop()
            self.wait_until_noticed(everyone)
            self.database.start()
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
            self.database.stop()
            self.database.start()
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
        self.database.stop()
        self.wait_until_noticed([again])
        explore("status", self.directory, code=4)
        self.assertIsNone(again.process.poll())
        self.database.start()
        again.wait()
        self.assert_reference(LONG_GRID)

    def test_status_gives_up(self):
        self.start_run(GRID, 0)
        self.database.stop()
        self.assertRegex(explore("status", self.directory, code=4),
                         r"\Aexplore: storage postgresql://\S+: .*Connection refused\n\Z")

    def test_status_gives_up_on_a_server_that_hangs(self):
        self.start_run(GRID, 0).process.kill()
        server = self.database.server.process.pid
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
        self.database.stop()
        self.wait_until_noticed([run, worker])
        run.process.send_signal(signal.SIGINT)
        worker.process.terminate()
        worker.wait()
        self.assertIn("interrupted", run.wait(130))
        self.database.start()
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


if __name__ == "__main__":
    servers.main()
