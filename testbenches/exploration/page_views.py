# SPDX-License-Identifier: Apache-2.0
"""Made-up views of studies for the tests of the study page: no simulation, but shaped like one."""

import random

COLUMNS = (16, 32, 64, 128, 256)
SCHEDULES = ("sequential", "coarse", "fine", "buffered")
KINDS = ("projection.q", "av", "score", "divider")

PARAMETERS = [
    {"name": "topk.k", "unit": "winners", "meaning": "winners per row", "kind": "integer"},
    {"name": "crossbar.columns", "unit": "columns", "meaning": "bit lines", "kind": "integer"},
    {"name": "ima.saturate_share", "unit": "", "meaning": "share that saturates", "kind": "real"},
    {"name": "pipeline.schedule", "unit": "", "meaning": "overlap", "kind": "choice"},
    {"name": "pipeline.queue_depth", "unit": "rows", "meaning": "rows waiting", "kind": "integer"},
    {"name": "topk.stop_when_exhausted", "unit": "", "meaning": "early end", "kind": "boolean"},
]


def settings(rng):
    schedule = rng.choice(SCHEDULES)
    overlaps = schedule in ("fine", "buffered")
    return {"topk.k": str(rng.randint(1, 16)), "crossbar.columns": str(rng.choice(COLUMNS)),
            "ima.saturate_share": f"{rng.choice((0, 0.01, 0.05, 0.1)):g}",
            "pipeline.schedule": schedule,
            "pipeline.queue_depth": str(rng.choice((1, 2, 4))) if overlaps else "",
            "topk.stop_when_exhausted": rng.choice(("true", "false"))}


def measured(parameters, rng, others):
    k, place = int(parameters["topk.k"]), SCHEDULES.index(parameters["pipeline.schedule"])
    latency = 40000 // (place + 1) + 300 * k + rng.randint(0, 900)
    metrics = {"latency_cycles": latency, "cosine_similarity": 1 - 0.6 / k - 0.05 * rng.random(),
               "alpha": rng.random()}
    return {**metrics, **{f"stage.made_up.{n}": rng.random() * 10 ** (n % 7)
                          for n in range(others)}}


def mark_front(points):
    """By a sweep: latency down, similarity up."""
    best = float("-inf")
    allowed = [point for point in points if point["state"] == "done" and not point["violates"]]
    for point in sorted(allowed, key=lambda one: (one["metrics"]["latency_cycles"],
                                                  -one["metrics"]["cosine_similarity"])):
        if point["metrics"]["cosine_similarity"] > best:
            best = point["metrics"]["cosine_similarity"]
            point["front"] = True


def made_up_view(count, seed=1, others=5, workloads=("digits",), objectives=2):
    """`count` points, of which about a tenth is infeasible or failed."""
    rng = random.Random(seed)
    points = []
    for number in range(count):
        parameters, state = settings(rng), rng.choices(("done", "infeasible", "failed"),
                                                       (18, 1, 1))[0]
        metrics = measured(parameters, rng, others) if state == "done" else {}
        low = state == "done" and metrics["cosine_similarity"] < 0.55
        given = " ".join(f"--{name}={text}" for name, text in parameters.items() if text)
        points.append({
            "number": number, "workload": rng.choice(workloads), "state": state,
            "message": "" if state == "done" else f"crossbar.columns = {number}: expected less",
            "parameters": parameters, "metrics": metrics, "front": False,
            "bottleneck": rng.choice(KINDS) if state == "done" else "",
            "violates": ["cosine_similarity >= 0.55"] if low else [],
            "run_hash": f"{rng.getrandbits(64):016x}", "command": f"topkima-soc {given}"})
    for workload in workloads:
        mark_front([point for point in points if point["workload"] == workload])
    names = ["latency_cycles", "cosine_similarity", "alpha",
             *(f"stage.made_up.{n}" for n in range(others))]
    return {
        "name": "made-up", "question": "What does it cost to select more winners?",
        "tool": "topkima-soc", "model_revision": "1a2b3c4", "sampler": f"random, seed {seed}",
        "workloads": list(workloads), "parameters": PARAMETERS,
        "objectives": [{"metric": "latency_cycles", "direction": "minimize"},
                       {"metric": "cosine_similarity", "direction": "maximize"}][:objectives],
        "metrics": [{"name": name, "unit": "cycles" if name == "latency_cycles" else "",
                     "meaning": f"the metric {name}"} for name in names],
        "constraints": ["cosine_similarity >= 0.55"], "points": points,
        "importance": {"latency_cycles": {"pipeline.schedule": 0.8, "topk.k": 0.15},
                       "cosine_similarity": {"topk.k": 0.9}},
        "importance_note": "Shares of the variance.",
        "counts": {state: sum(point["state"] == state for point in points)
                   for state in ("done", "infeasible", "failed", "open")}}
