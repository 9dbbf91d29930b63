# SPDX-License-Identifier: Apache-2.0
"""What the tests of the two command-line tools share: running a tool in a
directory of its own, making inputs, and comparing results."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from waiting import DEADLINE_S

USAGE, DATA, FAILED = 2, 3, 4    # exit codes beside 0

ARRAYS = ("topk_index", "topk_code", "probability", "convert_cycles", "output", "output_real")
FILES = sorted([*(f"{name}.npy" for name in ARRAYS), "report.json", "effective.ini", "power.csv",
                "rows.csv", "run.json"])

_paths = {}


def tool_path(tool):
    return _paths[tool]


class ToolTest(unittest.TestCase):
    """Every test works in a fresh directory, `self.room`, which is also the
    working directory of the tools it runs."""

    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test_"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)

    def run_tool(self, tool, *arguments, environment=None, **options):
        """Runs `topkima-<tool>`; its text as it is, but for escapes where it is no UTF-8."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "timeout": DEADLINE_S, "cwd": self.room, **options}
        done = subprocess.run([tool_path(tool), *map(str, arguments)], check=False,
                              stdin=subprocess.DEVNULL,
                              env={**os.environ, **(environment or {})}, **options)
        done.stdout, done.stderr = ((text or b"").decode(errors="backslashreplace")
                                    for text in (done.stdout, done.stderr))
        return done

    def results_of(self, tool, *arguments, output="out", **options):
        """A run that must succeed; returns its output directory."""
        done = self.run_tool(tool, *arguments, "--quiet", "--output", output, **options)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), arguments)
        return self.room / output

    def assert_refused(self, done, code, *words):
        """One line on standard error that contains the words, nothing on standard output."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assert_one_line(done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)

    def assert_one_line(self, text):
        """Nor any other control character: bytes of a bad file do not reach a terminal raw."""
        self.assertRegex(text, r"\Atopkima-(macro|soc): [^\0-\x08\n-\x1f\x7f]+\n\Z")

    def assert_same_results(self, left, right, differing=("run.json",)):
        """Byte for byte, but for the files named."""
        for directory in (left, right):
            self.assertEqual(names_in(directory), FILES)
        for name in FILES:
            if name not in differing:
                same = (left / name).read_bytes() == (right / name).read_bytes()
                self.assertTrue(same, f"{name} differs between {left} and {right}")


def names_in(directory):
    return sorted(os.listdir(directory))


def everything_in(directory):
    """All paths below a directory, hidden ones as well."""
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*"))


def write_tensors(directory, tensors):
    directory.mkdir(parents=True, exist_ok=True)
    for name, tensor in tensors.items():
        np.save(directory / f"{name}.npy", tensor)
    return directory


def float_qkv(heads=2, rows=3, tokens=5, d_k=4, seed=1):
    rng = np.random.default_rng(seed)
    shapes = {"q": (heads, rows, d_k), "k": (heads, tokens, d_k), "v": (heads, tokens, d_k)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def int8_qkv(heads=2, rows=3, tokens=5, d_k=4, seed=1):
    """Within the ranges of the default widths of Q, K and V."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(-limit, limit + 1, (heads, count, d_k)).astype(np.int8)
            for name, limit, count in (("q", 15, rows), ("k", 7, tokens), ("v", 15, tokens))}


def projected(tokens=5, d_model=8, seed=1, **widths):
    """widths: of wk and wv, where they are not those of d_model."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (tokens, d_model),
              **{name: (d_model, widths.get(name, d_model)) for name in ("wq", "wk", "wv")}}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def main():
    parser = argparse.ArgumentParser(description="Other arguments go to unittest.")
    parser.add_argument("--macro", required=True, help="path of topkima-macro")
    parser.add_argument("--soc", required=True, help="path of topkima-soc")
    arguments, others = parser.parse_known_args()
    _paths.update(macro=os.path.abspath(arguments.macro), soc=os.path.abspath(arguments.soc))
    unittest.main(module="__main__", argv=[sys.argv[0], *others])
