#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Latencies of small systems, worked out by hand.

  cycles_by_hand_test.py --macro PATH --soc PATH
"""

import json

import numpy as np

from tool_support import ToolTest, main, write_tensors


class CyclesByHand(ToolTest):
    """Q, K and V from memory, d_k 4, scores that saturate, k 1: a conversion takes one cycle.

    A row of Q, K or V is one beat on the bus and 20 cycles on the way. A token of V is written in
    one cycle, K^T in 12 after that. A row then takes 16 + 1 for score and conversion, 1 for the
    union, 3 and 7 for the softmax, 66 for the weighted values: 94. The store is a beat and 20.
    """

    LATENCIES = {
        # fine: K and V arrive at 21 and 22, V written 23, K^T 35; Q 35 + 21 = 56; 150; 171.
        # coarse, buffered: Q, K, V arrive at 21, 22, 23; written 24, 36; 130; 151.
        # sequential: Q 21, K 42, V 63; written 64, 76; 170; 191.
        (1, 1, 1): {"fine": 171, "coarse": 151, "buffered": 151, "sequential": 191},
        # The second row waits for the AV arrays (66 more) or for the whole first row (94 more);
        # in sequential its beat also delays K.
        (1, 2, 1): {"fine": 237, "coarse": 245, "buffered": 217, "sequential": 286},
        # Two more beats before V is complete, in each schedule.
        (1, 1, 2): {"fine": 173, "coarse": 153, "buffered": 153, "sequential": 193},
        # Both heads work at once, but store in turn.
        (2, 1, 1): {"fine": 172, "coarse": 152, "buffered": 152, "sequential": 192},
    }

    def test_small_systems(self):
        for (heads, rows, tokens), wanted in self.LATENCIES.items():
            directory = write_tensors(self.room / "in", {
                "q": np.full((heads, rows, 4), 15, np.int8),
                "k": np.full((heads, tokens, 4), 7, np.int8),
                "v": np.full((heads, tokens, 4), 1, np.int8)})
            for schedule, latency in wanted.items():
                out = self.results_of("soc", "--input", directory, "--softmax.score_step=0.5",
                                      "--ima.ramp_lsb=1", "--topk.k=1",
                                      f"--pipeline.schedule={schedule}")
                with self.subTest(heads=heads, rows=rows, tokens=tokens, schedule=schedule):
                    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
                    self.assertEqual(report["totals"]["latency_cycles"], latency)


if __name__ == "__main__":
    main()
