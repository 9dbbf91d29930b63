# SPDX-License-Identifier: Apache-2.0
"""Two runs side by side: what was changed between them, and what that did to time, energy and
results.

Everything is taken from the two report.json (docs/files.md); every change is B minus A of the
figures shown beside it.
"""

from topkima.errors import DataError
from topkima.exploration.reports import of_encoder, printable

from . import encoder, module


def compare(a: dict, b: dict, name_a: str, name_b: str) -> str:
    """Text for a terminal about two reports. DataError if one is of an encoder, the other not."""
    if of_encoder(a) != of_encoder(b):
        names = (name_a, name_b) if of_encoder(a) else (name_b, name_a)
        raise DataError(printable(f"{names[0]} is a run of a whole encoder, {names[1]} one of an "
                                  "attention module; expected two of a kind"))
    lines = [f"{label}: {name if len(name) <= 60 else '...' + name[-57:]} ({report['tool']})"
             for label, name, report in (("A", name_a, a), ("B", name_b, b))]
    if a == b:
        lines.append("no difference")
    else:
        lines += (encoder if of_encoder(a) else module).sections(a, b)
    return "".join(printable(line) + "\n" for line in lines)
