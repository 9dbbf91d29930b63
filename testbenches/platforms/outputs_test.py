#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a run leaves behind: files, their reproducibility, and the report.

  outputs_test.py --macro PATH --soc PATH
"""

import json
import os
import pty
import subprocess
import threading

import numpy as np

from outputs_support import SCHEDULES, SMALL, OutputsTest, effective_of, report_of
from tool_support import (ARRAYS, DATA, FILES, float_qkv, int8_qkv, main, names_in, projected,
                          tool_path, write_tensors)
from waiting import DEADLINE_S


class Files(OutputsTest):
    def check_arrays(self, out, heads, rows, winners, crossbars, d_k):
        self.assertEqual(names_in(out), FILES)
        last = {"convert_cycles": crossbars, "output": d_k, "output_real": d_k}
        for name in ARRAYS:
            array = np.load(out / f"{name}.npy")
            self.assertEqual(array.dtype, np.float32 if name == "output_real" else np.int32)
            self.assertEqual(array.shape, (heads, rows, last.get(name, winners)), name)

    def test_shapes_and_types(self):
        write_tensors(self.room / "in", float_qkv(heads=3, rows=7, tokens=9, d_k=4))
        write_tensors(self.room / "x", projected(tokens=9, d_model=12))
        for tool in ("macro", "soc"):
            split = ("--topk.split=4,3,2", "--topk.sub_k=2,1,1", "--quiet")
            self.check_arrays(self.results_of(tool, "--input", "in", *split), 3, 7, 4, 3, 4)
        self.check_arrays(self.results_of("soc", "--input", "x", "--attention.heads=3",
                                          "--pipeline.sequences=3"), 3, 9, 5, 1, 4)

    def test_empty_places_and_ranges(self):
        """Fewer participants than winners: -1 and 0 behind those there are."""
        out = self.results_of("macro", *SMALL, "--attention.causal=true", "--topk.k=4")
        index, code, probability = (np.load(out / f"{name}.npy") for name in ARRAYS[:3])
        for row in range(20):
            there = min(row + 1, 4)
            self.assertTrue(np.all(index[:, row, :there] >= 0))
            self.assertTrue(np.all(index[:, row, :there] <= row))
            self.assertTrue(np.all(index[:, row, there:] == -1))
        self.assertFalse(code[index == -1].any() or probability[index == -1].any())
        self.assertTrue(np.all((code >= -16) & (code <= 15)))
        self.assertTrue(np.all((probability >= 0) & (probability <= 31)))

    def test_default_output_and_quiet(self):
        done = self.run_tool("macro", *SMALL)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(names_in(self.room), ["topkima-results"])
        latency = report_of(self.room / "topkima-results")["totals"]["latency_cycles"]
        self.assertIn(f"{latency} cycles", done.stdout)
        self.assertIn("topkima-results/report.json", done.stdout)

    def test_an_earlier_result_is_replaced_whole(self):
        self.results_of("macro", *SMALL)
        (self.room / "empty").mkdir()
        for name in ("out", "empty", "deep/er"):
            self.results_of("macro", *SMALL, "--seed=2", output=name)
            self.assertEqual(names_in(self.room / name), FILES)
        self.assertEqual(names_in(self.room), ["deep", "empty", "out"])
        self.assert_same_results(self.room / "out", self.room / "empty")

    def test_what_is_no_part_of_a_result_stays(self):
        self.results_of("macro", *SMALL, output=".", cwd=self.room)
        tensors = write_tensors(self.room / "in", float_qkv())
        (self.room / "own.toml").write_text("a study")
        before = {path: path.read_bytes() for path in self.room.rglob("*") if path.is_file()}
        for output, arguments in ((".", ("--input", tensors)), (".", SMALL)):
            done = self.run_tool("macro", *arguments, "--output", output, cwd=self.room)
            self.assert_refused(done, 2, "no part of the earlier result")
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_run_json(self):
        out = self.results_of("soc", *SMALL, "--seed=3")
        run = json.loads((out / "run.json").read_text())
        self.assertEqual(set(run), {"tool", "version", "git_revision", "model_revision", "systemc",
                                    "compiler", "command_line", "input", "wall_seconds",
                                    "identity", "files", "results"})
        self.assertEqual(sorted(run["results"]), names_in(out))
        self.assertEqual(run["input"], "")
        self.assertEqual(run["tool"], "topkima-soc")
        self.assertEqual(run["command_line"], [tool_path("soc"), *SMALL, "--seed=3", "--quiet",
                                               "--output", "out"])
        self.assertGreater(run["wall_seconds"], 0)


class Reproducibility(OutputsTest):
    def round_trip(self, tool, tensors, *arguments, meta=""):
        """Twice the same gives the same bytes, and so does effective.ini alone."""
        with self.subTest(tool=tool, arguments=arguments):
            source = ()
            if tensors:
                directory = write_tensors(self.room / f"in{len(names_in(self.room))}", tensors)
                (directory / "meta.ini").write_text(meta)
                source = ("--input", directory)
            first = self.results_of(tool, *source, *arguments, output="first")
            again = self.results_of(tool, *source, *arguments, output="again")
            self.assert_same_results(first, again)
            effective = self.results_of(tool, *source, "--config", first / "effective.ini",
                                        output="effective")
            self.assert_same_results(first, effective)

    def test_every_parameter_is_resolved(self):
        values = effective_of(self.results_of("soc", *SMALL))
        self.assertEqual({key for key, value in values.items() if value in ("auto", "all")}, set())
        self.assertEqual(values["attention.query_rows"], "20")
        self.assertEqual(values["topk.split"], "20")

    def test_schedules(self):
        for schedule in SCHEDULES:
            for tool in ("macro", "soc"):
                self.round_trip(tool, None, *SMALL, f"--pipeline.schedule={schedule}", "--seed=9")

    def test_inputs(self):
        for tool in ("macro", "soc"):
            self.round_trip(tool, float_qkv(heads=2, rows=6, tokens=11, d_k=5))
            self.round_trip(tool, int8_qkv(heads=2, rows=6, tokens=11, d_k=5),
                            "--softmax.score_step=0.1234567890123456789")
        self.round_trip("soc", projected(tokens=11, d_model=12), "--attention.heads=3")

    def test_masks(self):
        for tool in ("macro", "soc"):
            self.round_trip(tool, float_qkv(heads=2, rows=6, tokens=11, d_k=5),
                            "--attention.causal=yes", "--attention.first_row=3",
                            "--attention.valid_tokens=7")
        self.round_trip("soc", None, *SMALL, "--attention.valid_tokens=0")

    def test_lists(self):
        for tool in ("macro", "soc"):
            self.round_trip(tool, float_qkv(heads=2, rows=6, tokens=11, d_k=5),
                            "--topk.split=5,4,2", "--topk.sub_k= 2 , 1,3", "--ima.ramp_lsb=7,12",
                            "--softmax.score_step=0.1,1e-3")

    def test_odd_numbers(self):
        third = "0.33333333333333331482961625624739099"
        for tool in ("macro", "soc"):
            self.round_trip(tool, None, *SMALL, "--ima.saturate_share=0.0123456789",
                            f"--attention.score_scale={third}", "--clock.frequency_mhz=333.3333",
                            "--topk.k=3e0", "--topk.stop_when_exhausted=on", "--seed=4294967295")

    def test_meta_values_survive(self):
        self.round_trip("macro", float_qkv(heads=2, rows=6, tokens=11, d_k=5), "--topk.k=3",
                        meta="valid_tokens = 9\n[attention]\nscore_scale = 0.7\n")

    def test_width_beyond_the_parameters_range(self):
        """An input of d_model 66000 is refused, or its effective.ini is taken back."""
        directory = write_tensors(self.room / "in", float_qkv(heads=1100, rows=1, tokens=2, d_k=60))
        arguments = ("--input", directory, "--report.float_reference=false", "--quiet", "--output")
        first = self.run_tool("macro", *arguments, "first")
        if first.returncode != 0:
            self.assert_refused(first, DATA, "66000")
            return
        again = self.run_tool("macro", *arguments, "again", "--config", "first/effective.ini")
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assert_same_results(self.room / "first", self.room / "again")

    def test_threads_and_vector_units_change_nothing(self):
        size = ("--attention.heads=6", "--attention.tokens=100", "--rram.adc_bits=7")
        want = self.results_of("soc", *size)
        for environment in ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "4"},
                            {"DNNL_MAX_CPU_ISA": "AVX2"}, {"DNNL_MAX_CPU_ISA": "SSE41"},
                            {"DNNL_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "3"},
                            {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}):
            with self.subTest(environment=environment):
                got = self.results_of("soc", *size, environment=environment, output="got")
                self.assert_same_results(want, got)

    def test_progress_changes_nothing(self):
        """On a terminal the run is cut into slices to show its progress."""
        want = self.results_of("soc", *SMALL, "--clock.frequency_mhz=9000")
        ours, theirs = pty.openpty()
        shown = []

        def listen():
            try:
                while data := os.read(ours, 4096):
                    shown.append(data)
            except OSError:    # the other end is closed
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        command = [tool_path("soc"), *SMALL, "--clock.frequency_mhz=9000", "--output", "shown"]
        code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, cwd=self.room,
                              timeout=DEADLINE_S, check=False).returncode
        os.close(theirs)
        listener.join()
        os.close(ours)
        self.assertEqual(code, 0)
        self.assertIn(b"100 %", b"".join(shown))
        self.assert_same_results(want, self.room / "shown")


class Report(OutputsTest):
    CASES = [("macro", "--pipeline.queue_depth=0"), ("macro", "--topk.split=7,7,6"),
             ("macro", "--attention.valid_tokens=0"),
             *(("soc", f"--pipeline.schedule={schedule}", *more) for schedule in SCHEDULES
               for more in ((), ("--sequences=3", "--pipeline.banks=1", "--pipeline.queue_depth=0"),
                            ("--sequences=2", "--bus.bytes_per_cycle=1",
                             "--bus.latency_cycles=0")))]

    def test_cycles_add_up(self):
        for tool, *arguments in self.CASES:
            with self.subTest(tool=tool, arguments=arguments):
                report = report_of(self.results_of(tool, *SMALL, *arguments))
                latency = report["totals"]["latency_cycles"]
                self.assertGreater(latency, 0)
                for stage in report["stages"]:
                    waits = [stage[part] for part in ("starved", "blocked")]
                    self.assertEqual(stage["busy"] + sum(w["total"] for w in waits), latency)
                    for wait in waits:
                        self.assertEqual(sum(wait["by"].values()), wait["total"], stage["name"])
                        self.assertTrue(all(cycles > 0 for cycles in wait["by"].values()))
                path = report["critical_path"]
                self.assertEqual(sum(path["cycles"].values()), latency)
                kinds = {stage["kind"] for stage in report["stages"]}
                self.assertEqual(set(path["latency_if_twice_as_fast"]), kinds)
                for cycles in path["latency_if_twice_as_fast"].values():
                    self.assertLessEqual(cycles, latency)
                self.assertEqual(len({stage["name"] for stage in report["stages"]}),
                                 len(report["stages"]))

    def test_slowest_conversions(self):
        """Named by the id under which files and observers know the row."""
        out = self.results_of("soc", *SMALL, "--topk.split=12,8")
        cycles = np.load(out / "convert_cycles.npy").max(axis=-1).reshape(-1)
        slowest = report_of(out)["slowest_conversions"]
        order = sorted(range(40), key=lambda row: (-cycles[row], row))
        self.assertEqual([entry["id"] for entry in slowest], order[:5])
        for entry in slowest:
            self.assertEqual(entry["cycles"], cycles[entry["id"]])
            self.assertEqual(20 * entry["head"] + entry["row"], entry["id"])

    def test_schema(self):
        common = {"schema", "schema_version", "tool", "workload", "totals", "early_stop",
                  "float_reference", "critical_path", "slowest_conversions", "stages", "scales",
                  "energy", "assumed",
                  "configuration"}
        for tool, own in (("macro", set()), ("soc", {"sequences_completed_at"})):
            report = report_of(self.results_of(tool, *SMALL))
            self.assertEqual(set(report), common | own)
            self.assertEqual((report["schema"], report["schema_version"], report["tool"]),
                             ("topkima-report", 1, f"topkima-{tool}"))
            self.assertEqual(report["workload"], {"heads": 2, "query_rows": 20, "tokens": 20,
                                                  "d_k": 8, "projected": tool == "soc"})
            self.assertEqual(set(report["totals"]), {
                "latency_cycles", "latency_us", "closed_form_cycles", "operations", "tops",
                "mean_conversion_cycles", "mean_winners", "rows", "steady_state"})
            for entry in report["configuration"].values():
                self.assertEqual(set(entry), {"value", "unit", "default", "provenance"})
            self.assertEqual(report["assumed"], [
                name for name, entry in report["configuration"].items()
                if entry["provenance"].startswith("assumption")])
            for values in report["scales"].values():
                self.assertEqual(len(values), 2)
        out = self.results_of("soc", *SMALL, "--report.float_reference=false")
        self.assertNotIn("float_reference", report_of(out))

    def test_more_winners_than_take_part_are_told_of(self):
        for arguments, beyond, asked in (
                (("--topk.k=21",), 1, 21),
                (("--topk.k=20",), 0, 20),
                (("--topk.k=12", "--attention.valid_tokens=10"), 2, 12),
                (("--topk.split=12,8", "--topk.sub_k=11,9"), 1, 20),
                (("--topk.split=12,8", "--topk.sub_k=9,3", "--attention.valid_tokens=13"), 2, 12),
                (("--softmax=digital_topk", "--sort.sorters=head", "--topk.k=30"), 10, 30),
                (("--softmax=conventional", "--topk.k=30"), 0, 20)):
            done = self.run_tool("soc", *SMALL, *arguments, "--crossbar.columns=64", "--output",
                                 "out")
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            line = f"winners         {beyond} of the {asked} asked of a row are beyond"
            self.assertEqual(line in done.stdout, beyond > 0, done.stdout)
            self.assertEqual(report_of(self.room / "out").get("winners_beyond_participants", 0),
                             beyond)

    def test_more_winners_than_k_are_told_of(self):
        for arguments, above in (((), 0),
                                 (("--topk.split=5,5,5,5", "--topk.k=2"), 2),
                                 (("--topk.split=5,5,5,5", "--topk.k=2", "--topk.scope=head"), 0),
                                 (("--topk.split=12,8", "--topk.k=3", "--topk.sub_k=3,2"), 2),
                                 (("--softmax=conventional", "--topk.k=2"), 0)):
            done = self.run_tool("soc", *SMALL, *arguments, "--output", "out")
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertEqual("above topk.k" in done.stdout, above > 0, done.stdout)
            self.assertEqual(report_of(self.room / "out").get("winners_above_k", 0), above)

    def test_totals(self):
        """Two heads of 20 rows, 20 tokens, d_k 8; a macro of q k^T and p v only."""
        for tool, macs in (("macro", 2 * 20 * 20 * 8 * 2), ("soc", 3 * 20 * 16 * 16 + 12800)):
            totals = report_of(self.results_of(tool, *SMALL, "--clock.frequency_mhz=100"))["totals"]
            self.assertEqual(totals["operations"], 2 * macs)
            self.assertAlmostEqual(totals["latency_us"], totals["latency_cycles"] / 100)
            self.assertAlmostEqual(totals["tops"], 2e-6 * macs / totals["latency_us"])
        cycles = [report_of(self.results_of("soc", *SMALL, f"--clock.frequency_mhz={f}"))["totals"]
                  ["latency_cycles"] for f in ("0.001", "333.3", "70000", "100000")]
        self.assertEqual(set(cycles), {totals["latency_cycles"]})

    def test_no_path_and_no_time(self):
        where = self.room / "a_telling_name"
        directory = write_tensors(where / "in", float_qkv())
        out = self.results_of("macro", "--input", directory, output="a_telling_name/out")
        text = (out / "report.json").read_text() + (out / "effective.ini").read_text()
        for word in ("a_telling_name", str(self.room), "wall", "/tmp"):
            self.assertNotIn(word, text)
        self.assertNotRegex(text, r"\b20\d\d-\d\d|\d\d:\d\d")


class ToolsAgree(OutputsTest):
    def test_macro_and_soc_and_all_schedules(self):
        """The same Q, K, V and parameters: the same values, whatever carries them."""
        for tensors, arguments in (
                (float_qkv(heads=3, rows=13, tokens=30, d_k=8), ("--topk.split=16,14",)),
                (float_qkv(heads=2, rows=30, tokens=30, d_k=5), ("--attention.causal=true",)),
                (int8_qkv(heads=2, rows=9, tokens=30, d_k=6), ("--softmax.score_step=0.2",))):
            directory = write_tensors(self.room / "in", tensors)
            want = self.results_of("macro", "--input", directory, *arguments, output="want")
            for tool in ("macro", "soc"):
                for schedule in SCHEDULES:
                    got = self.results_of(tool, "--input", directory, *arguments,
                                          f"--pipeline.schedule={schedule}", output="got")
                    with self.subTest(tool=tool, schedule=schedule):
                        self.assert_same_values(want, got)

    def test_schedules_with_projections(self):
        want = self.results_of("soc", *SMALL, output="want")
        for schedule in SCHEDULES:
            for more in ((), ("--sequences=2",), ("--pipeline.banks=1", "--sequences=2")):
                got = self.results_of("soc", *SMALL, f"--pipeline.schedule={schedule}", *more)
                self.assert_same_values(want, got)


if __name__ == "__main__":
    main()
