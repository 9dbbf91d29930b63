#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/accuracy as its users meet it, ended before it is done.

  interruption_test.py --macro PATH --soc PATH
"""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

from tool_support import ToolTest, main
from waiting import DEADLINE_S, children_of, go_on, has_stopped, stopping_at, wait_until

if not importlib.util.find_spec("torch"):
    sys.exit(77)

ACCURACY = Path(__file__).resolve().parents[2] / "scripts" / "accuracy"


class Ended(ToolTest):
    def test_a_signal_ends_the_trainings_too(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen(
                [sys.executable, ACCURACY, "--small", "--workers", "2", "--place",
                 self.room / "place"], env=stopping_at("step:1"), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True)
            wait_until(lambda: process.poll() is not None or
                       sum(map(has_stopped, children_of(process.pid))) == 2, "two trainings")
            trainings = children_of(process.pid)
            self.assertEqual(len(trainings), 2)
            process.send_signal(number)
            for training in trainings:
                go_on(training)
            complaint = process.communicate(timeout=DEADLINE_S)[1]
            self.assertEqual((process.returncode, complaint),
                             (128 + number, "accuracy: interrupted; the same command goes on\n"))
            self.assertFalse([each for each in trainings if os.path.exists(f"/proc/{each}")])
            self.assertFalse((self.room / "place" / "results").exists())


if __name__ == "__main__":
    main()
