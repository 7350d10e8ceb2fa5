#!/usr/bin/env python3
"""Milliseconds a series and quantile loss of `fs.fleet` against statsforecast's AutoETS and MSTL, on the same cores.

Each series is learned from at most 28 days before its last day, and that day is forecast with the deciles.

    fleet_vs_statsforecast.py [HISTORIES.csv ...] [--series N]

A file is long: a name, a time and a load, in this order. Without one, 60 series are generated.
Needs benches/requirements.txt and the wheel. Exits with 1 when the profile `fleet` is not 20 times as fast as the two
together, or its loss is above that of the better one.
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd

import forescale as fs

warnings.filterwarnings("ignore")
from statsforecast import StatsForecast  # noqa: E402  (it warns when it is imported)
from statsforecast.models import MSTL, AutoETS  # noqa: E402

HORIZON = 24
HISTORY = 28 * 24
LEVELS = (20, 40, 60, 80)
LEAST_RATIO = 20
OURS = {
    "profile fleet": {"profile": "fleet"},
    "profile full": {"profile": "full"},
    "seasonal-naive": {"predictors": ["seasonal-naive"]},
}


def main() -> int:
    options = parse_options()
    files = options.histories or [None]
    failed = [name for name in files if not compare(name, options)]
    return 1 if failed else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("histories", nargs="*")
    parser.add_argument("--series", type=int, help="most series of a file")
    return parser.parse_args()


def compare(name: str | None, options: argparse.Namespace) -> bool:
    known, held_out = split(generated() if name is None else read(name, options.series))
    series = known["unique_id"].nunique()
    # What a first call compiles or loads is not counted.
    few = known[known["unique_id"].isin(known["unique_id"].unique()[:2])]
    theirs(few)
    print(f"{name or 'generated'}: {series} series")
    taken, losses = {}, {}
    for ours, settings in OURS.items():
        begun = time.perf_counter()
        rows, _ = fs.fleet(known, "1h", h=HORIZON, level=LEVELS, **settings)
        taken[ours] = time.perf_counter() - begun
        losses[ours] = wql(rows, "forescale", held_out)
        print(f"  {ours:<16} {1000 * taken[ours] / series:8.1f} ms a series, WQL {said(losses[ours])}")
    begun = time.perf_counter()
    others = theirs(known)
    both = time.perf_counter() - begun
    best = {model: wql(others, model, held_out) for model in ("AutoETS", "MSTL")}
    scores = ", ".join(f"{model} {said(loss)}" for model, loss in best.items())
    print(f"  AutoETS and MSTL {1000 * both / series:8.1f} ms a series, WQL {scores}")
    ratio = both / taken["profile fleet"]
    print(f"  profile fleet is {ratio:.0f} times as fast", flush=True)
    return ratio >= LEAST_RATIO and losses["profile fleet"].mean() <= min(loss.mean() for loss in best.values())


def said(losses: pd.Series) -> str:
    """One series that falls silent moves the mean far, and the median not at all."""
    return f"{losses.mean():.3f} (median {losses.median():.3f})"


def theirs(known: pd.DataFrame) -> pd.DataFrame:
    models = [AutoETS(season_length=24), MSTL([24, 168])]
    return StatsForecast(models, freq="h", n_jobs=-1).forecast(df=known, h=HORIZON, level=list(LEVELS)).reset_index()


def read(name: str, most: int | None) -> pd.DataFrame:
    frame = pd.read_csv(name).iloc[:, :3].set_axis(["unique_id", "ds", "y"], axis=1)
    frame["ds"] = pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None)
    names = frame["unique_id"].unique()[:most]
    return frame[frame["unique_id"].isin(names)]


def generated() -> pd.DataFrame:
    """Loads with a day, a week, a trend and noise, each of its own size and phase."""
    random = np.random.default_rng(1)
    hours = np.arange(HISTORY + HORIZON)
    frames = []
    for number in range(60):
        phase, size = random.uniform(0, 24), random.lognormal(4, 1)
        day = 1.3 + np.sin((hours + phase) * 2 * np.pi / 24)
        week = np.where(hours // 24 % 7 < 5, 1.0, random.uniform(0.4, 1.0))
        noise = random.lognormal(0, 0.1, len(hours))
        load = size * day * week * (1 + hours / 5_000) * noise
        at = pd.Timestamp("2026-01-05") + pd.to_timedelta(hours, unit="h")
        frames.append(pd.DataFrame({"unique_id": f"service-{number:02}", "ds": at, "y": load}))
    return pd.concat(frames, ignore_index=True)


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The four weeks before the last day of each series, without holes, and that day."""
    known, held_out = [], []
    for name, series in frame.groupby("unique_id", sort=False):
        load = series.set_index("ds")["y"].resample("1h").mean()
        load = load.fillna(load.shift(24)).ffill().bfill()
        part = load.iloc[-HISTORY - HORIZON :].rename_axis("ds").reset_index()
        part.insert(0, "unique_id", name)
        known.append(part.iloc[:-HORIZON])
        held_out.append(part.iloc[-HORIZON:])
    return pd.concat(known, ignore_index=True), pd.concat(held_out, ignore_index=True)


def wql(rows: pd.DataFrame, model: str, held_out: pd.DataFrame) -> pd.Series:
    """The loss of each series at the deciles, over its mean load."""
    rows = rows.assign(ds=pd.to_datetime(rows["ds"]).dt.tz_localize(None))
    both = held_out.merge(rows, on=["unique_id", "ds"], how="left", validate="one_to_one")
    load = both["y"].to_numpy()
    columns = {0.5: model}
    for level in LEVELS:
        columns[0.5 - level / 200] = f"{model}-lo-{level}"
        columns[0.5 + level / 200] = f"{model}-hi-{level}"
    loss = np.zeros(len(both))
    for quantile, column in columns.items():
        error = load - both[column].to_numpy(float)
        loss += 2 * np.maximum(quantile * error, (quantile - 1) * error) / len(columns)
    sums = pd.DataFrame({"name": both["unique_id"], "loss": loss, "load": np.abs(load)}).groupby("name").sum()
    return sums["loss"] / sums["load"].clip(lower=1e-9)


if __name__ == "__main__":
    sys.exit(main())
