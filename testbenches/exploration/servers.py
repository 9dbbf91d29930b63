# SPDX-License-Identifier: Apache-2.0
"""Real servers for the tests of exploration across machines: a PostgreSQL
cluster and a one-node Slurm, private to a test and on loopback only.

  with servers.postgres(directory) as database:
      explore("--storage", database.url)
  with servers.slurm(directory) as cluster:
      states = cluster.wait(cluster.submit("job.sh"))

All files lie below `directory`. The servers end with the block, however it
ends, and also when the thread that started them dies without leaving it;
Slurm's jobs outlive only the latter.
"""

import contextlib
import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

from waiting import DEADLINE_S, has_stopped, wait_until

POSTGRES_VERSIONS = Path("/usr/lib/postgresql")
SKIPPED = 77               # exit code
SOCKET_PATH_LIMIT = 107    # bytes of a Unix socket's path in Linux
CPUS = 4                   # that Slurm hands out, whatever the machine has
SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
# A requeued job starts once its first credential has expired; after 120 s without this.
AuthInfo=socket={munge},cred_expire=5
StateSaveLocation={room}/state
SlurmdSpoolDir={room}/spool
SlurmctldPidFile={room}/slurmctld.pid
SlurmdPidFile={room}/slurmd.pid
# Without cgroups, so that it runs in a container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
# Several tasks of an array share the node.
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# The machine may have fewer cores and less memory than the node is given here.
SlurmdParameters=config_overrides
ReturnToService=2
# A cancelled job gets SIGTERM, and SIGKILL after these seconds.
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=65536
PartitionName=test Nodes={host} Default=YES OverSubscribe=NO
"""


class ServerMissing(Exception):
    """A server is not installed; the text names the Debian packages."""


class ServerFailed(Exception):
    """A server did not start, or did not do what it was asked for; the text ends with its log."""


class Daemon:
    """A server in the foreground, its output in a log."""

    def __init__(self, command, log, user=None, stop_signal=signal.SIGTERM):
        self.name = Path(command[0]).name
        self.log = log
        self.stop_signal = stop_signal
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", stop_signal.name[3:], *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                **identity(user))

    def wait_until(self, ready):
        try:
            wait_until(lambda: self.process.poll() is not None or ready(),
                       f"{self.name} to be ready")
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        except AssertionError as error:
            raise ServerFailed(f"{error}; its log:\n{self.log_tail()}") from None

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Postgres:
    """A PostgreSQL cluster; `url` is SQLAlchemy's for its database and stays
    the same when the server is stopped and started again."""

    def __init__(self, binaries, room, user):
        self.binaries = binaries
        self.data = room / "data"
        self.log = room / "log"
        self.user = user
        self.port, = free_ports(1)
        self.url = f"postgresql://explorer@127.0.0.1:{self.port}/postgres"
        self.server = None

    def initialise(self):
        run([self.binaries / "initdb", "--pgdata", self.data, "--username", "explorer",
             "--auth", "trust",
             "--encoding", "UTF8", "--locale", "C", "--no-sync"], **identity(self.user))

    def start(self):
        # Data need not survive the machine's crash, only the server's.
        settings = {"listen_addresses": "127.0.0.1", "port": self.port,
                    "unix_socket_directories": "",
                    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        # SIGINT ends the connections that are open; SIGTERM would wait for their clients.
        self.server = Daemon([self.binaries / "postgres", "-D", self.data,
                              *(f"--{name}={value}" for name, value in settings.items())],
                             self.log, self.user, signal.SIGINT)
        self.server.wait_until(self.accepts)

    def stop(self):
        """Ends all connections; new ones are refused until start()."""
        if self.server:
            self.server.stop()

    def accepts(self):
        return subprocess.run([self.binaries / "pg_isready", "-q", "-h", "127.0.0.1",
                               "-p", str(self.port)],
                              check=False).returncode == 0


@contextlib.contextmanager
def postgres(directory):
    """A fresh cluster below `directory`. Root runs it as user postgres, for whom
    `directory` is made searchable; its parents must be so."""
    binaries = require_postgres()
    room = Path(directory).resolve() / "postgres"
    room.mkdir()
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        room.parent.chmod(room.parent.stat().st_mode | 0o011)
        shutil.chown(room, user, user)
    server = Postgres(binaries, room, user)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()


class Slurm:
    """A Slurm of one node. Its commands (sbatch, squeue, scontrol, ...) find it
    by SLURM_CONF, which is set in this process's environment."""

    def __init__(self, room):
        self.room = room
        self.conf = room / "slurm.conf"
        self.daemons = []

    def configure(self):
        longest = self.room / "spool" / (socket.gethostname() + "_999999.4294967291")
        if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
            raise ServerFailed(f"{self.room}: too long a path for Slurm's sockets; "
                               "expected a shorter directory")
        for name in ("state", "spool"):
            (self.room / name).mkdir()
        key = self.room / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        controller_port, node_port = free_ports(2)
        self.conf.write_text(SLURM_CONF.format(
            host=socket.gethostname().split(".")[0], controller_port=controller_port,
            node_port=node_port,
            user=user_name(), munge=self.room / "munge.socket", room=self.room, cpus=CPUS))

    def start(self):
        munge_socket = self.room / "munge.socket"
        # --force: directories above may be writable by others, as a temporary one is.
        self.launch("munged", "--foreground", "--force", f"--socket={munge_socket}",
                    f"--key-file={self.room}/munge.key", f"--pid-file={self.room}/munge.pid",
                    f"--seed-file={self.room}/munge.seed").wait_until(munge_socket.exists)
        self.launch("slurmctld", "-D", "-f", self.conf).wait_until(
            lambda: output_of("scontrol", "ping").count("is UP"))
        self.launch("slurmd", "-D", "-f", self.conf).wait_until(
            lambda: output_of("sinfo", "--noheader", "--format=%T").strip() == "idle")

    def launch(self, name, *arguments):
        self.daemons.append(Daemon([program(name), *arguments], self.room / f"{name}.log"))
        return self.daemons[-1]

    def submit(self, *arguments):
        """What sbatch would take; returns the job's number."""
        return run(["sbatch", "--parsable", *arguments]).strip()

    def states(self, job):
        """The state of every task of a job that has started, by its index; of a job that
        is no array, by 0. Pending tasks are one entry, as in "2-7"."""
        lines = run(["squeue", "--noheader", "--states=all", "--format=%K %T",
                     f"--jobs={job}"]).splitlines()
        return {index.replace("N/A", "0"): state for index, state in map(str.split, lines)}

    def stopped_processes(self):
        """Of jobs, those that have stopped."""
        return [pid for pid in processes_with(f"SLURM_CONF={self.conf}") if has_stopped(pid)]

    def wait(self, job):
        """Returns the states once all have ended."""
        ended = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}
        wait_until(lambda: set(self.states(job).values()) <= ended, f"job {job} to end")
        return self.states(job)

    def stop(self):
        # Jobs are no children of slurmd; those that do not end are found by their environment.
        if len(self.daemons) == 3:
            with contextlib.suppress(ServerFailed, AssertionError):
                run(["scancel", f"--user={user_name()}"])
                wait_until(lambda: not run(["squeue", "--noheader"]), "jobs to end", 15)
        for daemon in reversed(self.daemons):
            daemon.stop()
        for pid in processes_with(f"SLURM_CONF={self.conf}"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def slurm(directory):
    """A fresh Slurm below `directory`, its node idle."""
    require_slurm()
    room = Path(directory).resolve() / "slurm"
    room.mkdir()
    cluster = Slurm(room)
    before = os.environ.get("SLURM_CONF")
    os.environ["SLURM_CONF"] = str(cluster.conf)
    try:
        cluster.configure()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        if before is None:
            del os.environ["SLURM_CONF"]
        else:
            os.environ["SLURM_CONF"] = before


def require_postgres():
    """Returns the directory of the newest PostgreSQL's programs."""
    binaries = [path.parent for path in POSTGRES_VERSIONS.glob("*/bin/initdb")]
    if not binaries:
        raise ServerMissing("PostgreSQL is not installed; expected Debian's postgresql")
    for module in ("psycopg2", "sqlalchemy"):
        if not importlib.util.find_spec(module):
            raise ServerMissing(f"Python's {module} is not installed; "
                                f"expected Debian's python3-{module}")
    return max(binaries, key=lambda path: int(path.parent.name))


def require_slurm():
    for name in ("munged", "slurmctld", "slurmd", "sbatch"):
        if not program(name):
            raise ServerMissing(f"{name} is not installed; expected Debian's slurm-wlm and munge")


def main():
    """unittest.main() of tests that need both servers; where one is missing the exit code is 77
    (cmake/AddPythonTest.cmake)."""
    try:
        require_postgres()
        require_slurm()
    except ServerMissing as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def identity(user):
    """Options of subprocess that start a program as `user`; None is this process's."""
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def user_name():
    return "root" if os.geteuid() == 0 else str(os.geteuid())


def free_ports(count):
    """Below the ports that the system gives to clients, so that none takes one while its server is
    stopped."""
    with contextlib.ExitStack() as stack:
        ports = []
        while len(ports) < count:
            trial = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                trial.bind(("127.0.0.1", random.randrange(20000, 32000)))
                ports.append(trial.getsockname()[1])
        return ports


def run(command, **options):
    done = subprocess.run([str(word) for word in command], check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S, **options)
    if done.returncode != 0:
        raise ServerFailed(f"{Path(command[0]).name} ended with {done.returncode}: "
                           f"{done.stderr}{done.stdout}")
    return done.stdout


def output_of(*command):
    """Of a command that fails while its server starts."""
    return subprocess.run(command, check=False, capture_output=True, text=True,
                          timeout=DEADLINE_S).stdout


def processes_with(variable):
    """Numbers of the other processes that have `variable` in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) == os.getpid():
                continue
            if variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
