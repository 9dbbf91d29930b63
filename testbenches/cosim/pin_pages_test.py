#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The page of the pin contracts lists what a run with RTL ends with: each message that the adapters
fail with, and no other. Any number counts as N, in the code `std::to_string(...)` too."""

import re
import unittest
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent
# The message of a fail(...): what RTL does, and where, of texts and of numbers that std::to_string
# makes; but for what the RTL says itself when an assertion of it fails.
FAILURE = re.compile(r"(?<![:.])\bfail\((?!row_, )(.+?)\);", re.DOTALL)
PART = re.compile(r'"(?P<text>[^"]*)"|(?P<where>,)|std::to_string\([\w.]+\)')


def normalised(message):
    return re.sub(r"\d+", "N", message)


def in_code():
    """Messages, by where they are."""
    messages = {}
    for source in sorted((HOME / "modules/cosim").glob("*.cpp")):
        for failure in FAILURE.finditer(source.read_text()):
            place = f"{source.name}: {failure[0]}"
            assert not PART.sub("", failure[1]).strip(" +\n"), f"cannot be read: {place}"
            parts = [part["text"] or (" where " if part["where"] else "N")
                     for part in PART.finditer(failure[1])]
            messages[normalised("".join(parts))] = place
    return messages


def on_page():
    page = (HOME / "docs/pins/README.md").read_text()
    section = re.search(r"^## Impossible answers.*?(?=^## )", page, re.DOTALL | re.MULTILINE)[0]
    cells = re.findall(r"^\| [^|]+ \| (`[^|]+`) \|$", section, re.MULTILINE)
    return {normalised(message) for cell in cells
            for message in re.findall(r"`([^`]+)`", cell) if message != "..."}


class Messages(unittest.TestCase):
    def test_what_the_adapters_say_is_on_the_page(self):
        code = in_code()
        self.assertGreater(len(code), 10)
        self.assertEqual({message: code[message] for message in code.keys() - on_page()}, {})

    def test_the_page_lists_nothing_else(self):
        self.assertEqual(on_page() - in_code().keys(), set())


if __name__ == "__main__":
    unittest.main()
