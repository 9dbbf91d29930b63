# SPDX-License-Identifier: Apache-2.0
"""The conformance suite of a block's pin contract (docs/pins): runs of a head in which RTL stands
beside the model, directed at the corners of what the RTL was compiled for, and the cases of the
contract that they have exercised, as the test vectors of these runs show."""

from dataclasses import dataclass

from topkima.vectors import elements

STALL = ("--cosim.stall=0.4", "--seed=7")
DIRECT = ("--pipeline.queue_depth=0",)
FAST = ("--score.query_bits=2", "--score.precharge_cycles=0", "--av.bits=1",
        "--av.precharge_cycles=0", "--av.shift_add_cycles=0")
MANY_TIES = ("--ima.ramp_lsb=40",)
FAR_APART = ("--ima.ramp_lsb=1", "--softmax.score_step=1")


@dataclass(frozen=True)
class Run:
    name: str
    options: tuple
    shows: str = ""     # a case that is exercised by the run as such; its vectors do not show it

    @property
    def stalls(self) -> bool:
        """Vectors of such a run are refused: the stalls would be in them."""
        return any(option.startswith("--cosim.stall") for option in self.options)


def head(tokens: int, bits: int, *more) -> tuple:
    return ("--attention.heads=1", f"--attention.tokens={tokens}", "--attention.d_model=16",
            f"--attention.query_rows={min(tokens, 12)}", f"--ima.bits={bits}", *more)


