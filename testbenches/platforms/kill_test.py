#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run that is ended from outside, at every point of its way: a directory of the output's name is
always a whole result.

  kill_test.py --macro PATH --soc PATH
"""

import hashlib
import itertools
import os
import resource
import shutil
import signal
import subprocess

from tool_support import FILES, ToolTest, main, names_in, tool_path
from waiting import DEADLINE_S, end_by, go_on, stopped_or_ended, stopping_at, wait_for_stop

# Several slices, files of some size, and little to compute.
WORKLOAD = ("--attention.heads=8", "--attention.tokens=512", "--attention.d_model=256",
            "--topk.k=32", "--report.float_reference=false", "--quiet")
POINTS = ("slice", "output")    # every state of a run's output: a simulation has none of its own
IN_PLACE = len(FILES) + 1       # passages of "output" up to the one after the last file


def contents_of(directory):
    """A digest of each file but run.json, which tells the wall time."""
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest()
            for name in FILES if name != "run.json"}


class KillTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.whole = {seed: contents_of(self.results_of("macro", *WORKLOAD, f"--seed={seed}",
                                                        output=f"whole{seed}"))
                      for seed in (1, 2)}

    def start(self, seed, environment=None):
        process = subprocess.Popen([tool_path("macro"), *WORKLOAD, f"--seed={seed}",
                                    "--output", "out"],
                                   cwd=self.room, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def stops(self, prepare):
        """A run (seed 1) for each passage of each point, stopped there: (name, passage, run)."""
        for name in POINTS:
            for passage in itertools.count(1):
                prepare()
                process = self.start(1, stopping_at(f"{name}:{passage}"))
                if not stopped_or_ended(process):
                    self.assertEqual(process.wait(), 0)
                    self.assertGreater(passage, 2, f"passages of {name}")
                    break
                yield name, passage, process

    def remove_result(self):
        shutil.rmtree(self.room / "out", ignore_errors=True)

    def put_earlier_result(self):
        self.remove_result()
        shutil.copytree(self.room / "whole2", self.room / "out")

    def end(self, process, number):
        """Whether it had done its work nevertheless."""
        end_by(process.pid, number)
        code = process.wait(DEADLINE_S)
        self.assertIn(code, (0, -number))
        return code == 0

    def assert_whole(self, *seeds):
        self.assertEqual(names_in(self.room / "out"), FILES)
        found = contents_of(self.room / "out")
        self.assertIn(found, [self.whole[seed] for seed in seeds])

    def check_new_output(self, number):
        """Without an earlier result: none, or a whole one."""
        for name, passage, process in self.stops(self.remove_result):
            with self.subTest(number=number, name=name, passage=passage):
                in_place = (name, passage) == ("output", IN_PLACE)
                self.assertEqual((self.room / "out").exists(), in_place)
                if self.end(process, number) or in_place:
                    self.assert_whole(1)
                else:
                    self.assertFalse((self.room / "out").exists())

    def check_earlier_result(self, number):
        """The earlier result (seed 2) or the new one (seed 1), whole; the new one if it ended."""
        for name, passage, process in self.stops(self.put_earlier_result):
            with self.subTest(number=number, name=name, passage=passage):
                in_place = (name, passage) == ("output", IN_PLACE)
                self.assert_whole(1 if in_place else 2)
                self.assert_whole(1 if self.end(process, number) or in_place else 2)

    def test_killed_before_there_is_a_result(self):
        self.check_new_output(signal.SIGKILL)

    def test_killed_over_an_earlier_result(self):
        self.check_earlier_result(signal.SIGKILL)

    def test_terminated_or_interrupted(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.check_new_output(number)
            self.check_earlier_result(number)

    def test_what_else_ends_a_run_leaves_nothing(self):
        """Of who asks: batch systems, terminals; and limits of time and size."""
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU, signal.SIGXFSZ):
            with self.subTest(number=number):
                process = self.start(1, stopping_at("slice:1"))
                wait_for_stop(process)
                self.assertFalse(self.end(process, number))
                self.assertEqual(names_in(self.room), ["whole1", "whole2"])

    def test_a_limit_on_the_size_of_files(self):
        """Told by an error of a write and by a signal."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        done = subprocess.run([tool_path("macro"), *WORKLOAD, "--output", "out"], cwd=self.room,
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                              preexec_fn=limit)
        self.assertEqual((done.returncode, done.stdout), (-signal.SIGXFSZ, ""))
        self.assertRegex(done.stderr, r"\Atopkima-macro: out/\S+: cannot be written: "
                                      r"File too large\n\Z")
        self.assertEqual(names_in(self.room), ["whole1", "whole2"])

    def test_killed_between_two_stops(self):
        """Somewhere behind each stop, wherever the run has come to."""
        for prepare in (self.remove_result, self.put_earlier_result):
            for _, _, process in self.stops(prepare):
                go_on(process.pid)
                process.kill()
                process.wait(DEADLINE_S)
                if prepare == self.put_earlier_result or (self.room / "out").exists():
                    self.assert_whole(1, 2)

    def test_next_run_is_not_disturbed_by_what_a_killed_one_left(self):
        for _, _, process in self.stops(self.remove_result):
            self.end(process, signal.SIGKILL)
        self.assertGreater(len(names_in(self.room)), 2)
        self.results_of("macro", *WORKLOAD, "--seed=1")
        self.assert_whole(1)
        self.assertEqual(names_in(self.room), ["out", "whole1", "whole2"])    # nor is that left

    def test_runs_in_containers_do_not_meet(self):
        """Where each is process 1."""
        unshare = ["unshare", "--pid", "--fork"]
        try:
            if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
                self.skipTest("no process numbers of one's own here")
        except FileNotFoundError:
            self.skipTest("no unshare here")
        (self.room / ".out.partial-1").mkdir()
        (self.room / ".out.partial-1" / "monte_carlo.csv").write_text("stale")
        for _ in range(3):
            processes = [subprocess.Popen(
                [*unshare, tool_path("macro"), *WORKLOAD, f"--seed={1 + number % 2}", "--output",
                 "out"], cwd=self.room, stderr=subprocess.PIPE) for number in range(4)]
            for process in processes:
                _, err = process.communicate(timeout=DEADLINE_S)
                self.assertEqual((process.returncode, err), (0, b""))
            self.assert_whole(1, 2)
        self.assertEqual(names_in(self.room), [".out.partial-1", "out", "whole1", "whole2"])

    def test_killed_as_soon_as_the_result_is_replaced(self):
        """The most delicate moment: the earlier result gives way to the new one."""
        self.put_earlier_result()
        before = os.stat(self.room / "out").st_ino
        process = self.start(1, stopping_at(f"output:{IN_PLACE}"))
        wait_for_stop(process)
        self.assertNotEqual(os.stat(self.room / "out").st_ino, before)
        self.assertIn(before, [path.stat().st_ino for path in self.room.rglob("*")])
        self.end(process, signal.SIGKILL)
        self.assert_whole(1)

    def test_killed_at_each_step_of_the_replacement(self):
        """The same without chance: at the first, second, ... call that moves or removes a name."""
        calls = "rename,renameat,renameat2,unlink,unlinkat,rmdir"
        strace = ["strace", "-f", "-o", os.devnull, "-e", f"trace={calls}"]
        for step in range(1, 6):
            self.put_earlier_result()
            try:
                done = subprocess.run(
                    [*strace, "-e", f"inject={calls}:signal=KILL:when={step}", tool_path("macro"),
                     *WORKLOAD, "--seed=1", "--output", "out"],
                    cwd=self.room, capture_output=True, timeout=DEADLINE_S, check=False)
            except FileNotFoundError:
                self.skipTest("no strace here")
            if done.returncode == 1:
                self.skipTest("strace may not trace here")
            with self.subTest(step=step):
                self.assertTrue((self.room / "out").exists(), "no result is in place any more")
                self.assert_whole(1, 2)

    def test_two_runs_to_one_output(self):
        """Whichever is last, the result is whole; the other may be refused its place."""
        for _ in range(5):
            processes = [self.start(seed) for seed in (1, 2)]
            codes = sorted(process.wait(DEADLINE_S) for process in processes)
            self.assertIn(codes, ([0, 0], [0, 4]))
            self.assert_whole(1, 2)
            self.assertEqual(names_in(self.room), ["out", "whole1", "whole2"])
            self.remove_result()

    def test_reader_of_the_summary_gone(self):
        """The result stands, whoever hung up before the summary was printed."""
        arguments = [word for word in WORKLOAD if word != "--quiet"]
        reading, writing = os.pipe()
        os.close(reading)
        process = subprocess.Popen([tool_path("macro"), *arguments, "--seed=1", "--output", "out"],
                                   cwd=self.room, stdout=writing, stderr=subprocess.DEVNULL)
        os.close(writing)
        process.wait(DEADLINE_S)
        self.assert_whole(1)


if __name__ == "__main__":
    main()
