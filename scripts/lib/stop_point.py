# SPDX-License-Identifier: Apache-2.0
"""Places in the course of a command at which a test can have it wait for a signal, so that it meets
a state and never a moment (docs/stop-points.md)."""

import os
import re
import signal

from lib.tool import fail

VARIABLE = "TOPKIMA_STOP_POINT"


def _stop(word: str, given: str) -> tuple:
    match = re.fullmatch(r"(\w+):([1-9]\d*)", word)
    if not match:
        fail(f"{VARIABLE} = '{given}': expected NAME:N, as in claimed:3, N from 1 on, or several with "
             "commas")
    return match[1], int(match[2])


def _stops() -> set:
    given = os.environ.get(VARIABLE)
    return {_stop(word, given) for word in given.split(",")} if given else set()


_STOPS = _stops()
_passed = {name: 0 for name, _ in _STOPS}


def stop_point(name: str):
    """Stops the process, as SIGSTOP does, if TOPKIMA_STOP_POINT holds "NAME:N" and the point `name`
    is passed for the N-th time."""
    if name not in _passed:
        return
    _passed[name] += 1
    if (name, _passed[name]) in _STOPS:
        signal.raise_signal(signal.SIGSTOP)
