# SPDX-License-Identifier: Apache-2.0
"""Model packages: written whole, and read back as an integer encoder."""

import configparser
from pathlib import Path

import numpy as np
import torch

from . import CHECKPOINT
from .encoder import MATRICES, Encoder, LayerConstants
from topkima.arrays import read_array
from topkima.errors import UsageError
from topkima.files import ARRAY, LOCK, MODEL_INI, read_text
from .hardware import Hardware, auto_split, auto_sub_k, used_columns
from .network import Shape

FORMAT = "topkima-model"
PARAMETERS = {"topk.k": "k", "score.query_bits": "query_bits", "score.key_cells": "key_cells",
              "ima.bits": "ima_bits", "softmax.prob_bits": "prob_bits",
              "av.value_bits": "value_bits", "av.bits": "av_bits", "av.lsb": "av_lsb",
              "av.rows": "av_rows", "softmax.macro": "macro"}
SHAPE = ("layers", "heads", "d_model", "hidden", "tokens", "inputs", "classes")
IMAGE = ("height", "width", "channels", "patch")
CROSSBAR_COLUMNS = 256    # what the tools assume


def ints(tensor):
    return ", ".join(str(int(value)) for value in tensor.flatten().tolist())


def reals(values):
    return ", ".join(repr(float(value)) for value in values)


def layer_section(layer):
    return {"query_maximum": ints(layer.query_m), "key_maximum": ints(layer.key_m),
            "value_maximum": ints(layer.value_m), "output_maximum": ints(layer.output_m),
            "expand_maximum": ints(layer.expand_m), "contract_maximum": ints(layer.contract_m),
            "output_gain": layer.output_gain, "contract_gain": layer.contract_gain,
            "query_range": reals(layer.query_range), "key_range": reals(layer.key_range),
            "value_range": repr(float(layer.value_range)),
            "ramp_lsb": ", ".join(str(lsb) for lsb in layer.lsb)}


def parameters(hardware, tokens):
    """What the machine would choose by itself is left to it: another k then finds its own."""
    section = {name: getattr(hardware, field) for name, field in PARAMETERS.items()}
    own_split = auto_split(tokens)
    own_sub_k = auto_sub_k(used_columns(hardware.split, tokens), hardware.k)
    section["topk.split"] = "auto" if hardware.split == own_split else (
        ", ".join(map(str, hardware.split)))
    section["topk.sub_k"] = "auto" if hardware.sub_k == own_sub_k else (
        ", ".join(map(str, hardware.sub_k)))
    section["attention.causal"] = "false"
    if max(hardware.split) > CROSSBAR_COLUMNS:
        section["crossbar.columns"] = max(hardware.split)
    return section


def tensors(encoder):
    """Name and array of every .npy file."""
    def array(tensor, kind):
        return np.ascontiguousarray(tensor.detach().cpu().numpy().astype(kind))

    def norm(pair):
        return array(torch.stack([part.detach() for part in pair]), np.int32)

    yield "embed", array(encoder.embed, np.int8)
    yield "position", array(encoder.position, np.int16)
    for number, layer in enumerate(encoder.layers):
        for name in MATRICES:
            yield f"layer{number}.{name}", array(layer.weights[name], np.int8)
        yield f"layer{number}.norm1", norm(layer.norm1)
        yield f"layer{number}.norm2", norm(layer.norm2)
        yield f"layer{number}.gelu", array(layer.gelu, np.int8)
    yield "norm", norm(encoder.norm)
    yield "classifier", array(encoder.classifier, np.int8)


def write(directory, encoder, test, trained, accuracy, float_accuracy):
    """Writes the package's files into a directory.

    test: arrays x, y and predicted of test.npz.
    """
    shape = encoder.shape
    for name, array in tensors(encoder):
        np.save(directory / f"{name}.npy", array)
    np.savez_compressed(directory / "test.npz", **test)
    model = {"format": FORMAT, "version": 1, "task": shape.task}
    model.update({name: getattr(shape, name) for name in SHAPE})
    if shape.task == "image":
        model.update({name: getattr(shape, name) for name in IMAGE})
    model.update(trained=trained, accuracy=repr(accuracy), float_accuracy=repr(float_accuracy))
    sections = {"model": model,
                "embedding": {"maximum": ints(encoder.embed_m), "gain": encoder.embed_gain}}
    for number, layer in enumerate(encoder.layers):
        sections[f"layer{number}"] = layer_section(layer)
    sections["classifier"] = {"maximum": ints(encoder.classifier_m)}
    sections["parameters"] = parameters(encoder.hardware, encoder.shape.tokens)
    lines = []
    for name, section in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in section.items()), ""]
    (directory / "model.ini").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")


def check_place(output):
    """Refuses to replace what is neither a package nor empty."""
    if output.is_dir():
        if any(output.iterdir()) and not (output / "model.ini").is_file():
            raise UsageError(f"{output}: is not empty and holds no model package")
    elif output.exists() or output.is_symlink():
        raise UsageError(f"{output}: is not a directory")


def check_part(part):
    """Refuses to replace what no training has left."""
    if part.is_dir() and not (part / CHECKPOINT).is_file() and \
            any(path.name != LOCK for path in part.iterdir()):
        raise UsageError(f"{part}: is in the way, and holds no checkpoint")


def read(directory):
    """The integer encoder of a package."""
    directory = Path(directory)
    ini = configparser.ConfigParser(interpolation=None)
    path = directory / "model.ini"
    try:
        ini.read_string(read_text(path, MODEL_INI))
    except configparser.Error as error:
        MODEL_INI.refuse(path, error)
    model, given = ini["model"], ini["parameters"]

    def load(name):
        return torch.tensor(read_array(directory / f"{name}.npy", ARRAY).astype(np.float64))

    def numbers(section, key, kind=int):
        return [kind(text) for text in ini[section][key].split(",")]

    def m(section, key):
        values = torch.tensor(numbers(section, key), dtype=torch.float64)
        return values.view(-1, 1, 1) if key in ("query_maximum", "key_maximum") else values

    shape = Shape(model["task"], *(model.getint(name) for name in SHAPE),
                  *(model.getint(name, 0) for name in IMAGE))
    fields = {field: given[name] if field == "macro" else int(given[name])
              for name, field in PARAMETERS.items()}
    split = auto_split(shape.tokens) if given["topk.split"] == "auto" else (
        tuple(numbers("parameters", "topk.split")))
    used = used_columns(split, shape.tokens)
    sub_k = auto_sub_k(used, fields["k"]) if given["topk.sub_k"] == "auto" else (
        tuple(numbers("parameters", "topk.sub_k")))
    hardware = Hardware(split=split, sub_k=sub_k, **fields)
    layers = []
    for number in range(shape.layers):
        name = f"layer{number}"
        section = ini[name]
        layers.append(LayerConstants(
            {matrix: load(f"{name}.{matrix}") for matrix in MATRICES},
            tuple(load(f"{name}.norm1")), tuple(load(f"{name}.norm2")), load(f"{name}.gelu"),
            *(m(name, f"{matrix}_maximum") for matrix in MATRICES), section.getint("output_gain"),
            section.getint("contract_gain"), numbers(name, "query_range", float),
            numbers(name, "key_range", float), section.getfloat("value_range"),
            numbers(name, "ramp_lsb"), torch.zeros(255, dtype=torch.float64)))
    return Encoder(shape, hardware, load("embed"), m("embedding", "maximum"),
                   ini["embedding"].getint("gain"), load("position"), layers, tuple(load("norm")),
                   load("classifier"), m("classifier", "maximum"))
