# SPDX-License-Identifier: Apache-2.0
"""A module to start from, for each block that has a twin: its ports from the table of pins, and
behaviour that a simulator runs at once (data/rtl/skeletons)."""

import re

from topkima import places, rtl
from topkima.files import OWN, read_text

MODULE = """\
// {what}, as docs/pins/{block}.md describes its pins.
module {name} #(
{parameters}
) (
{ports}
);
{body}endmodule
"""
LISTS = """\
# OPTIMIZE 0: it is built quickly, and runs slowly; 3 is for measuring.
topkima_add_rtl(NAME {name} BLOCK {block} TOP {name}
  SOURCES {name}.sv
  PARAMETERS {parameters}
  OPTIMIZE 0)
"""


def files(block: str, name: str) -> dict:
    """The files of a folder for RTL of this name, by their names."""
    kind = rtl.table().blocks[block]
    values = dict(word.split("=") for word in kind.parameters[0].split())
    body = places.data("rtl", "skeletons") / f"{block}.svh"
    text = MODULE.format(
        what=f"One of the {kind.what}", block=block, name=name,
        parameters=",\n".join(parameters(block, values)), ports=ports(block, values),
        body=read_text(body, OWN))
    lists = LISTS.format(name=name, block=block, parameters=kind.parameters[0])
    return {f"{name}.sv": text, "CMakeLists.txt": lists}


def ports(block: str, values: dict) -> str:
    shown = [("input " if pin.direction == "in" else "output", width(pin, values), pin.name)
             for pin in rtl.pins(block)]
    widest = max(len(bits) for _, bits, _ in shown)
    return ",\n".join(f"    {direction} logic {bits:<{widest}} {pin}"
                      for direction, bits, pin in shown)


def width(pin: rtl.Pin, values: dict) -> str:
    """The range of a port, in terms of the module's parameters."""
    factors = [factor for factor in f"{pin.fields} * {pin.bits}".split(" * ")
               if factor != "1" and not is_one(factor, values)]
    if not factors:
        return ""
    if all(factor.isdigit() for factor in factors):
        return f"[{int(factors[0]) - 1}:0]"
    return f"[{'*'.join(factors)}-1:0]"


def is_one(name: str, values: dict) -> bool:
    """A quantity that is 1 where the module does not have it as a parameter."""
    return name not in values and any(
        each["name"] == name and each.get("unless_given") == "1"
        for each in rtl.pin_table()["quantities"])


def parameters(block: str, values: dict) -> list:
    """The module's parameters, and what follows from them for its pins."""
    used = {word for pin in rtl.pins(block)
            for word in re.findall(r"[A-Z_]+", width(pin, values))}
    quantities = rtl.pin_table()["quantities"]
    for each in reversed(quantities):
        if each["name"] in used and each["name"] not in values:
            used |= set(re.findall(r"[A-Z_]+", each["unless_given"]))
    lines = [f"    parameter int {name} = {value}" for name, value in values.items()]
    for each in quantities:
        if each["name"] in used and each["name"] not in values:
            expression = each["unless_given"].replace("clog2(", "$clog2(")
            lines.append(f"    localparam int {each['name']} = {expression}")
    return lines
