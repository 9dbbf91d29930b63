#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The identity of a run: everything that its results depend on, and nothing else.

  identity_test.py --macro PATH --soc PATH
"""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

from encoder_support import EncoderTest
from opened import opened_in
from tool_support import DATA, float_qkv, main, projected, tool_path, write_tensors
from waiting import DEADLINE_S, go_on, stopped_below, stopping_at, wait_for_stop, wait_until

TECHNOLOGY = Path(__file__).resolve().parents[2] / "data" / "technologies" / "32nm.ini"
THRESHOLDS = np.arange(31)[::-1] - 15.0
FILES = {"noise.ramp_thresholds": "steps.npy", "noise.value_ramp_thresholds": "values.npy",
         "fault.stuck": "cells.csv", "energy.technology": "own.ini"}
ROUGH = -THRESHOLDS[::-1] * 9       # far from where a ramp should stand
META = "causal = true\n"


def write_parameter_files(directory):
    """A file for each parameter that names one."""
    directory.mkdir(parents=True, exist_ok=True)
    np.save(directory / "steps.npy", THRESHOLDS)
    np.save(directory / "values.npy", THRESHOLDS)
    (directory / "cells.csv").write_text("key, 0, 0, 0, 0, 0, 1\n")
    shutil.copy(TECHNOLOGY, directory / "own.ini")
    return {name: f"{directory.name}/{file}" for name, file in FILES.items()}


def edit(path):
    """Another content that is as good."""
    if path.suffix == ".npy":
        array = np.load(path)
        array.flat[0] += 1 if np.issubdtype(array.dtype, np.integer) else 1e-3
        np.save(path, array)
    elif path.suffix == ".npz":
        arrays = dict(np.load(path))
        arrays["x"].flat[0] ^= 1
        np.savez(path, **arrays)
    else:
        path.write_text(path.read_text() + "# another\n")


def measured(answer):
    return {key: value for key, value in answer.items() if key != "seconds"}


class IdentityTest(EncoderTest):
    def start(self, tool, stop=""):
        process = subprocess.Popen([tool_path(tool), "--batch"], cwd=self.room, text=True,
                                   env=stopping_at(stop) if stop else None,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process

    def ask(self, process, point):
        print(json.dumps(point), file=process.stdin, flush=True)
        return json.loads(process.stdout.readline())

    def answer(self, process, point):
        """Of a point that must succeed."""
        answer = self.ask(process, point)
        self.assertEqual(answer["exit"], 0, answer)
        return answer

    def resolved(self, tool, point):
        return self.answer(self.start(tool), {**point, "resolve": True})

    def points(self):
        """A tool, and a point of it with every kind of file."""
        self.package(seed=3)
        write_tensors(self.room / "qkv", float_qkv())
        write_tensors(self.room / "xw", projected(d_model=16))
        (self.room / "qkv" / "meta.ini").write_text(META)
        files = write_parameter_files(self.room / "files")
        bits = {"ima.bits": 5, "av.bits": 5}
        stuck = {"fault.stuck": files["fault.stuck"]}
        return [("macro", {"input": "qkv", "parameters": {**files, **bits}}),
                ("soc", {"input": "xw", "parameters": {**files, **bits}}),
                ("soc", {"model": "package", "input": "package/test.npz", "parameters": stuck})]


class Files(IdentityTest):
    def test_they_are_those_that_a_run_opens(self):
        for tool, point in self.points():
            files = self.resolved(tool, point)["files"]
            listed = {file["path"] for file in files}
            for file in files:
                content = (self.room / file["path"]).read_bytes()
                self.assertEqual(file["sha256"], hashlib.sha256(content).hexdigest())
            process = self.start(tool)
            with opened_in(self.room) as opened:
                self.answer(process, point)
            self.assertEqual(listed, {str(self.room / name) if "files/" in name else name
                                      for name in opened})

    def test_each_is_part_of_the_identity(self):
        for tool, point in self.points():
            process = self.start(tool)
            seen = [self.answer(process, {**point, "resolve": True})]
            for file in seen[0]["files"]:
                edit(self.room / file["path"])
                seen.append(self.answer(process, {**point, "resolve": True}))
                changed = [new["what"] for old, new in zip(seen[-2]["files"], seen[-1]["files"])
                           if old != new]
                self.assertEqual(changed, [file["what"]])
            self.assertEqual(len({answer["identity"] for answer in seen}), len(seen))

    def test_where_they_lie_is_not(self):
        points, here = self.points(), self.room
        elsewhere = shutil.copytree(here, here / "elsewhere")
        for tool, point in points:
            self.room = here
            there = self.resolved(tool, point)
            self.room = elsewhere
            moved = self.resolved(tool, point)
            self.assertEqual(there["identity"], moved["identity"])
            self.assertEqual(there["configuration"], moved["configuration"])
            self.assertNotEqual(there["files"], moved["files"])

    def test_results_tell_theirs(self):
        for number, (tool, point) in enumerate(self.points()):
            answer = self.resolved(tool, point)
            options = [f"--{name}={value}" for name, value in point["parameters"].items()]
            options += [f"--{name}={point[name]}" for name in ("input", "model") if name in point]
            out = self.results_of(tool, *options, output=f"out{number}")
            run = json.loads((out / "run.json").read_text())
            self.assertEqual(run["identity"], answer["identity"])
            self.assertEqual(run["files"], {file["what"]: file["sha256"]
                                            for file in answer["files"]})
            report = json.loads((out / "report.json").read_text())
            self.assertEqual(report["configuration"]["fault.stuck"]["value"], "cells.csv")
            self.assertEqual(report["configuration"]["fault.stuck"]["sha256"],
                             run["files"]["fault.stuck"])

    def test_a_parameter_of_another_value_is_another_identity(self):
        process = self.start("soc")
        small = {"attention.heads": 1, "attention.tokens": 8, "attention.d_model": 8}
        seen = {self.answer(process, {"resolve": True, "parameters": {**small, **more}})["identity"]
                for more in ({}, {"topk.k": 2}, {"noise.seed": 2}, {"cosim.compare": "values"},
                             {"energy.technology": "65nm"}, {"tech.sram_row_read": 1})}
        self.assertEqual(len(seen), 6)
        equal = {self.answer(process, {"resolve": True,
                                       "parameters": {**small, **more}})["identity"]
                 for more in ({}, {"fidelity.all": "cycle"}, {"workload.seed": 1})}
        self.assertEqual(len(equal), 1)

    def test_where_a_value_is_said_to_be_from_is_another_identity(self):
        seen = set()
        for source in ("", "measured: a chip", "published: A. B.", "assumption: mine"):
            text = "[topk]\nk = 3\n" + (f"[provenance]\ntopk.k = {source}\n" if source else "")
            (self.room / "given.ini").write_text(text)
            out = self.results_of("macro", "--config=given.ini", "--attention.tokens=8",
                                  "--attention.heads=1")
            seen.add(json.loads((out / "run.json").read_text())["identity"])
        self.assertEqual(len(seen), 4)

    def test_whether_a_value_was_given_is_in_what_is_written_and_in_the_identity(self):
        """Also of a default, and of what auto would have become."""
        def ran(*given):
            out = self.results_of("macro", *given)
            identity = json.loads((out / "run.json").read_text())["identity"]
            return identity, *((out / name).read_bytes() for name in ("report.json",
                                                                      "effective.ini"))

        seen = set()
        for given in ((), ("--softmax.exponent_cycles=2",), ("--topk.split=8",),
                      ("--workload.seed=1",)):
            run = ran("--attention.tokens=8", "--attention.heads=1", "--topk.k=2", *given)
            (self.room / "effective.ini").write_bytes(run[-1])
            self.assertEqual(ran("--config=effective.ini")[1:], run[1:])
            seen.add(run)
        self.assertEqual([len(set(each)) for each in zip(*seen)], [3, 3, 3])


class Changes(IdentityTest):
    """A batch keeps what it has read for as long as it is what the files hold."""

    def expect_seen(self, tool, point, path):
        """Of a file that is written anew between two points."""
        process = self.start(tool)
        before = self.answer(process, point)
        self.assertEqual(measured(self.answer(process, point)), measured(before))
        edit(path)
        after = self.answer(process, point)
        self.assertEqual(measured(after), measured(self.answer(self.start(tool), point)))
        self.assertNotEqual(after["identity"], before["identity"])
        return before, after

    def test_tensors(self):
        write_tensors(self.room / "in", float_qkv())
        for name in ("q", "k", "v"):
            before, after = self.expect_seen("macro", {"input": "in"},
                                             self.room / "in" / f"{name}.npy")
            self.assertNotEqual(before["metrics"]["relative_error"],
                                after["metrics"]["relative_error"])

    def test_meta_that_comes_and_goes(self):
        write_tensors(self.room / "in", float_qkv())
        process, meta = self.start("macro"), self.room / "in" / "meta.ini"
        seen = []
        for text in ("", META, "causal = false\n", ""):
            meta.write_text(text) if text else meta.unlink(missing_ok=True)
            seen.append(self.answer(process, {"input": "in"}))
        self.assertEqual([each["configuration"]["attention.causal"] for each in seen],
                         ["false", "true", "false", "false"])
        self.assertEqual(measured(seen[0]), measured(seen[3]))

    def test_other_tensors_in_the_place_of_some(self):
        write_tensors(self.room / "in", float_qkv())
        process = self.start("soc")
        before = self.answer(process, {"input": "in"})
        for name in ("q", "k", "v"):
            (self.room / "in" / f"{name}.npy").unlink()
        write_tensors(self.room / "in", projected(d_model=64))
        after = self.answer(process, {"input": "in"})
        self.assertEqual(measured(after), measured(self.answer(self.start("soc"), {"input": "in"})))
        self.assertNotEqual(before["metrics"], after["metrics"])

    def test_a_model_and_its_samples(self):
        self.package(seed=5)
        point = {"model": "package", "input": "package/test.npz"}
        for name in ("test.npz", "layer0.query.npy", "model.ini"):
            self.expect_seen("soc", point, self.room / "package" / name)

    def test_a_model_while_other_points_are_in_between(self):
        self.package(seed=6)
        other = {"parameters": {"attention.heads": 1, "attention.tokens": 8,
                                "attention.d_model": 8}}
        point = {"model": "package", "input": "package/test.npz"}
        process = self.start("soc")
        self.answer(process, point)
        self.answer(process, other)
        edit(self.room / "package" / "layer0.value.npy")
        self.assertEqual(measured(self.answer(process, point)),
                         measured(self.answer(self.start("soc"), point)))

    def test_files_of_parameters(self):
        write_tensors(self.room / "in", float_qkv())
        files = write_parameter_files(self.room / "files")
        point = {"input": "in", "parameters": {"ima.bits": 5, "av.bits": 5, **files}}
        for name in files.values():
            self.expect_seen("macro", point, self.room / name)
        before = self.answer(self.start("macro"), point)
        np.save(self.room / "files" / "steps.npy", ROUGH)
        after = self.answer(self.start("macro"), point)
        self.assertNotEqual(before["metrics"]["cosine_similarity"],
                            after["metrics"]["cosine_similarity"])

    def test_a_configuration_file(self):
        config = self.room / "c.ini"
        config.write_text("[topk]\nk = 2\n")
        process = subprocess.Popen([tool_path("macro"), "--batch", "--config", config], text=True,
                                   cwd=self.room, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        seen = [self.answer(process, {"resolve": True})["configuration"]["topk.k"]]
        config.write_text("[topk]\nk = 3\n")
        seen.append(self.answer(process, {"resolve": True})["configuration"]["topk.k"])
        self.assertEqual(seen, ["2", "3"])

    def test_a_list_that_has_become_invalid(self):
        write_tensors(self.room / "in", float_qkv())
        files = write_parameter_files(self.room / "files")
        point = {"input": "in", "parameters": {"fault.stuck": files["fault.stuck"]}}
        process = self.start("macro")
        self.answer(process, point)
        (self.room / files["fault.stuck"]).write_text("key, 99\n")
        for more in ({"resolve": True}, {}):
            answer = self.ask(process, {**point, **more})
            self.assertEqual(answer["exit"], DATA)
            self.assertIn("cells.csv, line 1", answer["message"])


class WhileARunLasts(IdentityTest):
    """What is written while a run works on it has no results."""

    OPTIONS = ("--input", "in", "--fault.stuck=files/cells.csv")
    POINT = {"input": "in", "parameters": {"fault.stuck": "files/cells.csv"}}

    def setUp(self):
        super().setUp()
        write_tensors(self.room / "in", float_qkv())
        write_parameter_files(self.room / "files")

    def test_a_point(self):
        for path in ("in/v.npy", "files/cells.csv"):
            process = self.start("macro", stop="slice:1")
            print(json.dumps(self.POINT), file=process.stdin, flush=True)
            child, = wait_until(lambda: stopped_below(process.pid), "the point to stop")
            edit(self.room / path)
            go_on(child)
            answer = json.loads(process.stdout.readline())
            self.assertEqual(answer["exit"], DATA, answer)
            self.assertIn(f"{path}: has changed", answer["message"])

    def test_a_run(self):
        """Also between its data and their digest."""
        for place in ("read:1", "slice:1"):
            process = subprocess.Popen([tool_path("macro"), *self.OPTIONS], cwd=self.room,
                                       text=True, env=stopping_at(place), stderr=subprocess.PIPE)
            wait_for_stop(process)
            edit(self.room / "in" / "k.npy")
            go_on(process.pid)
            _, told = process.communicate(timeout=DEADLINE_S)
            self.assertEqual(process.returncode, DATA, place)
            self.assertIn("in/k.npy: has changed", told)
            self.assertFalse((self.room / "topkima-results").exists())

    def test_runs(self):
        process = subprocess.Popen([tool_path("macro"), *self.OPTIONS, "--runs=2",
                                    "--noise.score_sigma=1"], cwd=self.room, text=True,
                                   env=stopping_at("slice:1"), stderr=subprocess.PIPE)
        children = wait_until(lambda: stopped_below(process.pid), "a run to stop")
        edit(self.room / "in" / "k.npy")
        for child in children:
            go_on(child)
        wait_until(lambda: [go_on(each) for each in stopped_below(process.pid)] == []
                   and process.poll() is not None, "the runs to end")
        self.assertEqual(process.returncode, DATA)
        self.assertIn("in/k.npy: has changed", process.communicate()[1])


if __name__ == "__main__":
    main()
