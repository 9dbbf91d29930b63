# SPDX-License-Identifier: Apache-2.0
"""docs/results/README.md and headlines.csv: what the model says of the published figures, and why it
differs where it does."""

import csv
import io

from topkima.reproduction import sensitivity
from topkima.reproduction.figures import (MACROS, SCALINGS, SCHEDULES, components_of, crossbar_name, fine)
from topkima.reproduction.headlines import HEADLINES, fold_cycles, softmax_share

AGREES = 0.1        # deviation that is called agreement
MOST_NAMED = 3      # constants that a headline is said to hang on


def table(header, rows) -> str:
    lines = ["| " + " | ".join(header) + " |",
             "|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if abs(value) < 10 ** digits else f"{value:,.0f}"


def percent(value: float) -> str:
    return f"{100 * value:+.0f} %"


def published_text(headline) -> str:
    unit = {"x": "x", "": ""}.get(headline.unit, f" {headline.unit}")
    return f"{headline.bound} {headline.published:g}{unit}".strip()


def verdict(headline, value: float) -> str:
    if headline.bound == "at least" and value >= headline.published:
        return "holds"
    if headline.bound == "up to" and value <= headline.published:
        return "holds"
    deviation = value / headline.published - 1
    return "agrees" if abs(deviation) <= AGREES else percent(deviation)


def hangs_on(effects, base: float) -> str:
    named = [f"`{effect.constant}` ({100 * effect.span(base):.0f} %)" for effect in effects[:MOST_NAMED]
             if effect.span(base) >= 0.01]
    return ", ".join(named) or "no single assumption: none moves it by 1 %"


def headline_rows(results) -> list:
    found = sensitivity.effects(results)
    return [(headline, *found[headline.key]) for headline in HEADLINES]


def headline_table(results, group: str) -> str:
    rows = []
    for headline, base, effects in headline_rows(results):
        if headline.group == group:
            rows.append([headline.quantity, published_text(headline),
                         f"{base:.3g}" + ("x" if headline.unit == "x" else f" {headline.unit}".rstrip()),
                         verdict(headline, base), hangs_on(effects, base)])
    return table(["quantity", "published", "simulated", "verdict",
                  "hangs on (effect of half / half as much again)"], rows)


def macro_table(results) -> str:
    rows = []
    for row in results.rows["macros"]:
        sorters = f", a sorter per {row['sort.sorters']}" if row["sort.sorters"] else ""
        rows.append([f"{MACROS[row['softmax.macro']]}{sorters}", SCALINGS[row["attention.scaling"]],
                     number(row["softmax_cycles"], 4), number(row["softmax_energy_per_row_pj"], 4),
                     f"{100 * row['sort_share']:.0f} %", f"{row['alpha']:.3f}",
                     f"{100 * row['energy_assumed_share']:.0f} %"])
    return table(["macro", "scaling", "cycles a row", "pJ a row", "sorting", "alpha",
                  "energy on assumptions"], rows)


def alpha_table(results) -> str:
    parts = []
    for name in ("digits", "bert-base"):
        rows = results.all("alpha", workload=name)
        ks = sorted({row["topk.k"] for row in rows})
        steps = sorted({row["ima.ramp_lsb"] for row in rows}, key=lambda s: (s != "auto", s))
        lines = [[f"{name}, {step if step == 'auto' else format(step, 'g')}",
                  *(f"{row['alpha']:.2f}" for k in ks for row in rows
                    if row["topk.k"] == k and row["ima.ramp_lsb"] == step)] for step in steps]
        parts.append(table(["ramp_lsb", *(f"k = {k:g}" for k in ks)], lines))
    return "\n".join(parts)


def scaling_table(results) -> str:
    rows = []
    for macro, name in MACROS.items():
        for kind, scaling in SCALINGS.items():
            for schedule in ("fine", "coarse"):
                row = results.one("scaling", softmax__macro=macro, attention__scaling=kind,
                                  pipeline__schedule=schedule)
                if row["state"] != "done":
                    rows.append([name, scaling, schedule, "-", "-", "-", "-", "-"])
                    continue
                rows.append([name, scaling, schedule, number(row["softmax_cycles"], 4),
                             f"{fold_cycles(row):.0f}" if row["fold.busy"] != "" else "0",
                             number(row["latency_us"], 4), number(row["energy_uj"], 4),
                             number(row["area_mm2"], 3)])
    return table(["macro", "scaling", "schedule", "softmax cycles", "fold cycles", "us", "uJ", "mm2"],
                 rows)


def system_table(results) -> str:
    rows = []
    for macro, name in MACROS.items():
        for schedule in SCHEDULES:
            row = results.one("system", softmax__macro=macro, pipeline__schedule=schedule)
            rows.append([name, schedule, f"{row['latency_cycles']:,.0f}", number(row["latency_us"], 4),
                         number(row["tops"]), number(row["tops_per_w"]), number(row["tops_per_mm2"]),
                         f"{100 * softmax_share(row):.0f} %", row["bottleneck"]])
    return table(["macro", "schedule", "cycles", "us", "TOPS", "TOPS/W", "TOPS/mm2",
                  "exponent and divide on the critical path", "bottleneck"], rows)


def component_table(results) -> str:
    total = {macro: fine(results, macro)["energy_uj"] for macro in MACROS}
    rows = []
    for component in components_of(results):
        rows.append([f"`{component}`"] + [
            f"{fine(results, macro)[f'{component}.energy_uj'] or 0:.3g} "
            f"({100 * (fine(results, macro)[f'{component}.energy_uj'] or 0) / total[macro]:.1f} %)"
            for macro in MACROS] + [f"{fine(results, 'topkima')[f'{component}.area_mm2'] or 0:.3g}"])
    rows.append(["**all**"] + [f"{total[macro]:.4g}" for macro in MACROS]
                + [f"{fine(results, 'topkima')['area_mm2']:.3g}"])
    return table(["component", *(f"{name}, uJ" for name in MACROS.values()), "Topkima, mm2"], rows)


def crossbar_table(results) -> str:
    rows = []
    for row in results.rows["crossbars"]:
        rows.append([row["workload"], crossbar_name(row).replace("\n", ", "),
                     f"{row['topk_overlap_float']:.3f}", f"{row['topk_overlap_exact']:.3f}",
                     f"{row['topk_mass']:.3f}", f"{row['relative_error']:.3f}",
                     f"{row['cosine_similarity']:.3f}", f"{row['alpha']:.3f}",
                     number(row["latency_us"], 4), number(row["energy_uj"], 4)])
    return table(["workload", "columns of an array", "overlap, float", "overlap, integer",
                  "softmax mass", "output error", "cosine", "alpha", "us", "uJ"], rows)


def peer_table(results) -> str:
    own = fine(results, "topkima")["tops_per_w"]
    rows = []
    for peer in results.published["peer"]:
        efficiency = peer.get("tops_per_w")
        rows.append([f"{peer['name']} ({peer['source']})", peer["stated"], peer["confidence"],
                     f"{own / efficiency:.3g}x" if efficiency else "no absolute figure with a source"])
    return table(["accelerator", "published", "confidence", "simulated TOPS/W over it"], rows)


def headlines_csv(results) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["key", "quantity", "bound", "published", "simulated", "unit", "verdict", "hangs_on"])
    for headline, base, effects in headline_rows(results):
        writer.writerow([headline.key, headline.quantity, headline.bound, headline.published,
                         f"{base:.5g}", headline.unit, verdict(headline, base),
                         "; ".join(f"{effect.constant} {100 * effect.span(base):.1f} %"
                                   for effect in effects[:MOST_NAMED])])
    return text.getvalue()


