# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG files that are the same whenever they are made."""

import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# Okabe and Ito's colours.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6d31", "#8f4e8b",
           "#7f8790", "#b7a800", "#000000", "#9fc9ea", "#7dbb78", "#c9a65a", "#5f6875", "#d3d7dd")

plt.rcParams.update({"svg.hashsalt": "topkima", "svg.fonttype": "none", "font.size": 9,
                     "font.family": "sans-serif", "axes.spines.top": False,
                     "axes.spines.right": False, "axes.axisbelow": True, "figure.dpi": 72,
                     "axes.prop_cycle": plt.cycler(color=COLOURS)})


def svg(figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None},
                   bbox_inches="tight")
    plt.close(figure)
    # matplotlib ends some lines with a blank.
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def panels(count: int, width: float = 4.2, height: float = 3.0, columns: int = 2):
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows),
                                squeeze=False, layout="constrained")
    return figure, list(axes.flat)


def grouped_bars(axis, names, groups, width: float, told=None):
    """Of each name a bar of each group, which is (label, values, options of a bar); `told`: what
    stands over a bar of this value."""
    for place, (label, values, options) in enumerate(groups):
        middles = [index + (place - (len(groups) - 1) / 2) * width for index in range(len(names))]
        drawn = axis.bar(middles, values, width, label=label, **options)
        if told:
            axis.bar_label(drawn, [told(value) for value in values], fontsize=7, padding=1)
    axis.set_xticks(range(len(names)), names)
