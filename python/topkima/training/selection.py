# SPDX-License-Identifier: Apache-2.0
"""Which tokens take part in a row, and which of them win: docs/hardware.md, section 7, in torch.

Every row takes part in one interval of tokens. Tokens have slots, slots have columns of crossbars,
and a counter grants the best of its columns. All of it is worked out for all rows at once.
"""

import math
from dataclasses import dataclass

import torch


def masked(scores, who):
    """Scores of a row, those who take no part behind all others; None: all take part."""
    # A finite number, since a softmax over a row without participants has gradients, too.
    return scores if who is None else scores.masked_fill(~who, torch.finfo(scores.dtype).min)


def softmax_among(scores, who):
    """Probabilities, 0 for those who take no part."""
    soft = masked(scores, who).softmax(-1)
    return soft if who is None else soft * who


def intervals(hardware, rows, tokens, valid_tokens, first_valid, device):
    """First and end of every row's participants, [1 or samples, 1, rows, 1]; none if end <= first.

    valid_tokens, first_valid: one for all samples, or a tensor with one for each.
    """
    def by_sample(given):
        return torch.as_tensor(given, device=device).long().view(-1, 1, 1, 1)

    position = torch.arange(rows, device=device).view(1, 1, -1, 1)
    first = by_sample(first_valid) + torch.zeros_like(position)
    end = by_sample(tokens if valid_tokens is None else valid_tokens).clamp(max=tokens)
    end = end + torch.zeros_like(position)
    if hardware.causal:
        end = torch.minimum(end, position + 1)
    if hardware.window is not None:
        first = torch.maximum(first, position + 1 - hardware.window)
        end = torch.minimum(end, position + hardware.window)
    if hardware.segments:
        ends = torch.tensor(hardware.segments, device=device).cumsum(0)
        segment = torch.bucketize(position, ends, right=True)
        # A row behind the last segment has no participants.
        begins, ends = (torch.cat(pair) for pair in ((ends.new_zeros(1), ends),
                                                     (ends, ends.new_zeros(1))))
        first, end = torch.maximum(first, begins[segment]), torch.minimum(end, ends[segment])
    return first, end


def shares_of(k, columns):
    """k among crossbars [..., crossbars] with so many columns: by largest remainder, of equal ones
    the lower crossbar's, at least 1 where there is a column and 0 where there is none."""
    total = columns.sum(-1, keepdim=True).clamp(min=1)
    parts = torch.div(k * columns, total, rounding_mode="floor")
    remainders = k * columns - parts * total
    left = k - parts.sum(-1, keepdim=True)
    place = remainders.sort(dim=-1, descending=True, stable=True).indices.argsort(-1)
    return (parts + (place < left)).clamp(min=1) * (columns > 0)


def held_by(crossbars, first, end):
    """Columns of each crossbar that take part in rows of such intervals, [..., rows, crossbars]."""
    def below(token, slots):
        count = torch.div(token - slots.start + slots.step - 1, slots.step, rounding_mode="floor")
        return count.clamp(0, len(slots))

    return torch.cat([(below(end, slots) - below(first, slots)).clamp(min=0)
                      for slots in crossbars], -1)


def index_of(slots):
    """That takes these from a tensor."""
    return slice(slots.start, slots.stop, slots.step)


def addresses(crossbars, tokens, device):
    """Of every token, in the order of (crossbar, column), in which equal codes are granted."""
    address = torch.empty(tokens, dtype=torch.float64, device=device)
    first = 0
    for slots in crossbars:
        end = first + len(slots)
        address[index_of(slots)] = torch.arange(first, end, dtype=torch.float64, device=device)
        first = end
    return address


@dataclass(frozen=True)
class Counter:
    """Grants the best of its columns."""

    slots: range
    most: int                    # winners that a row can have
    share: torch.Tensor = None   # of every row, [1 or samples, 1, rows, 1]; None: always `most`


