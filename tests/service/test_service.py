"""A service beside a real Prometheus: HTTP and KEDA give the plan that the command gives."""

import json
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import BINARY, URL, Service, learned, run


def of_the_command(plan):
    """What `forescale plan` says from the same load at the same moment."""
    source = f"prometheus://{URL.removeprefix('http://')}?query=shop_load&step=5m&range=13d"
    made = run(
        "plan", source, "--now", plan["made_at"], "--capacity", "10", "--startup", "5m", "--max", "60",
        "--horizon", "6h", "--current", str(plan["plan"]["settings"]["current"]), "-o", "json",
    )
    return json.loads(made)


def rounded(rows):
    """Rows with numbers to six digits, as the command prints them."""
    return json.loads(json.dumps(rows), parse_float=lambda text: float(f"{float(text):.6g}"))


def test_http_gives_the_plan_of_the_command(service):
    for _ in range(3):
        plan = service.until(lambda: learned(service))
        ours = rounded(plan["plan"]["recommendations"])
        theirs = rounded(of_the_command(plan)["recommendations"])
        if ours == theirs:
            return
        # A model that was trained before the step began does not know what the command knows.
        time.sleep(1)
    assert ours == theirs


def test_keda_gets_the_instances_of_the_plan(service, scaler):
    stub, messages = scaler
    about = messages.ScaledObjectRef(
        name="shop", namespace="default", scalerMetadata={"target": "shop", "metric": "instances"}
    )
    assert stub.IsActive(about, timeout=10).result
    spec = stub.GetMetricSpec(about, timeout=10).metricSpecs[0]
    assert spec.targetSizeFloat == 1
    value = stub.GetMetrics(
        messages.GetMetricsRequest(scaledObjectRef=about, metricName=spec.metricName), timeout=10
    ).metricValues[0]
    target = service.json("/api/v1/targets/shop")
    assert value.metricValueFloat == target["decision"]["instances"] > 0


def test_keda_gets_an_error_for_what_is_not_there(scaler):
    import grpc

    stub, messages = scaler
    about = messages.ScaledObjectRef(name="x", namespace="y", scalerMetadata={"target": "nobody"})
    with pytest.raises(grpc.RpcError) as error:
        stub.GetMetrics(messages.GetMetricsRequest(scaledObjectRef=about, metricName="x"), timeout=10)
    assert error.value.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


def test_metrics_health_and_api_answer(service):
    metrics = service.get("/metrics")
    assert re.search(r'^plan_replicas\{[^}]*target="shop"[^}]*\} \d', metrics, re.M), metrics[:2000]
    assert service.get("/healthz") and service.get("/readyz")
    assert "/api/v1/targets/{name}/plan" in service.json("/api/openapi.json")["paths"]


def test_a_second_service_on_the_store_is_refused(service):
    ran = subprocess.run(
        [BINARY, "serve", "--config", service.config], capture_output=True, text=True, timeout=30
    )
    assert ran.returncode == 1 and "is in use by another forescale" in ran.stderr, ran.stderr


def test_a_doctor_finds_nothing_and_then_the_dead_source(service, tmp_path):
    assert "13d" in service.config.read_text()
    said = run("doctor", "--config", service.config)
    assert "wrong" not in said and "shop" in said, said
    text = service.config.read_text().replace(URL, "http://127.0.0.1:9")
    (tmp_path / "forescale.toml").write_text(text)
    ran = subprocess.run(
        [BINARY, "doctor", "--config", tmp_path / "forescale.toml"], capture_output=True, text=True, timeout=90
    )
    assert ran.returncode == 1 and "127.0.0.1:9" in ran.stdout, ran.stdout + ran.stderr


def test_a_kill_loses_nothing_and_a_term_ends_well(service):
    before = service.until(lambda: learned(service))
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    store = sqlite3.connect(service.config.parent / "state.db")
    assert store.execute("pragma integrity_check").fetchone() == ("ok",)
    store.close()
    service.start()
    after = service.until(lambda: service.json("/api/v1/targets/shop/plan"), seconds=20)
    assert after["made_at"] >= before["made_at"]
    assert service.stop() == 0


def test_without_a_source_nothing_is_scaled_in(tmp_path):
    service = Service(tmp_path, url="http://127.0.0.1:9")
    try:
        target = service.until(lambda: service.json("/api/v1/targets")[0], seconds=20)
        assert target["state"] == "waiting" and target["decision"] is None
    finally:
        service.process.kill()
