# SPDX-License-Identifier: Apache-2.0
"""The spans of the first rows of an earlier run, found by simulating it once more with a timeline.

The report of the second run must be that of the first, byte for byte.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from topkima.exploration.reports import changed_between, words_to_repeat
from topkima.stages import stages

ROWS = 12                 # of each head
MOST_IDS = 6000           # rows of heads in a timeline, some 4 kB each
TIME_LIMIT_S = 300


class CannotReplay(Exception):
    """Why there are no spans."""


def command_of(run_directory: Path, run: dict, tool: Path, place: Path, last_id: int) -> list:
    return [tool, "--quiet", *words_to_repeat(run_directory, run), f"--output={place / 'again'}",
            f"--timeline={place / 'timeline.json'}", f"--timeline.rows=0-{last_id}"]


def spans_in(timeline: Path, rows: int) -> dict:
    """{head: [[stage, row, "busy" or "blocked", from, to, by], ...]} of the first rows; head -1
    holds the shared projection. An event is a line."""
    names, spans, stages_passed = {}, {}, stages().way
    with timeline.open(encoding="utf-8") as lines:
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
    if not tool.exists():
        raise CannotReplay(f"{tool.name} has not been built here.")
    heads, count = report["workload"]["heads"], report["workload"]["query_rows"]
    rows = min(ROWS, count)
    last_head = heads - 1 if (heads - 1) * count + rows <= MOST_IDS else 0
    with tempfile.TemporaryDirectory(prefix="topkima-page-") as place:
        command = command_of(run_directory, run, tool, Path(place), last_head * count + rows - 1)
        try:
            done = subprocess.run(command, capture_output=True, errors="replace", check=False,
                                  stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise CannotReplay(f"the run takes more than {TIME_LIMIT_S} s.") from None
        if done.returncode != 0:
            first_line = (done.stderr.strip().splitlines() or ["no message"])[0]
            raise CannotReplay(f"the run cannot be repeated: {first_line}")
        again = (Path(place) / "again" / "report.json").read_bytes()
        if again != (run_directory / "report.json").read_bytes():
            raise CannotReplay("the run gives another report now; "
                               f"{changed_between(run_directory, Path(place) / 'again')} since.")
        spans = spans_in(Path(place) / "timeline.json", rows)
    shared = spans.pop(-1, [])
    return {"rows": rows, "stages": stages().way, "shared": shared,
            "heads": {head: spans[head] for head in sorted(spans)}}
