# SPDX-License-Identifier: Apache-2.0
"""Checks files in the Trace Event Format, as the document describes it that
viewers refer to: "Trace Event Format",
https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU/preview

It is stricter than the document where a viewer would show something else than
what was meant: complete events of a track take time and do not overlap, also
where times are added as doubles; every process and track has a name, and every
flow event lies on a slice that begins when it happens or encloses it.

    trace_events.py FILE.json...        exits with 1 and says what is wrong
"""

import json
import sys
from collections import defaultdict
from decimal import Decimal

MOST_MESSAGES = 20

# Phase: the fields that an event of that phase must have, beside "ph".
REQUIRED = {
    "X": ("name", "cat", "pid", "tid", "ts", "dur"),
    "s": ("name", "cat", "pid", "tid", "ts", "id"),
    "t": ("name", "cat", "pid", "tid", "ts", "id"),
    "f": ("name", "cat", "pid", "tid", "ts", "id"),
    "C": ("name", "pid", "ts", "args"),
    "M": ("name", "pid", "args"),
}
# Metadata: its argument and that argument's type; "thread_..." needs a tid.
METADATA = {"process_name": ("name", str), "process_sort_index": ("sort_index", int),
            "process_labels": ("labels", str), "thread_name": ("name", str),
            "thread_sort_index": ("sort_index", int)}
ALLOWED = {"ph", "name", "cat", "pid", "tid", "ts", "dur", "id", "bp", "args"}


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


TYPES = {"ph": lambda v: isinstance(v, str) and len(v) == 1, "name": lambda v: isinstance(v, str),
         "cat": lambda v: isinstance(v, str) and v != "", "pid": is_integer, "tid": is_integer,
         "ts": is_number, "dur": lambda v: is_number(v) and v > 0,
         "id": lambda v: is_integer(v) or isinstance(v, str), "bp": lambda v: v == "e",
         "args": lambda v: isinstance(v, dict)}


def read(path):
    """The events' object, with exact times; raises ValueError."""
    def refuse(text):
        raise ValueError(f"{text} is no JSON number")

    def once(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            raise ValueError(f"a key appears twice among {keys}")
        return dict(pairs)

    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=once)


def check_fields(where, event, say):
    """Whether an event is well-formed by itself."""
    if not isinstance(event, dict):
        say(f"{where}: is no object")
        return False
    phase = event.get("ph")
    if phase not in REQUIRED:
        say(f"{where}: phase {phase!r} is not expected here")
        return False
    good = True
    for field in REQUIRED[phase]:
        if field not in event:
            say(f"{where}: an event of phase {phase} without {field!r}")
            good = False
    for field, value in event.items():
        if field not in ALLOWED:
            say(f"{where}: field {field!r} is unknown")
            good = False
        elif not TYPES[field](value):
            say(f"{where}: {field} is {value!r}")
            good = False
    if good and phase == "M":
        argument = METADATA.get(event["name"])
        if argument is None:
            say(f"{where}: metadata {event['name']!r} is unknown")
        elif not isinstance(event["args"].get(argument[0]), argument[1]):
            say(f"{where}: {event['name']} has no {argument[0]!r}")
        elif event["name"].startswith("thread") and "tid" not in event:
            say(f"{where}: {event['name']} names no track")
    if good and phase == "C" and (not event["args"] or
                                  not all(is_number(v) for v in event["args"].values())):
        say(f"{where}: a counter's arguments are numbers")
    return good


def check_names(events, say):
    """Processes and tracks are named, once, and sorted at most once."""
    seen = set()
    for where, event in events:
        if event["ph"] != "M":
            continue
        key = (event["name"], event["pid"], event.get("tid") if "thread" in event["name"] else None)
        if key in seen:
            say(f"{where}: {key} is declared again")
        seen.add(key)
    missing = set()
    for where, event in events:
        keys = [("process_name", event["pid"], None)]
        if event["ph"] != "C" and "tid" in event:
            keys.append(("thread_name", event["pid"], event["tid"]))
        for key in keys:
            if key not in seen and key not in missing:
                missing.add(key)
                say(f"{where}: there is no {key[0]} of pid {key[1]}, tid {key[2]}")


