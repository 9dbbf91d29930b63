# SPDX-License-Identifier: Apache-2.0
"""RTL of your own (docs/cosimulation.md).

new BLOCK NAME writes a folder with a module that has the block's pins and works, and the line that
registers it. check WHAT lints it, builds it and runs it beside the model through the block's pin
contract; then it says which cases of the contract have been exercised. With --simulator it is
driven alone, by the test vectors of the same runs, with a reset in each cycle of its work. drive
VECTORS does that with test vectors of your own (docs/vectors.md). coverage DIR merges what runs
with --cosim.coverage DIR have covered of contracts and of lines (docs/coverage.md).
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from topkima import conformance, driving, places, rtl, skeleton
from topkima.commands.parser import Parser
from topkima.commands.simulation import temporary_results
from topkima.coverage import as_json, merged, page_of, summary
from topkima.errors import SimulationError, TopkimaError, UsageError, echoed
from topkima.files import OWN, read_text, write_file
from topkima.tool import LIBRARIES, call

DIFFERENT = 1
PROJECT = """\
cmake_minimum_required(VERSION 3.24)
project(check LANGUAGES CXX)
set(TOPKIMA_RTL_REGISTERED "${{PROJECT_BINARY_DIR}}/{registered}")
{topkima}
{rtl}
"""


def parse_options():
    parser = Parser(
        prog="rtl", description=__doc__,
        epilog="example: scripts/rtl new topk my_counter && scripts/rtl check my_counter\n"
               "Exit status: 0 done, all agree, 1 RTL and model differ, 2 bad usage, 4 it cannot "
               "be built.")
    commands = parser.add_subparsers(dest="command", required=True,
                                     metavar="new|check|drive|coverage")
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
    check.add_argument("--simulator", choices=driving.SIMULATORS,
                       help="drive it alone, in this one, with the test vectors of the runs")
    check.add_argument("--coverage", type=Path, metavar="DIR",
                       help="keep in a new DIR what is covered, of lines and signals, too")
    drive = commands.add_parser("drive", help="drive RTL alone with test vectors")
    drive.add_argument("vectors", type=Path, metavar="VECTORS", help="a directory of one block")
    drive.add_argument("files", nargs="*", type=Path, metavar="FILE",
                       help="of RTL, packages first (default: the block's twin)")
    drive.add_argument("--top", metavar="MODULE", help="of files (default: as the last is called)")
    drive.add_argument("--include-dir", action="append", default=[], metavar="DIR",
                       help="where files find what they include and modules that they name")
    drive.add_argument("--define", action="append", default=[], metavar="NAME[=VALUE]")
    drive.add_argument("--parameters", default="", metavar="'NAME=N ...'",
                       help="of files, that vectors do not name: a counter's GRANTS in a cycle, a "
                            "shift-and-add's LANES")
    drive.add_argument("--simulator", choices=driving.SIMULATORS, default="icarus",
                       help="default: icarus, in which registers start with X")
    coverage = commands.add_parser("coverage", help="what runs have covered, as text and a page")
    coverage.add_argument("directories", nargs="+", type=Path, metavar="DIR",
                          help="that --cosim.coverage of some runs has named")
    coverage.add_argument("--output", type=Path, metavar="FILE.html",
                          help="the page (default: coverage.html in the first DIR)")
    coverage.add_argument("--json", type=Path, metavar="FILE", help="the same as data")
    for command in (check, drive):
        command.add_argument("--compare", choices=("values", "cycles"), default="values",
                             help="cycles: the model's latencies are demanded, too (default: "
                                  "values)")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    return {"new": new, "check": check, "drive": drive,
            "coverage": cover}[options.command](options)


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
    machine = "".join(f"{option} " for option in rtl.table().machine(options.block))
    print(f"check it with      {here} check {folder}\n"
          f"run it beside the model, once its folder is in TOPKIMA_RTL_DIRS:\n"
          f"                   topkima-soc --input workloads/digits {machine}"
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
    if options.coverage and options.simulator:
        raise UsageError("--coverage counts in the machine; expected without --simulator")
    if options.coverage and options.coverage.exists():
        raise UsageError(f"--coverage {options.coverage} is there already; expected a new DIR")
    if options.simulator:
        driving.expect_simulator(options.simulator)
    build, found = registered(options)
    code = 0
    for each in found:
        if each.block not in rtl.table().blocks:
            raise UsageError(f"{echoed(each.name)} is a block {echoed(each.block)}; there are "
                             f"cases of {', '.join(rtl.table().blocks)}")
        print(f"{each.name}: block {each.block}, {each.parameters}", flush=True)
        if options.simulator:
            agreed = drive_suite(each, options)
        else:
            print(f"  lint    {lint(build, each)}", flush=True)
            agreed = run_suite(build, each, options)
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


def run_suite(build: Path, each: rtl.Registration, options) -> bool:
    """Whether all runs agreed; says what each gave, and which cases they exercised."""
    run_cmake("--build", build, "--target", each.target)
    if options.coverage:
        run_cmake("--build", build, "--target", f"rtl_coverage_{each.block}_{each.name}")
    p = numbers(each)
    agreed = True
    with temporary_results() as place:
        covered = Path(options.coverage or place) / each.target
        for run in conformance.RUNS[each.block](p):
            try:
                transactions = simulate(build, each, run, options.compare, covered)
            except TopkimaError as error:
                agreed = False
                print(f"  differs {run.name}: {error}\n          {' '.join(run.options)}",
                      flush=True)
                continue
            print(f"  agrees  {run.name}: {transactions} steps and rows", flush=True)
        tell_cases(each, covered)
    return agreed


def numbers(each: rtl.Registration) -> dict:
    """What the RTL has been compiled for, by name."""
    p = {name: int(value) for name, _, value in
         (word.partition("=") for word in each.parameters.split())}
    p.setdefault("WINNERS", p.get("CROSSBARS", 1) * p.get("SUB_K", 1))
    return p


def simulate(build, each, run, compare, covered) -> int:
    """Runs the RTL beside the model."""
    with temporary_results() as place:
        done = call([tool_of(each.block), *run.options, "--cosim.coverage", covered,
                     f"--model.{each.block}=shadow:{each.name}", f"--cosim.compare={compare}",
                     f"--{LIBRARIES}={build / 'rtl'}", "--output", Path(place) / "results"])
    return int(re.search(r"^compared +(\d+)", done.stdout, re.MULTILINE)[1])


def tool_of(block: str) -> Path:
    return places.tool(f"topkima-{rtl.table().tool(block)}")


def tell_cases(each: rtl.Registration, covered: Path):
    print(f"  cases of the contract of {each.block} (docs/pins)")
    if not covered.is_dir():
        return
    for subject in merged([covered]).subjects.values():
        if not subject.rtl:
            continue
        for case in subject.cases.values():
            count = f"exercised {case.times} x" if case.times else "not exercised"
            print(f"    {count:<22}{case.name}")


# coverage

def cover(options) -> int:
    covered = merged(options.directories)
    print(summary(covered), end="")
    output = options.output or options.directories[0] / "coverage.html"
    write_file(output, page_of(covered))
    if options.json:
        write_file(options.json, json.dumps(as_json(covered), indent=1) + "\n")
    print(f"page      {output}")
    return 0


# drive

def drive(options) -> int:
    for file in options.files:
        if not file.is_file():
            raise UsageError(f"{file} is not a file")
    for word in options.parameters.split():
        if not re.fullmatch(r"[A-Za-z_]\w*=\d+", word):
            raise UsageError(f"--parameters {echoed(word)}; expected NAME=N")
    driving.expect_simulator(options.simulator)
    top = options.top or (options.files[-1].stem if options.files else "")
    macros = [f"-D{each}" for each in options.define]
    folders = [word for each in options.include_dir for word in (f"-I{each}", "-y", each)]
    driven = driving.Driven(top, tuple(options.files), (*macros, *folders), options.parameters)
    agrees, said = driving.drive(options.vectors, driven, options.simulator, options.compare)
    print(said)
    return 0 if agrees else DIFFERENT


def drive_suite(each: rtl.Registration, options) -> bool:
    """Whether the RTL does alone what the test vectors of all runs say that have any."""
    if not each.verilog:
        raise UsageError(f"{each.name} is made of VHDL, a netlist or a list of files; a simulator "
                         "is driven with Verilog that has the contract's parameters")
    driving.testbench(each.block)
    p = numbers(each)
    sources = tuple(source for source in each.sources if source.suffix != ".vlt")
    driven = driving.Driven(each.top, sources, each.options, each.parameters)
    agreed = True
    for run in conformance.RUNS[each.block](p):
        if run.stalls:
            continue
        with temporary_results() as place:
            vectors = Path(place) / "vectors"
            call([tool_of(each.block), *run.options, "--vectors", vectors,
                  f"--vectors.block={each.block}", "--output", Path(place) / "results"])
            agrees, said = driving.drive(vectors / each.block, driven, options.simulator,
                                         options.compare)
        agreed = agreed and agrees
        print(f"  {'agrees ' if agrees else 'differs'} {run.name}: {said.splitlines()[0]}"
              f"{'' if agrees else f' ({chr(32).join(run.options)})'}", flush=True)
    return agreed
