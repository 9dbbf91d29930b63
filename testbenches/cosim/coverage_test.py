#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What runs say that they have covered of the pin contracts, and how it is merged.

  coverage_test.py --macro PATH --soc PATH
"""

import json
import re
import subprocess
import unittest

from topkima import places, rtl
from topkima.coverage import merged
from topkima.errors import DataError
from topkima.vectors import Vectors, elements
from tool_support import DATA, FAILED, USAGE, ToolTest, everything_in, main, names_in

HAS_RTL = (places.tools().parent / "rtl").is_dir()
SMALL = ("--attention.heads=1", "--attention.tokens=20", "--attention.d_model=16", "--ima.bits=4")
SPLIT = ("--topk.split=12,8", "--topk.sub_k=2,1")
STALL = ("--cosim.stall=0.4", "--seed=7")
ALL_CONVERT = ("--crossbar.gate_empty=false",)
THROUGH = ("--topk.stop_when_exhausted=false",)
DIRECT = ("--pipeline.queue_depth=0",)
FAST = ("--score.query_bits=2", "--score.precharge_cycles=0", "--av.bits=1",
        "--av.precharge_cycles=0", "--av.shift_add_cycles=0")
# Machines that together reach all cases but those that no machine does.
MACHINES = (
    (*SPLIT, *STALL), (*SPLIT, "--ima.ramp_lsb=40", "--attention.causal=true"),
    ("--topk.k=1", "--ima.ramp_lsb=1000"), ("--topk.k=20", "--ima.ramp_lsb=1"),
    ("--topk.k=21", *STALL, *DIRECT, *THROUGH), (*STALL, *DIRECT, *FAST, "--topk.k=3"),
    ("--topk.k=5", "--attention.valid_tokens=3"), ("--topk.k=4", "--attention.causal=true"),
    (*SPLIT, "--attention.valid_tokens=0"), ("--topk.k=20", "--topk.reach=2"),
    ("--topk.k=21", "--topk.reach=15", *THROUGH), ("--topk.k=4", "--topk.reach=12"),
    (*SPLIT, "--attention.causal=true", "--ima.ramp_lsb=1", "--softmax.score_step=1"),
)
MACHINES += tuple(("--softmax.macro=digital_topk", *more) for more in (
    (*STALL, *DIRECT), ("--topk.k=1", "--ima.ramp_lsb=1000"), ("--topk.k=3", "--ima.ramp_lsb=1"),
    ("--attention.valid_tokens=3",), ("--attention.valid_tokens=0", *ALL_CONVERT),
    ("--attention.window=3",),
    (*SPLIT, "--sort.sorters=crossbar", "--attention.valid_tokens=5"),
    ("--sort.sorters=crossbar", f"--topk.split={','.join('1' * 20)}", "--topk.k=20"),
)) + (
    ("--av.rows=8", "--topk.k=2"), (*SPLIT, "--attention.first_valid=13"),
    ("--av.rows=4", "--av.bits=2", "--av.lsb=1", "--topk.k=20", "--ima.ramp_lsb=1"),
)
# Values wait where the bus is slow.
SLOW_BUS = (*DIRECT, *FAST, "--bus.bytes_per_cycle=1", "--bus.latency_cycles=40")
# Only a second sequence has rows with fewer winners than the row before.
SEQUENCES = (*SPLIT, "--attention.causal=true", "--sequences=2")
# Software that is written for the machine does none of the last ones: hosts of users may.
BY_NONE = {"the exponent table changes between rows", "a sum of 0",
           "what is stored is read", "hardware refuses a write", "a write of some bytes",
           "a write of a register that is only read", "a read of a register that is only written",
           "an access where nothing is", "the first word"}


class CoverageTest(ToolTest):
    def cover(self, *arguments, tool="macro", directory="c", code=0, small=SMALL):
        options = (*small, *arguments, "--cosim.coverage", directory, "--quiet")
        done = self.run_tool(tool, *options, "--output", "out")
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def runs(self, directory="c"):
        return [json.loads(path.read_text())
                for path in sorted((self.room / directory).glob("run-*/index.json"))]

    def only(self, directory="c"):
        run, = self.runs(directory)
        return run

    def counts(self, *arguments, directory="c", **options):
        """By block and case, of one run."""
        self.cover(*arguments, directory=directory, **options)
        return counts_of(self.only(directory))

    def rtl_command(self, *arguments):
        return subprocess.run([places.HOME / "scripts" / "rtl", *arguments],
                              cwd=self.room, text=True, check=False, stdin=subprocess.DEVNULL,
                              capture_output=True)


def counts_of(index):
    return {entry["block"]: {case["name"]: case["times"] for case in entry["cases"]}
            for entry in index["blocks"]}


def headings(page):
    """As links name them."""
    text = (places.HOME / "docs" / "pins" / f"{page}.md").read_text()
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


class Written(CoverageTest):
    def test_every_block_has_cases_that_its_contract_describes(self):
        for block in rtl.table().single:
            self.cover(*rtl.table().machine(block), tool=rtl.table().tool(block))
        entries = {entry["block"]: entry for index in self.runs() for entry in index["blocks"]}
        rtl.expect_all("cases", list(entries), rtl.table().single)
        for entry in entries.values():
            names = [case["name"] for case in entry["cases"]]
            self.assertGreater(len(names), 5)
            self.assertEqual(len(set(names)), len(names))
            for case in entry["cases"]:
                page, _, heading = case["section"].partition("#")
                self.assertIn(page, (entry["block"], "README"))
                self.assertIn(heading, headings(page), case)

    def test_a_block_without_cases_is_missed(self):
        with self.assertRaisesRegex(DataError, "cases: nothing for another"):
            rtl.expect_all("cases", rtl.table().single, [*rtl.table().single, "another"])

    def test_results_are_the_same(self):
        left = self.results_of("macro", *SMALL, output="left")
        self.cover()
        self.assert_same_results(left, self.room / "out")

    def test_every_run_has_a_directory_of_its_own_and_nothing_else_is_left(self):
        told = [self.cover(*more).stdout for more in ((), (), ("--topk.k=2",))]
        self.assertEqual(len(set(told)), 3)
        self.assertEqual(len(names_in(self.room / "c")), 3)
        for line in told:
            name = re.fullmatch(r"coverage +c/(run-\w{6})\n", line)[1]
            self.assertEqual(names_in(self.room / "c" / name), ["index.json"])
        settings = [run["settings"] for run in self.runs()]
        self.assertIn("2", [each.get("topk.k") for each in settings])

    def test_a_run_that_fails_leaves_nothing(self):
        self.cover("--watchdog=1", code=FAILED)
        self.cover("--topk.k=0", code=USAGE)
        self.assertEqual(everything_in(self.room / "c"), [])

    def test_what_cannot_be_is_refused_at_once(self):
        (self.room / "file").write_text("")
        for directory in ("/proc/none", "file"):
            done = self.run_tool("macro", *SMALL, "--cosim.coverage", directory, "--output", "out")
            self.assert_refused(done, USAGE, "--cosim.coverage", directory)
        done = self.run_tool("macro", *SMALL, "--cosim.coverage=out/c", "--output", "out")
        self.assert_refused(done, USAGE, "lies in the output directory")
        self.assertEqual(everything_in(self.room), ["file"])

    def test_a_breakpoint(self):
        self.cover("--stop-at=row=3")
        self.assertEqual(self.only()["ended"], "breakpoint")
        part = counts_of(self.only())
        whole = self.counts(directory="whole")
        self.assertLess(sum(part["topk"].values()), sum(whole["topk"].values()))

    def test_one_document_stays_one(self):
        done = self.cover("--row=0", "--row.format=json")
        json.loads(done.stdout)
        self.assertIn("coverage", done.stderr)

    def test_many_runs_and_batches(self):
        self.cover("--runs=3", "--noise.ramp_sigma=2")
        seeds = {run["settings"].get("noise.seed", "1") for run in self.runs()}
        self.assertEqual(len(seeds), 3)
        points = [{"parameters": {"topk.k": k}} for k in (1, 4)] + [{"parameters": {"topk.k": 0}}]
        done = subprocess.run(
            [places.tool("topkima-macro"), *SMALL, "--batch", "--cosim.coverage", "b"],
            cwd=self.room, input="".join(json.dumps(point) + "\n" for point in points), text=True,
            capture_output=True, check=True)
        self.assertEqual([json.loads(line)["exit"] for line in done.stdout.splitlines()], [0, 0, 2])
        self.assertEqual(sorted(run["settings"]["topk.k"] for run in self.runs("b")), ["1", "4"])


class Cases(CoverageTest):
    def test_are_alike_at_both_fidelities(self):
        for more in (SPLIT, (*SPLIT, *STALL), (*DIRECT, *FAST)):
            self.assertEqual(
                self.counts(*more, "--fidelity=row", directory=f"row{len(more)}"),
                self.counts(*more, "--fidelity=cycle", directory=f"cycle{len(more)}"))

    def test_can_all_be_reached(self):
        for number, more in enumerate(MACHINES):
            self.cover(*more, directory=f"c/{number}")
        self.cover(*SEQUENCES, tool="soc", directory="c/soc")
        self.cover(*SLOW_BUS, tool="soc", directory="c/slow")
        everything = merged([self.room / "c"])
        never = {case.name for subject in everything.subjects.values()
                 for case in subject.cases.values() if case.times == 0}
        # Where the model is alone there is no RTL that is larger.
        larger = {name for name in never if "than the RTL" in name}
        self.assertEqual(never - larger, BY_NONE)
        self.assertEqual(len(larger), 7)

    def test_come_of_what_makes_them_alone(self):
        """A case's block and name, options with which it comes up, and without."""
        plain = self.counts("--topk.k=4", "--attention.query_rows=1", directory="plain")
        for block, case, *options in (
                ("topk", "k is 1", "--topk.k=1"),
                ("topk", "stop at the last participant", "--topk.k=5",
                 "--attention.valid_tokens=3"),
                ("topk", "stop at the end of reach, without a grant", "--topk.k=20",
                 "--topk.reach=1", "--ima.ramp_lsb=10"),
                ("topk", "k beyond all columns of the RTL", "--topk.k=21"),
                ("topk", "a grant is held back", *STALL),
                ("topk", "a step comes late", *STALL),
                ("topk", "other participants than in the conversion before",
                 "--attention.causal=true"),
                ("ramp", "a step waits for the counter", *STALL),
                ("union", "no winner", *SPLIT, "--attention.valid_tokens=0"),
                ("union", "a row waits in front while winners wait behind", *STALL, *DIRECT),
                ("softmax", "one winner", "--topk.k=1"),
                ("softmax", "exponents wait while probabilities wait", *STALL, *DIRECT)):
            with self.subTest(case=case):
                self.assertEqual(plain[block][case], 0)
                counts = self.counts(*options, directory=re.sub(r"\W", "_", case))
                self.assertGreater(counts[block][case], 0)

    def test_are_those_that_test_vectors_show(self):
        for number, more in enumerate((("--ima.ramp_lsb=40",), ("--attention.causal=true",),
                                       ("--topk.k=20", "--ima.ramp_lsb=1"))):
            vectors = f"v{number}"
            counts = self.counts(*more, "--vectors", vectors, directory=f"c{number}")
            for block, recount in RECOUNT.items():
                read = Vectors(self.room / vectors / block)
                for case, holds in recount.items():
                    expected = sum(bool(holds(given, answer, read.parameters))
                                   for _, given, answer in read.transactions())
                    self.assertEqual(counts[block][case], expected, (more, block, case))


