# SPDX-License-Identifier: Apache-2.0
"""Random but reproducible inputs and configs for the two tools.

Every case fits the hardware (K^T rows, crossbar columns), so a tool that
refuses one is wrong.
"""

import configparser
from dataclasses import dataclass, field

import numpy as np

import random_machines as machines
from random_choices import chance, integer, pick
from random_defects import noisy_config, noisy_rram
from random_machines import random_step
from reference_parameters import full_config, key_max, query_max, value_max

D_K = (4, 5, 8, 13, 16, 32, 64)
META_KEYS = ("attention.heads", "attention.valid_tokens", "attention.first_valid",
             "attention.causal", "attention.window", "attention.segments",
             "attention.score_scale")


@dataclass
class Case:
    tool: str
    seed: tuple
    tensors: dict
    config: dict
    in_meta: set = field(default_factory=set)     # keys that meta.ini carries
    in_command: set = field(default_factory=set)  # keys given on the command line
    fortran: set = field(default_factory=set)     # tensors stored column-major


def make_case(tool, seed, index):
    rng = np.random.default_rng([seed, index, 0 if tool == "macro" else 1])
    make = macro_case if tool == "macro" else soc_case
    tensors, config = make(rng)
    case = Case(tool, (seed, index), tensors, config)
    for key in case.config:
        if key in META_KEYS and (tool == "soc" and key == "attention.heads"
                                 or chance(rng, 0.5)):
            case.in_meta.add(key)
        elif chance(rng, 0.5):
            case.in_command.add(key)
    case.fortran = {name for name in tensors if chance(rng, 0.15)}
    return case


def write_case(case, directory):
    """Writes the tensors, meta.ini and case.ini; returns the tool's arguments."""
    inputs = directory / "input"
    inputs.mkdir(parents=True)
    for name, tensor in case.tensors.items():
        stored = np.asfortranarray(tensor) if name in case.fortran else tensor
        np.save(inputs / f"{name}.npy", stored)
    in_file = set(case.config) - case.in_meta - case.in_command
    config = with_files(case.config, directory)
    if case.in_meta:
        write_ini(inputs / "meta.ini", config, case.in_meta)
    write_ini(directory / "case.ini", config, in_file)
    return ["--input", str(inputs), "--output", str(directory / "out"), "--quiet",
            "--config", str(directory / "case.ini"),
            *(f"--{key}={as_text(config[key])}" for key in sorted(case.in_command))]


def with_files(config, directory):
    """Tables and lists as files, their names in the config."""
    named = dict(config)
    for key in ("noise.ramp_thresholds", "noise.value_ramp_thresholds"):
        if key in config:
            named[key] = str(directory / f"{key}.npy")
            np.save(named[key], config[key])
    if "fault.stuck" in config:
        named["fault.stuck"] = str(directory / "stuck.csv")
        lines = (", ".join(map(str, line)) + "\n" for line in config["fault.stuck"])
        (directory / "stuck.csv").write_text("# kind, unit, array, bank, line, column, level\n" +
                                             "".join(lines), encoding="utf-8")
    return named


def write_ini(path, config, keys):
    ini = configparser.ConfigParser()
    for key in sorted(keys):
        section, name = key.split(".")
        if not ini.has_section(section):
            ini.add_section(section)
        ini.set(section, name, as_text(config[key]))
    with open(path, "w", encoding="utf-8") as file:
        ini.write(file)


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(as_text(item) for item in value)
    return repr(value) if isinstance(value, float) else str(value)


def sequence_length(rng):
    low, high = pick(rng, ((1, 8), (2, 70), (2, 70), (40, 130), (100, 200)))
    if chance(rng, 0.04):
        low, high = 250, 520
    return integer(rng, low, high)


def macro_case(rng):
    (heads, kv_heads), d_k = machines.head_counts(rng), pick(rng, D_K)
    tokens = sequence_length(rng)
    rows = sequence_length(rng) if chance(rng, 0.3) else tokens
    config = machines.baseline_config(rng, ("scale_free", "scale_free", "left_shift"))
    machines.attention_config(rng, config, heads, rows, tokens, d_k)
    machines.ramp_config(rng, config, d_k)
    machines.grouped_config(rng, config, heads, kv_heads, in_file=True)
    shapes = {"q": (heads, rows, d_k), "k": (kv_heads, tokens, d_k), "v": (kv_heads, tokens, d_k)}
    full = full_config(config)
    limits = {"q": query_max(full), "k": key_max(full), "v": value_max(full)}
    if chance(rng, 0.3):
        chains = machines.chain_count(heads, kv_heads, config)
        config.update(noisy_config(rng, full, chains, tokens, d_k))
    if chance(rng, 0.3):
        config["softmax.score_step"] = random_step(rng)
        # A narrow range makes ties common.
        reach = pick(rng, (1, 2, 127))
        tensors = {name: rng.integers(-min(reach, limits[name]), min(reach, limits[name]) + 1,
                                      shape).astype(np.int8) for name, shape in shapes.items()}
    else:
        if chance(rng, 0.2):
            config["softmax.score_step"] = random_step(rng)
        tensors = float_tensors(rng, shapes)
        if chance(rng, 0.5):
            tensors["k"] = lean_on(rng, tensors["k"], tensors["q"])
    if chance(rng, 0.06):
        name = pick(rng, ("q", "k", "v"))
        tensors[name][integer(rng, 0, len(tensors[name]) - 1)] = 0
    if chance(rng, 0.02):
        for tensor in tensors.values():
            tensor[...] = 0
    machines.mask_config(rng, config, tokens)
    return tensors, config


