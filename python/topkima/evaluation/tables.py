# SPDX-License-Identifier: Apache-2.0
"""What the tables say: means over networks of different seeds, with confidence intervals."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import t as student

from topkima.errors import DataError
from topkima.files import MODEL_INI, read_text
from topkima.study_report.studies import table_text
from topkima.study_report.tables import Tables

NAMES = ("accuracy_networks", "accuracy_trained", "accuracy_untrained", "accuracy_text",
         "accuracy_noise", "accuracy_defects", "accuracy_trade")
CONFIDENCE = 0.95
TEXTS = ("workload", "network", "topk.split")    # also where they look like numbers
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Mean:
    """Of one number per network."""
    value: float
    half: float     # of the mean's confidence interval; NaN for a single network
    count: int


def mean(values) -> Mean:
    values = list(values)
    count = len(values)
    middle = sum(values) / count
    if count < 2:
        return Mean(middle, math.nan, count)
    deviation = math.sqrt(sum((value - middle) ** 2 for value in values) / (count - 1))
    factor = student.ppf(0.5 + CONFIDENCE / 2, count - 1)
    return Mean(middle, float(factor) * deviation / math.sqrt(count), count)


def networks_table(networks, place: Path) -> str:
    """What training says of each network: name, how, accuracies."""
    rows = [["network", "trained", "float_accuracy", "accuracy"]]
    for network in networks:
        text = read_text(place / network.name / "model.ini", MODEL_INI)
        values = dict(re.findall(r"^(trained|float_accuracy|accuracy) = (.*)$", text, re.M))
        rows.append([network.name, values["trained"],
                     *(f"{float(values[key]):.7g}" for key in ("float_accuracy", "accuracy"))])
    return table_text(rows)


def seed_of(name: str) -> str:
    return name.rpartition("_s")[2]


def kind_of(name: str) -> str:
    """A network's name without its seed."""
    return name.rpartition("_s")[0]


class Results(Tables):
    def __init__(self, data: dict):
        super().__init__(data, HERE / "published.toml", TEXTS)

    def kinds(self, study: str) -> list:
        """Kinds of networks, in the order of the table."""
        return list(dict.fromkeys(kind_of(row["workload"]) for row in self.rows[study]))

    def levels(self, study: str, parameter: str) -> list:
        return sorted({row[parameter] for row in self.rows[study]
                       if row.get(parameter) not in ("", None)},
                      key=lambda level: (isinstance(level, str), level))

    def mean(self, study: str, kind: str, metric: str = "accuracy", **conditions) -> Mean:
        """Over the networks of a kind; runs of one network under several seeds count as one."""
        by_network = {}
        for row in self.all(study, state="done", **conditions):
            if kind_of(row["workload"]) == kind:
                by_network.setdefault(row["workload"], []).append(row[metric])
        if not by_network:
            raise DataError(f"{study}: no run of {kind} with {conditions}")
        return mean(sum(values) / len(values) for values in by_network.values())

    def float_mean(self, kind: str) -> Mean:
        return mean(row["float_accuracy"] for row in self.rows["accuracy_networks"]
                    if kind_of(row["network"]) == kind)

    def accuracies(self, study: str, kind: str, **conditions) -> dict:
        """Of each network of a kind, by its seed."""
        return {seed_of(row["workload"]): row["accuracy"] for row in self.all(study, **conditions)
                if kind_of(row["workload"]) == kind}


def paired(ours: dict, theirs: dict) -> Mean:
    """Accuracies minus others, network by network of the same seed."""
    return mean(ours[seed] - theirs[seed] for seed in ours)
