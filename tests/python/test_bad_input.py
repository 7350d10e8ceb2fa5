"""What cannot be answered is a ValueError that names the series and the way out; gaps are answered."""

import re

import numpy
import pandas
import polars
import pytest

import forescale as fs
from conftest import CHEAP


def forecast(frame, **settings):
    return fs.Forecaster(**{"freq": "1h", "predictors": CHEAP, **settings}).forecast(frame, h=4, level=[80])


def refused(frame, **settings) -> str:
    with pytest.raises(ValueError) as error:
        forecast(frame, **settings)
    assert "hint:" in str(error.value)
    return str(error.value)


def test_gaps_are_gaps_whatever_marks_them(single):
    holes = numpy.zeros(len(single), dtype=bool)
    holes[50:450:2] = True
    left_out = forecast(single[~holes])
    pandas.testing.assert_frame_equal(forecast(single.assign(y=single["y"].mask(holes))), left_out)
    nullable = single.assign(y=single["y"].astype("Float64").mask(holes))
    pandas.testing.assert_frame_equal(forecast(nullable), left_out)
    nulls = polars.DataFrame({"ds": single["ds"].to_numpy(), "y": single["y"].mask(holes).to_numpy()}).with_columns(
        polars.col("y").fill_nan(None)
    )
    numpy.testing.assert_array_equal(forecast(nulls)["forescale"].to_numpy(), left_out["forescale"])
    zeros = forecast(single.assign(y=single["y"].where(~holes, 0.0)))
    assert not zeros["forescale"].equals(left_out["forescale"]), "a gap is no load of zero"


@pytest.mark.parametrize("load", [numpy.inf, -numpy.inf, -5.0, 1e200])
def test_what_is_no_load_is_a_gap(single, load):
    spoilt = single.assign(y=single["y"].where(single.index != 60, load))
    pandas.testing.assert_frame_equal(forecast(spoilt), forecast(single.drop(index=60)))


def test_a_series_without_a_load_is_named(long):
    message = refused(long.assign(y=long["y"].mask(long["unique_id"] == "shop")))
    assert message.startswith('series "shop": none of 504 samples holds a load')


def test_missing_columns_are_named(single):
    assert 'no column "ds", only when, y' in refused(single.rename(columns={"ds": "when"}))
    frame = polars.DataFrame({"ds": single["ds"].to_numpy(), "load": single["y"].to_numpy()})
    assert 'no column "y", only ds, load' in refused(frame)


def test_columns_of_another_type_are_named(single):
    assert '"y" should hold numbers' in refused(single.assign(y="many"))
    assert '"ds" should hold times' in refused(single.assign(ds="soon"))
    assert '"ds" should hold times, but holds Float64' in refused(polars.DataFrame({"ds": [1.5], "y": [1.0]}))
    assert "rows without a time" in refused(single.assign(ds=single["ds"].where(single.index != 3)))
    assert "no unique_id" in refused(single.assign(unique_id=None))


def test_names_that_read_alike_are_not_one_series(single):
    frame = pandas.concat([single.assign(unique_id=1), single.assign(unique_id="1")], ignore_index=True)
    assert "unique_id holds 1 and '1', which are the same name" in refused(frame.astype({"unique_id": object}))


def test_an_empty_frame_is_refused(single):
    refused(single.head(0))
    refused(polars.DataFrame(schema={"ds": polars.Datetime, "y": polars.Float64}))


def test_settings_out_of_range_are_refused(single):
    assert "a frequency should look like" in refused(single, freq="fast")
    assert "finer than the samples" in refused(single, freq="1min")
    assert "a time zone should look like" in refused(single, timezone="Mars/Olympus")
    assert 'there is no predictor "oracle"' in refused(single, predictors=["oracle"])
    assert "business hours should look like" in refused(single, business_hours="17-9")
    with pytest.raises(ValueError, match="a level should be"):
        fs.Forecaster(freq="1h", predictors=CHEAP).forecast(single, h=4, level=[120])
    with pytest.raises(ValueError, match="h should be at most 1000000"):
        fs.Forecaster(freq="1h", predictors=CHEAP).forecast(single, h=10**9)


HUGE = 2**70

NO_COUNTS = [0, -1, False, True, 2.5, HUGE, "3", [3], numpy.bool_(True), numpy.float64(3)]

