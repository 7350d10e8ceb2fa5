"""The caller's kind of frame comes out, with the names and the times of what went in."""

import datetime

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import forescale as fs
from conftest import CHEAP

COLUMNS = [
    "unique_id",
    "ds",
    "forescale",
    "forescale-lo-95",
    "forescale-lo-80",
    "forescale-hi-80",
    "forescale-hi-95",
]


def forecaster(**settings) -> fs.Forecaster:
    return fs.Forecaster(freq="1h", predictors=CHEAP, **settings)


@pytest.fixture(scope="module")
def expected(long) -> pandas.DataFrame:
    return forecaster().forecast(long, h=12)


def test_a_pandas_frame_gives_a_pandas_frame(long, expected):
    assert isinstance(expected, pandas.DataFrame)
    assert list(expected.columns) == COLUMNS
    assert list(expected["unique_id"].unique()) == ["api", "shop", "db"]
    assert expected["ds"].iloc[0] == long["ds"].max() + pandas.Timedelta(hours=1)
    assert expected["ds"].dtype == long["ds"].dtype
    assert len(expected) == 3 * 12


def same(numbers, expected: pandas.DataFrame) -> None:
    for name in COLUMNS[2:]:
        numpy.testing.assert_array_equal(numpy.asarray(numbers[name]), expected[name].to_numpy())


def test_a_polars_frame_gives_a_polars_frame(long, expected):
    frame = polars.DataFrame({name: long[name].to_numpy() for name in ("ds", "y")}).with_columns(
        unique_id=polars.Series(long["unique_id"].to_list())
    )
    made = forecaster().forecast(frame, h=12)
    assert isinstance(made, polars.DataFrame) and made.columns == COLUMNS
    assert made["ds"].dtype == frame["ds"].dtype
    same(made, expected)
    lazy = forecaster().forecast(frame.lazy(), h=12)
    assert isinstance(lazy, polars.LazyFrame) and lazy.collect().equals(made)


def test_a_pyarrow_table_gives_a_pyarrow_table(long, expected):
    table = pyarrow.Table.from_pandas(long, preserve_index=False)
    made = forecaster().forecast(table, h=12)
    assert isinstance(made, pyarrow.Table) and made.column_names == COLUMNS
    assert made.schema.field("ds").type == table.schema.field("ds").type
    same(made, expected)
    in_chunks = pyarrow.concat_tables([table.slice(0, 100), table.slice(100)])
    assert forecaster().forecast(in_chunks, h=12).equals(made)


def test_a_duckdb_relation_gives_a_duckdb_relation(long, expected):
    made = forecaster().forecast(duckdb.from_df(long), h=12)
    assert isinstance(made, duckdb.DuckDBPyRelation)
    same(made.df(), expected)


def test_an_array_gives_arrays(single):
    made = forecaster().forecast(single["y"].to_numpy(), h=12, start="2026-01-05")
    frame = forecaster().forecast(single, h=12)
    assert made["ds"].dtype.kind == "M" and made["ds"][0] == frame["ds"][0].to_datetime64()
    numpy.testing.assert_array_equal(made["forescale"], frame["forescale"])
    with pytest.raises(ValueError, match="start="):
        forecaster().forecast(single["y"].to_numpy(), h=12)


def test_a_single_series_has_no_names(single):
    made = forecaster().forecast(single, h=3, level=[80])
    assert list(made.columns) == ["ds", "forescale", "forescale-lo-80", "forescale-hi-80"]
    series = single.set_index("ds")["y"]
    pandas.testing.assert_frame_equal(forecaster().forecast(series, h=3, level=[80]), made)


def test_other_names_of_columns_come_back(long):
    renamed = long.rename(columns={"unique_id": "service", "ds": "time", "y": "load"})
    made = forecaster(id_col="service", time_col="time", target_col="load").forecast(renamed, h=2, level=[])
    assert list(made.columns) == ["service", "time", "forescale"]


def test_numbers_as_names_stay_numbers(long):
    numbered = long.assign(unique_id=long["unique_id"].map({"api": 7, "shop": 8, "db": 9}))
    made = forecaster().forecast(numbered, h=1)
    assert made["unique_id"].tolist() == [7, 8, 9]
    table = forecaster().forecast(pyarrow.Table.from_pandas(numbered, preserve_index=False), h=1)
    assert table["unique_id"].to_pylist() == [7, 8, 9]


def test_names_in_categories_are_read(long, expected):
    frame = polars.from_arrow(pyarrow.Table.from_pandas(long, preserve_index=False))
    made = forecaster().forecast(frame.with_columns(polars.col("unique_id").cast(polars.Categorical)), h=12)
    same(made, expected)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_keep_their_unit(single, unit):
    frame = single.assign(ds=single["ds"].astype(f"datetime64[{unit}]"))
    assert forecaster().forecast(frame, h=1)["ds"].dtype == f"datetime64[{unit}]"


def test_times_keep_their_zone(single):
    zoned = single.assign(ds=single["ds"].dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"))
    made = forecaster().forecast(zoned, h=1)
    assert str(made["ds"].dt.tz) == "Europe/Berlin"
    plain = forecaster().forecast(single, h=1)
    assert made["ds"].dt.tz_convert("UTC").dt.tz_localize(None).tolist() == plain["ds"].tolist()
    table = pyarrow.Table.from_pandas(zoned, preserve_index=False)
    assert forecaster().forecast(table, h=1).schema.field("ds").type.tz == "Europe/Berlin"


def test_clock_times_of_a_zone_skip_the_hour_that_it_skips():
    ds = pandas.date_range("2026-03-27T23:00", periods=24, freq="h", tz="UTC").tz_convert("Europe/Berlin")
    frame = pandas.DataFrame({"ds": ds.tz_localize(None), "y": numpy.arange(24.0)})
    made = forecaster(timezone="Europe/Berlin").forecast(frame, h=4)
    assert made["ds"].dt.hour.tolist() == [0, 1, 3, 4]


def test_dates_and_text_are_times(single):
    days = pandas.DataFrame({"ds": ["2026-01-05", "2026-01-06", "2026-01-07"], "y": [1.0, 2.0, 3.0]})
    made = fs.Forecaster(freq="1D", predictors=["last-value"]).forecast(days, h=1)
    assert made["ds"][0] == pandas.Timestamp("2026-01-08")
    table = pyarrow.table({"ds": [datetime.date(2026, 1, day) for day in (5, 6, 7)], "y": [1, 2, 3]})
    made = fs.Forecaster(freq="1D", predictors=["last-value"]).forecast(table, h=1)
    assert made["ds"].to_pylist() == [datetime.datetime(2026, 1, 8)]


@pytest.mark.parametrize("freq", ["h", "1h", "1H", "60min", "60m", "PT1H", "3600s"])
def test_frequencies_are_read_as_pandas_polars_and_the_command_write_them(single, freq):
    made = fs.Forecaster(freq=freq, predictors=CHEAP).forecast(single, h=2)
    assert made["ds"].diff()[1] == pandas.Timedelta(hours=1)


@pytest.mark.parametrize("freq", ["", "M", "1mo", "fast", "0min", "-5m", "99999999999999999999h"])
def test_what_is_no_frequency_is_refused(single, freq):
    with pytest.raises(ValueError, match="hint: write freq="):
        fs.Forecaster(freq=freq, predictors=CHEAP).forecast(single, h=2)


def test_the_step_is_seen_from_the_times(single):
    made = fs.Forecaster(predictors=CHEAP).forecast(single, h=2)
    pandas.testing.assert_frame_equal(made, forecaster().forecast(single, h=2))
