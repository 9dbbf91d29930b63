#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Conditions and constraints: held to Python's own eval, and that nothing else can be said in them.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support
  expressions_test.py --macro PATH --soc PATH
"""

import contextlib
import random
import unittest

from topkima.errors import UsageError
from topkima.exploration.expressions import Constraint, Expression, parts, value_of
from tool_support import main

VALUES = {"a": 3, "b": -2.5, "c.d": 0, "c.e.f": 7, "t": "8,4", "flag": True}
PYTHON = {"a": 3, "b": -2.5, "c_d": 0, "c_e_f": 7, "t": "8,4", "flag": True, "parts": parts,
          "true": True, "false": False}


def number(rng, depth):
    inner = lambda: number(rng, depth - 1)
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["a", "b", "c.d", "c.e.f", "1", "0", "2.5", "1e3", "parts(t)",
                           "parts('1,2,3')"])
    return rng.choice([
        lambda: f"({inner()} {rng.choice('+-*/')} {inner()})", lambda: f"-{inner()}",
        lambda: f"abs({inner()})", lambda: f"{rng.choice(['min', 'max'])}({inner()}, {inner()})"])()


def truth(rng, depth):
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(["flag", "true", "false", "t == '8,4'", "'8' in t", "t in ['8,4', 'x']",
                           "a not in (1, 2)"])
    inner = lambda: truth(rng, depth - 1)
    compare = lambda: rng.choice(["<", "<=", ">", ">=", "==", "!="])
    return rng.choice([
        lambda: f"({inner()} {rng.choice(['and', 'or'])} {inner()})", lambda: f"not {inner()}",
        lambda: f"{number(rng, depth - 1)} {compare()} {number(rng, depth - 1)}",
        lambda: f"{number(rng, 1)} {compare()} {number(rng, 1)} {compare()} {number(rng, 1)}",
        lambda: f"({inner()}) == ({inner()})"])()


class Values(unittest.TestCase):
    def test_against_python(self):
        rng = random.Random(8)
        failed = 0
        for _ in range(3000):
            text = rng.choice([truth, number])(rng, rng.randint(0, 4))
            python = text.replace("c.e.f", "c_e_f").replace("c.d", "c_d")
            expression = Expression(text, "here")
            self.assertLessEqual(expression.names, set(VALUES))
            try:
                wanted = eval(python, {"__builtins__": {}, "abs": abs, "min": min, "max": max},
                              PYTHON)
            except ZeroDivisionError:
                failed += 1
                self.assertRaisesRegex(UsageError, "here", expression, VALUES)
                continue
            self.assertEqual(expression(VALUES), wanted, text)
        self.assertGreater(failed, 20)

    def test_names_are_those_it_needs(self):
        for text, names in {"a.b > 1 and c < 2": {"a.b", "c"}, "1 < 2": set(), "true": set(),
                            "parts(a.b.c) in [d, 1]": {"a.b.c", "d"},
                            "abs(-a) > min(b, 3)": {"a", "b"},
                            " a\n < 2 ": {"a"}}.items():
            self.assertEqual(Expression(text, "").names, names)

    def test_texts_as_values(self):
        for text, value in {"1": 1, "-3": -3, "2.5": 2.5, "1e3": 1000.0, "true": True,
                            "false": False,
                            "auto": "auto", "8,4": "8,4", "": ""}.items():
            self.assertEqual((value_of(text), type(value_of(text))), (value, type(value)))


class Refused(unittest.TestCase):
    def test_nothing_else_can_be_said(self):
        for text in ("__import__('os')", "__import__('os').system('true')", "().__class__",
                     "''.join(t)",
                     "a.b()", "open('x')", "eval('1')", "lambda: 1", "[x for x in t]", "{1: 2}",
                     "{1}",
                     "a if b else c", "a[0]", "f'{a}'", "(a := 1)", "a ** 9", "a // 2", "a % 2",
                     "a @ b",
                     "a << 9", "a | b", "~a", "a is b", "b'x' == a", "None", "...", "1j",
                     "print(a)",
                     "abs(*t)", "abs(x=1)", "abs()", "min(**a)", "yield", "await a", "a = 1",
                     "import os",
                     "a; b", "abs(a)(b)", "parts(t).real(1)"):
            with self.assertRaises(UsageError, msg=text) as caught:
                Expression(text, "file: here")({name: 1 for name in "abct"} | {"a.b": 1})
                raise AssertionError(f"taken: {text}")
            self.assertIn("file: here", str(caught.exception))

    def test_no_name_reaches_python(self):
        for text in ("__builtins__", "os", "self.names", "a.__class__"):
            self.assertRaises(KeyError, Expression(text, ""), {})

    def test_too_much(self):
        for text in ("(" * 5000 + "1" + ")" * 5000, "-" * 100000 + "1", "not " * 20000 + "true",
                     "1" + "+1" * 20000, "a" + ".b" * 20000, "1" * 5000, "\0", "\ud800"):
            with self.assertRaises(UsageError):
                Expression(text, "")({})

    def test_arithmetic_is_on_numbers(self):
        for text in ("'ab' * 3", "[1] * 3", "'a' + 'b'", "a + 1", "-a", "'x' * 9999999999", "a < 1",
                     "abs(a)", "1" + "0" * 400 + " / 3", "1 / 0", "1 in 2", "min(1)",
                     "min(1, 'a') < 2",
                     "parts(1, 2)"):
            self.assertRaisesRegex(UsageError, "here", Expression(text, "here"), {"a": "text"})

    def test_bytes_at_random(self):
        rng = random.Random(2)
        for _ in range(3000):
            text = "".join(rng.choice("ab.12 ()<>=+-*/,'\"[]{}:_\nnotandri\\#@")
                           for _ in range(rng.randint(1, 14)))
            with contextlib.suppress(UsageError):
                Expression(text, "").names.clear()


class Constraints(unittest.TestCase):
    def test_by_how_much_it_fails(self):
        for text, metrics, violation in (
                ("a >= 0.9", {"a": 0.9}, 0), ("a >= 0.9", {"a": 0.4}, 0.5), ("a < 2", {"a": 5}, 3),
                ("a < 2", {"a": 2}, 1e-12), ("a < b", {"a": 4, "b": 1}, 3),
                ("a < 1 and b < 1", {"a": 0, "b": 3}, 1),
                ("a > 1", {"a": None}, 1), ("a > 1", {}, 1), ("1 / a > 1", {"a": 0}, 1),
                ("not a > 1", {"a": 2}, 1),
                ("1 < a < 2", {"a": 7}, 1)):
            self.assertAlmostEqual(Constraint(text, "").violation(metrics), violation, 15, text)

    def test_of_random_metrics(self):
        rng = random.Random(4)
        constraint = Constraint("a * 2 <= b", "")
        for _ in range(500):
            metrics = {"a": rng.uniform(-1, 1), "b": rng.uniform(-1, 1)}
            self.assertEqual(constraint.violation(metrics), max(0, metrics["a"] * 2 - metrics["b"]))


if __name__ == "__main__":
    main()
