# SPDX-License-Identifier: Apache-2.0
"""Simulates every published figure of Topkima-Former on the fixed reference configuration and
writes docs/results/: tables, plots and the page that explains them.

Nothing is fitted: a deviation is shown with the assumed constants that it hangs on.
"""

import os
import tempfile
from pathlib import Path

from topkima.commands.parser import Parser, ranged
from topkima.places import WORK
from topkima.reproduction import figures, page, sensitivity, tables
from topkima.study_report.committed import checked, tables_in, write

RESULTS = WORK / "docs" / "results"
REMEDY = "run scripts/reproduce first, without names"


def simulated(names, workers: int) -> dict:
    """Texts of the tables of these studies, by name."""
    texts = {}
    with tempfile.TemporaryDirectory(prefix="topkima-reproduce-") as place:
        for number, name in enumerate(names, 1):
            print(f"study {number} of {len(names)}: {name}", flush=True)
            study = tables.study_of(name)
            if study is None:
                study = sensitivity.write_study(name, Path(place))
            texts[name] = tables.run(study, Path(place) / name, workers)
    return texts


def written(data: dict) -> dict:
    """Every file that follows from the tables, by its name under docs/results."""
    results = tables.results(data)
    return {**{f"data/{name}.csv": text for name, text in data.items()},
            **figures.all_figures(results), **page.all_pages(results)}


def main() -> int:
    parser = Parser(prog="reproduce", description=__doc__)
    parser.add_argument("study", nargs="*",
                        help=f"simulate only these of {', '.join(tables.NAMES)}; "
                             "the others' tables are taken as they are")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit with 1 if anything is different")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR",
                        help="instead of docs/results")
    parser.add_argument("--workers", type=ranged(int, 1), default=os.cpu_count(),
                        metavar="N")
    options = parser.parse_args()
    for name in options.study:
        if name not in tables.NAMES:
            parser.error(f"there is no study {name}")
    chosen = [name for name in tables.NAMES if not options.study or name in options.study]
    fresh = simulated(chosen, options.workers)
    data = tables_in(RESULTS, [name for name in tables.NAMES if name not in fresh], REMEDY)
    files = written({name: (fresh | data)[name] for name in tables.NAMES})
    if options.check:
        return checked("reproduce", RESULTS, files, "the model gives now")
    write(options.output, files)
    print(page.summary(tables.results({name: files[f"data/{name}.csv"] for name in tables.NAMES})))
    print(f"report         {options.output}/README.md")
    return 0
