#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gradients through the hardware's forward pass: TFCBP, winners alone, straight-through."""

import math
import unittest

import training_support as support

import numpy as np
import random_hardware
import selection_reference as slow
import torch

from topkima.training.hardware import (AddResidual, AvProducts, Normalise, Requantise, Round,
                                       Softmax, exponent_table)
from topkima.training.network import Network, Shape, by_kv_heads, by_query_heads
from topkima.training.parameters import Hardware
from topkima.training.selection import Selection

UNIT = 0.03


def soft(scores, lsb, step, machine, mode, **padding):
    """Probability codes, the same constants for all heads."""
    d = torch.full((scores.shape[1], 1, 1), float(lsb), dtype=torch.float64)
    selection = Selection(machine, scores.shape[-1], scores.shape[-2], **padding)
    table = exponent_table([step] * scores.shape[1], machine.ima_bits)
    return Softmax.apply(scores, d, table, d * 0 + step / lsb, selection, mode, None)


def float_probabilities(scores, who, machine):
    """Softmax among some of each row, as torch's own functions and gradients have it."""
    weights = (scores * UNIT).exp() * who
    total = weights.sum(-1, keepdim=True)
    return weights / torch.where(total > 0, total, torch.ones_like(total)) * machine.prob_max


def participants(machine, rows, tokens):
    by_name = random_hardware.by_name(machine)
    return torch.tensor([[slow.takes_part(t, row, tokens, by_name) for t in range(tokens)]
                         for row in range(rows)])


def copied(*tensors):
    return [t.detach().clone().requires_grad_() for t in tensors]


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
            p = soft(scores, 4, 4 * UNIT, machine, "full")
            (AvProducts.apply(p, v, machine) * weight).sum().backward()

            def floats(s):
                return (((s * UNIT).softmax(-1) * machine.prob_max) @ v * weight).sum().item()

            exact = scores.detach()
            for place in [tuple(rng.integers(0, exact.shape)) for _ in range(60)]:
                step = torch.zeros_like(exact)
                step[place] = 1e-4
                slope = (floats(exact + step) - floats(exact - step)) / 2e-4
                self.assertAlmostEqual(scores.grad[place].item(), slope, delta=1e-6)

    def test_of_random_hardware_it_is_that_of_floats(self):
        """Masks, placement, scope and reach; both modes; heads that share K and V."""
        rng = np.random.default_rng(4)
        for _ in range(60):
            tokens, kv_heads, group, d_k = (int(n) for n in rng.integers(1, [24, 4, 4, 6]))
            shape = Shape("text", 1, kv_heads * group, kv_heads * group * d_k, 1, tokens, 1, 1,
                          kv_heads=kv_heads)
            # Ramps that reach all scores.
            machine = random_hardware.machine(rng, tokens, ima_bits=7, av_bits=12, reach=0)
            q = support.integers(rng.integers(-3, 4, (2, shape.heads, tokens, d_k)))
            k, v = (support.integers(rng.integers(-3, 4, (2, kv_heads, tokens, d_k)))
                    for _ in range(2))
            weight = torch.tensor(rng.normal(size=q.shape))
            for mode in ("full", "topk"):
                q1, k1, v1 = copied(q, k, v)
                scores = by_query_heads(by_kv_heads(q1, shape) @ k1.transpose(-2, -1), shape)
                p = soft(scores, 1, UNIT, machine, mode)
                out = by_query_heads(AvProducts.apply(by_kv_heads(p, shape), v1, machine), shape)
                (out * weight).sum().backward()

                q2, k2, v2 = copied(q, k, v)
                whole = q2 @ k2.repeat_interleave(group, 1).transpose(-2, -1)
                who = participants(machine, tokens, tokens)
                if mode == "topk" and machine.counts_winners:
                    by_name = random_hardware.by_name(machine)
                    who = torch.zeros(whole.shape, dtype=torch.bool)
                    for place in np.ndindex(2, shape.heads, tokens):
                        who[place][slow.winners(whole[place].tolist(), place[2], by_name)] = True
                floats = float_probabilities(whole, who, machine)
                values = v2.repeat_interleave(group, 1)
                # Straight through: V is weighted by the codes, codes change as the floats do.
                ((floats + (p.detach() - floats.detach())) @ values * weight).sum().backward()
                for one, other in ((q1, q2), (k1, k2), (v1, v2)):
                    torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-9)

    def test_who_takes_no_part_has_no_gradient(self):
        rng = np.random.default_rng(5)
        for _ in range(60):
            tokens = int(rng.integers(2, 30))
            machine = random_hardware.machine(rng, tokens, macro="topkima")
            scores = support.integers(rng.integers(-99, 100, (1, 1, tokens, tokens)))
            who = participants(machine, tokens, tokens)
            for mode in ("full", "topk"):
                seen, = copied(scores)
                p = soft(seen, 4, 4 * UNIT, machine, mode)
                p.backward(torch.tensor(rng.normal(size=p.shape)))
                self.assertTrue(torch.isfinite(seen.grad).all())
                self.assertFalse(seen.grad[0, 0][~who].any() or p[0, 0][~who].any())

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
        machine = Hardware(split=(2,), sub_k=(2,), av_bits=3, av_lsb=3, av_rows=1)
        p = support.integers([[[[12, 5]]]]).requires_grad_()
        v = support.integers([[[[1], [2]]]]).requires_grad_()
        # 12 saturates a ramp of codes -4..3, steps of 3: code 4 in slice 0 of the first array.
        out = AvProducts.apply(p, v, machine)
        self.assertEqual(out.item(), 3 * 3 + 2 * 3 * 2)
        out.backward(support.integers([[[[1]]]]))
        self.assertEqual(p.grad.flatten().tolist(), [0, 2])
        self.assertAlmostEqual(v.grad.flatten()[0].item(), 12 * 14 / 15)
        self.assertEqual(v.grad.flatten()[1].item(), 5)


