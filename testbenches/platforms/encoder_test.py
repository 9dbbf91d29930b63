#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole encoders: their times, their energy and what must not change a result.
That predictions are right is compared in testbenches/reference.

  encoder_test.py --macro PATH --soc PATH
"""

import json

import numpy as np

import encoder_reference
from encoder_support import FILES, EncoderTest, attended
from tool_support import main, names_in

TILE, LATENCY, LANES, ROOT, PIPELINE, BUS = 74, 20, 32, 24, 4, 16
ATTENTION = ("key_array", "key_ramp", "topk", "union", "exponent", "divider", "av_array",
             "av_ramp", "projection", "projection_adc", "writer", "control")


def beats(size):
    return -(-size // BUS)


def norm_cycles(width):
    return 2 * -(-width // LANES) + ROOT + PIPELINE


def gelu_cycles(width):
    return -(-width // LANES) + PIPELINE


def embedding_cycles(package, rows):
    """The matrix is the slowest place: its rows follow each other without a gap."""
    return (beats(package.inputs) + LATENCY + rows * TILE + norm_cycles(package.d_model)
            + beats(3 * package.d_model) + LATENCY)


def feed_forward_cycles(package, last):
    """From a row's arrival in memory."""
    d = package.d_model
    return (beats(3 * d) + LATENCY + 3 * TILE + 2 * norm_cycles(d) + gelu_cycles(package.hidden)
            + beats(d if last else 3 * d) + LATENCY)


def classifier_cycles(package, rows):
    return (beats(package.d_model) + LATENCY + rows * TILE + beats(package.classes) + LATENCY)


class Times(EncoderTest):
    def test_one_token_passes_all_modules_in_the_sum_of_its_places(self):
        package = self.package(4, samples=1, task="text")
        package.tokens, package.position = 1, package.position[:1]
        package = self.keep(package, package.x[:, :1], package.y[:, :1], "one")
        package.parameters.clear()
        run = self.run_of(package)
        layers = len(package.layers)
        expected = embedding_cycles(package, 1) + classifier_cycles(package, 1)
        self.assertEqual(run.cycles["embedding"], embedding_cycles(package, 1))
        self.assertEqual(run.cycles["classifier"], classifier_cycles(package, 1))
        for number in range(layers):
            attention = run.cycles[f"layer{number}.attention"]
            window = attention + feed_forward_cycles(package, number == layers - 1)
            self.assertEqual(run.cycles[f"layer{number}.feed_forward"], window)
            expected += window
        self.assertEqual(run.latency, [expected])
        self.assertEqual(run.report["totals"]["cycles"], expected)
        self.assertEqual(run.report["totals"]["latency_us"], expected / 200)

    def test_feed_forward_rows_start_as_attention_rows_are_stored(self):
        # With a full softmax each row takes the same time, more than a matrix does.
        package = self.package(33, samples=2, task="image")
        package.parameters.clear()
        self.keep(package, package.x, package.y, "regular")
        run = self.run_of(package, "--softmax=conventional")
        layers, samples = len(package.layers), 2
        self.assertGreater(package.tokens, 4)
        expected = embedding_cycles(package, package.tokens) + classifier_cycles(package, 1)
        for number in range(layers):
            attention = run.cycles[f"layer{number}.attention"]
            self.assertEqual(attention % samples, 0)
            window = (attention // samples
                      + feed_forward_cycles(package, number == layers - 1))
            self.assertEqual(run.cycles[f"layer{number}.feed_forward"], samples * window)
            expected += window
        self.assertEqual(run.latency, [expected] * samples)
        self.assertEqual(run.report["totals"]["cycles"], samples * expected)

    def test_in_a_stream_samples_follow_each_other_without_a_gap(self):
        package = self.package(33, samples=4, task="image")
        run = self.run_of(package, "--encoder.arrival=stream")
        self.assertEqual(run.cycles["embedding"], embedding_cycles(package, 4 * package.tokens))
        self.assertEqual(run.report["totals"]["cycles"], max(run.latency))
        self.assertEqual(run.latency, sorted(run.latency))
        alone = self.run_of(package, output="alone")
        self.assertLess(run.report["totals"]["cycles"], alone.report["totals"]["cycles"])
        self.assertEqual(alone.report["totals"]["cycles"], sum(alone.latency))

    def test_a_place_that_is_slower_than_the_matrix_sets_the_pace(self):
        package = self.package(33, samples=2, task="image")
        run = self.run_of(package, "--encoder.arrival=stream", "--vector.lanes=1",
                          "--vector.root_cycles=50", "--vector.latency_cycles=3")
        norm = 2 * package.d_model + 50 + 3
        self.assertGreater(norm, TILE)
        rows = 2 * package.tokens
        self.assertEqual(run.cycles["embedding"], beats(package.inputs) + LATENCY + TILE
                         + rows * norm + beats(3 * package.d_model) + LATENCY)

    def test_a_stream_s_first_sample_takes_what_it_takes_alone(self):
        # With one bank no later sample is loaded beside it, with two it may be held by the bus.
        for seed, schedule in enumerate(("fine", "buffered", "coarse", "sequential")):
            package = self.package(20 + seed, samples=3, name=f"package{seed}")
            alone, one, two = (self.run_of(package, f"--pipeline.schedule={schedule}", *given,
                                           output=f"{name}{seed}")
                               for name, given in (("alone", ()),
                                                   ("one", ("--encoder.arrival=stream",
                                                            "--pipeline.banks=1")),
                                                   ("two", ("--encoder.arrival=stream",
                                                            "--pipeline.banks=2"))))
            self.assertEqual(one.latency[0], alone.latency[0])
            self.assertGreaterEqual(two.latency[0], alone.latency[0])
            for run in (one, two):
                self.assertEqual(run.bytes_of("logits.npy"), alone.bytes_of("logits.npy"))
                # How long rows take does depend on when they come.
                found, wanted = ([{key: value for key, value in layer.items() if key != "rows"}
                                  for layer in each.report["attention"]] for each in (run, alone))
                self.assertEqual(found, wanted)

    def test_one_sample_takes_the_same_time_alone_and_in_a_stream(self):
        package = self.package(31, samples=1)
        runs = [self.run_of(package, *given, output=f"out{number}") for number, given in enumerate(
            ((), ("--encoder.arrival=stream", "--pipeline.banks=1"),
             ("--encoder.arrival=stream", "--pipeline.banks=2")))]
        for run in runs[1:]:
            self.assertEqual(run.latency, runs[0].latency)
            self.assertEqual(run.bytes_of("logits.npy"), runs[0].bytes_of("logits.npy"))

    def test_equal_samples_take_equal_times_alone(self):
        package = self.package(33, samples=1, task="image")
        self.keep(package, np.repeat(package.x, 3, axis=0), np.repeat(package.y, 3, axis=0),
                  "thrice")
        run = self.run_of(package)
        self.assertEqual(len(set(run.latency)), 1)
        self.assertEqual(len({row.tobytes() for row in np.split(run.logits, 3)}), 1)


