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


def test_the_backtest_is_that_of_the_command(service):
    backtest = service.until(lambda: service.json("/api/v1/targets/shop/backtest")["result"])
    source = f"prometheus://{URL.removeprefix('http://')}?query=shop_load&step=5m&range=13d"
    made = json.loads(run("backtest", source, "--now", backtest["made_at"], "--horizon", "6h", "-o", "json"))["backtest"]
    overall = lambda rows: {row["predictor"]: row["overall"] and row["overall"]["wql"] for row in rows}
    ours, theirs = overall(backtest["predictors"]), overall(made["predictors"])
    assert ours.keys() == theirs.keys() and len(ours) > 3
    for name, wql in ours.items():
        assert wql == pytest.approx(theirs[name], rel=1e-4), name


def test_a_replay_compares_policies_on_the_load_of_the_target(service):
    replay = service.until(lambda: service.json("/api/v1/targets/shop/replay")["result"])
    scores = {row["policy"]: row["scores"] for row in replay["policies"]}
    assert list(scores)[0] == "forescale" and "hpa:target=0.8" in scores
    fixed = scores["static"]["instance_hours"]
    hours = (time.mktime(time.strptime(replay["to"], "%Y-%m-%dT%H:%M:%SZ"))
             - time.mktime(time.strptime(replay["from"], "%Y-%m-%dT%H:%M:%SZ"))) / 3600
    # A fixed fleet runs all the time, and nobody is cheaper than who knows the load to come.
    assert fixed / hours == pytest.approx(round(fixed / hours), rel=1e-6)
    kept = [row["instance_hours"] for row in scores.values() if row["too_few"] == 0]
    assert kept and min(kept) >= replay["clairvoyant_instance_hours"] > 0


FILE = """
[target.source]
kind = "file"
path = "load.csv"
load = "load"
instances = "{column}"

[target.fleet]"""


def of_a_file(folder, column):
    """A service whose load is a file that ends now, with a column of instances."""
    now = int(time.time()) // 60 * 60
    rows = [f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now - 60 * k))},{200 + k % 60},{17 + k % 2}"
            for k in range(3 * 1440, 0, -1)]
    (folder / "load.csv").write_text("\n".join(["time,load,pods", *rows]) + "\n")
    service = Service(folder, source=FILE.format(column=column))
    try:
        service.until(lambda: service.json("/api/v1/targets/shop")["made_at"])
        return service.json("/api/v1/targets/shop"), service.json("/api/v1/targets/shop/plan")
    finally:
        service.process.kill()
        service.process.wait()


def test_a_file_may_hold_the_instances_that_served(tmp_path):
    target, plan = of_a_file(tmp_path, "pods")
    assert [row["instances"] for row in target["counted"]] == [18]
    assert plan["plan"]["settings"]["current"] == 18


def test_without_that_column_there_is_a_plan_with_a_warning(tmp_path):
    target, _ = of_a_file(tmp_path, "podz")
    assert target["counted"] == []
    assert any("instances are not known" in text and "podz" in text for text in target["warnings"]), target["warnings"]


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


def test_keda_gets_the_load_that_the_plan_carries(service, scaler):
    stub, messages = scaler
    about = messages.ScaledObjectRef(name="shop", namespace="default", scalerMetadata={"target": "shop"})
    size = stub.GetMetricSpec(about, timeout=10).metricSpecs[0].targetSizeFloat
    assert size == pytest.approx(8.0)
    request = messages.GetMetricsRequest(scaledObjectRef=about, metricName="forescale-shop-load")
    load = stub.GetMetrics(request, timeout=10).metricValues[0].metricValueFloat
    instances = service.json("/api/v1/targets/shop")["decision"]["instances"]
    quantile = service.json("/api/v1/targets/shop/plan")["plan"]["settings"].get("quantile") or 0.98
    forecast = service.json(f"/api/v1/targets/shop/forecast?quantiles={quantile}")["values"]
    # The load of some step of the next hours, unless the plan asks for more instances than that needs.
    expected = [row[0] for row in forecast] + [instances * size]
    assert any(load == pytest.approx(value) for value in expected), (load, instances)


def test_a_token_comes_as_keda_brings_it(tmp_path, wire):
    import grpc

    messages, calls = wire
    (tmp_path / "token").write_text("a secret of some length\n")
    service = Service(tmp_path, server='token-file = "token"')
    try:
        service.until(lambda: service.get("/readyz"))
        stub = calls.ExternalScalerStub(grpc.insecure_channel(f"127.0.0.1:{service.grpc}"))

        def spec(**token):
            metadata = {"target": "shop", **token}
            return stub.GetMetricSpec(messages.ScaledObjectRef(name="shop", scalerMetadata=metadata), timeout=10)

        # KEDA puts the value of the variable under the key that names it.
        assert spec(tokenFromEnv="a secret of some length").metricSpecs
        for wrong in [{}, {"tokenFromEnv": "FORESCALE_TOKEN"}]:
            with pytest.raises(grpc.RpcError) as error:
                spec(**wrong)
            assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    finally:
        service.process.kill()


def test_the_plan_of_the_service_can_be_exported(service, tmp_path):
    (tmp_path / "plan.json").write_text(service.get("/api/v1/targets/shop/plan"))
    common = ["export", tmp_path / "plan.json", "--name", "shop", "--max", "60"]
    assert "minReplicas:" in run(*common, "--to", "hpa")
    said = run(*common, "--to", "keda-external", "--address", "forescale:8081", "--cpu", "70")
    assert "type: external" in said and "type: cpu" in said


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
