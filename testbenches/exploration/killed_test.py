#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies whose workers and coordinator are killed at stop points that chance has chosen: nothing
is lost, no point is recorded twice, and the table is that of an undisturbed run.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support TOPKIMA_TOOLS=DIR
  killed_test.py --macro PATH --soc PATH

With TOPKIMA_HEAVY=1 more studies, each killed more often.
"""

import contextlib
import os
import signal
import sqlite3
import unittest

from explore_support import FAILED, HEAVY, SMALL, ExploreTest
from tool_support import main
from waiting import (DEADLINE_S, children_of, end_by, go_on, has_ended, has_stopped,
                     random_source, stopped_below, wait_until)

OFTEN = 5 if HEAVY else 1
GOES_ON = "'explore resume' goes on\n"
OBJECTIVES = 'minimize = ["latency_us", "relative_error"]\n'
LONGER = SMALL.replace("heads = 1, tokens = 8, d_model = 8",
                       "heads = 2, tokens = 100, d_model = 32")
GRID = OBJECTIVES + LONGER + """
[parameters]
topk.k = { from = 1, to = 20 }
ima.bits = [3, 4, 5, 6]
crossbar.rows = [256, 65]
"""
FEASIBLE = GRID.replace("[256, 65]", "[256]")
SEARCH = OBJECTIVES + f"""
sampler = {{ kind = 'nsga2', points = {72 if HEAVY else 24}, population = 8 }}
""" + LONGER + """
[parameters]
topk.k = { from = 1, to = 20 }
ima.bits = [3, 4, 5]
av.lsb = { from = 1, to = 4 }
crossbar.rows = [256, 200, 65]
"""
# Where a worker may stop, and its passages up to which: the first ones are in every study.
OF_WORKERS = {"claimed": 3, "asked": 20, "stored": 3, "idle": 2}
OF_COORDINATORS = {"looked": 3, "file": 3}


class KilledTest(ExploreTest):
    tables = {}     # points.csv by study, undisturbed

    def setUp(self):
        super().setUp()
        self.random = random_source()

    def undisturbed(self, text) -> bytes:
        if text not in self.tables:
            directory = self.run_study(text, "undisturbed", workers=2)
            self.tables[text] = (directory / "points.csv").read_bytes()
        return self.tables[text]

    def begin(self, text, stop):
        """A study that is being run until a worker stops: its directory and coordinator."""
        directory = self.room / "killed"
        process = self.start("run", self.file("killed.toml", text), "--output", directory,
                             "--workers", 2, "--quiet", "--no-page", stop=stop)
        self.wait_for_stops(process)
        self.assertEqual(process.poll(), None)
        return directory, process

    def resume(self, directory, stop=""):
        return self.start("resume", directory, "--workers", 2, "--quiet", "--no-page", stop=stop)

    def some_stop(self, *of):
        passages = {name: most for each in of for name, most in each.items()}
        name = self.random.choice(sorted(passages))
        return f"{name}:{self.random.randint(1, passages[name])}"

    def first_stop(self):
        """One that is met for sure."""
        return self.random.choice(("claimed:1", "asked:1", "stored:1"))

    def wait_for_stops(self, process, count=1):
        """Until so many have stopped, or the coordinator has stopped or ended; those below it."""
        wait_until(lambda: has_ended(process.pid) or has_stopped(process.pid)
                   or len(stopped_below(process.pid)) >= count, "a stop")
        return stopped_below(process.pid)

    def let_end(self, process):
        """Lets everything go on that stops; as end_of()."""
        def go_on_all():
            for each in stopped_below(process.pid):
                go_on(each)
            return has_ended(process.pid)
        wait_until(go_on_all, "the end of a study")
        return self.end_of(process)

    def end_of(self, process):
        out, err = process.communicate(timeout=DEADLINE_S)
        return process.returncode, out, err

    def kill(self, *workers):
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: all(map(has_ended, workers)), "workers to die")

    def assert_whole(self, directory, wanted):
        self.assertEqual((directory / "points.csv").read_bytes(), wanted)
        numbers = [row.number for row, _ in self.store_of(directory).finished()]
        self.assertEqual(numbers, list(range(len(numbers))))

    def kill_some(self, directory, process, times):
        """SIGKILL to workers of `process` that have stopped; those that only die are resumed."""
        killed = 0
        while killed < times:
            stopped = self.wait_for_stops(process)
            if process.poll() is not None:
                code, _, err = self.end_of(process)
                if code == 0:
                    break
                self.assertEqual(code, FAILED, err)
                self.assertEqual(err, f"explore: a worker ended with -9; {GOES_ON}")
                process = self.resume(directory, self.some_stop(OF_WORKERS))
            for worker in stopped:
                if killed == 0 or self.random.random() < 0.6:
                    self.kill(worker)
                    killed += 1
                else:
                    go_on(worker)
        self.assertGreater(killed, 0)
        return process


class Workers(KilledTest):
    def killed(self, text):
        wanted = self.undisturbed(text)
        directory, process = self.begin(text, self.first_stop())
        process = self.kill_some(directory, process, 4 * OFTEN)
        code, _, err = self.let_end(process)
        if code == FAILED:
            self.assertIn("a worker ended with -9", err)
            self.succeed("resume", directory, "--workers", 2, "--quiet", "--no-page")
        else:
            self.assertEqual((code, err), (0, ""))
        self.assert_whole(directory, wanted)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_of_a_grid(self):
        self.killed(GRID)

    def test_of_a_search(self):
        self.killed(SEARCH)

    def test_with_a_search_proposed_and_not_stored(self):
        wanted = self.undisturbed(SEARCH)
        directory, process = self.begin(SEARCH, "proposed:1")
        self.kill(*stopped_below(process.pid))
        self.assertEqual(self.let_end(process), (0, "", ""))
        self.assert_whole(directory, wanted)

    def test_no_result_is_lost(self):
        """What is finished before a kill is not worked on again."""
        directory, process = self.begin(FEASIBLE, "stored:1")
        workers = self.wait_for_stops(process, 2)
        self.assertEqual(sorted(workers), sorted(children_of(process.pid)))
        with contextlib.closing(sqlite3.connect(directory / "study.db")) as connection:
            connection.execute("UPDATE explore_result SET record = "
                               "replace(record, '\"bottleneck\"', '\"seen\": 1, \"bottleneck\"')")
            seen = connection.execute("SELECT count(*) FROM explore_result").fetchone()[0]
            connection.commit()
        self.kill(*workers)
        self.assertEqual(self.let_end(process), (0, "", ""))
        records = [record for _, record in self.store_of(directory).finished() if record]
        self.assertEqual(sum("seen" in record for record in records), seen)
        self.assertEqual(seen, 2)
        self.assertEqual(len(records), 80)


class Coordinator(KilledTest):
    def killed(self, text, number=signal.SIGKILL):
        wanted = self.undisturbed(text)
        directory, process = self.begin(text, self.first_stop())
        for _ in range(2 * OFTEN):
            self.wait_for_stops(process)
            if process.poll() is None:
                end_by(process.pid, number)
            code, _, err = self.end_of_all(process, number)
            if code == 0:
                break    # it was complete
            if number == signal.SIGKILL:
                self.assertEqual((code, err), (-number, ""))
            else:
                self.assertEqual(code, 128 + number)
                self.assertRegex(err, r"\Aexplore: interrupted(; 'explore resume' goes on)?\n\Z")
            process = self.resume(directory, self.some_stop(OF_WORKERS, OF_COORDINATORS))
        if process.poll() is None:
            self.end(process)
        self.succeed("resume", directory, "--workers", 2, "--quiet", "--no-page")
        self.assert_whole(directory, wanted)

    def end_of_all(self, process, number):
        """Workers end with their coordinator; those that have stopped are killed."""
        if number == signal.SIGKILL:
            process.wait(DEADLINE_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return self.let_end(process)

    def test_workers_end_with_a_coordinator_that_is_killed(self):
        wanted = self.undisturbed(FEASIBLE)
        directory, process = self.begin(FEASIBLE, "asked:1")
        workers = self.wait_for_stops(process, 2)
        tools = [tool for worker in workers for tool in children_of(worker)]
        self.assertEqual((len(workers), len(tools)), (2, 2))
        self.kill(process.pid)
        for worker in workers:
            go_on(worker)
        self.assertEqual(self.end_of(process), (-signal.SIGKILL, "", ""))
        wait_until(lambda: all(map(has_ended, [*workers, *tools])), "workers and tools to end")
        self.assertEqual(set(self.store_of(directory).counts()) - {"done"}, {"open"})
        status = self.succeed("status", directory)
        self.assertNotIn("worker on", status)
        self.succeed("resume", directory, "--workers", 2, "--quiet", "--no-page")
        self.assert_whole(directory, wanted)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_killed_in_a_grid(self):
        self.killed(GRID)

    def test_killed_in_a_search(self):
        self.killed(SEARCH)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_ended_in_a_search(self):
        self.killed(SEARCH, signal.SIGTERM)

    def test_signals_end_everything_tidily(self):
        for number, everyone in ((signal.SIGINT, True), (signal.SIGTERM, False),
                                 (signal.SIGTERM, True)):
            with self.subTest(number=number, everyone=everyone):
                directory, process = self.begin(GRID, "slice:1")
                simulations = self.wait_for_stops(process, 2)
                store = self.store_of(directory)
                self.assertGreaterEqual(store.counts()["claimed"], 2)
                tools = [tool for worker in children_of(process.pid)
                         for tool in children_of(worker)]
                (os.killpg if everyone else os.kill)(process.pid, number)
                self.assertEqual(self.end_of(process),
                                 (128 + number, "", f"explore: interrupted; {GOES_ON}"))
                counts = store.counts()
                self.assertEqual(set(counts) - {"done", "infeasible"}, {"open"}, counts)
                self.assertEqual(store.release_dead(), 0)
                wait_until(lambda gone=(*tools, *simulations): all(map(has_ended, gone)),
                           "the tools to end")
                directory.rename(self.room / f"{number}{everyone}")


class Ended(KilledTest):
    def test_workers_ended_from_outside_are_no_complete_study(self):
        directory, process = self.begin(GRID, "asked:1")
        workers = self.wait_for_stops(process, 2)
        self.assertGreaterEqual(self.store_of(directory).counts()["claimed"], 2)
        for worker in workers:
            end_by(worker, signal.SIGTERM)
        self.assertEqual(self.end_of(process),
                         (FAILED, "", f"explore: all workers have been ended; {GOES_ON}"))
        self.assertFalse((directory / "points.csv").exists())


if __name__ == "__main__":
    main()
