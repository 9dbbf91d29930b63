# SPDX-License-Identifier: Apache-2.0
"""A report's words: Markdown with names in braces for what was simulated."""

from pathlib import Path

from topkima.files import OWN, read_text


def filled(template: Path, values: dict) -> str:
    """The text of a file below its first line, the licence; its names in braces are replaced, each
    in the format that stands with it."""
    _, words = read_text(template, OWN).split("\n", 1)
    return words.format_map(values)


def table(header, rows) -> str:
    lines = ["| " + " | ".join(header) + " |",
             "|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
