#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input: one clear line on standard error, the right exit code, and nothing
left behind.

  bad_input_test.py --macro PATH --soc PATH
"""

import resource
import signal
import subprocess

import numpy as np

from tool_support import (DATA, FAILED, USAGE, ToolTest, everything_in, float_qkv, int8_qkv, main,
                          names_in, projected, write_tensors)

SMALL = ("--attention.heads=1", "--attention.tokens=4", "--attention.d_model=4")


class BadInputTest(ToolTest):
    def refuse(self, tool, code, words, *arguments, **options):
        """The run is refused with these words and leaves no file behind."""
        before = everything_in(self.room)
        done = self.run_tool(tool, *arguments, **options)
        self.assert_refused(done, code, *words)
        self.assertEqual(everything_in(self.room), before)

    def write_ini(self, text, name="given.ini"):
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(self.room / name, mode) as file:
            file.write(text)
        return name


class TensorFiles(BadInputTest):
    """A .npy file that cannot be taken is named, with what was expected: exit code 3."""

    def refuse_file(self, name, change, *words, tool="macro", tensors=None, arguments=()):
        """`change` gets the path of the good file."""
        directory = self.room / f"case{len(names_in(self.room))}"
        write_tensors(directory, float_qkv() if tensors is None else tensors)
        change(directory / f"{name}.npy")
        with self.subTest(name=name, words=words):
            self.refuse(tool, DATA, (f"{name}.npy", *words), "--input", directory, *arguments)

    def test_malformed_and_truncated_files(self):
        def rewrite(edit):
            return lambda path: path.write_bytes(edit(path.read_bytes()))

        def header(old, new):
            return rewrite(lambda data: data.replace(old, new.ljust(len(old))))

        self.refuse_file("q", rewrite(lambda data: b""), "not a .npy file")
        self.refuse_file("k", rewrite(lambda data: b"PK\3\4" + data[4:]), "not a .npy file")
        self.refuse_file("v", rewrite(lambda data: data[:6] + b"\x09" + data[7:]), "version 9")
        self.refuse_file("q", rewrite(lambda data: data[:9]), "truncated .npy header")
        self.refuse_file("k", rewrite(lambda data: data[:50]), "truncated .npy header")
        self.refuse_file("v", rewrite(lambda data: data[:-1]), "bytes of data", "[2, 5, 4]")
        self.refuse_file("q", rewrite(lambda data: data + b"\0"), "bytes of data", "[2, 3, 4]")
        self.refuse_file("k", rewrite(lambda data: data[:128]), " 0 bytes of data", "[2, 5, 4]")
        self.refuse_file("v", header(b"(2, 5, 4)", b"2, 5, 4"), "malformed .npy header")
        self.refuse_file("q", header(b"(2, 3, 4)", b"(2, , 4)"), "malformed .npy header")
        self.refuse_file("q", header(b"(2, 3, 4)", b"(2,-3, 4)"))
        self.refuse_file("q", header(b"(2, 3, 4)", b"(2, x, 4)"))
        self.refuse_file("v", header(b"'descr'", b"'dtype'"), "malformed .npy header")
        self.refuse_file("v", header(b"False", b"Maybe"), "malformed .npy header")

    def test_shapes_too_large_to_be_true(self):
        def promise(shape):
            return lambda path: path.write_bytes(path.read_bytes()[:128].replace(
                b"(2, 3, 4), }" + b" " * 40, (shape + b", }").ljust(52)))

        for shape in (b"(4294967296, 4294967296, 1)", b"(99999999999999999999, 1, 1)",
                      b"(9223372036854775807, 2, 1)", b"(1, 1, 1000000000000)"):
            self.refuse_file("q", promise(shape))

    def test_types(self):
        for dtype in ("f8", "f2", "i2", "i4", "u1", "?", "c8"):
            self.refuse_file("k", lambda path,
                             dtype=dtype: np.save(path, np.zeros((2, 5, 4), dtype)),
                             "float32", "integers")
        for values in (np.zeros((2, 5, 4), "i1,f4"), np.full((2, 5, 4), None),
                       np.full((2, 5, 4), "text"), np.full((2, 5, 4), b"text")):
            self.refuse_file("v", lambda path, values=values: np.save(path, values))
        self.refuse_file("v", lambda path: np.save(path, int8_qkv()["v"]), "q.npy",
                         "holds integers, but q.npy float32")
        for name in ("x", "wq"):
            self.refuse_file(name, lambda path: np.save(path, np.load(path).astype(np.int8)),
                             "int8", "float32", tool="soc", tensors=projected())

    def test_dimensions(self):
        for shape in ((), (4,), (5, 4), (1, 2, 5, 4)):
            self.refuse_file("k", lambda path, shape=shape: np.save(path, np.ones(shape, "f4")),
                             "expected 3 dimensions")
        self.refuse_file("wk", lambda path: np.save(path, np.ones((1, 8, 8), "f4")),
                         "[1, 8, 8]", "expected 2 dimensions", tool="soc", tensors=projected())
        for shape in ((0, 3, 4), (2, 0, 4), (2, 3, 0)):
            self.refuse_file("q", lambda path, shape=shape: np.save(path, np.ones(shape, "f4")),
                             str(list(shape)))

    def test_shapes_that_contradict_each_other(self):
        for name, shape in (("k", (2, 5, 3)), ("v", (2, 6, 4)), ("v", (2, 5, 3))):
            self.refuse_file(name, lambda path, shape=shape: np.save(path, np.ones(shape, "f4")),
                             str(list(shape)), "expected [2, 5, 4]")
        for name in ("wq", "wk", "wv"):
            self.refuse_file(name, lambda path: np.save(path, np.ones((8, 4), "f4")),
                             "[8, 4]", "expected [8, 8]", tool="soc", tensors=projected())

    def test_heads_of_keys_and_values(self):
        def of_heads(heads):
            return lambda path: np.save(path, np.ones((heads, 5, 4), "f4"))

        for heads in (3, 4):
            self.refuse_file("k", of_heads(heads), f"has {heads} heads",
                             "do not divide the 2 of q.npy")
        for heads in (1, 4):
            self.refuse_file("v", of_heads(heads), f"has {heads} head", "k.npy 2")
        for name in ("wk", "wv"):
            self.refuse_file(name, lambda path: np.save(path, np.ones((8, 8), "f4")), "[8, 8]",
                             "expected [8, 4], after x.npy and attention.kv_heads", tool="soc",
                             tensors=projected(wk=4, wv=4),
                             arguments=("--attention.heads=2", "--attention.kv_heads=1"))

    def test_values_that_are_not_finite(self):
        def spoil(value):
            def change(path):
                tensor = np.load(path)
                tensor.flat[7] = value
                np.save(path, tensor)
            return change

        for name, value in (("q", np.nan), ("k", np.inf), ("v", -np.inf)):
            self.refuse_file(name, spoil(value), "value 7", "finite")
        self.refuse_file("wv", spoil(np.nan), "value 7", "finite", tool="soc", tensors=projected())

    def test_integers_out_of_range(self):
        def spoil(value):
            def change(path):
                tensor = np.load(path)
                tensor.flat[7] = value
                np.save(path, tensor)
            return change

        step = ("--softmax.score_step=0.5",)
        for tool in ("macro", "soc"):
            for name, value, limit in (("q", 16, 15), ("k", -8, 7), ("v", -128, 15)):
                self.refuse_file(name, spoil(value), "value 7", str(value), f"-{limit}..{limit}",
                                 tool=tool, tensors=int8_qkv(), arguments=step)
        # The width decides; -128 has no magnitude of seven bits.
        self.refuse_file("q", spoil(16), "-3..3", tensors=int8_qkv(),
                         arguments=(*step, "--score.query_bits=3"))
        self.refuse_file("v", spoil(-128), "-127..127", tensors=int8_qkv(),
                         arguments=(*step, "--av.value_bits=8"))

    def test_missing_files(self):
        for name in ("k", "v"):
            self.refuse_file(name, lambda path: path.unlink(), "cannot be opened")
        for name in ("wq", "wk", "wv"):
            self.refuse_file(name, lambda path: path.unlink(), "cannot be opened",
                             tool="soc", tensors=projected())

        def into_directory(path):
            path.unlink()
            path.mkdir()

        self.refuse_file("q", into_directory, "cannot be opened")


class InputDirectory(BadInputTest):
    def test_what_it_must_hold(self):
        empty, both = self.room / "empty", self.room / "both"
        empty.mkdir()
        write_tensors(both, {**float_qkv(), **projected()})
        for tool in ("macro", "soc"):
            self.refuse(tool, DATA, ("empty", "neither x.npy nor q.npy"), "--input", empty)
            self.refuse(tool, DATA, ("both", "both x.npy and q.npy"), "--input", both)

    def test_not_a_directory(self):
        (self.room / "file").write_text("text")
        for name in ("file", "missing", "file/below"):
            self.refuse("macro", DATA, (name, "not a directory"), "--input", name)

    def test_empty_name_is_not_the_absence_of_an_input(self):
        self.refuse("macro", USAGE, ("input",), *SMALL, "--input", "")
        self.refuse("macro", USAGE, ("output",), *SMALL, "--output", "")

    def test_macro_does_not_project(self):
        write_tensors(self.room / "x", projected())
        self.refuse("macro", DATA, ("x.npy", "topkima-soc"), "--input", "x")

    def test_heads_must_divide_the_width(self):
        write_tensors(self.room / "x", projected(d_model=8))
        self.refuse("soc", DATA, ("x.npy", "width 8", "3 heads"), "--input", "x",
                    "--attention.heads=3")
        self.refuse("soc", USAGE, ("attention.d_model = 8", "attention.heads = 3"),
                    "--attention.heads=3", "--attention.d_model=8")

    def test_heads_of_keys_must_divide_those_of_queries(self):
        words = ("attention.heads = 4", "not divisible by attention.kv_heads = 3")
        write_tensors(self.room / "x", projected(d_model=8))
        counts = ("--attention.heads=4", "--attention.kv_heads=3")
        self.refuse("soc", USAGE, words, "--input", "x", *counts)
        for tool in ("macro", "soc"):
            self.refuse(tool, USAGE, words, *counts)
        write_tensors(self.room / "q", float_qkv())
        self.refuse("macro", USAGE, ("attention.kv_heads = 1 contradicts", "has 2"), "--input",
                    "q", "--attention.kv_heads=1")

    def test_rtl_of_a_softmax_unit_has_one_exponent_table(self):
        grouped = ("--attention.heads=6", "--attention.kv_heads=2", "--attention.d_model=12")
        for model in ("--model.softmax=rtl", "--model.macro=softmax_macro"):
            for steps in ((), ("--softmax.score_step=1,1,1,1,1,1",)):
                self.refuse("macro", USAGE,
                            (model[2:].replace("=", " = "), "one exponent table", "3 heads",
                             "attention.kv_sharing = replicated"), model, *grouped, *steps)

    def test_meta(self):
        write_tensors(self.room / "in", float_qkv())
        for text, words in (("[topk]\nk = 3\n", ("topk.k", "[attention]")),
                            ("[attention]\ncausal = 7\n",
                             ("attention.causal", "7", "true or false")),
                            ("[attention]\ncausl = 1\n", ("attention.causl", "attention.causal")),
                            ("causal = 1\n[attention]\ncausal = 0\n", ("causal", "twice")),
                            ("no value\n", ("not an INI file",))):
            self.write_ini(text, "in/meta.ini")
            self.refuse("macro", USAGE, ("in/meta.ini", *words), "--input", "in")


class CommandLine(BadInputTest):
    """Usage and configuration: exit code 2."""

    def test_unknown_keys_get_a_suggestion(self):
        for given, nearest in (("--topk.kk=3", "topk.k"), ("--ima.bit=4", "ima.bits"),
                               ("--pipline.schedule=fine", "pipeline.schedule"),
                               ("--softmax.prob_bit", "softmax.prob_bits"),
                               ("--outptu=x", "output"), ("--verson", "version")):
            with self.subTest(given=given):
                name = given[2:].split("=")[0]
                self.refuse("macro", USAGE, (f"'{name}", f"'{nearest}'"), given)

    def test_values_out_of_range(self):
        for key, value, wanted in (
                ("ima.bits", "0", "1..12"), ("ima.bits", "13", "1..12"),
                ("topk.k", "0", "1..65536"),
                ("topk.k", "-1", "1..65536"), ("ima.saturate_share", "1.0001", "0..1"),
                ("attention.heads", "4097", "1..4096"), ("attention.kv_heads", "0", "1..4096"),
                ("attention.kv_sharing", "some", "multiplexed"),
                ("pipeline.schedule", "fast", "sequential"),
                ("topk.split", "4,0", "1..65536"), ("workload.seed", "4294967296", "4294967295"),
                ("softmax.score_step", "-0.5", "0.."), ("clock.frequency_mhz", "0", "0.001")):
            with self.subTest(key=key, value=value):
                self.refuse("macro", USAGE, ("command line", key, value, wanted), *SMALL,
                            f"--{key}={value}")

    def test_values_that_are_no_numbers(self):
        for value in ("nan", "NaN", "inf", "-inf", "1e999", "five", "5x", "0x5", "5 5", "5,5",
                      "5.5",
                      "--", "٣"):
            with self.subTest(value=value):
                self.refuse("macro", USAGE, ("ima.bits", "1..12"), *SMALL, f"--ima.bits={value}")
        for key, value in (("ima.saturate_share", "nan"), ("softmax.score_step", "0.1,,0.2"),
                           ("softmax.score_step", "0.1,nan"), ("topk.split", "2,"),
                           ("topk.split", ",2"), ("topk.split", "2;2"),
                           ("topk.stop_when_exhausted", "maybe"), ("ima.ramp_lsb", "1.5")):
            with self.subTest(key=key, value=value):
                self.refuse("macro", USAGE, (key, value), *SMALL, f"--{key}={value}")

    def test_message_stays_one_line_whatever_the_value(self):
        self.refuse("macro", USAGE, ("ima.bits", "1..12"), *SMALL, "--ima.bits=3\n4")
        self.refuse("macro", USAGE, (), *SMALL, "--config", "no\nfile")
        self.refuse("macro", DATA, (), "--input", "no\ndirectory")

    def test_a_message_repeats_little_of_a_value(self):
        """Also of one with blanks, of which each word is short."""
        words = "a " * 2000
        for cell in (f"rram, {words}, 0, 0, 0, 0, on", f"rram, q, 0, 0, 0, 0, {words}",
                     f"{words}, 0, 0, 0, 0, 0, 1"):
            (self.room / "stuck.csv").write_text(cell)
            write_tensors(self.room / "x", projected())
            self.refuse_shortly("soc", DATA, "--input", "x", "--fault.stuck=stuck.csv")
        self.write_ini(f'[fault]\nstuck = "\\x0{words}"\n')
        self.refuse_shortly("soc", USAGE, "--config", "given.ini")
        self.refuse_shortly("soc", USAGE, f"--list-parameters={words}")
        self.refuse_shortly("soc", USAGE, *SMALL, "--wave=w.vcd", f"--wave.mark=1={words}")

    def refuse_shortly(self, *arguments):
        tool, code, *options = arguments
        done = self.run_tool(tool, *options)
        self.assert_refused(done, code)
        self.assertLess(len(done.stderr), 500, done.stderr)

    def test_form(self):
        self.refuse("macro", USAGE, ("'stray'", "not an option"), *SMALL, "stray")
        self.refuse("macro", USAGE, ("'stray'",), *SMALL, "--", "stray")
        self.refuse("macro", USAGE, ("--config needs a value", "FILE.ini"), *SMALL, "--config")
        self.refuse("macro", USAGE, ("--ima.bits",), *SMALL, "--ima.bits")
        self.refuse("macro", USAGE, ("--ima.bits",), *SMALL, "--ima.bits=")
        self.refuse("macro", USAGE, ("--quiet",), *SMALL, "--quiet=1")
        self.refuse("macro", USAGE, ("unknown option 'q'",), *SMALL, "-q")
        self.refuse("macro", USAGE, ("unknown option", "sequences"), *SMALL, "--sequences=2")

    def test_rtl_that_was_not_built(self):
        for tool in ("macro", "soc"):
            self.assert_refused(self.run_tool(tool, "--model.topk=rtl", "--cosim.directory=."),
                                USAGE,
                                "model.topk = rtl", "no library", "BLOCK/NAME/*.so")

    def test_combinations_that_do_not_fit(self):
        for tool, words, arguments in (
                ("macro", ("5 tokens", "3 crossbars", "max_per_head = 2"),
                 ("--attention.tokens=5", "--crossbar.columns=2", "--crossbar.max_per_head=2")),
                ("macro", ("d_k = 65", "195 word lines", "192"),
                 ("--attention.d_model=65",)),
                ("macro", ("topk.split", "3 columns", "4"), ("--topk.split=1,2",)),
                ("macro", ("topk.split", "257", "crossbar.columns = 256"), ("--topk.split=257",)),
                ("macro", ("topk.sub_k has 2", "topk.split has 1"), ("--topk.sub_k=1,1",)),
                ("macro", ("softmax.score_step has 2", "(1)"), ("--softmax.score_step=1,1",)),
                ("macro", ("ima.ramp_lsb has 3", "(1)"), ("--ima.ramp_lsb=1,1,2",)),
                ("macro", ("valid_tokens = 5", "4"), ("--attention.valid_tokens=5",)),
                ("macro", ("first_valid = 5", "4"), ("--attention.first_valid=5",)),
                ("macro", ("attention.window", "'0'", "1..1000000"), ("--attention.window=0",)),
                ("macro", ("attention.segments", "3", "4"), ("--attention.segments=1,2",)),
                ("soc", ("valid_tokens has 2", "pipeline.sequences = 3"),
                 ("--attention.valid_tokens=4,4", "--pipeline.sequences=3")),
                ("soc", ("1025", "1024", "mask unit"),
                 ("--pipeline.sequences=1025", "--attention.first_valid=" + ",".join("0" * 1025))),
                ("macro", ("av.rows = 193", "192"), ("--av.rows=193",)),
                ("macro", ("crossbar.ramp_rows", "-"), ("--crossbar.ramp_rows=300",)),
                ("macro", ("in_k_weights", "x.npy"), ("--scaling=in_k_weights",)),
                ("macro", ("model.topk = rtl", "conventional has no top-k counters", "tlm"),
                 ("--softmax=conventional", "--model.topk=rtl")),
                ("macro", ("model.macro", "digital_topk has no counters, union and softmax unit"),
                 ("--softmax=digital_topk", "--model.macro=softmax_macro")),
                ("macro", ("left_shift", "model.macro"),
                 ("--scaling=left_shift", "--model.macro=softmax_macro")),
                ("macro", ("vectors.block", "conventional has no sub-top-k unions",
                           "latch, softmax or shift_add"),
                 ("--softmax=conventional", "--vectors=v", "--vectors.block=union")),
                ("soc", ("attention.query_rows = 3", "4"), ("--attention.query_rows=3",))):
            with self.subTest(words=words):
                self.refuse(tool, USAGE, words, *SMALL, *arguments)

    def test_length_is_refused_before_it_is_made(self):
        """A sequence far too long must not first fill the memory with numbers."""
        def little_memory():
            resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

        for tool in ("macro", "soc"):
            self.refuse(tool, USAGE, ("crossbar.max_per_head = 64", "1000000"),
                        "--attention.tokens=1000000", preexec_fn=little_memory)

    def test_contradicting_the_input(self):
        write_tensors(self.room / "in", float_qkv(heads=2, rows=3, tokens=5, d_k=4))
        for key, value, there in (("tokens", 6, 5), ("heads", 3, 2), ("query_rows", 5, 3),
                                  ("d_model", 4, 8)):
            for tool in ("macro", "soc"):
                self.refuse(tool, USAGE, (f"attention.{key} = {value}", f"has {there}"),
                            "--input", "in", f"--attention.{key}={value}")

    def test_integers_need_a_score_step(self):
        write_tensors(self.room / "in", int8_qkv())
        for tool in ("macro", "soc"):
            self.refuse(tool, USAGE, ("softmax.score_step", "integer"), "--input", "in")


class ConfigFiles(BadInputTest):
    def test_contents(self):
        for text, words in (
                ("[topk]\nkk = 3\n", ("topk.kk", "did you mean 'topk.k'")),
                ("[topkk]\nk = 3\n", ("topkk.k", "did you mean 'topk.k'")),
                ("k = 3\n", ("unknown parameter 'k'",)),
                ("[topk]\nk = 3\nk = 3\n", ("topk.k", "twice")),
                ("[topk]\nk = 3\n[ima]\nbits = 4\n[topk]\nk = 4\n", ("topk.k", "twice")),
                ("[topk]\nk = nan\n", ("topk.k", "nan", "1..65536")),
                ("[topk]\nk =\n", ("topk.k", "1..65536")),
                ("[topk]\nk\n", ("not an INI file",)),
                ("[topk\nk = 3\n", ("not an INI file",)),
                ("[topk]\n= 3\n", ("",)),
                (b"\x7fELF\x02\x01\x01\0\0\0\n\xff\xfe", ("not an INI file",)),
                (b"\xff\xfe[\0t\0o\0p\0k\0]\0\n\0", ("not an INI file",)),
                ("[output]\nquiet = 1\n", ("output.quiet",)),
                ("[provenance]\ntopk.kk = measured\n", ("topk.kk", "did you mean 'topk.k'")),
                ("[provenance]\ntopk.k = measured\n", ("topk.k", "sets")),
                ("[topk]\nk = 3\n[provenance]\ntopk.k =\n", ("topk.k", "1..300")),
                ("[topk]\nk = 3\n[provenance]\ntopk.k = a\1b\n", ("topk.k", "1..300")),
                (f"[topk]\nk = 3\n[provenance]\ntopk.k = {'x' * 301}\n", ("topk.k", "1..300"))):
            with self.subTest(text=text):
                name = self.write_ini(text)
                self.refuse("macro", USAGE, (name, *words), *SMALL, "--config", name)

    def test_unreadable(self):
        (self.room / "directory").mkdir()
        for name in ("missing.ini", "directory", "directory/missing.ini"):
            self.refuse("macro", USAGE, (name, "cannot be opened"), *SMALL, "--config", name)
        self.refuse("macro", USAGE, ("config",), *SMALL, "--config", "")

    def test_every_file_is_checked(self):
        good = self.write_ini("[topk]\nk = 3\n", "good.ini")
        bad = self.write_ini("[topk]\nk = 0\n", "bad.ini")
        self.refuse("macro", USAGE, (bad,), *SMALL, "--config", bad, "--config", good)
        self.refuse("macro", USAGE, (bad,), "--list-parameters", "--config", bad)


class OutputDirectory(BadInputTest):
    def test_parent_is_no_directory(self):
        (self.room / "file").write_text("text")
        for name in ("file/out", "file/a/b"):
            self.refuse("macro", USAGE, (name, "cannot be created"), *SMALL, "--output", name)
        # /proc takes no new directories, not even from root.
        self.refuse("macro", USAGE, ("/proc/topkima", "cannot be created"), *SMALL,
                    "--output", "/proc/topkima")

    def test_name_too_long(self):
        for length in (300, 5000):
            self.refuse("macro", USAGE, ("x" * 90 + "...",), *SMALL, "--output", "x" * length)
        for option in ("--input", "--model", "--config", "--energy.technology", "--log.filter",
                       "--help", "--wave"):
            done = self.run_tool("soc", *SMALL, option, "/" + "x" * 5000)
            self.assertNotEqual(done.returncode, 0)
            self.assertLess(len(done.stderr), 600, option)

    def test_other_peoples_files_stay(self):
        (self.room / "file").write_text("mine")
        (self.room / "full").mkdir()
        (self.room / "full" / "notes.txt").write_text("mine")
        for name in ("file", "full", "full/", "."):
            self.refuse("macro", USAGE, (name, "not an earlier result"), *SMALL, "--output", name)
        self.assertEqual((self.room / "full" / "notes.txt").read_text(), "mine")
        self.assertEqual((self.room / "file").read_text(), "mine")

    def test_failure_keeps_the_earlier_result(self):
        self.results_of("macro", *SMALL)
        before = {path: path.read_bytes() for path in (self.room / "out").iterdir()}
        self.refuse("macro", USAGE, ("topk.split",), *SMALL, "--output", "out", "--topk.split=1")
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_failure_leaves_no_parents_behind(self):
        self.refuse("macro", USAGE, ("topk.split",), *SMALL, "--topk.split=1", "--output", "a/b/c")

    def test_file_size_limit_stands_for_a_full_disk(self):
        """Whichever file is cut off, the run fails, names it and leaves nothing."""
        def limit(size):
            def apply():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            return apply

        whole = self.results_of("macro", *SMALL)
        largest = max(path.stat().st_size for path in whole.iterdir())
        for size in (0, 1, 100, 150, 300, 1000, largest // 2, largest - 1):
            with self.subTest(size=size):
                self.refuse("macro", FAILED, ("new/", "cannot be written", "File too large"),
                            *SMALL, "--output", "new", preexec_fn=limit(size))
        self.results_of("macro", *SMALL, output="new", preexec_fn=limit(largest))

    def test_full_disk(self):
        """On a file system of a few pages, where the user may mount one."""
        disk = self.room / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", str(disk)]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except OSError:
            mounted = False
        if not mounted:
            self.skipTest("no permission to mount a small file system")
        try:
            self.refuse("macro", FAILED, ("disk/out/", "cannot be written", "No space left"),
                        *SMALL,
                        "--output", "disk/out")
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_answers_that_cannot_be_printed(self):
        for option in ("--help", "--version", "--list-parameters"):
            with self.subTest(option=option), open("/dev/full", "w") as full:
                done = self.run_tool("macro", option, stdout=full)
                self.assertEqual(done.returncode, FAILED)
                self.assert_one_line(done.stderr)


if __name__ == "__main__":
    main()
