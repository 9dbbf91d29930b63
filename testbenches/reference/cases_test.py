#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random cases of the comparisons are reproducible, and fit the machine."""

import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np

import baselines
import reference_parameters as parameters
import topkima_reference as ref
from random_cases import make_case, write_case


class Cases(unittest.TestCase):
    def test_reproducible_and_fitting(self):
        seen, split_arrays = Counter(), 0
        for index in range(200):
            for tool in ("macro", "soc"):
                case = make_case(tool, 5, index)
                config = parameters.full_config(case.config)
                tokens = case.tensors["k" if tool == "macro" else "x"].shape[-2]
                width = case.tensors["q" if tool == "macro" else "wq"].shape[-1]
                d_k = width if tool == "macro" else width // config["attention.heads"]
                split = ref.crossbar_split(tokens, config)
                self.assertGreaterEqual(sum(split), tokens)
                self.assertLessEqual(max(split), config["crossbar.columns"])
                folded = config["attention.scaling"] == "in_k_weights"
                self.assertFalse(folded and tool == "macro")
                arrays = baselines.row_blocks(width if folded else d_k, config)
                self.assertLessEqual(arrays * len(split), config["crossbar.max_per_head"])
                baselines.check_machine(width if folded else d_k, config)
                split_arrays += arrays > 1
                self.assertTrue(folded or arrays == 1)
                seen[config["softmax.macro"], config["attention.scaling"]] += 1
        topkima = sum(count for (macro, _), count in seen.items() if macro == "topkima")
        self.assertTrue(150 < topkima < 250, seen)
        self.assertEqual(len(seen), 9, seen)
        self.assertGreater(split_arrays, 5)
        first, again = make_case("soc", 5, 3), make_case("soc", 5, 3)
        self.assertEqual(first.config, again.config)
        self.assertTrue(np.array_equal(first.tensors["x"], again.tensors["x"]))

    def test_written_config(self):
        case = make_case("soc", 5, 3)
        with tempfile.TemporaryDirectory() as name:
            arguments = write_case(case, Path(name) / "case")
            texts = [(Path(name) / "case" / p).read_text() for p in ("case.ini", "input/meta.ini")]
            self.assertTrue(np.array_equal(np.load(Path(name) / "case/input/x.npy"),
                                           case.tensors["x"]))
        written = sum(t.count(" = ") for t in texts) + sum("." in a.split("=")[0]
                                                           for a in arguments if "=" in a)
        self.assertEqual(written, len(case.config))


if __name__ == "__main__":
    unittest.main()
