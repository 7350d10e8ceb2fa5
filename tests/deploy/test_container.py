"""The service in what the Dockerfile and the Deployment make: one binary, nothing to write on but its state."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("FORESCALE_BINARY", ROOT / "target/release/forescale")).resolve()
# What distroless/cc has.
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libdl.so.2",
             "libpthread.so.0", "librt.so.1"}
TOKEN = "a token of some length"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The root of a container: the binary, its libraries, the places of the mounts."""
    root = tmp_path_factory.mktemp("image")
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    place = re.search(r"^COPY target/release/forescale (\S+)$", dockerfile, re.M)[1]
    copied(BINARY, root / place.lstrip("/"))
    for line in subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout.splitlines():
        if found := re.search(r"(/\S+)", line):
            library = Path(found[1])
            assert library.name in LIBRARIES, f"{library} is not in the image"
            copied(library.resolve(), root / library.relative_to("/"))
    for folder in ("var/lib/forescale", "etc/forescale", "run/secrets/forescale", "proc", "dev"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    entry = json.loads(re.search(r"^ENTRYPOINT (.+)$", dockerfile, re.M)[1])
    arguments = json.loads(re.search(r"^CMD (.+)$", dockerfile, re.M)[1])
    return root, entry + arguments


def copied(file, place):
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, place)


def test_it_serves_without_rights_on_a_read_only_root(image, tmp_path):
    root, command = image
    (tmp_path / "state").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/token").write_text(TOKEN)
    sandbox = [
        "bwrap", "--unshare-all", "--uid", "65532", "--gid", "65532", "--cap-drop", "ALL", "--die-with-parent",
        "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev",
        "--ro-bind", ROOT / "deploy/kustomize", "/etc/forescale",
        "--ro-bind", tmp_path / "secret", "/run/secrets/forescale",
        "--bind", tmp_path / "state", "/var/lib/forescale",
    ]
    read, write = os.pipe()
    log = open(tmp_path / "log", "w+")
    process = subprocess.Popen(
        [*sandbox, "--info-fd", str(write), "--", *command], stdout=log, stderr=log, pass_fds=[write]
    )
    os.close(write)
    with os.fdopen(read) as info:
        said = info.read()
    assert said, Path(log.name).read_text()
    inside = json.loads(said)["child-pid"]
    try:
        assert answered(inside, "/healthz", process, log) == 200
        assert answered(inside, "/api/v1/targets", process, log) == 401
        assert answered(inside, "/api/v1/targets", process, log, TOKEN) == 200
        assert TOKEN not in Path(log.name).read_text()
        assert (tmp_path / "state/state.db").exists()
        assert {file.parts[len(root.parts)] for file in root.rglob("*") if file.is_file()} <= {"usr", "lib", "lib64"}
    finally:
        # The first process of the sandbox is bubblewrap's own; the service is its only child.
        began = time.monotonic()
        if process.poll() is None:
            children = Path(f"/proc/{inside}/task/{inside}/children").read_text().split()
            os.kill(int((children or [inside])[0]), signal.SIGTERM)
        ended = process.wait(timeout=15)
    assert ended == 0, Path(log.name).read_text()
    assert time.monotonic() - began < 10


ASK = """
import sys, urllib.error, urllib.request
request = urllib.request.Request(f"http://127.0.0.1:8080{sys.argv[1]}")
if sys.argv[2]:
    request.add_header("Authorization", f"Bearer {sys.argv[2]}")
try:
    print(urllib.request.urlopen(request, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def answered(inside, path, process, log, token=""):
    """The status of an answer, asked in the network of the container as soon as somebody listens there."""
    ask = ["nsenter", f"--net=/proc/{inside}/ns/net", sys.executable, "-c", ASK, path, token]
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, Path(log.name).read_text()
        ran = subprocess.run(ask, capture_output=True, text=True)
        if ran.returncode == 0:
            return int(ran.stdout)
        time.sleep(0.2)
    raise AssertionError(ran.stderr + Path(log.name).read_text())


def test_the_unit_is_one_that_systemd_takes(tmp_path):
    text = (ROOT / "deploy/systemd/forescale.service").read_text()
    unit = tmp_path / "forescale.service"
    unit.write_text(text.replace("/usr/bin/forescale", str(BINARY)))
    ran = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    said = [line for line in ran.stderr.splitlines() if "forescale.service" in line]
    assert ran.returncode == 0 and not said, ran.stderr
