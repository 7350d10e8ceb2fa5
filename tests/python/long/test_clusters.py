"""Real Spark and real Ray on this machine give the table that one call gives: the same columns, types and bits."""

import os
import sys
from dataclasses import replace

import pandas
import pyarrow
import pytest

import forescale as fs
from conftest import hours

SERIES = 12
FLEET = fs.Fleet("1h", h=6, capacity=20, level=[80, 95])


@pytest.fixture(scope="module")
def long() -> pandas.DataFrame:
    frames = [hours(14, seed).assign(unique_id=f"service-{seed}") for seed in range(SERIES)]
    # One series without a load: a failure has to arrive, too.
    frames.append(hours(14).assign(unique_id="broken", y=float("nan")))
    return pandas.concat(frames, ignore_index=True)[["unique_id", "ds", "y"]]


@pytest.fixture(scope="module")
def numbered(long) -> pandas.DataFrame:
    return long.assign(unique_id=pandas.factorize(long["unique_id"])[0].astype("int32"))


def check(rows: pyarrow.Table, expected: pyarrow.Table) -> None:
    assert rows.schema.equals(expected.schema), f"{rows.schema}\n\nis not\n\n{expected.schema}"
    assert bits(rows).equals(bits(expected))
    assert rows.num_rows == SERIES * FLEET.h + 1
    assert rows["error"].null_count == SERIES * FLEET.h


def bits(table: pyarrow.Table) -> pyarrow.Table:
    """The rows by series and time, with numbers as their bits: a NaN equals no other, but its bits do."""
    table = table.sort_by([("unique_id", "ascending"), ("ds", "ascending")]).combine_chunks()
    columns = [
        column.combine_chunks().view(pyarrow.int64()) if pyarrow.types.is_float64(column.type) else column
        for column in table.columns
    ]
    return pyarrow.table(columns, names=table.column_names)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.parametrize("time", ["timestamp", "timestamp_ntz", "string"])
@pytest.mark.parametrize("name", ["string", "int"])
def test_spark_gives_the_table_of_one_machine(spark, long, numbered, name, time):
    from forescale.spark import forecast

    frame = spark.createDataFrame(long if name == "string" else numbered)
    frame = frame.withColumn("unique_id", frame["unique_id"].cast(name)).withColumn("ds", frame["ds"].cast(time))
    rows = forecast(frame, FLEET, partitions=3).toArrow()
    check(rows, FLEET(frame.toArrow()))


def test_text_with_a_zone_is_a_moment_on_spark(spark, long):
    from forescale.spark import forecast

    text = long.assign(ds=long["ds"].dt.strftime("%Y-%m-%dT%H:%M:%S+01:00"))
    frame = spark.createDataFrame(text)
    fleet = replace(FLEET, timezone="Europe/Berlin")
    rows = forecast(frame, fleet, partitions=3).toArrow()
    assert rows.schema.field("ds").type == pyarrow.timestamp("us", tz="UTC")
    check(rows, fleet(frame.toArrow()))


@pytest.mark.parametrize("name", ["string", "int"])
def test_ray_gives_the_table_of_one_machine(long, numbered, name):
    import ray

    from forescale.ray import forecast

    table = pyarrow.Table.from_pandas(long if name == "string" else numbered, preserve_index=False)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        made = forecast(ray.data.from_arrow(table).repartition(3), FLEET, parts=3)
        rows = pyarrow.concat_tables(ray.get(made.to_arrow_refs()))
    finally:
        ray.shutdown()
    check(rows, FLEET(table))
