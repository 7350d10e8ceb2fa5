"""A service under siege by the tools of others: slow heads, slow bodies, slow readers, and 10 000 connections at once.

Health has to answer within a second all the time, over a connection of its own; memory stays below 512 MB; and once
the siege is over, the plan is there as before.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/service"))
# The load comes from a file here.
os.environ.setdefault("PROMETHEUS_URL", "http://127.0.0.1:9")
from conftest import Service, learned  # noqa: E402

LONGEST_S, MOST_MB = 1.0, 512
SECONDS = 15

SOURCE = """
[target.source]
kind = "file"
path = "load.csv"

[target.fleet]"""


def sieges(http, grpc):
    slow = ["slowhttptest", "-c", "1000", "-i", "5", "-r", "500", "-l", str(SECONDS), "-p", "3"]
    crowd = ["wrk", "-t2", "-c10000", f"-d{SECONDS}s", "--timeout", "5s"]
    plan = "/api/v1/targets/shop/plan"
    return {
        "1000 slow heads": [*slow, "-H", "-u", http],
        "1000 slow bodies": [*slow, "-B", "-u", http + plan],
        "1000 slow readers": [*slow, "-X", "-u", http + plan],
        "1000 slow heads to KEDA's port": [*slow, "-H", "-u", grpc],
        "10000 connections": [*crowd, http + "/api/v1/targets"],
        "10000 connections to KEDA's port": [*crowd, grpc],
    }


def health(http):
    """How long health takes over a new connection."""
    began = time.monotonic()
    with urllib.request.urlopen(http + "/healthz", timeout=10) as answer:
        assert answer.status == 200
    return time.monotonic() - began


def memory_mb(process):
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def besieged(service, http, command):
    """The longest that health took and the most memory while `command` ran, and how often health was asked."""
    longest, most, asked = 0.0, 0.0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as siege:
        while siege.poll() is None:
            longest, most, asked = max(longest, health(http)), max(most, memory_mb(service.process.pid)), asked + 1
            time.sleep(0.1)
    assert siege.returncode == 0, f"{command[0]} ended with {siege.returncode}"
    return longest, most, asked


def history(file):
    """Three days of load that go on for an hour."""
    now = int(time.time()) // 300 * 300
    moments = range(now - 3 * 86_400, now + 3_600, 300)
    rows = (f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at))},{100 + at // 300 % 50}" for at in moments)
    file.write_text("time,load\n" + "\n".join(rows) + "\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        history(Path(folder, "load.csv"))
        service = Service(Path(folder), source=SOURCE)
        try:
            service.until(lambda: learned(service))
            http, grpc = (f"http://127.0.0.1:{port}" for port in (service.http, service.grpc))
            wrong = []
            for name, command in sieges(http, grpc).items():
                longest, most, asked = besieged(service, http, command)
                print(f"{name}: health within {longest * 1e3:.0f} ms in {asked} tries, {most:.0f} MB", flush=True)
                if asked < SECONDS or longest > LONGEST_S or most > MOST_MB:
                    wrong.append(name)
            service.until(lambda: service.json("/api/v1/targets/shop/plan")["state"] == "fresh", seconds=20)
            assert service.stop() == 0
        finally:
            service.process.kill()
    if wrong:
        sys.exit(f"siege: health or memory did not stand {', '.join(wrong)}")


main()
