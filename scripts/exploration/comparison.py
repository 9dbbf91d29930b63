"""Two runs side by side: what was changed between them, and what that did to time and results.

Everything is taken from the two report.json (docs/files.md). Cycles of a kind of stage are means
over its units, rounded; every change is B minus A of the figures shown beside it.
"""

import json
import os
import re
import textwrap
from collections import Counter
from pathlib import Path

from exploration.errors import DataError

WIDTH = 100
WAITS_PER_KIND = 3    # shown for each kind of stage
PARTS_OF_SUMMARY = 4  # contributions named on top, the others in one figure

WORKLOAD = ("heads", "query_rows", "tokens", "d_k", "projected")
# These parameters say the same as the workload.
SAME_AS_WORKLOAD = ("attention.heads", "attention.query_rows", "attention.tokens")

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
FIDELITY = (("cosine similarity", "", "float_reference.cosine_similarity", ".4f"),
            ("relative error", "", "float_reference.relative_error", ".4f"),
            ("maximum error", "", "float_reference.max_abs_error", "#.4g"),
            ("largest output", "", "float_reference.max_abs_output", "#.4g"),
            ("top-k overlap, float", "", "float_reference.topk_overlap_float", ".4f"),
            ("top-k overlap, integer", "", "float_reference.topk_overlap_exact", ".4f"),
            ("softmax mass selected", "", "float_reference.topk_mass", ".4f"))

WAIT = {"total": int, "by": {"*": int}}
# In a tuple: what may be absent or null.
SHAPE = {"schema": str, "schema_version": int, "tool": str, "workload": {}, "early_stop": {},
         "float_reference": ({},), "rtl": ([str],),
         "totals": {"latency_cycles": int, "latency_us": float, "steady_state": {}},
         "critical_path": ({"cycles": {"*": int}, "latency_if_twice_as_fast": {"*": int}},),
         "stages": [{"name": str, "kind": str, "busy": int, "starved": WAIT, "blocked": WAIT}],
         "configuration": {"*": {"unit": str, "default": str, "provenance": str}}}


