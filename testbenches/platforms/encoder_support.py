# SPDX-License-Identifier: Apache-2.0
"""What the tests of whole encoders share: packages of a test's own, and runs of them."""

import csv
import json

import numpy as np

import encoder_reference
from encoder_cases import random_package, random_samples, write_package
from tool_support import ToolTest

FILES = ["effective.ini", "logits.npy", "predicted.npy", "report.json", "run.json", "samples.csv"]


class EncoderTest(ToolTest):
    def package(self, seed, samples=3, name="package", **options):
        """A random package in a directory of that name, with test.npz."""
        rng = np.random.default_rng(seed)
        package = random_package(rng, **options)
        return self.keep(package, *random_samples(rng, package, samples), name)

    def keep(self, package, x, y, name="package"):
        write_package(self.room / name, package, x, y)
        package.name, package.x, package.y = name, x, y
        return package

    def arguments(self, package):
        return ("--model", package.name, "--input", f"{package.name}/test.npz")

    def run_of(self, package, *arguments, output="out"):
        """A run that must succeed."""
        return Run(self.results_of("soc", *self.arguments(package), *arguments, output=output))


class Run:
    def __init__(self, directory):
        self.directory = directory
        self.report = json.loads((directory / "report.json").read_text())
        self.predicted = np.load(directory / "predicted.npy")
        self.logits = np.load(directory / "logits.npy")
        with open(directory / "samples.csv", encoding="utf-8") as file:
            self.samples = list(csv.DictReader(file))
        self.latency = [int(row["latency_cycles"]) for row in self.samples]
        self.cycles = {module["name"]: module["cycles"] for module in self.report["modules"]}

    def bytes_of(self, name):
        return (self.directory / name).read_bytes()

    def component(self, name):
        return next(part for part in self.report["energy"]["components"] if part["name"] == name)

    def count(self, component, event):
        return self.component(component)["events"][event]["count"]


def attended(package):
    """(q, k, what the reference finds) of each layer of each sample."""
    seen, attend = [], encoder_reference.attend

    def watched(q, k, *others):
        seen.append((q, k, attend(q, k, *others)))
        return seen[-1][2]
    encoder_reference.attend = watched
    try:
        encoder_reference.run_encoder(package.x, package, {})
    finally:
        encoder_reference.attend = attend
    layers = len(package.layers)
    return [seen[first:first + layers] for first in range(0, len(seen), layers)]