def counter_runs(columns: int, bits: int, *more) -> list:
    """Of counters, and of the ramps before them."""
    def machine(k, tokens=columns):
        return head(tokens, bits, "--crossbar.columns=512", f"--topk.k={k}", *more)
    some, few = max(min(5, columns - 1), 1), max(columns // 4, 1)
    return [
        Run("several columns cross in a step", machine(some) + MANY_TIES),
        Run("few columns cross in a step", machine(some)),
        Run("k is 1", machine(1)),
        Run("k is the number of columns", machine(columns) + ("--ima.ramp_lsb=1",)),
        Run("k is never reached", machine(columns + 1)),
        Run("the participants are exhausted", machine(few + 1) + (
            "--topk.stop_when_exhausted=true", f"--attention.valid_tokens={few}")),
        Run("fewer columns than the RTL has", machine(1, max(columns // 2, 1))),
        Run("stalls", machine(some) + MANY_TIES + STALL, "grants and steps are held back"),
        Run("stalls, without queues", machine(some) + STALL + DIRECT,
            "a ramp is held between two steps"),
    ]


def topk_runs(p: dict) -> list:
    return counter_runs(min(p["COLUMNS"], 256), min(p["CODE_BITS"], 5),
                        f"--topk.grants_per_cycle={p.get('GRANTS', 1)}")


def ramp_runs(p: dict) -> list:
    return counter_runs(16, p["CODE_BITS"])


def split(crossbars: int, columns: int, sub_k: int) -> tuple:
    return (f"--topk.split={','.join([str(columns)] * crossbars)}",
            f"--topk.sub_k={','.join([str(sub_k)] * crossbars)}")


def union_runs(p: dict) -> list:
    crossbars, sub_k = p.get("CROSSBARS", 1), p["SUB_K"]
    columns = min(2 ** p["COLUMN_BITS"], 2 ** p["TOKEN_BITS"] // crossbars, max(16, sub_k))
    bits, sub_k = min(p["CODE_BITS"], 5), min(sub_k, columns)

    def machine(*more, count=crossbars, winners=sub_k):
        return head(count * columns, bits, *split(count, columns, winners), *more)
    return [
        Run("all crossbars, all winners", machine()),
        Run("one winner each", machine(winners=1)),
        Run("one crossbar", machine(count=1)),
        Run("crossbars without winners", machine("--attention.causal=true")),
        Run("many ties", machine(*MANY_TIES)),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL), "rows are held back in front and behind"),
        Run("stalls, without queues", machine(*STALL, *DIRECT, *FAST),
            "a row waits while the next one comes"),
    ]


def softmax_runs(p: dict) -> list:
    winners = p["WINNERS"]
    tokens = min(max(2 * winners, 16), 2 ** p["TOKEN_BITS"])
    bits = min(p["CODE_BITS"], 5)

    def machine(k, *more, among=tokens):
        return head(among, bits, f"--softmax.prob_bits={p['PROB_BITS']}", f"--topk.k={k}", *more)
    two_crossbars = [Run("winners of two crossbars", machine(
        winners, *split(2, tokens // 2, winners // 2)))] if winners > 1 else []
    return [
        *two_crossbars,
        Run("all winners", machine(min(winners, tokens))),
        Run("one winner", machine(1)),
        Run("rows of different lengths", machine(min(winners, tokens), "--attention.causal=true")),
        Run("many ties", machine(min(winners, tokens), *MANY_TIES)),
        Run("codes far apart", machine(winners, *FAR_APART, among=winners)),
        Run("rows back to back", machine(min(winners, 3), *FAST)),
        Run("stalls", machine(min(winners, 3), *STALL), "rows are held back in front and behind"),
        Run("stalls, without queues", machine(min(winners, 3), *STALL, *DIRECT, *FAST),
            "both halves hold a row and wait"),
    ]


def macro_runs(p: dict) -> list:
    crossbars = p.get("CROSSBARS", 1)
    columns = min(p["COLUMNS"], 256, 2 ** p["TOKEN_BITS"] // crossbars)
    bits, sub_k = min(p["CODE_BITS"], 5), min(p["SUB_K"], columns)

    def machine(*more, count=crossbars, winners=sub_k):
        return head(count * columns, bits, f"--softmax.prob_bits={p['PROB_BITS']}",
                    *split(count, columns, winners), *more)
    return [
        Run("all crossbars, all winners", machine()),
        Run("one winner each", machine(winners=1)),
        Run("one crossbar", machine(count=1)),
        Run("crossbars without winners", machine("--attention.causal=true")),
        Run("many ties", machine(*MANY_TIES)),
        Run("the participants are exhausted", machine(
            "--topk.stop_when_exhausted=true", f"--attention.valid_tokens={max(sub_k // 2, 1)}")),
        Run("codes far apart", machine(*FAR_APART)),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL), "each hand-off is held back"),
    ]


def registers_runs(p: dict) -> list:
    def machine(*more):
        return ("--attention.heads=1", "--attention.tokens=16", "--attention.d_model=16", *more)
    # Between the machine's accesses the adapter makes some that change nothing.
    return [
        Run("one sequence", machine(),
            "every word is read, and one that is not there; writes are refused by their rules"),
        Run("four sequences in two banks", machine(
            "--pipeline.sequences=4", "--pipeline.banks=2", "--pipeline.schedule=coarse"),
            "address before data, data before address, responses that wait"),
    ]


RUNS = {"topk": topk_runs, "ramp": ramp_runs, "union": union_runs, "softmax": softmax_runs,
        "macro": macro_runs, "registers": registers_runs}


# A case is a condition on one transaction: what goes in, what comes out, the parameters that fit
# the machine (`fit`), and those of the RTL (`p`).

def columns_granted(expected, fit):
    width = max((fit["COLUMNS"] - 1).bit_length(), 1)
    return elements(expected["grant_column"], width, expected["grants"])


def codes(value, fit, count):
    return elements(value, fit["CODE_BITS"], count, signed=True)


def counts(given, fit):
    return elements(given["in_count"], fit["SUB_K"].bit_length(), fit["CROSSBARS"])


TOPK_CASES = {
    "a step without a crossing": lambda g, e, fit, p: g["crossing"] == 0,
    "several crossings in a step": lambda g, e, fit, p: g["crossing"].bit_count() > 1,
    "all columns cross at once": lambda g, e, fit, p:
        g["crossing"].bit_count() == fit["COLUMNS"] > 1,
    "crossings left when the conversion stops": lambda g, e, fit, p:
        e["stop"] == 1 and g["crossing"].bit_count() > e["grants"],
    "the first column is granted": lambda g, e, fit, p: 0 in columns_granted(e, fit),
    "the last column is granted": lambda g, e, fit, p:
        p["COLUMNS"] - 1 in columns_granted(e, fit),
    "k is 1": lambda g, e, fit, p: g["k"] == 1 and e["stop"] == 1,
    "stop at the k-th grant": lambda g, e, fit, p: e["stop"] == 1 and e["count"] == g["k"],
    "stop at the last participant": lambda g, e, fit, p:
        e["stop"] == 1 and g["stop_when_exhausted"] == 1 and
        e["count"] == g["participants"] < g["k"],
    "stop at the last step": lambda g, e, fit, p: e["stop"] == 1 and g["step_last"] == 1,
    "the last step without a stop": lambda g, e, fit, p: e["stop"] == 0 and g["step_last"] == 1,
    "k beyond all columns of the RTL": lambda g, e, fit, p: g["k"] == p["COLUMNS"] + 1,
    "a stop in the first step": lambda g, e, fit, p: e["stop"] == 1 and g["step_first"] == 1,
}
RAMP_CASES = {
    "the ramp runs to its end": lambda g, e, fit, p: e["step_last"] == 1 and g["stop"] == 0,
    "a stop in the first step": lambda g, e, fit, p: e["step_first"] == 1 and g["stop"] == 1,
    "a stop in between": lambda g, e, fit, p:
        g["stop"] == 1 and not (e["step_first"] or e["step_last"]),
    "a stop in the last step": lambda g, e, fit, p: e["step_last"] == 1 and g["stop"] == 1,
    "the counter holds a step": lambda g, e, fit, p: g["cycles"] > 1,
}
UNION_CASES = {
    "all crossbars are full": lambda g, e, fit, p:
        counts(g, fit) == [p["SUB_K"]] * p.get("CROSSBARS", 1),
    "a crossbar without winners": lambda g, e, fit, p: 0 in counts(g, fit) and e["out_count"] > 0,
    "one winner": lambda g, e, fit, p: e["out_count"] == 1,
    "the largest code is not the first crossbar's": lambda g, e, fit, p:
        e["out_count"] > 0 and
        codes(e["out_max"], fit, 1) != codes(e["out_code"], fit, 1),
    "the largest code is negative": lambda g, e, fit, p:
        e["out_count"] > 0 and codes(e["out_max"], fit, 1)[0] < 0,
}
SOFTMAX_CASES = {
    "one winner": lambda g, e, fit, p: g["in_count"] == 1,
    "as many winners as the RTL has": lambda g, e, fit, p: g["in_count"] == p["WINNERS"],
    "fewer winners": lambda g, e, fit, p: 1 < g["in_count"] < p["WINNERS"],
    "equal codes": lambda g, e, fit, p:
        len(set(codes(g["in_code"], fit, g["in_count"]))) < g["in_count"],
    "the largest is not the first": lambda g, e, fit, p:
        codes(g["in_code"], fit, 1) != codes(g["in_max"], fit, 1),
    "codes as far apart as they can be": lambda g, e, fit, p:
        min(codes(g["in_code"], fit, g["in_count"])) == -(1 << fit["CODE_BITS"] - 1) and
        codes(g["in_max"], fit, 1)[0] == (1 << fit["CODE_BITS"] - 1) - 1,
    "an exponent of 0": lambda g, e, fit, p: 0 in elements(e["exponents"], 16, g["in_count"]),
}
REGISTERS_CASES = {
    "a register is written": lambda g, e, fit, p: g["write"] == 1 and e["response"] == 0,
    "a write is shown that nothing stores": lambda g, e, fit, p:
        e["written"] == 1 and e["stored"] >> 8 * g["address"] & 0xffffffff == 0 != g["wdata"],
    "what hardware has is read": lambda g, e, fit, p:
        g["write"] == 0 and e["rdata"] == g["hardware"] >> 8 * g["address"] & 0xffffffff != 0,
    "hardware raises a bit": lambda g, e, fit, p: g["raised"] != 0,
}
CASES = {"topk": TOPK_CASES, "ramp": RAMP_CASES, "union": UNION_CASES, "softmax": SOFTMAX_CASES,
         "registers": REGISTERS_CASES}
# What no run of this suite can show.
UNSEEN = {"union": ("the first crossbar is empty and another is not",),
          "softmax": ("the exponent table changes between rows",),
          "macro": ("the exponent table changes between rows",),
          "registers": ("hardware refuses a write", "a read and a write at a time",
                        "a bit is raised while it is cleared")}
