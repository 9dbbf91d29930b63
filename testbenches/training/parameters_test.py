#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a training is told of its machine are parameters of the tools: their names, limits, words
and defaults are the tools'."""

import argparse
import unittest

from topkima.tool import Tool
from topkima.training.parameters import (CROSSBAR_COLUMNS, DEFAULTS, MOST_TOKENS, PARAMETERS,
                                         auto_split)

# Words that a training does not take: a macro that it has not, and arrays that it does not know.
NOT_TRAINED = {"softmax.macro": {"digital_topk"}, "av.rows": {"auto"}}
# Where a training has its own default: the number that the tools take from the arrays.
OTHERS = {"av_rows": "auto"}


class Parameters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = Tool("soc").parameters

    def test_defaults(self):
        for field, it in PARAMETERS.items():
            row = self.table[it.name]
            self.assertEqual(OTHERS.get(field, it.text(DEFAULTS[field])), row["default"], it.name)

    def test_limits(self):
        seen = 0
        for it in PARAMETERS.values():
            row = self.table[it.name]
            if "low" not in row:
                continue
            low, high = int(row["low"]), int(row["high"])
            for number in (low, high):
                it.read(str(number))
            for number in (low - 1, high + 1):
                told = f"{it.name} = {number}"
                with self.assertRaises(argparse.ArgumentTypeError, msg=told):
                    it.read(str(number))
            seen += 1
        self.assertGreater(seen, 10)

    def test_words(self):
        for it in PARAMETERS.values():
            others = {"", *NOT_TRAINED.get(it.name, ())}
            words = set(self.table[it.name]["words"].split(",")) - others
            own = set(it.choices or ()) | ({it.word} - {None})
            self.assertEqual(own, words, it.name)
            for word in own:
                it.read(word)

    def test_what_the_tools_choose(self):
        self.assertEqual(str(CROSSBAR_COLUMNS), self.table["crossbar.columns"]["default"])
        self.assertEqual(str(MOST_TOKENS), str(int(self.table["attention.tokens"]["high"])))
        self.assertEqual(auto_split(600), (256, 256, 88))


if __name__ == "__main__":
    unittest.main()
