# SPDX-License-Identifier: Apache-2.0
"""The studies that measure accuracy on the modelled hardware, as files for scripts/explore, and
what is kept of their results."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from topkima.evaluation.networks import SPLITS, Size
from topkima.files import STUDY, read_text, write_file
from topkima.study_report.studies import check, explore, kept_rows, table_text

OBJECTIVES = {"maximize": ["accuracy"], "minimize": ["latency_us", "energy_uj_per_sample"]}
NOT_KEPT = ("question", "message", "front", "violates")
OTHER_DATA = 3      # exit code of explore: a study of another model revision


@dataclass(frozen=True)
class Levels:
    """What is varied around the networks."""
    seeds: tuple            # of noise
    noise: tuple            # ramp steps
    defects: dict           # levels of each other non-ideality
    trade: dict             # parameters of the three-way trade


FULL = Levels(
    seeds=(1, 2, 3, 4, 5), noise=(0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4),
    defects={"noise.comparator_sigma": (0.25, 0.5, 1, 2), "noise.ramp_sigma": (0.1, 0.2, 0.4),
             "noise.value_sigma": (0.5, 1, 2), "noise.rram_sigma": (0.005, 0.01, 0.02, 0.05),
             "fault.key_cells": (0.001, 0.01, 0.05), "fault.value_cells": (0.001, 0.01, 0.05),
             "fault.rram_cells": (0.0001, 0.001, 0.01)},
    trade={"topk.k": [1, 2, 3, 5, 8], "encoder.ramp_factor": [0.7, 1, 1.4], "ima.bits": [4, 5],
           "rram.adc_bits": [7, 8, 9], "projection.column_mux": [1, 8]})
SMALL = Levels(seeds=(1, 2), noise=(0, 2), defects={"noise.rram_sigma": (0.05,)},
               trade={"topk.k": [1, 5], "encoder.ramp_factor": [1, 2], "ima.bits": [5],
                      "rram.adc_bits": [8, 9], "projection.column_mux": [1, 8]})


def texts(size: Size, levels: Levels, networks: Path) -> dict:
    """Study files by name."""
    def models(*patterns):
        return [str(networks / pattern.format(seed=seed)) for pattern in patterns
                for seed in size.seeds]

    trained = [f"{kind}_k{k}_s{{seed}}" for kind in ("tfcbp", "topk") for k in size.ks]
    noisy = [f"noise{noise:g}_k5_s{{seed}}" for noise in size.noise]
    seeds = {"noise.seed": list(levels.seeds)}
    return {
        "accuracy_trained": study(
            "Networks trained for the hardware that they run on",
            models("quantised_s{seed}", *trained), {"encoder.arrival": ["alone"]}),
        "accuracy_untrained": study(
            "Networks trained with exact attention alone, quantised, with all columns or top-k",
            models("float_s{seed}"), points=[{"softmax.macro": "conventional"},
                                             *({"topk.k": k} for k in size.ks)]),
        "accuracy_text": study(
            "Texts of 384 tokens: the global top-k, and crossbars that have their own",
            models("text_float_s{seed}", *(f"text_{split}_s{{seed}}" for split in size.splits)),
            {"topk.split": [SPLITS[split] for split in size.splits], "topk.k": [3, 5, 8]},
            {"crossbar.columns": 384}),
        "accuracy_noise": study(
            "Noise on every score, of networks trained with noise and without",
            models("tfcbp_k5_s{seed}", *noisy),
            {"noise.score_sigma": list(levels.noise), **seeds}),
        "accuracy_defects": study(
            "Other non-idealities, one at a time", models("tfcbp_k5_s{seed}"),
            points=[{name: level, "noise.seed": seed} for name, values in levels.defects.items()
                    for level in values for seed in levels.seeds]),
        "accuracy_trade": study(
            "Accuracy, latency and energy over k, the ramp's step and the ADCs' bits",
            [str(networks / f"tfcbp_k5_s{size.seeds[0]}")], levels.trade)}


def study(question: str, models: list, parameters=None, fixed=None, points=()) -> str:
    """A study file; JSON's values are TOML's."""
    lines = [f"question = {json.dumps(question)}"]
    lines += [f"{key} = {json.dumps(metrics)}" for key, metrics in OBJECTIVES.items()]
    if points:
        lines.append('sampler = { kind = "list" }')
    for name, table in (("fixed", fixed), ("parameters", parameters)):
        if table:
            lines += [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}"
                                     for key, value in table.items())]
    for point in points:
        lines += ["[[point]]", *(f"{json.dumps(key)} = {json.dumps(value)}"
                                 for key, value in point.items())]
    return "\n".join([*lines, "[[workload]]", f"model = {json.dumps(models)}"]) + "\n"


def run(name: str, text: str, place: Path, workers: int) -> str:
    """The text of its table; what was interrupted goes on."""
    place.mkdir(parents=True, exist_ok=True)
    file, directory = place / f"{name}.toml", place / name
    same = file.exists() and read_text(file, STUDY) == text and directory.exists()
    options = ["--workers", str(workers), "--no-page"]
    if not sys.stdout.isatty():
        options.append("--quiet")
    status = OTHER_DATA
    if same:
        status = explore("resume", directory, *options)
    if status == OTHER_DATA:
        shutil.rmtree(directory, ignore_errors=True)
        write_file(file, text)
        status = explore("run", file, "--output", directory, *options)
    check(name, status)
    return table_text(kept_rows(directory, lambda column: column not in NOT_KEPT))
