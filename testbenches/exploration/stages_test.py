#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of kinds of stage as Python reads it: metrics, reports, diagram and pages hold to it,
and what is not listed is refused."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from topkima import places
from topkima.errors import DataError
from topkima.exploration.page import diagram
from topkima.stages import Stages, stages
from topkima.tool import Tool

SHARES = ("busy", "starved", "blocked", "path", "gain")
MACHINES = {"scale_free": (), "conventional": ("--softmax=conventional", "--scaling=left_shift"),
            "in_k_weights": ("--softmax=digital_topk", "--scaling=in_k_weights")}


def report_of(*options) -> dict:
    """Of a small run of topkima-soc."""
    with tempfile.TemporaryDirectory(prefix="topkima_test_") as place:
        subprocess.run([places.tool("topkima-soc"), "--quiet", "--attention.tokens=9",
                        "--attention.heads=2", "--attention.d_model=128", *options,
                        "--output", Path(place) / "run"], check=True)
        return json.loads((Path(place) / "run" / "report.json").read_text())


class Table(unittest.TestCase):
    def test_both_tools_list_the_same_kinds(self):
        listed = [subprocess.run([places.tool(f"topkima-{name}"), "--list-stages=json"],
                                 capture_output=True, check=True).stdout
                  for name in ("soc", "macro")]
        self.assertEqual(*listed)

    def test_every_kind_with_an_account_has_its_metrics_in_this_order(self):
        for name in ("soc", "macro"):
            kinds = [kind["name"] for kind in stages().kinds.values()
                     if name in kind["machines"] and kind["part"] in ("shared", "head")]
            told = [metric for metric in Tool(name).metrics if metric.endswith(SHARES)]
            self.assertEqual([f"{kind}.{share}" for kind in kinds for share in SHARES], told)

    def test_every_component_of_a_kind_has_its_metrics(self):
        metrics = Tool("soc").metrics
        for kind in stages().kinds.values():
            if "soc" not in kind["machines"]:
                continue
            for component in kind["components"]:
                with self.subTest(kind["name"], component=component):
                    self.assertIn(f"{component}.energy_uj", metrics)
                    self.assertIn(f"{component}.area_mm2", metrics)

    def test_stages_of_a_run_are_listed_and_in_the_order_of_the_table(self):
        order = list(stages().kinds)
        for name, options in MACHINES.items():
            with self.subTest(name):
                report = report_of(*options)
                heads = [stage["kind"] for stage in report["stages"]
                         if stage["name"].startswith("head0.")]
                self.assertEqual(heads, sorted(heads, key=order.index))
                self.assertLessEqual({stage["kind"] for stage in report["stages"]}, set(order))


class Pages(unittest.TestCase):
    def test_a_row_passes_the_stages_of_the_table(self):
        self.assertEqual(stages().way, ("projection.q", *stages().of_part("head")))

    def test_the_flow_has_every_account_once_bus_first_and_last(self):
        flow = stages().flow
        self.assertEqual(len(flow), len(set(flow)))
        self.assertEqual((flow[0], flow[-1]), ("bus.read", "bus.write"))
        for before, after in (("projection.q", "score"), ("av", "store"), ("embed", "norm"),
                              ("norm1", "expand"), ("classify", "store")):
            self.assertLess(flow.index(before), flow.index(after))

    def test_every_account_has_a_colour(self):
        table = stages()
        for name in (*table.kinds, *table.named):
            self.assertRegex(table.colours[name], "^#[0-9a-f]{6}$")

    def test_every_stage_of_a_run_is_in_its_diagram(self):
        for name, options in MACHINES.items():
            with self.subTest(name):
                report = report_of(*options)
                drawn = diagram.diagram_of(report)
                for stage in report["stages"]:
                    kind = "bus" if stage["kind"] in diagram.BUS else stage["kind"]
                    self.assertIn(f'data-kind="{kind}"', drawn)

    def with_more(self, **kind):
        """The table with one kind more."""
        table = stages()
        listed = {"kinds": [*table.kinds.values(), {**table["av"], **kind}],
                  "named": list(table.named.values())}
        return mock.patch.object(diagram, "stages", lambda: Stages(listed))

    def test_a_new_stage_of_a_head_is_drawn(self):
        report = report_of()
        rotary = {**next(s for s in report["stages"] if s["kind"] == "av"), "kind": "rotary"}
        with self.with_more(name="rotary", label="Rotary embedding"):
            drawn = diagram.diagram_of({**report, "stages": [*report["stages"], rotary]})
        self.assertIn("Rotary embedding", drawn)

    def test_a_new_shared_stage_without_a_place_is_refused(self):
        report = report_of()
        with self.with_more(name="cache", part="shared"), \
                self.assertRaisesRegex(DataError, "no place for cache"):
            diagram.diagram_of(report)

    def test_a_kind_that_is_not_listed_is_refused(self):
        with self.assertRaisesRegex(DataError, "stage kind 'weighted' is not one that"):
            stages()["weighted"]


if __name__ == "__main__":
    unittest.main()
