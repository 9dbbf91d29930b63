# SPDX-License-Identifier: Apache-2.0
"""Two runs side by side: what was changed between them, and what that did to time, energy and
results.

Everything is taken from the two report.json (docs/files.md); every change is B minus A of the
figures shown beside it.
"""

from topkima.errors import DataError
from topkima.exploration.kinds import KINDS, kind_of
from topkima.exploration.reports import printable


def compare(a: dict, b: dict, name_a: str, name_b: str) -> str:
    """Text for a terminal about two reports. DataError if they are of two kinds."""
    names = {a["schema"]: name_a, b["schema"]: name_b}
    if len(names) > 1:
        (name, what), (other, other_what) = [(names[schema], kind.WHAT) for schema, kind in
                                             reversed(KINDS.items()) if schema in names]
        raise DataError(printable(f"{name} is a run of {what}, {other} one of {other_what}; "
                                  "expected two of a kind"))
    lines = [f"{label}: {name if len(name) <= 60 else '...' + name[-57:]} ({report['tool']})"
             for label, name, report in (("A", name_a, a), ("B", name_b, b))]
    if a == b:
        lines.append("no difference")
    else:
        lines += kind_of(a).sections(a, b)
    return "".join(printable(line) + "\n" for line in lines)
