#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Readers of the Trace Event Format that others wrote find in a timeline what
is in it: Chrome's trace engine nests no slice, speedscope warns of nothing.
npm brings them, in the versions of readers/package-lock.json."""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tool_support import ToolTest, main
from waiting import DEADLINE_S, wait_until

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "testbenches/exploration"))
import browser    # noqa: E402

READERS = Path(__file__).with_name("readers")
MACHINES = {
    "digits": ("soc", "--input", SOURCE / "data/workloads/digits"),
    "BERT-base": ("soc",),
    "a cycle of 3 ns": ("soc", "--clock.frequency_mhz=333.3", "--attention.tokens=40",
                        "--attention.heads=2", "--crossbar.columns=8"),
    "rows without winners": ("macro", "--attention.valid_tokens=0", "--attention.tokens=40",
                             "--attention.heads=2"),
    "a cycle of 14 ps": ("macro", "--clock.frequency_mhz=70000", "--attention.tokens=40",
                         "--attention.heads=2"),
}


def tracks_of(slices):
    return {(each["pid"], each["tid"]) for each in slices}


class Readers(ToolTest):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("npm"):
            raise unittest.SkipTest("npm is not installed")
        browser.skip_without_browser()
        cls.place = Path(tempfile.mkdtemp(prefix="topkima_readers_"))
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        for file in READERS.iterdir():
            shutil.copy(file, cls.place)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=cls.place,
                       check=True, timeout=DEADLINE_S)
        cls.browser = browser.started()
        cls.addClassCleanup(cls.browser.quit)

    def each_timeline(self, check):
        """`check` gets the path of each, and its slices."""
        for name, (tool, *arguments) in MACHINES.items():
            with self.subTest(machine=name):
                done = self.run_tool(tool, *arguments, "--quiet", "--timeline", "t.json")
                self.assertEqual(done.returncode, 0, done.stderr)
                path = self.room / "t.json"
                check(path, [event for event in json.loads(path.read_text())["traceEvents"]
                             if event["ph"] == "X"])

    def test_the_trace_engine_nests_nothing(self):
        self.each_timeline(self.check_depth)

    def check_depth(self, path, slices):
        done = subprocess.run(["node", self.place / "trace_depth.mjs", path], cwd=self.place,
                              check=True, stdout=subprocess.PIPE, timeout=DEADLINE_S)
        tracks = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(sum(track["slices"] for track in tracks), len(slices))
        self.assertEqual({(track["pid"], track["tid"]) for track in tracks}, tracks_of(slices))
        for track in tracks:
            self.assertEqual((track["depth"], track["top"]), (1, track["slices"]), track)

    def test_speedscope_warns_of_nothing(self):
        self.each_timeline(self.check_import)

    def check_import(self, path, slices):
        number = len(list(self.place.glob("*.js")))
        release = self.place / "node_modules/speedscope/dist/release"
        # As its command line has it read a file.
        script = self.place / f"{number}.js"
        content = base64.b64encode(path.read_bytes()).decode()
        script.write_text(f'speedscope.loadFileFromBase64("{number}.json", "{content}")')
        self.browser.get(f"{(release / 'index.html').as_uri()}#localProfilePath={script}")
        self.browser.refresh()
        wait_until(lambda: self.browser.title.startswith(f"{number}.json"), "speedscope to read")
        shown = self.browser.find_element("css selector", "body").text
        self.assertIn(f"/{len(tracks_of(slices))})", shown.replace(" ", ""))
        said = [entry["message"] for entry in self.browser.get_log("browser")
                if entry["source"] != "rendering" and entry["level"] not in ("INFO", "DEBUG")]
        self.assertEqual(said, [])


if __name__ == "__main__":
    main()
