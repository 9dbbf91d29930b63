#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/rtl as a user runs it: modules to start from, and their check against the pin contract.

TOPKIMA_TOOLS names a folder of the build, in which checks keep what they build.
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from topkima import conformance, places, rtl, skeleton
from topkima.commands.rtl import tool_of

HOME = places.HOME
SINGLE = rtl.table().single


def command(*arguments, where):
    return subprocess.run([HOME / "scripts" / "rtl", *map(str, arguments)], cwd=where, check=False,
                          text=True, stdin=subprocess.DEVNULL, capture_output=True)


class RtlCommand(unittest.TestCase):
    # Checks of one folder share what they build.
    ROOM = places.tools().parent / "rtl_command_test"

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(cls.ROOM, ignore_errors=True)
        cls.ROOM.mkdir()
        for block in SINGLE:
            done = command("new", block, f"my_{block}", where=cls.ROOM)
            assert done.returncode == 0, done.stderr
            assert f"check my_{block}" in done.stdout and f"shadow:my_{block}" in done.stdout
        (cls.ROOM / "CMakeLists.txt").write_text(
            "".join(f"add_subdirectory(my_{block})\n" for block in SINGLE))

    def test_every_block_is_served(self):
        rtl.expect_all("conformance.py, RUNS", conformance.RUNS, rtl.table().blocks)
        for block in SINGLE:
            text = skeleton.files(block, "mine")["mine.sv"]
            self.assertNotIn("TODO", text)

    @unittest.skipUnless(shutil.which("verilator"), "needs Verilator")
    def test_skeletons_are_clean_and_agree_with_the_model_in_every_cycle(self):
        done = command("check", ".", "--compare", "cycles", where=self.ROOM)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        for block in SINGLE:
            self.assertIn(f"my_{block}: block {block}, ", done.stdout)
        self.assertEqual(done.stdout.count("  lint    clean"), len(SINGLE))
        self.assertNotIn("differs", done.stdout)
        for case in ("the last column of the RTL is granted", "k beyond all columns of the RTL",
                     "stop at the last participant", "a grant is held back",
                     "the ramp runs to its end", "a crossbar without winners",
                     "as many winners as the RTL has", "exponents wait while probabilities wait",
                     "the lowest code", "a value beyond the range of one array"):
            self.assertRegex(done.stdout, rf"    exercised \d+ x +{case}\n")

    @unittest.skipUnless(shutil.which("verilator"), "needs Verilator")
    def test_what_is_wrong_is_found(self):
        text = (self.ROOM / "my_ramp" / "my_ramp.sv").read_text()
        folder = Path(tempfile.mkdtemp(dir=self.ROOM))
        wrong = folder / "my_ramp.sv"
        wrong.write_text(text.replace("stop || step_last ? HIGHEST", "step_last ? HIGHEST")
                         .replace("logic idle;", "logic idle, extra;"))
        done = command("check", wrong, "--block", "ramp", "--parameters", "CODE_BITS=3",
                       where=self.ROOM)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        self.assertRegex(done.stdout, r"  lint    warnings: \d+\n +%Warning-UN[A-Z]+: ")
        self.assertRegex(done.stdout,
                         r"  differs k is 1: topkima-macro: model and RTL differ: head0.ramp0")
        self.assertIn("  agrees  k is never reached", done.stdout)
        wrong.write_text(text.replace("logic idle;", "logic idle"))
        done = command("check", wrong, "--block", "ramp", "--parameters", "CODE_BITS=3",
                       where=self.ROOM)
        self.assertEqual(done.returncode, 4)
        self.assertIn("syntax error", done.stderr)

    @unittest.skipUnless(shutil.which("verilator"), "needs Verilator")
    def test_rtl_that_a_build_has_by_its_name(self):
        done = command("check", "softmax_macro", "--compare", "cycles", where=self.ROOM)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertRegex(done.stdout, r"    exercised \d+ x +stop at the last participant\n")
        self.assertRegex(done.stdout, r"    exercised \d+ x +all crossbars of the RTL are full\n")

    @unittest.skipUnless(shutil.which("iverilog"), "needs Icarus Verilog")
    def test_skeletons_are_driven_alone(self):
        for block in SINGLE:
            subprocess.run([tool_of(block), "--quiet", *rtl.table().machine(block),
                            "--attention.heads=1", "--attention.tokens=12",
                            "--attention.d_model=16", "--av.shift_add_cycles=1",
                            f"--vectors.block={block}", "--output", "out", "--vectors",
                            f"v_{block}"], cwd=self.ROOM, check=True)
            done = command("drive", f"v_{block}/{block}", f"my_{block}/my_{block}.sv",
                           "--compare", "cycles", where=self.ROOM)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertRegex(done.stdout, r"\A\d+ lines as expected, [1-9]\d* resets at work\n\Z")

    @unittest.skipUnless(shutil.which("iverilog"), "needs Icarus Verilog")
    def test_what_is_wrong_alone_is_found(self):
        text = (self.ROOM / "my_ramp" / "my_ramp.sv").read_text()
        wrong = Path(tempfile.mkdtemp(dir=self.ROOM)) / "my_ramp.sv"
        wrong.write_text(text.replace("idle <= 1'b1;", "idle <= ;"))
        check = ("check", wrong, "--block", "ramp", "--parameters", "CODE_BITS=3",
                 "--simulator", "icarus")
        done = command(*check, where=self.ROOM)
        self.assertEqual(done.returncode, 4)
        self.assertIn("syntax error", done.stderr)
        wrong.write_text(text.replace("idle <= 1'b1;", ""))
        done = command(*check, where=self.ROOM)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        self.assertRegex(done.stdout, r"  differs k is 1: line 1 \(row 0\), time \d+: start_ready "
                                      r"is [xX], expected 0 \(--attention")

    def test_bad_usage_is_said_in_a_line(self):
        (self.ROOM / "a.sv").write_text("module a; endmodule\n")
        for arguments, words in (
                (("new", "adder", "mine"), "BLOCK 'adder'; expected topk, ramp"),
                (("new", "macro", "mine"), "BLOCK macro has no module to start from"),
                (("new", "topk", "1st"), "a module cannot be called so"),
                (("new", "ramp", "my_ramp"), "is there already"),
                (("check", "a.sv"), "whose pins do the files have?"),
                (("check", "none_such"), "is no folder, no file, and no RTL that"),
                (("drive", "v", "a.sv", "--parameters", "GRANTS"),
                 "--parameters 'GRANTS'; expected NAME=N"),
                (("drive", "v", "none_such.sv"), "none_such.sv is not a file")):
            with self.subTest(arguments):
                done = command(*arguments, where=self.ROOM)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    sys.exit(unittest.main())
