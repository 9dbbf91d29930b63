# SPDX-License-Identifier: Apache-2.0
"""Writes stimulus and expected results of blocks, from a run of the model, for testbenches of your
own: $readmemh files, an index and a SystemVerilog package (docs/vectors.md).

Builds topkima-soc first. What follows -- goes to the tool: machine, head, rows, other RTL.
"""

import subprocess
from pathlib import Path

from topkima import rtl
from topkima.commands.parser import Parser
from topkima.commands.simulation import add_simulation_options, simulator, temporary_results


def parse_options():
    parser = Parser(
        prog="vectors", description=__doc__,
        epilog="example: scripts/vectors --block topk,softmax --output vectors -- "
               "--vectors.head=2 --topk.k=8\n"
               "Exit status: 0 done, 2 bad usage, else that of the tool.")
    parser.add_argument("--block", metavar="NAME,...",
                        help=f"{', '.join(rtl.table().single)} (default: all that the machine has "
                             "in a head)")
    parser.add_argument("--output", required=True, metavar="DIR",
                        help="gets a directory per block")
    add_simulation_options(parser, "topkima-soc")
    return parser.parse_args()


def main():
    options = parse_options()
    tool = simulator(options, "topkima-soc")
    with temporary_results() as place:
        named = ["--vectors.block", options.block] if options.block else []
        command = [tool, "--quiet", "--input", options.input,
                   "--output", Path(place) / "results", "--vectors", options.output,
                   *named, *options.rest]
        return subprocess.run(command, check=False).returncode
