# SPDX-License-Identifier: Apache-2.0
"""A study file (docs/exploration.md), read and checked against the tool before anything runs."""

import itertools
import math
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from topkima.errors import DataError, UsageError
from topkima.exploration.expressions import Constraint, value_of
from topkima.exploration.parameters import (RANGE_KEYS, checked, is_integer, is_number, known,
                                            path_at, varied)
from topkima.files import STUDY, read_text
from topkima.names import name_in, name_text, shown
from topkima.tool import NAMES, Tool

SAMPLERS = ("grid", "random", "list", "nsga2", "tpe")
KEYS = ("name", "question", "tool", "workload", "parameters", "fixed", "minimize", "maximize",
        "constraints", "sampler", "point", "limit_s", "epsilon")
SAMPLER_KEYS = ("kind", "points", "seed", "population")
SHAPE_KEYS = {"heads": "attention.heads", "tokens": "attention.tokens",
              "query_rows": "attention.query_rows", "d_model": "attention.d_model",
              "seed": "workload.seed"}
# What stages and components were called in version 0.1: their metrics are taken with a note, for
# one release.
RENAMED = {"weighted": "av", "value_array": "av_array", "value_ramp": "av_ramp"}
MOST_POINTS = 1_000_000
MOST_SECONDS = 1e9
MOST_CHECKED = 1000         # combinations of values that a condition is tried with


def in_present_names(text: str) -> str:
    """A metric's name, or an expression of some, as metrics are called now."""
    def renamed(found):
        print(f"note: metrics of {found[0]} are now those of {RENAMED[found[0]]} ('{text}')",
              file=sys.stderr)
        return RENAMED[found[0]]
    return re.sub(rf"\b({'|'.join(RENAMED)})(?=\.)", renamed, text)


def epsilon_of(value) -> float:
    """By which share of its range in each objective a front is thinned; 0: not at all."""
    if not is_number(value) or not 0 <= value < 1:
        raise UsageError(f"epsilon = {value!r}; expected a share of the front's range, 0 or more "
                         "and less than 1")
    return value


@dataclass
class Workload:
    name: str
    # Paths as name_text() has them.
    input: str = ""                              # directory, or a model's samples; empty: synthetic
    settings: dict = field(default_factory=dict)
    model: str = ""                              # directory of a trained encoder


