#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Self-test of the reference: machines that must do the same, at random."""

import unittest

import numpy as np

import baselines
import conversion
import nonidealities
import topkima_reference as ref
from participation import crossbar_tokens, participation
from random_cases import make_case
from reference_parameters import full_config
from shares import places_of
from topkima_timing import macro_time

MASKS = ("attention.valid_tokens", "attention.first_valid", "attention.causal",
         "attention.window", "attention.segments", "attention.first_row")
OLD = {"topk.sub_k_by": "columns", "topk.stop_when_exhausted": False, "crossbar.gate_empty": False}
RESULTS = ("topk_index", "topk_code", "probability", "convert_cycles", "executed_steps", "output",
           "output_real")


def small_cases(seed, count, without=()):
    """Ideal machines at random, without some of the parameters."""
    for index in range(count):
        case = make_case("macro", seed, index)
        q, k, _ = (case.tensors[name] for name in "qkv")
        if q.shape[0] * q.shape[1] * k.shape[1] < 12000:
            dropped = {*nonidealities.DEFAULTS, *without}
            yield case.tensors, {key: value for key, value in case.config.items()
                                 if key not in dropped}


def ramp_of(result):
    """So that another run has the same ramps and exponents."""
    return {"ima.ramp_lsb": result.scales["ramp_lsb"].tolist(),
            "softmax.score_step": float(result.scales["score_step"][0])}


