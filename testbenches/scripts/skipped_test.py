#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a Python test that cannot run, or of which cases cannot: it is skipped, but has
failed under the label heavy, which stands for tests that are run with all that they need."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "whole": "import sys; sys.exit(77)",
    "case": "import unittest\n"
            "class Some(unittest.TestCase):\n"
            "    def test_this(self): pass\n"
            "    @unittest.skip('no server')\n"
            "    def test_that(self): pass\n"
            "unittest.main()\n",
    "none": "import unittest\n"
            "class All(unittest.TestCase):\n"
            "    def test_this(self): print('skipped=1')\n"
            "unittest.main()\n",
}
PROJECT = f"""\
cmake_minimum_required(VERSION 3.20)
project(skipped LANGUAGES NONE)
set(SYSTEM_PYTHON {sys.executable})
enable_testing()
include({ROOT}/cmake/AddPythonTest.cmake)
foreach(name {" ".join(TESTS)})
  topkima_python_test("${{name}}, quick" ${{name}}.py 60)
  topkima_python_test("${{name}}, heavy" ${{name}}.py 60 HEAVY)
endforeach()
"""


class Skipped(unittest.TestCase):
    def test_heavy_ones_have_failed(self):
        with tempfile.TemporaryDirectory(prefix="topkima-skipped-") as place:
            source, build = Path(place) / "source", Path(place) / "build"
            source.mkdir()
            (source / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
            for name, text in TESTS.items():
                (source / f"{name}.py").write_text(text, encoding="utf-8")
            subprocess.run(["cmake", "-S", source, "-B", build], check=True, capture_output=True)
            said = subprocess.run(["ctest", "--test-dir", build], check=False, capture_output=True,
                                  text=True).stdout
            heavy = subprocess.run(["ctest", "--test-dir", build, "-N", "-L", "heavy"], check=True,
                                   capture_output=True, text=True).stdout
        ends = dict(re.findall(r"#\d+: (\w+, \w+) [. ]*(?:\*\*\*)?(\w+)", said))
        self.assertEqual(ends, {"whole, quick": "Skipped", "whole, heavy": "Failed",
                                "case, quick": "Passed", "case, heavy": "Failed",
                                "none, quick": "Passed", "none, heavy": "Passed"}, said)
        self.assertEqual(re.findall(r"#\d+: (\w+, \w+)", heavy),
                         ["whole, heavy", "case, heavy", "none, heavy"])


if __name__ == "__main__":
    unittest.main()
