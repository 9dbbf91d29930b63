# SPDX-License-Identifier: Apache-2.0
"""The integer encoder of docs/encoder.md: its constants, and its forward pass with gradients."""

import math
from dataclasses import dataclass, field

import torch

from .hardware import (AddResidual, Lookup, Normalise, Requantise, Round, Softmax, AvProducts,
                       exponent_table)
from .network import Shape, by_heads, by_kv_heads, by_query_heads, input_rows
from .parameters import Hardware
from .selection import Selection

INT8, INT16 = (-127, 127), (-32768, 32767)
GAIN, BIAS = 2**24 - 1, 2**31 - 1    # largest magnitudes of a normalisation's
MATRICES = ("query", "key", "value", "output", "expand", "contract")


@dataclass
class LayerConstants:
    """Weights are float64 tensors of integers, the m of a head's [heads, 1, 1]."""

    weights: dict            # by the names of MATRICES
    norm1: tuple             # gain, bias
    norm2: tuple
    gelu: torch.Tensor       # [255]
    query_m: torch.Tensor
    key_m: torch.Tensor
    value_m: torch.Tensor
    output_m: torch.Tensor
    expand_m: torch.Tensor
    contract_m: torch.Tensor
    output_gain: int
    contract_gain: int
    query_range: list        # real value of the largest magnitude, by heads
    key_range: list          # by heads of K and V
    value_range: float
    lsb: list                # by heads; None while it is being calibrated
    slope: torch.Tensor = None    # of gelu, [255]; for gradients only


