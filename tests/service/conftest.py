"""A service that reads a real Prometheus, and what the tests ask it with."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("FORESCALE_BINARY", ROOT / "target/release/forescale")).resolve()
URL = os.environ["PROMETHEUS_URL"]

TARGET = """
[server]
listen = "127.0.0.1:{http}"
grpc-listen = "127.0.0.1:{grpc}"

[store]
path = "state.db"

[[target]]
name = "shop"
mode = "full"
refresh = "2s"
horizon = "6h"
max-age = "3h"
hold-after = "3h"

[target.source]
kind = "prometheus"
url = "{url}"
query = "shop_load"
step = "5m"
range = "13d"

[target.fleet]
capacity = 10.0
startup = "5m"
max = 60
"""


TAKEN = set()


def free_port():
    """A port that nobody listens on, each one once. It is none of those that connections out of here get."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as it:
            try:
                it.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in TAKEN:
            TAKEN.add(port)
            return port


def run(*arguments):
    """What the command prints; it has to end well."""
    ran = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


class Service:
    def __init__(self, folder, url=URL, server="", source=None, token=None, outputs=""):
        self.token = token
        self.http, self.grpc = free_port(), free_port()
        self.config = folder / "forescale.toml"
        text = TARGET.format(http=self.http, grpc=self.grpc, url=url)
        if source:
            text = re.sub(r"\[target\.source\].*?\[target\.fleet\]", source.strip(), text, flags=re.S)
        self.config.write_text(text.replace("[store]", f"{server}\n[store]", 1) + outputs)
        self.log = open(folder / "log", "a")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", self.config], stderr=self.log, stdout=self.log
        )

    def get(self, path, method="GET", **other):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method)
        if token := other.get("token", self.token):
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def json(self, path, method="GET"):
        return json.loads(self.get(path, method))

    def until(self, holds, seconds=90):
        """What `holds` gives as soon as it gives anything."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, Path(self.log.name).read_text()
            try:
                found = holds()
            except (OSError, urllib.error.URLError, KeyError):
                found = None
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError(Path(self.log.name).read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


def learned(service):
    """The plan of a model that was trained, with nothing in flight."""
    plan = service.json("/api/v1/targets/shop/plan")
    settled = plan["state"] == "fresh" and plan["plan"]["settings"]["starting"] == 0
    return plan if settled else None


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    # The model should know the step that the plan begins with: not both sides of one of its boundaries.
    into_the_step = time.time() % 300
    if into_the_step > 200:
        time.sleep(301 - into_the_step)
    service = Service(tmp_path_factory.mktemp("service"))
    service.until(lambda: learned(service))
    yield service
    if service.process.poll() is None:
        service.process.kill()


@pytest.fixture(scope="session")
def wire(tmp_path_factory):
    """Messages and calls of KEDA's side of the wire, generated from the definition."""
    from grpc_tools import protoc

    folder = tmp_path_factory.mktemp("wire")
    proto = ROOT / "crates/forescale-server/proto"
    made = protoc.main(
        ["protoc", f"-I{proto}", f"--python_out={folder}", f"--grpc_python_out={folder}", "externalscaler.proto"]
    )
    assert made == 0
    sys.path.insert(0, str(folder))
    import externalscaler_pb2 as messages
    import externalscaler_pb2_grpc as calls

    return messages, calls


@pytest.fixture(scope="session")
def scaler(service, wire):
    """KEDA's side of the wire to the service."""
    import grpc

    messages, calls = wire
    channel = grpc.insecure_channel(f"127.0.0.1:{service.grpc}")
    return calls.ExternalScalerStub(channel), messages
