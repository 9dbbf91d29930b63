# SPDX-License-Identifier: Apache-2.0
"""The published figures and what the model says of each, from the results of single machines."""

from dataclasses import dataclass

ROWS = 384      # of the reference sequence, in each head


@dataclass
class Headline:
    key: str
    group: str
    quantity: str
    published: float | None
    unit: str = "x"
    bound: str = ""         # "at least", "up to": what the published figure is
    needs: tuple = ()       # machines, "macro topkima scale_free" or "soc ..."
    of: object = None       # what is simulated, from those machines' rows
    bounds: object = None   # (low, high) of it, likewise; None: there is no energy or area in it


def ratio(metric):
    return lambda better, worse: worse[metric] / better[metric]


def ratio_bounds(metric):
    """Both machines have the same constants, which lie anywhere in their bands in each."""
    return lambda better, worse: (worse[f"{metric}_low"] / better[f"{metric}_high"],
                                  worse[f"{metric}_high"] / better[f"{metric}_low"])


def fold_cycles(row: dict) -> float:
    """Cycles of a query in the stage that multiplies with W_K^T."""
    return row["fold.busy"] * row["latency_cycles"] / ROWS


def in_k_weights(plain: dict, folded: dict) -> float:
    return (folded["softmax_cycles"] + fold_cycles(folded)) / plain["softmax_cycles"]


def softmax_share(row: dict) -> float:
    return (row["exponent.path"] + row["divider.path"]) / row["latency_cycles"]


TOPKIMA, CONVENTIONAL, DTOPK = ("macro topkima scale_free", "macro conventional scale_free",
                                "macro digital_topk scale_free")
SOC = "soc topkima scale_free fine"

HEADLINES = (
    Headline("speed_conventional", "macro", "softmax macro, latency: conventional / Topkima", 15,
             needs=(TOPKIMA, CONVENTIONAL), of=ratio("softmax_cycles")),
    Headline("speed_dtopk", "macro", "softmax macro, latency: Dtopk / Topkima", 8,
             needs=(TOPKIMA, DTOPK), of=ratio("softmax_cycles")),
    Headline("energy_conventional", "macro", "softmax macro, energy: conventional / Topkima", 30,
             needs=(TOPKIMA, CONVENTIONAL), of=ratio("softmax_energy_per_row_pj"),
             bounds=ratio_bounds("softmax_energy_per_row_pj")),
    Headline("energy_dtopk", "macro", "softmax macro, energy: Dtopk / Topkima", 3,
             needs=(TOPKIMA, DTOPK), of=ratio("softmax_energy_per_row_pj"),
             bounds=ratio_bounds("softmax_energy_per_row_pj")),
    Headline("sort_share", "macro", "share of sorting in Dtopk's latency", 0.75, "", "at least",
             (DTOPK,), lambda row: row["sort_share"]),
    Headline("shift_topkima", "scaling", "left shift / scale-free, Topkima", 2.4,
             needs=(TOPKIMA, "macro topkima left_shift"), of=ratio("softmax_cycles")),
    Headline("shift_conventional", "scaling", "left shift / scale-free, conventional", 2.4,
             needs=(CONVENTIONAL, "macro conventional left_shift"), of=ratio("softmax_cycles")),
    Headline("shift_dtopk", "scaling", "left shift / scale-free, Dtopk", 2.4,
             needs=(DTOPK, "macro digital_topk left_shift"), of=ratio("softmax_cycles")),
    Headline("fold_conventional", "scaling", "scale in W_K^T / scale-free, conventional", 1.5,
             needs=("soc conventional scale_free fine", "soc conventional in_k_weights fine"),
             of=in_k_weights),
    Headline("fold_dtopk", "scaling", "scale in W_K^T / scale-free, Dtopk", 1.5,
             needs=("soc digital_topk scale_free fine", "soc digital_topk in_k_weights fine"),
             of=in_k_weights),
    Headline("fold_topkima", "scaling", "Dtopk with scale in W_K^T / Topkima, scale-free", 1.5,
             needs=(SOC, "soc digital_topk in_k_weights fine"), of=in_k_weights),
    Headline("tops", "system", "BERT-base module, SL 384: throughput", 6.70, "TOPS",
             needs=(SOC,), of=lambda row: row["tops"]),
    Headline("tops_per_w", "system", "BERT-base module, SL 384: energy efficiency", 16.84, "TOPS/W",
             needs=(SOC,), of=lambda row: row["tops_per_w"],
             bounds=lambda row: (row["tops_per_w_low"], row["tops_per_w_high"])),
    Headline("softmax_share", "system",
             "softmax's share of latency, conventional macro, nothing overlapped", 0.40, "",
             "up to", ("soc conventional scale_free sequential",), softmax_share),
)


def machine(name: str) -> dict:
    """Its parameters."""
    tool, macro, scaling, *schedule = name.split()
    settings = {"softmax.macro": macro, "attention.scaling": scaling}
    if schedule:
        settings["pipeline.schedule"] = schedule[0]
    return settings


def machines(tool: str, energy: bool = False) -> list:
    """All that the headlines need of a tool, each once; `energy`: those with energy in them."""
    names = [name for headline in HEADLINES for name in headline.needs
             if name.split()[0] == tool and (headline.bounds or not energy)]
    return list(dict.fromkeys(names))


def simulated(headline: Headline, row_of) -> float:
    """`row_of`: the results of a machine by its name."""
    return headline.of(*(row_of(name) for name in headline.needs))
