"""The manifests: what the API of Kubernetes takes, with names that agree, and jobs that do what one machine does."""

import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import kubernetes_validate
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("FORESCALE_BINARY", ROOT / "target/release/forescale")).resolve()
FOLDER = ROOT / "deploy/kustomize"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
JOB = ROOT / "deploy/kubernetes/fleet-job.yaml"
FILES = [FOLDER / name for name in KUSTOMIZATION["resources"]] + [JOB]
NEWEST = kubernetes_validate.latest_version()


def documents(file):
    return [document for document in yaml.safe_load_all(file.read_text()) if document]


def of_kind(kind):
    [found] = [it for file in FILES for it in documents(file) if it["kind"] == kind]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_kubernetes_takes_it(file):
    for document in documents(file):
        kubernetes_validate.validate(document, NEWEST, strict=True)


def test_a_word_that_kubernetes_does_not_know_is_refused():
    document = of_kind("Deployment")
    document["spec"]["template"]["spec"]["containers"][0]["redOnly"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, NEWEST, strict=True)


def test_every_manifest_is_a_resource_or_an_example():
    others = {"kustomization.yaml", "scaledobject.example.yaml"}
    assert {file.name for file in FOLDER.glob("*.yaml")} - others == set(KUSTOMIZATION["resources"])


def test_names_agree():
    pod = of_kind("Deployment")["spec"]["template"]
    [container] = pod["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in of_kind("Service")["spec"]["ports"]} <= ports
    assert of_kind("Service")["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["serviceAccountName"] == of_kind("ServiceAccount")["metadata"]["name"]
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    claim = volumes["state"]["persistentVolumeClaim"]["claimName"]
    assert claim == of_kind("PersistentVolumeClaim")["metadata"]["name"]
    [generated] = KUSTOMIZATION["configMapGenerator"]
    assert volumes["config"]["configMap"]["name"] == generated["name"]
    assert all((FOLDER / name).exists() for name in generated["files"])


def test_the_operator_of_prometheus_gets_the_same_rules_and_finds_the_service():
    folder = ROOT / "deploy/prometheus/operator"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = {it["kind"]: it for name in kustomization["resources"] for it in documents(folder / name)}
    assert {file.name for file in folder.glob("*.yaml")} == {"kustomization.yaml", *kustomization["resources"]}
    assert kustomization["namespace"] == KUSTOMIZATION["namespace"]
    assert found["PrometheusRule"]["spec"] == yaml.safe_load((folder.parent / "rules.yml").read_text())
    service, monitor = of_kind("Service"), found["ServiceMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
    assert {end["port"] for end in monitor["endpoints"]} == {"http"} <= set(ports)


def test_the_pods_have_the_least_rights():
    for kind in ("Deployment", "Job"):
        pod = of_kind(kind)["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_the_pods_of_the_indexed_job_do_together_what_one_machine_does(tmp_path):
    histories(tmp_path / "histories.parquet")
    job = of_kind("Job")["spec"]
    [container] = job["template"]["spec"]["containers"]
    [index] = container["env"]
    parts = []
    for nth in range(job["completions"]):
        given = [argument.replace(f"$({index['name']})", str(nth)) for argument in container["args"]]
        run(given, tmp_path)
        [out] = [argument.removeprefix("--out=/data/") for argument in given if argument.startswith("--out=")]
        parts.append(pq.read_table(tmp_path / out))
    alone = [argument for argument in container["args"] if not argument.startswith(("--shard", "--out"))]
    run([*alone, "--out=/data/all.parquet"], tmp_path)
    together = pa.concat_tables(parts).sort_by([("unique_id", "ascending"), ("ds", "ascending")])
    whole = pq.read_table(tmp_path / "all.parquet").sort_by([("unique_id", "ascending"), ("ds", "ascending")])
    assert together.num_rows > 0 and together.equals(whole)
    assert sum(part.num_rows > 0 for part in parts) > 1, "one pod did everything"


def run(arguments, folder):
    given = [argument.replace("/data/", f"{folder}/") for argument in arguments]
    ran = subprocess.run([BINARY, *given], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr


def histories(file, series=40, hours=336):
    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    times = [start + timedelta(hours=hour) for hour in range(hours)]
    hour = np.arange(hours)
    loads = [100 + 40 * np.sin(2 * np.pi * (hour + nth) / 24) + nth for nth in range(series)]
    names = np.repeat([f"service-{nth}" for nth in range(series)], hours)
    columns = {"unique_id": names, "ds": times * series, "y": np.concatenate(loads)}
    pq.write_table(pa.table(columns), file)
