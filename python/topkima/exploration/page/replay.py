# SPDX-License-Identifier: Apache-2.0
"""What is found out about an earlier run by simulating it once more: the spans of its first rows,
from a timeline, and what one step of each parameter would gain.

The report of the second run must be that of the first, byte for byte.
"""

import contextlib
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

from topkima.exploration.reports import changed_between, words_to_repeat
from topkima.files import (REPORT, RUN, TIMELINE, WHAT_IF as WHAT_IF_FILE, opened_text, read_bytes,
                           read_json)
from topkima.shapes import read_shaped
from topkima.stages import stages

ROWS = 12                 # of each head
MOST_IDS = 6000           # rows of heads in a timeline, some 4 kB each
TIME_LIMIT_S = 300
WHAT_IF = "what_if.json"
LONGEST_S = 3             # of a run whose steps are simulated unasked: there are some thirty
METRICS = {"*": (float,)}
STEPS = {"figures": [{"name": str, "unit": str, "role": str}],
         "base": {"metrics": METRICS, "limit": str},
         "steps": [{"parameter": str, "unit": str, "meaning": str, "from": str, "to": str,
                    "metrics": (METRICS,), "limit": (str,), "refused": (str,)}]}


class CannotReplay(Exception):
    """Why nothing was found out."""


@contextlib.contextmanager
def repeated(run_directory: Path, run: dict, tool: Path, *options):
    """The results of the second run, in a directory beside which files may lie: "@" in an option
    is that place."""
    if not tool.exists():
        raise CannotReplay(f"{tool.name} has not been built here.")
    with tempfile.TemporaryDirectory(prefix="topkima-page-") as place:
        again = Path(place) / "again"
        command = [tool, "--quiet", *words_to_repeat(run_directory, run), f"--output={again}",
                   *(option.replace("@", place) for option in options)]
        try:
            done = subprocess.run(command, capture_output=True, errors="replace", check=False,
                                  stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise CannotReplay(f"the run takes more than {TIME_LIMIT_S} s.") from None
        if done.returncode != 0:
            first_line = (done.stderr.strip().splitlines() or ["no message"])[0]
            raise CannotReplay(f"the run cannot be repeated: {first_line}")
        if read_bytes(again / "report.json", REPORT) != \
                read_bytes(run_directory / "report.json", REPORT):
            raise CannotReplay("the run gives another report now; "
                               f"{changed_between(run_directory, again)} since.")
        yield again


def spans_in(timeline: Path, rows: int) -> dict:
    """{head: [[stage, row, "busy" or "blocked", from, to, by], ...]} of the first rows; head -1
    holds the shared projection. An event is a line."""
    names, spans, stages_passed = {}, {}, stages().way
    with opened_text(timeline, TIMELINE) as lines:
        for line in lines:
            if '"thread_name"' not in line and '"ph":"X"' not in line:
                continue
            event = json.loads(line.rstrip().rstrip(","))
            span = event["args"]
            if event["ph"] == "M":
                names[event["tid"]] = span["name"]
                continue
            stage, row = names[event["tid"]], span.get("row", span.get("token", rows))
            if (event["cat"] == "starved" or stage not in stages_passed or row >= rows
                    or span.get("sequence", 0) != 0):
                continue
            spans.setdefault(span.get("head", -1), []).append(
                [stages_passed.index(stage), row, event["cat"], span["from"], span["to"],
                 span.get("by", "")])
    return spans


def first_rows(run_directory: Path, run: dict, report: dict, tool: Path) -> dict:
    """Spans of the first rows, for the page. CannotReplay: there are none, and why."""
    heads, count = report["workload"]["heads"], report["workload"]["query_rows"]
    rows = min(ROWS, count)
    last_head = heads - 1 if (heads - 1) * count + rows <= MOST_IDS else 0
    last_id = last_head * count + rows - 1
    with repeated(run_directory, run, tool, "--timeline=@/timeline.json",
                  f"--timeline.rows=0-{last_id}") as again:
        spans = spans_in(again.with_name("timeline.json"), rows)
    shared = spans.pop(-1, [])
    return {"rows": rows, "stages": stages().way, "shared": shared,
            "heads": {head: spans[head] for head in sorted(spans)}}


def found_steps(run_directory: Path) -> dict | None:
    """What one step of each parameter would gain, as the run itself has found out (--what-if)."""
    path = run_directory / WHAT_IF
    return read_shaped(path, WHAT_IF_FILE, STEPS, "steps") if os.path.lexists(path) else None


def seconds_of(run_directory: Path) -> float:
    """What the run took, without end where it does not tell."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return float(read_json(run_directory / "run.json", RUN)["wall_seconds"])
    return math.inf


def steps_of(run_directory: Path, run: dict, tool: Path) -> dict:
    """The same, of a run that takes no time to speak of also by simulating it again. CannotReplay:
    it is not known, and why."""
    found = found_steps(run_directory)
    if found is not None:
        return found
    if not seconds_of(run_directory) <= LONGEST_S:
        raise CannotReplay(f"the run took more than {LONGEST_S} s; with --what-if it finds this "
                           "out, too.")
    with repeated(run_directory, run, tool, "--what-if") as again:
        return found_steps(again)
