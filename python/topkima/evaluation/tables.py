# SPDX-License-Identifier: Apache-2.0
"""What the tables say: means over networks that differ in their seeds, with confidence intervals."""

import csv
import io
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import t as student

from topkima.errors import DataError

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
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["network", "trained", "float_accuracy", "accuracy"])
    for network in networks:
        text = (place / network.name / "model.ini").read_text(encoding="utf-8")
        values = dict(re.findall(r"^(trained|float_accuracy|accuracy) = (.*)$", text, re.M))
        writer.writerow([network.name, values["trained"],
                         *(f"{float(values[key]):.7g}" for key in ("float_accuracy", "accuracy"))])
    return table.getvalue()


def seed_of(name: str) -> str:
    return name.rpartition("_s")[2]


def kind_of(name: str) -> str:
    """A network's name without its seed."""
    return name.rpartition("_s")[0]


def value(column: str, text: str):
    if column in TEXTS:
        return text
    try:
        return float(text)
    except ValueError:
        return text


class Results:
    def __init__(self, data: dict):
        self.rows = {name: [{column: value(column, text) for column, text in row.items()}
                            for row in csv.DictReader(io.StringIO(table))]
                     for name, table in data.items()}
        with (HERE / "published.toml").open("rb") as file:
            self.published = tomllib.load(file)

    def kinds(self, study: str) -> list:
        """Kinds of networks, in the order of the table."""
        return list(dict.fromkeys(kind_of(row["workload"]) for row in self.rows[study]))

    def levels(self, study: str, parameter: str) -> list:
        return sorted({row[parameter] for row in self.rows[study]
                       if row.get(parameter) not in ("", None)},
                      key=lambda level: (isinstance(level, str), level))

    def mean(self, study: str, kind: str, metric: str = "accuracy", **conditions) -> Mean:
        """Over the networks of a kind; runs of one network under several seeds count as one."""
        wanted = {name.replace("__", "."): wish for name, wish in conditions.items()}
        by_network = {}
        for row in self.rows[study]:
            if kind_of(row["workload"]) == kind and row["state"] == "done" and \
                    all(row.get(name) == wish for name, wish in wanted.items()):
                by_network.setdefault(row["workload"], []).append(row[metric])
        if not by_network:
            raise DataError(f"{study}: no run of {kind} with {conditions}")
        return mean(sum(values) / len(values) for values in by_network.values())

    @staticmethod
    def of(values) -> Mean:
        return mean(values)

    def float_mean(self, kind: str) -> Mean:
        return mean(row["float_accuracy"] for row in self.rows["accuracy_networks"]
                    if kind_of(row["network"]) == kind)

    def paired(self, study: str, kind: str, other: str, **conditions) -> Mean:
        """Accuracy of `kind` minus that of `other`, network by network of the same seed."""
        wanted = {name.replace("__", "."): wish for name, wish in conditions.items()}
        def accuracies(of):
            return {seed_of(row["workload"]): row["accuracy"] for row in self.rows[study]
                    if kind_of(row["workload"]) == of
                    and all(row.get(name) == wish for name, wish in wanted.items())}
        ours, theirs = accuracies(kind), accuracies(other)
        return mean(ours[seed] - theirs[seed] for seed in ours)