def codes(value, p, count):
    return elements(value, p["CODE_BITS"], count, signed=True)


# Some of them counted anew, from what goes in (g), comes out (e) and the sizes of the machine.
RECOUNT = {
    "topk": {
        "a step without a crossing": lambda g, e, p: g["crossing"] == 0,
        "several crossings in a step": lambda g, e, p: g["crossing"].bit_count() > 1,
        "crossings left when the conversion stops":
            lambda g, e, p: e["stop"] and g["crossing"].bit_count() > e["grants"],
        "stop at the k-th grant": lambda g, e, p: e["stop"] and e["count"] == g["k"],
        "a stop in the first step": lambda g, e, p: e["stop"] and g["step_first"],
        "the last step without a stop": lambda g, e, p: not e["stop"] and g["step_last"]},
    "ramp": {
        "the ramp runs to its end": lambda g, e, p: e["step_last"] and not g["stop"],
        "the counter holds a step": lambda g, e, p: g["cycles"] > 1},
    "union": {
        "one winner": lambda g, e, p: e["out_count"] == 1,
        "the largest code is negative":
            lambda g, e, p: e["out_count"] and codes(e["out_max"], p, 1)[0] < 0},
    "softmax": {
        "as many winners as the RTL has": lambda g, e, p: g["in_count"] == p["WINNERS"],
        "equal codes": lambda g, e, p:
            len(set(codes(g["in_code"], p, g["in_count"]))) < g["in_count"],
        "an exponent of 0": lambda g, e, p: 0 in elements(e["exponents"], 16, g["in_count"]),
        "the largest probability": lambda g, e, p:
            2 ** p["PROB_BITS"] - 1 in elements(e["out_prob"], p["PROB_BITS"], g["in_count"])}}


