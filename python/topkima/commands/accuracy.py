# SPDX-License-Identifier: Apache-2.0
"""Measures what the hardware costs in accuracy, next to latency and energy: trains the networks
that are not there yet, runs them on the modelled hardware, and writes tables, plots and a page
into docs/results/.

What is interrupted goes on where it stopped, when the same command is given again.
"""

import os
from pathlib import Path

from topkima.commands.parser import Parser, ranged
from topkima.errors import Interrupted
from topkima.evaluation import figures, networks, page, studies, tables
from topkima.places import WORK
from topkima.study_report.committed import checked, tables_in, write

RESULTS = WORK / "docs" / "results"
REMEDY = "run scripts/accuracy first, without --page"


def options_of(arguments=None):
    parser = Parser(prog="accuracy", description=__doc__)
    parser.add_argument("--small", action="store_true",
                        help="networks and studies of seconds, to see that everything works")
    parser.add_argument("--place", type=Path, metavar="DIR",
                        help="where networks and studies lie (default: build/accuracy, with "
                             "--small build/accuracy-small)")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="where results go (default: docs/results, with --small the place's "
                             "own results)")
    parser.add_argument("--workers", type=ranged(int, 1), default=os.cpu_count(), metavar="N",
                        help="simulations and trainings at once (default: %(default)s)")
    parser.add_argument("--train-only", action="store_true", help="no study")
    parser.add_argument("--train", action="append", default=[], metavar="OPTION",
                        help="further option of every training, as --train=--device=cuda")
    parser.add_argument("--page", action="store_true",
                        help="only plots and page, of the tables that are there")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit with 1 if plots or page are not those of the "
                             "tables")
    options = parser.parse_args(arguments)
    build = WORK / "build"
    options.place = options.place or build / ("accuracy-small" if options.small else "accuracy")
    options.output = options.output or (options.place / "results" if options.small else RESULTS)
    return options


def measured(options) -> dict:
    """Texts of the tables, by name."""
    size, levels = ((networks.SMALL, studies.SMALL) if options.small
                    else (networks.FULL, studies.FULL))
    wanted = networks.networks(size)
    networks.train(wanted, options.place, options.workers, tuple(options.train))
    if options.train_only:
        return {}
    data = {"accuracy_networks": tables.networks_table(wanted, options.place)}
    files = studies.texts(size, levels, options.place.resolve())
    for number, (name, text) in enumerate(files.items(), 1):
        print(f"study {number} of {len(files)}: {name}", flush=True)
        data[name] = studies.run(name, text, options.place / "studies", options.workers)
    return data


def written(data: dict, small: bool) -> dict:
    """Every file that follows from the tables, by its name."""
    results = tables.Results(data)
    return {**figures.all_figures(results), "accuracy.md": page.text(results, small)}


def main() -> int:
    options = options_of()
    try:
        kept = options.page or options.check
        data = tables_in(options.output, tables.NAMES, REMEDY) if kept else measured(options)
    except Interrupted as error:
        error.args = ("interrupted; the same command goes on",)
        raise
    if options.train_only:
        return 0
    files = written(data, options.small)
    if options.check:
        return checked("accuracy", options.output, files, "the tables give")
    if not options.page:
        files.update({f"data/{name}.csv": text for name, text in data.items()})
    write(options.output, files)
    print(f"results: {options.output}/accuracy.md", flush=True)
    return 0
