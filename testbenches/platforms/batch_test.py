#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--batch: points on standard input, answers on standard output.

  batch_test.py --macro PATH --soc PATH
"""

import json
import random
import re
import signal
import subprocess
from pathlib import Path

from tool_support import (DATA, FAILED, USAGE, ToolTest, float_qkv, main, projected, tool_path,
                          write_tensors)
from waiting import DEADLINE_S, end_by, has_ended, stopped_below, stopping_at, wait_until

SMALL = ("--attention.heads=2", "--attention.tokens=12", "--attention.d_model=16")
# A second slice of simulation is in the long point alone.
LONG = {"attention.tokens": 600, "report.float_reference": False}
SHORT = {"attention.tokens": 20}
IN_LONG = "slice:2"


class BatchTest(ToolTest):
    def start(self):
        process = subprocess.Popen([tool_path("macro"), "--batch"], cwd=self.room,
                                   env=stopping_at(IN_LONG), text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for end in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(end.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def answers(self, tool, points, *arguments, environment=None):
        done = subprocess.run([tool_path(tool), "--batch", *arguments], cwd=self.room, text=True,
                              input="".join(json.dumps(point) + "\n" for point in points),
                              env=environment, capture_output=True, timeout=DEADLINE_S,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([answer["id"] for answer in answers],
                         [point.get("id") for point in points])
        return answers

    def ask(self, process, number, parameters):
        print(json.dumps({"id": number, "parameters": parameters}), file=process.stdin, flush=True)

    def start_in_a_point(self):
        """A batch, and the child in which its point 1 has stopped."""
        process = self.start()
        self.ask(process, 1, LONG)
        return process, wait_until(lambda: stopped_below(process.pid), "the point to stop")[0]


def measured(answer):
    """What does not depend on how long it took."""
    return {key: value for key, value in answer.items() if key != "seconds"}


class Values(BatchTest):
    def random_points(self, tool, count, seed):
        rng = random.Random(seed)
        points = []
        for number in range(count):
            parameters = {"topk.k": rng.randint(1, 9), "ima.bits": rng.randint(3, 6),
                          "attention.tokens": rng.choice([9, 14]),
                          "attention.valid_tokens": rng.choice(["all", 7]),
                          "attention.causal": rng.choice([True, False]),
                          "workload.seed": rng.randint(1, 2),
                          "crossbar.columns": rng.choice([5, 256]),
                          "pipeline.queue_depth": rng.randint(0, 3)}
            if tool == "soc":
                parameters["pipeline.schedule"] = rng.choice(["fine", "coarse", "buffered"])
            points.append({"id": number, "parameters": parameters})
        return points

    def test_each_point_is_as_in_a_run_of_its_own(self):
        for tool in ("macro", "soc"):
            points = self.random_points(tool, 12, seed=4)
            for point, answer in zip(points, self.answers(tool, points, *SMALL)):
                options = [f"--{name}={str(value).lower()}"
                           for name, value in point["parameters"].items()]
                out = self.results_of(tool, *SMALL, *options)
                report = json.loads((out / "report.json").read_text())
                metrics = answer["metrics"]
                for name in ("latency_cycles", "tops", "mean_conversion_cycles", "mean_winners"):
                    self.assertEqual(metrics[name], report["totals"][name], name)
                self.assertEqual(metrics["alpha"], report["early_stop"]["alpha"])
                for name, value in report["float_reference"].items():
                    if name in metrics:
                        self.assertEqual(metrics[name], value, name)
                self.assert_stages(metrics, report)
                given = {name: " ".join(str(entry["value"]).split())
                         for name, entry in report["configuration"].items()}
                self.assertEqual(set(answer["configuration"]), set(given))
                self.assertEqual(answer["configuration"]["topk.k"], given["topk.k"])

    def assert_stages(self, metrics, report):
        latency = report["totals"]["latency_cycles"]
        kinds = {stage["kind"] for stage in report["stages"]}
        # Stages that this machine has not are there without a value.
        self.assertEqual(kinds, {name.rsplit(".", 1)[0] for name, value in metrics.items()
                                 if name.endswith(".busy") and value is not None})
        for kind in kinds:
            stages = [stage for stage in report["stages"] if stage["kind"] == kind]
            for name in ("busy", "starved", "blocked"):
                cycles = sum(stage[name] if name == "busy" else stage[name]["total"]
                             for stage in stages)
                self.assertAlmostEqual(metrics[f"{kind}.{name}"], cycles / len(stages) / latency)
            self.assertEqual(metrics[f"{kind}.path"],
                             report["critical_path"]["cycles"].get(kind, 0))
            faster = report["critical_path"]["latency_if_twice_as_fast"][kind]
            self.assertAlmostEqual(metrics[f"{kind}.gain"], (latency - faster) / latency)

    def test_no_point_depends_on_those_before_it(self):
        for tool in ("macro", "soc"):
            points = self.random_points(tool, 30, seed=9)
            straight = self.answers(tool, points, *SMALL)
            shuffled = random.Random(1).sample(points, len(points))
            again = {answer["id"]: answer for answer in self.answers(tool, shuffled, *SMALL)}
            for answer in straight:
                self.assertEqual(measured(answer), measured(again[answer["id"]]))

    def test_points_may_have_inputs_of_their_own(self):
        write_tensors(self.room / "a", projected(seed=1))
        write_tensors(self.room / "b", projected(tokens=7, seed=2))
        (self.room / "b" / "meta.ini").write_text("heads = 2\n")
        heads = {"attention.heads": 1}
        a, b, again = self.answers("soc", [{"input": "a", "parameters": heads}, {"input": "b"},
                                           {"input": "a", "parameters": heads}])
        self.assertEqual(measured(a), measured(again))
        self.assertEqual((a["configuration"]["attention.tokens"],
                          a["configuration"]["attention.heads"]),
                         ("5", "1"))
        self.assertEqual((b["configuration"]["attention.tokens"],
                          b["configuration"]["attention.heads"]),
                         ("7", "2"))

    def test_what_a_run_does_not_have_is_null(self):
        answer, = self.answers("macro", [{"parameters": {"report.float_reference": False}}], *SMALL)
        self.assertIsNone(answer["metrics"]["cosine_similarity"])
        self.assertGreater(answer["metrics"]["latency_cycles"], 0)

    def test_winners_that_no_row_has_are_told_of(self):
        """As in a run's report; the tokens are 12."""
        points = [{"resolve": resolve, "parameters": {"topk.k": k}}
                  for k in (12, 14) for resolve in (True, False)]
        self.assertEqual([answer.get("winners_beyond_participants")
                          for answer in self.answers("macro", points, *SMALL)],
                         [None, None, 2, 2])
        report = json.loads((self.results_of("macro", *SMALL, "--topk.k=14") /
                             "report.json").read_text())
        self.assertEqual(report["winners_beyond_participants"], 2)

    def test_a_point_can_be_resolved_without_a_run(self):
        answer, = self.answers("soc", [{"id": "x", "resolve": True, "parameters":
                                        {"crossbar.columns": 8, "topk.k": 5}}], *SMALL)
        self.assertEqual(set(answer), {"id", "exit", "configuration", "identity", "files"})
        self.assertEqual(answer["configuration"]["topk.split"], "8,4")
        self.assertEqual(answer["configuration"]["topk.sub_k"], "3,2")

    def test_list_metrics(self):
        for tool in ("macro", "soc"):
            entries = re.findall(r"^(\S+)(?: \[(.+)\])?\n    (.+)$",
                                 self.run_tool(tool, "--list-metrics").stdout, re.MULTILINE)
            listed = json.loads(self.run_tool(tool, "--list-metrics=json").stdout)
            self.assertEqual([(each["name"], each["unit"], each["meaning"]) for each in listed],
                             entries)
            self.assertIn(("latency_cycles", "cycles"), [entry[:2] for entry in entries])
            self.assert_refused(self.run_tool(tool, "--list-metrics=xml"), USAGE, "xml",
                                "text or json")

    def test_the_bottleneck_saves_most(self):
        for point in self.answers("soc", self.random_points("soc", 8, seed=2), *SMALL):
            gains = {name[:-len(".gain")]: value for name, value in point["metrics"].items()
                     if name.endswith(".gain")}
            self.assertEqual(gains[point["bottleneck"]], max(gains.values()))


