# SPDX-License-Identifier: Apache-2.0
"""Runs of whole encoders."""

from topkima.exploration.shapes import COMPONENT, CONSTANT, OF_ALL, STAGES
from topkima.shapes import misfit

SCHEMA = "topkima-encoder-report"
WHAT = "a whole encoder"
PROGRAM = "topkima-soc with a model"
WORK = ("model", ("trained", "task", "layers", "heads", "d_model", "hidden", "tokens", "classes"))
SHAPE = {
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
    "nonidealities": ({},), "assumed": [str]}
# Without these nothing can be said of a run.
PARAMETERS = {"encoder.arrival": str, "encoder.first_sample": int, "clock.frequency_mhz": float}


def flaw_of(report: dict) -> str:
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


def sections(a: dict, b: dict) -> list[str]:
    from topkima.exploration.comparison import encoder
    return encoder.sections(a, b)


def write_page(results, path, tools=None) -> None:
    from topkima.exploration.page.encoder_page import write_encoder_page
    write_encoder_page(results, path, tools)
