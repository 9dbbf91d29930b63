#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libtopkima_arith in Python, without any package: the reference of a cocotb testbench.

    arith = Arith("build/lib/libtopkima_arith.so")
    conversion = arith.convert_codes([1, 2, 1, -4, 2], bits=3, k=3)

Ranges and meanings are those of topkima_arith.h; what it refuses raises ArithError. As a program
(argument: the library) it checks numbers worked by hand.
"""

import sys
from array import array
from ctypes import (CDLL, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_uint32,
                    c_void_p)
from typing import NamedTuple


class ArithError(ValueError):
    """A negative return code."""

    def __init__(self, function, code, text):
        super().__init__(f"{function}: {text}")
        self.code = code


class ConversionConfig(Structure):
    _fields_ = [(name, c_int32) for name in ("bits", "k", "stop_when_exhausted",
                                             "grants_per_cycle", "step_cycles", "start_cycles",
                                             "grant_cycles", "tree_cycles", "reach")]


class ConversionResult(Structure):
    _fields_ = [(name, c_int32) for name in ("steps", "cycles", "count")]


class TopkCycle(Structure):
    _fields_ = [(name, c_int32) for name in ("pending", "grants", "count", "step_done", "stop")]


class ValueConfig(Structure):
    _fields_ = [(name, c_int32) for name in ("d_k", "slices", "array_rows", "bits", "lsb",
                                             "prob_bits")]


class Conversion(NamedTuple):
    columns: list  # winners in the order of the grants
    codes: list
    steps: int
    cycles: int


class Cycle(NamedTuple):
    columns: list  # granted in this cycle
    pending: int   # requests before the grants
    count: int     # grants of this conversion with these
    step_done: bool
    stop: bool


def ints(values):
    # By way of an array, which raises OverflowError where ctypes would cut bits off.
    return (c_int32 * len(values))(*array("i", values))


def doubles(values):
    return (c_double * len(values))(*values)


class Arith:
    def __init__(self, path):
        self.library = CDLL(str(path))
        for name in ("topkima_version", "topkima_error_text"):
            getattr(self.library, name).restype = c_char_p
        self.version = self.library.topkima_version().decode()

    def call(self, name, *arguments):
        array("i", [a for a in arguments if isinstance(a, int)])  # OverflowError, see ints
        code = getattr(self.library, "topkima_" + name)(*arguments)
        if code < 0:
            raise ArithError(name, code, self.library.topkima_error_text(code).decode())

    def quantise(self, values, q_max):
        """Integers and their scale."""
        output, scale = ints([0] * len(values)), c_double()
        self.call("quantise", doubles(values), len(values), q_max, output, byref(scale))
        return list(output), scale.value

    def scores(self, query, keys):
        """Scores of one query [d_k] against keys [columns][d_k]."""
        output = ints([0] * len(keys))
        flat = ints([value for key in keys for value in key])
        self.call("scores", ints(query), flat, len(query), len(keys), output)
        return list(output)

    def ramp_code(self, value, lsb, bits):
        code = c_int32()
        self.call("ramp_code", value, lsb, bits, byref(code))
        return code.value

    def ramp_codes(self, scores, lsb, bits):
        output = ints([0] * len(scores))
        self.call("ramp_codes", ints(scores), len(scores), lsb, bits, output)
        return list(output)

    def conversion_config(self, **fields):
        """The reference configuration, but for `fields`."""
        config = ConversionConfig()
        self.call("conversion_init", byref(config))
        for name, value in fields.items():
            if not hasattr(config, name):
                raise TypeError(f"a conversion has no {name}")
            setattr(config, name, value)
        return config

    def convert_codes(self, codes, **fields):
        return self.convert("convert_codes", codes, (), fields)

    def convert_scores(self, scores, lsb, **fields):
        return self.convert("convert_scores", scores, (lsb,), fields)

    def convert(self, function, values, lsb, fields):
        config = self.conversion_config(**fields)
        room = max(0, min(config.k, len(values)))
        columns, codes, result = ints([0] * room), ints([0] * room), ConversionResult()
        self.call(function, byref(config), ints(values), len(values), *lsb, columns, codes,
                  byref(result))
        return Conversion(columns[:result.count], codes[:result.count], result.steps,
                          result.cycles)

    def union(self, crossbars, first_columns, column_stride=1):
        """Tokens, their codes and the largest one, of [(columns, codes)] per crossbar. Tokens of
        neighbouring columns are column_stride apart."""
        stride = max((len(columns) for columns, _ in crossbars), default=0)
        counts = [len(columns) for columns, _ in crossbars]

        def padded(lists):
            return ints([v for values in lists for v in [*values, *[0] * (stride - len(values))]])

        tokens, codes = ints([0] * sum(counts)), ints([0] * sum(counts))
        count, largest = c_int32(), c_int32()
        self.call("union", len(crossbars), stride, ints(counts), padded(c for c, _ in crossbars),
                  padded(c for _, c in crossbars), ints(first_columns), column_stride,
                  tokens, codes, byref(count), byref(largest))
        return list(tokens), list(codes), largest.value

    def exponent_table(self, bits, score_step):
        table = ints([0] * 2 ** max(0, min(bits, 16)))
        self.call("exponent_table", bits, c_double(score_step), table)
        return list(table)

    def exponents(self, codes, table, bits):
        """Exponents of a row's winners, and their sum."""
        output, total = ints([0] * len(codes)), c_int64()
        self.call("exponents", ints(codes), len(codes), ints(table), bits, output, byref(total))
        return list(output), total.value

    def divide(self, exponent, total, prob_bits=5):
        probability = c_int32()
        self.call("divide", exponent, c_int64(total), prob_bits, byref(probability))
        return probability.value

    def probabilities(self, exponents, total, prob_bits=5):
        output = ints([0] * len(exponents))
        self.call("probabilities", ints(exponents), len(exponents), c_int64(total), prob_bits,
                  output)
        return list(output)

    def weighted_values(self, values, winners, probabilities, **fields):
        """Outputs [d_k] of values [tokens][d_k]."""
        config = ValueConfig()
        self.call("value_init", byref(config))
        config.d_k = len(values[0])
        for name, value in fields.items():
            if not hasattr(config, name):
                raise TypeError(f"AV arrays have no {name}")
            setattr(config, name, value)
        output = ints([0] * config.d_k)
        self.call("weighted_values", byref(config), ints([v for row in values for v in row]),
                  len(values), ints(winners), ints(probabilities), len(winners), output)
        return list(output)


