# SPDX-License-Identifier: Apache-2.0
"""Exact float attention and how near a result comes to it."""

import math
from dataclasses import dataclass

import numpy as np


def ordered_product(a, b):
    """Product of doubles summed in index order: BLAS may round equal columns
    differently, which would break ties at random."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[1]):
        total += a[:, i, None] * b[None, i, :]
    return total


@dataclass(frozen=True)
class FloatAttention:
    output: np.ndarray   # [rows, d_k]
    scores: np.ndarray   # [rows, tokens]
    weights: np.ndarray  # [rows, tokens], which add up to 1 where anybody takes part


def float_attention(q, k, v, mask, score_scale):
    """Exact attention of one head."""
    scores = ordered_product(q, k.T) * score_scale
    masked = np.where(mask, scores, -np.inf)
    top = np.max(masked, axis=1, keepdims=True, initial=-np.inf)
    weights = np.where(mask, np.exp(masked - np.where(np.isfinite(top), top, 0.0)), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights = weights / np.where(total > 0, total, 1.0)
    return FloatAttention(weights @ v, scores, weights)


def cosine_similarity(a, b):
    a, b = a.ravel(), b.ravel()
    norm_a, norm_b = math.sqrt(float(a @ a)), math.sqrt(float(b @ b))
    if norm_a == 0 or norm_b == 0:
        return 1.0 if norm_a == norm_b else 0.0
    return float(a @ b) / (norm_a * norm_b)


def overlap(selected, best, mask):
    """Mean share of the best tokens that were selected, over (head, row) with
    a participant; 1 where nothing could be selected at all."""
    counted = mask.any(axis=-1)
    if not counted.any():
        return 1.0
    share = (selected & best).sum(axis=-1)[counted] / best.sum(axis=-1)[counted]
    return float(np.mean(share))


def softmax_mass(weights, selected, mask):
    """Mean weight of all that was selected, over (head, row) with a participant; 1 where nothing
    could be selected at all."""
    counted = mask.any(axis=-1)
    if not counted.any():
        return 1.0
    return float(np.mean(np.where(selected, weights, 0.0).sum(axis=-1)[counted]))
