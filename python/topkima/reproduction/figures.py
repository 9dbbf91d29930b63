# SPDX-License-Identifier: Apache-2.0
"""Plots of the results, as SVG files that are the same whenever they are made."""

import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from topkima.reproduction import sensitivity  # noqa: E402
from topkima.reproduction.headlines import HEADLINES  # noqa: E402

MACROS = {"topkima": "Topkima", "conventional": "conventional", "digital_topk": "Dtopk"}
SCALINGS = {"scale_free": "scale-free", "left_shift": "left shift", "in_k_weights": "in W_K^T"}
SCHEDULES = ("fine", "buffered", "coarse", "sequential")
# Okabe and Ito's colours.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6d31", "#8f4e8b",
           "#7f8790", "#b7a800", "#000000", "#9fc9ea", "#7dbb78", "#c9a65a", "#5f6875", "#d3d7dd")
MOST_CONSTANTS = 8      # of a tornado

plt.rcParams.update({"svg.hashsalt": "topkima", "svg.fonttype": "none", "font.size": 9,
                     "font.family": "sans-serif", "axes.spines.top": False,
                     "axes.spines.right": False, "axes.axisbelow": True, "figure.dpi": 72,
                     "axes.prop_cycle": plt.cycler(color=COLOURS)})


def svg(figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)
    # matplotlib ends some lines with a blank.
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def panels(count: int, width: float = 4.2, height: float = 3.0, columns: int = 2):
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows),
                                squeeze=False, layout="constrained")
    return figure, list(axes.flat)


def bars(axis, names, values, title, label, log=False, form="{:.3g}"):
    places = range(len(names))
    drawn = axis.bar(places, values, 0.6, color=[COLOURS[i % len(COLOURS)] for i in places])
    axis.bar_label(drawn, [form.format(value) for value in values], padding=2, fontsize=8)
    axis.set_xticks(list(places), names)
    axis.set_title(title)
    axis.set_ylabel(label)
    if log:
        axis.set_yscale("log")
    axis.margins(y=0.15)


def macros(results) -> str:
    figure, axes = panels(2)
    rows = {macro: results.all("macros", softmax__macro=macro, attention__scaling="scale_free")[0]
            for macro in MACROS}
    for axis, metric, title, label in (
            (axes[0], "softmax_cycles", "Latency of a row's softmax", "cycles"),
            (axes[1], "softmax_energy_per_row_pj", "Energy of a row's softmax", "pJ")):
        bars(axis, MACROS.values(), [rows[macro][metric] for macro in MACROS], title, label, True)
    return svg(figure)


def alpha(results) -> str:
    names = sorted({row["workload"] for row in results.rows["alpha"]}, key=lambda n: n != "digits")
    figure, axes = panels(len(names))
    for axis, name in zip(axes, names):
        rows = results.all("alpha", workload=name)
        steps = sorted({row["ima.ramp_lsb"] for row in rows}, key=lambda s: (s != "auto", s))
        for step in steps:
            line = sorted((row["topk.k"], row["alpha"]) for row in rows if row["ima.ramp_lsb"] == step)
            axis.plot(*zip(*line), marker="o", markersize=3, linewidth=2 if step == "auto" else 1,
                      label=step if step == "auto" else f"{step:g}")
        axis.set(title=f"{name}: executed share of the ramp", xlabel="k", ylabel="alpha",
                 xscale="log", ylim=(0, 1.02))
        axis.set_xticks([1, 2, 3, 5, 8, 16, 32], ["1", "2", "3", "5", "8", "16", "32"])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].legend(title="ramp_lsb", fontsize=7)
    return svg(figure)


def system(results) -> str:
    figure, axes = panels(2, 5.2, 3.4)
    width = 0.26
    for place, (macro, name) in enumerate(MACROS.items()):
        values = [results.one("system", softmax__macro=macro, pipeline__schedule=schedule)["latency_us"]
                  for schedule in SCHEDULES]
        drawn = axes[0].bar([i + (place - 1) * width for i in range(len(SCHEDULES))], values, width,
                            label=name)
        axes[0].bar_label(drawn, [f"{value:.0f}" for value in values], fontsize=7, padding=1)
    axes[0].set_xticks(range(len(SCHEDULES)), SCHEDULES)
    axes[0].set(title="Latency of one BERT-base module", ylabel="us")
    axes[0].legend(fontsize=8)
    components = components_of(results)
    bottom = [0.0] * len(MACROS)
    for index, component in enumerate(components):
        values = [fine(results, macro)[f"{component}.energy_uj"] or 0 for macro in MACROS]
        axes[1].bar(range(len(MACROS)), values, 0.6, bottom=bottom, label=component,
                    color=COLOURS[index % len(COLOURS)])
        bottom = [low + value for low, value in zip(bottom, values)]
    axes[1].set_xticks(range(len(MACROS)), MACROS.values())
    axes[1].set(title="Energy by component, fine pipeline", ylabel="uJ")
    handles, labels = axes[1].get_legend_handles_labels()    # as they lie on each other
    axes[1].legend(handles[::-1], labels[::-1], fontsize=7, loc="center left",
                   bbox_to_anchor=(1, 0.5))
    return svg(figure)


