# SPDX-License-Identifier: Apache-2.0
"""A run of a tool, and its results."""

import functools
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path

from topkima import places
from topkima.api.inputs import sources_of, texts_of
from topkima.arrays import read_array
from topkima.errors import UsageError, echoed, error_of
from topkima.exploration.reports import read_report, read_run, words_to_repeat
from topkima.files import ARRAY
from topkima.tool import LIBRARIES, Batch, call, tool_of

RESULTS = "topkima-results"     # as the tools call them


class Result:
    """The results of a run, of one attention module or, where a model was given, of a whole
    encoder. `Result(directory)` opens those that a tool has written.

    directory   Path of the result directory. Of a run without `output` it is temporary and is
                removed with this object
    report      dict: report.json (docs/files.md)
    metrics     dict of numbers by name, as `topkima-soc --list-metrics` describes them; None
                where this run has no such number
    bottleneck  the kind of stage that saves most latency if it alone were twice as fast
    summary     text that the tool printed; empty where the directory was opened

    Each array that the tool wrote is an attribute, a numpy array: of a module

    topk_index      [heads, rows, K] int32  token of each winner in grant order; -1: none
    topk_code       [heads, rows, K] int32  its ramp code; 0: none
    probability     [heads, rows, K] int32  in 1 / (2^prob_bits - 1); 0: none
    convert_cycles  [heads, rows, crossbars] int32  cycles of each conversion
    output          [heads, rows, d_k] int32  attention output
    output_real     [heads, rows, d_k] float32  its real value

    with K the sum of topk.sub_k; of an encoder `predicted` [N] and `logits` [N, classes], int32.
    """

    def __init__(self, directory, summary: str = "", temporary: Path | None = None,
                 libraries: tuple = ()):
        """`temporary`: a directory that is removed with this object; `libraries`: the words of a
        command line that say where RTL libraries lie, which results do not say themselves.
        DataError: there are no results."""
        self.directory, self.summary = Path(directory).resolve(), summary
        self._libraries = libraries
        self._is_temporary = temporary is not None
        if self._is_temporary:
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
        self.report, self._run = read_report(self.directory), read_run(self.directory)

    def __repr__(self):
        totals = self.report["totals"]
        return (f"<Result of {self._run['tool']}: {totals['latency_cycles']:,.0f} cycles, "
                f"{totals['latency_us']:,.2f} us, in {self.directory}>")

    def __getattr__(self, name: str):
        if name.startswith("_") or "directory" not in vars(self):
            raise AttributeError(name)
        path = self.directory / f"{name}.npy"
        if not os.path.lexists(path):
            raise AttributeError(f"'{name}' is none of this result's arrays: "
                                 f"{', '.join(self._arrays())}")
        array = read_array(path, ARRAY)
        setattr(self, name, array)
        return array

    def __dir__(self):
        return sorted({*super().__dir__(), *self._arrays()})

    def _arrays(self) -> list:
        return sorted(path.stem for path in self.directory.glob("*.npy"))

    @functools.cached_property
    def _answer(self) -> dict:
        """The batch mode knows the metrics: it simulates the run once more, without its results."""
        batch = Batch(places.tool(self._run["tool"]), *words_to_repeat(self.directory, self._run),
                      *self._libraries)
        try:
            answer = batch.ask({})
        finally:
            batch.close()
        if answer["exit"] != 0:
            raise error_of(answer["exit"], answer["message"])
        return answer

    @property
    def metrics(self) -> dict:
        return self._answer["metrics"]

    @property
    def bottleneck(self) -> str:
        return self._answer["bottleneck"]

    def page(self, path=None) -> Path:
        """Writes the run's page (docs/exploration.md), one file to open in a browser, and returns
        its path: beside the results, of temporary ones in the current directory, unless given.
        Needs plotly. For a module's first rows the run is simulated once more."""
        from topkima.exploration.page import write_page
        if path is None and self._is_temporary:
            path = f"{RESULTS}.html"
        return write_page(self.directory, path)

    def compare(self, other: "Result", names: tuple = ("a", "b")) -> str:
        """What the other run does differently, stage by stage, as text; `names` stand for both.
        DataError: one is of a module, one of an encoder."""
        from topkima.exploration.comparison import compare
        return compare(self.report, other.report, *names)


def words_of(sources: dict) -> list:
    return [f"--{name}={source}" for name, source in sources.items()]


class Place:
    """Where a run's files go: a directory that is kept, or a temporary one. Arrays lie beside it,
    where page and metrics, which simulate once more, find them."""

    def __init__(self, output):
        self.temporary = None if output is not None else Path(tempfile.mkdtemp(prefix="topkima-"))
        self.output = Path(output) if output is not None else self.temporary / RESULTS
        self.input = self.output.with_name(f"{self.output.name}-input")
        self._is_new = not self.input.exists()

    def give_up(self):
        """Takes back what a run that failed would leave."""
        if self._is_new:
            shutil.rmtree(self.input, ignore_errors=True)
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)


def run(parameters: dict | None = None, *, input=None, model=None, tool: str = "soc", output=None,
        options=()) -> Result:
    """Simulates one attention module, or with `model` a whole trained encoder, and returns its
    results.

    parameters  values by name, as {"topk.k": 8, "topk.split": [128, 128], "attention.causal": True}
                (`topkima-soc --list-parameters`: names, units, ranges, defaults)
    input       None: synthetic tensors, of a model its own test samples; a path, as --input takes
                it (docs/files.md); or arrays, real ones that are quantised, or integers -128..127:
                {"q": [heads, rows, d_k], "k": [kv_heads, tokens, d_k], "v": [kv_heads, tokens,
                d_k]}, {"x": [tokens, d_model], "wq": [d_model, d_model], "wk": [d_model, kv_heads
                d_k], "wv": ...} (soc only),
                both with "meta": {"valid_tokens": 60, ...} if they need a meta.ini; of a model
                {"x": images or texts, "y": labels}. Integers need softmax.score_step
    model       directory of a trained encoder, as topkima.data("models", "digits")
    tool        "soc", the module with its memory, bus and projections; "macro", heads alone, which
                take q, k and v
    output      directory to keep the results in; arrays that were given lie beside it in
                `output`-input. None: a temporary one, which goes with the Result
    options     further words of the tool's command line, as ["--wave", "run.vcd"]

    UsageError: parameters or options that the tool refuses. DataError: tensors or a model that it
    cannot use. SimulationError: a simulation that failed. Each has the tool's own line, and what
    follows it as `details`. An interrupt ends the tool and leaves no results.
    """
    program = tool_of(tool)
    if isinstance(options, str) or any(str(word).split("=")[0] == "--output" for word in options):
        raise UsageError(f"options = {echoed(options)}; expected a list of words, and output= in "
                         "place of --output")
    place = Place(output)
    try:
        settings = [f"--{name}={text}" for name, text in texts_of(parameters).items()]
        sources = words_of(sources_of(input, model, place.input))
        done = call([program, *sources, f"--output={place.output}", *settings, *options])
        if not (Path(place.output) / "report.json").exists():    # a breakpoint, a page of help
            first = (done.stdout.strip().splitlines() or ["nothing"])[0]
            raise UsageError(f"options = {echoed(options)}: no results; {program.name} says: "
                             f"{first}")
    except BaseException:
        place.give_up()
        raise
    if done.stderr:
        print(done.stderr, end="", file=sys.stderr)
    return Result(place.output, done.stdout, place.temporary,
                  tuple(word for word in settings if word.startswith(f"--{LIBRARIES}=")))
