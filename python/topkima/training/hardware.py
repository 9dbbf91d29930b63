# SPDX-License-Identifier: Apache-2.0
"""The attention hardware in torch: exact integers forward, straight-through gradients backward.

Integers are held in float64 tensors, which are exact far beyond any sum that occurs here. In a
backward pass a rounding counts as the identity and a clamp passes gradients inside its range.
Tensors of an attention head are [batch, heads, rows, ...].
"""

import math

import torch
from torch.autograd import Function

from .selection import softmax_among

EXPONENT_ONE = 2.0**15


class Round(Function):
    """clamp(rint(x / step), low, high) in float64."""

    @staticmethod
    def forward(ctx, x, step, low, high):
        rounded = torch.round(x.double() / step)
        ctx.save_for_backward((rounded >= low) & (rounded <= high))
        ctx.step, ctx.dtype = step, x.dtype
        return rounded.clamp(low, high)

    @staticmethod
    def backward(ctx, gradient):
        inside, = ctx.saved_tensors
        return (gradient * inside / ctx.step).to(ctx.dtype), None, None, None


class Requantise(Function):
    """clamp(floor((2 q_max acc + m) / (2 m)), -q_max, q_max); m, a tensor, one or one per head."""

    @staticmethod
    def forward(ctx, acc, m, q_max):
        quotient = torch.mul(acc, 2 * q_max).add_(m).div_(2 * m).floor_()
        ctx.save_for_backward(quotient.abs() <= q_max, m)
        ctx.q_max = q_max
        return quotient.clamp_(-q_max, q_max)

    @staticmethod
    def backward(ctx, gradient):
        inside, m = ctx.saved_tensors
        return gradient * inside * (ctx.q_max / m), None, None


requantise = Requantise.apply


def ramp_codes(scores, lsb, bits):
    """The codes at which a ramp of steps `lsb` crosses scores, noisy ones too."""
    half = 2**(bits - 1)
    return torch.mul(scores, 2).add_(lsb).div_(2 * lsb).floor_().clamp_(-half, half - 1)


def exponent_table(score_steps, bits):
    """E by the distance from the largest code, [heads, 2^bits]; one score_step per head."""
    # math.exp is the C library's, which the machine uses; torch's differs in the last bit.
    return torch.tensor([[math.floor(EXPONENT_ONE * math.exp(-float(distance) * step) + 0.5)
                          for distance in range(2**bits)] for step in score_steps],
                        dtype=torch.float64)


def divide(exponents, prob_max):
    """Probability codes of rows of exponents; all 0 in a row without winners."""
    total = exponents.sum(-1, keepdim=True).clamp_(min=1)
    return torch.floor((exponents * (2 * prob_max) + total) / (2 * total))


def exponents_of(codes, taken, table):
    """E of winners' codes [batch, heads, ...] through each head's table; 0 where not taken."""
    if taken is not None:
        codes = codes.masked_fill(~taken, -math.inf)
    distances = codes.amax(-1, keepdim=True) - codes
    if taken is not None:
        distances.masked_fill_(~taken, 0)
    heads = torch.arange(table.shape[0], device=table.device).view(-1, 1, 1)
    exponents = table.flatten()[distances.long() + heads * table.shape[1]]
    return exponents if taken is None else exponents.mul_(taken)


class Softmax(Function):
    """Ramp, top-k, exponent and division: scores to probability codes, 0 for a loser.

    lsb [heads, 1, 1]: the ramp's step. table: see exponent_table. unit [heads, 1, 1]: real value
    of one score unit. selection: of these rows. noise: real-valued, in score units, added before
    the ramp, or None. mode: the gradient of the softmax over all participants ("full", TFCBP) or
    over the winners alone ("topk"), with the probabilities that floats would have.
    """

    @staticmethod
    def forward(ctx, scores, lsb, table, unit, selection, mode, noise):
        seen = scores if noise is None else scores + noise
        hardware = ctx.hardware = selection.hardware
        codes = ramp_codes(seen, lsb, hardware.ima_bits)
        if not hardware.counts_winners:
            ctx.save_for_backward(seen, lsb, unit, None, selection.participants)
            return divide(exponents_of(codes, selection.participants, table), hardware.prob_max)
        chosen, taken = selection.winners(codes)
        ctx.save_for_backward(seen, lsb, unit, *((chosen, taken) if mode == "topk" else
                                                 (None, selection.participants)))
        exponents = exponents_of(codes.gather(-1, chosen), taken, table)
        probabilities = divide(exponents, hardware.prob_max)
        return torch.zeros_like(codes).scatter_(-1, chosen, probabilities)

    @staticmethod
    def backward(ctx, gradient):
        seen, lsb, unit, chosen, who = ctx.saved_tensors
        half = 2**(ctx.hardware.ima_bits - 1)
        # Where the code would leave its range.
        low, high = -(half + 0.5) * lsb, (half - 0.5) * lsb
        part = seen if chosen is None else seen.gather(-1, chosen)
        inside = (part >= low) & (part < high)
        gradient = gradient if chosen is None else gradient.gather(-1, chosen)
        soft = softmax_among(torch.minimum(torch.maximum(part, low), high) * unit, who)
        shared = (soft * gradient).sum(-1, keepdim=True)
        result = (gradient - shared).mul_(soft).mul_(inside).mul_(unit * ctx.hardware.prob_max)
        if chosen is not None:
            result = torch.zeros_like(seen).scatter_(-1, chosen, result)
        return result, None, None, None, None, None, None


