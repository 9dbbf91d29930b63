# SPDX-License-Identifier: Apache-2.0
"""What the commands in scripts/ are made of."""
