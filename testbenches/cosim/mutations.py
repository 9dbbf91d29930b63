#!/usr/bin/env python3
"""Is co-simulation beside a model worth its time? Puts the faults of mutation_table.py one at a
time into copies of the RTL twins and has the tools run them in shadow mode. Each must end with exit
code 4 and a report of the first divergence, in the run that is named for it, which the twin without
a fault passes."""

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutation_table import BLOCKS, COMMON, FAULTS, RUNS

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 120
DIVERGED = 4    # exit code
NO_FAULT = "no_fault"
FIELDS = ("block", "row", "transaction", "field", "model", "RTL")    # of the tools' report


def full_name(fault):
    return f"{fault.block}.{fault.name}"


def call(command, where, what):
    done = subprocess.run(command, cwd=where, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what}: {shlex.join(command)}\n{done.stdout}")
    return done.stdout


class Compiler:
    """Makes loadable libraries as topkima_add_rtl does, but quickly: one translation unit each,
    behind a compiled header, and one copy of Verilator's run time."""

    def __init__(self, work, cxx, verilator):
        self.work, self.cxx, self.verilator = work, cxx, verilator
        version = call([verilator, "--version"], None, "verilator")
        self.tool = re.match(r"Verilator [0-9.]+", version).group()
        include = Path(call([verilator, "--getenv", "VERILATOR_ROOT"], None, "verilator").strip(),
                       "include")
        systemc = call(["pkg-config", "--cflags", "--libs", "systemc"], None, "pkg-config").split()
        self.flags = ["-std=c++17", "-O1", "-fPIC", "-w", "-DVM_SC=1", "-DVM_COVERAGE=0",
                      "-DVM_TRACE=0", "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL",
                      "-DSC_INCLUDE_DYNAMIC_PROCESSES", f"-I{include}",
                      f"-I{include}/vltstd", f"-I{ROOT}/modules",
                      *(word for word in systemc if word.startswith("-I"))]
        self.libraries = [word for word in systemc if not word.startswith("-I")]
        self.sources = [include / "verilated.cpp", include / "verilated_threads.cpp"]

    def prepare(self, pool):
        """What all libraries share; kept for the next time."""
        headers = sorted((ROOT / "modules/cosim").glob("*.h"))
        key = hashlib.sha256("\n".join([self.cxx, self.tool, *self.flags, *(
            header.read_text() for header in headers)]).encode()).hexdigest()[:12]
        self.shared = self.work / f"shared-{key}"
        if self.shared.exists():
            return
        making = self.work / "shared"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        (making / "all.h").write_text('#include "verilated.h"\n#include "verilated_sc.h"\n'
                                      '#include "cosim/pin_contract.h"\n')
        jobs = [["-x", "c++-header", "all.h", "-o", "all.h.gch"]]
        jobs += [["-c", str(source), "-o", source.stem + ".o"] for source in self.sources]
        list(pool.map(lambda job: call([self.cxx, *self.flags, *job], making, "run time"), jobs))
        making.rename(self.shared)

    def library(self, block, name, edits_of):
        """Compiles a block's RTL with the edits of each of its files, to be loaded by `name`."""
        place = self.work / "twins" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        rtl = BLOCKS[block]
        files = []
        for source in rtl.sources:
            text = (ROOT / source).read_text()
            for old, new in edits_of.get(source, ()):
                if text.count(old) != 1:
                    raise RuntimeError(f"{name}: expected once in {source}, "
                                       f"found {text.count(old)} times:\n{old}")
                text = text.replace(old, new)
            files.append(Path(source).name)
            (place / files[-1]).write_text(text)
        call([self.verilator, "--sc", "--no-timing", "--x-assign", "unique", "--x-initial", "unique",
              "--prefix", f"V{rtl.top}", "--top-module", rtl.top, "--Mdir", "generated",
              *(f"-G{parameter}" for parameter in rtl.parameters.split()), *files], place, name)
        values = {"RTL_CLASS": f"V{rtl.top}", "RTL_PARAMETER_TEXT": rtl.parameters,
                  "RTL_BLOCK": block, "RTL_NAME": name, "RTL_TOP": rtl.top,
                  "RTL_DIGEST": "mutated", "TOPKIMA_VERILATOR": self.tool}
        glue = (ROOT / "cmake/rtl_glue.cpp.in").read_text()
        glue = re.sub(r"@(\w+)@", lambda match: values[match.group(1)], glue)
        generated = sorted(path.name for path in (place / "generated").glob("*.cpp"))
        (place / "all.cpp").write_text(
            "".join(f'#include "{each}"\n' for each in ["all.h", *generated]) + glue)
        call([self.cxx, *self.flags, f"-I{self.shared}", "-Igenerated", "-c", "all.cpp"], place, name)
        library = self.work / "rtl" / block / name / "rtl.so"
        library.parent.mkdir(parents=True, exist_ok=True)
        objects = [str(self.shared / (source.stem + ".o")) for source in self.sources]
        call([self.cxx, "-shared", "all.o", *objects, *self.libraries, "-o", str(library)], place,
             name)


