# SPDX-License-Identifier: Apache-2.0
"""docs/results/README.md and headlines.csv: what the model says of the published figures, and why
it differs where it does."""

from pathlib import Path

from topkima.reproduction import sensitivity
from topkima.reproduction.figures import (MACROS, SCALINGS, SCHEDULES, components_of,
                                          crossbar_name, fine)
from topkima.reproduction.headlines import HEADLINES, fold_cycles, softmax_share
from topkima.study_report.studies import table_text
from topkima.study_report.words import filled, table

PAGE = Path(__file__).with_name("page.md.in")

AGREES = 0.1        # deviation that is called agreement
MOST_NAMED = 3      # constants that a headline is said to hang on
# Where the page tells of a group of headlines.
SECTIONS = {"macro": "[1](#1-the-softmax-macro)", "scaling": "[3](#3-where-the-scale-goes)",
            "system": "[4](#4-the-system)"}


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
    named = [f"`{effect.constant}` ({'band, ' if effect.banded else ''}"
             f"{100 * effect.span(base):.0f} %)"
             for effect in effects[:MOST_NAMED] if effect.span(base) >= 0.01]
    return ", ".join(named) or "no single constant: none moves it by 1 %"


def with_unit(headline, text: str) -> str:
    return text + ("x" if headline.unit == "x" else f" {headline.unit}".rstrip())


def bounds_text(low: float, high: float, digits: int = 3) -> str:
    """What stands behind a figure: "" where its bounds show nothing."""
    shown = [number(bound, digits) for bound in (low, high)]
    return f", {' to '.join(shown)}" if shown[0] != shown[1] else ""


def banded(row: dict, metric: str, digits: int = 3) -> str:
    return number(row[metric], digits) + bounds_text(row[f"{metric}_low"], row[f"{metric}_high"])


def headline_rows(results) -> list:
    found = sensitivity.found_of(results)
    return [(headline, found[headline.key]) for headline in HEADLINES]


def headline_table(results) -> str:
    rows = []
    for headline, found in headline_rows(results):
        rows.append([headline.quantity, SECTIONS[headline.group], published_text(headline),
                     with_unit(headline, f"{found.value:.3g}")
                     + (bounds_text(*found.bounds) if found.bounds else ""),
                     verdict(headline, found.value), hangs_on(found.effects, found.value)])
    return table(["quantity", "section", "published", "simulated, bounds", "verdict",
                  "hangs on (effect of its band, else of half / half as much again)"], rows)


def macro_table(results) -> str:
    rows = []
    for row in results.rows["macros"]:
        sorters = f", a sorter per {row['sort.sorters']}" if row["sort.sorters"] else ""
        rows.append([f"{MACROS[row['softmax.macro']]}{sorters}", SCALINGS[row["attention.scaling"]],
                     number(row["softmax_cycles"], 4), banded(row, "softmax_energy_per_row_pj", 4),
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
                             number(row["latency_us"], 4), banded(row, "energy_uj", 4),
                             banded(row, "area_mm2")])
    return table(["macro", "scaling", "schedule", "softmax cycles", "fold cycles", "us", "uJ",
                  "mm2"], rows)


def system_table(results) -> str:
    rows = []
    for macro, name in MACROS.items():
        for schedule in SCHEDULES:
            row = results.one("system", softmax__macro=macro, pipeline__schedule=schedule)
            rows.append([name, schedule, f"{row['latency_cycles']:,.0f}",
                         number(row["latency_us"], 4), number(row["tops"]),
                         banded(row, "tops_per_w"), banded(row, "tops_per_mm2"),
                         f"{100 * softmax_share(row):.0f} %", row["bottleneck"]])
    return table(["macro", "schedule", "cycles", "us", "TOPS", "TOPS/W", "TOPS/mm2",
                  "exponent and divide on the critical path", "bottleneck"], rows)


def banded_part(row: dict, metric: str) -> str:
    """The same of a component, which a machine need not have."""
    return banded(row, metric) if row[metric] else "0"


def component_table(results) -> str:
    total = {macro: fine(results, macro)["energy_uj"] for macro in MACROS}
    rows = []
    for component in components_of(results):
        told = []
        for macro in MACROS:
            row, metric = fine(results, macro), f"{component}.energy_uj"
            told.append(f"{banded_part(row, metric)} "
                        f"({100 * (row[metric] or 0) / total[macro]:.1f} %)")
        rows.append([f"`{component}`", *told,
                     banded_part(fine(results, "topkima"), f"{component}.area_mm2")])
    rows.append(["**all**", *(banded(fine(results, macro), "energy_uj", 4) for macro in MACROS),
                 banded(fine(results, "topkima"), "area_mm2")])
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


def mask_name(row: dict) -> str:
    if row["attention.causal"] == "true":
        return "causal"
    return f"{row['attention.valid_tokens']:.0f} valid" if row["attention.valid_tokens"] else "none"


def selection_name(row: dict) -> str:
    if row["topk.scope"] == "head":
        return "one counter of the head"
    if row["attention.placement"] == "interleaved":
        return "shares by participants, in turn"
    by_columns = row["topk.sub_k_by"] == "columns"
    return "shares by columns, all convert" if by_columns else "shares by participants"


