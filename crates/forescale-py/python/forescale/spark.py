"""A fleet on Spark: every series is worked on whole, by whichever executor has it.

>>> from forescale.spark import forecast
>>> rows = forecast(frame, Fleet("1h", capacity=50))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow

from forescale._fleet import Fleet

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


def forecast(frame: DataFrame, fleet: Fleet, partitions: int | None = None) -> DataFrame:
    """The rows of `fleet` for a Spark frame, which is first divided by series into `partitions`.

    The rows of a series are those that one machine gives; the order of the series is Spark's.
    """
    name = fleet.columns.id_col
    parted = frame.repartition(name) if partitions is None else frame.repartition(partitions, name)
    return parted.mapInArrow(lambda batches: _answered(batches, fleet), schema(fleet))


def schema(fleet: Fleet) -> StructType:
    """The columns of the rows, as Spark names their types."""
    from pyspark.sql import types

    levels = sorted(set(fleet.level))
    bounds = [f"forescale-lo-{level:g}" for level in reversed(levels)] + [f"forescale-hi-{level:g}" for level in levels]
    numbers = [(name, types.DoubleType()) for name in ["forescale", *bounds]]
    columns = [
        (fleet.columns.id_col, types.StringType()),
        (fleet.columns.time_col, types.TimestampType()),
        *numbers,
        ("instances", types.LongType()),
        ("skill", types.DoubleType()),
        ("error", types.StringType()),
    ]
    return types.StructType([types.StructField(name, kind) for name, kind in columns])


def _answered(batches: Iterator[pyarrow.RecordBatch], fleet: Fleet) -> Iterator[pyarrow.RecordBatch]:
    """A partition holds whole series, but a batch of it may end within one."""
    held = list(batches)
    if held:
        yield from pyarrow.table(fleet(pyarrow.Table.from_batches(held))).to_batches()
