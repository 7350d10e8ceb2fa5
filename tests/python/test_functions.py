"""plan, replay, advise, backtest and explain: what they answer, and that it is what the command answers."""

import datetime
import json

import pandas
import polars
import pytest

import forescale as fs
from conftest import CHEAP, ROOT


@pytest.fixture(scope="module")
def plan(single) -> fs.Plan:
    return fs.plan(single, capacity=20, startup="5m", predictors=CHEAP)


def test_a_plan_carries_the_load(plan):
    assert plan.summary["peak_instances"] * 20 * 0.8 >= max(row["expected_load"] for row in plan.recommendations)
    assert plan.summary["scale_ups"] > 0
    assert all(row["reason"] for row in plan.recommendations)


def test_a_plan_is_a_frame_of_the_callers_kind(plan, single):
    frame = plan.to_frame()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == len(plan.recommendations)
    rows = fs.plan(polars.from_pandas(single), capacity=20, predictors=CHEAP).to_frame()
    assert isinstance(rows, polars.DataFrame) and rows["instances"].to_list() == frame["instances"].to_list()


def test_a_plan_of_a_fitted_forecaster_is_the_plan_of_its_history(plan, long, single):
    fitted = fs.Forecaster(freq="1h", predictors=CHEAP).fit(single)
    assert fs.plan(fitted, capacity=20).recommendations == plan.recommendations
    many = fs.Forecaster(freq="1h", predictors=CHEAP).fit(long)
    assert fs.plan(many, capacity=20, series="db").recommendations


def test_settings_are_read_in_every_notation(single, plan):
    alike = fs.plan(
        single,
        capacity=20,
        startup=datetime.timedelta(minutes=5),
        budget="1%",
        target_utilization="80%",
        horizon=86_400,
        predictors=CHEAP,
    )
    assert alike.recommendations == plan.recommendations


def test_a_plan_from_an_earlier_moment_knows_nothing_later(single):
    now = "2026-01-20T12:00:00Z"
    known = single[single["ds"] < "2026-01-20T12:00"]
    earlier = fs.plan(single, capacity=20, now=now, predictors=CHEAP)
    assert earlier.recommendations == fs.plan(known, capacity=20, predictors=CHEAP).recommendations


def test_answers_show_themselves_without_a_network(plan):
    html = plan._repr_html_()
    assert html.count("<svg") == 1 and "<table>" in html
    assert "http" not in html and "<script" not in html
    assert str(plan.summary["peak_instances"]) in html


def test_names_are_escaped_in_notebooks(single):
    frame = single.assign(unique_id="<script>alert(1)</script>")
    answer = fs.plan(frame, capacity=20, predictors=CHEAP)
    assert "<script" not in answer._repr_html_()
    assert answer.to_dict()["data"]["series"] == "<script>alert(1)</script>"


def test_a_backtest_scores_every_predictor(single):
    told = []
    test = fs.backtest(single, predictors=CHEAP, origins=3, fits=1, progress=lambda *done: told.append(done))
    assert [row["predictor"] for row in test.rows()] == ["ensemble", *CHEAP]
    naive = next(row for row in test.rows() if row["predictor"] == "seasonal-naive")
    assert naive["relative_wql"] == 1.0 and told[-1] == (1, 1)
    assert "<table>" in test._repr_html_()


def test_a_replay_scores_policies_against_the_optimum(single):
    made = fs.replay(single, capacity=20, policies=["static", "hpa:target=0.6"], step="1h")
    static, hpa = made.rows()
    assert static["cost"] > hpa["cost"] >= made.clairvoyant["instance_hours"] * 0.5
    assert static["under_provisioned_time"] == 0.0
    assert "<svg" in made._repr_html_()


def test_what_happens_to_instances_is_checked(single):
    with pytest.raises(ValueError, match="warm-up"):
        fs.replay(single, capacity=20, policies=["static"], step="1h", lifecycle={"warmup": "2m"})


def test_advice_names_a_policy_and_a_reason(single):
    advice = fs.advise(single, capacity=20, step="1h", today="hpa:target=0.5")
    assert advice.advice["verdict"] in ("use", "stay", "none-kept")
    assert advice.rows()[0]["policy"] == "hpa:target=0.5"
    assert advice.headline and "<table>" in advice._repr_html_()


def test_an_explanation_names_the_season(single):
    made = fs.explain(single, predictors=CHEAP)
    assert "1d" in [season["period"] for season in made.explanation["seasons"]]
    assert {row["kind"] for row in made.rows()} >= {"member", "season", "rule"}


COMMANDS = [
    (fs.plan, "plan", "recommendations", {"capacity": 50, "startup": "5m"}),
    (fs.plan, "plan", "summary", {"capacity": 50, "budget": "0.5%", "max_scale_up": 3}),
    (fs.backtest, "backtest", "backtest", {"origins": 2, "fits": 1}),
    (fs.explain, "explain", "explanation", {"capacity": 50}),
    (fs.replay, "replay", "policies", {"capacity": 50, "policies": ["hpa:target=0.6", "forescale"]}),
    (fs.replay, "replay", "clairvoyant", {"capacity": 50, "policies": ["static"]}),
    (
        fs.replay,
        "replay",
        "policies",
        {
            "capacity": 50,
            "policies": ["hpa"],
            "lifecycle": {"warm-up": "2m", "hook": "90s", "warm-pool": 3, "failures-per-hour": 0.05},
        },
    ),
]


@pytest.mark.parametrize(("function", "name", "part", "settings"), COMMANDS)
def test_the_command_answers_the_same(command, shop, function, name, part, settings):
    flags = []
    for key, value in settings.items():
        if key == "policies":
            flags += [flag for policy in value for flag in ("--policy", policy)]
        elif key == "lifecycle":
            flags += [flag for name, given in value.items() for flag in (f"--{name}", str(given))]
        else:
            flags += [f"--{key.replace('_', '-')}", value]
    theirs = json.loads(command(name, ROOT / "data" / "web-shop.csv", "-q", "-o", "json", *flags))[part]
    ours = function(shop, **settings).to_dict()[part]
    assert json.dumps(ours) == json.dumps(theirs)


def test_the_command_forecasts_the_same_from_a_saved_model(command, shop, tmp_path):
    fitted = fs.Forecaster(horizon=8).fit(shop)
    fitted.save(tmp_path / "shop")
    theirs = json.loads(command("forecast", "--model", tmp_path / "shop", "--horizon", "2h", "-q", "-o", "json"))
    ours = fs.Forecaster.load(tmp_path / "shop").predict(len(theirs["forecast"]))
    assert [row["median"] for row in theirs["forecast"]] == pytest.approx(ours["forescale"].tolist(), abs=1e-6)


def test_a_model_of_the_command_is_read(command, shop, tmp_path):
    command("train", ROOT / "data" / "web-shop.csv", "--model", tmp_path / "web", "-q")
    theirs = fs.Forecaster.load(tmp_path / "web").predict(6)
    ours = fs.Forecaster(horizon=96).fit(shop).predict(6)
    assert theirs["forescale"].tolist() == pytest.approx(ours["forescale"].tolist(), rel=1e-9)
