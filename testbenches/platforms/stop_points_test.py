#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stop points (docs/stop-points.md): a run stops where it is told to, and goes on to the same
result.

  stop_points_test.py --macro PATH --soc PATH
"""

import subprocess
import sys

from tool_support import FILES, USAGE, ToolTest, main, names_in, tool_path
from topkima.stop_point import stops_of
from topkima.errors import UsageError
from waiting import DEADLINE_S, go_on, stopped_or_ended, stopping_at, wait_for_stop

# Two slices.
LONG = ("--attention.heads=2", "--attention.tokens=400", "--attention.d_model=16")
PYTHON = """
from topkima.stop_point import stop_point
for turn in range(5):
    stop_point("turn")
    print(turn, flush=True)
"""


class StopPointsTest(ToolTest):
    def start(self, *stops):
        process = subprocess.Popen([tool_path("macro"), *LONG, "--quiet", "--output", "out"],
                                   cwd=self.room, env=stopping_at(*stops))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process


class InTheTools(StopPointsTest):
    def test_a_run_stops_at_each_of_its_stops_and_goes_on(self):
        plain = self.results_of("macro", *LONG, output="plain")
        process = self.start("slice:1", "slice:2", "output:1", f"output:{len(FILES) + 1}")
        for in_place in (False, False, False, True):
            wait_for_stop(process)
            self.assertEqual((self.room / "out").exists(), in_place)
            go_on(process.pid)
        self.assertFalse(stopped_or_ended(process))
        self.assertEqual(process.wait(), 0)
        self.assert_same_results(plain, self.room / "out", ("run.json",))
        self.assertEqual(names_in(self.room), ["out", "plain"])

    def test_a_stop_that_is_not_met(self):
        for stop in ("slice:1000", "nowhere:1"):
            process = self.start(stop)
            self.assertFalse(stopped_or_ended(process))
            self.assertEqual(process.wait(), 0)

    def test_what_names_no_stop_is_refused(self):
        for given in ("slice", "slice:", ":1", "slice:0", "slice:-1", "slice:x", "slice:1x",
                      "slice:1,,slice:2", "slice:99999999999999999999", "a:1,slice"):
            with self.subTest(given=given):
                done = self.run_tool("macro", *LONG, "--output", "out",
                                     environment={"TOPKIMA_STOP_POINT": given})
                self.assert_refused(done, USAGE, "TOPKIMA_STOP_POINT", given, "NAME:N")
                self.assertEqual(names_in(self.room), [])


class InPython(StopPointsTest):
    def run_python(self, *stops):
        process = subprocess.Popen([sys.executable, "-c", PYTHON], cwd=self.room,
                                   env=stopping_at(*stops), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_a_command_stops_at_each_of_its_stops_and_goes_on(self):
        process = self.run_python("turn:2", "turn:4", "elsewhere:1", "turn:9")
        for lines in ("0\n", "1\n2\n"):
            wait_for_stop(process)
            self.assertEqual("".join(process.stdout.readline() for _ in lines.split()), lines)
            go_on(process.pid)
        out, err = process.communicate(timeout=DEADLINE_S)
        self.assertEqual((process.returncode, out, err), (0, "3\n4\n", ""))

    def test_what_names_no_stop_is_refused(self):
        for given in ("turn", "turn:", ":1", "turn:0", "turn:x", "turn:1x", "turn:1,,turn:2",
                      "a:1,turn"):
            with self.subTest(given=given), \
                    self.assertRaisesRegex(UsageError, f"'{given}': expected NAME:N"):
                stops_of(given)
        self.assertEqual(stops_of(""), frozenset())


if __name__ == "__main__":
    main()
