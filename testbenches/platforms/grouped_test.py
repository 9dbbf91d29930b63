#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Heads of queries that share K and V (docs/grouped-queries.md).

  grouped_test.py --macro PATH --soc PATH
"""

import json
import random

import numpy as np

from tool_support import ARRAYS, ToolTest, float_qkv, main, write_tensors

SHARINGS = ("multiplexed", "replicated")
SHAPES = ((2, 1), (4, 2), (6, 2), (6, 1), (3, 3))    # heads of queries, of K and V
STEP = ("--softmax.score_step=0.5", "--ima.ramp_lsb=1")


def grouped_qkv(heads, kv_heads, rows=3, tokens=5, d_k=4, seed=1):
    """Q of all heads; K and V of fewer."""
    tensors = float_qkv(heads, rows, tokens, d_k, seed)
    return {name: tensor if name == "q" else tensor[:kv_heads]
            for name, tensor in tensors.items()}


def repeated(tensors, heads):
    """The same with K and V of each head of queries."""
    times = heads // len(tensors["k"])
    return {name: tensor if name == "q" else np.repeat(tensor, times, axis=0)
            for name, tensor in tensors.items()}


def projected(heads, kv_heads, tokens, d_k, seed):
    rng = np.random.default_rng(seed)
    width = heads * d_k
    shapes = {"x": (tokens, width), "wq": (width, width),
              "wk": (width, kv_heads * d_k), "wv": (width, kv_heads * d_k)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def repeated_weights(tensors, heads, d_k):
    """Weights of K and V with the columns of each head of queries."""
    def columns(name):
        by_head = tensors[name].reshape(len(tensors[name]), -1, d_k)
        return np.repeat(by_head, heads // by_head.shape[1], axis=1).reshape(len(by_head), -1)
    return {**tensors, "wk": columns("wk"), "wv": columns("wv")}


def random_options(rng):
    """A machine with odd times and widths, any schedule, any selection of winners."""
    options = [f"--pipeline.schedule={rng.choice(('sequential', 'coarse', 'fine', 'buffered'))}",
               f"--softmax.macro={rng.choice(('topkima', 'conventional', 'digital_topk'))}",
               f"--pipeline.queue_depth={rng.randrange(3)}", f"--topk.k={rng.randrange(1, 5)}",
               f"--crossbar.columns={rng.randrange(3, 9)}",
               f"--pipeline.sequences={rng.randrange(1, 4)}",
               f"--pipeline.banks={rng.randrange(1, 3)}",
               f"--attention.causal={rng.choice(('true', 'false'))}",
               f"--softmax.exponent_cycles={rng.randrange(40)}",
               f"--topk.union_cycles={rng.randrange(60)}"]
    return [option for option in options if rng.random() < 0.8]


def taken_by(tool, options):
    """Heads alone have no memory, and so no sequences and no second bank."""
    alone = ("--pipeline.sequences=", "--pipeline.banks=")
    return [option for option in options if tool == "soc" or not option.startswith(alone)]


class GroupedTest(ToolTest):
    def report_of(self, directory):
        return json.loads((directory / "report.json").read_text(encoding="utf-8"))

    def arrays_of(self, directory):
        return {name: np.load(directory / f"{name}.npy") for name in ARRAYS}

    def assert_same_arrays(self, left, right):
        right = self.arrays_of(right)
        for name, array in self.arrays_of(left).items():
            np.testing.assert_array_equal(array, right[name], name)

    def grouped(self, tool, inputs, sharing, *options, output=None):
        return self.results_of(tool, "--input", inputs, *options,
                               f"--attention.kv_sharing={sharing}", output=output or sharing)


class SameResults(GroupedTest):
    """Results are those of attention with a head of K and V for each of queries, whatever shares
    what; replicated, a macro is that machine to the cycle."""

    def compare(self, tool, inputs, wide, options, wide_options=()):
        want = self.results_of(tool, "--input", wide, *options, *wide_options, output="wide")
        for sharing in SHARINGS:
            got = self.grouped(tool, inputs, sharing, *options)
            self.assert_same_arrays(got, want)
        return want

    def test_given(self):
        rng = random.Random(1)
        for seed in range(8):
            for heads, kv_heads in SHAPES:
                options = random_options(rng)
                tensors = grouped_qkv(heads, kv_heads, rows=rng.randrange(1, 5),
                                      tokens=rng.randrange(1, 12), d_k=rng.randrange(1, 9),
                                      seed=seed)
                few = write_tensors(self.room / f"few{seed}{heads}{kv_heads}", tensors)
                all_of = write_tensors(self.room / f"all{seed}{heads}{kv_heads}",
                                       repeated(tensors, heads))
                with self.subTest(seed=seed, heads=heads, kv_heads=kv_heads, options=options):
                    self.compare("soc", few, all_of, options)
                    want = self.compare("macro", few, all_of, taken_by("macro", options))
                    same = ("rows.csv", "power.csv")
                    for name in same:
                        self.assertEqual((self.room / "replicated" / name).read_bytes(),
                                         (want / name).read_bytes(), name)

    def test_projected(self):
        rng = random.Random(2)
        for seed in range(4):
            for heads, kv_heads in SHAPES:
                d_k = rng.randrange(1, 7)
                options = random_options(rng)
                if rng.random() < 0.4:
                    options += ["--attention.scaling=in_k_weights",
                                "--softmax.macro=digital_topk"]
                tensors = projected(heads, kv_heads, rng.randrange(1, 9), d_k, seed)
                few = write_tensors(self.room / f"few{seed}{heads}{kv_heads}", tensors)
                all_of = write_tensors(self.room / f"all{seed}{heads}{kv_heads}",
                                       repeated_weights(tensors, heads, d_k))
                counts = (f"--attention.heads={heads}", f"--attention.kv_heads={kv_heads}")
                with self.subTest(seed=seed, heads=heads, kv_heads=kv_heads, options=options):
                    self.compare("soc", few, all_of, (*options, counts[0], *counts[1:]),
                                 (f"--attention.kv_heads={heads}",))

    def test_as_many_heads_of_keys_as_of_queries(self):
        """The two sharings are one machine, and that without either parameter."""
        rng = random.Random(3)
        for tool in ("macro", "soc"):
            for _ in range(6):
                options = [*taken_by(tool, random_options(rng)), "--attention.heads=3",
                           "--attention.tokens=9", "--attention.d_model=12"]
                plain = self.results_of(tool, *options, output="plain")
                for sharing in SHARINGS:
                    got = self.results_of(tool, *options, "--attention.kv_heads=3",
                                          f"--attention.kv_sharing={sharing}", output=sharing)
                    with self.subTest(tool=tool, sharing=sharing, options=options):
                        self.assert_same_results(plain, got, ("run.json", "report.json",
                                                              "effective.ini"))
                        for part in ("totals", "stages", "scales", "energy", "critical_path"):
                            self.assertEqual(self.report_of(plain)[part],
                                             self.report_of(got)[part])

    def test_both_fidelities(self):
        rng = random.Random(4)
        for tool in ("macro", "soc"):
            for sharing in SHARINGS:
                for heads, kv_heads in SHAPES[:4]:
                    options = [*taken_by(tool, random_options(rng)), f"--attention.heads={heads}",
                               f"--attention.kv_heads={kv_heads}", "--attention.tokens=9",
                               f"--attention.d_model={heads * 4}",
                               f"--attention.kv_sharing={sharing}", "--noise.score_sigma=0.5",
                               "--noise.value_sigma=0.5", "--fault.key_cells=0.02"]
                    both = [self.results_of(tool, *options, f"--fidelity.all={fidelity}",
                                            output=fidelity) for fidelity in ("row", "cycle")]
                    with self.subTest(tool=tool, sharing=sharing, options=options):
                        self.assert_same_results(*both, ("run.json", "report.json",
                                                         "effective.ini"))
                        for part in ("totals", "stages", "energy"):
                            self.assertEqual(*(self.report_of(one)[part] for one in both))


class Times(GroupedTest):
    """By hand: scores that saturate and k 1, so that a query takes 17 + 1 + 3 + 7 + 66 = 94 cycles
    (cycles_by_hand_test.py), of which another one waits for 66."""

    def latency(self, tool, shape, sharing, *options):
        heads, kv_heads, rows, tokens = shape
        inputs = write_tensors(self.room / "in", {
            "q": np.full((heads, rows, 4), 15, np.int8),
            "k": np.full((kv_heads, tokens, 4), 7, np.int8),
            "v": np.full((kv_heads, tokens, 4), 1, np.int8)})
        out = self.grouped(tool, inputs, sharing, *STEP, "--topk.k=1", *options)
        return self.report_of(out)["totals"]

    def test_macro(self):
        for heads, kv_heads, rows in ((12, 3, 2), (12, 1, 2), (12, 12, 2), (4, 2, 1)):
            group = heads // kv_heads
            for sharing, queries in (("multiplexed", rows * group), ("replicated", rows)):
                totals = self.latency("macro", (heads, kv_heads, rows, 2), sharing)
                self.assertEqual(totals["latency_cycles"], 94 + (queries - 1) * 66)
                self.assertEqual(totals["closed_form_cycles"], 94 + (queries - 1) * 66)
                serial = self.latency("macro", (heads, kv_heads, rows, 2), sharing,
                                      "--pipeline.schedule=sequential")
                self.assertEqual(serial["latency_cycles"], 94 * queries)

    # Two heads on one, one row and one token; Q, K and V are a beat each. fine: K and V arrive at
    # 21 and 22, V is written 23, K^T 35; Q 35 + 21 = 56; the first query is done at 150, the second
    # 66 later, its store 21 later. coarse, buffered: Q, K, V at 21, 22, 23, written 36; the second
    # query follows 94 or 66 later. sequential: Q 21, K 42, V 63, written 76.
    MULTIPLEXED = {"fine": 237, "coarse": 245, "buffered": 217, "sequential": 285}
    # Both at once, and two stores, as two heads with K and V of their own.
    REPLICATED = {"fine": 172, "coarse": 152, "buffered": 152, "sequential": 192}

    def test_soc(self):
        for sharing, wanted in (("multiplexed", self.MULTIPLEXED), ("replicated", self.REPLICATED)):
            for schedule, latency in wanted.items():
                totals = self.latency("soc", (2, 1, 1, 1), sharing,
                                      f"--pipeline.schedule={schedule}")
                with self.subTest(sharing=sharing, schedule=schedule):
                    self.assertEqual(totals["latency_cycles"], latency)

    def test_twelve_heads_on_three(self):
        """The score stage serves four queries of a token, one after the other, and a row's period
        is that of the projection or four times the slowest stage."""
        shape = ("--attention.heads=12", "--attention.kv_heads=3", "--attention.d_model=48",
                 "--attention.tokens=12")
        for sharing, period in (("multiplexed", 4 * 66), ("replicated", 74)):
            out = self.results_of("soc", *shape, f"--attention.kv_sharing={sharing}",
                                  output=sharing)
            report = self.report_of(out)
            cycles = np.load(out / "convert_cycles.npy").max(axis=2)    # [heads, rows]
            turns = 12 // (3 if sharing == "multiplexed" else 12)
            busy = {stage["name"]: (stage["rows"], stage["busy"]) for stage in report["stages"]}
            for chain, of_chain in enumerate(cycles.reshape(-1, turns * 12)):
                self.assertEqual(busy[f"head{chain}.score"],
                                 (turns * 12, int((16 + of_chain).sum())))
            self.assertNotIn(f"head{12 // turns}.score", busy)
            left = [int(line.split(",")[4]) for line in
                    (out / "rows.csv").read_text(encoding="utf-8").splitlines()[1:]]
            # Conversions differ, and the heads' stores take turns.
            rows = left[-12:]
            self.assertAlmostEqual((rows[-1] - rows[2]) / (len(rows) - 3), period, delta=4)

    def test_rows_leave_in_the_order_of_heads(self):
        tensors = grouped_qkv(6, 2, rows=4, tokens=5)
        out = self.grouped("macro", write_tensors(self.room / "in", tensors), "multiplexed")
        lines = [line.split(",")[1:5] for line in
                 (out / "rows.csv").read_text(encoding="utf-8").splitlines()[1:]]
        left = {(int(head), int(row)): int(cycle) for head, row, _, cycle in lines}
        for chain in range(2):
            turns = [left[3 * chain + member, row] for row in range(4) for member in range(3)]
            self.assertEqual(turns, sorted(turns))


class Hardware(GroupedTest):
    """A group has the arrays of one head, or a copy for each of its heads."""

    SHAPE = ("--attention.heads=12", "--attention.kv_heads=3", "--attention.d_model=48",
             "--attention.tokens=20")

    def setUp(self):
        super().setUp()
        reports = [self.report_of(
            self.results_of("soc", *self.SHAPE, f"--attention.kv_sharing={sharing}",
                            output=sharing)) for sharing in SHARINGS]
        self.shared, self.copied = ({part["name"]: part for part in report["energy"]["components"]}
                                    for report in reports)
        self.cycles = [report["totals"]["latency_cycles"] for report in reports]

    def counts(self, components, component):
        return {name: event["count"] for name, event in components[component]["events"].items()}

    def test_arrays(self):
        for component in ("key_array", "av_array", "av_ramp", "topk", "union", "divider"):
            one, four = self.shared[component], self.copied[component]
            for key in ("instances", "area_mm2"):
                self.assertAlmostEqual(four[key] / one[key], 4, places=9, msg=(component, key))
            leakage = [part["leakage_pj"] / cycles
                       for part, cycles in zip((one, four), self.cycles)]
            self.assertAlmostEqual(leakage[1] / leakage[0], 4, places=9, msg=component)

    def test_writes(self):
        shared, copied = (self.counts(parts, "writer") for parts in (self.shared, self.copied))
        for event in ("key_row_write", "value_row_write"):
            self.assertEqual(copied[event], 4 * shared[event])
        for event in ("buffer_read_byte", "buffer_write_byte"):
            self.assertEqual(copied[event], shared[event])
        self.assertEqual(shared["buffer_write_byte"], 20 * 3 * 4)     # a key of each head of K

    def test_work_of_queries(self):
        """Is the same, whoever does it."""
        for component in ("key_array", "key_ramp", "topk", "union", "exponent", "divider",
                          "av_array", "av_ramp", "projection", "projection_adc"):
            self.assertEqual(self.counts(self.shared, component),
                             self.counts(self.copied, component), component)

    def test_projections_are_as_wide_as_their_heads(self):
        counts = self.counts(self.shared, "projection_adc")
        self.assertEqual(counts["requantise"], 20 * (48 + 2 * 12))


class Observed(GroupedTest):
    """Rows are named by heads of queries, blocks by chains."""

    SHAPE = ("--attention.heads=6", "--attention.kv_heads=2", "--attention.d_model=24",
             "--attention.tokens=9")

    def test_row_story(self):
        for tool in ("macro", "soc"):
            done = self.run_tool(tool, *self.SHAPE, "--row=4:3", "--token=5")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("head 4, row 3", done.stdout)
            self.assertIn("head1.score", done.stdout)

    def test_breakpoint(self):
        done = self.run_tool("soc", *self.SHAPE, "--stop-at=row=4:3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("taken into service by head1.score", done.stdout)

    def test_timeline_of_a_row(self):
        done = self.run_tool("soc", *self.SHAPE, "--timeline=t.json", "--timeline.rows=4:3",
                             "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        events = json.loads((self.room / "t.json").read_text(encoding="utf-8"))["traceEvents"]
        spans = [event["args"] for event in events if event.get("ph") == "X"]
        self.assertIn(4, {span.get("head") for span in spans})
        counters = {event["name"] for event in events if event.get("ph") == "C"}
        self.assertTrue(any(name.startswith("score") for name in counters), counters)

    def test_waveform_around_a_row(self):
        done = self.run_tool("soc", *self.SHAPE, "--wave=w.vcd", "--wave.around=4:3", "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = (self.room / "w.vcd").read_text(encoding="utf-8")
        self.assertIn("$scope module head1 $end", text)
        self.assertNotIn("$scope module head0 $end", text)

    def test_rows_of_two_chains_are_no_window(self):
        done = self.run_tool("soc", *self.SHAPE, "--wave=w.vcd", "--wave.around=2:3-3:3")
        self.assertEqual(done.returncode, 2)

    def test_a_stuck_cell_belongs_to_an_array(self):
        """In a chain that heads share it may change what all of them find; in a copy one."""
        tensors = grouped_qkv(4, 2, rows=12, tokens=5, d_k=3)
        inputs = write_tensors(self.room / "in", tensors)
        lines = "".join(f"key, 1, 0, 0, {line}, 2, 1\n" for line in range(9))
        (self.room / "stuck.csv").write_text(lines, encoding="utf-8")
        for sharing, touched in (("multiplexed", {2, 3}), ("replicated", {1})):
            ideal = np.load(self.grouped("macro", inputs, sharing) / "topk_code.npy")
            stuck = np.load(self.grouped("macro", inputs, sharing, "--fault.stuck=stuck.csv",
                                         output="stuck") / "topk_code.npy")
            changed = {head for head in range(4) if (ideal[head] != stuck[head]).any()}
            self.assertEqual(changed, touched)

    def test_noise_of_a_shared_array_is_drawn_for_every_query(self):
        tensors = grouped_qkv(2, 1, rows=6, tokens=30, d_k=4)
        tensors["q"][1] = tensors["q"][0]
        inputs = write_tensors(self.room / "in", tensors)
        for sharing in SHARINGS:
            codes = np.load(self.grouped("macro", inputs, sharing, "--noise.score_sigma=1") /
                            "topk_code.npy")
            self.assertTrue((codes[0] != codes[1]).any(), sharing)


if __name__ == "__main__":
    main()
