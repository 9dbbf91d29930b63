# SPDX-License-Identifier: Apache-2.0
"""The conformance suite of a block's pin contract (docs/pins): runs of a head in which RTL stands
beside the model, directed at the corners of what the RTL was compiled for. Which cases of the
contract they have exercised, the tool counts (docs/coverage.md)."""

from dataclasses import dataclass

STALL = ("--cosim.stall=0.4", "--seed=7")
DIRECT = ("--pipeline.queue_depth=0",)
FAST = ("--score.query_bits=2", "--score.precharge_cycles=0", "--av.bits=1",
        "--av.precharge_cycles=0", "--av.shift_add_cycles=0")
MANY_TIES = ("--ima.ramp_lsb=40",)
ALL_CONVERT = ("--crossbar.gate_empty=false",)
THROUGH = ("--topk.stop_when_exhausted=false",)
FAR_APART = ("--ima.ramp_lsb=1", "--softmax.score_step=1")


@dataclass(frozen=True)
class Run:
    name: str
    options: tuple

    @property
    def stalls(self) -> bool:
        """Whether blocks are held up, so that there are no test vectors of it."""
        return any(option.startswith("--cosim.stall") for option in self.options)


def head(tokens: int, bits: int, *more) -> tuple:
    return ("--attention.heads=1", f"--attention.tokens={tokens}", "--attention.d_model=16",
            f"--attention.query_rows={min(tokens, 12)}", f"--ima.bits={bits}", *more)


