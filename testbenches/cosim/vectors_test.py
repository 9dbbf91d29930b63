#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Test vectors of blocks: against the results of the run that they are from, and against what the
pin contracts say of a block, step by step and row by row.

  vectors_test.py --macro PATH --soc PATH
"""

import re

import numpy as np

from topkima import rtl
from topkima.vectors import Vectors, as_signed, elements
from tool_support import main
from vectors_support import BLOCKS, MACHINES, OF_TOPKIMA, SMALL, SOURCE, VectorsTest

# The test that compares each block's vectors with what a run and the pin contract say.
CONTENTS = {"topk": "test_steps_of_a_counter", "ramp": "test_steps_of_a_ramp",
            "union": "test_rows_of_a_union", "sorter": "test_rows_of_sorters",
            "latch": "test_steps_of_latches", "softmax": "test_rows_of_a_softmax_unit",
            "shift_add": "test_rows_of_a_shift_and_add",
            "registers": "test_accesses_to_registers",
            "reader": "test_rows_of_a_reader"}


def controller_words():
    """Name, access and reset value of each word, as docs/register-map.md has them."""
    page = (SOURCE / "docs" / "register-map.md").read_text()
    section = re.search(r"^## controller$.*?(?=^## )", page, re.DOTALL | re.MULTILINE)[0]
    return [(name, access, int(reset, 16))
            for name, many, access, reset in re.findall(
                r"^\| 0x\w+ \| (\w+)(?:\[(\d+)\])? \| (\w+) \| (0x\w+) \|", section, re.MULTILINE)
            for _ in range(int(many or 1))]


def first_tokens(value):
    """The token of each crossbar's column 0, and how far apart those of neighbours are."""
    split = value["topk.split"]
    if value["attention.placement"] == "interleaved":
        return [(c, len(split)) for c in range(len(split))]
    return [(sum(split[:c]), 1) for c in range(len(split))]


def address_bits(count):
    return max((count - 1).bit_length(), 1)


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
                if value["topk.sub_k"] == "auto":    # by participants, of one crossbar
                    value["topk.sub_k"] = [value["topk.k"]]
                if value["topk.scope"] == "head":    # one counter, for columns of all crossbars
                    value["topk.split"] = [sum(value["topk.split"])]
                    value["topk.sub_k"] = [value["topk.k"]]
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
            first, stride = first_tokens(value)[crossbar]
            self.assertEqual(vectors.parameters["COLUMNS"], columns)
            bits, width = value["ima.bits"], address_bits(columns)
            lanes = value["topk.grants_per_cycle"]
            extra, start = value["topk.step_cycles"], value["topk.start_cycles"]
            granted, cycles, code = 0, 0, 0
            winners, top = [], None

            def ended(row):
                row = in_first(row)
                places = [(*divmod(i - first, stride), c) for i, c in self.winners(arrays, row)]
                expected = [(column, c) for column, other, c in places
                            if other == 0 and 0 <= column < columns]
                self.assertEqual(winners, expected, row)
                self.assertEqual(cycles + value["topk.tree_cycles"],
                                 arrays["convert_cycles"][row][crossbar], row)

            over = True
            for row, given, expected in vectors.transactions():
                self.assertEqual(given["step_first"], over)
                if over:
                    granted, cycles, winners, top = 0, 0, [], None
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
                self.assertEqual(given["reach"], value["topk.reach"])
                top = code if top is None and grants else top
                stop = stop or (top is not None and 0 < given["reach"] == top - code)
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
                    self.assertEqual(cycles + value["topk.start_cycles"] +
                                     value["topk.tree_cycles"],
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
                    self.assertEqual((first, given["column_stride"]), first_tokens(value)[c])
                    count = elements(given["in_count"], count_bits, len(split))[c]
                    columns = elements(given["in_column"], p["COLUMN_BITS"], len(split) * sub_k)
                    codes = elements(given["in_code"], bits, len(split) * sub_k, signed=True)
                    places = range(c * sub_k, c * sub_k + count)
                    packed += [(first + given["column_stride"] * columns[i], codes[i])
                               for i in places]
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
                self.assertIn(given["elements"], columns)
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
                                 given["elements"] * value["sort.element_cycles"] + joining)
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
                bits, count, beats, bus = (vectors.parameters[name] for name in (
                    "ADDRESS_BITS", "ROW_BITS", "ROW_BEATS", "BUS_BYTES"))
                row_bytes = report["workload"]["d_model"]
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
                    self.assertEqual(address[first.bit_length() - 1], row * row_bytes)
                    self.assertEqual(sum(address), row * row_bytes)
                    self.assertEqual(
                        elements(given["row_bytes"], (beats * bus).bit_length(), 3), [row_bytes] * 3)
                    self.assertEqual(given["places"],
                                     report["configuration"]["dma.prefetch_rows"]["value"])
                    taken = [n + (expected["offers"] >> d & 1) for d, n in enumerate(taken)]
                    rows = [n for d, n in enumerate(elements(given["rows"], count, 3))
                            if given["destinations"] >> d & 1]
                    self.assertEqual(set(rows), {tokens})
                    next_row = (row + 1) % tokens
                self.assertEqual((taken, next_row), ([tokens * sequences] * 3, 0))

    def test_rows_without_winners_come_to_a_union_only(self):
        self.written("soc", *SMALL, "--attention.valid_tokens=0",
                     "--topk.stop_when_exhausted=false", "--crossbar.gate_empty=false")
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


if __name__ == "__main__":
    main()