class Equivalence(unittest.TestCase):
    def assert_same(self, got, want, names=RESULTS):
        for name in names:
            self.assertTrue(np.array_equal(getattr(got, name), getattr(want, name)), name)

    def test_without_a_mask_it_is_the_old_machine(self):
        """But where a crossbar has fewer columns than its share, which stops early now."""
        early = 0
        for tensors, config in small_cases(1, 150, (*MASKS, *OLD, "topk.reach")):
            got, old = ref.run_macro(tensors, config), ref.run_macro(tensors, {**config, **OLD})
            if 0 in old.crossbar_tokens:    # had a share, and so one more score that set the ramp
                continue
            self.assert_same(got, old, ("topk_index", "topk_code", "probability", "output"))
            differs = got.executed_steps != old.executed_steps
            early += differs.any()
            self.assertTrue(np.all((old.executed_steps == 2 ** full_config(config)["ima.bits"])
                                   | ~differs))
            self.assertTrue(np.all(got.convert_cycles <= old.convert_cycles))
            self.assertTrue(np.all((got.convert_cycles == old.convert_cycles) | differs))
        self.assertGreater(early, 3)

    def test_one_crossbar_is_a_head(self):
        compared = 0
        for tensors, config in small_cases(2, 80, ("topk.sub_k", "topk.split")):
            config.update({"crossbar.columns": 1024, "topk.tree_cycles": "auto"})
            if baselines.row_blocks(tensors["q"].shape[2], full_config(config)) == 1:
                compared += 1
                self.assert_same(*(ref.run_macro(tensors, {**config, "topk.scope": scope})
                                   for scope in ("head", "crossbar")))
        self.assertGreater(compared, 30)

    def test_a_head_is_one_wide_crossbar_and_its_tree(self):
        without = ("topk.sub_k", "softmax.macro", "topk.scope", "attention.placement", "topk.reach",
                   "topk.tree_cycles")
        for tensors, config in small_cases(3, 80, without):
            config["score.row_split"] = "join"
            config["score.join_max"] = 64
            head = ref.run_macro(tensors, {**config, "topk.scope": "head"})
            wide = {key: value for key, value in config.items() if key != "topk.split"}
            one = ref.run_macro(tensors, {**wide, **ramp_of(head), "crossbar.columns": 1024})
            self.assert_same(head, one, ("topk_index", "topk_code"))
            live, crossbars = head.live, len(head.crossbar_tokens)
            self.assertTrue(np.array_equal(head.executed_steps,
                                           np.where(live, one.executed_steps, 0)))
            tree = np.where(one.executed_steps > 0, (crossbars - 1).bit_length(), 0)
            self.assertTrue(np.array_equal(head.convert_cycles,
                                           np.where(live, one.convert_cycles + tree, 0)))
            sorted_ = ref.run_macro(tensors, {**config, **ramp_of(head), "sort.sorters": "head",
                                              "softmax.macro": "digital_topk"})
            self.assert_same(head, sorted_, ("topk_index", "topk_code"))

    def test_a_row_alone_is_the_row_of_the_module(self):
        compared = 0
        for tensors, config in small_cases(4, 150, ("attention.first_row",)):
            if not np.issubdtype(tensors["q"].dtype, np.integer):
                continue    # a row of reals would have a scale of its own
            compared += 1
            whole, r = ref.run_macro(tensors, config), tensors["q"].shape[1] // 2
            alone = ref.run_macro({**tensors, "q": tensors["q"][:, r:r + 1]},
                                  {**config, **ramp_of(whole), "attention.first_row": r})
            for name in RESULTS:
                wanted, found = getattr(whole, name)[:, r], getattr(alone, name)[:, 0]
                width = min(wanted.shape[1], found.shape[1])    # places are of the whole module
                self.assertTrue(np.array_equal(wanted[:, :width], found[:, :width]), name)
        self.assertGreater(compared, 20)

    def test_grouped_heads_are_repeated_heads(self):
        grouped = 0
        for tensors, config in small_cases(5, 150, ("attention.kv_heads",)):
            group = len(tensors["q"]) // len(tensors["k"])
            grouped += group > 1
            repeated = {"q": tensors["q"], **{n: np.repeat(tensors[n], group, axis=0)
                                              for n in "kv"}}
            want = ref.run_macro(repeated, config)
            for sharing in ("multiplexed", "replicated"):
                got = ref.run_macro(tensors, {**config, "attention.kv_sharing": sharing})
                self.assert_same(got, want)
                self.assertEqual(got.float_reference, want.float_reference)
            # A copy for every head takes the time of as many heads.
            self.assertEqual(macro_time(got, config), macro_time(want, config))
        self.assertGreater(grouped, 15)

    def test_shared_arrays_draw_for_the_rows_that_pass(self):
        """With noise and stuck cells, two heads of one key are one head with both their rows."""
        rng = np.random.default_rng(8)
        shapes = {"q": (4, 6, 5), "k": (2, 9, 5), "v": (2, 9, 5)}
        tensors = {name: rng.integers(-7, 8, shape).astype(np.int8)
                   for name, shape in shapes.items()}
        config = {"softmax.score_step": 0.4, "ima.ramp_lsb": 9, "noise.score_sigma": 1.5,
                  "noise.comparator_sigma": 0.5, "noise.value_sigma": 0.7, "fault.key_cells": 0.2,
                  "fault.value_cells": 0.2}
        in_turn = tensors["q"].reshape(2, 2, 6, 5).swapaxes(1, 2).reshape(2, 12, 5)
        want = ref.run_macro({**tensors, "q": in_turn}, config)
        got = ref.run_macro(tensors, config)
        for name in RESULTS:
            shared = getattr(got, name)
            passed = shared.reshape(2, 2, 6, -1).swapaxes(1, 2).reshape(2, 12, -1)
            self.assertTrue(np.array_equal(passed, getattr(want, name)), name)
        # Copies of the arrays are arrays of their own.
        config["attention.kv_sharing"] = "replicated"
        own = {"q": tensors["q"], **{n: np.repeat(tensors[n], 2, axis=0) for n in "kv"}}
        self.assert_same(ref.run_macro(tensors, config), ref.run_macro(own, config))

    def test_joined_arrays_are_one_with_more_rows(self):
        joined, rng = 0, np.random.default_rng(6)
        for tensors, config in small_cases(6, 80):
            config.update({"score.row_split": "join", "score.join_max": 64, "crossbar.rows": 64,
                           "crossbar.ramp_rows": 16, "av.rows": 40})
            if rng.random() < 0.5:
                config.update({"noise.score_sigma": 0.4, "fault.key_cells": 0.1})
            got = ref.run_macro(tensors, config)
            joined += got.joined > 1
            config.update({"score.row_split": "none", "crossbar.rows": 2048})
            self.assert_same(got, ref.run_macro(tensors, config))
        self.assertGreater(joined, 10)

    def test_interleaved_is_blocked_on_permuted_keys(self):
        rng = np.random.default_rng(7)
        for tensors, config in small_cases(7, 80, ("attention.placement", "topk.split")):
            tokens, rows = tensors["k"].shape[1], tensors["q"].shape[1]
            config = full_config({**config, "attention.placement": "interleaved"})
            if config["topk.sub_k"] != "auto":
                config["topk.sub_k"] = [2] * len(crossbar_tokens(tokens, config))
            held = crossbar_tokens(tokens, config)
            address = np.concatenate(held)
            blocked = np.split(np.arange(tokens), np.cumsum([len(h) for h in held])[:-1])
            half = 2 ** (config["ima.bits"] - 1)
            codes = rng.integers(-half, half, (rows, tokens))
            mask = participation(rows, tokens, config)
            places = places_of(rows, tokens, held, config)
            index, *times = conversion.select(codes, mask, held, places, config)
            other, *others = conversion.select(codes[:, address], mask[:, address], blocked, places,
                                               config)
            self.assertTrue(np.array_equal(index, np.append(address, -1)[other]))
            for a, b in zip(times, others):
                self.assertTrue(np.array_equal(a, b))


if __name__ == "__main__":
    unittest.main()
