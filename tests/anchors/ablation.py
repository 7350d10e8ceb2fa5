#!/usr/bin/env python3
"""What each member of the default ensemble is worth, as Markdown: the ensemble's error without it.

    ablation.py FOLDER [--binary target/release/forescale] [--jobs 1] [--with NAME ...] [--into FILE] [-- BACKTEST OPTIONS]
    ablation.py --scores FOLDER [--into FILE]

Every CSV of FOLDER is scored by `forescale backtest`, a day and an hour ahead, with the default predictors, with all but
one of them, and with each predictor of --with beside them; the table shows the geometric mean of the error over that of
the default. Above 1 the default is better.
With --scores, FOLDER holds scores that were made from outside instead: as public_traces.py reads them, `D-default.csv` and
`S-default.csv` for the default, and `D-without-NAME.csv` and `S-without-NAME.csv` for the others. With --into, it replaces what stands between `<!-- begin ablation -->` and `<!-- end ablation -->`.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import subprocess
import sys

from tables import fill, geometric, markdown

OURS = "ensemble"
# Horizon, its name, origins and fits.
COURSES = [("24h", "a day ahead", 4, 4), ("1h", "an hour ahead", 12, 1)]


def main() -> int:
    options = parse_options()
    return finish(scored_outside(options.folder) if options.scores else measured(options), options)


def measured(options: argparse.Namespace) -> str:
    files = [file for file in sorted(options.folder.glob("*.csv")) if not file.stem.endswith("-events")]
    if not files:
        sys.exit(f"{options.folder} holds no CSV file: pass a folder of histories")
    members = default_members(options)
    variants = {"the default": members}
    variants |= {f"without {name}": [other for other in members if other != name] for name in members}
    variants |= {f"with {name}": [*members, name] for name in options.more_members}
    work = [(file, course, names) for course in COURSES for names in variants.values() for file in files]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = iter(list(pool.map(lambda task: scores(*task, options), work)))
    columns = [[[next(results) for _ in files] for _ in variants] for _ in COURSES]
    rows = [[name, *(cell for column in columns for cell in cells(column, at))] for at, name in enumerate(variants)]
    heads = ["predictors", *(f"{name}, {score}" for _, name, *_ in COURSES for score in ("WQL", "upper tail"))]
    return markdown(heads, rows[1:])


def scored_outside(folder: pathlib.Path) -> str:
    """The table from scores by task, series and method; only this engine's rows count."""
    variants = sorted({file.stem[2:] for file in folder.glob("?-without-*.csv")})
    if not variants:
        sys.exit(f"{folder} holds no file like D-without-NAME.csv")
    rows = []
    for variant in variants:
        row = [variant.replace("without-", "without ")]
        for task in ("D", "S"):
            own, default = (read_scores(folder / f"{task}-{name}.csv") for name in (variant, "default"))
            row += [f"{geometric((own[key][score], default[key][score]) for key in default):.3f}" for score in ("wql", "up")]
        rows.append(row)
    heads = ["predictors", *(f"{name}, {score}" for _, name, *_ in COURSES for score in ("WQL", "upper tail"))]
    return markdown(heads, rows)


def read_scores(file: pathlib.Path) -> dict[str, dict[str, float]]:
    with file.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["method"] == "forescale"]
    return {row["series"]: {score: float(row[score]) for score in ("wql", "up")} for row in rows}


def finish(table: str, options: argparse.Namespace) -> int:
    print(table, end="")
    if options.into:
        fill(options.into, {"ablation": table})
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--scores", action="store_true", help="the folder holds scores, not histories")
    parser.add_argument("--binary", default="target/release/forescale")
    parser.add_argument("--jobs", type=int, default=1, help="backtests at a time")
    parser.add_argument("--with", dest="more_members", nargs="+", default=[], help="predictors to try beside them")
    parser.add_argument("--into", type=pathlib.Path, help="the document to fill in")
    own, more = sys.argv[1:], []
    if "--" in own:
        own, more = own[: own.index("--")], own[own.index("--") + 1 :]
    options = parser.parse_args(own)
    options.more = more
    return options


def default_members(options: argparse.Namespace) -> list[str]:
    rows = backtest(pathlib.Path("data/web-shop.csv"), ("24h", "", 1, 1), [], options)
    return sorted({row["predictor"] for row in rows} - {OURS})


def scores(file: pathlib.Path, course: tuple, names: list[str], options: argparse.Namespace) -> dict | None:
    rows = backtest(file, course, names, options)
    return next(row["overall"] for row in rows if row["predictor"] == OURS)


def backtest(file: pathlib.Path, course: tuple, names: list[str], options: argparse.Namespace) -> list[dict]:
    horizon, _, origins, fits = course
    command = [options.binary, "backtest", str(file), "--horizon", horizon, "--origins", str(origins)]
    command += ["--fits", str(fits), "--seed", "1", "-o", "json", *options.more]
    command += ["--predictors", ",".join(names)] if names else []
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        sys.exit(f"{file}: {ran.stderr.strip()}")
    return json.loads(ran.stdout)["backtest"]["predictors"]


def cells(column: list[list[dict | None]], at: int) -> list[str]:
    """The errors of a variant over those of the first, which is the default."""
    pairs = [(own, default) for own, default in zip(column[at], column[0]) if own and default]
    return [f"{geometric((own[key], default[key]) for own, default in pairs):.3f}" for key in ("wql", "upper")]


if __name__ == "__main__":
    sys.exit(main())