class Runner:
    def __init__(self, build, work):
        self.tools, self.work = build / "platforms", work

    def run(self, block, name, run):
        """Runs a library beside the model. Returns what came of it."""
        options = f"{COMMON} {RUNS[run].options} --model.{block} shadow:{name}".split()
        place = self.work / "runs" / f"{name}-{run}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        command = [str(self.tools / f"topkima-{RUNS[run].tool}"), *options, "--cosim.directory",
                   str(self.work / "rtl"), "--quiet", "--output", "results"]
        try:
            done = subprocess.run(command, cwd=place, text=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=TIME_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return {"code": None, "message": f"no end after {TIME_LIMIT_S} s"}
        lines = done.stderr.splitlines() or [""]
        outcome = {"code": done.returncode, "message": lines[0]}
        for line in lines[1:]:
            words = line.split(maxsplit=1)
            if len(words) == 2 and words[0] in FIELDS and words[0] not in outcome:
                outcome[words[0]] = words[1]
        return outcome


def runs_of(block):
    return [name for name, run in RUNS.items() if block in run.blocks]


def finds(outcome):
    """An end with exit code 4 and a message about the RTL."""
    return outcome["code"] == DIVERGED and "RTL" in outcome["message"]


def try_fault(fault, compiler, runner):
    name = f"{fault.block}_{fault.name}"
    try:
        compiler.library(fault.block, name, {fault.file: fault.edits})
    except RuntimeError as error:
        return {"code": None, "message": str(error), "run": "", "as_expected": False}
    tried = []
    for run in sorted(runs_of(fault.block), key=lambda run: run != fault.run):
        outcome = runner.run(fault.block, name, run)
        tried.append(outcome)
        if finds(outcome):
            return {**outcome, "run": run, "as_expected": run == fault.run}
        if outcome["code"] != 0:
            break
    return {**tried[-1], "run": run, "as_expected": False}


def try_twin(block, runs, compiler, runner):
    """Runs that the twin without a fault does not pass."""
    name = f"{block}_{NO_FAULT}"
    compiler.library(block, name, {})
    outcomes = [(run, runner.run(block, name, run)) for run in runs]
    return [(run, outcome) for run, outcome in outcomes if outcome["code"] != 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="names of all faults")
    parser.add_argument("--only", metavar="NAME,...", help="these faults alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path, default=ROOT / "build",
                        help="build folder of the tools")
    parser.add_argument("--work", type=Path, help="default: mutations/ in the build folder")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="the table")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="the table as a page")
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--verilator", default="verilator")
    arguments = parser.parse_args()
    if arguments.list:
        for fault in FAULTS:
            print(f"{full_name(fault):32}{fault.wrong}")
        return 0
    faults = FAULTS
    if arguments.only:
        wanted = arguments.only.split(",")
        faults = [fault for fault in FAULTS if full_name(fault) in wanted]
        unknown = set(wanted) - {full_name(fault) for fault in faults}
        if unknown:
            parser.error(f"no fault {', '.join(sorted(unknown))}; --list names them")
    work = (arguments.work or arguments.build / "mutations").resolve()
    work.mkdir(parents=True, exist_ok=True)
    compiler = Compiler(work, arguments.cxx, arguments.verilator)
    runner = Runner(arguments.build.resolve(), work)
    bad = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        compiler.prepare(pool)
        twins = {}
        for block in BLOCKS:
            runs = runs_of(block) if not arguments.only else sorted({f.run for f in faults if f.block == block})
            if runs:
                twins[block] = pool.submit(try_twin, block, runs, compiler, runner)
        found = [(fault, pool.submit(try_fault, fault, compiler, runner)) for fault in faults]
        for block, failed in twins.items():
            for run, outcome in failed.result():
                bad += 1
                print(f"{block} without a fault fails in run {run}: {outcome['message']}")
        table = []
        for fault, future in found:
            outcome = future.result()
            bad += not outcome["as_expected"]
            table.append((fault, outcome))
            print(f"{full_name(fault):30} {fault.run:11} {'' if outcome['as_expected'] else 'NOT AS EXPECTED ' + outcome['run']} "
                  f"{outcome['code']} {outcome['message']}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
