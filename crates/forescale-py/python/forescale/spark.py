"""A fleet on Spark: every series is worked on whole, by whichever executor has it.

>>> from forescale.spark import forecast
>>> rows = forecast(frame, Fleet("1h", capacity=50))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow

from forescale._fleet import Fleet
from forescale._forescale import bound_names
from forescale._settings import count, levels

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


def forecast(frame: DataFrame, fleet: Fleet, partitions: int | None = None) -> DataFrame:
    """The rows of `fleet` for a Spark frame, which is first divided by series into `partitions`.

    The rows of a series are those that one machine gives; the order of the series is Spark's. A task uses one thread,
    unless `fleet` says how many: Spark has a task for each core.
    """
    one = replace(fleet, threads=1 if fleet.threads is None else fleet.threads)
    name = fleet.columns.id_col
    parted = frame.repartition(name) if partitions is None else frame.repartition(count("partitions", partitions), name)
    rows = schema(frame.schema, fleet, _text_has_zone(frame, fleet.columns.time_col))
    return parted.mapInArrow(lambda batches: _answered(batches, one), rows)


def schema(given: StructType, fleet: Fleet, text_has_zone: bool = False) -> StructType:
    """The columns of the rows for a frame with the columns `given`, as Spark names their types.

    `text_has_zone` says that times which are text say their zone.
    """
    from pyspark.sql import types

    name, time = given[fleet.columns.id_col], given[fleet.columns.time_col]
    # Whole numbers stay such, and times that carry a zone.
    series = types.LongType() if isinstance(name.dataType, types.IntegralType) else types.StringType()
    text = isinstance(time.dataType, types.StringType)
    zoned = text_has_zone if text else isinstance(time.dataType, types.TimestampType)
    columns = [
        (name.name, series),
        (time.name, types.TimestampType() if zoned else types.TimestampNTZType()),
        *((column, types.DoubleType()) for column in ["forescale", *bound_names(levels(fleet.level))]),
        ("instances", types.LongType()),
        ("skill", types.DoubleType()),
        ("degraded", types.StringType()),
        ("error", types.StringType()),
    ]
    return types.StructType([types.StructField(name, kind) for name, kind in columns])


def _text_has_zone(frame: DataFrame, column: str) -> bool:
    """Whether times that are text say their zone. One row tells: a column of both kinds is refused."""
    first = frame.select(column).first() if frame.schema[column].dataType.typeName() == "string" else None
    # After the date and what stands before the time of day: digits and colons alone are what a clock shows.
    return first is not None and any(letter not in "0123456789:. " for letter in (first[0] or "")[11:])


def _answered(batches: Iterator[pyarrow.RecordBatch], fleet: Fleet) -> Iterator[pyarrow.RecordBatch]:
    """A partition holds whole series, but a batch of it may end within one."""
    held = list(batches)
    if held:
        yield from pyarrow.table(fleet(pyarrow.Table.from_batches(held))).to_batches()
