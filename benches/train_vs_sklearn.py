#!/usr/bin/env python3
"""CPU seconds of train + forecast against the fit of scikit-learn's random forest alone.

forescale: 28 days at 5 minutes, all members, backtest weights and calibration, 24 h ahead, from the command.
scikit-learn: RandomForestRegressor, 100 trees, 20 features, one row for each step of the same history, fit only.

    train_vs_sklearn.py [--binary target/release/forescale] [--rounds 3]

Needs benches/requirements.txt. Prints the best of the rounds and exits with 1 when forescale takes longer.
"""

import argparse
import csv
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from sklearn.ensemble import RandomForestRegressor

STEPS = 28 * 288
FEATURES = 20


def main() -> int:
    options = parse_options()
    with tempfile.TemporaryDirectory() as folder:
        history = pathlib.Path(folder) / "history.csv"
        load = write_history(history)
        command = [options.binary, "forecast", str(history), "--horizon", "24h", "--seed", "1", "-o", "csv"]
        ours = min(command_seconds(command) for _ in range(options.rounds))
    theirs = min(forest_seconds(load) for _ in range(options.rounds))
    print(f"forescale train + forecast: {ours:.2f} CPU s")
    print(f"scikit-learn forest, fit:   {theirs:.2f} CPU s")
    print(f"ratio:                      {ours / theirs:.2f}")
    return 0 if ours < theirs else 1


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/forescale")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def write_history(path: pathlib.Path) -> np.ndarray:
    """A day and a week shape with noise, 28 days at 5 minutes."""
    steps = np.arange(STEPS)
    day = 100 - 60 * np.cos(2 * np.pi * steps / 288)
    week = np.where(steps // 288 % 7 < 5, 1.0, 0.6)
    load = day * week * np.random.default_rng(1).gamma(50, 1 / 50, STEPS)
    times = np.datetime64("2026-01-05T00:00:00") + steps * np.timedelta64(300, "s")
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "load"])
        rows.writerows((f"{moment}Z", f"{value:.3f}") for moment, value in zip(times, load))
    return load


def command_seconds(command: list[str]) -> float:
    """User and system seconds of a child and its threads."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forest_seconds(load: np.ndarray) -> float:
    """CPU seconds of the fit alone, on the last 20 values as features."""
    padded = np.concatenate([np.repeat(load[:1], FEATURES), load])
    lags = np.lib.stride_tricks.sliding_window_view(padded, FEATURES)[:STEPS]
    forest = RandomForestRegressor(n_estimators=100, n_jobs=1, random_state=1)
    started = time.process_time()
    forest.fit(lags, load)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
