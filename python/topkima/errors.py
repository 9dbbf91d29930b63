# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, by exit code: the family of the commands and of whoever imports topkima."""

import re
import signal

MOST_ECHOED = 200   # characters of a value, in a message
MOST_TOLD = 1000    # of a message
LONG = re.compile(rf"""(?<!\w)(['"])(?:(?!\1).){{{MOST_ECHOED - 1},}}\1|\S{{{MOST_ECHOED + 1},}}""")
# What asks a process to end: people, batch systems, and limits. Python ignores SIGXFSZ; what a file
# cannot take is an error of its own.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU)


class TopkimaError(Exception):
    """Something failed: one line for the user, and the exit code of a command that it ends."""

    exit_code = 4
    details = ""        # what a tool said behind its line, as the state of every stage


class UsageError(TopkimaError):
    """A command line, a parameter or a study file that cannot be used."""

    exit_code = 2


class DataError(TopkimaError):
    """Tensors, models, reports, waveforms or stored studies that cannot be used."""

    exit_code = 3


class SimulationError(TopkimaError):
    """A simulation that failed while it ran."""


class TrainingError(TopkimaError):
    """A training that failed while it ran."""


class Interrupted(KeyboardInterrupt):
    """By a signal; the exit code is as of a process that it ended."""

    def __init__(self, number: int):
        super().__init__("interrupted")
        self.exit_code = 128 + number


def error_of(exit_code: int, said: str) -> TopkimaError:
    """What a tool's exit code and what it said are as an exception; the exit code stays."""
    kinds = {kind.exit_code: kind for kind in (UsageError, DataError)}
    line, _, details = said.strip().partition("\n")
    error = kinds.get(exit_code, SimulationError)(line)
    error.exit_code, error.details = exit_code, details
    return error


def echoed(value) -> str:
    """A value as a message quotes it, whatever its length."""
    return within(repr(value), MOST_ECHOED)


def within(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most - 3]}..."


def shortened(line: str) -> str:
    """A message without what is too long of the values in it, quoted texts and words."""
    return within(LONG.sub(lambda found: within(found[0], MOST_ECHOED), line), MOST_TOLD)


def end_by_signals():
    """A signal of ENDING raises Interrupted from now on, once: what is begun then ends tidily."""
    def interrupt(number, _):
        on_ending(signal.SIG_IGN)
        raise Interrupted(number)

    on_ending(interrupt)


def on_ending(handler):
    """Of the signals that ask to end; what the caller has decided to ignore (nohup) stays so."""
    for each in ENDING:
        if signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, handler)
