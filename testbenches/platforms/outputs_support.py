# SPDX-License-Identifier: Apache-2.0
"""Runs and what they leave behind, for tests of it."""

import json

from tool_support import ARRAYS, ToolTest

SCHEDULES = ("sequential", "coarse", "fine", "buffered")
SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")
# Values that a schedule must not change; latencies it may.
VALUES = tuple(f"{name}.npy" for name in ARRAYS)


def report_of(directory):
    return json.loads((directory / "report.json").read_text(encoding="utf-8"))


def effective_of(directory):
    """{"section.key": text} of effective.ini."""
    section, values = "", {}
    for line in (directory / "effective.ini").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif " = " in line:
            key, value = line.split(" = ", 1)
            values[f"{section}.{key}"] = value
    return values


class OutputsTest(ToolTest):
    def value_of(self, directory, name):
        return report_of(directory)["configuration"][name]["value"]

    def assert_same_values(self, left, right):
        for name in VALUES:
            self.assertEqual((left / name).read_bytes(), (right / name).read_bytes(), name)
