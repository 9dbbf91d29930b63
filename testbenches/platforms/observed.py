# SPDX-License-Identifier: Apache-2.0
"""Machines to look into, and a test case that runs a tool with observers."""

from pathlib import Path

from tool_support import ToolTest

SOURCE = Path(__file__).resolve().parent.parent.parent
DIGITS = SOURCE / "data" / "workloads" / "digits"
PERIOD = 5000    # ps of the 200 MHz clock
SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")
MACHINES = (
    ("soc", SMALL),
    ("soc", (*SMALL, "--topk.split=9,7,6", "--topk.sub_k=2,1,3", "--pipeline.queue_depth=0")),
    ("soc", (*SMALL, "--attention.causal=true", "--topk.stop_when_exhausted=true",
             "--topk.grants_per_cycle=3", "--topk.start_cycles=4")),
    ("soc", (*SMALL, "--attention.valid_tokens=3", "--pipeline.schedule=coarse")),
    ("soc", (*SMALL, "--pipeline.sequences=3", "--pipeline.schedule=buffered")),
    ("macro", (*SMALL, "--score.weighting=pulse", "--ima.bits=3", "--topk.step_cycles=2",
               "--topk.grants_per_cycle=2", "--softmax.exponent_interval=2")),
    ("macro", (*SMALL, "--softmax.exponent_cycles=0", "--softmax.divide_cycles=0", "--topk.k=1")),
)
# The machines beside Topkima.
SORTED, ALL = ("--softmax=digital_topk",), ("--softmax=conventional",)
SPLIT = ("--topk.split=9,7,4", "--topk.sub_k=2,1,3")
BASELINES = (
    ("soc", (*SMALL, *SORTED, "--scaling=left_shift")),
    ("macro", (*SMALL, *SORTED, *SPLIT, "--sort.sorters=crossbar", "--sort.element_cycles=2",
               "--attention.causal=true")),
    ("soc", (*SMALL, *ALL, *SPLIT, "--scaling=left_shift", "--pipeline.queue_depth=0")),
    ("soc", (*SMALL, *SORTED, "--scaling=in_k_weights", "--crossbar.rows=60",
             "--crossbar.ramp_rows=36")),    # two row blocks
    ("macro", (*SMALL, *ALL, "--attention.valid_tokens=13", "--shift.element_cycles=3")),
)


class ObserversTest(ToolTest):
    def observed(self, tool, *arguments, output="out"):
        """A run that must succeed; returns what it printed."""
        done = self.run_tool(tool, *arguments, "--quiet", "--output", output)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout
