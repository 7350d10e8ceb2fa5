"""Real Spark and real Ray on this machine give the rows that one call gives."""

import os
import sys

import pandas
import pyarrow
import pytest

import forescale as fs
from conftest import hours

SERIES = 12
FLEET = fs.Fleet("1h", h=6, capacity=20, level=[80], threads=1)


@pytest.fixture(scope="module")
def long() -> pandas.DataFrame:
    frames = [hours(14, seed).assign(unique_id=f"service-{seed}") for seed in range(SERIES)]
    # One series without a load: a failure has to arrive, too.
    frames.append(hours(14).assign(unique_id="broken", y=float("nan")))
    return pandas.concat(frames, ignore_index=True)[["unique_id", "ds", "y"]]


def sorted_rows(frame: pandas.DataFrame) -> pandas.DataFrame:
    frame = frame.assign(ds=pandas.to_datetime(frame["ds"]).dt.tz_localize(None).astype("datetime64[us]"))
    return frame.sort_values(["unique_id", "ds"], ignore_index=True)


@pytest.fixture(scope="module")
def expected(long) -> pandas.DataFrame:
    return sorted_rows(FLEET(long))


def check(rows: pandas.DataFrame, expected: pandas.DataFrame) -> None:
    rows = sorted_rows(rows)
    for name in ("forescale", "forescale-lo-80", "forescale-hi-80", "skill", "instances"):
        pandas.testing.assert_series_equal(rows[name], expected[name], check_dtype=False, check_exact=True)
    assert rows["unique_id"].tolist() == expected["unique_id"].tolist()
    assert rows["ds"].equals(expected["ds"])
    assert rows["error"].notna().sum() == 1


def test_spark_gives_the_rows_of_one_machine(long, expected):
    from pyspark.sql import SparkSession

    from forescale.spark import forecast

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        rows = forecast(spark.createDataFrame(long), FLEET, partitions=3).toArrow().to_pandas()
    finally:
        spark.stop()
    check(rows, expected)


def test_ray_gives_the_rows_of_one_machine(long, expected):
    import ray

    from forescale.ray import forecast

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        dataset = ray.data.from_arrow(pyarrow.Table.from_pandas(long, preserve_index=False)).repartition(3)
        rows = forecast(dataset, FLEET, parts=3).to_pandas()
    finally:
        ray.shutdown()
    check(rows, expected)
