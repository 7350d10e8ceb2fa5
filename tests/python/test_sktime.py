"""sktime's own checks of an estimator, with a wheel that has its adapter."""

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
