# SPDX-License-Identifier: Apache-2.0
"""Inputs of the float network's attention, as directories that topkima-soc takes.

DIR/image<I>/layer<L>, both counted from 0: the activations entering the Q, K and V projections, and
the three matrices, so that q = x @ wq, unscaled.
"""

import math

import numpy as np
import torch

from topkima.errors import UsageError
from topkima.files import placed, write_file

from .parameters import MASK, changed

TOLERANCE = 1e-4


def float_attention(tensors, shape, participants):
    """Attention output and probabilities [head, row, column] from exported tensors alone."""
    tensors = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    q, k, v = ((tensors["x"] @ tensors[name]).reshape(len(tensors["x"]), -1, shape.d_k)
               .transpose(1, 0, 2) for name in ("wq", "wk", "wv"))
    k, v = (np.repeat(tensor, shape.group, 0) for tensor in (k, v))
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(shape.d_k)
    exponentials = np.exp(scores - scores.max(-1, keepdims=True)) * participants
    probabilities = exponentials / np.maximum(exponentials.sum(-1, keepdims=True),
                                              np.finfo(float).tiny)
    return (probabilities @ v).transpose(1, 0, 2).reshape(-1, shape.d_model), probabilities


@torch.no_grad()
def layers_of(network, sample, participants):
    """For each layer: the tensors to write, and the network's own attention output."""
    seen = {}
    network.eval()
    network(sample.unsqueeze(0), participants,
            see=lambda place, name, tensor: seen.update({(place, name): tensor}))
    for number, layer in enumerate(network.layers):
        tensors = {"x": seen[number, "norm1"][0]}
        for name in ("query", "key", "value"):
            tensors["w" + name[0]] = getattr(layer, name).weight
        yield ({name: np.ascontiguousarray(tensor.cpu().numpy(), dtype=np.float32)
                for name, tensor in tensors.items()}, seen[number, "attended"][0].cpu().numpy())


def meta(shape, hardware, comment):
    """meta.ini: what the tensors do not tell, and the mask that the network was trained with."""
    told = {"attention.heads": shape.heads}
    if shape.group > 1:
        told["attention.kv_heads"] = shape.kv_heads
    told.update(changed(hardware, MASK))
    lines = [f"{name.removeprefix('attention.')} = {value}\n" for name, value in told.items()]
    return f"# {comment}\n[attention]\n{''.join(lines)}"


def write_directory(directory, tensors, about):
    directory.mkdir(parents=True, exist_ok=True)
    for name, tensor in tensors.items():
        with placed(directory / f"{name}.npy") as content:
            np.save(content, tensor)
    write_file(directory / "meta.ini", about)


def export(network, data, count, output, selection):
    """Writes the directories of the first `count` test samples."""
    shape = network.shape
    count = min(count, len(data.test_x))
    shares = np.zeros(shape.layers)
    mask = True if selection.participants is None else selection.participants[0].cpu().numpy()
    for index in range(count):
        label = f", label {data.test_y[index].item()}" if shape.task == "image" else ""
        for number, (tensors, attended) in enumerate(
                layers_of(network, data.test_x[index], selection.participants)):
            recomputed, probabilities = float_attention(tensors, shape, mask)
            deviation = np.abs(recomputed - attended).max()
            if not deviation <= TOLERANCE:
                raise UsageError(f"sample {index}, layer {number}: attention from the exported "
                                 f"tensors differs from the network's by {deviation:.3g}")
            comment = f"Layer {number} of a float transformer; test sample {index}{label}."
            write_directory(output / f"image{index}" / f"layer{number}", tensors,
                            meta(shape, selection.hardware, comment))
            shares[number] += np.sort(probabilities)[..., -5:].sum(-1).mean()
    for number, share in enumerate(shares / count):
        print(f"layer {number}: the 5 largest probabilities of a row hold {100 * share:.1f} %")
    print(f"{count} x {shape.layers} directories written to {output}", flush=True)
