"""Alert rules, panels and the query of an export, run by a real Prometheus that scrapes the service."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from conftest import BINARY, ROOT, Service, free_port, learned

RULES = ROOT / "deploy/prometheus/rules.yml"
RULES_TEST = ROOT / "tests/service/rules_test.yml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/forescale.json").read_text())

# A service with a clock of its own, which is built with the examples.
SAMPLE = BINARY.parent / "examples/sample_service"

# What a service has only once forecasts could be compared, or a limit held a plan.
LATER = ["forecast_coverage_ratio", "forecast_absolute_error", "forecast_skill_ratio", "plan_clamped_total"]


class Prometheus:
    """Debian's Prometheus: it scrapes a service every second and evaluates the rules as often."""

    def __init__(self, folder, port, rules=RULES):
        self.url = f"http://127.0.0.1:{free_port()}"
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [
                {"job_name": "forescale", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            ],
        }))
        address = self.url.removeprefix("http://")
        self.process = subprocess.Popen([
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={address}", "--log.level=error",
        ])

    def get(self, path, **query):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def until(self, expression, seconds=40):
        """What `expression` gives as soon as it gives anything."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := self.query(expression):
                    return found
            except OSError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"{expression} gives nothing")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """A service that has learned, and a Prometheus that has scraped it."""
    service = Service(tmp_path_factory.mktemp("scraped"))
    prometheus = None
    try:
        service.until(lambda: learned(service))
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), service.http)
        prometheus.until('rate(forecast_runs_total{result="success"}[5m]) > 0')
        yield service, prometheus
    finally:
        for process in [service.process, *([prometheus.process] if prometheus else [])]:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A service whose forecasts have been compared with what came for hours of its clock, and whose plan is at its limit."""
    sample = subprocess.Popen([SAMPLE, "tight"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    prometheus = None
    try:
        port = int(sample.stdout.readline().rpartition(":")[2])
        prometheus = Prometheus(tmp_path_factory.mktemp("compared"), port)
        for name in LATER:
            prometheus.until(f"count_over_time({name}[1m]) > 1")
        yield prometheus
    finally:
        for process in [sample, *([prometheus.process] if prometheus else [])]:
            process.kill()
            process.wait()


def expressions():
    """Every query of a panel."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


@pytest.mark.parametrize("expression", expressions())
def test_every_panel_shows_something(scraped, compared, expression):
    later = any(name in expression for name in LATER)
    prometheus, target = (compared, "web-shop") if later else (scraped[1], "shop")
    assert prometheus.query(expression.replace("$target", target).replace("$__rate_interval", "5m")), expression


def test_what_is_compared_and_held_is_what_happened(compared):
    of = lambda name: compared.query(name + '{series="web-shop"}')
    shares = {row["metric"]["level"]: float(row["value"][1]) for row in of("forecast_coverage_ratio")}
    assert set(shares) == {"80", "95"} and 0.5 < shares["80"] <= shares["95"] <= 1
    # Two draws of whole numbers from -8 to 8 are 5.6 apart in the mean.
    [error] = of("forecast_absolute_error")
    assert 4 < float(error["value"][1]) < 7
    # What repeats the season is as good as what repeats the season.
    [skill] = of("forecast_skill_ratio")
    assert -0.2 < float(skill["value"][1]) < 0.2
    held = compared.query('plan_clamped_total{target="web-shop"} > 0')
    assert [row["metric"]["reason"] for row in held] == ["max_instances"]


def test_the_names_of_runs_are_not_those_of_scrapes(scraped):
    _, prometheus = scraped
    labels = [row["metric"] for row in prometheus.query("forecast_runs_total")]
    assert {row["run"] for row in labels} >= {"forecast", "train"}
    assert {row["job"] for row in labels} == {"forescale"}
    assert not any("exported_job" in row for row in labels)


def test_every_rule_is_evaluated_and_none_holds_while_all_is_well(scraped):
    _, prometheus = scraped
    end = time.monotonic() + 20
    while True:
        rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
        # A rule that waits for its time to fire holds already.
        well = all((rule["health"], rule["state"]) == ("ok", "inactive") for rule in rules)
        if well or time.monotonic() > end:
            break
        time.sleep(0.3)
    assert len(rules) == len(re.findall("- alert:", RULES.read_text()))
    for rule in rules:
        assert (rule["health"], rule["state"]) == ("ok", "inactive"), rule


def test_every_metric_of_a_rule_is_there(scraped, compared):
    for expression in re.findall("expr: (.*)", RULES.read_text()):
        # Names of metrics have an underscore, those of functions and labels in the rules have none.
        names = re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", re.sub(r"\{.*?\}", "", expression))
        assert names, expression
        for name in names:
            prometheus = compared if name in LATER else scraped[1]
            assert prometheus.query(name), name


def test_each_rule_fires_when_it_should_and_not_a_moment_before():
    ran = subprocess.run(["promtool", "test", "rules", RULES_TEST], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    fired = re.findall(r"alertname: (\w+)\n +exp_alerts:", RULES_TEST.read_text())
    assert sorted(fired) == sorted(re.findall(r"- alert: (\w+)", RULES.read_text()))


def test_rules_fire_without_a_source_and_without_a_service(tmp_path):
    # The rules as they are, but none waits.
    rules = tmp_path / "rules.yml"
    rules.write_text(re.sub(r"for: \d+[mh]", "for: 0s", RULES.read_text()))
    service = Service(tmp_path, url="http://127.0.0.1:9")
    prometheus = None
    try:
        service.until(lambda: service.json("/api/v1/targets")[0]["failing"])
        prometheus = Prometheus(tmp_path, service.http, rules)
        firing = 'ALERTS{alertstate="firing", alertname="%s"}'
        expected = {"ForescaleWaiting", "ForescaleRunsFailing"}
        for name in expected:
            prometheus.until(firing % name)
        names = {row["metric"]["alertname"] for row in prometheus.query('ALERTS{alertstate="firing"}')}
        assert names == expected
        service.process.kill()
        service.process.wait()
        prometheus.until(firing % "ForescaleDown")
    finally:
        for process in [service.process, *([prometheus.process] if prometheus else [])]:
            process.kill()
            process.wait()


def test_the_dashboard_lists_targets_that_have_no_plan(tmp_path):
    variable = next(row for row in DASHBOARD["templating"]["list"] if row["name"] == "target")
    metric = re.fullmatch(r"label_values\((\w+), target\)", variable["query"])[1]
    service = Service(tmp_path, url="http://127.0.0.1:9")
    try:
        service.until(lambda: service.json("/api/v1/targets")[0]["failing"])
        assert f'\n{metric}{{target="shop"' in service.get("/metrics")
    finally:
        service.process.kill()
        service.process.wait()


def test_the_query_of_an_export_gives_the_instances_and_nothing_of_a_service_that_is_gone(scraped):
    service, prometheus = scraped
    query = 'max(scale_replicas{target="shop"})'
    for _ in range(3):
        value = int(prometheus.query(query)[0]["value"][1])
        decided = service.json("/api/v1/targets/shop")["decision"]["instances"]
        if value == decided:
            break
        # What was scraped may be a second older than a new plan.
        time.sleep(2)
    assert value == decided > 0
    service.process.kill()
    service.process.wait()
    # The rule that tells that it is down.
    prometheus.until("absent(plan_state)")
    assert prometheus.query(query) == []
    service.start()
    service.until(lambda: service.get("/readyz"))
