# SPDX-License-Identifier: Apache-2.0
"""What a study leaves behind: points.csv, summary.md and the report's page."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

from topkima.exploration import analysis, sampling
from topkima.exploration.store import Store
from topkima.exploration.study import Study
from topkima.files import write_file
from topkima.names import name_in, shell_command
from topkima.markdown import inline, paragraph, table

FINISHED = ("done", "infeasible", "failed")
MOST_OF_FRONT = 40      # in the summary
PAGE = "report.html"


def point_of(row, record, study: Study) -> dict:
    """A point with what its record says."""
    record = record or {"metrics": {}, "bottleneck": "", "configuration": {}}
    return {
        "number": row.number, "workload": study.workloads[row.workload].name,
        "index": row.workload, "state": row.state, "message": row.message or "",
        "parameters": json.loads(row.parameters), "metrics": record["metrics"],
        "objectives": json.loads(row.objectives) if row.objectives else None,
        "violates": study.violated(record["metrics"]) if row.state == "done" else [],
        "bottleneck": record["bottleneck"], "configuration": record["configuration"],
        "run_hash": row.hash or ""}


def points_of(store: Store, study: Study) -> list:
    """Every point, in the order of numbers, and whether it is on the front of its workload, as
    far as that is shown (study.epsilon)."""
    points = [point_of(row, record, study) for row, record in store.finished()]
    on_front = analysis.front_by_workload(points, [each for _, each in study.objectives],
                                          study.epsilon)
    for point in points:
        point["front"] = point["number"] in on_front
    return points


def csv_text(study: Study, points: list) -> str:
    """One row per point. Columns: what the study varies, metrics in the order of --list-metrics,
    verdicts, then every parameter, resolved."""
    varied, metrics = study.varied_names, list(study.tool.metrics)
    resolved = [name for name, entry in study.tool.parameters.items() if entry["affects_results"]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["number", "workload", "state", *varied, *metrics, "bottleneck", "front",
                     "violates", "message", "run_hash", *(f"resolved:{name}" for name in resolved)])
    for point in points:
        values = [point["metrics"].get(name) for name in metrics]
        writer.writerow([
            point["number"], point["workload"], point["state"],
            *(point["parameters"].get(name, "") for name in varied),
            *("" if value is None else number(value) for value in values),
            point["bottleneck"], int(point["front"]), "; ".join(point["violates"]),
            point["message"], point["run_hash"],
            *(point["configuration"].get(name, "") for name in resolved)])
    return out.getvalue()


def number(value: float) -> str:
    """Shortest text that gives the same number back."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def command(study: Study, point: dict, tool, output) -> list:
    """Runs a point alone, with a full report."""
    workload = study.workloads[point["index"]]
    return [str(tool), *(["--model", name_in(workload.model)] if workload.model else []),
            *(["--input", name_in(workload.input)] if workload.input else []),
            *(f"--{name}={study.word_of(name, text)}"
              for name, text in study.settings(workload, point["parameters"]).items()),
            "--output", str(output)]


def importances(study: Study, points: list, of=analysis.importance) -> dict:
    """By objective what `of` says of each thing that varies."""
    names = list(study.varied_names)
    if len(study.workloads) > 1:
        names.append("workload")
    return {metric: of(points, names, metric) for metric, _ in study.objectives}


def view(study: Study, points: list) -> dict:
    """What the page shows."""
    parameters = [{"name": name, **{key: study.tool.parameters[name][key]
                                    for key in ("unit", "meaning", "kind")}}
                  for name in study.varied_names]
    states = [point["state"] for point in points]
    return {
        "name": study.name, "question": study.question, "tool": study.tool.name,
        "model_revision": study.tool.model_revision, "sampler": study.sampler,
        "workloads": [workload.name for workload in study.workloads], "parameters": parameters,
        "objectives": [{"metric": metric, "direction": direction}
                       for metric, direction in study.objectives],
        "metrics": list(study.tool.metrics.values()),
        "constraints": [each.text for each in study.constraints],
        "points": [{**{key: point[key] for key in
                       ("number", "workload", "message", "metrics", "bottleneck", "front",
                        "violates", "run_hash")},
                    "state": "open" if point["state"] == "claimed" else point["state"],
                    "parameters": {name: point["parameters"].get(name, "")
                                   for name in study.varied_names},
                    "command": shell_command(command(
                        study, point, f"build/platforms/{study.tool.name}",
                        f"results/point-{point['number']}"))} for point in points],
        "importance": importances(study, points),
        "effects": importances(study, points, analysis.effects), "epsilon": study.epsilon,
        "importance_note": "share of the variance, by fANOVA over "
                           f"{min(states.count('done'), analysis.MOST_FOR_IMPORTANCE)} points",
        "counts": {"done": states.count("done"), "infeasible": states.count("infeasible"),
                   "failed": states.count("failed"),
                   "open": states.count("open") + states.count("claimed")}}


