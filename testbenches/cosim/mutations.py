#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a run beside the model find what a designer may get wrong? Puts the faults of
mutation_table.py, one at a time, into copies of the RTL twins and lets the tools run them in shadow
mode. Each must be found in the run that is named for it: exit code 4 and a report of the first
divergence. In the model's place it may do what it likes, but not crash or hang the tool. The twins
without a fault must pass all runs."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from mutation_table import COMMON, FAULTS, RUNS
from rtl_compiler import ROOT, CompilerError, RtlCompiler, call

sys.path[:0] = [str(ROOT / "python"), str(ROOT / "testbenches" / "support")]
from topkima import rtl  # noqa: E402
from topkima.errors import TopkimaError  # noqa: E402
from waiting import DEADLINE_S  # noqa: E402

FAILED = 4    # exit code of a simulation
REPORTED = {"row": "row", "block": "block", "transaction": "transaction", "field": "field",
            "model": "model", "RTL": "rtl"}    # lines of the tools' report


PAGE = """# Faults in RTL, and how shadow mode finds them

What is a comparison beside the model worth? {seen} faults that a designer could make were put into
the twins, one at a time. Each ends its run with exit code 4 and the report that is shown here; in
the model's place none of them crashes or hangs the tools; and the twins without a fault pass all
runs.
This page is made by

```sh
testbenches/cosim/mutations.py --markdown docs/mutations.md    # after scripts/setup; some minutes
```

from `testbenches/cosim/mutation_table.py`, which has the text of each fault. The tests check one
fault of each block, `ctest -L heavy -R faults` all, and that this page says what they gave;
`--list` and `--only NAME,...` are there for new ones.
Co-simulation itself: [cosimulation.md](cosimulation.md).

## Runs

All with `{common}` and the block beside the model, in a machine that has it.

{runs}
## Found
{found}
## Not found

{unseen}"""


