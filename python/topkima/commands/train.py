# SPDX-License-Identifier: Apache-2.0
"""The command: options, the stages in order, what is written."""

import argparse
import contextlib
import dataclasses
import functools
from pathlib import Path

import numpy as np
import torch

from topkima import files
from topkima.commands.parser import Parser, ranged
from topkima.errors import DataError, UsageError, echoed
from topkima.places import WORK
from topkima.training import CHECKPOINT, attention_inputs, calibration, checkpoint, fit, package
from topkima.training.data import Images, digest_of, load_digits, load_file, random_source
from topkima.training.encoder import Quantiser
from topkima.training.network import Network, Shape
from topkima.training.parameters import SPECIAL, add_options, changed, hardware_of
from topkima.training.selection import Selection
from topkima.training.text import Texts

SCALES = {"image": {"epochs": 120, "tune_epochs": 20, "patch": 1, "batch": 64, "rate": 3e-3},
          "text": {"epochs": 60, "tune_epochs": 10, "patch": 0, "batch": 16, "rate": 1e-2}}


class Defaults(argparse.ArgumentDefaultsHelpFormatter):
    """Shows no default where there is none."""

    def _get_help_string(self, action):
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def parse_options(arguments):
    parser = Parser(
        prog="train", formatter_class=Defaults,
        description="Trains a small transformer whose forward pass is the modelled hardware, and "
                    "writes it as a model package. See docs/training.md.",
        epilog="Exit status: 0 done, 2 usage or output, 3 data, 4 training failed.")

    def options_of(group):
        return lambda name, kind, default, text, **more: group.add_argument(
            name, type=kind, default=default, help=text, metavar=more.pop("metavar", "N"), **more)

    def group(title):
        return options_of(parser.add_argument_group(title))

    def flag(name, text):
        parser.add_argument(name, action="store_true", help=text)

    what = group("what is learnt")
    parser.add_argument("--task", choices=("digits", "text"), default="digits",
                        help="what to learn")
    what("--data", Path, None, "images of one's own, an .npz file", metavar="FILE")
    what("--corpus", Path, Path("/usr/share/common-licenses"), "texts, a directory", metavar="DIR")
    what("--tokens", ranged(int, 2, 4096), 384, "length of a text's sequences")
    what("--shift", ranged(int, 0, 64), 1, "pixels by which training images move")
    what("--jitter", ranged(float, 0, 4), 0.2, "noise on training images, in half ranges",
         metavar="SIGMA")
    flag("--mirror", "training images are turned left to right at random")

    shape = group("network")
    shape("--patch", ranged(int, 1, 256), None, "side of an image's patches")
    shape("--layers", ranged(int, 1, 64), 2, "layers")
    shape("--heads", ranged(int, 1, 64), 4, "heads")
    shape("--kv-heads", ranged(int, 1, 64), None, "heads of K and V, as many if not given")
    shape("--d-model", ranged(int, 1, 1024), 64, "width of a token")
    shape("--hidden", ranged(int, 1, 8192), 128, "width between a layer's last two matrices")

    hardware = parser.add_argument_group("hardware")
    add_options(hardware)
    options_of(hardware)("--ramp-factor", ranged(float, 1e-3, 1e3), 1.0,
                         "on the calibrated ramp step", metavar="F")

    training = group("training")
    parser.add_argument("--attention", choices=("exact", "topk", "quantised"), default="topk",
                        help="exact: floats alone; topk: then the hardware's forward pass; "
                             "quantised: the same with every column a winner")
    parser.add_argument("--backward", choices=("full", "topk"), default="full",
                        help="gradient of the softmax over all scores (TFCBP) or over the winners")
    parser.add_argument("--export", choices=("topkima", "quantised"), default=None,
                        help="with --attention exact: the macro of the package (default: topkima)")
    training("--epochs", ranged(int, 0, 10**6), None, "of the float stage (digits 120, text 60)")
    training("--tune-epochs", ranged(int, 0, 10**6), None,
             "with the hardware's forward pass (digits 20, text 10)")
    training("--steps", ranged(int, 0, 10**9), None, "in place of --tune-epochs")
    training("--batch", ranged(int, 1, 65536), None, "samples per step (digits 64, text 16)")
    training("--rate", ranged(float, 0), None,
             "largest learning rate of the float stage (digits 0.003, text 0.01)", metavar="R")
    training("--tune-rate", ranged(float, 0), 1e-3, "the same with the hardware's forward pass",
             metavar="R")
    training("--noise", ranged(float, 0, 100), 0.0,
             "noise on the scores while tuning, in ramp steps", metavar="SIGMA")
    training("--calibration", ranged(int, 1, 65536), 256, "training samples for ranges")
    training("--seed", ranged(int, 0, 2**63 - 1), 1, "of weights, order, augmentation, noise")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                        help="auto: a GPU if there is one")

    places = group("files")
    places("--output", Path, WORK / "build" / "model", "the model package", metavar="DIR")
    places("--init", Path, None, "a checkpoint to tune from, in place of a float stage",
           metavar="FILE")
    flag("--resume", "goes on where an interrupted training of the same options was stored last")
    places("--checkpoint-every", ranged(int, 0), 0, "steps between checkpoints; 0: none")
    places("--test-images", ranged(int, 1), None, "test samples of the package, all if not given")
    places("--attention-inputs", Path, None,
           "also writes inputs of the float network's attention, for topkima-soc", metavar="DIR")
    places("--images", ranged(int, 1), 4, "test samples for --attention-inputs")

    options = parser.parse_args(arguments)
    scales = SCALES["text" if options.task == "text" else "image"]
    for name, value in scales.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.export and options.attention != "exact":
        parser.error("--export is for --attention exact; others are exported as they were trained")
    if options.data and options.task == "text":
        parser.error("--data holds images; texts come from --corpus")
    return options


