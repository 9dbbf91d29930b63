# SPDX-License-Identifier: Apache-2.0
"""Shapes of JSON: what a report must hold to be compared and shown."""

WAIT = {"total": int, "by": {"*": int}}
STAGES = [{"name": str, "kind": str, "busy": int, "starved": WAIT, "blocked": WAIT}]
# In a tuple: what may be absent or null.
COMPONENT = {"name": str, "instances": int, "area_mm2": float, "dynamic_pj": float,
             "leakage_pj": float, "assumed_energy_share": (float,), "assumed_area_share": (float,)}
CONSTANT = {"name": str, "unit": str, "provenance": str, "citation": str}
# What all kinds of report have.
OF_ALL = {"schema": str, "schema_version": int, "tool": str, "rtl": ([str],),
          "energy": ({"totals": {"area_mm2": float}, "components": [COMPONENT]},),
          "configuration": {"*": {"unit": str, "default": str, "provenance": str}}}


def misfit(value, shape, where: str) -> str:
    """What keeps a value from having the shape, "" if nothing does."""
    if isinstance(shape, tuple):
        return "" if value in (None, ...) else misfit(value, shape[0], where)
    if isinstance(shape, type):
        kinds = (int, float) if shape is float else shape
        fits = isinstance(value, kinds) and isinstance(value, bool) == (shape is bool)
        return "" if fits else f"{where}: expected {shape.__name__}"
    if not isinstance(value, type(shape)):
        return f"{where}: expected {'a list' if isinstance(shape, list) else 'an object'}"
    if isinstance(shape, list):
        parts = [(item, shape[0], f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        names = value if "*" in shape else shape
        parts = [(value.get(name, ...), shape.get(name, shape.get("*")), f"{where}.{name}")
                 for name in names]
    return next(filter(None, (misfit(*part) for part in parts)), "")
