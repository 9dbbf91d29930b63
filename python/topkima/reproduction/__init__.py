# SPDX-License-Identifier: Apache-2.0
"""The published figures, reproduced: studies for scripts/explore, and what is made of their tables."""
