# SPDX-License-Identifier: Apache-2.0
"""Timing diagram of a waveform, as text: a column per cycle.

usage: scripts/timing-diagram WAVE.vcd --scope SCOPE --cycles FIRST-LAST [--period PS] SIGNAL...

SIGNAL is NAME[,N][:FORMAT][@BIT]: a bit as a level, anything else as its value.
  NAME,N    a vector of fields, NAME0 .. NAME(N-1), as a list
  FORMAT    dec (default), signed, or set: the numbers of the bits that are 1
  @BIT      only while that bit of the scope is 1, else dashes
`clk` shows an edge where there is one. Cycles are numbered from FIRST. The scope's `clk` says how
long they are; a scope without one needs --period.
"""

import argparse
import re

from topkima.commands.parser import Parser
from topkima.errors import DataError, UsageError, echoed
from topkima.vcd import Dump

WIDEST = 100     # characters of a line
FORMATS = ("dec", "signed", "set")
SIGNAL = re.compile(r"(?P<name>\w+)(,(?P<fields>[1-9]\d*))?(:(?P<format>\w+))?(@(?P<when>\w+))?")


class Signal:
    def __init__(self, text, dump, scope):
        match = SIGNAL.fullmatch(text)
        if not match or match["format"] not in (None, *FORMATS):
            raise UsageError(f"{echoed(text)}; expected NAME[,N][:{'|'.join(FORMATS)}][@BIT]")
        self.dump, self.label = dump, match["name"]
        self.format = match["format"] or "dec"
        count = match["fields"]
        self.fields = [f"{scope}.{match['name']}{i}" for i in range(int(count or 0))]
        self.fields = self.fields or [f"{scope}.{match['name']}"]
        self.when = match["when"] and f"{scope}.{match['when']}"
        for name in (*self.fields, self.when):
            if name and name not in dump.signals:
                raise UsageError(f"the waveform has no signal {name}")
        self.is_bit = not count and dump.widths[self.fields[0]] == 1

    def value(self, time):
        """Text, or for a bit its level; None where it does not count."""
        if self.when and not self.dump.at(self.when, time):
            return None
        if self.is_bit:
            return self.dump.at(self.fields[0], time)
        return " ".join(self.shown(name, time) for name in self.fields)

    def shown(self, name, time):
        value = self.dump.at(name, time)
        if value is None:
            return "x"
        if self.format == "signed":
            return str(self.dump.signed(name, time))
        if self.format == "set":
            bits = [str(bit) for bit in range(self.dump.widths[name]) if value >> bit & 1]
            return ",".join(bits) or "none"
        return str(value)


def clock_period(dump, scope):
    """In ps: RTL's clk rises where a cycle begins, and is 1 for half of it, rounded to a ps."""
    changes = dump.signals.get(f"{scope}.clk", [])[1:]    # the first may be within a cycle
    rises = [time for time, value in changes if value]
    highs = [end - begin for (begin, value), (end, _) in zip(changes, changes[1:]) if value]
    for period in (2 * highs[0] + odd for odd in (0, 1, -1)) if highs else ():
        if all(rise % period == 0 for rise in rises):
            return period
    raise UsageError(f"{scope} has no clk that shows the length of a cycle; expected --period")


def spans(values):
    """[value, cycles] for each run of equal ones."""
    found = []
    for value in values:
        if found and found[-1][0] == value:
            found[-1][1] += 1
        else:
            found.append([value, 1])
    return found


def level_line(values, width):
    text, before = "", None
    for value in values:
        level = "-" if value is None else "_~"[value]
        edge = level if None in (before, value) or value == before else "\\/"[value]
        text += edge + level * (width - 1)
        before = value
    return text


def clock_line(values, width):
    high = (width - 2) // 2
    edge = "/" + "~" * high + "\\" + "_" * (width - 2 - high)
    return "".join(edge if value else "_" * width for value in values)


def value_line(values, width):
    text = ""
    for value, cycles in spans(values):
        text += ("|" + (value or "")).ljust(cycles * width, " " if value else "-")
    return text


def column_width(signals, rows, cycles):
    """Every value fits into the cycles that it lasts."""
    width = max(3, len(str(cycles - 1)) + 1)
    for signal, values in zip(signals, rows):
        if not signal.is_bit:
            for value, lasts in spans(values):
                width = max(width, -(-(len(value or "") + 1) // lasts))
    return width


def diagram(dump, scope, first, last, names, period):
    signals = [Signal(name, dump, scope) for name in names]
    times = [cycle * period for cycle in range(first, last + 1)]
    if times[-1] > dump.times[-1]:
        raise UsageError(f"the waveform ends in cycle {dump.times[-1] // period}")
    # A clock shows where its edge is; other signals what the edge that ends the cycle samples.
    rows = [[signal.value(time if signal.label == "clk" else time + period - 1) for time in times]
            for signal in signals]
    width = column_width(signals, rows, len(times))
    margin = max(len(signal.label) for signal in signals) + 2
    margin = max(margin, len("cycle") + 2)
    if margin + width * len(times) > WIDEST:
        raise UsageError(f"{margin + width * len(times)} characters wide; expected at most "
                         f"{WIDEST}: show fewer cycles or shorter values")
    lines = ["cycle".ljust(margin) + "".join(f" {i}".ljust(width) for i in range(len(times)))]
    for signal, values in zip(signals, rows):
        line = (clock_line if signal.label == "clk" else
                level_line if signal.is_bit else value_line)(values, width)
        lines.append(signal.label.ljust(margin) + line)
    return "\n".join(line.rstrip() for line in lines)


def cycles(text):
    match = re.fullmatch(r"(\d+)-(\d+)", text)
    if not match or int(match[1]) > int(match[2]):
        raise argparse.ArgumentTypeError(f"{echoed(text)}; expected FIRST-LAST")
    return int(match[1]), int(match[2])


def positive(text):
    if not re.fullmatch(r"0*[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"{echoed(text)}; expected a time in ps")
    return int(text)


def dump_of(path):
    """The waveform in a file. DataError: there is none."""
    try:
        dump = Dump(path)
    except (ValueError, KeyError, IndexError) as error:
        raise DataError(f"{path} is no waveform in VCD") from error
    if not dump.times:
        raise DataError(f"{path} is no waveform in VCD")
    return dump


def main():
    parser = Parser(prog="timing-diagram", description=__doc__)
    parser.add_argument("wave")
    parser.add_argument("--scope", required=True)
    parser.add_argument("--cycles", required=True, type=cycles)
    parser.add_argument("--period", type=positive, metavar="PS",
                        help="of the clock, in ps (default: as the scope's clk shows it)")
    parser.add_argument("signals", nargs="+", metavar="SIGNAL")
    options = parser.parse_args()
    dump = dump_of(options.wave)
    period = options.period or clock_period(dump, options.scope)
    print(f"```text\n{diagram(dump, options.scope, *options.cycles, options.signals, period)}\n```")
    return 0
