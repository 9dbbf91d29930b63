# SPDX-License-Identifier: Apache-2.0
"""docs/results/accuracy.md: what the hardware costs in accuracy, and how that compares with what
the paper reports."""

import math
from pathlib import Path

from topkima.evaluation.figures import (SPLIT_NAMES, front_rows, noise_name, splits_of, text_name,
                                        trade_rows)
from topkima.evaluation.networks import SPLITS
from topkima.evaluation.tables import Mean, Results, mean, paired
from topkima.study_report.words import filled, table

PAGE = Path(__file__).with_name("page.md.in")
SMALL = ("**Of `scripts/accuracy --small`: networks of seconds, which have learnt next to nothing. "
         "Tables and plots are theirs; sizes and conclusions in the words are those of the\n"
         "full study.**\n\n")
MOST_FRONT_ROWS = 14
AS_TRAINED = {"topk.k": 5, "encoder.ramp_factor": 1, "ima.bits": 5, "rram.adc_bits": 9,
              "projection.column_mux": 8}
TRADED = {"accuracy, %": lambda row: f"{100 * row['accuracy']:.1f}",
          "us per image": lambda row: f"{row['latency_us']:.1f}",
          "uJ per image": lambda row: f"{row['energy_uj_per_sample']:.3f}",
          "k": lambda row: f"{row['topk.k']:g}",
          "ramp factor": lambda row: f"{row['encoder.ramp_factor']:g}",
          "ramp bits": lambda row: f"{row['ima.bits']:g}",
          "ADC bits": lambda row: f"{row['rram.adc_bits']:g}",
          "columns per ADC": lambda row: f"{row['projection.column_mux']:g}",
          "mm2": lambda row: f"{row['area_mm2']:.2f}",
          "alpha": lambda row: f"{row['alpha']:.2f}"}


def text(results: Results, small: bool) -> str:
    return filled(PAGE, {"note": SMALL if small else "", **training(results), **texts(results),
                         **noise(results), **trade(results)})


def percent(found: Mean, digits: int = 1) -> str:
    value = f"{100 * found.value:.{digits}f}"
    return value if math.isnan(found.half) else f"{value} ± {100 * found.half:.{digits}f}"


def signed(found: Mean) -> str:
    value = f"{100 * found.value:+.2f}"
    return value if math.isnan(found.half) else f"{value} ± {100 * found.half:.2f}"


def lost(results: Results, k: int) -> Mean:
    """Accuracy of exact floats minus that of TFCBP, network by network."""
    floats = {row["network"]: row["float_accuracy"] for row in results.rows["accuracy_networks"]}
    return mean(floats[row["workload"].replace(f"tfcbp_k{k}", "float")] - row["accuracy"]
                for row in results.rows["accuracy_trained"]
                if row["workload"].startswith(f"tfcbp_k{k}_"))


def training(results: Results) -> dict:
    def trained(kind):
        return percent(results.mean("accuracy_trained", kind))

    def untrained(**conditions):
        return percent(results.mean("accuracy_untrained", "float", **conditions))

    ks = [int(k) for k in results.levels("accuracy_untrained", "topk.k")]
    rows = [["TFCBP: top-k forward, complete gradient", *(trained(f"tfcbp_k{k}") for k in ks)],
            ["top-k forward, gradient of the winners alone", *(trained(f"topk_k{k}") for k in ks)],
            ["trained with exact attention, top-k at inference",
             *(untrained(topk__k=k) for k in ks)]]
    full = [["exact attention, floats", percent(results.float_mean("float"))],
            ["all columns, quantised, tuned for it", trained("quantised")],
            ["all columns, quantised, not tuned", untrained(softmax__macro="conventional")]]
    gains = {k: paired(*(results.accuracies("accuracy_trained", f"{kind}_k{k}")
                         for kind in ("tfcbp", "topk"))) for k in ks}
    return {"over_k": table(["", *(f"k = {k}" for k in ks)], rows),
            "full_attention": table(["full attention", "accuracy"], full),
            "loss": percent(lost(results, 5), 2),
            "least_loss": 100 * results.published["least_loss"],
            "most_loss": 100 * results.published["most_loss"],
            "gains": "; ".join(f"k = {k}: {signed(gain)}" for k, gain in gains.items())}


