# SPDX-License-Identifier: Apache-2.0
"""What runs have covered, for the terminal and as JSON."""

from topkima.coverage.merge import Coverage, Rtl, Subject, bits_of

WHAT = {"lines": "lines and branches", "signals": "bits of signals", "covers": "cover statements"}


def reached(points: list) -> str:
    """"14 of 15, 93 %"."""
    hit = sum(point.times > 0 for point in points)
    return f"{hit} of {len(points)}, {100 * hit // len(points)} %"


def never(points: list) -> list:
    return [point for point in points if point.times == 0]


def missed(kind: str, points: list) -> list:
    """What has never been reached, a text each."""
    left = never(points)
    if kind == "signals":
        return bits_of(left)
    return [f"{point.file}:{point.line} {point.what}"
            for point in sorted(left, key=lambda point: (point.file, point.line, point.what))]


def summary(coverage: Coverage) -> str:
    lines = [f"runs      {len(coverage.runs)}"]
    for subject in coverage.subjects.values():
        lines += of_subject(subject)
    for rtl in coverage.rtl.values():
        lines += of_rtl(rtl)
    return "\n".join(lines) + "\n"


def of_subject(subject: Subject) -> list:
    lines = [f"{subject.title}: {subject.exercised} of {len(subject.cases)} cases of the contract "
             f"in {subject.transactions} transactions"]
    for case in subject.never_first():
        times = f"{case.times} x" if case.times else "never"
        lines.append(f"  {times:>10}  {case.name}")
    return lines


def of_rtl(rtl: Rtl) -> list:
    lines = [f"RTL {rtl.title}, sources {rtl.sources}: {'; '.join(sorted(rtl.parameters))}"]
    if not rtl.points:
        return [*lines, "  lines have not been counted: its target "
                        f"rtl_coverage_{rtl.block}_{rtl.name} builds what does"]
    for kind, words in WHAT.items():
        for module, points in rtl.of(kind).items():
            lines.append(f"  {module}: {words} {reached(points)}")
            lines += [f"    never {text}" for text in missed(kind, points)]
    if rtl.uncounted:
        lines.append(f"  {rtl.uncounted} libraries of these runs did not count")
    return lines


def as_json(coverage: Coverage) -> dict:
    return {
        "schema": "topkima-coverage-merged", "schema_version": 1,
        "runs": [{"number": run.number, "directory": run.name,
                  **{key: run.index[key] for key in ("input", "settings", "ended")},
                  "part": run.index.get("part", "")} for run in coverage.runs],
        "contracts": [{"block": subject.block, "rtl": subject.rtl,
                       "transactions": subject.transactions,
                       "cases": [{"name": case.name, "section": case.section, "times": case.times,
                                  "runs": {str(run): times for run, times in case.runs.items()}}
                                 for case in subject.cases.values()]}
                      for subject in coverage.subjects.values()],
        "rtl": [{"block": rtl.block, "name": rtl.name, "sources": rtl.sources,
                 "parameters": sorted(rtl.parameters),
                 "points": [{"kind": point.kind, "module": point.module, "file": point.file,
                             "line": point.line, "what": point.what, "times": point.times}
                            for point in rtl.points.values()]}
                for rtl in coverage.rtl.values()]}