def slices_of(events, say):
    """Per track (begin, end) of its complete events, sorted; they must not overlap."""
    tracks = defaultdict(list)
    for where, event in events:
        if event["ph"] == "X":
            begin, length = event["ts"], event["dur"]
            tracks[event["pid"], event["tid"]].append((begin, begin + length, where))
            if float(begin) + float(length) != begin + length:
                say(f"{where}: as doubles {begin} and {length} do not add up")
    for track, slices in tracks.items():
        slices.sort(key=lambda s: s[:2])
        for (_, end, earlier), (begin, _, later) in zip(slices, slices[1:]):
            if begin < end:
                say(f"{later}: overlaps {earlier} on track {track}")
    return tracks


def encloses(slices, time):
    """Whether a slice of a sorted track holds `time`; an end does not."""
    low, high = 0, len(slices)
    while low < high:
        middle = (low + high) // 2
        if slices[middle][0] <= time:
            low = middle + 1
        else:
            high = middle
    return low > 0 and time < slices[low - 1][1]


def check_flows(events, tracks, say):
    """One start, then steps, then one finish, each within a slice, in the order of time."""
    flows = defaultdict(list)
    for where, event in events:
        if event["ph"] not in "stf":
            continue
        flows[event["cat"], event["name"], event["id"]].append((where, event))
        if event["ph"] == "f" and event.get("bp") != "e":
            say(f"{where}: would bind to the next slice, not to the one that encloses it")
        if not encloses(tracks.get((event["pid"], event["tid"]), []), event["ts"]):
            say(f"{where}: no slice of its track encloses it")
    for flow, points in flows.items():
        phases = "".join(event["ph"] for _, event in points)
        if phases != "s" + "t" * (len(phases) - 2) + "f":
            say(f"{points[0][0]}: flow {flow} goes {phases}")
        times = [event["ts"] for _, event in points]
        if times != sorted(times):
            say(f"{points[0][0]}: flow {flow} goes back in time")


def check_counters(events, say):
    last = {}
    for where, event in events:
        if event["ph"] != "C":
            continue
        key = (event["pid"], event["name"])
        ts, arguments = last.get(key, (event["ts"], set(event["args"])))
        if event["ts"] < ts:
            say(f"{where}: counter {key} goes back in time")
        if arguments != set(event["args"]):
            say(f"{where}: counter {key} changes its series")
        last[key] = (event["ts"], arguments)


def problems_of(trace):
    """Messages on what is wrong with a parsed trace; none when it is in order."""
    messages = []
    say = messages.append
    if not isinstance(trace, dict) or not isinstance(trace.get("traceEvents"), list):
        return ["the file is no object with a list \"traceEvents\""]
    if trace.get("displayTimeUnit", "ms") not in ("ms", "ns"):
        say(f"displayTimeUnit is {trace['displayTimeUnit']!r}")
    events = [(f"event {i}", event) for i, event in enumerate(trace["traceEvents"])]
    events = [(where, event) for where, event in events if check_fields(where, event, say)]
    check_names(events, say)
    check_flows(events, slices_of(events, say), say)
    check_counters(events, say)
    return messages


def problems(path):
    """Messages on what is wrong with a file; none when it is in order."""
    try:
        return problems_of(read(path))
    except (OSError, ValueError) as error:
        return [f"cannot be read: {error}"]


def main(paths):
    bad = False
    for path in paths:
        found = problems(path)
        bad = bad or bool(found)
        for message in found[:MOST_MESSAGES]:
            print(f"{path}: {message}", file=sys.stderr)
        if len(found) > MOST_MESSAGES:
            print(f"{path}: and {len(found) - MOST_MESSAGES} more", file=sys.stderr)
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
