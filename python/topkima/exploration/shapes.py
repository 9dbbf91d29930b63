# SPDX-License-Identifier: Apache-2.0
"""What a report must hold to be compared and shown (topkima/shapes.py)."""

WAIT = {"total": int, "by": {"*": int}}
STAGES = [{"name": str, "kind": str, "busy": int, "starved": WAIT, "blocked": WAIT}]


def bounds(*names: str) -> dict:
    """Of these figures, which are absent in older reports. An upper bound that is null is none."""
    return {f"{name}_{bound}": (float,) for name in names for bound in ("low", "high")}


COMPONENT = {"name": str, "instances": int, "area_mm2": float, "dynamic_pj": float,
             "leakage_pj": float, "assumed_energy_share": (float,), "assumed_area_share": (float,),
             **bounds("area_mm2", "dynamic_pj", "leakage_pj")}
CONSTANT = {"name": str, "unit": str, "provenance": str, "citation": str, "one_source": (bool,),
            "conditions": (str,), **bounds("value")}
# What all kinds of report have.
OF_ALL = {"schema": str, "schema_version": int, "tool": str, "rtl": ([str],),
          "energy": ({"totals": {"area_mm2": float}, "components": [COMPONENT]},),
          "configuration": {"*": {"unit": str, "default": str, "provenance": str}}}
