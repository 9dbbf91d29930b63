# SPDX-License-Identifier: Apache-2.0
"""The report.json of a run (docs/files.md)."""

import json
from pathlib import Path

from topkima.errors import DataError
from topkima.exploration.kinds import KINDS, kind_of
from topkima.exploration.shapes import misfit

VERSION = 1


def printable(line: str) -> str:
    """A line that says the same to any terminal."""
    return line if line.isascii() and line.isprintable() else ascii(line)[1:-1]


def refuse_constant(text: str):
    raise ValueError(f"{text} is no number of JSON")


def read_report(directory: Path) -> dict:
    """The report of a run in its result directory, of whichever kind, far enough checked to be
    compared and shown."""
    path = Path(directory) / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
        schema = report.get("schema") if isinstance(report, dict) else None
        known = isinstance(schema, str) and schema in KINDS
        wrong = misfit(report, KINDS[schema].SHAPE, "report") if known else ""
        if not wrong and (not known or report["schema_version"] != VERSION):
            schemas = " nor ".join(f'a "{schema}"' for schema in KINDS)
            wrong = f"neither {schemas} of version {VERSION}"
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError) as error:
        wrong = f"no complete JSON ({error})"
    if wrong:
        raise DataError(printable(f"{path}: {wrong}; expected the report of a run of topkima-soc "
                                  "or topkima-macro"))
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


def at(report: dict, path: str):
    """The number at a dotted path, None where there is none."""
    for key in path.split("."):
        report = report.get(key) if isinstance(report, dict) else None
    return report if isinstance(report, (int, float)) else None


def parameter(report: dict, name: str, default: float) -> float:
    value = report["configuration"].get(name, {}).get("value")
    return value if isinstance(value, (int, float)) else default
