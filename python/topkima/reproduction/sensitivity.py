# SPDX-License-Identifier: Apache-2.0
"""One at a time, every assumed parameter of the machine and every constant of energy: which
headline hangs on what. A constant whose sources differ goes to the ends of its band; what is
assumed, or has one source, is half as large and half as large again."""

import configparser
import functools
import math
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from topkima.errors import TopkimaError
from topkima.files import OWN, REPORT, read_json, read_text
from topkima.places import data
from topkima.reproduction.headlines import HEADLINES, machine, machines, simulated
from topkima.tool import Tool

SHAPE = {"attention.heads": 12, "attention.tokens": 384, "attention.d_model": 768}
# Assumed, but no property of a machine: what counts as too many, how an experiment is set up.
NO_CONSTANTS = ("crossbar.max_per_head", "ima.ramp_lsb")
IDEAL = ("noise.", "fault.")    # what may be added to circuits that are ideal here
ENERGY = "tech."                # constants, on which energy and area alone depend
TECHNOLOGIES = ("65nm", "32nm")     # of the macro and the SoC


@dataclass
class Constant:
    name: str
    base: str
    others: list        # one text, or two: the ends of its band, or half and half as large again


def scaled(parameter: dict, text: str, factor: float) -> str:
    """The value times `factor`, whole numbers away from the value, inside the range."""
    def one(part):
        target = float(part) * factor
        if parameter["kind"].startswith("integer"):
            target = math.floor(target) if factor < 1 else math.ceil(target)
        return format(min(max(target, parameter["low"]), parameter["high"]), ".9g")
    return ",".join(one(part) for part in text.split(","))


def others(parameter: dict, base: str) -> list:
    if parameter["kind"] == "choice":
        return [word for word in parameter["words"].split(",") if word not in (base, "auto")]
    if parameter["kind"] == "boolean":
        return ["false" if base == "true" else "true"]
    values = [scaled(parameter, base, factor) for factor in (0.5, 1.5)]
    return list(dict.fromkeys(each for each in values if each != base))


def parameter_of(constant: str) -> str:
    """The parameter of "sram.row_read"."""
    return ENERGY + constant.replace(".", "_")


def ends(constant: dict, parameter: dict) -> list:
    """What a constant of a report's energy is varied to."""
    value, low, high = (constant[key] for key in ("value", "value_low", "value_high"))
    if constant["one_source"]:
        return others({**parameter, "kind": "real"}, format(value, ".9g"))
    return [format(end, ".9g") for end in (low, high) if end != value]


def is_band(name: str, text) -> bool:
    """Whether a constant has this value since a shipped technology has it at an end of a band."""
    shipped = (technology for each in TECHNOLOGIES for technology in [read_technology(each)])
    return name.startswith(ENERGY) and any(
        parameter_of(section) == name and float(text) in
        (float(keys.get(end, "nan")) for end in ("low", "high"))
        for technology in shipped for section, keys in technology.items())


