#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Test vectors of blocks: against the results of the run that they are from, and against what the
pin contracts say of a block, step by step and row by row.

  vectors_test.py --macro PATH --soc PATH
"""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np

from topkima import rtl
from topkima.vectors import Vectors, as_signed, elements
from tool_support import (FAILED, USAGE, ToolTest, everything_in, main, names_in, tool_path)
from waiting import DEADLINE_S, end_by, stopping_at, wait_for_stop

SOURCE = Path(__file__).resolve().parent.parent.parent
BLOCKS = tuple(rtl.table().single_in_heads)
OF_TOPKIMA = tuple(block for block in BLOCKS
                   if "topkima" in (rtl.table().blocks[block].macros or ("topkima",)))
# The test that compares each block's vectors with what a run and the pin contract say.
CONTENTS = {"topk": "test_steps_of_a_counter", "ramp": "test_steps_of_a_ramp",
            "union": "test_rows_of_a_union", "sorter": "test_rows_of_sorters",
            "latch": "test_steps_of_latches", "softmax": "test_rows_of_a_softmax_unit",
            "shift_add": "test_rows_of_a_shift_and_add",
            "registers": "test_accesses_to_registers",
            "reader": "test_rows_of_a_reader"}
SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")
# tool, arguments, head, crossbar
MACHINES = (
    ("soc", SMALL, 0, 0),
    ("soc", (*SMALL, "--topk.split=9,7,6", "--topk.sub_k=2,1,3", "--pipeline.queue_depth=0"), 1, 2),
    ("soc", (*SMALL, "--attention.causal=true", "--topk.stop_when_exhausted=true",
             "--topk.grants_per_cycle=3", "--topk.start_cycles=4"), 0, 0),
    ("soc", (*SMALL, "--attention.valid_tokens=3", "--topk.split=12,8", "--topk.sub_k=4,4",
             "--pipeline.schedule=coarse"), 0, 1),
    ("soc", (*SMALL, "--pipeline.sequences=3", "--pipeline.schedule=buffered"), 1, 0),
    ("soc", ("--attention.heads=1", "--attention.tokens=150", "--attention.d_model=16",
             "--topk.k=9", "--softmax.prob_bits=4"), 0, 0),
    ("macro", (*SMALL, "--ima.bits=3", "--topk.step_cycles=2", "--topk.grants_per_cycle=2",
               "--softmax.exponent_interval=2", "--topk.union_cycles=3", "--fidelity=cycle"), 1, 0),
    ("macro", (*SMALL, "--softmax.exponent_cycles=0", "--softmax.divide_cycles=0", "--topk.k=1",
               "--attention.causal=true"), 0, 0),
    ("soc", (*SMALL, "--softmax.macro=digital_topk", "--attention.causal=true", "--topk.k=4",
             "--pipeline.sequences=2"), 1, 0),
    ("macro", (*SMALL, "--softmax.macro=digital_topk", "--sort.sorters=crossbar",
               "--sort.element_cycles=2", "--topk.union_cycles=3", "--topk.split=9,11",
               "--topk.sub_k=2,3", "--attention.valid_tokens=12", "--ima.ramp_lsb=40"), 0, 1),
    ("macro", (*SMALL, "--softmax.macro=conventional", "--ima.bits=4"), 1, 0),
    ("soc", (*SMALL, "--softmax.macro=conventional", "--attention.causal=true",
             "--topk.split=12,8"), 0, 1),
)


def controller_words():
    """Name, access and reset value of each word, as docs/register-map.md has them."""
    page = (SOURCE / "docs" / "register-map.md").read_text()
    section = re.search(r"^## controller$.*?(?=^## )", page, re.DOTALL | re.MULTILINE)[0]
    return [(name, access, int(reset, 16))
            for name, many, access, reset in re.findall(
                r"^\| 0x\w+ \| (\w+)(?:\[(\d+)\])? \| (\w+) \| (0x\w+) \|", section, re.MULTILINE)
            for _ in range(int(many or 1))]


def address_bits(count):
    return max((count - 1).bit_length(), 1)


class VectorsTest(ToolTest):
    def written(self, tool, *arguments):
        """A run that must succeed; returns what it printed."""
        done = self.run_tool(tool, *arguments, "--quiet", "--output", "out", "--vectors", "v")
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def results(self):
        """report, and {name: array by row}; rows of the first sequence."""
        out = self.room / "out"
        report = json.loads((out / "report.json").read_text())
        arrays = {}
        for name in ("topk_index", "topk_code", "probability", "convert_cycles", "output"):
            array = np.load(out / f"{name}.npy")
            arrays[name] = array.reshape(-1, array.shape[-1])
        return report, arrays


class Contents(VectorsTest):
    def test_every_block_has_a_test(self):
        rtl.expect_all("vectors_test.py, CONTENTS", CONTENTS, rtl.table().single)
        for test in CONTENTS.values():
            self.assertTrue(callable(getattr(self, test)), test)

    def for_each_machine(self, block, check):
        macros = rtl.table().blocks[block].macros
        for tool, arguments, head, crossbar in MACHINES:
            macro = next((word.partition("=")[2] for word in arguments
                          if word.startswith("--softmax.macro=")), "topkima")
            if macro not in (macros or ("topkima", "digital_topk")):
                continue
            with self.subTest(tool=tool, arguments=arguments):
                self.written(tool, *arguments, f"--vectors.head={head}",
                             f"--vectors.crossbar={crossbar}", f"--vectors.block={block}")
                report, arrays = self.results()
                value = {name: entry["value"] for name, entry in report["configuration"].items()}
                for name in ("topk.split", "topk.sub_k"):
                    if isinstance(value[name], int):
                        value[name] = [value[name]]
                vectors = Vectors(self.room / "v" / block)
                self.assertEqual((vectors.index["head"], vectors.index.get("crossbar", crossbar)),
                                 (head, crossbar))
                rows, heads = report["workload"]["query_rows"], report["workload"]["heads"]
                sequences = value.get("pipeline.sequences", 1) if tool == "soc" else 1
                self.assertTrue(vectors.transactions())
                for row, _, _ in vectors.transactions():
                    self.assertEqual(row // rows % heads, head)
                    self.assertLess(row, sequences * heads * rows)
                # Later sequences repeat the first.
                check(vectors, value, lambda row, h=heads, r=rows: row % (h * r), arrays, crossbar)

    def test_steps_of_a_counter(self):
        def check(vectors, value, in_first, arrays, crossbar):
            columns = value["topk.split"][crossbar]
            first = sum(value["topk.split"][:crossbar])
            place = sum(value["topk.sub_k"][:crossbar])
            self.assertEqual(vectors.parameters["COLUMNS"], columns)
            bits, width = value["ima.bits"], address_bits(columns)
            lanes = value["topk.grants_per_cycle"]
            extra, start = value["topk.step_cycles"], value["topk.start_cycles"]
            granted, cycles, code = 0, 0, 0
            winners = []

            def ended(row):
                row = in_first(row)
                index = arrays["topk_index"][row][place:place + value["topk.sub_k"][crossbar]]
                codes = arrays["topk_code"][row][place:place + value["topk.sub_k"][crossbar]]
                expected = [(i - first, c) for i, c in zip(index, codes) if i >= 0]
                self.assertEqual(winners, expected, row)
                self.assertEqual(cycles, arrays["convert_cycles"][row][crossbar], row)

            over = True
            for row, given, expected in vectors.transactions():
                self.assertEqual(given["step_first"], over)
                if over:
                    granted, cycles, winners = 0, 0, []
                    code = 1 << bits - 1
                code -= 1
                self.assertEqual(as_signed(given["step_code"], bits), code)
                self.assertEqual(given["step_last"], code == -(1 << bits - 1))
                self.assertEqual(given["k"], min(value["topk.sub_k"][crossbar], columns + 1))
                # The counter as the contract has it.
                stop, grants = False, []
                for column in range(columns):
                    if not stop and given["crossing"] >> column & 1:
                        grants.append(column)
                        granted += 1
                        stop = granted == given["k"] or (given["stop_when_exhausted"] and
                                                         granted == given["participants"])
                self.assertEqual(expected["grants"], len(grants))
                self.assertEqual(expected["count"], granted)
                self.assertEqual(expected["stop"], stop)
                self.assertEqual(elements(expected["grant_column"], width, len(grants)), grants)
                self.assertEqual(expected["grant_column"] >> width * len(grants), 0)
                self.assertEqual(as_signed(expected["grant_code"], bits), code if grants else 0)
                self.assertEqual(expected["cycles"], max(1, -(-len(grants) // lanes)) + extra +
                                 (start if over else 0))
                cycles += expected["cycles"]
                winners += [(column, code) for column in grants]
                over = stop or given["step_last"]
                if over:
                    ended(row)
            self.assertTrue(over)
        self.for_each_machine("topk", check)

    def test_steps_of_a_ramp(self):
        def check(vectors, value, in_first, arrays, crossbar):
            bits = value["ima.bits"]
            over, code, cycles = True, 0, 0
            for row, given, expected in vectors.transactions():
                self.assertEqual((given["start"], expected["step_first"]), (over, over))
                code, cycles = (1 << bits - 1, 0) if over else (code, cycles)
                code -= 1
                self.assertEqual(as_signed(expected["step_code"], bits), code)
                self.assertEqual(expected["step_last"], code == -(1 << bits - 1))
                self.assertGreater(given["cycles"], 0)
                cycles += given["cycles"]
                over = given["stop"] or expected["step_last"]
                if over:
                    self.assertEqual(cycles + value["topk.start_cycles"],
                                     arrays["convert_cycles"][in_first(row)][crossbar])
            self.assertTrue(over)
        self.for_each_machine("ramp", check)

    def winners(self, arrays, row):
        return [(int(i), int(c)) for i, c in
                zip(arrays["topk_index"][row], arrays["topk_code"][row]) if i >= 0]

    def test_rows_of_a_union(self):
        def check(vectors, value, in_first, arrays, _):
            split, sub_k = value["topk.split"], max(value["topk.sub_k"])
            bits, p = value["ima.bits"], vectors.parameters
            self.assertEqual((p["CROSSBARS"], p["SUB_K"]), (len(split), sub_k))
            count_bits = sub_k.bit_length()
            for row, given, expected in vectors.transactions():
                packed = []
                for c, first in enumerate(elements(given["first_column"], p["TOKEN_BITS"],
                                                   len(split))):
                    self.assertEqual(first, sum(split[:c]))
                    count = elements(given["in_count"], count_bits, len(split))[c]
                    columns = elements(given["in_column"], p["COLUMN_BITS"], len(split) * sub_k)
                    codes = elements(given["in_code"], bits, len(split) * sub_k, signed=True)
                    places = range(c * sub_k, c * sub_k + count)
                    packed += [(first + columns[i], codes[i]) for i in places]
                self.assertEqual(packed, self.winners(arrays, in_first(row)))
                count = expected["out_count"]
                self.assertEqual(list(zip(elements(expected["out_token"], p["TOKEN_BITS"], count),
                                          elements(expected["out_code"], bits, count, True))),
                                 packed)
                self.assertEqual(as_signed(expected["out_max"], bits),
                                 max((code for _, code in packed), default=0))
                self.assertEqual(expected["cycles"], value["topk.union_cycles"])
        self.for_each_machine("union", check)

    def test_rows_of_sorters(self):
        def check(vectors, value, in_first, arrays, _):
            p, bits = vectors.parameters, value["ima.bits"]
            by_crossbar = value["sort.sorters"] == "crossbar"
            columns = value["topk.split"] if by_crossbar else [20]
            most = value["topk.sub_k"] if by_crossbar else [value["topk.k"]]
            self.assertEqual(p["CROSSBARS"], len(columns))
            self.assertEqual(p["ELEMENTS"], max(columns))
            for row, given, expected in vectors.transactions():
                self.assertEqual(elements(given["k"], max(most).bit_length(), len(most)), most)
                fields = len(columns) * max(columns)
                enabled = elements(given["in_enabled"], 1, fields)
                tokens = elements(given["in_token"], p["TOKEN_BITS"], fields)
                codes = elements(given["in_code"], bits, fields, signed=True)
                first, winners = 0, []
                for c, count in enumerate(columns):
                    mine = [(token, code) for e, (on, token, code)
                            in enumerate(zip(enabled, tokens, codes))
                            if on and e % len(columns) == c]
                    self.assertEqual([token for token, _ in mine],
                                     list(range(first, first + len(mine))))
                    self.assertLessEqual(len(mine), count)
                    winners += sorted(mine, key=lambda each: -each[1])[:most[c]]
                    first += count
                self.assertEqual(winners, self.winners(arrays, in_first(row)))
                count = expected["out_count"]
                self.assertEqual(list(zip(elements(expected["out_token"], p["TOKEN_BITS"], count),
                                          elements(expected["out_code"], bits, count, True))),
                                 winners)
                joining = value["topk.union_cycles"] if by_crossbar else 0
                self.assertEqual(expected["cycles"],
                                 max(columns) * value["sort.element_cycles"] + joining)
        self.for_each_machine("sorter", check)

    def test_steps_of_latches(self):
        def check(vectors, value, in_first, arrays, crossbar):
            columns, bits = value["topk.split"][crossbar], value["ima.bits"]
            first = sum(value["topk.split"][:crossbar])
            self.assertEqual(vectors.parameters["COLUMNS"], columns)
            over, code, held = True, 0, {}
            for row, given, expected in vectors.transactions():
                self.assertEqual(given["step_first"], over)
                code, held = (1 << bits - 1, {}) if over else (code, held)
                code -= 1
                self.assertEqual(as_signed(given["step_code"], bits), code)
                over = given["step_last"]
                self.assertEqual(over, code == -(1 << bits - 1))
                held.update({column: code for column in range(columns)
                             if given["crossing"] >> column & 1})
                self.assertEqual(expected["cycles"], 1)
                latched = sum(1 << column for column in held) if over else 0
                self.assertEqual(expected["out_latched"], latched)
                codes = elements(expected["out_code"], bits, columns, True)
                self.assertEqual(codes, [held.get(column, 0) if over else 0
                                         for column in range(columns)])
                if over:
                    self.assertEqual(arrays["convert_cycles"][in_first(row)][crossbar], 1 << bits)
                    for token, winner in self.winners(arrays, in_first(row)):
                        self.assertEqual(held.get(token - first, winner), winner)
            self.assertTrue(over)
        self.for_each_machine("latch", check)

    def test_rows_of_a_softmax_unit(self):
        def check(vectors, value, in_first, arrays, _):
            bits, a, p = value["ima.bits"], value["softmax.prob_bits"], vectors.parameters
            by_head = (value["softmax.macro"], value["sort.sorters"]) == ("digital_topk", "head")
            self.assertEqual(p["WINNERS"],
                             value["topk.k"] if by_head else sum(value["topk.sub_k"]))
            table = [line["table_data"] for line in vectors.files["table"]]
            self.assertEqual(len(table), 1 << bits)
            for row, given, expected in vectors.transactions():
                count = given["in_count"]
                self.assertGreater(count, 0)
                tokens = elements(given["in_token"], p["TOKEN_BITS"], count)
                codes = elements(given["in_code"], bits, count, signed=True)
                row = in_first(row)
                self.assertEqual(list(zip(tokens, codes)), self.winners(arrays, row))
                largest = max(codes)
                self.assertEqual(as_signed(given["in_max"], bits), largest)
                exponents = [table[largest - code] for code in codes]
                total = sum(exponents)
                self.assertEqual(expected["exponents_count"], count)
                self.assertEqual(elements(expected["exponents_token"], p["TOKEN_BITS"], count),
                                 tokens)
                self.assertEqual(elements(expected["exponents"], 16, count), exponents)
                self.assertEqual(expected["exponents_sum"], total)
                self.assertEqual(expected["out_count"], count)
                self.assertEqual(elements(expected["out_token"], p["TOKEN_BITS"], count), tokens)
                probabilities = [(2 * e * ((1 << a) - 1) + total) // (2 * total) for e in exponents]
                self.assertEqual(elements(expected["out_prob"], a, count), probabilities)
                self.assertEqual(probabilities, list(arrays["probability"][row][:count]))
                for half in ("exponent", "divide"):
                    self.assertEqual(expected[f"{half}_cycles"],
                                     value[f"softmax.{half}_cycles"] +
                                     count * value[f"softmax.{half}_interval"])
        self.for_each_machine("softmax", check)

    def test_rows_of_a_shift_and_add(self):
        def check(vectors, value, in_first, arrays, _):
            p, bits = vectors.parameters, value["av.bits"]
            self.assertEqual((p["SLICES"], p["CODE_BITS"]), (value["av.value_bits"] - 1, bits))
            width = bits + p["SLICES"] + (p["ARRAYS"] - 1).bit_length()
            for row, given, expected in vectors.transactions():
                codes = np.array(elements(given["in_code"], bits, p["ARRAYS"] * p["SLICES"] *
                                          p["D_K"], signed=True))
                sums = np.tensordot([1 << s for s in range(p["SLICES"])], codes.reshape(
                    p["ARRAYS"], p["SLICES"], p["D_K"]).sum(axis=0), 1)
                self.assertEqual(elements(expected["out_value"], width, p["D_K"], signed=True),
                                 sums.tolist())
                self.assertEqual((value["av.lsb"] * sums).tolist(),
                                 arrays["output"][in_first(row)].tolist())
                self.assertEqual(expected["cycles"], value["av.shift_add_cycles"])
        self.for_each_machine("shift_add", check)

    def test_accesses_to_registers(self):
        words = controller_words()
        for tool, arguments, *_ in MACHINES:
            if tool != "soc":
                continue
            with self.subTest(arguments=arguments):
                self.written(tool, *arguments, "--vectors.block=registers")
                report, _ = self.results()
                heads = report["workload"]["heads"]
                sequences = report["configuration"]["pipeline.sequences"]["value"]
                vectors = Vectors(self.room / "v" / "registers")
                self.assertNotIn("head", vectors.index)
                stored = [reset if access in ("RW", "W1C") else 0 for _, access, reset in words]
                written, read, raised = [], {}, 0
                for row, given, expected in vectors.transactions():
                    self.assertEqual((row, given["refused"]), (0, 0))
                    stored = [value | more for value, more in
                              zip(stored, elements(given["raised"], 32, len(words)))]
                    raised += given["raised"].bit_count()
                    word, name = given["address"] // 4, words[given["address"] // 4][0]
                    access = words[word][1]
                    self.assertEqual(expected["response"], 0)
                    self.assertEqual(expected["written"], given["write"])
                    if given["write"]:
                        self.assertEqual(given["wstrb"], 15)
                        written.append((name, given["wdata"]))
                        stored[word] = (given["wdata"] if access == "RW" else
                                        stored[word] & ~given["wdata"] if access == "W1C" else 0)
                    else:
                        self.assertEqual(access, "RO")
                        hardware = elements(given["hardware"], 32, len(words))
                        self.assertEqual(expected["rdata"], hardware[word])
                        read[name] = read.get(name, []) + [expected["rdata"]]
                    self.assertEqual(elements(expected["stored"], 32, len(words)), stored)
                # What the firmware does, and how often which doorbell rings.
                self.assertEqual(written.count(("CONTROL", 1)), 1)
                self.assertEqual(written.count(("DOORBELL", 5)), heads * sequences)
                self.assertEqual([written.count(("DOORBELL", bell)) for bell in (1, 2, 3, 4)],
                                 [sequences] * 4)
                self.assertEqual((raised, written[-1]), (1, ("IRQ_STATUS", 1)))
                low, high = read["CYCLES"]
                self.assertEqual(low | high << 32, report["totals"]["latency_cycles"])

    def test_rows_of_a_reader(self):
        for tool, arguments, *_ in MACHINES:
            if tool != "soc":
                continue
            with self.subTest(arguments=arguments):
                self.written(tool, *arguments, "--vectors.block=reader")
                report, _ = self.results()
                tokens, sequences = (report["workload"]["tokens"],
                                     report["configuration"]["pipeline.sequences"]["value"])
                vectors = Vectors(self.room / "v" / "reader")
                bits, count = (vectors.parameters[name] for name in ("ADDRESS_BITS", "ROW_BITS"))
                self.assertNotIn("head", vectors.index)
                taken, next_row, command = [0, 0, 0], 0, None
                for row, given, expected in vectors.transactions():
                    self.assertEqual(given.pop("start"), next_row == 0)
                    command = given if next_row == 0 else command
                    self.assertEqual((given, row), (command, next_row))
                    # All rows of X: one that several take is read for the first of them.
                    self.assertEqual(elements(given["source"], bits, 3), [0, 0, 0])
                    self.assertEqual(expected["offers"], given["destinations"])
                    first = given["destinations"] & -given["destinations"]
                    self.assertEqual(expected["reads"], first)
                    address = elements(expected["address"], bits, 3)
                    self.assertEqual(address[first.bit_length() - 1], row * given["row_bytes"])
                    self.assertEqual(sum(address), row * given["row_bytes"])
                    self.assertEqual(given["row_bytes"], report["workload"]["d_model"])
                    self.assertEqual(given["places"],
                                     report["configuration"]["dma.prefetch_rows"]["value"])
                    taken = [n + (expected["offers"] >> d & 1) for d, n in enumerate(taken)]
                    rows = [n for d, n in enumerate(elements(given["rows"], count, 3))
                            if given["destinations"] >> d & 1]
                    self.assertEqual(set(rows), {tokens})
                    next_row = (row + 1) % tokens
                self.assertEqual((taken, next_row), ([tokens * sequences] * 3, 0))

    def test_rows_without_winners_come_to_a_union_only(self):
        self.written("soc", *SMALL, "--attention.valid_tokens=0")
        counts = {block: Vectors(self.room / "v" / block).index["rows"]["count"]
                  for block in OF_TOPKIMA}
        self.assertEqual(counts, {"topk": 20, "ramp": 20, "union": 20, "softmax": 0,
                                  "shift_add": 0})

    def test_package_and_index_say_the_same(self):
        for block in BLOCKS:
            self.written("soc", *SMALL, *rtl.table().machine(block), f"--vectors.block={block}")
            index = Vectors(self.room / "v" / block).index
            package = (self.room / "v" / block / f"{block}_vectors_pkg.sv").read_text()
            constants = dict(re.findall(r"localparam int (\w+) = (\d+);", package))
            for name, value in index["parameters"].items():
                self.assertEqual(constants.pop(name), str(value))
            for file in index["files"]:
                what = re.fullmatch(rf"{block}_(\w+)\.hex", file["name"])[1]
                self.assertEqual(constants.pop(f"{what.upper()}_LINES"), str(file["lines"]))
                body = re.search(rf"packed {{([^}}]*)}} {what}_t;", package)[1]
                fields = [(name, int(msb or 0) + 1) for msb, name in
                          re.findall(r"logic (?:\[(\d+):0\] )?(\w+);", body)]
                self.assertEqual(fields, [(f["name"], f["msb"] - f["lsb"] + 1)
                                          for f in file["fields"]])
                self.assertEqual([f["lsb"] for f in file["fields"]],
                                 [sum(width for _, width in fields[i + 1:])
                                  for i in range(len(fields))])
                self.assertEqual(file["bits"], sum(width for _, width in fields))
            self.assertEqual(constants, {})


class Runs(VectorsTest):
    def test_results_do_not_depend_on_vectors(self):
        for tool, arguments, head, crossbar in MACHINES:
            with self.subTest(arguments=arguments):
                plain = self.results_of(tool, *arguments, output="plain")
                self.written(tool, *arguments, f"--vectors.head={head}",
                             f"--vectors.crossbar={crossbar}")
                self.assert_same_results(plain, self.room / "out")

    def test_rows_asked_for(self):
        for block in BLOCKS:
            small = (*SMALL, *rtl.table().machine(block))
            self.written("soc", *small, "--vectors.head=1", f"--vectors.block={block}")
            everything = Vectors(self.room / "v" / block)
            self.written("soc", *small, "--vectors.head=1", f"--vectors.block={block}",
                         "--vectors.rows=15-24")
            some = Vectors(self.room / "v" / block)
            self.assertEqual(some.transactions(), [transaction for transaction in
                                                   everything.transactions()
                                                   if transaction[0] <= 24])
            self.assertEqual(some.index["rows"], {"count": 5, "first": 20, "last": 24})

    def test_blocks_have_directories_of_their_own(self):
        text = self.written("soc", *SMALL, "--vectors.block=union,topk,union")
        self.assertRegex(text, r"\Avectors         v/union, 20 transactions\n"
                               r"vectors         v/topk, \d+ transactions\n\Z")
        self.assertEqual(names_in(self.room / "v"), ["topk", "union"])
        before = (self.room / "v" / "topk" / "index.json").read_bytes()
        self.written("soc", *SMALL, "--vectors.block=union,softmax", "--topk.k=3")
        self.assertEqual(names_in(self.room / "v"), ["softmax", "topk", "union"])
        self.assertEqual((self.room / "v" / "topk" / "index.json").read_bytes(), before)
        self.assertEqual(Vectors(self.room / "v" / "union").parameters["SUB_K"], 3)

    def test_a_run_that_stops_leaves_whole_transactions(self):
        self.written("soc", *SMALL)
        everything = [Vectors(self.room / "v" / block).transactions() for block in OF_TOPKIMA]
        self.written("soc", *SMALL, "--stop-at=row=6")
        for block, whole in zip(OF_TOPKIMA, everything):
            some = Vectors(self.room / "v" / block).transactions()
            self.assertGreater(len(some), 2)
            self.assertEqual(some, whole[:len(some)])
            self.assertLess(len(some), len(whole))

    def test_an_interrupted_run_tidies_up(self):
        process = subprocess.Popen(
            [tool_path("soc"), "--pipeline.sequences=4", "--vectors", "v", "--output", "out",
             "--vectors.rows=0-20", "--quiet"],
            cwd=self.room, env=stopping_at("slice:2"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        wait_for_stop(process)
        end_by(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE_S)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertIn("vectors         v/topk", errors)
        self.assertEqual(names_in(self.room), ["v"])
        for block in OF_TOPKIMA:
            Vectors(self.room / "v" / block)

    def test_the_script(self):
        done = subprocess.run(
            [SOURCE / "scripts" / "vectors", "--tool", tool_path("soc"), "--block", "topk,softmax",
             "--output", "v", "--", "--vectors.head=2", "--topk.k=4"], cwd=self.room,
            capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(names_in(self.room), ["v"])
        self.assertEqual(names_in(self.room / "v"), ["softmax", "topk"])
        softmax = Vectors(self.room / "v" / "softmax")
        self.assertEqual((softmax.index["head"], softmax.parameters["WINNERS"]), (2, 4))
        self.assertEqual(len(softmax.transactions()), 65)
        self.assertIn("--topk.k=4", softmax.index["command_line"])


class Refusals(VectorsTest):
    def refuse(self, code, words, *arguments):
        with self.subTest(arguments=arguments):
            before = everything_in(self.room)
            self.assert_refused(self.run_tool("soc", *SMALL, *arguments), code, *words)
            self.assertEqual(everything_in(self.room), before)

    def test_options(self):
        vectors = ("--vectors", "v")
        for words, arguments in (
                (("vectors",), ("--vectors", "")),
                (("--vectors", "twice"), (*vectors, *vectors)),
                (("vectors.block", "--vectors DIR"), ("--vectors.block=topk",)),
                (("vectors.head", "--vectors DIR"), ("--vectors.head=0",)),
                (("vectors.block", "'adc'", "ramp"), (*vectors, "--vectors.block=topk,adc")),
                (("vectors.block", "topkima has no digital sorters", "union, softmax or shift_add"),
                 (*vectors, "--vectors.block=sorter")),
                (("vectors.block", "list"), (*vectors, "--vectors.block=,")),
                (("vectors.head", "no head 2", "0..1"), (*vectors, "--vectors.head=2")),
                (("vectors.head", "x"), (*vectors, "--vectors.head=x")),
                (("vectors.crossbar", "no crossbar 1"), (*vectors, "--vectors.crossbar=1")),
                (("vectors.rows", "40", "39"), (*vectors, "--vectors.rows=1-40")),
                (("vectors.rows", "head 1", "the first is one of head 0"),
                 (*vectors, "--vectors.rows=0-19", "--vectors.head=1")),
                (("vectors.rows",), (*vectors, "--vectors.rows=2-1")),
                (("cosim.stall",), (*vectors, "--cosim.stall=0.1")),
                (("output directory",), ("--vectors", "out", "--output", "out")),
                (("v/topk/out", "vectors' directory"), (*vectors, "--output", "v/topk/out")),
                (("v/ramp/t.json", "vectors' directory"), (*vectors, "--timeline",
                                                           "v/ramp/t.json")),
                (("both",), (*vectors, "--timeline", "v/union"))):
            self.refuse(USAGE, words, *arguments)

    def test_places_that_cannot_be_written(self):
        (self.room / "file").write_text("")
        self.refuse(USAGE, ("file/topk",), "--vectors", "file")
        other = self.room / "other" / "softmax"
        other.mkdir(parents=True)
        (other / "index.json").write_text("{}")
        self.refuse(USAGE, ("other/softmax", "--vectors"), "--vectors", "other")

    def test_full_disk(self):
        disk = self.room / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
        if shutil.which("mount") is None or subprocess.run(
                mount, capture_output=True, check=False).returncode != 0:
            self.skipTest("no permission to mount a small file system")
        try:
            self.refuse(FAILED, ("disk/topk/topk_", ".hex", "No space left"),
                        "--attention.tokens=200", "--vectors", "disk", "--vectors.block=topk")
        finally:
            subprocess.run(["umount", str(disk)], check=True)


if __name__ == "__main__":
    main()
