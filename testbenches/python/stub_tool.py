# SPDX-License-Identifier: Apache-2.0
"""A tool that begins, says so, and works until it is ended: what an interrupt meets."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

DEADLINE_S = 60
TOOL = """#!/bin/sh
trap 'touch "{room}/ended"; exit 143' TERM
{begin}
touch "{room}/begun"
while :; do sleep 0.02; done
"""


def interrupted(room: Path, program: str, begin: str = "") -> subprocess.CompletedProcess:
    """Runs a Python program, with a stub in the tools' place, and interrupts it when the stub has
    begun. `begin`: what the stub does first. Temporary files go to room/tmp."""
    tools, temporary = room / "tools", room / "tmp"
    tools.mkdir()
    temporary.mkdir()
    stub = tools / "topkima-soc"
    stub.write_text(TOOL.format(room=room, begin=begin), encoding="utf-8")
    stub.chmod(0o755)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=room, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "TOPKIMA_TOOLS": str(tools),
                                    "TMPDIR": str(temporary)})
    end = time.monotonic() + DEADLINE_S
    while not (room / "begun").exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise AssertionError(f"the stub has not begun: {process.communicate()}")
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    return subprocess.CompletedProcess(program, process.returncode, out, err)
