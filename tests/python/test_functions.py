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


CALENDARS = [
    {"holidays": "DE"},
    {"timezone": "America/New_York", "business_hours": "6-22", "now": "2026-04-10T12:00"},
    {"events": [{"start": "2026-04-14", "end": "2026-04-15", "kind": "sale", "factor": 3.0}]},
    {"now": "2026-04-10T12:00", "freq": "15min"},
]


@pytest.mark.parametrize("settings", CALENDARS)
@pytest.mark.parametrize(("function", "name"), [(fs.plan, "plan"), (fs.explain, "explain")])
def test_a_calendar_is_laid_over_that_of_a_model(command, fitted_shop, tmp_path, function, name, settings):
    given = {key: value for key, value in settings.items() if key not in ("events", "freq")}
    if "events" in settings:
        pandas.DataFrame(settings["events"]).to_csv(tmp_path / "events.csv", index=False)
        given["events"] = tmp_path / "events.csv"
    if "freq" in settings:
        given["step"] = settings["freq"].removesuffix("in")
    fitted_shop.save(tmp_path / "shop")
    told = flags({"capacity": 50, "horizon": "24h", **given})
    theirs = json.loads(command(name, "--model", tmp_path / "shop", "-q", "-o", "json", *told))
    model = fs.Forecaster.load(tmp_path / "shop")
    ours = function(model, capacity=50, horizon="24h", **settings).to_dict()
    assert without_the_file(ours) == without_the_file(theirs)
    assert model.cards == fitted_shop.cards, "the forecaster is as it was"


@pytest.fixture(scope="module")
def fitted_shop(shop) -> fs.Forecaster:
    return fs.Forecaster(timezone="Europe/Berlin", horizon=96, predictors=["quantile-forest", "seasonal-naive"]).fit(shop)


def test_the_calendar_of_a_call_changes_its_answer_alone(fitted_shop):
    events = [{"start": "2020-01-01", "end": "2030-01-01", "kind": "sale", "factor": 3.0}]
    plain = fs.plan(fitted_shop, capacity=50).recommendations
    assert fs.plan(fitted_shop, capacity=50, events=events).recommendations != plain
    assert fs.plan(fitted_shop, capacity=50).recommendations == plain


@pytest.mark.parametrize("function", [fs.plan, fs.explain])
def test_what_a_model_could_only_ignore_is_refused(fitted_shop, function):
    with pytest.raises(ValueError, match="brings its own predictors, but predictors are last-value") as error:
        function(fitted_shop, capacity=50, predictors=["last-value"])
    assert "hint:" in str(error.value)
    with pytest.raises(ValueError, match="brings its own seed, but seed is 5"):
        function(fitted_shop, capacity=50, seed=5)
    with pytest.raises(ValueError, match="trained with a step of 15m, but freq is 1h"):
        function(fitted_shop, capacity=50, freq="1h")


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


def test_a_backtest_scores_every_predictor(single):
    told = []
    test = fs.backtest(single, predictors=CHEAP, origins=3, fits=1, progress=lambda *done: told.append(done))
    assert [row["predictor"] for row in test.rows()] == ["ensemble", *CHEAP]
    naive = next(row for row in test.rows() if row["predictor"] == "seasonal-naive")
    assert naive["relative_wql"] == 1.0 and told[-1] == (1, 1)


def test_a_replay_scores_policies_against_the_optimum(single):
    made = fs.replay(single, capacity=20, policies=["static", "hpa:target=0.6"], step="1h")
    static, hpa = made.rows()
    assert static["cost"] > hpa["cost"] >= made.clairvoyant["instance_hours"] * 0.5
    assert static["under_provisioned_time"] == 0.0


def test_what_happens_to_instances_is_checked(single):
    with pytest.raises(ValueError, match="warm-up"):
        fs.replay(single, capacity=20, policies=["static"], step="1h", lifecycle={"warmup": "2m"})


def test_advice_names_a_policy_and_a_reason(single):
    advice = fs.advise(single, capacity=20, step="1h", today="hpa:target=0.5")
    assert advice.advice["verdict"] in ("use", "stay", "none-kept")
    assert advice.rows()[0]["policy"] == "hpa:target=0.5"
    assert advice.headline


def test_an_explanation_names_the_season(single):
    made = fs.explain(single, predictors=CHEAP)
    assert "1d" in [season["period"] for season in made.explanation["seasons"]]
    assert {row["kind"] for row in made.rows()} >= {"member", "season", "rule"}


COMMANDS = [
    (fs.plan, "plan", {"capacity": 50, "startup": "5m"}),
    (fs.plan, "plan", {"capacity": 50, "budget": "0.5%", "max_scale_up": 3}),
    (fs.plan, "plan", {"capacity": 50, "now": "2026-04-10T12:00:00Z", "all_steps": True}),
    (fs.backtest, "backtest", {"origins": 2, "fits": 1}),
    (fs.explain, "explain", {"capacity": 50}),
    (fs.replay, "replay", {"capacity": 50, "policies": ["hpa:target=0.6", "forescale"]}),
    (fs.replay, "replay", {"capacity": 50, "policies": ["static"]}),
    (
        fs.replay,
        "replay",
        {
            "capacity": 50,
            "policies": ["hpa"],
            "lifecycle": {"warm-up": "2m", "hook": "90s", "warm-pool": 3, "failures-per-hour": 0.05},
        },
    ),
    (fs.advise, "advise", {"capacity": 50, "step": "15m", "today": "hpa:target=0.5"}),
]

OF_THE_COMMAND = {"settings", "apply"}
"""Sections that only the command has, or has in its own words: docs/python.md lists them."""

OF_FILES = ("source", "format", "columns", "native_step_seconds")
"""What `data` says of a file; of a frame it names the series instead."""


