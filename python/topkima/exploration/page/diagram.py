# SPDX-License-Identifier: Apache-2.0
"""The block diagram of a run as SVG: each block with the share of the time in which it was busy or
blocked. Only what the machine has is drawn; figures of a head's stages are means over the heads.
"""

from html import escape

from topkima.errors import DataError
from topkima.exploration.choices import meaning_of
from topkima.stages import stages

WIDTH, HEIGHT = 130, 62

# Where the blocks that the heads share stand: left upper corners. A kind of stage is drawn with the
# words of the table of kinds, what has no account with its own.
SHARED_PLACES = {"memory": (20, 40), "bus": (20, 180), "dma": (20, 320), "projection.q": (190, 40),
                 "projection.k": (190, 180), "projection.v": (190, 320), "write.k": (360, 180),
                 "write.v": (360, 320)}
MEMORY = ("Token memory", "X, outputs")
CHANNELS = "load, query"
BUS = ("bus.read", "bus.write")    # one block, two accounts
HOST = (360, 40)
# A head's stages as rows go, two by two: to the right, down, to the left, down. Those that the
# machine has are drawn; behind AV arrays without a store is the output.
HEAD_LEFT, HEAD_RIGHT, HEAD_WIDTH = 556, 788, 174
TOP, PITCH = 40, 140
FRAME_X, FRAME_WIDTH = 536, 446

SOC_WIRES = ("M70 102V178", "M100 180V104", "M85 242V318",
             "M150 339H170V71H188", "M150 363H188", "M320 351H358")
# X^T is written as it is where there is no projection of K.
KEY_WIRES = {True: ("M150 351H166V211H188", "M320 211H358"), False: ("M150 351H166V211H358",)}
MACRO_WIRES = ("M490 71H554",)


def shared_blocks(report: dict, kinds: dict) -> dict:
    """Blocks beside the heads: place, width, name, what is inside. DataError: a kind of stage has
    no place in the diagram."""
    table = stages()
    if not report["workload"]["projected"]:
        return {"host": (*HOST, WIDTH, table["source"]["label"], table["source"]["inside"])}
    words = {kind: (table[kind]["label"], table[kind]["inside"])
             for kind in table.of_part("shared") if kind not in BUS}
    words |= {"memory": MEMORY, "bus": (table[BUS[0]]["label"], ""),
              "dma": (table["dma"]["label"], CHANNELS)}
    missing = sorted(set(words) - set(SHARED_PLACES))
    if missing:
        raise DataError(f"the block diagram has no place for {', '.join(missing)} (diagram.py)")
    if "projection.k" not in kinds:    # X^T is written as it is
        del words["projection.k"]
        words["write.k"] = (words["write.k"][0].replace("K", "X", 1), "")
    return {kind: (*SHARED_PLACES[kind], WIDTH, *words[kind]) for kind in SHARED_PLACES
            if kind in words}


def inside_of(kind: str, report: dict, kinds: dict) -> str:
    """What is in a block of a head, where the machine decides it."""
    if kind == "score":
        return "full ramp" if "latch" in kinds else "top-k counter"
    if kind == "sorter":
        return "one per crossbar" if meaning_of(report, "sort.sorters") else \
            f"k = {report['configuration'].get('topk.k', {}).get('value')}"
    return stages()[kind]["inside"]


def head_stages(report: dict, kinds: dict) -> dict:
    """kind: (name, what is inside) of a head's blocks, in the order of a row's way."""
    table = stages()
    found = {kind: (table[kind]["label"], inside_of(kind, report, kinds))
             for kind in table.of_part("head") if kind in kinds}
    if "fold" in kinds:    # X^T is in the arrays
        found["score"] = (found["score"][0].replace("K", "X", 1), found["score"][1])
    return found if "store" in found else {**found, "out": (table["sink"]["label"], "")}


def place_of(step: int) -> tuple:
    """Left upper corner of a head's block."""
    row, column = divmod(step, 2)
    return (HEAD_LEFT if column == row % 2 else HEAD_RIGHT), TOP + PITCH * row


def step_wire(step: int) -> str:
    """To the block of a step, from the one before."""
    (from_x, y), (x, to_y) = place_of(step - 1), place_of(step)
    if y != to_y:
        return f"M{x + HEAD_WIDTH // 2} {y + HEIGHT}V{to_y - 2}"
    return f"M{from_x + HEAD_WIDTH} {y + 31}H{x - 2}" if x > from_x else \
        f"M{from_x} {y + 31}H{x + HEAD_WIDTH + 2}"


def feed_wire(y: int, step: int, lane: int) -> str:
    """From a writer beside the head, at `y`, into the block of a step: where no wire between the
    head's blocks is crossed. `lane` is where it turns."""
    x, top = place_of(step)
    if x == HEAD_LEFT:
        straight = top < y < top + HEIGHT
        return f"M490 {y}H{x - 2}" if straight else f"M490 {y}H{lane}V{top + 47}H{x - 2}"
    enters_from_above = step // 2 % 2 == 1
    level, end = (top - 20, top - 2) if enters_from_above else (top + HEIGHT + 20, top + HEIGHT + 2)
    return f"M490 {y}H{lane}V{level}H{x + 40}V{end}"


def head_wires(stages: dict, projected: bool) -> list:
    order = list(stages)
    wires = [step_wire(step) for step in range(1, len(order))]
    if projected:
        wires += ["M320 71H554", feed_wire(211, order.index("score"), 514),
                  feed_wire(351, order.index("av"), 502)]
    return wires