@functools.cache
def read_technology(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read_string(read_text(data("technologies", f"{name}.ini"), OWN))
    return parser


def constants(tool: Tool) -> list:
    """All that a run of the reference configuration calls assumptions, and all on which its energy
    and area depend."""
    with tempfile.TemporaryDirectory(prefix="topkima-constants-") as place:
        command = [tool.path, "--quiet", "--report.float_reference", "false", "--output",
                   f"{place}/out", *(f"--{name}={text}" for name, text in SHAPE.items())]
        done = subprocess.run(command, capture_output=True, errors="replace", check=False)
        if done.returncode != 0:
            raise TopkimaError(f"{tool.name}: {done.stderr.strip()}")
        report = read_json(Path(place) / "out" / "report.json", REPORT)
    found = []
    for constant in report["energy"]["constants"]:
        parameter = tool.parameters[parameter_of(constant["name"])]
        found.append(Constant(parameter["name"], str(constant["value"]), ends(constant, parameter)))
    for name, entry in report["configuration"].items():
        parameter = tool.parameters[name]
        if not entry["provenance"].startswith("assumption") or name in NO_CONSTANTS or \
                name.startswith((*IDEAL, ENERGY)):
            continue
        value = entry["value"]
        base = ",".join(map(str, value)) if isinstance(value, list) else \
            str(value).lower() if isinstance(value, bool) else str(value)
        found.append(Constant(name, base, others(parameter, base)))
    return found


def write_study(name: str, place: Path) -> Path:
    """The study file of `name`: each machine of a tool as it is, then with each change that may
    show in it: a constant of energy leaves times alone."""
    kind = name.rpartition("_")[2]
    tool = Tool(kind)
    metric = "softmax_cycles" if kind == "macro" else "latency_us"
    lines = [f'tool = "{kind}"', f'minimize = ["{metric}"]', "[[workload]]", 'name = "bert-base"',
             "shape = { heads = 12, tokens = 384, d_model = 768 }", "[fixed]",
             '"report.float_reference" = false', "[sampler]", 'kind = "list"']
    changes = [{}] + [{constant.name: text} for constant in constants(tool)
                      for text in constant.others]
    for change in changes:
        for each in machines(kind, any(key.startswith(ENERGY) for key in change)):
            lines.append("[[point]]")
            lines += [f'"{key}" = "{text}"' for key, text in {**machine(each), **change}.items()]
    path = place / f"{name}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass
class Effect:
    constant: str
    changed: list       # texts of the value
    values: list        # of the headline, in the same order

    @property
    def banded(self) -> bool:
        return all(is_band(self.constant, text) for text in self.changed)

    def span(self, base: float) -> float:
        """The largest relative change."""
        return max(abs(value / base - 1) for value in self.values)


@dataclass
class Found:
    """What the model says of a headline."""
    value: float
    bounds: tuple | None    # (low, high); None where there is no energy in it
    effects: list           # of all constants that move it, the largest first


def machine_key(settings: dict) -> tuple:
    return tuple(settings.get(name, "") for name in
                 ("softmax.macro", "attention.scaling", "pipeline.schedule"))


def found_of(results) -> dict:
    """What was found of each headline, by its key."""
    fixed = {"softmax.macro", "attention.scaling", "pipeline.schedule"}
    by_change = {}
    for study in ("sensitivity_macro", "sensitivity_soc"):
        tool = study.rpartition("_")[2]
        parameters = parameters_in(results.rows[study])
        for row in results.rows[study]:
            change = next(((name, row[name]) for name in parameters - fixed if row[name] != ""),
                          None)
            by_change.setdefault(change, {})[(tool, *machine_key(row))] = row
    base = by_change[None]
    found = {}
    for headline in HEADLINES:
        keys = {name: (name.split()[0], *machine_key(machine(name))) for name in headline.needs}
        effects_of = {}
        for change, rows in by_change.items():
            # A constant of one tool alone leaves the other's machines as they are, and one of
            # energy those in whose headlines there is none.
            used = {name: rows.get(key, base[key]) for name, key in keys.items()}
            if change is None or any(row["state"] != "done" for row in used.values()):
                continue
            effect = effects_of.setdefault(change[0], Effect(change[0], [], []))
            effect.changed.append(change[1])
            effect.values.append(simulated(headline, used.get))
        rows = [base[keys[name]] for name in headline.needs]
        base_value = headline.of(*rows)
        moving = [each for each in effects_of.values() if each.span(base_value) > 5e-4]
        moving.sort(key=lambda each: (-each.span(base_value), each.constant))
        found[headline.key] = Found(base_value, headline.bounds and headline.bounds(*rows), moving)
    return found


def parameters_in(rows: list) -> set:
    """Columns that are parameters: those before the first metric."""
    names = list(rows[0])
    return set(names[names.index("state") + 1:names.index("latency_cycles")])
