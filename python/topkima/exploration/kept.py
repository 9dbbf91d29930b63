# SPDX-License-Identifier: Apache-2.0
"""What of a study's results is kept in the repository: a table without run hashes and resolved
parameters, its numbers rounded to seven digits."""

import csv
import io
import sys
from pathlib import Path

from topkima import programs


def explore(*arguments) -> int:
    """Runs scripts/explore; its exit code. An exception here, as by a signal, ends it tidily."""
    process = programs.start("explore", *arguments)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def run_study(study: Path, directory: Path, *options: str):
    """Runs a study file into a new directory; ends the program where that fails."""
    status = explore("run", study, "--output", directory, "--no-page", *options)
    if status != 0:
        sys.exit(status)


def rounded(text: str) -> str:
    try:
        return f"{float(text):.7g}" if "." in text or "e" in text else text
    except ValueError:
        return text


def kept_rows(directory: Path, keeps=lambda column: True) -> list:
    """The table of a study's directory: a header, then a row per point."""
    with (directory / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    kept = [index for index, name in enumerate(rows[0])
            if name != "run_hash" and not name.startswith("resolved:") and keeps(name)]
    return [[rounded(row[index]) for index in kept] for row in rows]


def table_text(rows: list) -> str:
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    return table.getvalue()
