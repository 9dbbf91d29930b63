# SPDX-License-Identifier: Apache-2.0
"""Random but reproducible model packages, their samples and what a run changes."""

from dataclasses import dataclass, field

import numpy as np

from random_cases import as_text
from random_choices import chance, integer, pick

# Of a package's own hardware, and of a run that wants it otherwise.
PARAMETERS = {
    "topk.k": (1, 2, 3, 5, 8), "score.query_bits": (3, 4, 5, 6), "score.key_cells": (1, 2, 3),
    "ima.bits": (3, 4, 5, 6, 8), "softmax.prob_bits": (3, 5, 7), "av.value_bits": (3, 5, 6),
    "av.bits": (4, 5, 7), "av.lsb": (1, 3, 5), "attention.causal": (True,),
    "softmax.macro": ("topkima", "conventional", "digital_topk"),
    "attention.scaling": ("scale_free", "left_shift"),
    "topk.stop_when_exhausted": (True, False), "crossbar.columns": (8, 16, 256),
    "rram.adc_bits": (5, 7, 9), "rram.rows": (16, 64, 256),
}
OF_RUNS = ("attention.scaling", "topk.stop_when_exhausted", "rram.adc_bits", "rram.rows")    # alone


@dataclass
class Package:
    task: str
    heads: int
    d_model: int
    hidden: int
    tokens: int
    inputs: int
    classes: int
    image: dict = field(default_factory=dict)  # height, width, channels, patch
    layers: list = field(default_factory=list)
    parameters: dict = field(default_factory=dict)

    def __getattr__(self, name):
        if name in ("height", "width", "channels", "patch"):
            return self.image[name]
        raise AttributeError(name)


def random_package(rng, task=None, most_layers=3):
    heads, d_k = integer(rng, 1, 3), pick(rng, (4, 5, 8, 13, 16))
    d_model, hidden = heads * d_k, integer(rng, 3, 70)
    task = task or pick(rng, ("image", "text"))
    if task == "image":
        patch, channels = integer(rng, 1, 3), pick(rng, (1, 1, 3))
        down, across = integer(rng, 1, 5), integer(rng, 1, 5)
        image = {"height": down * patch, "width": across * patch, "channels": channels,
                 "patch": patch}
        package = Package(task, heads, d_model, hidden, 1 + down * across,
                          patch * patch * channels, integer(rng, 1, 12), image)
    else:
        vocabulary = pick(rng, (2, 27, 96, 256))
        package = Package(task, heads, d_model, hidden, integer(rng, 1, 24), vocabulary,
                          vocabulary)
    reach = pick(rng, (1, 127, 127, 127))  # narrow weights make ties common
    package.embed = weights(rng, package.inputs, d_model, reach)
    # Of a text one input is not zero.
    live = 1 if task == "text" else package.inputs
    package.embed_maximum = maximum(rng, live, reach)
    package.embed_gain = integer(rng, 0, 9000)
    package.position = rng.integers(-3000, 3001, (package.tokens, d_model))
    package.layers = [random_layer(rng, package, reach)
                      for _ in range(integer(rng, 1, most_layers))]
    package.norm = random_norm(rng, d_model)
    package.classifier = weights(rng, d_model, package.classes, reach)
    package.classifier_maximum = maximum(rng, d_model, reach)
    package.parameters = {name: value for name, value in random_parameters(rng, 0.5).items()
                          if name not in OF_RUNS}
    return package


def random_parameters(rng, probability):
    return {name: pick(rng, values) for name, values in PARAMETERS.items()
            if chance(rng, probability / (1 if len(values) > 1 else 3))}


