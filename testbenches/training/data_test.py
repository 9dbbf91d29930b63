#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What training and tests are made from, and what is refused."""

import io
import tempfile
import unittest
import zipfile
from pathlib import Path

import training_support as support

import numpy as np
import torch

from topkima.training import data, text
from topkima.training.network import Shape, input_rows


class Pictures(unittest.TestCase):
    def test_the_last_digits_are_the_test(self):
        try:
            arrays = data.load_digits()
        except data.UsageError as missing:
            self.skipTest(str(missing))
        self.assertEqual(arrays["x_train"].shape, (1437, 8, 8))
        self.assertEqual(arrays["x_test"].shape, (360, 8, 8))
        self.assertEqual((arrays["x_train"].dtype, arrays["x_train"].max()), (np.uint8, 255))

    def test_rows_of_a_patch(self):
        shape = Shape("image", 1, 1, 1, 1, 5, 8, 2, 4, 4, 2, 2)
        x = torch.arange(32, dtype=torch.uint8).view(1, 4, 4, 2) * 8
        got = input_rows(x, shape)[0]
        # The second patch: rows 0 and 1, columns 2 and 3, both channels.
        pixels = [4, 5, 6, 7, 12, 13, 14, 15]
        self.assertEqual(got[1].tolist(), [max(8 * p - 128, -127) for p in pixels])
        self.assertEqual(got[0, 0], -127)

    def test_augmentation(self):
        with tempfile.TemporaryDirectory() as directory:
            arrays = data.load_file(support.colour_images(directory))
        images = data.Images(arrays, "cpu", 1, 1, 0.0, True)
        x, _ = images.batch(1, "float", 0, 24)
        again, _ = images.batch(1, "float", 0, 24)
        other, _ = images.batch(1, "float", 1, 24)
        self.assertTrue(torch.equal(x, again))
        self.assertFalse(torch.equal(x, other))
        # Nothing but shifts, which bring in zeros, and mirrors.
        source = {tuple(image[1:3, 1:3].sort(1).values.flatten().tolist()) for image in images.x}
        kept = [tuple(image[1:3, 1:3].sort(1).values.flatten().tolist()) in source for image in x]
        self.assertGreater(sum(kept), 6)

    def test_an_epoch_shows_every_image_once(self):
        with tempfile.TemporaryDirectory() as directory:
            arrays = data.load_file(support.colour_images(directory, count=10))
        images = data.Images(arrays, "cpu", 1, 0, 0.0, False)
        self.assertEqual(images.batches(4), 3)
        shown = torch.cat([images.batch(5, "tune", step, 4)[0] for step in range(3, 6)])
        self.assertEqual(sorted(shown.flatten(1).tolist()), sorted(images.x.flatten(1).tolist()))


