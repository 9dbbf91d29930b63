# SPDX-License-Identifier: Apache-2.0
"""Tells everything about one row of an earlier run: its times in every stage, what it waited for,
scores, codes and probabilities of its winners, and why other tokens were not selected.

The run is simulated once more, from its effective.ini; its report must come out the same.
"""

import argparse
from pathlib import Path

from topkima import places
from topkima.commands.simulation import temporary_results
from topkima.errors import DataError, SimulationError, UsageError
from topkima.exploration.reports import changed_between, read_run, words_to_repeat
from topkima.tool import LIBRARIES, call


def newest_results():
    """The result directory that was written last, in results/ or here."""
    found = [run.parent for run in (*places.WORK.glob("results/*/run.json"),
                                    *Path().glob("topkima-results/run.json"))]
    if not found:
        raise UsageError("no results under results/; name a result directory")
    return max(found, key=lambda directory: (directory / "run.json").stat().st_mtime)


def parse_options():
    parser = argparse.ArgumentParser(
        prog="row", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 done, 2 bad usage, 3 no such results, 4 the run cannot be repeated.")
    parser.add_argument("id", metavar="ID", help="a row: its id, "
                        "(sequence * heads + head) * rows + row, "
                                                 "or HEAD:ROW, or SEQUENCE:HEAD:ROW; several "
                                                 "separated by commas")
    parser.add_argument("results", nargs="?", type=Path, metavar="RESULTS",
                        help="result directory of a run (default: the newest under results/)")
    parser.add_argument("--layer", metavar="N",
                        help="of a whole encoder: of which layer's attention module (default 0)")
    parser.add_argument("--token", metavar="N",
                        help="say of this token whether it was selected, and why")
    parser.add_argument(f"--{LIBRARIES}", dest="libraries", metavar="DIR",
                        help="of a run with it: where its RTL libraries lie, which are loaded; "
                             "results do not say so themselves")
    return parser.parse_args()


def main():
    options = parse_options()
    results = options.results or newest_results()
    run = read_run(results)
    try:
        report = (results / "report.json").read_bytes()
    except OSError as error:
        raise DataError(f"{results}: not the results of a run: report.json: {error.strerror}"
                        ) from error
    with temporary_results() as place:
        again = Path(place) / "again"
        command = [places.tool(run["tool"]), "--quiet", *words_to_repeat(results, run),
                   f"--output={again}", f"--row={options.id}"]
        if options.layer is not None:
            command.append(f"--layer={options.layer}")
        if options.token is not None:
            command.append(f"--token={options.token}")
        if options.libraries is not None:
            command.append(f"--{LIBRARIES}={options.libraries}")
        done = call(command)
        if (again / "report.json").read_bytes() != report:
            raise SimulationError(f"{results}: the run gives another report now; "
                                  f"{changed_between(results, again)} since")
    print(f"{results}:{done.stdout}", end="")
    return 0
