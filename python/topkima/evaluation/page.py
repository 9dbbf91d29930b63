# SPDX-License-Identifier: Apache-2.0
"""docs/results/accuracy.md: what the hardware costs in accuracy, and how that compares with what the
paper reports."""

import math

from topkima.evaluation.figures import SPLIT_NAMES, front_rows, noise_name, text_name, trade_rows
from topkima.evaluation.networks import SPLITS
from topkima.evaluation.tables import Mean, Results
from topkima.reproduction.page import table

MOST_FRONT_ROWS = 14


def text(results: Results, small: bool) -> str:
    return "\n".join((INTRODUCTION.format(note=SMALL if small else ""), training(results),
                      texts(results), noise(results), trade(results), COMPARABLE))


def percent(mean: Mean, digits: int = 1) -> str:
    value = f"{100 * mean.value:.{digits}f}"
    return value if math.isnan(mean.half) else f"{value} ± {100 * mean.half:.{digits}f}"


def signed(mean: Mean) -> str:
    value = f"{100 * mean.value:+.2f}"
    return value if math.isnan(mean.half) else f"{value} ± {100 * mean.half:.2f}"


def lost(results: Results, k: int) -> Mean:
    """Accuracy of exact floats minus that of TFCBP, network by network."""
    floats = {row["network"]: row["float_accuracy"] for row in results.rows["accuracy_networks"]}
    losses = [floats[row["workload"].replace(f"tfcbp_k{k}", "float")] - row["accuracy"]
              for row in results.rows["accuracy_trained"]
              if row["workload"].startswith(f"tfcbp_k{k}_")]
    return results.of(losses)


SMALL = """\
**Of `scripts/accuracy --small`: networks of seconds, which have learnt next to nothing. Tables and plots are theirs; sizes and conclusions in the words are those of the
full study.**

"""

INTRODUCTION = """\
# Accuracy on the modelled hardware

{note}Made by `scripts/accuracy`; not edited by hand, but for the words in `python/topkima/evaluation/page.py`. Every accuracy but those called *float* was
measured by running the network's whole test set on the modelled SoC (`topkima-soc --model`): attention on crossbars with their ramps and
counters, matrices on RRAM tiles, everything else on the integer vector unit ([encoder.md](../encoder.md)). ± is the 95 % confidence interval of the mean over
networks that were trained with different seeds, by Student's t; a single test set of 360 images has a standard error of about one point by itself.

- **Digits**: scikit-learn's 8 x 8 digits, a pixel a token, 65 tokens; 2 layers, 4 heads, d_model 64; 1437 images to learn from, 360 to test.
- **Texts**: the licence texts of a Debian system, character by character, 384 tokens, 15 % of them hidden and to be found; the same
  encoder; 39 sequences to test, 2303 hidden characters.
- Each network is tuned with the hardware's forward pass from the float network of its seed ([training.md](../training.md)).
"""


def training(results: Results) -> str:
    ks = [int(k) for k in results.levels("accuracy_untrained", "topk.k")]
    rows = [["TFCBP: top-k forward, complete gradient",
             *(percent(results.mean("accuracy_trained", f"tfcbp_k{k}")) for k in ks)],
            ["top-k forward, gradient of the winners alone",
             *(percent(results.mean("accuracy_trained", f"topk_k{k}")) for k in ks)],
            ["trained with exact attention, top-k at inference",
             *(percent(results.mean("accuracy_untrained", "float", topk__k=k)) for k in ks)]]
    full = [["exact attention, floats", percent(results.float_mean("float"))],
            ["all columns, quantised, tuned for it", percent(results.mean("accuracy_trained", "quantised"))],
            ["all columns, quantised, not tuned",
             percent(results.mean("accuracy_untrained", "float", softmax__macro="conventional"))]]
    published, loss = results.published, lost(results, 5)
    gains = "; ".join(f"k = {k}: {signed(results.paired('accuracy_trained', f'tfcbp_k{k}', f'topk_k{k}'))}"
                      for k in ks)
    return f"""\
## 1. Training for top-k

Accuracy in %, digits:

{table(["", *(f"k = {k}" for k in ks)], rows)}
{table(["full attention", "accuracy"], full)}
![Accuracy over k, and of texts over crossbars](accuracy_training.svg)

- With k = 5, TFCBP loses {percent(loss, 2)} points against the exact float network that it was tuned from. The paper reports
  {100 * published["least_loss"]:.2f} to {100 * published["most_loss"]:.2f} points with k = 5, on ViT, DistilBERT and BERT-base.
- A network that has never seen top-k and the arrays' widths loses far more, at every k: it is the tuning that the hardware lives on.
- The complete gradient against that of the winners alone, in points, network by network: {gains}. It helps where a single token wins, for a
  loser then has no other way to learn. From two winners on the two cannot be told apart on these networks: the intervals hold zero. The
  paper, on larger networks, trains with the complete gradient and k = 5.
"""