@unittest.skipUnless(HAS_RTL, "needs RTL")
class WithRtl(CoverageTest):
    def test_cases_are_alike_in_the_models_place_and_beside_it(self):
        blocks = ("topk", "ramp", "union", "softmax", "shift_add")
        # A row without winners leaves every stage as the run ends.
        for number, more in enumerate((SPLIT, (*SPLIT, *STALL, *DIRECT),
                                       (*SPLIT, "--attention.valid_tokens=0", *THROUGH,
                                        *ALL_CONVERT))):
            small = (*SMALL, "--cosim.stall=0", *more)
            both = [self.counts(*(f"--model.{block}={how}" for block in blocks), small=small,
                                directory=f"{how}{number}") for how in ("rtl", "shadow")]
            self.assertEqual(*both)
        both = [self.counts("--softmax.macro=digital_topk", "--attention.valid_tokens=0",
                            *ALL_CONVERT, f"--model.sorter={how}", directory=f"sorter_{how}")
                for how in ("rtl", "shadow")]
        self.assertEqual(*both)
        index = self.only("shadow1")
        self.assertEqual({entry["block"]: entry["rtl"]["beside"] for entry in index["blocks"]},
                         dict.fromkeys(blocks, True))
        self.assertEqual({entry["name"] for entry in index["rtl"]}, {"rtl"})

    def test_sizes_are_those_of_the_rtl(self):
        counts = self.counts("--topk.k=20", "--model.topk=shadow")
        self.assertEqual(counts["topk"]["k is the number of columns of the RTL"], 0)
        self.assertGreater(counts["topk"]["a crossbar with fewer columns than the RTL"], 0)

    def test_only_heads_that_have_the_rtl_count(self):
        heads = ("--attention.heads=2", *SMALL[1:])
        one = self.counts("--model.topk=shadow", "--cosim.heads=1", small=heads, directory="one")
        two = self.counts("--model.topk=shadow", small=heads, directory="two")
        self.assertLess(one["topk"]["a step without a crossing"],
                        two["topk"]["a step without a crossing"])
        self.assertEqual(one["softmax"], two["softmax"])

    def test_a_run_without_libraries_that_count_says_what_to_do(self):
        done = self.cover("--model.ramp=shadow", "--ima.bits=5")
        if "counts" in self.only()["rtl"][0]:
            self.skipTest("they have been built")
        self.assertIn("scripts/setup rtl_coverage_ramp_rtl", done.stdout)

    def test_a_divergence(self):
        differs = ("--model.topk=shadow:two_grants", "--ima.ramp_lsb=60")
        done = self.cover(*differs, code=FAILED)
        self.assertIn("coverage        c/run-", done.stderr)
        self.assertEqual(self.only()["ended"], "divergence")
        self.cover(*differs, "--cosim.on_divergence=count", directory="d", code=FAILED)
        whole = self.only("d")
        self.assertEqual(whole["ended"], "done, with differences")
        transactions = [run["blocks"][0]["transactions"] for run in (self.only(), whole)]
        self.assertTrue(0 < transactions[0] < transactions[1], transactions)