class Checker:
    def __init__(self, build, work, compiler):
        self.build, self.tools, self.work = build, build / "platforms", work
        self.compiler = compiler
        self.present = {}    # libraries, and for which set of parameters each is

    def texts(self, block, fault=None):
        """The files of a block's RTL with a fault in them, by name."""
        texts = {}
        shipped = rtl.shipped(block, self.build)
        if fault and fault.module not in [source.stem for source in shipped.sources]:
            raise CompilerError(f"the RTL of block {block} has no module {fault.module}")
        for source in shipped.sources:
            text = source.read_text()
            for old, new in fault.edits if fault and fault.module == source.stem else ():
                if text.count(old) != 1:
                    raise CompilerError(f"{source} has {text.count(old)} times, not once:\n{old}")
                text = text.replace(old, new)
            texts[source.name] = text
        return texts

    def compile(self, block, name, run, fault=None):
        """The library that a run needs, unless it is there."""
        chosen = RUNS[run].parameters
        if self.present.get(name) == chosen:
            return
        shipped = rtl.shipped(block, self.build)
        if chosen:
            shipped = replace(shipped, parameters=rtl.table().blocks[block].parameters[chosen])
        self.compiler.make(block, name, shipped, self.texts(block, fault))
        self.present[name] = chosen

    def simulate(self, block, name, fault=None):
        """Runs the block's own testbench, by itself. Returns what came of it."""
        place = self.work / "testbenches" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for file, text in self.texts(block, fault).items():
            (place / file).write_text(text)
        top = rtl.table().blocks[block].testbench
        benches = ROOT / "testbenches" / "rtl"
        call([self.compiler.verilator, "--binary", "-Wno-fatal", "--x-initial", "unique", "--Mdir",
              "made", "--top", top, f"-I{place}", f"-I{benches}", benches / f"{top}.sv"], place)
        done = subprocess.run([place / "made" / f"V{top}", "+verilator+seed+1",
                               "+verilator+rand+reset+2"], text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        shutil.rmtree(place)
        said = re.search(rf"{top}.*expected \w+", done.stdout + done.stderr)
        return ({"code": 0, "message": ""} if done.returncode == 0 else
                {"code": FAILED, "message": f"RTL: {said[0]}"} if said else
                {"code": done.returncode, "message": done.stdout + done.stderr})

    def run(self, block, name, run, how="shadow:", fault=None):
        """Runs the twin, with a fault in it, beside the model, or in its place, or in its
        testbench. Returns what came of it."""
        if RUNS[run].tool == "testbench":
            return self.simulate(block, name, fault)
        self.compile(block, name, run, fault)
        place = self.work / "runs" / f"{name}-{run}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        command = [self.tools / f"topkima-{RUNS[run].tool}", *COMMON.split(),
                   *rtl.table().machine(block), *RUNS[run].options.split(),
                   f"--model.{block}", f"{how}{name}", "--quiet",
                   "--cosim.directory", self.work / "rtl"]
        try:
            done = subprocess.run(command, cwd=place, text=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=DEADLINE_S, check=False)
        except subprocess.TimeoutExpired:
            return {"code": None, "message": f"no end within {DEADLINE_S} s"}
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
        name = f"{fault.block}_{fault.name}"
        entry = {"name": full_name(fault), "fault": fault.wrong, "module": fault.module,
                 "run": fault.run}
        try:
            if fault.unseen:
                return {**entry, **self.check_unseen(fault, name)}
            entry.update(self.run(fault.block, name, fault.run, fault=fault))
            if not found(entry):
                entry["wrong"] = self.survivor(fault, name)
            elif (RUNS[fault.run].tool != "testbench"
                  and crashed(self.run(fault.block, name, fault.run, how=""))):
                entry["wrong"] = "in the model's place it crashes or hangs the tool"
        except CompilerError as error:
            entry["wrong"] = str(error)
        return entry

    def survivor(self, fault, name):
        run = self.first_run_that_finds(fault, name)
        return f"not found in run {fault.run}, but in {run}" if run else "not found in any run"

    def check_unseen(self, fault, name):
        run = self.first_run_that_finds(fault, name)
        return {"wrong": f"found in run {run} after all"} if run else {}

    def first_run_that_finds(self, fault, name):
        return next((run for run in runs_of(fault.block)
                     if found(self.run(fault.block, name, run, fault=fault))), None)

    def check_twin(self, block, runs):
        """Runs that the twin without a fault does not pass, with their messages."""
        name = f"{block}_without_fault"
        outcomes = {run: self.run(block, name, run) for run in runs}
        return {run: outcome["message"] for run, outcome in outcomes.items()
                if outcome["code"] != 0}


def expect_faults(blocks):
    """DataError: a block has no fault, or a fault no block, by the blocks' names."""
    rtl.expect_all("mutation_table.py, FAULTS", {fault.block for fault in FAULTS}, blocks)


def first_fault(block):
    return next(fault for fault in FAULTS if fault.block == block and not fault.unseen)


def full_name(fault):
    return f"{fault.block}.{fault.name}"


def runs_of(block):
    return [name for name, run in RUNS.items() if block in (run.blocks or rtl.table().in_heads)]


def found(outcome):
    return outcome["code"] == FAILED and "RTL" in outcome["message"]


def crashed(outcome):
    """A machine that wrong registers run may fail by itself, with a line that says so."""
    return outcome["code"] not in (0, FAILED)


def summary(fault, entry):
    """Where a fault was found and by what, for a line of text."""
    if fault.unseen:
        return f"not seen: {fault.run}"
    found_at, field, model, rtl = cells(entry)
    return f"{found_at}, {field}: {model}; RTL: {rtl}" if field else rtl


def cells(entry):
    if "field" not in entry:    # the tool ended by itself
        return "", "", "", entry["message"].partition(": ")[2]
    row = entry["row"].partition(" (")[0]
    where = f"{entry['block'].partition(',')[0]}, {row}, {entry['transaction']}"
    return where, entry["field"], entry["model"], entry["rtl"]


