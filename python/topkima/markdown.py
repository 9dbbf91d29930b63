# SPDX-License-Identifier: Apache-2.0
"""Texts of data in Markdown: they are read as they stand, never as markup or HTML."""

import re

# Underscores within a word are no markup, and names are full of them.
INLINE = re.compile(r"[\\`*<|\[\]~]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
# What begins a heading, a list, a quotation or a rule.
BLOCK = re.compile(r"^(\d{0,9})([#>+=.)-])")


def inline(text: str) -> str:
    """Within a line, and one line."""
    words = "".join(each if each.isprintable() else " " for each in text).split()
    return INLINE.sub(r"\\\g<0>", " ".join(words))


def paragraph(text: str) -> str:
    """A line of its own."""
    return BLOCK.sub(r"\1\\\2", inline(text))


def table(head: list, rows: list) -> str:
    lines = ["| " + " | ".join(map(inline, row)) + " |\n" for row in (head, *rows)]
    return "".join([lines[0], "|" + "---|" * len(head) + "\n", *lines[1:]])
