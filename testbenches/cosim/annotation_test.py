#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Latency back-annotation: with the file that a run with RTL leaves, the model takes the same
cycles.

  annotation_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where counters with times of their own lie (rtl/delayed_counter.sv).
"""

import configparser
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np

from tool_support import USAGE, ToolTest, everything_in, main, names_in, tool_path

SOURCE = Path(__file__).resolve().parent.parent.parent
DIGITS = ("--input", SOURCE / "data" / "workloads" / "digits")
TEST_RTL = f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}"
SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")
# Two crossbars; rows of one to seven winners, so that steps and rows differ.
CAUSAL = (*SMALL, "--attention.tokens=60", "--topk.split=35,25", "--topk.sub_k=4,3",
          "--attention.causal=true", "--crossbar.gate_empty=false", "--workload.seed=7")


def read_ini(path):
    """{parameter: value}, {parameter: provenance}, comments"""
    text = path.read_text()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    values = {f"{section}.{key}": int(value) for section in parser.sections()
              if section != "provenance" for key, value in parser[section].items()}
    provenance = dict(parser["provenance"]) if parser.has_section("provenance") else {}
    return values, provenance, [line[2:] for line in text.splitlines() if line.startswith("# ")]


class AnnotationTest(ToolTest):
    def measured(self, tool, *arguments, exact=True):
        """The parameters that a run with RTL leaves."""
        done = self.run_tool(tool, *arguments, "--quiet", "--output", "rtl", "--cosim.annotate",
                             "a.ini")
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        self.assertRegex(done.stdout, r"\Aannotation      a\.ini, \d+ transactions, every one "
                                      r"reproduced\n\Z" if exact else r"\Aannotation [^\n]*\n\Z")
        self.printed = done.stdout
        return read_ini(self.room / "a.ini")

    def assert_model_takes_the_same(self, tool, *arguments):
        """The model with the file, and without any RTL."""
        self.results_of(tool, *arguments, "--config", "a.ini", output="tlm")
        rtl, tlm = ({name: np.load(self.room / run / f"{name}.npy")
                     for name in ("convert_cycles", "topk_index", "probability", "output")}
                    for run in ("rtl", "tlm"))
        for name, array in rtl.items():
            np.testing.assert_array_equal(array, tlm[name], name)
        rtl, tlm = (json.loads((self.room / run / "report.json").read_text())
                    for run in ("rtl", "tlm"))
        self.assertEqual(rtl["totals"]["latency_cycles"], tlm["totals"]["latency_cycles"])
        self.assertEqual(rtl["stages"], tlm["stages"])
        return tlm


class Fits(AnnotationTest):
    def check(self, tool, machine, rtl, expected):
        with self.subTest(tool=tool, machine=machine, rtl=rtl):
            values, provenance, _ = self.measured(tool, *machine, *rtl)
            self.assertEqual(values, expected)
            report = self.assert_model_takes_the_same(tool, *machine)
            for name, text in provenance.items():
                self.assertEqual(report["configuration"][name]["provenance"], text)
                self.assertNotIn(name, report["assumed"])

    def counter(self, lanes, step, start, grant=0):
        return {"topk.grants_per_cycle": lanes, "topk.step_cycles": step,
                "topk.start_cycles": start, "topk.grant_cycles": grant}

    def test_two_grants(self):
        for tool, machine in (("soc", DIGITS), ("soc", CAUSAL), ("macro", CAUSAL),
                              ("soc", (*CAUSAL, "--topk.stop_when_exhausted=false"))):
            self.check(tool, machine, ("--model.topk=two_grants",), self.counter(2, 0, 0))

    def test_slow_counters(self):
        for name, step, start in (("slow_steps", 1, 0), ("slow_starts", 0, 1), ("slow_both", 2, 3)):
            for machine in (DIGITS, CAUSAL, (*CAUSAL, "--topk.stop_when_exhausted=false")):
                self.check("soc", machine, (f"--model.topk={name}", TEST_RTL),
                           self.counter(1, step, start))

    def test_counters_that_take_time_where_they_grant(self):
        for start, step, grant in ((0, 0, 1), (2, 1, 3)):
            (self.room / "variant.txt").write_text(f"{start} {step} {grant}")
            for machine in (DIGITS, CAUSAL, (*CAUSAL, "--topk.stop_when_exhausted=false")):
                self.check("soc", machine, ("--model.topk=variant", TEST_RTL),
                           self.counter(1, step, start, grant))

    def test_slow_shift_and_adds(self):
        for cycles in (0, 3):
            (self.room / "variant.txt").write_text(f"0 0 0 0 1 0 {cycles}")
            for machine in (CAUSAL, (*CAUSAL, "--attention.valid_tokens=5")):
                self.check("soc", (*machine, "--attention.d_model=32"),
                           ("--model.shift_add=variant", TEST_RTL),
                           {"av.shift_add_cycles": 3 + cycles})

    def test_random_machines(self):
        random = np.random.default_rng(1)
        for _ in range(5):
            split = random.integers(8, 40, 2)
            sub_k = [random.integers(1, min(8, columns) + 1) for columns in split]
            machine = ("--attention.heads=2", "--attention.d_model=16",
                       f"--attention.tokens={sum(split)}", f"--topk.split={split[0]},{split[1]}",
                       f"--topk.sub_k={sub_k[0]},{sub_k[1]}",
                       f"--attention.causal={random.choice(['true', 'false'])}",
                       f"--topk.stop_when_exhausted={random.choice(['true', 'false'])}",
                       f"--pipeline.schedule={random.choice(['fine', 'coarse', 'buffered'])}",
                       f"--ima.bits={random.integers(3, 6)}",
                       f"--workload.seed={random.integers(1000)}")
            with self.subTest(machine=machine):
                # Lanes may look the same where steps have few grants; times do not.
                self.measured("soc", *machine, "--model.topk=two_grants", "--model.union=rtl",
                              "--model.softmax=rtl")
                self.assert_model_takes_the_same("soc", *machine)

    def test_what_the_model_was_told_does_not_matter(self):
        told = ("--topk.grants_per_cycle=3", "--topk.step_cycles=5", "--topk.start_cycles=7",
                "--topk.union_cycles=4", "--softmax.exponent_cycles=9",
                "--softmax.exponent_interval=3")
        values, _, _ = self.measured("soc", *CAUSAL, *told, "--model.topk=two_grants",
                                     "--model.union=rtl", "--model.softmax=rtl")
        self.assertEqual(values, {**self.counter(2, 0, 0), **self.rest})
        self.assert_model_takes_the_same("soc", *CAUSAL)

    rest = {"topk.union_cycles": 1, "softmax.exponent_cycles": 2, "softmax.exponent_interval": 1,
            "softmax.divide_cycles": 6, "softmax.divide_interval": 1}

    def test_other_blocks(self):
        union = {"topk.union_cycles": 1}
        softmax = {name: value for name, value in self.rest.items() if name not in union}
        for rtl, expected in (
                (("--model.union=rtl",), union),
                (("--model.softmax=rtl",), softmax),
                (("--model.macro=softmax_macro",), {**self.counter(1, 0, 0), **self.rest}),
                (("--model.ramp=rtl",), {"topk.step_cycles": 0, "topk.start_cycles": 0,
                                         "topk.grant_cycles": 0})):
            self.check("soc", CAUSAL, rtl, expected)

    def test_a_ramp_alone_leaves_the_counter_as_it_is(self):
        counter = ("--topk.grants_per_cycle=2", "--topk.step_cycles=1", "--topk.start_cycles=3",
                   "--topk.grant_cycles=2")
        values, _, _ = self.measured("soc", *CAUSAL, *counter, "--model.ramp=rtl")
        self.assertEqual(values, {"topk.step_cycles": 1, "topk.start_cycles": 3,
                                  "topk.grant_cycles": 2})

    def test_only_some_heads_in_rtl(self):
        values, _, comments = self.measured("soc", *CAUSAL, "--model.topk=two_grants",
                                            "--model.union=rtl", "--cosim.heads=1")
        self.assertEqual(values, {**self.counter(2, 0, 0), "topk.union_cycles": 1})
        self.assertTrue(any(comment.startswith("60 rows") for comment in comments), comments)

    def test_rtl_beside_the_model_is_not_measured(self):
        values, _, _ = self.measured("soc", *CAUSAL, "--model.topk=shadow", "--model.union=rtl")
        self.assertEqual(values, {"topk.union_cycles": 1})


class Files(AnnotationTest):
    def test_provenance(self):
        _, provenance, _ = self.measured("soc", *DIGITS, "--model.topk=two_grants",
                                         "--model.union=rtl")
        for name in ("grants_per_cycle", "step_cycles", "start_cycles", "grant_cycles"):
            self.assertRegex(provenance[f"topk.{name}"],
                             r"\Ameasured from RTL two_grants "
                             r"\(COLUMNS=256 CODE_BITS=8 GRANTS=2\), "
                             r"commit [\w.-]+, sources [0-9a-f]{12}, \d+ transactions\Z")
        self.assertRegex(provenance["topk.union_cycles"],
                         r"\Ameasured from RTL rtl \(.*\), .*, 260 transactions\Z")

    def test_one_number_of_winners_says_nothing_about_the_interval(self):
        values, provenance, comments = self.measured("soc", *DIGITS, "--model.softmax=rtl",
                                                     "--softmax.exponent_interval=4")
        self.assertEqual((values["softmax.exponent_cycles"], values["softmax.exponent_interval"]),
                         (2, 1))
        self.assertEqual(sorted(provenance), ["softmax.divide_cycles", "softmax.exponent_cycles"])
        self.assertEqual(comments.count("each had 5 winners: the interval is the default, not "
                                        "measured"), 2)

    def test_grants_that_tell_nothing_about_lanes(self):
        values, _, comments = self.measured("soc", *DIGITS, "--topk.k=1", "--model.topk=two_grants")
        self.assertEqual(values["topk.grants_per_cycle"], 1)
        self.assertIn("no step had more than 1 grant: more grants per cycle would look the same",
                      comments)

    def test_a_fit_that_is_not_exact_says_so(self):
        _, provenance, comments = self.measured("soc", *DIGITS, "--model.topk=uneven_steps",
                                                TEST_RTL, exact=False)
        found = re.search(r", (\d+) transactions; (\d+) of them deviate, by 2 cycles at most\n",
                          self.printed)
        self.assertTrue(found, self.printed)
        self.assertTrue(any(comment.startswith(f"{found[1]} ramp steps, {found[2]} of them not as "
                                               "these say: by 2 cycles at most, ")
                            for comment in comments), comments)
        for text in provenance.values():
            self.assertTrue(text.startswith(f"fit: {found[2]} of {found[1]} deviate, by up to 2 "
                                            "cycles; RTL uneven_steps ("), text)
        self.assertLess(0, int(found[2]))
        self.assertLess(int(found[2]), int(found[1]))

    def test_results_do_not_depend_on_measuring(self):
        rtl = ("--model.topk=two_grants", "--model.softmax=rtl")
        plain = self.results_of("soc", *CAUSAL, *rtl, output="plain")
        self.measured("soc", *CAUSAL, *rtl)
        self.assert_same_results(plain, self.room / "rtl")

    def test_a_run_without_an_end_leaves_no_file(self):
        done = self.run_tool("soc", *CAUSAL, "--model.topk=two_grants", "--quiet",
                             "--cosim.annotate", "a.ini", "--stop-at=row=5")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(everything_in(self.room), [])


class Script(AnnotationTest):
    def annotate(self, *arguments):
        done = subprocess.run([SOURCE / "scripts" / "annotate", "--tool", tool_path("soc"),
                               "--output", "a.ini", *map(str, arguments)], cwd=self.room,
                              capture_output=True, text=True, check=False)
        self.assertEqual(names_in(self.room), ["a.ini"] if done.returncode < USAGE else [])
        return done

    def test_equal(self):
        done = self.annotate("--topk", "two_grants", "--softmax", "rtl")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"latency +(\d+) cycles with the RTL, \1 with the model: "
                                      r"equal\nconversions +all 260 equal\n\Z")
        values, provenance, _ = read_ini(self.room / "a.ini")
        self.assertEqual(values["topk.grants_per_cycle"], 2)
        # The rows that it measures have different numbers of winners.
        self.assertIn("softmax.exponent_interval", provenance)

    def test_not_equal(self):
        done = self.annotate("--topk", "uneven_steps", "--", TEST_RTL)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, r"with the model: not equal\nconversions +\d+ of 260 differ")

    def test_rest_goes_to_both_runs(self):
        done = self.annotate("--topk", "two_grants", "--", "--topk.k=2", "--model.union=rtl")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(read_ini(self.room / "a.ini")[0]["topk.union_cycles"], 1)

    def test_nothing_to_measure(self):
        done = self.annotate()
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assert_one_line(done.stderr)


class Refusals(AnnotationTest):
    def test_options(self):
        annotate = ("--cosim.annotate", "a.ini")
        rtl = "--model.topk=two_grants"
        (self.room / "file").write_text("")
        for words, arguments in (
                (("cosim.annotate", "no RTL", "--model.topk"), annotate),
                (("cosim.annotate", "no RTL"), (*annotate, "--model.topk=shadow:two_grants")),
                (("cosim.annotate", "cosim.stall"), (*annotate, rtl, "--cosim.stall=0.2")),
                (("cosim.annotate", "twice"), (*annotate, *annotate, rtl)),
                (("cosim.annotate",), ("--cosim.annotate", "", rtl)),
                (("both", "annotation"), (*annotate, rtl, "--timeline", "a.ini")),
                (("output directory",), ("--cosim.annotate", "out/a.ini", "--output", "out", rtl)),
                (("file/a.ini",), ("--cosim.annotate", "file/a.ini", rtl))):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.run_tool("soc", *SMALL, *arguments), USAGE, *words)
                self.assertEqual(everything_in(self.room), ["file"])


if __name__ == "__main__":
    main()
