# SPDX-License-Identifier: Apache-2.0
"""Images: scikit-learn's digits or an .npz file; what training and tests take from them."""

import hashlib
import math

import numpy as np
import torch

from topkima.arrays import archive
from topkima.errors import DataError, UsageError
from topkima.files import IMAGES

HELD_OUT = 360    # of the digits; the file is not shuffled, so they are the same for every seed
LARGEST_SIDE, MOST_CLASSES = 1024, 1024


def random_source(device, *what):
    """A generator for one purpose, (seed, stage, step, ...): no state survives, so that an
    interrupted training continues with the same numbers."""
    digest = hashlib.sha256(repr(what).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:7], "little"))


def digest_of(*tensors) -> str:
    """Equal for equal shapes and values."""
    digest = hashlib.sha256()
    for each in tensors:
        array = each.cpu().numpy()
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def load_digits():
    """{x_train, y_train, x_test, y_test}: scikit-learn's digits, 0..16 as 0..255."""
    try:
        from sklearn.datasets import load_digits as load    # only where it is asked for
    except ImportError as error:
        raise UsageError(f"{error}: apt-get install python3-sklearn, or give --data") from None
    digits = load()
    x = np.rint(digits.images * 255 / 16).astype(np.uint8)
    y = digits.target.astype(np.uint8)
    return {"x_train": x[:-HELD_OUT], "y_train": y[:-HELD_OUT],
            "x_test": x[-HELD_OUT:], "y_test": y[-HELD_OUT:]}


def check_images(path, name, x):
    if x.dtype != np.uint8:
        problem = f" has NaN or infinity and type {x.dtype}" if (
            x.dtype.kind == "f" and not np.isfinite(x).all()) else f" has type {x.dtype}"
        raise DataError(f"{path}: {name}{problem}, not uint8")
    if x.ndim not in (3, 4) or 0 in x.shape or max(x.shape[1:]) > LARGEST_SIDE:
        raise DataError(f"{path}: {name} has shape {x.shape}, not [N, height, width] or "
                        f"[N, height, width, channels] with sides of 1..{LARGEST_SIDE}")


def check_labels(path, name, y, count):
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"{path}: {name} has type {y.dtype}, not an integer one")
    if y.shape != (count,):
        raise DataError(f"{path}: {name} has shape {y.shape}, not ({count},) as there are images")
    if y.min() < 0 or y.max() > 255:
        raise DataError(f"{path}: {name} has labels of {y.min()}..{y.max()}, not within 0..255")


def load_file(path):
    """The same of an .npz file; images uint8 [N, height, width(, channels)], labels [N] of any
    integer type."""
    with archive(path, IMAGES) as file:
        arrays = {}
        for name in ("x_train", "y_train", "x_test", "y_test"):
            if name not in file:
                raise DataError(f"{path}: no {name} (there is {', '.join(file) or 'nothing'})")
            arrays[name] = file[name]
    for part in ("train", "test"):
        check_images(path, f"x_{part}", arrays[f"x_{part}"])
        check_labels(path, f"y_{part}", arrays[f"y_{part}"], len(arrays[f"x_{part}"]))
        arrays[f"y_{part}"] = arrays[f"y_{part}"].astype(np.uint8)
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise DataError(f"{path}: x_test has images of {arrays['x_test'].shape[1:]}, x_train of "
                        f"{arrays['x_train'].shape[1:]}")
    classes = int(arrays["y_train"].max()) + 1
    if arrays["y_test"].max() >= classes:
        raise DataError(f"{path}: y_test has label {arrays['y_test'].max()}; those of y_train end "
                        f"at {classes - 1}")
    return arrays


class Images:
    """Images [N, height, width, channels] of uint8 on a device.

    shift: training images move by up to so many pixels, half of them; jitter: noise added to each
    pixel, in units of half the range; mirror: half of them are turned left to right.
    """

    task = "image"

    def __init__(self, arrays, device, patch, shift, jitter, mirror):
        self.flat = arrays["x_train"].ndim == 3
        tensors = {name: torch.tensor(a, device=device) for name, a in arrays.items()}
        self.x, self.y = tensors["x_train"], tensors["y_train"].long()
        self.test_x, self.test_y = tensors["x_test"], tensors["y_test"].long()
        if self.flat:
            self.x, self.test_x = self.x.unsqueeze(-1), self.test_x.unsqueeze(-1)
        _, self.height, self.width, self.channels = self.x.shape
        self.patch, self.shift, self.jitter, self.mirror = patch, shift, jitter, mirror
        self.classes = int(self.y.max()) + 1
        self.inputs = patch * patch * self.channels
        self.tokens = (self.height // patch) * (self.width // patch) + 1
        self.order = (None, None)

    @property
    def tensors(self):
        """All that there is to learn and to test with."""
        return self.x, self.y, self.test_x, self.test_y

    def batches(self, batch):
        """Of an epoch."""
        return math.ceil(len(self.x) / batch)

    def batch(self, seed, stage, step, batch):
        """Images, augmented, and labels of training step `step`, counted from 0."""
        epoch, place = divmod(step, self.batches(batch))
        if self.order[0] != (stage, epoch):
            source = random_source("cpu", seed, stage, "order", epoch)
            order = torch.randperm(len(self.x), generator=source)
            self.order = ((stage, epoch), order.to(self.x.device))
        chosen = self.order[1][place * batch:(place + 1) * batch]
        source = random_source(self.x.device, seed, stage, "augment", step)
        return self.augmented(self.x[chosen], source), self.y[chosen]

    def augmented(self, x, source):
        """Without it a small set of images is soon learnt by heart."""
        count, device = len(x), x.device

        def draw(low, high):
            return torch.randint(low, high, (count, 1), generator=source, device=device)

        down, across = (torch.arange(side, device=device) for side in (self.height, self.width))
        down, across = down.expand(count, -1), across.expand(count, -1)
        if self.shift:
            moved = draw(0, 2)
            down = down + moved * draw(-self.shift, self.shift + 1)
            across = across + moved * draw(-self.shift, self.shift + 1)
        if self.mirror:
            across = torch.where(draw(0, 2) == 1, self.width - 1 - across, across)
        inside = (((down >= 0) & (down < self.height)).unsqueeze(2)
                  & ((across >= 0) & (across < self.width)).unsqueeze(1)).unsqueeze(-1)
        image = torch.arange(count, device=device).view(-1, 1, 1)
        x = x[image, down.clamp(0, self.height - 1).unsqueeze(2),
              across.clamp(0, self.width - 1).unsqueeze(1)] * inside
        if not self.jitter:
            return x
        noise = torch.randn(x.shape, generator=source, device=device)
        return (x + noise * (127.5 * self.jitter)).round_().clamp_(0, 255).to(torch.uint8)

    def sample(self, count, seed):
        """Training images for calibration."""
        source = random_source("cpu", seed, "sample")
        return self.x[torch.randperm(len(self.x), generator=source)[:count].to(self.x.device)]

    def stored(self, x):
        """Test images as test.npz holds them."""
        return x.squeeze(-1) if self.flat else x

    def baseline(self):
        """The share of the most frequent class in the test."""
        return self.test_y.cpu().bincount().max().item() / len(self.test_y)
