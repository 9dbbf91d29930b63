# SPDX-License-Identifier: Apache-2.0
"""The two stages of training, which go on from a checkpoint as if never interrupted."""

import math
import sys
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from topkima.errors import TrainingError
from topkima.stop_point import stop_point

EVALUATED = 60        # test samples at a time
WATCHED = 1024        # test samples of the accuracies shown while training
WARM_UP = 0.3         # share of the steps in which the rate rises


def show_progress(text, last):
    """One line that is rewritten on a terminal, plain lines elsewhere."""
    if sys.stdout.isatty():
        print(f"\r{text}\033[K", end="\n" if last else "", flush=True)
    else:
        print(text, flush=True)


def rate_at(step, steps, most):
    """One cycle: up to `most`, then down to nothing, both along a cosine."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return most * (0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2)
    return most * (1 + math.cos(math.pi * (step - rise + 1) / (steps - rise + 1))) / 2


@torch.no_grad()
def predict(scores, x):
    """The class of each sample, or of each token; of equal scores the lowest class."""
    return torch.cat([scores(part).argmax(-1) for part in x.split(EVALUATED)])


def accuracy(predicted, y):
    """Share of right predictions where something is asked."""
    asked = y >= 0
    return ((predicted == y) & asked).sum().item() / max(1, asked.sum().item())


@dataclass
class Plan:
    """How long and how fast a stage trains."""

    name: str          # float or tune
    steps: int
    batch: int
    rate: float
    decay: float = 0.05
    smoothing: float = 0.0


class Fit:
    """Trains `network` in place, one stage after the other.

    A stage's scores(x, step) gives class scores with gradients; step is None in an evaluation.
    """

    def __init__(self, network, data, seed, keep, every):
        """keep(stage, step, optimiser): stores a checkpoint, every `every` steps (0: never)."""
        self.network, self.data, self.seed = network, data, seed
        self.keep, self.every = keep, every

    def run(self, plan, scores, begun=None):
        """begun: a checkpoint of this stage."""
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=plan.rate,
                                      weight_decay=plan.decay, betas=(0.9, 0.98))
        first = 0
        if begun:
            first = begun.about["step"]
            optimiser.load_state_dict({**optimiser.state_dict(), "state": begun.optimiser()})
        epoch = self.data.batches(plan.batch)
        total, count, start = 0.0, 0, time.monotonic()
        self.network.train()
        for step in range(first, plan.steps):
            x, y = self.data.batch(self.seed, plan.name, step, plan.batch)
            loss = F.cross_entropy(scores(x, step).flatten(0, -2), y.flatten(), ignore_index=-1,
                                   label_smoothing=plan.smoothing)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = rate_at(step, plan.steps, plan.rate)
            optimiser.step()
            total, count, done = total + loss.detach(), count + 1, step + 1
            if done % epoch == 0 or done == plan.steps:
                self.show(plan, done, epoch, float(total) / count, scores,
                          (time.monotonic() - start) / (done - first))
                total, count = 0.0, 0
            if self.every and done % self.every == 0:
                self.keep(plan.name, done, optimiser.state_dict()["state"])
            stop_point("step")

    def show(self, plan, done, epoch, loss, scores, seconds):
        if not math.isfinite(loss):
            raise TrainingError(f"{plan.name}: the loss is {loss} at step {done}; "
                                "a smaller rate may help (--rate, --tune-rate)")
        self.network.eval()
        right = accuracy(predict(lambda x: scores(x, None), self.data.test_x[:WATCHED]),
                         self.data.test_y[:WATCHED])
        self.network.train()
        show_progress(
            f"{plan.name}: epoch {math.ceil(done / epoch)}/{math.ceil(plan.steps / epoch)}, "
            f"step {done}/{plan.steps}, loss {loss:.4f}, test accuracy {100 * right:.2f} %, "
            f"{seconds:.3f} s per step", done == plan.steps)
