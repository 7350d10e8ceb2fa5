"""A fleet: one table in, one table out, failures reported, the same rows however the series are divided."""

import numpy
import pandas
import polars
import pyarrow
import pytest

import forescale as fs


def by_series(rows: pyarrow.Table) -> pyarrow.Table:
    return rows.combine_chunks().sort_by([("unique_id", "ascending"), ("ds", "ascending")])


@pytest.fixture(scope="module")
def table(long) -> pyarrow.Table:
    return pyarrow.Table.from_pandas(long, preserve_index=False)


def test_every_series_is_forecast_and_planned(table):
    rows, summary = fs.fleet(table, "1h", h=24, capacity=20, level=[80])
    names = ["unique_id", "ds", "forescale", "forescale-lo-80", "forescale-hi-80", "instances", "skill", "error"]
    assert rows.column_names == names and rows.num_rows == 3 * 24
    assert summary["series"] == 3 and summary["failed"] == 0 and summary["measured"] == 3
    instances = rows.to_pandas().groupby("ds")["instances"].sum()
    assert summary["peak_of_sum"] == instances.max()
    assert [count for _, count in summary["instances"]] == instances.tolist()
    assert summary["sum_of_peaks"] == rows.to_pandas().groupby("unique_id")["instances"].max().sum()


def test_without_a_capacity_there_is_no_plan(table):
    rows, summary = fs.fleet(table, "1h", h=2)
    assert rows["instances"].null_count == 6 and summary["peak_of_sum"] == 0


def test_the_fleet_forecasts_what_a_forecaster_does(long, table):
    rows, _ = fs.fleet(table, "1h", h=6)
    predictors = ["seasonal-naive", "last-value", "linear-trend", "fft-seasonality"]
    expected = fs.Forecaster(freq="1h", predictors=predictors, horizon=6).forecast(long, 6)
    numpy.testing.assert_array_equal(rows["forescale"].to_numpy(), expected["forescale"].to_numpy())


def test_a_failed_series_is_reported_and_the_others_go_on(long):
    spoilt = long.assign(y=long["y"].mask(long["unique_id"] == "shop"))
    rows, summary = fs.fleet(polars.from_pandas(spoilt), "1h", h=2)
    assert isinstance(rows, polars.DataFrame)
    failed = rows.filter(polars.col("unique_id") == "shop")
    assert failed.height == 1 and "none of 504 samples holds a load" in failed["error"][0]
    assert failed["ds"][0] is None and rows.filter(polars.col("error").is_null()).height == 4
    assert summary["failed"] == 1 and summary["failures"][0][0] == "shop"


def test_parts_of_a_fleet_give_the_bytes_of_the_whole(table, long):
    fleet = fs.Fleet("1h", h=6, capacity=20)
    whole = by_series(fleet(table))
    parts = [table.filter(pyarrow.compute.equal(table["unique_id"], name)) for name in ("shop", "db", "api")]
    divided = by_series(pyarrow.concat_tables([pyarrow.table(fleet(part)) for part in parts]))
    assert whole.equals(divided)
    one = by_series(fs.Fleet("1h", h=6, capacity=20, threads=1)(table))
    assert whole.equals(one)


def test_a_pandas_fleet_gives_a_pandas_frame(long):
    rows, _ = fs.fleet(long, "1h", h=2)
    assert isinstance(rows, pandas.DataFrame) and len(rows) == 6


def test_settings_out_of_range_are_refused(table):
    with pytest.raises(ValueError, match="a profile should be full or fleet"):
        fs.fleet(table, "1h", profile="fast")
    with pytest.raises(ValueError, match='no column "unique_id"'):
        fs.fleet(table.drop_columns(["unique_id"]), "1h")
    with pytest.raises(ValueError, match="should be a long frame"):
        fs.fleet([1, 2, 3], "1h")