class Floats(unittest.TestCase):
    def test_a_masked_network_sees_participants_alone(self):
        torch.manual_seed(1)
        network = Network(Shape("text", 2, 4, 16, 8, 6, 9, 9, kv_heads=2)).double()
        x = torch.randint(0, 9, (3, 6))
        # Token 5 is seen by nobody, and rows 0 and 5 see nothing.
        who = torch.ones(6, 6, dtype=torch.bool)
        who[:, 5], who[5], who[0] = False, False, False
        for winners in (None, 2):
            self.assertTrue(torch.isfinite(network(x, who, winners)).all())
            other = x.clone()
            other[:, 5] = (x[:, 5] + 1) % 9
            before, after = network(x, who, winners), network(other, who, winners)
            self.assertTrue(torch.equal(before[:, :5], after[:, :5]))
            self.assertFalse(torch.equal(before[:, 5], after[:, 5]))
            network.zero_grad()
            network(x, who, winners).sum().backward()
            self.assertTrue(all(torch.isfinite(p.grad).all() for p in network.parameters()))

    def test_heads_that_share_are_heads_with_the_same_keys_and_values(self):
        torch.manual_seed(2)
        shared = Network(Shape("text", 1, 4, 16, 8, 6, 9, 9, kv_heads=2)).double()
        alone = Network(Shape("text", 1, 4, 16, 8, 6, 9, 9)).double()
        weights = shared.state_dict()
        for name in ("key", "value"):
            heads = weights[f"layers.0.{name}.weight"].unflatten(1, (2, 4))
            weights[f"layers.0.{name}.weight"] = heads.repeat_interleave(2, 1).flatten(1)
        alone.load_state_dict(weights)
        x = torch.randint(0, 9, (3, 6))
        torch.testing.assert_close(shared(x), alone(x))


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
