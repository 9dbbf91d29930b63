#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every block of the one table (data/rtl/blocks.json) is served by every part, and one that lacks
an entry is refused with a line that names it.

  blocks_test.py --macro PATH --soc PATH

TOPKIMA_BUILD: where the build is; TOPKIMA_CMAKE: cmake.
"""

import configparser
import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from topkima import driving, places, rtl
from topkima.commands import cell_counts
from topkima.errors import DataError
from tool_support import USAGE, ToolTest, main, names_in

HOME = places.HOME
BUILD = Path(os.environ["TOPKIMA_BUILD"])
CMAKE = os.environ["TOPKIMA_CMAKE"]
HAS_VERILATOR = (BUILD / "rtl").is_dir()
sys.path += [str(HOME / "testbenches" / "rtl"), str(HOME / "testbenches" / "cosim")]
import check_rtl        # noqa: E402
import mutations        # noqa: E402
import prove            # noqa: E402
import vectors_test     # noqa: E402

TABLE = HOME / "data" / "rtl" / "blocks.json"
BLOCKS = rtl.table().blocks
SINGLE = rtl.table().single
# Blocks whose latencies the model cannot be told.
WITHOUT_PARAMETERS = ("latch",)
OF_HEADS = rtl.table().single_in_heads
IN_MACRO = list(rtl.table().in_heads)
SMALL = ("--attention.heads=1", "--attention.tokens=20", "--attention.d_model=16")
# One more block, whose entry is complete.
ANOTHER = {"name": "another", "enumerator": "another", "what": "other blocks", "one_per": "head",
           "fidelity": "softmax", "twin": {"top": "topk_counter", "parameters": ["COLUMNS=7"]},
           "testbench": {"top": "conversion_tb", "parameters": []}}


def on_page(block):
    """The pins of a page's table, '*' standing for the rest of some names."""
    page = (HOME / f"docs/pins/{block}.md").read_text()
    table = re.search(r"^\| pins? \|.*?\n\n", page, re.DOTALL | re.M)[0]
    cells = re.findall(r"^\| ([^|]+) \|", table, re.M)[1:]
    return [name for cell in cells for name in re.findall(r"`([\w*]+)`", cell)]


def first_with(field, entries):
    return next(entry for entry in entries if field in entry)


def tool_lists(test, tool="soc"):
    """The names behind "model." that the tool takes, with their meanings."""
    done = test.run_tool(tool, "--list-parameters=json")
    parameters = json.loads(done.stdout)
    entries = parameters["parameters"] if isinstance(parameters, dict) else parameters
    return {entry["name"].partition(".")[2]: entry["meaning"] for entry in entries
            if entry["name"].startswith("model.")}


