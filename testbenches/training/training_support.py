# SPDX-License-Identifier: Apache-2.0
"""What the tests of topkima.training share."""

import contextlib
import io
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[2]

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

from topkima import commands  # noqa: E402
from topkima.commands import train as command  # noqa: E402


def integers(values):
    """A float64 tensor of integers."""
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def train(*arguments):
    """Runs scripts/train here: its exit status, what it said, what it complained of."""
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            status = commands.status_of("train", lambda: command.main(list(map(str, arguments))))
        except SystemExit as end:
            status = end.code
    return status, said.getvalue(), complained.getvalue()


def colour_images(directory, count=24, side=4, **change):
    """An .npz file of bright and dark colour images; `change` replaces arrays (None: left out)."""
    rng = np.random.default_rng(7)
    arrays = {}
    for part in ("train", "test"):
        y = rng.integers(0, 2, count)
        y[0] = 1
        x = rng.integers(0, 90, (count, side, side, 3)) + 160 * y[:, None, None, None]
        arrays[f"x_{part}"], arrays[f"y_{part}"] = x.astype(np.uint8), y.astype(np.uint8)
    arrays.update(change)
    path = Path(directory) / "images.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


TINY = ("--device", "cpu", "--layers", 1, "--d-model", 8, "--heads", 2, "--hidden", 12, "--k", 2,
        "--calibration", 16)
