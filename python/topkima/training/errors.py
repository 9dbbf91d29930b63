# SPDX-License-Identifier: Apache-2.0
"""What ends scripts/train with one line."""


class UsageError(Exception):
    """Options, checkpoints or outputs that cannot be used: exit status 2."""

    status = 2


class DataError(Exception):
    """Data files that cannot be used: exit status 3."""

    status = 3


class TrainingError(Exception):
    """A training that failed: exit status 4."""

    status = 4
