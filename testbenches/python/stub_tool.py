# SPDX-License-Identifier: Apache-2.0
"""A tool that begins, says so, and works until it is ended: what an interrupt meets."""

import signal
import subprocess
import sys
from pathlib import Path

from waiting import DEADLINE_S, go_on, stopping_at, wait_for_stop, wait_until

TOOL = """#!/usr/bin/python3
import signal, sys
from pathlib import Path

def end(*_):
    Path({room!r}, "ended").touch()
    sys.exit(143)

signal.signal(signal.SIGTERM, end)
{begin}
Path({room!r}, "begun").touch()
while True:
    signal.pause()
"""


def interrupted(room: Path, program: str, stop: str,
                begin: str = "") -> subprocess.CompletedProcess:
    """Runs a Python program, with a stub in the tools' place, and interrupts it when it has passed
    the stop and the stub has begun. `begin`: what the stub does first. Temporary files go to
    room/tmp."""
    tools, temporary = room / "tools", room / "tmp"
    tools.mkdir()
    temporary.mkdir()
    stub = tools / "topkima-soc"
    stub.write_text(TOOL.format(room=str(room), begin=begin), encoding="utf-8")
    stub.chmod(0o755)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=room, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**stopping_at(stop), "TOPKIMA_TOOLS": str(tools),
                                    "TMPDIR": str(temporary)})
    wait_for_stop(process)
    wait_until((room / "begun").exists, "the stub to begin")
    go_on(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    return subprocess.CompletedProcess(program, process.returncode, out, err)
