# SPDX-License-Identifier: Apache-2.0
"""What the reports that follow from studies share, those of `scripts/reproduce` and
`scripts/accuracy`: studies run for a reduced table, tables, plots, words and numbers."""
