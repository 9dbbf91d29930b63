#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Memory that does not suffice, wherever in a run it runs out: one line, exit 4, nothing left; of a
batch an answer.

  memory_test.py --macro PATH --soc PATH
"""

import json
import resource
import shutil
import subprocess

from tool_support import FAILED, ToolTest, everything_in, main, tool_path
from waiting import DEADLINE_S

SMALL = ("--attention.heads=2", "--attention.tokens=40", "--attention.d_model=64")
LOADER = 127            # the exit code of a program that cannot be loaded
STEP = 1 << 19
LEAST, MOST = 1 << 24, 1 << 32


class Memory(ToolTest):
    def limited(self, size, *arguments, **options):
        """A run of topkima-soc that gets so many bytes of address space."""
        return subprocess.run(
            [tool_path("soc"), *arguments], cwd=self.room, capture_output=True, text=True,
            timeout=DEADLINE_S, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)), **options)

    def least_for(self, *arguments):
        """Bytes with which a run succeeds and without a step of which it does not."""
        low, high = LEAST, MOST
        while high - low > STEP:
            middle = (low + high) // 2
            done = self.limited(middle, *arguments, "--output", "out", "--quiet")
            low, high = (low, middle) if done.returncode == 0 else (middle, high)
        return high

    def shown(self):
        """What there is beside what a process left that could not even tidy up, for the next."""
        return [name for name in everything_in(self.room) if not name.startswith(".")]

    def test_a_run_says_so_whenever_it_runs_out(self):
        enough = self.least_for(*SMALL)
        loaded = self.least_for("--version")
        self.assertGreater(enough - loaded, 10 * STEP)
        done = self.limited(enough + 64 * STEP, *SMALL, "--output", "out", "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        before = self.shown()
        told = 0
        for size in range(loaded - 12 * STEP, enough, STEP):
            done = self.limited(size, *SMALL, "--output", "other", "--quiet")
            with self.subTest(size=size):
                if done.returncode == LOADER:
                    continue        # the loader's own line
                if done.returncode == 0:
                    # Libraries take memory as it comes, so that a little less may do: all is there.
                    self.assertEqual(done.stderr, "")
                    self.assertEqual(everything_in(self.room / "other"),
                                     everything_in(self.room / "out"))
                    shutil.rmtree(self.room / "other")
                    continue
                told += 1
                self.assertEqual((done.returncode, done.stdout), (FAILED, ""), done.stderr)
                self.assertRegex(done.stderr, r"\Atopkima-soc: not enough memory[a-z ]*\n\Z")
                self.assertEqual(self.shown(), before)
        self.assertGreater(told, 10)

    def test_a_batch_answers_so(self):
        point = json.dumps({"id": 1})
        enough = self.least_for(*SMALL)
        loaded = self.least_for("--version")
        answered = 0
        for size in range(loaded + 4 * STEP, enough, STEP):
            done = self.limited(size, "--batch", *SMALL, input=f"{point}\n{point}\n")
            with self.subTest(size=size):
                if done.returncode == FAILED:    # before the first line
                    self.assertRegex(done.stderr, r"\Atopkima-soc: not enough memory[a-z ]*\n\Z")
                    continue
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for line in done.stdout.splitlines():
                    answer = json.loads(line)
                    self.assertEqual((answer["id"], answer["exit"], answer["message"]),
                                     (1, FAILED, "not enough memory for this workload"))
                    answered += 1
        self.assertGreater(answered, 0)


if __name__ == "__main__":
    main()
