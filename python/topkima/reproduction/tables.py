# SPDX-License-Identifier: Apache-2.0
"""The studies behind the results, and their tables."""

from pathlib import Path

from topkima.files import STUDY, read_toml
from topkima.study_report.studies import kept_rows, run_study, table_text
from topkima.study_report.tables import Tables

HERE = Path(__file__).resolve().parent
SENSITIVITIES = ("sensitivity_macro", "sensitivity_soc")
NAMES = ("macros", "alpha", "scaling", "system", "crossbars", "masks", *SENSITIVITIES)

# What the pages and plots are made of; everything else is in the studies' own points.csv.
METRICS = ("latency_us", "latency_cycles", "tops", "alpha", "mean_conversion_cycles",
           "softmax_cycles", "sort_share", "mean_winners", "crossbars", "cosine_similarity",
           "relative_error", "topk_overlap_float", "topk_overlap_exact", "topk_mass", "energy_uj",
           "dynamic_uj", "leakage_uj", "average_power_mw", "area_mm2", "energy_per_row_pj",
           "tops_per_w", "tops_per_mm2", "energy_assumed_share", "softmax_energy_per_row_pj",
           *(f"{name}_{end}" for end in ("low", "high") for name in
             ("energy_uj", "area_mm2", "tops_per_w", "tops_per_mm2", "softmax_energy_per_row_pj")))
SUFFIXES = (".path", *(f".{name}{end}" for name in ("energy_uj", "area_mm2")
                       for end in ("", "_low", "_high")))
SENSITIVE = ("latency_us", "tops", "tops_per_w", "softmax_cycles", "sort_share",
             "softmax_energy_per_row_pj", "exponent.path", "divider.path", "latency_cycles",
             "fold.busy", "area_mm2", "energy_uj", "tops_per_w_low", "tops_per_w_high",
             "softmax_energy_per_row_pj_low", "softmax_energy_per_row_pj_high")


def study_of(name: str):
    """The file of a study, None for one that is written when it is needed."""
    path = HERE / f"{name}.toml"
    return path if path.exists() else None


def run(study: Path, directory: Path, workers: int) -> str:
    """The text of its reduced table."""
    run_study(study, directory, "--workers", str(workers), "--quiet")
    varied = varied_in(read_toml(study, STUDY))
    metrics = SENSITIVE if study.stem in SENSITIVITIES else METRICS + ("fold.busy",)
    suffixes = () if study.stem in SENSITIVITIES else SUFFIXES
    keeps = {"workload", "state", "bottleneck", "message", *varied, *metrics}
    return table_text(kept_rows(directory, lambda name: name in keeps or name.endswith(suffixes)))


def varied_in(study: dict) -> set:
    names = set(study.get("parameters", {}))
    for table in (study.get("parameters", {}), *study.get("point", [])):
        for section, keys in table.items():
            names |= {f"{section}.{key}" for key in keys} if isinstance(keys, dict) else {section}
    return names


def results(data: dict) -> Tables:
    """The tables of all studies, by their texts."""
    return Tables(data, HERE / "published.toml")
