"""Exploration of the design space: what `scripts/explore` is made of."""
