"""Settings on their way to the engine: plain JSON, whatever kind of value the caller wrote."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

MOST = 1_000_000
"""The largest count: no forecast has more steps."""

COUNTS = {
    "h": 24,
    "horizon": 24,
    "n_windows": 3,
    "step_size": 24,
    "origins": 7,
    "fits": 2,
    "threads": 2,
    "parts": 8,
    "partitions": 8,
}
"""Settings that are counts, each with an example."""

HINT = "see help() of the function for what each setting means"


def dumps(settings: dict[str, Any]) -> str:
    """The settings as JSON, without those that were left out."""
    return json.dumps({name: _checked(name, value) for name, value in settings.items() if value is not None})


def names(name: str, given: Any) -> list[Any]:
    """A list of names; text alone is no list of its letters."""
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise ValueError(f'{name} should be a list of names, but is {given!r}\n\nhint: pass {name}=["{given}"]')
    return list(given)


def levels(given: Any) -> list[float]:
    """The levels of intervals, in percent."""
    hint = "\n\nhint: pass level=[80, 95] say"
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise ValueError(f"level should be a list of percents, but is {given!r}{hint}")
    percents = list(given)
    for percent in percents:
        if isinstance(percent, bool) or not isinstance(percent, Real) or not 0 < percent < 100:
            raise ValueError(f"a level should be above 0 and below 100 percent, but is {percent!r}{hint}")
    return [float(percent) for percent in percents]


def count(name: str, given: Any) -> int:
    """A whole number of 1 or more, of Python or of numpy; True is none."""
    if isinstance(given, bool) or not isinstance(given, Integral) or given < 1:
        what = "a whole number of 1 or more"
    elif given > MOST:
        what = f"at most {MOST}"
    else:
        return int(given)
    raise ValueError(f"{name} should be {what}, but is {given!r}\n\nhint: pass {name}={COUNTS[name]} say")


def count_or(name: str, given: Any, otherwise: int) -> int:
    """A count, or what holds where none is given."""
    return otherwise if given is None else count(name, given)


def threads(given: Any) -> int | None:
    """A count of threads; none is one for each core."""
    return None if given is None else count("threads", given)


def _checked(name: str, value: Any) -> Any:
    """A setting as JSON can hold it."""
    try:
        return json.loads(json.dumps(value, default=_plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} should be a setting, but is {value!r}: {error}\n\nhint: {HINT}") from error


def _plain(value: Any) -> Any:
    """Spans in seconds, moments in ISO 8601, numbers and arrays of numpy as Python's own."""
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("it is no number, text, span or moment")


def events(given: Any) -> list[dict[str, Any]]:
    """Known events as rows: a list of dicts, or a frame with start, end, kind and, if known, factor."""
    if given is None:
        return []
    if hasattr(given, "to_dicts"):
        rows = given.to_dicts()
    elif hasattr(given, "to_pylist"):
        rows = given.to_pylist()
    elif hasattr(given, "to_dict"):
        rows = given.to_dict("records")
    else:
        rows = names("events", given)
    for row in rows:
        if not isinstance(row, Mapping) or not {"start", "end"} <= set(row):
            raise ValueError(
                f"events should be rows with start, end, kind and, if known, factor, but hold {row!r}"
                '\n\nhint: pass [{"start": "2026-11-27", "end": "2026-11-28", "kind": "sale", "factor": 2}] say'
            )
    return [_event(row) for row in rows]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    moment = {name: _moment(row[name]) for name in ("start", "end")}
    factor = row.get("factor")
    # A frame has NaN where a factor is not known.
    known = factor is not None and factor == factor
    return {**moment, "kind": str(row.get("kind", "event")), "factor": factor if known else None}


def _moment(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