def choose_device(name):
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no GPU")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def load_data(options, device):
    if options.task == "text":
        return Texts(options.corpus, device, options.tokens, options.seed)
    arrays = load_file(options.data) if options.data else load_digits()
    height, width = arrays["x_train"].shape[1:3]
    if height % options.patch or width % options.patch:
        raise UsageError(f"--patch {options.patch}: does not divide images of {height} x {width}")
    return Images(arrays, device, options.patch, options.shift, options.jitter, options.mirror)


def shape_of(options, data):
    if options.d_model % options.heads:
        raise UsageError(f"--heads {options.heads}: does not divide --d-model {options.d_model}")
    if options.kv_heads and options.heads % options.kv_heads:
        raise UsageError(f"--kv-heads {options.kv_heads}: does not divide --heads {options.heads}")
    if data.task == "text" and options.d_model % 2:
        raise UsageError(f"--d-model {options.d_model}: is odd; a text's positions are pairs")
    return Shape(data.task, options.layers, options.heads, options.d_model, options.hidden,
                 data.tokens, data.inputs, data.classes, data.height, data.width, data.channels,
                 data.patch, options.kv_heads or options.heads)


def macro_of(options):
    conventional = options.attention == "quantised" or options.export == "quantised"
    return "conventional" if conventional else "topkima"


def settings_of(options, shape, data):
    """What a training must have in common with the one that it resumes."""
    left_out = ("output", "resume", "checkpoint_every", "device", "attention_inputs", "images",
                "test_images")
    return {"shape": dataclasses.asdict(shape), "data": digest_of(*data.tensors),
            "options": {name: str(value) for name, value in vars(options).items()
                        if name not in left_out}}


