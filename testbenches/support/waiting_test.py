#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How tests wait (waiting.py), and that none waits in another way or measures time.

  waiting_test.py
"""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import unittest
import unittest.mock
from pathlib import Path

import waiting
from waiting import (children_of, descendants_of, end_by, go_on, has_ended, has_stopped,
                     random_source, stopped_below, stopped_or_ended, stopping_at, wait_for_stop,
                     wait_until)

HOME = Path(__file__).resolve().parents[2]
TESTS = ("testbenches", "examples")
# The one place that may, what measures for its own sake, and these lines.
MAY = ("testbenches/support/waiting.py", "testbenches/bench/",
       "testbenches/support/waiting_test.py")
# A call in any language, or a word of a shell with a duration. A definition stands in for it.
SLEEPS = re.compile(r"""(?<!def[ ])\b(?:u|nano|clock_nano)?sleep(?:_for|_until)?\s*\(
                        | \bsleep\s+["'$\d.]
                        | \b(?:Timer|setitimer|alarm)\s*\(""", re.VERBOSE)
CLOCKS = re.compile(r"""\btime\.(?:time|monotonic|perf_counter|process_time)(?:_ns)?\b
                        | \b(?:steady|system|high_resolution)_clock\b
                        | \b(?:clock_gettime|gettimeofday)\b | \bdate\s+\+""", re.VERBOSE)
# What ends by itself within some seconds of the author's machine, instead of the one deadline.
DEADLINES = re.compile(r"\btimeout\s*=\s*\d")
IMPORTS = "import signal, subprocess, sys\n"
STOP = "signal.raise_signal(signal.SIGSTOP)\nprint('on')\n"
POINT = re.compile(r"""\bstop_point\("(\w+)"\)""")


def files_below(*folders):
    for folder in folders:
        for path in sorted((HOME / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                with contextlib.suppress(UnicodeDecodeError):
                    yield str(path.relative_to(HOME)), path.read_text(encoding="utf-8")


class NoClocks(unittest.TestCase):
    def test_no_test_assumes_how_fast_a_machine_is(self):
        found = [f"{name}:{number}: {line.strip()}" for name, text in files_below(*TESTS)
                 if not name.startswith(MAY)
                 for number, line in enumerate(text.splitlines(), 1)
                 if SLEEPS.search(line) or CLOCKS.search(line)
                 or name.endswith(".py") and DEADLINES.search(line)]
        self.assertEqual(found, [], "tests wait for what they see (testbenches/support/waiting.py)")

    def test_what_is_looked_for_would_be_found(self):
        for line in ("time.sleep(1.5)", "sleep (1);", "from time import sleep; sleep(.1)",
                     "usleep(1000);", "std::this_thread::sleep_for(10ms);", 'sleep "$n"',
                     '"while :; do sleep 0.1; done"', "sleep 100", "threading.Timer(1, f)",
                     "signal.alarm(1)", "signal.setitimer(signal.ITIMER_REAL, 1)"):
            self.assertTrue(SLEEPS.search(line), line)
        for line in ("begin = time.monotonic()", "self.assertLess(time.time() - begin, 9)",
                     "time.perf_counter_ns()", "std::chrono::steady_clock::now()", "date +%s"):
            self.assertTrue(CLOCKS.search(line), line)
        self.assertTrue(DEADLINES.search("subprocess.run(command, timeout=60)"))
        self.assertFalse(DEADLINES.search("subprocess.run(command, timeout=DEADLINE_S)"))
        for line in ('mock.patch.object(store.time, "sleep", side_effect=release)',
                     "def sleep(self, seconds):", "the pipeline does not sleep",
                     "dump.at(name, time)", "sc_core::sc_time_stamp()", "$time"):
            self.assertFalse(SLEEPS.search(line) or CLOCKS.search(line), line)


class StopPoints(unittest.TestCase):
    def test_the_page_has_all_of_them(self):
        used = {name for path, text in files_below("modules", "platforms", "scripts", "python")
                for name in POINT.findall(text)}
        page = (HOME / "docs/stop-points.md").read_text(encoding="utf-8")
        self.assertEqual(sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)), sorted(used))


class Waiting(unittest.TestCase):
    def start(self, code):
        process = subprocess.Popen([sys.executable, "-c", IMPORTS + code], stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_returns_what_it_has_seen(self):
        answers = iter((None, 0, [], "seen"))
        self.assertEqual(wait_until(lambda: next(answers), "an answer"), "seen")
        with self.assertRaisesRegex(AssertionError, "waited 0 s in vain for rain"):
            wait_until(lambda: False, "rain", 0)

    def test_a_process_that_stops_goes_on_and_ends(self):
        process = self.start(STOP)
        wait_for_stop(process)
        self.assertEqual((has_stopped(process.pid), has_ended(process.pid)), (True, False))
        go_on(process.pid)
        self.assertFalse(stopped_or_ended(process))
        self.assertEqual((has_stopped(process.pid), has_ended(process.pid)), (False, True))
        self.assertEqual(process.communicate()[0], "on\n")
        self.assertTrue(has_ended(process.pid))
        go_on(process.pid)      # there is nothing to do

    def test_a_process_that_does_not_stop(self):
        with self.assertRaisesRegex(AssertionError, "ended with 3 before it could stop"):
            wait_for_stop(self.start("sys.exit(3)"))

    def test_a_signal_is_the_first_thing_that_it_meets(self):
        for number, wanted in ((signal.SIGTERM, 7), (signal.SIGHUP, -signal.SIGHUP),
                               (signal.SIGKILL, -signal.SIGKILL)):
            process = self.start("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + STOP)
            wait_for_stop(process)
            end_by(process.pid, number)
            self.assertEqual((process.communicate()[0], process.returncode), ("", wanted))

    def test_processes_below(self):
        def running(code):
            return f"subprocess.run([sys.executable, '-c', {IMPORTS + code!r}])"
        process = self.start(running(running(STOP)))
        stopped, = wait_until(lambda: stopped_below(process.pid), "a process below")
        child, = children_of(process.pid)
        self.assertEqual(descendants_of(process.pid), [child, stopped])
        go_on(stopped)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(children_of(process.pid), [])

    def test_chance_is_told_and_can_be_repeated(self):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            first = random_source().random()
        name, seed = told.getvalue().strip().split("=")
        with unittest.mock.patch.dict(os.environ, {name: seed}), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(random_source().random(), first)

    def test_environment_of_a_stop(self):
        self.assertEqual(stopping_at("slice:1", "output:2")["TOPKIMA_STOP_POINT"],
                         "slice:1,output:2")
        self.assertGreaterEqual(waiting.DEADLINE_S, 100)


if __name__ == "__main__":
    unittest.main()
