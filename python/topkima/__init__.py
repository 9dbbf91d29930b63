# SPDX-License-Identifier: Apache-2.0
"""Topkima-Former in Python (docs/python.md): run(), sweep() and Study for notebooks and scripts.

    result = topkima.run({"topk.k": 8}, input={"q": q, "k": k, "v": v}, tool="macro")
    result.topk_index, result.report["totals"]["latency_us"], result.metrics["alpha"]

The commands of scripts/ are made of the same package.
"""

import importlib

from topkima.errors import DataError, SimulationError, TopkimaError, TrainingError, UsageError
from topkima.places import data

# What needs numpy, or for studies more, is loaded where it is first used.
_LATER = {"Result": "results", "Study": "studies", "run": "results", "sweep": "sweeps"}

__all__ = ["DataError", "SimulationError", "TopkimaError", "TrainingError", "UsageError", "data",
           *_LATER]


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'topkima' has no attribute '{name}'")
    return getattr(importlib.import_module(f"topkima.api.{_LATER[name]}"), name)


def __dir__():
    return sorted([*globals(), *_LATER])
