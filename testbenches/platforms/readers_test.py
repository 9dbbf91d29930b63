#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every file that the tools read, and what may stand in its place: nothing that can be read, a
pipe, a device, a directory, a link that leads nowhere, too much. One line, and no results.

  readers_test.py --macro PATH --soc PATH
"""

import io
import json
import os
import resource
import subprocess
import zipfile

import numpy as np

from encoder_support import EncoderTest
from tool_support import (DATA, USAGE, everything_in, float_qkv, main, projected, tool_path,
                          write_tensors)
from waiting import DEADLINE_S

GIB = 1 << 30


def unreadable(path):
    """Of the memory of a process nothing lies at address 0: an error of input and output."""
    path.symlink_to("/proc/self/mem")


def too_large(path):
    """A hole that costs nothing to make."""
    path.write_bytes(b"")
    os.truncate(path, 1 << 40)


# How something comes into the place of a file, and the words for it.
IN_PLACE = (
    (unreadable, "cannot be read: Input/output error"),
    (os.mkfifo, "cannot be opened: is a pipe"),
    (lambda path: path.symlink_to("/dev/zero"), "cannot be opened: is a device"),
    (lambda path: path.mkdir(), "cannot be opened: is a directory"),
    (lambda path: path.symlink_to("nowhere"), "cannot be opened: No such file"),
    (too_large, "is larger than "),
)


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))


class ReadersTest(EncoderTest):
    def setUp(self):
        super().setUp()
        write_tensors(self.room / "qkv", float_qkv())
        write_tensors(self.room / "x", projected())

    def refuse_each(self, code, victim, tool, *arguments):
        """Whatever is in the place of `victim` is refused with its name."""
        path = self.room / victim
        kept = path.read_bytes() if path.exists() else None
        for put, words in IN_PLACE:
            path.unlink(missing_ok=True)
            put(path)
            before = everything_in(self.room)
            with self.subTest(victim=victim, words=words):
                done = self.run_tool(tool, *arguments, "--output", "out", preexec_fn=little_memory)
                self.assert_refused(done, code, path.name, words)
                self.assertEqual(everything_in(self.room), before)
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if kept is not None:
            path.write_bytes(kept)

    def test_configuration(self):
        self.refuse_each(USAGE, "given.ini", "macro", "--config", "given.ini")
        self.refuse_each(USAGE, "qkv/meta.ini", "macro", "--input", "qkv")
        self.refuse_each(USAGE, "x/meta.ini", "soc", "--input", "x")
        self.refuse_each(USAGE, "node.ini", "macro", "--energy.technology=node.ini")

    def test_tensors(self):
        for name in ("q", "k", "v"):
            self.refuse_each(DATA, f"qkv/{name}.npy", "macro", "--input", "qkv")
        for name in ("x", "wk"):
            self.refuse_each(DATA, f"x/{name}.npy", "soc", "--input", "x")

    def test_defects(self):
        for key in ("fault.stuck", "noise.ramp_thresholds", "noise.value_ramp_thresholds"):
            self.refuse_each(DATA, "list.txt", "macro", "--input", "qkv", f"--{key}=list.txt")

    def test_models(self):
        package = self.package(1)
        for victim in ("model.ini", "embed.npy", "layer0.gelu.npy", "test.npz"):
            self.refuse_each(DATA, f"{package.name}/{victim}", "soc", *self.arguments(package))

    def test_a_point_of_a_batch_ends_as_a_run(self):
        for victim, code, point in (
                ("qkv/meta.ini", USAGE, {"input": "qkv"}),
                ("qkv/k.npy", DATA, {"input": "qkv"}),
                ("node.ini", USAGE, {"parameters": {"energy.technology": "node.ini"}}),
                ("steps.npy", DATA, {"parameters": {"noise.ramp_thresholds": "steps.npy"}})):
            path = self.room / victim
            for put, words in IN_PLACE:
                path.unlink(missing_ok=True)
                put(path)
                done = subprocess.run([tool_path("macro"), "--batch"], input=json.dumps(point),
                                      check=True, text=True, capture_output=True, cwd=self.room,
                                      timeout=DEADLINE_S)
                answer = json.loads(done.stdout)
                with self.subTest(victim=victim, words=words):
                    self.assertEqual(answer["exit"], code, answer)
                    self.assertIn(f"{path.name}: {words}", answer["message"])
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def test_a_link_that_leads_nowhere_is_no_name_of_shipped_data(self):
        (self.room / "workloads").mkdir()
        (self.room / "workloads" / "digits").symlink_to("nowhere")
        self.assert_refused(self.run_tool("soc", "--input", "workloads/digits"), DATA,
                            "workloads/digits: not a directory")

    def test_standard_input(self):
        for stdin, words in (("/", "standard input: cannot be read: Is a directory"),
                             ("/proc/self/mem", "standard input: cannot be read: Input/output"),
                             ("/dev/zero", "standard input, line 1: is longer than 1 MiB")):
            file = os.open(stdin, os.O_RDONLY)
            with self.subTest(stdin=stdin):
                done = subprocess.run([tool_path("soc"), "--batch"], stdin=file, check=False,
                                      text=True, capture_output=True, preexec_fn=little_memory)
                self.assert_refused(done, DATA, words)
            os.close(file)

    def test_a_text_that_is_marked_as_utf8_is_read(self):
        (self.room / "marked.ini").write_bytes(b"\xef\xbb\xbf[topk]\r\nk = 2\r\n")
        (self.room / "plain.ini").write_bytes(b"[topk]\nk = 2\n")
        marked, plain = (self.results_of("macro", "--input", "qkv", "--config", f"{name}.ini",
                                         output=name) for name in ("marked", "plain"))
        self.assert_same_results(marked, plain)


class Archives(EncoderTest):
    """Memory is taken for what arrives, and of samples only those that are asked for."""

    def archive(self, package, count, promised=None):
        """test.npz with `count` equal samples, in little space."""
        shape = (count, *package.x.shape[1:])
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": shape})
        each = int(np.prod(shape[1:]))
        path = self.room / package.name / "test.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            with file.open("x.npy", "w") as entry:
                entry.write(header.getvalue())
                block = bytes(1 << 20)
                left = count * each if promised is None else promised
                while left > 0:
                    entry.write(block[:left])
                    left -= len(block)
        return path, len(header.getvalue()) + count * each

    def test_a_size_that_is_promised_costs_nothing(self):
        package = self.package(1)
        path, size = self.archive(package, 3_900_000_000 // int(np.prod(package.x.shape[1:])), 1000)
        data = bytearray(path.read_bytes())
        for place in (22, data.find(b"PK\1\2") + 24):
            data[place:place + 4] = size.to_bytes(4, "little")
        path.write_bytes(data)
        done = self.run_tool("soc", *self.arguments(package), preexec_fn=little_memory)
        self.assert_refused(done, DATA, "test.npz: x: ")

    def test_samples_that_are_not_asked_for_take_no_memory(self):
        package = self.package(1)
        path, _ = self.archive(package, 600_000_000 // int(np.prod(package.x.shape[1:])))
        self.assertLess(path.stat().st_size, 4 << 20)
        self.results_of("soc", *self.arguments(package), "--encoder.samples=1",
                        preexec_fn=little_memory)


if __name__ == "__main__":
    main()