def texts(results: Results) -> dict:
    splits, kinds = splits_of(results), results.kinds("accuracy_text")

    def table_of(k):
        rows = [[text_name(kind), *(percent(results.mean("accuracy_text", kind, topk__split=split,
                                                         topk__k=k), 2) for split in splits)]
                for kind in kinds]
        return f"k = {int(k)}:\n\n" + table(["trained with", *(SPLIT_NAMES[s] for s in splits)],
                                            rows)

    own = [kind for kind in kinds if kind not in ("text_float", "text_global")]
    return {"text_tables": "\n".join(map(table_of, results.levels("accuracy_text", "topk.k"))),
            "text_lines": "\n".join(
                f"- {text_name(kind)}, trained and run so: {signed(against_global(results, kind))} "
                "points against the global top-k, trained and run so." for kind in own)}


def against_global(results: Results, kind: str) -> Mean:
    return paired(*(results.accuracies("accuracy_text", name, topk__k=5,
                                       topk__split=SPLITS[name.removeprefix("text_")])
                    for name in (kind, "text_global")))


def equivalent_noise(results: Results, kind: str):
    """The sigma at which a kind of network loses the paper's share of its accuracy, between two
    levels by a straight line; None where none does."""
    share = results.published["squad_with_error"] / results.published["squad"]
    levels = results.levels("accuracy_noise", "noise.score_sigma")
    values = [results.mean("accuracy_noise", kind, noise__score_sigma=sigma).value
              for sigma in levels]
    wanted = share * values[0]
    for low, high, above, below in zip(levels, levels[1:], values, values[1:]):
        if above >= wanted > below:
            return low + (high - low) * (above - wanted) / (above - below)
    return None


def noise(results: Results) -> dict:
    kinds = results.kinds("accuracy_noise")
    levels = results.levels("accuracy_noise", "noise.score_sigma")
    rows = [[noise_name(kind), *(percent(results.mean("accuracy_noise", kind,
                                                      noise__score_sigma=sigma))
                                 for sigma in levels)] for kind in kinds]
    equal = [(kind, equivalent_noise(results, kind)) for kind in kinds]
    columns = [name for name in results.rows["accuracy_defects"][0]
               if name.startswith(("noise.", "fault.")) and name != "noise.seed"]
    defects = [[f"`{name}`", ", ".join(f"{level:g}: " + percent(results.mean(
        "accuracy_defects", "tfcbp_k5", **{name.replace(".", "__"): level}))
        for level in results.levels("accuracy_defects", name))] for name in columns]
    published = results.published
    return {"noise": table(["trained with", *(f"{sigma:g}" for sigma in levels)], rows),
            "squad": 100 * published["squad"],
            "squad_loss": 100 * (published["squad"] - published["squad_with_error"]),
            "sigmas": "; ".join(f"trained with {noise_name(kind)}, " + (
                "at none of these levels" if sigma is None else f"{sigma:.2g} steps")
                for kind, sigma in equal),
            "defects": table(["non-ideality", "accuracy in %"], defects)}


def trade(results: Results) -> dict:
    rows = trade_rows(results)
    front = sorted(front_rows(results),
                   key=lambda row: (-row["accuracy"], row["energy_uj_per_sample"]))
    shown = front[:MOST_FRONT_ROWS]
    as_trained = [row for row in rows
                  if all(row[name] == value for name, value in AS_TRAINED.items())]
    return {"machines": len(rows), "on_front": len(front), "shown": len(shown),
            "front": table(list(TRADED), [[told(row) for told in TRADED.values()]
                                          for row in shown]),
            "best": 100 * front[0]["accuracy"],
            "as_trained": "".join(f"; as trained, {100 * row['accuracy']:.1f} % at "
                                  f"{row['latency_us']:.1f} us and "
                                  f"{row['energy_uj_per_sample']:.3f} uJ" for row in as_trained)}
