# SPDX-License-Identifier: Apache-2.0
"""Reads a directory of test vectors (docs/vectors.md)."""

import re
from pathlib import Path

from topkima.errors import DataError
from topkima.files import VECTORS, read_text
from topkima.shapes import read_shaped

INDEX = {"block": str, "parameters": {"*": int}, "timing": ({"av.shift_add_cycles": (int,)},),
         "files": [{"name": str, "bits": int, "lines": int,
                    "fields": [{"name": str, "lsb": int, "msb": int}]}]}


class Vectors:
    """By file, a list of {field: value}. DataError: a file is not what the index says."""

    def __init__(self, directory: Path):
        self.index = read_shaped(directory / "index.json", VECTORS, INDEX, "index")
        self.block = self.index["block"]
        self.parameters = self.index["parameters"]
        self.files = {}
        for file in self.index["files"]:
            what = re.fullmatch(rf"{self.block}_(\w+)\.hex", file["name"])[1]
            self.files[what] = read_lines(directory / file["name"], file)

    def transactions(self) -> list:
        """(row, stimulus, expected)"""
        files = self.files
        return [(row["row"], given, expected) for row, given, expected in
                zip(files["rows"], files["stimulus"], files["expected"], strict=True)]


def read_lines(path: Path, entry: dict) -> list:
    lines = read_text(path, VECTORS).split("\n")
    digits = (entry["bits"] + 3) // 4
    if (lines.pop() != "" or len(lines) != entry["lines"]
            or not all(re.fullmatch(f"[0-9a-f]{{{digits}}}", line) for line in lines)):
        raise DataError(f"{path}: not {entry['lines']} lines of {digits} digits, as its index says")
    return [{field["name"]: (int(line, 16) >> field["lsb"] &
                             (1 << field["msb"] - field["lsb"] + 1) - 1)
             for field in entry["fields"]} for line in lines]


def elements(value: int, width: int, count: int, signed: bool = False) -> list:
    """The fields of a flat vector."""
    values = [value >> i * width & (1 << width) - 1 for i in range(count)]
    return [as_signed(v, width) for v in values] if signed else values


def as_signed(value: int, width: int) -> int:
    return value - (value >> width - 1 << width)
