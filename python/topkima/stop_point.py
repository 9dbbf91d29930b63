# SPDX-License-Identifier: Apache-2.0
"""Places in the course of a command at which a test can have it wait for a signal, so that it meets
a state and never a moment (docs/stop-points.md)."""

import functools
import os
import re
import signal

from topkima.errors import UsageError, echoed

VARIABLE = "TOPKIMA_STOP_POINT"

_passed = {}    # how often, by name of a point that has stops


def stops_of(text: str) -> frozenset:
    """Names of points with the passages at which to stop."""
    words = text.split(",") if text else []
    if not all(re.fullmatch(r"\w+:[1-9]\d*", word) for word in words):
        raise UsageError(f"{VARIABLE} = {echoed(text)}: expected NAME:N, as in claimed:3, N from "
                         "1 on, or several with commas")
    return frozenset((name, int(count)) for name, count in (word.split(":") for word in words))


@functools.cache
def _stops() -> frozenset:
    return stops_of(os.environ.get(VARIABLE, ""))


def stop_point(name: str):
    """Stops the process, as SIGSTOP does, if TOPKIMA_STOP_POINT holds "NAME:N" and the point `name`
    is passed for the N-th time."""
    if not _stops():
        return
    _passed[name] = _passed.get(name, 0) + 1
    if (name, _passed[name]) in _stops():
        signal.raise_signal(signal.SIGSTOP)
