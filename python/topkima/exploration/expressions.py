# SPDX-License-Identifier: Apache-2.0
"""Conditions of parameters and constraints on metrics: `parts(topk.split) == 2`,
`cosine_similarity >= 0.9 and score.blocked < 0.1`.

Comparisons of names, numbers and texts, joined by and, or, not, in and parentheses, with + - * /
and the functions parts (how many parts a list such as "128,256" has), abs, min and max.
"""

import ast
import contextlib
import operator
import warnings

from topkima.errors import UsageError, echoed

COMPARE = {ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
           ast.Gt: operator.gt, ast.GtE: operator.ge,
           ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b}
COMBINE = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
           ast.Div: operator.truediv}


def parts(value) -> int:
    return len(str(value).split(","))


def number(value):
    """Arithmetic is on numbers: it does not repeat texts."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"{echoed(value)} is no number")
    return value


FUNCTIONS = {"parts": parts, "abs": abs, "min": min, "max": max}
WORDS = {"true": True, "false": False}


def value_of(text: str):
    """A parameter's text as the number or truth value that it is, if it is one."""
    if text in WORDS:
        return WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


class Expression:
    """`names` are those that it needs values for."""

    def __init__(self, text: str, where: str):
        self.text, self._where = text, where
        self.names = set()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")      # what Python only warns of is an error here
                self._tree = ast.parse(text.strip().replace("\n", " "), mode="eval").body
            self._check(self._tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise UsageError(f"{where}: {echoed(text)} is no expression") from error

    def __call__(self, values: dict):
        """`values`: by name. Numbers are compared as such."""
        try:
            return self._evaluate(self._tree, values)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise UsageError(f"{self._where}: {echoed(self.text)}: {error}") from error

    def check_truth(self, values: dict):
        """Throws where it does not say yes or no; `values` are examples."""
        with contextlib.suppress(ArithmeticError):
            try:
                answer = self._evaluate(self._tree, values)
            except (TypeError, ValueError) as error:
                raise UsageError(f"{self._where}: {echoed(self.text)}: {error}") from error
            if not isinstance(answer, bool):
                raise UsageError(f"{self._where}: {echoed(self.text)} is neither true nor false")

    def _name(self, node) -> str:
        """`a.b.c`, as Python parses it, or "" for anything else."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            before = self._name(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    def _check(self, node):
        name = self._name(node)
        if name:
            if name not in WORDS:
                self.names.add(name)
            return
        if isinstance(node, ast.Call):
            if self._name(node.func) not in FUNCTIONS or node.keywords or not node.args:
                raise UsageError(f"{self._where}: {echoed(self.text)}: "
                                 f"known functions are {', '.join(FUNCTIONS)}")
            inner = node.args
        elif isinstance(node, ast.BoolOp):
            inner = node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            inner = [node.operand]
        elif isinstance(node, ast.BinOp) and type(node.op) in COMBINE:
            inner = [node.left, node.right]
        elif isinstance(node, ast.Compare) and all(type(op) in COMPARE for op in node.ops):
            inner = [node.left, *node.comparators]
        elif isinstance(node, (ast.List, ast.Tuple)):
            inner = node.elts
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)):
            inner = []
        else:
            raise UsageError(f"{self._where}: {echoed(self.text)}: {echoed(ast.unparse(node))} "
                             "has no meaning here")
        for each in inner:
            self._check(each)

    def _evaluate(self, node, values):
        name = self._name(node)
        if name:
            return WORDS[name] if name in WORDS else values[name]
        if isinstance(node, ast.Call):
            return FUNCTIONS[node.func.id](*(self._evaluate(each, values) for each in node.args))
        if isinstance(node, ast.BoolOp):
            some = any if isinstance(node.op, ast.Or) else all
            return some(self._evaluate(each, values) for each in node.values)
        if isinstance(node, ast.UnaryOp):
            value = self._evaluate(node.operand, values)
            return not value if isinstance(node.op, ast.Not) else -number(value)
        if isinstance(node, ast.BinOp):
            return COMBINE[type(node.op)](number(self._evaluate(node.left, values)),
                                          number(self._evaluate(node.right, values)))
        if isinstance(node, ast.Compare):
            left = self._evaluate(node.left, values)
            for op, each in zip(node.ops, node.comparators):
                right = self._evaluate(each, values)
                if not COMPARE[type(op)](left, right):
                    return False
                left = right
            return True
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self._evaluate(each, values) for each in node.elts]
        return node.value


class Constraint:
    """An expression on metrics; a comparison of two numbers also tells by how much it fails."""

    def __init__(self, text: str, where: str):
        self.expression = Expression(text, where)
        self.text = text

    def violation(self, metrics: dict) -> float:
        """Not above 0 where it holds; 1 where a metric that it needs does not exist."""
        if any(metrics.get(name) is None for name in self.expression.names):
            return 1.0
        try:
            if self.expression(metrics):
                return 0.0
        except UsageError as error:
            if isinstance(error.__cause__, ArithmeticError):
                return 1.0
            raise
        tree = self.expression._tree
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
            left = self.expression._evaluate(tree.left, metrics)
            right = self.expression._evaluate(tree.comparators[0], metrics)
            if isinstance(left, (int, float)) and isinstance(right, (int, float)):
                return abs(left - right) or 1e-12
        return 1.0
