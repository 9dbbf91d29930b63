#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Inputs, models, results and points are data: nothing in them has a tool or a command load a
library or run a program.

  untrusted_data_test.py --macro PATH --soc PATH
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tool_support import DATA, USAGE, ToolTest, main, tool_path
from waiting import DEADLINE_S

HOME = Path(__file__).resolve().parents[2]
DIGITS = HOME / "data" / "models" / "digits"
SMALL = ("--attention.heads=1", "--attention.tokens=4", "--attention.d_model=4")
CHOSEN = {"model.topk": "trap", "cosim.directory": "libraries"}
# Whoever loads it has run it, whatever it is found to be.
LIBRARY = """#include <stdio.h>
__attribute__((constructor)) static void run(void) {
  FILE* trace = fopen("TRACE", "w");
  if (trace) fclose(trace);
}
"""


class UntrustedData(ToolTest):
    def setUp(self):
        super().setUp()
        self.trace = self.room / "trace"

    def assert_nothing_ran(self):
        self.assertFalse(self.trace.exists())

    def ini(self, parameters, name="given.ini"):
        lines = []
        for parameter, text in parameters.items():
            section, key = parameter.split(".", 1)
            lines += [f"[{section}]", f"{key} = {text}"]
        (self.room / name).write_text("\n".join(lines) + "\n")
        return name

    def answers(self, points, *arguments):
        done = subprocess.run([tool_path("soc"), "--batch", *arguments], cwd=self.room,
                              input="".join(json.dumps(point) + "\n" for point in points),
                              text=True, capture_output=True, timeout=DEADLINE_S, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def answer(self, *arguments, **point):
        return self.answers([point], *arguments)[0]


class Libraries(UntrustedData):
    """Of RTL: they come from the tool's own folder, or from where the command line says."""

    def setUp(self):
        super().setUp()
        place = self.room / "libraries" / "topk" / "trap"
        place.mkdir(parents=True)
        (self.room / "trap.c").write_text(LIBRARY.replace("TRACE", str(self.trace)))
        subprocess.run(["cc", "-shared", "-fPIC", "-o", place / "any.so", "trap.c"], check=True,
                       cwd=self.room)

    def test_a_configuration_file_does_not_say_where(self):
        done = self.run_tool("soc", *SMALL, "--config", self.ini(CHOSEN))
        self.assert_refused(done, USAGE, f"given.ini: cosim.directory = '{self.room}/libraries'",
                            f"expected --cosim.directory={self.room}/libraries")
        self.assert_nothing_ran()

    def test_the_command_line_does(self):
        """Which shows that it would have run."""
        for given in (self.ini({"model.topk": "trap"}), self.ini(CHOSEN)):
            done = self.run_tool("soc", *SMALL, "--config", given, "--cosim.directory=libraries")
            self.assert_refused(done, USAGE, "any.so was made for another version")
            self.assertTrue(self.trace.exists())
            self.trace.unlink()

    def test_a_file_may_pick_what_the_command_line_has_made_known(self):
        done = self.run_tool("soc", *SMALL, "--config", self.ini({"cosim.directory": "auto"}),
                             "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_point_of_a_batch_does_not_say_where(self):
        for resolve in (False, True):
            answer = self.answer(*SMALL, parameters=CHOSEN, resolve=resolve)
            self.assertEqual(answer["exit"], USAGE)
            self.assertIn(f"point: cosim.directory = '{self.room}/libraries'", answer["message"])
        self.assert_nothing_ran()
        answer = self.answer(*SMALL, "--cosim.directory=libraries",
                             parameters={"model.topk": "trap"})
        self.assertIn("any.so was made for another version", answer["message"])

    def test_a_package_does_not_choose_one(self):
        shutil.copytree(DIGITS, self.room / "package")
        with open(self.room / "package" / "model.ini", "a", encoding="utf-8") as file:
            file.write("model.topk = trap\ncosim.directory = libraries\n")
        done = self.run_tool("soc", "--model", "package", "--input", "package/test.npz")
        self.assert_refused(done, DATA, "package/model.ini: parameters.cosim.directory",
                            "nothing that a package says")
        self.assert_nothing_ran()

    def test_results_do_not_say_where(self):
        results = self.results_of("soc", *SMALL)
        settings = (results / "effective.ini").read_text()
        (results / "effective.ini").write_text(
            settings.replace("topk = tlm", "topk = trap").replace(
                "[cosim]", f"[cosim]\ndirectory = {self.room / 'libraries'}"))
        done = command("row", "0", results)
        self.assertEqual((done.returncode, done.stdout), (DATA, ""), done.stderr)
        self.assertRegex(done.stderr, r"\Arow: .*effective.ini: cosim.directory = .*\n\Z")
        self.assert_nothing_ran()
        done = command("row", "0", results, "--cosim.directory", self.room / "libraries")
        self.assertIn("any.so was made for another version", done.stderr)


class Packages(UntrustedData):
    def test_a_package_sets_what_is_documented_and_nothing_else(self):
        page = (HOME / "docs" / "files.md").read_text(encoding="utf-8")
        row = next(line for line in page.splitlines() if line.startswith("| `[parameters]` "))
        documented = set(re.findall(r"`(\w+\.\w+)`", row))
        self.assertEqual(len(documented), 23)
        listed = json.loads(self.run_tool("soc", "--list-parameters=json").stdout)
        self.assertLessEqual(documented, {entry["name"] for entry in listed})
        before, _, _ = (DIGITS / "model.ini").read_text().partition("[parameters]")
        for entry in listed:
            package = self.room / entry["name"]
            package.mkdir()
            for path in DIGITS.glob("*.np?"):
                (package / path.name).symlink_to(path)
            (package / "model.ini").write_text(f"{before}[parameters]\n{entry['name']} = "
                                               f"{entry['value']}\n")
        answers = self.answers([{"model": entry["name"], "input": f"{entry['name']}/test.npz",
                                 "resolve": True} for entry in listed])
        for entry, answer in zip(listed, answers, strict=True):
            message = answer.get("message", "")
            self.assertEqual("nothing that a package says" in message,
                             entry["name"] not in documented, message)


class Results(UntrustedData):
    """What is told of a run names none of the programs that repeat it."""

    def setUp(self):
        super().setUp()
        self.results = self.results_of("soc", *SMALL)
        self.program = self.room / "program"
        self.program.write_text(f"#!/bin/sh\ntouch {self.trace}\n")
        self.program.chmod(0o755)

    def tell(self, **changed):
        run = json.loads((self.results / "run.json").read_text())
        (self.results / "run.json").write_text(json.dumps({**run, **changed}))

    def assert_refused_by_commands(self, *words, commands=("row",)):
        for arguments in (("row", "0", self.results), ("explore", "report", self.results)):
            if arguments[0] not in commands:
                continue
            done = command(*arguments)
            with self.subTest(command=arguments[0]):
                self.assertEqual((done.returncode, done.stdout), (DATA, ""), done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)
        self.assert_nothing_ran()

    def test_another_program_is_refused(self):
        there = Path(tool_path("soc")).parent
        for tool in (str(self.program), os.path.relpath(self.program, there), "program",
                     "../topkima-soc", "topkima-soc ", "", 3, None, ["topkima-soc"]):
            self.tell(tool=tool)
            self.assert_refused_by_commands("run.json: tool = ",
                                            "topkima-soc or topkima-macro")
        self.tell(tool=str(self.program))
        self.assert_refused_by_commands("run.json: tool = ", commands=("row", "explore"))

    def test_the_names_of_inputs_are_no_options(self):
        """Nor anything but texts."""
        self.tell(input=f"--timeline={self.trace}")
        done = command("row", "0", self.results)
        self.assertEqual(done.returncode, DATA, done.stderr)
        self.assert_nothing_ran()
        for wrong in ({"input": 7}, {"model": [1]}, {"version": {}}):
            self.tell(**{"input": "", **wrong})
            self.assert_refused_by_commands("run.json: ", "is no text")
        for wrong in ("a\0b", "file:///a%00b", "file://a", "x" * 5000):
            for name in ("input", "model"):
                self.tell(**{"version": "", "input": "", "model": "", name: wrong})
                self.assert_refused_by_commands(f"run.json: {name} = ", "is no name of a file")

    def test_a_damaged_file_is_refused(self):
        whole = (self.results / "run.json").read_bytes()
        for text in (b"", whole[:-30], b"[]", b"null", b'"text"', b"{}", b"\xff\xfe", b"[" * 100000,
                     b'{"tool": NaN}', b'{"tool": "topkima-soc", "input": "\\ud800"}',
                     whole.replace(b'"systemc": "', b'"systemc": "\\uDC80')):
            (self.results / "run.json").write_bytes(text)
            self.assert_refused_by_commands("run.json: ", "expected the run.json of a run")
        (self.results / "run.json").unlink()
        self.assert_refused_by_commands("run.json: cannot be opened: No such file")


def command(name, *arguments):
    """A command of scripts/, with the tools under test."""
    return subprocess.run([sys.executable, HOME / "scripts" / name, *map(str, arguments)],
                          capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "TOPKIMA_TOOLS": str(Path(tool_path("soc")).parent)})


if __name__ == "__main__":
    main()
