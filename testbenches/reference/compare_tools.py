#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tools on random cases and holds every result to the reference.

  compare_tools.py --macro PATH --soc PATH --cases N --seed S [--only macro|soc]

A case depends on the seed and its index alone; --case I runs a single one. The
directory of a failing case stays, with the command in command.txt.
"""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from nonidealities import has_stuck, repeats
from random_cases import make_case, write_case
from reference_parameters import full_config
from topkima_reference import alpha_per_crossbar, run_macro, run_soc
from topkima_timing import macro_time, service_times, stages_of
from waiting import DEADLINE_S

ALPHA_TOLERANCE = 1e-12
SCALE_TOLERANCE = 1e-12   # relative
FLOAT_TOLERANCE = 1e-9    # relative above 1

ARRAYS = {"topk_index": np.int32, "topk_code": np.int32, "probability": np.int32,
          "convert_cycles": np.int32, "output": np.int32, "output_real": np.float32}

# Names of the per-head arrays under "scales" in report.json.
SCALES = ("q", "k", "v", "ramp_lsb", "score_step")


def compare_array(name, got, want, dtype):
    if got.dtype != dtype:
        return [f"{name}: dtype {got.dtype}, expected {np.dtype(dtype)}"]
    if got.shape != want.shape:
        return [f"{name}: shape {got.shape}, expected {want.shape}"]
    differing = np.argwhere(got != want.astype(dtype))
    if not len(differing):
        return []
    first = tuple(int(i) for i in differing[0])
    return [f"{name}: {len(differing)} of {got.size} differ, first at {list(first)}: "
            f"{got[first]!s}, expected {want[first]!s}"]


def compare_arrays(result, out):
    problems = []
    for name, dtype in ARRAYS.items():
        path = out / f"{name}.npy"
        if not path.exists():
            problems.append(f"{name}.npy is missing")
            continue
        problems += compare_array(name, np.load(path), getattr(result, name), dtype)
    return problems


def close(got, want, tolerance, scale):
    return isinstance(got, (int, float)) and abs(got - want) <= tolerance * scale


def compare_numbers(name, got, want, tolerance, scale=None):
    """Lists of numbers; `scale` None makes the tolerance relative."""
    want = [float(w) for w in want]
    if not isinstance(got, list) or len(got) != len(want):
        return [f"{name}: {got}, expected {want}"]
    return [f"{name}[{i}]: {g}, expected {w!r}" for i, (g, w) in enumerate(zip(got, want))
            if not close(g, w, tolerance, abs(w) if scale is None else scale)]


def look_up(report, path):
    node = report
    for key in path.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node


def sequences_of(case, run, first):
    """The result of each sequence."""
    config = full_config(case.config)
    count = config["pipeline.sequences"]
    if repeats(config):
        return [first] * count
    return [first, *(run(case.tensors, {**case.config, "noise.sequence": sequence})
                     for sequence in range(1, count))]


def unknown_stages(config):
    """Stages whose time depends on stuck cells of a second bank, which the reference does not
    know. Cells decide how many steps a ramp makes; how many winners it finds, with a reach only."""
    several = config["pipeline.sequences"] > 1 and config["pipeline.banks"] > 1
    if not several or not has_stuck(config, "key"):
        return ()
    return ("score", "shifter", "exponent", "divider") if config["topk.reach"] else ("score",)


def compare_early_stop(results, config, report):
    alpha = np.mean([result.alpha for result in results])
    return [*compare_numbers("early_stop.alpha", [look_up(report, "early_stop.alpha")],
                             [alpha], ALPHA_TOLERANCE, 1),
            *compare_numbers("early_stop.alpha_per_crossbar",
                             look_up(report, "early_stop.alpha_per_crossbar"),
                             alpha_per_crossbar(results, config), ALPHA_TOLERANCE, 1)]


def compare_report(result, report):
    problems = []
    for name in SCALES:
        problems += compare_numbers(f"scales.{name}", look_up(report, f"scales.{name}"),
                                    result.scales[name], SCALE_TOLERANCE)
    for name, want in result.float_reference.items():
        problems += compare_numbers(f"float_reference.{name}",
                                    [look_up(report, f"float_reference.{name}")],
                                    [want], FLOAT_TOLERANCE, max(1.0, abs(want)))
    return problems


def stage_parts(stage):
    return stage["busy"], stage["starved"]["total"], stage["blocked"]["total"]


def compare_balance(report):
    """Busy, starved and blocked add up to the latency in every stage, and the
    named causes to their totals."""
    latency = look_up(report, "totals.latency_cycles")
    problems = []
    for stage in report["stages"]:
        busy, starved, blocked = stage_parts(stage)
        if busy + starved + blocked != latency:
            problems.append(f"{stage['name']}: busy {busy} + starved {starved} + blocked "
                            f"{blocked} is not the latency {latency}")
        for part in ("starved", "blocked"):
            causes = sum(stage[part]["by"].values())
            if causes != stage[part]["total"]:
                problems.append(f"{stage['name']}: causes of {part} add up to {causes}, "
                                f"not {stage[part]['total']}")
    return problems


def compare_busy(results, config, report, unknown):
    """Rows and busy cycles of the row stages of every chain, of all sequences."""
    stages = {stage["name"]: stage for stage in report["stages"]}
    services = [service_times(result, config) for result in results]
    problems = [f"stage {name} is none of this machine's" for name in stages
                if name.startswith("head") and name.split(".")[1] not in (*services[0], "store")]
    chains, rows = services[0]["score"].shape
    for head in range(chains):
        for kind in stages_of(config):
            name = f"head{head}.{kind}"
            if name not in stages:
                problems.append(f"stage {name} is missing")
                continue
            if kind in unknown:
                continue
            want = (rows * len(results), sum(int(of[kind][head].sum()) for of in services))
            got = (stages[name]["rows"], stages[name]["busy"])
            if got != want:
                problems.append(f"{name}: (rows, busy) {got}, expected {want}")
    return problems


def compare_macro_time(result, config, report):
    want = macro_time(result, config)
    latency = look_up(report, "totals.latency_cycles")
    problems = []
    if latency != want.latency:
        problems.append(f"totals.latency_cycles: {latency}, expected {want.latency}")
    for stage in report["stages"]:
        if stage["name"] not in want.stages:
            continue
        time = want.stages[stage["name"]]
        parts = (time.busy, want.latency - time.busy - time.blocked, time.blocked)
        if stage_parts(stage) != parts:
            problems.append(f"{stage['name']}: (busy, starved, blocked) {stage_parts(stage)}, "
                            f"expected {parts}")
    return problems


def compare_outputs(case, out):
    """All differences between what the tool wrote and the reference."""
    run = run_macro if case.tool == "macro" else run_soc
    result = run(case.tensors, case.config)
    problems = compare_arrays(result, out)
    try:
        with open(out / "report.json", encoding="utf-8") as file:
            report = json.load(file)
        problems += compare_report(result, report)
        results = sequences_of(case, run, result)
        unknown = unknown_stages(full_config(case.config))
        problems += compare_busy(results, case.config, report, unknown)
        if not unknown:
            problems += compare_early_stop(results, case.config, report)
        problems += compare_balance(report)
        if case.tool == "macro":
            problems += compare_macro_time(result, case.config, report)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"report.json: {type(error).__name__}: {error}")
    return problems


def run_case(case, tool, directory):
    command = [tool, *write_case(case, directory)]
    (directory / "command.txt").write_text(shlex.join(command) + "\n", encoding="utf-8")
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        return [f"no end after {DEADLINE_S} s"]
    if done.returncode != 0:
        return [f"exit code {done.returncode}", *done.stderr.splitlines()[-20:]]
    return compare_outputs(case, directory / "out")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--macro", help="path of topkima-macro")
    parser.add_argument("--soc", help="path of topkima-soc")
    parser.add_argument("--cases", type=int, default=100, help="cases in all, the tools in turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("macro", "soc"))
    parser.add_argument("--case", type=int, help="run the case of this index alone")
    arguments = parser.parse_args()
    arguments.tools = [arguments.only] if arguments.only else ["macro", "soc"]
    for tool in arguments.tools:
        path = getattr(arguments, tool)
        if not path:
            parser.error(f"--{tool} PATH is needed")
        if not shutil.which(path):
            parser.error(f"{path} is not a program")
    return arguments


def main():
    arguments = parse_arguments()
    indices = range(arguments.cases) if arguments.case is None else [arguments.case]
    mismatches = 0
    for index in indices:
        tool = arguments.tools[index % len(arguments.tools)]
        case = make_case(tool, arguments.seed, index)
        directory = Path(tempfile.mkdtemp(prefix=f"topkima_{tool}_{arguments.seed}_{index}_"))
        problems = run_case(case, getattr(arguments, tool), directory)
        if not problems:
            shutil.rmtree(directory)
            continue
        mismatches += 1
        print(f"MISMATCH {tool} --only {tool} --seed {arguments.seed} --case {index}: {directory}")
        for problem in problems:
            print(f"  {problem}", flush=True)
    print(f"{len(indices)} cases, {mismatches} mismatches")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
