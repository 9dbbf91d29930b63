# SPDX-License-Identifier: Apache-2.0
"""The trained networks that accuracy is measured with, and their training."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from topkima import programs
from topkima.errors import TrainingError, UsageError
from topkima.files import OWN, read_text, write_file
from topkima.names import shell_command
from topkima.training import CHECKPOINT

CHECKPOINT_STEPS = 200
KS = (1, 2, 3, 5, 8)
SPLITS = {"global": "384", "256_128": "256,128", "128x3": "128,128,128"}


@dataclass(frozen=True)
class Size:
    """Of the whole study: the full one, or one of a few seconds per network."""
    seeds: tuple
    ks: tuple
    noise: tuple            # while training, in ramp steps
    splits: tuple
    digits: tuple           # options of every network on digits, on texts
    text: tuple
    tune: tuple             # of those that are tuned from floats
    text_tune: tuple


FULL = Size(seeds=(1, 2, 3, 4, 5), ks=KS, noise=(0.5, 1.0), splits=tuple(SPLITS), digits=(),
            text=(), tune=(), text_tune=("--steps", "400"))
SMALL = Size(seeds=(1, 2), ks=(1, 5), noise=(1.0,), splits=("global", "256_128"),
             digits=("--layers", "1", "--heads", "2", "--d-model", "16", "--hidden", "16",
                     "--epochs", "8", "--test-images", "40"),
             text=("--layers", "1", "--heads", "2", "--d-model", "16", "--hidden", "16",
                   "--epochs", "1", "--test-images", "2"),
             tune=("--steps", "2"), text_tune=("--steps", "1"))


@dataclass(frozen=True)
class Network:
    name: str
    options: tuple
    begins_with: str = ""   # the network whose floats it is tuned from


def networks(size: Size) -> list:
    """Those that others begin with come first."""
    floats, tuned = [], []
    for seed in size.seeds:
        own = ("--seed", str(seed), *size.digits)
        base = f"float_s{seed}"
        floats.append(Network(base, ("--attention", "exact", *own)))
        tune = (*own, *size.tune)
        tuned.append(Network(f"quantised_s{seed}", ("--attention", "quantised", *tune), base))
        for k in size.ks:
            tuned.append(Network(f"tfcbp_k{k}_s{seed}", ("--k", str(k), *tune), base))
            tuned.append(Network(f"topk_k{k}_s{seed}",
                                 ("--backward", "topk", "--k", str(k), *tune), base))
        for noise in size.noise:
            tuned.append(Network(f"noise{noise:g}_k5_s{seed}", ("--noise", f"{noise:g}", *tune),
                                 base))
        own = ("--task", "text", "--seed", str(seed), *size.text)
        base = f"text_float_s{seed}"
        floats.append(Network(base, ("--attention", "exact", *own)))
        for split in size.splits:
            tuned.append(Network(f"text_{split}_s{seed}",
                                 ("--split", SPLITS[split], *own, *size.text_tune), base))
    return floats + tuned


def is_there(network: Network, place: Path, more: tuple) -> bool:
    """Whether a network has been trained. UsageError: it has been, or is being, by other options
    than it would be now."""
    package, record = place / network.name, options_file(network, place)
    trained = (package / "model.ini").exists()
    if trained or (place / f"{network.name}.part" / CHECKPOINT).exists():
        now = options_text(network, more)
        before = read_text(record, OWN) if record.exists() else "no options that are known"
        if before != now:
            raise UsageError(f"{package}: was trained with {before.strip() or 'no options'}; now "
                             f"it would be with {now.strip() or 'none'}: choose another --place")
    return trained


def options_file(network: Network, place: Path) -> Path:
    return place / f"{network.name}.options"


def options_text(network: Network, more: tuple) -> str:
    return f"{shell_command([*network.options, *more])}\n"


class Training:
    """Of one network, in a process of its own; what was interrupted goes on."""

    def __init__(self, network: Network, place: Path, more: tuple):
        self.name = network.name
        output = place / network.name
        write_file(options_file(network, place), options_text(network, more))
        options = [*network.options, *more, "--output", output,
                   "--checkpoint-every", CHECKPOINT_STEPS]
        if network.begins_with:
            options += ["--init", place / network.begins_with / CHECKPOINT]
        if (place / f"{network.name}.part" / CHECKPOINT).exists():
            options.append("--resume")
        self._log = (place / f"{network.name}.log").open("w", encoding="utf-8")
        self.process = programs.start("train", *options, stdout=self._log,
                                      stderr=subprocess.STDOUT)

    def check(self, place: Path):
        self._log.close()
        if self.process.returncode != 0:
            log = read_text(place / f"{self.name}.log", OWN).strip().splitlines()
            raise TrainingError(f"training of {self.name} ended with {self.process.returncode}: "
                                f"{log[-1] if log else 'no output'}")


def train(wanted: list, place: Path, jobs: int, more: tuple = ()):
    """Trains those that are not there, `jobs` at a time; `more`: options of every training."""
    place.mkdir(parents=True, exist_ok=True)
    waiting = [network for network in wanted if not is_there(network, place, more)]
    total, running, begin = len(waiting), [], time.monotonic()
    try:
        while waiting or running:
            for training in [each for each in running if each.process.poll() is not None]:
                running.remove(training)
                training.check(place)
                done = total - len(waiting) - len(running)
                print(f"trained {done} of {total}: {training.name}, "
                      f"{time.monotonic() - begin:.0f} s", flush=True)
            for network in list(waiting):
                first = place / network.begins_with / "model.ini"
                if len(running) == jobs or (network.begins_with and not first.exists()):
                    continue
                waiting.remove(network)
                running.append(Training(network, place, more))
            time.sleep(0.05)
    finally:
        for training in running:
            training.process.terminate()
        for training in running:
            training.process.wait()
