#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bounds of energy and area: recomputed from the events of a report and the bounds of a technology
file, with every constant of an event at each of its ends; and how a run takes and tells them.

  bands_test.py --macro PATH --soc PATH
"""

import configparser
import itertools
import json
import math
import random
from pathlib import Path

from tool_support import ToolTest, main

TECHNOLOGIES = Path(__file__).resolve().parents[2] / "data" / "technologies"
SMALL = ("--attention.heads=2", "--attention.tokens=24", "--attention.d_model=16")
ENDS = ("low", "value", "high")


def sections_of(name):
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read(TECHNOLOGIES / f"{name}.ini", encoding="utf-8")
    return parser


def banded(name, seed):
    """A shipped technology with bounds for every constant, none too near its value."""
    draw = random.Random(seed)
    parser = sections_of(name)
    for section in parser.sections():
        if section == "technology":
            continue
        value = float(parser[section]["value"])
        ends = sorted(value * draw.uniform(*span) for span in ((0.6, 0.95), (1.05, 1.4)))
        if section == "logic.full_adder_gates":
            ends[0] = max(1.0, ends[0])
        parser[section].update({"low": repr(ends[0]), "high": repr(ends[1])})
    return parser


class Asked(dict):
    """Constants that remember which of them were asked for."""

    def __init__(self, constants):
        super().__init__(constants)
        self.names = set()

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)


class Bounds:
    """What a formula of constants gives, with all at their values, and the least and the most that
    it gives with each of them at one of its ends."""

    def __init__(self, parser):
        self.of = {name: {end: float(parser[name].get(end, parser[name]["value"])) for end in ENDS}
                   for name in parser.sections() if name != "technology"}

    def __call__(self, formula):
        values = Asked({name: ends["value"] for name, ends in self.of.items()})
        value = formula(values)
        names = sorted(values.names)
        results = [formula(dict(zip(names, chosen))) for chosen in itertools.product(
            *((self.of[name]["low"], self.of[name]["high"]) for name in names))]
        return {"low": min(results), "value": value, "high": max(results)}


def bits_for(values):
    return max(1, math.ceil(math.log2(values)))


def adder(bits):
    return lambda c: c["logic.adder_8bit"] * bits / 8


def registers(bits):
    return lambda c: c["logic.register_8bit"] * bits / 8


def switched(gates):
    return lambda c: (gates(c) * c["logic.adder_8bit"] / (8 * c["logic.full_adder_gates"])
                      * c["logic.activity"])


def total(*formulas):
    return lambda c: sum(formula(c) for formula in formulas)


def conversion(bits):
    def capacitance(c, b):
        return c["adc.capacitance_per_bit"] * b + c["adc.capacitance_per_code"] * 4 ** b
    return lambda c: c["rram.column_read_adc"] * capacitance(c, bits) / capacitance(c, 5)


def formulas(setting, shape):
    """pJ of every event of a machine of 256 x 256 arrays, by component and event."""
    columns = sum(setting("topk.split")) / len(setting("topk.split"))
    bits, d_k = setting("ima.bits"), shape["d_k"]
    value_columns = d_k * 4                              # of a 5-bit value, its sign apart
    address = bits_for(shape["tokens"])
    widest = max(setting("topk.split"))
    byte = {name: lambda c: c["buffer.byte"] for name in ("buffer_read_byte", "buffer_write_byte")}
    ramp = {"ramp_cell_discharge": lambda c: c["sram.column_read"] / 256,
            "comparator_decision":
                lambda c: (c["sram.column_read_adc"] - c["sram.column_read"]) / 31,
            "shift_add": lambda c: c["logic.shift_add"]}

    def array(cells):
        return {"word_line_pulse": lambda c: c["sram.row_read"] * cells / 256,
                "pulse_unit": switched(lambda c: c["driver.gates"]),
                "bit_line_discharge": lambda c: c["sram.column_read"]}
    return {
        "key_array": array(columns), "key_ramp": ramp, "av_array": array(value_columns),
        "av_ramp": ramp,
        "topk": {"arbiter_cycle": switched(lambda c: c["topk.counter_gates"] / 256),
                 "grant": registers(bits_for(widest) + bits)},
        "union": {"entry": total(registers(2 * (address + bits)),
                                 switched(lambda c: c["topk.union_gates"] / 32))},
        "latch": {"register_bit": registers(1), "addition": adder(16)},
        "sorter": {"sort_step": total(adder(bits), registers((bits + address) / 2))},
        "shifter": {"shift": lambda c: (64 * c["logic.mux_gates"] * c["logic.adder_8bit"]
                                        / (8 * c["logic.full_adder_gates"])
                                        + 2 * c["logic.register_8bit"])},
        "exponent": {"exponent": total(adder(bits), switched(
            lambda c: c["logic.mux_gates"] * 2 ** bits * 16), adder(32), registers(48))},
        "divider": {"divide": lambda c: (setting("softmax.prob_bits") + 1)
                    * (4 * c["logic.adder_8bit"] + 4 * c["logic.register_8bit"])},
        "projection": {"rram_cell_read": lambda c: c["rram.row_read"] / 256},
        "projection_adc": {
            "adc_conversion": conversion(setting("rram.adc_bits")), "shift_add": ramp["shift_add"],
            "addition": adder(24), "requantise": adder(24 * setting("projection.input_bits"))},
        "writer": {**byte, "key_row_write": lambda c: c["sram.row_write"] * columns / 256,
                   "value_row_write": lambda c: c["sram.row_write"] * value_columns / 256},
        "memory": {"memory_read_byte": lambda c: c["memory.read_byte"],
                   "memory_write_byte": lambda c: c["memory.write_byte"]},
        "bus": {"bus_beat": lambda c: 8e-3 * setting("bus.bytes_per_cycle")
                * c["wire.capacitance"] * c["bus.length"] * c["wire.activity"]
                * c["process.supply"] ** 2},
        "dma": {**byte, "requantise": adder(8 * 24)},
        "control": byte}


class Bands(ToolTest):
    def report_of(self, tool, *arguments, output="out"):
        directory = self.results_of(tool, *SMALL, *arguments, output=output)
        return json.loads((directory / "report.json").read_text())

    def technology(self, parser):
        with open(self.room / "own.ini", "w", encoding="utf-8") as file:
            parser.write(file)
        return "--technology=./own.ini"

    def assert_band(self, holder, name, expected):
        for end, suffix in (("low", "_low"), ("value", ""), ("high", "_high")):
            found = holder[name + suffix]
            self.assertTrue(math.isclose(found, expected[end], rel_tol=1e-9, abs_tol=1e-18),
                            (name, end, found, expected))

    def assert_adds_up(self, energy, formulas_of, bounds):
        """Events are what their formulas give, components the sums of events, totals those of
        components."""
        sums = dict.fromkeys(ENDS, 0.0)
        for part in energy["components"]:
            dynamic = dict.fromkeys(ENDS, 0.0)
            for name, event in part["events"].items():
                each = bounds(formulas_of[part["name"]][name])
                expected = {end: event["count"] * each[end] for end in ENDS}
                self.assert_band(event, "pj", expected)
                dynamic = {end: dynamic[end] + expected[end] for end in ENDS}
            self.assert_band(part, "dynamic_pj", dynamic)
            sums = {end: sums[end] + dynamic[end] for end in ENDS}
        totals = energy["totals"]
        self.assert_band(totals, "dynamic_uj", {end: sums[end] / 1e6 for end in ENDS})
        for name, scale in (("leakage_pj", 1e6), ("area_mm2", 1)):
            summed = {end: sum(part[name + suffix] for part in energy["components"]) / scale
                      for end, suffix in (("low", "_low"), ("value", ""), ("high", "_high"))}
            self.assert_band(totals, name.replace("_pj", "_uj"), summed)

    def test_every_event_of_every_machine(self):
        bounds = Bounds(parser := banded("32nm", 20))
        technology = self.technology(parser)
        for number, (tool, *given) in enumerate((
                ("macro",), ("soc",), ("soc", "--pipeline.schedule=buffered"),
                ("macro", "--softmax.macro=conventional"),
                ("soc", "--softmax.macro=digital_topk", "--attention.scaling=left_shift"))):
            with self.subTest(tool=tool, given=given):
                report = self.report_of(tool, technology, *given, output=f"out{number}")

                def setting(name, report=report):
                    """0 of a parameter that the machine has not, whose events it has not either."""
                    return report["configuration"].get(name, {"value": 0})["value"]
                self.assert_adds_up(report["energy"], formulas(setting, report["workload"]),
                                    bounds)

    def test_totals_that_follow_are_bounded_by_what_they_follow_from(self):
        report = self.report_of("soc", self.technology(banded("65nm", 3)))
        totals, time_ns = report["energy"]["totals"], 1e3 * report["totals"]["latency_us"]
        energy = {end: totals["dynamic_uj" + suffix] + totals["leakage_uj" + suffix]
                  for end, suffix in (("low", "_low"), ("value", ""), ("high", "_high"))}
        self.assert_band(totals, "energy_uj", energy)
        self.assert_band(totals, "average_power_mw",
                         {end: 1e6 * energy[end] / time_ns for end in ENDS})
        self.assert_band(totals, "energy_per_row_pj",
                         {end: 1e6 * energy[end] / (2 * 24) for end in ENDS})
        other = {"low": "high", "value": "value", "high": "low"}
        operations = report["totals"]["operations"]
        self.assert_band(totals, "tops_per_w",
                         {end: operations * 1e-6 / energy[other[end]] for end in ENDS})
        area = {"low": totals["area_mm2_low"], "value": totals["area_mm2"],
                "high": totals["area_mm2_high"]}
        self.assert_band(totals, "tops_per_mm2",
                         {end: totals["tops"] / area[other[end]] for end in ENDS})

    def test_area_and_leakage_of_converters_and_of_an_array(self):
        bounds = Bounds(parser := banded("32nm", 7))
        report = self.report_of("soc", self.technology(parser))
        parts = {part["name"]: part for part in report["energy"]["components"]}
        ns, bits = 1e3 * report["totals"]["latency_us"], 9
        adcs, outputs = 3 * 16, 3 * 16       # 16 outputs of 8 slices, 8 columns to an ADC

        def gates(c):
            return 24 * outputs * (c["logic.flip_flop_gates"] + c["logic.full_adder_gates"])
        self.assert_band(parts["projection_adc"], "area_mm2", bounds(lambda c: 1e-6 * (
            adcs * c["adc.unit_area"] * 2 ** bits * 10 ** (bits * c["adc.area_slope"])
            + gates(c) * c["logic.nand2_area"])))
        self.assert_band(parts["projection_adc"], "leakage_pj", bounds(
            lambda c: ns * 1e-9 * c["logic.nand2_leakage"]
            * (adcs * bits * c["adc.gates_per_bit"] + gates(c))))
        # Two heads, two banks, 192 rows of 24 columns beside the ramp's rows.
        arrays, rows, columns = 2, 2 * 192, 24

        def cells(c):
            return arrays * rows * columns * c["sram.cell_area"] * (1e-3 * c["process.node"]) ** 2

        def drivers(c):
            return arrays * rows * c["driver.gates"]
        self.assert_band(parts["key_array"], "area_mm2", bounds(
            lambda c: 1e-6 * (cells(c) * (1 + c["sram.periphery"])
                              + drivers(c) * c["logic.nand2_area"])))
        self.assert_band(parts["key_array"], "leakage_pj", bounds(
            lambda c: ns * 1e-9 * (arrays * rows * columns * c["sram.cell_leakage"]
                                   + c["logic.nand2_leakage"]
                                   * (cells(c) * c["sram.periphery"] / c["logic.nand2_area"]
                                      + drivers(c)))))

    def test_a_technology_without_bounds_has_one_source(self):
        parser = sections_of("32nm")
        for section in parser.sections():
            for key in ("low", "high", "node", "conditions"):
                parser.remove_option(section, key)
        energy = self.report_of("soc", self.technology(parser))["energy"]
        for constant in energy["constants"]:
            self.assertTrue(constant["one_source"], constant)
            self.assertEqual((constant["value_low"], constant["value_high"]),
                             (constant["value"],) * 2)
            self.assertEqual((constant["node_nm"], constant["conditions"]), (None, None))
        for name in ("energy_uj", "area_mm2", "tops_per_w"):
            self.assertEqual(energy["totals"][name], energy["totals"][name + "_low"])
            self.assertEqual(energy["totals"][name], energy["totals"][name + "_high"])
        shipped = self.report_of("soc", output="shipped")["energy"]
        self.assertEqual(energy["totals"]["energy_uj"], shipped["totals"]["energy_uj"])

    def test_the_summary_tells_bounds_and_how_many_constants_have_none(self):
        done = self.run_tool("soc", *SMALL, "--output=out")
        energy = json.loads((self.room / "out" / "report.json").read_text())["energy"]
        totals, constants = energy["totals"], energy["constants"]
        self.assertIn(f"energy          {totals['energy_uj']:.4g} uJ, "
                      f"{totals['energy_uj_low']:.3g} to {totals['energy_uj_high']:.3g} at 32nm",
                      done.stdout)
        self.assertIn(f"{totals['tops_per_w']:.2f} TOPS/W, {totals['tops_per_w_low']:.3g} to "
                      f"{totals['tops_per_w_high']:.3g}\n", done.stdout)
        alone = sum(constant["one_source"] for constant in constants)
        self.assertLess(alone, len(constants))
        self.assertIn(f"{alone} of {len(constants)} constants have one source, and no bounds",
                      done.stdout)

    def test_bounds_of_one_constant_for_a_run_come_again_with_effective_ini(self):
        first = self.results_of("soc", *SMALL, "--tech.rram_column_read_adc=0.2,0.1,0.9")
        constants = {constant["name"]: constant for constant in json.loads(
            (first / "report.json").read_text())["energy"]["constants"]}
        given = constants["rram.column_read_adc"]
        self.assertEqual([given[key] for key in ("value", "value_low", "value_high", "provenance")],
                         [0.2, 0.1, 0.9, "given"])
        self.assertIsNone(given["conditions"])
        self.assertIn("Ron 1 MOhm", constants["rram.row_read"]["conditions"])
        again = self.results_of("soc", "--config", first / "effective.ini", output="again")
        for name in ("report.json", "effective.ini"):
            self.assertEqual((first / name).read_bytes(), (again / name).read_bytes(), name)

    def test_bounds_are_in_the_identity(self):
        identities = []
        for number, value in enumerate(("0.2", "0.2,0.2,0.9", "0.2,0.1,0.9")):
            directory = self.results_of("macro", *SMALL, f"--tech.sram_row_read={value}",
                                        output=f"out{number}")
            identities.append(json.loads((directory / "run.json").read_text())["identity"])
        self.assertEqual(len(set(identities)), 3)

    def test_bounds_that_are_none_are_refused(self):
        for value in ("0.2,0.3,0.4", "0.2,0.1,0.15", "0.2,0.1", "0.2,0.1,0.3,0.4", "0.2,,0.3",
                      "0.2,-1,0.3"):
            done = self.run_tool("macro", *SMALL, f"--tech.sram_row_read={value}")
            self.assert_refused(done, 2, f"tech.sram_row_read = '{value}' is not valid",
                                "or value,low,high with low <= value <= high")
        parser = sections_of("32nm")
        parser["sram.row_read"]["low"] = "0.01"
        done = self.run_tool("macro", *SMALL, self.technology(parser))
        self.assert_refused(done, 2, "own.ini: [sram.row_read] high is missing; expected both")

    def test_bounds_are_metrics_of_studies(self):
        listed = self.run_tool("soc", "--list-metrics=json")
        names = [metric["name"] for metric in json.loads(listed.stdout)]
        for name in ("energy_uj", "area_mm2", "tops_per_w", "topk.energy_uj", "bus.area_mm2"):
            place = names.index(name)
            self.assertEqual(names[place + 1:place + 3], [f"{name}_low", f"{name}_high"])


if __name__ == "__main__":
    main()
