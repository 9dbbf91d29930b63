"""Exploration of the design space: what the tools of that name are made of."""
