#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/timing-diagram: what it draws of a small waveform, and what it refuses.

  timing_diagram_test.py PATH_OF_TIMING_DIAGRAM
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from waiting import DEADLINE_S

TOOL = Path(sys.argv.pop(1)).absolute()

# The clock has one edge, at the start of cycle 2.
WAVE = """$timescale 1 ps $end
$scope module top $end
$var wire 1 ! clk $end
$var wire 1 " valid $end
$var wire 4 # code [3:0] $end
$var wire 4 $ fired [3:0] $end
$var wire 2 % f0 [1:0] $end
$var wire 2 & f1 [1:0] $end
$upscope $end
$enddefinitions $end
#0
0!
0"
bxxxx #
b0 $
b1 %
b10 &
#5000
1"
b1110 #
#10000
1!
b101 $
#12500
0!
#15000
0"
b11 %
#20000
"""
DRAWN = r"""```text
cycle   0   1   2   3
clk    ________/~\_____
valid  ____/~~~~~~~\___
code   |x  |14
code   |---|-2     |---
fired  |none   |0,2
f      |1 2        |3 2
```
"""


class TimingDiagram(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        (self.place / "w.vcd").write_text(WAVE)

    def run_tool(self, *arguments):
        return subprocess.run([str(TOOL), *arguments], cwd=self.place, capture_output=True,
                              text=True, timeout=DEADLINE_S)

    def draw(self, *signals, cycles="0-3", wave="w.vcd"):
        done = self.run_tool(wave, "--scope", "top", "--cycles", cycles, *signals)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_levels_values_and_edges(self):
        self.assertEqual(self.draw("clk", "valid", "code", "code:signed@valid", "fired:set", "f,2"),
                         DRAWN)

    def test_a_bit_where_it_does_not_count(self):
        self.assertEqual(self.draw("valid@fired"),
                         "```text\ncycle   0  1  2  3\nvalid  ------~~~\\__\n```\n")

    def test_cycles_are_numbered_from_the_first(self):
        self.assertEqual(self.draw("valid", cycles="2-3"),
                         "```text\ncycle   0  1\nvalid  ~~~\\__\n```\n")

    def test_a_cycle_is_as_long_as_the_clock_shows(self):
        signals = ("clk", "valid", "code", "code:signed@valid", "fired:set", "f,2")
        # Half of an odd period is rounded.
        for period, high in ((10000, 5000), (3333, 1666), (3333, 1667)):
            def scaled(match, period=period, high=high):
                cycle, rest = divmod(int(match[1]), 5000)
                return f"#{cycle * period + (high if rest else 0)}\n"
            (self.place / "o.vcd").write_text(re.sub(r"#(\d+)\n", scaled, WAVE))
            self.assertEqual(self.draw(*signals, wave="o.vcd"), DRAWN, (period, high))

    def test_a_scope_without_a_clock(self):
        (self.place / "o.vcd").write_text(WAVE.replace(" clk ", " ck "))
        self.assertEqual(self.draw("valid", "--period", "5000", wave="o.vcd"),
                         self.draw("valid"))
        drawn = ("--scope", "top", "--cycles", "0-3", "valid")
        self.assert_fails(2, "top has no clk", "o.vcd", *drawn)
        self.assert_fails(2, "expected a time in ps", "o.vcd", *drawn, "--period", "0")

    def assert_fails(self, status, words, *arguments):
        done = self.run_tool(*arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_refusals(self):
        drawn = ("--scope", "top", "--cycles", "0-3")
        self.assert_fails(2, "no signal top.none", "w.vcd", *drawn, "none")
        self.assert_fails(2, "no signal top.f2", "w.vcd", *drawn, "f,3")
        self.assert_fails(2, "'code:octal'; expected NAME", "w.vcd", *drawn, "code:octal")
        self.assert_fails(2, "ends in cycle 4", "w.vcd", "--scope", "top", "--cycles", "0-5", "clk")
        self.assert_fails(2, "expected FIRST-LAST", "w.vcd", "--scope", "top", "--cycles", "3-0",
                          "clk")
        self.assert_fails(3, "No such file", "none.vcd", *drawn, "clk")
        (self.place / "text.vcd").write_text("a thesis\n")
        self.assert_fails(3, "no waveform in VCD", "text.vcd", *drawn, "clk")
        (self.place / "bytes.vcd").write_bytes(bytes(range(256)))
        self.assert_fails(3, "no waveform in VCD", "bytes.vcd", *drawn, "clk")

    def test_too_wide(self):
        many = WAVE + "#500000\n"
        (self.place / "w.vcd").write_text(many)
        self.assert_fails(2, "expected at most 100", "w.vcd", "--scope", "top", "--cycles", "0-40",
                          "clk")


if __name__ == "__main__":
    unittest.main()
