# SPDX-License-Identifier: Apache-2.0
"""What the tests of the explorer share: studies from text, and the program itself."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from topkima import commands
from topkima.commands import explore
from topkima.errors import TopkimaError
from topkima.exploration import sampling
from topkima.exploration.store import Store
from topkima.exploration.study import Study
from waiting import DEADLINE_S, stopping_at

EXPLORE = Path(__file__).resolve().parents[2] / "scripts" / "explore"
HEAVY = bool(os.environ.get("TOPKIMA_HEAVY"))    # longer versions
USAGE, DATA, FAILED = 2, 3, 4    # exit codes beside 0

SMALL = """
[[workload]]
shape = { heads = 1, tokens = 8, d_model = 8 }
"""


def study_of(text: str, base: Path = Path("/")) -> Study:
    return Study(text, "made-up.toml", base, "made-up")


def points_of(text: str) -> list:
    return sampling.static_points(study_of(text))


class RoomTest(unittest.TestCase):
    """Every test has a fresh directory, `self.room`."""

    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test_"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)

    def file(self, name: str, text: str) -> Path:
        path = self.room / name
        path.write_text(text, encoding="utf-8")
        return path


class ExploreTest(RoomTest):
    """Runs scripts/explore. What it starts ends with the test."""

    cache = ""      # TOPKIMA_CACHE

    def start(self, *arguments, stop: str = "", **options) -> subprocess.Popen:
        """`stop`: as TOPKIMA_STOP_POINT."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE,
                   "cwd": self.room, "start_new_session": True,
                   "env": {**stopping_at(stop), "TOPKIMA_CACHE": str(self.cache)}, **options}
        process = subprocess.Popen([sys.executable, EXPLORE, *map(str, arguments)], text=True,
                                   **options)
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def explore(self, *arguments, **options) -> subprocess.CompletedProcess:
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=DEADLINE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out or "", err or "")

    def explore_here(self, *arguments) -> subprocess.CompletedProcess:
        """The same in this process, which is quicker; for what does no work."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.room), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err), \
                mock.patch.object(sys, "argv", ["explore", *map(str, arguments)]), \
                mock.patch.dict(os.environ, TOPKIMA_CACHE=str(self.cache)):
            code = commands.status_of("explore", explore.main)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def succeed(self, *arguments, **options) -> str:
        """Standard output of a command that must succeed, without a word on standard error."""
        done = self.explore(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def assert_refused(self, done, code: int, *words):
        """One line on standard error that contains the words, nothing on standard output."""
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertRegex(done.stderr, r"\Aexplore: [^\0-\x1f\x7f]+\n\Z")
        for word in words:
            self.assertIn(str(word), done.stderr)

    def run_study(self, text: str, name: str = "study", workers: int = 1, options=(),
                  stop: str = "") -> Path:
        """Runs a study that must succeed; its directory."""
        directory = self.room / name
        self.succeed("run", self.file(f"{name}.toml", text), "--output", directory,
                     "--workers", workers,
                     "--quiet", "--no-page", *options, stop=stop)
        return directory

    def store_of(self, directory: Path) -> Store:
        return Store(f"sqlite:///{directory}/study.db",
                     (directory / "storage.txt").read_text().splitlines()[1])

    def is_stored(self, directory: Path) -> bool:
        """The study and its points, not only where they will be."""
        try:
            return ((directory / "storage.txt").exists() and
                    bool(self.store_of(directory).definition()))
        except TopkimaError:
            return False
