#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times what users wait for, as whole processes with everything written: a run, a run with
waveform and timeline, a whole encoder, a point of a batch, a point of a study, a page.

  user_bench.py [--repeat N] [--other FOLDER]

Each line has the least and the median wall time of N (7) runs. With the folder of other tools
(a build/platforms) beside these, the two take turns, and the ratio of the medians stands behind.
Studies and pages are those of this checkout, with either's tools.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "data" / "workloads" / "digits"
ENCODER = ROOT / "data" / "models" / "digits"
POINTS = 20
STUDY = f"""minimize = ["latency_us", "relative_error"]
[[workload]]
input = "{DIGITS}"
[parameters]
av.lsb = {{ from = 1, to = {POINTS} }}
"""


def jobs(tools: Path, place: Path) -> dict:
    """By its name: the command, what it reads on standard input, and what its time is of."""
    soc, out = tools / "topkima-soc", place / "out"
    batch = "".join(f'{{"id": {i}, "parameters": {{"av.lsb": "{i + 1}"}}}}\n'
                    for i in range(POINTS))
    study = place / "study.toml"
    study.write_text(STUDY)
    explore = ROOT / "scripts" / "explore"
    return {
        "run, BERT-base shape": ([soc, "--output", out], "", 1),
        "run, digits": ([soc, "--input", DIGITS, "--output", out], "", 1),
        "run, digits, waveform and timeline": (
            [soc, "--input", DIGITS, "--output", out, "--wave", place / "w.vcd", "--wave.around=12",
             "--timeline", place / "t.json"], "", 1),
        "encoder, 40 samples": ([soc, "--model", ENCODER, "--input", ENCODER / "test.npz",
                                 "--encoder.samples=40", "--output", out], "", 1),
        "point of a batch, digits": ([soc, "--batch", "--input", DIGITS], batch, POINTS),
        "point of a study, digits": ([explore, "run", study, "--quiet", "--no-page", "--output",
                                      place / "study"], "", POINTS),
        "page of a run": ([explore, "report", place / "page"], "", 1),
    }


def seconds(command: list, text: str, tools: Path) -> float:
    environment = {**os.environ, "TOPKIMA_CACHE": "", "TOPKIMA_TOOLS": str(tools)}
    begin = time.monotonic()
    subprocess.run(command, input=text, env=environment, stdout=subprocess.DEVNULL, text=True,
                   check=True)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--other", type=Path, help="tools to compare with")
    options = parser.parse_args()
    folders = [ROOT / "build" / "platforms"] + ([options.other.resolve()] if options.other else [])
    with tempfile.TemporaryDirectory(prefix="topkima-bench-") as room:
        all_jobs = []
        for i, tools in enumerate(folders):
            place = Path(room) / str(i)
            place.mkdir()
            seconds([tools / "topkima-soc", "--input", DIGITS, "--output", place / "page"], "",
                    tools)
            all_jobs.append(jobs(tools, place))
        for name in all_jobs[0]:
            times = [[] for _ in folders]
            for _ in range(options.repeat):
                for i, tools in enumerate(folders):
                    command, text, parts = all_jobs[i][name]
                    if "study" in name:     # from nothing each time
                        shutil.rmtree(Path(room) / str(i) / "study", ignore_errors=True)
                    times[i].append(seconds(command, text, tools) / parts)
            medians = [statistics.median(each) for each in times]
            ratio = f"   {medians[0] / medians[1]:.3f} of the other" if len(medians) > 1 else ""
            print(f"{name:36} least {1e3 * min(times[0]):8.1f} ms   median "
                  f"{1e3 * medians[0]:8.1f} ms{ratio}", flush=True)


if __name__ == "__main__":
    main()
