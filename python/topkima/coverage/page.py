# SPDX-License-Identifier: Apache-2.0
"""What runs have covered as a page: one HTML file that holds its styles and loads nothing."""

import hashlib
import html
from pathlib import Path

from topkima.coverage.merge import Case, Coverage, Rtl, Run, Subject, bits_of
from topkima.coverage.text import WHAT, never, reached
from topkima.errors import DataError
from topkima.exploration.page.shell import POLICY, inlined
from topkima.files import RTL_SOURCE, read_bytes

SHOWN_RUNS = 4      # of those that have had a case
STYLE = """\
table { border-collapse: collapse; }
td, th { padding: 2px 14px 2px 0; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.never { color: var(--bad); font-weight: 600; }
pre { overflow-x: auto; font: .87em/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
pre .never { background: var(--mark); }
"""


def escaped(text) -> str:
    return html.escape(str(text))


def page_of(coverage: Coverage) -> str:
    parts = ['<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
             f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
             '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
             '<link rel="icon" href="data:,">\n<title>Coverage</title>\n<style>\n',
             inlined("page.css"), STYLE, "</style>\n</head>\n<body>\n<header>\n",
             f"<h1>Coverage of {counted(len(coverage.runs), 'run')}</h1>\n",
             overview(coverage), "</header>\n<main>\n"]
    parts += [of_subject(subject) for subject in coverage.subjects.values()]
    parts += [of_rtl(each) for each in coverage.rtl.values()]
    parts += [of_runs(coverage.runs), "</main>\n</body>\n</html>\n"]
    return "".join(parts)


def counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def table(head: list, rows: list) -> str:
    """Rows of cells, which are HTML."""
    def line(cells, tag):
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"
    return ("<table>\n<thead>\n" + line(head, "th") + "</thead>\n<tbody>\n"
            + "".join(line(cells, "td") for cells in rows) + "</tbody>\n</table>\n")


def overview(coverage: Coverage) -> str:
    rows = [[f'<a href="#{anchor(subject)}">{escaped(subject.title)}</a>', "cases of the contract",
             f"{subject.exercised} of {len(subject.cases)}"]
            for subject in coverage.subjects.values()]
    for each in coverage.rtl.values():
        link = f'<a href="#{anchor(each)}">RTL {escaped(each.title)}</a>'
        rows += [[link, WHAT[kind], reached([point for points in each.of(kind).values()
                                             for point in points])]
                 for kind in WHAT if each.of(kind)]
        if not each.points:
            rows.append([link, WHAT["lines"], "not counted"])
    return table(["", "", "reached"], rows)


def anchor(what) -> str:
    name = f"cases-{what.block}-{what.rtl}" if isinstance(what, Subject) \
        else f"rtl-{what.block}-{what.name}"
    return escaped(name)


def of_subject(subject: Subject) -> str:
    rows = [[escaped(case.name), times(case.times), runs_of(case),
             f"<code>docs/pins/{escaped(case.section.replace('#', '.md#'))}</code>"]
            for case in subject.never_first()]
    return (f'<section id="{anchor(subject)}">\n<h2>{escaped(subject.title)}</h2>\n'
            f"<p>{counted(subject.transactions, 'transaction')}; cases that have never come up "
            "stand first.</p>\n"
            + table(["case", "times", "in runs", "contract"], rows) + "</section>\n")


def times(number: int) -> str:
    return str(number) if number else '<span class="never">never</span>'


def runs_of(case: Case) -> str:
    links = [f'<a href="#run-{run}">{run}</a>' for run in sorted(case.runs)]
    more = len(links) - SHOWN_RUNS
    return ", ".join(links[:SHOWN_RUNS]) + (f" and {more} more" if more > 0 else "")


def of_rtl(each: Rtl) -> str:
    parts = [f'<section id="{anchor(each)}">\n<h2>RTL {escaped(each.title)}</h2>\n',
             f"<p>Sources {escaped(each.sources)}; {escaped('; '.join(sorted(each.parameters)))}."]
    if not each.points:
        parts.append(" Its lines have not been counted: the target <code>"
                     f"rtl_coverage_{escaped(each.block)}_{escaped(each.name)}</code> builds what "
                     "does.")
    parts.append("</p>\n")
    rows = [[escaped(module), words, reached(points)] for kind, words in WHAT.items()
            for module, points in each.of(kind).items()]
    parts.append(table(["module", "", "reached"], rows) if rows else "")
    for module, points in each.of("signals").items():
        if left := bits_of(never(points)):
            parts.append(f"<p>Bits of {escaped(module)} that have never changed: "
                         f"<code>{escaped(', '.join(left))}</code></p>\n")
    for kind in ("lines", "covers"):
        left = never([point for points in each.of(kind).values() for point in points])
        for file in sorted({point.file for point in left}):
            parts.append(annotated(each, file, [p for p in left if p.file == file]))
    return "".join(parts) + "</section>\n"


def annotated(each: Rtl, file: str, left: list) -> str:
    """A source with the lines that have never been reached."""
    notes, lines = {}, set()
    for point in left:
        notes.setdefault(point.line, []).append(point.what)
        lines.update(point.lines)
    text = source_of(each, file)
    if text is None:
        told = "".join(f"<li>line {line}: {escaped('; '.join(what))}</li>\n"
                       for line, what in sorted(notes.items()))
        return (f"<h3>{escaped(file)}, never reached</h3>\n<p>The file is not where it was, or is "
                f"another by now.</p>\n<ul>\n{told}</ul>\n")
    shown = []
    for number, line in enumerate(text.splitlines(), start=1):
        note = f"    // never: {'; '.join(notes[number])}" if number in notes else ""
        mark = ' class="never"' if number in lines else ""
        shown.append(f"<span{mark}>{number:>5}  {escaped(line + note)}</span>")
    return f"<h3>{escaped(file)}, never reached</h3>\n<pre>" + "\n".join(shown) + "</pre>\n"


def source_of(each: Rtl, file: str) -> str | None:
    """The text that was compiled; none where it cannot be had any more."""
    digest, path = each.files.get(file, ("", Path("")))
    try:
        content = read_bytes(path, RTL_SOURCE)
    except DataError:
        return None
    same = hashlib.sha256(content).hexdigest() == digest
    return content.decode(errors="replace") if same else None


def of_runs(runs: list) -> str:
    return ('<section id="runs">\n<h2>Runs</h2>\n'
            + table(["", "tool", "input", "settings", "ended"], [cells_of(run) for run in runs])
            + "</section>\n")


def cells_of(run: Run) -> list:
    index = run.index
    settings = " ".join(f"--{name}={value}" for name, value in index["settings"].items())
    part = f", {escaped(index['part'])}" if index.get("part") else ""
    return [f'<span id="run-{run.number}">{run.number}</span>', escaped(index["tool"]) + part,
            escaped(Path(index["input"]).name or "synthetic"), f"<code>{escaped(settings)}</code>",
            escaped(index["ended"])]