def ternary_digits(values, slices):
    """sign(v) bit_b(|v|) of values [..., tokens, d_k] as [..., tokens, slices * d_k]."""
    magnitude, sign = values.abs(), values.sign()
    halves = [torch.floor(magnitude / 2**b) for b in range(slices + 1)]
    return torch.cat([(halves[b] - 2 * halves[b + 1]) * sign for b in range(slices)], -1)


class AvProducts(Function):
    """Probability codes [..., rows, tokens] times V [..., tokens, d_k], by the AV arrays' ramp.

    Each array, av_rows tokens, and each digit slice of V is read by a ramp of its own.
    """

    @staticmethod
    def forward(ctx, probabilities, values, hardware):
        slices, lsb = hardware.value_bits - 1, hardware.av_step
        half = 2**(hardware.av_bits - 1)
        shape = (slices, values.shape[-1])
        output, masks = 0.0, []
        for p, v in AvProducts.arrays(probabilities, values, hardware):
            codes = (p @ ternary_digits(v, slices)).mul_(2).add_(lsb).div_(2 * lsb).floor_()
            inside = (codes >= -half) & (codes < half)
            # Without saturation the slices' gradients add up to that of V itself.
            masks.append(None if bool(inside.all()) else inside.unflatten(-1, shape))
            codes = codes.clamp_(-half, half - 1).unflatten(-1, shape)
            for b in range(slices):
                output = output + codes[..., b, :] * (2**b * lsb)
        ctx.save_for_backward(probabilities, values)
        ctx.hardware, ctx.masks = hardware, masks
        return output

    @staticmethod
    def arrays(probabilities, values, hardware):
        """(columns of the probabilities, rows of V) of each array."""
        rows = hardware.av_rows
        return zip(probabilities.split(rows, -1), values.split(rows, -2))

    @staticmethod
    def backward(ctx, gradient):
        probabilities, values = ctx.saved_tensors
        slices = ctx.hardware.value_bits - 1
        to_probabilities, to_values = [], []
        parts = AvProducts.arrays(probabilities, values, ctx.hardware)
        for (p, v), inside in zip(parts, ctx.masks):
            if inside is None:
                to_probabilities.append(gradient @ v.transpose(-2, -1))
                to_values.append(p.transpose(-2, -1) @ gradient)
                continue
            weights = 2.0**torch.arange(slices, dtype=v.dtype, device=v.device).view(-1, 1)
            masked = gradient.unsqueeze(-2) * inside * weights
            digits = ternary_digits(v, slices)
            to_probabilities.append(masked.flatten(-2) @ digits.transpose(-2, -1))
            to_values.append(p.transpose(-2, -1) @ (masked.sum(-2) / (2**slices - 1)))
        return torch.cat(to_probabilities, -1), torch.cat(to_values, -2), None


class Normalise(Function):
    """The integer LayerNorm of docs/encoder.md over the last dimension of h, |h| <= 2^15."""

    @staticmethod
    def forward(ctx, h, gain, bias):
        d = h.shape[-1]
        u = d * h - h.sum(-1, keepdim=True)
        whole = u.long()
        variance = torch.div((whole * whole).sum(-1, keepdim=True), d, rounding_mode="floor")
        root = torch.sqrt(variance.double()).floor().long()
        root += ((root + 1) * (root + 1) <= variance).long() - (root * root > variance).long()
        root = root.clamp(min=1)
        bits = torch.frexp(root.double()).exponent.long()
        mantissa = torch.div(torch.ones_like(root) << (bits + 15), root, rounding_mode="floor")
        # Exact, since the divisor is a power of two.
        scale = mantissa.double() / (torch.ones_like(root) << (bits + 3)).double()
        normal = torch.floor(u * scale)
        x = torch.floor((gain * normal + bias + 2.0**19) * 2.0**-20)
        ctx.save_for_backward(normal / 4096, root.double() / d, gain, x.abs() <= 127)
        return x.clamp_(-127, 127)

    @staticmethod
    def backward(ctx, gradient):
        normal, deviation, gain, inside = ctx.saved_tensors
        gradient = gradient * inside
        rows = tuple(range(gradient.dim() - 1))
        to_normal = gradient * (gain / 256)
        centred = to_normal - to_normal.mean(-1, keepdim=True)
        centred = centred - normal * (to_normal * normal).mean(-1, keepdim=True)
        # A row that deviates by less than a step of H would give gradients without bound.
        return (centred / deviation.clamp(min=1.0), (gradient * normal).sum(rows) / 256,
                gradient.sum(rows) / 2**20)


class AddResidual(Function):
    """sat16(h + floor((gain d + 128) / 256))."""

    @staticmethod
    def forward(ctx, h, d, gain):
        total = h + torch.floor((d * gain + 128) / 256)
        ctx.save_for_backward((total >= -32768) & (total <= 32767))
        ctx.gain = gain
        return total.clamp_(-32768, 32767)

    @staticmethod
    def backward(ctx, gradient):
        inside, = ctx.saved_tensors
        gradient = gradient * inside
        return gradient, gradient * (ctx.gain / 256), None


class Lookup(Function):
    """table[f + 127]; slope: the derivative by f, [255]."""

    @staticmethod
    def forward(ctx, f, table, slope):
        place = (f + 127).long()
        ctx.save_for_backward(place, slope)
        return table[place]

    @staticmethod
    def backward(ctx, gradient):
        place, slope = ctx.saved_tensors
        return gradient * slope[place], None, None