def flags(settings) -> list[object]:
    given = []
    for key, value in settings.items():
        if key == "policies":
            given += [flag for policy in value for flag in ("--policy", policy)]
        elif key == "lifecycle":
            given += [flag for name, value in value.items() for flag in (f"--{name}", str(value))]
        elif value is True:
            given.append(f"--{key.replace('_', '-')}")
        else:
            given += [f"--{key.replace('_', '-')}", value]
    return given


def without_the_file(answer) -> str:
    """The answer as text, without what the command says of its file and its options."""
    kept = {name: part for name, part in answer.items() if name not in OF_THE_COMMAND}
    kept["data"] = {name: part for name, part in kept["data"].items() if name not in (*OF_FILES, "series")}
    return json.dumps(kept)


@pytest.mark.parametrize(("function", "name", "settings"), COMMANDS)
def test_the_command_answers_the_same(command, shop, function, name, settings):
    theirs = json.loads(command(name, ROOT / "data" / "web-shop.csv", "-q", "-o", "json", *flags(settings)))
    ours = function(shop, **settings).to_dict()
    assert set(theirs) - set(ours) == OF_THE_COMMAND & set(theirs) - {"settings"}
    assert not set(ours["data"]) - set(theirs["data"]) - {"series"}
    assert without_the_file(ours) == without_the_file(theirs)


def test_what_was_mended_is_what_the_command_mends(command, tmp_path):
    rows = ["ds,y", *(f"2026-01-{5 + hour // 24:02}T{hour % 24:02}:00:00Z,{50 + hour % 24}" for hour in range(24 * 9))]
    rows[5], rows[9] = rows[9], rows[5]
    rows[20] = rows[20].split(",")[0] + ","
    rows[30] = rows[30].split(",")[0] + ",-4"
    rows[31] = rows[31].split(",")[0] + ",1e120"
    rows[40:40] = [rows[40], "2026-01-06T15:20:00Z,80"]
    path = tmp_path / "spoilt.csv"
    path.write_text("\n".join(rows) + "\n")
    theirs = json.loads(command("backtest", path, "-q", "-o", "json", "--origins", 1, "--fits", 1))["data"]
    frame = pandas.read_csv(path, parse_dates=[0])
    ours = fs.backtest(frame, origins=1, fits=1).to_dict()["data"]
    assert {name: ours[name] for name in theirs if name not in OF_FILES} == {
        name: part for name, part in theirs.items() if name not in OF_FILES
    }
    assert all(ours["mended"][name] > 0 for name in ("duplicated", "out_of_order", "missing", "infinite", "negative", "irregular"))


def test_times_that_are_numbers_of_rows_are_a_warning(single):
    frame = single.assign(ds=pandas.to_datetime(range(len(single)), unit="h"))
    warning = 'the times begin in 1970: column "ds" may hold row numbers, not times'
    assert fs.plan(frame, capacity=20, predictors=CHEAP, timezone="UTC").warnings[0] == warning
    assert fs.advise(frame, capacity=20, step="1h", timezone="UTC").warnings == [warning]


def tidy(number: float) -> float:
    """As the command writes numbers: six digits after the point, or six that mean something below 1."""
    return float(f"{number:.6f}") if number >= 1 else float(f"{number:.6g}")


def test_the_command_forecasts_the_same_from_a_saved_model(command, shop, tmp_path):
    fitted = fs.Forecaster(horizon=8).fit(shop)
    fitted.save(tmp_path / "shop")
    theirs = json.loads(command("forecast", "--model", tmp_path / "shop", "--horizon", "2h", "-q", "-o", "json"))
    ours = fs.Forecaster.load(tmp_path / "shop").predict(len(theirs["forecast"]))
    assert [row["median"] for row in theirs["forecast"]] == [tidy(median) for median in ours["forescale"]]


def test_a_model_of_the_command_is_read(command, shop, tmp_path):
    command("train", ROOT / "data" / "web-shop.csv", "--model", tmp_path / "web", "-q")
    theirs = fs.Forecaster.load(tmp_path / "web").predict(96)
    told = json.loads(command("forecast", "--model", tmp_path / "web", "--horizon", "24h", "-q", "-o", "json"))
    assert [row["median"] for row in told["forecast"]] == [tidy(median) for median in theirs["forescale"]]
    fs.Forecaster(horizon=96).fit(shop).save(tmp_path / "own")
    ours = fs.Forecaster.load(tmp_path / "own").predict(96)
    for name in ("forescale", "forescale-lo-95", "forescale-lo-80", "forescale-hi-80", "forescale-hi-95"):
        assert ours[name].tolist() == theirs[name].tolist()


def test_a_folder_of_the_command_is_read(command, long, tmp_path):
    named = long.assign(unique_id=long["unique_id"].replace({"api": "..", "shop": "shop/eu ~1.0"}))
    named.to_csv(tmp_path / "long.csv", index=False)
    train = ("fleet", "train", tmp_path / "long.csv", "--out", tmp_path / "list.csv", "--models", tmp_path / "models")
    command(*train, "--predictors", ",".join(CHEAP), "-q", "-o", "json")
    theirs = fs.Forecaster.load(tmp_path / "models")
    assert sorted(theirs.names) == sorted(named["unique_id"].unique())
    ours = fs.Forecaster("1h", predictors=CHEAP).fit(named)
    by = ["unique_id", "ds"]
    expected = ours.predict(6).sort_values(by, ignore_index=True)
    made = theirs.predict(6).sort_values(by, ignore_index=True)
    pandas.testing.assert_frame_equal(made, expected, check_exact=True, check_dtype=False)
    ours.save(tmp_path / "own")
    assert models(tmp_path / "own") == models(tmp_path / "models")


def models(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".json")
