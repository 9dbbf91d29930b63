#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is given to a run: which source wins, where values are said to be from, and what the tools
answer who asks for it.

  given_test.py --macro PATH --soc PATH
"""

import json
import re
import subprocess
from pathlib import Path

from outputs_support import SMALL, OutputsTest, effective_of, report_of
from tool_support import float_qkv, main, names_in, write_tensors

ENCODERS = ("encoder.arrival", "encoder.first_sample", "encoder.samples", "encoder.ramp_factor")
# How RTL beside a model is found and compared.
VIEW_OF_COSIM = ("cosim.compare", "cosim.on_divergence", "cosim.timeout_cycles", "cosim.directory")


class Precedence(OutputsTest):
    def test_default_meta_configs_command_line(self):
        directory = write_tensors(self.room / "in", float_qkv(tokens=9))
        name = "attention.valid_tokens"
        sources = ("--input", directory)

        def expect(value, *arguments):
            out = self.results_of("macro", *sources, *arguments)
            self.assertEqual(self.value_of(out, name), [value], arguments)

        expect(9)
        (directory / "meta.ini").write_text("[attention]\nvalid_tokens = 8\n")
        for number in (7, 6):
            (self.room / f"{number}.ini").write_text(f"[attention]\nvalid_tokens = {number}\n")
        expect(8)
        expect(7, "--config", "7.ini")
        expect(6, "--config", "7.ini", "--config", "6.ini")
        expect(7, "--config", "6.ini", "--config", "7.ini")
        expect(5, "--attention.valid_tokens=5", "--config", "7.ini", "--config", "6.ini")
        expect(4, "--attention.valid_tokens=5", "--attention.valid_tokens=4")
        expect(9, "--config", "7.ini", "--attention.valid_tokens=all")

    def test_a_later_file_keeps_what_it_does_not_name(self):
        (self.room / "a.ini").write_text("# comment\n[topk]\nk = 2\n[ima]\nbits = 4\n")
        (self.room / "b.ini").write_text("[ima]\nbits = 6   # comment\n")
        out = self.results_of("macro", *SMALL, "--config", "a.ini", "--config", "b.ini")
        self.assertEqual((self.value_of(out, "topk.k"), self.value_of(out, "ima.bits")), (2, 6))

    def test_files_from_other_systems(self):
        (self.room / "a.ini").write_bytes(b"[topk]\r\nk = 2\r\n\r\n[ima]\r\nbits=4")
        out = self.results_of("macro", *SMALL, "--config", "a.ini")
        self.assertEqual((self.value_of(out, "topk.k"), self.value_of(out, "ima.bits")), (2, 4))

    def test_short_names(self):
        out = self.results_of("soc", *SMALL, "--seed=5", "--sequences=2")
        self.assertEqual(self.value_of(out, "workload.seed"), 5)
        self.assertEqual(len(report_of(out)["sequences_completed_at"]), 2)
        self.assert_same_results(out, self.results_of(
            "soc", *SMALL, "--workload.seed=5", "--pipeline.sequences=2", output="long"))
        other = self.results_of("soc", *SMALL, "--sequences=2", "--seed=6", output="other")
        self.assertNotEqual((out / "output.npy").read_bytes(), (other / "output.npy").read_bytes())


class Provenance(OutputsTest):
    """Where a value comes from, as told in the file that gives it."""

    SOURCE = "measured from RTL softmax twin, commit 1a2b3c, WINNERS=8"
    NAME = "softmax.exponent_cycles"

    def setUp(self):
        super().setUp()
        (self.room / "measured.ini").write_text(
            f"[provenance]\n{self.NAME} = {self.SOURCE}\nbus.latency_cycles = as agreed\n"
            "[softmax]\nexponent_cycles = 3\n[bus]\nlatency_cycles = 9\n")

    def test_report(self):
        for tool in ("macro", "soc"):
            plain = report_of(self.results_of(tool, *SMALL))
            report = report_of(self.results_of(tool, *SMALL, "--config", "measured.ini"))
            self.assertIn(self.NAME, plain["assumed"])
            self.assertEqual(report["assumed"],
                             [name for name in plain["assumed"]
                              if name not in (self.NAME, "bus.latency_cycles")])
            wanted = {name: entry["provenance"] for name, entry in plain["configuration"].items()}
            wanted[self.NAME] = self.SOURCE
            if tool == "soc":    # the macro has no bus
                wanted["bus.latency_cycles"] = "as agreed"
            self.assertEqual({name: entry["provenance"] for name, entry
                              in report["configuration"].items()}, wanted)

    def test_effective_ini_gives_it_again(self):
        for tool in ("macro", "soc"):
            first = self.results_of(tool, *SMALL, "--config", "measured.ini", output="first")
            again = self.results_of(tool, "--config", first / "effective.ini", output="again")
            self.assert_same_results(first, again)
            self.assertEqual(effective_of(first)[f"provenance.{self.NAME}"], self.SOURCE)
        # What comes from a technology always has one, and what the word auto became.
        out = self.results_of("soc", *SMALL)
        configuration, effective = report_of(out)["configuration"], effective_of(out)
        listed = json.loads(self.run_tool("soc", "--list-parameters=json").stdout)
        defaults = {entry["name"]: entry["value"] for entry in listed}
        self.assertEqual({key.removeprefix("provenance.") for key in effective
                          if key.startswith("provenance.")},
                         {name for name, entry in configuration.items()
                          if entry["provenance"] != "given for this run"
                          and effective[name] != defaults[name]
                          and not entry["provenance"].startswith("run")})

    def test_another_value_has_none(self):
        out = self.results_of("soc", *SMALL, "--config", "measured.ini", f"--{self.NAME}=3")
        self.assertNotIn(f"provenance.{self.NAME}", effective_of(out))
        report = report_of(out)
        self.assertNotIn(self.NAME, report["assumed"])
        self.assertEqual(report["configuration"][self.NAME]["provenance"], "given for this run")

    def test_list_parameters(self):
        text = self.run_tool("soc", "--list-parameters", "--config", "measured.ini").stdout
        self.assertRegex(text, rf"{self.NAME} = 3 cycles\n.*\n.*default: 2; this value: "
                               rf"{self.SOURCE}\n")


class Answers(OutputsTest):
    def answer(self, tool, *arguments):
        done = self.run_tool(tool, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        self.assertEqual(names_in(self.room), [])
        return done.stdout

    def test_help_names_every_option(self):
        for tool in ("macro", "soc"):
            names = re.findall(r"^(\S+) = ", self.answer(tool, "--list-parameters"), re.MULTILINE)
            brief, whole = self.answer(tool, "--help"), self.answer(tool, "--help", "all")
            manual = self.answer(tool, "--print-manual").replace("\\-", "-")
            for name in ("config", "input", "output", "seed", "quiet", "version", "wave"):
                for text in (brief, whole, manual):
                    self.assertRegex(text, rf"--{re.escape(name)}\b")
            for name in names:
                self.assertRegex(whole, rf"--{re.escape(name)}\b")
                self.assertRegex(manual, rf"(?m)^\\fB--{re.escape(name)}\\fR")
                self.assertNotRegex(brief, rf"(?m)^  --{re.escape(name)}\b")
                self.assertIn(f" {name.split('.')[0]}", brief)
            self.assertIn(f"topkima-{tool}", brief)

    def test_help_of_a_topic(self):
        crossbar = self.answer("soc", "--help", "crossbar")
        self.assertEqual(crossbar, self.answer("soc", "--help=crossbar"))
        self.assertEqual(crossbar, self.answer("soc", "-h", "crossbar"))
        self.assertEqual(set(re.findall(r"--(\w+)\.", crossbar)), {"crossbar"})
        self.assertIn("--wave.around", self.answer("soc", "--help", "observing"))
        self.assertEqual(self.answer("soc", "-h"), self.answer("soc", "--help"))
        self.assertEqual(re.findall(r"--(\S+)", self.answer("soc", "--help", "topk.k")), ["topk.k"])
        wave = self.answer("soc", "--help", "wave")
        for name in ("wave", "wave.around", "wave.mv_per_unit"):    # options, and a parameter
            self.assertRegex(wave, rf"(?m)^  --{re.escape(name)} ")
        for heading in re.findall(r"(?m)^\S.*--help (\w+)[;)]", self.answer("soc", "--help")):
            self.assertTrue(self.answer("soc", "--help", heading))
        for topic, said in (("crosbar", "; did you mean 'crossbar'?"),
                            ("zzz", "among all, running")):
            done = self.run_tool("soc", "--help", topic)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)

    def test_some_parameters(self):
        listed = json.loads(self.answer("soc", "--list-parameters=json,crossbar,topk.k"))
        names = [entry["name"] for entry in listed]
        self.assertEqual(names[-1], "topk.k")
        self.assertEqual({name.split(".")[0] for name in names[:-1]}, {"crossbar"})
        text = self.answer("soc", "--list-parameters=topk.k", "--topk.k=7")
        self.assertRegex(text, r"\Atopk\.k = 7 winners\n.*\n.*; this value: given for this run\n\Z")
        done = self.run_tool("soc", "--list-parameters=topk.kk")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("did you mean 'topk.k'?", done.stderr)

    def test_bash_completes_options_and_values(self):
        (self.room / "input.npz").write_bytes(b"")
        (self.room / "folder").mkdir()
        script = self.run_tool("soc", "--print-completion").stdout
        for words, wanted in (
                (["--pipeline.sch"], {"--pipeline.schedule"}),
                (["--pipeline.schedule", "=", "f"], {"fine"}),
                (["--pipeline.schedule", "f"], {"fine"}),
                (["--attention.causal", "="], {"true", "false"}),
                (["--help", "cross"], {"crossbar"}),
                (["--list-metrics", "=", "j"], {"json"}),
                (["--config", "inp"], {"input.npz"}),
                (["--output", "f"], {"folder"})):
            given = " ".join(f"'{word}'" for word in ("topkima-soc", *words))
            done = subprocess.run(
                ["bash", "-c", f"{script}\nCOMP_WORDS=({given}); COMP_CWORD={len(words)}\n"
                 "_topkima_soc\nprintf '%s\\n' \"${COMPREPLY[@]}\""],
                cwd=self.room, capture_output=True, text=True, check=False)
            with self.subTest(words):
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertLessEqual(wanted, set(done.stdout.split()))
                self.assertTrue(all(each.startswith(words[-1].strip("=") or each)
                                    for each in done.stdout.split()), done.stdout)

    def test_version(self):
        for tool in ("macro", "soc"):
            self.assertRegex(self.answer(tool, "--version"),
                             rf"\Atopkima-{tool} \d+\.\d+\.\d+ \([\w-]+, model \w+\), "
                             r"SystemC .*\n\Z")

    def test_list_parameters(self):
        text = self.answer("soc", "--list-parameters", "--topk.k=7")
        entries = re.findall(r"^(\S+\.\S+) = (.+)\n    (.+)\n    range: (.+); default: "
                             r"([^;]+?)(?:, |; this value: )"
                             r"((?:published|derived|assumption|run|given).*)$", text, re.MULTILINE)
        self.assertEqual(len(entries) * 3, len(text.splitlines()))
        listed = json.loads(self.answer("soc", "--list-parameters=json", "--topk.k=7"))
        self.assertEqual([(each["name"], f"{each['value']} {each['unit']}".strip(), each["meaning"],
                           each["range"], each["default"], each["provenance"]) for each in listed],
                         [tuple(entry) for entry in entries])
        # How a run is looked at is no part of what reproduces its results, nor what encoders need.
        self.assertEqual({entry[0] for entry in entries
                          if not entry[0].startswith(("fidelity.", "wave.", "vector."))
                          and entry[0] not in VIEW_OF_COSIM + ENCODERS},
                         {name for name in effective_of(self.results_of("soc", *SMALL))
                          if not name.startswith("provenance.")})
        self.assertIn(("topk.k", "7 winners"), [entry[:2] for entry in entries])

    def test_registers(self):
        table = self.answer("soc", "--print-register-map")
        self.assertTrue(table.startswith("# Register map\n"))
        header = self.answer("soc", "--print-register-header")
        self.assertIn("#define TOPKIMA_CONTROLLER_BASE", header)
        compiled = subprocess.run(["cc", "-std=c99", "-Wall", "-Werror",
                                   "-fsyntax-only", "-xc", "-"],
                                  input=header, text=True, capture_output=True, check=False)
        self.assertEqual((compiled.returncode, compiled.stderr), (0, ""))

    def test_registers_in_rtl(self):
        table = self.answer("soc", "--print-register-rtl")
        self.assertEqual(len(table.splitlines()), 21 + 2)
        home = Path(__file__).resolve().parents[2]
        for place in ("modules/registers/rtl/controller_registers.sv",
                      "data/rtl/skeletons/registers.svh", "testbenches/rtl/registers_tb.sv"):
            self.assertIn("made by topkima-soc --print-register-rtl:\n" + table,
                          (home / place).read_text(), place)


if __name__ == "__main__":
    main()
