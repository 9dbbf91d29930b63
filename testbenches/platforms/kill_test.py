#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run that is ended from outside: a directory of the output's name is always a
whole result.

  kill_test.py --macro PATH --soc PATH
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time

from tool_support import FILES, ToolTest, main, names_in, tool_path

# Files of some size and little to compute, so that many moments fall into the writing.
WORKLOAD = ("--attention.heads=8", "--attention.tokens=256", "--attention.d_model=256",
            "--topk.k=32", "--report.float_reference=false", "--quiet")


def contents_of(directory):
    """A digest of each file but run.json, which tells the wall time."""
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest()
            for name in FILES if name != "run.json"}


class KillTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20)
        self.whole, self.seconds = {}, 1.0
        for seed in (1, 2):
            begin = time.monotonic()
            self.whole[seed] = contents_of(self.results_of("macro", *WORKLOAD, f"--seed={seed}"))
            self.seconds = min(self.seconds, time.monotonic() - begin)
        shutil.rmtree(self.room / "out")

    def start(self, seed):
        return subprocess.Popen([tool_path("macro"), *WORKLOAD, f"--seed={seed}", "--output", "out"],
                                cwd=self.room, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def interrupt(self, seed, signal_number, tries):
        """Ends a run at a random moment, two times of three one of those when files are made.
        True if the run had been quicker."""
        process = self.start(seed)
        if tries % 3 == 0:
            time.sleep(self.seconds * self.random.random())
        else:
            self.wait_for_files(process, self.random.randrange(len(FILES) - 1))
        process.send_signal(signal_number)
        code = process.wait(timeout=60)
        self.assertIn(code, (0, -signal_number))
        return code == 0

    def interruptions(self, signal_number, times):
        """That many tries, more where this machine is busy and most runs are over before the signal
        comes: whether the run had been quicker."""
        ended = tries = 0
        while tries < times or (ended <= times // 4 and tries < 20 * times):
            finished = self.interrupt(1, signal_number, tries)
            ended += not finished
            tries += 1
            yield finished
        self.assertGreater(ended, times // 4)

    def wait_for_files(self, process, count):
        """Until some directory made since then holds that many files, or the run is over."""
        others = set(names_in(self.room)) | {"out"}
        while process.poll() is None:
            made = set(names_in(self.room)) - others
            try:
                if any(len(names_in(self.room / name)) >= count for name in made):
                    return
            except FileNotFoundError:    # it has just become the result
                return

    def assert_whole(self, *seeds):
        self.assertEqual(names_in(self.room / "out"), FILES)
        found = contents_of(self.room / "out")
        self.assertIn(found, [self.whole[seed] for seed in seeds])

    def check_new_output(self, signal_number, times):
        """Without an earlier result: none, or a whole one."""
        for finished in self.interruptions(signal_number, times):
            if finished or (self.room / "out").exists():
                self.assert_whole(1)
                shutil.rmtree(self.room / "out")

    def check_earlier_result(self, signal_number, times):
        """The earlier result (seed 2) or the new one (seed 1), whole; the new one if it ended."""
        self.results_of("macro", *WORKLOAD, "--seed=2")
        for finished in self.interruptions(signal_number, times):
            self.assert_whole(*((1,) if finished else (1, 2)))
            if finished:
                self.results_of("macro", *WORKLOAD, "--seed=2")
        shutil.rmtree(self.room / "out")

    def test_killed_before_there_is_a_result(self):
        self.check_new_output(signal.SIGKILL, 30)

    def test_killed_over_an_earlier_result(self):
        self.check_earlier_result(signal.SIGKILL, 30)

    def test_terminated_or_interrupted(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.check_new_output(number, 6)
            self.check_earlier_result(number, 6)

    def test_next_run_is_not_disturbed_by_what_a_killed_one_left(self):
        for tries in range(4):
            self.interrupt(1, signal.SIGKILL, tries)
        self.results_of("macro", *WORKLOAD, "--seed=1")
        self.assert_whole(1)

    def test_killed_as_soon_as_the_result_is_replaced(self):
        """The most delicate moment: the earlier result gives way to the new one."""
        out = self.room / "out"
        for _ in range(5):
            self.results_of("macro", *WORKLOAD, "--seed=2")
            before = os.stat(out).st_ino
            process = self.start(1)
            while process.poll() is None:
                try:
                    if os.stat(out).st_ino == before:
                        continue
                except FileNotFoundError:
                    pass
                process.kill()
                process.wait(timeout=60)
            self.assertTrue(out.exists(), "neither the earlier result nor the new one is in place")
            self.assert_whole(1, 2)

    def test_killed_at_each_step_of_the_replacement(self):
        """The same without chance: at the first, second, ... call that moves or removes a name."""
        calls = "rename,renameat,renameat2,unlink,unlinkat,rmdir"
        strace = ["strace", "-f", "-o", os.devnull, "-e", f"trace={calls}"]
        for step in range(1, 6):
            self.results_of("macro", *WORKLOAD, "--seed=2")
            try:
                done = subprocess.run(
                    [*strace, "-e", f"inject={calls}:signal=KILL:when={step}", tool_path("macro"),
                     *WORKLOAD, "--seed=1", "--output", "out"],
                    cwd=self.room, capture_output=True, timeout=60, check=False)
            except FileNotFoundError:
                self.skipTest("no strace here")
            if done.returncode == 1:
                self.skipTest("strace may not trace here")
            with self.subTest(step=step):
                self.assertTrue((self.room / "out").exists(), "no result is in place any more")
                self.assert_whole(1, 2)

    def test_two_runs_to_one_output(self):
        """Whichever is last, the result is whole; the other may be refused its place."""
        for _ in range(5):
            processes = [self.start(seed) for seed in (1, 2)]
            codes = sorted(process.wait(timeout=60) for process in processes)
            self.assertIn(codes, ([0, 0], [0, 4]))
            self.assert_whole(1, 2)
            self.assertEqual(names_in(self.room), ["out"])
            shutil.rmtree(self.room / "out")

    def test_reader_of_the_summary_gone(self):
        """The result stands, whoever hung up before the summary was printed."""
        arguments = [word for word in WORKLOAD if word != "--quiet"]
        reading, writing = os.pipe()
        os.close(reading)
        process = subprocess.Popen([tool_path("macro"), *arguments, "--seed=1", "--output", "out"],
                                   cwd=self.room, stdout=writing, stderr=subprocess.DEVNULL)
        os.close(writing)
        process.wait(timeout=60)
        self.assert_whole(1)


if __name__ == "__main__":
    main()
