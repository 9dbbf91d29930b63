# SPDX-License-Identifier: Apache-2.0
"""Shapes of JSON: what a value must hold to be worked with. A shape is a type; a list of one shape,
of any number of such; an object of shapes by key, "*" for any; or a shape in a tuple, which may be
absent or null."""

from topkima.files import InputKind, read_json


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


def read_shaped(path, kind: InputKind, shape, where: str):
    """A file of JSON of this shape; `where`: what it is called where something in it is not."""
    value = read_json(path, kind)
    if wrong := misfit(value, shape, where):
        kind.refuse(path, wrong)
    return value
