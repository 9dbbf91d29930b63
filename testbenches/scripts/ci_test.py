#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
""".ci/run, with stand-ins for what it runs: its last line adds up tests and checks, and nothing
that fails gets lost."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

RUN = Path(__file__).resolve().parents[2] / ".ci" / "run"
TESTS = "100% tests passed, 0 tests failed out of 700"
SANITIZED = "100% tests passed, 0 tests failed out of 300"
LINT = "9 checks passed, 0 failed"


class Ci(unittest.TestCase):
    def run_ci(self, setup=("", 0), test=(TESTS, 0), lint=(LINT, 0), build=("", 0),
               sanitized=(SANITIZED, 0)):
        """Last line and exit status of a run in which each part prints a text and ends so."""
        with tempfile.TemporaryDirectory(prefix="topkima-ci-") as place:
            root = Path(place)
            for name in (".ci", "scripts", "programs"):
                (root / name).mkdir()
            shutil.copy(RUN, root / ".ci")
            self.program(root / "scripts" / "setup", setup)
            self.program(root / "scripts" / "test", test)
            self.program(root / "scripts" / "lint", lint)
            self.program(root / "programs" / "cmake", build)
            self.program(root / "programs" / "ctest", sanitized)
            done = subprocess.run(
                [root / ".ci" / "run"], check=False, capture_output=True, text=True,
                env={**os.environ, "PATH": f"{root / 'programs'}:{os.environ['PATH']}"})
            return done.stdout.splitlines()[-1], done.returncode

    @staticmethod
    def program(path, says):
        text, status = says
        path.write_text(f"#!/bin/sh\necho '{text}'\nexit {status}\n", encoding="utf-8")
        path.chmod(0o755)

    def test_all_is_added_up(self):
        self.assertEqual(self.run_ci(), ("1009 passed, 0 failed", 0))

    def test_failures_of_all_kinds_are_added_up(self):
        some = "99% tests passed, {} tests failed out of {}"
        self.assertEqual(
            self.run_ci(test=(some.format(2, 700), 8), lint=("6 checks passed, 3 failed", 1),
                        sanitized=(some.format(4, 300), 8)),
            ("1000 passed, 9 failed", 1))

    def test_what_ends_without_a_count_has_failed(self):
        for part, lost in (("setup", 0), ("test", 700), ("lint", 9), ("build", 300),
                           ("sanitized", 300)):
            with self.subTest(part=part):
                self.assertEqual(self.run_ci(**{part: ("no memory", 1)}),
                                 (f"{1009 - lost} passed, 1 failed", 1))


if __name__ == "__main__":
    unittest.main()
