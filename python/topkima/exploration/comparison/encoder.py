# SPDX-License-Identifier: Apache-2.0
"""Two runs of whole encoders (docs/encoder.md). Times and energies are per sample."""

from topkima.exploration.choices import told
from topkima.exploration.reports import at, parameter

from .parts import banded, configuration_lines, energy_lines, totals_lines, work_changes
from .texts import change_text, clipped, figure, percent, section, table, wrapped

TOTALS = (("accuracy", "", "prediction.accuracy", ".4f"),
          ("right", "of asked", "prediction.right", ",.0f"),
          ("latency, mean", "cycles", "totals.latency_cycles", ",.1f"),
          ("", "us", "totals.latency_us", ",.2f"),
          ("throughput", "samples/s", "totals.samples_per_second", ",.1f"),
          *banded("energy", "uJ", "totals.energy_uj_per_sample"),
          ("least", "uJ", "totals.energy_uj_least", "#,.4g"),
          ("most", "uJ", "totals.energy_uj_most", "#,.4g"),
          ("average power", "mW", "energy.totals.average_power_mw", "#,.4g"),
          *banded("area", "mm2", "energy.totals.area_mm2"))
LAYER = (("alpha", "alpha", ".4f"), ("conversion", "mean_conversion_cycles", ",.2f"),
         ("winners", "mean_winners", ",.2f"))


def busiest(module: dict) -> str:
    """The kind of stage that works most of the time, on average over its units, and how much."""
    cycles = {}
    for stage in module["stages"]:
        cycles.setdefault(stage["kind"], []).append(stage["busy"])
    means = {kind: sum(busy) / len(busy) / max(1, module["cycles"])
             for kind, busy in cycles.items()}
    kind = max(means, key=means.get, default="-")
    return f"{clipped(kind, 12)} {100 * means.get(kind, 0):.0f} %"


def module_lines(a: dict, b: dict) -> list[str]:
    """Cycles of each module; those of attention lie within its feed-forward's where samples come
    alone."""
    modules = [{module["name"]: module for module in report["modules"]} for report in (a, b)]
    if modules[0] == modules[1]:
        return []
    rows = [("", "A", "B", "change", "", "busiest in A", "in B")]
    for name in dict.fromkeys([*modules[0], *modules[1]]):
        both = [of.get(name) for of in modules]
        cycles = [module and module["cycles_per_sample"] for module in both]
        rows.append((clipped(name, 22), *(figure(each, ",.1f") for each in cycles),
                     change_text(*cycles, ",.1f"), percent(*cycles),
                     *(busiest(module) if module else "-" for module in both)))
    return table(rows)


def since_when(a: dict, b: dict) -> str:
    """What a module's cycles are in a stream, where all go on at once."""
    streams = [label for label, report in (("A", a), ("B", b))
               if told(report, "encoder.arrival")]
    return f" (of {' and '.join(streams)} until it was done with all)" if streams else ""


def layer_lines(a: dict, b: dict) -> list[str]:
    """Early stopping of each layer's attention, where it changed."""
    rows = [("layer", *(f"{label} {side}" for label, *_ in LAYER for side in "AB"))]
    for number in range(max(len(a["attention"]), len(b["attention"]))):
        both = [report["attention"][number] if number < len(report["attention"]) else {}
                for report in (a, b)]
        figures = [[layer.get(key) for layer in both] for _, key, _ in LAYER]
        if any(left != right for left, right in figures):
            rows.append((str(number), *(figure(value, form) for pair, (_, _, form)
                                        in zip(figures, LAYER) for value in pair)))
    return table(rows) if len(rows) > 1 else []


def accuracy_sentence(a: dict, b: dict) -> str:
    shares = [at(report, "prediction.accuracy") for report in (a, b)]
    if None in shares:
        return ""
    counts = [f"{report['prediction']['right']:,} of {report['prediction']['asked']:,}"
              for report in (a, b)]
    if shares[0] == shares[1] and counts[0] == counts[1]:
        return f" The accuracy is the same, {100 * shares[0]:.2f} % ({counts[0]})."
    return (f" The accuracy goes from {100 * shares[0]:.2f} % ({counts[0]}) to "
            f"{100 * shares[1]:.2f} % ({counts[1]}).")


def change_sentence(what: str, unit: str, a: float, b: float) -> str:
    if a == b:
        return f" {what} is the same, {figure(a, '#,.4g')} {unit}."
    return (f" {what} goes from {figure(a, '#,.4g')} to {figure(b, '#,.4g')} {unit}"
            + (f" ({percent(a, b)})." if percent(a, b) else "."))


def summary(a: dict, b: dict) -> list[str]:
    work = [f"{name} {left} to {right}" for name, left, right in work_changes(a, b)]
    for what, of in (("samples", lambda report: report["totals"]["samples"]),
                     ("first sample", lambda report: parameter(report, "encoder.first_sample", 0))):
        if of(a) != of(b):
            work.append(f"{what} {of(a)} to {of(b)}")
    text = f"Not the same work: {', '.join(work)}." if work else ""
    text += change_sentence("The latency of a sample", "us",
                            *(report["totals"]["latency_us"] for report in (a, b)))
    text += change_sentence("Its energy", "uJ",
                            *(report["totals"]["energy_uj_per_sample"] for report in (a, b)))
    return ["", *wrapped((text + accuracy_sentence(a, b)).strip(), hanging="")]


def sections(a: dict, b: dict) -> list[str]:
    samples = tuple(max(1, report["totals"]["samples"]) for report in (a, b))
    return [*summary(a, b),
            *section("changed", configuration_lines(a, b)),
            *section("totals, times and energies per sample",
                     totals_lines(a, b, TOTALS, "prediction")),
            *section(f"modules, cycles per sample{since_when(a, b)}", module_lines(a, b)),
            *section("early stopping by layer", layer_lines(a, b)),
            *section("energy by component, uJ per sample", energy_lines(a, b, samples))]
