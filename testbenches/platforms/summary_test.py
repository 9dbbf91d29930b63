#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a run prints of itself is what its report says."""

import json
import re

from tool_support import ToolTest, main

SMALL = ("--attention.tokens=40", "--attention.heads=2", "--attention.d_model=64")


class Summary(ToolTest):
    def told(self, tool, *arguments):
        done = self.run_tool(tool, *SMALL, *arguments, "--output", "out")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout, json.loads((self.room / "out/report.json").read_text())


class Errors(Summary):
    def test_the_relative_error_stands_beside_the_cosine(self):
        for tool in ("macro", "soc"):
            text, report = self.told(tool)
            cosine, error = re.search(r"cosine similarity (\S+), relative error (\S+),",
                                      text).groups()
            reference = report["float_reference"]
            self.assertEqual(cosine, f"{reference['cosine_similarity']:.4f}")
            self.assertEqual(error, f"{reference['relative_error']:.4f}")

    def test_neither_where_nothing_is_compared(self):
        text, _ = self.told("soc", "--report.float_reference=false")
        self.assertNotRegex(text, "cosine|relative error")


if __name__ == "__main__":
    main()
