# SPDX-License-Identifier: Apache-2.0
"""How tests wait: for something that they can see, never for time. No test knows how fast its
machine is. What interrupts a run has it stop at a point of its way (docs/stop-points.md), sees that
it has stopped, and knows by that what state it meets.

  process = subprocess.Popen(command, env=stopping_at("slice:2"))
  wait_for_stop(process)
  end_by(process.pid, signal.SIGTERM)
"""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

DEADLINE_S = 300    # met by tests that fail alone
PAUSE_S = 0.005


def wait_until(true, what: str, deadline_s: float = DEADLINE_S):
    """Returns what `true()` returns as soon as that is true."""
    end = time.monotonic() + deadline_s
    while not (seen := true()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain for {what}")
        time.sleep(PAUSE_S)
    return seen


def random_source() -> random.Random:
    """Of another seed in every run, which is told; TOPKIMA_TEST_SEED repeats one."""
    seed = int(os.environ.get("TOPKIMA_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"TOPKIMA_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


# Stop points

def stopping_at(*stops: str) -> dict:
    """This environment, for a process that is to stop, as is each of its children, at "NAME:N", its
    N-th passage of a point."""
    return {**os.environ, "TOPKIMA_STOP_POINT": ",".join(stops)}


def has_stopped(pid: int) -> bool:
    return _state(pid) == "T"


def has_ended(pid: int) -> bool:
    return _state(pid) in ("", "Z", "X")


def stopped_or_ended(process) -> bool:
    """Waits for either; whether it has stopped. `process`: of subprocess."""
    wait_until(lambda: has_stopped(process.pid) or has_ended(process.pid),
               f"{process.args} to stop or end")
    return has_stopped(process.pid)


def wait_for_stop(process):
    if not stopped_or_ended(process):
        raise AssertionError(f"{process.args} has ended with {process.wait()} before it could stop")


def stopped_below(pid: int) -> list:
    """Processes that have stopped, among those that `pid` has started and those started by them."""
    return [each for each in descendants_of(pid) if has_stopped(each)]


def go_on(pid: int):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def end_by(pid: int, number: int):
    """The signal is the first thing that a process meets when it goes on. Not for a Python program
    of which another thread than the main one has stopped: the signal may go to any thread, and the
    main one does not wake from a lock for another's."""
    os.kill(pid, number)
    go_on(pid)


# Processes

def children_of(pid: int) -> list:
    """Process numbers; none of a process that is gone."""
    with contextlib.suppress(OSError):
        return [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children")
                for word in path.read_text().split()]
    return []


def descendants_of(pid: int) -> list:
    return [each for child in children_of(pid) for each in (child, *descendants_of(child))]


def _state(pid: int) -> str:
    """The letter of proc(5); none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
