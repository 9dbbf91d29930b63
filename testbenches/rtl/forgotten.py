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


@dataclass(frozen=True)
class Forgotten:
    module: str
    register: str
    value: str      # that reset gives it
    before: str     # the text of the module
    after: str      # behind its reset

    @property
    def name(self) -> str:
        return f"{self.module}.{self.register}"

    @property
    def text(self) -> str:
        """The module, in which nothing but its logic sets the register."""
        return f"{self.before};{self.after}"

    @property
    def text_that_starts_right(self) -> str:
        """The same, but the register starts with what reset would give it."""
        return re.sub(r"(?=^`ifdef TOPKIMA_ASSERT)", f"  initial {self.register} = {self.value};\n",
                      self.text, count=1, flags=re.MULTILINE)


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
        for found in re.finditer(r"(\w+) <= ([^;]+);", code[reset.start():reset.end()]):
            start = reset.start() + found.start()
            yield Forgotten(module.name, found[1], found[2], text[:start],
                            text[start + len(found[0]):])