def mask_table(results) -> str:
    rows = []
    for row in results.rows["masks"]:
        one_array = row["workload"] == "digits" and row["crossbar.columns"] == 256
        if row["state"] != "done" or one_array:
            continue        # it has no 100 tokens, or nothing is shared out
        rows.append([row["workload"], f"{row['crossbar.columns']:.0f}", mask_name(row),
                     selection_name(row), f"{row['mean_winners']:.2f}",
                     f"{row['topk_overlap_exact']:.3f}", f"{row['topk_mass']:.3f}",
                     f"{row['relative_error']:.3f}", f"{row['alpha']:.3f}",
                     f"{row['mean_conversion_cycles']:.1f}", number(row["latency_us"], 4),
                     number(row["energy_uj"], 4)])
    return table(["workload", "columns of an array", "mask", "winners come by", "winners",
                  "overlap, integer", "softmax mass", "output error", "alpha", "cycles", "us",
                  "uJ"], rows)


def peer_table(results) -> str:
    own = fine(results, "topkima")["tops_per_w"]
    rows = []
    for peer in results.published["peer"]:
        efficiency = peer.get("tops_per_w")
        rows.append([f"{peer['name']} ({peer['source']})", peer["stated"], peer["confidence"],
                     f"{own / efficiency:.3g}x" if efficiency else
                     "no absolute figure with a source"])
    return table(["accelerator", "published", "confidence", "simulated TOPS/W over it"], rows)


def headlines_csv(results) -> str:
    rows = [["key", "quantity", "bound", "published", "simulated", "low", "high", "unit", "verdict",
             "hangs_on"]]
    for headline, found in headline_rows(results):
        low, high = found.bounds or (found.value, found.value)
        rows.append([headline.key, headline.quantity, headline.bound, headline.published,
                     f"{found.value:.5g}", f"{low:.5g}", f"{high:.5g}", headline.unit,
                     verdict(headline, found.value),
                     "; ".join(f"{effect.constant} {100 * effect.span(found.value):.1f} %"
                               for effect in found.effects[:MOST_NAMED])])
    return table_text(rows)


def summary(results) -> str:
    lines = [f"{'quantity':58} {'published':>16} {'simulated':>12} {'bounds':>18}  verdict"]
    for headline, found in headline_rows(results):
        bounds = bounds_text(*found.bounds).removeprefix(", ") if found.bounds else ""
        lines.append(f"{headline.quantity[:58]:58} {published_text(headline):>16} "
                     f"{found.value:12.4g} {bounds:>18}  {verdict(headline, found.value)}")
    return "\n".join(lines)


def readme(results) -> str:
    topkima, conventional, dtopk = (
        results.one("macros", softmax__macro=macro, attention__scaling="scale_free",
                    sort__sorters=sorters)
        for macro, sorters in (("topkima", ""), ("conventional", ""), ("digital_topk", "head")))
    own = fine(results, "topkima")
    latency = {row["pipeline.schedule"]: row["latency_us"]
               for row in results.all("system", softmax__macro="topkima")}
    folded = results.one("scaling", softmax__macro="digital_topk",
                         attention__scaling="in_k_weights", pipeline__schedule="fine")
    largest = components_of(results)[0]
    dense, one_counter, real, real_counter = (
        results.one("masks", workload=workload, crossbar__columns=columns, attention__causal="",
                    attention__valid_tokens="", **chosen)
        for workload, columns in (("bert-base", 256), ("digits", 33))
        for chosen in ({"topk__sub_k_by": "participants"}, {"topk__scope": "head"}))
    everything, published_arrays, *_ = results.all("crossbars", workload="bert-base")
    return filled(PAGE, {
        "source": results.published["paper"]["source"], "agrees": 100 * AGREES,
        "headlines": headline_table(results),
        "macros": macro_table(results), "alpha": alpha_table(results),
        "scalings": scaling_table(results), "systems": system_table(results),
        "components": component_table(results), "crossbars": crossbar_table(results),
        "masks": mask_table(results), "dense": dense, "one_counter": one_counter,
        "real": real, "real_counter": real_counter,
        "counter_energy": 100 * (one_counter["energy_uj"] / dense["energy_uj"] - 1),
        "peers": peer_table(results),
        "topkima": topkima, "conventional": conventional, "dtopk": dtopk,
        "ramp_steps": 32 * topkima["alpha"], "fold_cycles": fold_cycles(folded),
        "largest": largest, "largest_share": 100 * own[f"{largest}.energy_uj"] / own["energy_uj"],
        "assumed_share": 100 * own["energy_assumed_share"],
        "over_coarse": latency["coarse"] / latency["fine"],
        "over_sequential": latency["sequential"] / latency["fine"],
        "buffered_gain": 100 * (1 - min(latency.values()) / latency["fine"]),
        "kept_overlap": 100 * published_arrays["topk_overlap_float"]
        / everything["topk_overlap_float"]})


def all_pages(results) -> dict:
    return {"README.md": readme(results), "headlines.csv": headlines_csv(results)}
