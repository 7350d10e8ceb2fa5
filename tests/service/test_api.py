"""Requests that are made up from the API's own description: none breaks the service, none gets in without a token."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Service, learned

TOKEN = "a secret of some length"

# A description says what form a value has, and not which moments a plan covers.
NOT_ASKED = "positive_data_acceptance"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "token").write_text(f"{TOKEN}\n")
    service = Service(folder, server='token-file = "token"', token=TOKEN)
    service.until(lambda: learned(service))
    yield service
    service.process.kill()
    service.process.wait()


def schemathesis(service, folder, *arguments):
    description = folder / "openapi.json"
    description.write_text(service.get("/api/openapi.json"))
    tool = Path(sys.executable).with_name("schemathesis")
    ran = subprocess.run(
        [tool, "run", description, "--url", f"http://127.0.0.1:{service.http}", "--seed", "1", "--max-examples", "40",
         "--request-timeout", "20", "--exclude-checks", NOT_ASKED, "--no-color", *arguments],
        capture_output=True, text=True, timeout=300, cwd=folder,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_no_request_that_the_description_gives_rise_to_is_answered_otherwise_than_described(guarded, tmp_path):
    code, said = schemathesis(guarded, tmp_path, "-H", f"Authorization: Bearer {TOKEN}")
    assert code == 0, said
    assert "11 selected / 11 total" in said, said


def test_nothing_but_health_metrics_and_pages_is_open(guarded):
    import urllib.error

    paths = guarded.json("/api/openapi.json")["paths"]
    closed = []
    for path, operations in paths.items():
        for method in operations:
            if method not in ("get", "post", "put", "delete", "patch"):
                continue
            with pytest.raises(urllib.error.HTTPError) as error:
                guarded.get(path.replace("{name}", "shop"), method=method.upper(), token=None)
            assert error.value.code == 401, path
            closed.append(path)
    assert len(closed) >= 11
    for path in ["/healthz", "/readyz", "/metrics", "/", "/api", "/api/openapi.json"]:
        assert guarded.get(path, token=None)
