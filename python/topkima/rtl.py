# SPDX-License-Identifier: Apache-2.0
"""The blocks whose work RTL can do and the modules of SystemVerilog that ship, as the one table of
them has them (data/rtl/blocks.json; cmake/RtlBlocks.cmake says what its fields mean), the pins of
each (data/rtl/pins.json; cmake/RtlPins.cmake), and what a build has registered with
topkima_add_rtl.

Whoever treats every block takes its list from here and asks `expect_all` whether it serves them.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from topkima import places
from topkima.errors import DataError
from topkima.files import RTL_TABLE, read_json

REGISTERED = "registered_rtl.json"    # of a build
TWIN = "rtl"                          # the name by which users pick a block's twin


@dataclass(frozen=True)
class Module:
    """A module of SystemVerilog."""
    name: str
    file: Path
    instantiates: tuple = ()    # names of modules
    corners: tuple = ()         # sets of parameters
    small: str = ""             # a set of parameters


@dataclass(frozen=True)
class Block:
    """A kind of block: one that consists of others, or one that has a twin."""
    name: str
    what: str
    one_per: str
    macros: tuple = ()                  # words of softmax.macro whose heads have it; none: of all
    parts: tuple = ()
    top: str = ""
    parameters: tuple = ()              # sets of the twin's
    testbench: str = ""
    testbench_parameters: tuple = ()    # sets


@dataclass(frozen=True)
class Pin:
    """A pin of a contract: `fields` fields of `bits` bits each, expressions of quantities."""
    name: str
    direction: str      # "in" or "out"
    fields: str
    bits: str


@dataclass(frozen=True)
class Registration:
    """RTL that topkima_add_rtl made a library of."""
    block: str
    name: str
    top: str
    parameters: str
    sources: tuple
    options: tuple      # that simulators of Verilog share: folders and macros
    verilog: bool       # its sources are, and have the parameters
    target: str         # of the build


@dataclass(frozen=True)
class Table:
    blocks: dict     # by name, in the table's order
    modules: dict

    def machine(self, name: str) -> tuple:
        """Options of a machine whose heads have a block: the first of those that have it."""
        macros = {macro for each in (name, *self.blocks[name].parts)
                  for macro in self.blocks[each].macros[:1]}
        return tuple(f"--softmax.macro={macro}" for macro in macros)

    def tool(self, name: str) -> str:
        """The tool of the smallest machine that has a block: macro or soc."""
        return "macro" if name in self.in_heads else "soc"

    @property
    def single(self) -> list:
        """The names of blocks that do not consist of others: those with a twin."""
        return [block.name for block in self.blocks.values() if not block.parts]

    @property
    def in_heads(self) -> dict:
        """The blocks that stand in heads, by name. They have latencies."""
        return {name: block for name, block in self.blocks.items() if block.one_per != "soc"}

    @property
    def single_in_heads(self) -> list:
        return [name for name in self.single if name in self.in_heads]

    def sources(self, name: str) -> list:
        """The files of a module, behind those of what it instantiates."""
        module = self.modules[name]
        files = [file for other in module.instantiates for file in self.sources(other)]
        return list(dict.fromkeys([*files, module.file]))


def read(path: Path) -> Table:
    """The table in a file. DataError: it cannot be used."""
    try:
        text = read_json(path, RTL_TABLE)
        modules = {entry["name"]: module_of(entry, path.parents[2]) for entry in text["modules"]}
        blocks = {entry["name"]: block_of(entry) for entry in text["blocks"]}
    except KeyError as error:
        raise DataError(f"{path}: an entry lacks {error}; cmake/RtlBlocks.cmake says what it "
                        "is") from error
    for module in modules.values():
        expect_known(path, module.name, module.instantiates, modules)
    for block in blocks.values():
        expect_known(path, block.name, block.parts, blocks)
        if not block.parts:
            expect_known(path, block.name, [block.top], modules)
    return Table(blocks, modules)


def module_of(entry: dict, home: Path) -> Module:
    return Module(entry["name"], home / entry["file"], tuple(entry.get("instantiates", ())),
                  tuple(entry["corners"]), entry["small"])


def block_of(entry: dict) -> Block:
    named = entry["name"], entry["what"], entry["one_per"], tuple(entry.get("macros", ()))
    if parts := entry.get("parts"):
        return Block(*named, tuple(parts))
    twin, testbench = entry["twin"], entry["testbench"]
    return Block(*named, (), twin["top"], tuple(twin["parameters"]),
                 testbench["top"], tuple(testbench["parameters"]))


def expect_known(path, name, others, known):
    for other in others:
        if other not in known:
            raise DataError(f"{path}: {name} names {other}, which the table does not have")


@functools.cache
def table() -> Table:
    """The table that ships."""
    return read(places.data("rtl", "blocks.json"))


@functools.cache
def pin_table() -> dict:
    """The table of pins that ships, as it is written."""
    return read_json(places.data("rtl", "pins.json"), RTL_TABLE)


def pins(block: str) -> list:
    """The pins of a block, in their order. DataError: the table has none."""
    groups = {group["name"]: group["pins"] for group in pin_table()["groups"]}
    named = {each["name"]: each["groups"] for each in pin_table()["blocks"]}.get(block)
    if named is None:
        raise DataError(f"pins.json: no pins of block {block}")
    return [Pin(pin.get("in") or pin["out"], "in" if "in" in pin else "out",
                pin.get("fields", "1"), pin.get("bits", "1"))
            for group in named for pin in groups[group]]


def expect_all(who: str, served, expected):
    """DataError: `who` does not serve all that are expected, or serves something else."""
    if missing := [name for name in expected if name not in served]:
        raise DataError(f"{who}: nothing for {', '.join(missing)}")
    if unknown := [name for name in served if name not in expected]:
        raise DataError(f"{who}: {', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} "
                        f"unknown; expected {', '.join(expected)}")


def registered(build: Path) -> list:
    """All that a build has registered, examples and the user's own included. DataError: it has not
    been configured."""
    path = build / REGISTERED
    if not path.exists():
        raise DataError(f"{path} is not there: configuring a build writes it")
    return [Registration(entry["block"], entry["name"], entry["top"], entry["parameters"],
                         tuple(Path(source) for source in entry["sources"]),
                         tuple(entry["options"]), entry["verilog"], entry["target"])
            for entry in read_json(path, RTL_TABLE)]


def examples(build: Path) -> list:
    """What the project's own examples have registered."""
    return [each for each in registered(build) if each.sources[0].is_relative_to(
        places.HOME / "examples")]


def shipped(block: str, build: Path) -> Registration:
    """The RTL that ships for a block, compiled for the machine as it is by default: the twin, and
    for a block that has none an example."""
    for each in registered(build):
        if each.block == block and (each.name == TWIN or each in examples(build)):
            return each
    raise DataError(f"no RTL of block {block} ships: neither a twin nor an example has been "
                    "registered")
