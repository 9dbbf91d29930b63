# SPDX-License-Identifier: Apache-2.0
"""The machine that a training is for: those parameters of the tools that numbers depend on.

Each is a field of Hardware: its option is made of the field's name, and a package's model.ini has
it under the tools' own name. A test holds limits, words and defaults against the tools' table.
"""

import argparse
from dataclasses import dataclass, field, fields

from topkima.commands.parser import ranged
from topkima.errors import UsageError

MOST_TOKENS = 10**6
CROSSBAR_COLUMNS = 256    # what the tools assume


@dataclass(frozen=True)
class Told:
    """How a parameter is written."""

    name: str              # in the tools' tables
    read: object           # its text -> value. ArgumentTypeError: expected something else
    meaning: str
    metavar: str = None    # of the option
    word: str = None       # for None
    choices: tuple = None
    has_option: bool = True
    is_always_said: bool = True    # by a package; others where they are not the default

    def text(self, value):
        if value is None:
            return self.word
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        return str(value).lower() if isinstance(value, bool) else str(value)


def told(name, read, default, meaning, **more):
    return field(default=default, metadata={"told": Told(name, read, meaning, **more)})


def whole(low, high, default, name, meaning, word=None, **more):
    one = ranged(int, low, high)
    return told(name, lambda text: None if text == word else one(text), default, meaning,
                metavar="N", word=word, **more)


def several(low, high, name, word, meaning, **more):
    one = ranged(int, low, high)
    return told(name, lambda text: None if text == word else tuple(map(one, text.split(","))),
                None, meaning, metavar="LIST", word=word, **more)


def one_of(choices, name, meaning, **more):
    """The first is the default."""
    def read(text):
        if text not in choices:
            raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(choices)}")
        return text
    return told(name, read, choices[0], meaning, choices=choices, **more)


def flag(name, meaning, **more):
    return told(name, lambda text: text == "true", False, meaning, **more)


NEW = {"is_always_said": False}


