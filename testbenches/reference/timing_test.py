#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: times, by hand, and each fast form held to a slow one
that follows the hardware step by step."""

import unittest

import numpy as np

import baselines
import reference_parameters as parameters
import topkima_reference as ref
from topkima_timing import (capacities, fold_cycles, macro_time, service_times, sorter_cycles,
                            stages_of, tandem)


def step_by_step(service, capacity, one_at_a_time):
    """The tandem line clock by clock: what is held where, moved on each edge."""
    stages, rows = len(service), len(service[0])
    held = [[] for _ in range(stages)]       # rows in each stage, the first is served
    remaining, waiting = [None] * stages, [0] * stages
    offered = done = now = 0
    while True:
        moved = True
        while moved:                          # hand-offs of one instant, until none is left
            moved = False
            for i in reversed(range(stages)):
                if held[i] and remaining[i] is None:
                    remaining[i] = service[i][held[i][0]]
                if held[i] and remaining[i] == 0:
                    if i + 1 == stages:
                        done += 1
                    elif len(held[i + 1]) < capacity[i + 1]:
                        held[i + 1].append(held[i][0])
                    else:
                        continue
                    held[i].pop(0)
                    remaining[i], moved = None, True
            ready = not one_at_a_time or done == offered
            if offered < rows and len(held[0]) < 1 and ready:
                held[0].append(offered)
                offered, moved = offered + 1, True
        if done == rows:
            return now, waiting
        for i in range(stages):
            if remaining[i]:
                remaining[i] -= 1
            elif held[i]:
                waiting[i] += 1
        now += 1


class Timing(unittest.TestCase):
    def test_two_stages_by_hand(self):
        # Service 1 then 5, room for 1: row 0 0-1, 1-6; row 1 done at 2, waits until 6, 6-11;
        # row 2 starts at 6, done at 7, waits until 11, 11-16. Blocked 4 + 4.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 1])
        self.assertEqual(departed, [[1, 6, 11], [6, 11, 16]])
        self.assertEqual(blocked, [8, 0])
        # Room for one more: row 1 leaves at 2; row 2 done at 3, waits until row 0 leaves at 6.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 2])
        self.assertEqual((departed[0], blocked), ([1, 2, 6], [3, 0]))
        # One at a time: 6 cycles a row.
        departed, blocked = tandem([[1, 1, 1], [5, 5, 5]], [1, 1], True)
        self.assertEqual((departed[1], blocked), ([6, 12, 18], [0, 0]))

    def test_closed_form_equals_step_by_step(self):
        rng = np.random.default_rng(4)
        for trial in range(200):
            stages = stages_of({
                "softmax.macro": baselines.MACROS[trial % 3],
                "attention.scaling": ("scale_free", "left_shift")[int(rng.integers(2))]})
            service = rng.integers(0, 9, (len(stages), 12))
            service[0] += 1
            service[1] *= stages[1] == "union"
            service[2:, rng.random(12) < 0.2] = 0
            depth, in_turn = int(rng.integers(0, 4)), trial % 5 == 0
            departed, blocked = tandem(service.tolist(), capacities(stages, depth), in_turn)
            now, waiting = step_by_step(service.tolist(), capacities(stages, depth), in_turn)
            self.assertEqual((departed[-1][-1], blocked), (now, waiting))

    def test_service_by_hand(self):
        # One row, k = 2 in 2 cycles at defaults: 1 + 15 + 2 = 18; 1; 2 + 2; 6 + 2; 66.
        tensors = {"q": np.int8([[[2]]]), "k": np.int8([[[3], [3]]]), "v": np.int8([[[1], [2]]])}
        config = {"ima.bits": 2, "ima.ramp_lsb": 4, "topk.k": 2, "softmax.score_step": 0.7}
        result = ref.run_macro(tensors, config)
        service = service_times(result, config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)],
                         [18, 1, 4, 8, 1 + 31 + 32 + 2])
        self.assertEqual(macro_time(result, config).latency, 97)
        pulse = service_times(result, {**config, "score.weighting": "pulse"})
        self.assertEqual(int(pulse["score"][0, 0]), 1 + 60 + 2)
        # Both winners in one cycle of one step: 5 + 4 + 1; 2 + 2 * 3; 6 + 2 * 10.
        config.update({"topk.grants_per_cycle": 2, "topk.step_cycles": 4, "topk.start_cycles": 5,
                       "softmax.exponent_interval": 3, "softmax.divide_interval": 10})
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)], [26, 1, 8, 26, 66])

    def test_stages(self):
        self.assertEqual(stages_of({}), ("score", "union", "exponent", "divider", "av"))
        self.assertEqual(stages_of({"softmax.macro": "conventional",
                                    "attention.scaling": "in_k_weights"}),
                         ("fold", "score", "latch", "exponent", "divider", "av"))
        stages = stages_of({"softmax.macro": "digital_topk", "attention.scaling": "left_shift"})
        self.assertEqual(stages, ("score", "latch", "shifter", "sorter", "exponent", "divider",
                                  "av"))
        self.assertEqual(capacities(stages, 2), [3, 3, 1, 1, 1, 1, 3])

    def test_row_of_bert_base(self):
        # 384 columns, k = 3 + 2. 1 + 15 + 32 = 48; conventional 2 + 384, 6 + 384: 824 together;
        # digital top-k: 384 in the sorter, 2 + 5, 6 + 5: 450. Weighted values take 66 more.
        rng = np.random.default_rng(7)
        tensors = {n: rng.integers(-7, 8, (1, 1 if n == "q" else 384, 4)).astype(np.int8)
                   for n in "qkv"}
        for macro, scaling, want, softmax in (
                ("conventional", "scale_free", [48, 0, 386, 390, 66], 824),
                ("digital_topk", "scale_free", [48, 0, 384, 7, 11, 66], 450),
                ("conventional", "left_shift", [48, 0, 384, 386, 390, 66], 824 + 384),
                ("digital_topk", "left_shift", [48, 0, 384, 384, 7, 11, 66], 450 + 384)):
            config = {"softmax.macro": macro, "attention.scaling": scaling,
                      "softmax.score_step": 0.1}
            result = ref.run_macro(tensors, config)
            service = service_times(result, config)
            self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)], want)
            self.assertEqual(macro_time(result, config).latency, softmax + 66)
        # A sorter per crossbar: 256 of the longer one and 1 of the union.
        config.update({"sort.sorters": "crossbar", "attention.scaling": "scale_free"})
        self.assertEqual(int(service_times(result, config)["sorter"][0, 0]), 257)
        # Topkima shifts its five winners only.
        config = {"attention.scaling": "left_shift", "softmax.score_step": 0.1,
                  "shift.element_cycles": 3}
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual([int(service[s][0, 0]) for s in stages_of(config)][1:],
                         [1, 15, 7, 11, 66])

    def test_row_without_participant(self):
        # Causal, row 0 sees one column; the sorter takes 2 cycles for each of 3 all the same.
        tensors = {n: np.int8([[[1], [2], [3]]]) for n in "qkv"}
        config = {"softmax.macro": "digital_topk", "attention.scaling": "left_shift",
                  "softmax.score_step": 1.0, "topk.k": 2, "sort.element_cycles": 2,
                  "attention.causal": True}
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual({s: t[0].tolist() for s, t in service.items()}, {
            "score": [48] * 3, "latch": [0] * 3, "shifter": [1, 2, 3], "sorter": [6] * 3,
            "exponent": [3, 4, 4], "divider": [7, 8, 8], "av": [66] * 3})
        # Nobody at all: the score takes no time, and no column passes the sorter.
        config["attention.valid_tokens"] = 0
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual({s: t[0, 0] for s, t in service.items()},
                         dict.fromkeys(service, 0))
        # Nothing gated: a full ramp, and 3 columns of 2 cycles.
        config["crossbar.gate_empty"] = False
        service = service_times(ref.run_macro(tensors, config), config)
        self.assertEqual({s: t[0, 0] for s, t in service.items()},
                         {**dict.fromkeys(service, 0), "score": 48, "sorter": 6})

    def test_macro_times_by_hand(self):
        # Three rows, 3 columns, 2 bits: score 16 + 4 = 20, latch 0, sorter 30, exponent 2 + 1,
        # divider 6 + 1, av 66. Row 0: score 20, sorter 50, out at 60, av 126.
        # Row 1 leaves the score at 40, waits in the latch until 50; sorter 80, 90, 126 - 192.
        # Row 2: score 60, waits in the latch until 80; sorter 110, 120, then 192 - 258.
        tensors = {n: np.int8([[[1], [2], [3]]]) for n in "qkv"}
        config = {"softmax.macro": "digital_topk", "softmax.score_step": 1.0, "topk.k": 1,
                  "sort.element_cycles": 10, "ima.bits": 2}
        time = macro_time(ref.run_macro(tensors, config), config)
        self.assertEqual(time.latency, 258)
        self.assertEqual({name: (t.busy, t.blocked) for name, t in time.stages.items()}, {
            "head0.score": (60, 0), "head0.latch": (0, 10 + 20), "head0.sorter": (90, 0),
            "head0.exponent": (9, 0), "head0.divider": (21, 0), "head0.av": (198, 0)})
        # Conventional: exponent 2 + 3, divider 6 + 3. Out at 34, 54, 74; av 100, 166, 232.
        config["softmax.macro"] = "conventional"
        time = macro_time(ref.run_macro(tensors, config), config)
        self.assertEqual(time.latency, 34 + 3 * 66)
        self.assertEqual(time.stages["head0.exponent"].busy, 15)

    def test_fold_and_sorter(self):
        # 5 * (1 + 8) + 2 = 47; crossbars of 4 and 2 columns, 3 cycles each: 18; 12 + union 1.
        self.assertEqual(fold_cycles(parameters.full_config({})), 47)
        config = parameters.full_config({"sort.element_cycles": 3})
        live = np.array([[True, True], [False, True], [False, False]])
        self.assertEqual(sorter_cycles([4, 2], live, config).tolist(), [18, 6, 0])
        config["sort.sorters"] = "crossbar"
        self.assertEqual(sorter_cycles([4, 2], live, config).tolist(), [13, 7, 0])

    def test_queries_of_a_group_in_turn(self):
        # Two query heads of one key: two tokens, k = 1, 2 bits. q = 2 and k = 3 cross at level 1
        # (D = 4), q = -2 at level -1 of 1, 0, -1: 1 and 3 cycles behind 16. Rows pass as token 0 of
        # head 0, of head 1, then token 1.
        tensors = {"q": np.int8([[[2], [2]], [[-2], [2]]]), "k": np.int8([[[3]]]),
                   "v": np.int8([[[1]]])}
        config = {"ima.bits": 2, "ima.ramp_lsb": 4, "topk.k": 1, "softmax.score_step": 0.7}
        result = ref.run_macro(tensors, config)
        self.assertEqual(service_times(result, config)["score"].tolist(), [[17, 19, 17, 17]])
        # 17 + 1 + 3 + 7 up to the first row's AV arrays, then four rows of 66.
        self.assertEqual(macro_time(result, config).latency, 28 + 4 * 66)
        config["attention.kv_sharing"] = "replicated"
        result = ref.run_macro(tensors, config)
        self.assertEqual(service_times(result, config)["score"].tolist(), [[17, 17], [19, 17]])
        self.assertEqual(macro_time(result, config).latency, 30 + 2 * 66)

    def test_period_of_a_group(self):
        # 12 heads on 3 take 4 times 66 cycles a token.
        rng = np.random.default_rng(9)
        config, latency = {"softmax.score_step": 0.1, "ima.ramp_lsb": 20}, {}
        for rows in (20, 21):
            tensors = {name: rng.integers(-7, 8, (12 if name == "q" else 3, rows, 8)).astype(
                np.int8) for name in "qkv"}
            latency[rows] = macro_time(ref.run_macro(tensors, config), config).latency
        self.assertLess(abs(latency[21] - latency[20] - 264), 20)

    def test_precharge_of_joined_arrays(self):
        # 12 - 6 word lines hold 2 values of 3 cells, so 5 values lie in 3 arrays: 3 * 2 + 15, and
        # 1 cycle for the one winner.
        tensors = {n: np.ones((1, 1, 5), np.int8) for n in "qkv"}
        config = {"crossbar.rows": 12, "crossbar.ramp_rows": 6, "score.row_split": "join",
                  "score.precharge_cycles": 2, "softmax.score_step": 0.1, "ima.ramp_lsb": 1,
                  "ima.bits": 3, "topk.k": 1}
        result = ref.run_macro(tensors, config)
        self.assertEqual((result.joined, result.row_blocks), (3, 1))
        self.assertEqual(service_times(result, config)["score"].tolist(), [[6 + 15 + 1]])

    def test_adder(self):
        # Values in two arrays are added in 2 cycles, in one array in none.
        rng = np.random.default_rng(8)
        tensors = {n: rng.normal(size=(5, 6) if n == "x" else (6, 6)).astype(np.float32)
                   for n in ("x", "wq", "wk", "wv")}
        config = {"attention.heads": 2, "attention.scaling": "in_k_weights",
                  "softmax.macro": "conventional"}
        service = service_times(ref.run_soc(tensors, config), config)
        self.assertEqual((service["latch"].tolist(), service["fold"][1].tolist()),
                         ([[0] * 5] * 2, [47] * 5))
        config.update({"crossbar.rows": 26, "crossbar.ramp_rows": 16})
        service = service_times(ref.run_soc(tensors, config), config)
        self.assertEqual(service["latch"].tolist(), [[2] * 5] * 2)


if __name__ == "__main__":
    unittest.main()