class Served(ToolTest):
    def test_parameters(self):
        found = tool_lists(self)
        self.assertEqual(list(found), list(BLOCKS))
        self.assertEqual(list(tool_lists(self, "macro")), IN_MACRO)
        for name, meaning in found.items():
            self.assertTrue(meaning.startswith(BLOCKS[name].what), meaning)

    def test_test_vectors(self):
        with_vectors = set()
        for macro in ("topkima", "conventional", "digital_topk"):
            self.run_tool("macro", *SMALL, f"--softmax.macro={macro}", "--quiet", "--output", "out",
                          "--vectors", macro)
            blocks = [block for block in OF_HEADS if macro in (BLOCKS[block].macros or (macro,))]
            self.assertEqual(names_in(self.room / macro), sorted(blocks))
            with_vectors.update(blocks)
        beside = [block for block in SINGLE if block not in OF_HEADS]
        self.run_tool("soc", *SMALL, "--quiet", "--output", "out", "--vectors", "beside",
                      f"--vectors.block={','.join(beside)}")
        with_vectors.update(names_in(self.room / "beside"))
        self.assertEqual(with_vectors, set(SINGLE))
        for block in BLOCKS:
            if block not in OF_HEADS:
                self.assert_refused(self.run_tool("macro", *SMALL, "--vectors", "w",
                                                  f"--vectors.block={block}"), USAGE, *OF_HEADS)

    def test_contents_of_vectors(self):
        rtl.expect_all("vectors_test.py", vectors_test.CONTENTS, SINGLE)

    def test_testbenches_that_take_vectors(self):
        rtl.expect_all("data/rtl/testbenches", driving.testbenches(), SINGLE)

    def test_libraries(self):
        twins = [(each.block, each.parameters) for each in rtl.registered(BUILD)
                 if each.name == rtl.TWIN]
        self.assertEqual(twins, [(block.name, parameters) for block in BLOCKS.values()
                                 for parameters in block.parameters])
        for block in BLOCKS:
            shipped = rtl.shipped(block, BUILD)
            self.assertTrue(all(source.exists() for source in shipped.sources))

    def test_measured_latencies(self):
        if not HAS_VERILATOR:
            self.skipTest("Verilator is not installed")
        for block in IN_MACRO:
            with self.subTest(block=block):
                shipped = rtl.shipped(block, BUILD)
                done = self.run_tool("macro", *SMALL, *rtl.table().machine(block),
                                     f"--model.{block}={shipped.name}", "--quiet",
                                     "--cosim.annotate", "a.ini")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                parser = configparser.ConfigParser(interpolation=None)
                parser.read(self.room / "a.ini")
                self.assertIn(", every one as these say", (self.room / "a.ini").read_text())
                said = list(parser["provenance"].values()) if "provenance" in parser else []
                self.assertEqual(bool(said), block not in WITHOUT_PARAMETERS)
                for text in said:
                    self.assertTrue(text.startswith(f"measured from RTL {shipped.name} ("), text)

    def test_blocks_beside_the_heads(self):
        for block in BLOCKS.keys() - IN_MACRO:
            self.assert_refused(self.run_tool("macro", f"--model.{block}=shadow"), USAGE,
                                f"model.{block}")
            self.assert_refused(self.run_tool("soc", *SMALL, f"--model.{block}=rtl",
                                              "--cosim.annotate=a.ini"), USAGE, "--model.topk")

    def test_pages(self):
        pages = {path.stem for path in (HOME / "docs/pins").glob("*.md")} - {"README"}
        rtl.expect_all("docs/pins", pages, BLOCKS)
        index = (HOME / "docs/pins/README.md").read_text()
        for block in BLOCKS:
            self.assertIn(f"[{block}]({block}.md)", index)
            page = (HOME / f"docs/pins/{block}.md").read_text()
            for section in ("Test vectors", "atencies measured"):
                self.assertIn(section, page, block)

    def test_pins_on_pages_are_those_of_the_contract(self):
        for block in BLOCKS:
            with self.subTest(block=block):
                pins = {pin.name for pin in rtl.pins(block)} - {"clk", "rst"}
                page = on_page(block)
                fits = {name: re.compile(name.replace("*", r"\w+")) for name in page}
                for pin in pins:
                    self.assertTrue(any(fit.fullmatch(pin) for fit in fits.values()), pin)
                for name, fit in fits.items():
                    self.assertTrue(any(fit.fullmatch(pin) for pin in pins), name)

    def test_lint_and_synthesis(self):
        files = [file for file, *_ in check_rtl.checked(BUILD)]
        shipped = {source for block in BLOCKS for source in rtl.shipped(block, BUILD).sources}
        self.assertEqual(len(files), len(set(files)))
        self.assertLessEqual(shipped, set(files))

    def test_every_module_that_lies_among_the_twins_is_one(self):
        lying = set(HOME.glob("modules/*/rtl/*.sv"))
        self.assertEqual(lying, {module.file for module in rtl.table().modules.values()})

    def test_cell_counts(self):
        counts = json.loads((HOME / "docs/rtl/cell_counts.json").read_text())
        self.assertEqual(list(counts["modules"]), list(rtl.table().modules))
        rtl.expect_all("cell_counts.json, timing",
                       {each["module"] for each in counts["timing"]["modules"]},
                       [*rtl.table().modules, *cell_counts.EXAMPLES])

    def test_proofs(self):
        prove.expect_proofs(rtl.table().modules)

    def test_faults(self):
        mutations.expect_faults(BLOCKS)

    def test_cycle_tables(self):
        page = (HOME / "docs/cycles.md").read_text()
        self.assertEqual(len(re.findall(r"^## ", page.partition("made by cycle_table_test")[2],
                                        re.M)), len(BLOCKS))


