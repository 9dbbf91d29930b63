# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what a training has come to, as numbers and texts. Nothing in them is ever executed.

A checkpoint is an archive of numpy, CHECKPOINT: the weights, and what they are. While a stage
of a training goes on, the state of its optimiser lies beside it in an archive of its own.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from topkima.arrays import archive
from topkima.errors import UsageError, echoed
from topkima.files import CHECKPOINT as ARCHIVE, placed
from topkima.training import CHECKPOINT

FORMAT = "topkima-checkpoint"
ABOUT = "about"     # the array that says what it is, as JSON; the others are weights
KEYS = {"format": str, "settings": dict, "state": dict, "stage": str, "step": int}


@dataclass
class Checkpoint:
    path: Path
    about: dict     # KEYS
    arrays: dict

    def weights(self, expected: dict) -> dict:
        """Tensors by name, like those of `expected`. UsageError: it has others."""
        for name in sorted({*self.arrays, *expected}):
            array = self.arrays.get(name)
            if array is None or name not in expected or array.dtype != np.float32 or \
                    array.shape != tuple(expected[name].shape):
                raise UsageError(f"{self.path}: weights {echoed(name)} are not those of this "
                                 "network")
        return {name: torch.from_numpy(array) for name, array in self.arrays.items()}

    def optimiser(self) -> dict:
        """The state of the stage's optimiser, as torch has it."""
        path = self.path.with_name(optimiser_name(self.about))
        state = {}
        for name, array in arrays_of(path).items():
            number, _, part = name.partition(".")
            state.setdefault(int(number), {})[part] = torch.from_numpy(array)
        return state


def optimiser_name(about: dict) -> str:
    return f"optimiser-{about['stage']}-{about['step']}.npz"


def save(directory: Path, about: dict, weights: dict, optimiser: dict):
    """`about`: settings, state, stage and step, which JSON can hold; `weights`: tensors by name;
    `optimiser`: its state, empty between stages. Whenever this is interrupted, the checkpoint
    before or this one is there."""
    about = {"format": FORMAT, **about}
    if optimiser:
        write(directory / optimiser_name(about),
              {f"{number}.{part}": np.asarray(value) for number, parts in optimiser.items()
               for part, value in parts.items()})
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    write(directory / CHECKPOINT,
          {ABOUT: text, **{name: np.asarray(tensor) for name, tensor in weights.items()}})
    for path in directory.glob("optimiser-*.npz"):
        if not optimiser or path.name != optimiser_name(about):
            path.unlink()


def write(path: Path, arrays: dict):
    with placed(path) as content:
        np.savez(content, **arrays)


def load(path: Path) -> Checkpoint:
    """UsageError: there is none."""
    arrays = arrays_of(path)
    with contextlib.suppress(ValueError, KeyError, AttributeError, RecursionError):
        about = json.loads(arrays.pop(ABOUT).tobytes())
        settings = about["settings"]
        if about["format"] == FORMAT and all(isinstance(settings[part], dict)
                                             for part in ("shape", "options")) and \
                all(isinstance(about[key], kind) for key, kind in KEYS.items()):
            return Checkpoint(path, about, arrays)
    ARCHIVE.refuse(path, "cannot be used")


def arrays_of(path: Path) -> dict:
    """By name. UsageError: it is no archive of numpy."""
    with archive(path, ARCHIVE) as found:
        arrays = {name: found[name] for name in found.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("no arrays alone")
    return arrays