def percent(share: float) -> str:
    if 0 < share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def times_of(stages: list, latency: int) -> dict:
    """For a block's stages: mean shares of busy and blocked, and the range of busy."""
    busy = [stage["busy"] / latency for stage in stages]
    blocked = [stage["blocked"]["total"] / latency for stage in stages]
    return {"busy": sum(busy) / len(busy), "blocked": sum(blocked) / len(blocked),
            "least": min(busy), "most": max(busy), "count": len(stages),
            "cycles": sum(stage["busy"] for stage in stages) / len(stages)}


def told(name: str, times: dict) -> str:
    """The block's figures in words."""
    cycles = f"{times['cycles']:,.0f}".replace(",", "\u202f")
    text = (f"{name}: busy {percent(times['busy'])} ({cycles} cycles), blocked "
            f"{percent(times['blocked'])}, "
            f"starved {percent(max(0.0, 1 - times['busy'] - times['blocked']))}")
    if times["count"] > 1:
        text += (f"; mean of {times['count']} heads, busy from {percent(times['least'])} to "
                 f"{percent(times['most'])}")
    return text


def bar(x: float, y: float, width: float, times: dict) -> str:
    busy, blocked = width * times["busy"], width * times["blocked"]
    return (f'<rect class="track" x="{x}" y="{y}" width="{width}" height="6"/>'
            f'<rect class="busy" x="{x}" y="{y}" width="{busy:.1f}" height="6"/>'
            f'<rect class="blocked" x="{x + busy:.1f}" y="{y}" width="{blocked:.1f}" height="6"/>')


def block(kind: str, place: tuple, accounts: list) -> str:
    """`accounts`: (name, times) of what the block accounts for; none, one, or read and write."""
    x, y, width, name, inside = place
    middle = x + width / 2
    words = "; ".join(told(label, times) for label, times in accounts) or f"{name}: no account"
    tint = max((times["busy"] for _, times in accounts), default=0)
    parts = [f'<g class="block" tabindex="0" role="img" aria-label="{escape(words)}" '
             f'data-kind="{kind}"><title>{escape(words)}</title>',
             f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="3"/>',
             f'<rect class="tint" x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="3" '
             f'fill-opacity="{0.4 * tint:.3f}"/>']
    if len(accounts) == 2:
        parts.append(f'<text x="{middle}" y="{y + 19}">{escape(name)}</text>')
        for line, (label, times) in zip((y + 37, y + 53), accounts):
            share = f"{label.split('.')[-1]} {percent(times['busy'])}"
            parts += [f'<text class="small start" x="{x + 8}" y="{line}">{escape(share)}</text>',
                      bar(x + 82, line - 8, width - 90, times)]
    elif accounts:
        times = accounts[0][1]
        parts += [f'<text x="{middle}" y="{y + 21}">{escape(name)}</text>',
                  f'<text class="small" x="{middle}" y="{y + 39}">'
                  f'{escape(inside + ", " if inside else "")}busy {escape(percent(times["busy"]))}'
                  "</text>", bar(x + 8, y + 49, width - 16, times)]
    else:
        parts += [f'<text x="{middle}" y="{y + 27}">{escape(name)}</text>',
                  f'<text class="small" x="{middle}" y="{y + 46}">{escape(inside)}</text>']
    return "".join(parts) + "</g>"


def diagram_of(report: dict) -> str:
    latency = max(1, report["totals"]["latency_cycles"])
    of_kind = {}
    for stage in report["stages"]:
        of_kind.setdefault(stage["kind"], []).append(stage)
    times = {kind: times_of(stages, latency) for kind, stages in of_kind.items()}
    projected = report["workload"]["projected"]
    head = head_stages(report, times)
    bottom = place_of(len(head) - 1)[1] + HEIGHT + 22
    blocks = shared_blocks(report, times)
    for step, (kind, words) in enumerate(head.items()):
        blocks[kind] = (*place_of(step), HEAD_WIDTH, *words)
    wires = head_wires(head, projected)
    if projected:
        x, y = place_of(len(head) - 1)
        wires += [*SOC_WIRES, *KEY_WIRES["projection.k" in times],
                  f"M{x + HEAD_WIDTH // 2} {y + HEIGHT}V{bottom + 32}H8V211H18"]
    else:
        wires += MACRO_WIRES
    drawn = []
    for kind, place in blocks.items():
        kinds = BUS if kind == "bus" else [kind]
        drawn.append(block(kind, place, [(place[3] if kind != "bus" else each, times[each])
                                         for each in kinds if each in times]))
    heads = len({name.split(".")[0] for stage in report["stages"]
                 if (name := stage["name"]).startswith("head")})
    frame = (f'<rect class="head" x="{FRAME_X}" y="10" width="{FRAME_WIDTH}" '
             f'height="{bottom - 10}" rx="4"/>'
             f'<text class="small left" x="546" y="28">attention head'
             f'{f", one of {heads}; figures are means over the heads" if heads > 1 else ""}</text>')
    left = 0 if projected else 340
    return (f'<svg viewBox="{left} 0 {990 - left} {bottom + 42}" role="group" '
            f'style="min-width:{0.75 * (990 - left):.0f}px;'
            f'max-width:{1.15 * (990 - left):.0f}px" '
            'aria-label="Block diagram with the utilisation of each block">'
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
            + frame + "".join(f'<path class="wire" d="{wire}"/>' for wire in wires)
            + "".join(drawn) + "</svg>")
