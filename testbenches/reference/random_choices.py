# SPDX-License-Identifier: Apache-2.0
"""Draws of which random cases are made."""


def chance(rng, probability):
    return bool(rng.random() < probability)


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def integer(rng, low, high):
    """Uniform in low..high, both included."""
    return int(rng.integers(low, high + 1))


def blocks(amount, size):
    return -(-amount // size)
