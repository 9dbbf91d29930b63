# SPDX-License-Identifier: Apache-2.0
"""The report.json and run.json of a run (docs/files.md), and how it is repeated."""

from pathlib import Path

from topkima.errors import DataError, echoed
from topkima.exploration.kinds import KINDS, kind_of
from topkima.files import REPORT, RUN, read_json
from topkima.names import is_name, name_in
from topkima.shapes import misfit
from topkima.tool import NAMES

VERSION = 1
PROGRAMS = tuple(f"topkima-{name}" for name in NAMES)
ORIGIN = ("tool", "version", "git_revision", "model_revision", "systemc", "compiler", "input",
          "model")
NAMED = ("model", "input")      # of these the names of files


def printable(line: str) -> str:
    """A line that says the same to any terminal."""
    return line if line.isascii() and line.isprintable() else ascii(line)[1:-1]


def read_report(directory: Path) -> dict:
    """The report of a run in its result directory, of whichever kind, far enough checked to be
    compared and shown."""
    path = Path(directory) / "report.json"
    report = read_json(path, REPORT)
    schema = report.get("schema") if isinstance(report, dict) else None
    known = isinstance(schema, str) and schema in KINDS
    wrong = misfit(report, KINDS[schema].SHAPE, "report") if known else ""
    if not wrong and (not known or report["schema_version"] != VERSION):
        schemas = " nor ".join(f'a "{schema}"' for schema in KINDS)
        wrong = f"neither {schemas} of version {VERSION}"
    if wrong:
        REPORT.refuse(path, printable(wrong))
    return report


def read_report_of(kind, directory: Path) -> dict:
    """The same of a run of this kind (kinds/), for its page."""
    report = read_report(directory)
    found = kind_of(report)
    wrong = kind.flaw_of(report) if found is kind else f"of {found.WHAT}"
    if wrong:
        raise DataError(printable(f"{Path(directory) / 'report.json'}: {wrong}; expected the "
                                  f"report of a run of {kind.PROGRAM}"))
    return report


def read_run(directory: Path) -> dict:
    """Where the results of a run come from: texts by name, empty for what its run.json does not
    tell. `tool` is the name of one of the tools: a result names no other program to run."""
    path = Path(directory) / "run.json"
    run = read_json(path, RUN)
    if not isinstance(run, dict):
        RUN.refuse(path, "no JSON object")
    if run.get("tool") not in PROGRAMS:
        RUN.refuse(path, f"tool = {printable(echoed(run.get('tool')))}")
    for name in ORIGIN:
        if not isinstance(run.get(name, ""), str):
            RUN.refuse(path, f"{name} is no text")
    for name in NAMED:
        if not is_name(run.get(name, "")):
            RUN.refuse(path, f"{name} = {printable(echoed(run[name]))} is no name of a file")
    return {name: run.get(name, "") for name in ORIGIN}


def words_to_repeat(directory: Path, run: dict) -> list:
    """The options with which a tool simulates it once more. A value is of one word with its option,
    so that no name of a file becomes an option."""
    given = {"config": Path(directory) / "effective.ini",
             **{name: name_in(run[name]) for name in NAMED if run[name]}}
    return [f"--{name}={value}" for name, value in given.items()]


def changed_between(first: Path, again: Path) -> str:
    """Why a run that was repeated gives another report, as far as the files that it has read
    tell."""
    changed = changed_of(first, read_json(again / "run.json", RUN)["files"])
    return f"{', '.join(changed) or 'its input or the program'} has changed"


def changed_of(directory: Path, now: dict) -> list:
    """Which of the files that a run has read, digests by what each was to it, are others now."""
    before = read_json(directory / "run.json", RUN).get("files")
    return [what for what in now if isinstance(before, dict)
            and before.get(what, now[what]) != now[what]]


def at(report: dict, path: str):
    """The number at a dotted path, None where there is none."""
    for key in path.split("."):
        report = report.get(key) if isinstance(report, dict) else None
    return report if isinstance(report, (int, float)) else None


def parameter(report: dict, name: str, default: float) -> float:
    value = report["configuration"].get(name, {}).get("value")
    return value if isinstance(value, (int, float)) else default
