# SPDX-License-Identifier: Apache-2.0
"""Drives a block's RTL by itself with test vectors, in a simulator (docs/vectors.md): the block's
testbench is data/rtl/testbenches/<block>_vectors_tb.sv."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from topkima import places, rtl
from topkima.errors import SimulationError, UsageError
from topkima.files import VECTORS
from topkima.shapes import read_shaped
from topkima.vectors import INDEX

TESTBENCHES = places.HOME / "data" / "rtl" / "testbenches"
# These few cycles are simulated faster than an optimiser would run.
UNOPTIMISED = "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"


@dataclass(frozen=True)
class Driven:
    """RTL with a block's pins. The block's twin stands for what is not said."""
    top: str = ""
    sources: tuple = ()
    options: tuple = ()     # -I and -D of the simulator
    parameters: str = ""    # "NAME=N ..." as registered; those that vectors do not name count


def icarus(work: Path, bench: str, arguments: list) -> list:
    """Compiles the testbench `bench`; returns the command that runs it."""
    program = work / "simulation"
    compile_with(["iverilog", "-g2012", "-o", program, "-s", bench, "-Y", ".sv", *arguments])
    return ["vvp", "-n", program]


def verilator(work: Path, bench: str, arguments: list) -> list:
    """The same; registers and X are random bits."""
    compile_with(["verilator", "--binary", "--timing", "-j", "2", "-Wno-fatal", "-Wno-WIDTH",
                  "--x-assign", "unique", "--x-initial", "unique", "-MAKEFLAGS", UNOPTIMISED,
                  "--Mdir", work, "--top-module", bench, *arguments])
    return [work / f"V{bench}", "+verilator+rand+reset+2"]


SIMULATORS = {"icarus": icarus, "verilator": verilator}
COMPILERS = {"icarus": "iverilog", "verilator": "verilator"}


def compile_with(command: list):
    """SimulationError: it does not compile, after all that was said."""
    done = subprocess.run(list(map(str, command)), check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="backslashreplace",
                          env={"OBJCACHE": shutil.which("ccache") or "", **os.environ})
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise SimulationError(f"{command[0]} does not take it")


def expect_simulator(simulator: str):
    """UsageError: it is not installed."""
    if not shutil.which(COMPILERS[simulator]):
        raise UsageError(f"{COMPILERS[simulator]} is not installed; Debian's package is called so")


def testbenches() -> dict:
    """By block."""
    return {path.name.removesuffix("_vectors_tb.sv"): path
            for path in sorted(TESTBENCHES.glob("*_vectors_tb.sv"))}


def testbench(block: str) -> Path:
    """UsageError: the block has none."""
    if block not in testbenches():
        raise UsageError(f"block {block} has no testbench that takes test vectors; "
                         f"{', '.join(testbenches())} have")
    return testbenches()[block]


def beside(index: dict, driven: Driven) -> dict:
    """Parameters of the RTL beside those that vectors name. The twin of a shift-and-add gets as
    many lanes as take the cycles that are expected."""
    given = dict(word.split("=") for word in driven.parameters.split())
    cycles = (index.get("timing") or {}).get("av.shift_add_cycles")
    columns = index["parameters"].get("D_K")
    if cycles and columns and driven.top in ("", rtl.table().blocks[index["block"]].top):
        given["LANES"] = -(-columns // cycles)
    return {name: value for name, value in given.items() if name not in index["parameters"]}


def drive(vectors: Path, driven: Driven, simulator: str, compare: str):
    """Whether the RTL does what the vectors of a directory say, and what the simulator said.
    `compare`: "values" alone, or "cycles" too."""
    index = read_shaped(vectors / "index.json", VECTORS, INDEX, "index")
    block = index["block"]
    bench = testbench(block)
    names = rtl.table().modules.values()
    arguments = [
        f"-DTOPKIMA_TOP={driven.top or rtl.table().blocks[block].top}",
        *(f"-DTOPKIMA_{name}={value}" for name, value in beside(index, driven).items()),
        f"-I{TESTBENCHES}", *driven.options,
        *(word for folder in sorted({each.file.parent for each in names})
          for word in ("-y", folder)),
        vectors / f"{block}_vectors_pkg.sv", *driven.sources, bench]
    with tempfile.TemporaryDirectory(prefix="topkima-driven-") as work:
        command = SIMULATORS[simulator](Path(work), bench.stem, arguments)
        done = subprocess.run([*map(str, command), f"+vectors={vectors}", f"+compare={compare}"],
                              check=False, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              errors="backslashreplace")
    return done.returncode == 0, done.stdout.strip()