class Sameness(EncoderTest):
    def test_both_fidelities_tell_the_same(self):
        for seed, arrival in ((41, "alone"), (42, "stream")):
            package = self.package(seed, name=f"package{seed}")
            row, cycle = (self.run_of(package, f"--encoder.arrival={arrival}",
                                      f"--fidelity={fidelity}", output=f"{fidelity}{seed}")
                          for fidelity in ("row", "cycle"))
            for name in FILES:
                if name != "run.json":
                    self.assertEqual(row.bytes_of(name), cycle.bytes_of(name), name)

    def test_a_run_gives_the_same_bytes_again_with_any_threads_and_from_its_own_parameters(self):
        package = self.package(43)
        first = self.run_of(package, "--encoder.arrival=stream")
        self.assertEqual(names_in(first.directory), FILES)
        again = self.results_of("soc", *self.arguments(package), "--config", "out/effective.ini",
                                output="again", environment={"OMP_NUM_THREADS": "1"})
        for name in FILES:
            if name not in ("run.json", "report.json"):  # these tell where a parameter is from
                self.assertEqual((again / name).read_bytes(), first.bytes_of(name), name)

    def test_a_model_of_twelve_layers_runs(self):
        package = self.package(44, samples=1)
        package.layers = (package.layers * 12)[:12]
        self.keep(package, package.x, package.y, "deep")
        run = self.run_of(package)
        expected, logits = encoder_reference.run_encoder(package.x, package, {})
        np.testing.assert_array_equal(run.logits, logits)
        np.testing.assert_array_equal(run.predicted, expected)
        self.assertEqual(len(run.report["modules"]), 2 + 2 * 12)
        self.assertEqual(len(run.report["attention"]), 12)


