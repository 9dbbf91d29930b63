# SPDX-License-Identifier: Apache-2.0
"""The page of a study: what was asked, the points, their front, and what decides it.

The view of the study comes as points; the page gets it as columns, with texts that repeat as
indices into a list, which keeps ten thousand points small.
"""

import os
from pathlib import Path

from topkima.files import write_file

from .shell import inlined, page_of

SCRIPTS = ("command.js", "fields.js", "study_plots.js", "study_parallel.js", "study_table.js",
           "study_detail.js", "study.js")


def as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def texts_in_order(texts: set) -> list:
    """Numbers by value, then the others by name; what is switched off comes last."""
    def place(text):
        number = as_number(text)
        return (text == "", number is None, number or 0.0, text)
    return sorted(texts, key=place)


def indexed(texts: list) -> dict:
    """{"texts": each once, "index": for each point its place there}"""
    distinct = texts_in_order(set(texts))
    places = {text: index for index, text in enumerate(distinct)}
    return {"texts": distinct, "index": [places[text] for text in texts]}


def commands_of(points: list) -> dict:
    """Commands mostly begin alike."""
    commands = [point.get("command", "") for point in points]
    start = os.path.commonprefix(commands) if len(commands) > 1 else ""
    return {"start": start, "rest": [command[len(start):] for command in commands]}


def metric_column(points: list, name: str) -> list:
    values = [point["metrics"].get(name) for point in points]
    return [int(value) if isinstance(value, float) and value.is_integer() else value
            for value in values]


def columns_of(view: dict) -> dict:
    """The view, its points turned into columns. Only points that are done have metrics; the others
    are listed with what they said."""
    done = [point for point in view["points"] if point["state"] == "done"]
    others = [point for point in view["points"] if point["state"] in ("infeasible", "failed")]
    return {
        **{key: view[key] for key in view if key not in ("points", "parameters", "metrics")},
        "number": [point["number"] for point in done],
        "workload": indexed([point["workload"] for point in done]),
        "bottleneck": indexed([point["bottleneck"] for point in done]),
        "front": [index for index, point in enumerate(done) if point["front"]],
        "violates": {index: point["violates"]
                     for index, point in enumerate(done) if point["violates"]},
        "run_hash": [point.get("run_hash", "") for point in done],
        "command": commands_of(done),
        "parameters": [{**parameter, **indexed([point["parameters"].get(parameter["name"], "")
                                                for point in done])}
                       for parameter in view["parameters"]],
        "metrics": [{**metric, "values": metric_column(done, metric["name"])}
                    for metric in view["metrics"]],
        "others": [{key: point[key] for key in ("number", "workload", "state", "message",
                                                "parameters")} for point in others],
    }


def write_study_page(view: dict, path: Path) -> None:
    """Writes the page of a study to `path`."""
    write_file(path, page_of(f"{view['name']}: study", inlined("study.html"), SCRIPTS,
                             columns_of(view)))
