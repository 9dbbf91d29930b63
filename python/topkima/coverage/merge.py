# SPDX-License-Identifier: Apache-2.0
"""Reads what runs have covered, and adds it up."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from topkima import rtl
from topkima.errors import DataError, echoed
from topkima.files import COVERAGE, read_text
from topkima.shapes import read_shaped

KINDS = {"v_line": "lines", "v_branch": "lines", "v_toggle": "signals", "v_user": "covers"}
SCHEMA = "topkima-coverage"
INDEX = {
    "schema": str, "tool": str, "command_line": [str], "input": str, "part": (str,),
    "settings": {"*": str}, "ended": str,
    "blocks": [{"block": str, "rtl": ({"name": str},), "transactions": int,
                "cases": [{"name": str, "section": str, "times": int}]}],
    "rtl": [{"block": str, "name": str, "parameters": str, "sources": str, "tool": str,
             "counts": (str,), "files": ([{"sha256": str, "path": str}],)}]}
MOST_LINES = 100_000    # that a point stands for


@dataclass
class Case:
    """A case of a contract, with how often runs have had it: by their numbers."""
    name: str
    section: str
    runs: dict = field(default_factory=dict)

    @property
    def times(self) -> int:
        return sum(self.runs.values())


@dataclass
class Subject:
    """What has had the cases of a block: RTL of that name, or "" for the model alone."""
    block: str
    rtl: str
    cases: dict = field(default_factory=dict)       # by name
    transactions: int = 0

    @property
    def title(self) -> str:
        return f"{self.block}, " + (f"RTL {self.rtl}" if self.rtl else "model alone")

    def never_first(self) -> list:
        return sorted(self.cases.values(), key=lambda case: case.times > 0)

    @property
    def exercised(self) -> int:
        return sum(case.times > 0 for case in self.cases.values())


@dataclass
class Point:
    """What Verilator counts: a block of lines or a branch, a bit of a signal, a cover statement."""
    kind: str       # of KINDS
    module: str
    file: str       # its name, without where it lies
    line: int
    what: str       # "if", "else", "count[3]"
    lines: tuple    # that it stands for
    times: int = 0


@dataclass
class Rtl:
    """RTL of a block, by its name, whatever its parameters."""
    block: str
    name: str
    sources: str
    parameters: set = field(default_factory=set)
    files: dict = field(default_factory=dict)       # digest and path by the file's name
    points: dict = field(default_factory=dict)      # by what they are
    uncounted: int = 0                              # runs of libraries that do not count

    @property
    def title(self) -> str:
        return f"{self.block} {self.name}"

    def of(self, kind: str) -> dict:
        """By module: the points of a kind."""
        modules = {}
        for point in self.points.values():
            if point.kind == kind:
                modules.setdefault(point.module, []).append(point)
        return modules


@dataclass
class Run:
    number: int
    name: str       # of its directory
    index: dict


@dataclass
class Coverage:
    runs: list
    subjects: dict      # by block and name of RTL, in the order of the table of blocks
    rtl: dict           # by block and name


def merged(directories: list) -> Coverage:
    """All that the runs in these directories have covered. DataError: there is none, it cannot be
    read, or it is of different sources."""
    runs = read_runs(directories)
    coverage = Coverage(runs, {}, {})
    for run, directory in zip(runs, [run.index.pop("directory") for run in runs], strict=True):
        for entry in run.index["rtl"]:
            add_rtl(coverage, run, directory, entry)
        for entry in run.index["blocks"]:
            add_cases(coverage, run, entry)
    order = list(rtl.table().blocks)
    coverage.subjects = dict(sorted(
        coverage.subjects.items(), key=lambda item: (order.index(item[0][0]), item[0][1])))
    return coverage


def read_runs(directories: list) -> list:
    """Numbered by what they are, so that names, which are random, decide nothing."""
    found = []
    for directory in map(Path, directories):
        places = sorted(directory.rglob("run-*/index.json"))
        if not places:
            raise DataError(f"{directory}: holds nothing that --cosim.coverage has written")
        for place in places:
            index = read_shaped(place, COVERAGE, INDEX, "index")
            if index["schema"] != SCHEMA:
                COVERAGE.refuse(place, "is of another kind")
            for block in (each["block"] for each in index["blocks"]):
                if block not in rtl.table().blocks:
                    COVERAGE.refuse(place, f"there is no block {echoed(block)}")
            found.append({**index, "directory": place.parent})
    found.sort(key=lambda index: (str(index["settings"]), index["input"], index.get("part", ""),
                                  str(index["command_line"]), index["directory"].name))
    return [Run(number, index["directory"].name, index)
            for number, index in enumerate(found, start=1)]


def add_rtl(coverage: Coverage, run: Run, directory: Path, entry: dict):
    key = entry["block"], entry["name"]
    known = coverage.rtl.setdefault(key, Rtl(*key, entry["sources"]))
    if known.sources != entry["sources"]:
        first = next(other for other in coverage.runs for each in other.index["rtl"]
                     if (each["block"], each["name"], each["sources"]) == (*key, known.sources))
        raise DataError(f"{' '.join(key)} was of sources {known.sources} in {first.name} and "
                        f"{entry['sources']} in {run.name}; expected runs of one RTL")
    known.parameters.add(entry["parameters"])
    if not entry.get("counts"):
        known.uncounted += 1
        return
    known.files.update({Path(file["path"]).name: (file["sha256"], Path(file["path"]))
                        for file in entry.get("files") or []})
    for point in read_points(directory / entry["counts"]):
        same = point.kind, point.module, point.file, point.line, point.what, point.lines
        known.points.setdefault(same, point)
        if known.points[same] is not point:
            known.points[same].times += point.times


def add_cases(coverage: Coverage, run: Run, entry: dict):
    key = entry["block"], entry["rtl"]["name"] if entry["rtl"] else ""
    subject = coverage.subjects.setdefault(key, Subject(*key))
    subject.transactions += entry["transactions"]
    for counted in entry["cases"]:
        case = subject.cases.setdefault(counted["name"], Case(counted["name"], counted["section"]))
        if counted["times"]:
            case.runs[run.number] = counted["times"]


def read_points(path: Path) -> list:
    """The points of a file of counts, as verilator_coverage reads them, too."""
    points = []
    for line in read_text(path, COVERAGE).splitlines():
        if line.startswith("#"):
            continue
        try:
            points.append(point_in(line))
        except (ValueError, KeyError):
            COVERAGE.refuse(path, f"has a line {line[:60]!r}")
    return points


def point_in(line: str) -> Point:
    """ValueError or KeyError: there is none."""
    found = re.fullmatch(r"C '(.*)' (\d{1,20})", line)
    if not found:
        raise ValueError
    fields = dict(part.partition("\2")[::2] for part in found[1].split("\1")[1:])
    return point_of(fields, int(found[2]))


def point_of(fields: dict, times: int) -> Point:
    kind, _, module = fields["page"].partition("/")
    what = fields.get("o", "")
    if KINDS[kind] == "lines":
        what = f"{what}, column {fields['n']}"
    return Point(KINDS[kind], re.sub(r"__\w+$", "", module), Path(fields["f"]).name,
                 int(fields["l"]), what, lines_of(fields.get("S", "") or fields["l"]), times)


def lines_of(text: str) -> tuple:
    """Of "41-43,47"."""
    lines = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        span = range(int(first), int(last or first) + 1)
        if len(span) > MOST_LINES:
            raise ValueError
        lines += span
    return tuple(lines)


def bits_of(points: list) -> list:
    """Signals of which bits have never changed, with the ranges of these: "count[3:1]"."""
    signals = {}
    for point in points:
        name, _, bit = point.what.partition("[")
        signals.setdefault(name, []).append(bit.rstrip("]"))
    return [name + ranges(bits) for name, bits in signals.items()]


def ranges(bits: list) -> str:
    if not all(re.fullmatch(r"\d+", bit) for bit in bits):
        return "".join(f"[{bit}]" for bit in bits if bit)
    spans = []
    for bit in sorted(map(int, bits)):
        if spans and spans[-1][1] == bit - 1:
            spans[-1][1] = bit
        else:
            spans.append([bit, bit])
    return "".join(f"[{low}]" if low == high else f"[{high}:{low}]" for low, high in spans)