class Refused(ToolTest):
    def table_with(self, change):
        """A copy of the table, beside what it names, that has been changed."""
        table = json.loads(TABLE.read_text())
        change(table)
        home = self.room / "home"
        (home / "data" / "rtl").mkdir(parents=True, exist_ok=True)
        for folder in ("modules", "platforms", "docs", "cmake"):
            if not (home / folder).exists():
                (home / folder).symlink_to(HOME / folder)
        path = home / "data" / "rtl" / "blocks.json"
        path.write_text(json.dumps(table))
        return path

    def configured(self, path, *calls):
        """What CMake says of a table: its exit code and its words in one line."""
        script = self.room / "read.cmake"
        script.write_text("\n".join([
            "cmake_minimum_required(VERSION 3.20)", f"include({HOME}/cmake/RtlBlocks.cmake)",
            f"topkima_read_rtl_blocks({path})", *calls]))
        done = subprocess.run([CMAKE, "-P", str(script)], cwd=self.room, text=True, check=False,
                              capture_output=True)
        return done.returncode, " ".join(done.stderr.split())

    def test_the_table_as_it_is(self):
        header = self.room / "rtl_blocks.h"
        path = self.table_with(lambda table: None)
        code, said = self.configured(path, "topkima_expect_rtl_parts()",
                                     f"topkima_write_rtl_header({header})")
        self.assertEqual((code, said), (0, ""))
        self.assertEqual(header.read_text(),
                         (BUILD / "modules" / "generated" / "config" / "rtl_blocks.h").read_text())

    def test_entries_that_lack_a_field(self):
        table = json.loads(TABLE.read_text())
        for kind, optional in (("blocks", {"macros", "parts"}), ("modules", {"instantiates"})):
            entry = table[kind][0] if kind == "blocks" else table[kind][-1]
            for field in entry.keys() - optional:
                with self.subTest(kind=kind, field=field):
                    path = self.table_with(
                        lambda t, k=kind, e=entry, f=field:
                            t[k][table[k].index(e)].pop(f))
                    for reader, said in self.both(path):
                        self.assertIn(field, said, reader)

    def both(self, path):
        """What each reader says of a table that it must refuse; fields that only one of them uses
        are refused by that."""
        code, said = self.configured(path)
        refused = [("CMake", said)] if code != 0 else []
        try:
            rtl.read(path)
        except DataError as error:
            refused.append(("Python", str(error)))
        self.assertTrue(refused)
        return refused

    def test_what_the_table_names_must_be_in_it(self):
        def unknown_part(table):
            first_with("parts", table["blocks"])["parts"].append("adder")

        def unknown_top(table):
            table["blocks"][0]["twin"]["top"] = "adder"

        def unknown_instance(table):
            first_with("instantiates", table["modules"])["instantiates"].append("adder")
        for change in (unknown_part, unknown_top, unknown_instance):
            with self.subTest(change=change.__name__):
                refused = self.both(self.table_with(change))
                self.assertEqual([reader for reader, _ in refused], ["CMake", "Python"])
                for _, said in refused:
                    self.assertIn("adder", said)

    def test_files_that_are_not_there(self):
        def no_file(table):
            table["modules"][0]["file"] = "/".join(("modules", "ima", "rtl", "adder.sv"))
        code, said = self.configured(self.table_with(no_file))
        self.assertNotEqual(code, 0)
        self.assertRegex(said, r"there is no file \S+/adder\.sv")

    def test_another_block_does_not_configure(self):
        path = self.table_with(lambda table: table["blocks"].append(copy.deepcopy(ANOTHER)))
        self.assertEqual(self.configured(path), (0, ""))
        code, said = self.configured(path, "topkima_expect_rtl_parts()")
        self.assertNotEqual(code, 0)
        self.assertRegex(said, r"block another of blocks\.json lacks \S+/another_rtl\.cpp")

    def test_another_block_is_missed_by_every_part(self):
        path = self.table_with(lambda table: table["blocks"].append(copy.deepcopy(ANOTHER)))
        blocks, single = rtl.read(path).blocks, rtl.read(path).single
        self.assertIn("another", single)
        for check in (lambda: mutations.expect_faults(blocks),
                      lambda: rtl.shipped("another", BUILD),
                      lambda: rtl.pins("another"),
                      lambda: rtl.expect_all("vectors_test.py", vectors_test.CONTENTS, single),
                      lambda: rtl.expect_all("data/rtl/testbenches", driving.testbenches(), single),
                      lambda: rtl.expect_all("the tool", tool_lists(self), blocks),
                      lambda: rtl.expect_all("docs/pins", BLOCKS, blocks)):
            with self.assertRaisesRegex(DataError, r"another"):
                check()

    def test_another_module_without_a_proof(self):
        with self.assertRaisesRegex(DataError, "PROOFS: nothing for adder"):
            prove.expect_proofs([*rtl.table().modules, "adder"])

    def test_another_example_is_not_linted_in_silence(self):
        build = self.room / "build"
        build.mkdir()
        registered = json.loads((BUILD / rtl.REGISTERED).read_text())
        registered.append({"block": "topk", "name": "three", "top": "three_grant_arbiter",
                           "parameters": "COLUMNS=7", "target": "three", "options": [],
                           "verilog": True,
                           "sources": [
                               str(HOME / "examples" / "three" / "three_grant_arbiter.sv")]})
        (build / rtl.REGISTERED).write_text(json.dumps(registered))
        with self.assertRaisesRegex(DataError, "EXAMPLES: nothing for three_grant_arbiter"):
            check_rtl.folders(build)

    def test_blocks_that_topkima_add_rtl_does_not_know(self):
        code, said = self.configured(
            TABLE, 'topkima_expect_rtl_block(adder "topkima_add_rtl: BLOCK")')
        self.assertNotEqual(code, 0)
        *most, last = BLOCKS
        self.assertIn(f"topkima_add_rtl: BLOCK adder; expected {', '.join(most)} or {last}", said)

    def test_twins_of_blocks_that_have_none(self):
        code, said = self.configured(TABLE, "topkima_twin_sources(files macro)")
        self.assertNotEqual(code, 0)
        self.assertIn("block macro has no twin", said)


if __name__ == "__main__":
    main()
