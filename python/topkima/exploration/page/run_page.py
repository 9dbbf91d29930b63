# SPDX-License-Identifier: Apache-2.0
"""The page of a run: what was simulated, where its time went, what the ramp and the top-k did.

Everything comes from the run's result directory, except the first rows' way through the stages and
what one step of each parameter would gain, for which the run is simulated once more (replay.py).
"""

import csv
import os
from pathlib import Path

import numpy as np

from topkima import places
from topkima.arrays import read_array
from topkima.exploration.choices import meaning_of
from topkima.exploration.kinds import module
from topkima.exploration.reports import read_report_of, read_run
from topkima.files import (ARRAY, POWER, ROWS, opened_text, read_text,
                           write_file)
from topkima.names import shown
from topkima.stages import stages

from .diagram import diagram_of
from .replay import CannotReplay, first_rows, steps_of
from .shell import body_of, page_of

SCRIPTS = ("machine.js", "stages.js", "energy.js", "configuration.js", "run_stages.js",
           "what_if.js", "row_times.js", "run_rows.js", "run.js")
# The least and the largest number that each can hold.
ARRAYS = {"topk_index": (-1, lambda report: report["workload"]["tokens"] - 1),
          "probability": (0, lambda report: 2**31 - 1),
          "convert_cycles": (0, lambda report: report["totals"]["latency_cycles"])}
POWER_BINS, POWER_SHOWN = 400, 7    # of power over time, at most: points, and components apart
ROW_BINS = 60  # of a histogram of rows, at most
BINS = 160     # of the map of selected tokens, at most, in each direction


def conversions_of(cycles: np.ndarray) -> dict:
    """How many conversions took how many cycles: counts[head][crossbar][cycles - first]."""
    first, last = (int(cycles.min()), int(cycles.max())) if cycles.size else (0, 0)
    counts = [[np.bincount(cycles[head, :, crossbar] - first, minlength=last - first + 1).tolist()
               for crossbar in range(cycles.shape[2])] for head in range(cycles.shape[0])]
    return {"first": first, "counts": counts}


