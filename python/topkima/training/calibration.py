# SPDX-License-Identifier: Apache-2.0
"""Ranges of activations and ramp steps, from training data."""

import math

import torch

HEADROOM = 2.0    # of the residual stream, whose 16 bits have room, over what was seen
PART = 32         # samples at a time


def best_range(values, q_max):
    """The range, at most max|x|, for which q_max steps lose least: smallest mean squared error."""
    values = values.double().flatten()
    most = values.abs().max().item()
    if most == 0:
        return 1.0
    best = None
    for share in range(20, 0, -1):
        reach = most * share / 20
        unit = reach / q_max
        error = (torch.round(values / unit).clamp_(-q_max, q_max).mul_(unit) - values)
        error = error.square_().sum().item()
        if best is None or error < best[0]:
            best = (error, reach)
    return best[1]


@torch.no_grad()
def ranges(network, samples, selection):
    """The largest real magnitude of every activation by (place, name), of Q and K by heads.

    They are those of the float network with softmax over the best scores alone, as many as win.
    """
    seen, hardware = {}, selection.hardware

    def see(place, name, tensor):
        if name != "attended":
            seen.setdefault((place, name), []).append(tensor)

    network.eval()
    for part in samples.split(PART):
        network(part, selection.participants, selection.most_winners, see)
    found = {}
    for (place, name), parts in seen.items():
        if name in ("query", "key"):
            q_max = hardware.query_max if name == "query" else hardware.key_max
            heads = torch.cat(parts).unbind(1)
            found[place, name] = [best_range(head, q_max) for head in heads]
        elif name in ("residual", "classifier"):
            most = max(part.abs().max().item() for part in parts)
            found["", name] = max(found.get(("", name), 0.0),
                                  most * (HEADROOM if name == "residual" else 1.0) or 1.0)
        else:
            q_max = hardware.value_max if name == "value" else 127
            found[place, name] = best_range(torch.cat(parts), q_max)
    return found


def ramp_lsb(best, bits, share):
    """The smallest step for which at most `share` of the scores that could win saturate."""
    ordered = best.flatten().sort(descending=True).values
    total = len(ordered)
    if total == 0:
        return 1
    allowed = max(n for n in range(math.floor(share * total) + 2) if n / total <= share)
    if allowed >= total:
        return 1
    return max(1, math.floor(2 * int(ordered[allowed]) / (2**bits - 1)) + 1)


@torch.no_grad()
def ramp_steps(quantiser, samples, hardware, factor=1.0, share=0.01):
    """The ramps' steps by layers and heads, from the integer scores of the encoder itself."""
    encoder = quantiser.encoder([None] * quantiser.network.shape.layers)
    selection = encoder.selection()
    parts = [encoder.embedded(part) for part in samples.split(PART)]
    for layer in encoder.layers:
        best = zip(*(selection.best(encoder.scores(h, layer)[0]) for h in parts))
        layer.lsb = [max(1, round(ramp_lsb(torch.cat(head), hardware.ima_bits, share) * factor))
                     for head in best]
        parts = [encoder.after(h, layer, selection) for h in parts]
    return [layer.lsb for layer in encoder.layers]
