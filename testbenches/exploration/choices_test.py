#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What words of choices mean to pages and comparisons: the words are the tools', and what means
nothing is refused."""

import unittest

from topkima.errors import DataError
from topkima.exploration.choices import MEANINGS, meaning_of, told
from topkima.tool import Tool


def report_of(**choices) -> dict:
    return {"configuration": {name.replace("__", "."): {"value": word}
                              for name, word in choices.items()}}


class Choices(unittest.TestCase):
    def test_every_word_of_the_tools_has_its_meaning(self):
        table = Tool("soc").parameters
        for choice, words in MEANINGS.items():
            with self.subTest(choice):
                self.assertEqual(",".join(words), table[choice]["words"])
                self.assertEqual(len(set(words.values())), len(words))

    def test_a_report_is_asked(self):
        report = report_of(sort__sorters="crossbar", encoder__arrival="alone")
        self.assertIs(meaning_of(report, "sort.sorters"), True)
        self.assertIs(meaning_of(report, "encoder.arrival"), False)
        self.assertIs(told(report, "encoder.arrival"), False)
        self.assertIs(told(report, "attention.scaling"), None)

    def test_a_word_without_a_meaning_is_refused(self):
        for word in ("row", None, 1, ["head"]):
            with self.subTest(word), self.assertRaises(DataError) as raised:
                meaning_of(report_of(sort__sorters=word), "sort.sorters")
            self.assertEqual(str(raised.exception),
                             f"report.json: sort.sorters = {word!r}; expected head, crossbar")
        with self.assertRaisesRegex(DataError, "attention.scaling = None"):
            meaning_of(report_of(), "attention.scaling")


if __name__ == "__main__":
    unittest.main()
