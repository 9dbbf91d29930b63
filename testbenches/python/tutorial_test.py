# SPDX-License-Identifier: Apache-2.0
"""What docs/tutorial.md and docs/python.md show is run: their commands in the shell, their Python,
and what they say comes out."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tool_support import ToolTest, main, tool_path

SOURCE = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "@@ block"
TIME_LIMIT_S = 500


def blocks_of(page: str, language: str) -> list:
    """The page's blocks in a language, each with the text that is said to come out, if any."""
    blocks = BLOCK.findall((SOURCE / "docs" / page).read_text(encoding="utf-8"))
    return [(text, told if follows == "text" else "")
            for (kind, text), (follows, told) in zip(blocks, [*blocks[1:], ("", "")])
            if kind == language]


class Pages(ToolTest):
    """In a directory that looks like the repository's root, so that nothing is left there."""

    def setUp(self):
        super().setUp()
        for name in ("data", "python", "scripts"):
            (self.room / name).symlink_to(SOURCE / name)
        (self.room / "build").mkdir()
        (self.room / "build" / "platforms").symlink_to(Path(tool_path("soc")).parent)

    def outputs(self, command: list, source: str) -> list:
        done = subprocess.run([*command, "-"], input=source, cwd=self.room, text=True, check=False,
                              capture_output=True, timeout=TIME_LIMIT_S,
                              env={**os.environ, "TOPKIMA_CACHE": ""})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split(f"{MARK}\n")[1:]

    def check(self, page: str, language: str, command: list, mark: str):
        blocks = blocks_of(page, language)
        self.assertTrue(blocks)
        source = "".join(f"{mark}\n{text}" for text, _ in blocks)
        for (text, told), output in zip(blocks, self.outputs(command, source), strict=True):
            self.assert_told(told, output.splitlines(), text)

    def assert_told(self, told: str, lines: list, block: str):
        """Its lines come out in this order; "..." stands for anything."""
        for line in told.splitlines():
            pattern = re.compile(".*".join(map(re.escape, line.split("..."))))
            found = next((place for place, each in enumerate(lines)
                          if pattern.fullmatch(each.rstrip())), None)
            self.assertIsNotNone(found, f"{line!r} does not come out, in this order, of\n{block}\n"
                                 + "\n".join(lines))
            del lines[:found + 1]

    def test_the_tutorial_in_the_shell(self):
        self.check("tutorial.md", "sh", ["sh", "-eu"], f"echo '{MARK}'")

    def test_the_tutorial_in_python(self):
        self.check("tutorial.md", "python", [sys.executable], f"print('{MARK}')")

    def test_the_page_of_the_package(self):
        self.check("python.md", "python", [sys.executable], f"print('{MARK}')")


if __name__ == "__main__":
    main()
