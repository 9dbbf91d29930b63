#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A kind of machine that the explorer knows through its registry alone (kinds/): its reports are
read, compared and shown as those of the shipped ones."""

import json
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from topkima.errors import DataError
from topkima.exploration import kinds
from topkima.exploration.comparison import compare
from topkima.exploration.page import write_page
from topkima.exploration.reports import read_report
from topkima.exploration.shapes import OF_ALL

TOY = types.SimpleNamespace(
    SCHEMA="toy-report", WHAT="a toy", PROGRAM="toy", WORK=("toy", ("cycles",)),
    SHAPE={**OF_ALL, "toy": {"cycles": int}}, flaw_of=lambda report: "",
    sections=lambda a, b: [f"cycles {a['toy']['cycles']} to {b['toy']['cycles']}"],
    write_page=lambda results, path, tools=None: Path(path).write_text("a toy's page"))


def report_of(schema, **more):
    return {"schema": schema, "schema_version": 1, "tool": "toy", "configuration": {}, **more}


class Kinds(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="topkima_test_")
        self.addCleanup(place.cleanup)
        self.room = Path(place.name)
        patched = mock.patch.dict(kinds.KINDS, {TOY.SCHEMA: TOY})
        patched.start()
        self.addCleanup(patched.stop)

    def written(self, name, report):
        (self.room / name).mkdir()
        (self.room / name / "report.json").write_text(json.dumps(report))
        return self.room / name

    def test_two_runs_are_compared(self):
        a, b = (read_report(self.written(name, report_of("toy-report", toy={"cycles": cycles})))
                for name, cycles in (("a", 3), ("b", 4)))
        self.assertEqual(compare(a, b, "a", "b"), "A: a (toy)\nB: b (toy)\ncycles 3 to 4\n")

    def test_a_run_is_shown(self):
        results = self.written("a", report_of("toy-report", toy={"cycles": 3}))
        self.assertEqual(write_page(results).read_text(), "a toy's page")

    def test_what_is_no_such_report_is_refused(self):
        for report, told in ((report_of("toy-report", toy={}), "report.toy.cycles: expected int"),
                             (report_of("other"), 'nor a "toy-report" of version 1')):
            with self.subTest(told), self.assertRaisesRegex(DataError, told):
                read_report(self.written(told[:6], report))

    def test_runs_of_two_kinds_are_not_compared(self):
        toy = report_of("toy-report", toy={"cycles": 3})
        for kind in (kinds.module, kinds.encoder):
            with self.assertRaisesRegex(DataError, f"b is a run of a toy, a one of {kind.WHAT};"):
                compare(report_of(kind.SCHEMA), toy, "a", "b")

    def test_every_kind_says_all_that_is_asked(self):
        for kind in kinds.KINDS.values():
            for name in vars(TOY):
                self.assertTrue(hasattr(kind, name), f"{kind}: {name}")


if __name__ == "__main__":
    unittest.main()
