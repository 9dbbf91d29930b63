#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rows: what they took, what is usual, and the names by which users call them."""

import csv
import json
import re
import subprocess
import sys

import numpy as np

from tool_support import USAGE, ToolTest, main
from waiting import DEADLINE_S

HEADS, ROWS = 2, 20
SMALL = (f"--attention.tokens={ROWS}", f"--attention.heads={HEADS}", "--attention.d_model=16",
         "--topk.split=12,8")
PARTS = ("waited", "busy", "blocked")


def rows_of(directory):
    with (directory / "rows.csv").open(newline="") as file:
        return [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]


def rank_of(usual):
    """The words for how far from usual a time is; none where it is usual."""
    for word, unusual, share in (("more", usual["cycles"] > usual["p90"], usual["share_faster"]),
                                 ("less", usual["cycles"] < usual["p10"], usual["share_slower"])):
        if unusual:
            return [word, "than", f"{100 * share:.0f}%"]
    return []


class RowsTest(ToolTest):
    def told(self, tool, *arguments):
        done = self.run_tool(tool, *SMALL, *arguments, "--quiet", "--output", "out")
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def report(self):
        return json.loads((self.room / "out/report.json").read_text())


class Table(RowsTest):
    def test_it_is_what_accounts_and_stories_say(self):
        for tool in ("macro", "soc"):
            story = json.loads(self.told(tool, "--row=27", "--row.format=json"))
            rows, report = rows_of(self.room / "out"), self.report()
            self.assertEqual([(row["id"], row["head"], row["row"]) for row in rows],
                             [(i, i // ROWS, i % ROWS) for i in range(HEADS * ROWS)])
            for stage in report["stages"]:
                head, _, kind = stage["name"].rpartition(".")
                if not head.startswith("head"):
                    continue
                mine = [row for row in rows if row["head"] == int(head[4:])]
                for part, cycles in (("busy", stage["busy"]),
                                     ("blocked", stage["blocked"]["total"])):
                    self.assertEqual(sum(row[f"{kind}.{part}"] for row in mine), cycles,
                                     f"{stage['name']}, {part}")
            for stay in story["stages"]:
                head, _, kind = stay["name"].rpartition(".")
                if head.startswith("head"):
                    self.assertEqual(rows[27][f"{kind}.blocked"], sum(stay["blocked_by"].values()))
                    self.assertEqual(sum(rows[27][f"{kind}.{part}"] for part in PARTS),
                                     stay["left"] - stay["arrived"], stay["name"])
            for row in rows:
                self.assertEqual(row["cycles"], row["left"] - row["arrived"])
                self.assertGreater(row["cycles"], 0)

    def test_percentiles_of_the_report(self):
        self.told("soc")
        rows, found = rows_of(self.room / "out"), self.report()["totals"]["rows"]
        self.assertEqual(found["count"], HEADS * ROWS)
        places = {"in_head": found["in_head"]}
        for kind, parts in found["stages"].items():
            places |= {f"{kind}.{part}": spread for part, spread in parts.items()}
        self.assertEqual({name for name in rows[0] if "." in name} | {"in_head"}, set(places))
        for name, spread in places.items():
            values = np.sort([row["cycles" if name == "in_head" else name] for row in rows])
            expected = {"mean": values.mean(), "least": values[0], "most": values[-1]}
            for key, share in (("p10", .1), ("median", .5), ("p90", .9), ("p99", .99)):
                expected[key] = values[int(np.ceil(share * len(values))) - 1]
            self.assertEqual(spread, {**spread, **expected}, name)

    def test_both_fidelities_and_streams(self):
        tables = []
        for fidelity in ("row", "cycle"):
            self.told("soc", "--sequences=3", f"--fidelity.all={fidelity}")
            tables.append((self.room / "out/rows.csv").read_bytes())
            self.assertEqual(self.report()["totals"]["rows"]["count"], 3 * HEADS * ROWS)
        self.assertEqual(*tables)

    def test_other_machines(self):
        for arguments in (("--softmax=conventional",), ("--softmax=digital_topk",),
                          ("--scaling=left_shift",), ("--pipeline.queue_depth=0",),
                          ("--attention.valid_tokens=0",)):
            self.told("soc", *arguments)
            self.assertTrue(all(row["left"] >= row["arrived"] for row in
                                rows_of(self.room / "out")), arguments)
            self.assertEqual(self.report()["totals"]["rows"]["count"], HEADS * ROWS)


class Usual(RowsTest):
    def test_the_story_says_what_is_usual(self):
        self.told("soc")
        rows = rows_of(self.room / "out")
        slowest = max(rows, key=lambda row: row["score.busy"])
        text = self.told("soc", f"--row={slowest['id']}")
        values = sorted(row["score.busy"] for row in rows)
        low, median, high = (values[int(np.ceil(share * len(values))) - 1]
                             for share in (.1, .5, .9))
        faster = sum(value < slowest["score.busy"] for value in values)
        self.assertIn(f"what is usual, of {HEADS * ROWS} rows\n", text)
        self.assertRegex(text, rf"  score +busy +{slowest['score.busy']} +{median} +{low}\.\.{high}"
                               rf"  more than {100 * faster / len(values):.0f}%\n")
        self.assertRegex(text, rf"  its head +in all +{slowest['cycles']} ")
        story = json.loads(self.told("soc", f"--row={slowest['id']}", "--row.format=json"))
        mine = {(one["stage"], one["what"]): one for one in story["usual"]}
        self.assertEqual(mine["score", "busy"], {
            "stage": "score", "what": "busy", "cycles": slowest["score.busy"],
            "rows": len(rows), "p10": low, "median": median, "p90": high,
            "share_faster": faster / len(rows),
            "share_slower": 0})
        self.assertEqual(mine[None, "in all"]["cycles"], slowest["cycles"])

    def test_rows_in_json_are_one_document(self):
        for rows, kind in (("27", dict), ("0:3,27", list)):
            done = self.run_tool("soc", *SMALL, f"--row={rows}", "--row.format=json",
                                 "--timeline=t.json", "--what-if", "--output", "out")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIsInstance(json.loads(done.stdout), kind)
            for words in ("critical path", "timeline   ", "full report"):
                self.assertIn(words, done.stderr)

    def test_what_is_usual_is_not_listed(self):
        """But for the whole way of the row, which always is."""
        self.told("soc")
        row = max(rows_of(self.room / "out"), key=lambda row: row["score.busy"])["id"]
        usual = json.loads(self.told("soc", f"--row={row}", "--row.format=json"))["usual"]
        *others, whole = usual
        self.assertEqual((whole["stage"], whole["what"]), (None, "in all"))
        unusual = [one for one in others if not one["p10"] <= one["cycles"] <= one["p90"]]
        self.assertTrue(0 < len(unusual) < len(others))
        lines = self.told("soc", f"--row={row}").partition("what is usual")[2].partition("\n\n")[0]
        *listed, last = [line.split() for line in lines.splitlines()[2:]]
        self.assertEqual(listed, [
            [*(one["stage"] or "its head").split(), *one["what"].split(), str(one["cycles"]),
             str(one["median"]), f"{one['p10']}..{one['p90']}", *rank_of(one)]
            for one in [*unusual, whole]])
        count = len(others) - len(unusual)
        self.assertEqual(last, f"{count} other time{'s' * (count > 1)} as usual".split())


class Names(RowsTest):
    def test_a_row_of_a_head_is_the_row_of_that_id(self):
        for name in ("--row", "--wave.around", "--stop-at"):
            def asked(row):
                more = {"--wave.around": ("--wave=w.vcd",)}.get(name, ())
                value = f"row={row}" if name == "--stop-at" else row
                text = self.told("soc", f"{name}={value}", *more)
                dump = self.room / "w.vcd"
                return text, dump.read_bytes() if dump.exists() else b""
            self.assertEqual(asked("1:7"), asked("27"), name)
            self.assertEqual(asked("0:1:7"), asked("27"), name)
        for name, more in (("--timeline.rows", ("--timeline=t.json",)),
                           ("--vectors.rows", ("--vectors=v", "--vectors.head=1"))):
            made = []
            for rows in ("25-27", "1:5-7", "1:5-1:7"):
                self.told("soc", f"{name}={rows}", *more)
                made.append({path.relative_to(self.room): path.read_bytes()
                             for path in self.room.rglob("*") if path.is_file()
                             and path.parts[-2] != "out" and path.name != "index.json"})
            self.assertEqual(made[0], made[1])
            self.assertEqual(made[1], made[2])

    def test_test_vectors_are_of_the_head_whose_rows_are_named(self):
        made = []
        for head in ((), ("--vectors.head=1",)):
            self.told("soc", "--vectors=v", "--vectors.rows=1:5-1:7", *head)
            made.append({path: path.read_bytes() for path in (self.room / "v").rglob("*")
                         if path.is_file() and path.name != "index.json"})
        self.assertGreater(len(made[0]), 5)
        self.assertEqual(made[0], made[1])

    def test_blanks_around_a_value_and_before_a_unit(self):
        self.assertEqual(self.told("soc", "--row", " 1:7 ,3 ", "--token= 2"),
                         self.told("soc", "--row=27,0:3", "--token=2"))
        made = []
        for window in (("--wave.from=1 us", "--wave.to", " 1500 ns "),
                       ("--wave.from=200", "--wave.to=300")):
            self.told("soc", "--wave=w.vcd", *window, "--timeline=t.json", "--timeline.rows= 25-27")
            made.append([(self.room / name).read_bytes() for name in ("w.vcd", "t.json")])
        self.assertEqual(made[0], made[1])

    def test_several(self):
        self.assertEqual(self.told("soc", "--row=1:7,3"), self.told("soc", "--row=27,0:3"))

    def test_scripts_row_takes_them_too(self):
        self.told("soc")
        row = [sys.executable, "-m", "topkima", "row"]
        texts = [subprocess.run([*row, name, "out"], cwd=self.room, capture_output=True, text=True,
                                timeout=DEADLINE_S, check=True).stdout for name in ("1:7", "27")]
        self.assertEqual(*texts)
        self.assertIn("row 27 (head 1, row 7)", texts[0])
        self.assertIn("what is usual", texts[0])

    def test_of_a_range_for_a_waveform(self):
        self.told("soc", "--wave=one.vcd", "--wave.around=1:7")
        self.told("soc", "--wave=two.vcd", "--wave.around=1:5-7")
        first = [int(re.search(r"^#(\d+)", (self.room / name).read_text(), re.M)[1])
                 for name in ("one.vcd", "two.vcd")]
        self.assertGreater(first[0], first[1])

    def test_refused(self):
        for options, *words in (
                (("--row=2:0",), "--row", "no head 2", "0..1"),
                (("--row=0:20",), "--row", "no row 20", "0..19"),
                (("--row=1:0:0",), "--row", "no row 40"),
                (("--row=1:2:3:4",), "--row", "HEAD:ROW"),
                (("--row=:1",), "--row"),
                (("--stop-at=row=9:1",), "--stop-at", "no head 9"),
                (("--wave=w.vcd", "--wave.around=0:19-1:0"), "wave.around", "two heads"),
                (("--timeline=t.json", "--timeline.rows=1:7-5"), "timeline.rows", "B lies before")):
            done = self.run_tool("soc", *SMALL, *options)
            self.assert_refused(done, USAGE, *words)


if __name__ == "__main__":
    main()
