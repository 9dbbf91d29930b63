#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Names of files, which are any bytes: they come through settings, effective.ini and JSON unharmed.

  names_test.py --macro PATH --soc PATH
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from encoder_support import EncoderTest
from tool_support import (DATA, FILES, USAGE, float_qkv, main, names_in, tool_path, write_tensors)
from topkima.names import name_in, name_text
from waiting import DEADLINE_S

ROW = Path(__file__).resolve().parents[2] / "scripts" / "row"
THRESHOLDS = np.arange(31)[::-1] - 15.0
NAMES = ("a#b", " before", "behind ", '"quoted"', "back\\slash", "a=b", "[section]", "a;b", "'",
         "tab\tin", "line\nfeed", "\r", "ümläut", "\udcff\udcfe", "file:\udcff", "%41", "\\x41",
         "-")


class NamesTest(EncoderTest):
    def setUp(self):
        super().setUp()
        write_tensors(self.room / "in", float_qkv())

    def thresholds(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:      # whatever the name ends in
            np.save(file, THRESHOLDS)
        return path

    def ask(self, *points):
        done = subprocess.run([tool_path("macro"), "--batch"], cwd=self.room, text=True,
                              input="".join(json.dumps(point) + "\n" for point in points),
                              capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]


class RoundTrips(NamesTest):
    def test_effective_ini(self):
        """From another directory, and with a file of another content by the name that is left of a
        name that is cut."""
        for number, name in enumerate(NAMES):
            with self.subTest(name=name):
                path = self.thresholds(self.room / f"d{number}" / f"{name}.npy{name}")
                np.save(path.with_name("a"), -THRESHOLDS[::-1] * 7)
                first = self.results_of("macro", "--input=in", f"--noise.ramp_thresholds={path}",
                                        output=f"first{number}")
                self.assert_same_results(first, self.again(first, self.room / f"again{number}"))

    def again(self, first, output):
        done = self.run_tool("macro", "--quiet", "--input", self.room / "in", "--config",
                             first / "effective.ini", "--output", output, cwd="/")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return output

    def test_relative_names(self):
        """On the command line they are seen from the working directory, in a file from the file."""
        self.thresholds(self.room / "t.npy")
        self.thresholds(self.room / "deep" / "t.npy")
        np.save(self.room / "deep" / "t.npy", THRESHOLDS * 3)
        (self.room / "deep" / "c.ini").write_text("[noise]\nramp_thresholds = t.npy\n")
        seen = {}
        for how in (["--noise.ramp_thresholds=t.npy"], ["--noise.ramp_thresholds=./t.npy"],
                    ["--noise.ramp_thresholds=deep/../t.npy"], ["--config=deep/c.ini"],
                    ["--noise.ramp_thresholds=deep/t.npy"]):
            out = self.results_of("macro", "--input=in", *how, output=f"out{len(seen)}")
            seen[how[0]] = (out / "report.json").read_bytes()
            text = (out / "effective.ini").read_text()
            self.assertIn(f"ramp_thresholds = {self.room}/", text)
            self.assertEqual(self.again(out, self.room / f"again{len(seen)}")
                             .joinpath("report.json").read_bytes(), seen[how[0]])
        of = list(seen.values())
        self.assertEqual(of[0], of[1])
        self.assertEqual(of[0], of[2])
        self.assertEqual(of[3], of[4])
        self.assertNotEqual(of[0], of[3])

    def test_a_parent_behind_a_link_is_that_of_what_it_leads_to(self):
        self.thresholds(self.room / "there" / "t.npy")
        (self.room / "there" / "deep").mkdir()
        (self.room / "link").symlink_to("there/deep")
        out = self.results_of("macro", "--input=in", "--noise.ramp_thresholds=link/../t.npy")
        self.assert_same_results(out, self.again(out, self.room / "again"))

    def test_a_row_is_told_from_elsewhere(self):
        for number, name in enumerate(("a#b", " a", "\udcff")):
            path = self.thresholds(self.room / f"{name}.npy")
            write_tensors(self.room / f"{name}-in", float_qkv())
            self.results_of("macro", f"--input={name}-in",
                            f"--noise.ramp_thresholds={path.name}", output=f"out{name}")
            done = subprocess.run([sys.executable, ROW, "1", self.room / f"out{name}"], cwd="/",
                                  capture_output=True, timeout=DEADLINE_S, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(os.fsencode(f"out{name}"), done.stdout)

    def test_names_in_json(self):
        for name in NAMES:
            for path in (f"/{name}", name):
                text = json.loads(json.dumps(name_text(path)))
                self.assertEqual(os.path.abspath(name_in(text)), os.path.abspath(path))
                text.encode()

    def test_what_is_no_escape_is_refused(self):
        self.thresholds(self.room / "t.npy")
        for value in (r'"\n.npy"', r'"a\x0.npy"', r'"\x00.npy"', '"\\"'):
            (self.room / "c.ini").write_text(f"[noise]\nramp_thresholds = {value}\n")
            done = self.run_tool("macro", "--input=in", "--config=c.ini")
            self.assert_refused(done, USAGE, "c.ini", "is no escape")
        for value in ("file://t.npy", "file:///%4.npy", "file:///%00"):
            answer, = self.ask({"input": value})
            self.assertEqual(answer["exit"], USAGE)
            self.assertIn("file:///", answer["message"])

    def test_a_word_that_is_misspelt_is_no_file(self):
        done = self.run_tool("macro", "--input=in", "--noise.ramp_thresholds=idael")
        self.assert_refused(done, USAGE, "noise.ramp_thresholds = 'idael'", "ideal")


class NoUtf8(NamesTest):
    """A name that is no UTF-8 is no error wherever it comes into JSON."""

    NAME = "\udcff#\udcfe"

    def setUp(self):
        super().setUp()
        self.path = self.thresholds(self.room / self.NAME / f"{self.NAME}.npy")
        write_tensors(self.room / self.NAME, float_qkv())

    def assert_text(self, path):
        return json.loads(path.read_bytes().decode())

    def test_of_a_run(self):
        out = self.results_of("macro", f"--input={self.NAME}",
                              f"--noise.ramp_thresholds={self.NAME}/{self.NAME}.npy",
                              output=f"{self.NAME}/out")
        run = self.assert_text(out / "run.json")
        self.assertEqual(name_in(run["input"]), str(self.room / self.NAME))
        report = self.assert_text(out / "report.json")
        self.assertEqual(report["configuration"]["noise.ramp_thresholds"]["sha256"],
                         run["files"]["noise.ramp_thresholds"])
        self.assertEqual(names_in(out), FILES)

    def test_of_lists_and_stories(self):
        given = (f"--noise.ramp_thresholds={self.path}",)
        done = self.run_tool("macro", "--list-parameters=json", *given)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        listed = {entry["name"]: entry["value"] for entry in json.loads(done.stdout)}
        self.assertEqual(name_in(listed["noise.ramp_thresholds"]), str(self.path))
        for more in (("--row=1", "--row.format=json"), ("--runs=2", "--noise.score_sigma=1"),
                     (f"--vectors={self.NAME}/v",), (f"--timeline={self.NAME}/t.json",),
                     (f"--wave={self.NAME}/w.vcd",)):
            done = self.run_tool("macro", "--quiet", f"--input={self.NAME}", *given, *more)
            self.assertEqual((done.returncode, done.stderr), (0, ""), more)
        self.assert_text(self.room / "topkima-results" / "run.json")
        self.assert_text(self.room / self.NAME / "v" / "topk" / "index.json")
        self.assert_text(self.room / self.NAME / "t.json")

    def test_of_a_batch(self):
        point = {"input": name_text(self.room / self.NAME),
                 "parameters": {"noise.ramp_thresholds": name_text(self.path)}}
        answer, missing = self.ask(point, {**point, "input": name_text(self.room / "\udcf0")})
        self.assertEqual(answer["exit"], 0, answer)
        self.assertEqual({name_in(file["path"]) for file in answer["files"]},
                         {str(self.path), *(str(self.room / self.NAME / f"{name}.npy")
                                            for name in "qkv")})
        self.assertEqual(missing["exit"], DATA)

    def test_of_a_model(self):
        self.package(seed=4)
        (self.room / "package").rename(self.room / "\udcf0")
        out = self.results_of("soc", "--model=\udcf0", "--input=\udcf0/test.npz")
        run = self.assert_text(out / "run.json")
        self.assertEqual(name_in(run["model"]), str(self.room / "\udcf0"))


class Outputs(NamesTest):
    def test_a_link_to_a_directory_keeps_pointing_at_it(self):
        (self.room / "disk").mkdir()
        (self.room / "link").symlink_to("disk/results")
        for how in ("link", "link/", "link"):
            self.results_of("macro", "--input=in", output=how)
            self.assertTrue((self.room / "link").is_symlink())
            self.assertFalse((self.room / "disk" / "results").is_symlink())
            self.assertEqual(names_in(self.room / "disk"), ["results"])
            self.assertEqual(names_in(self.room / "disk" / "results"), FILES)
        self.assertEqual(names_in(self.room), ["disk", "in", "link"])

    def test_a_link_that_leads_nowhere_and_one_in_a_circle(self):
        (self.room / "a").symlink_to("b")
        (self.room / "b").symlink_to("a")
        done = self.run_tool("macro", "--input=in", "--output=a")
        self.assert_refused(done, USAGE, "a:")

    def test_the_working_directory(self):
        """Again and again: whoever is there stays there."""
        place = self.room / "here"
        place.mkdir()
        shell = ('for i in 1 2 3; do "$0" --quiet --input ../in --seed $i --output . || exit; ls; '
                 'done')
        done = subprocess.run(["sh", "-c", shell, tool_path("macro")], cwd=place, text=True,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.split(), 3 * FILES)
        self.assertEqual(names_in(place), FILES)
        self.assertEqual(names_in(self.room), ["here", "in"])

    def test_a_working_directory_that_is_no_result_is_refused(self):
        done = self.run_tool("macro", "--input=in", "--output=.")
        self.assert_refused(done, USAGE, ".: exists and is not an earlier result")
        self.assertEqual(names_in(self.room), ["in"])


if __name__ == "__main__":
    main()
