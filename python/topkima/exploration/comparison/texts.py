# SPDX-License-Identifier: Apache-2.0
"""Figures, changes and tables for a terminal."""

import json
import os
import re
import textwrap
from collections import Counter

WIDTH = 100


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


def changes_of(a: dict, b: dict) -> dict:
    """What became more or less from a to b, largest first."""
    change = Counter(b)
    change.subtract(a)
    return dict(sorted(((name, value) for name, value in change.items() if value),
                       key=lambda item: (-abs(item[1]), item[0])))
