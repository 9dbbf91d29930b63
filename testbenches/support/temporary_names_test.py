#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No name of a temporary file is made by hand: out of a process's number, the time, chance, or a
fixed ending. modules/files/partial.* and python/topkima/files.py make those beside a place,
mkdtemp and its like all others.

  temporary_names_test.py
"""

import contextlib
import re
import unittest
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
FOLDERS = ("modules", "platforms", "python", "scripts", "examples", "testbenches", "cmake", ".ci")
SOURCES = (".c", ".h", ".cpp", ".py", ".sh", ".cmake", ".txt", ".in", "")
BY_HAND = re.compile(r"""\b(?:getpid|gettid|get_ident)\s*\(        # told apart by who makes them
                         | \b(?:tmpnam|tempnam)\b | \bmktemp\s*\( | \bmktemp\s+-\w*u
                         | \$\$ | ["'/]/?tmp/ | \btemp_directory_path\s*\(
                         | \.(?:tmp|temp|old|bak|new|part)["']    # or by an ending
                         | \.partial-
                         | \btime_ns\s*\( | \bO_TRUNC\b""", re.VERBOSE)
# Where such a word says something else, by file.
MAY = {
    "modules/files/partial.cpp": r"\.partial-",
    "modules/files/partial.h": r"\.partial-XXXXXX",
    "python/topkima/files.py": r"\.partial-",
    "platforms/tool/child.cpp": r"parent = ::getpid\(\)",            # whose child one is
    "python/topkima/exploration/store.py": r"pid=os\.getpid\(\)",    # of a worker, with its machine
    "python/topkima/exploration/simulator.py": r"time_ns",           # a result that is not shared
    "python/topkima/commands/train.py": r'output\.name \+ "\.part"',  # named, locked, gone on with
    "python/topkima/evaluation/networks.py": r"\.part",              # the same
    "testbenches/training/train_test.py": r"\.part",
    # What somebody else left.
    "testbenches/files/partial_test.cpp": r"\.out\.partial-",
    "testbenches/platforms/kill_test.py": r"\.out\.partial-1",
    "testbenches/python/files_test.py": r"\.out\.partial-|os\.kill\(os\.getpid\(\)",
    "testbenches/support/temporary_names_test.py": "",
    "testbenches/support/temporary_directory.h": r"temp_directory_path",    # of mkdtemp
    "testbenches/workload/npy_test.cpp": r"temp_directory_path",     # a directory that there is
    "testbenches/config/settings_test.cpp": r"temp_directory_path",
    "cmake/TranslateRtl.cmake": r'REPLACE "\$" "\$\$"',   # what make reads as one
    "testbenches/files/run_quietly_test.cpp": r"kill -9 \$\$",
    "testbenches/python/run_test.py": r"kill -9 \$\$",
    "testbenches/exploration/store_test.py": r"os\.kill\(os\.getpid",
    "testbenches/exploration/servers.py": r"== os\.getpid",
    "testbenches/exploration/servers_test.py": r"!= os\.getpid",
    "testbenches/exploration/cluster_test.py": r"study \{os\.getpid",    # in a server of its own
    "testbenches/exploration/examples_test.py": r"\{os\.getpid",     # one file a call, in a room
    "testbenches/platforms/outputs_test.py": r'"/tmp"',
}


def lines():
    """(file, number, line) of every source."""
    for folder in FOLDERS:
        for path in sorted((HOME / folder).rglob("*")):
            if path.is_file() and path.suffix in SOURCES and "__pycache__" not in path.parts:
                with contextlib.suppress(UnicodeDecodeError):
                    text = path.read_text(encoding="utf-8")
                    for number, line in enumerate(text.splitlines(), 1):
                        yield str(path.relative_to(HOME)), number, line


class TemporaryNames(unittest.TestCase):
    maxDiff = None

    def test_none_is_made_by_hand(self):
        found = [f"{name}:{number}: {line.strip()}" for name, number, line in lines()
                 if BY_HAND.search(line)
                 and not (name in MAY and re.search(MAY[name], line))]
        self.assertEqual(found, [], "files::Partial, topkima.files.partial or mkdtemp make names")

    def test_what_is_looked_for_would_be_found(self):
        for line in ('partial = path.with_name(f".{path.name}.partial-{os.getpid()}")',
                     'const auto name = ".file-" + std::to_string(::getpid());',
                     'beside = path.with_name(path.name + ".tmp")', "cp x /tmp/x", "out=x.$$",
                     'open(f"{name}.old")', "f'{time_ns()}.log'", "mktemp -u", "tmpnam(name)",
                     "tempfile.mktemp()", "open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666)"):
            self.assertTrue(BY_HAND.search(line), line)
        for line in ("tempfile.mkdtemp(prefix=prefix)", "build=$(mktemp -d)",
                     "std::string partial = place.partial();", "::mkdtemp(name.data())"):
            self.assertFalse(BY_HAND.search(line), line)


if __name__ == "__main__":
    unittest.main()
