# SPDX-License-Identifier: Apache-2.0
"""The report of a whole encoder's run (docs/files.md), checked as far as its page needs it."""

from pathlib import Path

from topkima.errors import DataError
from topkima.exploration.reports import misfit, of_encoder, printable, read_report

# Without these nothing can be said of a run.
PARAMETERS = {"encoder.arrival": str, "encoder.first_sample": int, "clock.frequency_mhz": float}


def flaw_of(report: dict) -> str:
    """What the page of an encoder's report lacks, "" if nothing."""
    model, samples = report["model"], report["totals"]["samples"]
    if model["task"] not in ("image", "text"):
        return "report.model.task: expected image or text"
    if min(samples, *(model[name] for name in ("layers", "heads", "tokens", "classes"))) < 1:
        return "report: expected samples, layers, heads, tokens and classes"
    if len(report["attention"]) != model["layers"]:
        return f"report.attention: expected {model['layers']} layers"
    modules = 2 + 2 * model["layers"]
    if len(report["modules"]) != modules:
        return f"report.modules: expected {modules}"
    values = {name: report["configuration"].get(name, {}).get("value") for name in PARAMETERS}
    return misfit(values, PARAMETERS, "report.configuration")


def read_encoder_report(directory: Path) -> dict:
    """The report of a whole encoder in its result directory. DataError: it is none."""
    report = read_report(directory)
    wrong = flaw_of(report) if of_encoder(report) else "of a single module"
    if wrong:
        raise DataError(printable(f"{Path(directory) / 'report.json'}: {wrong}; expected the "
                                  "report of a run of topkima-soc with a model"))
    return report
