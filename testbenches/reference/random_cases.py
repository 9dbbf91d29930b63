# SPDX-License-Identifier: Apache-2.0
"""Random but reproducible inputs and configs for the two tools.

Every case fits the hardware (K^T rows, crossbar columns), so a tool that
refuses one is wrong.
"""

import configparser
from dataclasses import dataclass, field

import numpy as np

from baselines import EXPONENT_ENTRIES, is_topkima, row_blocks
from reference_parameters import full_config, key_max, query_max, value_max
from topkima_reference import crossbar_split

D_K = (4, 5, 8, 13, 16, 32, 64)
ROWS = ((256, 64), (64, 16), (128, 64), (128, 32), (256, 32), (512, 64), (512, 128))
COLUMNS = (256, 256, 256, 16, 32, 64, 100, 128)
SCHEDULES = ("fine", "fine", "buffered", "coarse", "sequential")
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
    for key in config:
        if key in META_KEYS and (tool == "soc" and key == "attention.heads" or chance(rng, 0.5)):
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


def chance(rng, probability):
    return bool(rng.random() < probability)


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def integer(rng, low, high):
    """Uniform in low..high, both included."""
    return int(rng.integers(low, high + 1))


def sequence_length(rng):
    low, high = pick(rng, ((1, 8), (2, 70), (2, 70), (40, 130), (100, 200)))
    if chance(rng, 0.04):
        low, high = 250, 520
    return integer(rng, low, high)


def macro_case(rng):
    heads, d_k, tokens = integer(rng, 1, 5), pick(rng, D_K), sequence_length(rng)
    rows = sequence_length(rng) if chance(rng, 0.3) else tokens
    config = attention_config(rng, heads, rows, tokens, d_k)
    baseline_config(rng, config, ("scale_free", "scale_free", "left_shift"))
    shapes = {"q": (heads, rows, d_k), "k": (heads, tokens, d_k), "v": (heads, tokens, d_k)}
    full = full_config(config)
    limits = {"q": query_max(full), "k": key_max(full), "v": value_max(full)}
    if chance(rng, 0.3):
        config.update(noisy_config(rng, full_config(config), heads, tokens, d_k))
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
        tensors[name][integer(rng, 0, heads - 1)] = 0
    if chance(rng, 0.02):
        for tensor in tensors.values():
            tensor[...] = 0
    mask_config(rng, config, tokens)
    return tensors, config


def soc_case(rng):
    heads, d_k, tokens = integer(rng, 1, 5), pick(rng, D_K), sequence_length(rng)
    d_model = heads * d_k
    config = attention_config(rng, heads, tokens, tokens, d_k)
    config["attention.heads"] = heads
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
    baseline_config(rng, config, ("scale_free", "scale_free", "left_shift", "in_k_weights"))
    if config.get("attention.scaling") == "in_k_weights":
        fold_config(rng, config, tokens, d_k, d_model)
    if chance(rng, 0.3):
        config.update(noisy_config(rng, full_config(config), heads, tokens, d_k))
        config.update(noisy_rram(rng, full_config(config), heads, d_k))
    width = heads * d_k
    shapes = {"x": (tokens, d_model), "wq": (d_model, width), "wk": (d_model, width),
              "wv": (d_model, width)}
    tensors = float_tensors(rng, shapes)
    if chance(rng, 0.5):
        # Related projections give the peaked attention of a trained head.
        tensors["wk"] = lean_on(rng, tensors["wk"], tensors["wq"])
    if chance(rng, 0.06):
        tensors[pick(rng, tuple(shapes))][...] = 0
    mask_config(rng, config, tokens)
    return tensors, config


def random_step(rng):
    return float(10 ** rng.uniform(-2.5, 0.7))


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
    """The tensor with some of the other mixed in along the common rows."""
    mixed = tensor.copy()
    common = min(tensor.shape[-2], other.shape[-2])
    weight = 2.0 ** integer(rng, -2, 1)
    mixed[..., :common, :] += np.float32(weight) * other[..., :common, :]
    return mixed


