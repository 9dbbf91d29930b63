# SPDX-License-Identifier: Apache-2.0

CHECKPOINT = "checkpoint.npz"    # float weights, of a package and of a training on its way