def texts(results: Results) -> str:
    splits = [split for split in SPLIT_NAMES if split in results.levels("accuracy_text", "topk.split")]
    kinds = results.kinds("accuracy_text")

    def rows(k):
        return [[text_name(kind), *(percent(results.mean("accuracy_text", kind, topk__split=split,
                                                         topk__k=k), 2) for split in splits)]
                for kind in kinds]
    tables = "\n".join(f"k = {int(k)}:\n\n" + table(["trained with", *(SPLIT_NAMES[s] for s in splits)], rows(k))
                       for k in results.levels("accuracy_text", "topk.k"))
    own = [kind for kind in kinds if kind not in ("text_float", "text_global")]
    lines = "\n".join(f"- {text_name(kind)}, trained and run so: {signed(against_global(results, kind))} points against the "
                      "global top-k, trained and run so." for kind in own)
    return f"""\
## 2. The global top-k and sub-top-k

Accuracy in % of the hidden characters, texts of 384 tokens. Columns: the crossbars that it runs on; rows: what it was trained with, k = 5.
Three crossbars of 128 with k = 3 or 5 have 1 + 1 + 1 and 2 + 2 + 1 winners, 256 + 128 have 2 + 1 and 3 + 2.

{tables}
{lines}

The paper's sub-top-k replaces the global one without a loss worth mentioning; so it does here, whatever it was trained with.
"""


def against_global(results: Results, kind: str) -> Mean:
    split = SPLITS[kind.removeprefix("text_")]
    def accuracies(of, on):
        return {row["workload"].rpartition("_s")[2]: row["accuracy"]
                for row in results.rows["accuracy_text"]
                if row["workload"].startswith(f"{of}_s") and row["topk.split"] == on and row["topk.k"] == 5}
    ours, theirs = accuracies(kind, split), accuracies("text_global", SPLITS["global"])
    return results.of([ours[seed] - theirs[seed] for seed in ours])


def equivalent_noise(results: Results, kind: str):
    """The sigma at which a kind of network loses the paper's share of its accuracy, between two
    levels by a straight line; None where none does."""
    share = results.published["squad_with_error"] / results.published["squad"]
    levels = results.levels("accuracy_noise", "noise.score_sigma")
    values = [results.mean("accuracy_noise", kind, noise__score_sigma=sigma).value for sigma in levels]
    wanted = share * values[0]
    for low, high, above, below in zip(levels, levels[1:], values, values[1:]):
        if above >= wanted > below:
            return low + (high - low) * (above - wanted) / (above - below)
    return None


