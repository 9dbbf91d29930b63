# SPDX-License-Identifier: Apache-2.0
"""The float transformer that is trained: pre-LN, no bias in a linear layer; see docs/encoder.md."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .selection import masked, softmax_among


@dataclass(frozen=True)
class Shape:
    task: str           # image or text
    layers: int
    heads: int
    d_model: int
    hidden: int
    tokens: int         # with the class token
    inputs: int         # width of an embedding row
    classes: int
    height: int = 0     # of an image; 0 of a text
    width: int = 0
    channels: int = 0
    patch: int = 0
    kv_heads: int = 0   # heads of K and V, each for neighbouring heads of Q; 0: as many as of Q

    def __post_init__(self):
        object.__setattr__(self, "kv_heads", self.kv_heads or self.heads)

    @property
    def d_k(self):
        return self.d_model // self.heads

    @property
    def group(self):
        """Heads of Q that share one of K and V."""
        return self.heads // self.kv_heads


def input_rows(x, shape):
    """Patches of images [batch, height, width(, channels)]: [batch, tokens - 1, inputs]."""
    patch, down, across = shape.patch, shape.height // shape.patch, shape.width // shape.patch
    pixels = x.reshape(-1, down, patch, across, patch, shape.channels).double() - 128
    pixels = pixels.clamp_(min=-127).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(-1, down * across, shape.inputs)


def by_heads(x, shape):
    """[batch, tokens, heads d_k] -> [batch, heads, tokens, d_k]"""
    return x.unflatten(-1, (-1, shape.d_k)).transpose(1, 2)


def by_kv_heads(x, shape):
    """Rows of the heads of Q as rows of the heads of K and V that serve them:
    [batch, heads, rows, ...] -> [batch, kv_heads, group rows, ...]"""
    return x.unflatten(1, (shape.kv_heads, shape.group)).flatten(2, 3)


def by_query_heads(x, shape):
    """The way back."""
    return x.unflatten(2, (shape.group, -1)).flatten(1, 2)


def sinusoids(tokens, d_model):
    """Positions that resemble those of their neighbours, [tokens, d_model]: sines, then cosines."""
    angle = torch.arange(tokens).unsqueeze(1) * rates(d_model)
    return torch.cat((torch.sin(angle), torch.cos(angle)), 1)


def rates(d_model):
    """Of the turns from token to token, [d_model / 2]."""
    return 2.0 * 40.0**(-torch.arange(0, d_model, 2) / d_model)


def turned(weight, places):
    """A matrix that sees a position of sinusoids as `weight` sees the one `places` further on."""
    sines, cosines = weight.chunk(2)
    turn = (rates(len(weight)) * places).unsqueeze(1)
    return torch.cat((sines * torch.cos(turn) - cosines * torch.sin(turn),
                      sines * torch.sin(turn) + cosines * torch.cos(turn)))


class Matrix(nn.Module):
    """x @ weight, weight [inputs, outputs]: what a crossbar holds."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs).uniform_(-1, 1) / math.sqrt(inputs))

    def forward(self, x):
        return x @ self.weight


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        d = shape.d_model
        self.shape = shape
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        kv = shape.kv_heads * shape.d_k
        self.query, self.key, self.value = Matrix(d, d), Matrix(d, kv), Matrix(d, kv)
        self.output = Matrix(d, d)
        self.expand, self.contract = Matrix(d, shape.hidden), Matrix(shape.hidden, d)

    def attend(self, x, participants, winners, see):
        """The heads' outputs side by side; winners: softmax over so many of a row, None: all."""
        q, k, v = (by_heads(matrix(x), self.shape)
                   for matrix in (self.query, self.key, self.value))
        see("query", q)
        see("key", k)
        see("value", v)
        scores = by_kv_heads(q, self.shape) @ k.transpose(-2, -1) / math.sqrt(self.shape.d_k)
        scores = by_query_heads(scores, self.shape)
        if winners is not None and winners < scores.shape[-1]:
            seen = masked(scores, participants)
            least = seen.topk(winners, -1).values[..., -1:]
            scores = scores.masked_fill(seen < least, -math.inf)
        weights = softmax_among(scores, participants)
        out = by_query_heads(by_kv_heads(weights, self.shape) @ v, self.shape)
        return out.transpose(1, 2).flatten(2)

    def forward(self, h, participants, winners, see):
        x = self.norm1(h)
        see("norm1", x)
        attended = self.attend(x, participants, winners, see)
        see("attended", attended)
        d = self.output(attended)
        see("output", d)
        h = h + d
        see("residual", h)
        x = self.norm2(h)
        see("norm2", x)
        f = self.expand(x)
        see("expand", f)
        e = F.gelu(f)
        see("gelu", e)
        d = self.contract(e)
        see("contract", d)
        h = h + d
        see("residual", h)
        return h


class Network(nn.Module):
    """Class scores, [batch, classes] of images, [batch, tokens, classes] of texts."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed = Matrix(shape.inputs, shape.d_model)
        self.position = nn.Parameter(torch.randn(shape.tokens, shape.d_model))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.d_model)
        self.classifier = Matrix(shape.d_model, shape.classes)
        if shape.task == "text":
            self.begin_among_neighbours()

    @torch.no_grad()
    def begin_among_neighbours(self):
        """Heads that look one token back, one ahead, two back, ...; training is free to leave them.

        From uniform attention over hundreds of tokens it takes very long to find the next ones.
        """
        shape = self.shape
        nn.init.normal_(self.embed.weight, std=0.3)    # a position is more
        self.position.copy_(sinusoids(shape.tokens, shape.d_model))
        for layer in self.layers:
            nn.init.orthogonal_(layer.key.weight, gain=1.8)
            keys = layer.key.weight.split(shape.d_k, 1)
            for head in range(shape.heads):
                places = (head // 2 + 1) * (-1 if head % 2 == 0 else 1)
                first = head * shape.d_k
                layer.query.weight[:, first:first + shape.d_k] = turned(keys[head // shape.group],
                                                                        places)

    def forward(self, x, participants=None, winners=None, see=None):
        """participants: as a Selection has them. see(place, name, tensor) is told of every
        activation; place: layer number, "" outside."""
        see = see or (lambda place, name, tensor: None)
        if self.shape.task == "text":
            embedded = self.embed.weight[x.long()]
        else:
            embedded = self.embed(input_rows(x, self.shape).float() / 127)
            # The class token has no pixels; its vector is its position's.
            embedded = F.pad(embedded, (0, 0, 1, 0))
        see("", "embed", embedded)
        h = embedded + self.position
        see("", "residual", h)
        for number, layer in enumerate(self.layers):
            h = layer(h, participants, winners,
                      lambda name, tensor, at=number: see(at, name, tensor))
        x = self.norm(h if self.shape.task == "text" else h[:, 0])
        see("", "norm", x)
        scores = self.classifier(x)
        see("", "classifier", scores)
        return scores
