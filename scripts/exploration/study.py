"""A study file (docs/exploration.md), read and checked against the tool before anything runs."""

import difflib
import itertools
import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from exploration.errors import UsageError
from exploration.expressions import Constraint, Expression, value_of
from exploration.tool import NAMES, Tool

SAMPLERS = ("grid", "random", "list", "nsga2", "tpe")
KEYS = ("name", "question", "tool", "workload", "parameters", "fixed", "minimize", "maximize",
        "constraints", "sampler", "point", "limit_s")
SAMPLER_KEYS = ("kind", "points", "seed", "population")
RANGE_KEYS = ("from", "to", "step", "log", "points", "values", "when")
SHAPE_KEYS = {"heads": "attention.heads", "tokens": "attention.tokens",
              "query_rows": "attention.query_rows", "d_model": "attention.d_model",
              "seed": "workload.seed"}


def known(name: str, names, what: str):
    """Throws unless `name` is one of `names`; suggests the nearest."""
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1, 0)
    raise UsageError(f"{what} '{name}' is not known" + (f"; did you mean '{near[0]}'?" if near else ""))


def text_of(value) -> str:
    """As the tool takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(text_of(each) for each in value)
    return str(value)


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


@dataclass
class Workload:
    name: str
    input: str = ""                              # directory; empty: synthetic
    settings: dict = field(default_factory=dict)


class Study:
    def __init__(self, text: str, where: str, base: Path, name: str):
        """`where` is named in errors; input directories are relative to `base`; `name`: where the
        text gives none."""
        self.text, self._where, self.base = text, where, base
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{where}: not a TOML file: {error}") from error
        for key in data:
            self._known(key, KEYS, "key")
        self.name = self._text(data, "name", name)
        self.question = self._text(data, "question", "")
        tool = self._text(data, "tool", "soc")
        self._known(tool, NAMES, "tool")
        self.tool = Tool(tool)
        self.limit_s = data.get("limit_s", 0)
        if not self._is_number(self.limit_s) or self.limit_s < 0:
            raise self._error(f"limit_s = {self.limit_s}; expected seconds")
        self.workloads = self._workloads(data.get("workload", [{}]))
        self.fixed = {name: self._checked(name, value)
                      for name, value in self._flat(data.get("fixed", {})).items()}
        self.varied = [self._varied(name, spec)
                       for name, spec in self._flat(data.get("parameters", {})).items()]
        self._check_conditions()
        self.objectives = self._objectives(data)
        self.constraints = [self._constraint(text) for text in self._list(data, "constraints")]
        self._sampler(data.get("sampler", {}))
        self.listed = [{name: self._checked(name, value)
                        for name, value in self._flat(point).items()}
                       for point in self._list(data, "point")]
        self._check_sampler()

    def _error(self, text: str) -> UsageError:
        return UsageError(f"{self._where}: {text}")

    def _known(self, name, names, what):
        known(name, names, f"{self._where}: {what}")

    @staticmethod
    def _is_number(value) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

    def _text(self, data: dict, key: str, otherwise: str) -> str:
        value = data.get(key, otherwise)
        if not isinstance(value, str):
            raise self._error(f"{key} = {value!r}; expected a text")
        return value

    def _list(self, data: dict, key: str) -> list:
        value = data.get(key, [])
        kind = dict if key == "point" else str
        if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
            raise self._error(f"{key}: expected a list of {'tables' if kind is dict else 'texts'}")
        return value

    def _flat(self, table, before: str = "") -> dict:
        """topk.k = 5 and "topk.k" = 5 are the same to a study; the tool's names, checked."""
        if not isinstance(table, dict):
            raise self._error(f"{before or 'a table of parameters'}: expected a table")
        flat = {}
        for key, value in table.items():
            name = f"{before}.{key}" if before else key
            if name not in self.tool.parameters and isinstance(value, dict):
                flat.update(self._flat(value, name))
            else:
                self._known(name, self.tool.parameters, "parameter")
                flat[name] = value
        return flat

    # Workloads

    def _workloads(self, tables) -> list:
        if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
            raise self._error("workload: expected [[workload]] tables")
        workloads = []
        for table in tables:
            for key in table:
                self._known(key, ("name", "input", "shape"), "key of a workload:")
            if "input" in table and "shape" in table:
                raise self._error("a workload has input or shape, not both")
            workloads += self._inputs(table) if "input" in table else self._shapes(table)
        names = [workload.name for workload in workloads]
        for name in names:
            if names.count(name) > 1:
                raise self._error(f"two workloads have the name '{name}'")
        return workloads

    def _inputs(self, table: dict) -> list:
        given = table["input"] if isinstance(table["input"], list) else [table["input"]]
        workloads = []
        for each in given:
            if not isinstance(each, str):
                raise self._error(f"input = {each!r}; expected a directory")
            path = (self.base / each).resolve()
            if not path.is_dir():
                raise self._error(f"input = '{each}': {path} is no directory")
            name = self._text(table, "name", "") if len(given) == 1 else ""
            workloads.append(Workload(name or path.name, str(path)))
        return workloads

    def _shapes(self, table: dict) -> list:
        shape = table.get("shape", {})
        if not isinstance(shape, dict):
            raise self._error("shape: expected a table")
        for key in shape:
            self._known(key, SHAPE_KEYS, "key of a shape:")
        lists = {key: value if isinstance(value, list) else [value] for key, value in shape.items()}
        workloads = []
        for values in itertools.product(*lists.values()):
            chosen = dict(zip(lists, values))
            settings = {SHAPE_KEYS[key]: self._checked(SHAPE_KEYS[key], value)
                        for key, value in chosen.items()}
            several = [f"{key}={chosen[key]}" for key in lists if len(lists[key]) > 1]
            name = " ".join([self._text(table, "name", "" if several else "synthetic"), *several])
            workloads.append(Workload(name.strip(), "", settings))
        return workloads

    # Values

    def _checked(self, name: str, value) -> str:
        """The text of one value of a parameter, in its range and unit."""
        parameter = self.tool.parameters[name]
        if isinstance(value, dict):
            raise self._error(f"{name}: expected a value")
        text = text_of(value).strip()
        unit = parameter["unit"]
        with_unit = re.fullmatch(r"([-+.\deE]+)\s+(\S.*)", text)
        if with_unit and parameter["kind"] in ("integer", "real"):
            if with_unit[2] != unit:
                raise self._error(f"{name} = '{text}': expected {unit or 'no unit'}")
            text = with_unit[1]
        if not self._in_range(parameter, text):
            raise self._error(f"{name} = '{text}': expected {parameter['range']}"
                              + (f" {unit}" if unit else ""))
        return text

    @staticmethod
    def _in_range(parameter: dict, text: str) -> bool:
        kind = parameter["kind"]
        if kind == "text":
            return bool(text)
        if kind == "boolean":
            return text in ("true", "false")
        if text in (word for word in parameter["words"].split(",") if word):
            return True
        if kind == "choice":
            return False
        number = r"[-+]?\d+" if kind.startswith("integer") else r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
        pieces = [piece.strip() for piece in text.split(",")] if kind.endswith("list") else [text]
        return all(re.fullmatch(number, piece)
                   and parameter["low"] <= float(piece) <= parameter["high"] for piece in pieces)

    def _varied(self, name: str, spec) -> Varied:
        if isinstance(spec, list):
            spec = {"values": spec}
        if not isinstance(spec, dict):
            raise self._error(f"{name}: expected a list of values or a range "
                              "{ from = .., to = .. }; one value belongs into [fixed]")
        for key in spec:
            self._known(key, RANGE_KEYS, f"key of {name}:")
        varied = Varied(name)
        if "when" in spec:
            varied.when = Expression(self._text(spec, "when", ""), f"{self._where}: {name}")
        if "values" in spec:
            if not isinstance(spec["values"], list) or not spec["values"]:
                raise self._error(f"{name}: values is no list")
            varied.values = list(dict.fromkeys(self._checked(name, each) for each in spec["values"]))
            return varied
        self._range(varied, spec)
        return varied

    def _range(self, varied: Varied, spec: dict):
        name, kind = varied.name, self.tool.parameters[varied.name]["kind"]
        if not kind.startswith(("integer", "real")):
            raise self._error(f"{name} is a {kind}: expected a list of values")
        for key in ("from", "to"):
            if key not in spec:
                raise self._error(f"{name}: a range needs '{key}'")
        low, high = (float(self._checked(name, spec[key]))
                     if self._is_number(value_of(self._checked(name, spec[key]))) else math.nan
                     for key in ("from", "to"))
        if not low < high:
            raise self._error(f"{name}: from = {spec['from']} is not below to = {spec['to']}")
        varied.low, varied.high = low, high
        varied.integer = kind.startswith("integer")
        varied.log = spec.get("log", False)
        if not isinstance(varied.log, bool) or (varied.log and low <= 0):
            raise self._error(f"{name}: log = {spec['log']}; expected true with from > 0, or false")
        if varied.log and "step" in spec:
            raise self._error(f"{name}: a log range has no step")
        step = spec.get("step", 1 if varied.integer and not varied.log else 0)
        if not self._is_number(step) or step < 0 or (varied.integer and step != int(step)) or \
                ("step" in spec and step == 0):
            raise self._error(f"{name}: step = {step}; expected a positive "
                              + ("integer" if varied.integer else "number"))
        varied.step = step
        self._range_values(varied, spec)

    def _range_values(self, varied: Varied, spec: dict):
        """What a grid takes of a range: every step, or so many points."""
        low, high, points = varied.low, varied.high, spec.get("points")
        if points is None and varied.step == 0:
            return
        if points is None:
            count = int((high - low) / varied.step + 1e-9) + 1
            if count > 100_000:
                raise self._error(f"{varied.name}: {count} steps; give a larger step")
            numbers = [low + i * varied.step for i in range(count)]
        else:
            if not isinstance(points, int) or isinstance(points, bool) or points < 2:
                raise self._error(f"{varied.name}: points = {points}; expected 2 or more")
            share = [i / (points - 1) for i in range(points)]
            numbers = [low * (high / low) ** s if varied.log else low + (high - low) * s for s in share]
        numbers = [round(n) if varied.integer else float(f"{n:.12g}") for n in numbers]
        varied.values = list(dict.fromkeys(text_of(number) for number in numbers))

    def _check_conditions(self):
        """A condition may look at what is declared before it, or fixed, or left at its default."""
        for index, varied in enumerate(self.varied):
            if varied.when is None:
                continue
            later = [other.name for other in self.varied[index:]]
            for name in varied.when.names:
                self._known(name, self.tool.parameters, f"{varied.name}: when: parameter")
                if name in later:
                    raise self._error(f"{varied.name}: when: {name} must be declared before it")
        for varied in self.varied:
            if varied.name in self.fixed:
                raise self._error(f"{varied.name} is both fixed and varied")
            for workload in self.workloads:
                if varied.name in workload.settings:
                    raise self._error(f"{varied.name} is varied, and given by workload "
                                      f"'{workload.name}'")

    # Objectives

    def _objectives(self, data: dict) -> list:
        objectives = []
        for direction in ("minimize", "maximize"):
            for metric in self._list(data, direction):
                self._known(metric, self.tool.metrics, f"{direction}: metric")
                objectives.append((metric, direction))
        metrics = [metric for metric, _ in objectives]
        for metric in metrics:
            if metrics.count(metric) > 1:
                raise self._error(f"'{metric}' is an objective twice")
        if not objectives:
            raise self._error('minimize or maximize: a study needs an objective, '
                              'such as minimize = ["latency_us"]')
        return objectives

    def _constraint(self, text: str) -> Constraint:
        constraint = Constraint(text, f"{self._where}: constraints")
        for name in constraint.expression.names:
            self._known(name, self.tool.metrics, "constraints: metric")
        return constraint

    # Sampler

    def _sampler(self, table):
        if not isinstance(table, dict):
            raise self._error("sampler: expected a table")
        for key in table:
            self._known(key, SAMPLER_KEYS, "key of the sampler:")
        self.sampler = self._text(table, "kind", "grid")
        self._known(self.sampler, SAMPLERS, "sampler")
        self.seed = table.get("seed", 1)
        self.points = table.get("points")
        self.population = table.get("population", 50 if self.sampler == "nsga2" else 16)
        for key, low in (("seed", 0), ("points", 1), ("population", 2)):
            value = getattr(self, key)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)
                                      or value < low):
                raise self._error(f"sampler: {key} = {value}; expected an integer from {low}")

    def _check_sampler(self):
        searches = self.sampler in ("random", "nsga2", "tpe")
        if searches and self.points is None:
            raise self._error(f"sampler {self.sampler} needs points = .., how many to try")
        if not searches and self.points is not None:
            raise self._error(f"sampler {self.sampler} takes no points")
        if (self.sampler == "list") != bool(self.listed):
            raise self._error("[[point]] tables and the sampler list belong together")
        if self.sampler == "list" and self.varied:
            raise self._error("the sampler list takes its values from [[point]], not [parameters]")
        if searches and not self.varied:
            raise self._error(f"sampler {self.sampler} needs [parameters]")
        if self.sampler == "grid":
            for varied in self.varied:
                if not varied.values:
                    raise self._error(f"{varied.name}: a grid needs step or points")

    # What the rest asks for

    @property
    def searches(self) -> bool:
        """Later points depend on the results of earlier ones."""
        return self.sampler in ("nsga2", "tpe")

    @property
    def varied_names(self) -> list:
        names = [varied.name for varied in self.varied]
        for point in self.listed:
            names += [name for name in point if name not in names]
        return names

    def active(self, chosen: dict) -> dict:
        """Of a value for each varied parameter those whose condition holds."""
        result = {}
        for varied in self.varied:
            if varied.when is not None:
                values = {name: value_of(result.get(name, self.fixed.get(
                    name, self.tool.parameters[name]["default"]))) for name in varied.when.names}
                if not varied.when(values):
                    continue
            result[varied.name] = chosen[varied.name]
        return result

    def settings(self, workload: Workload, parameters: dict) -> dict:
        """Everything that a point gives to the tool."""
        return {**workload.settings, **self.fixed, **parameters}

    def violated(self, metrics: dict) -> list:
        """Texts of the constraints that do not hold."""
        return [each.text for each in self.constraints if each.violation(metrics) > 0]


def read_study(path: Path, name: str) -> Study:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    return Study(text, str(path), path.resolve().parent, name)
