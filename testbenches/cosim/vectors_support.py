# SPDX-License-Identifier: Apache-2.0
"""What the tests of test vectors share: the machines that vectors are taken of, and a run."""

import json
from pathlib import Path

import numpy as np

from topkima import rtl
from tool_support import ToolTest

SOURCE = Path(__file__).resolve().parent.parent.parent
BLOCKS = tuple(rtl.table().single_in_heads)
OF_TOPKIMA = tuple(block for block in BLOCKS
                   if "topkima" in (rtl.table().blocks[block].macros or ("topkima",)))
SMALL = ("--attention.heads=2", "--attention.tokens=20", "--attention.d_model=16")
# tool, arguments, head, crossbar
MACHINES = (
    ("soc", SMALL, 0, 0),
    ("soc", (*SMALL, "--topk.split=9,7,6", "--topk.sub_k=2,1,3", "--pipeline.queue_depth=0"), 1, 2),
    ("soc", (*SMALL, "--attention.causal=true", "--topk.stop_when_exhausted=true",
             "--topk.grants_per_cycle=3", "--topk.start_cycles=4"), 0, 0),
    ("soc", (*SMALL, "--attention.valid_tokens=3", "--topk.split=12,8", "--topk.sub_k=4,4",
             "--topk.stop_when_exhausted=false", "--crossbar.gate_empty=false",
             "--pipeline.schedule=coarse"), 0, 1),
    ("macro", (*SMALL, "--attention.placement=interleaved", "--topk.split=12,10", "--topk.k=8",
               "--topk.reach=3"), 1, 1),
    ("macro", (*SMALL, "--topk.scope=head", "--topk.split=12,8", "--topk.reach=4",
               "--attention.causal=true"), 0, 0),
    ("soc", (*SMALL, "--pipeline.sequences=3", "--pipeline.schedule=buffered"), 1, 0),
    ("soc", ("--attention.heads=1", "--attention.tokens=150", "--attention.d_model=16",
             "--topk.k=9", "--softmax.prob_bits=4"), 0, 0),
    ("macro", (*SMALL, "--ima.bits=3", "--topk.step_cycles=2", "--topk.grants_per_cycle=2",
               "--softmax.exponent_interval=2", "--topk.union_cycles=3", "--fidelity=cycle"), 1, 0),
    ("macro", (*SMALL, "--softmax.exponent_cycles=0", "--softmax.divide_cycles=0", "--topk.k=1",
               "--attention.causal=true"), 0, 0),
    ("soc", (*SMALL, "--softmax.macro=digital_topk", "--attention.causal=true", "--topk.k=4",
             "--pipeline.sequences=2"), 1, 0),
    ("macro", (*SMALL, "--softmax.macro=digital_topk", "--sort.sorters=crossbar",
               "--sort.element_cycles=2", "--topk.union_cycles=3", "--topk.split=9,11",
               "--topk.sub_k=2,3", "--attention.valid_tokens=12", "--ima.ramp_lsb=40"), 0, 1),
    ("soc", (*SMALL, "--softmax.macro=digital_topk", "--sort.sorters=crossbar",
             "--topk.split=9,11", "--topk.sub_k=2,3", "--attention.causal=true"), 0, 1),
    ("macro", (*SMALL, "--softmax.macro=conventional", "--ima.bits=4"), 1, 0),
    ("soc", (*SMALL, "--softmax.macro=conventional", "--attention.causal=true",
             "--topk.split=12,8"), 0, 1),
)


class VectorsTest(ToolTest):
    def written(self, tool, *arguments):
        """A run that must succeed; returns what it printed."""
        done = self.run_tool(tool, *arguments, "--quiet", "--output", "out", "--vectors", "v")
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def results(self):
        """report, and {name: array by row}; rows of the first sequence."""
        out = self.room / "out"
        report = json.loads((out / "report.json").read_text())
        arrays = {}
        for name in ("topk_index", "topk_code", "probability", "convert_cycles", "output"):
            array = np.load(out / f"{name}.npy")
            arrays[name] = array.reshape(-1, array.shape[-1])
        return report, arrays
