#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gradients through the hardware's forward pass: TFCBP, winners alone, straight-through."""

import math
import unittest

import training_support as support

import numpy as np
import torch

from topkima.training.hardware import (AddResidual, Hardware, Normalise, Requantise, Round, Softmax,
                                       AvProducts, exponent_table)


def soft(scores, lsb, step, machine, mode):
    """Probability codes; one head."""
    d = torch.full((1, 1, 1), float(lsb), dtype=torch.float64)
    return Softmax.apply(scores, d, exponent_table([step], machine.ima_bits), d * 0 + step / lsb,
                         machine, mode, None)


class Attention(unittest.TestCase):
    def test_by_hand(self):
        """Scores 0, ln 2 and ln 3 (units of 1): softmax 1/6, 1/3, 1/2."""
        # 1000 score units are 1, a ramp step is 1/10; codes 0, 7, 11.
        scores = support.integers([[[[0, 693, 1099]]]]).requires_grad_()
        machine = Hardware(split=(3,), sub_k=(2,))
        p = soft(scores, 100, 0.1, machine, "full")
        # Winners 11 and 7: 31 / (1 + e^-0.4) = 18.6, and 12.4.
        self.assertEqual(p.tolist(), [[[[0, 12, 19]]]])
        p.backward(support.integers([[[[1, 0, 0]]]]))
        # 31 a_0 (delta - a) / 1000, also for the loser, column 0.
        expected = np.array([5 / 36, -1 / 18, -1 / 12]) * 31 / 1000
        np.testing.assert_allclose(scores.grad.flatten().numpy(), expected, rtol=1e-3)

        scores.grad = None
        soft(scores, 100, 0.1, machine, "topk").backward(support.integers([[[[1, 1, 0]]]]))
        # Of the winners alone: softmax 2/5, 3/5; the loser has none, nor does its gradient count.
        expected = np.array([0, 6 / 25, -6 / 25]) * 31 / 1000
        np.testing.assert_allclose(scores.grad.flatten().numpy(), expected, rtol=1e-3)

    def test_full_is_the_gradient_of_the_whole_softmax_times_values(self):
        rng = np.random.default_rng(1)
        for macro in ("topkima", "conventional"):
            machine = Hardware(split=(8, 4), sub_k=(2, 1), macro=macro)
            scores = support.integers(rng.integers(-60, 60, (2, 3, 5, 12))).requires_grad_()
            v = support.integers(rng.integers(-15, 16, (2, 3, 12, 6)))
            weight = torch.tensor(rng.normal(size=(2, 3, 5, 6)))
            unit = 0.03
            lsb = torch.full((3, 1, 1), 4.0, dtype=torch.float64)
            table = exponent_table([4 * unit] * 3, 5)
            p = Softmax.apply(scores, lsb, table, lsb * 0 + unit, machine, "full", None)
            (AvProducts.apply(p, v, machine) * weight).sum().backward()

            def floats(s):
                return (((s * unit).softmax(-1) * machine.prob_max) @ v * weight).sum().item()

            exact = scores.detach()
            for place in [tuple(rng.integers(0, exact.shape)) for _ in range(60)]:
                step = torch.zeros_like(exact)
                step[place] = 1e-4
                slope = (floats(exact + step) - floats(exact - step)) / 2e-4
                self.assertAlmostEqual(scores.grad[place].item(), slope, delta=1e-6)

    def test_losers_have_no_gradient_with_top_k_backward(self):
        rng = np.random.default_rng(2)
        machine = Hardware(split=(16, 9), sub_k=(3, 2))
        scores = support.integers(rng.integers(-100, 100, (4, 1, 7, 25))).requires_grad_()
        p = soft(scores, 8, 0.05, machine, "topk")
        p.backward(torch.tensor(rng.normal(size=p.shape)))
        self.assertTrue(((scores.grad != 0).sum(-1) <= 5).all())
        self.assertTrue((scores.grad[p > 0] != 0).all())
        np.testing.assert_allclose(scores.grad.sum(-1).numpy(), 0, atol=1e-12)
        full = scores.detach().clone().requires_grad_()
        soft(full, 8, 0.05, machine, "full").backward(torch.tensor(rng.normal(size=p.shape)))
        self.assertTrue((full.grad != 0).all())

    def test_saturated_scores_have_none(self):
        machine = Hardware(split=(3,), sub_k=(3,))
        scores = support.integers([[[[200, 10, -300]]]]).requires_grad_()
        soft(scores, 10, 0.1, machine, "full").backward(support.integers([[[[1, 2, 4]]]]))
        self.assertEqual((scores.grad != 0).flatten().tolist(), [False, True, False])

    def test_values(self):
        """Of V what the probabilities weight; none through slices that saturate."""
        machine = Hardware(split=(2,), sub_k=(2,), av_bits=3, av_rows=1)
        p = support.integers([[[[12, 5]]]]).requires_grad_()
        v = support.integers([[[[1], [2]]]]).requires_grad_()
        # 12 saturates a ramp of codes -4..3, steps of 3: code 4 in slice 0 of the first array.
        out = AvProducts.apply(p, v, machine)
        self.assertEqual(out.item(), 3 * 3 + 2 * 3 * 2)
        out.backward(support.integers([[[[1]]]]))
        self.assertEqual(p.grad.flatten().tolist(), [0, 2])
        self.assertAlmostEqual(v.grad.flatten()[0].item(), 12 * 14 / 15)
        self.assertEqual(v.grad.flatten()[1].item(), 5)


class VectorUnit(unittest.TestCase):
    def test_clamps_pass_gradients_inside(self):
        acc = support.integers([100, -99999, 99999]).requires_grad_()
        Requantise.apply(acc, support.integers([1000]), 127).sum().backward()
        self.assertEqual(acc.grad.tolist(), [0.127, 0, 0])
        h = support.integers([32760, 5]).requires_grad_()
        d = support.integers([9, 1]).requires_grad_()
        AddResidual.apply(h, d, 512).sum().backward()
        self.assertEqual((h.grad.tolist(), d.grad.tolist()), ([0, 1], [0, 2]))
        w = torch.tensor([0.5, 99.0], requires_grad=True)
        Round.apply(w, 0.01, -127, 127).sum().backward()
        self.assertEqual(w.grad.tolist(), [100, 0])

    def test_normalisation_is_that_of_a_layer_norm(self):
        rng = np.random.default_rng(3)
        h = support.integers(rng.integers(-9000, 9000, (4, 5, 32))).requires_grad_()
        gain = support.integers(rng.integers(2000, 6000, 32)).requires_grad_()
        bias = support.integers(rng.integers(-2**22, 2**22, 32)).requires_grad_()
        weight = torch.tensor(rng.normal(size=h.shape))
        (Normalise.apply(h, gain, bias) * weight).sum().backward()
        again = [t.detach().clone().requires_grad_() for t in (h, gain, bias)]
        normal = torch.nn.functional.layer_norm(again[0], (32,), again[1] / 2**8, again[2] / 2**20)
        (normal * weight).sum().backward()
        for one, other in zip((h, gain, bias), again):
            scale = other.grad.abs().max().item()
            self.assertLess((one.grad - other.grad).abs().max().item(), 2e-3 * scale)
            self.assertTrue(math.isfinite(scale) and scale > 0)


if __name__ == "__main__":
    unittest.main()
