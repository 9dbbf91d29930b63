# SPDX-License-Identifier: Apache-2.0
"""How the commands find things, end, and run a simulator."""

import subprocess
import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
PLATFORMS = HOME / "build" / "platforms"    # the simulators, once built
DIGITS = HOME / "data" / "workloads" / "digits"


def name():
    """The command that runs."""
    return Path(sys.argv[0]).name


def fail(message, status=2):
    print(f"{name()}: {message}", file=sys.stderr)
    sys.exit(status)


def temporary_results():
    """A directory, for `with`, for results that are not kept."""
    return tempfile.TemporaryDirectory(prefix=f"topkima-{name()}-")


def add_simulation_options(parser, building):
    """--input, --tool in place of `building` something, and what follows --, as `rest`."""
    parser.add_argument("--input", default=DIGITS, metavar="DIR",
                        help="tensors to work on (default: the shipped digits)")
    parser.add_argument("--tool", metavar="PATH",
                        help=f"a built tool to run, in place of building {building}")
    parser.add_argument("rest", nargs="*", metavar="-- OPTION", help="further options of the tool")


def simulator(options, *targets):
    """The tool that `options` name, or topkima-soc after these targets have been built."""
    if options.tool:
        return options.tool
    built = subprocess.run([HOME / "scripts" / "setup", *targets], check=False, stdout=sys.stderr)
    if built.returncode != 0:
        sys.exit(built.returncode)
    return PLATFORMS / "topkima-soc"