class Characters(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        path = Path(self.directory.name)
        rng = np.random.default_rng(1)
        words = ["".join(rng.choice(list("abcdefghij"), rng.integers(2, 9))) for _ in range(4000)]
        (path / "one").write_text(" ".join(words[:2000]))
        (path / "longer").write_text(" ".join(words[:1990]) + "\n\n\tENDS in Ünicode" * 9)
        (path / "other").write_text(" ".join(words[2000:]))
        (path / "link").symlink_to(path / "one")

    def test_alike_files_count_once(self):
        texts = text.read_corpus(self.directory.name)
        self.assertEqual(len(texts), 2)
        self.assertEqual(sum(t.endswith("Ünicode") for t in texts), 1)

    def test_characters(self):
        self.assertLessEqual(text.VOCABULARY, 64)
        self.assertEqual(text.encode("A  \n b~").tolist(), [2, 1, 3, 1])
        self.assertNotIn(text.MASK, text.encode("".join(map(chr, range(300)))))

    def test_hidden_characters(self):
        texts = text.Texts(self.directory.name, "cpu", 50, 1)
        other = text.Texts(self.directory.name, "cpu", 50, 2)
        self.assertTrue(torch.equal(texts.test_x, other.test_x))
        masked = texts.test_x == text.MASK
        self.assertTrue(torch.equal(masked, texts.test_y >= 0))
        self.assertAlmostEqual(masked.double().mean().item(), 0.15, delta=0.02)
        x, y = texts.batch(1, "float", 3, 4)
        self.assertEqual((x.shape, x.dtype, y.dtype), ((4, 50), torch.uint8, torch.int64))

    def test_test_and_training_share_no_text(self):
        texts = text.Texts(self.directory.name, "cpu", 50, 1)
        train = bytes(texts.text.tolist())
        x = torch.where(texts.test_y >= 0, texts.test_y, texts.test_x.long())
        self.assertFalse([row for row in x.tolist() if bytes(row) in train])

    def test_too_little_text(self):
        status, _, complaint = support.train(
            "--task", "text", "--corpus", self.directory.name, "--tokens", 4000, "--output",
            Path(self.directory.name) / "model")
        self.assertEqual(status, 3)
        self.assertEqual(complaint.count("\n"), 1)


class Refused(unittest.TestCase):
    def refuse(self, status, part, *options, **change):
        with tempfile.TemporaryDirectory() as directory:
            path = support.colour_images(directory, **change)
            output = Path(directory) / "model"
            got = support.train("--data", path, "--output", output, *support.TINY, *options)
            self.assertEqual(got[0], status, got)
            self.assertEqual(got[2].count("\n"), 1, got[2])
            self.assertIn(part, got[2])
            self.assertFalse(output.exists())

    def test_data(self):
        x, y = np.zeros((3, 4, 4, 3), np.uint8), np.zeros(3, np.uint8)
        self.refuse(3, "no y_test", y_test=None)
        self.refuse(3, "x_train has type int64", x_train=x.astype(int))
        self.refuse(3, "NaN", x_train=np.full((3, 4, 4, 3), np.nan))
        self.refuse(3, "x_train has shape (3, 4)", x_train=x[:, :, 0, 0])
        self.refuse(3, "x_test has shape (0, 4, 4, 3)", x_test=x[:0])
        self.refuse(3, "x_test has images of (4, 4)", x_test=x[..., 0], y_test=y)
        self.refuse(3, "y_train has type float64", y_train=np.zeros(24))
        self.refuse(3, "y_test has shape (3,)", y_test=y)
        self.refuse(3, "y_train has labels of -1..0", y_train=-np.eye(24, dtype=int)[0])
        self.refuse(3, "y_test has label 7", y_test=np.full(24, 7, np.uint8))

    def test_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "images.npz"
            for content in (None, b"", b"no zip", b"PK\3\4 cut off"):
                if content is not None:
                    path.write_bytes(content)
                status, _, complaint = support.train("--data", path, "--output",
                                                     Path(directory) / "model")
                self.assertEqual((status, complaint.count("\n")), (3, 1), complaint)
                self.assertIn("images.npz", complaint)

    def test_an_archive_that_promises_more_than_it_holds(self):
        """In a header, or in its own list."""
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": (10 ** 13, 8, 8)})
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "images.npz"
            for size, words in ((None, "it ends before its array does"),
                                (10 ** 15, "it is too small for x_train.npy")):
                with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr("x_train.npy", header.getvalue())
                    if size:
                        archive.getinfo("x_train.npy").file_size = size
                status, _, complaint = support.train("--data", path, "--output",
                                                     Path(directory) / "model")
                self.assertEqual((status, complaint.count("\n")), (3, 1), complaint)
                self.assertIn(f"images.npz: cannot be used ({words})", complaint)

    def test_options(self):
        self.refuse(2, "--patch 3", "--patch", 3)
        self.refuse(2, "--heads 3", "--heads", 3)
        self.refuse(2, "--split", "--split", "4,4")
        self.refuse(2, "--sub-k", "--sub-k", "1,1")
        self.refuse(2, "--kv-heads 3: does not divide --heads 4", "--heads", 4, "--kv-heads", 3)
        self.refuse(2, "--valid-tokens 18: exceeds the 17 tokens", "--valid-tokens", 18)
        self.refuse(2, "--first-valid 18: exceeds the 17 tokens", "--first-valid", 18)
        self.refuse(2, "--window: 0 is not within", "--window", 0)
        self.refuse(2, "--segments: add up to 16 tokens; expected 17", "--segments", "7,9")
        self.refuse(2, "--sub-k: goes with --scope crossbar", "--scope", "head", "--sub-k", 2)
        self.refuse(2, "crossbar 1 has 5 columns for 8 tokens", "--placement", "interleaved",
                    "--split", "12,5")
        self.refuse(2, "--reach: goes with a ramp that stops early", "--reach", 3, "--attention",
                    "quantised")


if __name__ == "__main__":
    unittest.main()