def random_layer(rng, package, reach):
    d, hidden, heads = package.d_model, package.hidden, package.heads
    layer = {"norm1": random_norm(rng, d), "norm2": random_norm(rng, d),
             "gelu": rng.integers(-127, 128, 255)}
    for name in ("query", "key", "value"):
        count = 1 if name == "value" else heads
        layer[name] = weights(rng, d, d, reach)
        layer[f"{name}_maximum"] = [maximum(rng, d, reach) for _ in range(count)]
        layer[f"{name}_range"] = [float(rng.uniform(0.3, 5)) for _ in range(count)]
    for name, inputs, outputs in (("output", d, d), ("expand", d, hidden),
                                  ("contract", hidden, d)):
        layer[name] = weights(rng, inputs, outputs, reach)
        layer[f"{name}_maximum"] = maximum(rng, inputs, reach)
        if name != "expand":
            layer[f"{name}_gain"] = integer(rng, 0, 9000)
    layer["ramp_lsb"] = [integer(rng, 1, 40) for _ in range(heads)]
    return layer


def weights(rng, inputs, outputs, reach):
    return rng.integers(-reach, reach + 1, (inputs, outputs))


def maximum(rng, inputs, reach):
    """Some results saturate, and some hardly move."""
    return max(1, int(np.sqrt(inputs) * 40 * reach * 0.6 * rng.uniform(0.4, 5)))


def random_norm(rng, d):
    gain = rng.integers(-16000, 16001, d)
    if chance(rng, 0.1):
        gain = rng.integers(-2**24 + 1, 2**24, d)
    return np.stack([gain, rng.integers(-30 * 2**20, 30 * 2**20, d)])


def random_samples(rng, package, count):
    """x and y as an input file has them."""
    if package.task == "text":
        shape = (count, package.tokens)
        x = rng.integers(0, package.inputs, shape).astype(np.uint8)
        return x, rng.integers(-1, package.classes, shape).astype(np.int16)
    shape = (count, package.height, package.width, package.channels)
    if package.channels == 1 and chance(rng, 0.5):
        shape = shape[:-1]
    levels = pick(rng, (2, 256, 256))
    x = (rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)
    return x, rng.integers(0, package.classes, count).astype(np.int16)


TYPES = {"gelu": np.int8, "norm1": np.int32, "norm2": np.int32}


def ini_sections(package):
    """{section: {key: value}} of model.ini."""
    model = {"format": "topkima-model", "version": 1, "task": package.task,
             "layers": len(package.layers), "heads": package.heads, "d_model": package.d_model,
             "hidden": package.hidden, "tokens": package.tokens, "inputs": package.inputs,
             "classes": package.classes, **package.image, "trained": "at random, seed 1",
             "accuracy": 0.5}
    sections = {"model": model,
                "embedding": {"maximum": package.embed_maximum, "gain": package.embed_gain}}
    for number, layer in enumerate(package.layers):
        sections[f"layer{number}"] = {key: value for key, value in layer.items()
                                      if not isinstance(value, np.ndarray)}
    return {**sections, "classifier": {"maximum": package.classifier_maximum},
            "parameters": package.parameters}


def write_ini(directory, sections):
    lines = []
    for section, keys in sections.items():
        lines += [f"[{section}]", *(f"{key} = {as_text(value)}" for key, value in keys.items())]
    (directory / "model.ini").write_text("\n".join(lines) + "\n")


def write_package(directory, package, x=None, y=None):
    """The package, and test.npz where there are samples."""
    directory.mkdir(parents=True)
    save = lambda name, tensor, kind: np.save(directory / f"{name}.npy", tensor.astype(kind))
    save("embed", package.embed, np.int8)
    save("position", package.position, np.int16)
    save("norm", package.norm, np.int32)
    save("classifier", package.classifier, np.int8)
    for number, layer in enumerate(package.layers):
        for key, value in layer.items():
            if isinstance(value, np.ndarray):
                save(f"layer{number}.{key}", value, TYPES.get(key, np.int8))
    write_ini(directory, ini_sections(package))
    if x is not None:
        write_samples(directory / "test.npz", x, y)
    return directory


def write_samples(path, x, y=None):
    np.savez_compressed(path, x=x, **({} if y is None else {"y": y}))
