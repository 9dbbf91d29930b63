#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The integer encoder in torch against docs/encoder.md in Python's integers: its pieces on random
and extreme numbers, and whole packages."""

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

import training_support as support

import encoder_reference as slow
import numpy as np
import reference as c
import torch

from topkima.training import encoder, package
from topkima.training.hardware import AddResidual, Lookup, Normalise


def rows_of(rng, d):
    """Rows of a residual stream, the extreme ones too."""
    yield rng.integers(-32768, 32768, d)
    yield rng.choice([-32768, 32767], d)
    yield np.full(d, rng.choice([-32768, 0, 5, 32767]))
    yield np.where(np.arange(d) == 0, 32767, -32768)
    yield rng.integers(0, 2, d) + rng.integers(-32768, 32767)
    yield np.clip(rng.normal(0, 2.0**rng.integers(0, 14), d), -32768, 32767).astype(int)
    yield np.zeros(d, int)


class Pieces(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(sum(map(ord, self.id())))

    def test_normalisation(self):
        for d in (1, 2, 3, 7, 16, 64, 65, 127, 129, 500, 768, 1023, 1024):
            for large in (2**8, 2**24):
                gain = self.rng.integers(-large + 1, large, d)
                bias = self.rng.integers(-2**31 + 1 if large > 2**8 else -2**20, 2**20, d)
                rows = [[int(n) for n in row] for row in rows_of(self.rng, d)]
                got = Normalise.apply(support.integers(rows), support.integers(gain),
                                      support.integers(bias))
                for row, values in zip(rows, got.tolist()):
                    self.assertEqual(values, slow.normalise(row, gain.tolist(), bias.tolist()))

    def test_normalised_rows_have_no_mean_and_unit_deviation(self):
        h = support.integers(self.rng.integers(-3000, 9000, (5, 256)))
        got = Normalise.apply(h, support.integers([40 * 256] * 256), support.integers([0] * 256))
        self.assertLess(got.mean(-1).abs().max().item(), 0.5)
        self.assertLess((got.std(-1) - 40).abs().max().item(), 0.5)

    def test_residual(self):
        for _ in range(300):
            gain = int(2**self.rng.uniform(0, 24)) - 1
            h = self.rng.integers(-32768, 32768, 50)
            d = self.rng.integers(-127, 128, 50)
            got = AddResidual.apply(support.integers(h), support.integers(d), gain)
            self.assertEqual(got.tolist(), [slow.add(a, b, gain)
                                            for a, b in zip(h.tolist(), d.tolist())])

    def test_gelu_table(self):
        table, slope = encoder.gelu_table(4 / 127, 4 / 127)
        # gelu(1) = 0.8413, gelu(-1) = -0.1587, gelu(4) = 3.99987.
        f = support.integers([0, 127, -127, 32])
        self.assertEqual(Lookup.apply(f, table, slope).tolist(), [0, 127, 0, 27])
        self.assertEqual(table[127 - 32], -5)
        # It saturates where its output's range ends, and has no gradient there.
        table, slope = encoder.gelu_table(4 / 127, 1 / 127)
        self.assertEqual((table[254], slope[254]), (127, 0))

    def test_weights_are_those_that_quantise_gives(self):
        for _ in range(100):
            w = torch.tensor(self.rng.normal(size=30), dtype=torch.float32)
            expected, scale = arith.quantise(w.double().tolist(), 127)
            unit = w.abs().max().double().item() / 127
            self.assertEqual(unit, scale)
            self.assertEqual(encoder.Round.apply(w, unit, -127, 127).tolist(), expected)


class Packages(unittest.TestCase):
    def check(self, *options):
        with tempfile.TemporaryDirectory() as directory:
            output = Path(directory) / "model"
            if options[0] == "colour":
                options = ("--data", support.colour_images(directory), *options[1:])
            status, _, complaint = support.train(*options, "--output", output)
            self.assertEqual((status, complaint), (0, ""))
            test = np.load(output / "test.npz")
            read, again = package.read(output), slow.Package(output, arith)
            x = torch.tensor(test["x"])
            got = read(x)
            for index in range(len(x)):
                self.assertEqual(got[index].tolist(), again.predict(test["x"][index]))
            asked = test["y"] >= 0
            predicted = np.where(asked, got.argmax(-1).numpy(), -1)
            self.assertEqual(predicted.tolist(), test["predicted"].tolist())
            share = (test["predicted"] == test["y"])[asked].mean()
            self.assertAlmostEqual(float(again.ini["model"]["accuracy"]), share)
            # Not a network that says the same of everything.
            self.assertGreater(len(np.unique(got.numpy())), 2)

    def test_images_in_colour_with_patches(self):
        self.check("colour", *support.TINY, "--layers", 2, "--patch", 2, "--epochs", 3,
                   "--steps", 3, "--batch", 8, "--test-images", 4)

    def test_several_crossbars_and_arrays_other_widths(self):
        self.check("colour", *support.TINY, "--epochs", 2, "--steps", 2, "--batch", 8,
                   "--split", "8,6,3", "--av-rows", 5, "--query-bits", 4, "--key-cells", 1,
                   "--ima-bits", 4, "--prob-bits", 4, "--value-bits", 3, "--av-bits", 3, "--k", 4,
                   "--test-images", 3)

    def test_conventional(self):
        self.check("colour", *support.TINY, "--epochs", 2, "--attention", "quantised",
                   "--steps", 2, "--batch", 8, "--test-images", 3)

    def test_text(self):
        self.check("--task", "text", *support.TINY, "--tokens", 20, "--split", "12,8", "--k", 3,
                   "--epochs", 0, "--steps", 3, "--batch", 2, "--test-images", 3,
                   "--corpus", support.ROOT / "docs")

    def test_masks_placement_scope_and_heads_that_share(self):
        text = ("--task", "text", *support.TINY, "--tokens", 20, "--split", "12,8", "--k", 3,
                "--epochs", 0, "--steps", 2, "--batch", 2, "--test-images", 2, "--heads", 4,
                "--corpus", support.ROOT / "docs")
        for machine in (
                ("--causal", "--kv-heads", 2),
                ("--window", 4, "--scope", "head", "--kv-heads", 1),
                ("--causal", "--window", 6, "--first-valid", 2, "--backward", "topk"),
                ("--segments", "7,13", "--sub-k-by", "columns", "--reach", 3),
                ("--valid-tokens", 9, "--placement", "interleaved", "--split", "10,10"),
                ("--causal", "--attention", "quantised", "--row-split", "join"),
                ("--valid-tokens", 0, "--sub-k", "2,1")):
            with self.subTest(machine=machine):
                self.check(*text, *machine)

    def test_padding_of_each_sample(self):
        with tempfile.TemporaryDirectory() as directory:
            output = Path(directory) / "model"
            status, _, complaint = support.train(
                "--task", "text", *support.TINY, "--tokens", 20, "--split", "12,8", "--epochs", 0,
                "--steps", 0, "--test-images", 3, "--corpus", support.ROOT / "docs", "--output",
                output)
            self.assertEqual((status, complaint), (0, ""))
            x = np.load(output / "test.npz")["x"]
            valid, first = (7, 20, 13), (0, 4, 13)
            got = package.read(output)(torch.tensor(x), valid_tokens=torch.tensor(valid),
                                       first_valid=torch.tensor(first))
            again = slow.Package(output, arith)
            for index in range(3):
                again.parameters["attention.valid_tokens"] = valid[index]
                again.parameters["attention.first_valid"] = first[index]
                self.assertEqual(got[index].tolist(), again.predict(x[index]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    arith = c.Arith(parser.parse_args().library)
    unittest.main(argv=sys.argv[:1])
