# SPDX-License-Identifier: Apache-2.0
"""What runs have covered of pin contracts and of RTL (docs/coverage.md): directories that
--cosim.coverage has filled, merged; told as text, JSON and a page."""
