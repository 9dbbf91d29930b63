# SPDX-License-Identifier: Apache-2.0
"""Studies run for the report's sake, and what of their results is kept in the repository: a table
without run hashes and resolved parameters, its numbers rounded to seven digits."""

import csv
import io
import signal
from pathlib import Path

from topkima import programs
from topkima.errors import Interrupted, error_of
from topkima.files import POINTS, opened_text

BY_SIGNAL = {128 + number: number for number in (signal.SIGINT, signal.SIGTERM)}


def explore(*arguments) -> int:
    """Runs scripts/explore; its exit code. An exception here, as by a signal, ends it tidily."""
    process = programs.start("explore", *arguments)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def check(name: str, status: int):
    """Raises what the exit code of a study's run says; the run has told why."""
    if status in BY_SIGNAL:
        raise Interrupted(BY_SIGNAL[status])
    if status != 0:
        raise error_of(status, f"the study {name} ended with {status}")


def run_study(study: Path, directory: Path, *options: str):
    """Runs a study file into a new directory."""
    check(study.stem, explore("run", study, "--output", directory, "--no-page", *options))


def rounded(text: str) -> str:
    try:
        return f"{float(text):.7g}" if "." in text or "e" in text else text
    except ValueError:
        return text


def kept_rows(directory: Path, keeps=lambda column: True) -> list:
    """The table of a study's directory: a header, then a row per point."""
    with opened_text(directory / "points.csv", POINTS, newline="") as file:
        rows = list(csv.reader(file))
    kept = [index for index, name in enumerate(rows[0])
            if name != "run_hash" and not name.startswith("resolved:") and keeps(name)]
    return [[rounded(row[index]) for index in kept] for row in rows]


def table_text(rows: list) -> str:
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    return table.getvalue()
