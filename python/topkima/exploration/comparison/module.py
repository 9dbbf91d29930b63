# SPDX-License-Identifier: Apache-2.0
"""Two runs of an attention module. Cycles of a kind of stage are means over its units, rounded."""

import re
from collections import Counter

from topkima.exploration.reports import at, parameter

from .parts import banded, configuration_lines, energy_lines, totals_lines, work_changes
from .texts import changes_of, clipped, figure, percent, section, signed, table, wrapped

WAITS_PER_KIND = 3    # shown for each kind of stage
PARTS_OF_SUMMARY = 4  # contributions named on top, the others in one figure

TOTALS = (("latency", "cycles", "totals.latency_cycles", ",.0f"),
          ("", "us", "totals.latency_us", ",.2f"),
          ("closed-form estimate", "cycles", "totals.closed_form_cycles", ",.0f"),
          ("throughput", "TOPS", "totals.tops", "#,.4g"))
STEADY = (("steady state", "cycles/sequence", "totals.steady_state.cycles_per_sequence", ",.1f"),
          ("", "sequences/s", "totals.steady_state.sequences_per_second", ",.1f"),
          ("", "TOPS", "totals.steady_state.tops", "#,.4g"))
ROWS = (("alpha, ramp executed", "", "early_stop.alpha", ".4f"),
        ("mean conversion", "cycles", "totals.mean_conversion_cycles", ",.2f"),
        ("mean winners", "", "totals.mean_winners", ",.2f"))
ENERGY = (*banded("energy", "uJ", "energy.totals.energy_uj"),
          ("average power", "mW", "energy.totals.average_power_mw", "#,.4g"),
          *banded("efficiency", "TOPS/W", "energy.totals.tops_per_w"),
          *banded("area", "mm2", "energy.totals.area_mm2"))
FIDELITY = (("cosine similarity", "", "float_reference.cosine_similarity", ".4f"),
            ("relative error", "", "float_reference.relative_error", ".4f"),
            ("maximum error", "", "float_reference.max_abs_error", "#.4g"),
            ("largest output", "", "float_reference.max_abs_output", "#.4g"),
            ("top-k overlap, float", "", "float_reference.topk_overlap_float", ".4f"),
            ("top-k overlap, integer", "", "float_reference.topk_overlap_exact", ".4f"),
            ("softmax mass selected", "", "float_reference.topk_mass", ".4f"))


def kinds_of(report: dict) -> dict[str, tuple[int, Counter]]:
    """Of each kind of stage the number of units, and their mean cycles by what they did: "busy",
    "starved", "blocked", "starved by score", "blocked by bus.write", ..."""
    kind_of = {stage["name"]: stage["kind"] for stage in report["stages"]}
    units = Counter(stage["kind"] for stage in report["stages"])
    sums = {kind: Counter() for kind in units}
    for stage in report["stages"]:
        sums[stage["kind"]]["busy"] += stage["busy"]
        for how in ("starved", "blocked"):
            sums[stage["kind"]][how] += stage[how]["total"]
            for cause, cycles in stage[how]["by"].items():
                cause = kind_of.get(cause, re.sub(r"^head\d+\.", "", cause))
                sums[stage["kind"]][f"{how} by {cause}"] += cycles
    return {kind: (units[kind], Counter({what: round(cycles / units[kind])
                                         for what, cycles in cycles_of.items()}))
            for kind, cycles_of in sums.items()}


def latency(report: dict) -> int:
    return report["totals"]["latency_cycles"]


def path_of(report: dict) -> dict[str, int] | None:
    return (report.get("critical_path") or {}).get("cycles")


def leaders(values: dict[str, int]) -> tuple[str, int]:
    """The names of the largest value, and the value; none when there is nothing above 0."""
    most = max([0, *values.values()])
    names = sorted(name for name, value in values.items() if value == most > 0)
    return " and ".join(names) or "none", most


def bottleneck(report: dict) -> tuple[str, int]:
    """The kind of stage whose double speed would save most cycles, and how many."""
    faster = report["critical_path"]["latency_if_twice_as_fast"]
    return leaders({kind: latency(report) - cycles for kind, cycles in faster.items()})


def stage_lines(a: dict, b: dict) -> list[str]:
    """Share of the latency in A and in B, and the change in cycles per unit."""
    kinds = [kinds_of(report) for report in (a, b)]
    if kinds[0] == kinds[1] and latency(a) == latency(b):
        return []
    states = ("busy", "starved", "blocked")
    lines = ["  " + " " * 20 + "".join(f"  {state:^22}" for state in states).rstrip(),
             f"  {'':12} {'units':>7}" + f"  {'A %':>5} {'B %':>5} {'change':>10}" * len(states)]
    for name in dict.fromkeys([*kinds[0], *kinds[1]]):
        units, means = zip(*(of.get(name, ("-", None)) for of in kinds))
        line = f"  {clipped(name, 12):12} {'/'.join(dict.fromkeys(map(str, units))):>7}"
        for state in states:
            shares = [f"{100 * mean[state] / max(1, latency(report)):.1f}" if mean else "-"
                      for mean, report in zip(means, (a, b))]
            change = signed(means[1][state] - means[0][state]) if all(means) else "-"
            line += f"  {shares[0]:>5} {shares[1]:>5} {change:>10}"
        lines.append(line)
    return lines


