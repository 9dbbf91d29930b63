# SPDX-License-Identifier: Apache-2.0
"""The integer encoder written down from docs/encoder.md in Python's integers, number by number.

It reads model packages with nothing but configparser and numpy; attention heads are computed by the
C library. Slow, and shares no code with topkima.training.
"""

import configparser
import math
from pathlib import Path

import numpy as np
import selection_reference


def clamp(value, low, high):
    return max(low, min(high, value))


def requant(acc, m, q_max=127):
    return clamp((2 * q_max * acc + m) // (2 * m), -q_max, q_max)


def add(h, d, gain):
    return clamp(h + (gain * d + 128) // 256, -32768, 32767)


def normalise(h, gain, bias):
    d = len(h)
    total = sum(h)
    u = [d * value - total for value in h]
    r = max(1, math.isqrt(sum(value * value for value in u) // d))
    e = r.bit_length()
    rho = 2**(e + 15) // r
    return [clamp((g * (value * rho // 2**(e + 3)) + b + 2**19) // 2**20, -127, 127)
            for value, g, b in zip(u, gain, bias)]


def product(rows, weights):
    return (np.asarray(rows, np.int64) @ weights.astype(np.int64)).tolist()


class Package:
    """A model package; predict() gives the class scores of a sample."""

    def __init__(self, directory, arith):
        self.directory, self.arith = Path(directory), arith
        self.ini = configparser.ConfigParser(interpolation=None)
        self.ini.read(self.directory / "model.ini")
        self.model = {key: int(text) if text.isdigit() else text
                      for key, text in self.ini["model"].items()}
        p = self.parameters = {key: int(text) if text.isdigit() else text
                               for key, text in self.ini["parameters"].items()}
        self.q_max = 2**(p["score.query_bits"] - 1) - 1
        self.k_max = 2**p["score.key_cells"] - 1
        self.v_max = 2**(p["av.value_bits"] - 1) - 1
        self.prob_max = 2**p["softmax.prob_bits"] - 1
        self.d_k = self.model["d_model"] // self.model["heads"]
        self.kv_heads = self.model.get("kv_heads", self.model["heads"])

    def tensor(self, name, kind):
        tensor = np.load(self.directory / f"{name}.npy")
        assert tensor.dtype == kind, (name, tensor.dtype)
        return tensor

    def numbers(self, section, key, kind=int):
        return [kind(text) for text in self.ini[section][key].split(",")]

    def rows(self, x):
        if self.model["task"] == "text":
            rows = np.zeros((len(x), self.model["inputs"]), np.int64)
            rows[np.arange(len(x)), x] = 127
            return rows
        patch, rows = self.model["patch"], [[0] * self.model["inputs"]]
        for down in range(0, self.model["height"], patch):
            for across in range(0, self.model["width"], patch):
                part = x[down:down + patch, across:across + patch].reshape(-1)
                rows.append([max(int(pixel) - 128, -127) for pixel in part])
        return rows

    def machine(self):
        """As selection_reference takes it; what the package does not say is as ever."""
        def several(name):
            given = self.ini["parameters"].get(name)
            return None if given in (None, "auto", "none") else [int(n) for n in given.split(",")]

        p = self.parameters
        valid = p.get("attention.valid_tokens")
        return {"attention.causal": p["attention.causal"] == "true",
                "attention.valid_tokens": valid,
                "attention.first_valid": p.get("attention.first_valid", 0),
                "attention.window": p.get("attention.window"),
                "attention.segments": several("attention.segments"),
                "attention.placement": p.get("attention.placement", "blocked"),
                "topk.split": several("topk.split"), "topk.sub_k": several("topk.sub_k"),
                "topk.sub_k_by": p.get("topk.sub_k_by", "participants"),
                "topk.scope": p.get("topk.scope", "crossbar"), "topk.k": p["topk.k"],
                "topk.reach": p.get("topk.reach", 0), "ima.bits": p["ima.bits"],
                "softmax.macro": p["softmax.macro"]}

    def head(self, section, head, q, k, v):
        p = self.parameters
        lsb = self.numbers(section, "ramp_lsb")[head]
        q_range = self.numbers(section, "query_range", float)[head]
        k_range = self.numbers(section, "key_range", float)[self.shared(head)]
        step = lsb * (q_range / self.q_max) * (k_range / self.k_max) * (1 / math.sqrt(self.d_k))
        table = self.arith.exponent_table(p["ima.bits"], step)
        machine = self.machine()
        for number, row in enumerate(q):
            codes = self.arith.ramp_codes(self.arith.scores(row, k), lsb, p["ima.bits"])
            tokens = selection_reference.winners(codes, number, machine)
            if not tokens:
                yield [0] * self.d_k
                continue
            e, total = self.arith.exponents([codes[token] for token in tokens], table,
                                            p["ima.bits"])
            shares = self.arith.probabilities(e, total, p["softmax.prob_bits"])
            out = self.arith.weighted_values(
                v, tokens, shares, slices=p["av.value_bits"] - 1, array_rows=p["av.rows"],
                bits=p["av.bits"], lsb=self.value_step(), prob_bits=p["softmax.prob_bits"])
            yield [requant(value, self.v_max * self.prob_max) for value in out]

    def value_step(self):
        """Of the AV arrays' ramp; auto: the smallest odd one that holds the largest probability."""
        given, half = self.parameters["av.lsb"], 2 ** (self.parameters["av.bits"] - 1)
        return given if given != "auto" else next(
            odd for odd in range(1, self.prob_max + 2, 2) if odd * half >= self.prob_max)

    def shared(self, head):
        """The head of K and V that a head of Q uses."""
        return head // (self.model["heads"] // self.kv_heads)

    def linear(self, rows, name, section, key):
        m, = self.numbers(section, key)
        products = product(rows, self.tensor(name, np.int8))
        return [[requant(acc, m) for acc in row] for row in products]

    def norm(self, rows, name):
        gain, bias = self.tensor(name, np.int32).tolist()
        return [normalise(row, gain, bias) for row in rows]

    def attention(self, x, number):
        section = f"layer{number}"
        heads = self.model["heads"]
        acc = {name: product(x, self.tensor(f"{section}.{name}", np.int8))
               for name in ("query", "key", "value")}
        q_m, k_m = (self.numbers(section, f"{name}_maximum") for name in ("query", "key"))
        v_m = self.numbers(section, "value_maximum") * self.kv_heads
        matrices = (("query", q_m, self.q_max), ("key", k_m, self.k_max),
                    ("value", v_m, self.v_max))
        parts = []
        for h in range(heads):
            parts.append(self.head(section, h, *(
                [[requant(value, m[of], largest) for value in row[of * self.d_k:][:self.d_k]]
                 for row in acc[name]]
                for (name, m, largest), of in zip(matrices, (h, *[self.shared(h)] * 2)))))
        return [sum(row, []) for row in zip(*parts)]

    def branch(self, h, d, section, key):
        gain = int(self.ini[section][key])
        return [[add(a, b, gain) for a, b in zip(*rows)] for rows in zip(h, d)]

    def predict(self, x):
        """Integer class scores, of an image [classes], of a text [tokens][classes]."""
        d = self.linear(self.rows(x), "embed", "embedding", "maximum")
        h = self.branch(self.tensor("position", np.int16).tolist(), d, "embedding", "gain")
        for number in range(self.model["layers"]):
            name = f"layer{number}"
            a = self.attention(self.norm(h, f"{name}.norm1"), number)
            d = self.linear(a, f"{name}.output", name, "output_maximum")
            h = self.branch(h, d, name, "output_gain")
            f = self.linear(self.norm(h, f"{name}.norm2"), f"{name}.expand", name, "expand_maximum")
            table = self.tensor(f"{name}.gelu", np.int8).tolist()
            e = [[table[value + 127] for value in row] for row in f]
            d = self.linear(e, f"{name}.contract", name, "contract_maximum")
            h = self.branch(h, d, name, "contract_gain")
        image = self.model["task"] == "image"
        x = self.norm(h[:1] if image else h, "norm")
        scores = self.linear(x, "classifier", "classifier", "maximum")
        return scores[0] if image else scores
