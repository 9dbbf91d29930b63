#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/train as its users meet it: packages, checkpoints, what goes on after an interruption."""

import configparser
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import training_support as support

import numpy as np
import torch

from topkima import files
from topkima.training import checkpoint, package
from topkima.training.parameters import section

PACKAGE = ["classifier.npy", "embed.npy", "layer0.contract.npy", "layer0.expand.npy",
           "layer0.gelu.npy", "layer0.key.npy", "layer0.norm1.npy", "layer0.norm2.npy",
           "layer0.output.npy", "layer0.query.npy", "layer0.value.npy", "model.ini", "norm.npy",
           "position.npy", "test.npz"]


def files_of(directory):
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())
            if path.name != "checkpoint.npz"}


class Train(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.images = support.colour_images(self.directory)

    def train(self, name, *options, status=0):
        """Trains into a directory of this name, which is returned, as is what was said."""
        output = self.directory / name
        got = support.train("--data", self.images, *support.TINY, "--patch", 2, "--batch", 8,
                            *options, "--output", output)
        self.assertEqual(got[0], status, got)
        self.assertEqual(got[2] == "", status == 0)
        return output, got[1] + got[2]

    def test_a_package_is_whole_and_right(self):
        output, said = self.train("model", "--epochs", 30, "--tune-epochs", 10)
        self.assertEqual(sorted([*files_of(output)]), PACKAGE)
        self.assertTrue((output / "checkpoint.npz").is_file())
        self.assertEqual([path.name for path in self.directory.iterdir()
                          if path.name.startswith("model")], ["model"])
        test = np.load(output / "test.npz")
        self.assertEqual((test["x"].dtype, test["x"].shape), (np.uint8, (24, 4, 4, 3)))
        self.assertEqual((test["y"].dtype, test["predicted"].dtype), (np.int16, np.int16))
        # Bright or dark: anything that learns finds out.
        self.assertGreater((test["y"] == test["predicted"]).mean(), 0.9)
        self.assertIn("float accuracy", said)
        self.assertIn("the most frequent answer", said)

    def test_a_training_goes_on_as_if_never_interrupted(self):
        options = ("--epochs", 2, "--steps", 4, "--checkpoint-every", 2, "--noise", 0.5)
        whole, _ = self.train("whole", *options)
        save, saved = checkpoint.save, []

        def interrupted(directory, about, *tensors):
            save(directory, about, *tensors)
            saved.append(about["stage"])
            if len(saved) in (2, 4):
                raise KeyboardInterrupt

        with mock.patch.object(checkpoint, "save", interrupted):
            self.train("again", *options, status=130)
            again, _ = self.train("again", *options, "--resume", status=130)
            self.assertFalse(again.exists())
        _, complaint = self.train("again", *options, "--resume", "--seed", 2, status=2)
        self.assertIn("began with seed 1, not 2", complaint)
        _, complaint = self.train("again", *options, "--resume", "--init", whole / "checkpoint.npz",
                                  status=2)
        self.assertIn("began with init None, not ", complaint)
        good = self.images.read_bytes()
        support.colour_images(self.directory, y_test=np.ones(24, np.uint8))
        _, complaint = self.train("again", *options, "--resume", status=3)
        self.assertIn(f"began with other data than {self.images} now", complaint)
        self.images.write_bytes(good)
        again, _ = self.train("again", *options, "--resume")
        self.assertEqual(saved, ["float", "float", "float", "tune"])
        self.assertEqual(files_of(whole), files_of(again))
        _, complaint = self.train("again", *options, "--resume", status=2)
        self.assertIn("again.part", complaint)

    def test_what_no_training_has_left_is_not_replaced(self):
        output, _ = self.train("mine", "--attention", "exact", "--epochs", 1)
        part = output.with_name("mine.part")
        part.mkdir()
        (part / "thesis").write_text("")
        _, complaint = self.train("mine", "--attention", "exact", "--epochs", 1, status=2)
        self.assertIn("mine.part: is in the way", complaint)
        self.assertTrue((part / "thesis").exists())

    def test_a_tuning_from_a_checkpoint_goes_on(self):
        floats, _ = self.train("floats", "--attention", "exact", "--epochs", 1)
        options = ("--init", floats / "checkpoint.npz", "--steps", 4, "--checkpoint-every", 2)
        whole, _ = self.train("whole", *options)
        save = checkpoint.save

        def interrupted(*arguments):
            save(*arguments)
            raise KeyboardInterrupt

        with mock.patch.object(checkpoint, "save", interrupted):
            self.train("again", *options, status=130)
        again, _ = self.train("again", *options, "--resume")
        self.assertEqual(files_of(whole), files_of(again))

    def test_one_float_training_many_machines(self):
        floats, _ = self.train("floats", "--attention", "exact", "--epochs", 3)
        self.assertIn("macro = topkima", (floats / "model.ini").read_text())
        init = ("--init", floats / "checkpoint.npz", "--steps", 3)
        packages = [self.train("full", *init)[0],
                    self.train("topk", *init, "--backward", "topk")[0],
                    self.train("all", *init, "--attention", "quantised")[0]]
        self.assertEqual(len({(p / "layer0.query.npy").read_bytes() for p in packages}), 3)
        self.assertIn("macro = conventional", (packages[2] / "model.ini").read_text())
        wide, _ = self.train("wide", "--init", floats / "checkpoint.npz", "--attention", "exact",
                             "--export", "quantised")
        self.assertIn("macro = conventional", (wide / "model.ini").read_text())
        _, complaint = self.train("other", *init, "--layers", 2, status=2)
        self.assertIn("has layers 1, not 2", complaint)
        for path in (self.images, self.directory / "none"):
            _, complaint = self.train("other", "--init", path, status=2)
            self.assertIn(path.name, complaint)

    def test_a_checkpoint_is_numbers_and_runs_nothing(self):
        floats, _ = self.train("floats", "--attention", "exact", "--epochs", 1)
        with np.load(floats / "checkpoint.npz") as archive:
            good = dict(archive)

        class Trap:
            def __reduce__(self):
                return Path.touch, (trace,)

        trace = self.directory / "trace"
        about = good["about"]
        first = next(name for name in good if name != "about")
        torch.jit.script(torch.nn.Linear(1, 1)).save(self.directory / "script.npz")
        torch.save({"weights": Trap()}, self.directory / "torch.npz")
        np.save(self.directory / "array.npy", good[first])
        np.savez(self.directory / "objects.npz", about=about, weights=np.array([Trap()], object))
        np.savez(self.directory / "bare.npz", **{first: good[first]})
        np.savez(self.directory / "other.npz", **{**good, "further": good[first]})
        np.savez(self.directory / "wide.npz", **{**good, first: good[first].astype(np.float64)})
        np.savez(self.directory / "text.npz", **{**good, "about": np.frombuffer(b"[1", np.uint8)})
        (self.directory / "broken.npz").write_bytes(
            (floats / "checkpoint.npz").read_bytes()[:1000])
        for name, words in (("other", "'further' are not those"), ("wide", "are not those"),
                            *((name, "expected a checkpoint of scripts/train") for name in (
                                "script", "torch", "objects", "bare", "text", "broken")),
                            ("array.npy", "expected a checkpoint")):
            path = (self.directory / name).with_suffix(".npy" if "." in name else ".npz")
            with self.subTest(name=name), mock.patch.object(torch, "load", self.fail), \
                    mock.patch.object(torch.jit, "load", self.fail):
                _, complaint = self.train("other", "--init", path, status=2)
                self.assertIn(f"{path.name}: ", complaint)
                self.assertIn(words, complaint)
        self.assertFalse(trace.exists())

    def test_a_place_has_one_training(self):
        part = self.directory / "model.part"
        part.mkdir()
        options = ("--attention", "exact", "--epochs", 1)
        with files.held(part) as mine:
            self.assertTrue(mine)
            _, complaint = self.train("model", *options, status=2)
            self.assertIn("model.part: another training works there", complaint)
        self.train("model", *options)
        self.assertFalse(part.exists())

    def test_a_global_top_k_has_one_crossbar(self):
        output = self.directory / "text"
        got = support.train("--task", "text", *support.TINY, "--tokens", 300, "--split", 300,
                            "--epochs", 0, "--steps", 1, "--batch", 1, "--test-images", 1,
                            "--corpus", support.ROOT / "docs", "--output", output)
        self.assertEqual(got[0], 0, got)
        ini = (output / "model.ini").read_text()
        self.assertIn("topk.split = 300\n", ini)
        self.assertIn("crossbar.columns = 300\n", ini)

    def test_a_package_says_what_is_not_as_ever(self):
        ever, _ = self.train("ever", "--epochs", 0, "--steps", 0)
        new = {"attention.valid_tokens", "attention.first_valid", "attention.window",
               "attention.segments", "attention.placement", "topk.scope", "topk.sub_k_by",
               "topk.reach", "score.row_split"}
        said = self.parameters(ever)
        self.assertEqual(said["attention.causal"], "false")
        self.assertFalse(new & {*said})
        options = ("--epochs", 0, "--steps", 0, "--causal", "--valid-tokens", 4, "--first-valid", 1,
                   "--window", 3, "--segments", "2,3", "--placement", "interleaved", "--sub-k-by",
                   "columns", "--reach", 7, "--row-split", "join", "--kv-heads", 1)
        model, _ = self.train("model", *options)
        said = self.parameters(model)
        self.assertEqual({name: said[name] for name in (*new - {"topk.scope"},
                                                        "attention.causal")},
                         {"attention.valid_tokens": "4", "attention.first_valid": "1",
                          "attention.window": "3", "attention.segments": "2, 3",
                          "attention.placement": "interleaved", "topk.sub_k_by": "columns",
                          "topk.reach": "7", "score.row_split": "join", "attention.causal": "true"})
        ini = (model / "model.ini").read_text()
        self.assertIn("kv_heads = 1\n", ini)
        self.assertIn(", attention.window 3, ", ini)
        self.assertEqual(np.load(model / "layer0.key.npy").shape, (8, 4))
        head, _ = self.train("head", "--epochs", 0, "--steps", 0, "--scope", "head")
        self.assertEqual(self.parameters(head)["topk.scope"], "head")
        # All that is said is read again.
        for directory in (ever, model, head):
            hardware = package.read(directory).hardware
            self.assertEqual(section(hardware, 5), self.parameters(directory))

    def parameters(self, directory):
        ini = configparser.ConfigParser(interpolation=None)
        ini.read(directory / "model.ini")
        return dict(ini["parameters"])

    def test_a_loss_without_bounds_ends_it(self):
        _, complaint = self.train("model", "--epochs", 40, "--rate", 1e30, status=4)
        self.assertIn("smaller rate", complaint)
        self.assertFalse((self.directory / "model").exists())

    def test_nothing_else_is_replaced(self):
        place = self.directory / "mine"
        place.mkdir()
        (place / "letter").write_text("dear")
        _, complaint = self.train("mine", status=2)
        self.assertIn("mine", complaint)
        self.assertEqual((place / "letter").read_text(), "dear")
        options = ("--epochs", 0, "--steps", 0)
        model, _ = self.train("model", *options)
        first = files_of(model)
        self.train("model", *options, "--k", 3)
        self.assertNotEqual(files_of(model)["model.ini"], first["model.ini"])

    def test_inputs_of_attention(self):
        inputs = self.directory / "inputs"
        self.train("model", "--attention", "exact", "--epochs", 1, "--attention-inputs", inputs,
                   "--images", 2)
        self.assertEqual(sorted(path.name for path in inputs.iterdir()), ["image0", "image1"])
        x = np.load(inputs / "image1" / "layer0" / "x.npy")
        self.assertEqual((x.dtype, x.shape), (np.float32, (5, 8)))
        self.assertEqual(np.load(inputs / "image1" / "layer0" / "wq.npy").shape, (8, 8))
        self.assertIn("heads = 2", (inputs / "image1" / "layer0" / "meta.ini").read_text())

    def test_inputs_of_attention_bring_the_mask(self):
        inputs = self.directory / "inputs"
        self.train("model", "--attention", "exact", "--epochs", 1, "--attention-inputs", inputs,
                   "--kv-heads", 1, "--causal", "--first-valid", 1, "--segments", "2,3")
        place = inputs / "image0" / "layer0"
        self.assertEqual(np.load(place / "wk.npy").shape, (8, 4))
        self.assertEqual((place / "meta.ini").read_text().splitlines()[1:], [
            "[attention]", "heads = 2", "kv_heads = 1", "causal = true", "first_valid = 1",
            "segments = 2, 3"])

    def test_the_command(self):
        command = [sys.executable, str(support.ROOT / "scripts" / "train")]
        got = subprocess.run([*command, "--k", "0"], capture_output=True, text=True, check=False)
        self.assertEqual(got.returncode, 2)
        self.assertIn("0 is not within 1..65536", got.stderr)


if __name__ == "__main__":
    unittest.main()
