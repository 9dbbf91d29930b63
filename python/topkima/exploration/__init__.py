# SPDX-License-Identifier: Apache-2.0
"""Exploration of the design space: what `scripts/explore` is made of."""
