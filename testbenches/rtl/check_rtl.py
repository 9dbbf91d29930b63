#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the RTL that ships: lint and simulation with verilator, synthesis with yosys. The twins
and what they are checked with stand in data/rtl/blocks.json; the examples are those that a build
has registered.

check_rtl.py lint | synthesis BUILD
check_rtl.py simulation TESTBENCH DIRECTORY BUILD [NAME=VALUE ...]
check_rtl.py forgotten DIRECTORY
"""

import subprocess
import sys
from pathlib import Path

from topkima import rtl
from topkima.driving import UNOPTIMISED
from topkima.errors import TopkimaError
from topkima.places import HOME
from forgotten import UNNEEDED, forgotten_registers

COUNTER = rtl.table().modules["topk_counter"]
# The examples' modules: what they are linted with; those that are a library's top are synthesised.
EXAMPLES = {
    "two_grant_arbiter": {"corners": COUNTER.corners, "small": COUNTER.small},
    "row_fifo": {"corners": ("ROWS=1 SUB_K=1", "ROWS=3 SUB_K=5"), "small": "ROWS=3 SUB_K=2"},
    "softmax_macro": {
        "corners": ("CROSSBARS=1 COLUMNS=1 SUB_K=1 CODE_BITS=1 PROB_BITS=1 ROWS=1",
                    "CROSSBARS=3 COLUMNS=5 SUB_K=3 ROWS=3",
                    "CROSSBARS=8 COLUMNS=1024 SUB_K=32 CODE_BITS=12"),
        "small": "COLUMNS=16 SUB_K=2 CODE_BITS=3 ROWS=3"},
}


def modules_of_examples(build):
    """Those that examples bring themselves, with all files that each may need."""
    twins = {module.file for module in rtl.table().modules.values()}
    found = {source.stem: (source, each.sources) for each in rtl.examples(build)
             for source in each.sources if source not in twins}
    rtl.expect_all("check_rtl.py, EXAMPLES", EXAMPLES, found)
    return found


def checked(build):
    """Each module that ships: its file, the files that it needs, corners, and a small set."""
    table = rtl.table()
    for module in table.modules.values():
        yield module.file, table.sources(module.name), module.corners, module.small
    for name, (file, sources) in modules_of_examples(build).items():
        yield file, sources, EXAMPLES[name]["corners"], EXAMPLES[name]["small"]


def folders(build):
    """Where verilator finds modules by name."""
    return sorted({file.parent for _, sources, *_ in checked(build) for file in sources})


def run(command, directory=HOME):
    """Its output; ends the check when it fails or complains."""
    result = subprocess.run([str(word) for word in command], cwd=directory, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0 or "warning" in result.stdout.lower():
        sys.exit(f"{' '.join(str(word) for word in command)}\n{result.stdout}")
    return result.stdout


def lint(build):
    """With the parameters that a module has by itself, and at its corners."""
    includes = [f"-I{folder}" for folder in folders(build)]
    for file, _, corners, _ in checked(build):
        for parameters in ("", *corners):
            for assertions in ([], ["-DTOPKIMA_ASSERT", "--assert"]):
                run(["verilator", "--lint-only", "-Wall", *assertions, *includes,
                     *[f"-G{value}" for value in parameters.split()], file])


def synthesis(build):
    """No module has latches."""
    for file, sources, _, small in checked(build):
        values = " ".join(f"-chparam {value.replace('=', ' ')}" for value in small.split())
        run(["yosys", "-q", "-p",
             f"read_verilog -sv {' '.join(str(source) for source in sources)}; "
             f"hierarchy -check -top {file.stem} {values}; synth -flatten; "
             "check -assert; select -assert-none t:$dlatch* t:$_DLATCH* t:$sr t:$_SR_*"])


HERE = HOME / "testbenches/rtl"
# Parameters with which resets that forget are looked for, where not the first of the table's: what
# is left in many stages of division lasts until the next row comes.
FORGOTTEN = {"softmax_tb": "WINNERS=2 CODE_BITS=1 PROB_BITS=8"}


def simulation(testbench, directory, build, *parameters):
    """Random stimuli with three seeds, assertions on."""
    includes = [f"-I{folder}" for folder in [HERE, *folders(build)]]
    run(["verilator", "--binary", "--assert", "-DTOPKIMA_ASSERT", "--x-initial", "unique",
         "--Mdir", directory, "--top", testbench, *includes,
         *[f"-G{value}" for value in parameters], HERE / f"{testbench}.sv"])
    for seed in (1, 2, 3):
        print(run([Path(directory) / f"V{testbench}", f"+verilator+seed+{seed}",
                   "+verilator+rand+reset+2"]), end="")


def forgotten(directory):
    """A register that reset forgets, and that starts with what reset would give it, is found by
    the random resets of the block's testbench."""
    missed = [each.name for each in forgotten_registers()
              if each.name not in UNNEEDED and not resets_find(each, Path(directory) / each.name)]
    if missed:
        sys.exit(f"no testbench finds that reset forgets {', '.join(missed)}")


def resets_find(each, place) -> bool:
    table = rtl.table()
    block = next(block for block in table.blocks.values() if block.top and
                 table.modules[each.module].file in table.sources(block.top))
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{each.module}.sv").write_text(each.text_that_starts_right, encoding="utf-8")
    twins = sorted({module.file.parent for module in table.modules.values()})
    includes = [f"-I{folder}" for folder in [place, HERE, *twins]]
    top = block.testbench
    values = FORGOTTEN.get(top, block.testbench_parameters[0])
    parameters = [f"-G{value}" for value in values.split()]
    run(["verilator", "--binary", "-Wno-lint", "-MAKEFLAGS", UNOPTIMISED, "--Mdir",
         place / "made", "--top", top, *includes, *parameters, HERE / f"{top}.sv"])
    done = subprocess.run([place / "made" / f"V{top}", "+verilator+seed+1"], check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"{each.name}: {done.stdout.strip().splitlines()[0]}", flush=True)
    return done.returncode != 0 and "expected" in done.stdout


def main(what, *arguments):
    try:
        if what == "simulation":
            testbench, directory, build, *parameters = arguments
            simulation(testbench, directory, Path(build), *parameters)
        else:
            {"lint": lint, "synthesis": synthesis, "forgotten": forgotten}[what](Path(*arguments))
    except TopkimaError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
