"""The report of a whole encoder's run (docs/files.md), checked as far as its page needs it."""

from pathlib import Path

from exploration.errors import DataError
from exploration.reports import OF_ALL, STAGES, misfit, of_encoder, printable, read_report

LAYER = {"alpha": float, "mean_conversion_cycles": float, "mean_winners": float,
         "ramp_lsb": [float], "score_step": [float]}
MODULE = {"name": str, "cycles": int, "cycles_per_sample": float, "stages": STAGES}
COMPONENT = {"name": str, "instances": int, "area_mm2": float, "dynamic_pj": float,
             "leakage_pj": float, "assumed_energy_share": (float,), "assumed_area_share": (float,)}
CONSTANT = {"name": str, "unit": str, "provenance": str, "citation": str}
# In a tuple: what may be absent or null.
SHAPE = {**OF_ALL,
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
         "nonidealities": ({},), "assumed": [str]}
# Without these nothing can be said of a run.
PARAMETERS = {"encoder.arrival": str, "encoder.first_sample": int, "clock.frequency_mhz": float}


def flaw_of(report: dict) -> str:
    """What the page of an encoder's report lacks, "" if nothing."""
    flaw = misfit(report, SHAPE, "report")
    if flaw:
        return flaw
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
    report = read_report(directory)
    wrong = flaw_of(report) if of_encoder(report) else "of a single module"
    if wrong:
        raise DataError(printable(f"{Path(directory) / 'report.json'}: {wrong}; expected the "
                                  "report of a run of topkima-soc with a model"))
    return report
