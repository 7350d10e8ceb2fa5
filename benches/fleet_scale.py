#!/usr/bin/env python3
"""Minutes and memory of `forescale fleet plan` on ever more generated series of four weeks of hours.

    fleet_scale.py --binary FORESCALE [--folder FOLDER] [COUNT ...]

Without counts: 10 000, 30 000 and 100 000 series. Needs benches/requirements.txt, and in FOLDER (the system's for
temporary files) 25 KB for each series of the largest fleet. Exits with 1 when a series fails, when the largest fleet
takes half an hour or a gigabyte, or when a series of it takes a fifth more processor time than one of the smallest.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HOURS = 28 * 24
# Series of a row group.
TOGETHER = 500
MOST_MINUTES = 30
MOST_MB = 1_000
MOST_GROWTH = 1.2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, default=[10_000, 30_000, 100_000])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--folder")
    options = parser.parse_args()
    print(f"{'series':>8}  {'minutes':>8}  {'ms a series':>11}  {'processor ms':>12}  {'most MB':>8}  failed")
    runs = []
    for count in sorted(options.counts):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            runs.append(planned(options.binary, count, Path(folder)))
    first, last = runs[0], runs[-1]
    growth = last["each"] / first["each"]
    print(f"a series of the largest fleet takes {growth:.2f} times the processor time of one of the smallest")
    bad = [run for run in runs if run["failed"]]
    small = last["minutes"] < MOST_MINUTES and last["mb"] < MOST_MB
    return 0 if small and growth <= MOST_GROWTH and not bad else 1


def planned(binary: str, count: int, folder: Path) -> dict:
    """How long the plans of `count` series took."""
    histories, answer = folder / "histories.parquet", folder / "answer.json"
    generate(count, histories)
    command = [binary, "fleet", "plan", histories, "--capacity", "50", "--horizon", "24h", "--quiet", "-o", "json"]
    begun = time.perf_counter()
    with answer.open("w") as out:
        process = subprocess.Popen([*command, "--out", folder / "plans.parquet"], stdout=out)
        _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    if status:
        sys.exit(f"it ended with {os.waitstatus_to_exitcode(status)}")
    failed = json.loads(answer.read_text())["summary"]["failed"]
    busy = used.ru_utime + used.ru_stime
    # Wall times would also grow with what else the machine does; ru_maxrss counts 1024 bytes.
    run = {"minutes": took / 60, "each": busy / count, "mb": used.ru_maxrss * 1024 / 1e6, "failed": failed}
    print(f"{count:>8}  {took / 60:8.1f}  {1000 * took / count:11.1f}  {1000 * busy / count:12.1f}"
          f"  {run['mb']:8.0f}  {failed}", flush=True)
    return run


def generate(count: int, file: Path) -> None:
    """Days and weeks, a level of its own for each, noise, an outage in every tenth and a step in every fifth."""
    random = np.random.default_rng(1)
    hour = np.arange(HOURS)
    times = np.datetime64("2026-01-05", "us") + hour.astype("timedelta64[h]")
    schema = pa.schema([("unique_id", pa.string()), ("ds", pa.timestamp("us", tz="UTC")), ("y", pa.float64())])
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, count, TOGETHER):
            names = range(start, min(start + TOGETHER, count))
            loads = np.concatenate([load(nth, hour, random) for nth in names])
            columns = [
                pa.array(np.repeat([f"service-{nth:06}" for nth in names], HOURS)),
                pa.array(np.tile(times, len(names)), pa.timestamp("us", tz="UTC")),
                pa.array(loads, from_pandas=True),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def load(nth: int, hour: np.ndarray, random: np.random.Generator) -> np.ndarray:
    level = np.exp(random.normal(5, 1))
    daily = 1 + random.uniform(0.1, 0.7) * np.sin(2 * np.pi * (hour + random.integers(24)) / 24)
    weekend = np.where(hour // 24 % 7 >= 5, random.uniform(0.4, 1), 1)
    values = level * daily * weekend * np.exp(random.normal(0, random.uniform(0.03, 0.3), HOURS))
    if nth % 5 == 0:
        values[random.integers(HOURS):] *= random.uniform(0.6, 1.8)
    if nth % 10 == 0:
        begin = random.integers(HOURS - 12)
        values[begin : begin + random.integers(1, 12)] = np.nan
    return values.round(2)


if __name__ == "__main__":
    sys.exit(main())
