# SPDX-License-Identifier: Apache-2.0
"""What runs have covered of pin contracts and of RTL (docs/coverage.md): directories that
--cosim.coverage has filled, merged; told as text, JSON and a page."""

from topkima.coverage.merge import merged
from topkima.coverage.page import page_of
from topkima.coverage.text import as_json, summary

__all__ = ["as_json", "merged", "page_of", "summary"]
