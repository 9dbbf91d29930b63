# SPDX-License-Identifier: Apache-2.0
"""What a user in Python gives to the tools: parameters as a dictionary, tensors as arrays."""

import re
from pathlib import Path

import numpy as np

from topkima.errors import DataError, UsageError, echoed
from topkima.exploration.parameters import path_at, text_of
from topkima.files import INPUT_FILES, META_FILE, TENSORS, placed_directory
from topkima.names import name_text

SAMPLES = (("x", "y"), ("x",), ("x_test", "y_test"), ("x_test",))
META = "meta"
SAMPLES_FILE = "samples.npz"
WRITTEN = {SAMPLES_FILE, *INPUT_FILES}
NAME = re.compile(r"\w+\.\w+")


def texts_of(parameters: dict | None) -> dict:
    """Values of parameters as the tools take them, by name."""
    if not isinstance(parameters or {}, dict):
        raise UsageError(f"parameters: {echoed(parameters)}; expected a dictionary")
    texts = {}
    for name, value in (parameters or {}).items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise UsageError(f"parameters: {echoed(name)}; expected a name such as 'topk.k'")
        texts[name] = value_text(name, value)
    return texts


def value_text(name: str, value) -> str:
    if hasattr(value, "tolist"):        # a number or an array of numpy's
        value = value.tolist()
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not items or not all(isinstance(item, (bool, int, float, str, Path)) for item in items):
        raise UsageError(f"{name} = {echoed(value)}; expected a number, a truth value, a text, or "
                         "a list of such")
    return text_of(items if isinstance(value, (list, tuple)) else value)


def sources_of(given, model, place: Path) -> dict:
    """"model" and "input", as far as they are given, as absolute paths: `given` is a path or a
    dictionary of arrays, which are written under `place`; without it a model has its own test
    samples."""
    if isinstance(given, dict):
        given = write_arrays(given, place, model)
    elif given is None and model is not None:
        given = Path(model) / "test.npz"
    sources = {"model": model, "input": given}
    return {name: str(path_at(name, Path.cwd(), name_text(source), DataError))
            for name, source in sources.items() if source is not None}


def write_arrays(arrays: dict, place: Path, model) -> Path:
    """What --input takes: the samples of a model in one file under `place`, or `place` with a file
    per tensor, as docs/files.md describes them."""
    tensors = {name: array for name, array in arrays.items() if name != META}
    check_names(tensors, SAMPLES if model else TENSORS)
    check_place(place)
    with placed_directory(place) as made:
        if model:
            write_samples(made, arrays)
        else:
            write_tensors(made, tensors, arrays.get(META))
    return place / SAMPLES_FILE if model else place


def write_samples(place: Path, arrays: dict):
    if META in arrays:
        raise DataError(f"input: '{META}' does not go with a model's samples")
    np.savez(place / SAMPLES_FILE, **{name: numbers(name, array)
                                      for name, array in arrays.items()})


def write_tensors(place: Path, tensors: dict, meta):
    for name, array in tensors.items():
        np.save(place / f"{name}.npy", np.ascontiguousarray(as_tensor(name, numbers(name, array))))
    if meta is not None:
        if not isinstance(meta, dict):
            raise DataError(f"input: '{META}' = {echoed(meta)}; expected a dictionary")
        lines = [f"{name} = {value_text(name, value)}\n" for name, value in meta.items()]
        (place / META_FILE).write_text("[attention]\n" + "".join(lines), encoding="utf-8")


def check_place(place: Path):
    """Refuses to replace what is no directory of an earlier run's arrays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    others = [path.name for path in place.iterdir() if path.name not in WRITTEN] \
        if place.exists() else []
    if others:
        raise UsageError(f"{place}: holds {others[0]}; expected a new directory for the arrays")


def check_names(tensors: dict, choices: tuple):
    if not any(set(tensors) == set(names) for names in choices):
        raise DataError(f"input: arrays {', '.join(map(str, tensors)) or 'are missing'}; expected "
                        + ", or ".join(" ".join(names) for names in choices))


def numbers(name: str, array) -> np.ndarray:
    found = np.asarray(array)
    if not np.issubdtype(found.dtype, np.integer) and not np.issubdtype(found.dtype, np.floating):
        raise DataError(f"input: {name} holds {found.dtype}; expected real or whole numbers")
    return found


def as_tensor(name: str, array: np.ndarray) -> np.ndarray:
    """As the tools read it: float32, or int8 where it is of integers."""
    if np.issubdtype(array.dtype, np.floating):
        return array.astype("<f4")
    if array.size and not -128 <= array.min() <= array.max() <= 127:
        raise DataError(f"input: {name} holds integers from {array.min()} to {array.max()}; "
                        "expected -128..127, or real numbers")
    return array.astype(np.int8)
