# SPDX-License-Identifier: Apache-2.0
"""topkima.run(): on both tools what the command line gives, from arrays and from files; errors by
kind, with the tool's own line; and that nothing is left of what has ended."""

import contextlib
import gc
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

import topkima
from stub_tool import interrupted
from tool_support import (ARRAYS, ToolTest, everything_in, float_qkv, int8_qkv, main, projected,
                          write_tensors)

DIGITS = topkima.data("workloads", "digits")
MODEL = topkima.data("models", "digits")
SMALL = {"attention.heads": 2, "attention.tokens": 12, "attention.d_model": 16, "topk.k": 3}


class RoomTest(ToolTest):
    """Temporary files lie in `self.temporary`, so that it can be seen what is left of them."""

    def setUp(self):
        super().setUp()
        self.temporary = self.room / "tmp"
        self.temporary.mkdir()
        self.enterContext(mock.patch.object(tempfile, "tempdir", str(self.temporary)))
        self.enterContext(mock.patch.dict(os.environ, TMPDIR=str(self.temporary)))

    def left(self):
        gc.collect()
        return everything_in(self.temporary)


class Results(RoomTest):
    def same_as_on_the_command_line(self, tool, arrays, words, **given):
        """Byte for byte, where the same tensors lie in files."""
        place = write_tensors(self.room / f"tensors-{tool}", arrays)
        if "meta" in given.get("input", {}):
            (place / "meta.ini").write_text("[attention]\ncausal = true\nvalid_tokens = 4\n")
        expected = self.results_of(tool, "--input", place, *words)
        result = topkima.run(tool=tool, output=self.room / "again", **given)
        self.assert_same_results(expected, result.directory)
        return result

    def test_arrays_give_what_files_give_on_both_tools(self):
        tensors = float_qkv()
        for tool in ("soc", "macro"):
            with self.subTest(tool):
                result = self.same_as_on_the_command_line(
                    tool, tensors, ["--topk.k=2", "--topk.split=3,2"], input=tensors,
                    parameters={"topk.k": 2, "topk.split": [3, 2]})
                self.assertEqual(result.output.shape, (2, 3, 4))

    def test_projections_and_integers(self):
        tensors = projected()
        self.same_as_on_the_command_line("soc", tensors, [], input=tensors)
        tensors = int8_qkv()
        self.same_as_on_the_command_line("macro", tensors, ["--softmax.score_step=0.125"],
                                         input={name: array.astype(int).tolist()
                                                for name, array in tensors.items()},
                                         parameters={"softmax.score_step": 0.125})

    def test_doubles_are_taken_as_floats_and_meta_as_meta_ini(self):
        tensors = float_qkv()
        wide = {name: np.asfortranarray(array.astype(float)) for name, array in tensors.items()}
        result = self.same_as_on_the_command_line(
            "macro", tensors, [], input={**wide, "meta": {"causal": True, "valid_tokens": 4}})
        self.assertIs(result.report["configuration"]["attention.causal"]["value"], True)

    def test_values_of_parameters_are_numbers_texts_and_what_numpy_has(self):
        result = topkima.run({**SMALL, "topk.k": np.int64(3), "topk.split": np.array([8, 4]),
                              "attention.causal": np.bool_(True), "ima.saturate_share": 0.02,
                              "clock.frequency_mhz": 400.0, "pipeline.schedule": "coarse"})
        used = {name: entry["value"] for name, entry in result.report["configuration"].items()}
        self.assertEqual([used[name] for name in ("topk.k", "topk.split", "attention.causal",
                                                  "ima.saturate_share", "clock.frequency_mhz",
                                                  "pipeline.schedule")],
                         [3, [8, 4], True, 0.02, 400, "coarse"])

    def test_every_array_of_the_tool_is_an_attribute(self):
        result = topkima.run(input=DIGITS)
        for name in ARRAYS:
            array = np.load(result.directory / f"{name}.npy")
            self.assertTrue((getattr(result, name) == array).all(), name)
            self.assertEqual(getattr(result, name).dtype, array.dtype)
            self.assertIn(name, dir(result))
        with self.assertRaisesRegex(AttributeError, "'logits' is none .* output_real, probability"):
            result.logits
        self.assertIn("topkima-soc: 4 heads", result.summary)
        self.assertRegex(repr(result), r"<Result of topkima-soc: [\d,]+ cycles, [\d.]+ us, in /")

    def test_metrics_are_those_of_the_report_and_of_a_sweep(self):
        for tool in ("soc", "macro"):
            result = topkima.run(SMALL, tool=tool)
            self.assertEqual(result.metrics["latency_cycles"],
                             result.report["totals"]["latency_cycles"])
            self.assertEqual(result.metrics["cosine_similarity"],
                             result.report["float_reference"]["cosine_similarity"])
            row, = topkima.sweep([SMALL], tool=tool)
            self.assertEqual(result.metrics, {name: row[name] for name in result.metrics})
            self.assertEqual(result.bottleneck, row["bottleneck"])

    def test_a_model_on_its_own_samples_and_on_given_ones(self):
        result = topkima.run({"encoder.samples": 5}, model=MODEL)
        samples = np.load(MODEL / "test.npz")
        given = topkima.run(model=MODEL, input={"x": samples["x"][:5], "y": samples["y"][:5]})
        self.assertTrue((result.logits == given.logits).all())
        self.assertEqual(given.predicted.shape, (5,))
        self.assertEqual(given.metrics["accuracy"], given.report["prediction"]["accuracy"])

    def test_results_are_opened_and_compared(self):
        kept = topkima.run(SMALL, output=self.room / "kept")
        opened = topkima.Result(self.room / "kept")
        self.assertEqual((opened.report, opened.metrics), (kept.report, kept.metrics))
        other = topkima.run({**SMALL, "topk.k": 1})
        text = opened.compare(other, ("three", "one"))
        self.assertIn("topk.k", text)
        self.assertIn("three", text)

    def test_what_is_shipped_has_a_name_from_any_folder(self):
        with contextlib.chdir(self.room):
            self.assertEqual(topkima.run(input="workloads/digits").report,
                             topkima.run(input=DIGITS).report)
            topkima.run({"encoder.samples": 1}, model="models/digits")

    def test_metrics_are_found_from_another_directory(self):
        with contextlib.chdir(DIGITS.parent):
            result = topkima.run(input=DIGITS.name)
        self.assertEqual(result.metrics["latency_us"], result.report["totals"]["latency_us"])

    def test_metrics_are_of_the_files_and_the_program_that_made_the_results(self):
        tensors = float_qkv()
        place = topkima.run(input=tensors, output=self.room / "kept").directory
        write_tensors(self.room / "kept-input", {**tensors, "v": tensors["v"] + 1})
        with self.assertRaisesRegex(topkima.SimulationError, "kept: input/v.npy has changed since"):
            topkima.Result(place).metrics
        write_tensors(self.room / "kept-input", tensors)
        self.assertTrue(topkima.Result(place).metrics)
        run = place / "run.json"
        run.write_text(re.sub(r'("model_revision": ")\w', r"\1#", run.read_text()))
        with self.assertRaisesRegex(topkima.SimulationError, "kept: the program has changed since"):
            topkima.Result(place).metrics

    def test_a_page_beside_the_results_or_where_it_is_told(self):
        result = topkima.run(SMALL, output=self.room / "kept", input=None)
        self.assertEqual(result.page(), self.room / "kept.html")
        other = topkima.run(input=float_qkv(), tool="macro")
        page = other.page(self.room / "other.html")
        self.assertIn("</html>", page.read_text(encoding="utf-8"))
        encoder = topkima.run({"encoder.samples": 2}, model=MODEL)
        self.assertTrue(encoder.page(self.room / "encoder.html").exists())


