"""Forecasts of many series, in the dialect of the field."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forescale import _frames, _settings, _store
from forescale._forescale import Fits, cross_validation
from forescale._frames import Columns, Kind
from forescale._progress import Progress, shown

LEVELS = (80.0, 95.0)
"""Intervals that are given when none is asked for, in percent."""

SAVED = ("freq", "predictors", "seed", "timezone", "business_hours", "holidays", "events", "horizon")
"""The settings that a saved forecaster keeps; the others belong to the machine."""


class Forecaster:
    """An ensemble of predictors for each series of a long frame with the columns `unique_id, ds, y`.

    A frame without `unique_id` is one series. Missing rows and missing loads are gaps, never zero.

    Parameters
    ----------
    freq : step of the series, as "5min" or "1h"; seen from the times when left out.
    predictors : names of predictors to combine; the default ensemble when left out.
    seed : where all randomness comes from: the same seed and data give the same numbers.
    timezone : zone of the service: of its calendar, and of times without one; UTC when left out.
    business_hours : in that zone, as "9-17".
    holidays : country whose holidays count, as "DE".
    events : known events: rows with start, end, kind and, if known, factor.
    horizon : steps that `fit` prepares for; `predict` may ask for more or fewer.
    id_col, time_col, target_col : the columns of the frame.
    threads : threads to use; one for each core when left out. It changes the speed only.

    Examples
    --------
    >>> forecaster = Forecaster(freq="1h").fit(frame)
    >>> forecaster.predict(h=24, level=[80])  # unique_id, ds, forescale, forescale-lo-80, forescale-hi-80
    """

    def __init__(
        self,
        freq: str | None = None,
        *,
        predictors: Sequence[str] = (),
        seed: int = 1,
        timezone: str | None = None,
        business_hours: str = "9-17",
        holidays: str | None = None,
        events: Any = None,
        horizon: int = 24,
        id_col: str = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
        threads: int | None = None,
    ) -> None:
        self.freq = freq
        self.predictors = _settings.names("predictors", predictors)
        self.seed = seed
        self.timezone = timezone
        self.business_hours = business_hours
        self.holidays = holidays
        self.events = _settings.events(events)
        self.horizon = _settings.count("horizon", horizon)
        self.columns = Columns(id_col, time_col, target_col)
        self.threads = _settings.threads(threads)
        self._fits: Fits | None = None
        self._kind: Kind | None = None

    def fit(self, df: Any, *, start: Any = None, progress: Progress = False) -> Forecaster:
        """Trains a model for each series of `df`. `start` is the first moment of an array."""
        histories, self._kind = self._read(df, start)
        with shown(progress, "fitting") as tell:
            self._fits = Fits.train(histories, self._learning(), self.horizon, tell)
        return self

    def predict(
        self,
        h: int | None = None,
        level: Sequence[float] = LEVELS,
        *,
        new_df: Any = None,
        progress: Progress = False,
    ) -> Any:
        """Forecasts `h` steps after each series, with central intervals at `level` percent.

        `forescale` is the median; `forescale-lo-80` and `forescale-hi-80` hold 80 of 100 loads between them. `new_df`
        is newer history of the same series to forecast from, without learning again.
        """
        fits, kind = self._fitted(), self._kind or _frames.default_kind()
        h, levels, recent = _settings.count_or("h", h, self.horizon), _settings.levels(level), None
        if new_df is not None:
            recent, kind = self._read(new_df, None)
        with shown(progress, "forecasting") as tell:
            return kind.frame(fits.predict(h, levels, recent, self.threads, tell))

    def forecast(
        self,
        df: Any,
        h: int | None = None,
        level: Sequence[float] = LEVELS,
        *,
        start: Any = None,
        progress: Progress = False,
    ) -> Any:
        """What `fit` and `predict` give, without keeping the models: for many series."""
        h, levels = _settings.count_or("h", h, self.horizon), _settings.levels(level)
        histories, kind = self._read(df, start)
        with shown(progress, "forecasting") as tell:
            table = Fits.forecast(histories, self._learning(), h, levels, tell)
        return kind.frame(table)

    def cross_validation(
        self,
        df: Any,
        h: int | None = None,
        n_windows: int = 1,
        step_size: int | None = None,
        level: Sequence[float] = LEVELS,
        *,
        refit: bool = True,
        start: Any = None,
        progress: Progress = False,
    ) -> Any:
        """Forecasts a past that is known: `n_windows` of `h` steps, `step_size` apart, the last at the end of `df`.

        `cutoff` is the last moment that was known, `y` what came. Without `refit` the first fit serves all windows.
        """
        h, levels = _settings.count_or("h", h, self.horizon), _settings.levels(level)
        n_windows, step_size = _settings.count("n_windows", n_windows), _settings.count_or("step_size", step_size, h)
        histories, kind = self._read(df, start)
        with shown(progress, "validating") as tell:
            table = cross_validation(histories, self._learning(), h, n_windows, step_size, levels, refit, tell)
        return kind.frame(table)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes model files that `forescale --model` reads: one file for one series, a folder of them for more.

        Beside them stand their cards, and `forecaster.json` with the settings and the columns of the frame. In a folder,
        the models of an earlier `save` are replaced.
        """
        _store.save(Path(path), self._fitted(), {name: getattr(self, name) for name in SAVED} | vars(self.columns))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Forecaster:
        """Reads what `save`, `forescale train` or `forescale fleet train` wrote.

        It forecasts from the history that the models keep.
        """
        stored = _store.load(Path(path))
        forecaster = cls(**stored.settings)
        forecaster._fits = stored.fits
        return forecaster

    @property
    def names(self) -> list[str]:
        """The series that were fitted."""
        return self._fitted().names

    @property
    def cards(self) -> dict[str, dict[str, Any]]:
        """What each model says about itself: its data, its members and their weights, its skill."""
        fits = self._fitted()
        return {name: json.loads(card) for name, card in zip(fits.names, fits.cards(), strict=True)}

    def __getstate__(self) -> dict[str, Any]:
        fits = self._fits
        return {**self.__dict__, "_fits": None if fits is None else fits.dump()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        fits = state.pop("_fits")
        self.__dict__.update(state)
        self._fits = None if fits is None else Fits.undump(fits)

    def __repr__(self) -> str:
        state = "not fitted" if self._fits is None else f"{len(self._fits.names)} series"
        return f"Forecaster(freq={self.freq!r}, seed={self.seed}): {state}"

    def _read(self, df: Any, start: Any) -> tuple[Any, Kind]:
        return _frames.read(df, self.columns, self.freq, self.timezone, start)

    def _fitted(self) -> Fits:
        if self._fits is None:
            raise ValueError("the forecaster is not fitted\n\nhint: call fit first, or forecast, which does both")
        return self._fits

    def _learning(self) -> str:
        return _settings.dumps(
            {
                "predictors": self.predictors,
                "seed": self.seed,
                "timezone": self.timezone,
                "business_hours": self.business_hours,
                "holidays": self.holidays,
                "events": self.events,
                "threads": self.threads,
            }
        )
