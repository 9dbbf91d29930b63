#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/accuracy as its users meet it, ended before it is done.

  interruption_test.py --macro PATH --soc PATH
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tool_support import ToolTest, main

try:
    import torch  # noqa: F401
except ImportError:
    sys.exit(77)

ACCURACY = Path(__file__).resolve().parents[2] / "scripts" / "accuracy"
PATIENCE_S = 60


def children_of(process):
    return [int(each) for each in
            Path(f"/proc/{process}/task/{process}/children").read_text().split()]


class Ended(ToolTest):
    def test_a_signal_ends_the_trainings_too(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen(
                [sys.executable, ACCURACY, "--small", "--workers", "2", "--place",
                 self.room / "place"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            begin, trainings = time.monotonic(), []
            while len(trainings) < 2 and time.monotonic() < begin + PATIENCE_S:
                time.sleep(0.05)
                trainings = children_of(process.pid)
            self.assertEqual(len(trainings), 2)
            time.sleep(0.5)
            process.send_signal(number)
            complaint = process.communicate(timeout=PATIENCE_S)[1]
            self.assertEqual((process.returncode, complaint),
                             (128 + number, "accuracy: interrupted; the same command goes on\n"))
            self.assertFalse([each for each in trainings if os.path.exists(f"/proc/{each}")])
            self.assertFalse((self.room / "place" / "results").exists())


if __name__ == "__main__":
    main()
