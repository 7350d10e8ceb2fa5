#!/usr/bin/env python3
"""CPU seconds of train + forecast against LightGBM's fit + predict alone.

forescale: 28 days at 5 minutes, the default members, backtest weights and calibration, 24 h ahead, from the command.
LightGBM: a direct model for each of 9 quantiles, 150 trees, on the same history; making its columns is not counted.

    train_vs_lightgbm.py [--binary target/release/forescale] [--rounds 5]

Needs benches/requirements.txt. Prints the median of the rounds, and exits with 1 when forescale takes more
than 0.6 s or longer than LightGBM.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # Before LightGBM is loaded: threads that wait for each other burn CPU.

import argparse
import pathlib
import statistics
import sys
import tempfile
import time
import warnings

import lightgbm
import numpy as np

from train_vs_sklearn import STEPS, command_seconds, write_history

DAY = 288
MOST_SECONDS = 0.6
QUANTILES = [level / 10 for level in range(1, 10)]
SETTINGS = dict(objective="quantile", n_estimators=150, learning_rate=0.07, num_leaves=15, n_jobs=1, verbosity=-1)


def main() -> int:
    options = parse_options()
    warnings.filterwarnings("ignore")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        history = pathlib.Path(folder) / "history.csv"
        load = write_history(history)
        command = [options.binary, "forecast", str(history), "--horizon", "24h", "--seed", "1", "-o", "csv"]
        # In turns, so that a busy moment of the machine meets both.
        for _ in range(options.rounds):
            ours.append(command_seconds(command))
            theirs.append(lightgbm_seconds(load))
    return verdict(statistics.median(ours), statistics.median(theirs))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/forescale")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def lightgbm_seconds(load: np.ndarray) -> float:
    """CPU seconds of fit and predict for a day ahead."""
    table = columns(load)
    past, ahead = table[:STEPS], table[STEPS:]
    started = time.process_time()
    for quantile in QUANTILES:
        lightgbm.LGBMRegressor(alpha=quantile, **SETTINGS).fit(past, load).predict(ahead)
    return time.process_time() - started


def columns(load: np.ndarray) -> np.ndarray:
    """Lags, rolling means and calendar of every step of the history and of the day ahead; what is unknown is NaN."""
    at = np.arange(STEPS + DAY)
    lags = [shifted(load, days * DAY) for days in (1, 2, 3, 7, 14)]
    means = [shifted(rolling_mean(load, steps), DAY) for steps in (12, 72, DAY)]
    hour, weekday = at % DAY / 12, at // DAY % 7
    return np.column_stack([*lags, *means, hour, weekday, weekday >= 5])


def shifted(values: np.ndarray, steps: int) -> np.ndarray:
    known = np.concatenate([np.full(steps, np.nan), values])
    return np.resize(known[: STEPS + DAY], STEPS + DAY)


def rolling_mean(load: np.ndarray, steps: int) -> np.ndarray:
    sums = np.cumsum(np.insert(load, 0, 0.0))
    means = (sums[steps:] - sums[:-steps]) / steps
    return np.concatenate([np.full(steps - 1, np.nan), means])


def verdict(ours: float, theirs: float) -> int:
    print(f"forescale train + forecast: {ours:.2f} CPU s")
    print(f"LightGBM fit + predict:     {theirs:.2f} CPU s")
    print(f"ratio:                      {ours / theirs:.2f}")
    too_long = ours > MOST_SECONDS
    if too_long:
        print(f"forescale takes {ours:.2f} CPU s, which should be at most {MOST_SECONDS}")
    if ours > theirs:
        print(f"forescale takes {ours / theirs:.2f} times as long as LightGBM, which should be at most 1")
    return 1 if too_long or ours > theirs else 0


if __name__ == "__main__":
    sys.exit(main())
