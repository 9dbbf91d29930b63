#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looking into one attention module of a whole encoder.

  encoder_observers_test.py --macro PATH --soc PATH
"""

import json
import re
import subprocess

import numpy as np

from encoder_support import EncoderTest, Run, attended
from topkima.vcd import Dump
from observed import PERIOD, SOURCE
from tool_support import FAILED, USAGE, main, names_in


class EncoderObserversTest(EncoderTest):
    def setUp(self):
        super().setUp()
        self.model = self.package(54, samples=3)
        self.model.parameters = {"topk.k": 3}
        self.keep(self.model, self.model.x, self.model.y, "plain")
        self.layers = len(self.model.layers)
        self.assertGreater(self.layers, 1)

    def observed(self, *arguments, output="out"):
        """What a run that must succeed wrote, and what it told."""
        done = self.run_tool("soc", *self.arguments(self.model), *arguments, "--quiet",
                             "--output", output)
        self.assertEqual(done.returncode, 0, done.stderr)
        return Run(self.room / output), done.stdout

    def row(self, sample, head, row):
        return (sample * self.model.heads + head) * self.model.tokens + row


class Results(EncoderObserversTest):
    def test_no_byte_depends_on_observers(self):
        plain = self.run_of(self.model)
        for layer in range(self.layers):
            observed, _ = self.observed(
                f"--layer={layer}", "--wave=w.vcd", "--timeline=t.json", "--row=0,5",
                "--vectors=vectors", "--log.level=debug", output=f"layer{layer}")
            for name in names_in(plain.directory):
                if name != "run.json":
                    self.assertEqual(observed.bytes_of(name), plain.bytes_of(name), name)


class Stories(EncoderObserversTest):
    def test_they_are_those_of_the_layer_and_of_the_sample(self):
        samples = attended(self.model)
        package = self.model
        for layer in range(self.layers):
            ids = {self.row(sample, head, row): (sample, head, row)
                   for sample in range(3) for head in range(package.heads)
                   for row in (0, package.tokens - 1)}
            _, told = self.observed(f"--layer={layer}", "--row.format=json",
                                    "--row", ",".join(map(str, ids)))
            stories = json.loads(told)
            self.assertEqual([story["id"] for story in stories], list(ids))
            for story, (sample, head, row) in zip(stories, ids.values()):
                q, k, found = samples[sample][layer]
                self.assertEqual((story["sequence"], story["head"], story["row"]),
                                 (sample, head, row))
                winners = found.topk_index[head, row]
                self.assertEqual([winner["token"] for winner in story["winners"]],
                                 list(winners[winners >= 0]))
                self.assertEqual(story["output"], list(found.output[head, row]))
                self.assertTrue(story["scores_explain_winners"])
                for other in story["not_selected"]:
                    self.assertEqual(other["score"],
                                     int(q[head, row] @ k[head, other["token"]]))

    def test_the_script(self):
        self.run_of(self.model, output="results")
        number = self.row(1, 0, 0)
        done = subprocess.run(
            [SOURCE / "scripts" / "row", str(number), "results", "--layer", "1"], cwd=self.room,
            text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        _, told = self.observed("--layer=1", f"--row={number}")
        self.assertEqual(done.stdout.partition("\n")[2], told.partition("\n")[2])


class Waves(EncoderObserversTest):
    def test_grants_in_the_dump_are_those_of_the_layer(self):
        samples = attended(self.model)
        for layer in range(self.layers):
            self.observed(f"--layer={layer}", "--wave=w.vcd")
            dump = Dump(self.room / "w.vcd")
            for head in range(self.model.heads):
                grants = {}
                for time in dump.high(f"soc.head{head}.topk0.grant_valid", PERIOD):
                    row = dump.at(f"soc.head{head}.score.row", time)
                    column = dump.at(f"soc.head{head}.topk0.grant_column", time)
                    grants.setdefault(row, []).append(column)
                expected = {}
                for sample, layers in enumerate(samples):
                    for row, winners in enumerate(layers[layer][2].topk_index[head]):
                        expected[self.row(sample, head, row)] = list(winners[winners >= 0])
                self.assertEqual(grants, expected)

    def test_a_divergence_is_shown_in_its_layer(self):
        """RTL that grants two per cycle differs in ties alone. Keys of the last layer are zero, so
        that all tie; in those before no winners of a row have the same code."""
        package = self.package(82, samples=1, name="random", task="text")
        package.tokens, package.position = 2, package.position[:2]
        package.parameters = {"topk.k": 2, "ima.bits": 8}
        package.layers = [package.layers[0], package.layers[0], {**package.layers[0]}]
        package.layers[2]["key"] = np.zeros((package.d_model, package.d_model), int)
        self.keep(package, package.x[:, :2], package.y[:, :2], "tied")
        self.model, self.layers = package, 3
        *before, _ = attended(self.model)[0]
        for _, _, found in before:
            self.assertTrue((found.topk_code[..., 0] != found.topk_code[..., 1]).all())

        done = self.run_tool("soc", *self.arguments(package), "--output", "out",
                             "--model.topk", "shadow:two_grants")
        self.assertEqual(done.returncode, FAILED)
        block, cycle = re.search(r"differ: (\S+), row.*, cycle (\d+) ", done.stderr).groups()
        dump = Dump(self.room / "out-divergence.vcd")
        self.assertTrue(dump.times[0] <= int(cycle) * PERIOD <= dump.times[-1])
        self.assertIn(f"soc.{block}.rtl.grant_valid0", dump.signals)
        self.assertIn("topkima-soc: layer2.attention: model and RTL differ: ", done.stderr)

        # What looks into another layer is not written from this one.
        done = self.run_tool("soc", *self.arguments(package), "--output", "out",
                             "--model.topk", "shadow:two_grants", "--layer=1", "--wave", "w.vcd",
                             "--timeline=t.json", "--vectors=vectors", "--stop-at", "stall=100000")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("out-divergence.vcd, of model and RTL", done.stderr)
        self.assertIn(f"soc.{block}.rtl.grant_valid0",
                      Dump(self.room / "out-divergence.vcd").signals)
        self.assertNotIn('"--layer=2"', (self.room / "vectors/topk/index.json").read_text())
        # One who has asked for a waveform of that layer has it.
        (self.room / "out-divergence.vcd").unlink()
        self.run_tool("soc", *self.arguments(package), "--output", "out", "--layer=2",
                      "--model.topk", "shadow:two_grants", "--wave=w.vcd")
        self.assertNotIn("out-divergence.vcd", names_in(self.room))
        for layer in (0, 1):
            self.observed(f"--layer={layer}", "--model.topk", "shadow:two_grants",
                          "--cosim.compare=values", "--row=0")


class Ends(EncoderObserversTest):
    def test_a_breakpoint_ends_the_whole_run(self):
        number = self.row(2, 0, 0)
        done = self.run_tool("soc", *self.arguments(self.model), "--output", "out", "--layer=1",
                             "--timeline=t.json", f"--stop-at=row={number}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"stopped: row {number} ", done.stdout)
        self.assertEqual(names_in(self.room), ["package", "plain", "t.json"])

    def test_refused(self):
        model = self.arguments(self.model)
        rows = 3 * self.model.heads * self.model.tokens
        for arguments, words in (
                ((*model, f"--layer={self.layers}", "--row=0"), (f"0..{self.layers - 1}",)),
                ((*model, "--layer=x", "--row=0"), ("--layer",)),
                ((*model, "--layer=1"), ("none of them is given",)),
                ((*model, "--layer=1", "--watchdog=99"), ("none of them is given",)),
                ((*model, "--layer=1", "--layer=0", "--row=0"), ("--layer is given twice",)),
                ((*model, "--layer=1", "--wave=nowhere/w.vcd"), ("nowhere/w.vcd", "created")),
                ((*model, f"--row={rows}"), (f"--row: there is no row {rows}",)),
                ((*model, "--wave=out"), ("output directory", "waveform")),
                (("--layer=0", "--row=0"), ("--layer needs --model",))):
            done = self.run_tool("soc", *arguments, "--output", "out")
            self.assert_refused(done, USAGE, *words)
        self.assertEqual(names_in(self.room), ["package", "plain"])


if __name__ == "__main__":
    main()
