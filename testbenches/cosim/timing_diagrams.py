#!/usr/bin/python3
"""Timing diagrams of the pages on pins, drawn from waveforms that the tools write.

  timing_diagrams.py --macro PATH [--write] PAGE.md...

PYTHONPATH names the folder of vcd.py, testbenches/platforms.

In a page, a comment asks for a diagram, and the fenced block behind it is that diagram:

  <!-- timing OPTIONS of topkima-macro | SCOPE | FROM-TO, cycles | PIN... -->

Without --write, tells which pages are out of date and exits with 1 if any is.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from vcd import Dump

CELL = 5  # characters per cycle
ASKED = re.compile(r"(<!-- timing (.+?)\|(.+?)\|(.+?)\|(.+?) -->\n```\n)(.*?)(```\n)", re.DOTALL)


def value_at(changes, time):
    """What is in force at a time; None before the first change."""
    value = None
    for at, new in changes:
        if at > time:
            break
        value = new
    return value


def draw_clock(values):
    return "".join("/~\\__" if value else "_____" for value in values)


def draw_bit(values):
    text = ""
    for before, now in zip([values[0], *values], values):
        level = "~" if now else "_"
        text += ("/" if now > before else "\\" if now < before else level) + level * (CELL - 1)
    return text


def draw_bus(values, width):
    """A vector of wires in hexadecimal."""
    text = ""
    for before, now in zip([None, *values], values):
        word = f"{now:x}" if width > 32 and now is not None else str(now)
        text += ("|" + word if now != before else "").ljust(CELL)
    return text


def diagram(dump, scope, first, last, pins, period):
    cycles = range(first, last + 1)
    width = max(len(pin) for pin in pins) + 2
    lines = ["cycle".ljust(width) + "".join(str(cycle).ljust(CELL) for cycle in cycles)]
    for pin in pins:
        changes = dump.signals[f"{scope}.{pin}"]
        # A clock is high in the first half of a cycle, all else holds for the whole of it.
        values = [value_at(changes, int((cycle + 0.25) * period)) for cycle in cycles]
        bits = dump.widths[f"{scope}.{pin}"]
        lines.append(pin.ljust(width) + (draw_clock(values) if pin == "clk" else
                                         draw_bit(values) if bits == 1 else
                                         draw_bus(values, bits)))
    return "".join(line.rstrip() + "\n" for line in lines)


def wave_of(tool, options, scope, first, last, room):
    path = Path(room) / "wave.vcd"
    subprocess.run([tool, *options.split(), "--quiet", "--output", str(Path(room) / "out"), "--wave", str(path),
                    f"--wave.scope={scope}", f"--wave.from={first}", f"--wave.to={last + 1}"],
                   check=True, stdout=subprocess.DEVNULL)
    return Dump(path)


def renewed(page, tool):
    def answer(match):
        head, options, scope, cycles, pins, _, tail = match.groups()
        first, last = map(int, cycles.strip().split("-"))
        with tempfile.TemporaryDirectory() as room:
            dump = wave_of(tool, options, scope.strip(), first, last, room)
        return head + diagram(dump, scope.strip(), first, last, pins.split(), 5000) + tail

    return ASKED.sub(answer, page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--macro", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("pages", nargs="+", type=Path)
    arguments = parser.parse_args()
    stale = []
    for path in arguments.pages:
        page = path.read_text()
        now = renewed(page, str(Path(arguments.macro).resolve()))
        if now == page:
            continue
        stale.append(path.name)
        if arguments.write:
            path.write_text(now)
    if stale and not arguments.write:
        sys.exit("out of date: " + ", ".join(stale))


if __name__ == "__main__":
    main()
