#!/usr/bin/env python3
"""Memory and time that a frame of ten million rows costs on its way in, and one on its way out.

    border.py [--rows N] [KIND ...]      KIND is pandas, polars or pyarrow; all of them without one

In: the frame is read into series. Out: each series is forecast for as many hours as it has rows, and the answer is a
frame again. Each is told by the peak of resident memory above what there was before, and above what there is to keep
(the series, the answer's frame), as a share of the frame. Each kind runs in a process of its own.
Needs the wheel and those libraries. Exits with 1 when a way costs a copy of the frame or more.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

import forescale as fs
from forescale import _frames

SERIES = 10_000
MEGABYTE = 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=["pandas", "polars", "pyarrow"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--way", choices=["in", "out"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        return 0 if measure(options.kinds[0], options.way, options.rows) else 1
    runs = [
        subprocess.run([sys.executable, __file__, kind, "--way", way, "--rows", str(options.rows)])
        for kind in options.kinds
        for way in ("in", "out")
    ]
    return max(run.returncode for run in runs)


def measure(kind: str, way: str, rows: int) -> bool:
    if way == "in":
        return crossed_in(kind, rows)
    return crossed_out(kind, rows)


def crossed_in(kind: str, rows: int) -> bool:
    frame = made(kind, rows)
    size = size_of(frame)
    before, begun = resident(), time.perf_counter()
    histories, _ = _frames.read(frame, _frames.Columns(), "1h", "UTC")
    taken = time.perf_counter() - begun
    assert len(histories) == SERIES
    # A series keeps its loads.
    return told(kind, "in", size, peak() - before - 8 * rows, taken)


def crossed_out(kind: str, rows: int) -> bool:
    hours = rows // SERIES
    few = made(kind, 48 * SERIES, hours=48)
    made_by = fs.Fleet("1h", h=hours, level=[80], predictors=["last-value"])
    small = fs.Fleet("1h", h=1, level=[80], predictors=["last-value"])
    small(few)
    before, begun = resident(), time.perf_counter()
    answer = made_by(few)
    taken = time.perf_counter() - begun
    assert len(answer) == rows
    size = size_of(answer)
    return told(kind, "out", size, peak() - before - size, taken)


def told(kind: str, way: str, size: float, extra: float, taken: float) -> bool:
    print(
        f"{kind:<8} {way:<4} frame {size / MEGABYTE:6.0f} MB, more than is kept {max(extra, 0) / MEGABYTE:6.0f} MB:"
        f" {max(extra, 0) / size:.2f} copies, {taken:.1f} s",
        flush=True,
    )
    return extra < size


def made(kind: str, rows: int, hours: int | None = None):
    """A long frame of so many rows, by the library itself, so that nothing else of it is in memory."""
    hours = hours or rows // SERIES
    at = np.datetime64("2026-01-05", "us") + np.arange(hours).astype("timedelta64[h]")
    load = np.random.default_rng(1).uniform(1, 100, rows)
    names = np.array([f"service-{number:05}" for number in range(SERIES)], dtype=object)
    if kind == "pandas":
        import pandas as pd

        return pd.DataFrame({"unique_id": np.repeat(names, hours), "ds": np.tile(at, SERIES), "y": load})
    if kind == "polars":
        import polars as pl

        names = pl.Series(names.tolist()).gather(np.repeat(np.arange(SERIES), hours))
        return pl.DataFrame({"unique_id": names, "ds": np.tile(at, SERIES), "y": load}).rechunk()
    import pyarrow as pa

    names = pa.array(names).take(pa.array(np.repeat(np.arange(SERIES), hours)))
    return pa.table({"unique_id": names, "ds": pa.array(np.tile(at, SERIES)), "y": pa.array(load)})


def size_of(frame) -> float:
    if hasattr(frame, "estimated_size"):
        return frame.estimated_size()
    if hasattr(frame, "nbytes"):
        return frame.nbytes
    # The pointers to the names; the names themselves are few.
    return frame.memory_usage(index=False).sum()


def resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[1]) * resource.getpagesize()
    # The peak so far would hide what comes.
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    return now


def peak() -> float:
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    sys.exit(main())
