"""Times are read as the command reads them: zones in the text, hours that the clock changes, and what was assumed."""

import json

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import forescale as fs
from conftest import CHEAP, hours

BERLIN = "Europe/Berlin"


def forecast(frame, **settings):
    return fs.Forecaster(**{"freq": "1h", "predictors": CHEAP, "timezone": BERLIN, **settings}).forecast(frame, 6, [80])


def text(moments, zone: str) -> list[str]:
    return [moment.isoformat() for moment in moments.tz_localize("UTC").tz_convert(zone)]


@pytest.mark.parametrize("zone", ["UTC", BERLIN])
def test_a_zone_in_the_text_goes_before_that_of_the_service(single, zone):
    times = text(pandas.DatetimeIndex(single["ds"]), zone)
    frame = polars.DataFrame({"ds": times, "y": single["y"].to_numpy()})
    expected = forecast(single.assign(ds=single["ds"].dt.tz_localize("UTC")))
    made = forecast(frame)
    assert made["ds"].dtype.time_zone == "UTC"
    assert made["ds"].to_list() == pandas.DatetimeIndex(expected["ds"]).to_pydatetime().tolist()
    assert made["forescale"].to_list() == expected["forescale"].tolist()
    assert forecast(duckdb.from_arrow(frame.to_arrow())).df()["forescale"].tolist() == expected["forescale"].tolist()
    rows, _ = fs.fleet(frame.with_columns(unique_id=polars.lit("a")), "1h", h=6, timezone=BERLIN)
    assert rows["ds"].to_list() == made["ds"].to_list()


def test_text_without_a_zone_is_clock_time(single):
    frame = single.assign(ds=single["ds"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    made = forecast(pyarrow.Table.from_pandas(frame, preserve_index=False))
    expected = forecast(single)
    assert made["ds"].to_pylist() == pandas.DatetimeIndex(expected["ds"]).to_pydatetime().tolist()
    assert made["forescale"].to_pylist() == expected["forescale"].tolist()


def test_times_of_which_some_have_a_zone_are_refused(single):
    times = single["ds"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame = pyarrow.table({"ds": [times[0] + "Z", *times[1:]], "y": single["y"].to_numpy()})
    chunks = pyarrow.concat_tables([frame.slice(0, 1), frame.slice(1)])
    for mixed in (frame, chunks):
        with pytest.raises(ValueError, match='column "ds" holds times with a zone and times without one') as error:
            forecast(mixed)
        assert "hint:" in str(error.value)


def autumn(name: str = "Europe/Berlin") -> pandas.DataFrame:
    """Three weeks of quarter hours over the end of summer time, in clock times and in UTC."""
    utc = pandas.date_range("2026-10-10", "2026-10-30", freq="15min", tz="UTC")
    load = 100 + 50 * numpy.sin(numpy.arange(len(utc)) / 96 * 2 * numpy.pi) + numpy.arange(len(utc)) % 7
    return pandas.DataFrame({"utc": utc, "ds": utc.tz_convert(name).tz_localize(None), "y": load.round(3)})


def test_both_passes_of_the_hour_that_comes_twice_are_kept():
    frame = autumn()
    assert frame["ds"].duplicated().sum() == 4
    zoned = forecast(frame[["utc", "y"]].rename(columns={"utc": "ds"}), freq="15min")
    for clock in (frame[["ds", "y"]], pyarrow.Table.from_pandas(frame[["ds", "y"]], preserve_index=False)):
        made = forecast(clock, freq="15min")
        assert list(numpy.asarray(made["forescale"])) == zoned["forescale"].tolist()


def test_the_command_keeps_the_same_hours(command, tmp_path):
    frame = autumn()[["ds", "y"]]
    frame.to_csv(tmp_path / "autumn.csv", index=False)
    settings = ("--capacity=20", f"--timezone={BERLIN}", "--predictors", ",".join(CHEAP), "-q", "-o", "json")
    theirs = json.loads(command("plan", tmp_path / "autumn.csv", *settings))
    ours = fs.plan(frame, capacity=20, timezone=BERLIN, predictors=CHEAP).to_dict()
    assert ours["recommendations"] == theirs["recommendations"] and ours["warnings"] == theirs["warnings"]
    assert ours["data"]["mended"] == theirs["data"]["mended"] and ours["data"]["mended"]["repeated_hour"] == 8


@pytest.mark.parametrize("freq", [None, "1h"])
def test_what_was_assumed_is_what_the_command_warns_of(command, tmp_path, freq):
    count = 24 * 60
    frame = pandas.DataFrame({"ds": pandas.date_range("2026-01-05", periods=count, freq="7min"), "y": numpy.arange(count) % 200})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    step = () if freq is None else ("--step", freq)
    theirs = json.loads(command("plan", tmp_path / "odd.csv", "--capacity=20", "--predictors", ",".join(CHEAP), *step, "-q", "-o", "json"))
    ours = fs.plan(frame, capacity=20, predictors=CHEAP, freq=freq).to_dict()
    assert [warning.replace("timezone=ZONE", "--timezone ZONE") for warning in ours["warnings"]] == theirs["warnings"]
    assert "the times have no zone" in ours["warnings"][0] and "samples are 420 s apart" in ours["warnings"][1]
    assert ours["data"]["mended"] == theirs["data"]["mended"]
    assert ours["recommendations"] == theirs["recommendations"]


def test_a_zone_that_was_named_is_no_warning():
    warnings = fs.plan(hours(14), capacity=20, predictors=CHEAP, timezone="UTC").warnings
    assert not [warning for warning in warnings if "zone" in warning]
