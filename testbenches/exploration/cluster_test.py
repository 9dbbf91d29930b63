#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies on PostgreSQL, with workers of any kind, give the table that one worker gives with
SQLite. The servers are real; where they are missing the exit code is 77.

  cluster_test.py [TEST...]
"""

import contextlib
import multiprocessing
import os
import subprocess
from unittest import mock

import servers
from cluster_support import (EXPLORE, GRID, HOME, LONG_GRID, NSGA2, TPE, ClusterTest, administer,
                             explore, reference, tables_of, url_of)
from waiting import DEADLINE_S, go_on, wait_for_stop, wait_until

with contextlib.suppress(ImportError):    # its absence is told below
    from topkima.exploration import store as storage


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


class SlurmArray(ClusterTest):
    def test_array_with_a_cancelled_task(self):
        run = self.start_run(LONG_GRID, 0)
        with servers.slurm(self.room) as cluster, \
                mock.patch.dict(os.environ, TOPKIMA_STORAGE=self.url, TOPKIMA_STUDY="study",
                                TOPKIMA_STOP_POINT="claimed:1"):
            job = cluster.submit(f"--chdir={HOME}", f"--output={self.room}/%A_%a.log",
                                 "--array=0-3",
                                 "--mem-per-cpu=100M",
                                 HOME / "examples/exploration/slurm_array.sh")
            wait_until(lambda: len(cluster.stopped_processes()) == 4, "four workers to stop")
            tasks = cluster.stopped_processes()
            servers.run(["scancel", f"{job}_0"])
            for each in tasks:
                go_on(each)
            states = cluster.wait(job)
            logs = [(self.room / f"{job}_{task}.log").read_text() for task in range(4)]
        self.assertEqual(states, {"0": "CANCELLED", "1": "COMPLETED", "2": "COMPLETED",
                                  "3": "COMPLETED"}, logs)
        run.wait()
        self.assert_reference(LONG_GRID)
        self.assertEqual(len(self.store().worker_rows()), 4)
        self.assertNotIn("Traceback", "".join(logs))


if __name__ == "__main__":
    servers.main()
