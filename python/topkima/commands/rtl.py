# SPDX-License-Identifier: Apache-2.0
"""RTL of your own (docs/cosimulation.md).

new BLOCK NAME writes a folder with a module that has the block's pins and works, and the line that
registers it. check WHAT lints it, builds it and runs it beside the model through the block's pin
contract; then it says which cases of the contract have been exercised.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from topkima import conformance, places, rtl, skeleton
from topkima.commands.simulation import temporary_results
from topkima.errors import SimulationError, TopkimaError, UsageError, echoed
from topkima.files import OWN, read_text, write_file
from topkima.tool import LIBRARIES, call
from topkima.vectors import Vectors

DIFFERENT = 1
PROJECT = """\
cmake_minimum_required(VERSION 3.24)
project(check LANGUAGES CXX)
set(TOPKIMA_RTL_REGISTERED "${{PROJECT_BINARY_DIR}}/{registered}")
{topkima}
{rtl}
"""


def parse_options():
    parser = argparse.ArgumentParser(
        prog="rtl", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: scripts/rtl new topk my_counter && scripts/rtl check my_counter\n"
               "Exit status: 0 done, all agree, 1 RTL and model differ, 2 bad usage, 4 it cannot "
               "be built.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="new|check")
    new = commands.add_parser("new", help="write a module to start from")
    new.add_argument("block", metavar="BLOCK", help=", ".join(rtl.table().single))
    new.add_argument("name", metavar="NAME", help="of the module, and of the RTL")
    new.add_argument("--into", type=Path, metavar="DIR", help="the folder (default: NAME)")
    check = commands.add_parser("check", help="lint, build, and run beside the model")
    check.add_argument("what", nargs="+", metavar="WHAT",
                       help="a folder whose CMakeLists.txt registers RTL; files, packages first; "
                            "or the name of RTL that this build has")
    check.add_argument("--block", metavar="BLOCK", help="of files: whose pins they have")
    check.add_argument("--top", metavar="MODULE", help="of files (default: as the last is called)")
    check.add_argument("--parameters", metavar="'NAME=N ...'",
                       help="of files (default: those of the block's twin)")
    check.add_argument("--compare", choices=("values", "cycles"), default="values",
                       help="cycles: the model's latencies are demanded, too (default: values)")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    return new(options) if options.command == "new" else check(options)


# new

def new(options) -> int:
    expect_single(options.block)
    if not re.fullmatch(r"[A-Za-z_]\w*", options.name):
        raise UsageError(f"NAME = {echoed(options.name)}: a module cannot be called so")
    folder = options.into or Path(options.name)
    files = skeleton.files(options.block, options.name)
    for file in files:
        if (folder / file).exists():
            raise UsageError(f"{folder / file} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        write_file(folder / file, text)
        print(folder / file)
    here = "scripts/rtl" if places.IS_SOURCE else "topkima-rtl"
    print(f"check it with      {here} check {folder}\n"
          f"run it beside the model in any machine, once its folder is in TOPKIMA_RTL_DIRS:\n"
          f"                   topkima-soc --input workloads/digits "
          f"--model.{options.block} shadow:{options.name}")
    return 0


def expect_single(block: str):
    table = rtl.table()
    if block in table.single:
        return
    if block in table.blocks:
        raise UsageError(f"BLOCK {block} has no module to start from: its parts "
                         f"{', '.join(table.blocks[block].parts)} have; examples/softmax_macro "
                         "puts them together")
    raise UsageError(f"BLOCK {echoed(block)}; expected {', '.join(table.single)}")


# check

def check(options) -> int:
    build, found = registered(options)
    code = 0
    for each in found:
        print(f"{each.name}: block {each.block}, {each.parameters}", flush=True)
        print(f"  lint    {lint(build, each)}", flush=True)
        compile_library(build, each)
        agreed = run_suite(build, each, options.compare)
        code = code if agreed else DIFFERENT
    return code


def registered(options):
    """The build that has the RTL, and the RTL itself."""
    paths = [Path(what) for what in options.what]
    if len(paths) == 1 and paths[0].is_dir():
        if not (paths[0] / "CMakeLists.txt").exists():
            raise UsageError(f"{paths[0]} has no CMakeLists.txt that registers RTL")
        return project(paths[0], f'add_subdirectory("{paths[0].resolve()}" rtl_here)')
    if all(path.is_file() for path in paths):
        return project(paths[-1], registration(options, paths))
    build = places.tools().parent
    found = [each for each in rtl.registered(build) if each.name in options.what]
    for name in options.what:
        if name not in {each.name for each in found}:
            raise UsageError(f"{echoed(name)} is no folder, no file, and no RTL that {build} has")
    return build, found


def registration(options, paths) -> str:
    if options.block not in rtl.table().blocks:
        raise UsageError(f"--block {echoed(options.block)}: whose pins do the files have? "
                         f"Expected {', '.join(rtl.table().blocks)}")
    top = options.top or paths[-1].stem
    twin = rtl.table().blocks[options.block].parameters
    if not options.parameters and not twin:
        raise UsageError(f"--parameters is missing: block {options.block} has no twin that has any")
    sources = " ".join(f'"{path.resolve()}"' for path in paths)
    return (f"topkima_add_rtl(NAME {top} BLOCK {options.block} TOP {top} OPTIMIZE 0\n"
            f"  SOURCES {sources}\n  PARAMETERS {options.parameters or twin[0]})")


def project(path: Path, text: str):
    """A project of this RTL alone, configured; kept, so that the next check is fast."""
    if not shutil.which("cmake"):
        raise UsageError("cmake is not installed")
    key = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    folder = places.tools().parent / "rtl_check" if places.IS_SOURCE else Path("topkima-rtl")
    folder = folder.resolve() / f"{path.resolve().stem}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    lists = PROJECT.format(registered=rtl.REGISTERED, topkima=topkima(), rtl=text)
    written = folder / "CMakeLists.txt"
    if not written.exists() or read_text(written, OWN) != lists:
        written.write_text(lists)
    build = folder / "build"
    if not (build / rtl.REGISTERED).exists():
        run_cmake("-S", folder, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
                  *(["-G", "Ninja"] if shutil.which("ninja") else []))
    else:
        run_cmake("--build", build, "--target", "rebuild_cache")
    return build, rtl.registered(build)


def topkima() -> str:
    """What makes topkima_add_rtl known."""
    if places.IS_SOURCE:
        return f'include("{places.tools().parent.resolve()}/RtlAlone.cmake")'
    prefix = places.HOME.parent.parent
    return f'find_package(topkima REQUIRED COMPONENTS pins HINTS "{prefix}")'


def run_cmake(*arguments) -> str:
    """What it said. SimulationError: it could not, after all that it said."""
    done = subprocess.run(["cmake", *map(str, arguments)], check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise SimulationError("it cannot be built")
    return done.stdout


def lint(build: Path, each: rtl.Registration) -> str:
    said = run_cmake("--build", build, "--target", f"lint_{each.target}")
    warnings = re.findall(r"^%Warning-.*$", said, re.MULTILINE)
    if not warnings:
        return "clean"
    return "\n          ".join([f"warnings: {len(warnings)}", *warnings])


def compile_library(build: Path, each: rtl.Registration):
    run_cmake("--build", build, "--target", each.target)


def run_suite(build: Path, each: rtl.Registration, compare: str) -> bool:
    """Whether all runs agreed; says what each gave, and which cases they exercised."""
    p = {name: int(value) for name, _, value in
         (word.partition("=") for word in each.parameters.split())}
    p.setdefault("WINNERS", p.get("CROSSBARS", 1) * p.get("SUB_K", 1))
    parts = rtl.table().blocks[each.block].parts or (each.block,)
    seen = {case: 0 for part in parts for case in conformance.CASES[part]}
    shown = {}
    agreed = True
    for run in conformance.RUNS[each.block](p):
        try:
            transactions = simulate(build, each, run, compare, parts, p, seen)
        except TopkimaError as error:
            agreed = False
            print(f"  differs {run.name}: {error}\n          {' '.join(run.options)}", flush=True)
            continue
        print(f"  agrees  {run.name}: {transactions} steps and rows", flush=True)
        if run.shows:
            shown[run.shows] = transactions
    tell_cases(each, {**seen, **shown})
    return agreed


def simulate(build, each, run, compare, parts, p, seen) -> int:
    """Runs the RTL beside the model; counts the cases that the vectors show."""
    with temporary_results() as place:
        vectors = Path(place) / "vectors"
        wanted = [] if run.stalls else ["--vectors", vectors,
                                        f"--vectors.block={','.join(parts)}"]
        done = call([places.tool(tool_of(each.block)), *run.options, *wanted,
                     f"--model.{each.block}=shadow:{each.name}", f"--cosim.compare={compare}",
                     f"--{LIBRARIES}={build / 'rtl'}", "--output", Path(place) / "results"])
        if wanted:
            for part in parts:
                count_cases(part, Vectors(vectors / part), p, seen)
    return int(re.search(r"^compared +(\d+)", done.stdout, re.MULTILINE)[1])


def tool_of(block: str) -> str:
    """The smallest machine that has it."""
    return "topkima-macro" if block in rtl.table().in_heads else "topkima-soc"


def count_cases(part: str, vectors: Vectors, p: dict, seen: dict):
    for _, given, expected in vectors.transactions():
        for case, holds in conformance.CASES[part].items():
            seen[case] += holds(given, expected, vectors.parameters, p)


def tell_cases(each: rtl.Registration, counted: dict):
    print(f"  cases of the contract of {each.block} (docs/pins)")
    for case, count in counted.items():
        print(f"    {f'exercised {count} x' if count else 'not exercised':<22}{case}")
    for case in conformance.UNSEEN.get(each.block, ()):
        print(f"    {'by no run of these':<22}{case}")
