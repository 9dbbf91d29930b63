# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/explore."""

import os
import re
import sys
import time
from pathlib import Path

from topkima import places
from topkima.commands.parser import Parser, ranged
from topkima.errors import UsageError
from topkima.exploration import outputs, run
from topkima.exploration.comparison import compare
from topkima.exploration.reports import read_report
from topkima.exploration.sensitivity import sensitivity_text
from topkima.exploration.store import Store
from topkima.exploration.study import epsilon_of, name_of, read_study
from topkima.exploration.worker import run_worker
from topkima.files import SUMMARY, read_text


def study_run(options):
    name = options.name or name_of(options.study)
    study = read_study(options.study, name)
    directory = options.output or places.WORK / "results" / options.study.stem
    store = run.create(study, directory, options.storage, name)
    complete(store, study, directory, options)


def study_resume(options):
    store, study = run.opened(options.directory)
    store.release_dead()
    run.check_workloads(study)
    if options.retry:
        store.reopen()
    complete(store, study, options.directory, options)


def complete(store: Store, study, directory: Path, options):
    begin = time.monotonic()
    shown = not options.quiet and sys.stderr is not None and sys.stderr.isatty()
    run.work(store, study, options.workers, shown)
    seconds = time.monotonic() - begin
    outputs.write_outputs(store, study, directory, not options.no_page)
    if not options.quiet:
        tell(store, study, directory, seconds, options)
    run.check_any_done(store, directory)


def tell(store: Store, study, directory: Path, seconds: float, options):
    print(read_text(directory / "summary.md", SUMMARY))
    print(run.spent_text(store, seconds))
    print(f"points         {directory}/points.csv")
    if not options.no_page:
        print(f"report         {directory}/{outputs.PAGE}")


def study_status(options):
    print(run.status_text(*run.opened(options.directory)), end="")


def report(options):
    """Of a study, of a single run, or of a whole encoder's."""
    if run.is_study(options.directory):
        store, study = run.opened(options.directory)
        if options.epsilon is not None:
            study.epsilon = epsilon_of(options.epsilon)
        outputs.write_outputs(store, study, options.directory)
        print(f"{options.directory}/{outputs.PAGE}")
        return
    if options.epsilon is not None:
        raise UsageError(f"--epsilon thins the front of a study; {options.directory} is a run")
    from topkima.exploration.page import write_page
    print(write_page(options.directory))


def run_directory(text: str) -> Path:
    """A result directory, or DIR:N, point N of a study, which is run again in full."""
    found = re.fullmatch(r"(.+):(\d+)", text)
    if not found or os.path.isdir(text):
        if run.is_study(Path(text.rpartition(":")[0] or text)) or run.is_study(Path(text)):
            raise UsageError(f"{text}: a study; DIR:N names its point N")
        return Path(text)
    directory = Path(found[1])
    return run.in_full(*run.opened(directory), directory, int(found[2]))


def two_runs(options):
    a, b = (run_directory(text) for text in (options.a, options.b))
    print(compare(read_report(a), read_report(b), options.a, options.b), end="")


def sensitivity(options):
    store, study = run.opened(options.directory)
    point = run.finished_point(store, study, options.point)
    print(sensitivity_text(store, study, point), end="")


def worker(options):
    run_worker(Store(options.storage, options.study), options.until_input_ends)


def parser() -> Parser:
    top = Parser(
        prog="explore", description="Explores the design space (docs/exploration.md).",
        epilog="Exit status: 0 done, 2 usage or study file, 3 data, 4 something failed.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name, work, text):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(work=work)
        return command

    def running(command):
        command.add_argument("--workers", type=ranged(int, 0, 999_999), metavar="N",
                             default=os.cpu_count(),
                             help="workers on this machine (default: its cores); 0: only watch")
        command.add_argument("--no-page", action="store_true", help="no report.html")
        command.add_argument("--quiet", action="store_true", help="no progress and no summary")

    start = add("run", study_run, "run a study")
    start.add_argument("study", type=Path, metavar="STUDY.toml")
    start.add_argument("--output", type=Path, metavar="DIR",
                       help="a new directory (default: results/ and the study's file name)")
    start.add_argument("--storage", default="", metavar="URL",
                       help="postgresql://... for workers on many machines "
                            "(default: SQLite in DIR)")
    start.add_argument("--name", metavar="NAME",
                       help="of the study in the storage (default: its file name)")
    running(start)
    again = add("resume", study_resume, "go on with a study that was interrupted")
    again.add_argument("directory", type=Path, metavar="DIR")
    again.add_argument("--retry", action="store_true", help="try failed points again")
    running(again)
    add("status", study_status, "how far a study is, its front, where time goes").add_argument(
        "directory", type=Path, metavar="DIR")
    page = add("report", report,
               "write the tables and the page of a study, or the page of a run")
    page.add_argument("directory", type=Path, metavar="DIR",
                      help="of a study, or results of a run")
    page.add_argument("--epsilon", type=ranged(float, 0), metavar="SHARE",
                      help="leave out of the study's front what differs from the rest of it by no "
                           "more than this share of its range (default: the study's)")
    both = add("compare", two_runs, "two runs side by side: what changed, and what it did")
    for name in ("a", "b"):
        both.add_argument(name, metavar=name.upper(),
                          help="result directory of a run, or DIR:N, point N of a study")
    around = add("sensitivity", sensitivity, "what one step of each parameter does to a point")
    around.add_argument("directory", type=Path, metavar="DIR")
    around.add_argument("point", type=ranged(int, 0), metavar="N")
    one = add("worker", worker, "work on a study's open points until there are none")
    one.add_argument("--storage", required=True, metavar="URL")
    one.add_argument("--study", required=True, metavar="NAME")
    one.add_argument("--until-input-ends", action="store_true",
                     help="end with whoever holds the other end of standard input")
    return top


def main() -> int:
    options = parser().parse_args()
    options.work(options)
    return 0
