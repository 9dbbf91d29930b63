# SPDX-License-Identifier: Apache-2.0
"""The kinds of machine whose runs are compared and shown, each a module that says of its reports

SCHEMA      report["schema"]
WHAT        what such a run is of, in a sentence
PROGRAM     which runs those, and how
WORK        the part of a report that says what was to be done, and its fields
SHAPE       what a report must hold
flaw_of     (report) -> what a report of that shape still lacks to be shown, "" if nothing
sections    (a, b) -> lines about what two of them differ in
write_page  (results, path, tools=None) writes the page of a result directory; `tools` is the folder
            with the tool that simulates once more

Nothing else asks what kind a report is.
"""

from . import encoder, module

KINDS = {kind.SCHEMA: kind for kind in (module, encoder)}


def kind_of(report: dict):
    """Of a report that read_report() has read."""
    return KINDS[report["schema"]]
