#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What pages say of parameters and constants is what their tables say: names, defaults, values;
and what the tools say of them can be understood.

  pages_test.py --macro PATH --soc PATH
"""

import configparser
import json
import re
from pathlib import Path

from tool_support import ToolTest, main

HOME = Path(__file__).resolve().parents[2]
# A page tells what was as well, and results of studies are what studies asked for.
PAGES = sorted(page for page in (HOME / "docs").rglob("*.md") if "results" not in page.parts)
ROW = re.compile(r"^\| ((?:`[\w.]+`(?:, )?)+) \| ([^|]*) \|")
OPTION = re.compile(r"--([a-z]+\.[a-z]\w+)")
CONSTANT = re.compile(r"^\| `(\w+\.\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
TECHNOLOGIES = ("65nm", "32nm")
HEADING = re.compile(r"^\| (?:name|parameter) \| default \|")
# Half a sentence, whose other half is elsewhere.
RIDDLE = re.compile(r"^(of|for|in|on|by|from|per|over|beside|before|behind|without|that|those)\b|"
                    r"\b(the same|likewise|that slope)\b")
ANY = {"section.key"}    # of a page that speaks of all of them


def parameter_rows(text):
    """(names, defaults) of the rows of tables of parameters."""
    inside = False
    for line in text.splitlines():
        inside = bool(HEADING.match(line)) or (inside and line.startswith("|"))
        found = ROW.match(line)
        if inside and found:
            yield (re.findall(r"`([\w.]+)`", found[1]),
                   [word.strip("` ") for word in found[2].split(",")])


class Pages(ToolTest):
    def setUp(self):
        super().setUp()
        self.table = {entry["name"]: entry for entry in
                      json.loads(self.run_tool("soc", "--list-parameters=json").stdout)}

    def test_tables_of_parameters_have_their_defaults(self):
        found = set()
        for page in PAGES:
            for names, defaults in parameter_rows(page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, names=names):
                    self.assertEqual([self.table.get(name, {}).get("default") for name in names],
                                     defaults)
                    found |= set(names)
        self.assertGreater(len(found), 60)

    def test_constants_are_those_of_the_technology_files(self):
        page = (HOME / "docs" / "energy-model.md").read_text(encoding="utf-8")
        rows = {name: columns for name, *columns in CONSTANT.findall(page)}
        for place, technology in enumerate(TECHNOLOGIES, 1):
            ini = configparser.ConfigParser(interpolation=None, delimiters="=")
            ini.read(HOME / "data" / "technologies" / f"{technology}.ini", encoding="utf-8")
            constants = [name for name in ini.sections() if name != "technology"]
            self.assertEqual(constants, list(rows))
            for name in constants:
                with self.subTest(technology, constant=name):
                    constant = ini[name]
                    value, *bounds, origin = rows[name][place].split()
                    self.assertEqual(rows[name][0].strip(), constant["unit"])
                    self.assertEqual(float(value), float(constant["value"]))
                    told = bounds[0].strip("()").split("..") if bounds else []
                    self.assertEqual(list(map(float, told)), [
                        float(constant[key]) for key in ("low", "high") if key in constant])
                    self.assertEqual(origin, constant["provenance"][0].upper())

    def test_meanings_stand_by_themselves(self):
        """A reader sees one at a time, and seldom the line above it."""
        for listing in (("--list-parameters=json",), ("--list-metrics=json",),
                        ("--list-metrics=json", "--model", "any")):
            for entry in json.loads(self.run_tool("soc", *listing).stdout):
                with self.subTest(entry["name"], meaning=entry["meaning"]):
                    self.assertNotRegex(entry["meaning"], RIDDLE)

    def test_options_are_there(self):
        listed = set(OPTION.findall(self.run_tool("soc", "--help", "all").stdout))
        self.assertGreater(len(listed), 100)
        for page in [*PAGES, HOME / "README.md"]:
            with self.subTest(page.name):
                self.assertLessEqual(set(OPTION.findall(page.read_text(encoding="utf-8"))),
                                     listed | ANY)


if __name__ == "__main__":
    main()