class Topk:
    """Arbiter, encoder and counter of one crossbar, clock by clock."""

    def __init__(self, arith):
        self.arith, self.circuit = arith, c_void_p()
        arith.call("topk_create", byref(self.circuit))

    def __del__(self):
        if self.circuit:
            self.arith.call("topk_destroy", self.circuit)

    def begin(self, columns, participants, **fields):
        config = self.arith.conversion_config(**fields)
        self.arith.call("topk_begin", self.circuit, byref(config), columns, participants)
        self.words, self.lanes = (columns + 31) // 32, config.grants_per_cycle

    def step(self, crossing):
        """`crossing`: the columns whose comparators fire."""
        words = [0] * self.words
        for column in crossing:
            words[column // 32] |= 1 << column % 32
        self.arith.call("topk_step", self.circuit, (c_uint32 * self.words)(*words))

    def clock(self):
        columns, cycle = ints([0] * self.lanes), TopkCycle()
        self.arith.call("topk_clock", self.circuit, columns, byref(cycle))
        return Cycle(columns[:cycle.grants], cycle.pending, cycle.count, bool(cycle.step_done),
                     bool(cycle.stop))


def check(what, got, expected):
    if got != expected:
        sys.exit(f"{what}: {got}, expected {expected}")


def main(path):
    arith = Arith(path)
    # Largest score of the published configuration: 5-bit queries, 15-level keys, d_k = 64.
    check("scores", arith.scores([15] * 64, [[7] * 64, [-7] * 64]), [6720, -6720])
    # max 15, q_max 15: scale 1, halves go to even.
    check("quantise", arith.quantise([15, 0.5, 1.5, 2.5, -0.5, -3.5], 15),
          ([15, 0, 2, 2, 0, -4], 1.0))
    # lsb 4: floor((2 s + 4) / 8).
    check("ramp_codes", arith.ramp_codes([2, 1, -2, -3, -6, -7], 4, 5), [1, 0, 0, -1, -1, -2])
    check("ramp_code", arith.ramp_code(6720, 4, 5), 15)
    # 3 bits, k = 3. Code 3: nobody; 2: columns 1, then 4; 1: column 0 is the third and stops.
    check("convert_codes", arith.convert_codes([1, 2, 1, -4, 2], bits=3, k=3),
          Conversion([1, 4, 0], [2, 2, 1], 3, 4))
    # The same with a cycle more per step.
    check("convert_scores", arith.convert_scores([1, 2, 1, -4, 2], 1, bits=3, k=3, step_cycles=1),
          Conversion([1, 4, 0], [2, 2, 1], 3, 7))
    topk = Topk(arith)
    topk.begin(5, 5, bits=3, k=3)
    topk.step([])
    check("code 3", topk.clock(), Cycle([], 0, 0, True, False))
    topk.step([1, 4])
    check("code 2, first", topk.clock(), Cycle([1], 2, 1, False, False))
    check("code 2, second", topk.clock(), Cycle([4], 1, 2, True, False))
    topk.step([0, 2])
    check("code 1", topk.clock(), Cycle([0], 2, 3, True, True))
    # Published: 384 tokens in crossbars of 256 and 128 columns, k_1 = 3, k_2 = 2.
    check("union", arith.union([([5, 0, 9], [7, 7, 3]), ([127, 1], [8, -2])], [0, 256]),
          ([5, 0, 9, 383, 257], [7, 7, 3, 8, -2], 8))
    # 32768 e^-d: 12054.67, 4434.67, 1631.42.
    check("exponent_table", arith.exponent_table(2, 1.0), [32768, 12055, 4435, 1631])
    check("exponents", arith.exponents([0, 1, -1], [32768, 12055, 4435, 1631], 2),
          ([12055, 32768, 4435], 49258))
    # 31 E / S = 7.59, 20.62, 2.79; a half rounds up.
    check("probabilities", arith.probabilities([12055, 32768, 4435], 49258), [8, 21, 3])
    check("divide", arith.divide(32768, 65536), 16)
    # One array. 20 * 5: slices 0 and 2 hold 20 -> code 7 (6.67); 3 * 7 * (1 + 4) = 105.
    check("weighted_values", arith.weighted_values([[5], [0]], [0], [20]), [105])
    try:
        arith.ramp_code(0, 0, 5)
        sys.exit("a ramp step of 0 is accepted")
    except ArithError as error:
        check("code of a bad parameter", error.code, -3)
    print(f"libtopkima_arith {arith.version}: as computed by hand")


if __name__ == "__main__":
    main(sys.argv[1])
