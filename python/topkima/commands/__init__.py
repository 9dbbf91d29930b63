# SPDX-License-Identifier: Apache-2.0
"""The commands of scripts/: which module each is, how it begins and how it ends.

A command's module has `main() -> int`, the exit code. What it cannot do it raises, as one of the
package's errors: a line for the user and an exit code.
"""

import contextlib
import importlib
import io
import os
import signal
import sys

from topkima.errors import TopkimaError, end_by_signals

COMMANDS = {name: f"topkima.commands.{name.replace('-', '_')}" for name in (
    "accuracy", "annotate", "cell_counts", "explore", "redraw", "regenerate", "reproduce", "row",
    "rtl", "timing-diagram", "train", "vectors", "wave2png")}
# Processes are the parallelism of these. In a training one thread sums in one order, too: the same
# seed gives the same weights.
ONE_THREAD = ("accuracy", "explore", "regenerate", "reproduce", "train")
VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
             "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
PACKAGES = {"train": "apt-get install python3-torch python3-numpy python3-sklearn libopenblas-dev"}


def run(name: str):
    """Runs a command of scripts/ to its end, which is that of the program."""
    if name not in COMMANDS:
        print(f"usage: python3 -m topkima {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGINT, signal.SIG_DFL)    # while modules are loaded
    if name in ONE_THREAD:                          # which libraries read while they are loaded
        for variable, value in VARIABLES.items():
            os.environ.setdefault(variable, value)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(errors="surrogateescape")    # names of files as they are
    try:
        module = importlib.import_module(COMMANDS[name])
    except (ImportError, OSError) as missing:
        needed = PACKAGES.get(name, "scripts/setup installs it for Debian's /usr/bin/python3")
        sys.exit(ended(name, f"{str(missing).splitlines()[0]}: {needed}", 2))
    end_by_signals()
    if sys.stdout is not None:
        sys.stdout = named_output()
    sys.exit(status_of(name, module.main))


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
    except TopkimaError as error:
        return ended(name, str(error), error.exit_code)
    except KeyboardInterrupt as error:      # also where no signal's handler has made it Interrupted
        return ended(name, str(error) or "interrupted", getattr(error, "exit_code", 130))
    except MemoryError:
        return ended(name, "not enough memory", TopkimaError.exit_code)
    except BrokenPipeError:
        return ended(name, "", TopkimaError.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return ended(name, where + (error.strerror or str(error)), TopkimaError.exit_code)
    except UnicodeError as error:
        return ended(name, str(error), TopkimaError.exit_code)


def ended(name: str, text: str, code: int) -> int:
    """One line, whatever was given; what standard output cannot take is dropped."""
    line = "".join(each if each.isprintable() else " " for each in text)
    with contextlib.suppress(OSError):
        print(f"{name}: {line}" if text else "", end="\n" if text else "", file=sys.stderr,
              flush=True)
    for stream in (sys.stdout, sys.stderr):
        try:
            print(end="", file=stream, flush=True)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code
