# SPDX-License-Identifier: Apache-2.0
"""Simulates every published figure of Topkima-Former on the fixed reference configuration and
writes docs/results/: tables, plots and the page that explains them.

Nothing is fitted: a deviation is shown with the assumed constants that it hangs on.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from topkima.errors import UsageError
from topkima.files import write_file
from topkima.places import HOME
from topkima.reproduction import figures, page, sensitivity, tables

RESULTS = HOME / "docs" / "results"


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
    results = tables.Results(data)
    return {**{f"data/{name}.csv": text for name, text in data.items()},
            **figures.all_figures(results), **page.all_pages(results)}


def kept(name: str) -> str:
    path = RESULTS / "data" / f"{name}.csv"
    if not path.exists():
        raise UsageError(f"{path} is not there: run scripts/reproduce first, without names")
    return path.read_text(encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="reproduce", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="*", help=f"simulate only these of {', '.join(tables.NAMES)}; "
                                                 "the others' tables are taken as they are")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit with 1 if anything is different")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR",
                        help="instead of docs/results")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N")
    options = parser.parse_args()
    for name in options.study:
        if name not in tables.NAMES:
            parser.error(f"there is no study {name}")
    chosen = [name for name in tables.NAMES if not options.study or name in options.study]
    fresh = simulated(chosen, options.workers)
    files = written({name: fresh.get(name) or kept(name) for name in tables.NAMES})
    if options.check:
        different = [name for name, text in files.items()
                     if not (RESULTS / name).exists()
                     or (RESULTS / name).read_text(encoding="utf-8") != text]
        if different:
            print(f"reproduce: not what the model gives now: {', '.join(different)}", file=sys.stderr)
        return 1 if different else 0
    for name, text in files.items():
        write_file(options.output / name, text)
    print(page.summary(tables.Results({name: files[f"data/{name}.csv"] for name in tables.NAMES})))
    print(f"report         {options.output}/README.md")
    return 0

