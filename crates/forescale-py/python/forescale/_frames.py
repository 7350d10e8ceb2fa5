"""Frames in, and the caller's kind of frame out.

What speaks Arrow is handed over as it is; pandas goes as numpy arrays, so that it needs no pyarrow. No library of
frames is imported unless its frames are used.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from forescale._forescale import Histories, Table, step_seconds


@dataclass(frozen=True)
class Columns:
    """The columns of a long frame."""

    id_col: str = "unique_id"
    time_col: str = "ds"
    target_col: str = "y"


@dataclass(frozen=True)
class Kind:
    """What a frame was, so that the answer is one, too."""

    package: str
    lazy: bool = False
    # The values of unique_id in a pandas frame, in the order of the series.
    ids: Any = None

    def frame(self, table: Table) -> Any:
        """The rows of an answer."""
        if self.package == "pandas":
            return _pandas_frame(table, self.ids)
        if self.package == "numpy":
            return _numpy_frame(table)
        arrow = table.arrow_table(views=self.package == "polars")
        if self.package == "polars":
            polars = importlib.import_module("polars")
            frame = polars.DataFrame(arrow)
            return frame.lazy() if self.lazy else frame
        rows = importlib.import_module("pyarrow").table(arrow)
        return importlib.import_module("duckdb").from_arrow(rows) if self.package == "duckdb" else rows

    def of_rows(self, rows: list[dict[str, Any]]) -> Any:
        """Rows that are dicts."""
        if self.package == "pandas":
            return importlib.import_module("pandas").DataFrame(rows)
        if self.package == "polars":
            return importlib.import_module("polars").DataFrame(rows, infer_schema_length=None)
        if self.package in ("pyarrow", "duckdb"):
            table = importlib.import_module("pyarrow").Table.from_pylist(rows)
            return importlib.import_module("duckdb").from_arrow(table) if self.package == "duckdb" else table
        return rows


def read(
    data: Any,
    columns: Columns,
    freq: str | None,
    timezone: str | None,
    start: Any = None,
) -> tuple[Histories, Kind]:
    """The series of a frame, and its kind. `start` is the first moment of an array, which has no times."""
    for name, text in (("freq", freq), ("timezone", timezone)):
        if text is not None and not isinstance(text, str):
            raise ValueError(f'{name} should be text, but is {text!r}\n\nhint: pass freq="1h", timezone="UTC" say')
    library = type(data).__module__.split(".")[0]
    if library == "pandas":
        return _of_pandas(data, columns, freq, timezone)
    if library == "polars" and hasattr(data, "collect"):
        histories, kind = read(data.collect(), columns, freq, timezone)
        return histories, Kind(kind.package, lazy=True)
    if library in ("polars", "pyarrow", "duckdb") and hasattr(data, "columns"):
        return _of_arrow(data, library, columns, freq, timezone)
    if hasattr(data, "__arrow_c_stream__"):
        return _of_arrow(importlib.import_module("pyarrow").table(data), "pyarrow", columns, freq, timezone)
    if library == "numpy" or isinstance(data, (list, tuple)):
        return _of_array(data, columns, freq, timezone, start)
    raise ValueError(
        f"a history should be a frame or an array, but is {type(data).__name__}"
        "\n\nhint: pass a frame of pandas, polars, pyarrow or DuckDB with the columns unique_id, ds, y"
    )


def default_kind() -> Kind:
    """The kind of frame for answers to no frame: what is installed."""
    for library in ("pandas", "polars", "pyarrow"):
        if importlib.util.find_spec(library):
            return Kind(library)
    return Kind("numpy")


def _of_arrow(data: Any, library: str, columns: Columns, freq: str | None, timezone: str | None) -> tuple[Histories, Kind]:
    names = list(data.schema.names) if library == "pyarrow" else list(data.columns)
    if library == "duckdb":
        data = data.to_arrow_table()
    id_col = columns.id_col if columns.id_col in names else None
    histories = Histories.from_arrow(data, id_col, columns.time_col, columns.target_col, freq, timezone)
    return histories, Kind(library)


def _of_pandas(data: Any, columns: Columns, freq: str | None, timezone: str | None) -> tuple[Histories, Kind]:
    pandas = importlib.import_module("pandas")
    if isinstance(data, pandas.Series):
        data = data.rename(columns.target_col).rename_axis(columns.time_col).reset_index()
    for name in (columns.time_col, columns.target_col):
        if name not in data.columns:
            have = ", ".join(map(str, data.columns))
            raise ValueError(
                f'the frame has no column "{name}", only {have}'
                "\n\nhint: rename it, or pass id_col, time_col and target_col"
            )
    names, codes, ids, numbered = [""], None, None, False
    if columns.id_col in data.columns:
        codes, ids = pandas.factorize(data[columns.id_col])
        names, codes = _names(ids), codes.astype("int64", copy=False)
        numbered = pandas.api.types.is_integer_dtype(ids.dtype)
    times, unit, tz = _pandas_times(pandas, data[columns.time_col])
    heads = (columns.id_col if codes is not None else "", columns.time_col)
    load = _numbers(data[columns.target_col], columns.target_col)
    histories = Histories.from_numpy(heads, names, numbered, codes, times, unit, tz, load, freq, timezone)
    return histories, Kind("pandas", ids=ids)


def _names(ids: Any) -> list[str]:
    """The names of series as text, each of one series alone."""
    names = [str(name) for name in ids]
    if len(set(names)) < len(names):
        first: dict[str, Any] = {}
        one, other = next((first[name], value) for name, value in zip(names, ids) if first.setdefault(name, value) is not value)
        raise ValueError(
            f"unique_id holds {one!r} and {other!r}, which are the same name"
            "\n\nhint: turn the names into text that tells the series apart"
        )
    return names


def _pandas_times(pandas: Any, times: Any) -> tuple[Any, str, str | None]:
    """Whole numbers, what they count, and the zone they carry."""
    numpy = importlib.import_module("numpy")
    if isinstance(times.dtype, pandas.PeriodDtype):
        times = times.dt.to_timestamp()
    if not pandas.api.types.is_datetime64_any_dtype(times.dtype):
        try:
            times = pandas.to_datetime(times)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f'column "{times.name}" should hold times: {error}\n\nhint: turn it into timestamps, with pandas.to_datetime say'
            ) from error
        if pandas.api.types.is_numeric_dtype(times.dtype):
            raise ValueError(f'column "{times.name}" should hold times\n\nhint: pass timestamps, not numbers')
    if times.isna().any():
        raise ValueError(
            f'column "{times.name}" has rows without a time\n\nhint: drop them: a sample without a time says nothing'
        )
    tz = None
    if times.dt.tz is not None:
        tz = str(times.dt.tz)
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    array = numpy.ascontiguousarray(times.to_numpy())
    return array.view("int64"), numpy.datetime_data(array.dtype)[0], tz


def _numbers(column: Any, name: str) -> Any:
    numpy = importlib.import_module("numpy")
    try:
        if hasattr(column, "to_numpy"):
            column = column.to_numpy(dtype="float64", na_value=numpy.nan)
        return numpy.ascontiguousarray(column, dtype="float64")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f'column "{name}" should hold numbers: {error}'
            "\n\nhint: turn it into numbers; a missing load is null or NaN"
        ) from error


def _of_array(data: Any, columns: Columns, freq: str | None, timezone: str | None, start: Any) -> tuple[Histories, Kind]:
    numpy = importlib.import_module("numpy")
    load = _numbers(data, columns.target_col)
    if load.ndim != 1:
        raise ValueError(
            f"an array should hold one series, but has {load.ndim} dimensions\n\nhint: pass a long frame for many series"
        )
    if freq is None or start is None:
        raise ValueError(
            "an array says nothing about time"
            '\n\nhint: pass start="2026-01-05" and freq="1h", or a frame with the columns ds and y'
        )
    first = numpy.datetime64(start, "us").astype("int64")
    step = step_seconds(freq) * 1_000_000
    times = first + step * numpy.arange(len(load), dtype="int64")
    heads = ("", columns.time_col)
    histories = Histories.from_numpy(heads, [""], False, None, times, "us", None, load, freq, timezone)
    return histories, Kind("numpy")


def _pandas_frame(table: Table, ids: Any) -> Any:
    pandas = importlib.import_module("pandas")
    kinds, names = table.kinds(), table.names
    arrays = table.arrays()
    for name, kind in kinds:
        if kind == "series":
            known = ids if ids is not None else pandas.Index([int(i) for i in names] if table.numbered else names)
            arrays[name] = known.take(arrays[name])
        elif kind == "time":
            times = pandas.Series(arrays[name].view(f"datetime64[{table.unit}]"))
            arrays[name] = times if table.tz is None else times.dt.tz_localize("UTC").dt.tz_convert(table.tz)
    return pandas.DataFrame(arrays, copy=False)


def _numpy_frame(table: Table) -> dict[str, Any]:
    kinds = table.kinds()
    arrays = table.arrays()
    for name, kind in kinds:
        if kind == "series":
            numpy = importlib.import_module("numpy")
            arrays[name] = numpy.asarray(table.names)[arrays[name]]
        elif kind == "time":
            arrays[name] = arrays[name].view(f"datetime64[{table.unit}]")
    return arrays