class Merged(CoverageTest):
    def test_runs_add_up_whatever_they_are_called(self):
        for more in ((), ("--topk.k=1",), STALL):
            self.cover(*more)
        done = self.rtl_command("coverage", "c", "--json", "all.json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        runs = [counts_of(run) for run in self.runs()]
        data = json.loads((self.room / "all.json").read_text())
        self.assertEqual([run["number"] for run in data["runs"]], [1, 2, 3])
        for entry in data["contracts"]:
            self.assertEqual(entry["rtl"], "")
            for case in entry["cases"]:
                times = [run[entry["block"]][case["name"]] for run in runs]
                self.assertEqual(case["times"], sum(times))
                self.assertEqual(sorted(case["runs"].values()), sorted(filter(None, times)))
        page = (self.room / "c" / "coverage.html").read_text()
        for number, path in enumerate(sorted((self.room / "c").glob("run-*"))):
            path.rename(path.parent / f"run-{9 - number}")
        self.assertEqual(self.rtl_command("coverage", "c").stdout, done.stdout)
        self.assertEqual((self.room / "c" / "coverage.html").read_text(), page)

    def test_text_and_page_show_what_never_came_up_first(self):
        self.cover("--topk.k=3")
        done = self.rtl_command("coverage", "c", "--output", "page.html")
        counted = re.search(r"^topk, model alone: (\d+) of (\d+) cases", done.stdout, re.MULTILINE)
        self.assertLess(int(counted[1]), int(counted[2]))
        self.assertRegex(done.stdout, r"\n       never  k is 1\n")
        page = (self.room / "page.html").read_text()
        times = re.findall(r"<td>(\d+|<span class=\"never\">never</span>)</td><td>(.*?)</td>"
                           r"<td><code>docs/pins", page.partition('id="cases-topk-"')[2]
                           .partition("</section>")[0])
        self.assertEqual(len(times), int(counted[2]))
        never = [number.startswith("<") for number, _ in times]
        self.assertEqual(never, sorted(never, reverse=True))
        for number, runs in times:
            self.assertEqual(runs, "" if number.startswith("<") else '<a href="#run-1">1</a>')
        self.assertNotIn("http", page.replace("http-equiv", ""))

    def edited(self, change):
        path, = (self.room / "c").glob("run-*/index.json")
        index = json.loads(path.read_text())
        change(index)
        other = path.parent.with_name("run-other1")
        other.mkdir(exist_ok=True)
        (other / "index.json").write_text(json.dumps(index))

    def test_rtl_of_other_sources_is_refused(self):
        entry = {"block": "topk", "name": "mine", "parameters": "", "sources": "aaa", "tool": ""}
        self.cover()
        name, = names_in(self.room / "c")
        path = self.room / "c" / name / "index.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "rtl": [entry]}))
        self.edited(lambda index: index["rtl"][0].update(sources="bbb"))
        done = self.rtl_command("coverage", "c")
        self.assertEqual((done.returncode, done.stdout), (DATA, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        for word in ("topk mine", "aaa", "bbb", name, "run-other1"):
            self.assertIn(word, done.stderr)

    def counted(self, path, index, line):
        """The index with RTL of which a line of counts says this."""
        name = f"{len(line)}.dat"
        (path.parent / name).write_text(line + "\n")
        return json.dumps({**index, "rtl": [{"block": "topk", "name": "mine", "parameters": "",
                                             "sources": "aaa", "tool": "", "counts": name}]})

    def test_what_is_no_coverage_is_refused(self):
        (self.room / "empty").mkdir()
        done = self.rtl_command("coverage", "empty")
        self.assertEqual(done.returncode, DATA)
        self.assertIn("holds nothing that --cosim.coverage has written", done.stderr)
        self.cover()
        path, = (self.room / "c").glob("run-*/index.json")
        index = json.loads(path.read_text())
        for text, word in (("{", "JSON"), ("{}", "index.schema: expected str"),
                           (json.dumps({**index, "schema": "other"}), "another kind"),
                           (json.dumps({**index, "settings": 1}), "settings: expected an object"),
                           (json.dumps({**index, "blocks": [{**index["blocks"][0], "rtl": []}]}),
                            "blocks[0].rtl: expected an object"),
                           (json.dumps({**index, "blocks": [{**index["blocks"][0],
                                                             "block": "none"}]}),
                            "there is no block 'none'"),
                           *((self.counted(path, index, line), f"has a line {line[:60]!r}")
                             for line in ("no count", "C 'page' 1", "C '\1page\2v_line\1l\2x' 1",
                                          "C '\1page\2v_line\1n\0021\1f\2a\1l\0021"
                                          "\1S\0021-9999999999' 1"))):
            path.write_text(text)
            done = self.rtl_command("coverage", "c")
            self.assertEqual((done.returncode, done.stderr.count("\n")), (DATA, 1))
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    main()
