# SPDX-License-Identifier: Apache-2.0
"""A report's files in the repository: read, compared with what a run gives, written."""

import sys
from pathlib import Path

from topkima.errors import TopkimaError
from topkima.files import OWN, read_text, write_file

DIFFERENT = 1       # exit code of --check


def tables_in(place: Path, names, remedy: str) -> dict:
    """Texts of the tables that a report was made of, by name; `remedy`: what makes them."""
    try:
        return {name: read_text(place / "data" / f"{name}.csv", OWN) for name in names}
    except TopkimaError as error:
        raise TopkimaError(f"{error}; {remedy}") from error


def checked(command: str, place: Path, files: dict, of: str) -> int:
    """The exit code of --check: whether the files there, by their names, have these texts."""
    different = [name for name, text in files.items()
                 if not (place / name).exists()
                 or read_text(place / name, OWN) != text]
    if different:
        print(f"{command}: not what {of}: {', '.join(different)}", file=sys.stderr)
    return DIFFERENT if different else 0


def write(place: Path, files: dict):
    for name, text in files.items():
        write_file(place / name, text)
