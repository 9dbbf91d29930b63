# SPDX-License-Identifier: Apache-2.0
"""Independent reference of a whole encoder's integer arithmetic (docs/encoder.md),
in plain numpy; the attention module is topkima_reference's.

Written from the documents alone, never from the model's sources. All integers
are int64. A package is a plain object whose names are those of model.ini and of
the tensors (encoder_cases.Package).
"""

import math

import numpy as np

from projections import rram_product
from reference_parameters import full_config, key_max, probability_one, query_max, value_max
from topkima_reference import attend

ACTIVATION = 127
VALUE_BITS, BIAS_BITS = 12, 20


def requant(acc, m, q_max=ACTIVATION):
    return np.clip((2 * q_max * acc + m) // (2 * m), -q_max, q_max)


def image_rows(image, package):
    """[1 + patches, patch * patch * channels]; the class token's row is zero."""
    size = package.patch
    image = image.reshape(package.height, package.width, package.channels)
    rows = [np.zeros(package.inputs, np.int64)]
    for top in range(0, package.height, size):
        for left in range(0, package.width, size):
            patch = image[top:top + size, left:left + size].astype(np.int64)
            rows.append(np.maximum(patch - 128, -ACTIVATION).reshape(-1))
    return np.stack(rows)


def text_rows(tokens, package):
    rows = np.zeros((len(tokens), package.inputs), np.int64)
    rows[np.arange(len(tokens)), tokens] = ACTIVATION
    return rows


def add_branch(h, d, gain):
    return np.clip(h + (gain * d + 128) // 256, -2**15, 2**15 - 1)


def normalise_row(h, gain, bias):
    """By Python's own integers, which never overflow."""
    d, values = len(h), [int(x) for x in h]
    total = sum(values)
    u = [d * x - total for x in values]
    root = max(1, math.isqrt(sum(x * x for x in u) // d))
    e = root.bit_length()
    reciprocal = 2 ** (e + 15) // root
    n = [x * reciprocal // 2 ** (e + 15 - VALUE_BITS) for x in u]
    half = 2 ** (BIAS_BITS - 1)
    return [min(max((int(g) * x + int(b) + half) // 2**BIAS_BITS, -ACTIVATION), ACTIVATION)
            for g, x, b in zip(gain, n, bias)]


def normalise(h, norm):
    return np.array([normalise_row(row, norm[0], norm[1]) for row in h], np.int64)


def ramp_steps(steps, trained, config, factor=1.0):
    """Of the package, at the widths of a run."""
    largest, largest_trained = (query_max(c) * key_max(c) for c in (config, trained))
    scaled = [step * factor * largest / largest_trained
              * 2.0 ** (trained["ima.bits"] - config["ima.bits"]) for step in steps]
    return [max(1, int(np.rint(step))) for step in scaled]


def attention(x, layer, package, config, factor):
    """A [tokens, d_model], and the module's own result."""
    heads = package.heads
    integers, scales = {}, {}
    for name, short, limit in (("query", "q", query_max(config)), ("key", "k", key_max(config)),
                               ("value", "v", value_max(config))):
        acc = rram_product(x, layer[name], config, 8, short)
        maxima, reals = (np.broadcast_to(layer[f"{name}_{what}"], heads)
                         for what in ("maximum", "range"))
        integers[short] = np.stack([requant(a, int(m), limit)
                                    for a, m in zip(np.split(acc, heads, axis=1), maxima)])
        scales[short] = np.array([real / limit for real in reals])
    config = dict(config)
    if config["ima.ramp_lsb"] == "auto":
        config["ima.ramp_lsb"] = ramp_steps(layer["ramp_lsb"], full_config(package.parameters),
                                            config, factor)
    real = [integers[name].astype(float) for name in "qkv"]  # its errors are not looked at
    found = attend(integers["q"], integers["k"], integers["v"], scales, real, config)
    out = found.output.transpose(1, 0, 2).reshape(len(x), package.d_model)
    return requant(out, value_max(config) * probability_one(config)), found


def run_sample(sample, package, config, factor=1.0):
    """The logits [1 or tokens, classes] of a sample."""
    image = package.task == "image"
    rows = (image_rows if image else text_rows)(sample, package)
    d = requant(rram_product(rows, package.embed, config, 8, "embedding"), package.embed_maximum)
    h = add_branch(package.position, d, package.embed_gain)
    for number, layer in enumerate(package.layers):
        own = {**config, "noise.instance": number}

        def product(x, name):
            return requant(rram_product(x, layer[name], own, 8, name), layer[f"{name}_maximum"])
        a, _ = attention(normalise(h, layer["norm1"]), layer, package, own, factor)
        h = add_branch(h, product(a, "output"), layer["output_gain"])
        e = layer["gelu"][product(normalise(h, layer["norm2"]), "expand") + ACTIVATION]
        h = add_branch(h, product(e, "contract"), layer["contract_gain"])
    x = normalise(h[:1] if image else h, package.norm)
    return requant(rram_product(x, package.classifier, config, 8, "classifier"),
                   package.classifier_maximum)


def run_encoder(samples, package, config, factor=1.0):
    """Predictions and logits of all samples, one line for each prediction."""
    config = full_config({**package.parameters, **config})
    logits = np.concatenate([
        run_sample(sample, package, {**config, "noise.sequence": number}, factor)
        for number, sample in enumerate(samples)])
    return np.argmax(logits, axis=1), logits  # of equals the first
