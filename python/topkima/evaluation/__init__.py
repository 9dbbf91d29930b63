# SPDX-License-Identifier: Apache-2.0
"""What scripts/accuracy is made of."""
