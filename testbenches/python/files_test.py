#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files and directories that are whole or not there (topkima.files), as the tools make them.

  files_test.py --macro PATH --soc PATH
"""

import errno
import os
import signal
import subprocess
import sys
import unittest.mock

from tool_support import ToolTest, main, names_in
from waiting import DEADLINE_S

from topkima import files
from topkima.errors import TopkimaError

DIES = """
import os, pathlib, signal, sys
from topkima.files import partial
with partial(pathlib.Path(sys.argv[1])) as content:
    content.mkdir()
    (content / "stale").write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
"""


class FilesTest(ToolTest):
    def leave_behind(self, name):
        """What a process that is killed leaves beside a place."""
        done = subprocess.run([sys.executable, "-c", DIES, self.room / name], check=False,
                              timeout=DEADLINE_S)
        self.assertEqual(done.returncode, -signal.SIGKILL)


class Files(FilesTest):
    def test_a_file_is_there_when_it_is_whole(self):
        path = self.room / "folder" / "file"
        files.write_file(path, "old\n")
        with files.placed(path) as content:
            content.write_text("new")
            self.assertEqual(path.read_text(), "old\n")
        self.assertEqual((path.read_text(), names_in(path.parent)), ("new", ["file"]))

    def test_an_error_leaves_what_was_there(self):
        path = self.room / "file"
        path.write_text("old")
        with self.assertRaises(KeyError), files.placed(path) as content:
            content.write_text("half")
            raise KeyError
        with self.assertRaisesRegex(TopkimaError, "file: cannot be written: No space"), \
                files.placed(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.assertEqual((path.read_text(), names_in(self.room)), ("old", ["file"]))

    def test_a_link_keeps_pointing_at_the_file(self):
        (self.room / "there").mkdir()
        (self.room / "link").symlink_to("there/file")
        files.write_file(self.room / "link", "text")
        self.assertTrue((self.room / "link").is_symlink())
        self.assertEqual((self.room / "there" / "file").read_text(), "text")

    def test_a_place_without_a_folder_is_an_error_that_names_it(self):
        (self.room / "file").write_text("")
        with self.assertRaisesRegex(TopkimaError, "file/deeper: cannot be written"):
            files.write_file(self.room / "file" / "deeper", "")

    def test_a_name_as_long_as_any(self):
        files.write_file(self.room / ("n" * 255), "text")
        self.assertEqual(names_in(self.room), ["n" * 255])


class Directories(FilesTest):
    def made(self, text):
        """A new directory on its way to "out", moved there."""
        with files.partial(self.room / "out") as content:
            content.mkdir()
            (content / "file").write_text(text)
            files.put_in_place(content, self.room / "out")

    def test_an_earlier_one_is_replaced_whole(self):
        for exchanges in (True, False):
            with unittest.mock.patch.object(files, "RENAME_EXCHANGE", 2 if exchanges else 1 << 20):
                self.made("one")
                (self.room / "out" / "more").write_text("")
                self.made("two")
            self.assertEqual(names_in(self.room), ["out"])
            self.assertEqual(names_in(self.room / "out"), ["file"])
            self.assertEqual((self.room / "out" / "file").read_text(), "two")

    def test_one_holds_a_directory_at_a_time(self):
        with files.held(self.room) as first, files.held(self.room) as second:
            self.assertEqual((first, second), (True, False))
        with files.held(self.room) as third:
            self.assertTrue(third)


class LeftOvers(FilesTest):
    def test_those_of_the_dead_go_and_those_of_the_living_stay(self):
        self.leave_behind("out")
        self.leave_behind("other")
        (self.room / ".out.partial-1").mkdir()
        (self.room / ".out.partial-1" / "stale").write_text("")
        (self.room / ".out.partial-empty").mkdir()
        with files.partial(self.room / "out") as living:
            with files.partial(self.room / "out") as next_one:
                self.assertNotEqual(living, next_one)
                self.assertTrue(living.parent.is_dir())
                names = set(names_in(self.room))
        self.assertEqual(len(names), 4)
        self.assertIn(".out.partial-1", names)      # nobody can tell whose it is
        self.assertEqual(len(names_in(self.room)), 2)

    def test_the_tools_and_the_package_know_each_others(self):
        self.leave_behind("out")
        self.assertEqual(len(names_in(self.room)), 1)
        out = self.results_of("macro", "--attention.tokens=4", "--attention.heads=1")
        self.assertEqual(names_in(self.room), ["out"])
        self.assertFalse((out / "stale").exists())

    def test_where_a_lock_cannot_be_tried_nothing_is_removed(self):
        self.leave_behind("out")
        no_locks = unittest.mock.patch.object(
            files.fcntl, "flock", side_effect=OSError(errno.EOPNOTSUPP, "no locks"))
        with no_locks:
            files.write_file(self.room / "out", "text")
        self.assertEqual(len(names_in(self.room)), 2)
        files.write_file(self.room / "out", "text")
        self.assertEqual(names_in(self.room), ["out"])


if __name__ == "__main__":
    main()
