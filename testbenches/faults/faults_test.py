#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One call of the operating system or of the allocator fails: the tools give the results that they
give otherwise, or say in a line that they cannot and leave what was there.

  faults_test.py --macro PATH --soc PATH --faults LIBRARY [--every] [CASE...]

A sample of the calls of each kind, or with --every the first MOST of them and a sample of those
behind. TOPKIMA_FAULT_SEED picks another sample. `--one CASE KIND:N` shows what a run does.
"""

import argparse
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np

import tool_support
from encoder_support import EncoderTest
from tool_support import everything_in, float_qkv, projected, tool_path, write_tensors

KINDS = ("alloc", "map", "open", "read", "write", "rename", "place", "process")
SAMPLE = {"alloc": 10}          # of each kind, where not all are tried
FEW = 3
MOST = 3000                     # of each kind, with --every
BEHIND = 500
REMOVAL = ("open", "read", "place")     # what fails to be removed stays, under a hidden name
SEED = int(os.environ.get("TOPKIMA_FAULT_SEED", "1"))
OWN_TIME = ("wall_seconds", "seconds")      # what differs from run to run
SMALL = ("--attention.heads=1", "--attention.tokens=4", "--attention.d_model=4")

options = argparse.Namespace()


def contents(place: Path) -> dict:
    """Every file below a place, without what differs from run to run."""
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.name == "run.json":
                run = json.loads(data)
                data = json.dumps({key: run[key] for key in run if key not in OWN_TIME}).encode()
            found[str(path.relative_to(place))] = data
    return found


def without_time(text: str) -> list:
    """Lines; of JSON without the time that the run took, of files without a size that the system
    may not tell."""
    lines = []
    for line in re.sub(r" signals, [0-9.]+ MB", " signals", text).splitlines():
        if line.startswith("{") and line.endswith("}"):
            line = {key: value for key, value in json.loads(line).items() if key not in OWN_TIME}
        lines.append(line)
    return lines


class Case:
    """Words of a command line, what it reads from standard input, and what it leaves beside its
    results, which a run that fails may leave as well, up to where it came."""

    def __init__(self, tool, *arguments, stdin="", beside=(), output=True):
        self.tool, self.arguments, self.stdin, self.beside = tool, arguments, stdin, set(beside)
        self.output = ("--quiet", "--output", "out") if output else ()


CASES = {
    "configured": Case("macro", "--input", "qkv", "--config", "given.ini",
                       "--fault.stuck=stuck.csv", "--noise.ramp_thresholds=ramp.npy",
                       "--energy.technology=node.ini"),
    "projected": Case("soc", "--input", "x", "--pipeline.sequences=2"),
    "model": Case("soc", "--model", "package", "--input", "package/test.npz"),
    "observed": Case("soc", "--input", "x", "--wave", "w.vcd", "--timeline", "t.json",
                     "--row", "0", beside=("w.vcd", "w.gtkw", "t.json")),
    "vectors": Case("macro", *SMALL, "--vectors", "v", beside=("v",)),
    "many": Case("macro", *SMALL, "--noise.score_sigma=1", "--runs", "2"),
    "steps": Case("macro", *SMALL, "--what-if"),
    "batch": Case("soc", "--batch", *SMALL, output=False,
                  stdin='{"id":1}\n{"id":2,"parameters":{"topk.k":2}}\n{"id":3,"input":"x"}\n'),
    "lists": Case("soc", "--list-parameters", "--config", "given.ini", output=False),
}


def is_hidden(name: str) -> bool:
    """Below a name that begins with a dot."""
    return any(part.startswith(".") for part in name.split("/"))


class FaultsTest(EncoderTest):
    def setUp(self):
        super().setUp()
        write_tensors(self.room / "qkv", float_qkv())
        (self.room / "qkv" / "meta.ini").write_text("valid_tokens = 4\n", encoding="utf-8")
        write_tensors(self.room / "x", projected())
        (self.room / "given.ini").write_text("[topk]\nk = 2\n[ima]\nbits = 3\n", encoding="utf-8")
        (self.room / "stuck.csv").write_text("key,0,0,0,0,0,1\n", encoding="utf-8")
        np.save(self.room / "ramp.npy", np.linspace(7, 1, 7))
        shutil.copy(Path(__file__).parents[2] / "data" / "technologies" / "65nm.ini",
                    self.room / "node.ini")
        self.package(1, samples=2)

    def run_case(self, case, fault=""):
        """The run, and how many calls of each kind it made."""
        counts = self.room / "counts"
        counts.write_bytes(bytes(8 * (len(KINDS) + 1)))
        done = subprocess.run(
            [tool_path(case.tool), *case.arguments, *case.output], cwd=self.room, check=False,
            input=case.stdin, text=True, capture_output=True, errors="backslashreplace",
            timeout=tool_support.DEADLINE_S,
            env={**os.environ, "LD_PRELOAD": options.faults, "OMP_NUM_THREADS": "1",
                 "TOPKIMA_FAULT_COUNTS": str(counts),
                 **({"TOPKIMA_FAULT": fault} if fault else {})})
        calls = dict(zip(KINDS, struct.unpack(f"{len(KINDS) + 1}Q", counts.read_bytes())))
        counts.unlink()
        return done, calls

    def try_case(self, name):
        case = CASES[name]
        # An earlier result is there, which a run that fails leaves.
        if case.output:
            self.results_of("macro", *SMALL, "--seed=7")
        earlier, before = contents(self.room / "out"), everything_in(self.room)
        shutil.copytree(self.room, self.room.with_name(f"{self.room.name}-begin"), symlinks=True)
        self.addCleanup(shutil.rmtree, self.room.with_name(f"{self.room.name}-begin"))
        done, calls = self.run_case(case)
        self.assertEqual((done.returncode, done.stderr), (0, ""), name)
        wanted = (without_time(done.stdout), contents(self.room))
        self.restore()
        picks = random.Random(f"{SEED} {name}")
        for kind in KINDS:
            for number in self.numbers(kind, calls[kind], picks):
                fault = f"{kind}:{number}"
                with self.subTest(case=name, fault=fault):
                    self.check(case, kind, self.run_case(case, fault)[0], wanted, earlier, before)
                self.restore()

    @staticmethod
    def numbers(kind, calls, picks):
        first = range(1, min(calls, MOST if options.every else 0) + 1)
        behind = range(len(first) + 1, calls + 1)
        count = BEHIND if options.every else SAMPLE.get(kind, FEW)
        return [*first, *sorted(picks.sample(behind, min(count, len(behind))))]

    def restore(self):
        shutil.rmtree(self.room)
        shutil.copytree(self.room.with_name(f"{self.room.name}-begin"), self.room, symlinks=True)

    def check(self, case, kind, done, wanted, earlier, before):
        said = f"{done.stdout[-300:]}\n{done.stderr[-1000:]}"
        self.assertIn(done.returncode, (0, 2, 3, 4), said)
        now = contents(self.room)
        if done.returncode == 0:
            self.check_whole(case, kind, done, wanted, now, said)
            return
        # What has been seen so far follows the line.
        line = done.stderr.splitlines()[0] + "\n" if case.beside else done.stderr
        self.assert_one_line(line)
        # Results are the earlier ones, or the new ones where only what followed them failed.
        self.assertIn(contents(self.room / "out"),
                      (earlier, {name.removeprefix("out/"): data for name, data in wanted[1].items()
                                 if name.startswith("out/")}), said)
        left = {name for name in everything_in(self.room) if name.split("/")[0] not in case.beside}
        if kind in REMOVAL:
            left = {name for name in left if not is_hidden(name)}
        self.assertEqual({name for name in left if not name.startswith("out/")},
                         {name for name in before if not name.startswith("out/")}, said)

    def check_whole(self, case, kind, done, wanted, now, said):
        answers = without_time(done.stdout)
        if "--batch" in case.arguments:
            # A point may have failed, and says so.
            self.assertEqual([answer["id"] for answer in answers],
                             [answer["id"] for answer in wanted[0]], said)
            for answer, right in zip(answers, wanted[0]):
                if answer["exit"] == 0:
                    self.assertEqual(answer, right)
                else:
                    self.assertIn(answer["exit"], (2, 3, 4))
                    self.assertNotIn("signal", answer["message"])
        else:
            self.assertEqual(answers, wanted[0], said)
        # The result that was there before may stay where it is removed from.
        kept = sorted(name for name in now if kind not in REMOVAL or not is_hidden(name))
        self.assertEqual(kept, sorted(wanted[1]), said)
        for name, data in wanted[1].items():
            self.assertEqual(now[name], data, f"{name}: {said}")


def add(name):
    setattr(FaultsTest, f"test_{name}", lambda self: self.try_case(name))


def main():
    parser = argparse.ArgumentParser(description="Other arguments go to unittest.")
    for tool in ("macro", "soc"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("--faults", required=True)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parsed, others = parser.parse_known_args(namespace=options)
    options.faults = os.path.abspath(options.faults)
    tool_support._paths.update(macro=os.path.abspath(parsed.macro), soc=os.path.abspath(parsed.soc))
    for name in options.cases:
        add(name)
    unittest.main(module="__main__", argv=[sys.argv[0], *others])


if __name__ == "__main__":
    main()
