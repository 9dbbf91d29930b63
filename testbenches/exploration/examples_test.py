#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples that start workers on many machines hand them their arguments,
here to a stand-in for scripts/explore that records how it was called.

  examples_test.py [TEST...]
"""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import servers
import waiting

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/exploration"
STORAGE = "postgresql://user@host/name?a=1&b=$HOME"    # nothing of it is for a shell
STUDY = "two words"
# It goes on until as many as expected run at once.
EXPLORE = f"""#!/usr/bin/python3
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(waiting.__file__).parent)!r})
from waiting import wait_until
calls = Path("calls")
calls.mkdir(exist_ok=True)
call = calls / f"{{os.environ.get('TEST_HOST', 'here')}}.{{os.getpid()}}"
call.write_text("\\n".join([os.getcwd(), *sys.argv[1:]]), encoding="utf-8")
wait_until(lambda: len(os.listdir(calls)) >= int(os.environ.get("AT_ONCE", "1")), "calls at once")
sys.exit(int(os.environ.get("EXIT_CODE", "0")))
"""
SSH = """#!/bin/sh
[ "$1" != -l ] || shift 2
export TEST_HOST="$1"
[ "$TEST_HOST" != down ] || exit 255
[ "$2" != -- ] || shift
shift
cd /
exec sh -c "$*"
"""


class ExampleTest(unittest.TestCase):
    """`room` is a repository of the examples and the stand-in."""

    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test "))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)
        shutil.copytree(EXAMPLES, self.room / "examples/exploration")
        (self.room / "scripts").mkdir()
        self.write_program("scripts/explore", EXPLORE)

    def write_program(self, name, text):
        (self.room / name).write_text(text)
        (self.room / name).chmod(0o755)

    def calls(self):
        """The hosts of all calls, which must be of the worker and from the repository's root."""
        calls = list((self.room / "calls").iterdir())
        for call in calls:
            self.assertEqual(call.read_text().splitlines(),
                             [str(self.room), "worker", "--storage", STORAGE, "--study", STUDY])
        return sorted(call.name.split(".")[0] for call in calls)


@unittest.skipUnless(shutil.which("parallel"), "needs Debian's parallel")
class Parallel(ExampleTest):
    def with_parallel(self, *arguments, at_once, code=0, **environment):
        done = subprocess.run(
            [self.room / "examples/exploration/with_parallel", *arguments], check=False, cwd="/",
            capture_output=True, text=True, timeout=waiting.DEADLINE_S,
            env={**os.environ, "HOME": str(self.room), "AT_ONCE": str(at_once), **environment})
        self.assertEqual(done.returncode, code, done.stderr)

    def test_on_this_machine(self):
        self.with_parallel(STORAGE, STUDY, "3", at_once=3)
        self.assertEqual(self.calls(), ["here"] * 3)

    def test_over_ssh_past_a_host_that_is_down(self):
        self.write_program("ssh", SSH)
        self.with_parallel(STORAGE, STUDY, "2", "one", "down", "user@two", ":", at_once=6, code=2,
                           PARALLEL_SSH=f"'{self.room}/ssh'")
        self.assertEqual(self.calls(), ["here"] * 2 + ["one"] * 2 + ["two"] * 2)

    def test_exit_code_tells_how_many_workers_failed(self):
        self.with_parallel(STORAGE, STUDY, "2", at_once=2, code=2, EXIT_CODE="4")
        self.assertEqual(self.calls(), ["here"] * 2)


class SlurmArray(ExampleTest):
    def test_eight_workers(self):
        with mock.patch.dict(os.environ, TOPKIMA_STORAGE=STORAGE, TOPKIMA_STUDY=STUDY), \
                tempfile.TemporaryDirectory() as place, servers.slurm(place) as cluster:
            script = self.room / "examples/exploration/slurm_array.sh"
            states = cluster.wait(cluster.submit(f"--chdir={self.room}", script))
            self.assertEqual(states, {str(task): "COMPLETED" for task in range(8)})
            self.assertEqual(self.calls(), ["here"] * 8)
            del os.environ["TOPKIMA_STUDY"]
            job = cluster.submit(f"--chdir={self.room}", "--array=0", script)
            self.assertEqual(cluster.wait(job), {"0": "FAILED"})
        self.assertIn("TOPKIMA_STUDY: is not set",
                      (self.room / f"topkima-explore-{job}_0.log").read_text())


if __name__ == "__main__":
    servers.main()
