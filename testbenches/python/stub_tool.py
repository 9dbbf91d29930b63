# SPDX-License-Identifier: Apache-2.0
"""A tool that begins, says so, and works until it is ended: what an interrupt meets."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from waiting import DEADLINE_S, has_ended, wait_until

TOOL = """#!/bin/sh
trap 'kill $!; touch "{room}/ended"; exit 143' TERM
{begin}
tail -f /dev/null &
touch "{room}/begun"
wait
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
    wait_until(lambda: (room / "begun").exists() or has_ended(process.pid), "the stub to begin")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    return subprocess.CompletedProcess(program, process.returncode, out, err)
