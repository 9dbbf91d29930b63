#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a run, as it is in a browser.

  run_page_test.py --macro PATH --soc PATH
"""

import json
import math
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import numpy as np

from browser import PageTest, fresh_room, main, paths, skip_without_browser
from waiting import DEADLINE_S

skip_without_browser()

from topkima.errors import TopkimaError  # noqa: E402
from topkima.exploration.page import replay, write_run_page  # noqa: E402


class SimulatedRuns(PageTest):
    COMMON = ("--attention.heads=3", "--attention.tokens=40", "--attention.d_model=48",
              "--topk.k=6")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.room = fresh_room(cls)

    @classmethod
    def page_of(cls, tool, *options, name=None):
        name = name or tool
        subprocess.run([paths[tool], "--quiet", "--output", cls.room / name, *cls.COMMON,
                        *options], check=True, timeout=DEADLINE_S)
        # How long the run took, which a page goes by, is as long as the machine is slow.
        with mock.patch.object(replay, "LONGEST_S", math.inf):
            write_run_page(cls.room / name, cls.room / f"{name}.html", Path(paths[tool]).parent)

    def report(self, name):
        return json.loads((self.room / name / "report.json").read_text(encoding="utf-8"))


class RunPage(SimulatedRuns):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page_of("soc", "--crossbar.columns=16")
        cls.page_of("macro")

    def test_everything_is_drawn_of_a_soc(self):
        self.open(self.room / "soc.html")
        self.assertEqual(self.count("#diagram .block"), 14)
        self.assertEqual(self.count("#stage-chart .yaxislayer-above .ytick text"), 13)
        for chart in ("stage-chart", "path-chart", "faster-chart", "pipeline-chart"):
            self.assertGreater(self.count(f"#{chart} .barlayer .point"), 0, chart)
        self.assertEqual(self.count("#ramp-chart .barlayer .trace"), 3)    # crossbars
        self.assertEqual(self.count("#selection-chart .heatmaplayer image"), 1)
        self.assert_controls_are_labelled()

    def test_everything_is_drawn_of_a_macro(self):
        self.open(self.room / "macro.html")
        self.assertEqual(self.count("#diagram .block"), 7)
        self.assertNotIn("Projection", self.text("#diagram"))
        self.assertEqual(self.count("#stage-chart .yaxislayer-above .ytick text"), 5)

    def test_the_figures_are_those_of_the_report(self):
        self.open(self.room / "soc.html")
        report = self.report("soc")
        self.assertIn(str(report["totals"]["latency_cycles"]), self.text("#totals"))
        reference = report["float_reference"]
        for place in ("#totals", "#summary"):
            for name in ("cosine_similarity", "relative_error"):
                self.assertIn(f"{reference[name]:.4g}", self.text(place))
        for select in ("stage-head", "ramp-head"):
            self.choose(f"#{select}", "all")
        sums = self.script("return document.getElementById('stage-chart').data"
                           ".reduce((sums, one) => sums.map((sum, at) => sum + one.x[at]),"
                           " new Array(13).fill(0))")
        for total in sums:
            self.assertAlmostEqual(total, 1)
        converted = self.script("return document.getElementById('ramp-chart').data.map("
                                "one => one.customdata.reduce((sum, count) => sum + count))")
        self.assertEqual(converted, [3 * 40] * 3)
        selected = self.script("return data.selection.heads.map("
                               "head => head.winners.reduce((sum, count) => sum + count))")
        self.assertEqual(sum(selected), 3 * 40 * report["totals"]["mean_winners"])

    def test_what_one_step_would_gain(self):
        self.open(self.room / "soc.html")
        steps = self.script("return data.what_if.steps")
        base = self.script("return data.what_if.base")
        latency = base["metrics"]["latency_cycles"]
        self.assertEqual(latency, self.report("soc")["totals"]["latency_cycles"])
        rows = [row.text.split() for row in
                self.browser.find_elements("css selector", "#what-if-table tbody tr")]
        gain = 100 * (1 - steps[0]["metrics"]["latency_cycles"] / latency)
        self.assertGreater(gain, 5)
        self.assertEqual(rows[0][:4], [steps[0]["parameter"], steps[0]["from"], "\u2192",
                                       steps[0]["to"]])
        self.assertIn(f"-{gain:.1f} %", self.text("#what-if-table tbody tr"))
        self.assertIn(f"Limited by: {base['limit']}.", self.text("#what-if-note"))
        told = self.text("#what-if-same") + self.text("#what-if-refused")
        for step in steps:
            shown = [step["parameter"], step["from"], "\u2192", step["to"]] in [
                row[:4] for row in rows]
            self.assertNotEqual(shown, f"{step['parameter']} = {step['to']}" in told, step)

    def test_groups_of_stages_are_drawn_beside_those_alone(self):
        self.open(self.room / "soc.html")
        self.assertIn("all projections", self.text("#faster-chart"))
        self.assertIn("all projections", self.text("#critical-note"))

    def test_steps_that_the_run_has_tried_itself(self):
        name = "asked"
        self.page_of("macro", "--what-if", name=name)
        (self.room / name / "what_if.json").write_text(
            (self.room / name / "what_if.json").read_text().replace("ima.bits", "ima.other"))
        write_run_page(self.room / name, self.room / f"{name}.html", self.room)    # no tool there
        self.open(self.room / f"{name}.html")
        self.assertIn("ima.other", self.text("#what-if"))

    def test_steps_of_a_run_that_took_long_are_not_tried(self):
        name = "long"
        self.page_of("macro", name=name)
        path = self.room / name / "run.json"
        run = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**run, "wall_seconds": replay.LONGEST_S + 1}))
        write_run_page(self.room / name, self.room / f"{name}.html",
                       Path(paths["macro"]).parent)
        self.open(self.room / f"{name}.html")
        self.assertIn(f"took more than {replay.LONGEST_S} s", self.text("#what-if-note"))
        self.assertFalse(self.one("#what-if-shown").is_displayed())

    def test_the_first_rows_of_every_head(self):
        self.open(self.room / "soc.html")
        self.assertEqual(self.script("return Object.keys(data.pipeline.heads)"), ["0", "1", "2"])
        for head in "012":
            self.choose("#pipeline-head", head)
            rows = self.script("return document.getElementById('pipeline-chart').data[0]"
                               ".customdata.map(one => one[0])")
            self.assertEqual(set(rows), set(range(12)))

    def test_other_heads(self):
        self.open(self.room / "soc.html")
        for select in ("stage-head", "ramp-head", "selection-head"):
            self.choose(f"#{select}", "2")
        self.choose("#selection-value", "selected")
        self.assertEqual(self.script("return document.getElementById('ramp-chart').data[0]"
                                     ".customdata.reduce((sum, count) => sum + count)"), 40)

    def test_configuration_is_filtered(self):
        self.open(self.room / "soc.html")
        self.one("#configuration-filter").send_keys("crossbar.columns")
        self.assertEqual(self.count("#configuration-body tr"), 1)
        self.assertIn("16", self.text("#configuration-body"))
        self.one("#only-assumed").click()
        self.assertEqual(self.count("#configuration-body tr"), 0)

    def test_blocks_tell_their_cycles(self):
        self.open(self.room / "soc.html")
        self.script("document.querySelector('[data-kind=av]').focus()")
        self.assertRegex(self.text("#block-told"), r"AV arrays: busy .*mean of 3 heads")

    def test_without_the_tool_or_with_another_report_there_are_no_rows(self):
        write_run_page(self.room / "soc", self.room / "bare.html", self.room)
        self.open(self.room / "bare.html")
        self.assertIn("has not been built", self.text("#pipeline-note"))
        self.assertIn("has not been built", self.text("#what-if-note"))
        self.assertFalse(self.one("#what-if-shown").is_displayed())
        other = self.room / "other"
        shutil.copytree(self.room / "soc", other)
        report = (other / "report.json").read_text(encoding="utf-8")
        (other / "report.json").write_text(report + "\n", encoding="utf-8")
        write_run_page(other, self.room / "other.html", Path(paths["soc"]).parent)
        self.open(self.room / "other.html")
        self.assertIn("another report", self.text("#pipeline-note"))
        self.assertIn("another report", self.text("#what-if-note"))
        self.assertFalse(self.one("#pipeline-shown").is_displayed())

    def test_no_results(self):
        with self.assertRaisesRegex(TopkimaError, "report.json"):
            write_run_page(self.room, self.room / "none.html")

    def test_results_that_are_not_those_of_the_report(self):
        """Nor is memory taken for what they say."""
        for name, change, words in (
                ("topk_index.npy", lambda array: array[:1], r"holds int32 \[1, "),
                ("probability.npy", lambda array: array.astype(float), "holds float64"),
                ("topk_index.npy", lambda array: array + 2**30, "holds 10737"),
                ("convert_cycles.npy", lambda array: array.astype(np.int64) << 50, r"\.\."),
                ("rows.csv", lambda text: text.replace("\n0,0,", "\n0,999999999999,", 1),
                 "a number is not within 0..")):
            with self.subTest(name=name, words=words), \
                    self.assertRaisesRegex(TopkimaError, f"{name}: .*{words}"):
                write_run_page(self.damaged("soc", name, change), self.room / "none.html")
        self.assertFalse((self.room / "none.html").exists())

    def damaged(self, results, name, change):
        """A copy of results in which a file is another."""
        copy = self.room / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.room / results, copy)
        path = copy / name
        if path.suffix == ".npy":
            np.save(path, change(np.load(path)))
        else:
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return copy

    def test_light_and_dark(self):
        self.open(self.room / "soc.html")
        self.assert_both_themes()

    def test_on_paper(self):
        self.open(self.room / "soc.html")
        self.assert_prints()

    def test_narrow_and_wide(self):
        self.open(self.room / "soc.html")
        self.assert_fits(390)
        self.assert_fits(1280)


class EnergySection(SimulatedRuns):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page_of("soc", name="soc")

    def test_bars_are_the_components_of_the_report(self):
        self.open(self.room / "soc.html")
        components = self.report("soc")["energy"]["components"]
        sums = self.script("""
            const [dynamic, leakage] = document.getElementById('energy-chart').data;
            return dynamic.y.map((name, at) => [name, dynamic.x[at] + leakage.x[at]]);""")
        expected = {one["name"]: (one["dynamic_pj"] + one["leakage_pj"]) / 1e6
                    for one in components if one["dynamic_pj"] + one["leakage_pj"] > 0}
        self.assertEqual({name for name, _ in sums}, set(expected))
        for name, value in sums:
            self.assertAlmostEqual(value, expected[name])
        self.assertEqual([value for _, value in sums], sorted(value for _, value in sums))
        area = self.script("return document.getElementById('area-chart').data[0].x"
                           ".reduce((sum, each) => sum + each)")
        self.assertAlmostEqual(area, sum(one["area_mm2"] for one in components))

    def test_what_is_assumed_is_marked(self):
        self.open(self.room / "soc.html")
        energy = self.report("soc")["energy"]
        share = energy["totals"]["assumed_energy_share"]
        self.assertIn(f"{100 * share:.{1 if share < 0.1 else 0}f} % of the energy",
                      self.text("#energy-note"))
        told = self.script("return document.getElementById('energy-chart').data[1].text")
        assumed = [one for one in energy["components"] if one["assumed_energy_share"] > 0]
        self.assertEqual(sum("assumed)" in one for one in told), len(assumed))
        self.script("document.querySelector('#energy details').open = true")
        self.assertEqual(self.count("#constants tbody tr"), len(energy["constants"]))
        self.assertEqual(self.count("#constants .tag"),
                         sum(one["provenance"] == "assumption" for one in energy["constants"]))

    def test_power_adds_up_to_the_file(self):
        self.open(self.room / "soc.html")
        total = np.loadtxt(self.room / "soc" / "power.csv", delimiter=",", skiprows=1)[:, -1]
        shown = self.script("return document.getElementById('power-chart').data.map("
                            "one => one.y)")
        np.testing.assert_allclose(np.sum(shown, axis=0), total, rtol=1e-3)
        self.assertLessEqual(len(shown), 8)

    def test_without_power_over_time(self):
        self.page_of("macro", "--energy.interval_us=0", name="still")
        self.open(self.room / "still.html")
        self.assertTrue(self.one("#energy-chart").is_displayed())
        self.assertFalse(self.one("#power").is_displayed())

    def test_many_intervals_become_few_points(self):
        self.page_of("macro", "--energy.interval_us=0.01", name="fine")
        rows = np.loadtxt(self.room / "fine" / "power.csv", delimiter=",", skiprows=1)
        self.assertGreater(len(rows), 400)
        self.open(self.room / "fine.html")
        points = self.script("return data.power.parts[0].mw.length")
        self.assertLessEqual(points, 400)
        self.assertIn("mean of", self.text("#power-caption"))

    def test_a_run_that_knows_no_energy(self):
        other = self.room / "bare"
        shutil.copytree(self.room / "soc", other)
        report = self.report("soc")
        del report["energy"]
        (other / "power.csv").unlink()
        (other / "report.json").write_text(json.dumps(report), encoding="utf-8")
        write_run_page(other, self.room / "bare.html", self.room)
        self.open(self.room / "bare.html")
        self.assertFalse(self.one("#energy").is_displayed())
        self.assertNotIn("Energy", self.text("nav"))

    def test_a_power_file_that_is_none(self):
        other = self.room / "broken"
        shutil.copytree(self.room / "soc", other)
        for text in ("", "start_us,a_mw,total_mw\n", "start_us,a_mw,total_mw\n0,1,x\n"):
            (other / "power.csv").write_text(text)
            with self.assertRaisesRegex(TopkimaError, "power.csv"):
                write_run_page(other, self.room / "broken.html", self.room)


class BaselinePage(SimulatedRuns):
    """Pages of the machines beside Topkima."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page_of("soc", "--softmax=conventional", "--crossbar.columns=16", name="all")
        cls.page_of("soc", "--softmax=digital_topk", "--scaling=left_shift", name="sorted")

    def kinds(self):
        return self.script("return [...document.querySelectorAll('#diagram .block')]"
                           ".map(block => block.dataset.kind)")

    def stages(self, chart):
        return self.script("return [...new Set(document.getElementById(arguments[0]).data"
                           ".flatMap(one => one.y))]", chart)

    def test_the_heading_has_a_number_of_winners_however_k_is_shared_out(self):
        for name, options in (("shared", ("--topk.split=16,16,16", "--attention.causal=true")),
                              ("counted", ("--topk.split=16,16,16", "--topk.scope=head"))):
            self.page_of("soc", *options, name=name)
            self.open(self.room / f"{name}.html")
            self.assertIn("k = 6,", self.text("#machine"))

    def test_the_diagram_has_the_blocks_of_the_machine(self):
        head = {"all": ["score", "latch", "exponent", "divider", "av", "store"],
                "sorted": ["score", "latch", "shifter", "sorter", "exponent", "divider",
                           "av", "store"]}
        for name, expected in head.items():
            self.open(self.room / f"{name}.html")
            self.assertEqual(self.kinds()[8:], expected)
            self.assertIn("full ramp", self.text("#diagram"))
            self.assertNotIn("top-k counter", self.text("#diagram"))
            # No two blocks lie upon each other, and all are within the drawing.
            self.assertTrue(self.script("""
                const svg = document.querySelector('#diagram svg').getBoundingClientRect();
                const boxes = [...document.querySelectorAll('#diagram .box')].map(
                    box => box.getBoundingClientRect());
                return boxes.every((a, at) => a.bottom < svg.bottom && a.right < svg.right &&
                    boxes.slice(at + 1).every(b => a.right < b.left || b.right < a.left ||
                                                   a.bottom < b.top || b.bottom < a.top));"""))
        self.assertIn("k = 6, busy", self.text("#diagram"))
        self.script("document.querySelector('[data-kind=sorter]').focus()")
        self.assertRegex(self.text("#block-told"), r"Digital sorter: busy .*mean of 3 heads")

    def test_stages_and_first_rows(self):
        self.open(self.room / "sorted.html")
        self.assertTrue({"latch", "shifter", "sorter"} <= set(self.stages("stage-chart")))
        self.assertTrue({"shifter", "sorter", "exponent"} <= set(self.stages("pipeline-chart")))
        order = self.script("return document.getElementById('pipeline-chart').layout.yaxis"
                            ".categoryarray.toReversed()")
        way = ["projection.q", "score", "latch", "shifter", "sorter", "exponent", "divider",
               "av", "store"]
        self.assertEqual(order, [kind for kind in way if kind in order])

    def test_nothing_is_said_of_an_early_stop(self):
        for name in ("all", "sorted"):
            self.open(self.room / f"{name}.html")
            self.assertFalse(self.one("#ramp").is_displayed())
            self.assertNotIn("Early stop", self.text("nav"))
            self.assertIn("runs through the full ramp", self.text("#summary"))

    def test_winners_of_the_sorter(self):
        self.open(self.room / "sorted.html")
        self.assertIn("digital sorter, k = 6, scores shifted", self.text("#machine"))
        selected = self.script("return data.selection.heads.map("
                               "head => head.winners.reduce((sum, count) => sum + count))")
        self.assertEqual(selected, [40 * 6] * 3)
        self.choose("#selection-value", "selected")
        index = np.load(self.room / "sorted" / "topk_index.npy")
        shown = self.script("return document.getElementById('selection-chart').data[0].z"
                            ".map(row => row.flatMap((each, token) => each ? [token] : []))")
        self.assertEqual(shown, [sorted(row) for row in index[0].tolist()])

    def test_probabilities_where_nothing_is_selected(self):
        self.open(self.room / "all.html")
        self.assertEqual(self.text("#selection-title"), "Probabilities")
        self.assertFalse(self.one("#selection-value").is_displayed())
        self.assertNotIn("top-k overlap", self.text("#totals"))
        probability = np.load(self.room / "all" / "probability.npy")
        zeros = 100 * np.mean(probability == 0)
        self.assertIn(f"{zeros:.0f} % of them with probability 0", self.text("#selection-note"))
        self.choose("#selection-head", "2")
        shown = self.script("return document.getElementById('selection-chart').data[0].z")
        np.testing.assert_allclose(shown, probability[2] / 31)

    def test_a_page_of_many_columns_stays_small(self):
        """Without the programs, which every page has."""
        self.page_of("macro", "--softmax=conventional", "--attention.tokens=384", name="many")
        data = (self.room / "many.html").read_text(encoding="utf-8")
        data = data[data.index('id="data">'):]
        self.assertLess(data.index("</script>"), 200_000)

    def test_light_and_dark_narrow_and_on_paper(self):
        self.open(self.room / "all.html")
        self.assert_both_themes()
        self.assert_prints()
        self.open(self.room / "sorted.html")
        self.assert_fits(390)

    def test_keys_of_x_need_no_projection(self):
        """With W_K folded into the query: another stage before the score, another writer."""
        self.page_of("soc", "--softmax=digital_topk", "--scaling=in_k_weights", name="folded")
        self.open(self.room / "folded.html")
        self.assertNotIn("projection.k", self.kinds())
        self.assertEqual(self.kinds()[7:], ["fold", "score", "latch", "sorter", "exponent",
                                            "divider", "av", "store"])
        for words in ("Query times W_Kᵀ", "Xᵀ writer", "Xᵀ crossbar and ramp"):
            self.assertIn(words, self.text("#diagram"))
        self.assertIn("scale in the K weights", self.text("#machine"))
        self.assertTrue({"fold", "latch"} <= set(self.stages("stage-chart")))
        self.assertIn("fold", self.stages("pipeline-chart"))


if __name__ == "__main__":
    main()
