"""Settings on their way to the engine: plain JSON, whatever kind of value the caller wrote."""

from __future__ import annotations

import datetime
import json
from typing import Any


def dumps(settings: dict[str, Any]) -> str:
    """The settings as JSON, without those that were left out."""
    given = {name: value for name, value in settings.items() if value is not None}
    return json.dumps(given, default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    """Spans in seconds, moments in ISO 8601, numbers and arrays of numpy as Python's own."""
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ValueError(
        f"a setting should be a number, text, a span or a moment, but is {value!r}"
        "\n\nhint: see help() of the function for what each setting means"
    )


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
        rows = list(given)
    return [_event(row) for row in rows]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    moment = {name: _moment(row[name]) for name in ("start", "end") if name in row}
    factor = row.get("factor")
    # A frame has NaN where a factor is not known.
    known = factor is not None and factor == factor
    return {**moment, "kind": str(row.get("kind", "event")), "factor": factor if known else None}


def _moment(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
