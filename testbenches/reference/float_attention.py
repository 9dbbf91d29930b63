# SPDX-License-Identifier: Apache-2.0
"""Exact float attention and how near a result comes to it."""

import math

import numpy as np


def ordered_product(a, b):
    """Product of doubles summed in index order: BLAS may round equal columns
    differently, which would break ties at random."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[1]):
        total += a[:, i, None] * b[None, i, :]
    return total


def float_attention(q, k, v, mask, score_scale):
    """Exact attention of one head; returns the output and the real scores."""
    scores = ordered_product(q, k.T) * score_scale
    masked = np.where(mask, scores, -np.inf)
    top = np.max(masked, axis=1, keepdims=True, initial=-np.inf)
    weights = np.where(mask, np.exp(masked - np.where(np.isfinite(top), top, 0.0)), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    return (weights / np.where(total > 0, total, 1.0)) @ v, scores


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
