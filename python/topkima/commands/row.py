# SPDX-License-Identifier: Apache-2.0
"""Tells everything about one row of an earlier run: its times in every stage, what it waited for,
scores, codes and probabilities of its winners, and why other tokens were not selected.

The run is simulated once more, from its effective.ini; its report must come out the same.
"""

import contextlib
from pathlib import Path

from topkima import places
from topkima.commands.parser import Parser
from topkima.commands.simulation import temporary_results
from topkima.errors import DataError, SimulationError, UsageError
from topkima.exploration.reports import changed_between, read_run, words_to_repeat
from topkima.files import REPORT, read_bytes
from topkima.tool import LIBRARIES, Batch, call


def newest_results():
    """The result directory that was written last, in results/ or here."""
    found = [run.parent for run in (*places.WORK.glob("results/*/run.json"),
                                    *Path().glob("topkima-results/run.json"))]
    if not found:
        raise UsageError("no results under results/; name a result directory")
    return max(found, key=lambda directory: (directory / "run.json").stat().st_mtime)


def parse_options():
    parser = Parser(
        prog="row", description=__doc__,
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


def can_be_repeated(tool: Path, words: list) -> bool:
    """Whether the tool takes what the results say, whatever is asked of the row."""
    with contextlib.closing(Batch(tool, *words)) as batch:
        return batch.ask({"resolve": True})["exit"] == 0


def main():
    options = parse_options()
    results = options.results or newest_results()
    run = read_run(results)
    report = read_bytes(results / "report.json", REPORT)
    with temporary_results() as place:
        again = Path(place) / "again"
        repeated = words_to_repeat(results, run)
        if options.libraries is not None:
            repeated.append(f"--{LIBRARIES}={options.libraries}")
        asked = [f"--{name}={value}" for name, value in (
            ("row", options.id), ("layer", options.layer), ("token", options.token))
            if value is not None]
        tool = places.tool(run["tool"])
        try:
            done = call([tool, "--quiet", *repeated, f"--output={again}", *asked])
        except UsageError as error:
            if can_be_repeated(tool, repeated):
                raise
            raise DataError(str(error)) from error
        if read_bytes(again / "report.json", REPORT) != report:
            raise SimulationError(f"{results}: the run gives another report now; "
                                  f"{changed_between(results, again)} since")
    print(f"{results}:{done.stdout}", end="")
    return 0