def misfit(value, shape, where: str) -> str:
    """What keeps a value from having the shape, "" if nothing does."""
    if isinstance(shape, tuple):
        return "" if value in (None, ...) else misfit(value, shape[0], where)
    if isinstance(shape, type):
        kinds = (int, float) if shape is float else shape
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        return "" if fits else f"{where}: expected {shape.__name__}"
    if not isinstance(value, type(shape)):
        return f"{where}: expected {'a list' if isinstance(shape, list) else 'an object'}"
    if isinstance(shape, list):
        parts = [(item, shape[0], f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        names = value if "*" in shape else shape
        parts = [(value.get(name, ...), shape.get(name, shape.get("*")), f"{where}.{name}")
                 for name in names]
    return next(filter(None, (misfit(*part) for part in parts)), "")


def printable(line: str) -> str:
    """A line that says the same to any terminal."""
    return line if line.isascii() and line.isprintable() else ascii(line)[1:-1]


def read_report(directory: Path) -> dict:
    """The report of a run in its result directory, far enough checked to be compared."""
    path = Path(directory) / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        encoder = isinstance(report, dict) and report.get("schema") == "topkima-encoder-report"
        wrong = ("of a whole encoder, for which there are studies but no page and no comparison"
                 if encoder else misfit(report, SHAPE, "report"))
        if not wrong and (report["schema"], report["schema_version"]) != ("topkima-report", 1):
            wrong = 'no "topkima-report" of version 1'
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError) as error:
        wrong = f"no complete JSON ({error})"
    if wrong:
        raise DataError(printable(f"{path}: {wrong}; expected the report of a run of topkima-soc "
                                  "or topkima-macro"))
    return report


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


def at(report: dict, path: str):
    """The number at a dotted path, None where there is none."""
    for key in path.split("."):
        report = report.get(key) if isinstance(report, dict) else None
    return report if isinstance(report, (int, float)) else None


def latency(report: dict) -> int:
    return report["totals"]["latency_cycles"]


def parameter(report: dict, name: str, default: float) -> float:
    value = report["configuration"].get(name, {}).get("value")
    return value if isinstance(value, (int, float)) else default


def path_of(report: dict) -> dict[str, int] | None:
    return (report.get("critical_path") or {}).get("cycles")


def changes_of(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    """What became more or less from a to b, largest first."""
    change = Counter(b)
    change.subtract(a)
    return dict(sorted(((name, value) for name, value in change.items() if value),
                       key=lambda item: (-abs(item[1]), item[0])))


def leaders(values: dict[str, int]) -> tuple[str, int]:
    """The names of the largest value, and the value; none when there is nothing above 0."""
    most = max([0, *values.values()])
    names = sorted(name for name, value in values.items() if value == most > 0)
    return " and ".join(names) or "none", most


def bottleneck(report: dict) -> tuple[str, int]:
    """The kind of stage whose double speed would save most cycles, and how many."""
    faster = report["critical_path"]["latency_if_twice_as_fast"]
    return leaders({kind: latency(report) - cycles for kind, cycles in faster.items()})


def figure(value, form: str = ",") -> str:
    text = "-" if value is None else format(value, form)
    return text if len(text) <= 12 else format(value, "+.4e" if form[0] == "+" else ".4e")


def signed(value: int) -> str:
    return figure(value, "+,") if value else "0"


def percent(a, b) -> str:
    """Change from a to b; "" where it has no meaning."""
    if None in (a, b) or a == b or not a:
        return ""
    change = 100 * (b - a) / abs(a)
    return f"{change:+.1f} %" if abs(change) >= 0.05 else f"{change:+.1g} %"


def change_text(a, b, form: str) -> str:
    if a is None or b is None:
        return "-"
    text = "same" if a == b else figure(b - a, "+" + form)
    return text if a == b or re.search("[1-9]", text) else format(b - a, "+.0e")


def clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[:width - 3] + "..."


def value_texts(a, b, width: int = 20) -> list[str]:
    """Two different values of a parameter, at most `width` long and still telling them apart: in
    digits as far as needed, long ones from shortly before the first difference on."""
    def text(value, digits: str) -> str:
        if isinstance(value, list):
            return ", ".join(text(item, digits) for item in value)
        if isinstance(value, float):
            return format(value, digits)
        return "-" if value is None else value if isinstance(value, str) else json.dumps(value)

    texts = [text(value, ".6g") for value in (a, b)]
    if texts[0] == texts[1]:
        texts = [text(value, ".17g") for value in (a, b)]
    if max(map(len, texts)) > width:
        first = len(os.path.commonprefix(texts))
        start = max(texts[0].rfind(" ", 0, first) + 1, first - width // 2)
        texts = ["..." * (start > 0) + text[start:] for text in texts]
    return [clipped(text, width) for text in texts]


def table(rows: list[tuple], left: int = 1) -> list[str]:
    """Aligned columns: the first `left` ones to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  " + "  ".join(cell.ljust(width) if i < left else cell.rjust(width)
                             for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def wrapped(text: str, indent: str = "", hanging: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging,
                         break_on_hyphens=False)


def section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *lines] if lines else ["", f"{title}: no difference"]


def work_changes(a: dict, b: dict) -> list[tuple]:
    """(what, A, B) of the work to do, where it differs."""
    pairs = {"tool": (a["tool"], b["tool"])}
    pairs |= {name: (a["workload"].get(name), b["workload"].get(name)) for name in WORKLOAD}
    return [(name, *value_texts(*pair)) for name, pair in pairs.items() if pair[0] != pair[1]]


def setting_rows(a: dict, b: dict) -> list[tuple]:
    """Parameters of both runs whose values differ, those last that may follow from others."""
    rows = []
    for name, left in a["configuration"].items():
        right = b["configuration"].get(name)
        if right and left.get("value") != right.get("value") and name not in SAME_AS_WORKLOAD:
            note = "resolved" if left["default"] in ("auto", "all") else ""
            rows.append((clipped(name, 25), *value_texts(left.get("value"), right.get("value")),
                         clipped(left["unit"], 17), note))
    return sorted(rows, key=lambda row: row[-1])


def configuration_lines(a: dict, b: dict) -> list[str]:
    rows = [(*change, "", "") for change in work_changes(a, b)] + setting_rows(a, b)
    lines = table([("", "A", "B", "unit", ""), *rows], left=5) if rows else []
    if any(row[-1] for row in rows):
        lines.append("  resolved: auto or all by default, resolved by the run unless it was given")
    for name, left in a["configuration"].items():
        right = b["configuration"].get(name, left)
        if left["provenance"] != right["provenance"]:
            lines.append(f"  {clipped(name, 25)} rests on")
            lines += wrapped(f"A: {clipped(left['provenance'], 400)}", "    ", "   ")
            lines += wrapped(f"B: {clipped(right['provenance'], 400)}", "    ", "   ")
    for label, these, others in (("A", a, b), ("B", b, a)):
        alone = [name for name in these["configuration"] if name not in others["configuration"]]
        rtl = [clipped(text, 300) for text in these.get("rtl") or []
               if text not in (others.get("rtl") or [])]
        lines += wrapped(f"parameters of {label} only: {', '.join(alone)}", "  ") if alone else []
        lines += wrapped(f"RTL of {label} only: {'; '.join(rtl)}", "  ") if rtl else []
    if a.get("scales") != b.get("scales"):
        lines += ["  scales of the tensors or of the ramp differ (report.json)"]
    return lines


def totals_lines(a: dict, b: dict) -> list[str]:
    stream = max(parameter(report, "pipeline.sequences", 1) for report in (a, b)) > 1
    rows = [("", "", "A", "B", "change", "")]
    for label, unit, path, form in TOTALS + (STEADY if stream else ()) + ROWS + FIDELITY:
        left, right = at(a, path), at(b, path)
        share = "" if path.startswith("float_reference") else percent(left, right)
        if (left, right) != (None, None):
            rows.append((label, unit, figure(left, form), figure(right, form),
                         change_text(left, right, form), share))
    return table(rows, left=2)


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


def compare(a: dict, b: dict, name_a: str, name_b: str) -> str:
    """Text for a terminal about two reports."""
    lines = [f"{label}: {name if len(name) <= 60 else '...' + name[-57:]} ({report['tool']})"
             for label, name, report in (("A", name_a, a), ("B", name_b, b))]
    if a == b:
        lines.append("no difference")
    else:
        lines += summary(a, b)
        lines += section("changed", configuration_lines(a, b))
        lines += section("totals", totals_lines(a, b))
        lines += section("stages, share of the latency, change in cycles per unit",
                         stage_lines(a, b))
        lines += section("waits that changed most, cycles per unit", wait_lines(a, b))
        lines += section("critical path, cycles", path_lines(a, b))
    return "".join(printable(line) + "\n" for line in lines)
