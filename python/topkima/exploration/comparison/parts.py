# SPDX-License-Identifier: Apache-2.0
"""What both comparisons tell: changed parameters, totals, energy."""

from topkima.exploration.kinds import kind_of
from topkima.exploration.reports import at

from .texts import change_text, changes_of, clipped, figure, percent, table, value_texts, wrapped

# These parameters say the same as the workload.
SAME_AS_WORKLOAD = ("attention.heads", "attention.query_rows", "attention.tokens")
LEAST_CHANGE = 0.001    # of a component's energy that is shown, in the largest change

# The provenance of a value that the user gave without a source: the value itself says as much.
GIVEN = "given for this run"


def work_changes(a: dict, b: dict) -> list[tuple]:
    """(what, A, B) of the work to do, where it differs."""
    pairs = {"tool": (a["tool"], b["tool"])}
    part, names = kind_of(a).WORK
    pairs |= {name: (a[part].get(name), b[part].get(name)) for name in names}
    return [(name, *value_texts(*pair)) for name, pair in pairs.items() if pair[0] != pair[1]]


def value_of(entry: dict):
    """Of a parameter. Two files of one name are told apart by what they hold."""
    value, content = entry.get("value"), entry.get("sha256")
    return f"{value} ({content[:8]})" if isinstance(content, str) else value


def setting_rows(a: dict, b: dict) -> list[tuple]:
    """Parameters of both runs whose values differ, those last that may follow from others."""
    rows = []
    for name, left in a["configuration"].items():
        right = b["configuration"].get(name)
        values = value_of(left), value_of(right or left)
        if values[0] != values[1] and name not in SAME_AS_WORKLOAD:
            note = "resolved" if left["default"] in ("auto", "all") else ""
            rows.append((clipped(name, 25), *value_texts(*values), clipped(left["unit"], 17), note))
    return sorted(rows, key=lambda row: row[-1])


def configuration_lines(a: dict, b: dict) -> list[str]:
    rows = [(*change, "", "") for change in work_changes(a, b)] + setting_rows(a, b)
    lines = table([("", "A", "B", "unit", ""), *rows], left=5) if rows else []
    if any(row[-1] for row in rows):
        lines.append("  resolved: auto or all by default, resolved by the run unless it was given")
    for name, left in a["configuration"].items():
        right = b["configuration"].get(name, left)
        sources = {left["provenance"], right["provenance"]}
        if len(sources) > 1 and GIVEN not in sources:
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


def banded(label: str, unit: str, path: str) -> tuple:
    """The figures of a total that has bounds, for totals_lines()."""
    return ((label, unit, path, "#,.4g"), (f"{label}, low", unit, f"{path}_low", "#,.4g"),
            (f"{label}, high", unit, f"{path}_high", "#,.4g"))


def totals_lines(a: dict, b: dict, figures: tuple, without_share: str = "") -> list[str]:
    """`figures`: label, unit, path in the report, format; those whose path begins with
    `without_share` are shares themselves."""
    rows = [("", "", "A", "B", "change", "")]
    for label, unit, path, form in figures:
        left, right = at(a, path), at(b, path)
        share = "" if without_share and path.startswith(without_share) else percent(left, right)
        if (left, right) != (None, None):
            rows.append((label, unit, figure(left, form), figure(right, form),
                         change_text(left, right, form), share))
    return table(rows, left=2)


def energy_lines(a: dict, b: dict, units: tuple[float, float] = (1, 1)) -> list[str]:
    """Energy of each component per unit of work, of which a run has so many, those first that
    changed most. Changes too small to matter beside the largest are left out."""
    if not a.get("energy") or not b.get("energy"):
        return []
    energies = [{part["name"]: 1e-6 * (part["dynamic_pj"] + part["leakage_pj"]) / unit
                 for part in report["energy"]["components"]}
                for report, unit in zip((a, b), units)]
    changes = changes_of(*energies)
    least = LEAST_CHANGE * max(map(abs, changes.values()), default=0)
    rows = [(clipped(name, 16), *(figure(of.get(name), "#,.4g") for of in energies),
             change_text(*(of.get(name) for of in energies), "#,.4g"),
             percent(*(of.get(name) for of in energies)))
            for name, change in changes.items() if abs(change) >= least]
    return table([("", "A", "B", "change", ""), *rows]) if rows else []