def command_of(run):
    return run.options if run.tool == "testbench" else f"topkima-{run.tool} {run.options}"


def table_of(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def page(faults, entries):
    """docs/mutations.md."""
    seen = sum(not fault.unseen for fault in faults)
    runs = table_of(["run", "what", "options"],
                    [[name, run.what, f"`{command_of(run)}`"] for name, run in RUNS.items()])
    found_by_block = ""
    for block in rtl.table().blocks:
        rows = [[fault.name, fault.wrong, fault.run, *cells(entry)]
                for fault, entry in zip(faults, entries) if fault.block == block
                and not fault.unseen]
        found_by_block += f"\n### {block}\n\n" + table_of(
            ["fault", "what is wrong", "run", "first divergence", "field", "model", "RTL"], rows)
    unseen = table_of(["fault", "what is wrong", "why no run shows it"],
                      [[full_name(fault), fault.wrong, fault.run] for fault in faults
                       if fault.unseen])
    return PAGE.format(seen=seen, common=COMMON, runs=runs, found=found_by_block, unseen=unseen)


def arguments_of(command_line):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="all faults")
    parser.add_argument("--only", metavar="NAME,...", help="these faults alone")
    parser.add_argument("--one-each", action="store_true",
                        help="one fault of each block that does not consist of others")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the tools are")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="the table")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="the table as a page")
    parser.add_argument("--check", type=Path, metavar="FILE.md",
                        help="fails if this is another page")
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--verilator", default="verilator")
    arguments = parser.parse_args(command_line)
    known = {full_name(fault): fault for fault in FAULTS}
    if len(known) < len(FAULTS):
        parser.error("two faults of one block have the same name")
    arguments.faults = FAULTS
    arguments.some = bool(arguments.only or arguments.one_each)
    if arguments.some and (arguments.markdown or arguments.check):
        parser.error("--markdown and --check are for all faults")
    if arguments.one_each:
        arguments.faults = [first_fault(block) for block in rtl.table().single]
    if arguments.only:
        names = arguments.only.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            parser.error(f"no fault {', '.join(unknown)}; --list names them")
        arguments.faults = [known[name] for name in names]
    return arguments


def main():
    try:
        expect_faults(rtl.table().blocks)
        return checks(arguments_of(None))
    except TopkimaError as error:
        print(f"mutations: {error}", file=sys.stderr)
        return 1


def checks(arguments):
    if arguments.list:
        for fault in FAULTS:
            print(f"{full_name(fault):28} {fault.wrong}")
        return 0
    build = arguments.build.resolve()
    work = build / "mutations"
    compiler = RtlCompiler(build, work, arguments.cxx, arguments.verilator)
    checker = Checker(build, work, compiler)
    bad, table = 0, []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        compiler.prepare(pool)
        twins = {}
        for block in sorted({fault.block for fault in arguments.faults}):
            needed = {fault.run for fault in arguments.faults if fault.block == block}
            runs = [run for run in runs_of(block) if run in needed or not arguments.some]
            twins[block] = pool.submit(checker.check_twin, block, runs)
        checked = pool.map(checker.check_fault, arguments.faults)
        for fault, entry in zip(arguments.faults, checked):
            table.append(entry)
            bad += "wrong" in entry
            text = f"FAILS: {entry['wrong']}" if "wrong" in entry else summary(fault, entry)
            run = "" if fault.unseen else fault.run
            print(f"{full_name(fault):28} {run:10} {text}", flush=True)
        for block, twin in twins.items():
            for run, message in twin.result().items():
                bad += 1
                print(f"{block} without a fault fails in run {run}: {message}")
    if arguments.check and not bad and arguments.check.read_text() != page(arguments.faults, table):
        bad += 1
        print(f"{arguments.check} differs from what was found; --markdown writes it")
    print(f"{len(table)} faults; {bad} checks failed")
    if arguments.output:
        arguments.output.write_text(json.dumps(table, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(page(arguments.faults, table))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