@dataclass
class Encoder:
    shape: Shape
    hardware: Hardware
    embed: torch.Tensor
    embed_m: torch.Tensor
    embed_gain: int
    position: torch.Tensor
    layers: list
    norm: tuple
    classifier: torch.Tensor
    classifier_m: torch.Tensor
    score_unit: float = 1.0  # real value of one step of the class scores
    mode: str = "full"       # of the softmax's gradient
    noise: float = 0.0       # in units of ramp_lsb
    random: torch.Generator = None
    tables: dict = field(default_factory=dict)

    def embedded(self, x):
        if self.shape.task == "text":
            acc = 127 * self.embed[x.long()]
        else:
            acc = torch.nn.functional.pad(input_rows(x, self.shape) @ self.embed, (0, 0, 1, 0))
        d = Requantise.apply(acc, self.embed_m, 127)
        h = torch.zeros_like(d) + self.position
        return AddResidual.apply(h, d, self.embed_gain)

    def projected(self, x, layer):
        """Q, K and V by heads, from the normalised rows."""
        h = self.hardware
        for name, m, largest in (("query", layer.query_m, h.query_max),
                                 ("key", layer.key_m, h.key_max),
                                 ("value", layer.value_m, h.value_max)):
            yield Requantise.apply(by_heads(x @ layer.weights[name], self.shape), m, largest)

    def scores(self, h, layer):
        """The scores of a layer, and V."""
        q, k, v = self.projected(Normalise.apply(h, *layer.norm1), layer)
        scores = by_kv_heads(q, self.shape) @ k.transpose(-2, -1)
        return by_query_heads(scores, self.shape), v

    def softmax_constants(self, layer, device):
        """lsb, exponent table, and the real value of a score unit."""
        h, scale, group = self.hardware, 1 / math.sqrt(self.shape.d_k), self.shape.group
        steps = [lsb * (q / h.query_max) * (layer.key_range[head // group] / h.key_max) * scale
                 for head, (lsb, q) in enumerate(zip(layer.lsb, layer.query_range))]
        lsb = torch.tensor(layer.lsb, dtype=torch.float64)
        unit = torch.tensor(steps, dtype=torch.float64) / lsb
        return [t.to(device) for t in (lsb.view(-1, 1, 1), exponent_table(steps, h.ima_bits),
                                       unit.view(-1, 1, 1))]

    def attended(self, h, layer, selection):
        """A: the attention module's output, requantised as the SoC stores it."""
        scores, v = self.scores(h, layer)
        if id(layer) not in self.tables:
            self.tables[id(layer)] = self.softmax_constants(layer, h.device)
        lsb, table, unit = self.tables[id(layer)]
        noise = None
        if self.noise > 0:
            noise = torch.randn(scores.shape, generator=self.random, device=h.device,
                                dtype=torch.float64).mul_(lsb * self.noise)
        p = Softmax.apply(scores, lsb, table, unit, selection, self.mode, noise)
        out = AvProducts.apply(by_kv_heads(p, self.shape), v, self.hardware)
        out = by_query_heads(out, self.shape).transpose(1, 2).flatten(2)
        full = torch.tensor(float(self.hardware.value_max * self.hardware.prob_max),
                            dtype=torch.float64, device=h.device)
        return Requantise.apply(out, full, 127)

    def after(self, h, layer, selection):
        """H behind a layer."""
        a = self.attended(h, layer, selection)
        d = Requantise.apply(a @ layer.weights["output"], layer.output_m, 127)
        h = AddResidual.apply(h, d, layer.output_gain)
        x = Normalise.apply(h, *layer.norm2)
        f = Requantise.apply(x @ layer.weights["expand"], layer.expand_m, 127)
        e = Lookup.apply(f, layer.gelu, layer.slope)
        d = Requantise.apply(e @ layer.weights["contract"], layer.contract_m, 127)
        return AddResidual.apply(h, d, layer.contract_gain)

    def selection(self, **padding):
        """Of the rows of samples; padding: valid_tokens and first_valid of each of them, [batch],
        in place of the machine's."""
        return Selection(self.hardware, self.shape.tokens, device=self.position.device, **padding)

    def __call__(self, x, **padding):
        """Integer class scores: [batch, classes] of images, [batch, tokens, classes] of texts."""
        h, selection = self.embedded(x), self.selection(**padding)
        for layer in self.layers:
            h = self.after(h, layer, selection)
        x = Normalise.apply(h if self.shape.task == "text" else h[:, 0], *self.norm)
        return Requantise.apply(x @ self.classifier, self.classifier_m, 127)


def whole(value, least, most):
    return min(max(round(value), least), most)


def gelu_table(unit_in, unit_out):
    """Outputs in steps of unit_out of inputs -127..127 in steps of unit_in; and the derivatives."""
    table, slope = [], []
    for f in range(-127, 128):
        x = f * unit_in
        below = 0.5 * (1 + math.erf(x / math.sqrt(2)))
        y = round(x * below / unit_out)
        table.append(min(max(y, -127), 127))
        derivative = below + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        slope.append(derivative * unit_in / unit_out if abs(y) <= 127 else 0.0)
    return torch.tensor(table, dtype=torch.float64), torch.tensor(slope, dtype=torch.float64)


class Quantiser:
    """Makes the constants of a float network's integer encoder, given the ranges of activations.

    ranges: largest real magnitude by (place, name) as Network shows them, of heads a list. m and
    the gains are whole numbers, so a range becomes a little larger or smaller; what follows uses
    that.
    """

    def __init__(self, network, ranges, hardware):
        self.network, self.ranges, self.hardware = network, ranges, hardware
        self.device = network.position.device
        matrices = [network.embed, network.classifier]
        for layer in network.layers:
            matrices += [getattr(layer, name) for name in MATRICES]
        # One transfer for all largest weights.
        most = torch.stack([m.weight.detach().abs().max() for m in matrices]).double().tolist()
        self.unit = {id(m): value / 127 if value > 0 else 1.0 for m, value in zip(matrices, most)}
        self.residual_unit = ranges["", "residual"] / 32767

    def weight(self, matrix):
        return Round.apply(matrix.weight, self.unit[id(matrix)], *INT8)

    def tensor(self, value):
        return torch.tensor(value, dtype=torch.float64, device=self.device)

    def m(self, reach, unit):
        """m for outputs up to `reach`, accumulated in steps of `unit`; its own reach."""
        m = whole(reach / unit, 1, 2**40)
        return m, m * unit

    def product(self, matrix, x_unit, reach):
        """m and the real value of one step of the product, requantised to 8 bits."""
        m, reach = self.m(reach, x_unit * self.unit[id(matrix)])
        return self.tensor(float(m)), reach / 127

    def heads(self, matrix, x_unit, reaches):
        pairs = [self.m(reach, x_unit * self.unit[id(matrix)]) for reach in reaches]
        return self.tensor([float(m) for m, _ in pairs]).view(-1, 1, 1), [r for _, r in pairs]

    def gain(self, unit):
        return whole(unit / self.residual_unit * 256, 0, GAIN)

    def norm(self, norm, reach):
        """Gain and bias, and the real value of a step of what comes out."""
        unit = reach / 127
        return (Round.apply(norm.weight, unit / 2**8, -GAIN, GAIN),
                Round.apply(norm.bias, unit / 2**20, -BIAS, BIAS)), unit

    def layer(self, number, lsb):
        layer = self.network.layers[number]

        def reach(name):
            return self.ranges[number, name]

        norm1, unit = self.norm(layer.norm1, reach("norm1"))
        query_m, query_range = self.heads(layer.query, unit, reach("query"))
        key_m, key_range = self.heads(layer.key, unit, reach("key"))
        value_m, (value_range,) = self.heads(layer.value, unit, [reach("value")])
        output_m, output_unit = self.product(layer.output, value_range / 127, reach("output"))
        norm2, unit = self.norm(layer.norm2, reach("norm2"))
        expand_m, f_unit = self.product(layer.expand, unit, reach("expand"))
        e_unit = reach("gelu") / 127
        gelu, slope = gelu_table(f_unit, e_unit)
        contract_m, contract_unit = self.product(layer.contract, e_unit, reach("contract"))
        return LayerConstants(
            {name: self.weight(getattr(layer, name)) for name in MATRICES}, norm1, norm2,
            gelu.to(self.device), query_m, key_m, value_m, output_m, expand_m, contract_m,
            self.gain(output_unit), self.gain(contract_unit), query_range, key_range, value_range,
            lsb, slope.to(self.device))

    def encoder(self, lsbs, **training):
        """lsbs: the ramps' steps, a list by heads for every layer."""
        network = self.network
        embed_m, embed_unit = self.product(network.embed, 1 / 127, self.ranges["", "embed"])
        norm, unit = self.norm(network.norm, self.ranges["", "norm"])
        classifier_m, score_unit = self.product(network.classifier, unit,
                                                self.ranges["", "classifier"])
        return Encoder(
            network.shape, self.hardware, self.weight(network.embed), embed_m,
            self.gain(embed_unit), Round.apply(network.position, self.residual_unit, *INT16),
            [self.layer(number, lsb) for number, lsb in enumerate(lsbs)], norm,
            self.weight(network.classifier), classifier_m, score_unit, **training)
