# SPDX-License-Identifier: Apache-2.0
"""The published figures, reproduced: studies for scripts/explore and what comes of their tables."""
