#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The twins keep what their assertions say, in the machine, in the model's place and beside it.
That an assertion which fails ends a run is tried in add_rtl_test.py.

  assertions_test.py --macro PATH --soc PATH

TOPKIMA_TEST_RTL: where libraries of the twins lie that check their assertions.
"""

import os

from topkima import rtl
from tool_support import ToolTest, main

MACHINE = ("--attention.heads=1", "--attention.tokens=20", "--attention.d_model=16",
           "--attention.query_rows=6", "--ima.bits=4", "--topk.split=12,8", "--topk.sub_k=3,2",
           f"--cosim.directory={os.environ['TOPKIMA_TEST_RTL']}")
STALLED = ("--cosim.stall=0.4", "--seed=7", "--pipeline.queue_depth=0")


class Assertions(ToolTest):
    def test_hold_in_the_machine(self):
        table = rtl.table()
        checking = [block for block in table.single
                    if any("assert" in source.read_text()
                           for source in table.sources(table.blocks[block].top))]
        self.assertGreater(len(checking), 6)
        for block in checking:
            for how in ("asserted", "shadow:asserted"):
                for more in ((), STALLED):
                    with self.subTest(block=block, how=how, more=more):
                        done = self.run_tool(table.tool(block), *MACHINE, *table.machine(block),
                                             *more, f"--model.{block}={how}",
                                             "--quiet", "--output", "out")
                        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    main()
