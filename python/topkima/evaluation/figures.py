# SPDX-License-Identifier: Apache-2.0
"""Plots of accuracy, as SVG files that are the same whenever they are made."""

import math

from topkima.evaluation.tables import Results
from topkima.exploration.analysis import front
from topkima.study_report.figures import COLOURS, grouped_bars, panels, svg

TRADED = {"accuracy": "maximize", "latency_us": "minimize", "energy_uj_per_sample": "minimize"}
SPLIT_NAMES = {"384": "global", "256,128": "256 + 128", "128,128,128": "3 x 128"}


def all_figures(results: Results) -> dict:
    return {"accuracy_training.svg": training(results), "accuracy_noise.svg": noise(results),
            "accuracy_trade.svg": trade(results)}


def percent(mean) -> tuple:
    return 100 * mean.value, 0 if math.isnan(mean.half) else 100 * mean.half


def line(axis, places, means, label, colour, **style):
    values, halves = zip(*(percent(mean) for mean in means))
    axis.errorbar(places, values, halves, marker="o", markersize=3, capsize=2, linewidth=1.3,
                  label=label, color=colour, **style)


def level(axis, mean, label, colour):
    value, half = percent(mean)
    axis.axhline(value, color=colour, linewidth=1, linestyle="--", label=label)
    axis.axhspan(value - half, value + half, color=colour, alpha=0.1, linewidth=0)


def training(results: Results) -> str:
    figure, (digits, text) = panels(2, 4.8, 3.4)
    ks = [int(k) for k in results.levels("accuracy_untrained", "topk.k")]
    for kind, label, colour in (("tfcbp", "TFCBP", COLOURS[0]),
                                ("topk", "top-k backward", COLOURS[1])):
        line(digits, ks, [results.mean("accuracy_trained", f"{kind}_k{k}") for k in ks], label,
             colour)
    line(digits, ks, [results.mean("accuracy_untrained", "float", topk__k=k) for k in ks],
         "trained with full attention", COLOURS[2])
    level(digits, results.float_mean("float"), "exact float", COLOURS[10])
    level(digits, results.mean("accuracy_trained", "quantised"), "quantised, all columns",
          COLOURS[3])
    digits.set(title="Digits: accuracy over k", xlabel="k", ylabel="%", xscale="log")
    digits.set_xticks(ks, [str(k) for k in ks])
    digits.minorticks_off()
    digits.legend(fontsize=7)

    splits = splits_of(results)
    kinds = results.kinds("accuracy_text")
    groups = []
    for place, kind in enumerate(kinds):
        means = [percent(results.mean("accuracy_text", kind, topk__split=split, topk__k=5))
                 for split in splits]
        groups.append((text_name(kind), [value for value, _ in means],
                       {"yerr": [half for _, half in means], "capsize": 2,
                        "color": COLOURS[place]}))
    grouped_bars(text, [SPLIT_NAMES[split] for split in splits], groups, 0.8 / len(kinds))
    text.set(title="Texts, SL 384, k = 5", ylabel="% of the hidden characters",
             xlabel="crossbars that it runs on")
    lowest = min(100 * row["accuracy"] for row in results.rows["accuracy_text"])
    text.set_ylim(max(0, lowest - 2), text.get_ylim()[1] + 1.5)
    text.legend(fontsize=7, title="trained with", title_fontsize=7, ncol=2, loc="upper right")
    return svg(figure)


def splits_of(results: Results) -> list:
    run_on = results.levels("accuracy_text", "topk.split")
    return [split for split in SPLIT_NAMES if split in run_on]


def text_name(kind: str) -> str:
    return {"text_float": "exact attention", "text_global": "the global top-k",
            "text_256_128": "256 + 128", "text_128x3": "3 x 128"}[kind]


def noise_name(kind: str) -> str:
    if kind.startswith("tfcbp"):
        return "no noise"
    return f"sigma {kind.split('_')[0].removeprefix('noise')}"


def noise(results: Results) -> str:
    figure, (scores, defects) = panels(2, 4.8, 3.4)
    levels = results.levels("accuracy_noise", "noise.score_sigma")
    for place, kind in enumerate(results.kinds("accuracy_noise")):
        line(scores, levels, [results.mean("accuracy_noise", kind, noise__score_sigma=sigma)
                              for sigma in levels], noise_name(kind), COLOURS[place])
    scores.set(title="Noise on every score", xlabel="sigma, ramp steps", ylabel="%")
    scores.legend(fontsize=7, title="trained with", title_fontsize=7)

    parameters = [name for name in results.rows["accuracy_defects"][0]
                  if name.startswith(("noise.", "fault.")) and name != "noise.seed"]
    base = results.mean("accuracy_noise", "tfcbp_k5", noise__score_sigma=0)
    for place, name in enumerate(parameters):
        levels = results.levels("accuracy_defects", name)
        means = [results.mean("accuracy_defects", "tfcbp_k5", **{name.replace(".", "__"): level})
                 for level in levels]
        line(defects, levels, means, name, COLOURS[place])
    level(defects, base, "ideal", COLOURS[10])
    defects.set(title="Other non-idealities, one at a time", xlabel="level, in its own unit",
                ylabel="%", xscale="log")
    defects.legend(fontsize=7)
    return svg(figure)


def trade(results: Results) -> str:
    figure, axes = panels(2, 4.8, 3.6)
    rows = trade_rows(results)
    front = front_rows(results)
    for axis, metric, label in ((axes[0], "latency_us", "latency, us per image"),
                                (axes[1], "energy_uj_per_sample", "energy, uJ per image")):
        other = "energy_uj_per_sample" if metric == "latency_us" else "latency_us"
        drawn = axis.scatter([row[metric] for row in rows], [100 * row["accuracy"] for row in rows],
                             c=[row[other] for row in rows], s=14, cmap="viridis", linewidth=0)
        axis.scatter([row[metric] for row in front], [100 * row["accuracy"] for row in front],
                     s=46, facecolors="none", edgecolors=COLOURS[1], linewidth=1.2,
                     label="Pareto front of all three")
        figure.colorbar(drawn, ax=axis,
                        label="uJ per image" if other.startswith("energy") else "us per image")
        axis.set(xlabel=label, ylabel="accuracy, %")
        axis.legend(fontsize=7, loc="lower right")
    return svg(figure)


def trade_rows(results: Results) -> list:
    return [row for row in results.rows["accuracy_trade"] if row["state"] == "done"]


def front_rows(results: Results) -> list:
    """Of accuracy, latency and energy."""
    rows = trade_rows(results)
    values = {index: [row[metric] for metric in TRADED] for index, row in enumerate(rows)}
    chosen = front(values, list(TRADED.values()))
    return [row for index, row in enumerate(rows) if index in chosen]
