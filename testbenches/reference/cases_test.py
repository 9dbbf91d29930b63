#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random cases of the comparisons are reproducible, and fit the machine."""

import itertools
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np

import baselines
import participation
import reference_parameters as parameters
from random_cases import make_case, write_case


class Cases(unittest.TestCase):
    def test_reproducible_and_fitting(self):
        seen, added = Counter(), 0
        for index, tool in itertools.product(range(200), ("macro", "soc")):
            case = make_case(tool, 5, index)
            machine = parameters.full_config(case.config)
            added += self.check_fit(case, machine)
            seen[machine["softmax.macro"], machine["attention.scaling"]] += 1
        topkima = sum(count for (macro, _), count in seen.items() if macro == "topkima")
        self.assertTrue(150 < topkima < 250, seen)
        self.assertEqual(len(seen), 9, seen)
        self.assertGreater(added, 5)
        first, again = make_case("soc", 5, 3), make_case("soc", 5, 3)
        self.assertEqual(first.config, again.config)
        self.assertTrue(np.array_equal(first.tensors["x"], again.tensors["x"]))

    def check_fit(self, case, config):
        """That the machine can be built; whether codes of arrays are added."""
        macro = case.tool == "macro"
        tokens = case.tensors["k" if macro else "x"].shape[-2]
        width = case.tensors["q" if macro else "wq"].shape[-1]
        folded = config["attention.scaling"] == "in_k_weights"
        self.assertFalse(folded and macro)
        values = width if macro or folded else width // config["attention.heads"]
        held = participation.crossbar_tokens(tokens, config)
        self.assertLessEqual(max(map(len, held)), config["crossbar.columns"])
        baselines.check_machine(values, config)
        self.assertLessEqual(baselines.arrays_of(values, config) * len(held),
                             config["crossbar.max_per_head"])
        return baselines.row_blocks(values, config) > 1

    def test_every_parameter_of_selection_is_drawn(self):
        drawn = set()
        for index, tool in itertools.product(range(80), ("macro", "soc")):
            drawn |= set(make_case(tool, 6, index).config)
        self.assertLessEqual({"topk.sub_k_by", "crossbar.gate_empty", "attention.placement",
                              "topk.scope", "topk.tree_cycles", "topk.reach", "attention.kv_heads",
                              "attention.kv_sharing", "score.row_split", "score.join_max",
                              "av.lsb"}, drawn)

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
