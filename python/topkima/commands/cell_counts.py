# SPDX-License-Identifier: Apache-2.0
"""Synthesises the RTL twins with yosys, counts their cells and levels, and times them with OpenSTA:
docs/rtl/cell_counts.json, and the tables in docs/rtl/README.md made from it.

Every twin has the default values of its parameters and is flattened. Enables and synchronous resets
become gates in front of plain D flip-flops, the logic becomes a few simple gates; each cell stands
for one of a standard-cell library. For times it is mapped to a library for which Debian has a
liberty file. With --check nothing is written.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

from topkima import rtl
from topkima.commands.parser import Parser
from topkima.errors import UsageError
from topkima.files import OWN, read_text, write_file
from topkima.places import HOME

PAGES = HOME / "docs/rtl"
DIFFERENT = 1
PAGE_WIDTH = 120

# yosys cell: name, and area in um2 of the X1 cell in the Nangate 45 nm Open Cell Library
CELLS = {
    "$_NOT_": ("INV", "0.532"),
    "$_NAND_": ("NAND2", "0.798"),
    "$_NOR_": ("NOR2", "0.798"),
    "$_AOI3_": ("AOI21", "1.064"),
    "$_OAI3_": ("OAI21", "1.064"),
    "$_XOR_": ("XOR2", "1.596"),
    "$_XNOR_": ("XNOR2", "1.596"),
    "$_MUX_": ("MUX2", "1.862"),
    "$_DFF_P_": ("DFF", "4.522"),
}
NAND2_AREA = Fraction("0.798")
# For times: the library, and who drives inputs and what outputs drive, with which abc puts buffers.
LIBERTY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
LIBRARY = "OSU 180 nm standard cells (osu018_stdcells.lib of Debian's qflow-tech-osu018)"
CORNER = "typical, 1.8 V, 25 °C"
DRIVER, LOAD_FF = "BUFX2", 10
PERIOD_NS = 1000    # longer than any path
# Sets of parameters that are timed beside the default values, and the examples that are timed.
WIDTHS = {"topk_counter": ("COLUMNS=64",), "digital_sorter": ("CROSSBARS=1",)}
EXAMPLES = {"two_grant_arbiter": HOME / "examples/two_grants/two_grant_arbiter.sv"}

NEEDED = {"yosys": "yosys", "sta": "opensta"}    # programs and Debian's packages
WEIGHTS = {name: Fraction(area) / NAND2_AREA for name, area in CELLS.values()}


def yosys(arguments):
    return subprocess.run(["yosys", *arguments], cwd=HOME, capture_output=True, text=True)


def sources(module):
    """Its own file first: in the other order yosys makes other cells of the same logic."""
    *held, own = rtl.table().sources(module)
    return [str(file) for file in (own, *held)]


def parameters(module):
    text = read_text(rtl.table().modules[module].file, OWN)
    return {name: int(value)
            for name, value in re.findall(r"^ *parameter int (\w+) = (\d+)", text, re.MULTILINE)}


def count(module):
    """Cells by type, after synthesis."""
    with tempfile.TemporaryDirectory() as directory:
        result = Path(directory) / "stat.json"
        run = yosys(["-q", "-p", "; ".join([
            f"read_verilog -sv {' '.join(sources(module))}",
            f"synth -flatten -noabc -top {module}",
            "check -assert",
            "dfflegalize -cell $_DFF_P_ x -cell $_DLATCH_P_ x",
            "abc -g cmos3,XOR,XNOR,MUX",
            "opt_clean",
            f"tee -q -o {result} stat -json",
            f"tee -q -o {directory}/levels ltp -noff"])])
        if run.returncode != 0:
            raise UsageError(f"yosys refuses {module}: {run.stderr.strip() or run.stdout.strip()}")
        text = read_text(result, OWN)
        cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
        levels = re.search(r"\(length=(\d+)\)", read_text(Path(directory) / "levels", OWN))[1]
    latches = cells.pop("$_DLATCH_P_", 0)
    unknown = sorted(set(cells) - set(CELLS))
    if unknown:
        raise UsageError(f"{module} has cells without a weight: {', '.join(unknown)}")
    named = {name: cells[cell] for cell, (name, _) in CELLS.items() if cell in cells}
    return {
        "parameters": parameters(module),
        "cells": named,
        "flip_flops": named.get("DFF", 0),
        "latches": latches,
        "levels": int(levels),
        "nand2_equivalents": round(sum(WEIGHTS[name] * n for name, n in named.items())),
    }


def timed(module, files, values=""):
    """The longest path, from registers and inputs to registers and outputs, in the library."""
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        (where / "constraints").write_text(f"set_driving_cell {DRIVER}\nset_load {LOAD_FF}\n")
        chosen = " ".join(f"-chparam {value.replace('=', ' ')}" for value in values.split())
        run = yosys(["-q", "-p", "; ".join([
            f"read_verilog -sv {' '.join(files)}",
            f"hierarchy -check -top {module} {chosen}",
            f"synth -flatten -top {module}",
            f"dfflibmap -liberty {LIBERTY}",
            f"abc -liberty {LIBERTY} -constr {where}/constraints",
            "opt_clean -purge",
            "rename -top timed",
            f"tee -q -o {where}/stat stat -liberty {LIBERTY}",
            f"write_verilog -noattr -noexpr -simple-lhs {where}/netlist.v"])])
        if run.returncode != 0:
            raise UsageError(f"yosys refuses {module}: {run.stderr.strip() or run.stdout.strip()}")
        area = re.search(r"Chip area .*: ([0-9.]+)", read_text(where / "stat", OWN))[1]
        (where / "sta.tcl").write_text("\n".join([
            f"read_liberty {LIBERTY}", f"read_verilog {where}/netlist.v", "link_design timed",
            f"create_clock -name clk -period {PERIOD_NS} [get_ports clk]",
            "set_input_delay 0 -clock clk [all_inputs]",
            "set_output_delay 0 -clock clk [all_outputs]",
            f"set_driving_cell -lib_cell {DRIVER} [all_inputs]",
            f"set_load {LOAD_FF / 1000} [all_outputs]",
            "report_checks -path_delay max -format full -digits 3", "exit"]))
        said = subprocess.run(["sta", "-no_splash", "-exit", where / "sta.tcl"], text=True,
                              capture_output=True)
    slack = re.search(r"([0-9.]+)   slack \(MET\)", said.stdout)
    if not slack:
        raise UsageError(f"sta finds no path of {module}: {said.stderr or said.stdout}")
    nanoseconds = PERIOD_NS - float(slack[1])
    return {
        "module": module,
        "parameters": values,
        "area_um2": round(float(area)),
        "levels": len(re.findall(r" \S+/Y\w? \(", said.stdout)),
        "path_ns": round(nanoseconds, 2),
        "mhz": round(1000 / nanoseconds),
    }


def timings(pool):
    """Of all that are timed, as they become ready."""
    twins = [(module, sources(module), values) for module in rtl.table().modules
             for values in ("", *WIDTHS.get(module, ()))]
    examples = [(module, [str(file)], "") for module, file in EXAMPLES.items()]
    return pool.map(lambda each: timed(*each), twins + examples)


def contained():
    """What holds what, in lines as long as the page's others."""
    sentences = [f"`{module.name}` contains "
                 + " and ".join(f"`{each}`" for each in module.instantiates) + "."
                 for module in rtl.table().modules.values() if module.instantiates]
    sentences.append("The exponent table is made of flip-flops, 16 for each of its 2^CODE_BITS "
                     "entries.")
    return textwrap.wrap(" ".join(sentences), PAGE_WIDTH, break_long_words=False)


