#!/usr/bin/env python3
"""The tables of docs/accuracy.md on public load traces, from scores that were measured outside.

    public_traces.py SCORES.csv PEERS.csv [--into FILE ...]

Both files have a row for each task (D: a day ahead, S: an hour ahead), method and trace, with the columns task, method,
series, wql, mase, up, c80 and c95. SCORES holds the methods forescale and snaive_day (seasonal naive), PEERS the others;
docs/accuracy.md says how they were measured. With --into, the tables replace what stands between
`<!-- begin public-D -->` and `<!-- end public-D -->`, the same for S, and a sentence what stands between those of
`public-summary`.
"""

import argparse
import csv
import pathlib
import statistics
import sys

from tables import fill, geometric, markdown, ratio

OURS, NAIVE = "forescale", "snaive_day"
TASKS = {"D": "A day ahead", "S": "An hour ahead"}
# The methods that the page names, as it names them.
NAMES = {
    OURS: "**forescale**",
    "lgb_tuned": "LightGBM, tuned",
    "lgb_direct": "LightGBM, direct",
    "lgb_recursive": "LightGBM, recursive",
    "fracast": "small foundation model",
    "autoarima": "AutoARIMA",
    "autoces": "AutoCES",
    "mstl": "MSTL",
    "dot": "optimised theta",
    "prophet": "Prophet",
    "autoets": "AutoETS",
    "holt_winters": "Holt-Winters",
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("scores", type=pathlib.Path)
    options.add_argument("peers", type=pathlib.Path)
    options.add_argument("--into", type=pathlib.Path, nargs="+", default=[], help="documents to fill in")
    asked = options.parse_args()
    rows = [*read(asked.scores), *read(asked.peers)]
    tables, told = {}, []
    for task, ahead in TASKS.items():
        scores = by_method(rows, task)
        if OURS in scores:
            tables[f"public-{task}"] = f"{totals(scores)}\n{traces(scores)}"
            told.append(summary(scores, ahead))
    tables["public-summary"] = "".join(f"{sentence}\n" for sentence in told)
    if not told:
        sys.exit(f"{asked.scores} holds no row of {OURS}")
    print("\n".join(tables.values()), end="")
    for file in asked.into:
        fill(file, tables)
    return 0


def read(file: pathlib.Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def by_method(rows: list[dict[str, str]], task: str) -> dict[str, dict[str, dict[str, float]]]:
    """The scores of each method by trace, for methods that were scored on every trace that ours was."""
    scores = {}
    for row in rows:
        method = row["method"]
        if row["task"] == task and (method in NAMES or method == NAIVE):
            numbers = {key: float(row[key]) for key in ("wql", "mase", "up", "c80", "c95")}
            scores.setdefault(method, {}).setdefault(row["series"], numbers)
    ours = scores.get(OURS, {}).keys()
    return {method: {name: own[name] for name in ours} for method, own in scores.items() if ours <= own.keys()}


def summary(scores: dict, ahead: str) -> str:
    naive = scores[NAIVE]
    relative = {
        method: geometric((own[name]["wql"], naive[name]["wql"]) for name in own)
        for method, own in scores.items()
        if method != NAIVE
    }
    ours = relative.pop(OURS)
    best = min(relative, key=relative.get)
    against = f"{relative[best]:.3f} of the best other method ({NAMES[best]})"
    return f"{ahead}, on {len(naive)} public load traces, the error (WQL) is {ours:.3f} of seasonal naive's, against {against}."


def totals(scores: dict) -> str:
    rows = []
    for method, own in scores.items():
        if method == NAIVE:
            continue
        relative = [geometric((own[name][key], scores[NAIVE][name][key]) for name in own) for key in ("wql", "mase", "up")]
        inside = [statistics.mean(trace[key] for trace in own.values()) for key in ("c80", "c95")]
        off = statistics.mean(abs(trace["c80"] - 0.8) for trace in own.values())
        cells = [NAMES[method], *(f"{value:.3f}" for value in relative), *(f"{100 * share:.0f} %" for share in inside)]
        rows.append((relative[0], [*cells, f"{100 * off:.0f}"]))
    rows.sort(key=lambda row: row[0])
    heads = ["method", "WQL", "MASE", "upper tail", "in 80 %", "in 95 %", "80 % is off by"]
    return markdown(heads, [cells for _, cells in rows])


def traces(scores: dict) -> str:
    rows = []
    for trace, ours in scores[OURS].items():
        naive = scores[NAIVE][trace]["wql"]
        others = {method: ratio(own[trace]["wql"], naive) for method, own in scores.items() if method not in (OURS, NAIVE)}
        best = min(others, key=others.get)
        rows.append((ratio(ours["wql"], naive), trace, NAMES[best], others[best]))
    rows.sort()
    cells = [[trace, f"{own:.2f}", best, f"{its:.2f}"] for own, trace, best, its in rows]
    return markdown(["history", "forescale", "best other", "its"], cells, text=(0, 2))


if __name__ == "__main__":
    sys.exit(main())
