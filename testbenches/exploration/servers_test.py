#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The servers for other tests do what those rely on. Where their Debian packages
are missing, one line names them and the exit code is 77 (skipped).

  servers_test.py [TEST...]
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import servers
from waiting import wait_until

with contextlib.suppress(ImportError):    # its absence is told below
    import sqlalchemy


FOREVER = "tail -f /dev/null"


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_test_"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)

    def assert_no_process_left(self):
        wait_until(lambda: not processes_in(self.room), f"processes in {self.room} to end")

    def kill_within(self, server):
        """SIGKILL to a process that has started `server`."""
        process = subprocess.Popen(
            [sys.executable, "-c", "import servers, signal, sys\n"
             f"with servers.{server}(sys.argv[1]):\n"
             "  print('ready', flush=True)\n  signal.pause()", self.room],
            cwd=Path(__file__).parent, stdout=subprocess.PIPE)
        with process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            self.assertGreater(len(processes_in(self.room)), 1)
            process.kill()


class Postgres(ServerTest):
    def engine(self, database):
        engine = sqlalchemy.create_engine(database.url)
        self.addCleanup(engine.dispose)
        return engine

    def test_data_outlive_a_stopped_server(self):
        with servers.postgres(self.room) as database:
            engine = self.engine(database)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("CREATE TABLE trial AS VALUES (41), (42)"))
            held = engine.connect()
            database.stop()
            with self.assertRaises(sqlalchemy.exc.OperationalError):
                held.execute(sqlalchemy.text("SELECT 1"))
            held.close()
            with self.assertRaisesRegex(sqlalchemy.exc.OperationalError, "Connection refused"):
                engine.connect()
            database.start()
            with engine.connect() as connection:
                rows = connection.execute(sqlalchemy.text("SELECT * FROM trial ORDER BY 1"))
                self.assertEqual(list(rows), [(41,), (42,)])
        self.assert_no_process_left()

    def test_server_ends_with_a_failed_test(self):
        with self.assertRaises(ZeroDivisionError), servers.postgres(self.room) as database:
            held = self.engine(database).connect()
            self.addCleanup(held.close)
            _ = 1 / 0
        self.assert_no_process_left()

    def test_server_ends_with_a_killed_test(self):
        self.kill_within("postgres")
        self.assert_no_process_left()


class Slurm(ServerTest):
    def submit(self, cluster, body, *arguments):
        script = self.room / "job.sh"
        script.write_text("#!/bin/sh\n" + body)
        return cluster.submit(f"--chdir={self.room}", *arguments, script)

    def wait_for_file(self, name):
        wait_until((self.room / name).exists, f"a job to write {name}")

    def test_job_array(self):
        with servers.slurm(self.room) as cluster:
            job = self.submit(cluster, 'echo "$SLURM_ARRAY_TASK_ID" >"task$SLURM_ARRAY_TASK_ID"\n'
                              'test "$SLURM_ARRAY_TASK_ID" -ne 2\n', "--array=0-3")
            states = cluster.wait(job)
        self.assertEqual(states,
                         {"0": "COMPLETED", "1": "COMPLETED", "2": "FAILED", "3": "COMPLETED"})
        self.assertEqual([(self.room / f"task{task}").read_text() for task in range(4)],
                         [f"{task}\n" for task in range(4)])
        self.assertNotIn(str(self.room), os.environ.get("SLURM_CONF", ""))
        self.assert_no_process_left()

    def test_cancelled_job_gets_sigterm(self):
        with servers.slurm(self.room) as cluster:
            job = self.submit(cluster, "trap 'touch told; exit' TERM\ntouch running\n"
                              f"{FOREVER} &\nwait\n")
            self.wait_for_file("running")
            servers.run(["scancel", job])
            self.assertEqual(cluster.wait(job), {"0": "CANCELLED"})
            self.wait_for_file("told")

    def test_requeued_job_starts_again(self):
        with servers.slurm(self.room) as cluster:
            job = self.submit(cluster, "echo start >>starts\n"
                              f'test "${{SLURM_RESTART_COUNT:-0}}" -gt 0 || {FOREVER}\n')
            self.wait_for_file("starts")
            servers.run(["scontrol", "requeue", job])
            self.assertEqual(cluster.wait(job), {"0": "COMPLETED"})
        self.assertEqual((self.room / "starts").read_text(), "start\nstart\n")

    def test_jobs_end_with_a_failed_test(self):
        with self.assertRaises(ZeroDivisionError), servers.slurm(self.room) as cluster:
            self.submit(cluster, f"trap '' TERM\ntouch running\n{FOREVER}\n",
                        f"--cpus-per-task={servers.CPUS}")
            self.submit(cluster, f"{FOREVER}\n")   # waits for the first
            self.wait_for_file("running")
            _ = 1 / 0
        self.assert_no_process_left()

    def test_servers_end_with_a_killed_test(self):
        self.kill_within("slurm")
        self.assert_no_process_left()


class Missing(ServerTest):
    def test_packages_are_named(self):
        with mock.patch.object(servers, "POSTGRES_VERSIONS", self.room), \
                self.assertRaisesRegex(servers.ServerMissing,
                                       "postgresql"), servers.postgres(self.room):
            pass
        with mock.patch.object(servers, "program", return_value=None), \
                self.assertRaisesRegex(servers.ServerMissing,
                                       "slurm-wlm"), servers.slurm(self.room):
            pass


def processes_in(directory):
    """Numbers of the other processes that run in `directory` or have it in a command line or an
    environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            names = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            here = (entry / "cwd").readlink().is_relative_to(directory)
            if (here or os.fsencode(directory) in names) and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    servers.main()
