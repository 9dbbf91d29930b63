# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, by exit code."""

import signal


class ExploreError(Exception):
    """One line for the user."""
    exit_code = 4       # something failed while it ran


class UsageError(ExploreError):
    exit_code = 2       # command line or study file


class Interrupted(KeyboardInterrupt):
    """By a signal; the exit code is as of a process that it ended."""

    def __init__(self, number: int):
        super().__init__("interrupted")
        self.exit_code = 128 + number


class DataError(ExploreError):
    exit_code = 3       # tensors, reports, stored studies


def end_by_signals():
    """SIGINT and SIGTERM raise Interrupted from now on, once: what is begun then ends tidily."""
    def interrupt(number, _):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupt)