def page(counts):
    modules = counts["modules"]
    lines = [
        "# Cells of the RTL twins",
        "",
        "Made by `scripts/cell_counts` from [cell_counts.json](cell_counts.json); do not edit.",
        "",
        "Each twin with the default values of its parameters, flattened, synthesised with yosys "
        f"{counts['yosys']}: `synth`,",
        "then `abc` with the gates below. Enables and synchronous resets are gates in front of "
        "plain D flip-flops.",
        *contained(),
        "",
        "| module | parameters | NAND2 equivalents | flip-flops | latches | levels |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for module, result in modules.items():
        values = ", ".join(f"{name} {value}" for name, value in result["parameters"].items())
        lines.append(f"| `{module}` | {values} | {result['nand2_equivalents']} | "
                     f"{result['flip_flops']} | {result['latches']} | {result['levels']} |")
    lines += [
        "",
        "Cells by type. Weight: area of the X1 cell in the Nangate 45 nm Open Cell Library over "
        "that of NAND2_X1 (0.798 um²).",
        "An area model multiplies the NAND2 equivalents by the area of a NAND2 of its technology; "
        "wiring, clock tree and",
        "utilisation are not in them.",
        "",
        "| cell | weight | " + " | ".join(f"`{module}`" for module in modules) + " |",
        "|---|---:|" + "---:|" * len(modules),
    ]
    for name, weight in counts["weights"].items():
        numbers = " | ".join(str(result["cells"].get(name, 0)) for result in modules.values())
        lines.append(f"| {name} | {weight} | {numbers} |")
    return "\n".join([*lines, *timing_section(counts["timing"])]) + "\n"


def timing_section(timing):
    lines = [
        "",
        "## At which clock they close",
        "",
        *textwrap.wrap(
            f"{timing['library']}, {timing['corner']}; mapped by yosys {timing['yosys']} (`synth`, "
            "`dfflibmap`, `abc -liberty` with its own script), timed by OpenSTA "
            f"{timing['sta']}. The path is the longest of all, setup of the register at its end "
            "included: from registers and inputs, which come with the clock's edge, to registers "
            "and outputs, which are wanted at the next one. No wires: their load and delay are 0, "
            "and the clock is ideal. Levels are the cells of that path, buffers included. Where no "
            "parameter is named they have their default values.", PAGE_WIDTH,
            break_long_words=False, break_on_hyphens=False),
        "",
        "| module | parameters | area, um² | levels | longest path, ns | closes at, MHz |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for each in timing["modules"]:
        lines.append(f"| `{each['module']}` | {each['parameters'] or 'default'} | "
                     f"{each['area_um2']} | {each['levels']} | {each['path_ns']:.2f} | "
                     f"{each['mhz']} |")
    return lines


def expect_tools():
    for program, package in NEEDED.items():
        if not shutil.which(program):
            raise UsageError(f"{program} is not installed (package {package}; scripts/setup "
                             "--heavy)")
    if not LIBERTY.exists():
        raise UsageError(f"{LIBERTY} is not there (package qflow-tech-osu018; scripts/setup "
                         "--heavy)")


def main():
    parser = Parser(prog="cell_counts", description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true",
                        help="exit 1 if a fresh run differs from the files")
    check = parser.parse_args().check
    expect_tools()
    version = yosys(["-V"]).stdout.split()[1]
    sta = subprocess.run(["sta", "-version"], capture_output=True, text=True).stdout.strip()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        times = timings(pool)
        cells = dict(zip(rtl.table().modules, pool.map(count, rtl.table().modules)))
    counts = {
        "yosys": version,
        "weights": {name: round(float(weight), 3) for name, weight in WEIGHTS.items()},
        "modules": cells,
        "timing": {
            "library": LIBRARY, "corner": CORNER, "yosys": version, "sta": sta,
            "modules": list(times),
        },
    }
    files = {PAGES / "cell_counts.json": json.dumps(counts, indent=2) + "\n",
             PAGES / "README.md": page(counts)}
    stale = [str(file.relative_to(HOME)) for file, text in files.items()
             if not file.exists() or read_text(file, OWN) != text]
    if check and stale:
        print(f"cell_counts: {' and '.join(stale)} differ from a run with yosys {counts['yosys']}; "
              "scripts/cell_counts writes them", file=sys.stderr)
        return DIFFERENT
    if not check:
        for file, text in files.items():
            write_file(file, text)
    return 0
