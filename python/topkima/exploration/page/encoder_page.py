# SPDX-License-Identifier: Apache-2.0
"""The page of a whole encoder's run: how well it predicts, what a sample takes, where that goes.

Everything comes from the run's result directory; of many samples only counts and what is misread
are in the page.
"""

from pathlib import Path

import numpy as np

from topkima import places
from topkima.arrays import read_array
from topkima.errors import DataError
from topkima.exploration.choices import meaning_of
from topkima.exploration.kinds import encoder
from topkima.exploration.reports import read_report_of, read_run
from topkima.files import ARRAY, SAMPLES, read_text, write_file
from topkima.names import name_in, shell_word, shown
from topkima.stages import stages

from .replay import found_steps
from .shell import body_of, page_of

SCRIPTS = ("machine.js", "stages.js", "energy.js", "configuration.js", "command.js", "what_if.js",
           "encoder_modules.js", "encoder_predictions.js", "encoder_samples.js", "encoder.js")
ANSWERS = {"image": ("label", "predicted"), "text": ("asked", "right")}
TIMES = ("latency_cycles", "dynamic_uj", "energy_uj")
BINS = 50       # of a histogram, at most


def histogram_of(values: np.ndarray) -> dict:
    """Counts in bins of one width: the middle of the first, the width. Bins of whole numbers hold
    equally many of them."""
    low, high = values.min(), values.max()
    if np.issubdtype(values.dtype, np.integer):
        step = -(-(high - low + 1) // BINS)
        first, place = low + (step - 1) / 2, (values - low) // step
    else:
        step = (high - low) / BINS or max(abs(low), 1) * 1e-6
        first, place = low + step / 2, np.minimum((values - low) // step, BINS - 1).astype(int)
    return {"first": float(first), "step": float(step), "counts": np.bincount(place).tolist()}


def histograms_of(samples: dict, stream: bool) -> dict:
    """By what they are of. In a stream, where a latency holds the wait of the samples before, the
    intervals between samples that leave as well."""
    found = {name: histogram_of(samples[name]) for name in TIMES}
    if stream and len(samples["sample"]) > 1:
        found["interval_cycles"] = histogram_of(np.diff(samples["latency_cycles"]))
    return found


def samples_of(path: Path, report: dict) -> dict:
    """The columns of samples.csv; -1 for a label that there is not."""
    names = ("sample", *ANSWERS[report["model"]["task"]], *TIMES)
    count = report["totals"]["samples"]
    head, *lines = read_text(path, SAMPLES).splitlines() or [""]
    if head != ",".join(names):
        raise ValueError(f"expected the columns {', '.join(names)}")
    rows = [line.split(",") for line in lines]
    if len(rows) != count or any(len(row) != len(names) for row in rows):
        raise ValueError(f"expected {count} samples, each with {len(names)} values")
    samples = {name: np.array([float(text) if name.endswith("_uj") else int(text or -1)
                               for text in column])
               for name, column in zip(names, zip(*rows))}
    if (samples["sample"] != np.arange(count)).any():
        raise ValueError(f"expected the samples 0 to {count - 1}, each once")
    return samples


def arrays_of(directory: Path, report: dict) -> tuple:
    """Predictions and logits."""
    model = report["model"]
    count = report["totals"]["samples"] * (model["tokens"] if model["task"] == "text" else 1)
    found = []
    for name, shape in (("predicted", (count,)), ("logits", (count, model["classes"]))):
        array = read_array(directory / f"{name}.npy", ARRAY)
        if array.shape != shape or not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{name}.npy: expected integers [{', '.join(map(str, shape))}]")
        found.append(array)
    if found[0].min() < 0 or found[0].max() >= model["classes"]:
        raise ValueError(f"predicted.npy: expected classes 0 to {model['classes'] - 1}")
    return tuple(found)


def check_agreement(report: dict, samples: dict, predicted: np.ndarray, logits: np.ndarray):
    """ValueError: the files are not of one run."""
    asked, right = report["prediction"]["asked"], report["prediction"]["right"]
    if report["model"]["task"] == "text":
        counted = (samples["asked"].sum(), samples["right"].sum())
    else:
        labelled = samples["label"] >= 0
        if samples["label"].max() >= report["model"]["classes"]:
            raise ValueError(f"samples.csv: expected labels 0 to {report['model']['classes'] - 1}")
        counted = (labelled.sum(), (labelled & (samples["label"] == predicted)).sum())
        if (samples["predicted"] != predicted).any() or (logits.argmax(axis=1) != predicted).any():
            raise ValueError("samples.csv, predicted.npy and logits.npy differ in a prediction")
    if counted != (asked, right):
        raise ValueError(f"samples.csv has {counted[1]} of {counted[0]} right, report.json "
                         f"{right} of {asked}")


def results_of(directory: Path) -> tuple:
    """report.json, run.json, the samples and the arrays of a run."""
    report, run = read_report_of(encoder, directory), read_run(directory)
    path = directory / "samples.csv"
    try:
        samples = samples_of(path, report)
    except (OverflowError, ValueError, KeyError, TypeError) as error:
        SAMPLES.refuse(path, error)
    try:
        predicted, logits = arrays_of(directory, report)
        check_agreement(report, samples, predicted, logits)
    except ValueError as error:
        raise DataError(f"{directory}: not the results of a whole encoder: {error}") from error
    return report, run, samples, predicted, logits


def confusion_of(label: np.ndarray, predicted: np.ndarray) -> list:
    """[label, prediction, samples], of those that there are."""
    known = label >= 0
    pairs, counts = np.unique(np.stack((label[known], predicted[known])), axis=1,
                              return_counts=True)
    return [[*map(int, pair), int(count)] for pair, count in zip(pairs.T, counts)]


def misread_of(samples: dict, logits: np.ndarray) -> dict:
    """The samples that were predicted wrong, column by column: with the class of the second largest
    logit, and both logits."""
    wrong = np.flatnonzero((samples["label"] >= 0) & (samples["label"] != samples["predicted"]))
    chosen = np.asarray(logits[wrong])
    order = np.argsort(-chosen, axis=1, kind="stable")[:, :2]
    columns = {name: samples[name][wrong] for name in ("sample", *ANSWERS["image"],
                                                       "latency_cycles", "energy_uj")}
    columns |= {"second": order[:, -1], "logits": np.take_along_axis(chosen, order, axis=1)}
    return {name: column.tolist() for name, column in columns.items()}


def predictions_of(report: dict, samples: dict, predicted: np.ndarray, logits: np.ndarray) -> dict:
    """How often each class was predicted and, where there are labels, what was right."""
    found = {"counts": np.bincount(predicted, minlength=report["model"]["classes"]).tolist()}
    if not report["prediction"]["asked"]:
        return found
    if report["model"]["task"] == "text":
        names = ("sample", *ANSWERS["text"], "latency_cycles", "energy_uj")
        return found | {"texts": {name: samples[name].tolist() for name in names}}
    return found | {"confusion": confusion_of(samples["label"], predicted),
                    "misread": misread_of(samples, logits)}


def encoder_data(directory: Path, tools: Path) -> dict:
    """All that the page shows, as one JSON object."""
    report, run, samples, predicted, logits = results_of(directory)
    stream = meaning_of(report, "encoder.arrival")
    results = directory.resolve()
    # As the words of a shell's command.
    words = {"tool": tools / run["tool"], "results": results, "model": name_in(run["model"]),
             "input": name_in(run["input"]), "settings": results / "effective.ini"}
    return {"name": shown(results.name), "report": report, "run": run,
            "leaves": stages().leaves(report), "stream": stream,
            "scaling": meaning_of(report, "attention.scaling"),
            "sorter_per_crossbar": meaning_of(report, "sort.sorters"),
            "takes_turns": meaning_of(report, "attention.kv_sharing"),
            "words": {key: shell_word(word) for key, word in words.items()},
            "predictions": predictions_of(report, samples, predicted, logits),
            "histograms": histograms_of(samples, stream),
            "what_if": found_steps(directory) or
            {"missing": "Not shown: with --what-if the run finds this out, too."}}


def write_encoder_page(run_directory: Path, path: Path, tools: Path | None = None) -> None:
    """Writes the page of a whole encoder's run to `path`; `tools` is the folder with the tool that
    looks into a sample. DataError: `run_directory` holds no results."""
    data = encoder_data(Path(run_directory), Path(tools or places.tools()))
    write_file(path, page_of(f"{data['name']}: encoder", body_of("encoder.html"), SCRIPTS, data))