def row_times_of(directory: Path, report: dict) -> dict | None:
    """How many rows of each head took how many cycles in it, in bins of equally many cycles:
    counts[head][bin]. None where the run has not written it."""
    path = directory / "rows.csv"
    if not os.path.lexists(path):
        return None
    try:
        with opened_text(path, ROWS, newline="") as file:
            rows = [(int(row["head"]), int(row["cycles"])) for row in csv.DictReader(file)]
        if not rows:
            raise ValueError("it has no row")
        for one, most in zip(zip(*rows), (report["workload"]["heads"] - 1,
                                          report["totals"]["latency_cycles"])):
            if not 0 <= min(one) <= max(one) <= most:
                raise ValueError(f"a number is not within 0..{most}, as report.json has it")
        head, cycles = np.array(rows).T
    except (ValueError, KeyError, TypeError, OverflowError, csv.Error) as error:
        ROWS.refuse(path, error)
    first = int(cycles.min())
    step = -(-(int(cycles.max()) - first + 1) // ROW_BINS)
    bins = (cycles - first) // step
    return {"first": first, "step": step,
            "counts": [np.bincount(bins[head == one], minlength=bins.max() + 1).tolist()
                       for one in range(head.max() + 1)]}


def bin_size(count: int) -> int:
    return max(1, -(-count // BINS))


def selection_of(index: np.ndarray, probability: np.ndarray, tokens: int, selects: bool) -> dict:
    """Winners by row and token, in bins of some rows by some tokens. Per head the bins that have
    any: how far each lies behind the one before (place: row bin * token bins + token bin), winners,
    and sum of probabilities. Where nothing is selected: the bins with a probability, no winners."""
    heads, rows, _ = index.shape
    per_row, per_token = bin_size(rows), bin_size(tokens)
    across = -(-tokens // per_token)
    maps = []
    for head in range(heads):
        row, place = np.nonzero(index[head] >= 0)
        cells = row // per_row * across + index[head, row, place] // per_token
        size = -(-rows // per_row) * across
        winners = np.bincount(cells, minlength=size)
        sums = np.bincount(cells, weights=probability[head, row, place], minlength=size)
        used = np.flatnonzero(winners if selects else sums)
        maps.append({"gaps": np.diff(used, prepend=0).tolist(),
                     "winners": winners[used].tolist() if selects else [],
                     "probability": sums[used].astype(int).tolist()})
    zeros = np.count_nonzero((index >= 0) & (probability == 0))
    return {"rows": rows, "tokens": tokens, "per_row": per_row, "per_token": per_token,
            "zero_share": zeros / max(1, np.count_nonzero(index >= 0)), "heads": maps}


def power_of(directory: Path) -> dict:
    """Power over time in mW: the components with the largest share apart, the others together, in
    bins of some intervals. None where the run has not written it."""
    path = directory / "power.csv"
    if not os.path.lexists(path):
        return None
    try:
        head, *lines = read_text(path, POWER).splitlines() or [""]
        names = [name.removesuffix("_mw") for name in head.split(",")][1:-1]
        if not lines:
            raise ValueError("it has no interval")
        table = np.loadtxt(lines, delimiter=",", ndmin=2)
        start, power = table[:, 0], table[:, 1:-1]
        if power.shape[1] != len(names):
            raise ValueError("columns are missing")
    except ValueError as error:
        POWER.refuse(path, error)
    step = -(-len(power) // POWER_BINS)
    binned = np.array([power[at:at + step].mean(axis=0) for at in range(0, len(power), step)])
    order = np.argsort(-power.sum(axis=0), kind="stable")
    shown = [(names[i], binned[:, i]) for i in order[:POWER_SHOWN]]
    if len(order) > POWER_SHOWN:
        shown.append(("others", binned[:, order[POWER_SHOWN:]].sum(axis=1)))
    return {"start_us": start[::step].tolist(), "intervals": step,
            "parts": [{"name": name, "mw": [float(f"{mw:.4g}") for mw in values]}
                      for name, values in shown]}


def results_of(directory: Path) -> tuple:
    """report.json, run.json and the arrays of a run."""
    report, run = read_report_of(module, directory), read_run(directory)
    return report, run, {name: array_of(directory / f"{name}.npy", least, most(report), report)
                         for name, (least, most) in ARRAYS.items()}


def array_of(path: Path, least: int, most: int, report: dict) -> np.ndarray:
    """An array [heads, rows, ...] of integers within least..most."""
    array, work = read_array(path, ARRAY), report["workload"]
    if array.dtype.kind not in "iu" or array.ndim != 3 or \
            array.shape[:2] != (work["heads"], work["query_rows"]):
        ARRAY.refuse(path, f"holds {array.dtype} {list(array.shape)}; report.json tells of "
                           f"{work['heads']} heads with {work['query_rows']} rows")
    if array.size and not least <= array.min() <= array.max() <= most:
        ARRAY.refuse(path, f"holds {array.min()}..{array.max()}; report.json tells of "
                           f"{least}..{most}")
    return array


def or_why_not(find, *arguments) -> dict:
    try:
        return find(*arguments)
    except CannotReplay as reason:
        return {"missing": f"Not shown: {reason}"}


def run_data(directory: Path, tools: Path) -> dict:
    """All that the page shows, as one JSON object."""
    report, run, arrays = results_of(directory)
    tool = tools / run["tool"]
    leaves = stages().leaves(report)
    return {"name": shown(directory.resolve().name), "report": report, "run": run, "leaves": leaves,
            "scaling": meaning_of(report, "attention.scaling"),
            "sorter_per_crossbar": meaning_of(report, "sort.sorters"),
            "takes_turns": meaning_of(report, "attention.kv_sharing"),
            "conversions": conversions_of(arrays["convert_cycles"]),
            "selection": selection_of(arrays["topk_index"], arrays["probability"],
                                      report["workload"]["tokens"], leaves != "all"),
            "power": power_of(directory), "row_times": row_times_of(directory, report),
            "pipeline": or_why_not(first_rows, directory, run, report, tool),
            "what_if": or_why_not(steps_of, directory, run, tool)}


def write_run_page(run_directory: Path, path: Path, tools: Path | None = None) -> None:
    """Writes the page of a run to `path`; `tools` is the folder with the tool that repeats it.
    DataError: `run_directory` holds no results."""
    data = run_data(Path(run_directory), Path(tools or places.tools()))
    body = body_of("run.html").replace("<!-- diagram -->", diagram_of(data["report"]))
    write_file(path, page_of(f"{data['name']}: run", body, SCRIPTS, data))
