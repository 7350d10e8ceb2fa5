"""A fleet: many series at once, one Arrow table in, one Arrow table out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from forescale import _charts, _forescale, _frames, _settings
from forescale._forecaster import LEVELS
from forescale._frames import Columns, Kind
from forescale._progress import Progress, shown


@dataclass(frozen=True)
class Fleet:
    """What is done with every series; `spark` and `ray` take it to many machines.

    Called with a long frame it gives a frame of the same kind, with a row for each series and step: `unique_id`, `ds`,
    `forescale`, its bounds, `instances` (where a `capacity` is given), `skill`, `degraded` and `error`. A series that fails has one
    row that says why. The rows of a series do not depend on the other series.

    Parameters
    ----------
    freq : step of every series, as "1h".
    h : steps to forecast.
    level : central intervals to give, in percent.
    profile : "fleet", a few quick predictors for many thousand series, or "full", the default ensemble.
    capacity : load that one instance carries when saturated; without it, and without `service_time` and `max_wait`,
        there are no plans.

    The others are those of `plan` and `Forecaster`, under the same names.
    """

    freq: str
    h: int = 24
    level: Sequence[float] = LEVELS
    profile: str = "fleet"
    capacity: float | None = None
    target_utilization: float | str = 0.8
    service_time: float | str | None = None
    max_wait: float | str | None = None
    wait_share: float | str = "5%"
    current: int | None = None
    min: int = 1
    max: int | None = None
    startup: Any = "5m"
    cooldown: Any = 0
    stabilization: Any = 0
    max_scale_up: int | None = None
    max_scale_down: int | None = None
    budget: float | str | None = None
    violation_price: float | None = None
    event_price: float = 0.0
    seed: int = 1
    timezone: str | None = None
    business_hours: str = "9-17"
    holidays: str | None = None
    events: Any = None
    predictors: Sequence[str] = ()
    columns: Columns = Columns()
    threads: int | None = None

    def __call__(self, data: Any) -> Any:
        """Forecasts, and plans where a capacity is given, every series of `data`."""
        return self.run(data)[0]

    def run(self, data: Any, *, progress: Progress = False) -> tuple[Any, FleetSummary]:
        """The rows, and the fleet in a few figures: skill, failures, instances in time, their peak."""
        settings = self._settings()
        kind, table = _arrow(data)
        columns = (self.columns.id_col, self.columns.time_col, self.columns.target_col)
        with shown(progress, "working on series") as tell:
            rows, summary = _forescale.fleet(settings, table, *columns, tell)
        return _kept(kind, rows), FleetSummary(json.loads(summary))

    def _settings(self) -> str:
        others = ("h", "level", "columns", "events", "predictors", "threads")
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in others}
        given = {
            "h": _settings.count("h", self.h),
            "threads": _settings.threads(self.threads),
            "levels": _settings.levels(self.level),
            "predictors": _settings.names("predictors", self.predictors),
            "events": _settings.events(self.events),
        }
        # The rows of a fleet show the instances of every step, whatever a plan says about its bounds.
        return _settings.dumps({**own, **given, "level": 80.0, "all_steps": False})


class FleetSummary(dict[str, Any]):
    """The fleet in a few figures: a dict that shows itself in notebooks."""

    @property
    def headline(self) -> str:
        """The answer in one line."""
        parts = [f"{self['series']} series, {self['failed']} failed"]
        if self["measured"]:
            better = f"better than seasonal naive for {self['better_than_yardstick']} of {self['measured']}"
            parts.append(f"mean skill {self['mean_skill']:.3f}, {better}")
        if self["instances"]:
            parts.append(self._instances())
        return "; ".join(parts)

    def _instances(self) -> str:
        peaks = f"{self['sum_of_peaks']} as the sum of the peaks"
        if self["peak_of_sum"] is None:
            return f"{self['planned']} plans, which have no moment in common; {peaks}"
        return f"{self['peak_of_sum']} instances at the peak of all together, {peaks}"

    def _repr_html_(self) -> str:
        failures = [{"series": series, "error": error} for series, error in self["failures"]]
        picture = _charts.sum_of_series(self["instances"], self["sum_of_peaks"]) if self["instances"] else ""
        parts = [_charts.line(self.headline), picture, _charts.table(failures, "the column error has all")]
        return "".join(parts + [_charts.line(warning) for warning in self["warnings"]])


def fleet(data: Any, freq: str, *, progress: Progress = False, **settings: Any) -> tuple[Any, FleetSummary]:
    """Forecasts and plans every series of a long frame: the rows, and the fleet in a few figures.

    The settings are those of `Fleet`.

    >>> rows, summary = fs.fleet(frame, "1h", capacity=50)
    """
    return Fleet(freq, **settings).run(data, progress=progress)


def _arrow(data: Any) -> tuple[Kind, Any]:
    """The kind of a frame, and the frame as something that speaks Arrow."""
    library = type(data).__module__.split(".")[0]
    if library == "polars" and hasattr(data, "collect"):
        return Kind("polars", lazy=True), data.collect()
    if library == "duckdb":
        return Kind("duckdb"), data.to_arrow_table()
    if library == "pandas":
        try:
            import pyarrow
        except ImportError as error:
            raise ValueError("a fleet of pandas needs pyarrow\n\nhint: install forescale[arrow]") from error
        return Kind("pandas"), pyarrow.Table.from_pandas(data, preserve_index=False)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return Kind("polars" if library == "polars" else "pyarrow"), data
    raise ValueError(
        f"a fleet should be a long frame, but is {type(data).__name__}"
        "\n\nhint: pass a frame of pandas, polars, pyarrow or DuckDB with the columns unique_id, ds, y"
    )


def _kept(kind: Kind, rows: _forescale.Table) -> Any:
    if kind.package == "pandas":
        import pyarrow

        # A block for each column takes its memory over as it is; what had to be copied is freed column by column.
        return pyarrow.table(rows.arrow_table()).to_pandas(split_blocks=True, self_destruct=True)
    return kind.frame(rows)
