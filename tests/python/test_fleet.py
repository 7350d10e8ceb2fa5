"""A fleet: one table in, one table out, failures reported, the same rows however the series are divided."""

import json
import signal
import subprocess
import sys

import numpy
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pytest

import forescale as fs


def by_series(rows: pyarrow.Table) -> pyarrow.Table:
    return rows.combine_chunks().sort_by([("unique_id", "ascending"), ("ds", "ascending")])


def written(loads) -> list[float]:
    """As rows of a fleet have them: with six decimals, like those of the command."""
    assert (loads >= 1).all(), "smaller ones have six digits"
    return [float(f"{load:.6f}") for load in loads]


@pytest.fixture(scope="module")
def table(long) -> pyarrow.Table:
    return pyarrow.Table.from_pandas(long, preserve_index=False)


def test_every_series_is_forecast_and_planned(table):
    rows, summary = fs.fleet(table, "1h", h=24, capacity=20, level=[80])
    bounds = ["forescale-lo-80", "forescale-hi-80"]
    names = ["unique_id", "ds", "forescale", *bounds, "instances", "skill", "degraded", "error"]
    assert rows.column_names == names and rows.num_rows == 3 * 24
    assert summary["series"] == 3 and summary["failed"] == 0 and summary["measured"] == 3
    instances = rows.to_pandas().groupby("ds")["instances"].sum()
    assert summary["peak_of_sum"] == instances.max()
    assert [count for _, count in summary["instances"]] == instances.tolist()
    assert summary["sum_of_peaks"] == rows.to_pandas().groupby("unique_id")["instances"].max().sum()


def test_without_a_capacity_there_is_no_plan(table):
    rows, summary = fs.fleet(table, "1h", h=2)
    assert rows["instances"].null_count == 6 and summary["peak_of_sum"] is None


def test_the_fleet_forecasts_what_a_forecaster_does(long, table):
    rows, _ = fs.fleet(table, "1h", h=6)
    predictors = ["seasonal-naive", "last-value", "linear-trend", "fft-seasonality"]
    expected = fs.Forecaster(freq="1h", predictors=predictors, horizon=6).forecast(long, 6)
    assert rows["forescale"].to_pylist() == written(expected["forescale"])


def test_the_rows_are_those_of_the_command(table, tmp_path, command):
    at = table.column_names.index("ds")
    table = table.set_column(at, "ds", pyarrow.compute.assume_timezone(table["ds"], "UTC"))
    pyarrow.parquet.write_table(table, tmp_path / "histories.parquet")
    settings = ["--capacity=20", "--horizon=6h", "--quiet"]
    command("fleet", "plan", tmp_path / "histories.parquet", "--out", tmp_path / "plans.parquet", *settings)
    theirs = pyarrow.parquet.read_table(tmp_path / "plans.parquet")
    ours, _ = fs.fleet(table, "1h", h=6, capacity=20, level=[80, 95])
    assert ours.column_names == theirs.column_names
    ours, theirs = by_series(ours), by_series(theirs)
    for name in ours.column_names:
        assert ours[name].to_pylist() == theirs[name].to_pylist(), name


