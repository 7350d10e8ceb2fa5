#!/usr/bin/env python3
"""Runs plan, backtest and forecast over every CSV of a folder and fails on what no user should ever see.

    every_trace.py FOLDER [--binary target/release/forescale] [--only NAME ...] [--origins 3]

Each file has the columns timestamp and load. A failure is: a panic, an exit code other than 0, NaN or infinity in
an answer, quantiles that cross, a plan out of order, a degraded answer that names no fallback, or a quantile up to
0.975 above five times the larger of the history's maximum and what came. Needs Python alone.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import time
from datetime import datetime, timedelta

HORIZON = timedelta(hours=24)
QUANTILES = [0.025, 0.1, 0.5, 0.9, 0.975]
ABSURD = 5


def main() -> int:
    options = parse_options()
    traces = sorted(options.folder.glob("*.csv"))
    traces = [trace for trace in traces if not options.only or trace.stem in options.only]
    failed = 0
    for trace in traces:
        started = time.monotonic()
        problems, note = check_trace(trace, options)
        failed += bool(problems)
        verdict = "FAILED" if problems else "ok"
        print(f"{trace.stem:36s} {verdict:6s} {time.monotonic() - started:6.1f} s  {note}", flush=True)
        for problem in problems:
            print(f"    {problem}", flush=True)
    print(f"{len(traces) - failed} passed, {failed} failed")
    return 1 if failed or not traces else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--binary", default="target/release/forescale")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--origins", type=int, default=3, help="moments to forecast from, in the last third")
    return parser.parse_args()


def check_trace(trace: pathlib.Path, options: argparse.Namespace) -> tuple[list[str], str]:
    """The problems of one trace, and a note on what carried its plan."""
    samples = read(trace)
    problems: list[str] = []
    plan = ask(options.binary, ["plan", str(trace), "--capacity", str(capacity(samples))], problems)
    problems += plan_problems(plan) if plan else []
    ask(options.binary, ["backtest", str(trace)], problems)
    for moment in origins(samples, options.origins):
        problems += forecast_problems(trace, samples, moment, options.binary)
    return problems, carried_by(plan) if plan else ""


def read(trace: pathlib.Path) -> list[tuple[str, float]]:
    with trace.open() as file:
        rows = [(row["timestamp"], float(row["load"] or "nan")) for row in csv.DictReader(file)]
    return [(moment, load) for moment, load in rows if math.isfinite(load)]


def capacity(samples: list[tuple[str, float]]) -> float:
    """Twenty instances at the peak; any capacity will do for a service without load."""
    return max(max(load for _, load in samples) / 20, 1e-9)


def ask(binary: str, arguments: list[str], problems: list[str]) -> dict | None:
    """The JSON answer, or None with the problem noted."""
    command = [binary, *arguments, "-o", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
    if ran.returncode != 0 or "panicked" in ran.stderr:
        problems.append(f"{arguments[0]}: exit {ran.returncode}: {ran.stderr.strip()[-300:]}")
        return None
    try:
        return json.loads(ran.stdout, parse_constant=not_a_number)
    except ValueError as error:
        problems.append(f"{arguments[0]}: {error}")
        return None


def not_a_number(constant: str) -> float:
    raise ValueError(f"{constant} in the answer")


def plan_problems(plan: dict) -> list[str]:
    rows = plan["recommendations"]
    problems = [f"plan: no {key}" for key in ("settings", "data", "warnings") if key not in plan]
    moments = [row["at"] for row in rows]
    if not rows or moments != sorted(set(moments)):
        problems.append("plan: no recommendation, or moments out of order")
    for row in rows:
        if not row["lower"] <= row["expected_load"] <= row["upper"]:
            problems.append(f"plan: the interval does not hold the expected load at {row['at']}")
        if "forecast by" not in row["reason"] or (untested(plan) and "fallback" not in row["reason"]):
            problems.append(f"plan: no predictor or no fallback named at {row['at']}: {row['reason']}")
        if not 0 <= row["confidence"] <= 1 or row["instances"] < 0 or not row["reason"]:
            problems.append(f"plan: {row}")
    return problems


def untested(plan: dict) -> bool:
    return any("too short for a backtest" in warning for warning in plan["warnings"])


def forecast_problems(trace: pathlib.Path, samples: list[tuple[str, float]], index: int, binary: str) -> list[str]:
    """Problems of the forecast that sees the samples before `index`."""
    problems: list[str] = []
    levels = ",".join(map(str, QUANTILES))
    arguments = ["forecast", str(trace), "--now", samples[index][0], "--horizon", "24h", "--quantiles", levels]
    answer = ask(binary, arguments, problems)
    if not answer:
        return problems
    end = at(samples[index][0]) + HORIZON
    top = ABSURD * max(load for moment, load in samples if at(moment) < end)
    for row in answer["forecast"]:
        values = [row[f"q{level}"] for level in QUANTILES]
        if any(value is None for value in values) or values != sorted(values):
            problems.append(f"forecast from {samples[index][0]}: {row}")
        elif values[-1] > top > 0:
            problems.append(f"forecast from {samples[index][0]}: {values[-1]:g} is above {top:g}")
    return problems


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def origins(samples: list[tuple[str, float]], count: int) -> list[int]:
    """Samples in the last third, evenly spread."""
    first = 2 * len(samples) // 3
    return sorted({first + (len(samples) - 1 - first) * k // count for k in range(1, count + 1)})


def carried_by(plan: dict) -> str:
    return plan["recommendations"][0]["reason"][:100] if plan["recommendations"] else ""


if __name__ == "__main__":
    sys.exit(main())
