"""The engine behind sktime's interface for forecasters.

>>> from forescale.sktime import ForescaleForecaster
>>> ForescaleForecaster().fit(y, fh=[1, 2, 3]).predict_interval(coverage=0.8)
"""

from __future__ import annotations

from typing import Any

import numpy
import pandas
from pandas.tseries.offsets import Day, Tick
from sktime.forecasting.base import BaseForecaster

from forescale._forecaster import Forecaster

ORIGIN = pandas.Timestamp("2001-01-01")
"""Where a series begins whose index is a number: a Monday."""


class ForescaleForecaster(BaseForecaster):
    """An ensemble of predictors with a skill gate and calibrated intervals.

    Parameters
    ----------
    freq : str, optional
        Step of a series whose index does not say it, and of one whose index is a number, a month or a working day ("1h"
        then).
    predictors : list of str, optional
        Predictors to combine; the default ensemble when left out.
    seed : int
        Where all randomness comes from.
    timezone : str
        Zone of the service.

    Examples
    --------
    >>> from forescale.sktime import ForescaleForecaster
    >>> from sktime.datasets import load_airline
    >>> forecaster = ForescaleForecaster(predictors=["linear-trend"])
    >>> forecaster.fit(load_airline(), fh=[1, 2, 3])
    ForescaleForecaster(...)
    >>> forecaster.predict_interval(coverage=0.8).shape
    (3, 2)
    """

    _tags = {
        "authors": ["forescale"],
        "maintainers": ["forescale"],
        "python_dependencies": ["forescale"],
        "y_inner_mtype": "pd.Series",
        "X_inner_mtype": "pd.DataFrame",
        "scitype:y": "univariate",
        "requires-fh-in-fit": False,
        "capability:exogenous": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "X-y-must-have-same-index": False,
        "enforce_index_type": None,
    }

    def __init__(
        self,
        freq: str | None = None,
        predictors: list[str] | None = None,
        seed: int = 1,
        timezone: str = "UTC",
    ) -> None:
        self.freq = freq
        self.predictors = predictors
        self.seed = seed
        self.timezone = timezone
        super().__init__()

    def _fit(self, y: pandas.Series, X: Any, fh: Any) -> ForescaleForecaster:
        self._name = y.name
        freq, times = self._times(y.index)
        self._forecaster = Forecaster(
            freq, predictors=self.predictors or (), seed=self.seed, timezone=self.timezone
        ).fit(pandas.DataFrame({"ds": times, "y": y.to_numpy(dtype="float64")}))
        return self

    def _predict(self, fh: Any, X: Any) -> pandas.Series:
        rows, index = self._rows(fh, [])
        return pandas.Series(rows["forescale"].to_numpy(), index=index, name=self._name)

    def _predict_interval(self, fh: Any, X: Any, coverage: list[float]) -> pandas.DataFrame:
        # A coverage of 0 is the median alone, and one of 1 all that can be.
        levels = {share: 100 * min(max(share, 0.001), 0.999) for share in coverage}
        rows, index = self._rows(fh, sorted(set(levels.values())))
        name = self._get_varnames()[0]
        bounds = {}
        for share in coverage:
            for side, short in (("lower", "lo"), ("upper", "hi")):
                bounds[(name, share, side)] = rows[self._column(rows, short, levels[share])].to_numpy()
        frame = pandas.DataFrame(bounds, index=index)
        frame.columns = pandas.MultiIndex.from_tuples(bounds)
        return frame

    @staticmethod
    def _column(rows: pandas.DataFrame, side: str, level: float) -> str:
        """The column of a bound, found by its number: its name holds as many digits as the level needs."""
        start = f"forescale-{side}-"
        names = [name for name in rows.columns if name.startswith(start)]
        return min(names, key=lambda name: abs(float(name.removeprefix(start)) - level))

    def _rows(self, fh: Any, levels: list[float]) -> tuple[pandas.DataFrame, pandas.Index]:
        steps = fh.to_relative(self.cutoff).to_numpy().astype(int)
        rows = self._forecaster.predict(int(steps.max()), levels)
        return rows.iloc[steps - 1], fh.to_absolute_index(self.cutoff)

    def _times(self, index: pandas.Index) -> tuple[str | None, pandas.DatetimeIndex]:
        """The step of an index and its moments."""
        if isinstance(index, pandas.PeriodIndex):
            step = _fixed(index.freq)
            if step is None:
                return self._by_number(numpy.asarray(index.asi8))
            return f"{step}s", index.to_timestamp()
        if isinstance(index, pandas.DatetimeIndex):
            return self._by_moment(index)
        return self._by_number(index.to_numpy())

    def _by_moment(self, index: pandas.DatetimeIndex) -> tuple[str | None, pandas.DatetimeIndex]:
        """The step is exactly that of the index: the rows of a forecast are counted in it."""
        if index.freq is not None:
            step = _fixed(index.freq)
            return (f"{step}s", index) if step else self._by_number(numpy.arange(len(index)))
        return self.freq or _distance(index), index

    def _by_number(self, numbers: Any) -> tuple[str, pandas.DatetimeIndex]:
        """Months and years have no step in seconds, and numbers have none at all: they count hours, or `freq`."""
        freq = self.freq or "1h"
        step = pandas.Timedelta(pandas.tseries.frequencies.to_offset(freq))
        return freq, pandas.DatetimeIndex(ORIGIN + (numbers - numbers[0]) * step)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Settings that sktime's own checks use."""
        return [{"predictors": ["seasonal-naive", "linear-trend"]}, {"predictors": ["last-value"], "seed": 3}]


def _distance(index: pandas.DatetimeIndex) -> str | None:
    """The distance of moments that are all equally far apart, on whole seconds."""
    distances = index[1:] - index[:-1]
    if len(distances) == 0 or (distances != distances[0]).any():
        return None
    seconds = distances[0].total_seconds()
    return f"{int(seconds)}s" if seconds >= 1 and seconds.is_integer() else None


def _fixed(freq: Any) -> int | None:
    """The seconds of a period; none for months and years, which differ from one another."""
    if isinstance(freq, Day):
        return freq.n * 86_400
    seconds = pandas.Timedelta(freq).total_seconds() if isinstance(freq, Tick) else 0.0
    return int(seconds) if seconds >= 1 and seconds.is_integer() else None
