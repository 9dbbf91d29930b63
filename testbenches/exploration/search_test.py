#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Samplers, the front and what matters, without a tool to simulate.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support TOPKIMA_TOOLS=DIR
  search_test.py --macro PATH --soc PATH
"""

import functools
import itertools
import random
import unittest

from topkima.exploration import analysis, sampling
from topkima.exploration import study as study_module
from topkima.tool import Tool
from explore_support import RoomTest, points_of, study_of
from tool_support import main

study_module.Tool = functools.cache(Tool)

# Many equal errors lead away from the front of test_nsga2_beats_random_draws.
NAMES = ("av.bits", "av.lsb", "ima.bits", "softmax.prob_bits", "topk.k", "av.rows")
RANGES = "[parameters]\n" + "".join(
    f"{name} = {{from = {low}, to = {high}}}\n" for name, low, high in
    zip(NAMES, (1, 1, 1, 1, 1, 1), (12, 12, 12, 8, 12, 12)))
MIXED = """[parameters]
topk.k = { from = 1, to = 40, log = true }
ima.saturate_share = { from = 0.0, to = 0.3, step = 0.1 }
softmax.score_step = { from = 0.01, to = 10.0, log = true }
av.lsb = { from = 1, to = 15, step = 3 }
attention.causal = [true, false]
ima.bits = { values = [3, 4, 5], when = "topk.k > 5" }
"""


def header(kind, points, population=8, seed=1,
           objectives='minimize = ["latency_us", "relative_error"]'):
    population = f", population = {population}" if kind in ("nsga2", "tpe") else ""
    return (f"{objectives}\n"
            f"sampler = {{kind = '{kind}', points = {points}, seed = {seed}{population}}}\n")


def distance_problem(parameters):
    """Two objectives with a known front: all parameters but the first at 1."""
    values = [int(parameters[name]) for name in NAMES]
    g = 1 + sum(value - 1 for value in values[1:])
    return {"latency_us": float(values[0]), "relative_error": g * (13 - values[0]) / 12}


class SearchTest(RoomTest):
    def search(self, text, simulate, tell=None):
        """Runs a search in this process; its points with their metrics (None: failed). `tell` tells
        the search of a batch, given all that there is to tell, and returns the search to go on
        with."""
        study = study_of(text)
        search, points, told = sampling.Search(study), [], []
        for batch in range(sampling.count_of_batches(study)):
            asked = search.ask(batch)
            results = [(each.trial, [simulate(each.parameters)]) for each in asked]
            told += results
            points += [(each.parameters, metrics[0]) for each, (_, metrics) in zip(asked, results)]
            search = tell(search, told) if tell else search
            search.tell(told[search.told:])
        return points


class Draws(unittest.TestCase):
    def test_a_seed_gives_the_same_points(self):
        texts = [header("random", 50, seed=seed) + MIXED for seed in (1, 1, 2)]
        a, b, other = map(points_of, texts)
        self.assertEqual(a, b)
        self.assertNotEqual(a, other)

    def test_draws_are_within_their_ranges(self):
        points = points_of(header("random", 400) + MIXED)
        texts = {name: {point[name] for point in points if name in point} for name in
                 ("topk.k", "ima.saturate_share", "av.lsb", "attention.causal", "ima.bits")}
        self.assertLessEqual(texts["topk.k"], {str(k) for k in range(1, 41)})
        self.assertEqual(texts["ima.saturate_share"], {"0", "0.1", "0.2", "0.3"})
        self.assertEqual(texts["av.lsb"], {"1", "4", "7", "10", "13"})
        self.assertEqual(texts["attention.causal"], {"true", "false"})
        self.assertEqual(texts["ima.bits"], {"3", "4", "5"})
        steps = [float(point["softmax.score_step"]) for point in points]
        self.assertTrue(all(0.01 <= step <= 10 for step in steps))
        self.assertAlmostEqual(sum(step < 0.316 for step in steps) / len(steps), 0.5, delta=0.1)
        for point in points:
            self.assertEqual("ima.bits" in point, int(point["topk.k"]) > 5)

    def test_draws_are_without_repetitions(self):
        points = points_of(header("random", 200) +
                           "[parameters]\ntopk.k = [1, 2, 3]\nima.bits = [3, 4]")
        self.assertEqual(len(points), 6)


class Searches(SearchTest):
    def test_a_seed_gives_the_same_search(self):
        for kind in ("nsga2", "tpe"):
            runs = [self.search(header(kind, 32, seed=seed) + RANGES, distance_problem)
                    for seed in (3, 3, 4)]
            self.assertEqual(runs[0], runs[1])
            self.assertNotEqual(runs[0], runs[2])
            self.assertEqual(len(runs[0]), 32)

    def test_batches(self):
        for points, population, sizes in ((20, 8, [8, 8, 4]), (8, 8, [8]), (3, 8, [3]),
                                          (9, 3, [3, 3, 3])):
            study = study_of(header("nsga2", points, population) + RANGES)
            self.assertEqual([sampling.batch_size(study, batch)
                              for batch in range(sampling.count_of_batches(study))], sizes)

    def test_told_in_parts_or_anew_changes_nothing(self):
        rng = random.Random(2)

        def in_parts(search, told):
            search.tell(told[search.told:rng.randint(search.told, len(told))])
            return search

        def anew(search, told):
            """Another process asks next."""
            return sampling.Search(search._study)

        def sometimes_failing(parameters):
            return None if int(parameters[NAMES[0]]) % 3 == 0 else distance_problem(parameters)
        for kind in ("nsga2", "tpe"):
            for problem in (distance_problem, sometimes_failing):
                text = header(kind, 24) + RANGES
                undisturbed = self.search(text, problem)
                self.assertEqual(self.search(text, problem, in_parts), undisturbed)
                self.assertEqual(self.search(text, problem, anew), undisturbed)

    def test_nsga2_beats_random_draws(self):
        def volume(points):
            """Between the front and (13, 70)."""
            found = sorted({(m["latency_us"], m["relative_error"]) for _, m in points if m})
            area, last = 0.0, 70.0
            for x, y in found:
                if y < last:
                    area += (13 - x) * (last - y)
                    last = y
            return area
        better = 0
        for seed in range(2):
            searched = self.search(header("nsga2", 160, 16, seed) + RANGES, distance_problem)
            drawn = [(point, distance_problem(point))
                     for point in points_of(header("random", 160, seed=seed) + RANGES)]
            better += volume(searched) > volume(drawn)
        self.assertEqual(better, 2)

    def test_tpe_finds_the_least(self):
        least = lambda point: {"latency_us": float(sum(map(int, point.values())))}
        one = header("tpe", 64, 16, objectives='minimize = ["latency_us"]') + RANGES
        found = min(metrics["latency_us"] for _, metrics in self.search(one, least))
        drawn = min(least(point)["latency_us"] for point in
                    points_of(header("random", 64, objectives='minimize = ["latency_us"]') +
                              RANGES))
        self.assertLess(found, drawn)

    def test_failing_points_are_left_behind(self):
        def fragile(point):
            """What fails says nothing of the objectives."""
            return None if int(point["topk.k"]) > 5 else distance_problem({**point, "topk.k": 1})
        for kind in ("nsga2", "tpe"):
            points = self.search(header(kind, 80) + RANGES, fragile)
            self.assertEqual(len(points), 80)
            failed = [metrics is None for _, metrics in points]
            # 47 of 80 random draws would fail.
            self.assertLess(sum(failed), 36, kind)
            self.assertGreater(sum(failed), 0)

    def test_nothing_but_failures(self):
        for kind in ("nsga2", "tpe"):
            self.assertEqual(len(self.search(header(kind, 20) + RANGES, lambda point: None)), 20)

    def test_constraints_are_learnt(self):
        text = header("nsga2", 160, 16)
        constraint = "constraints = ['relative_error <= 8']\n"
        points = self.search(constraint + text + RANGES, distance_problem)
        bad = [metrics["relative_error"] > 8 for _, metrics in points]
        self.assertLess(sum(bad[-48:]), sum(bad[:48]) / 2)
        self.assertEqual(len(self.search(constraint + header("tpe", 24) + RANGES,
                                         distance_problem)), 24)

    def test_an_objective_that_does_not_exist(self):
        """Such a point is none to learn from; the search goes on."""
        def sometimes(point):
            return distance_problem(point) | ({"relative_error": None} if int(point[NAMES[0]]) % 2
                                              else {})
        self.assertEqual(len(self.search(header("nsga2", 16) + RANGES, sometimes)), 16)

    def test_every_kind_of_range(self):
        measure = lambda point: {"latency_us": float(point["topk.k"]),
                                 "relative_error": float(point["softmax.score_step"])}
        for kind in ("nsga2", "tpe"):
            points = self.search(header(kind, 40) + MIXED, measure)
            for point, _ in points:
                self.assertEqual("ima.bits" in point, int(point["topk.k"]) > 5)
                self.assertIn(point["ima.saturate_share"], ("0", "0.1", "0.2", "0.3"))


def front_by_hand(values, directions):
    """Of each pair the definition, word for word."""
    signs = [1 if direction == "minimize" else -1 for direction in directions]

    def better(a, b):
        pairs = [(s * x, s * y) for s, x, y in zip(signs, a, b)]
        return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)
    usable = {key: each for key, each in values.items() if None not in each}
    return {key for key, each in usable.items()
            if not any(better(other, each) for other in usable.values())}


class Front(unittest.TestCase):
    def test_of_random_points(self):
        rng = random.Random(5)
        for count in range(1, 4):
            for directions in itertools.product(("minimize", "maximize"), repeat=count):
                for _ in range(15):
                    grid = rng.choice([2, 4, 1000])
                    values = {key: [rng.choice([rng.randint(0, grid), None]) if rng.random() < 0.1
                                    else rng.randint(0, grid) / 4 for _ in range(count)]
                              for key in range(rng.randint(0, 40))}
                    self.assertEqual(analysis.front(values, list(directions)),
                                     front_by_hand(values, directions))

    def test_of_many_points(self):
        rng = random.Random(6)
        for count in (1, 2, 3):
            values = {key: [rng.random() for _ in range(count)] for key in range(200)}
            directions = ["minimize", "maximize", "minimize"][:count]
            self.assertEqual(analysis.front(values, directions), front_by_hand(values, directions))

    def test_of_nothing(self):
        self.assertEqual(analysis.front({}, ["minimize"]), set())
        self.assertEqual(analysis.front({1: [None, 2]}, ["minimize", "minimize"]), set())
        self.assertEqual(analysis.front_by_workload([], ["minimize"]), set())

    def test_each_workload_has_its_own(self):
        points = [{"number": n, "workload": w, "objectives": o} for n, (w, o) in enumerate(
            [("a", [1]), ("a", [2]), ("b", [9]), ("b", [9]), ("b", None), ("c", None)])]
        self.assertEqual(analysis.front_by_workload(points, ["minimize"]), {0, 2, 3})

    def test_thinned(self):
        rng = random.Random(4)
        for epsilon in (0.01, 0.05, 0.3):
            for count in (1, 2, 3):
                values = {key: [rng.random() * 10 ** axis for axis in range(count)]
                          for key in range(300)}
                kept = analysis.thinned(values, epsilon)
                if epsilon == 0.3:      # so few steps that some points must share one
                    self.assertLess(len(kept), len(values))
                spans = [max(column) - min(column) for column in zip(*values.values())]
                for value in values.values():
                    self.assertTrue(any(all(abs(a - b) <= epsilon * span * (1 + 1e-9) for a, b, span
                                            in zip(value, values[key], spans)) for key in kept))
                for axis in range(count):    # the ends stay
                    column = {key: value[axis] for key, value in values.items()}
                    for end in (min, max):
                        self.assertIn(end(column, key=column.get), kept)

    def test_thinned_by_nothing_or_of_nothing(self):
        self.assertEqual(analysis.thinned({1: [1.0], 2: [1.0]}, 0), {1, 2})
        self.assertEqual(len(analysis.thinned({1: [1.0], 2: [1.0]}, 0.5)), 1)
        self.assertEqual(analysis.thinned({}, 0.5), set())

    def test_the_front_of_each_workload_is_thinned(self):
        points = [{"number": n, "workload": w, "objectives": [x, 1 - x]} for n, (w, x) in enumerate(
            [("a", 0), ("a", 0.01), ("a", 1), ("b", 5), ("b", 5.5), ("b", 6)])]
        kept = analysis.front_by_workload(points, ["minimize", "minimize"], 0.02)
        self.assertEqual(kept, {0, 2, 3, 4, 5})


class Effects(unittest.TestCase):
    def test_means_for_the_values_at_both_ends(self):
        points = [{"state": "done", "workload": "w", "parameters": {"k": k, "odd": odd},
                   "metrics": {"y": 10.0 * int(k) + (odd == "yes"), "none": None}}
                  for k in "123" for odd in ("yes", "no")]
        points.append({"state": "failed", "workload": "w", "parameters": {"k": "9"}, "metrics": {}})
        found = analysis.effects(points, ["k", "odd", "workload"], "y")
        self.assertEqual(found, {
            "k": {"low": 10.5, "at_low": "1", "high": 30.5, "at_high": "3"},
            "odd": {"low": 20.0, "at_low": "no", "high": 21.0, "at_high": "yes"}})
        self.assertEqual(analysis.effects(points, ["k"], "none"), {})
        self.assertEqual(analysis.effects([], ["k"], "y"), {})


class Importance(unittest.TestCase):
    def points(self, function, count=150, seed=1):
        rng = random.Random(seed)
        points = []
        for _ in range(count):
            values = {name: rng.randint(0, 9) for name in ("big", "small", "none")}
            points.append({"state": "done", "workload": rng.choice("ab"),
                           "metrics": {"y": function(values)},
                           "parameters": {name: str(value) for name, value in values.items()}})
        return points

    def test_of_a_sum(self):
        shares = analysis.importance(self.points(lambda v: 10 * v["big"] + 3.0 * v["small"]),
                                     ["big", "small", "none", "workload"], "y")
        self.assertEqual(list(shares)[:2], ["big", "small"])
        self.assertAlmostEqual(sum(shares.values()), 1, 6)
        self.assertAlmostEqual(shares["big"], 100 / 109, delta=0.1)
        self.assertLess(shares["none"] + shares["workload"], 0.06)

    def test_of_texts_and_conditions(self):
        points = self.points(lambda v: float(v["big"] > 4))
        for point in points:
            point["parameters"]["big"] = "auto" if point["metrics"]["y"] else "4,8"
            if point["parameters"]["none"] == "3":
                del point["parameters"]["none"]
        shares = analysis.importance(points, ["big", "small", "none"], "y")
        self.assertGreater(shares["big"], 0.9)

    def test_repeats_itself(self):
        points = self.points(lambda v: v["big"] * v["small"], count=700)
        names = ["big", "small", "none"]
        self.assertEqual(analysis.importance(points, names, "y"),
                         analysis.importance(points, names, "y"))

    def test_no_parameter_of_a_large_grid_is_left_out(self):
        for levels in ((2,) * 9, (2,) * 10, (3, 4, 5, 6, 4), (8, 8, 8, 2)):
            names = [f"p{index}" for index in range(len(levels))]
            points = [{"state": "done", "workload": "a", "metrics": {"y": float(sum(values))},
                       "parameters": dict(zip(names, map(str, values)))}
                      for values in itertools.product(*map(range, levels))]
            self.assertEqual(set(analysis.importance(points, names, "y")), set(names), levels)

    def test_where_there_is_nothing_to_tell(self):
        for points in ([], self.points(lambda v: 1.0), self.points(lambda v: v["big"], count=7),
                       self.points(lambda v: None)):
            self.assertEqual(analysis.importance(points, ["big", "small"], "y"), {})
        self.assertEqual(analysis.importance(self.points(lambda v: v["big"]), [], "y"), {})

    def test_of_differences_as_small_as_can_be(self):
        for base in (1.0, 1e9, 0.0):
            points = self.points(lambda v, base=base: base + (v["big"] == 1) * 2.3e-16 * base)
            self.assertIsInstance(analysis.importance(points, ["big", "small"], "y"), dict)
        points = self.points(lambda v: 1.0, count=40)
        points[0]["metrics"]["y"] = 1.1
        self.assertIsInstance(analysis.importance(points, ["big", "small"], "y"), dict)


if __name__ == "__main__":
    main()
