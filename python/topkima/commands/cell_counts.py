# SPDX-License-Identifier: Apache-2.0
"""Synthesises the RTL twins with yosys and counts their cells: docs/rtl/cell_counts.json, and the
table in docs/rtl/README.md made from it.

Every twin has the default values of its parameters and is flattened. Enables and synchronous resets
become gates in front of plain D flip-flops, the logic becomes a few simple gates; each cell stands
for one of a standard-cell library. With --check nothing is written.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from fractions import Fraction
from pathlib import Path

from topkima import rtl
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
            f"tee -q -o {result} stat -json"])])
        if run.returncode != 0:
            raise UsageError(f"yosys refuses {module}: {run.stderr.strip() or run.stdout.strip()}")
        text = read_text(result, OWN)
        cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
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
        "nand2_equivalents": round(sum(WEIGHTS[name] * n for name, n in named.items())),
    }


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
        "| module | parameters | NAND2 equivalents | flip-flops | latches |",
        "|---|---|---:|---:|---:|",
    ]
    for module, result in modules.items():
        values = ", ".join(f"{name} {value}" for name, value in result["parameters"].items())
        lines.append(f"| `{module}` | {values} | {result['nand2_equivalents']} | "
                     f"{result['flip_flops']} | {result['latches']} |")
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
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="cell_counts", description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true",
                        help="exit 1 if a fresh run differs from the files")
    check = parser.parse_args().check
    if not shutil.which("yosys"):
        raise UsageError("yosys is not installed")
    counts = {
        "yosys": yosys(["-V"]).stdout.split()[1],
        "weights": {name: round(float(weight), 3) for name, weight in WEIGHTS.items()},
        "modules": {module: count(module) for module in rtl.table().modules},
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