def counter_runs(columns: int, bits: int, *more) -> list:
    """Of counters, and of the ramps before them."""
    def machine(k, tokens=columns):
        return head(tokens, bits, "--crossbar.columns=512", f"--topk.k={k}", *more)
    some, few = max(min(5, columns - 1), 1), max(columns // 4, 1)
    reach = max(2 ** bits // 8, 1)
    return [
        Run("several columns cross in a step", machine(some) + MANY_TIES),
        Run("few columns cross in a step", machine(some)),
        Run("k is 1", machine(1)),
        Run("k is the number of columns", machine(columns) + ("--ima.ramp_lsb=1",)),
        Run("k is never reached", machine(columns + 1) + THROUGH),
        Run("the ramp ends with its reach", machine(columns) + (f"--topk.reach={reach}",)),
        Run("the reach is longer than the ramp", machine(columns + 1) + THROUGH + (
            f"--topk.reach={2 ** bits - 1}",)),
        Run("the participants are exhausted", machine(few + 1) + (
            f"--attention.valid_tokens={few}",)),
        Run("fewer columns than the RTL has", machine(1, max(columns // 2, 1))),
        Run("stalls", machine(some) + MANY_TIES + STALL),
        Run("stalls, without queues", machine(some) + STALL + DIRECT),
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
        Run("interleaved tokens", machine("--attention.placement=interleaved")),
        Run("many ties", machine(*MANY_TIES)),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL)),
        Run("stalls, without queues", machine(*STALL, *DIRECT, *FAST)),
    ]


def sorter_runs(p: dict) -> list:
    sorters, places = p.get("CROSSBARS", 1), p["SUB_K"]
    columns = min(2 ** p["TOKEN_BITS"] // sorters, max(12, places + 2), 256)
    bits, most = min(p["CODE_BITS"], 5), min(places, columns)

    def machine(*more, sizes=(columns,) * sorters, kept=most):
        of = ("--crossbar.columns=512", f"--topk.k={kept}") if sorters == 1 else (
            "--sort.sorters=crossbar", f"--topk.split={','.join(map(str, sizes))}",
            f"--topk.sub_k={','.join([str(kept)] * len(sizes))}")
        return head(sum(sizes), bits, "--softmax.macro=digital_topk", *of, *more)
    several = [
        Run("two of the sorters", machine(sizes=(columns, columns))),
        Run("columns of different numbers", machine(sizes=(5,) + (columns,) * (sorters - 1))),
    ] if sorters > 1 else []
    return [
        *several,
        Run("all winners", machine()),
        Run("one winner each", machine(kept=1)),
        Run("one column each", machine(sizes=(1,) * sorters, kept=1)),
        Run("masked columns", machine("--attention.causal=true")),
        Run("no columns", machine("--attention.valid_tokens=0", *ALL_CONVERT)),
        Run("many ties", machine(*MANY_TIES)),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL)),
        Run("stalls, without queues", machine(*STALL, *DIRECT, *FAST)),
    ]


def latch_runs(p: dict) -> list:
    columns, bits = min(p["COLUMNS"], 256), min(p["CODE_BITS"], 5)

    def machine(*more, tokens=columns):
        return head(tokens, bits, "--softmax.macro=conventional", "--crossbar.columns=512", *more)
    return [
        Run("all columns", machine()),
        Run("fewer columns than the RTL has", machine(tokens=max(columns // 2, 1))),
        Run("masked columns", machine("--attention.causal=true")),
        Run("no columns", machine("--attention.valid_tokens=0", *ALL_CONVERT)),
        Run("many columns cross in a step", machine(*MANY_TIES)),
        Run("codes at both ends of the ramp", machine("--ima.ramp_lsb=1")),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL)),
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
        Run("rows of different lengths", machine(min(winners, tokens))),
        Run("many ties", machine(min(winners, tokens), *MANY_TIES)),
        Run("codes far apart", machine(winners, *FAR_APART, among=winners)),
        Run("rows back to back", machine(min(winners, 3), *FAST)),
        Run("stalls", machine(min(winners, 3), *STALL)),
        Run("stalls, without queues", machine(min(winners, 3), *STALL, *DIRECT, *FAST)),
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
        Run("crossbars without winners", machine("--attention.causal=true", *ALL_CONVERT)),
        Run("interleaved tokens", machine("--attention.placement=interleaved")),
        Run("the ramps end with their reach", machine("--topk.reach=1")),
        Run("many ties", machine(*MANY_TIES)),
        Run("the participants are exhausted", machine(
            f"--attention.valid_tokens={max(sub_k // 2, 1)}", *ALL_CONVERT)),
        Run("codes far apart", machine(*FAR_APART)),
        Run("rows back to back", machine(*FAST)),
        Run("stalls", machine(*STALL)),
    ]


def shift_add_runs(p: dict) -> list:
    arrays, d_k = p.get("ARRAYS", 1), p["D_K"]
    options = (f"--av.value_bits={min(p['SLICES'], 7) + 1}",
               f"--av.bits={min(p['CODE_BITS'], 12)}", "--av.rows=8")

    def machine(*more, count=arrays, width=d_k, winners=("--topk.k=8",)):
        return (*head(count * 8, 5), f"--attention.d_model={width}", *options, *winners, *more)
    return [
        Run("all arrays, slices and elements", machine()),
        Run("codes at both ends", machine("--av.lsb=1")),
        Run("a winner in each array, codes at both ends", machine(
            "--av.lsb=1", *MANY_TIES, winners=split(arrays, 8, 1))),
        Run("one winner", machine(winners=("--topk.k=1",))),
        Run("one array", machine(count=1)),
        Run("fewer elements than the RTL has", machine(width=max(d_k // 2, 1))),
        Run("fewer slices than the RTL has", machine("--av.value_bits=2")),
        Run("rows close behind each other", machine("--softmax.prob_bits=1")),
        Run("stalls", machine(*STALL)),
    ]


def registers_runs(p: dict) -> list:
    def machine(*more):
        return ("--attention.heads=1", "--attention.tokens=16", "--attention.d_model=16", *more)
    # Between the machine's accesses the adapter makes some that change nothing.
    return [
        Run("one sequence", machine()),
        Run("four sequences in two banks", machine(
            "--pipeline.sequences=4", "--pipeline.banks=2", "--pipeline.schedule=coarse")),
    ]


def reader_runs(p: dict) -> list:
    bus = p["BUS_BYTES"]
    longest = min(p["ROW_BEATS"], 64) * bus

    def machine(*more, width=max(bus, 16), heads=1, tokens=16):
        return (f"--attention.heads={heads}", f"--attention.tokens={tokens}",
                f"--attention.d_model={width}", f"--bus.bytes_per_cycle={bus}", *more)
    return [
        Run("short rows", machine()),
        Run("rows as long as the RTL takes", machine(width=longest, heads=max(longest // 64, 1))),
        Run("rows across 4 KiB boundaries", machine(width=3 * max(bus, 16), tokens=12 * 4096 // (
            36 * max(bus, 16)))),
        Run("one place", machine("--dma.prefetch_rows=1")),
        Run("all places", machine(f"--dma.prefetch_rows={p['PLACES']}")),
        Run("bus latency 1", machine("--bus.latency_cycles=1")),
        Run("Q with K and V", machine("--pipeline.schedule=sequential")),
        Run("sequences in two banks", machine("--pipeline.sequences=3", "--pipeline.banks=2",
                                              "--pipeline.schedule=buffered")),
        Run("stalls", machine(*STALL, heads=2, width=2 * max(bus, 16))),
    ]


RUNS = {"topk": topk_runs, "ramp": ramp_runs, "union": union_runs, "sorter": sorter_runs,
        "latch": latch_runs, "softmax": softmax_runs, "macro": macro_runs,
        "shift_add": shift_add_runs, "registers": registers_runs, "reader": reader_runs}
