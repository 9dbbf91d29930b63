# SPDX-License-Identifier: Apache-2.0
"""Measures the cycles that RTL takes in the model's place and writes the timing parameters with
which the model alone takes the same, as a file for --config (docs/annotation.md). It measures with
a causal mask unless told otherwise, so that rows have different numbers of winners. Then runs RTL
and model, with that file, without the mask and compares.

Builds topkima-soc and the RTL first. What follows -- goes to all runs: machine, other RTL.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from topkima import rtl
from topkima.arrays import read_array
from topkima.commands.parser import Parser
from topkima.commands.simulation import add_simulation_options, simulator, temporary_results
from topkima.files import ARRAY, REPORT, read_json

DIFFERENT = 1


def parse_options():
    parser = Parser(
        prog="annotate", description=__doc__,
        epilog="example: scripts/annotate --topk two_grants --output two_grants.ini\n"
               "Exit status: 0 both runs take the same, 1 they do not, 2 bad usage, else that of "
               "the tool.")
    for block in rtl.table().in_heads.values():
        parser.add_argument(f"--{block.name}", metavar="NAME",
                            help=f"RTL of {block.what} to measure, as --model.{block.name}")
    parser.add_argument("--output", required=True, metavar="FILE.ini", help="the parameters")
    add_simulation_options(parser, "topkima-soc and the RTL")
    return parser.parse_args()


def run(*command):
    """What the command printed; ends with its exit status if that is not 0: it has told why."""
    done = subprocess.run([str(word) for word in command], check=False, stdout=subprocess.PIPE,
                          text=True, errors="surrogateescape")
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout


def main():
    options = parse_options()
    tool = simulator(options, "topkima-soc", "rtl")
    blocks = rtl.table().in_heads
    named = [f"--model.{block}={name}" for block in blocks if (name := getattr(options, block))]
    with temporary_results() as place:
        by_rtl, by_model = Path(place) / "rtl", Path(place) / "tlm"
        common = ("--quiet", "--input", options.input, *options.rest)
        given = any(str(word).startswith("--attention.causal") for word in options.rest)
        mask = [] if given else ["--attention.causal=true"]
        print(run(tool, *common, *mask, *named, "--output", Path(place) / "measured",
                  "--cosim.annotate", options.output), end="")
        run(tool, *common, *named, "--output", by_rtl)
        # The model stands where RTL that further options name would, too.
        models = [f"--model.{block}=tlm" for block in blocks]
        run(tool, *common, *models, "--config", options.output, "--output", by_model)
        latency = [read_json(result / "report.json", REPORT)["totals"]["latency_cycles"]
                   for result in (by_rtl, by_model)]
        cycles = [read_array(result / "convert_cycles.npy", ARRAY) for result in (by_rtl, by_model)]
    different = int(np.count_nonzero(cycles[0] != cycles[1]))
    print(f"latency         {latency[0]} cycles with the RTL, {latency[1]} with the model: "
          f"{'equal' if latency[0] == latency[1] else 'not equal'}")
    print("conversions     " + (f"all {cycles[0].size} equal" if different == 0 else
                                f"{different} of {cycles[0].size} differ in their cycles"))
    return 0 if latency[0] == latency[1] and different == 0 else DIFFERENT
