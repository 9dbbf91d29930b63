# SPDX-License-Identifier: Apache-2.0
"""The commands of scripts/: which module each is, how it begins and how it ends.

A command's module has `main() -> int`, the exit code. What it cannot do it raises, as one of the
package's errors: a line for the user and an exit code.
"""

import contextlib
import errno
import importlib
import io
import mmap
import os
import signal
import sys
import threading

from topkima.errors import TopkimaError, UsageError, end_by_signals, shortened

COMMANDS = {name: f"topkima.commands.{name.replace('-', '_')}" for name in (
    "accuracy", "annotate", "cell_counts", "explore", "redraw", "regenerate", "reproduce", "row",
    "rtl", "timing-diagram", "train", "vectors", "wave2png")}
# Processes are the parallelism of these. In a training one thread sums in one order, too: the same
# seed gives the same weights.
ONE_THREAD = ("accuracy", "explore", "regenerate", "reproduce", "train")
VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
             "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
PACKAGES = {"train": "apt-get install python3-torch python3-numpy python3-sklearn libopenblas-dev"}
# Address space that a command's libraries take, in MiB; without it some of them write lines of
# their own and end the process.
LIBRARIES_MIB = {"accuracy": 352, "annotate": 240, "explore": 176, "reproduce": 288, "train": 896}
OTHERS_MIB = 16
SPARE_MIB = 64      # with so much no thread, library or buffer has failed for want of memory


def run(name: str):
    """Runs a command of scripts/ to its end, which is that of the program."""
    if name not in COMMANDS:
        print(f"usage: python3 -m topkima {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGINT, signal.SIG_DFL)    # while modules are loaded
    if name in ONE_THREAD:                          # which libraries read while they are loaded
        for variable, value in VARIABLES.items():
            os.environ.setdefault(variable, value)
    program(name, lambda: main_of(name)())


def main_of(name: str):
    """The work of a command. UsageError: a package that it needs is missing."""
    if not has_room(LIBRARIES_MIB.get(name, OTHERS_MIB)):
        raise MemoryError
    try:
        module = importlib.import_module(COMMANDS[name])
    except (ImportError, OSError) as missing:
        if is_for_want_of_memory(missing):
            raise
        needed = PACKAGES.get(name, "scripts/setup installs it for Debian's /usr/bin/python3")
        raise UsageError(f"{str(missing).splitlines()[0]}: {needed}") from missing
    end_by_signals()
    return module.main


def program(name: str, work):
    """Runs `work`, which gives an exit code, to its end, which is that of the program."""
    replace_closed()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="surrogateescape")    # names of files as they are
    sys.stdout = named_output()
    # What is ignored for want of memory is ignored without a word, and a thread that wants some is
    # the end of the program.
    sys.unraisablehook = lambda each: (
        None if is_for_want_of_memory(each.exc_value) else sys.__unraisablehook__(each))
    threading.excepthook = lambda each: (
        end_for_want_of_memory(name) if is_for_want_of_memory(each.exc_value)
        else threading.__excepthook__(each))
    sys.exit(status_of(name, work))


def has_room(mib: int) -> bool:
    """Whether so much more memory can be had; none of it is used."""
    try:
        mmap.mmap(-1, mib << 20, flags=mmap.MAP_PRIVATE, prot=0).close()
    except (OSError, MemoryError):
        return False
    return True


def is_for_want_of_memory(error) -> bool:
    """Libraries and threads that cannot be had for want of memory say so in many ways."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM or \
        isinstance(error, (ImportError, RuntimeError, SystemError)) and not has_room(SPARE_MIB)


def end_for_want_of_memory(name: str):
    """At once: to tidy up takes memory, too."""
    os.write(2, f"{name}: not enough memory\n".encode())
    os._exit(TopkimaError.exit_code)


def replace_closed():
    """What is opened later gets the number of no standard stream that is closed; what is written to
    standard output fails."""
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    sys.stdout, sys.stderr = (stream or open(number, "w", encoding="utf-8", closefd=False)
                              for number, stream in ((1, sys.stdout), (2, sys.stderr)))


class NamedOutput(io.FileIO):
    """Standard output, which says so when it cannot be written."""

    def write(self, data):
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


def named_output() -> io.TextIOWrapper:
    shown = sys.stdout
    shown.flush()
    return io.TextIOWrapper(io.BufferedWriter(NamedOutput(shown.fileno(), "w", closefd=False)),
                            encoding=shown.encoding, errors=shown.errors,
                            line_buffering=shown.line_buffering)


def status_of(name: str, work) -> int:
    """The exit code of a command, after its line about what it could not do."""
    try:
        try:
            code = work()
        except SystemExit as end:       # of argparse: help, or a usage that it has told of
            code = end.code
        print(end="", flush=True)
        return code
    except KeyboardInterrupt as error:      # also where no signal's handler has made it Interrupted
        return ended(name, str(error) or "interrupted", getattr(error, "exit_code", 130))
    except Exception as error:
        if is_for_want_of_memory(error):
            end_for_want_of_memory(name)
        return ended(name, text_of(error), getattr(error, "exit_code", TopkimaError.exit_code))


def text_of(error: Exception) -> str:
    """What to tell the user. Raises what is no failure of a command, but a fault in it."""
    if isinstance(error, BrokenPipeError):
        return ""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return where + (error.strerror or str(error))
    if isinstance(error, (TopkimaError, UnicodeError)):
        return str(error)
    raise error


def ended(name: str, text: str, code: int) -> int:
    """One line, whatever was given; what standard output cannot take is dropped."""
    line = shortened("".join(each if each.isprintable() else " " for each in text))
    with contextlib.suppress(OSError):
        print(f"{name}: {line}" if text else "", end="\n" if text else "", file=sys.stderr,
              flush=True)
    for stream in (sys.stdout, sys.stderr):
        try:
            print(end="", file=stream, flush=True)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code
