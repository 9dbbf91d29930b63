# SPDX-License-Identifier: Apache-2.0
"""Reads a value change dump into lists of changes, and the names in a GTKWave save file."""

import bisect
import re

from topkima.files import VIEW, WAVE, opened_text


class Dump:
    """Signals by full name ("soc.head0.topk0.grant_valid"): changes as (time, value), the first
    one the value in force at the start; values are integers, floats, text, or None for unknown."""

    def __init__(self, path):
        self.signals, self.widths = {}, {}
        by_code, scope = {}, []
        self.times = []
        time, in_header = 0, True
        with opened_text(path, WAVE) as file:
            for line in file:
                words = line.split()
                if not words:
                    continue
                if words[0] == "$scope":
                    scope.append(words[2])
                elif words[0] == "$upscope":
                    scope.pop()
                elif words[0] == "$var":
                    name = ".".join([*scope, words[4]])
                    by_code[words[3]] = (name, words[1])
                    self.signals[name] = []
                    self.widths[name] = int(words[2])
                elif words[0] == "$enddefinitions":
                    in_header = False
                elif words[0][0] == "$" or in_header:
                    continue
                elif words[0][0] == "#":
                    time = int(words[0][1:])
                    self.times.append(time)
                else:
                    self.take(time, words, by_code)

    def take(self, time, words, by_code):
        if len(words) == 1:
            code, value = words[0][1:], words[0][0]
        else:
            code, value = words[1], words[0][1:]
        name, kind = by_code[code]
        if kind == "real":
            value = float(value)
        elif kind != "string":
            value = None if "x" in value else int(value, 2)
        self.signals[name].append((time, value))

    def at(self, name, time):
        """The value in force at `time`."""
        changes = self.signals[name]
        place = bisect.bisect_right(changes, time, key=lambda change: change[0])
        return changes[place - 1][1]

    def signed(self, name, time):
        value, width = self.at(name, time), self.widths[name]
        return value - (1 << width) if value >> (width - 1) else value

    def high(self, name, period):
        """The times, cycle by cycle, at which a bit is 1."""
        changes = [*self.signals[name], (self.times[-1], 0)]
        return [time for (begin, value), (end, _) in zip(changes, changes[1:]) if value
                for time in range(begin, end, period)]

    def changing(self):
        """Names of the signals that change after the start."""
        return {name for name, changes in self.signals.items() if len(changes) > 1}


def listed(path):
    """Names in a save file, without bit ranges."""
    with opened_text(path, VIEW) as file:
        return [re.sub(r"\[\d+:\d+\]$", "", line.strip()) for line in file
                if not re.match(r"[\[*@\-#]", line) and "." in line]
