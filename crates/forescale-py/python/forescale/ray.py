"""A fleet on Ray Data: the series are divided by their names, and each part is worked on whole.

>>> from forescale.ray import forecast
>>> rows = forecast(dataset, Fleet("1h", capacity=50), parts=64)
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow

from forescale import _settings
from forescale._fleet import Fleet

if TYPE_CHECKING:
    from ray.data import Dataset

PART = "forescale_part"
"""The column that says which part a row belongs to."""


def forecast(dataset: Dataset, fleet: Fleet, parts: int = 8) -> Dataset:
    """The rows of `fleet` for a dataset whose series are divided into `parts`.

    The rows of a series are those that one machine gives; the order of the series is Ray's. A task uses one thread,
    unless `fleet` says how many: Ray has a task for each core.
    """
    one = replace(fleet, threads=1 if fleet.threads is None else fleet.threads)
    parted = dataset.map_batches(
        _with_part, batch_format="pyarrow", fn_kwargs={"name": fleet.columns.id_col, "parts": _settings.count("parts", parts)}
    )
    return parted.groupby(PART).map_groups(lambda rows: one(rows.drop_columns([PART])), batch_format="pyarrow")


def _with_part(rows: pyarrow.Table, name: str, parts: int) -> pyarrow.Table:
    # Python's own hash differs from process to process.
    numbers = [zlib.crc32(str(value).encode()) % parts for value in rows.column(name).to_pylist()]
    return rows.append_column(PART, pyarrow.array(numbers, pyarrow.int64()))
