#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the quick tests three times in random order, the last time beside as many busy loops as
there are processors.

  any_order.py --ctest PATH --build DIR [-- OPTION...]

What follows -- are further options of CTest.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = ("idle", "idle", "busy")    # what the machine has to do besides


def options_of():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ctest", required=True)
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


@contextlib.contextmanager
def busy_machine():
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
             for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main():
    options = options_of()
    failed = []
    with tempfile.TemporaryDirectory(prefix="topkima_order_") as room:
        # A test directory of its own: this may itself be run by CTest, whose logs lie in the other.
        (Path(room) / "CTestTestfile.cmake").write_text(f'subdirs("{options.build.resolve()}")\n')
        command = [options.ctest, "--test-dir", room, "-LE", "heavy", "--schedule-random",
                   "--no-tests=error", "--output-on-failure", "-j", str(os.cpu_count()),
                   *options.rest]
        for number, kind in enumerate(RUNS, 1):
            print(f"== run {number} of {len(RUNS)}, machine {kind}", flush=True)
            with busy_machine() if kind == "busy" else contextlib.nullcontext():
                if subprocess.run(command, check=False).returncode != 0:
                    failed.append(number)
    if failed:
        sys.exit(f"any_order: failed in run {', '.join(map(str, failed))}")


main()