COUNTS = [
    ("h", lambda fitted, frame, value: fitted.predict(value)),
    ("h", lambda fitted, frame, value: fitted.forecast(frame, value)),
    ("h", lambda fitted, frame, value: fitted.cross_validation(frame, h=value)),
    ("n_windows", lambda fitted, frame, value: fitted.cross_validation(frame, 4, n_windows=value)),
    ("step_size", lambda fitted, frame, value: fitted.cross_validation(frame, 4, step_size=value)),
    ("horizon", lambda fitted, frame, value: fs.Forecaster("1h", horizon=value)),
    ("threads", lambda fitted, frame, value: fs.Forecaster("1h", threads=value)),
    ("threads", lambda fitted, frame, value: fs.plan(frame, capacity=20, threads=value)),
    ("threads", lambda fitted, frame, value: fs.explain(frame, threads=value)),
    ("threads", lambda fitted, frame, value: fs.backtest(frame, threads=value)),
    ("origins", lambda fitted, frame, value: fs.backtest(frame, origins=value)),
    ("fits", lambda fitted, frame, value: fs.backtest(frame, fits=value)),
    ("h", lambda fitted, frame, value: fs.fleet(frame.assign(unique_id="a"), "1h", h=value)),
    ("threads", lambda fitted, frame, value: fs.Fleet("1h", threads=value)(frame.assign(unique_id="a"))),
]


@pytest.fixture(scope="module")
def fitted(single):
    return fs.Forecaster("1h", predictors=CHEAP, horizon=4).fit(single)


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
@pytest.mark.parametrize(("name", "call"), COUNTS)
def test_a_count_is_a_whole_number_of_one_or_more(fitted, single, name, call, value):
    with pytest.raises(ValueError) as error:
        call(fitted, single, value)
    what = "at most 1000000" if value is HUGE else "a whole number of 1 or more"
    said, _, hint = str(error.value).partition("\n\nhint: ")
    assert said == f"{name} should be {what}, but is {value!r}"
    assert re.fullmatch(rf"pass {name}=\d+ say", hint)


def test_counts_of_numpy_are_counts(fitted, single):
    pandas.testing.assert_frame_equal(fitted.predict(numpy.int64(3)), fitted.predict(3))
    pandas.testing.assert_frame_equal(fitted.predict(), fitted.predict(4))
    windows = fitted.cross_validation(single, numpy.int32(3), numpy.uint8(2), numpy.int16(1))
    pandas.testing.assert_frame_equal(windows, fitted.cross_validation(single, 3, 2, 1))


@pytest.mark.parametrize("level", [["a"], [None], [True], [0], [100], [float("nan")], [2**2000], [[80]]])
def test_a_level_is_a_percent(fitted, single, level):
    for call in (fitted.predict, lambda level: fs.fleet(single.assign(unique_id="a"), "1h", level=level)):
        with pytest.raises(ValueError, match="a level should be above 0 and below 100 percent, but is") as error:
            call(level=level)
        assert "hint: pass level=[80, 95] say" in str(error.value)


def test_what_is_no_frame_is_refused():
    for other in ("history.csv", 5, {"y": [1]}, None, object()):
        refused(other)


def test_a_forecaster_says_when_it_is_not_fitted():
    with pytest.raises(ValueError, match="call fit first"):
        fs.Forecaster(freq="1h").predict(4)


def test_too_many_windows_name_the_series(long):
    with pytest.raises(ValueError, match='series "api": 50 windows'):
        fs.Forecaster(freq="1h", predictors=CHEAP).cross_validation(long, h=24, n_windows=50)


@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_few_rows_are_answered(single, rows):
    made = forecast(single.head(rows))
    assert len(made) == 4 and made["forescale"].notna().all()


def test_plans_say_what_is_missing(long, single):
    with pytest.raises(ValueError, match="pass capacity"):
        fs.plan(single, predictors=CHEAP)
    with pytest.raises(ValueError, match="holds 3 series") as error:
        fs.plan(long, capacity=10, predictors=CHEAP)
    assert "api, shop, db" in str(error.value)
    with pytest.raises(ValueError, match='no series "web"'):
        fs.plan(long, capacity=10, series="web", predictors=CHEAP)
    with pytest.raises(ValueError, match="a span should look like"):
        fs.plan(single, capacity=10, startup="soon", predictors=CHEAP)
    with pytest.raises(ValueError, match="raise the maximum"):
        fs.plan(single, capacity=10, min=5, max=2, predictors=CHEAP)
    with pytest.raises(TypeError, match="capcity"):
        fs.plan(single, capcity=10)


