# SPDX-License-Identifier: Apache-2.0
"""The validator on timelines of random machines, and on timelines that are
broken one way at a time."""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path

import trace_events

COUNT = 40
_writer = None

TRACK = {"pid": 2, "tid": 7}
GOOD = {"displayTimeUnit": "ns", "traceEvents": [
    {"ph": "M", "pid": 2, "name": "process_name", "args": {"name": "head0"}},
    {"ph": "M", **TRACK, "name": "thread_name", "args": {"name": "score"}},
    {"ph": "X", **TRACK, "ts": 0, "dur": 2, "cat": "busy", "name": "row 1", "args": {}},
    {"ph": "s", **TRACK, "ts": 0, "id": 1, "cat": "way", "name": "way"},
    {"ph": "X", **TRACK, "ts": 2, "dur": 1, "cat": "busy", "name": "row 2", "args": {}},
    {"ph": "t", **TRACK, "ts": 2, "id": 1, "cat": "way", "name": "way", "bp": "e"},
    {"ph": "X", **TRACK, "ts": 3, "dur": 2, "cat": "busy", "name": "row 3", "args": {}},
    {"ph": "f", **TRACK, "ts": 4, "id": 1, "cat": "way", "name": "way", "bp": "e"},
    {"ph": "C", "pid": 2, "ts": 1, "name": "queue", "args": {"rows": 1}},
    {"ph": "C", "pid": 2, "ts": 3, "name": "queue", "args": {"rows": 0}}]}


class Validator(unittest.TestCase):
    def test_good(self):
        self.assertEqual(trace_events.problems_of(GOOD), [])

    def test_broken(self):
        def drop(event, field):
            return lambda t: t["traceEvents"][event].pop(field)

        def change(event, **fields):
            return lambda t: t["traceEvents"][event].update(fields)

        def remove(event):
            return lambda t: t["traceEvents"].pop(event)

        cases = [
            (drop(2, "dur"), "without 'dur'"), (drop(2, "ts"), "without 'ts'"),
            (drop(3, "id"), "without 'id'"), (drop(8, "args"), "without 'args'"),
            (drop(2, "ph"), "phase None"), (change(2, ph="Z"), "phase 'Z'"),
            (change(2, dur=-1), "dur is -1"), (change(4, dur=0), "dur is 0"),
            (change(2, ts=Decimal("0.1"), dur=Decimal("0.2")), "do not add up"),
            (change(2, ts="0"), "ts is '0'"),
            (change(2, ts=True), "ts is True"), (change(2, pid="2"), "pid is '2'"),
            (change(2, colour=1), "'colour' is unknown"), (change(5, bp="x"), "bp is 'x'"),
            (change(2, dur=3), "overlaps"), (change(4, ts=1), "overlaps"),
            (remove(0), "no process_name of pid 2"), (remove(1), "no thread_name of pid 2, tid 7"),
            (change(1, name="thread_nane"), "'thread_nane' is unknown"),
            (drop(1, "tid"), "names no track"), (change(0, args={"label": "x"}), "no 'name'"),
            (remove(3), "goes tf"), (remove(7), "goes st"), (change(5, ph="s"), "goes ssf"),
            (change(7, ts=5), "no slice"), (drop(7, "bp"), "next slice"),
            (change(3, ts=1), None), (change(5, ts=1), None),
            (change(7, ts=0), "back in time"), (change(8, ts=4), "back in time"),
            (change(8, args={"rows": "1"}), "are numbers"), (change(8, args={}), "are numbers"),
            (change(9, args={"columns": 1}), "changes its series"),
            (lambda t: t.update(displayTimeUnit="us"), "displayTimeUnit"),
            (lambda t: t.update(traceEvents={}), "no object with a list")]
        for damage, message in cases:
            trace = copy.deepcopy(GOOD)
            damage(trace)
            found = trace_events.problems_of(trace)
            with self.subTest(message=message):
                if message is None:
                    self.assertEqual(found, [])
                else:
                    self.assertIn(message, "\n".join(found))

    def test_declared_twice(self):
        trace = copy.deepcopy(GOOD)
        trace["traceEvents"].append(trace["traceEvents"][1])
        self.assertIn("declared again", trace_events.problems_of(trace)[0])

    def test_files(self):
        with tempfile.TemporaryDirectory() as room:
            path = Path(room) / "t.json"
            for text in ("", "{", '{"traceEvents":[]} x', '{"a":1,"a":2}', "[NaN]", "[]"):
                path.write_text(text)
                with self.subTest(text=text):
                    self.assertEqual(len(trace_events.problems(path)), 1)
            path.write_text('{"traceEvents":[]}')
            self.assertEqual(trace_events.problems(path), [])
            self.assertEqual(len(trace_events.problems(Path(room) / "none")), 1)
            script = [sys.executable, trace_events.__file__]
            self.assertEqual(subprocess.run([*script, path], check=False).returncode, 0)
            path.write_text("[]")
            done = subprocess.run([*script, path], check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(path), done.stderr)


class Timelines(unittest.TestCase):
    def test_random_machines(self):
        with tempfile.TemporaryDirectory() as room:
            subprocess.run([_writer, room, str(COUNT)], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            self.assertEqual(sorted(os.listdir(room)), sorted(f"{i}.json" for i in range(COUNT)))
            for name in os.listdir(room):
                with self.subTest(name=name):
                    self.assertEqual(trace_events.problems(Path(room) / name)[:5], [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Other arguments go to unittest.")
    parser.add_argument("--writer", required=True, help="path of write_timelines")
    arguments, others = parser.parse_known_args()
    _writer = os.path.abspath(arguments.writer)
    unittest.main(argv=[sys.argv[0], *others])
