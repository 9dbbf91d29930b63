#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Studies whose workers and coordinator are killed at any moment: nothing is lost, no point is
recorded twice, and the table is that of an undisturbed run.

  PYTHONPATH=scripts:testbenches/platforms TOPKIMA_TOOLS=DIR killed_test.py --macro PATH --soc PATH

With TOPKIMA_HEAVY=1 more studies, each killed more often.
"""

import contextlib
import os
import random
import signal
import sqlite3
import time
import unittest

from explore_support import FAILED, HEAVY, SMALL, ExploreTest, children_of, wait_until
from tool_support import main

OFTEN = 5 if HEAVY else 1
OBJECTIVES = 'minimize = ["latency_us", "relative_error"]\n'
# A point takes some 20 ms.
LONGER = SMALL.replace("heads = 1, tokens = 8, d_model = 8", "heads = 2, tokens = 200, d_model = 64")
GRID = OBJECTIVES + LONGER + """
[parameters]
topk.k = { from = 1, to = 20 }
ima.bits = [3, 4, 5, 6]
crossbar.rows = [256, 65]
"""
SEARCH = OBJECTIVES + f"sampler = {{ kind = 'nsga2', points = {72 if HEAVY else 24}, population = 8 }}\n" + LONGER + """
[parameters]
topk.k = { from = 1, to = 20 }
ima.bits = [3, 4, 5]
av.lsb = { from = 1, to = 4 }
crossbar.rows = [256, 200, 65]
"""
# One that goes on until it is ended.
ENDLESS = GRID.replace("tokens = 200", "tokens = 8000")


class KilledTest(ExploreTest):
    tables = {}     # points.csv by study, undisturbed

    def undisturbed(self, text) -> bytes:
        if text not in self.tables:
            directory = self.run_study(text, "undisturbed", workers=2)
            self.tables[text] = (directory / "points.csv").read_bytes()
        return self.tables[text]

    def begin(self, text, workers=2):
        """A study that is being run: its directory and coordinator."""
        directory = self.room / "killed"
        process = self.start("run", self.file("killed.toml", text), "--output", directory, "--workers",
                             workers, "--quiet", "--no-page")
        wait_until(lambda: process.poll() is not None or self.is_stored(directory), "a study")
        return directory, process

    def resume(self, directory):
        return self.start("resume", directory, "--workers", 2, "--quiet", "--no-page")

    def end_of(self, process):
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def assert_whole(self, directory, wanted):
        self.assertEqual((directory / "points.csv").read_bytes(), wanted)
        numbers = [row.number for row, _ in self.store_of(directory).finished()]
        self.assertEqual(numbers, list(range(len(numbers))))

    def kill_some(self, directory, process, rng, times):
        """SIGKILL to workers of `process`, at random moments; those that only die are resumed."""
        killed = 0
        while killed < times:
            time.sleep(rng.uniform(0, 0.6))
            if process.poll() is not None:
                code, _, err = self.end_of(process)
                if code == 0:
                    return process
                self.assertEqual(code, FAILED, err)
                self.assertRegex(err, r"\Aexplore: a worker ended with -9; 'explore resume' goes on\n\Z")
                process = self.resume(directory)
            for worker in children_of(process.pid):
                if rng.random() < 0.6:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                    killed += 1
        return process


class Workers(KilledTest):
    def killed(self, text, seed):
        wanted = self.undisturbed(text)
        rng = random.Random(seed)
        directory, process = self.begin(text)
        process = self.kill_some(directory, process, rng, 4 * OFTEN)
        code, _, err = self.end_of(process)
        if code == FAILED:
            self.assertIn("a worker ended with -9", err)
            self.succeed("resume", directory, "--workers", 2, "--quiet", "--no-page")
        else:
            self.assertEqual((code, err), (0, ""))
        self.assert_whole(directory, wanted)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_of_a_grid(self):
        self.killed(GRID, seed=1)

    def test_of_a_search(self):
        self.killed(SEARCH, seed=2)

    def test_no_result_is_lost(self):
        """What is finished before a kill is not worked on again."""
        directory, process = self.begin(GRID)
        store = self.store_of(directory)
        wait_until(lambda: store.counts().get("done", 0) > 5, "some points")
        for worker in children_of(process.pid):
            os.kill(worker, signal.SIGKILL)
        with contextlib.closing(sqlite3.connect(directory / "study.db")) as connection:
            connection.execute("UPDATE explore_result SET record = replace(record, '\"bottleneck\"', "
                               "'\"seen\": 1, \"bottleneck\"')")
            connection.commit()
            seen = connection.execute("SELECT count(*) FROM explore_result").fetchone()[0]
        self.assertEqual(self.end_of(process)[0], 0)
        records = [record for _, record in store.finished() if record]
        self.assertEqual(sum("seen" in record for record in records), seen)
        self.assertEqual(len(records), 80)


class Coordinator(KilledTest):
    def killed(self, text, seed, number=signal.SIGKILL):
        wanted = self.undisturbed(text)
        rng = random.Random(seed)
        directory, process = self.begin(text)
        for _ in range(2 * OFTEN):
            time.sleep(rng.uniform(0, 1.5))
            process.send_signal(number)
            code, _, err = self.end_of_all(process)
            if code == 0:
                break    # it was complete
            if code == -number:     # the only end by SIGKILL; by another while modules are loaded
                self.assertEqual(err, "")
            else:
                self.assertEqual(code, 128 + number)
                self.assertRegex(err, r"\Aexplore: interrupted(; 'explore resume' goes on)?\n\Z")
            process = self.resume(directory)
        self.assertEqual(self.end_of(process), (0, "", ""))
        self.assert_whole(directory, wanted)

    def end_of_all(self, process):
        """Workers of a coordinator that is killed go on; here they are killed as well."""
        process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return self.end_of(process)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_killed_in_a_grid(self):
        self.killed(GRID, seed=3)

    def test_killed_in_a_search(self):
        self.killed(SEARCH, seed=4)

    @unittest.skipUnless(HEAVY, "heavy")
    def test_ended_in_a_search(self):
        self.killed(SEARCH, seed=5, number=signal.SIGTERM)

    def test_signals_end_everything_tidily(self):
        for number, everyone in ((signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True)):
            with self.subTest(number=number, everyone=everyone):
                directory, process = self.begin(ENDLESS)
                store = self.store_of(directory)
                wait_until(lambda store=store: store.counts().get("claimed", 0) >= 2, "claims")
                wait_until(lambda process=process: all(children_of(worker) for worker in
                                                       children_of(process.pid)), "simulations")
                tools = [tool for worker in children_of(process.pid) for tool in children_of(worker)]
                (os.killpg if everyone else os.kill)(process.pid, number)
                self.assertEqual(self.end_of(process),
                                 (128 + number, "", "explore: interrupted; 'explore resume' goes on\n"))
                counts = store.counts()
                self.assertEqual(set(counts) - {"done", "infeasible"}, {"open"}, counts)
                self.assertEqual(store.release_dead(), 0)
                wait_until(lambda tools=tools: not any(os.path.exists(f"/proc/{tool}") for tool in tools),
                           "the tools to end")
                directory.rename(self.room / f"{number}{everyone}")


class Ended(KilledTest):
    def test_workers_ended_from_outside_are_no_complete_study(self):
        directory, process = self.begin(ENDLESS)
        store = self.store_of(directory)
        wait_until(lambda: store.counts().get("claimed", 0) >= 2, "claims")
        for worker in children_of(process.pid):
            os.kill(worker, signal.SIGTERM)
        self.assertEqual(self.end_of(process), (
            FAILED, "", "explore: all workers have been ended; 'explore resume' goes on\n"))
        self.assertFalse((directory / "points.csv").exists())


if __name__ == "__main__":
    main()