def test_what_fails_fails_in_the_words_of_the_command(long, single, tmp_path, command):
    month = pandas.date_range("2026-01-05", periods=4, freq="30D")
    odd = {
        "nan": single.assign(y=numpy.nan),
        "negative": pandas.concat([single.assign(y=-5.0)] * 2),
        "one": single.head(1),
        "months": pandas.DataFrame({"ds": month, "y": 5.0}),
        "missing": single.iloc[::7],
        "gaps": single[(single.index % 5 == 0) | (single.index % 5 == 1)],
        "drift": pandas.DataFrame({"ds": pandas.date_range("2026-01-05", periods=500, freq="3601s"), "y": 5.0}),
        "far": pandas.concat([single, pandas.DataFrame({"ds": [pandas.Timestamp("2190-01-01")], "y": [1.0]})]),
    }
    frame = pandas.concat([long, *(rows.assign(unique_id=name) for name, rows in odd.items())], ignore_index=True)
    frame["ds"] = frame["ds"].astype("datetime64[us]").dt.tz_localize("UTC")
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    pyarrow.parquet.write_table(table, tmp_path / "histories.parquet")
    run = ("fleet", "plan", tmp_path / "histories.parquet", "--out", tmp_path / "plans.parquet", "--capacity=20")
    told = json.loads(command(*run, "--horizon=6h", "--step=1h", "-q", "-o", "json"))["summary"]
    theirs = by_series(pyarrow.parquet.read_table(tmp_path / "plans.parquet"))
    ours, summary = fs.fleet(table, "1h", h=6, capacity=20, level=[80, 95])
    ours = by_series(ours)
    for name in ours.column_names:
        assert ours[name].to_pylist() == theirs[name].to_pylist(), name
    assert sorted(summary["failures"]) == sorted(told["failures"])
    errors = dict(summary["failures"])
    nothing = "none of 504 samples holds a load: a load is a number from 0 to 1e100"
    assert errors["nan"] == errors["negative"] == nothing
    assert errors["months"] == "a step of 1h is finer than the samples, which are 30d apart or more"
    assert errors["far"].endswith("505 samples: none from 2026-01-25T23:00:00Z to 2190-01-01T00:00:00Z")
    assert set(errors) == {"nan", "negative", "months", "missing", "far"}


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
    with pytest.raises(ValueError, match='there is no predictor "oracle"'):
        fs.fleet(table, "1h", predictors=["oracle"])
    with pytest.raises(ValueError, match="a profile should be full or fleet"):
        fs.fleet(table, "1h", profile="fast")
    with pytest.raises(ValueError, match='no column "unique_id"'):
        fs.fleet(table.drop_columns(["unique_id"]), "1h")
    with pytest.raises(ValueError, match="should be a long frame"):
        fs.fleet([1, 2, 3], "1h")


@pytest.mark.parametrize(
    "settings",
    [
        {"capacity": 20, "cooldown": "6h"},
        {"capacity": 20, "stabilization": "6h"},
        {"capacity": 20, "max_scale_up": 1, "current": 1},
        {"capacity": 20, "max_scale_down": 1, "current": 40},
        {"capacity": 20, "current": 40, "startup": "2h"},
        {"capacity": 20, "violation_price": 500},
        {"capacity": 20, "event_price": 300},
        {"capacity": 20, "budget": "10%"},
        {"service_time": "50ms", "max_wait": "100ms", "wait_share": "1%"},
    ],
)
def test_a_fleet_is_planned_as_a_plan_is(long, settings):
    predictors = {"predictors": ["seasonal-naive", "linear-trend"]}
    rows, _ = fs.fleet(long, "1h", h=24, **settings, **predictors)
    plain, _ = fs.fleet(long, "1h", h=24, capacity=20, **predictors)
    assert not rows["instances"].equals(plain["instances"]), "the setting changes something"
    for name, own in rows.groupby("unique_id"):
        plan = fs.plan(long, series=name, freq="1h", horizon="24h", **settings, **predictors).recommendations
        ends = (own["ds"] + pandas.Timedelta(hours=1)).dt.tz_localize("UTC")
        effective = [pandas.Timestamp(row["effective_at"]) for row in plan]
        counts = [[row["instances"] for row, at in zip(plan, effective) if at < end][-1] for end in ends]
        assert own["instances"].tolist() == counts


def test_events_and_holidays_reach_every_series(long):
    predictors = {"predictors": ["quantile-forest"], "level": [80]}
    day = pandas.Timestamp("2026-01-26")
    events = [{"start": day, "end": day + pandas.Timedelta(days=1), "kind": "sale", "factor": 3.0}]
    plain, _ = fs.fleet(long, "1h", **predictors)
    rows, _ = fs.fleet(long, "1h", events=events, **predictors)
    single = fs.Forecaster("1h", predictors=["quantile-forest"], events=events).forecast(long, 24, [80])
    assert rows["forescale"].tolist() == written(single["forescale"])
    assert (rows["forescale"].sum() > 2 * plain["forescale"].sum()).all()
    with pytest.raises(ValueError, match="holidays"):
        fs.fleet(long, "1h", holidays="Atlantis")


