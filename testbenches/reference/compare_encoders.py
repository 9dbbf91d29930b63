# SPDX-License-Identifier: Apache-2.0
"""Random encoders on topkima-soc, and in the reference: every prediction and
every logit must be the same."""

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from encoder_cases import (OF_RUNS, random_package, random_parameters, random_samples,
                           write_package)
from encoder_reference import run_encoder
from random_cases import as_text, with_files
from random_choices import chance, integer, pick
from random_defects import stuck_cell
from reference_parameters import full_config
from waiting import DEADLINE_S


def random_circuits(rng):
    """Of about a third of the cases something is not ideal."""
    if not chance(rng, 0.35):
        return {}
    config = {"noise.seed": integer(rng, 0, 2**32 - 1)}
    for names, levels in ((("noise.score_sigma", "noise.comparator_sigma", "noise.ramp_sigma",
                            "noise.value_sigma", "noise.value_comparator_sigma",
                            "noise.value_ramp_sigma"), (0.2, 1.0)),
                          (("noise.rram_sigma",), (0.02, 0.2)),
                          (("fault.key_cells", "fault.value_cells", "fault.rram_cells"),
                           (0.01, 0.2))):
        config.update({name: pick(rng, levels) for name in names if chance(rng, 0.3)})
    return config


def stuck_cells(rng, package, config):
    """A few cells of arrays anywhere in the network, in one layer or in all, as a list has them."""
    config = full_config({**package.parameters, **config})
    width, d_k = package.d_model, package.d_model // package.heads
    matrices = {"q": (width, width), "k": (width, width), "v": (width, width),
                "output": (width, width), "expand": (width, package.hidden),
                "contract": (package.hidden, width), "embedding": (package.inputs, width),
                "classifier": (width, package.classes)}
    slices = -(-config["projection.weight_bits"] // config["rram.cell_bits"])
    cells = []
    for _ in range(integer(rng, 1, 12)):
        layer = f"layer{integer(rng, 0, len(package.layers) - 1)}." if chance(rng, 0.5) else ""
        if chance(rng, 0.5):
            name = pick(rng, tuple(matrices))
            layer = "" if name in ("embedding", "classifier") else layer
            inputs, outputs = matrices[name]
            cells.append((f"{layer}rram", name, integer(rng, 0, slices - 1), 0,
                          integer(rng, 0, inputs - 1), integer(rng, 0, outputs - 1),
                          pick(rng, ("on", "off"))))
        else:
            cell = stuck_cell(rng, config, package.heads, package.tokens, d_k)
            cells.append((layer + cell[0], *cell[1:]))
    return cells


def run_case(seed, index, tool):
    """What is wrong with the case, or None."""
    rng = np.random.default_rng([seed, index])
    package = random_package(rng)
    x, y = random_samples(rng, package, integer(rng, 1, 4))
    # What the run wants otherwise than the package.
    changed = random_parameters(rng, 0.15) if chance(rng, 0.5) else {}
    changed.update({name: value for name, value in random_parameters(rng, 0.5).items()
                    if name in OF_RUNS})
    changed.update(circuits := random_circuits(rng))
    if circuits and chance(rng, 0.5):
        changed["fault.stuck"] = stuck_cells(rng, package, changed)
    factor = pick(rng, (0.5, 1.7)) if chance(rng, 0.2) else 1.0
    timing = {"encoder.arrival": pick(rng, ("alone", "stream")),
              "pipeline.schedule": pick(rng, ("fine", "buffered", "coarse", "sequential")),
              "pipeline.banks": integer(rng, 1, 2),
              "fidelity.all": pick(rng, ("row", "row", "cycle"))}
    if {"fault.key_cells", "fault.value_cells", "fault.stuck"} & {*circuits, *changed}:
        timing["pipeline.banks"] = 1    # the cells of a second bank are others
    with tempfile.TemporaryDirectory(prefix="topkima_encoder_") as room:
        directory = write_package(Path(room) / "package", package, x, y)
        given = with_files({**changed, **timing, "encoder.ramp_factor": factor}, Path(room))
        command = [tool, "--model", directory, "--input", directory / "test.npz", "--output",
                   Path(room) / "out", "--quiet",
                   *(f"--{key}={as_text(value)}" for key, value in given.items())]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=DEADLINE_S)
        if done.returncode != 0:
            return f"case {index}: {done.stderr}"
        predicted, logits = (np.load(Path(room) / "out" / f"{name}.npy")
                             for name in ("predicted", "logits"))
    expected, expected_logits = run_encoder(x, package, changed, factor)
    if not np.array_equal(logits, expected_logits):
        wrong = np.argwhere(logits != expected_logits)
        return (f"case {index}: {len(wrong)} of {logits.size} logits differ, the first at "
                f"{wrong[0]}; {package.parameters} {given}")
    return None if np.array_equal(predicted, expected) else f"case {index}: predictions differ"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soc", required=True, help="path of topkima-soc")
    parser.add_argument("--macro", help="not used")
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda index: run_case(arguments.seed, index, arguments.soc),
                         range(arguments.cases))
        wrong = [text for text in found if text]
    print("\n".join(wrong) or f"{arguments.cases} encoders agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
