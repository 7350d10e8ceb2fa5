"""A fleet: many series at once, one Arrow table in, one Arrow table out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forescale import _forescale, _frames, _settings
from forescale._forecaster import LEVELS
from forescale._frames import Columns, Kind


@dataclass(frozen=True)
class Fleet:
    """What is done with every series; `spark` and `ray` take it to many machines.

    Called with a long frame it gives a frame of the same kind, with a row for each series and step: `unique_id`, `ds`,
    `forescale`, its bounds, `instances` (where a `capacity` is given), `skill` and `error`. A series that fails has one
    row that says why. The rows of a series do not depend on the other series.

    Parameters
    ----------
    freq : step of every series, as "1h".
    h : steps to forecast.
    level : central intervals to give, in percent.
    profile : "fleet", a few quick predictors for many thousand series, or "full", the default ensemble.
    capacity : load that one instance carries when saturated; without it there are no plans.
    """

    freq: str
    h: int = 24
    level: Sequence[float] = LEVELS
    profile: str = "fleet"
    capacity: float | None = None
    target_utilization: float | str = 0.8
    startup: Any = "5m"
    min: int = 1
    max: int | None = None
    budget: float | str | None = None
    seed: int = 1
    timezone: str = "UTC"
    business_hours: str = "9-17"
    predictors: Sequence[str] = ()
    columns: Columns = Columns()
    threads: int | None = None

    def __call__(self, data: Any) -> Any:
        """Forecasts, and plans where a capacity is given, every series of `data`."""
        return self.run(data)[0]

    def run(self, data: Any) -> tuple[Any, dict[str, Any]]:
        """The rows, and the fleet in a few figures: skill, failures, instances in time, their peak."""
        kind, table = _arrow(data)
        columns = self.columns
        rows, summary = _forescale.fleet(
            self._settings(), table, columns.id_col, columns.time_col, columns.target_col
        )
        return _kept(kind, rows), json.loads(summary)

    def _settings(self) -> str:
        own = {
            name: getattr(self, name)
            for name in ("freq", "h", "profile", "capacity", "target_utilization", "startup", "min", "max", "budget")
        }
        learning = {name: getattr(self, name) for name in ("seed", "timezone", "business_hours", "threads")}
        rest = {
            "wait_share": "5%",
            "cooldown": 0,
            "stabilization": 0,
            "event_price": 0.0,
            "level": 80.0,
            "all_steps": False,
        }
        lists = {"levels": list(self.level), "predictors": list(self.predictors)}
        return _settings.dumps({**own, **learning, **rest, **lists})


def fleet(data: Any, freq: str, **settings: Any) -> tuple[Any, dict[str, Any]]:
    """Forecasts and plans every series of a long frame: the rows, and the fleet in a few figures.

    The settings are those of `Fleet`.

    >>> rows, summary = fs.fleet(frame, "1h", capacity=50)
    """
    return Fleet(freq, **settings).run(data)


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
