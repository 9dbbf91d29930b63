#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every file that the Python side reads, and what may stand in its place: nothing that can be read,
a pipe, a device, a directory, a link that leads nowhere, too much. One line, by the kind of file.

  input_files_test.py --macro PATH --soc PATH
"""

import os
import shutil
import subprocess
import sys

import numpy as np

from readers_test import IN_PLACE
from tool_support import DATA, USAGE, ToolTest, main, tool_path
from waiting import DEADLINE_S

from topkima import files
from topkima.arrays import archive, read_array
from topkima.errors import DataError

SMALL = ("--attention.heads=1", "--attention.tokens=6", "--attention.d_model=4")
STUDY = """
tool = "macro"
minimize = ["latency_us"]
[[workload]]
shape = { heads = 1, tokens = 8, d_model = 8 }
[parameters]
topk.k = [2, 3]
"""


def opened_archive(path, kind):
    with archive(path, kind) as arrays:
        return arrays.files


class InputFiles(ToolTest):
    def command(self, *words):
        return subprocess.run([sys.executable, "-m", "topkima", *map(str, words)], cwd=self.room,
                              env={**os.environ, "TOPKIMA_TOOLS": os.path.dirname(tool_path("soc")),
                                   "TOPKIMA_CACHE": ""},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False, text=True)

    def refuse(self, code, words, name, *more):
        """A line of the command that names the file."""
        done = self.command(*words)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertRegex(done.stderr, rf"\A{words[0]}: [^\n]*{name}[^\n]*\n\Z")
        for each in more:
            self.assertIn(each, done.stderr)

    def in_place_of(self, path, put):
        """For the rest of a subtest; what was there is there again afterwards."""
        kept = path.with_name(f"{path.name}.kept")
        if path.exists():
            path.rename(kept)
        put(path)

        def back():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
            if kept.exists():
                kept.rename(path)
        return back


class Readers(InputFiles):
    def test_whatever_is_in_the_place_of_a_file(self):
        path = self.room / "file"
        for kind, read in ((files.STUDY, files.read_text), (files.REPORT, files.read_json),
                           (files.OWN, files.read_toml), (files.RUN, files.read_bytes),
                           (files.ARRAY, read_array), (files.CHECKPOINT, opened_archive)):
            for put, words in IN_PLACE:
                with self.subTest(kind=kind.name, words=words):
                    back = self.in_place_of(path, put)
                    with self.assertRaises(kind.error) as caught:
                        read(path, kind)
                    self.assertRegex(str(caught.exception), rf"\A{path}: (?i:{words})")
                    self.assertIn(kind.name, str(caught.exception))
                    back()

    def test_a_name_that_is_none(self):
        for name in ("a\0b", "", "x" * 5000):
            with self.assertRaisesRegex(DataError, "cannot be opened"):
                files.read_text(name, files.REPORT)

    def test_texts(self):
        path = self.room / "file"
        path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
        self.assertEqual(files.read_text(path, files.STUDY), "a = 1\n")
        self.assertEqual(files.read_toml(path, files.STUDY), {"a": 1})
        path.write_bytes(b"\xef\xbb\xbf{\n\n\"a\": \"\xff\"}")
        self.assertRaisesRegex(DataError, r"line 3: not UTF-8 \(byte 0xff\)", files.read_json, path,
                               files.REPORT)
        path.write_text('{"a": {"key": 1, "other": 2, "k\\u0065y": 1}}')
        self.assertRaisesRegex(DataError, "'key' is given twice", files.read_json, path,
                               files.REPORT)
        for text in ("[" * 10**5, "{", '{"a": NaN}'):
            path.write_text(text)
            self.assertRaisesRegex(DataError, "no complete JSON", files.read_json, path, files.RUN)

    def test_arrays(self):
        path = self.room / "a.npy"
        array = np.arange(6, dtype=">i4").reshape(2, 3).T
        np.save(path, array)
        np.testing.assert_array_equal(read_array(path, files.ARRAY), array)
        with open(path, "wb") as file:      # a header that claims 8 TB
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<i8", "fortran_order": False, "shape": (1 << 40,)})
            file.write(b"\0" * 100)
        self.assertRaisesRegex(DataError, "ends before its array", read_array, path, files.ARRAY)
        np.save(path, np.array([{}]), allow_pickle=True)
        self.assertRaisesRegex(DataError, "a.npy: no array", read_array, path, files.ARRAY)


class Commands(InputFiles):
    def setUp(self):
        super().setUp()
        self.results = self.results_of("macro", *SMALL)

    def test_results(self):
        report, row = ("explore", "report", "out"), ("row", "3", "out")
        nowhere = IN_PLACE[-2][0]
        for name, put, words in (
                ("run.json", os.mkfifo, report), ("run.json", os.mkfifo, row),
                ("report.json", os.mkfifo, report), ("report.json", os.mkfifo, row),
                ("effective.ini", os.mkfifo, row), ("topk_index.npy", os.mkfifo, report),
                ("rows.csv", os.mkfifo, report), ("rows.csv", nowhere, report),
                ("power.csv", nowhere, report), ("what_if.json", nowhere, report),
                ("storage.txt", nowhere, report)):
            with self.subTest(name=name, command=words[0]):
                back = self.in_place_of(self.results / name, put)
                self.refuse(DATA, words, f"out/{name}: cannot be opened: ")
                back()

    def test_whose_fault_it_is_that_a_row_cannot_be_told(self):
        self.refuse(USAGE, ("row", "9999", "out"), "9999")
        path = self.results / "effective.ini"
        path.write_text(path.read_text().replace("\nk = ", "\nk = x"))
        self.refuse(DATA, ("row", "3", "out"), "out/effective.ini: topk.k = 'x")

    def test_studies(self):
        os.mkfifo(self.room / "f")
        self.refuse(USAGE, ("explore", "run", "f"), "f: cannot be opened: is a pipe")
        (self.room / "s.toml").write_text(STUDY)
        self.assertEqual(self.command("explore", "run", "s.toml", "--output", "st", "--quiet",
                                      "--no-page").returncode, 0)
        for name in ("storage.txt", "study.db"):
            with self.subTest(name=name):
                back = self.in_place_of(self.room / "st" / name, os.mkfifo)
                self.refuse(DATA, ("explore", "status", "st"), f"st/{name}: ")
                back()
        shutil.rmtree(self.room / "st")
        (self.room / "st").mkdir()
        os.mkfifo(self.room / "st" / "study.db")
        self.refuse(USAGE, ("explore", "run", "s.toml", "--output", "st"), "st/study.db: ",
                    "no regular file")


if __name__ == "__main__":
    main()
