#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole encoders from the command line: what is refused, which samples run,
what a run changes in the hardware, and many runs in one process.

  encoder_tool_test.py --macro PATH --soc PATH
"""

import configparser
import json
import subprocess

import numpy as np

from encoder_cases import ini_sections, write_ini, write_samples
from encoder_support import EncoderTest
from tool_support import DATA, USAGE, main, names_in, tool_path
from waiting import DEADLINE_S

LARGEST = {"score.query_bits": lambda bits: 2 ** (int(bits) - 1) - 1,
           "score.key_cells": lambda cells: 2 ** int(cells) - 1}


class Refused(EncoderTest):
    def test_what_does_not_go_with_a_model(self):
        package = self.package(1)
        for arguments, words in (
                (("--model", package.name), ("--input FILE.npz",)),
                ((*self.arguments(package), "--pipeline.sequences=2"), ("pipeline.sequences",)),
                ((*self.arguments(package), "--scaling=in_k_weights"), ("in_k_weights",)),
                ((*self.arguments(package), "--projection.input_bits=7"),
                 ("projection.input_bits",)),
                ((*self.arguments(package), "--projection.weight_bits=7"),
                 ("projection.weight_bits",)),
                ((*self.arguments(package), "--vector.lanes=0"), ("vector.lanes",)),
                ((*self.arguments(package), "--encoder.arrival=late"), ("encoder.arrival",)),
                ((*self.arguments(package), "--encoder.samples=0"), ("encoder.samples",)),
                ((*self.arguments(package), "--encoder.samples=65537"), ("encoder.samples",)),
                ((*self.arguments(package), "--encoder.ramp_factor=0"), ("encoder.ramp_factor",)),
                ((*self.arguments(package), "--attention.tokens=3"), ("attention.tokens",))):
            self.assert_refused(self.run_tool("soc", *arguments), USAGE, *words)
        self.assert_refused(self.run_tool("macro", *self.arguments(package)), USAGE, "model")
        self.assertEqual(names_in(self.room), [package.name])

    def test_files_that_are_none_of_a_model(self):
        package = self.package(1, samples=2)
        root = self.room / package.name
        refuse = lambda *words, **other: self.assert_refused(
            self.run_tool("soc", "--model", other.get("model", package.name), "--input",
                          other.get("input", f"{package.name}/test.npz")), DATA, *words)
        refuse("nowhere", model="nowhere")
        refuse("none.npz", input="none.npz")
        refuse("model.ini", input=f"{package.name}/model.ini")
        write_samples(self.room / "wide.npz", np.zeros((2, 3, 3, 3, 3), np.uint8))
        refuse("wide.npz", "shape [2, 3, 3, 3, 3]", input="wide.npz")
        sections = ini_sections(package)
        sections["parameters"] = {"topk.q": 3}
        write_ini(root, sections)
        refuse("model.ini", "topk.q")
        sections["parameters"] = {}
        sections["layer0"]["ramp_lsb"] = 0
        write_ini(root, sections)
        refuse("model.ini", "layer0.ramp_lsb")
        write_ini(root, ini_sections(package))
        whole = (root / "norm.npy").read_bytes()
        (root / "norm.npy").write_bytes(whole[:-1])
        refuse("norm.npy", "bytes of data")
        (root / "norm.npy").write_bytes(whole)
        self.run_of(package)

    def test_stuck_cells_that_the_model_does_not_have(self):
        package = self.package(2)
        layers = len(package.layers)
        for line, words in (
                (f"layer{layers}.key,0,0,0,0,0,1", f"expected layer0 to layer{layers - 1}"),
                ("layer.key,0,0,0,0,0,1", "expected layer0 to"),
                ("layer0.kay,0,0,0,0,0,1", "'layer0.kay'; expected key, value or rram"),
                ("rram,o,0,0,0,0,on", "contract, embedding or classifier"),
                (f"layer0.rram,expand,0,0,0,{package.hidden},on",
                 f"column is '{package.hidden}'; expected 0..{package.hidden - 1}"),
                (f"rram,contract,0,0,{package.hidden},0,on", "line is"),
                (f"layer{layers - 1}.rram,classifier,0,0,0,0,on", "there once, as layer0's")):
            (self.room / "stuck.csv").write_text(f"# first\n{line}\n")
            done = self.run_tool("soc", *self.arguments(package), "--fault.stuck=stuck.csv")
            self.assert_refused(done, DATA, "stuck.csv, line 2", words)

    def test_a_place_that_cannot_be_written(self):
        package = self.package(1)
        (self.room / "file").write_text("")
        done = self.run_tool("soc", *self.arguments(package), "--output", "file/out")
        self.assert_refused(done, USAGE, "file/out")

    def test_more_samples_than_a_memory_holds_are_refused_before_they_take_any(self):
        package = self.package(3, samples=1, task="text")
        package.tokens = 4000
        package.parameters.clear()
        package.position = np.zeros((4000, package.d_model), int)
        count = 2**32 // (4000 * max(package.inputs, 3 * package.d_model, package.hidden)) + 1
        self.keep(package, np.zeros((count, 4000), np.uint8), None, "many")
        self.assert_refused(self.run_tool("soc", *self.arguments(package)), USAGE,
                            "encoder.samples", count, "4 GB")


class Samples(EncoderTest):
    def test_a_slice_runs_as_in_the_whole(self):
        package = self.package(5, samples=6)
        whole = self.run_of(package)
        some = self.run_of(package, "--encoder.first_sample=2", "--encoder.samples=3",
                           output="some")
        each = len(whole.predicted) // 6
        np.testing.assert_array_equal(some.logits, whole.logits[2 * each:5 * each])
        self.assertEqual(some.latency, whole.latency[2:5])
        rest = self.run_of(package, "--encoder.first_sample=4", output="rest")
        np.testing.assert_array_equal(rest.predicted, whole.predicted[4 * each:])
        done = self.run_tool("soc", *self.arguments(package), "--encoder.first_sample=6")
        self.assert_refused(done, DATA, "holds 6 samples")

    def test_a_sample_has_its_own_noise_in_a_slice_too(self):
        package = self.package(5, samples=6)
        noise = ("--noise.score_sigma=2", "--noise.value_sigma=2", "--noise.comparator_sigma=0.5",
                 "--noise.rram_sigma=0.02", "--fault.value_cells=0.01", "--pipeline.banks=1")
        whole = self.run_of(package, *noise)
        each = len(whole.predicted) // 6
        for arrival in ("alone", "stream"):
            some = self.run_of(package, *noise, "--encoder.first_sample=3", "--encoder.samples=2",
                               f"--encoder.arrival={arrival}", output=arrival)
            np.testing.assert_array_equal(some.logits, whole.logits[3 * each:5 * each])
        self.assertFalse(np.array_equal(whole.logits, self.run_of(package).logits))

    def test_two_samples_that_are_equal_have_different_noise(self):
        package = self.package(5, samples=2)
        self.keep(package, np.stack([package.x[0]] * 2), None, "twice")
        each = self.run_of(package, "--noise.score_sigma=2", "--noise.value_sigma=2").logits
        self.assertFalse(np.array_equal(*np.split(each, 2)))

    def test_a_listed_cell_is_stuck_in_the_layer_that_it_names(self):
        """Rows of layer 0 are as they are without; those of layer 1 see other keys."""
        package = self.package(57, samples=2)
        self.assertGreater(len(package.layers), 1)
        (self.room / "lines.csv").write_text("".join(
            f"layer1.key, {head}, 0, 0, {line}, 0, 1\n" for head in range(package.heads)
            for line in range(3)))
        stories = {}
        for layer in (0, 1):
            for name, more in (("plain", ()), ("stuck", ("--fault.stuck=lines.csv",))):
                done = self.run_tool("soc", *self.arguments(package), "--quiet", "--output", name,
                                     f"--layer={layer}", "--row=0", *more)
                self.assertEqual(done.returncode, 0, done.stderr)
                stories[layer, name] = done.stdout
        self.assertEqual(stories[0, "plain"], stories[0, "stuck"])
        self.assertNotEqual(stories[1, "plain"], stories[1, "stuck"])

    def test_the_same_layer_in_another_place_has_other_circuits(self):
        # The layer, and one of the same constants that adds nothing: before it or behind it.
        package = self.package(5)
        layer = package.layers[0]
        silent = {**layer, "output_gain": 0, "contract_gain": 0}
        for name, layers in (("first", [layer, silent]), ("second", [silent, layer])):
            package.layers = layers
            self.keep(package, package.x, None, name)
        for circuits in ((), ("--noise.score_sigma=2", "--noise.value_sigma=2"),
                         ("--noise.comparator_sigma=2", "--noise.value_comparator_sigma=2"),
                         ("--noise.rram_sigma=0.1",), ("--fault.rram_cells=0.01",),
                         ("--fault.value_cells=0.1",)):
            results = [np.load(self.results_of("soc", "--model", name, "--input",
                                               f"{name}/test.npz", *circuits, output=f"out_{name}")
                               / "logits.npy") for name in ("first", "second")]
            with self.subTest(circuits=circuits):
                self.assertEqual(np.array_equal(*results), not circuits)

    def test_accuracy_is_the_share_of_labels_that_are_asked_for(self):
        for task, seed in (("image", 6), ("text", 7)):
            package = self.package(seed, samples=5, task=task, name=task)
            run = self.run_of(package, output=f"out_{task}")
            labels, predicted = package.y.reshape(-1), run.predicted
            asked = labels >= 0
            right = int(np.sum(asked & (labels == predicted)))
            found = run.report["prediction"]
            self.assertEqual((found["asked"], found["right"]), (asked.sum(), right))
            self.assertAlmostEqual(found["accuracy"], right / asked.sum())
            self.assertEqual(found["accuracy_in_training"], 0.5)
            self.assertIsNone(found["float_accuracy"])
            if task == "image":
                self.assertEqual([int(row["label"]) for row in run.samples], list(package.y))
                self.assertEqual([int(row["predicted"]) for row in run.samples], list(predicted))
            else:
                self.assertEqual([int(row["asked"]) for row in run.samples],
                                 list((package.y >= 0).sum(axis=1)))
                self.assertEqual(sum(int(row["right"]) for row in run.samples), right)

    def test_nobody_asks_for_a_label(self):
        for task, seed in (("image", 6), ("text", 7)):
            package = self.package(seed, samples=2, task=task, name=task)
            cases = [("none", None)]
            if task == "text":
                cases.append(("nowhere", np.full_like(package.y, -1)))
            for name, labels in cases:
                self.keep(package, package.x, labels, f"{task}_{name}")
                run = self.run_of(package, output=f"out_{task}_{name}")
                found = run.report["prediction"]
                self.assertEqual((found["asked"], found["accuracy"]), (0, None))
                done = self.run_tool("soc", *self.arguments(package), "--output", f"again_{name}")
                self.assertEqual(done.returncode, 0)
                self.assertNotIn("accuracy", done.stdout)
            first = run.samples[0]
            self.assertEqual(first["label" if task == "image" else "asked"],
                             "" if task == "image" else "0")


class Hardware(EncoderTest):
    def test_the_ramp_follows_the_widths_of_the_run(self):
        package = self.package(8)
        trained = {"score.query_bits": 5, "score.key_cells": 3, "ima.bits": 5}
        package.parameters = trained
        for layer in package.layers:
            layer["ramp_lsb"] = [7 + head for head in range(package.heads)]
        self.keep(package, package.x, package.y, "widths")
        for number, changed in enumerate((
                {}, {"topk.k": 2, "av.bits": 6}, {"ima.bits": 6}, {"ima.bits": 8}, {"ima.bits": 3},
                {"score.query_bits": 6}, {"score.query_bits": 4, "score.key_cells": 2},
                {"encoder.ramp_factor": 1.5}, {"encoder.ramp_factor": 1e-6},
                {"encoder.ramp_factor": 0.5, "ima.bits": 4})):
            run = self.run_of(package, *(f"--{name}={value}" for name, value in changed.items()),
                              output=f"out{number}")
            largest, largest_trained = (
                np.prod([of(widths[name]) for name, of in LARGEST.items()])
                for widths in ({**trained, **changed}, trained))
            bits = changed.get("ima.bits", 5)
            factor = changed.get("encoder.ramp_factor", 1.0)
            for layer, found in zip(package.layers, run.report["attention"]):
                expected = [max(1, round(step * factor * int(largest) / int(largest_trained)
                                         * 2.0 ** (5 - bits))) for step in layer["ramp_lsb"]]
                self.assertEqual(found["ramp_lsb"], expected, changed)
                q_max, k_max = (of({**trained, **changed}[name]) for name, of in LARGEST.items())
                # The softmax sees the same real scores.
                for head, step in enumerate(found["score_step"]):
                    self.assertAlmostEqual(
                        step, expected[head] * (layer["query_range"][head] / q_max)
                        * (layer["key_range"][head] / k_max)
                        / np.sqrt(package.d_model / package.heads))

    def test_a_step_that_is_given_holds_for_all_layers(self):
        package = self.package(8)
        run = self.run_of(package, "--ima.ramp_lsb=9")
        for found in run.report["attention"]:
            self.assertEqual(found["ramp_lsb"], [9] * package.heads)

    def test_what_the_command_line_says_wins_over_the_package(self):
        package = self.package(8)
        package.parameters = {"topk.k": 3, "av.lsb": 5}
        self.keep(package, package.x, package.y, "three")
        run = self.run_of(package, "--topk.k=2", "--softmax=topkima")
        configuration = run.report["configuration"]
        self.assertEqual(configuration["topk.k"]["value"], 2)
        self.assertEqual(configuration["av.lsb"]["value"], 5)
        self.assertEqual(configuration["vector.lanes"]["value"], 32)

    def test_effective_ini_holds_every_parameter_of_an_encoder(self):
        run = self.run_of(self.package(8), "--encoder.samples=2", "--encoder.arrival=stream")
        effective = configparser.ConfigParser()
        effective.read(run.directory / "effective.ini")
        found = {f"{section}.{key}": value for section in effective.sections()
                 if section != "provenance" for key, value in effective[section].items()}
        listed = json.loads(self.run_tool("soc", "--list-parameters=json").stdout)
        self.assertEqual(sorted(found), sorted(each["name"] for each in listed
                                               if each["affects_results"]))
        self.assertEqual((found["encoder.samples"], found["encoder.arrival"],
                          found["vector.lanes"]),
                         ("2", "stream", "32"))


class Batch(EncoderTest):
    def answers(self, points, *arguments):
        done = subprocess.run([tool_path("soc"), "--batch", *map(str, arguments)], cwd=self.room,
                              input="".join(json.dumps(point) + "\n" for point in points),
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_points_switch_between_models_inputs_and_no_model(self):
        image = self.package(9, samples=4, task="image", name="image")
        text = self.package(10, samples=3, task="text", name="text")
        of = lambda package, **more: {"model": package.name, "input": f"{package.name}/test.npz",
                                      **more}
        some = {"encoder.first_sample": 1, "encoder.samples": 2}
        points = [of(image), of(text), of(image, parameters=some),
                  {"parameters": {"attention.tokens": 8, "attention.d_model": 8,
                                  "attention.heads": 2}},
                  of(text, parameters={"topk.k": 1}), of(image, input="text/test.npz"),
                  of(image, model="nowhere"), of(image), of(image, resolve=True)]
        found = self.answers(points)
        self.assertEqual([answer["exit"] for answer in found], [0, 0, 0, 0, 0, DATA, DATA, 0, 0])
        for index, package, given in ((0, image, ()), (1, text, ()),
                                      (2, image,
                                       ("--encoder.first_sample=1", "--encoder.samples=2")),
                                      (4, text, ("--topk.k=1",)), (7, image, ())):
            run = self.run_of(package, *given, output=f"out{index}")
            metrics = found[index]["metrics"]
            self.assertEqual(metrics["accuracy"], run.report["prediction"]["accuracy"])
            for name in ("samples", "latency_cycles", "latency_us", "samples_per_second",
                         "energy_uj_per_sample"):
                self.assertEqual(metrics[name], run.report["totals"][name], name)
            self.assertEqual(metrics["area_mm2"], run.report["energy"]["totals"]["area_mm2"])
            self.assertEqual(found[index]["configuration"]["topk.k"],
                             str(run.report["configuration"]["topk.k"]["value"]))
        self.assertIn("latency_us", found[3]["metrics"])
        self.assertNotIn("accuracy", found[3]["metrics"])
        self.assertNotIn("vector.lanes", found[3]["configuration"])
        self.assertNotIn("metrics", found[8])
        self.assertEqual(found[8]["configuration"]["attention.tokens"], str(image.tokens))

    def test_a_model_on_the_command_line_is_that_of_every_point(self):
        package = self.package(9, samples=2)
        run = self.run_of(package)
        found = self.answers([{}, {"parameters": {"vector.lanes": 1}}], *self.arguments(package))
        self.assertEqual(found[0]["metrics"]["latency_cycles"],
                         run.report["totals"]["latency_cycles"])
        self.assertGreater(found[1]["metrics"]["latency_cycles"],
                           found[0]["metrics"]["latency_cycles"])

    def test_the_bottleneck_is_the_stage_that_works_most(self):
        package = self.package(41, samples=3)
        for arrival in ("alone", "stream"):
            for number, more in enumerate(({}, {"softmax.macro": "digital_topk",
                                                "sort.element_cycles": "200"})):
                parameters = {"encoder.arrival": arrival, **more}
                answer, = self.answers([{"id": "a", "parameters": parameters}],
                                       *self.arguments(package))
                run = self.run_of(package, *(f"--{name}={value}"
                                             for name, value in parameters.items()))
                busy = {}
                for module in run.report["modules"]:
                    for stage in module["stages"]:
                        name = f"{module['name']}.{stage['kind']}"
                        busy[name] = max(busy.get(name, 0), stage["busy"])
                self.assertEqual(busy[answer["bottleneck"]], max(busy.values()))
                if number:
                    self.assertRegex(answer["bottleneck"], r"layer\d\.attention\.sorter")

    def test_without_labels_the_accuracy_is_null(self):
        package = self.package(7, samples=1, task="text")
        self.keep(package, package.x, None, "none")
        found = self.answers([{}], *self.arguments(package))
        self.assertIsNone(found[0]["metrics"]["accuracy"])

    def test_what_does_not_go_with_a_model_is_refused_with_resolve_too(self):
        package = self.package(9)
        wrong = {"attention.scaling": "in_k_weights"}
        found = self.answers([{"parameters": wrong}, {"parameters": wrong, "resolve": True},
                              {"parameters": {"pipeline.sequences": 2}, "resolve": True}],
                             *self.arguments(package))
        for answer in found:
            self.assertEqual(answer["exit"], USAGE, answer)
        found = self.answers([{"model": package.name}])
        self.assertEqual(found[0]["exit"], USAGE)
        self.assertIn("--input", found[0]["message"])


if __name__ == "__main__":
    main()
