#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Energy, area and power of a run, as its files tell them.

  energy_test.py --macro PATH --soc PATH
"""

import csv
import json
import math

from tool_support import ToolTest, main

SMALL = ("--attention.heads=2", "--attention.tokens=24", "--attention.d_model=16")


class Energy(ToolTest):
    def energy_of(self, tool, *arguments, output="out"):
        directory = self.results_of(tool, *SMALL, *arguments, output=output)
        return json.loads((directory / "report.json").read_text())["energy"]

    def test_components_add_up_to_the_totals(self):
        for tool in ("macro", "soc"):
            energy = self.energy_of(tool, output=tool)
            parts, totals = energy["components"], energy["totals"]
            for what, total in (("dynamic_pj", "dynamic_uj"), ("leakage_pj", "leakage_uj")):
                self.assertAlmostEqual(sum(part[what] for part in parts) * 1e-6, totals[total])
            self.assertAlmostEqual(sum(part["area_mm2"] for part in parts), totals["area_mm2"])
            self.assertAlmostEqual(totals["dynamic_uj"] + totals["leakage_uj"],
                                   totals["energy_uj"])
            for part in parts:
                self.assertAlmostEqual(sum(e["pj"] for e in part["events"].values()),
                                       part["dynamic_pj"])
            for constant in energy["constants"]:
                self.assertIn(constant["provenance"], ("literature", "derived", "assumption"))
                self.assertTrue(constant["citation"])

    def test_each_tool_has_the_node_of_the_paper_unless_told_otherwise(self):
        self.assertEqual(self.energy_of("macro")["technology"], "65nm")
        self.assertEqual(self.energy_of("soc")["node_nm"], 32)
        self.assertEqual(self.energy_of("soc", "--technology=65nm")["node_nm"], 65)

    def test_power_over_time_adds_up_to_the_energy(self):
        for tool in ("macro", "soc"):
            energy = self.energy_of(tool, "--energy.interval_us=0.5", output=tool)
            report = json.loads((self.room / tool / "report.json").read_text())
            with open(self.room / tool / "power.csv", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            end = report["totals"]["latency_us"]
            names = [part["name"] for part in energy["components"]]
            self.assertEqual(list(rows[0]), ["start_us", *(f"{n}_mw" for n in names), "total_mw"])
            spans = [min(0.5, end - float(row["start_us"])) for row in rows]
            self.assertAlmostEqual(sum(spans), end)
            total = sum(s * float(row["total_mw"]) for s, row in zip(spans, rows))
            self.assertTrue(math.isclose(total * 1e-3, energy["totals"]["energy_uj"],
                                         rel_tol=1e-4))
            self.assertAlmostEqual(energy["power"]["mean_mw"],
                                   energy["totals"]["average_power_mw"])
            self.assertTrue(math.isclose(max(float(row["total_mw"]) for row in rows),
                                         energy["power"]["peak_mw"], rel_tol=1e-4))

    def test_no_power_over_time_without_intervals(self):
        self.assertNotIn("power", self.energy_of("macro", "--energy.interval_us=0"))
        self.assertFalse((self.room / "out" / "power.csv").exists())

    def test_results_do_not_depend_on_the_technology(self):
        for name, technology in (("a", "65nm"), ("b", "32nm")):
            self.energy_of("soc", "--technology", technology, output=name)
        for name in ("output.npy", "convert_cycles.npy"):
            self.assertEqual((self.room / "a" / name).read_bytes(),
                             (self.room / "b" / name).read_bytes())

    def test_one_constant_of_a_run(self):
        plain = self.energy_of("macro")
        given = self.energy_of("macro", "--tech.sram_column_read=0", output="given")
        self.assertLess(given["totals"]["dynamic_uj"], plain["totals"]["dynamic_uj"])
        constants = {constant["name"]: constant for constant in given["constants"]}
        self.assertEqual(constants["sram.column_read"]["provenance"], "given")

    def test_a_file_of_ones_own_and_its_effective_ini(self):
        first = self.results_of("soc", *SMALL, "--tech.process_supply=1.3")
        again = self.results_of("soc", "--config", first / "effective.ini", output="again")
        for name in ("report.json", "effective.ini", "power.csv"):
            self.assertEqual((first / name).read_bytes(), (again / name).read_bytes(), name)

    def test_a_technology_that_is_none_is_refused(self):
        (self.room / "empty.ini").write_text("[technology]\nname = x\n")
        for given, words in (("45nm", ("energy.technology = '45nm'", "65nm")),
                             ("missing.ini", ("missing.ini: cannot be opened",)),
                             ("./empty.ini", ("empty.ini: section [process.node] is missing",))):
            done = self.run_tool("soc", *SMALL, f"--technology={given}")
            self.assert_refused(done, 2, *words)

    def test_waveform_and_timeline_show_power(self):
        done = self.run_tool("macro", *SMALL, "--quiet", "--wave=w.vcd", "--timeline=t.json",
                             "--wave.scope=macro.power")
        self.assertEqual(done.returncode, 0, done.stderr)
        dump = (self.room / "w.vcd").read_text()
        self.assertIn("$scope module power", dump)
        self.assertIn(" key_array $end", dump)
        self.assertRegex(dump, r"\nr[0-9.e+-]+ ")
        events = json.loads((self.room / "t.json").read_text())["traceEvents"]
        shown = {event["name"] for event in events if "mW" in event.get("args", {})}
        self.assertIn("av_ramp", shown)
        self.assertIn("total", shown)


if __name__ == "__main__":
    main()