def short(value) -> str:
    return "" if value is None else f"{value:.6g}"


def distinct(points) -> list:
    """One point for each result, with the number of further ones of the same result; sorted."""
    groups = {}
    for point in points:
        groups.setdefault((point["index"], *point["objectives"]), []).append(point)
    return [(groups[key][0], len(groups[key]) - 1) for key in sorted(groups)]


def summary(study: Study, points: list, importance: dict) -> str:
    """The same as text, for people and version control."""
    states = [point["state"] for point in points]
    several = len(study.workloads) > 1
    text = f"# {inline(study.name)}\n\n"
    text += f"{paragraph(study.question)}\n\n" if study.question else ""
    counted = [f"{states.count(state)} {state}" for state in ("done", "infeasible", "failed")
               if states.count(state) or state == "done"]
    text += f"{len(points)} points ({study.sampler}): {', '.join(counted)}.\n"
    violating = sum(bool(point["violates"]) for point in points)
    if study.constraints:
        text += f"Constraints: {', '.join(inline(each.text) for each in study.constraints)}; " \
                f"{violating} points violate one.\n"
    chosen = distinct(point for point in points if point["front"])
    thinned = f", thinned by epsilon {study.epsilon:g}" if study.epsilon else ""
    text += f"\n## Front: {len(chosen)} different results{thinned}\n\n"
    head = ["point"] + ["workload"] * several + study.varied_names + \
           [f"{metric} ({direction[:3]})" for metric, direction in study.objectives] + \
           ["bottleneck", "points like it"]
    text += table(head, [
        [str(point["number"])] + [point["workload"]] * several
        + [point["parameters"].get(name, "") for name in study.varied_names]
        + [short(value) for value in point["objectives"]] + [point["bottleneck"], str(equals)]
        for point, equals in chosen[:MOST_OF_FRONT]])
    if len(chosen) > MOST_OF_FRONT:
        text += f"\n{len(chosen) - MOST_OF_FRONT} more in points.csv.\n"
    text += "\n## What matters (share of the variance, fANOVA)\n\n"
    names = list(dict.fromkeys(name for shares in importance.values() for name in shares))
    text += table(["parameter", *importance], [
        [name, *(f"{shares[name]:.3f}" if name in shares else "" for shares in importance.values())]
        for name in names]) if names else "Too few points, or nothing varies.\n"
    text += "\n## Bottleneck\n\n"
    counts = sorted(analysis.bottlenecks(points).items(), key=lambda item: (-item[1], item[0]))
    text += table(["stage", "points"], [[kind, str(count)] for kind, count in counts])
    noted = Counter(point["message"] for point in points
                    if point["message"] and point["state"] == "done")
    if noted:
        text += "\n## To know\n\n" + "".join(
            f"- {paragraph(note)}: {count} points\n" for note, count in sorted(noted.items()))
    refused = sorted({point["message"] for point in points
                      if point["message"] and point["state"] != "done"})
    if refused:
        text += "\n## Refused or failed\n\n" + "".join(
            f"- {paragraph(each)}\n" for each in refused[:20])
        text += f"- {len(refused) - 20} more in points.csv\n" if len(refused) > 20 else ""
    return text


def write_outputs(store: Store, study: Study, directory: Path, page: bool = True):
    points = points_of(store, study)
    shown = view(study, points)
    write_file(directory / "points.csv", csv_text(study, points))
    write_file(directory / "summary.md", summary(study, points, shown["importance"]))
    if study.searches and all(point["state"] in FINISHED for point in points):
        sampling.record(study, store.study, sampling.results_of_trials(store, study, 0),
                        directory / "optuna.log")
    if page:
        from topkima.exploration.page import write_study_page
        write_study_page(shown, directory / PAGE)
