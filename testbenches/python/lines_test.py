#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One line of a command, whatever happens to it: memory that does not suffice, values and names of
any length, bytes that are no text.

  lines_test.py --macro PATH --soc PATH
"""

import os
import resource
import subprocess
import sys

from tool_support import DATA, FAILED, USAGE, ToolTest, main, tool_path
from waiting import DEADLINE_S

from topkima import commands
from topkima.commands import annotate
from topkima.errors import MOST_ECHOED, MOST_TOLD, UsageError, shortened

KIB = 1 << 10
LIMITS = (20_000, 30_000, 60_000, 70_000, 100_000, 120_000, 150_000)    # KiB
LONG = "x" * 5000
STUDY = """
tool = "macro"
minimize = ["METRIC"]
constraints = ["CONSTRAINT"]
[[workload]]
WORKLOAD
[parameters]
KEY = ["VALUE"]
"""
GOOD = {"METRIC": "latency_us", "CONSTRAINT": "latency_us > 0", "KEY": "topk.k", "VALUE": "2",
        "WORKLOAD": "shape = { heads = 1, tokens = 8, d_model = 8 }"}


class Lines(ToolTest):
    def command(self, *words, **options):
        return subprocess.run([sys.executable, "-m", "topkima", *map(str, words)], cwd=self.room,
                              env={**os.environ, "TOPKIMA_TOOLS": os.path.dirname(tool_path("soc")),
                                   "TOPKIMA_CACHE": ""},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False, text=True,
                              **options)

    def study(self, name="s.toml", **values):
        text = STUDY
        for key, value in {**GOOD, **values}.items():
            text = text.replace(key, value)
        (self.room / name).write_text(text)
        return name


class Memory(Lines):
    def test_it_does_not_suffice(self):
        self.results_of("macro", "--attention.heads=1", "--attention.tokens=6",
                        "--attention.d_model=4")
        for words in (("report", "out"), ("status", "out"), ("run", self.study())):
            for limit in LIMITS:
                size = limit * KIB
                with self.subTest(command=words[0], limit=limit):
                    done = self.command("explore", *words, preexec_fn=lambda: resource.setrlimit(
                        resource.RLIMIT_AS, (size, size)))
                    self.assertEqual((done.returncode, done.stdout, done.stderr),
                                     (FAILED, "", "explore: not enough memory\n"))

    def test_it_runs_out_in_the_middle(self):
        """Of the work, of a library's loading, of a thread's start, of what is tidied up."""
        for what in ("bytearray(1 << 40)", "raise ImportError('libx.so: failed to map')",
                     "raise RuntimeError(\"can't start new thread\")",
                     "raise OSError(12, 'Cannot allocate memory')", "Tidied(); return 0",
                     "thread = threading.Thread(target=bytearray, args=(1 << 40,)); "
                     "thread.start(); thread.join(); return 0"):
            program = ("import threading\nfrom topkima import commands\n"
                       "commands.SPARE_MIB = 1 << 30\n"
                       "class Tidied:\n  def __del__(self): raise MemoryError\n"
                       f"def work(): {what}\ncommands.program('made-up', work)\n")
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                                  check=False, timeout=DEADLINE_S)
            with self.subTest(what=what):
                expected = (0, "") if "Tidied" in what else (
                    FAILED, "made-up: not enough memory\n")
                self.assertEqual((done.returncode, done.stderr), expected)

    def test_a_package_that_is_missing_is_told_as_that(self):
        program = ("import sys\nsys.modules['numpy'] = None\n"
                   "from topkima import commands\ncommands.run('annotate')")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                              check=False, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, USAGE)
        self.assertRegex(done.stderr, r"\Aannotate: [^\n]*numpy[^\n]*: scripts/setup [^\n]*\n\Z")


class Lengths(Lines):
    def assert_short(self, done, code):
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertLessEqual(len(done.stderr), MOST_TOLD + 20)
        for word in done.stderr.split():
            self.assertLessEqual(len(word), MOST_ECHOED + 1)    # and what ends the sentence
        self.assertIn("...", done.stderr)

    def test_command_lines(self):
        """Of each command, among them those that a parser of Python's own answers."""
        given = {"annotate": ("--output", "a.ini"), "row": ("1", "out"), "timing-diagram": (
            "--scope", "a", "--cycles", "1-2", "w.vcd", "a"), "vectors": ("--output", "v"),
            "rtl": ("check", "topk", "x", "--output", "y"), "explore": ("status", "out")}
        for name in commands.COMMANDS:
            with self.subTest(command=name):
                done = self.command(name, *given.get(name, ()), f"--{LONG}")
                self.assert_short(done, USAGE)
                self.assertTrue(done.stderr.startswith(f"{name}: "), done.stderr)

    def test_values_of_studies(self):
        for values in ({"METRIC": LONG}, {"KEY": f"topk.{LONG}"}, {"VALUE": LONG},
                       {"VALUE": "2 " * 2500}, {"CONSTRAINT": LONG}, {"CONSTRAINT": "x y " * 1000},
                       {"WORKLOAD": f'input = "{LONG}"'}, {"METRIC": "it's so " * 700}):
            with self.subTest(values=values):
                code = DATA if "WORKLOAD" in values else USAGE
                self.assert_short(self.command("explore", "run", self.study(**values)), code)

    def test_names_of_files(self):
        self.assert_short(self.command("explore", "report", LONG), DATA)
        self.assert_short(self.command("row", "3", LONG), DATA)
        self.assert_short(self.command("explore", "run", LONG), USAGE)
        self.assert_short(self.command("explore", "compare", LONG, LONG), DATA)

    def test_what_is_not_too_long_stays(self):
        for line in ("a 'b' c", "x" * 200, "'" + "x y " * 49 + "'", "a 'b' " + "c d " * 60 + "'e'"):
            self.assertEqual(shortened(line), line)
        self.assertEqual(shortened(f"k = '{'a b ' * 60}'; expected 1"),
                         f"k = '{'a b ' * 49}...; expected 1")


class Names(Lines):
    def test_a_study_is_called_as_its_file_as_far_as_that_can_be_printed(self):
        for name, called in (("s\udcff.toml", "s_"), ("a\nb.toml", "a_b"), (" .toml", "_")):
            with self.subTest(name=name):
                done = self.command("explore", "run", self.study(name), "--output", "out",
                                    "--quiet", "--no-page", errors="surrogateescape")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                storage = (self.room / "out" / "storage.txt").read_text(encoding="utf-8")
                self.assertEqual(storage.splitlines()[1], called)
                for path in (self.room / "out").iterdir():
                    path.unlink()

    def test_what_a_tool_says_of_a_name_that_is_no_text(self):
        self.assertEqual(annotate.run("printf", r"a\377.ini"), "a\udcff.ini")

    def test_a_text_is_quoted_once(self):
        for given in ("x" * 300, "x\\u0000"):
            done = self.command("explore", "run", self.study(WORKLOAD=f'input = "{given}"'))
            with self.subTest(given=given):
                self.assertEqual(done.returncode, DATA)
                self.assertEqual(done.stderr.count("'"), 2 if given[-1] == "0" else 1)


class Faults(Lines):
    def test_a_fault_of_a_command_is_none_of_its_lines(self):
        def work():
            raise ZeroDivisionError
        self.assertRaises(ZeroDivisionError, commands.status_of, "made-up", work)

        def refuse():
            raise UsageError("no")
        self.assertEqual(commands.status_of("made-up", refuse), USAGE)


if __name__ == "__main__":
    main()
