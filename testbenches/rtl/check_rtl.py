#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the RTL: lint with verilator, synthesis with yosys, simulation with verilator.

check_rtl.py lint | synthesis | simulation TESTBENCH DIRECTORY [NAME=VALUE ...]
"""

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent
FOLDERS = ["modules/ima/rtl", "modules/topk/rtl", "modules/softmax/rtl", "examples/two_grants",
           "examples/softmax_macro"]
COUNTER = ["", "COLUMNS=1 CODE_BITS=1", "COLUMNS=13 CODE_BITS=2", "COLUMNS=1024 CODE_BITS=12"]
SOFTMAX = ["", "WINNERS=1 CODE_BITS=1 PROB_BITS=1", "WINNERS=5 TOKEN_BITS=7 PROB_BITS=3",
           "WINNERS=64 CODE_BITS=12 PROB_BITS=8"]

LINT = {
    "modules/ima/rtl/ramp_controller": ["", "CODE_BITS=1", "CODE_BITS=12"],
    "modules/topk/rtl/topk_counter": COUNTER,
    "modules/topk/rtl/topk_union": [
        "", "CROSSBARS=1 SUB_K=1", "CROSSBARS=3 SUB_K=5 COLUMN_BITS=1 CODE_BITS=1",
        "CROSSBARS=8 SUB_K=32 COLUMN_BITS=10 CODE_BITS=12 TOKEN_BITS=14"],
    "modules/softmax/rtl/softmax_unit": SOFTMAX,
    "modules/softmax/rtl/exponent_unit": [""],
    "modules/softmax/rtl/divider_unit": [""],
    "examples/two_grants/two_grant_arbiter": COUNTER,
    "examples/softmax_macro/row_fifo": ["", "ROWS=1 SUB_K=1", "ROWS=3 SUB_K=5"],
    "examples/softmax_macro/softmax_macro": [
        "", "CROSSBARS=1 COLUMNS=1 SUB_K=1 CODE_BITS=1 PROB_BITS=1 ROWS=1",
        "CROSSBARS=3 COLUMNS=5 SUB_K=3 ROWS=3", "CROSSBARS=8 COLUMNS=1024 SUB_K=32 CODE_BITS=12"],
}

HALVES = ["modules/softmax/rtl/exponent_unit", "modules/softmax/rtl/divider_unit"]
SYNTHESIS = {  # parameters; what else is instantiated
    "modules/ima/rtl/ramp_controller": ("", []),
    "modules/topk/rtl/topk_counter": ("COLUMNS=33", []),
    "modules/topk/rtl/topk_union": ("CROSSBARS=3 SUB_K=3", []),
    "modules/softmax/rtl/softmax_unit": ("WINNERS=3 CODE_BITS=3", HALVES),
    "examples/two_grants/two_grant_arbiter": ("COLUMNS=33", []),
    "examples/softmax_macro/softmax_macro": (
        "COLUMNS=16 SUB_K=2 CODE_BITS=3 ROWS=3",
        ["examples/softmax_macro/row_fifo", "modules/topk/rtl/topk_counter",
         "modules/topk/rtl/topk_union", "modules/softmax/rtl/softmax_unit", *HALVES]),
}


def run(command, directory=HOME):
    """Its output; ends the check when it fails or complains."""
    result = subprocess.run([str(word) for word in command], cwd=directory, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0 or "warning" in result.stdout.lower():
        sys.exit(f"{' '.join(str(word) for word in command)}\n{result.stdout}")
    return result.stdout


def lint():
    includes = [f"-I{folder}" for folder in FOLDERS]
    for module, sets in LINT.items():
        for parameters in sets:
            for assertions in ([], ["-DTOPKIMA_ASSERT", "--assert"]):
                run(["verilator", "--lint-only", "-Wall", *assertions, *includes,
                     *[f"-G{value}" for value in parameters.split()], f"{module}.sv"])


def synthesis():
    for module, (parameters, others) in SYNTHESIS.items():
        files = " ".join(f"{name}.sv" for name in [module, *others])
        values = " ".join(f"-chparam {value.replace('=', ' ')}" for value in parameters.split())
        name = Path(module).name
        run(["yosys", "-q", "-p",
             f"read_verilog -sv {files}; hierarchy -check -top {name} {values}; synth -flatten; "
             "check -assert; select -assert-none t:$dlatch* t:$_DLATCH* t:$sr t:$_SR_*"])


def simulation(testbench, directory, *parameters):
    """Random stimuli with three seeds, assertions on."""
    includes = [f"-I{HOME / folder}" for folder in ["testbenches/rtl", *FOLDERS]]
    run(["verilator", "--binary", "--assert", "-DTOPKIMA_ASSERT", "--x-initial", "unique",
         "--Mdir", directory, "--top", testbench, *includes,
         *[f"-G{value}" for value in parameters], HOME / "testbenches/rtl" / f"{testbench}.sv"])
    for seed in (1, 2, 3):
        print(run([Path(directory) / f"V{testbench}", f"+verilator+seed+{seed}",
                   "+verilator+rand+reset+2"]), end="")


if __name__ == "__main__":
    {"lint": lint, "synthesis": synthesis, "simulation": simulation}[sys.argv[1]](*sys.argv[2:])
