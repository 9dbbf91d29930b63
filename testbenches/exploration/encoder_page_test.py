#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a whole encoder's run, as it is in a browser.

  encoder_page_test.py --macro PATH --soc PATH
"""

import csv
import json
import shlex
import shutil
import subprocess
import unittest
from pathlib import Path

import numpy as np

from browser import PageTest, fresh_room, main, paths, skip_without_browser
from waiting import DEADLINE_S

skip_without_browser()
HOME = Path(__file__).resolve().parents[2]

from topkima.errors import DataError  # noqa: E402
from topkima.exploration.page import write_encoder_page  # noqa: E402

MODELS = HOME / "data" / "models"
FIRST, COUNT = 80, 60    # of the digits; the network misreads three of them


def simulate(results, model, *options, source=None):
    subprocess.run([paths["soc"], "--quiet", "--output", results, "--model", MODELS / model,
                    "--input", source or MODELS / model / "test.npz", *options],
                   check=True, timeout=DEADLINE_S)


def results_in(room):
    """The digits, which most tests look at."""
    simulate(room / "digits", "digits", f"--encoder.first_sample={FIRST}",
             f"--encoder.samples={COUNT}")
    return room / "digits"


def samples_in(results):
    with (results / "samples.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


class EncoderPage(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.room = fresh_room(cls)

    def show(self, results):
        page = results.with_suffix(".html")
        if not page.exists():
            write_encoder_page(results, page, Path(paths["soc"]).parent)
        self.open(page)
        return json.loads((results / "report.json").read_text(encoding="utf-8"))

    def figure(self, label):
        """The value and what stands behind it."""
        shown = dict(zip(*[[one.text for one in self.browser.find_elements("css selector", path)]
                           for path in ("#totals dt", "#totals dd")]))
        return shown[label].replace("\u202f", "").replace("\u00a0", " ")

    def table(self, selector):
        return self.script("return [...document.querySelectorAll(arguments[0])].map("
                           "row => [...row.cells].map(cell => cell.textContent"
                           ".replaceAll('\\u202f', '')))", f"{selector} tbody tr")

    def bars(self, chart):
        """Of each trace its bars as (name, from, to)."""
        return self.script("return document.getElementById(arguments[0]).data.map(one => one.y.map("
                           "(name, at) => [name, one.base[at], one.base[at] + one.x[at]]))", chart)

    def sum_of(self, chart, axis):
        return self.script("return document.getElementById(arguments[0]).data.flatMap("
                           "one => one[arguments[1]]).reduce((a, b) => a + b, 0)", chart, axis)

    def assert_stages_fill_their_module(self, report):
        for place, module in enumerate(report["modules"]):
            self.choose("#stage-module", str(place))
            names = {stage["name"].split(".", 1)[-1] if stage["name"].startswith("head")
                     else stage["name"] for stage in module["stages"]}
            for head in ("all", "1") if "attention" in module["name"] else ("all",):
                self.choose("#stage-head", head)
                shares = self.script("""
                    const shares = {};
                    for (const {x, y} of document.getElementById('stage-chart').data)
                      y.forEach((name, at) => shares[name] = (shares[name] || 0) + x[at]);
                    return shares;""")
                self.assertEqual(set(shares), names)
                for share in shares.values():
                    self.assertAlmostEqual(share, 1)
            self.assertEqual(self.one("#stage-heads").is_displayed(), "attention" in module["name"])


class Images(EncoderPage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.results = results_in(cls.room)

    def setUp(self):
        super().setUp()
        self.report = self.show(self.results)
        for select in ("label", "predicted"):
            self.choose(f"#listed-{select}", "all")

    def test_figures_are_those_of_the_report(self):
        totals, prediction = self.report["totals"], self.report["prediction"]
        self.assertEqual(self.figure("accuracy"), f"{100 * prediction['right'] / COUNT:.2f} % "
                                                  f"{prediction['right']} of {COUNT}")
        self.assertEqual(self.figure("in training"),
                         f"{100 * prediction['accuracy_in_training']:.2f} %")
        for label, value, unit in (
                ("latency per sample", f"{totals['latency_us']:.5g}", "us"),
                ("throughput", f"{totals['samples_per_second']:.0f}", "samples/s"),
                ("energy per sample", f"{totals['energy_uj_per_sample']:.4g}", "uJ"),
                ("energy, least to most", f"{totals['energy_uj_least']:.5g} to "
                                          f"{totals['energy_uj_most']:.5g}", "uJ"),
                ("area", f"{self.report['energy']['totals']['area_mm2']:.4g}", "mm²")):
            self.assertEqual(self.figure(label), f"{value} {unit}")
        alpha = np.mean([layer["alpha"] for layer in self.report["attention"]])
        self.assertEqual(self.figure("alpha"), f"{alpha:.4g}")
        self.assertIn(self.report["model"]["trained"], self.text("#summary"))

    def test_windows_of_the_modules_make_the_latency(self):
        beside, own = self.bars("modules-chart")
        windows = {name: (start, end) for (name, start, _), (_, _, end) in zip(beside, own)}
        mhz = self.report["configuration"]["clock.frequency_mhz"]["value"]
        for module in self.report["modules"]:
            start, end = windows[module["name"]]
            self.assertAlmostEqual((end - start) * mhz, module["cycles_per_sample"])
        for layer in "01":
            attention, forward = (windows[f"layer{layer}.{part}"]
                                  for part in ("attention", "feed_forward"))
            self.assertEqual(attention[0], forward[0])
            self.assertLess(attention[1], forward[1])
        self.assertAlmostEqual(windows["classifier"][1], self.report["totals"]["latency_us"])
        # Each moment belongs to one module, in the strong colour.
        self.assertAlmostEqual(sum(end - start for _, start, end in own),
                               self.report["totals"]["latency_us"])

    def test_stages_of_every_module(self):
        self.assert_stages_fill_their_module(self.report)

    def test_attention_by_layer(self):
        rows = self.table("#attention-table")
        self.assertEqual(len(rows), 2)
        for row, layer in zip(rows, self.report["attention"]):
            self.assertEqual(row[1], f"{layer['alpha']:.4g}")
            self.assertEqual(row[4], ", ".join(map(str, layer["ramp_lsb"])))

    def test_confusion_matrix_adds_up(self):
        matrix = np.array(self.script("return matrixOf()"))
        samples = samples_in(self.results)
        expected = np.zeros((10, 10), int)
        for row in samples:
            expected[int(row["label"]), int(row["predicted"])] += 1
        np.testing.assert_array_equal(matrix, expected)
        self.assertEqual(np.trace(matrix), self.report["prediction"]["right"])
        right, wrong = self.script("return document.getElementById('predictions-chart').data"
                                   ".slice(0, 2).map(one => one.z)")
        cells = [np.array(part, float) for part in (right, wrong)]
        np.testing.assert_array_equal(np.nansum(cells, axis=0), expected)
        self.assertTrue(np.isnan(np.diagonal(cells[1])).all())

    def test_misread_samples_are_those_of_the_file(self):
        logits = np.load(self.results / "logits.npy")
        expected = []
        for row in samples_in(self.results):
            if row["label"] != row["predicted"]:
                values = logits[int(row["sample"])]
                second = max((value, -place) for place, value in enumerate(values)
                             if place != int(row["predicted"]))
                expected.append([str(FIRST + int(row["sample"])), row["label"], row["predicted"],
                                 str(values.max()), f"{second[0]} for {-second[1]}"])
        self.assertEqual([row[:5] for row in self.table("#listed-table")], expected)
        self.assertEqual([row[0] for row in expected], ["92", "116", "136"])
        self.choose("#listed-label", "8")
        self.choose("#listed-predicted", "1")
        self.assertEqual([row[0] for row in self.table("#listed-table")], ["116"])

    def test_the_commands_look_into_the_sample(self):
        self.script("[...document.querySelectorAll('#listed-table button')][1].click()")
        self.assertEqual(self.text("#look-title"), "Look into sample 116")
        self.choose("#look-layer", "1")
        of_run, of_sample = (shlex.split(one.text) for one in self.browser.find_elements(
            "css selector", "#look-commands code"))
        self.assertEqual(of_run[0], "scripts/row")
        self.assertEqual(of_run[2:], [str(self.results.resolve()), "--layer", "1"])
        # What scripts/row, which needs the tool in its place, does with that.
        again = [paths["soc"], "--quiet", "--config", self.results / "effective.ini", "--model",
                 MODELS / "digits", "--input", MODELS / "digits" / "test.npz", "--output",
                 self.room / "again", "--layer", "1", "--row", of_run[1]]
        stories = []
        for command in (again, of_sample):
            done = subprocess.run(command, check=True, capture_output=True, text=True,
                                  timeout=DEADLINE_S)
            self.assertEqual(done.stdout.count("winners, in grant order"), 4)
            story = done.stdout[done.stdout.index("winners, in grant order"):]
            stories.append(story[:story.index("\n\n")])
        self.assertEqual(stories[0], stories[1])
        alone, = samples_in(self.results.with_name("digits-116"))
        self.assertEqual((alone["label"], alone["predicted"]), ("8", "1"))

    def test_histograms_and_bars_hold_all_samples(self):
        samples = samples_in(self.results)
        for name in ("latency_cycles", "energy_uj", "dynamic_uj"):
            found = self.script("return data.histograms[arguments[0]]", name)
            self.assertEqual(sum(found["counts"]), COUNT)
            for row in samples:
                place = (float(row[name]) - found["first"]) / found["step"]
                self.assertGreater(found["counts"][min(round(place), len(found["counts"]) - 1)], 0)
        self.assertEqual(self.sum_of("time-chart", "y"), COUNT)
        self.assertAlmostEqual(self.sum_of("energy-chart", "x"),
                               self.report["totals"]["energy_uj_per_sample"])
        self.assertAlmostEqual(self.sum_of("area-chart", "x"),
                               self.report["energy"]["totals"]["area_mm2"])
        self.assertFalse(self.one("#power").is_displayed())

    def test_configuration_and_controls(self):
        self.one("#configuration-filter").send_keys("encoder.first_sample")
        self.assertEqual(self.count("#configuration-body tr"), 1)
        self.assert_controls_are_labelled()
        self.one("#configuration-filter").clear()

    def test_themes_widths_and_paper(self):
        self.assert_both_themes()
        self.assert_prints()
        self.assert_fits(390)
        self.assert_fits(1280)


class OtherRuns(EncoderPage):
    def test_a_text(self):
        simulate(self.room / "text", "text", "--encoder.samples=4", "--encoder.first_sample=2")
        report = self.show(self.room / "text")
        samples = samples_in(self.room / "text")
        rows = self.table("#listed-table")
        self.assertEqual({(row[0], row[1], row[2]) for row in rows},
                         {(str(2 + int(one["sample"])), one["right"], one["asked"])
                          for one in samples})
        shares = [int(row[1]) / int(row[2]) for row in rows]
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(self.sum_of("predictions-chart", "y"), 4)
        wrong = report["prediction"]["asked"] - report["prediction"]["right"]
        self.assertIn(f"{wrong} tokens of {report['prediction']['asked']}",
                      self.text("#predictions-note"))
        # Row 7 of all heads of the last of the samples.
        self.script("[...document.querySelectorAll('#listed-table button')]"
                    ".find(one => one.textContent === '5').click()")
        self.script("const row = document.getElementById('look-row'); row.value = 7;"
                    "row.dispatchEvent(new Event('input'))")
        ids = ",".join(str((3 * 4 + head) * 384 + 7) for head in range(4))
        self.assertIn(f"scripts/row {ids} ", self.text("#look-commands"))

    def test_without_labels(self):
        x = np.load(MODELS / "digits" / "test.npz")["x"][:9]
        np.savez(self.room / "bare.npz", x=x)
        simulate(self.room / "bare", "digits", source=self.room / "bare.npz")
        self.show(self.room / "bare")
        self.assertEqual(self.figure("accuracy"), "no labels")
        counts = self.script("return document.getElementById('predictions-chart').data[0].y")
        predicted = np.load(self.room / "bare" / "predicted.npy")
        self.assertEqual(counts, np.bincount(predicted, minlength=10).tolist())
        for hidden in ("#listed", "#look", "#classes"):
            self.assertFalse(self.one(hidden).is_displayed())

    def test_a_stream_that_is_not_ideal(self):
        simulate(self.room / "stream", "digits", "--encoder.samples=12", "--noise.score_sigma=0.5",
                 "--encoder.arrival=stream")
        report = self.show(self.room / "stream")
        self.assertIn("noise.score_sigma = 0.5 ramp_lsb", self.text("#meta"))
        _, bars = self.bars("modules-chart")
        mhz = report["configuration"]["clock.frequency_mhz"]["value"]
        cycles = {one["name"]: one["cycles"] for one in report["modules"]}
        for name, start, end in bars:
            self.assertEqual(start, 0)
            self.assertAlmostEqual(end * mhz, cycles[name])
        self.assert_stages_fill_their_module(report)
        self.choose("#time-shown", "interval_cycles")
        self.assertEqual(self.sum_of("time-chart", "y"), 11)

    def test_ten_thousand_samples_make_a_small_page(self):
        """Without the programs, which every page has. The results are made up of one's."""
        results = results_in(self.room)
        many = 10_000
        lines = (results / "samples.csv").read_text(encoding="utf-8").splitlines()
        rows = [f"{at},{lines[1 + at % COUNT].split(',', 1)[1]}" for at in range(many)]
        (results / "samples.csv").write_text("\n".join([lines[0], *rows, ""]), encoding="utf-8")
        for name in ("predicted", "logits"):
            array = np.load(results / f"{name}.npy")
            np.save(results / f"{name}.npy", array[np.arange(many) % COUNT])
        report = json.loads((results / "report.json").read_text(encoding="utf-8"))
        right = sum(row.split(",")[1] == row.split(",")[2] for row in rows)
        report["totals"]["samples"] = many
        report["prediction"].update(asked=many, right=right)
        (results / "report.json").write_text(json.dumps(report), encoding="utf-8")
        self.show(results)
        text = results.with_suffix(".html").read_text(encoding="utf-8")
        text = text[text.index('id="data">'):]
        self.assertLess(text.index("</script>"), 150_000)
        self.assertEqual(self.text("#listed-page"), f"1–15 of {many - right}")
        for _ in range(2):
            self.one("#listed-next").click()
        self.assertEqual(self.text("#listed-page"), f"31–45 of {many - right}")


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = fresh_room(cls)
        cls.whole = results_in(cls.room)

    def broken(self, name, change):
        """A copy of the results with one file changed; None removes it."""
        results = self.room / "broken"
        shutil.rmtree(results, ignore_errors=True)
        shutil.copytree(self.whole, results)
        path = results / name
        if change is None:
            path.unlink()
        elif name.endswith(".npy"):
            np.save(path, change(np.load(path)))
        else:
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return results

    def test_what_are_no_results(self):
        def without_a_layer(text):
            report = json.loads(text)
            report["attention"].pop()
            return json.dumps(report)

        for name, change, told in (
                ("samples.csv", None, "samples.csv"),
                ("samples.csv", lambda text: text[:-40], "expected 60 samples"),
                ("samples.csv", lambda text: "", "expected the columns"),
                ("samples.csv", lambda text: text.replace(",254", ",x254"), "invalid literal"),
                ("samples.csv", lambda text: text.replace("\n12,8,5", "\n12,8,8"), "differ"),
                ("samples.csv", lambda text: text.replace("\n12,8,5", "\n12,5,5"), "57 of 60"),
                ("samples.csv", lambda text: text.replace("\n12,8,5", "\n12,10,5"),
                 "labels 0 to 9"),
                ("predicted.npy", lambda array: array[1:], "predicted.npy: expected"),
                ("predicted.npy", lambda array: array + 10, "expected classes 0 to 9"),
                ("logits.npy", lambda array: array.T, "logits.npy: expected"),
                ("logits.npy", None, "logits.npy"),
                ("samples.csv", lambda text: text.replace("\n13,", "\n14,"), "each once"),
                ("run.json", lambda text: text[:99], "expected the run.json"),
                ("run.json", lambda text: "{}", "expected the run.json"),
                ("report.json", lambda text: text.replace('"right": 57', '"right": NaN'), "NaN"),
                ("report.json", lambda text: text.replace("topkima-encoder-report", "other"),
                 'neither a "topkima-report" nor a "topkima-encoder-report"'),
                ("report.json", lambda text: text[:999], "no complete JSON"),
                ("report.json", without_a_layer, "expected 2 layers"),
                ("report.json", lambda text: text.replace('"right": 57', '"right": "x"'),
                 "report.prediction.right: expected int"),
                ("report.json", lambda text: text.replace("encoder.arrival", "encoder.other"),
                 "encoder.arrival")):
            with self.subTest(name=name, told=told):
                results = self.broken(name, change)
                with self.assertRaises(DataError) as raised:
                    write_encoder_page(results, self.room / "none.html")
                self.assertIn(told, str(raised.exception))
                self.assertIn(name, str(raised.exception))
                self.assertNotIn("\n", str(raised.exception))
        self.assertFalse((self.room / "none.html").exists())

    def test_the_program_chooses_the_page(self):
        def explore(results):
            return subprocess.run([HOME / "scripts" / "explore", "report", results], check=False,
                                  capture_output=True, text=True, timeout=DEADLINE_S)

        done = explore(self.whole)
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.whole}.html\n"))
        self.assertIn("Simulated encoder", (self.room / "digits.html").read_text(encoding="utf-8"))
        done = explore(self.broken("samples.csv", None))
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (3, "", 1))
        done = explore(self.broken("report.json", lambda text: text[:999]))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (3, 1))


if __name__ == "__main__":
    main()
