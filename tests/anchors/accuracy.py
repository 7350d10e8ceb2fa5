#!/usr/bin/env python3
"""How accurate forescale is beside other libraries, over a folder of histories, as Markdown.

    accuracy.py [FOLDER] [--binary target/release/forescale] [--into FILE ...] [-- BACKTEST OPTIONS]

Every CSV of FOLDER (default: data) is scored by `forescale backtest --compare`, a day ahead and an hour ahead, with the
events of NAME-events.csv where that file stands beside NAME.csv. With --into, the tables replace what stands between
`<!-- begin totals -->` and `<!-- end totals -->`, and `<!-- begin traces -->` and `<!-- end traces -->`.

Needs tests/anchors/requirements.txt. docs/accuracy.md says how to read the tables.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys

from tables import fill, geometric, markdown, ratio

NAIVE, OURS = "seasonal-naive", "ensemble"
# Horizon, its name, origins and fits.
COURSES = [("24h", "A day ahead", 7, 2), ("1h", "An hour ahead", 24, 2)]


def main() -> int:
    options = parse_options()
    files = [file for file in sorted(options.folder.glob("*.csv")) if not file.stem.endswith("-events")]
    if not files:
        sys.exit(f"{options.folder} holds no CSV file: pass a folder of histories")
    totals, traces, problems = [], [], []
    for horizon, title, origins, fits in COURSES:
        course = ["--horizon", horizon, "--origins", str(origins), "--fits", str(fits)]
        results = {file.stem: result(file, course, options, problems) for file in files}
        heading = f"{title} ({len(results)} histories, {origins} origins each):\n"
        totals += [heading, totals_table(results)]
        traces += [heading, traces_table(results)]
    tables = {"totals": "\n".join(totals), "traces": "\n".join(traces)}
    print("\n".join(tables.values()), end="")
    for file in options.into:
        fill(file, tables)
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, nargs="?", default=pathlib.Path("data"))
    parser.add_argument("--binary", default="target/release/forescale")
    parser.add_argument("--into", type=pathlib.Path, nargs="+", default=[], help="documents to fill in")
    parser.add_argument("--python", default=sys.executable, help="the Python that has the libraries")
    own, more = sys.argv[1:], []
    if "--" in own:
        own, more = own[: own.index("--")], own[own.index("--") + 1 :]
    options = parser.parse_args(own)
    options.more = more
    return options


def result(file: pathlib.Path, course: list[str], options: argparse.Namespace, problems: list[str]) -> dict:
    """The scores of each method on one history, with the CPU seconds of a fit and its forecasts."""
    print(f"{file.stem}: {' '.join(course)}", file=sys.stderr)
    events = file.with_name(f"{file.stem}-events.csv")
    reading = [str(file), *(["--events", str(events)] if events.exists() else []), *options.more]
    command = [options.binary, "backtest", *reading, *course, "--compare", "--python", options.python, "-o", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        sys.exit(f"{file}: {ran.stderr.strip()}")
    answer = json.loads(ran.stdout)
    problems += [warning for warning in answer["warnings"] if "is not installed" in warning]
    peers = {peer["predictor"]: peer for peer in answer["peers"]}
    methods = {}
    for row in answer["backtest"]["predictors"]:
        name = row["predictor"]
        problems += [f"{file.stem}: {name} failed: {failure}" for failure in row["failures"]]
        if row["overall"] and (name in peers or name in (NAIVE, OURS)):
            methods[name] = row["overall"] | {"cpu": cpu_of_fit(peers.get(name))}
    methods[OURS]["cpu"] = forecast_seconds([options.binary, "forecast", *reading, "--horizon", course[1]])
    return methods


def cpu_of_fit(peer: dict | None) -> float | None:
    return peer["cpu_seconds"] / peer["fits"] if peer and peer["fits"] else None


def forecast_seconds(command: list[str]) -> float:
    """User and system seconds of the whole command: reading, training, forecasting."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def totals_table(results: dict) -> str:
    """Geometric means over the histories, as a share of seasonal naive's; best first."""
    names = dict.fromkeys(name for methods in results.values() for name in methods)
    rows = []
    for name in names:
        pairs = [(methods[name], methods[NAIVE]) for methods in results.values() if name in methods]
        relative = [geometric((own[key], naive[key]) for own, naive in pairs) for key in ("wql", "mase", "upper")]
        coverage = [statistics.mean(own[key] for own, _ in pairs) for key in ("coverage_80", "coverage_95")]
        cpu = [own["cpu"] for own, _ in pairs if own["cpu"] is not None]
        cells = [f"{value:.2f}" for value in relative] + [f"{100 * share:.0f} %" for share in coverage]
        cells += [f"{statistics.mean(cpu):.1f}" if cpu else "", f"{len(pairs)}"]
        rows.append((relative[0], [shown(name), *cells]))
    rows.sort(key=lambda row: row[0])
    heads = ["method", "WQL", "MASE", "upper tail", "in 80 %", "in 95 %", "CPU s", "histories"]
    return markdown(heads, [cells for _, cells in rows])


def traces_table(results: dict) -> str:
    rows = []
    for trace, methods in results.items():
        relative = {name: ratio(scores["wql"], methods[NAIVE]["wql"]) for name, scores in methods.items()}
        ours = relative.pop(OURS)
        best = min(relative, key=relative.get)
        rows.append([trace, f"{ours:.2f}", best, f"{relative[best]:.2f}", verdict(ours / relative[best])])
    return markdown(["history", "forescale", "best other", "its", "forescale is"], rows, text=(0, 2, 4))


def verdict(share: float) -> str:
    percent = round(100 * abs(share - 1))
    if percent == 0:
        return "level"
    return f"{percent} % better" if share < 1 else f"**{percent} % worse**"


def shown(name: str) -> str:
    return "**forescale**" if name == OURS else name


if __name__ == "__main__":
    sys.exit(main())
