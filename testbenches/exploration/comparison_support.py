# SPDX-License-Identifier: Apache-2.0
"""Reports made by hand, and reading of what a comparison tells."""

import copy
import itertools
import re

NOTHING = {"total": 0, "by": {}}


def stage(name, busy, starved, blocked=()):
    waits = [{"total": sum(by.values()), "by": by} for by in (starved, dict(blocked))]
    return {"name": name, "kind": name.split(".")[-1], "rows": 4, "busy": busy,
            "starved": waits[0], "blocked": waits[1]}


def setting(value, default, unit="", provenance="run"):
    return {"value": value, "unit": unit, "default": default, "provenance": provenance}


def words(text):
    return " ".join(text.split())


def part(text, title):
    """The lines of a section, without indent."""
    found = re.search(rf"^{title}[^\n]*:([^\n]*\n(?:  [^\n]*\n)*)", text, re.MULTILINE)
    return [line.strip() for line in found[1].splitlines() if line.strip()]


def row(text, title, *start):
    """The words behind those that a line of a section starts with."""
    start = " ".join(start)
    lines = [words(line) for line in part(text, title)]
    return next(line[len(start):].split() for line in lines if line.startswith(start + " "))


def number(word):
    return int(word.replace(",", ""))


def component(name, area, dynamic, leakage):
    return {"name": name, "instances": 1, "area_mm2": area, "dynamic_pj": dynamic,
            "leakage_pj": leakage, "assumed_energy_share": None, "assumed_area_share": 0.5}


ENERGY = {"technology": "32nm", "constants": [],
          "totals": {"energy_uj": 3.0, "leakage_uj": 0.5, "energy_uj_per_sample": 0.75,
                     "average_power_mw": 6.0, "tops_per_w": 0.5, "area_mm2": 2.0,
                     "assumed_energy_share": 0.5, "assumed_area_share": 0.5},
          "components": [component("topk", 0.5, 1e6, 5e5), component("bus", 1.5, 1.5e6, 0.0)]}


def broken(whole):
    """(path, value, report) with any one part missing or of another type."""
    def paths(value, path=()):
        yield path
        items = (value.items() if isinstance(value, dict) else
                 enumerate(value) if isinstance(value, list) else ())
        for key, item in items:
            yield from paths(item, (*path, key))

    for path, bad in itertools.product(list(paths(whole))[1:],
                                       (..., None, [], "x", {}, True, -7, [None], {"a": "b"})):
        report = copy.deepcopy(whole)
        holder = report
        for key in path[:-1]:
            holder = holder[key]
        if bad is ...:
            del holder[path[-1]]
        else:
            holder[path[-1]] = bad
        yield path, bad, report