def attention_config(rng, heads, rows, tokens, d_k):
    config = {}

    def sometimes(probability, key, make):
        if chance(rng, probability):
            config[key] = make()

    sometimes(0.35, "score.query_bits", lambda: integer(rng, 2, 6))
    sometimes(0.35, "score.key_cells", lambda: integer(rng, 1, 4))
    sometimes(0.35, "av.value_bits", lambda: integer(rng, 2, 6))
    sometimes(0.4, "score.weighting", lambda: pick(rng, ("drive", "pulse")))
    sometimes(0.5, "ima.bits", lambda: integer(rng, 2, 8))
    sometimes(0.1, "ima.saturate_share", lambda: pick(rng, (0.0, 0.05, 0.3)))
    sometimes(0.4, "softmax.prob_bits", lambda: integer(rng, 1, 8))
    sometimes(0.4, "av.bits", lambda: integer(rng, 2, 8))
    sometimes(0.4, "av.lsb", lambda: integer(rng, 1, 9))
    sometimes(0.25, "topk.stop_when_exhausted", lambda: True)
    sometimes(0.8, "pipeline.schedule", lambda: pick(rng, SCHEDULES))
    sometimes(0.6, "pipeline.queue_depth", lambda: integer(rng, 0, 3))
    sometimes(0.4, "attention.valid_tokens", lambda: pick(
        rng, (0, *(integer(rng, 0, tokens) for _ in range(6)), tokens)))
    sometimes(0.35, "attention.causal", lambda: True)
    sometimes(0.2, "attention.first_row", lambda: integer(rng, 0, tokens))
    sometimes(0.2, "attention.score_scale", lambda: float(10 ** rng.uniform(-2, 0.3)))
    sometimes(0.1, "score.precharge_cycles", lambda: integer(rng, 1, 4))
    sometimes(0.25, "topk.grants_per_cycle", lambda: pick(rng, (2, 3, 4, 8, 64)))
    sometimes(0.15, "topk.step_cycles", lambda: integer(rng, 1, 5))
    sometimes(0.15, "topk.start_cycles", lambda: integer(rng, 1, 60))
    sometimes(0.15, "topk.grant_cycles", lambda: integer(rng, 1, 5))
    sometimes(0.15, "softmax.exponent_interval", lambda: integer(rng, 2, 20))
    sometimes(0.15, "softmax.divide_interval", lambda: integer(rng, 2, 20))
    sometimes(0.1, "topk.union_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "softmax.exponent_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "softmax.divide_cycles", lambda: integer(rng, 1, 90))
    sometimes(0.1, "av.precharge_cycles", lambda: integer(rng, 1, 4))
    sometimes(0.1, "av.shift_add_cycles", lambda: integer(rng, 1, 4))
    arrays_config(rng, config, tokens, d_k)
    selection_config(rng, config, rows, tokens)
    sometimes(0.4, "ima.ramp_lsb", lambda: pick(rng, (
        random_lsb(rng), [random_lsb(rng) for _ in range(heads)])))
    return config


def mask_config(rng, config, tokens):
    """Masks beside the causal one and the padding behind all sequences."""
    if chance(rng, 0.25):
        config["attention.window"] = integer(rng, 1, tokens)
    if chance(rng, 0.2):
        ends = np.unique([*(integer(rng, 1, tokens) for _ in range(integer(rng, 0, 5))), tokens])
        config["attention.segments"] = [int(length) for length in np.diff(ends, prepend=0)]
    sequences = full_config(config)["pipeline.sequences"]
    for key, usual in (("attention.valid_tokens", tokens), ("attention.first_valid", 0)):
        if sequences > 1 and chance(rng, 0.25):
            config[key] = [pick(rng, (usual, integer(rng, 0, tokens))) for _ in range(sequences)]
        elif key not in config and chance(rng, 0.15):
            config[key] = integer(rng, 0, tokens)


