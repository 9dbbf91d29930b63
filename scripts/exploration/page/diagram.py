"""The block diagram of a run as SVG: each block with the share of the time in which it was busy or
blocked. Only what the machine has is drawn; figures of a head's stages are means over the heads.
"""

from html import escape

WIDTH, HEIGHT = 130, 62

# Blocks: place, width, name, what is inside. Keys are kinds of stages where those have an account.
SOC_BLOCKS = {
    "memory": (20, 40, WIDTH, "Token memory", "X, outputs"),
    "bus": (20, 180, WIDTH, "Bus", ""),
    "dma": (20, 320, WIDTH, "DMA reader", "load, query"),
    "projection.q": (190, 40, WIDTH, "Projection Q", "RRAM"),
    "projection.k": (190, 180, WIDTH, "Projection K", "RRAM"),
    "projection.v": (190, 320, WIDTH, "Projection V", "RRAM"),
    "write.k": (360, 180, WIDTH, "Kᵀ writer", ""),
    "write.v": (360, 320, WIDTH, "V writer", ""),
}
MACRO_BLOCKS = {
    "host": (360, 40, WIDTH, "Host", "gives queries"),
}
HEAD_BLOCKS = {
    "score": (556, 40, 174, "Kᵀ crossbar and ramp", "top-k counter"),
    "union": (788, 40, 174, "Sub-top-k union", ""),
    "exponent": (788, 180, 174, "Exponent", ""),
    "divider": (556, 180, 174, "Divider", ""),
    "weighted": (556, 320, 174, "V tiles", ""),
}
STORE = {"store": (788, 320, 174, "Output DMA", "store")}

HEAD_WIRES = ("M730 71H786", "M875 102V178", "M788 211H732", "M643 242V318")
SOC_WIRES = ("M70 102V178", "M100 180V104", "M85 242V318",
             "M150 339H170V71H188", "M150 351H166V211H188", "M150 363H188",
             "M320 71H554", "M320 211H358", "M320 351H358",
             "M490 211H514V87H554", "M490 351H554",
             "M730 351H786", "M875 382V436H8V211H18")
MACRO_WIRES = ("M490 71H554", "M730 351H786")


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
    blocks = {**(SOC_BLOCKS if projected else MACRO_BLOCKS), **HEAD_BLOCKS,
              **(STORE if "store" in times else {"out": (*STORE["store"][:3], "Output", "")})}
    wires = HEAD_WIRES + (SOC_WIRES if projected else MACRO_WIRES)
    drawn = []
    for kind, place in blocks.items():
        kinds = ["bus.read", "bus.write"] if kind == "bus" else [kind]
        drawn.append(block(kind, place, [(place[3] if kind != "bus" else each, times[each])
                                         for each in kinds if each in times]))
    heads = report["workload"]["heads"]
    frame = (f'<rect class="head" x="536" y="10" width="446" height="394" rx="4"/>'
             f'<text class="small left" x="546" y="28">attention head'
             f'{f", one of {heads}; figures are means over the heads" if heads > 1 else ""}</text>')
    left = 0 if projected else 340
    return (f'<svg viewBox="{left} 0 {990 - left} 446" role="group" '
            f'style="min-width:{0.75 * (990 - left):.0f}px;'
            f'max-width:{1.15 * (990 - left):.0f}px" '
            'aria-label="Block diagram with the utilisation of each block">'
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
            + frame + "".join(f'<path class="wire" d="{wire}"/>' for wire in wires)
            + "".join(drawn) + "</svg>")
