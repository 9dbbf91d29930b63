"""The report of a whole encoder's run (docs/files.md), read and checked."""

import json
from pathlib import Path

from exploration.comparison import SHAPE as RUN_SHAPE
from exploration.comparison import misfit, printable
from exploration.errors import DataError

SCHEMA = ("topkima-encoder-report", 1)

LAYER = {"alpha": float, "mean_conversion_cycles": float, "mean_winners": float,
         "ramp_lsb": [float], "score_step": [float]}
MODULE = {"name": str, "cycles": int, "cycles_per_sample": float, "stages": RUN_SHAPE["stages"]}
COMPONENT = {"name": str, "instances": int, "area_mm2": float, "dynamic_pj": float,
             "leakage_pj": float, "assumed_energy_share": (float,), "assumed_area_share": (float,)}
CONSTANT = {"name": str, "unit": str, "provenance": str, "citation": str}
# In a tuple: what may be absent or null.
SHAPE = {"schema": str, "schema_version": int, "tool": str,
         "model": {"trained": str, "task": str, "layers": int, "heads": int, "d_model": int,
                   "hidden": int, "tokens": int, "classes": int},
         "prediction": {"asked": int, "right": int, "accuracy": (float,),
                        "accuracy_in_training": (float,), "float_accuracy": (float,)},
         "totals": {"samples": int, "cycles": int, "latency_cycles": float, "latency_us": float,
                    "latency_us_least": float, "latency_us_most": float,
                    "samples_per_second": float, "energy_uj_per_sample": float,
                    "energy_uj_least": float, "energy_uj_most": float},
         "attention": [LAYER], "modules": [MODULE],
         "energy": {"technology": str, "components": [COMPONENT], "constants": [CONSTANT],
                    "totals": {"energy_uj": float, "leakage_uj": float, "average_power_mw": float,
                               "energy_uj_per_sample": float, "area_mm2": float,
                               "assumed_energy_share": float, "assumed_area_share": float}},
         "nonidealities": ({},), "rtl": ([str],), "assumed": [str],
         "configuration": RUN_SHAPE["configuration"]}
# Without these nothing can be said of a run.
PARAMETERS = {"encoder.arrival": str, "encoder.first_sample": int, "clock.frequency_mhz": float}


def schema_of(directory: Path) -> str:
    """The schema that a result directory's report claims to have; "" where there is none."""
    try:
        report = json.loads((Path(directory) / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    return report.get("schema", "") if isinstance(report, dict) else ""


def flaw_of(report: object) -> str:
    """What keeps a report from being an encoder's, "" if nothing does."""
    flaw = misfit(report, SHAPE, "report")
    if flaw:
        return flaw
    if (report["schema"], report["schema_version"]) != SCHEMA:
        return f'no "{SCHEMA[0]}" of version {SCHEMA[1]}'
    model, samples = report["model"], report["totals"]["samples"]
    if model["task"] not in ("image", "text"):
        return "report.model.task: expected image or text"
    if min(samples, *(model[name] for name in ("layers", "heads", "tokens", "classes"))) < 1:
        return "report: expected samples, layers, heads, tokens and classes"
    if len(report["attention"]) != model["layers"]:
        return f"report.attention: expected {model['layers']} layers"
    values = {name: report["configuration"].get(name, {}).get("value") for name in PARAMETERS}
    return misfit(values, PARAMETERS, "report.configuration")


def read_encoder_report(directory: Path) -> dict:
    """The report of a whole encoder in its result directory. DataError: it is none."""
    path = Path(directory) / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        wrong = flaw_of(report)
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError) as error:
        wrong = f"no complete JSON ({error})"
    if wrong:
        raise DataError(printable(f"{path}: {wrong}; expected the report of a run of topkima-soc "
                                  "with a model"))
    return report