def noise(results: Results) -> str:
    kinds = results.kinds("accuracy_noise")
    levels = results.levels("accuracy_noise", "noise.score_sigma")
    rows = [[noise_name(kind), *(percent(results.mean("accuracy_noise", kind, noise__score_sigma=sigma))
                                 for sigma in levels)] for kind in kinds]
    published = results.published
    equal = [(kind, equivalent_noise(results, kind)) for kind in kinds]
    sigmas = "; ".join(f"trained with {noise_name(kind)}, " +
                       ("at none of these levels" if sigma is None else f"{sigma:.2g} steps")
                       for kind, sigma in equal)
    columns = [name for name in results.rows["accuracy_defects"][0]
               if name.startswith(("noise.", "fault.")) and name != "noise.seed"]
    defects = [[f"`{name}`", ", ".join(f"{level:g}: " + percent(results.mean(
        "accuracy_defects", "tfcbp_k5", **{name.replace(".", "__"): level}))
        for level in results.levels("accuracy_defects", name))] for name in columns]
    return f"""\
## 3. Circuits that are not ideal

Gaussian noise on every score, `noise.score_sigma` in ramp steps; TFCBP with k = 5, digits; each network under several `noise.seed`:

{table(["trained with", *(f"{sigma:g}" for sigma in levels)], rows)}
![Accuracy over noise and other non-idealities](accuracy_noise.svg)

The paper injects its circuits' error and loses {100 * (published["squad"] - published["squad_with_error"]):.1f} points of {100 * published["squad"]:.1f} on SQuAD, but names no
error by source. The noise that takes the same share of the accuracy here, between levels by a straight line: {sigmas}.

Others, one at a time, in the network trained without noise (level: accuracy):

{table(["non-ideality", "accuracy in %"], defects)}
Scores bear noise of about a ramp step, since a wrong winner is then nearly as good as the right one, and noise in training moves the point where accuracy
breaks down. RRAM variation of up to 2 % disappears: ADCs without loss round each partial sum to whole cells, and of 256 rows only 64 or 128 are in use. With full arrays it weighs
more ([nonidealities.md](../nonidealities.md)). A cell in a hundred that is stuck costs a point or two.
"""


def trade(results: Results) -> str:
    rows, front = trade_rows(results), front_rows(results)
    front = sorted(front, key=lambda row: (-row["accuracy"], row["energy_uj_per_sample"]))
    best, default = front[0], [row for row in rows if row["topk.k"] == 5 and
                               row["encoder.ramp_factor"] == 1 and row["ima.bits"] == 5 and
                               row["rram.adc_bits"] == 9 and row["projection.column_mux"] == 8]
    shown = [[f"{100 * row['accuracy']:.1f}", f"{row['latency_us']:.1f}",
              f"{row['energy_uj_per_sample']:.3f}", f"{row['topk.k']:g}",
              f"{row['encoder.ramp_factor']:g}", f"{row['ima.bits']:g}", f"{row['rram.adc_bits']:g}",
              f"{row['projection.column_mux']:g}", f"{row['area_mm2']:.2f}", f"{row['alpha']:.2f}"]
             for row in front[:MOST_FRONT_ROWS]]
    as_trained = "; ".join(f"as trained, {100 * row['accuracy']:.1f} % at {row['latency_us']:.1f} us and "
                           f"{row['energy_uj_per_sample']:.3f} uJ" for row in default)
    return f"""\
## 4. Accuracy, latency and energy

One network, TFCBP with k = 5, run with other k, ramp steps (as a factor of those that it was trained with), ramp bits, RRAM ADC bits and columns that
share an RRAM ADC, without being trained anew: {len(rows)} machines, {len(front)} of them on the front, of which the {len(shown)} most accurate:

{table(["accuracy, %", "us per image", "uJ per image", "k", "ramp factor", "ramp bits", "ADC bits", "columns per ADC", "mm2", "alpha"], shown)}
![Accuracy against latency and energy](accuracy_trade.svg)

The most accurate has {100 * best["accuracy"]:.1f} %{"; " + as_trained if as_trained else ""}. With eight columns to an RRAM ADC the matrices take 74 cycles a token and hide what k and the ramp
do: latency is theirs. With an ADC for each column they take 18, at eight times the ADCs' area; then the AV arrays set the pace, whose full ramp takes 66 cycles a row whatever k is. k and the K^T ramp
move latency by less than a percent either way: in this machine they are a matter of accuracy, and of the attention's small share of the energy. Energy hangs on the RRAM ADCs' bits. One bit less
than lossless costs nothing here, for 64 or 128 of 256 rows are in use; two bits less ruin the network, since the ADC's step stays that of a full array.
A front of three objectives holds many points that buy a few nanoseconds or picojoules with much accuracy: read it from the top.
"""


COMPARABLE = """\
## What can be compared

These are small networks on small tasks, trained in minutes; the paper's are ViT on CIFAR-10 and -100, DistilBERT and BERT-base on SQuAD. Sizes of effects do not carry over,
their order and direction may. The paper quantises Q, K, V and the scores; here everything is integer, also normalisation, GELU and the residual stream, so the losses
include what these cost. Its accuracies come from a network with a model of the circuits' error, these from the machine's own simulation, where the same run gives latency and energy.
Networks were trained once, on a GPU; the same seeds on a CPU give others of the same kind.
"""
