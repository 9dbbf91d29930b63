#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/setup, run and test in a copy of their own, with a cmake that says how it was called: a
build directory that another checkout made stays, and --help does nothing. And places where CMake
itself cannot build."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class Setup(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="topkima-setup-")
        self.addCleanup(place.cleanup)
        self.place = Path(place.name).resolve()
        self.programs = self.place / "programs"
        self.programs.mkdir()
        self.calls = self.place / "calls"
        self.program("cmake", f'echo "$@" >> "{self.calls}"')
        self.program("ctest", f'echo ctest "$@" >> "{self.calls}"')
        self.program("dpkg-query", "echo install ok installed")

    def program(self, name, text):
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def checkout(self, name):
        for script in ("setup", "run", "test"):
            (self.place / name / "scripts").mkdir(parents=True, exist_ok=True)
            shutil.copy(SCRIPTS / script, self.place / name / "scripts")
        return self.place / name

    def built(self, checkout, home):
        """As CMake leaves a build directory that it made for `home`, with something to be kept."""
        build = checkout / "build"
        build.mkdir()
        (build / "build.ninja").write_text("", encoding="utf-8")
        (build / "kept").write_text("", encoding="utf-8")
        (build / "CMakeCache.txt").write_text(
            f"A:STRING=b\nCMAKE_HOME_DIRECTORY:INTERNAL={home}\n", encoding="utf-8")

    def run_script(self, checkout, script, *arguments):
        return subprocess.run([checkout / "scripts" / script, *arguments], check=False, text=True,
                              capture_output=True,
                              env={**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}"})

    def called(self):
        return self.calls.read_text(encoding="utf-8").splitlines() if self.calls.exists() else []

    def test_the_first_time_configures_and_builds(self):
        done = self.run_script(self.checkout("a"), "setup", "topkima-soc", "rtl")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.called(), ["--preset release",
                                         "--build build --target topkima-soc rtl"])

    def test_a_build_of_ours_is_only_built(self):
        checkout = self.checkout("a")
        self.built(checkout, checkout)
        done = self.run_script(checkout, "setup")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.called(), ["--build build"])

    def test_a_checkout_with_a_pattern_in_its_path(self):
        checkout = self.checkout("a [b] c.*$")
        self.built(checkout, checkout)
        self.assertEqual(self.run_script(checkout, "setup").returncode, 0)
        self.assertEqual(self.called(), ["--build build"])

    def test_a_checkout_that_is_reached_by_a_link(self):
        checkout = self.checkout("a")
        link = self.place / "link"
        link.symlink_to(checkout)
        for home in (checkout, link):
            with self.subTest(home=home.name):
                self.built(checkout, home)
                for place in (checkout, link):
                    self.assertEqual(self.run_script(place, "setup").returncode, 0)
                shutil.rmtree(checkout / "build")
        self.assertEqual(self.called(), ["--build build"] * 4)

    def test_a_build_of_another_checkout_stays(self):
        checkout = self.checkout("a")
        for home in (self.checkout("b"), self.place / "gone", self.place / "axb"):
            with self.subTest(home=home.name):
                self.built(checkout, home)
                for script in ("setup", "run", "test"):
                    done = self.run_script(checkout, script)
                    self.assertEqual(done.returncode, 2)
                    self.assertEqual(
                        done.stderr, f"scripts/setup: build/ was made by the checkout {home}, "
                                     f"not by {checkout}: move or delete it\n")
                self.assertTrue((checkout / "build" / "kept").exists())
                shutil.rmtree(checkout / "build")
        self.assertEqual(self.called(), [])

    def test_a_place_where_nothing_can_be_built_is_told_of_before_anything_is(self):
        for name in ("a#b", "a;b", "a[b"):
            with self.subTest(name=name):
                place = self.place / name
                place.mkdir()
                shutil.copy(SCRIPTS.parent / "CMakeLists.txt", place)
                done = subprocess.run(["cmake", "-S", place, "-B", place / "build", "-G", "Ninja",
                                       "-DCMAKE_CXX_COMPILER_WORKS=1"],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(" ".join(done.stderr.split()),
                                 r": CMake cannot build where a name holds a '#', a ';', "
                                 r"or a square bracket without its other half; move it")
                self.assertFalse((place / "build" / "build.ninja").exists())

    def test_help_explains_and_does_nothing(self):
        checkout = self.checkout("a")
        for script in ("setup", "run", "test"):
            with self.subTest(script=script):
                done = self.run_script(checkout, script, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"Usage: scripts/{script}", done.stdout)
                with open("/dev/full", "w", encoding="utf-8") as full:
                    done = subprocess.run([checkout / "scripts" / script, "--help"], stdout=full,
                                          stderr=subprocess.PIPE, text=True, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, rf"^\S*scripts/{script}: .*[^\n]\n$")
        self.assertEqual(self.called(), [])
        self.assertEqual(sorted(path.name for path in checkout.iterdir()), ["scripts"])

    def test_unknown_options_are_refused_in_one_line(self):
        checkout = self.checkout("a")
        for script in ("setup", "run"):
            done = self.run_script(checkout, script, "--none")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, rf"^scripts/{script}: there is no (option|argument) "
                                          rf"--none; see scripts/{script} --help\n$")
        self.assertEqual(self.called(), [])


if __name__ == "__main__":
    unittest.main()
