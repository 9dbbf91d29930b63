#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times whole studies: 10,000 points of a small module and 1,000 of a BERT-base-shaped one, in one
grid each, with as many workers as cores and nothing cached; tells where the time goes.

  exploration_bench.py [SHARE]     of these numbers of points, 1 by default
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPLORE = Path(__file__).resolve().parents[2] / "scripts" / "explore"
STUDIES = {
    "4 heads, 128 tokens, d_model 256": (10_000, "{ heads = 4, tokens = 128, d_model = 256 }"),
    "12 heads, 384 tokens, d_model 768": (1_000, "{ heads = 12, tokens = 384, d_model = 768 }")}
TEXT = """minimize = ["latency_us", "relative_error"]
[[workload]]
shape = {shape}
[parameters]
topk.k = {{ from = 1, to = 10 }}
ima.bits = {{ from = 4, to = 6 }}
av.lsb = {{ from = 1, to = {last} }}
"""


def main():
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    environment = {**os.environ, "TOPKIMA_CACHE": ""}
    for name, (count, shape) in STUDIES.items():
        with tempfile.TemporaryDirectory(prefix="topkima-bench-") as place:
            study = Path(place) / "study.toml"
            study.write_text(TEXT.format(shape=shape, last=max(2, round(count * share / 30))))
            begin = time.monotonic()
            done = subprocess.run([EXPLORE, "run", study, "--output", Path(place) / "out"],
                                  env=environment, stdout=subprocess.PIPE, text=True, check=True)
            seconds = time.monotonic() - begin
            spent = next(line for line in done.stdout.splitlines() if " workers in " in line)
            print(f"{name}: {seconds:.1f} s with tables and page\n  {spent}", flush=True)


if __name__ == "__main__":
    main()
