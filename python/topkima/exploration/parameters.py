# SPDX-License-Identifier: Apache-2.0
"""Values of the tool's parameters, as a study gives them: single ones, lists and ranges. Errors are
UsageErrors without the name of the study's file."""

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path

from topkima.errors import UsageError, echoed
from topkima.exploration.expressions import Expression
from topkima.names import name_in, name_text
from topkima.places import given_or_shipped
from topkima.tool import LIBRARIES

RANGE_KEYS = ("from", "to", "step", "log", "points", "when")
LIST_KEYS = ("values", "when")
MOST_VALUES = 100_000       # of a range
LARGEST = 1e300
CLOSE = 0.6                 # of 1: as like as names are that somebody may have meant
NUMBERS = {"integer": r"[-+]?[0-9]+", "real": r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"}


def known(name: str, names, what: str):
    """Throws unless `name` is one of `names`; suggests the nearest."""
    if name in names:
        return
    near = close_names(name, names)
    raise UsageError(f"{what} '{name}' is not known"
                     + (f"; did you mean '{near[0]}'?" if near else ""))


def close_names(name: str, names) -> list:
    """Those of `names` that `name` is close to, the closest first, judged by what is behind their
    dots and of equals by the whole."""
    def likeness(one: str, other: str) -> float:
        return difflib.SequenceMatcher(None, one, other).ratio()

    def key_of(one: str) -> str:
        return one.split(".", 1)[-1]

    close = [(likeness(key_of(name), key_of(each)), likeness(name, each), each) for each in names]
    return [each for key, _, each in sorted(close, reverse=True) if key >= CLOSE]


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def is_integer(value, low: int, high: float = LARGEST) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def text_of(value) -> str:
    """As the tool takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(text_of(each) for each in value)
    return str(value)


def checked(parameter: dict, value, base: Path) -> str:
    """The text of one value of a parameter, in its range and unit; a path is seen from `base`."""
    name, unit = parameter["name"], parameter["unit"]
    if isinstance(value, dict):
        raise UsageError(f"{name}: expected a value")
    if parameter["kind"] == "file":
        return _file(parameter, text_of(value), base)
    text = text_of(value).strip()
    if name == LIBRARIES and text != parameter["default"]:
        raise UsageError(f"{name} = {echoed(text)}: libraries run inside the tool, and a study "
                         "does not say where they lie; expected auto, those that come with the "
                         "tool")
    with_unit = re.fullmatch(r"([-+]?[.\d]+(?:[eE][-+]?\d+)?)\s*([^\s\d.,+-].*)", text)
    if with_unit and parameter["kind"].removesuffix("_band") in NUMBERS:
        if with_unit[2] != unit:
            raise UsageError(f"{name} = '{text}': expected {unit or 'no unit'}")
        text = with_unit[1]
    if not _in_range(parameter, text):
        raise UsageError(f"{name} = '{text}': expected {parameter['range']}"
                         + (f" {unit}" if unit else ""))
    return text


def _file(parameter: dict, text: str, base: Path) -> str:
    """A word, or the path of a file that is there."""
    name = parameter["name"]
    if text in parameter["words"].split(","):
        return text
    path = path_at(name, base, text)
    if not path.is_file():
        raise UsageError(f"{name} = {echoed(text)}: {path} is no file; expected "
                         f"{parameter['range']}")
    return name_text(path)


def path_at(key: str, base: Path, text: str, error_of=UsageError) -> Path:
    """Where a path of a study leads, or what is shipped by that name."""
    try:
        return given_or_shipped(base, name_in(text))
    except (OSError, ValueError, RuntimeError) as error:    # too long, a NUL, a loop of links
        why = getattr(error, "strerror", None) or error     # without the name once more
        raise error_of(f"{key} = '{text}': {why}") from error


def _in_range(parameter: dict, text: str) -> bool:
    kind = parameter["kind"]
    if kind == "text":
        return text != "" and text.isprintable()
    if kind == "boolean":
        return text in ("true", "false")
    if text in (word for word in parameter["words"].split(",") if word):
        return True
    if kind == "choice":
        return False
    number, _, several = kind.partition("_")
    pieces = [piece.strip() for piece in text.split(",")] if several else [text]
    if not all(re.fullmatch(NUMBERS[number], piece)
               and parameter["low"] <= float(piece) <= parameter["high"] for piece in pieces):
        return False
    if several != "band" or len(pieces) == 1:
        return True
    if len(pieces) != 3:
        return False
    value, low, high = map(float, pieces)
    return low <= value <= high


@dataclass
class Varied:
    """A parameter that a study varies: by a list of values, or a range of numbers."""
    name: str
    values: list = field(default_factory=list)   # texts; of a range, those that a grid takes
    low: float = 0
    high: float = 0
    step: float = 0                              # 0: any number
    log: bool = False
    integer: bool = False
    when: Expression | None = None

    @property
    def is_range(self) -> bool:
        return self.high > self.low

    @property
    def first(self) -> str:
        return self.values[0] if self.values else text_of(self.low)


def varied(parameter: dict, spec, base: Path) -> Varied:
    """What the study says of a parameter under [parameters]."""
    name = parameter["name"]
    if isinstance(spec, list):
        spec = {"values": spec}
    if not isinstance(spec, dict):
        raise UsageError(f"{name}: expected a list of values or a range "
                         "{ from = .., to = .. }; one value belongs into [fixed]")
    for key in spec:
        known(key, LIST_KEYS if "values" in spec else RANGE_KEYS, f"key of {name}:")
    result = Varied(name)
    if "when" in spec:
        if not isinstance(spec["when"], str):
            raise UsageError(f"{name}: when = {spec['when']!r}; expected a text")
        result.when = Expression(spec["when"], f"{name}: when")
    if "values" not in spec:
        _range(result, parameter, spec, base)
    elif isinstance(spec["values"], list) and spec["values"]:
        result.values = list(dict.fromkeys(
            checked(parameter, each, base) for each in spec["values"]))
    else:
        raise UsageError(f"{name}: values = {spec['values']!r}; expected a list of values")
    return result


def _range(result: Varied, parameter: dict, spec: dict, base: Path):
    name, kind = result.name, parameter["kind"]
    if not kind.startswith(tuple(NUMBERS)):
        raise UsageError(f"{name} is a {kind}: expected a list of values")
    for key in ("from", "to"):
        if key not in spec:
            raise UsageError(f"{name}: a range needs '{key}'")
    low, high = (checked(parameter, spec[key], base) for key in ("from", "to"))
    try:
        result.low, result.high = float(low), float(high)
    except ValueError:
        result.low = result.high = 0    # a word or a list
    if not result.is_range:
        raise UsageError(f"{name}: from = {low} is not below to = {high}")
    result.integer = kind.startswith("integer")
    result.log = spec.get("log", False)
    if not isinstance(result.log, bool):
        raise UsageError(f"{name}: log = {result.log!r}; expected true or false")
    if result.log and result.low <= 0:
        raise UsageError(f"{name}: from = {low}: a log range begins above 0")
    if "step" in spec and (result.log or "points" in spec):
        raise UsageError(f"{name}: a range has step, or points, or log and perhaps points")
    result.step = spec.get("step", 1 if result.integer and not result.log else 0)
    if not is_number(result.step) or ("step" in spec and result.step <= 0) or \
            (result.integer and result.step != int(result.step)):
        raise UsageError(f"{name}: step = {result.step!r}; expected a positive "
                         + ("integer" if result.integer else "number"))
    _range_values(result, spec.get("points"))


def _range_values(result: Varied, points):
    """What a grid takes of a range: every step, or so many points."""
    low, high = result.low, result.high
    if points is not None:
        if not is_integer(points, 2, MOST_VALUES):
            raise UsageError(f"{result.name}: points = {points!r}; expected 2..{MOST_VALUES}")
        share = [i / (points - 1) for i in range(points)]
        numbers = [low * (high / low) ** s if result.log else low + (high - low) * s for s in share]
    elif result.step:
        steps = (high - low) / result.step + 1e-9
        if steps >= MOST_VALUES:
            raise UsageError(f"{result.name}: more than {MOST_VALUES} steps; give a larger step")
        numbers = [low + i * result.step for i in range(int(steps) + 1)]
    else:
        return
    result.values = list(dict.fromkeys(
        number_text(round(number) if result.integer else number) for number in numbers))


def number_text(number) -> str:
    """Without what rounding left behind: 0.3, not 0.30000000000000004."""
    return text_of(number if isinstance(number, int) else float(f"{number:.12g}"))
