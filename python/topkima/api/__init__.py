# SPDX-License-Identifier: Apache-2.0
"""What `import topkima` offers: a run and its results, sweeps, studies."""
