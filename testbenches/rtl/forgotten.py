# SPDX-License-Identifier: Apache-2.0
"""Twins in which reset forgets a register, for every register that a twin resets."""

import re
from dataclasses import dataclass

from topkima import rtl
from topkima.errors import DataError

# Registers that the pins' promises do not depend on; prove.py proves that they do not.
UNNEEDED = {
    "topk_counter.granted": "the first step of a conversion counts from 0",
    "exponent_unit.exponent_valid": "it is 0 after a cycle, before a row can be in the unit",
}


# Resets behind the first one are forgotten.
ONCE = """
  logic was_reset = 0;
  always @(negedge rst) was_reset = 1;
"""


@dataclass(frozen=True)
class Forgotten:
    module: str
    register: str
    text: str                       # the module, in which nothing but its logic sets the register
    text_that_starts_right: str     # the same, but the first reset sets it

    @property
    def name(self) -> str:
        return f"{self.module}.{self.register}"


def forgotten_registers() -> list:
    """Of all modules that ship. DataError: one has a reset that cannot be taken apart."""
    return [each for module in rtl.table().modules.values() for each in registers_of(module)]


def registers_of(module: rtl.Module):
    text = module.file.read_text(encoding="utf-8")
    code = text.partition("`ifdef TOPKIMA_ASSERT")[0]
    resets = list(re.finditer(r"if \(rst\) (?:begin\n(.*?)\n    end|[^;]+;)", code, re.DOTALL))
    if len(resets) != len(re.findall(r"if \(rst\)", code)):
        raise DataError(f"{module.file}: a reset that is not written as the others are")
    for reset in resets:
        for found in re.finditer(r"(\w+)(?:\[[^;]+\])? <= [^;]+;", reset[0]):
            start = reset.start() + found.start()
            yield forgotten(module.name, found[1], text, (start, start + len(found[0])),
                            ";", f"begin if (!was_reset) {found[0]} end")
    for found in re.finditer(r"(\w+) <= !rst && ", code):
        yield forgotten(module.name, found[1], text, found.span(),
                        f"{found[1]} <= ", f"{found[1]} <= (!rst || was_reset) && ")


def forgotten(module, register, text, span, never, once) -> Forgotten:
    """With a reset, in that part of the text, that never sets the register, or sets it once."""
    begin, end = span
    ports = text.index("\n);\n") + len("\n);")
    return Forgotten(module, register, text[:begin] + never + text[end:],
                     text[:ports] + ONCE + text[ports:begin] + once + text[end:])
