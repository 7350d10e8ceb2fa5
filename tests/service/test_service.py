"""A service beside a real Prometheus: HTTP and KEDA give the plan that the command gives."""

import calendar
import json
import math
import os
import re
import signal
import socket
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
    moments = [calendar.timegm(time.strptime(replay[end], "%Y-%m-%dT%H:%M:%SZ")) for end in ("from", "to")]
    # The load ends with the step of the last whole hour. A gap of more than a quarter of an hour is not scored.
    known = int(os.environ["PROMETHEUS_END"]) + 300
    scored_to = known if moments[1] > known + 900 else moments[1]
    hours = (scored_to - moments[0]) / 3600
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
    quantile = service.json("/api/v1/targets/shop/plan")["plan"]["settings"].get("quantile") or 0.98
    expected, load = [], None
    # A forecast that is made in between may differ.
    for _ in range(3):
        expected, asked = [], time.time()
        load = stub.GetMetrics(request, timeout=10).metricValues[0].metricValueFloat
        forecast = service.json(f"/api/v1/targets/shop/forecast?quantiles={quantile}")
        instances = service.json("/api/v1/targets/shop")["decision"]["instances"]
        # The start-up time is five minutes, and the step of now + 5 min decides.
        for moment in [asked, time.time()]:
            step = int(moment + 300 - calendar.timegm(time.strptime(forecast["origin"], "%Y-%m-%dT%H:%M:%SZ")))
            value = forecast["values"][step // forecast["step_seconds"]][0]
            # Unless the plan asks for more instances than that needs.
            expected.append(value if math.ceil(value / size) >= instances else instances * size)
        if any(load == pytest.approx(value) for value in expected):
            return
        time.sleep(1)
    assert load in expected


def test_keda_is_told_over_streams_what_it_gets_when_it_asks(service, scaler):
    stub, messages = scaler
    about = messages.ScaledObjectRef(name="shop", namespace="default", scalerMetadata={"target": "shop"})
    active = stub.StreamIsActive(about, timeout=20)
    assert next(active).result == stub.IsActive(about, timeout=10).result
    specs = stub.StreamMetricSpec(about, timeout=20)
    assert next(specs) == stub.GetMetricSpec(about, timeout=10)
    # They stay open until the client leaves.
    assert active.is_active() and specs.is_active()
    active.cancel(), specs.cancel()


def test_a_stream_of_what_is_not_there_ends_with_an_error(scaler):
    import grpc

    stub, messages = scaler
    about = messages.ScaledObjectRef(name="x", namespace="y", scalerMetadata={"target": "nobody"})
    for stream in [stub.StreamIsActive(about, timeout=10), stub.StreamMetricSpec(about, timeout=10)]:
        with pytest.raises(grpc.RpcError) as error:
            next(stream)
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_is_what_probes_of_grpc_ask(service):
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"127.0.0.1:{service.grpc}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ["", "externalscaler.ExternalScaler"]:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as error:
            stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_reflection_lists_the_services_and_their_messages(service):
    import grpc
    from google.protobuf.descriptor_pool import DescriptorPool
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with grpc.insecure_channel(f"127.0.0.1:{service.grpc}") as channel:
        found = ProtoReflectionDescriptorDatabase(channel)
        assert {"externalscaler.ExternalScaler", "grpc.health.v1.Health"} <= set(found.get_services())
        scaler = DescriptorPool(found).FindServiceByName("externalscaler.ExternalScaler")
        methods = {"IsActive", "StreamIsActive", "GetMetricSpec", "GetMetrics", "StreamMetricSpec"}
        assert set(scaler.methods_by_name) == methods


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


EXPORTS = """
[[target.outputs.export]]
to = "hpa"
out = "exports"

[[target.outputs.export]]
to = "keda-cron"
out = "exports"
"""


def files(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_every_plan_is_written_as_the_command_exports_it(tmp_path):
    service = Service(tmp_path, outputs=EXPORTS)
    try:
        service.until(lambda: learned(service))
        for _ in range(5):
            # A plan that is made in between is exported at once.
            plan, ours = service.json("/api/v1/targets/shop/plan"), files(tmp_path / "exports")
            (tmp_path / "plan.json").write_text(json.dumps(plan))
            common = ["export", tmp_path / "plan.json", "--name", "shop", "--max", "60", "--now", plan["made_at"]]
            run(*common, "--to", "hpa", "--out", tmp_path / "theirs")
            run(*common, "--to", "keda-cron", "--full", "--out", tmp_path / "theirs")
            if ours == files(tmp_path / "theirs"):
                break
        assert ours == files(tmp_path / "theirs") and len(ours) == 2
    finally:
        service.process.kill()


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


def test_a_term_ends_a_service_whose_source_never_answers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        service = Service(tmp_path, url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        try:
            # It asks, and waits for an answer for as long as this is open.
            asking, _ = silent.accept()
            asking.settimeout(30)
            assert asking.recv(1)
            assert service.stop() == 0
            asking.close()
        finally:
            service.process.kill()


def test_a_term_ends_a_service_that_trains(tmp_path):
    service = Service(tmp_path)
    try:
        # The first plan is made before a model, and the model is learned at once.
        service.until(lambda: service.get("/api/v1/targets/shop/plan"))
        runs = {run["job"] for run in service.json("/api/v1/targets/shop")["runs"]}
        assert "forecast" in runs and "train" not in runs
        assert service.stop() == 0
    finally:
        service.process.kill()


def tried(service):
    """The first target, once its source was asked."""
    target = service.json("/api/v1/targets")[0]
    return target if target["failing"] else None


def test_without_a_source_nothing_is_scaled_in(tmp_path):
    service = Service(tmp_path, url="http://127.0.0.1:9")
    try:
        target = service.until(lambda: tried(service), seconds=20)
        assert target["state"] == "waiting" and target["decision"] is None
    finally:
        service.process.kill()
