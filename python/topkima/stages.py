# SPDX-License-Identifier: Apache-2.0
"""The kinds of stage of a machine, as the tools list them (`topkima-soc --list-stages=json`).

Diagrams, charts and the way of a row take their lists from here; what the tools do not list,
nothing in Python knows.
"""

import functools
import json
from pathlib import Path

from topkima import places
from topkima.errors import DataError
from topkima.tool import call


class Stages:
    """One tool's table. `kinds`: dicts in the order in which data pass them; `named`: accounts with
    a name of their own, and their kinds."""

    def __init__(self, listed: dict):
        self.kinds = {kind["name"]: kind for kind in listed["kinds"]}
        self.named = {account["name"]: account for account in listed["named"]}

    def of_part(self, part: str) -> tuple:
        """The names of the kinds in a part of the machine: "shared", "head", "token", "cause"."""
        return tuple(name for name, kind in self.kinds.items() if kind["part"] == part)

    @property
    def way(self) -> tuple:
        """The names of the kinds that a row of queries passes, in that order."""
        return tuple(name for name, kind in self.kinds.items() if kind["passed_by_rows"])

    def leaves(self, report: dict) -> str:
        """What of a row leaves the softmax macro of a report: "early winners", "late winners", or
        "all" where nothing is selected."""
        found = {account["kind"] for module in report.get("modules", [report])
                 for account in module["stages"]}
        return next((kind["leaves"] for name, kind in self.kinds.items()
                     if kind["leaves"] != "all" and name in found), "all")

    def __getitem__(self, name: str) -> dict:
        """DataError: no kind is called that."""
        if name not in self.kinds:
            raise DataError(f"stage kind {name!r} is not one that topkima-soc lists; expected "
                            f"{', '.join(self.kinds)}")
        return self.kinds[name]

    @property
    def flow(self) -> list:
        """The names of accounts in the order in which data pass them: kinds, and in the place of
        those around attention the accounts that are of them."""
        tokens = [name for name, account in self.named.items()
                  if self.kinds[account["kind"]]["part"] == "token"]
        flow, added = [], False
        for name, kind in self.kinds.items():
            if kind["part"] == "token":
                flow += [] if added else tokens
                added = True
            elif kind["part"] != "cause":
                flow.append(name)
        return flow

    @property
    def colours(self) -> dict:
        """By the name of a kind or an account."""
        return {name: entry["colour"] for name, entry in (*self.kinds.items(), *self.named.items())}


@functools.cache
def stages_of(program: Path) -> Stages:
    return Stages(json.loads(call([program, "--list-stages=json"]).stdout))


def stages() -> Stages:
    """The table of topkima-soc, which has the kinds of all machines."""
    return stages_of(places.tool("topkima-soc"))
