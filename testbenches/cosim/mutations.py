#!/usr/bin/env python3
"""Does a run beside the model find what a designer may get wrong? Puts the faults of
mutation_table.py, one at a time, into copies of the RTL twins and lets the tools run them in shadow
mode. Each must be found in the run that is named for it: exit code 4 and a report of the first
divergence. In the model's place it may do what it likes, but not crash or hang the tool. The twins
without a fault must pass all runs."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutation_table import BLOCKS, COMMON, FAULTS, RUNS
from rtl_compiler import ROOT, CompilerError, RtlCompiler

TIME_LIMIT_S = 120
FAILED = 4    # exit code of a simulation
REPORTED = {"row": "row", "block": "block", "transaction": "transaction", "field": "field",
            "model": "model", "RTL": "rtl"}    # lines of the tools' report


class Checker:
    def __init__(self, build, work, compiler):
        self.tools, self.work, self.compiler = build / "platforms", work, compiler

    def compile(self, block, name, fault=None):
        texts = {}
        for source in BLOCKS[block].sources:
            text = (ROOT / source).read_text()
            for old, new in fault.edits if fault and fault.file == source else ():
                if text.count(old) != 1:
                    raise CompilerError(f"{source} has {text.count(old)} times, not once:\n{old}")
                text = text.replace(old, new)
            texts[Path(source).name] = text
        self.compiler.make(block, name, BLOCKS[block], texts)

    def run(self, block, name, run, how="shadow:"):
        """Runs a library beside the model, or in its place. Returns what came of it."""
        place = self.work / "runs" / f"{name}-{run}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        command = [self.tools / f"topkima-{RUNS[run].tool}", *COMMON.split(),
                   *RUNS[run].options.split(), f"--model.{block}", f"{how}{name}",
                   "--cosim.directory", self.work / "rtl", "--quiet"]
        try:
            done = subprocess.run(command, cwd=place, text=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=TIME_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return {"code": None, "message": f"no end within {TIME_LIMIT_S} s"}
        shutil.rmtree(place)
        lines = done.stderr.splitlines() or [""]
        outcome = {"code": done.returncode, "message": lines[0]}
        for line in lines[1:]:
            key, _, value = line.strip().partition(" ")
            if key in REPORTED:
                outcome.setdefault(REPORTED[key], value.strip())
        return outcome

    def check_fault(self, fault):
        """One entry of the table; `wrong` says why the check fails, if it does."""
        began = time.monotonic()
        name = f"{fault.block}_{fault.name}"
        entry = {"name": full_name(fault), "fault": fault.wrong, "file": fault.file,
                 "run": fault.run}
        try:
            self.compile(fault.block, name, fault)
            entry.update(self.run(fault.block, name, fault.run))
            if not found(entry):
                entry["wrong"] = self.survivor(fault, name)
            elif crashed(self.run(fault.block, name, fault.run, how="")):
                entry["wrong"] = "in the model's place it crashes or hangs the tool"
        except CompilerError as error:
            entry["wrong"] = str(error)
        entry["seconds"] = round(time.monotonic() - began, 1)
        return entry

    def survivor(self, fault, name):
        for run in runs_of(fault.block):
            if found(self.run(fault.block, name, run)):
                return f"not found in run {fault.run}, but in {run}"
        return "not found in any run"

    def check_twin(self, block, runs):
        """Runs that the twin without a fault does not pass, with their messages."""
        name = f"{block}_without_fault"
        self.compile(block, name)
        outcomes = {run: self.run(block, name, run) for run in runs}
        return {run: outcome["message"] for run, outcome in outcomes.items() if outcome["code"] != 0}


def full_name(fault):
    return f"{fault.block}.{fault.name}"


def runs_of(block):
    return [name for name, run in RUNS.items() if block in run.blocks]


def found(outcome):
    return outcome["code"] == FAILED and "RTL" in outcome["message"]


def crashed(outcome):
    return outcome["code"] != 0 and not found(outcome)


def values(entry):
    if "field" not in entry:
        return entry.get("message", "")
    return f"{entry['field']}: {entry['model']}; RTL: {entry['rtl']}"


def place(entry):
    return ", ".join(filter(None, (entry.get("block", "").split(",")[0],
                                   entry.get("row", "").split(" (")[0], entry.get("transaction"))))


def markdown(table):
    lines = ["# Faults that shadow mode finds", "",
             "Made by `testbenches/cosim/mutations.py --markdown docs/mutations.md` after a build;",
             "do not edit.", ""]
    lines += ["| run | what | options |", "|---|---|---|"]
    for name, run in RUNS.items():
        lines.append(f"| {name} | {run.what} | `topkima-{run.tool} {run.options}` |")
    for block in BLOCKS:
        lines += ["", f"## {block}", "", "| fault | what is wrong | run | first divergence | values |",
                  "|---|---|---|---|---|"]
        for entry in table:
            if entry["name"].startswith(block + "."):
                name = entry["name"].split(".")[1]
                lines.append(f"| {name} | {entry['fault']} | {entry['run']} | {place(entry)} | "
                             f"{entry.get('wrong') or values(entry)} |")
    return "\n".join(lines) + "\n"


def arguments_of(command_line):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="all faults")
    parser.add_argument("--only", metavar="NAME,...", help="these faults alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the tools are")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="the table")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="the table as a page")
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--verilator", default="verilator")
    arguments = parser.parse_args(command_line)
    known = {full_name(fault): fault for fault in FAULTS}
    arguments.faults = FAULTS
    if arguments.only:
        names = arguments.only.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            parser.error(f"no fault {', '.join(unknown)}; --list names them")
        arguments.faults = [known[name] for name in names]
    return arguments


def main():
    arguments = arguments_of(None)
    if arguments.list:
        for fault in FAULTS:
            print(f"{full_name(fault):28} {fault.wrong}")
        return 0
    build = arguments.build.resolve()
    work = build / "mutations"
    compiler = RtlCompiler(work, arguments.cxx, arguments.verilator)
    checker = Checker(build, work, compiler)
    bad, table = 0, []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        compiler.prepare(pool)
        twins = {}
        for block in sorted({fault.block for fault in arguments.faults}):
            needed = {fault.run for fault in arguments.faults if fault.block == block}
            runs = [run for run in runs_of(block) if run in needed or not arguments.only]
            twins[block] = pool.submit(checker.check_twin, block, runs)
        for entry in pool.map(checker.check_fault, arguments.faults):
            table.append(entry)
            bad += "wrong" in entry
            print(f"{entry['name']:28} {entry['run']:10} {entry['seconds']:5.1f} s  "
                  f"{'FAILS: ' + entry['wrong'] if 'wrong' in entry else place(entry) + ', ' + values(entry)}",
                  flush=True)
        for block, twin in twins.items():
            for run, message in twin.result().items():
                bad += 1
                print(f"{block} without a fault fails in run {run}: {message}")
    print(f"{len(table)} faults; {bad} checks failed")
    if arguments.output:
        arguments.output.write_text(json.dumps(table, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(markdown(table))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
