# SPDX-License-Identifier: Apache-2.0
"""Runs the shipped studies again and stores their results beside them, under results/; with
--check compares instead.

What is stored of a study: summary.md, and points.csv as topkima/study_report/studies.py reduces it.
"""

import tempfile
from pathlib import Path

from topkima.commands.parser import Parser
from topkima.files import SUMMARY, read_text
from topkima.places import HOME
from topkima.study_report.committed import checked, write
from topkima.study_report.studies import kept_rows, run_study, table_text

STUDIES = HOME / "scripts" / "studies"


def results_of(study):
    """Names and texts of what is stored of a study."""
    with tempfile.TemporaryDirectory(prefix="topkima-study-") as place:
        out = Path(place) / "out"
        run_study(study, out, "--quiet")
        return {"points.csv": table_text(kept_rows(out)),
                "summary.md": read_text(out / "summary.md", SUMMARY)}


def main():
    studies = {path.stem: path for path in sorted(STUDIES.glob("*.toml"))}
    parser = Parser(prog="regenerate", description=__doc__)
    parser.add_argument("study", nargs="*", help=f"of {', '.join(studies)} (default: all)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if anything is different")
    options = parser.parse_args()
    for name in options.study:
        if name not in studies:
            parser.error(f"there is no study {name}")
    code = 0
    for name in options.study or studies:
        files = {f"results/{name}/{file}": text
                 for file, text in results_of(studies[name]).items()}
        if options.check:
            code |= checked("regenerate", STUDIES, files, "the model gives now")
            continue
        write(STUDIES, files)
        print(*(STUDIES / file for file in files), sep="\n")
    return code
