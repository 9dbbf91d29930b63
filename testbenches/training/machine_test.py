#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packages on the simulated machine: with the mask, the placement and the counters that they bring,
it computes the class scores that training's encoder computes, bit for bit."""

import training_support as support

import numpy as np
import torch
from tool_support import ToolTest, main

from topkima.training import package

TEXT = ("--task", "text", *support.TINY, "--tokens", 20, "--split", "12,8", "--k", 3, "--epochs", 0,
        "--steps", 2, "--batch", 2, "--test-images", 2, "--corpus", support.ROOT / "docs")


class Machine(ToolTest):
    def check(self, *options):
        model = self.room / "model"
        status, _, complaint = support.train(*TEXT, *options, "--output", model)
        self.assertEqual((status, complaint), (0, ""))
        x = np.load(model / "test.npz")["x"]
        output = self.results_of("soc", "--model", model, "--input", model / "test.npz")
        expected = package.read(model)(torch.tensor(x)).flatten(0, 1)
        self.assertEqual(np.load(output / "logits.npy").tolist(), expected.tolist())

    def cases(self, *cases):
        for options in cases:
            with self.subTest(options=options):
                self.check(*options)

    def test_masks(self):
        self.cases(("--causal",), ("--window", 4), ("--causal", "--window", 6, "--first-valid", 2),
                   ("--segments", "7,13"), ("--valid-tokens", 9),
                   ("--valid-tokens", 0, "--sub-k", "2,1"),
                   ("--causal", "--attention", "quantised"))

    def test_placement_shares_scope_and_reach(self):
        interleaved = ("--placement", "interleaved", "--split", "10,10")
        self.cases(("--causal", "--scope", "head"), ("--causal", "--sub-k-by", "columns"),
                   ("--causal", *interleaved), ("--reach", 3, "--window", 9),
                   ("--scope", "head", *interleaved, "--reach", 4, "--segments", "7,13"))

    def test_wide_heads_in_joined_arrays(self):
        # 68 values of three cells each, and 192 word lines.
        self.check("--d-model", 136, "--row-split", "join")

    def test_heads_that_share_keys_and_values(self):
        self.cases(("--kv-heads", 1), ("--heads", 4, "--kv-heads", 2, "--causal"))


if __name__ == "__main__":
    main()