def wait_lines(a: dict, b: dict) -> list[str]:
    """The waits of each kind that changed most, for kinds that both runs have."""
    left, right = kinds_of(a), kinds_of(b)
    rows = [("", "", "A", "B", "change")]
    for name in filter(right.__contains__, left):
        (_, before), (_, after) = left[name], right[name]
        waits = [item for item in changes_of(before, after).items() if " by " in item[0]]
        for index, (wait, change) in enumerate(waits[:WAITS_PER_KIND]):
            rows.append(("" if index else clipped(name, 16), clipped(wait, 32),
                         figure(before[wait]), figure(after[wait]), signed(change)))
    return table(rows, left=2) if len(rows) > 1 else []


def unknown_path(a: dict, b: dict) -> str:
    missing = [name for name, report in (("A", a), ("B", b)) if path_of(report) is None]
    return f"not kept in {' and '.join(missing)} (too long a run)" if missing else ""


def path_lines(a: dict, b: dict) -> list[str]:
    if unknown_path(a, b):
        return ["  " + unknown_path(a, b)]
    before, after = Counter(path_of(a)), Counter(path_of(b))
    changes, wanted = changes_of(before, after), latency(b) - latency(a)
    if not changes and not wanted:
        return []
    total = sum(changes.values())
    rows = [(clipped(kind, 24), figure(before[kind]), figure(after[kind]),
             signed(changes.get(kind, 0))) for kind in {**changes, **before}]
    lines = table([("", "A", "B", "change"), *rows, ("together", figure(before.total()),
                                                     figure(after.total()), signed(total))])
    parts = ", ".join(f"{kind} {signed(change)}" for kind, change in changes.items())
    end = "adds up" if total == wanted else f"does not add up, the parts make {signed(total)}"
    return lines + wrapped(f"critical path: the latency changed by {signed(wanted)} cycles: "
                           f"{clipped(parts, 800) or 'no part changed'}; {end}", "  ")


def verdict(a: dict, b: dict) -> str:
    before, after = latency(a), latency(b)
    cycles = f"{abs(after - before):,} cycles {'more' if after > before else 'fewer'}"
    clocks = [parameter(report, "clock.frequency_mhz", 0) for report in (a, b)]
    if clocks[0] != clocks[1]:
        times = [report["totals"]["latency_us"] for report in (a, b)]
        return (f"B takes {cycles if before != after else f'the same {before:,} cycles'}; at "
                f"{clocks[1]:g} instead of {clocks[0]:g} MHz the latency is {times[1]:,.2f} "
                f"instead of {times[0]:,.2f} us ({percent(*times) or 'the same'}).")
    if before == after:
        return f"A and B take the same {before:,} cycles."
    share = percent(before, after).lstrip("+-")
    return f"B is {share + ' ' * bool(share)}{'slower' if after > before else 'faster'}: {cycles}."


def moved(what: str, a: tuple[str, int], b: tuple[str, int], unit: str) -> str:
    if a[0] != b[0]:
        return f"{what} moved from {a[0]} ({a[1]:,} {unit}) to {b[0]} ({b[1]:,} {unit})."
    return f"{what} is still {b[0]} ({a[1]:,} {unit}" + (f", now {b[1]:,})." if a != b else ").")


def path_sentence(a: dict, b: dict) -> str:
    if unknown_path(a, b):
        busiest = [leaders({kind: means["busy"] for kind, (_, means) in kinds_of(report).items()})
                   for report in (a, b)]
        return (f"The critical path is {unknown_path(a, b)}. "
                + moved("The busiest kind of stage", *busiest, "cycles per unit"))
    changes = list(changes_of(path_of(a), path_of(b)).items())
    if changes[PARTS_OF_SUMMARY:]:
        others = sum(change for _, change in changes[PARTS_OF_SUMMARY:])
        changes = [*changes[:PARTS_OF_SUMMARY], ("others", others)]
    parts = [f"{kind} {signed(change)}" for kind, change in changes]
    text = (f"On the critical path: {', '.join(parts)}. " if parts else
            "The critical path is the same by kind. ")
    return text + moved("The bottleneck, which saves most when twice as fast,",
                        bottleneck(a), bottleneck(b), "cycles")


def fidelity_sentence(a: dict, b: dict) -> str:
    measures = [(label, at(a, path), at(b, path), form) for label, _, path, form in FIDELITY]
    known = [measure for measure in measures if None not in measure]
    changed = [f"{label} {left:{form}} to {right:{form}}"
               for label, left, right, form in known if left != right]
    return (f" Fidelity: {'; '.join(changed[:2])}." if changed else
            " Fidelity is the same." if known else "")


def summary(a: dict, b: dict) -> list[str]:
    work = [f"{name} {left} to {right}" for name, left, right in work_changes(a, b)]
    sequences = [parameter(report, "pipeline.sequences", 1) for report in (a, b)]
    if sequences[0] != sequences[1]:
        work.append(f"sequences {sequences[0]} to {sequences[1]}")
    text = f"Not the same work: {', '.join(work)}. " if work else ""
    text += f"{verdict(a, b)} {path_sentence(a, b)}{fidelity_sentence(a, b)}"
    return ["", *wrapped(text, hanging="")]


def sections(a: dict, b: dict) -> list[str]:
    stream = max(parameter(report, "pipeline.sequences", 1) for report in (a, b)) > 1
    figures = TOTALS + (STEADY if stream else ()) + ROWS + ENERGY + FIDELITY
    return [*summary(a, b),
            *section("changed", configuration_lines(a, b)),
            *section("totals", totals_lines(a, b, figures, "float_reference")),
            *section("stages, share of the latency, change in cycles per unit",
                     stage_lines(a, b)),
            *section("waits that changed most, cycles per unit", wait_lines(a, b)),
            *section("critical path, cycles", path_lines(a, b)),
            *section("energy by component, uJ", energy_lines(a, b))]