def summary(results) -> str:
    lines = [f"{'quantity':58} {'published':>16} {'simulated':>12}  verdict"]
    for headline, base, _ in headline_rows(results):
        lines.append(f"{headline.quantity[:58]:58} {published_text(headline):>16} {base:12.4g}  "
                     f"{verdict(headline, base)}")
    return "\n".join(lines)


def readme(results) -> str:
    topkima, conventional, dtopk = (
        results.one("macros", softmax__macro=macro, attention__scaling="scale_free",
                    sort__sorters=sorters)
        for macro, sorters in (("topkima", ""), ("conventional", ""), ("digital_topk", "head")))
    own = fine(results, "topkima")
    system = results.all("system", softmax__macro="topkima")
    largest = components_of(results)[0]
    bert = [row for row in results.rows["crossbars"] if row["workload"] == "bert-base"]
    published_arrays, everything = bert[1], bert[0]
    return f"""# Results: the published figures, simulated

Made by `scripts/reproduce`; not edited by hand, but for the words in `python/topkima/reproduction/page.py`. Everything is the reference configuration, the defaults of
`topkima-macro` (65 nm) and `topkima-soc` (32 nm): BERT-base shape, 12 heads, SL 384, k = 5, arrays of 256 x 256. Its tensors are synthetic and seeded;
"digits" is layer 0 of a vision transformer that was trained with full softmax. Published figures are those of {results.published["paper"]["source"]}.
**No constant was fitted to a headline**; a verdict says *agrees* within {100 * AGREES:.0f} %, *holds* where the published figure is a bound, and the deviation otherwise. The last column
names the assumed constants that move a figure most when they are half as large or half as large again, one at a time.
What it costs in accuracy is on a page of its own, [accuracy.md](accuracy.md).

## 1. The softmax macro

{headline_table(results, "macro")}
![Cycles and energy of a row's softmax in the three macros](macros.svg)

{macro_table(results)}
Alone, a row takes {topkima["softmax_cycles"]:.1f} cycles in Topkima, {conventional["softmax_cycles"]:.0f} in the conventional and {dtopk["softmax_cycles"]:.0f} in the Dtopk macro.
Latency ratios follow from counted cycles: 2^n ramp steps against {32 * topkima["alpha"]:.1f} (alpha {topkima["alpha"]:.3f}), and one element per cycle through sorter or softmax.
They come out above the published ones because the score's pulse window, which all three share, is short (15 cycles); with `score.weighting = pulse` it is 60 cycles and the ratios fall, as the sensitivity shows.
Energy depends on what a division costs: the conventional macro divides {conventional["mean_winners"]:.0f} times a row, Topkima {topkima["mean_winners"]:.0f} times. The sorter's share of
Dtopk's latency needs no assumption but one element per cycle. A sorter per crossbar, which the paper does not mention, would make Dtopk faster: last rows of the table.

## 2. Early stopping

Executed share of the ramp, alpha, over k and the ramp's step (score units):

{alpha_table(results)}
![alpha over k](alpha.svg)

A small step saturates large scores: they cross in the first steps and the ramp stops at once, but selection is then by address, not by score (see overlap in `data/alpha.csv`). A coarse one leaves all codes near zero, where the ramp
has come half-way. `auto` takes the smallest step at which at most 1 % of the exact top-k scores saturate. The paper gives no curve to compare with.

## 3. Where the scale goes

{headline_table(results, "scaling")}
![Softmax cycles and module latency by scaling](scaling.svg)

{scaling_table(results)}
The paper gives 2.4x and 1.5x without saying which macro it compares. A shifter that takes one element per cycle adds k cycles to Topkima and a cycle per column to the others, so no macro comes to 2.4x
with it; a slower shifter would (`shift.element_cycles`). With the scale in W_K^T, rows of d_model values lie in twelve arrays whose partial sums a decreasing ramp cannot select on: Topkima cannot do it at all ("cannot"), and compared with
Topkima the price is the whole digital top-k, not 1.5x. Within one macro the additional projection costs {fold_cycles(results.one("scaling", softmax__macro="digital_topk", attention__scaling="in_k_weights", pipeline__schedule="fine")):.0f} cycles a query, hidden in the pipeline;
what remains visible is area and energy.

## 4. The system

{headline_table(results, "system")}
![Latency by schedule and macro; energy by component](system.svg)

{system_table(results)}
Energy and area by component, fine pipeline:

{component_table(results)}
Throughput lies within a few per cent of the published figure without anything being adjusted: it follows from 74 cycles per projected token, twice. Efficiency is higher than published by the deviation shown.
{100 * (own[f"{largest}.energy_uj"] / own["energy_uj"]):.0f} % of the energy is `{largest}`: lossless 9-bit conversions of every partial sum of the projections. {100 * own["energy_assumed_share"]:.0f} % of the energy
rests on assumptions. What is not modelled (clock tree, I/O, DRAM, writing RRAM) would lower the efficiency towards the published one. Softmax's share of latency is that of exponent and divide on the
critical path; in the fine pipeline they overlap with everything else, so only a pipeline without overlap has such a share.

## 5. Pipelines

See the table above: the fine pipeline is {results.one("system", softmax__macro="topkima", pipeline__schedule="coarse")["latency_us"] / own["latency_us"]:.2f}x faster than the coarse and
{results.one("system", softmax__macro="topkima", pipeline__schedule="sequential")["latency_us"] / own["latency_us"]:.2f}x faster than the sequential one; with Q buffered it gains
{100 * (1 - min(row["latency_us"] for row in system) / own["latency_us"]):.0f} % more. The paper gives no figure to compare with.

## 6. Crossbars and sub-top-k

![Overlap and error by array size](crossbars.svg)

{crossbar_table(results)}
Local selection in two arrays of 256 and 128 columns keeps {100 * published_arrays["topk_overlap_float"] / everything["topk_overlap_float"]:.0f} % of the overlap that global selection has on the BERT-base shape. Smaller arrays lose more, and with many
of them each must win once: the number of winners grows beyond k, which hides the loss and costs time. Ternary keys lose more than any split. The digits layer was not trained for top-k, so its error is large at k = 5 whatever the arrays are.

## 7. Other accelerators

The paper states 1.8x to 84x the speed and 1.2x to 36x the energy efficiency of these four (the preprint: 1.3x to 35x).

{peer_table(results)}
Speeds cannot be compared: no absolute throughput of these machines on a comparable workload was found with a source that can be checked. 16.84 / 0.46768 = 36.0, so the upper bound of the published range is probably ReTransformer's; that is an inference.

## What hangs on what

Half as much and half as much again of every assumed constant, one at a time; the solid line is the model, the dotted one the published figure.

![Effect of each assumed constant on six headlines](tornado.svg)

All effects: `data/sensitivity_macro.csv`, `data/sensitivity_soc.csv`. Constants and their sources: [energy model](../energy-model.md), `--list-parameters`.
"""


def all_pages(results) -> dict:
    return {"README.md": readme(results), "headlines.csv": headlines_csv(results)}