def baseline_config(rng, config, scalings):
    """One of the machines beside Topkima-Former, in about half the cases."""
    macro = pick(rng, ("topkima", "topkima", "topkima", "conventional", "digital_topk",
                       "digital_topk"))
    scaling = pick(rng, scalings)
    for key, value, usual in (("softmax.macro", macro, "topkima"),
                              ("attention.scaling", scaling, "scale_free")):
        if value != usual or chance(rng, 0.2):
            config[key] = value
    if chance(rng, 0.5):
        config["sort.sorters"] = pick(rng, ("head", "crossbar"))
    for key in ("sort.element_cycles", "shift.element_cycles"):
        if chance(rng, 0.25):
            config[key] = integer(rng, 1, 5)
    if "in_k_weights" in scalings and chance(rng, 0.25):
        config["score.adder_cycles"] = integer(rng, 1, 90)


def fold_config(rng, config, tokens, d_k, d_model):
    """Makes X^T fit the score arrays, or takes the scale out of W_K^T again."""
    for key in ("projection.precharge_cycles", "projection.column_mux", "projection.adder_cycles"):
        if chance(rng, 0.2):
            config[key] = pick(rng, (1, 2, 4))
    full = full_config(config)
    crossbars = len(crossbar_split(tokens, full))

    def arrays_of(size):
        sized = {**full, "crossbar.rows": size[0], "crossbar.ramp_rows": size[1]}
        return row_blocks(d_model, sized)

    def fits(size):
        slices = blocks(d_k * (full["av.value_bits"] - 1), full["crossbar.columns"])
        arrays = max(arrays_of(size) * crossbars, blocks(tokens, size[0] - size[1]) * slices)
        return arrays <= full["crossbar.max_per_head"]

    size = full["crossbar.rows"], full["crossbar.ramp_rows"]
    smaller = [other for other in ROWS if arrays_of(other) > 1 and fits(other)]
    if smaller and not is_topkima(full) and "av.rows" not in config and chance(rng, 0.7):
        size = pick(rng, smaller)
        config["crossbar.rows"], config["crossbar.ramp_rows"] = size
    arrays = arrays_of(size)
    if not fits(size) or (arrays > 1 and is_topkima(full)):
        config["attention.scaling"] = "scale_free"
    while arrays * (2 ** full_config(config)["ima.bits"] - 1) >= EXPONENT_ENTRIES:
        config["ima.bits"] = integer(rng, 2, 7)


def noisy_config(rng, full, heads, tokens, d_k):
    """Some of the non-idealities of the SRAM arrays."""
    config = {"noise.seed": integer(rng, 0, 2**32 - 1)}
    for key in ("noise.score_sigma", "noise.comparator_sigma", "noise.ramp_sigma",
                "noise.value_sigma", "noise.value_comparator_sigma", "noise.value_ramp_sigma"):
        if chance(rng, 0.4):
            config[key] = float(10 ** rng.uniform(-2, 0.5))
    for key, bits in (("noise.ramp_thresholds", full["ima.bits"]),
                      ("noise.value_ramp_thresholds", full["av.bits"])):
        if chance(rng, 0.2):
            ideal = 2 ** (bits - 1) - 1.5 - np.arange(2**bits - 1)
            table = ideal + rng.uniform(-0.45, 0.45, len(ideal))
            config[key] = ideal if chance(rng, 0.3) else table
    for key in ("fault.key_cells", "fault.value_cells"):
        if chance(rng, 0.3):
            config[key] = pick(rng, (0.001, 0.02, 0.3, 1.0))
    if chance(rng, 0.2):
        config["fault.stuck"] = [stuck_cell(rng, full, heads, tokens, d_k)
                                 for _ in range(integer(rng, 1, 30))]
    return config


def stuck_cell(rng, full, heads, tokens, d_k):
    head, level = integer(rng, 0, heads - 1), integer(rng, -1, 1)
    if chance(rng, 0.5):
        split = crossbar_split(tokens, full)
        values = d_k
        if full["attention.scaling"] == "in_k_weights":
            values = min(d_k * heads, (full["crossbar.rows"] - full["crossbar.ramp_rows"]) //
                         full["score.key_cells"])
        array = integer(rng, 0, len(split) - 1)
        return ("key", head, array, 0, integer(rng, 0, values * full["score.key_cells"] - 1),
                integer(rng, 0, min(split[array], tokens - sum(split[:array])) - 1)
                if sum(split[:array]) < tokens else integer(rng, 0, split[array] - 1), level)
    rows = full["av.rows"]
    if rows == "auto":
        rows = full["crossbar.rows"] - full["crossbar.ramp_rows"]
    array = integer(rng, 0, blocks(tokens, rows) - 1)
    return ("value", head, array, 0, integer(rng, 0, min(rows, tokens - array * rows) - 1),
            integer(rng, 0, d_k * (full["av.value_bits"] - 1) - 1), level)