class WhatIsLeft(RoomTest):
    def test_nothing_of_temporary_results(self):
        result = topkima.run(SMALL, input={**projected(12, 16)})
        self.assertTrue((result.directory.parent / "topkima-results-input" / "x.npy").exists())
        self.assertTrue(result.metrics and self.left())
        del result
        self.assertEqual(self.left(), [])

    def test_kept_results_have_their_arrays_beside_them(self):
        result = topkima.run(input=float_qkv(), tool="macro", output=self.room / "kept")
        self.assertEqual(self.left(), [])
        self.assertEqual(everything_in(self.room / "kept-input"), ["k.npy", "q.npy", "v.npy"])
        self.assertTrue(result.metrics)

    def test_other_files_in_the_arrays_place_are_refused(self):
        (self.room / "kept-input").mkdir()
        (self.room / "kept-input" / "mine.txt").touch()
        with self.assertRaisesRegex(topkima.UsageError, "kept-input.*mine.txt"):
            topkima.run(input=float_qkv(), tool="macro", output=self.room / "kept")
        self.assertEqual(everything_in(self.room / "kept-input"), ["mine.txt"])

    def test_nothing_of_a_run_that_is_refused(self):
        with self.assertRaises(topkima.UsageError):
            topkima.run({"topk.k": 0}, input=float_qkv(), tool="macro", output=self.room / "kept")
        with self.assertRaises(topkima.DataError):
            topkima.run(input={"q": [1.0]}, tool="macro", output=self.room / "kept")
        self.assertEqual(everything_in(self.room), ["tmp"])

    def test_an_interrupt_ends_the_tool_and_leaves_nothing(self):
        room = self.room / "interrupted"
        room.mkdir()
        done = interrupted(room, "import topkima\n"
                                 "topkima.run(input={'q': [[[1.0]]], 'k': [[[1.0]]], "
                                 "'v': [[[1.0]]]}, output='kept')", "called:1")
        self.assertIn("KeyboardInterrupt", done.stderr)
        self.assertEqual(everything_in(room), ["begun", "ended", "tmp", "tools",
                                               "tools/topkima-soc"])


