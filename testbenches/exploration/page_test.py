#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a study, as it is in a browser.

  page_test.py --macro PATH --soc PATH
"""

import csv
import io

from browser import PageTest, fresh_room, main, skip_without_browser
from page_views import PARAMETERS, made_up_view

skip_without_browser()

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

from topkima.errors import TopkimaError  # noqa: E402
from topkima.exploration.page import write_study_page  # noqa: E402

MANY = 10000
MANY_ELEMENTS = 1.5 * MANY    # of the page: one a point, what else is shown of it is on canvases


def sees(point, **wanted):
    return point["state"] == "done" and all(point["parameters"][name.replace("__", ".")] == text
                                            for name, text in wanted.items())


class StudyPage(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.room = fresh_room(cls)
        cls.view = made_up_view(300)
        cls.done = [point for point in cls.view["points"] if point["state"] == "done"]
        write_study_page(cls.view, cls.room / "study.html")

    def setUp(self):
        super().setUp()
        self.open(self.room / "study.html")
        self.script("table.sort = {key: 'number', down: false}; study.clear(); study.select(-1);"
                    "drawHead()")

    def rows(self):
        return self.count("#table-body tr")

    def markers(self):
        """Points in the trade-off chart, without rings."""
        return self.script("return document.getElementById('pareto').data.filter("
                           "one => one.mode === 'markers' && one.hoverinfo !== 'skip')"
                           ".reduce((sum, one) => sum + one.x.length, 0)")

    def column(self, key):
        at = self.script("return [...document.querySelectorAll('#table-head th')]"
                         ".findIndex(one => one.dataset.key === arguments[0])", key)
        return self.script("return [...document.querySelectorAll('#table-body tr')]"
                           ".map(row => row.cells[arguments[0]].title)", at)

    def filter(self, key, text, expected):
        self.one(f'[id="filter-{key}"]').send_keys(text)
        self.until(lambda: self.text("#shown").startswith(f"{expected} of"), f"{key} {text}")

    def test_everything_is_drawn(self):
        self.assertEqual(self.count("#pareto .scatterlayer path.point"),
                         len(self.done) + len(self.script("return data.front")))
        self.assertEqual(self.count("#pareto .scatterlayer path.js-line"), 1)
        self.assertEqual(self.count("#importance .barlayer .trace"), 2)
        self.assertEqual(self.count("#map .heatmaplayer image"), 1)
        self.assertEqual(self.count("#parallel g[data-key]"), len(PARAMETERS) + 2)
        self.assert_painted("#parallel canvas")
        self.assertEqual(self.rows(), 50)
        others = len(self.view["points"]) - len(self.done)
        self.assertEqual(self.count("#others-body tr"), others)
        self.assertIn("expected less", self.text("#others-body"))
        self.assertIn("What does it cost", self.text("#question"))
        self.assert_controls_are_labelled()

    def test_sorting_by_a_column(self):
        header = 'th[data-key="m:latency_cycles"]'
        self.one(f"{header} button").click()
        up = [point["metrics"]["latency_cycles"] for point in self.done]
        self.assertEqual(self.column("m:latency_cycles"), [str(one) for one in sorted(up)[:50]])
        self.assertEqual(self.one(header).get_attribute("aria-sort"), "ascending")
        self.script("document.activeElement.click()")
        self.assertEqual(self.column("m:latency_cycles"),
                         [str(one) for one in sorted(up, reverse=True)[:50]])

    def test_filters_reach_table_and_charts(self):
        fine = [point for point in self.done if sees(point, pipeline__schedule="fine")]
        self.filter("p:pipeline.schedule", "fine", len(fine))
        self.assertEqual(self.markers(), len(fine))
        some = [point for point in fine if 4 <= int(point["parameters"]["topk.k"]) <= 9]
        self.filter("p:topk.k", "4..9", len(some))
        self.assertEqual(self.markers(), len(some))
        self.assertEqual(self.rows(), min(50, len(some)))
        good = [point for point in some if point["metrics"]["cosine_similarity"] >= 0.9]
        self.filter("m:cosine_similarity", ">=0.9", len(good))
        self.assertEqual(self.count("#chips button"), 3)
        self.one("#clear").click()
        self.assertEqual(self.markers(), len(self.done))

    def test_a_filter_that_cannot_be_read_says_so(self):
        self.one('[id="filter-p:topk.k"]').send_keys(">many")
        self.until(lambda: self.count("#chips button"), "the filter")
        self.assertIn("not understood: expected >=0.9, 10..20, 128|256 or !=5", self.text("#chips"))
        self.assertEqual(self.one('[id="filter-p:topk.k"]').get_attribute("aria-invalid"), "true")
        self.assertEqual(self.markers(), len(self.done))

    def test_filters_that_can_hold_of_none_say_so_too(self):
        for key, text in (("p:topk.k", "9..4"), ("p:pipeline.schedule", "fnie"),
                          ("p:topk.k", "1 2 x"), ("bottleneck", "a|nobody")):
            self.script("study.clear()")
            self.script("study.filter(arguments[0], arguments[1])", key, text)
            self.assertIn("not understood: expected", self.text("#chips"), text)
            self.assertEqual(self.markers(), len(self.done), text)
        for key, text in (("p:pipeline.schedule", "!=fine"), ("p:pipeline.schedule", "FINE|coarse"),
                          ("p:topk.k", ">2 <=4")):
            self.script("study.clear()")
            self.script("study.filter(arguments[0], arguments[1])", key, text)
            self.assertNotIn("not understood", self.text("#chips"), text)

    def test_the_filtered_table_is_saved_as_csv(self):
        self.script("study.filter('p:topk.k', '4..9'); table.sort = {key: 'm:latency_cycles', "
                    "down: true}; drawTable(true)")
        head, *rows = csv.reader(io.StringIO(self.script("return tableCsv()")))
        shown = self.script("return tableFields().map(field => field.label)")
        self.assertEqual(head, shown)
        wanted = sorted((point for point in self.done
                         if 4 <= int(point["parameters"]["topk.k"]) <= 9),
                        key=lambda point: -point["metrics"]["latency_cycles"])
        at = head.index("latency_cycles [cycles]")
        self.assertEqual([row[at] for row in rows],
                         [str(point["metrics"]["latency_cycles"]) for point in wanted])
        at = head.index("standing")
        self.assertEqual([row[at] for row in rows], [
            "violates cosine_similarity >= 0.55" if point["violates"] else
            "front" if point["front"] else "" for point in wanted])
        self.script("window.saved = []; URL.createObjectURL = (blob) => "
                    "{ saved.push(blob); return 'data:,'; }")
        self.one("#save-csv").click()
        self.assertEqual(self.script("return saved.map(blob => [blob.type, blob.size])"),
                         [["text/csv", len(self.script("return tableCsv()").encode())]])

    def test_texts_of_a_csv_file(self):
        for value, text in (("plain", "plain"), ('a "b"', '"a ""b"""'), ("a,b", '"a,b"'),
                            ("a\nb", '"a\nb"'), (None, ""), (0.5, "0.5")):
            self.assertEqual(self.script("return csvText(arguments[0])", value), text)

    def test_selecting_with_the_keyboard(self):
        self.one("#table-body tr").send_keys(Keys.ARROW_DOWN)
        self.browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        self.browser.switch_to.active_element.send_keys(Keys.ENTER)
        chosen = self.done[2]
        shown = self.text("#detail")
        self.assertIn(f"point {chosen['number']}", shown.replace("\n", " "))
        self.assertEqual(self.text("#detail .command").split(), chosen["command"].split())
        selected = self.browser.switch_to.active_element
        self.assertEqual(selected.get_attribute("aria-selected"), "true")
        self.one("#copy").send_keys(Keys.ENTER)
        self.until(lambda: "Copied" in self.text("#detail"), "the copied command")

    def test_turning_pages_with_the_keyboard(self):
        self.one("#table-body tr").send_keys(Keys.END)
        self.browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        self.assertTrue(self.text("#page-number").startswith("51"))

    def test_selecting_in_the_chart(self):
        point = self.one("#pareto .scatterlayer .trace:last-of-type path.point")
        ActionChains(self.browser).move_to_element(point).click().perform()
        self.until(lambda: self.count("#detail .command"), "the detail")

    def test_neighbours_differ_in_one_parameter(self):
        self.one("#next-front").click()
        chosen = self.done[self.script("return study.selected")]
        self.assertTrue(chosen["front"])

        def differing(other):
            pairs = [(chosen["parameters"][one["name"]], other["parameters"][one["name"]])
                     for one in PARAMETERS]
            return sum(mine != theirs and "" not in (mine, theirs) for mine, theirs in pairs)

        expected = sorted(other["number"] for other in self.done
                          if other is not chosen and differing(other) == 1)
        self.assertEqual(sorted(self.script("return neighboursOf(study.selected)"
                                            ".map(one => data.number[one.i])")), expected)

    def test_brushing_an_axis(self):
        strip = self.one('#parallel g[data-key="p:pipeline.schedule"] .strip')
        height = strip.size["height"]
        ActionChains(self.browser).move_to_element_with_offset(strip, 0, -height // 2 + 2) \
            .click_and_hold().move_by_offset(0, height // 5).release().perform()
        self.assertEqual(self.count("#chips button"), 1)
        last = self.view["parameters"][3]["name"]
        self.assertEqual(set(self.column(f"p:{last}")), {"sequential"})
        self.one("#chips button").click()
        self.assertEqual(self.markers(), len(self.done))

    def test_other_axes_and_columns(self):
        for value in ("p:pipeline.schedule", "m:alpha", "p:topk.k"):
            self.choose("#pareto-x", value)
            self.assertEqual(self.markers(), len(self.done))
        for value in ("p:topk.k", "m:latency_cycles", "workload"):
            self.choose("#pareto-colour", value)
        self.choose("#map-x", "p:topk.k")    # sixteen values, in bins
        self.assertEqual(self.script("return document.getElementById('map').data[0].x.length"), 8)
        before = self.count("#table-head th")
        self.script("document.querySelectorAll('#choose input:not(:checked)')[0].click()")
        self.assertEqual(self.count("#table-head th"), before + 1)

    def test_the_skip_link_comes_first(self):
        self.script("document.querySelector('a, button, input, select, [tabindex]').focus()")
        skip = self.browser.switch_to.active_element
        self.assertEqual(skip.text, "Skip to the report")
        self.assertGreaterEqual(skip.location["x"], 0)
        skip.send_keys(Keys.ENTER)
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("id"), "main")

    def test_light_and_dark(self):
        self.assert_both_themes()

    def test_on_paper(self):
        self.assert_prints()

    def test_narrow_and_wide(self):
        self.assert_fits(390)
        self.assert_fits(1280)


class OtherStudies(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.room = fresh_room(cls)

    def show(self, view):
        page = self.room / f"{self._testMethodName}.html"
        write_study_page(view, page)
        self.open(page)

    def test_one_objective_stands_against_the_most_important_parameter(self):
        self.show(made_up_view(80, objectives=1))
        self.assertEqual(self.one("#pareto-x").get_attribute("value"), "p:pipeline.schedule")
        self.assertEqual(self.one("#pareto-y").get_attribute("value"), "m:latency_cycles")
        self.assertEqual(self.count("#pareto .scatterlayer path.js-line"), 1)

    def test_several_workloads_have_a_front_each(self):
        view = made_up_view(120, workloads=("digits", "bert"))
        self.show(view)
        self.assertEqual(self.count("#pareto .scatterlayer path.js-line"), 2)
        self.choose("#workload", "=bert")
        count = sum(point["workload"] == "bert" and sees(point) for point in view["points"])
        self.assertTrue(self.text("#shown").startswith(f"{count} of"))

    def test_texts_are_shown_as_they_are(self):
        view = made_up_view(40)
        hostile = "</script><script>fail()</script><img src=x onerror=fail()> & <!--"
        view["question"] = hostile
        view["name"] = hostile
        for point in view["points"]:
            point["message"] = hostile
            point["bottleneck"] = hostile
            point["parameters"] = {**point["parameters"], "pipeline.schedule": hostile}
        self.show(view)
        self.assertEqual(self.text("#question"), hostile)
        self.assertEqual(self.browser.title, f"{hostile}: study")

    def test_charts_show_texts_as_they_are(self):
        """Plotly would read them as a kind of HTML: bold, links, line breaks."""
        hostile = "<b>bold</b> <a href='https://example.org/'>a link</a> &lt;br>"
        view = made_up_view(40, workloads=(f"w {hostile}", "other"))
        for point in view["points"]:
            point["bottleneck"] = f"k {hostile}"
            point["parameters"] = {**point["parameters"], "pipeline.schedule": f"s {hostile}"}
            point["violates"] = [hostile] if point["state"] == "done" else []
        view["importance"]["latency_cycles"] = {hostile: 0.5, "pipeline.schedule": 0.4,
                                                "topk.k": 0.1}
        self.show(view)
        self.choose("#pareto-x", "p:pipeline.schedule")
        self.choose("#pareto-colour", "workload")
        self.choose("#map-x", "p:pipeline.schedule")
        shown = self.script("return [...document.querySelectorAll('.js-plotly-plot text')]"
                            ".map(one => one.textContent)")
        for text in (f"s {hostile}", hostile):
            self.assertIn(text, [each.strip() for each in shown])
        self.assertEqual(self.count(".js-plotly-plot svg a, .js-plotly-plot tspan[style*=bold]"), 0)

    def test_a_single_point_without_parameters(self):
        view = made_up_view(1)
        view["parameters"] = []
        view["importance"] = {}
        self.show(view)
        self.assertEqual(self.count("#table-body tr"), 1)
        self.assertFalse(self.one("#bottleneck-section").is_displayed())

    def test_a_metric_that_some_points_lack(self):
        view = made_up_view(60)
        for point in view["points"][::3]:
            if point["state"] == "done":
                point.update(front=False, violates=[])
                point["metrics"]["cosine_similarity"] = None
                point["metrics"]["alpha"] = float("nan")
        self.show(view)
        self.one('th[data-key="m:alpha"] button, th[data-key="m:cosine_similarity"] button').click()
        self.assertEqual(self.count("#table-body tr"), min(50, sum(map(sees, view["points"]))))

    def test_nothing_done_yet(self):
        view = made_up_view(20)
        for point in view["points"]:
            point.update(state="open", metrics={}, front=False, violates=[])
        view["importance"] = {"latency_cycles": {}, "cosine_similarity": {}}
        self.show(view)
        self.assertIn("No point is done", self.text("#summary"))

    def test_ten_thousand_points(self):
        view = made_up_view(MANY, others=77)
        write_study_page(view, self.room / "many.html")
        self.open(self.room / "many.html")
        self.assertLess(self.count("*"), MANY_ELEMENTS)
        self.assertEqual(self.count("#table-body tr"), 50)
        self.one('[id="filter-p:pipeline.schedule"]').send_keys("fine")
        count = sum(sees(point, pipeline__schedule="fine") for point in view["points"])
        self.until(lambda: self.text("#shown").startswith(f"{count} of"), "the filter")

    def test_a_page_that_cannot_be_written(self):
        (self.room / "file").write_text("")
        with self.assertRaisesRegex(TopkimaError, "cannot be written"):
            write_study_page(made_up_view(3), self.room / "file" / "study.html")


if __name__ == "__main__":
    main()
