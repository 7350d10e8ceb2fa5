"""Histories that the tests share: generated, or from the folder data of the project."""

import os
import subprocess
from pathlib import Path

import numpy
import pandas
import pytest

ROOT = Path(__file__).parents[2]

CHEAP = ["seasonal-naive", "last-value", "linear-trend"]
"""Predictors that fit in milliseconds, for tests that are not about accuracy."""


def hours(days: int, seed: int = 0, level: float = 100.0) -> pandas.DataFrame:
    """A load with a daily and a weekly season and some noise, hour by hour."""
    count = 24 * days
    hour = numpy.arange(count)
    noise = numpy.random.default_rng(seed).normal(0, 3, count)
    weekend = numpy.where(hour // 24 % 7 >= 5, 0.7, 1.0)
    load = (level + 40 * numpy.sin(2 * numpy.pi * hour / 24)) * weekend + noise
    return pandas.DataFrame({"ds": pandas.date_range("2026-01-05", periods=count, freq="h"), "y": load.round(3)})


@pytest.fixture(scope="session")
def single() -> pandas.DataFrame:
    """One series: three weeks of hours."""
    return hours(21)


@pytest.fixture(scope="session")
def long() -> pandas.DataFrame:
    """Three series, one below the other."""
    frames = [hours(21, seed, 100.0 + 50 * seed).assign(unique_id=name) for seed, name in enumerate(["api", "shop", "db"])]
    return pandas.concat(frames, ignore_index=True)[["unique_id", "ds", "y"]]


@pytest.fixture(scope="session")
def shop() -> pandas.DataFrame:
    """The sample history of the project."""
    frame = pandas.read_csv(ROOT / "data" / "web-shop.csv", parse_dates=[0])
    return frame.set_axis(["ds", "y"], axis="columns")


@pytest.fixture(scope="session")
def command():
    """Runs the command and gives what it printed. Nobody takes a run that compared nothing for one that found no difference."""
    if os.environ.get("FORESCALE_WITHOUT_BINARY") == "1":
        pytest.skip("FORESCALE_WITHOUT_BINARY=1")
    binary = os.environ.get("FORESCALE_BINARY")
    if not binary:
        pytest.fail(
            "FORESCALE_BINARY names no command to compare with: set it, to target/release/forescale say, "
            "or FORESCALE_WITHOUT_BINARY=1 to leave out the tests that compare"
        )

    def run(*arguments: object) -> str:
        return subprocess.check_output([binary, *map(str, arguments)], cwd=ROOT, text=True)

    return run
