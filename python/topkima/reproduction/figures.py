# SPDX-License-Identifier: Apache-2.0
"""Plots of the results, as SVG files that are the same whenever they are made."""

from topkima.reproduction import sensitivity
from topkima.reproduction.headlines import HEADLINES
from topkima.study_report.figures import COLOURS, grouped_bars, panels, svg

MACROS = {"topkima": "Topkima", "conventional": "conventional", "digital_topk": "Dtopk"}
SCALINGS = {"scale_free": "scale-free", "left_shift": "left shift", "in_k_weights": "in W_K^T"}
SCHEDULES = ("fine", "buffered", "coarse", "sequential")
MOST_CONSTANTS = 8      # of a tornado


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
            line = sorted((row["topk.k"], row["alpha"]) for row in rows
                          if row["ima.ramp_lsb"] == step)
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
    groups = [(name, [results.one("system", softmax__macro=macro,
                                  pipeline__schedule=schedule)["latency_us"]
                      for schedule in SCHEDULES], {}) for macro, name in MACROS.items()]
    grouped_bars(axes[0], SCHEDULES, groups, 0.26, "{:.0f}".format)
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
    def told(value):
        return f"{value:.0f}" if value else "cannot"

    figure, axes = panels(2, 5.2, 3.0)
    for axis, metric, label in ((axes[0], "softmax_cycles", "cycles of a row's softmax"),
                                (axes[1], "latency_us", "us, module, fine pipeline")):
        groups = []
        for kind, name in SCALINGS.items():
            found = [results.one("scaling", softmax__macro=macro, attention__scaling=kind,
                                 pipeline__schedule="fine") for macro in MACROS]
            groups.append((name, [row[metric] if row["state"] == "done" else 0 for row in found],
                           {}))
        grouped_bars(axis, MACROS.values(), groups, 0.26, told)
        axis.set_ylabel(label)
        axis.margins(y=0.12)
    axes[0].legend(fontsize=8)
    return svg(figure)


def crossbars(results) -> str:
    names = sorted({row["workload"] for row in results.rows["crossbars"]},
                   key=lambda name: name != "digits")
    figure, axes = panels(len(names), 5.2, 3.0)
    for axis, name in zip(axes, names):
        rows = results.all("crossbars", workload=name)
        groups = [(label, [row[metric] for row in rows], {}) for metric, label in (
            ("topk_overlap_float", "selected tokens among the exact top-k"),
            ("relative_error", "relative output error"))]
        grouped_bars(axis, [crossbar_name(row) for row in rows], groups, 0.4)
        axis.tick_params(axis="x", labelsize=7)
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
    found = sensitivity.found_of(results)
    figure, axes = panels(len(shown), 5.6, 2.4)
    for axis, headline in zip(axes, shown):
        base = found[headline.key].value
        largest = found[headline.key].effects[:MOST_CONSTANTS][::-1]
        for place, effect in enumerate(largest):
            for index, value in enumerate(effect.values):
                axis.barh(place, value - base, 0.65, left=base, color=COLOURS[index])
        axis.axvline(base, color="#333333", linewidth=0.8)
        if headline.published is not None:
            axis.axvline(headline.published, color="#333333", linewidth=0.8, linestyle=":")
        axis.set_yticks(range(len(largest)), [effect.constant + (", band" if effect.banded else "")
                                              for effect in largest], fontsize=7)
        axis.set_title(f"{headline.quantity} [{headline.unit}]", fontsize=9)
    return svg(figure)


def all_figures(results) -> dict:
    return {f"{make.__name__}.svg": make(results)
            for make in (macros, alpha, scaling, system, crossbars, tornado)}
