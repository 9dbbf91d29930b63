# SPDX-License-Identifier: Apache-2.0
"""The tables of studies, and the published figures beside them."""

import csv
import io
from pathlib import Path

from topkima.errors import DataError
from topkima.files import OWN, read_toml


def value(text: str):
    """A number where it looks like one."""
    try:
        return float(text)
    except ValueError:
        return text


class Tables:
    """`rows`: of each study a list of rows, each a dictionary; the columns of `texts` are not taken
    for numbers. `published`: what the TOML file of this name says."""

    def __init__(self, data: dict, published: Path, texts: tuple = ()):
        self.rows = {name: [{column: text if column in texts else value(text)
                             for column, text in row.items()}
                            for row in csv.DictReader(io.StringIO(table))]
                     for name, table in data.items()}
        self.published = read_toml(published, OWN)

    def all(self, study: str, **conditions) -> list:
        """Rows of a study in which parameters have these values; `__` in a name is a point."""
        wanted = {name.replace("__", "."): wish for name, wish in conditions.items()}
        return [row for row in self.rows[study]
                if all(row.get(name) == wish for name, wish in wanted.items())]

    def one(self, study: str, **conditions) -> dict:
        rows = self.all(study, **conditions)
        if len(rows) != 1:
            raise DataError(f"{study}: {len(rows)} points with {conditions}; expected one")
        return rows[0]
