#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs that write test vectors as users meet them: what is asked for, stopped, or refused.

  vectors_runs_test.py --macro PATH --soc PATH
"""

import shutil
import signal
import subprocess

from topkima import rtl
from topkima.vectors import Vectors
from tool_support import FAILED, USAGE, everything_in, main, names_in, tool_path
from vectors_support import BLOCKS, MACHINES, OF_TOPKIMA, SMALL, SOURCE, VectorsTest
from waiting import DEADLINE_S, end_by, stopping_at, wait_for_stop


class Runs(VectorsTest):
    def test_results_do_not_depend_on_vectors(self):
        for tool, arguments, head, crossbar in MACHINES:
            with self.subTest(arguments=arguments):
                plain = self.results_of(tool, *arguments, output="plain")
                self.written(tool, *arguments, f"--vectors.head={head}",
                             f"--vectors.crossbar={crossbar}")
                self.assert_same_results(plain, self.room / "out")

    def test_rows_asked_for(self):
        for block in BLOCKS:
            small = (*SMALL, *rtl.table().machine(block))
            self.written("soc", *small, "--vectors.head=1", f"--vectors.block={block}")
            everything = Vectors(self.room / "v" / block)
            self.written("soc", *small, "--vectors.head=1", f"--vectors.block={block}",
                         "--vectors.rows=15-24")
            some = Vectors(self.room / "v" / block)
            self.assertEqual(some.transactions(), [transaction for transaction in
                                                   everything.transactions()
                                                   if transaction[0] <= 24])
            self.assertEqual(some.index["rows"], {"count": 5, "first": 20, "last": 24})

    def test_blocks_have_directories_of_their_own(self):
        text = self.written("soc", *SMALL, "--vectors.block=union,topk,union")
        self.assertRegex(text, r"\Avectors         v/union, 20 transactions\n"
                               r"vectors         v/topk, \d+ transactions\n\Z")
        self.assertEqual(names_in(self.room / "v"), ["topk", "union"])
        before = (self.room / "v" / "topk" / "index.json").read_bytes()
        self.written("soc", *SMALL, "--vectors.block=union,softmax", "--topk.k=3")
        self.assertEqual(names_in(self.room / "v"), ["softmax", "topk", "union"])
        self.assertEqual((self.room / "v" / "topk" / "index.json").read_bytes(), before)
        self.assertEqual(Vectors(self.room / "v" / "union").parameters["SUB_K"], 3)

    def test_a_run_that_stops_leaves_whole_transactions(self):
        self.written("soc", *SMALL)
        everything = [Vectors(self.room / "v" / block).transactions() for block in OF_TOPKIMA]
        self.written("soc", *SMALL, "--stop-at=row=6")
        for block, whole in zip(OF_TOPKIMA, everything):
            some = Vectors(self.room / "v" / block).transactions()
            self.assertGreater(len(some), 2)
            self.assertEqual(some, whole[:len(some)])
            self.assertLess(len(some), len(whole))

    def test_an_interrupted_run_tidies_up(self):
        process = subprocess.Popen(
            [tool_path("soc"), "--pipeline.sequences=4", "--vectors", "v", "--output", "out",
             "--vectors.rows=0-20", "--quiet"],
            cwd=self.room, env=stopping_at("slice:2"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        wait_for_stop(process)
        end_by(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE_S)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertIn("vectors         v/topk", errors)
        self.assertEqual(names_in(self.room), ["v"])
        for block in OF_TOPKIMA:
            Vectors(self.room / "v" / block)

    def test_the_script(self):
        done = subprocess.run(
            [SOURCE / "scripts" / "vectors", "--tool", tool_path("soc"), "--block", "topk,softmax",
             "--output", "v", "--", "--vectors.head=2", "--topk.k=4"], cwd=self.room,
            capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(names_in(self.room), ["v"])
        self.assertEqual(names_in(self.room / "v"), ["softmax", "topk"])
        softmax = Vectors(self.room / "v" / "softmax")
        self.assertEqual((softmax.index["head"], softmax.parameters["WINNERS"]), (2, 4))
        self.assertEqual(len(softmax.transactions()), 65)
        self.assertIn("--topk.k=4", softmax.index["command_line"])


class Refusals(VectorsTest):
    def refuse(self, code, words, *arguments):
        with self.subTest(arguments=arguments):
            before = everything_in(self.room)
            self.assert_refused(self.run_tool("soc", *SMALL, *arguments), code, *words)
            self.assertEqual(everything_in(self.room), before)

    def test_options(self):
        vectors = ("--vectors", "v")
        for words, arguments in (
                (("vectors",), ("--vectors", "")),
                (("--vectors", "twice"), (*vectors, *vectors)),
                (("vectors.block", "--vectors DIR"), ("--vectors.block=topk",)),
                (("vectors.head", "--vectors DIR"), ("--vectors.head=0",)),
                (("vectors.block", "'adc'", "ramp"), (*vectors, "--vectors.block=topk,adc")),
                (("vectors.block", "topkima has no digital sorters", "union, softmax or shift_add"),
                 (*vectors, "--vectors.block=sorter")),
                (("vectors.block", "list"), (*vectors, "--vectors.block=,")),
                (("vectors.head", "no head 2", "0..1"), (*vectors, "--vectors.head=2")),
                (("vectors.head", "x"), (*vectors, "--vectors.head=x")),
                (("vectors.crossbar", "no crossbar 1"), (*vectors, "--vectors.crossbar=1")),
                (("vectors.rows", "40", "39"), (*vectors, "--vectors.rows=1-40")),
                (("vectors.rows", "head 1", "the first is one of head 0"),
                 (*vectors, "--vectors.rows=0-19", "--vectors.head=1")),
                (("vectors.rows",), (*vectors, "--vectors.rows=2-1")),
                (("cosim.stall",), (*vectors, "--cosim.stall=0.1")),
                (("output directory",), ("--vectors", "out", "--output", "out")),
                (("v/topk/out", "vectors' directory"), (*vectors, "--output", "v/topk/out")),
                (("v/ramp/t.json", "vectors' directory"), (*vectors, "--timeline",
                                                           "v/ramp/t.json")),
                (("both",), (*vectors, "--timeline", "v/union"))):
            self.refuse(USAGE, words, *arguments)

    def test_places_that_cannot_be_written(self):
        (self.room / "file").write_text("")
        self.refuse(USAGE, ("file/topk",), "--vectors", "file")
        other = self.room / "other" / "softmax"
        other.mkdir(parents=True)
        (other / "index.json").write_text("{}")
        self.refuse(USAGE, ("other/softmax", "--vectors"), "--vectors", "other")

    def test_full_disk(self):
        disk = self.room / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
        if shutil.which("mount") is None or subprocess.run(
                mount, capture_output=True, check=False).returncode != 0:
            self.skipTest("no permission to mount a small file system")
        try:
            self.refuse(FAILED, ("disk/topk/topk_", ".hex", "No space left"),
                        "--attention.tokens=200", "--vectors", "disk", "--vectors.block=topk")
        finally:
            subprocess.run(["umount", str(disk)], check=True)


if __name__ == "__main__":
    main()