class Selection:
    """Of one machine, and of the rows of a batch.

    participants: bool [1 or samples, 1, rows, tokens]; None: all tokens in all rows.
    """

    def __init__(self, hardware, tokens, rows=None, valid_tokens=None, first_valid=None,
                 device="cpu"):
        """valid_tokens, first_valid: of each sample, in place of the machine's."""
        self.hardware, self.tokens = hardware, tokens
        first, end = intervals(
            hardware, tokens if rows is None else rows, tokens,
            hardware.valid_tokens if valid_tokens is None else valid_tokens,
            hardware.first_valid if first_valid is None else first_valid, device)
        self.participants = None
        if bool((first > 0).any() or (end < tokens).any()):
            token = torch.arange(tokens, device=device)
            self.participants = (token >= first) & (token < end)
        crossbars = hardware.crossbars(tokens)
        self.address = addresses(crossbars, tokens, device)
        self.counters = self.counters_of(crossbars, first, end)

    def counters_of(self, crossbars, first, end):
        hardware = self.hardware
        if hardware.scope == "head":
            return [Counter(range(self.tokens), hardware.k)]
        if hardware.sub_k:
            return [Counter(slots, k) for slots, k in zip(crossbars, hardware.sub_k)]
        if self.participants is None or hardware.sub_k_by == "columns":
            shares = shares_of(hardware.k, torch.tensor(list(map(len, crossbars))))
            if hardware.sub_k_by == "columns":
                shares.clamp_(min=1)
            return [Counter(slots, k) for slots, k in zip(crossbars, shares.tolist())]
        shares = shares_of(hardware.k, held_by(crossbars, first, end)).split(1, -1)
        # One place at least, be it empty in all rows.
        return [Counter(slots, max(1, int(share.max())), share)
                for slots, share in zip(crossbars, shares)]

    @property
    def places(self):
        """Winners of a row: a number for all rows, or one for each, [1 or samples, 1, rows, 1]."""
        if not self.hardware.counts_winners:
            return self.tokens
        return sum(counter.most if counter.share is None else counter.share
                   for counter in self.counters)

    @property
    def most_winners(self):
        """That a row can have."""
        return min(self.tokens, int(torch.as_tensor(self.places).max()))

    def best(self, scores):
        """Of scores [batch, heads, rows, tokens] those of each head that may win: of every row as
        many of its best participants as it has winners."""
        if self.participants is not None:
            scores = scores.masked_fill(~self.participants, -math.inf)
        best = scores.topk(self.most_winners, -1).values
        counts = best > -math.inf
        counts &= torch.arange(best.shape[-1], device=best.device) < self.places
        return [each[who] for each, who in zip(best.unbind(1), counts.unbind(1))]

    def winners(self, codes):
        """Tokens in the places of a row's winners, and which of the places are taken; None: all."""
        # One number that falls with the address among equal codes.
        rank = codes * self.tokens - self.address
        if self.participants is not None:
            rank.masked_fill_(~self.participants, -math.inf)
        chosen, taken = zip(*(self.granted(counter, codes, rank) for counter in self.counters
                              if counter.slots))
        return torch.cat(chosen, -1), None if taken[0] is None else torch.cat(taken, -1)

    def granted(self, counter, codes, rank):
        """The same of one counter."""
        rank, reach = rank[..., index_of(counter.slots)], self.hardware.reach
        partial = self.participants is not None or reach > 0
        best = rank.topk(min(counter.most, rank.shape[-1]), -1, sorted=partial)
        chosen = best.indices * counter.slots.step + counter.slots.start
        if not partial:
            return chosen, None
        taken = best.values > -math.inf
        if counter.share is not None:
            taken &= torch.arange(taken.shape[-1], device=taken.device) < counter.share
        if reach > 0:
            code = codes.gather(-1, chosen)
            taken &= code >= code[..., :1] - reach
        return chosen, taken
