"""sktime's own checks of an estimator, with a wheel that has its adapter."""

import numpy
import pandas
import pytest
from sktime.utils.estimator_checks import check_estimator

import forescale as fs
from forescale.sktime import ForescaleForecaster

# sktime announces what it will change in itself.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def test_the_adapter_passes_the_checks_of_sktime():
    results = check_estimator(ForescaleForecaster, raise_exceptions=False, verbose=False)
    failed = {name: result for name, result in results.items() if result != "PASSED"}
    assert len(results) > 300 and not failed, failed


def test_the_adapter_forecasts_what_the_forecaster_does(single):
    series = single.set_index("ds")["y"].asfreq("h")
    names = ["seasonal-naive", "linear-trend"]
    made = ForescaleForecaster(predictors=names).fit(series).predict(fh=[1, 5, 24])
    expected = fs.Forecaster("1h", predictors=names).fit(single).predict(24)
    assert made.tolist() == expected["forescale"].iloc[[0, 4, 23]].tolist()
    assert made.index.tolist() == expected["ds"].iloc[[0, 4, 23]].tolist()


@pytest.mark.parametrize("freq", ["h", "15min", "D", "2h", "5h", "7min"])
def test_periods_are_forecast_as_moments_are(freq):
    # A Thursday: a series that begins on another day of the week has another weekend.
    moments = pandas.date_range("2026-01-01", periods=600, freq=freq)
    load = 100.0 + 30 * (moments.dayofweek < 5) + 10 * numpy.cos(moments.hour / 24 * 2 * numpy.pi)
    by_moment = pandas.Series(load, index=moments)
    by_period = pandas.Series(load, index=moments.to_period(freq))
    forecaster = ForescaleForecaster(predictors=["quantile-forest"])
    steps = list(range(1, 25))
    expected = forecaster.clone().fit(by_moment).predict_interval(fh=steps, coverage=0.8)
    made = forecaster.clone().fit(by_period).predict_interval(fh=steps, coverage=0.8)
    assert made.to_numpy().tolist() == expected.to_numpy().tolist()
    assert made.index.tolist() == expected.index.to_period(freq).tolist()
    unsaid = pandas.Series(load, index=pandas.DatetimeIndex(moments.to_numpy()))
    assert unsaid.index.freq is None
    forecast = forecaster.clone().fit(unsaid, fh=steps)._forecaster.predict(24, [])
    assert forecast["ds"].tolist() == expected.index.tolist(), "rows stand at the moments they are shown with"


@pytest.mark.parametrize("freq", ["MS", "B"])
def test_months_and_working_days_are_counted(freq):
    load = pandas.Series(numpy.arange(1.0, 61.0), index=pandas.date_range("2021-01-01", periods=60, freq=freq))
    forecaster = ForescaleForecaster(predictors=["linear-trend"])
    made = forecaster.fit(load).predict(fh=[1, 2, 3])
    by_number = forecaster.clone().fit(load.reset_index(drop=True)).predict(fh=[1, 2, 3])
    assert made.tolist() == by_number.tolist()
    assert made.index.tolist() == pandas.date_range(load.index[-1], periods=4, freq=freq)[1:].tolist()
