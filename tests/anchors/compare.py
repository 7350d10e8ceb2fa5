#!/usr/bin/env python3
"""Runs `forescale backtest --compare` with the real libraries and fails unless each of them forecasts well.

    compare.py [--binary target/release/forescale]

Needs tests/anchors/requirements.txt.
"""

import argparse
import json
import subprocess
import sys

NAMES = ["lightgbm", "statsforecast-mstl", "statsforecast-mstl-arima", "prophet"]
# Of hours, where the season is short enough for these.
HOURLY = ["statsforecast-auto-ets", "statsforecast-auto-arima"]
# A WQL far above seasonal naive's means that a library is used wrongly.
MOST_RELATIVE = 6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/forescale")
    binary = parser.parse_args().binary
    problems = problems_of(binary, [], NAMES)
    problems += problems_of(binary, ["--step", "1h"], NAMES + HOURLY)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def problems_of(binary: str, options: list[str], names: list[str]) -> list[str]:
    command = [binary, "backtest", "data/web-shop.csv", "--timezone", "Europe/Berlin", "--holidays", "DE"]
    command += ["--events", "data/web-shop-events.csv", "--predictors", "seasonal-naive,last-value"]
    command += ["--origins", "3", "--compare", "--python", sys.executable, "-o", "json", *options]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        return [f"exit {ran.returncode}: {ran.stderr.strip()}"]
    rows = {row["predictor"]: row for row in json.loads(ran.stdout)["backtest"]["predictors"]}
    naive = rows["seasonal-naive"]["overall"]["wql"]
    problems = []
    for name in names:
        row = rows.get(name, {"failures": ["it is not in the table"], "overall": None})
        problems += [f"{name}: {failure}" for failure in row["failures"]]
        if row["overall"] and not 0 < row["overall"]["wql"] < MOST_RELATIVE * naive:
            problems.append(f"{name}: a WQL of {row['overall']['wql']}, where seasonal naive has {naive}")
        print(f"{' '.join(options):10} {name:26} {row['overall'] and row['overall']['wql'] / naive:.2f} of naive")
    return problems


if __name__ == "__main__":
    sys.exit(main())