class Energy(EncoderTest):
    def setUp(self):
        super().setUp()
        self.model = self.package(33, samples=2, task="image")
        self.model.parameters.clear()
        self.keep(self.model, self.model.x, self.model.y, "plain")

    def test_events_of_the_dense_matrices_and_vector_units_by_hand(self):
        package, seen = self.model, []
        run = self.run_of(package)
        product = encoder_reference.rram_product

        def watched(x, w, config, input_bits, array):
            seen.append((x, w, array))
            return product(x, w, config, input_bits, array)
        encoder_reference.rram_product = watched
        try:
            encoder_reference.run_encoder(package.x, package, {})
        finally:
            encoder_reference.rram_product = product
        cells, conversions, outputs = 0, 0, 0
        for x, w, array in seen:
            if array in ("q", "k", "v"):  # the attention module's own tiles
                continue
            # Each bit of two's complement drives a row of 8 one-bit cells per weight.
            driven = sum(bin(int(value) & 0xff).count("1") for value in x.reshape(-1))
            cells += driven * 8 * w.shape[1]
            conversions += len(x) * 8 * 8 * w.shape[1]
            outputs += len(x) * w.shape[1]
        self.assertEqual(run.count("dense", "rram_cell_read"), cells)
        for event in ("adc_conversion", "shift_add"):
            self.assertEqual(run.count("dense_adc", event), conversions)
        for event in ("addition", "requantise"):
            self.assertEqual(run.count("dense_adc", event), outputs)
        layers, rows, d = len(package.layers), 2 * package.tokens, package.d_model
        normalised = rows * (1 + 2 * layers)
        for event, each in (("multiplication", 4 * d), ("addition", 5 * d), ("root", 1),
                            ("buffer_read_byte", 2 * d), ("buffer_write_byte", 2 * d)):
            self.assertEqual(run.count("vector", event), normalised * each, event)
        self.assertEqual(run.count("vector", "lookup"), rows * layers * package.hidden)
        # X twice, once for K and V and once for Q; the residual stream's rows have two bytes.
        read = package.inputs + layers * (2 * d + 3 * d)
        written = 3 * d + layers * (d + 3 * d) - 2 * d
        self.assertEqual(run.count("memory", "memory_read_byte"), rows * read + 2 * d)
        self.assertEqual(run.count("memory", "memory_write_byte"),
                         rows * written + 2 * package.classes)

    def test_energies_add_up_to_those_of_the_run_and_of_a_sample(self):
        run = self.run_of(self.model)
        parts, totals = (run.report["energy"][what] for what in ("components", "totals"))
        for what in ("dynamic", "leakage"):
            self.assertAlmostEqual(sum(part[f"{what}_pj"] for part in parts) * 1e-6,
                                   totals[f"{what}_uj"])
        self.assertAlmostEqual(sum(part["area_mm2"] for part in parts), totals["area_mm2"])
        self.assertAlmostEqual(totals["energy_uj"], totals["dynamic_uj"] + totals["leakage_uj"])
        self.assertAlmostEqual(totals["energy_uj"] / 2, totals["energy_uj_per_sample"])
        for part in parts:
            self.assertAlmostEqual(sum(e["pj"] for e in part["events"].values()),
                                   part["dynamic_pj"])

    def test_samples_cost_what_they_cost_alone(self):
        package = self.package(35, samples=4, name="four")
        together = self.run_of(package)
        streamed = self.run_of(package, "--encoder.arrival", "stream", output="stream")
        for run in (together, streamed):
            totals = run.report["totals"]
            for what in ("dynamic", "energy"):
                self.assertAlmostEqual(sum(float(row[f"{what}_uj"]) for row in run.samples),
                                       run.report["energy"]["totals"][f"{what}_uj"], places=5)
            energies = [float(row["energy_uj"]) for row in run.samples]
            self.assertAlmostEqual(totals["energy_uj_least"], min(energies))
            self.assertAlmostEqual(totals["energy_uj_most"], max(energies))
        for number, (row, in_stream) in enumerate(zip(together.samples, streamed.samples)):
            alone = self.run_of(package, f"--encoder.first_sample={number}", "--encoder.samples=1",
                                output=f"alone{number}")
            self.assertAlmostEqual(alone.report["energy"]["totals"]["energy_uj"],
                                   float(row["energy_uj"]))
            self.assertEqual(alone.samples[0]["energy_uj"], row["energy_uj"])
            self.assertEqual(in_stream["dynamic_uj"], row["dynamic_uj"])
        self.assertGreater(len({row["dynamic_uj"] for row in together.samples}), 1)

    def test_early_stopping_is_told_of_all_samples(self):
        package = self.package(36, samples=3, name="three")
        samples = attended(package)
        for layer, told in enumerate(self.run_of(package).report["attention"]):
            found = [sample[layer][2] for sample in samples]
            for name, of in (
                    ("alpha", lambda result: result.alpha),
                    ("mean_conversion_cycles",
                     lambda result: result.convert_cycles.max(axis=2).mean()),
                    ("mean_winners", lambda result: result.winners.mean())):
                self.assertAlmostEqual(told[name], np.mean([of(result) for result in found]),
                                       msg=name)

    def test_area_grows_by_a_whole_layer_with_each(self):
        package, layer = self.model, self.model.layers[0]
        areas = {}
        for layers in (1, 2, 3):
            package.layers = [layer] * layers
            self.keep(package, package.x, package.y, f"layers{layers}")
            run = self.run_of(package, output=f"out{layers}")
            areas[layers] = {part["name"]: part["area_mm2"]
                             for part in run.report["energy"]["components"]}
        for name, area in areas[2].items():
            self.assertAlmostEqual(area - areas[1][name], areas[3][name] - area, msg=name)
        # Each layer has an attention module as one that runs by itself has it.
        d = package.d_model
        module = self.results_of(
            "soc", f"--attention.heads={package.heads}", f"--attention.tokens={package.tokens}",
            f"--attention.d_model={d}", "--pipeline.banks=1", output="module")
        for part in json.loads((module / "report.json").read_text())["energy"]["components"]:
            if part["name"] in ATTENTION:
                self.assertAlmostEqual(areas[2][part["name"]], 2 * part["area_mm2"],
                                       msg=part["name"])
        # Arrays of as many rows, and of columns for each output.
        outputs = d + package.classes + 2 * (2 * d + package.hidden)
        self.assertAlmostEqual(areas[2]["dense"] / areas[2]["projection"], outputs / (2 * 3 * d))


if __name__ == "__main__":
    main()