class Training:
    """One run of the command."""

    def __init__(self, options, exits):
        """`exits`: an ExitStack for what ends with the training."""
        self.options, self.exits = options, exits
        options.output = options.output.resolve()
        package.check_place(options.output)
        self.part = options.output.with_name(options.output.name + ".part")
        self.device = choose_device(options.device)
        self.data = load_data(options, self.device)
        self.shape = shape_of(options, self.data)
        self.hardware = hardware_of(options, self.shape.tokens, macro_of(options))
        self.selection = Selection(self.hardware, self.shape.tokens, device=self.device)
        self.settings = settings_of(options, self.shape, self.data)
        torch.manual_seed(options.seed)
        self.network = Network(self.shape).to(self.device)
        self.state = {}          # what later stages know of earlier ones
        self.begun = self.begin()

    def begin(self):
        """The checkpoint to go on from, if any; `part` is this training's alone from here on."""
        options, begun = self.options, None
        if options.resume:
            begun = checkpoint.load(self.part / CHECKPOINT)
            self.same_shape(begun)
            self.same_training(begun.about["settings"])
        elif options.init:
            begun = checkpoint.load(options.init)
            self.same_shape(begun)
        if begun:
            self.network.load_state_dict(begun.weights(self.network.state_dict()))
            self.state = begun.about["state"] if options.resume else {}
        if not options.resume:
            package.check_part(self.part)
        self.part.mkdir(parents=True, exist_ok=True)
        if not self.exits.enter_context(files.held(self.part)):
            raise UsageError(f"{self.part}: another training works there")
        if not options.resume:
            files.clear(self.part)
        return begun if options.resume else None

    def same_shape(self, begun):
        shape = self.settings["shape"]
        for name, value in begun.about["settings"]["shape"].items():
            if shape.get(name) != value:
                raise UsageError(f"{begun.path}: has {name} {echoed(value)}, not {shape.get(name)}")

    def same_training(self, before):
        for name, value in self.settings["options"].items():
            if (then := before["options"].get(name)) != value:
                raise UsageError(f"--resume: began with {name.replace('_', '-')} {then}, "
                                 f"not {value}")
        if before.get("data") != self.settings["data"]:
            where = self.options.corpus if self.data.task == "text" else self.options.data
            raise DataError(f"--resume: began with other data than {where or 'the digits'} now")

    def keep(self, directory, stage, step=0, optimiser=None):
        weights = {name: t.detach().cpu() for name, t in self.network.state_dict().items()}
        about = {"settings": self.settings, "state": self.state, "stage": stage, "step": step}
        checkpoint.save(directory, about, weights, optimiser or {})

    def at(self, stage):
        """The checkpoint, if it is one of this stage."""
        return self.begun if self.begun and self.begun.about["stage"] == stage else None

    def plan(self, name, steps, rate):
        return fit.Plan(name, steps, self.options.batch, rate,
                        smoothing=0.1 if self.shape.task == "image" else 0.0)

    def fit(self):
        return fit.Fit(self.network, self.data, self.options.seed,
                       functools.partial(self.keep, self.part), self.options.checkpoint_every)

    def train_floats(self):
        options = self.options
        if not options.init and "float_accuracy" not in self.state:
            steps = options.epochs * self.data.batches(options.batch)
            self.fit().run(self.plan("float", steps, options.rate), self.float_scores,
                           self.at("float"))
        if "float_accuracy" not in self.state:
            self.network.eval()
            self.state["float_accuracy"] = fit.accuracy(
                fit.predict(self.float_scores, self.data.test_x), self.data.test_y)
        print(f"float accuracy {100 * self.state['float_accuracy']:.2f} %; the most frequent "
              f"answer would have {100 * self.data.baseline():.2f} %", flush=True)

    def calibrate(self):
        if "lsb" in self.state:
            return
        samples = self.data.sample(self.options.calibration, self.options.seed)
        found = calibration.ranges(self.network, samples, self.selection)
        quantiser = Quantiser(self.network, found, self.hardware)
        lsb = calibration.ramp_steps(quantiser, samples, self.hardware, self.options.ramp_factor)
        # Keys as a checkpoint can hold them.
        self.state.update(ranges=[[*key, value] for key, value in found.items()], lsb=lsb)

    def encoder(self, **training):
        found = {(place, name): value for place, name, value in self.state["ranges"]}
        return Quantiser(self.network, found, self.hardware).encoder(self.state["lsb"], **training)

    def float_scores(self, x, step=None):
        return self.network(x, self.selection.participants)

    def hardware_scores(self, x, step):
        """Real class scores of the integer encoder."""
        encoder = self.encoder(mode=self.options.backward)
        if step is not None and self.options.noise:
            encoder.noise = self.options.noise
            encoder.random = random_source(self.device, self.options.seed, "noise", step)
        return encoder(x) * encoder.score_unit

    def tune(self):
        options = self.options
        if options.attention == "exact":
            return
        steps = options.steps
        if steps is None:
            steps = options.tune_epochs * self.data.batches(options.batch)
        self.fit().run(self.plan("tune", steps, options.tune_rate), self.hardware_scores,
                       self.at("tune"))

    def describe(self):
        o, h = self.options, self.hardware
        how = {"exact": "exact softmax", "quantised": "quantised full attention",
               "topk": f"top-{o.k} forward, {'full (TFCBP)' if o.backward == 'full' else 'top-k'} "
                       "backward"}[o.attention]
        amount = ""
        if o.attention != "exact":
            amount = f", then {o.steps} steps" if o.steps is not None else (
                f", then {o.tune_epochs} epochs")
            amount += f", noise {o.noise:g}" if o.noise else ""
        begin = f"from {o.init.parent.name}" if o.init else f"{o.epochs} epochs of floats"
        name = o.data.name if o.data else o.task
        shares = "+".join("any" if counter.share is not None else str(counter.most)
                          for counter in self.selection.counters)
        special = "".join(f", {name} {value}" for name, value in changed(h, SPECIAL).items())
        return f"{name}, {how}, k {h.k}, sub-k {shares}, seed {o.seed}, {begin}{amount}{special}"

    def write(self):
        self.network.eval()
        with torch.no_grad():
            encoder = self.encoder()
        count = self.options.test_images or len(self.data.test_x)
        x, y = self.data.test_x[:count], self.data.test_y[:count]
        predicted = fit.predict(encoder, x)
        right = fit.accuracy(predicted, y)
        predicted = torch.where(y >= 0, predicted, torch.full_like(y, -1))
        test = {"x": self.data.stored(x).cpu().numpy(), "y": y.cpu().numpy().astype(np.int16),
                "predicted": predicted.cpu().numpy().astype(np.int16)}
        with files.placed_directory(self.options.output) as made:
            self.keep(made, "done")
            package.write(made, encoder, test, self.describe(), right,
                          self.state["float_accuracy"])
        files.remove(self.part)
        print(f"integer accuracy {100 * right:.2f} % of {len(x)} test samples; "
              f"{self.options.output} written", flush=True)

    def run(self):
        self.train_floats()
        if self.options.attention_inputs and not self.at("tune"):
            attention_inputs.export(self.network, self.data, self.options.images,
                                    self.options.attention_inputs, self.selection)
        self.calibrate()
        self.tune()
        self.write()


def main(arguments=None) -> int:
    options = parse_options(arguments)
    torch.use_deterministic_algorithms(True)
    try:
        with contextlib.ExitStack() as exits:
            Training(options, exits).run()
    except OSError as error:
        raise UsageError(f"{error.filename or 'output'}: {error.strerror}") from error
    except RuntimeError as error:
        if "memory" in str(error):      # of torch's allocators, which have no error of their own
            raise MemoryError from error
        raise
    return 0
