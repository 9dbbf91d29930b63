#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Commands whose standard output takes no more: a reader that has hung up ends them quietly, a full
disk is named.

  standard_output_test.py --macro PATH --soc PATH
"""

import os
import subprocess
import sys

from tool_support import FAILED, USAGE, ToolTest, main, tool_path
from waiting import DEADLINE_S

from topkima.commands import COMMANDS


class StandardOutput(ToolTest):
    def run_command(self, *words, stdout=None, **options):
        environment = {**os.environ, "TOPKIMA_TOOLS": os.path.dirname(tool_path("soc"))}
        done = subprocess.run([sys.executable, "-m", "topkima", *map(str, words)], stdout=stdout,
                              stderr=subprocess.PIPE, env=environment, timeout=DEADLINE_S,
                              check=False, text=True, cwd=self.room,
                              stdin=subprocess.DEVNULL, **options)
        return done.returncode, done.stderr

    def run_with_a_full_disk(self, *words):
        with open("/dev/full", "w", encoding="utf-8") as full:
            return self.run_command(*words, stdout=full)

    def run_with_a_closed_pipe(self, *words):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            return self.run_command(*words, stdout=writing)
        finally:
            os.close(writing)

    def run_without_one(self, *words):
        return self.run_command(*words, preexec_fn=lambda: os.close(1))

    def test_help_of_every_command(self):
        for name in COMMANDS:
            with self.subTest(name=name):
                code, err = self.run_command(name, "--help", stdout=subprocess.DEVNULL)
                if code == USAGE and "apt-get" in err:
                    continue    # not installed here
                self.assertEqual((code, err), (0, ""))
                self.assertEqual(self.run_with_a_full_disk(name, "--help"),
                                 (FAILED, f"{name}: standard output: No space left on device\n"))
                self.assertEqual(self.run_with_a_closed_pipe(name, "--help"), (FAILED, ""))

    def test_there_is_none(self):
        small = ("--attention.tokens=6", "--attention.heads=1", "--attention.d_model=4")
        results = self.results_of("soc", *small)
        for words in (("row", "--help"), ("row", "0", results),
                      ("explore", "compare", results, results)):
            self.assertEqual(self.run_without_one(*words),
                             (FAILED, f"{words[0]}: standard output: Bad file descriptor\n"))

    def test_what_a_command_has_to_tell(self):
        small = ("--attention.tokens=6", "--attention.heads=1", "--attention.d_model=4")
        results = self.results_of("soc", *small)
        for words in (("row", "0", results), ("explore", "compare", results, results)):
            with self.subTest(command=words[0]):
                self.assertEqual(self.run_command(*words, stdout=subprocess.DEVNULL), (0, ""))
                self.assertEqual(
                    self.run_with_a_full_disk(*words),
                    (FAILED, f"{words[0]}: standard output: No space left on device\n"))
                self.assertEqual(self.run_with_a_closed_pipe(*words), (FAILED, ""))


if __name__ == "__main__":
    main()