class Study:
    def __init__(self, text: str, where: str, base: Path, name: str):
        """`where` is named in errors; input directories are relative to `base`; `name` is what a
        study is called that gives itself none. UsageError: the text cannot be used; DataError: a
        workload that it names is none."""
        self.text, self.base = text, base
        try:
            self._read(self._parsed(text), name)
        except (UsageError, DataError) as error:
            raise type(error)(f"{where}: {error}") from error

    @staticmethod
    def _parsed(text: str) -> dict:
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:    # a TOMLDecodeError is a ValueError
            raise UsageError(f"not a TOML file: {error}") from error

    def _read(self, data: dict, name: str):
        for key in data:
            known(key, KEYS, "key")
        self.name = self._text(data, "name", name)
        self.question = self._text(data, "question", "")
        tool = self._text(data, "tool", "soc")
        known(tool, NAMES, "tool")
        self.tool = Tool(tool, self._has_models(data.get("workload", [])))
        self.limit_s = data.get("limit_s", 0)
        if not is_number(self.limit_s) or not 0 <= self.limit_s <= MOST_SECONDS:
            raise UsageError(f"limit_s = {self.limit_s!r}; expected seconds, 0..{MOST_SECONDS:g}")
        self.epsilon = epsilon_of(data.get("epsilon", 0))
        self.workloads = self._workloads(data.get("workload", [{}]))
        self.fixed = self._settings(data.get("fixed", {}))
        self.varied = [varied(self.tool.parameters[name], spec, self.base)
                       for name, spec in self._flat(data.get("parameters", {})).items()]
        self.listed = [self._settings(point) for point in self._list(data, "point")]
        self._check_given_once()
        self._check_conditions()
        self.objectives = self._objectives(data)
        self.constraints = [self._constraint(text) for text in self._list(data, "constraints")]
        self._sampler(data.get("sampler", {}))
        self._check_sampler()

    @staticmethod
    def _has_models(tables) -> bool:
        """Encoders have metrics of their own: a study has models in all workloads or in none."""
        if not isinstance(tables, list):
            return False
        having = ["model" in table for table in tables if isinstance(table, dict)]
        if any(having) and not all(having):
            raise UsageError("workload: some have a model and some have not; "
                             "their metrics cannot be compared")
        return any(having)

    def _text(self, data: dict, key: str, otherwise: str) -> str:
        value = data.get(key, otherwise)
        if not isinstance(value, str):
            raise UsageError(f"{key} = {value!r}; expected a text")
        return value

    def _list(self, data: dict, key: str) -> list:
        value = data.get(key, [])
        kind = dict if key == "point" else str
        if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
            raise UsageError(f"{key}: expected a list of {'tables' if kind is dict else 'texts'}")
        return value

    def _flat(self, table, before: str = "") -> dict:
        """topk.k = 5 and "topk.k" = 5 are the same to a study; the tool's names, checked."""
        if not isinstance(table, dict):
            raise UsageError(f"{before or 'a table of parameters'}: expected a table")
        flat = {}
        for key, value in table.items():
            name = f"{before}.{key}" if before else key
            if isinstance(value, dict) and self._is_group(name):
                inner = self._flat(value, name)
            else:
                known(self._leaf(name, value), self.tool.parameters, "parameter")
                inner = {name: value}
            for each in inner:
                if each in flat:
                    raise UsageError(f"{each} is given twice")
            flat.update(inner)
        return flat

    def _leaf(self, name: str, value) -> str:
        """Of a misspelt section, written tpk.k = 5, the whole name."""
        while name not in self.tool.parameters and isinstance(value, dict) and value and \
                not set(value) & set(RANGE_KEYS):
            key, value = next(iter(value.items()))
            name = f"{name}.{key}"
        return name

    def _is_group(self, name: str) -> bool:
        return any(each.startswith(f"{name}.") for each in self.tool.parameters)

    def _settings(self, table) -> dict:
        """One checked value for each parameter of `table`."""
        return {name: checked(self.tool.parameters[name], value, self.base)
                for name, value in self._flat(table).items()}

    # Workloads

    def _workloads(self, tables) -> list:
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict)
                                                                 for table in tables):
            raise UsageError("workload: expected [[workload]] tables")
        workloads = []
        for table in tables:
            for key in table:
                known(key, ("name", "input", "shape", "model"), "key of a workload:")
            if "shape" in table and ("input" in table or "model" in table):
                raise UsageError("a workload has input or shape, not both")
            if "model" in table:
                workloads += self._models(table)
            else:
                workloads += self._inputs(table) if "input" in table else self._shapes(table)
        self._check_count("workloads", len(workloads))
        names = set()
        for workload in workloads:
            if workload.name in names:
                raise UsageError(f"two workloads have the name '{workload.name}'")
            names.add(workload.name)
        return workloads

    def _directories(self, table: dict, key: str) -> list:
        """Names and paths of the directories that a workload's `key` lists."""
        given = table[key] if isinstance(table[key], list) else [table[key]]
        if not given:
            raise UsageError(f"{key} = []; expected directories")
        own = self._text(table, "name", "")
        if own and len(given) > 1:
            raise UsageError(f"the name '{own}' is for one {key}, not {len(given)}")
        for each in given:
            if not isinstance(each, str):
                raise UsageError(f"{key} = {each!r}; expected a directory")
        paths = [self._directory(key, each) for each in given]
        return [(own or shown(path.name), path) for path in paths]

    def _inputs(self, table: dict) -> list:
        return [Workload(name, name_text(path))
                for name, path in self._directories(table, "input")]

    def _models(self, table: dict) -> list:
        """Their own test samples, unless the table says otherwise."""
        given = self._text(table, "input", "")
        workloads = []
        for name, path in self._directories(table, "model"):
            samples = path_at("input", self.base, given, DataError) if given else path / "test.npz"
            if not samples.is_file():
                raise DataError(f"model = '{path}': {samples} is no file with samples")
            workloads.append(Workload(name, name_text(samples), {}, name_text(path)))
        return workloads

    def _directory(self, key: str, text: str) -> Path:
        path = path_at(key, self.base, text, DataError)
        if not path.is_dir():
            raise DataError(f"{key} = '{text}': {path} is no directory")
        return path

    def _shapes(self, table: dict) -> list:
        shape = table.get("shape", {})
        if not isinstance(shape, dict):
            raise UsageError("shape: expected a table")
        for key in shape:
            known(key, SHAPE_KEYS, "key of a shape:")
            if shape[key] == []:
                raise UsageError(f"shape: {key} = []; expected values")
        lists = {key: value if isinstance(value, list) else [value] for key, value in shape.items()}
        self._check_count("workloads", math.prod(map(len, lists.values())))
        own = self._text(table, "name", "")
        workloads = []
        for values in itertools.product(*lists.values()):
            chosen = dict(zip(lists, values))
            settings = {SHAPE_KEYS[key]: checked(self.tool.parameters[SHAPE_KEYS[key]], value,
                                                 self.base)
                        for key, value in chosen.items()}
            several = [f"{key}={chosen[key]}" for key in lists if len(lists[key]) > 1]
            name = " ".join([own or ("" if several else "synthetic"), *several])
            workloads.append(Workload(name.strip(), "", settings))
        return workloads

    @staticmethod
    def _check_count(what: str, count: int):
        if count > MOST_POINTS:
            raise UsageError(f"{count} {what}; at most {MOST_POINTS} can be explored")

    # Parameters

    def _check_given_once(self):
        """No parameter has two values, of which one would be ignored."""
        places = {"varied": [each.name for each in self.varied], "fixed": list(self.fixed),
                  "given by a [[point]]": [name for point in self.listed for name in point],
                  "given by a workload": [name for each in self.workloads
                                          for name in each.settings]}
        for (one, names), (other, others) in itertools.combinations(places.items(), 2):
            for name in sorted(set(names) & set(others)):
                raise UsageError(f"{name} is both {one} and {other}")

    def _check_conditions(self):
        """A condition may look at what is varied, fixed, or left at its default, not at itself."""
        self._order_by_conditions()
        for index, each in enumerate(self.varied):
            if each.when is None:
                continue
            for name in each.when.names:
                known(name, self.tool.parameters, f"{each.name}: when: parameter")
                if any(name in workload.settings for workload in self.workloads):
                    raise UsageError(f"{each.name}: when: {name} is given by a workload; "
                                     "the same points are tried for all workloads")
            asked = [other for other in self.varied[:index] if other.name in each.when.names]
            choices = itertools.product(*(other.values or [other.first] for other in asked))
            for chosen in itertools.islice(choices, MOST_CHECKED):
                each.when.check_truth(self._values(
                    each.when, dict(zip((other.name for other in asked), chosen))))

    def _order_by_conditions(self):
        """What a condition looks at comes before it, everything else stays in its order."""
        waiting, self.varied = self.varied, []
        while waiting:
            unknown = {each.name for each in waiting}
            ready = next((each for each in waiting
                          if each.when is None or not each.when.names & unknown), None)
            if ready is None:
                raise UsageError(f"{waiting[0].name}: when: conditions depend on each other")
            waiting.remove(ready)
            self.varied.append(ready)

    def _values(self, condition, chosen: dict) -> dict:
        """What a condition asks for, of parameters chosen, fixed, or left at their defaults."""
        return {name: value_of(chosen.get(name, self.fixed.get(
            name, self.tool.parameters[name]["default"]))) for name in condition.names}

    # Objectives

    def _objectives(self, data: dict) -> list:
        objectives = []
        for direction in ("minimize", "maximize"):
            for metric in map(in_present_names, self._list(data, direction)):
                known(metric, self.tool.metrics, f"{direction}: metric")
                objectives.append((metric, direction))
        metrics = [metric for metric, _ in objectives]
        for metric in metrics:
            if metrics.count(metric) > 1:
                raise UsageError(f"'{metric}' is an objective twice")
        if not objectives:
            raise UsageError('minimize or maximize: a study needs an objective, '
                             'such as minimize = ["latency_us"]')
        return objectives

    def _constraint(self, text: str) -> Constraint:
        constraint = Constraint(in_present_names(text), "constraints")
        names = constraint.expression.names
        for name in names:
            known(name, self.tool.metrics, "constraints: metric")
        if not names:
            raise UsageError(f"constraints: '{text}' names no metric")
        constraint.expression.check_truth(dict.fromkeys(names, 1.0))
        return constraint

    # Sampler

    def _sampler(self, table):
        if not isinstance(table, dict):
            raise UsageError("sampler: expected a table")
        for key in table:
            known(key, SAMPLER_KEYS, "key of the sampler:")
        self.sampler = self._text(table, "kind", "grid")
        known(self.sampler, SAMPLERS, "sampler")
        self.seed = table.get("seed", 1)
        self.points = table.get("points")
        self.population = table.get("population", 50 if self.sampler == "nsga2" else 16)
        for key, low, high in (("seed", 0, 2**32 - 1), ("points", 1, MOST_POINTS),
                               ("population", 2, MOST_POINTS)):
            value = getattr(self, key)
            if value is not None and not is_integer(value, low, high):
                raise UsageError(f"sampler: {key} = {value!r}; expected {low}..{high}")

    def _check_sampler(self):
        searches = self.sampler in ("random", "nsga2", "tpe")
        if searches and self.points is None:
            raise UsageError(f"sampler {self.sampler} needs points = .., how many to try")
        if not searches and self.points is not None:
            raise UsageError(f"sampler {self.sampler} takes no points")
        if (self.sampler == "list") != bool(self.listed):
            raise UsageError("[[point]] tables and the sampler list belong together")
        if self.sampler == "list" and self.varied:
            raise UsageError("the sampler list takes its values from [[point]], not [parameters]")
        if searches and not self.varied:
            raise UsageError(f"sampler {self.sampler} needs [parameters]")
        if self.sampler == "grid":
            for each in self.varied:
                if not each.values:
                    raise UsageError(f"{each.name}: a grid needs step or points")
        trials = {"grid": math.prod(len(each.values) for each in self.varied),
                  "list": len(self.listed)}.get(self.sampler, self.points)
        self._check_count("points", trials * len(self.workloads))

    # What the rest asks for

    @property
    def searches(self) -> bool:
        """Later points depend on the results of earlier ones."""
        return self.sampler in ("nsga2", "tpe")

    @property
    def varied_names(self) -> list:
        names = [each.name for each in self.varied]
        for point in self.listed:
            names += [name for name in point if name not in names]
        return names

    def active(self, chosen: dict) -> dict:
        """Of a value for each varied parameter those whose condition holds."""
        result = {}
        for each in self.varied:
            if each.when is None or each.when(self._values(each.when, result)):
                result[each.name] = chosen[each.name]
        return result

    def settings(self, workload: Workload, parameters: dict) -> dict:
        """Everything that a point gives to the tool."""
        return {**workload.settings, **self.fixed, **parameters}

    def word_of(self, parameter: str, text: str) -> str:
        """A value as a command line takes it."""
        return name_in(text) if self.tool.parameters[parameter]["kind"] == "file" else text

    def violated(self, metrics: dict) -> list:
        """Texts of the constraints that do not hold."""
        return [each.text for each in self.constraints if each.violation(metrics) > 0]


def name_of(path: Path) -> str:
    """What a study is called that nobody has named: as its file, with _ for each character that
    cannot be printed."""
    name = "".join(each if each.isprintable() else "_" for each in path.stem)
    return name if name.strip() else "_"


def read_study(path: Path, name: str) -> Study:
    return Study(read_text(path, STUDY), str(path), path.resolve().parent, name)
