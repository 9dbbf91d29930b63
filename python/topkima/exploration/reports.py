# SPDX-License-Identifier: Apache-2.0
"""The report.json of a run (docs/files.md), of one attention module or of a whole encoder."""

import json
from pathlib import Path

from topkima.errors import DataError

WAIT = {"total": int, "by": {"*": int}}
STAGES = [{"name": str, "kind": str, "busy": int, "starved": WAIT, "blocked": WAIT}]
# In a tuple: what may be absent or null.
COMPONENT = {"name": str, "instances": int, "area_mm2": float, "dynamic_pj": float,
             "leakage_pj": float, "assumed_energy_share": (float,), "assumed_area_share": (float,)}
CONSTANT = {"name": str, "unit": str, "provenance": str, "citation": str}
OF_ALL = {"schema": str, "schema_version": int, "tool": str, "rtl": ([str],),
          "energy": ({"totals": {"area_mm2": float}, "components": [COMPONENT]},),
          "configuration": {"*": {"unit": str, "default": str, "provenance": str}}}
MODULE, ENCODER = "topkima-report", "topkima-encoder-report"
SHAPES = {
    MODULE: {**OF_ALL, "workload": {}, "early_stop": {}, "float_reference": ({},),
             "totals": {"latency_cycles": int, "latency_us": float, "steady_state": {}},
             "critical_path": ({"cycles": {"*": int}, "latency_if_twice_as_fast": {"*": int}},),
             "stages": STAGES},
    ENCODER: {
        **OF_ALL,
        "model": {"trained": str, "task": str, "layers": int, "heads": int, "d_model": int,
                  "hidden": int, "tokens": int, "classes": int},
        "prediction": {"asked": int, "right": int, "accuracy": (float,),
                       "accuracy_in_training": (float,), "float_accuracy": (float,)},
        "totals": {"samples": int, "cycles": int, "latency_cycles": float, "latency_us": float,
                   "latency_us_least": float, "latency_us_most": float,
                   "samples_per_second": float, "energy_uj_per_sample": float,
                   "energy_uj_least": float, "energy_uj_most": float},
        "attention": [{"alpha": float, "mean_conversion_cycles": float, "mean_winners": float,
                       "ramp_lsb": [float], "score_step": [float]}],
        "modules": [{"name": str, "cycles": int, "cycles_per_sample": float, "stages": STAGES}],
        "energy": {"technology": str, "components": [COMPONENT], "constants": [CONSTANT],
                   "totals": {"energy_uj": float, "leakage_uj": float, "average_power_mw": float,
                              "energy_uj_per_sample": float, "area_mm2": float,
                              "assumed_energy_share": float, "assumed_area_share": float}},
        "nonidealities": ({},), "assumed": [str]}}
VERSION = 1


def misfit(value, shape, where: str) -> str:
    """What keeps a value from having the shape, "" if nothing does."""
    if isinstance(shape, tuple):
        return "" if value in (None, ...) else misfit(value, shape[0], where)
    if isinstance(shape, type):
        kinds = (int, float) if shape is float else shape
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        return "" if fits else f"{where}: expected {shape.__name__}"
    if not isinstance(value, type(shape)):
        return f"{where}: expected {'a list' if isinstance(shape, list) else 'an object'}"
    if isinstance(shape, list):
        parts = [(item, shape[0], f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        names = value if "*" in shape else shape
        parts = [(value.get(name, ...), shape.get(name, shape.get("*")), f"{where}.{name}")
                 for name in names]
    return next(filter(None, (misfit(*part) for part in parts)), "")


def printable(line: str) -> str:
    """A line that says the same to any terminal."""
    return line if line.isascii() and line.isprintable() else ascii(line)[1:-1]


def refuse_constant(text: str):
    raise ValueError(f"{text} is no number of JSON")


def of_encoder(report: dict) -> bool:
    return report["schema"] == ENCODER


def read_report(directory: Path) -> dict:
    """The report of a run in its result directory, of one module or of a whole encoder, far enough
    checked to be compared and shown."""
    path = Path(directory) / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
        schema = report.get("schema") if isinstance(report, dict) else None
        known = isinstance(schema, str) and schema in SHAPES
        wrong = misfit(report, SHAPES[schema], "report") if known else ""
        if not wrong and (not known or report["schema_version"] != VERSION):
            wrong = f'neither a "{MODULE}" nor a "{ENCODER}" of version {VERSION}'
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError) as error:
        wrong = f"no complete JSON ({error})"
    if wrong:
        raise DataError(printable(f"{path}: {wrong}; expected the report of a run of topkima-soc "
                                  "or topkima-macro"))
    return report


def at(report: dict, path: str):
    """The number at a dotted path, None where there is none."""
    for key in path.split("."):
        report = report.get(key) if isinstance(report, dict) else None
    return report if isinstance(report, (int, float)) else None


def parameter(report: dict, name: str, default: float) -> float:
    value = report["configuration"].get(name, {}).get("value")
    return value if isinstance(value, (int, float)) else default
