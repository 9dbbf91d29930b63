#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tells builds apart: the model revision of the tools, and the digest of RTL. Neither depends
on where the sources lie."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PLACES = ("plain", "a (b) & c's", "[d]", "e[f]]g]", "h*?")
FOLDERS = ("modules", "platforms", "cmake", "data/rtl", "data/technologies")
EMPTY = "e3b0c44298fc1c14"      # the digest of nothing
PROJECT = """\
cmake_minimum_required(VERSION 3.24)
project(one CXX)
set(TOPKIMA_CXX_STANDARD 17)
add_library(pins INTERFACE)
add_library(topkima::pins ALIAS pins)
target_include_directories(pins INTERFACE "%s/modules")
include("%s/cmake/AddRtl.cmake")
topkima_add_rtl(NAME one BLOCK ramp TOP ramp_controller SOURCES one.sv PARAMETERS CODE_BITS=4 %s)
"""
PART = "  wire [3:0] value = 1;\n"
TARGET = "rtl_ramp_one_CODE_BITS_4"


def module():
    """The twin of a ramp, which includes a part."""
    twin = SOURCE / "modules" / "ima" / "rtl" / "ramp_controller.sv"
    return twin.read_text().replace("endmodule", '`include "part.svh"\nendmodule')


class PlacesTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="topkima-revision-")
        self.addCleanup(place.cleanup)
        self.place = Path(place.name).resolve()


class ModelRevision(PlacesTest):
    def tree(self, name):
        for folder in FOLDERS:
            (self.place / name / folder / "deep").mkdir(parents=True)
            for file in ("a.cpp", "b.h.in", "deep/c.sv"):
                (self.place / name / folder / file).write_text(f"{folder} {file}\n")
        return self.place / name

    def revision(self, tree, flags="-O3"):
        (self.place / "flags").write_text(f"{flags}\n")
        header = self.place / "version.h"
        done = subprocess.run(
            ["cmake", f"-DSOURCE={tree}", f"-DHEADER={header}", f"-DFLAGS={self.place / 'flags'}",
             "-DVERSION=1", "-DCOMPILER=c++ 1", "-P", SOURCE / "cmake" / "WriteVersion.cmake"],
            check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return re.search(r'model_revision = "(\w{16})"', header.read_text())[1]

    def test_it_is_the_same_wherever_the_sources_lie(self):
        found = {self.revision(self.tree(name)) for name in PLACES}
        self.assertEqual(len(found), 1)
        self.assertNotEqual(found, {EMPTY})

    def test_every_file_counts_and_so_do_flags(self):
        tree = self.tree("[x]")
        seen = {self.revision(tree), self.revision(tree, "-O3 -ffast-math")}
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            path.write_text("another\n")
            seen.add(self.revision(tree))
        (tree / "modules" / "new.xyz").write_text("")
        seen.add(self.revision(tree))
        self.assertEqual(len(seen), 3 + 3 * len(FOLDERS))

    def test_what_editors_leave_does_not(self):
        tree = self.tree("x")
        before = self.revision(tree)
        for name in (".a.cpp.swp", "a.cpp~", "#a.cpp#"):
            (tree / "modules" / name).write_text("x")
        (tree / "modules" / ".#a.cpp").symlink_to("nobody@nowhere")
        self.assertEqual(self.revision(tree), before)

    def test_sources_that_are_not_found_are_an_error(self):
        (self.place / "flags").write_text("\n")
        done = subprocess.run(
            ["cmake", f"-DSOURCE={self.place}", f"-DHEADER={self.place / 'h'}",
             f"-DFLAGS={self.place / 'flags'}", "-P", SOURCE / "cmake" / "WriteVersion.cmake"],
            check=False, capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("holds no files", done.stderr)


@unittest.skipUnless(shutil.which("verilator"), "needs Verilator")
class DigestOfRtl(PlacesTest):
    def tree(self, name, part=PART, more=""):
        tree = self.place / name
        tree.mkdir(exist_ok=True)
        (tree / "CMakeLists.txt").write_text(PROJECT % (SOURCE, SOURCE, more))
        (tree / "one.sv").write_text(module())
        (tree / "part.svh").write_text(part)
        return tree

    def run_cmake(self, *arguments):
        done = subprocess.run(["cmake", *arguments], check=False, text=True, capture_output=True,
                              env={**os.environ, "VERBOSE": ""})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def digest(self, tree, configure=True):
        """Of the library, for which nothing is compiled."""
        if configure:
            self.run_cmake("-S", tree, "-B", tree / "build", "-G", "Ninja")
        self.run_cmake("--build", tree / "build", "--target", f"{TARGET}/{TARGET}.cpp")
        glue = (tree / "build" / TARGET / "glue.cpp").read_text()
        return re.search(r'parameters,\s+"(\w{12})"', glue)[1]

    def test_it_covers_what_sources_include_wherever_they_lie(self):
        first = self.digest(self.tree("a"))
        again = self.digest(self.tree("b (c) & d's [e]"))
        self.assertEqual(first, again)
        # It is looked up anew when that changes, without configuring.
        (self.place / "a" / "part.svh").write_text("  wire [3:0] value = 2;\n")
        configured = (self.place / "a" / "build" / "CMakeCache.txt").stat().st_mtime_ns
        self.assertNotEqual(first, self.digest(self.place / "a", configure=False))
        self.assertEqual((self.place / "a" / "build" / "CMakeCache.txt").stat().st_mtime_ns,
                         configured)

    def test_it_covers_how_they_are_translated(self):
        tree = self.tree("x")
        (tree / "deep").mkdir()
        (tree / "deep" / "part.svh").write_text("  wire [3:0] value = `VALUE;\n")
        (tree / "list.f").write_text("+define+VALUE=1\n-y deep\n")
        seen = []
        for more in ("", "DEFINES VALUE=1", "DEFINES VALUE=2", "VERILATOR_ARGS -Wno-UNUSED",
                     "ASSERTIONS"):
            seen.append(self.digest(self.tree("x", PART, more)))
        (tree / "part.svh").unlink()
        for more in ("INCLUDE_DIRS deep DEFINES VALUE=1", "FILE_LIST list.f"):
            (tree / "CMakeLists.txt").write_text(PROJECT % (SOURCE, SOURCE, more))
            seen.append(self.digest(tree))
        (tree / "list.f").write_text("+define+VALUE=3\n-y deep\n")
        seen.append(self.digest(tree, configure=False))
        self.assertEqual(len(seen), len(set(seen)), seen)


if __name__ == "__main__":
    unittest.main()