def soc_case(rng):
    (heads, kv_heads), d_k = machines.head_counts(rng), pick(rng, D_K)
    tokens, d_model = sequence_length(rng), heads * d_k
    config = machines.baseline_config(rng, ("scale_free", "scale_free", "left_shift",
                                            "in_k_weights"))
    machines.attention_config(rng, config, heads, tokens, tokens, d_k)
    config["attention.heads"] = heads
    projection_config(rng, config)
    if config.get("attention.scaling") == "in_k_weights":
        machines.fold_config(rng, config, tokens, d_k, d_model)
    values = d_model if config.get("attention.scaling") == "in_k_weights" else d_k
    machines.ramp_config(rng, config, values)
    machines.grouped_config(rng, config, heads, kv_heads, in_file=False)
    if chance(rng, 0.3):
        chains = machines.chain_count(heads, kv_heads, config)
        config.update(noisy_config(rng, full_config(config), chains, tokens, d_k, values))
        config.update(noisy_rram(rng, full_config(config), heads, kv_heads, d_k))
    tensors = float_tensors(rng, {"x": (tokens, d_model), "wq": (d_model, heads * d_k),
                                  "wk": (d_model, kv_heads * d_k),
                                  "wv": (d_model, kv_heads * d_k)})
    if chance(rng, 0.5):
        # Related projections give the peaked attention of a trained head.
        tensors["wk"] = lean_on(rng, tensors["wk"], tensors["wq"])
    if chance(rng, 0.06):
        tensors[pick(rng, tuple(tensors))][...] = 0
    machines.mask_config(rng, config, tokens)
    return tensors, config


def projection_config(rng, config):
    """Projections, and how often the module is passed."""
    if chance(rng, 0.2):
        config["softmax.score_step"] = random_step(rng)
    if chance(rng, 0.2):
        config["projection.input_bits"] = integer(rng, 4, 8)
    if chance(rng, 0.2):
        config["projection.weight_bits"] = integer(rng, 4, 8)
    if chance(rng, 0.5):
        config["rram.adc_bits"] = integer(rng, 3, 9)
    if chance(rng, 0.4):
        config["rram.rows"] = pick(rng, (16, 32, 64, 128, 256))
    if chance(rng, 0.25):
        config["rram.cell_bits"] = pick(rng, (1, 2, 4))
    if chance(rng, 0.5):
        config["pipeline.sequences"] = integer(rng, 1, 3)
    if chance(rng, 0.5):
        config["pipeline.banks"] = integer(rng, 1, 2)


def float_tensors(rng, shapes):
    """Float32 tensors of one kind: a realistic spread, a few outliers, or
    values in so few steps that ties abound."""
    kind = pick(rng, ("normal", "normal", "outliers", "ties", "repeats"))
    tensors = {}
    for name, shape in shapes.items():
        # Weights shrink with the depth of the sum, as trained ones do.
        size = 10 ** rng.uniform(-2, 1) / (np.sqrt(shape[0]) if name[0] == "w" else 1)
        x = rng.normal(size=shape)
        if kind == "outliers":
            x = x * np.exp(rng.normal(size=shape))
        if kind in ("ties", "repeats"):
            # Multiples of a power of two keep every float sum exact, so that
            # the float top-k ties alike in any order of summation.
            steps = 1 if kind == "ties" else 8
            x, size = np.clip(np.rint(x * steps), -3 * steps, 3 * steps), 2.0**-4
        if kind == "repeats":
            tokens = shape[-2]
            x = x[..., rng.integers(0, max(1, tokens // 2), tokens), :] if name[0] != "w" else x
        tensors[name] = (x * size).astype(np.float32)
    return tensors


def lean_on(rng, tensor, other):
    """The tensor with some of the other mixed in, as far as both go."""
    mixed = tensor.copy()
    common = tuple(slice(0, min(a, b)) for a, b in zip(tensor.shape, other.shape))
    weight = 2.0 ** integer(rng, -2, 1)
    mixed[common] += np.float32(weight) * other[common]
    return mixed