def noisy_rram(rng, full, heads, d_k):
    config = {}
    if chance(rng, 0.4):
        config["noise.rram_sigma"] = float(10 ** rng.uniform(-3, -0.31))
    if chance(rng, 0.3):
        config["fault.rram_cells"] = pick(rng, (0.0001, 0.01, 0.5))
    if chance(rng, 0.2):
        folds = full["attention.scaling"] == "in_k_weights"
        slices = blocks(full["projection.weight_bits"], full["rram.cell_bits"])
        cells = [(pick(rng, ("q", "v", "fold0" if folds else "k")), integer(rng, 0, slices - 1))
                 for _ in range(integer(rng, 1, 10))]
        listed = full["fault.stuck"] if isinstance(full["fault.stuck"], list) else []
        config["fault.stuck"] = listed + [
            ("rram", name, weight_slice, 0, integer(rng, 0, d_k - 1),
             integer(rng, 0, heads * d_k - 1), pick(rng, ("on", "off")))
            for name, weight_slice in cells]
    return config


def random_lsb(rng):
    return int(10 ** rng.uniform(0, 2.7))


def arrays_config(rng, config, tokens, d_k):
    """Crossbar sizes that hold K^T and V."""
    full = full_config(config)
    needed = d_k * full["score.key_cells"]
    fitting = [size for size in ROWS if needed <= size[0] - size[1]]
    rows, ramp_rows = fitting[0] if chance(rng, 0.5) else pick(rng, fitting)
    columns, usable = pick(rng, COLUMNS), rows - ramp_rows
    av_rows = integer(rng, min(8, usable), usable) if chance(rng, 0.3) else None
    slices = d_k * (full["av.value_bits"] - 1)
    if (blocks(tokens, columns) > 16
            or blocks(tokens, av_rows or usable) * blocks(slices, columns)
            > full["crossbar.max_per_head"]):
        columns, av_rows = 256, None
    for key, value in (("crossbar.rows", rows), ("crossbar.ramp_rows", ramp_rows),
                       ("crossbar.columns", columns)):
        if value != full[key] or chance(rng, 0.2):
            config[key] = value
    if av_rows:
        config["av.rows"] = av_rows


def blocks(amount, size):
    return -(-amount // size)


def selection_config(rng, config, rows, tokens):
    """k, the split over crossbars and their k_i: no crossbar has more winners than columns."""
    columns = full_config(config)["crossbar.columns"]
    if chance(rng, 0.7):
        config["topk.k"] = integer(rng, 1, 12)
    elif chance(rng, 0.2) and rows * tokens < 10000:
        config["topk.k"] = tokens + integer(rng, 0, 3)
    if "topk.k" in config:
        config["topk.k"] = min(config["topk.k"], max(tokens, columns))
    if chance(rng, 0.4):
        config["topk.split"] = random_split(rng, tokens, columns)
    if chance(rng, 0.35):
        crossbars = len(crossbar_split(tokens, full_config(config)))
        most = pick(rng, (2, 4, 12))
        config["topk.sub_k"] = [min(columns, integer(rng, 1, most)) for _ in range(crossbars)]


def random_split(rng, tokens, columns, parts=16):
    """About `parts` crossbars at most; the last ones may have more columns than
    there are tokens left, or no token at all."""
    split, left = [], tokens
    while left > 0:
        # Never so little that the parts to come could not take the rest.
        least = min(columns, blocks(left, max(1, parts - len(split))))
        most = min(columns, pick(rng, (left, left // 2, columns)))
        split.append(integer(rng, least, max(least, most)))
        left -= split[-1]
    if chance(rng, 0.15):
        split.append(integer(rng, 1, columns))
    return split