PLAN = [
    ("capacity", "50"),
    ("capacity", -1),
    ("capacity", float("nan")),
    ("target_utilization", "much"),
    ("target_utilization", 0),
    ("service_time", "soon"),
    ("max_wait", []),
    ("wait_share", 2),
    ("current", -1),
    ("min", "one"),
    ("min", None),
    ("max", 1.5),
    ("startup", "soon"),
    ("startup", [5]),
    ("cooldown", -5),
    ("stabilization", {}),
    ("max_scale_up", "two"),
    ("max_scale_down", -1),
    ("budget", "lots"),
    ("violation_price", "high"),
    ("event_price", "high"),
    ("level", 120),
    ("seed", -1),
    ("timezone", "Mars/Olympus"),
    ("timezone", 5),
    ("business_hours", "17-9"),
    ("holidays", "Atlantis"),
    ("holidays", 5),
    ("events", [{"start": "soon", "end": "later"}]),
    ("events", ["sale"]),
    ("events", 5),
    ("predictors", "seasonal-naive"),
    ("predictors", [5]),
    ("predictors", 5),
    ("threads", -1),
    ("horizon", "far"),
    ("now", "then"),
    ("freq", "fast"),
    ("freq", 5),
]

REPLAY = [
    ("capacity", "50"),
    ("budget", "lots"),
    ("step", "soon"),
    ("step", "90d"),
    ("startup", object()),
    ("min", -1),
    ("max", "all"),
    ("max_scale_up", "two"),
    ("max_scale_down", "two"),
    ("drain", "soon"),
    ("min_billing", "soon"),
    ("metric_latency", "soon"),
    ("launch_failures", 2),
    ("lifecycle", {"warm-up": "soon"}),
    ("lifecycle", 5),
    ("slo_utilization", 0),
    ("score_from", "soon"),
    ("seed", 1.5),
    ("timezone", "Mars/Olympus"),
]

SETTINGS = [
    *((fs.plan, {"capacity": 20}, name, value) for name, value in PLAN),
    *((fs.explain, {"capacity": 20}, name, value) for name, value in PLAN),
    *((fs.replay, {"capacity": 20}, name, value) for name, value in REPLAY),
    *((fs.replay, {"capacity": 20}, *given) for given in (("policies", "hpa"), ("max_wait", "long"), ("price", "low"))),
    *((fs.advise, {"capacity": 20}, name, value) for name, value in REPLAY),
    *((fs.backtest, {}, *given) for given in (("horizon", "far"), ("origins", -1), ("fits", "two"), ("seed", -1))),
    *((fs.fleet, {"capacity": 20}, *given) for given in PLAN if given[0] not in ("level", "horizon", "now")),
    *((fs.fleet, {}, *given) for given in (("level", [120]), ("level", 80), ("h", -1), ("profile", "fast"), ("profile", 5))),
]


@pytest.mark.parametrize(("function", "others", "name", "value"), SETTINGS)
def test_a_setting_that_cannot_be_read_is_named(single, function, others, name, value):
    frame = single.assign(unique_id="a")
    with pytest.raises(ValueError) as error:
        function(frame, **{"freq": "1h", **others, name: value})
    what, _, hint = str(error.value).partition("\n\nhint: ")
    words = name.replace("_", "[_ ]")
    assert re.search(rf"\b{words}\b", what) and hint, str(error.value)


def test_what_was_given_is_said(single):
    with pytest.raises(ValueError, match='capacity should be a number, but is string "50"'):
        fs.plan(single, capacity="50")
    with pytest.raises(ValueError, match="seed should be a whole number of 0 or more, but is integer `-1`"):
        fs.plan(single, capacity=50, seed=-1)
    with pytest.raises(ValueError, match='startup: a span should look like 5m or 24h, but is "soon"'):
        fs.plan(single, capacity=50, startup="soon")
