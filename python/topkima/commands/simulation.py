# SPDX-License-Identifier: Apache-2.0
"""What the commands that simulate share."""

import subprocess
import sys
import tempfile

from topkima import places


def temporary_results():
    """A directory, for `with`, for results that are not kept."""
    return tempfile.TemporaryDirectory(prefix="topkima-results-")


def add_simulation_options(parser, building):
    """--input, --tool in place of `building` something, and what follows --, as `rest`."""
    parser.add_argument("--input", metavar="DIR", default=places.data("workloads", "digits"),
                        help="tensors to work on (default: the shipped digits)")
    parser.add_argument("--tool", metavar="PATH",
                        help=f"a built tool to run, in place of building {building}")
    parser.add_argument("rest", nargs="*", metavar="-- OPTION", help="further options of the tool")


def simulator(options, *targets):
    """The tool that `options` name, or topkima-soc after these targets have been built."""
    if options.tool:
        return options.tool
    if places.IS_SOURCE:
        built = subprocess.run([places.HOME / "scripts" / "setup", *targets], check=False,
                               stdout=sys.stderr)
        if built.returncode != 0:
            sys.exit(built.returncode)
    return places.tool("topkima-soc")