def fine(results, macro: str) -> dict:
    return results.one("system", softmax__macro=macro, pipeline__schedule="fine")


def components_of(results) -> list:
    """Those with energy in some machine, the largest of Topkima's first."""
    names = [column[:-len(".energy_uj")] for column in results.rows["system"][0]
             if column.endswith(".energy_uj")]
    energy = {name: [fine(results, macro)[f"{name}.energy_uj"] or 0 for macro in MACROS]
              for name in names}
    return sorted((name for name in names if max(energy[name]) > 0),
                  key=lambda name: (-energy[name][0], -max(energy[name])))


def scaling(results) -> str:
    figure, axes = panels(2, 5.2, 3.0)
    width = 0.26
    for axis, metric, label in ((axes[0], "softmax_cycles", "cycles of a row's softmax"),
                                (axes[1], "latency_us", "us, module, fine pipeline")):
        for place, (kind, name) in enumerate(SCALINGS.items()):
            found = [results.one("scaling", softmax__macro=macro, attention__scaling=kind,
                                 pipeline__schedule="fine") for macro in MACROS]
            values = [row[metric] if row["state"] == "done" else 0 for row in found]
            drawn = axis.bar([i + (place - 1) * width for i in range(len(MACROS))], values, width,
                             label=name)
            axis.bar_label(drawn, [f"{value:.0f}" if value else "cannot" for value in values],
                           fontsize=7, padding=1)
        axis.set_xticks(range(len(MACROS)), MACROS.values())
        axis.set_ylabel(label)
        axis.margins(y=0.12)
    axes[0].legend(fontsize=8)
    return svg(figure)


def crossbars(results) -> str:
    names = sorted({row["workload"] for row in results.rows["crossbars"]}, key=lambda n: n != "digits")
    figure, axes = panels(len(names), 5.2, 3.0)
    for axis, name in zip(axes, names):
        rows = results.all("crossbars", workload=name)
        for place, (metric, label) in enumerate((
                ("topk_overlap_float", "selected tokens among the exact top-k"),
                ("relative_error", "relative output error"))):
            axis.bar([i + (place - 0.5) * 0.4 for i in range(len(rows))],
                     [row[metric] for row in rows], 0.4, label=label)
        axis.set_xticks(range(len(rows)), [crossbar_name(row) for row in rows], fontsize=7)
        axis.set_title(name)
        axis.margins(y=0.2)
    axes[0].legend(fontsize=7, loc="upper center", ncols=2)
    return svg(figure)


def crossbar_name(row: dict) -> str:
    cells = "ternary" if row["score.key_cells"] == 1 else "4-bit K"
    return f"{row['crossbar.columns']:.0f}\n{cells}\n{row['mean_winners']:.0f} won"


def tornado(results) -> str:
    shown = [headline for headline in HEADLINES if headline.key in (
        "speed_conventional", "energy_conventional", "energy_dtopk", "shift_topkima", "tops",
        "tops_per_w")]
    found = sensitivity.effects(results)
    figure, axes = panels(len(shown), 5.6, 2.4)
    for axis, headline in zip(axes, shown):
        base, effects = found[headline.key]
        largest = effects[:MOST_CONSTANTS][::-1]
        for place, effect in enumerate(largest):
            for index, value in enumerate(effect.values):
                axis.barh(place, value - base, 0.65, left=base, color=COLOURS[index])
        axis.axvline(base, color="#333333", linewidth=0.8)
        if headline.published is not None:
            axis.axvline(headline.published, color="#333333", linewidth=0.8, linestyle=":")
        axis.set_yticks(range(len(largest)), [effect.constant for effect in largest], fontsize=7)
        axis.set_title(f"{headline.quantity} [{headline.unit}]", fontsize=9)
    return svg(figure)


def all_figures(results) -> dict:
    return {f"{make.__name__}.svg": make(results)
            for make in (macros, alpha, scaling, system, crossbars, tornado)}