class Errors(RoomTest):
    def assert_raises(self, kind, words, *arguments, **options):
        with self.assertRaisesRegex(kind, words) as caught:
            topkima.run(*arguments, **options)
        self.assertIs(type(caught.exception), kind)
        self.assertNotIn("\n", str(caught.exception))
        return caught.exception

    def test_what_the_tool_refuses_has_its_own_line(self):
        told = self.run_tool("soc", "--topk.k=0")
        error = self.assert_raises(topkima.UsageError, "topk.k", {"topk.k": 0})
        self.assertEqual((error.exit_code, f"{error}\n"), (2, told.stderr))
        self.assert_raises(topkima.UsageError, "did you mean 'topk.k'", {"topk.kk": 1})
        self.assert_raises(topkima.UsageError, "--nonsense|nonsense", {}, options=["--nonsense"])
        error = self.assert_raises(topkima.DataError, "no/such: ", {}, input="no/such")
        self.assertEqual(error.exit_code, 3)
        self.assert_raises(topkima.UsageError, "score_step", tool="macro", input=int8_qkv())

    def test_a_simulation_that_fails(self):
        error = self.assert_raises(topkima.SimulationError, "no stage", SMALL,
                                   options=["--watchdog", "3"])
        self.assertEqual(error.exit_code, 4)
        self.assertIn("head1.score", error.details)

    def test_options_that_leave_no_results_or_are_none(self):
        for options, words in (
                (["--stop-at", "cycle=100"], "no results; topkima-soc says: stopped"),
                (["--output", "other"], "in place of --output"),
                (["--output=other"], "in place of --output"),
                ("--quiet", "expected a list of words")):
            self.assert_raises(topkima.UsageError, words, SMALL, options=options)

    def test_a_tool_that_is_killed(self):
        tools = self.room / "tools"
        tools.mkdir()
        (tools / "topkima-soc").write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
        (tools / "topkima-soc").chmod(0o755)
        with mock.patch.dict(os.environ, TOPKIMA_TOOLS=str(tools)):
            self.assert_raises(topkima.SimulationError, "topkima-soc was ended by signal 9")

    def test_words_that_are_none(self):
        self.assert_raises(topkima.UsageError, "topkima-soc: cannot be started: embedded null byte",
                           {"topk.k": "5\0"})
        for name in ("input", "model"):
            self.assert_raises(topkima.DataError, f"{name} = .*: embedded null byte",
                               **{name: "a\0b"})
        self.assert_raises(topkima.UsageError, "topkima-soc: cannot be started: Argument list too",
                           options=["--topk.k=" + "5" * 3_000_000])

    def test_what_is_no_parameter(self):
        for parameters, words in (({"k": 1}, "'k'; expected a name such as 'topk.k'"),
                                  ({5: 1}, "5; expected a name"),
                                  ({"topk.k": None}, "topk.k = None; expected a number"),
                                  ({"topk.split": []}, r"topk.split = \[\]; expected a number"),
                                  ({"topk.split": [[1], [2]]}, "topk.split = .*; expected")):
            self.assert_raises(topkima.UsageError, words, parameters)
        self.assert_raises(topkima.UsageError, "'topk.k=8'; expected a dictionary", "topk.k=8")
        self.assert_raises(topkima.UsageError, "tool 'encoder' .* expected soc or macro",
                           tool="encoder")

    def test_what_are_no_tensors(self):
        good = float_qkv()
        for change, words in (({"q": good["q"] > 0}, "input: q holds bool; expected real"),
                              ({"q": np.full((2, 3, 4), 128)}, "q holds integers from 128 to 128"),
                              ({"q": good["q"] * np.nan}, "q.npy: value 0 is not finite"),
                              ({"k": good["k"][:, :, :3]}, r"k.npy: has shape \[2, 5, 3\]"),
                              ({"k": good["k"][:1]}, "v.npy: has 2 heads, but k.npy 1"),
                              ({"w": good["q"]}, "arrays q, k, v, w; expected q k v, or x wq"),
                              ({"meta": 3}, "input: 'meta' = 3; expected a dictionary"),
                              ({"meta": {"causal": None}}, "causal = None; expected")):
            kind = topkima.UsageError if "causal" in words else topkima.DataError
            self.assert_raises(kind, words, tool="macro", input={**good, **change})
        self.assert_raises(topkima.DataError, "are missing; expected q k v", tool="macro", input={})
        self.assert_raises(topkima.DataError, "arrays q, k, v; expected x y", model=MODEL,
                           input=good)

    def test_what_are_no_results(self):
        with self.assertRaisesRegex(topkima.DataError, "report.json"):
            topkima.Result(self.room)
        results = topkima.run(SMALL, output=self.room / "kept").directory
        (results / "run.json").write_text("[]", encoding="utf-8")
        with self.assertRaisesRegex(topkima.DataError, "run.json: no JSON object"):
            topkima.Result(results)


class Import(ToolTest):
    def test_needs_no_package_until_something_is_used(self):
        program = ("import sys, topkima\n"
                   "missing = {'numpy', 'optuna', 'sqlalchemy', 'plotly', 'matplotlib', 'torch'}\n"
                   "assert not missing & set(sys.modules), missing & set(sys.modules)\n"
                   "assert {'run', 'sweep', 'Study', 'Result', 'UsageError'} <= set(dir(topkima))\n"
                   "topkima.run\n"
                   "assert not (missing - {'numpy'}) & set(sys.modules)\n")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                              check=False, cwd=Path("/"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    main()