class BadPoints(BatchTest):
    def test_a_bad_point_is_told_and_the_next_is_answered(self):
        write_tensors(self.room / "bad", {**float_qkv(), "k": float_qkv(tokens=4)["k"]})
        points = [({"parameters": {"topk.kk": 5}}, USAGE, "did you mean 'topk.k'"),
                  ({"parameters": {"topk.k": 0}}, USAGE, "topk.k = '0'"),
                  ({"parameters": {"topk.k": []}}, USAGE, "topk.k is not a text"),
                  ({"parameters": {"crossbar.rows": 65}}, USAGE, "crossbar.rows"),
                  ({"parameter": {}}, USAGE, "'parameter'"),
                  ({"limit_s": 0}, USAGE, "limit_s"),
                  ({"input": "nowhere"}, DATA, "nowhere"),
                  ({"input": "bad"}, DATA, "k.npy"),
                  ({"parameters": {"attention.tokens": 900000, "attention.heads": 4000,
                                   "attention.d_model": 4000000}}, None, "")]
        good = {"parameters": {"topk.k": 2}}
        answers = self.answers("macro", [each for point, _, _ in points for each in (point, good)],
                               *SMALL)
        for (point, code, words), answer in zip(points, answers[::2]):
            if code is not None:
                self.assertEqual(answer["exit"], code, point)
            self.assertNotEqual(answer["exit"], 0, point)
            self.assertIn(words, answer["message"])
        for answer in answers[1::2]:
            self.assertEqual(measured(answer), measured(answers[1]))

    def test_a_line_that_is_no_object_is_answered_by_its_number(self):
        done = subprocess.run([tool_path("macro"), "--batch", *SMALL], cwd=self.room, text=True,
                              input='{"id":1}\n{"id":\n[]\n\n{"id":%s}\n{"id":5}' % ("[" * 200_000),
                              capture_output=True,
                              timeout=DEADLINE_S, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([answer["exit"] for answer in answers], [0, 2, 2, 2, 2, 0])
        self.assertIn("line 2: not a JSON object", answers[1]["message"])

    def test_an_id_comes_back_as_it_was_and_with_what_is_wrong(self):
        large = str(2**64 + 1)
        good = [large, f"-{large}", "0.1000", "1e400", '"\\u0041\\ud83d\\ude00 }"', "null", "true",
                '[1, {"a": "]"}]', '{"id": 7}', "9" * 300]
        wrong = [('{"parameters": {"topk.k": 2}, "id": %s, "input": "a\0b"}', "column", "is a NUL"),
                 ('{"id": %s, "parameters": {"topk.k": "2\\u0000"}}', "topk.k holds a NUL"),
                 ('{"id": %s, "input": "in\\u0000put"}', "input holds a NUL"),
                 ('{"id": %s, "parameters": ' + "[" * 9 + "]" * 9 + "}", "nested deeper than 8"),
                 ('{"id": %s, "parameters": ' + "[" * 100_000 + "}", "nested deeper than 8"),
                 ('{"id": %s, "parameters": {"topk.k": 2}', "not a JSON object"),
                 ('{"id": %s, "limit_s": 1e400}', "not a JSON object"),
                 ('{"id": %s 2}', "not a JSON object")]
        lines = [(f'{mark}{{"id": {each}, "resolve": true}}', each, 0, ()) for each in good
                 for mark in ("", "\N{ZERO WIDTH NO-BREAK SPACE}")]
        lines += [(text.replace("%s", each), each, USAGE, words)
                  for text, *words in wrong for each in (large, '"a"')]
        # What is no JSON of its own is nobody's id.
        lines += [(f'{{"id": {each}}}', "null", USAGE, ["not a JSON object"])
                  for each in ("", "01", "nan", "'a'", '"\\ud800"', "[1,")]
        done = subprocess.run([tool_path("macro"), "--batch", *SMALL], cwd=self.room,
                              input="\n".join(line for line, *_ in lines), text=True,
                              capture_output=True, timeout=DEADLINE_S, check=True)
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), len(lines))
        for number, ((line, given, code, words), text) in enumerate(zip(lines, answers), 1):
            with self.subTest(line=line[:80]):
                self.assertTrue(text.startswith(f'{{"id":{given},"exit":{code},'), text[:400])
                message = json.loads(text).get("message", "")
                for word in words:
                    self.assertIn(word, message)
                if "line" in message:
                    self.assertIn(f"line {number}: ", message)

    def test_of_a_line_that_is_no_point_is_told_where_and_why(self):
        lines = [(b'{"id":"\xff"}', "null", "column 8 is no UTF-8"),
                 (b'{"id":7,"input":"a\xc3"}', "7", "column 19 is no UTF-8"),
                 (b'{"id":7} trailing', "7", "column 10: something is behind the object"),
                 (b'{"id":7}{"id":8}', "7", "column 9: something is behind the object"),
                 (b'{"id":7,"resolve":treu}', "7", "column 21: "),
                 (b'{"id":7,"resolve":true', "7", "column 23: "),
                 (b'[7]', "null", "but of type array"),
                 (b'{"id":7,"limit_s":1e400}', "7", "1e400"),
                 (b'{"id":7,"input":"a","input":"a"}', "7", "'input' is given twice"),
                 (b'{"id":7,"resolve":true,"id":8}', "8", "'id' is given twice"),
                 (b'{"id":7,"parameters":{"topk.k":3,"ima.bits":5,"topk.\\u006b":4}}', "7",
                  "parameters: 'topk.k' is given twice")]
        done = subprocess.run([tool_path("macro"), "--batch", *SMALL], cwd=self.room,
                              input=b"\n".join(line for line, *_ in lines), capture_output=True,
                              timeout=DEADLINE_S, check=True)
        answers = done.stdout.decode().splitlines()
        self.assertEqual(len(answers), len(lines))
        for (line, given, words), answer in zip(lines, answers):
            with self.subTest(line=line):
                self.assertTrue(answer.startswith(f'{{"id":{given},"exit":{USAGE},'), answer)
                self.assertIn(words, json.loads(answer)["message"])

    def test_a_number_is_repeated_as_it_was_written(self):
        for number in ("9" * 23, "1.50000000000000000000001e9", "-0.0"):
            for point in (f'{{"parameters": {{"topk.k": {number}}}}}', f'{{"resolve": {number}}}'):
                done = subprocess.run([tool_path("macro"), "--batch", *SMALL], input=point,
                                      text=True, capture_output=True, timeout=DEADLINE_S,
                                      check=True)
                self.assertRegex(json.loads(done.stdout)["message"],
                                 rf"(topk\.k|'resolve') = '?{re.escape(number)}\b")

    def test_what_is_long_is_not_repeated_in_full(self):
        for point in ({"parameters": {"topk.k": "9" * 10_000}}, {"parameters": {"x" * 10_000: 1}},
                      {"parameters": {"energy.technology": "t" * 999}},
                      {"y" * 10_000: "z" * 10_000},
                      {"parameters": {"pipeline.schedule": "\N{GREEK SMALL LETTER PI}" * 400}}):
            answer, = self.answers("macro", [point], *SMALL)
            self.assertEqual(answer["exit"], USAGE)
            self.assertLess(len(answer["message"]), 900)
            self.assertIn("...", answer["message"])
            self.assertNotIn("\N{REPLACEMENT CHARACTER}", answer["message"])

    def test_options_that_are_for_one_run_are_refused(self):
        for option in (["--output", "x"], ["--wave", "x.vcd"], ["--row", "1"]):
            self.assert_refused(self.run_tool("soc", "--batch", *option), USAGE, option[0])
        self.assert_refused(self.run_tool("soc", "--batch", "--config", "nowhere.ini"), USAGE,
                            "nowhere.ini")
        self.assert_refused(self.run_tool("soc", "--batch", "--input", "nowhere"), DATA, "nowhere")

    def test_standard_output_that_is_full(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([tool_path("macro"), "--batch", *SMALL], input='{"id":1}\n' * 3,
                                  text=True, stdout=full, stderr=subprocess.PIPE,
                                  timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("standard output cannot be written", done.stderr)


class Ends(BatchTest):
    def test_a_point_that_dies_is_one_failed_point(self):
        process, child = self.start_in_a_point()
        end_by(child, signal.SIGSEGV)
        answer = json.loads(process.stdout.readline())
        self.assertEqual((answer["id"], answer["exit"]), (1, FAILED))
        self.assertIn("signal 11", answer["message"])
        self.ask(process, 2, SHORT)
        self.assertEqual(json.loads(process.stdout.readline())["exit"], 0)
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE_S), 0)

    def test_a_point_that_takes_too_long_is_ended(self):
        answers = self.answers("macro", [{"parameters": LONG, "limit_s": 0.05},
                                         {"parameters": SHORT, "limit_s": DEADLINE_S}],
                               environment=stopping_at(IN_LONG))
        self.assertEqual([answer["exit"] for answer in answers], [FAILED, 0])
        self.assertIn("took longer than 0.05 s", answers[0]["message"])

    def test_the_point_ends_with_the_batch(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process, child = self.start_in_a_point()
            process.send_signal(number)
            self.assertEqual(process.wait(DEADLINE_S), -number)
            self.assertFalse(Path(f"/proc/{child}").exists())

    def test_a_batch_that_waits_ends_by_one_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1,
                       signal.SIGXCPU):
            process = self.start()
            self.ask(process, 1, SHORT)
            self.assertEqual(json.loads(process.stdout.readline())["exit"], 0)
            process.send_signal(number)
            self.assertEqual(process.wait(DEADLINE_S), -number)

    def test_a_batch_that_nobody_reads_ends(self):
        process, child = self.start_in_a_point()
        process.stdout.close()
        self.assertEqual(process.wait(DEADLINE_S), FAILED)
        self.assertFalse(Path(f"/proc/{child}").exists())

    def test_a_batch_that_is_killed_leaves_no_point_behind(self):
        process, child = self.start_in_a_point()
        process.kill()
        wait_until(lambda: has_ended(child), "the point to end")


if __name__ == "__main__":
    main()
