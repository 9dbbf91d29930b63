#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/lint finds what it is there for, in a small repository of each test's own: the checks
that need no tool of others, and what it says where such a tool is missing. ~ in front of a path
keeps the lint of this file from looking for it."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

LINT = Path(__file__).resolve().parents[2] / "scripts" / "lint"
PACKAGE = LINT.parents[1] / "python"
LICENCE = "SPDX-License-Identifier: Apache-2.0"


class Lint(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="topkima-lint-")
        self.addCleanup(place.cleanup)
        self.root = Path(place.name).resolve()
        subprocess.run(["git", "init", "--quiet", self.root], check=True)
        (self.root / "scripts").mkdir()
        shutil.copy(LINT, self.root / "scripts")
        (self.root / ".git" / "info" / "exclude").write_text("/scripts/\n", encoding="utf-8")

    def write(self, **texts):
        """By names in which __ stands for / and _dot_ for a dot."""
        for name, text in texts.items():
            path = self.root / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("~", "").encode())

    def lint(self, *arguments, path=None, **options):
        """The package that it belongs to is that of this test."""
        return subprocess.run([self.root / "scripts" / "lint", *arguments], check=False, text=True,
                              env={**os.environ, "PYTHONPATH": str(PACKAGE),
                                   **({"PATH": path} if path else {})},
                              **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def expect(self, check, *faults):
        """The check fails with one line for each of the faults, and no other."""
        done = self.lint(check)
        *found, verdict, count = done.stdout.splitlines()
        for fault in faults:
            self.assertIn(fault.replace("~", ""), "\n".join(found))
        self.assertEqual(len(found), len(faults), done.stdout)
        self.assertTrue(verdict.startswith(f"{check}: FAILED: "), verdict)
        self.assertEqual(count, "0 checks passed, 1 failed")
        self.assertEqual(done.returncode, 1)

    def expect_nothing(self, check):
        done = self.lint(check)
        self.assertEqual(done.stdout, f"{check}: passed\n1 checks passed, 0 failed\n")
        self.assertEqual(done.returncode, 0)

    def test_a_source_without_its_licence_line(self):
        self.write(good_dot_cpp=f"// {LICENCE}\n",
                   good_dot_py=f"#!/usr/bin/python3\n# {LICENCE}\n",
                   page_dot_md="# Prose\n", empty_dot_py="", data__model_dot_ini="[model]\n")
        self.expect_nothing("licence")
        self.write(late_dot_cpp=f"#pragma once\n// {LICENCE}\n", none_dot_toml="a = 1\n",
                   unknown="text\n")
        self.expect("licence", "late.cpp:", "none.toml:", "unknown:")

    def test_long_lines_of_a_page(self):
        self.write(page_dot_md="x" * 119 + "\n| " + "x" * 130 + " |\n",
                   other_dot_txt="x" * 130 + "\n")
        self.expect_nothing("markdown")
        self.write(long_dot_md="\n" + "x" * 120 + "\n")
        self.expect("markdown", "long.md:2: 120 columns")

    def test_white_space_at_ends(self):
        self.write(good_dot_txt="a\n\nb\n", empty_dot_txt="")
        self.expect_nothing("whitespace")
        self.write(line_dot_txt="a \n", carriage_dot_txt="a\r\n", open_dot_txt="a",
                   long_dot_txt="a\n\n\n")
        self.expect("whitespace", "line.txt:", "carriage.txt:", "open.txt:", "long.txt:")
        self.assertEqual(self.lint("--fix", "whitespace").returncode, 0)
        self.expect_nothing("whitespace")
        self.assertEqual((self.root / "carriage.txt").read_bytes(), b"a\n")

    def test_paths_that_do_not_exist(self):
        self.write(modules__room__block_dot_h="// ~docs/page.md, ~modules/room/block\n",
                   modules__room__block_dot_cpp="// ~modules/room/block.{h,cpp}\n",
                   modules__room__c_dot_h='#include "~modules/none.h"\n',
                   docs__page_dot_md="# Page\n[out](https://none.example/~docs/none)\n",
                   docs__other_dot_md="[page](page.md), [again](../docs/page.md)\n")
        self.expect_nothing("paths")
        self.write(modules__room__bad_dot_h="// (~docs/none.md), ~modules/room/block.{h,py}\n",
                   docs__bad_dot_md="[page](../none.md)\nSee `~modules/none`.\n")
        self.expect("paths", "~modules/room/bad.h:1: ~docs/none.md does not exist",
                    "~modules/room/bad.h:1: ~modules/room/block.py does not exist",
                    "~docs/bad.md:1: ../none.md does not exist",
                    "~docs/bad.md:2: ~modules/none does not exist")

    def test_sections_that_do_not_exist(self):
        self.write(docs__page_dot_md="# Page\n\n## 1. The idea: k, and more\n",
                   a_dot_h="// ~docs/page.md, section 1\n",
                   docs__b_dot_md="[page](page.md#1-the-idea-k-and-more), [here](#other)\n\n"
                                  "## Other\n")
        self.expect_nothing("paths")
        self.write(c_dot_h="// ~docs/page.md, section 2; ~page.md section 1\n",
                   docs__d_dot_md="[page](page.md#other)\n")
        self.expect("paths", "c.h:1: ~docs/page.md has no section 2",
                    "c.h:1: page.md does not exist",
                    "~docs/d.md:1: page.md#other: ~docs/page.md has no such heading")

    def test_presets_that_do_not_exist(self):
        self.write(CMakePresets_dot_json='{"configurePresets": [{"name": "a"}], "testPresets": '
                                         '[{"name": "b"}], "buildPresets": []}\n',
                   page_dot_md="`cmake ~--preset a`, `ctest ~--preset b`, `cmake ~--preset NAME`\n")
        self.expect_nothing("paths")
        self.write(CMakeLists_dot_txt="#   ctest ~--preset a\n#   cmake ~--build --preset b\n")
        self.expect("paths", "CMakeLists.txt:1: ctest has no preset a",
                    "CMakeLists.txt:2: cmake --build has no preset b")

    def test_pages_to_which_the_index_does_not_lead(self):
        self.write(docs__README_dot_md="[page](page.md#a), [block](blocks/block.md)\n",
                   docs__page_dot_md="## A\n", docs__blocks__block_dot_md="# Block\n")
        self.expect_nothing("paths")
        self.write(docs__other_dot_md="# Other\n", docs__blocks__other_dot_md="# Block\n")
        self.expect("paths", "~docs/other.md: is not listed in ~docs/README.md")

    def test_files_that_are_read_by_other_means(self):
        self.write(modules__files__a_dot_cpp="file = ::open(path);\nstd::ifstream b;\n",
                   modules__room__a_dot_cpp="#include <fstream>\nstd::ofstream out(path);\n"
                                            "file_ = ::zip_fopen(zip, name, 0); box::open(path);\n",
                   modules__room__c_dot_cpp="std::ostringstream text;\n"
                                            "text.exceptions(std::ios::badbit);\n",
                   testbenches__room__a_dot_cpp="std::ifstream file(path);\n")
        self.expect_nothing("readers")
        self.write(modules__room__b_dot_cpp="\nstd::ifstream file(path);\n",
                   modules__room__d_dot_cpp="std::ostringstream text;\ntext << 1;\n",
                   platforms__room__b_dot_h="int f = ::open(path, O_RDONLY);\n",
                   examples__a__b_dot_cpp="while (std::getline(in, line)) {\n}\nfopen (path);\n")
        self.expect("readers", "~modules/room/b.cpp:2: ifstream reads a file by itself",
                    "~modules/room/d.cpp:1: a stream that does not throw",
                    "~platforms/room/b.h:1: ::open", "~examples/a/b.cpp:1: getline",
                    "~examples/a/b.cpp:3: fopen")

    def test_a_file_that_python_reads_by_itself(self):
        self.write(python__topkima__files_dot_py="file = open(path)\n",
                   python__topkima__arrays_dot_py="array = np.load(file)\n",
                   python__topkima__a_dot_py='with open(path, "w", encoding="utf-8") as file:\n'
                   "    pass\ntext = read_text(path, STUDY)\nstore.reopen()\n"
                   "file = os.open(os.devnull, flags)\n",
                   testbenches__a_dot_py="file = open(path)\n")
        self.expect_nothing("readers")
        reads = ("with open(path) as file:", 'file = path.open("rb")', "path.read_text()",
                 "path.read_bytes()", "a = np.load(path)", "json.load(file)", "tomllib.load(file)",
                 "os.open(path, os.O_RDONLY)", 'open(path, mode="r+")', "torch.load(path)",
                 "np.loadtxt(path)", "ini.read_file(file)")
        self.write(python__topkima__b_dot_py="\n".join(reads) + "\n")
        self.expect("readers", *(f"~python/topkima/b.py:{number}: "
                                 for number in range(1, len(reads) + 1)))

    def test_standard_output_that_takes_no_more(self):
        self.write(page_dot_md="text \n")
        for words in (("--help",), ("whitespace",)):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = self.lint(*words, stdout=full)
            self.assertEqual((done.returncode, done.stderr),
                             (4, "lint: standard output: No space left on device\n"))
            reading, writing = os.pipe()
            os.close(reading)
            done = self.lint(*words, stdout=writing)
            os.close(writing)
            self.assertEqual((done.returncode, done.stderr), (4, ""))

    def test_versions_that_differ(self):
        self.write(CMakeLists_dot_txt="project(topkima VERSION 1.2.3 LANGUAGES CXX)\n",
                   CITATION_dot_cff="cff-version: 1.2.0\nversion: 1.2.3\n",
                   CHANGELOG_dot_md="## [1.2.3] - today\n\n## [1.2.2]\n",
                   python__pyproject_dot_toml='[project]\nversion = "1.2.3"\n')
        self.expect_nothing("versions")
        self.write(CITATION_dot_cff="version: 1.2.0\n",
                   CHANGELOG_dot_md="## [1.2.4]\n\n## [1.2.3]\n",
                   python__pyproject_dot_toml="[project]\n")
        self.expect("versions", "CITATION.cff:", "CHANGELOG.md:", "~python/pyproject.toml:")

    def test_a_missing_tool_names_the_command_that_installs_it(self):
        programs = self.root / "programs"
        programs.mkdir()
        (programs / "git").symlink_to(shutil.which("git"))
        self.write(a_dot_cpp="int a;\n")
        done = self.lint("format", "markdown", path=str(programs))
        self.assertEqual(done.stdout.splitlines(), [
            "format: FAILED: clang-format-14 is not installed: run scripts/setup --lint",
            "markdown: passed", "1 checks passed, 1 failed"])
        self.assertEqual(done.returncode, 1)

    def test_an_unknown_check_is_refused_in_one_line(self):
        done = self.lint("formatting")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no check formatting; expected format, ",
                      done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