def test_known_holidays_reach_every_series(long):
    # Good Friday lies in the history, and Easter Monday is forecast.
    days = pandas.date_range("2026-03-09", "2026-04-05 23:00", freq="h")
    load = numpy.where(days.normalize() == pandas.Timestamp("2026-04-03"), 0.3, 1.0) * (100 + days.hour)
    frame = pandas.concat([pandas.DataFrame({"unique_id": name, "ds": days, "y": load}) for name in ("api", "db")])
    settings = {"predictors": ["quantile-forest"], "level": [80]}
    rows, _ = fs.fleet(frame, "1h", holidays="DE", **settings)
    single = fs.Forecaster("1h", predictors=["quantile-forest"], holidays="DE").forecast(frame, 24, [80])
    assert rows["forescale"].tolist() == written(single["forescale"])
    plain, _ = fs.fleet(frame, "1h", **settings)
    assert not rows["forescale"].equals(plain["forescale"]), "the holidays change something"


def test_what_was_mended_and_assumed_is_what_the_command_says(long, tmp_path, command):
    spoilt = pandas.concat([long, long.head(1).assign(y=-5.0)], ignore_index=True)
    spoilt.loc[700:702, "y"] = numpy.nan
    odd = pandas.DataFrame({"ds": pandas.date_range("2026-01-05", periods=200, freq="7min"), "y": 5.0})
    empty = pandas.DataFrame({"ds": [pandas.Timestamp("2026-01-05")], "y": [-1.0]})
    spoilt = pandas.concat([spoilt, odd.assign(unique_id="odd"), empty.assign(unique_id="empty")], ignore_index=True)
    spoilt.to_csv(tmp_path / "long.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S")
    run = ("fleet", "plan", tmp_path / "long.csv", "--out", tmp_path / "plans.csv", "--capacity=20", "--horizon=6h")
    theirs = json.loads(command(*run, "--step=1h", "-q", "-o", "json"))
    _, ours = fs.fleet(spoilt, "1h", h=6, capacity=20)
    assert ours["mended"] == theirs["data"]["mended"] and ours["mended"]["duplicated"] == 1
    assert ours["warnings"] == [text.replace("--timezone", "timezone").replace(" ZONE", "=ZONE") for text in theirs["warnings"]]
    assert len(ours["warnings"]) == 3, "no zone, an odd step, and plans that end elsewhere"
    for name in ("planned", "peak_of_sum", "failed"):
        assert ours[name] == theirs["summary"][name]
    assert fs.fleet(long, "1h", timezone="UTC")[1]["warnings"] == []


def test_a_series_that_ended_long_ago_hides_no_peak(single):
    names = [f"service-{k}" for k in range(10)]
    frame = pandas.concat([single.assign(unique_id=name) for name in names] + [single.head(300).assign(unique_id="dead")])
    rows, summary = fs.fleet(frame, "1h", h=6, capacity=20)
    alive = rows[rows["unique_id"] != "dead"]
    assert summary["peak_of_sum"] == alive.groupby("ds")["instances"].sum().max()
    assert summary["planned"] == 11 and "1 of 11 are no part of it" in summary["warnings"][-1]


def test_progress_is_told_and_an_error_in_it_is_raised(long, capsys):
    told = []
    fs.fleet(long, "1h", h=2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3) and told == sorted(told)
    fs.Fleet("1h", h=2).run(long, progress=True)
    assert "3/3" in capsys.readouterr().err

    def fail(done, total):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fs.fleet(long, "1h", h=2, progress=fail)


MANY = """
import numpy, pandas, forescale as fs
hours = pandas.date_range("2026-01-05", periods=24 * 28, freq="h")
load = 100 + 40 * numpy.sin(numpy.arange(len(hours)) / 24 * 2 * numpy.pi)
frame = pandas.concat([pandas.DataFrame({"unique_id": str(k), "ds": hours, "y": load + k}) for k in range(4000)])
try:
    fs.fleet(frame, "1h", predictors=["quantile-forest"], progress=lambda done, total: print(done, flush=True))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_ends_the_run():
    with subprocess.Popen([sys.executable, "-c", MANY], stdout=subprocess.PIPE, text=True) as process:
        # It has begun, and all series would take many minutes.
        assert 0 < int(process.stdout.readline()) < 4000
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
    assert rest.splitlines()[-1] == "interrupted"
