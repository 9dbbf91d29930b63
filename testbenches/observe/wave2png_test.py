#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/wave2png: what it refuses and how, and a picture where GTKWave is installed.

  wave2png_test.py PATH_OF_WAVE2PNG
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from waiting import DEADLINE_S

TOOL = Path(sys.argv.pop(1)).absolute()
INSTALLED = all(shutil.which(tool) for tool in ("gtkwave", "xvfb-run", "xauth"))

WAVE = """$timescale 1 ps $end
$scope module soc $end
$var wire 1 ! clk $end
$var string 1 " state $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
0!
sidle "
$end
#5000
1!
sbusy "
#10000
"""
VIEW = "@28\nsoc.clk\n@820\nsoc.state\n"


class Wave2Png(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)

    def run_tool(self, *arguments, **environment):
        return subprocess.run([str(TOOL), *map(str, arguments)], cwd=self.place,
                              capture_output=True, text=True,
                              env={**os.environ, **environment}, timeout=DEADLINE_S)

    def assert_fails(self, status, words, *arguments, **environment):
        before = sorted(self.place.iterdir())
        result = self.run_tool(*arguments, **environment)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertEqual(sorted(self.place.iterdir()), before)

    def test_usage(self):
        for arguments in ((), ("a.vcd",), ("a.vcd", "b.gtkw", "c.png", "d.png"), ("a.txt", "b.png"),
                          ("a.vcd", "b.jpg"), ("a.vcd", "b.txt", "c.png"),
                          ("--frob", "a.vcd", "b.png"),
                          ("a.vcd", "b.png", "--size", "big"), ("a.vcd", "b.png", "--size")):
            with self.subTest(arguments):
                self.assert_fails(2, "wave2png: ", *arguments)
        self.assertIn("usage", self.run_tool("--help").stdout)

    def test_missing_packages(self):
        (self.place / "bin").mkdir()
        os.symlink("/usr/bin/python3", self.place / "bin/python3")
        self.assert_fails(2, "apt-get install gtkwave xvfb xauth", "a.vcd", "b.png",
                          PATH=str(self.place / "bin"))

    @unittest.skipUnless(INSTALLED, "gtkwave is not installed")
    def test_unreadable(self):
        (self.place / "text.vcd").write_text("a thesis\n")
        (self.place / "text.fst").write_text("a thesis\n")
        (self.place / "directory.vcd").mkdir()
        self.assert_fails(3, "none.vcd", "none.vcd", "o.png")
        self.assert_fails(3, "text.vcd", "text.vcd", "o.png")
        self.assert_fails(3, "text.fst", "text.fst", "o.png")
        self.assert_fails(3, "directory.vcd", "directory.vcd", "o.png")
        (self.place / "good.vcd").write_text(WAVE)
        self.assert_fails(3, "none.gtkw", "good.vcd", "none.gtkw", "o.png")
        self.assert_fails(2, "no/such", "good.vcd", "no/such/o.png")

    @unittest.skipUnless(INSTALLED, "gtkwave is not installed")
    def test_a_view_starts_no_program(self):
        program, trace = self.place / "program", self.place / "trace"
        program.write_text(f"#!/bin/sh\ntouch {trace}\nexec cat\n")
        program.chmod(0o755)
        (self.place / "good.vcd").write_text(WAVE)
        for line in (f"^>1 {program}", f"  ^<1 {program}"):
            (self.place / "good.gtkw").write_text(f"@200028\n{line}\nsoc.state\n")
            for view in ((), ("good.gtkw",)):
                self.assert_fails(3, "has GTKWave start a program", "good.vcd", *view, "o.png")
        self.assertFalse(trace.exists())

    @unittest.skipUnless(INSTALLED, "gtkwave is not installed")
    def test_picture(self):
        (self.place / "good.vcd").write_text(WAVE)
        (self.place / "view.gtkw").write_text(VIEW)
        (self.place / "good.gtkw").write_text(VIEW)
        for arguments, size in ((("view.gtkw", "o.png"), (1600, 900)),
                                (("o.png", "--size=1000x700"), (1000, 700))):
            result = self.run_tool("good.vcd", *arguments)
            self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))
            head = (self.place / "o.png").read_bytes()[:24]
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack(">II", head[16:24]), size)
        self.assertEqual(sorted(file.name for file in self.place.iterdir()),
                         ["good.gtkw", "good.vcd", "o.png", "view.gtkw"])


unittest.main()
