#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--what-if: each step is a run of its own, and the groups of stages foretell what it gains."""

import json
import re

from tool_support import FAILED, USAGE, ToolTest, main, names_in

SMALL = ("--attention.tokens=48", "--attention.heads=2", "--attention.d_model=128")
PLACES = {"latency_cycles": ("totals", "latency_cycles"),
          "energy_uj": ("energy", "totals", "energy_uj"),
          "area_mm2": ("energy", "totals", "area_mm2"),
          "relative_error": ("float_reference", "relative_error")}


def figures_of(report):
    found = {}
    for name, (first, *rest) in PLACES.items():
        found[name] = report[first]
        for key in rest:
            found[name] = found[name][key]
    return found


class WhatIfTest(ToolTest):
    def asked(self, tool, *arguments, output="out"):
        """What it prints, and what_if.json."""
        done = self.run_tool(tool, *arguments, "--what-if", "--output", output)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout, json.loads((self.room / output / "what_if.json").read_text())

    def assert_figures(self, metrics, report, told):
        figures = figures_of(report)
        self.assertEqual(set(metrics), set(figures))
        for name, value in metrics.items():    # reports round energies
            self.assertAlmostEqual(value / figures[name], 1, 9, f"{told}: {name}")

    def report(self, output="out"):
        return json.loads((self.room / output / "report.json").read_text())


class Steps(WhatIfTest):
    def test_each_is_a_run_of_its_own(self):
        for tool in ("macro", "soc"):
            _, found = self.asked(tool, *SMALL)
            self.assert_figures(found["base"]["metrics"], self.report(), tool)
            self.assertGreater(len(found["steps"]), 15)
            for step in found["steps"][::4]:
                option = f"--{step['parameter']}={step['to']}"
                done = self.run_tool(tool, *SMALL, option, "--output", "one")
                if "refused" in step:
                    self.assertEqual(done.returncode, USAGE)
                    self.assertIn(step["refused"], done.stderr)
                    continue
                self.assert_figures(step["metrics"], self.report("one"), option)
                limited = re.search(r"limited by +([^,(]*?)(,| if)", done.stdout)
                self.assertEqual(step["limit"], limited[1], option)

    def test_every_parameter_is_tried_that_has_a_step(self):
        _, found = self.asked("soc", *SMALL)
        resolved = self.report()["configuration"]
        options = [f"--{name}={resolved[name]['value']}".replace("True", "true")
                   .replace("False", "false") for name in resolved
                   if not isinstance(resolved[name]["value"], list)]
        listed = self.run_tool("soc", *options, "--list-parameters=json")
        expected = {(one["name"], value) for one in json.loads(listed.stdout)
                    for value in one["steps"] if one["name"] in resolved}
        self.assertEqual({(step["parameter"], step["to"]) for step in found["steps"]}, {
            step for step in expected if not step[0].startswith("vector.")})

    def test_what_limits_the_fine_schedule(self):
        """K and V are projected side by side: one alone gains nothing, all projections a lot, and
        so does the parameter that makes them faster."""
        text, found = self.asked("soc", *SMALL)
        report = self.report()
        path, latency = report["critical_path"], report["totals"]["latency_cycles"]
        alone = path["latency_if_twice_as_fast"]
        for name in ("projection.k", "projection.v"):
            self.assertAlmostEqual(alone[name] / latency, 1, delta=0.001)
        together = path["groups"]["projections"]
        self.assertEqual(together["kinds"], ["projection.q", "projection.k", "projection.v"])
        gain = 1 - together["latency_if_twice_as_fast"] / latency
        self.assertGreater(gain, 0.2)
        self.assertGreater(gain, 2 * (1 - alone["projection.q"] / latency))
        self.assertIn(f"limited by      all projections -{100 * gain:.1f}%, ", text)
        best = found["steps"][0]
        self.assertEqual((best["parameter"], best["from"], best["to"]),
                         ("projection.column_mux", "8", "4"))
        simulated = 1 - best["metrics"]["latency_cycles"] / latency
        self.assertAlmostEqual(simulated, gain, delta=0.05)
        area = best["metrics"]["area_mm2"] / found["base"]["metrics"]["area_mm2"]
        row = re.search(r"projection.column_mux 8 -> 4 +(\S+) +(\S+) +(\S+) +(\S+)  (.+)", text)
        self.assertEqual(row.groups(), (f"-{100 * simulated:.1f}%", "same",
                                        f"+{100 * (area - 1):.1f}%",
                                        f"{best['metrics']['relative_error']:.4g}", best["limit"]))

    def test_what_follows_from_others_goes_on_doing_so(self):
        _, given = self.asked("soc", *SMALL, "--crossbar.columns=16")
        _, again = self.asked("soc", "--config", "out/effective.ini", output="again")
        self.assertEqual(again, given)
        _, held = self.asked("soc", *SMALL, "--crossbar.columns=16", "--topk.split=16,16,16",
                             "--topk.sub_k=5,1,1", output="held")
        changed = {step["to"]: step for step in held["steps"]
                   if step["parameter"] == "crossbar.columns"}
        self.assertIn("topk.split: 16 columns exceed crossbar.columns = 8", changed["8"]["refused"])
        self.assertIn("metrics", changed["32"])

    def test_the_run_itself_is_the_same(self):
        plain = self.results_of("soc", *SMALL, output="plain")
        done = self.run_tool("soc", *SMALL, "--what-if", "--quiet", "--output", "out")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(names_in(self.room / "out"), sorted([*names_in(plain), "what_if.json"]))
        for name in set(names_in(plain)) - {"run.json"}:
            self.assertEqual((self.room / "out" / name).read_bytes(), (plain / name).read_bytes())

    def test_without_a_comparison_with_float(self):
        text, found = self.asked("macro", *SMALL, "--report.float_reference=false")
        self.assertEqual({step["metrics"]["relative_error"] for step in found["steps"]
                          if "metrics" in step}, {None})
        self.assertRegex(text, r"-> \S+ +\S+ +\S+ +\S+ +-  ")


class Refused(WhatIfTest):
    def test_it_is_about_one_run(self):
        for others in (("--batch",), ("--runs=3", "--noise.score_sigma=1")):
            done = self.run_tool("soc", "--what-if", *others)
            self.assert_refused(done, USAGE, "--what-if", others[0].split("=")[0])

    def test_a_bad_machine_is_refused_before_anything_is_tried(self):
        done = self.run_tool("soc", *SMALL, "--what-if", "--av.rows=1000")
        self.assert_refused(done, USAGE, "av.rows")
        self.assertEqual(names_in(self.room), [])
        done = self.run_tool("soc", *SMALL, "--what-if", "--watchdog=5")
        self.assertEqual(done.returncode, FAILED)
        self.assertEqual(names_in(self.room), [])


if __name__ == "__main__":
    main()
