# SPDX-License-Identifier: Apache-2.0
"""Runs of one attention module, in the SoC or as the macro alone."""

from topkima.exploration.shapes import OF_ALL, STAGES

SCHEMA = "topkima-report"
WHAT = "an attention module"
PROGRAM = "topkima-soc without a model or of topkima-macro"
WORK = ("workload", ("heads", "query_rows", "tokens", "d_k", "projected"))
MASKS = {"participants_per_row": {"mean": float, "least": int, "most": int},
         "winners_per_row": float, "conversions": int, "resting_conversions": int,
         "crossbars": [{}]}
SHAPE = {**OF_ALL, "early_stop": {}, "float_reference": ({},), "masks": (MASKS,),
         "totals": {"latency_cycles": int, "latency_us": float, "steady_state": {}},
         "critical_path": ({"cycles": {"*": int}, "latency_if_twice_as_fast": {"*": int},
                            "groups": ({"*": {"label": str, "kinds": [str],
                                              "latency_if_twice_as_fast": int}},)},),
         "workload": {"heads": int, "query_rows": int, "tokens": int, "d_k": int,
                      "projected": bool},
         "stages": STAGES}


def flaw_of(report: dict) -> str:
    return ""


def sections(a: dict, b: dict) -> list[str]:
    from topkima.exploration.comparison import module
    return module.sections(a, b)


def write_page(results, path, tools=None) -> None:
    from topkima.exploration.page.run_page import write_run_page
    write_run_page(results, path, tools)