@dataclass(frozen=True)
class Hardware:
    """What a machine is told by its parameters; None: it chooses by itself, or there is none."""

    k: int = whole(1, 65536, 5, "topk.k", "winners of a row")
    query_bits: int = whole(2, 8, 5, "score.query_bits", "signed width of Q")
    key_cells: int = whole(1, 6, 3, "score.key_cells", "ternary cells of a value of K")
    ima_bits: int = whole(1, 12, 5, "ima.bits", "resolution of the ramp")
    prob_bits: int = whole(1, 8, 5, "softmax.prob_bits", "width of a probability")
    value_bits: int = whole(2, 8, 5, "av.value_bits", "signed width of V")
    av_bits: int = whole(1, 12, 5, "av.bits", "resolution of the AV arrays' ramp")
    av_lsb: int = whole(1, 10**6, None, "av.lsb",
                        "its step; auto: the smallest odd one that holds the largest probability",
                        "auto")
    av_rows: int = whole(1, 65536, 192, "av.rows", "token rows of an AV array")
    # What --attention and --export say; with conventional every column wins.
    macro: str = one_of(("topkima", "conventional"), "softmax.macro", "", has_option=False)
    split: tuple = several(1, 65536, "topk.split", "auto",
                           f"columns of each crossbar; auto: {CROSSBAR_COLUMNS}, then the rest")
    sub_k: tuple = several(1, 65536, "topk.sub_k", "auto",
                           "winners of each crossbar; auto: k in proportion")
    causal: bool = flag("attention.causal", "a token sees those up to itself alone")
    valid_tokens: int = whole(0, MOST_TOKENS, None, "attention.valid_tokens",
                              "tokens before the padding behind them", "all", **NEW)
    first_valid: int = whole(0, MOST_TOKENS, 0, "attention.first_valid",
                             "first token behind the padding before it", **NEW)
    window: int = whole(1, MOST_TOKENS, None, "attention.window",
                        "tokens that one sees up to itself, and without --causal as many from "
                        "there on", "none", **NEW)
    segments: tuple = several(1, MOST_TOKENS, "attention.segments", "none",
                              "lengths of sequences packed into one, each of which sees itself "
                              "alone", **NEW)
    placement: str = one_of(("blocked", "interleaved"), "attention.placement",
                            "of tokens in crossbars: one after the other, or in turn", **NEW)
    scope: str = one_of(("crossbar", "head"), "topk.scope",
                        "k is shared out among crossbars, or counted over a head's", **NEW)
    sub_k_by: str = one_of(("participants", "columns"), "topk.sub_k_by",
                           "what k is shared out in proportion to", **NEW)
    reach: int = whole(0, 4095, 0, "topk.reach",
                       "ramp steps below the best score in which others win; 0: all", **NEW)
    row_split: str = one_of(("none", "join"), "score.row_split",
                            "join: wide heads lie in several arrays on one bit line, which "
                            "changes no value", **NEW)

    @property
    def query_max(self):
        return 2**(self.query_bits - 1) - 1

    @property
    def key_max(self):
        return 2**self.key_cells - 1

    @property
    def value_max(self):
        return 2**(self.value_bits - 1) - 1

    @property
    def prob_max(self):
        return 2**self.prob_bits - 1

    @property
    def av_step(self):
        """Of the AV arrays' ramp; where it is left to the machine, as docs/hardware.md says."""
        needed = -(-self.prob_max // 2**(self.av_bits - 1))
        return self.av_lsb or needed | 1

    @property
    def counts_winners(self):
        """Whether a ramp ends with the last winner; else every participant is one."""
        return self.macro == "topkima"

    def crossbars(self, tokens):
        """The slots of each crossbar, which are tokens; none where none are left."""
        split = self.split or auto_split(tokens)
        if self.placement == "interleaved":
            return [range(i, tokens, len(split)) for i in range(len(split))]
        firsts = [min(sum(split[:i]), tokens) for i in range(len(split) + 1)]
        return [range(first, end) for first, end in zip(firsts, firsts[1:])]


PARAMETERS = {each.name: each.metadata["told"] for each in fields(Hardware)}
MASK = ("causal", "valid_tokens", "first_valid", "window", "segments")
SPECIAL = ("causal", *(name for name, it in PARAMETERS.items() if not it.is_always_said))
DEFAULTS = {each.name: each.default for each in fields(Hardware)}


def auto_split(tokens):
    """Full crossbars, then the rest: 384 -> 256, 128."""
    full, rest = divmod(tokens, CROSSBAR_COLUMNS)
    return (CROSSBAR_COLUMNS,) * full + ((rest,) if rest else ())


def option(name):
    """Of a field."""
    return "--" + name.replace("_", "-")


def add_options(group):
    """To a group of argparse's."""
    for name, it in PARAMETERS.items():
        if not it.has_option:
            continue
        if DEFAULTS[name] is False:
            group.add_argument(option(name), action="store_true", help=it.meaning)
            continue
        group.add_argument(option(name), type=it.read, default=it.text(DEFAULTS[name]),
                           choices=it.choices, help=it.meaning, metavar=it.metavar)


def hardware_of(options, tokens, macro):
    """The machine that parsed options tell of. UsageError: there is none like that."""
    told_of = {name: getattr(options, name) for name, it in PARAMETERS.items() if it.has_option}
    hardware = Hardware(macro=macro, **told_of)
    check(hardware, tokens)
    return hardware


def check(hardware, tokens):
    """UsageError: there is no such machine for so many tokens."""
    check_crossbars(hardware, tokens)
    check_selection(hardware)
    for name in ("valid_tokens", "first_valid"):
        given = getattr(hardware, name)
        if given is not None and given > tokens:
            raise UsageError(f"{option(name)} {given}: exceeds the {tokens} tokens of a sequence")
    if hardware.segments and sum(hardware.segments) != tokens:
        raise UsageError(f"--segments: add up to {sum(hardware.segments)} tokens; expected "
                         f"{tokens}")


def check_crossbars(hardware, tokens):
    split = hardware.split or auto_split(tokens)
    if sum(split) < tokens:
        raise UsageError(f"--split: {sum(split)} columns for {tokens} tokens")
    for i, (columns, slots) in enumerate(zip(split, hardware.crossbars(tokens))):
        if hardware.split and len(slots) > columns:
            raise UsageError(f"--split: crossbar {i} has {columns} columns for {len(slots)} "
                             f"tokens, which --placement {hardware.placement} puts there")
    if hardware.sub_k and len(hardware.sub_k) != len(split):
        raise UsageError(f"--sub-k: {len(hardware.sub_k)} numbers for {len(split)} crossbars")


def check_selection(hardware):
    if hardware.scope == "head" and hardware.sub_k:
        raise UsageError("--sub-k: goes with --scope crossbar; a head has one counter")
    if hardware.reach and not hardware.counts_winners:
        raise UsageError("--reach: goes with a ramp that stops early, not with quantised attention")


def section(hardware, tokens):
    """[parameters] of a package. What the machine would choose by itself is left to it."""
    said = {it.name: it.text(getattr(hardware, name)) for name, it in PARAMETERS.items()
            if it.is_always_said or getattr(hardware, name) != DEFAULTS[name]}
    split = hardware.split or auto_split(tokens)
    if split == auto_split(tokens):
        said[PARAMETERS["split"].name] = PARAMETERS["split"].word
    if max(split) > CROSSBAR_COLUMNS:
        said["crossbar.columns"] = max(split)
    return said


def read_section(said):
    """The machine of a package's [parameters]."""
    return Hardware(**{name: it.read(said[it.name]) for name, it in PARAMETERS.items()
                       if it.is_always_said or it.name in said})


def changed(hardware, names):
    """Those of these fields that are not as ever, as texts by the tools' names."""
    return {PARAMETERS[name].name: PARAMETERS[name].text(getattr(hardware, name))
            for name in names if getattr(hardware, name) != DEFAULTS[name]}
