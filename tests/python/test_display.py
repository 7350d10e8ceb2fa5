"""What notebooks show of an answer: a line, a chart, a table, and nothing from a network."""

import json
import re
import xml.etree.ElementTree as xml

import pandas
import pytest

import forescale as fs
from conftest import CHEAP

WIDTH, TABLE_ROWS = 720, 12


def shown(answer) -> tuple[str, xml.Element]:
    """The HTML of an answer, and its only chart."""
    html = answer._repr_html_()
    charts = re.findall("<svg.*?</svg>", html)
    assert len(charts) == 1
    assert "http" not in html and "<script" not in html
    return html, xml.fromstring(charts[0])


def words(chart: xml.Element) -> str:
    return " | ".join(text.text for text in chart.iter("text"))


def lengths(chart: xml.Element) -> list[float]:
    return [float(bar.get("width")) for bar in chart.iter("rect")]


def test_a_plan_shows_its_instances_and_a_dozen_rows(single):
    plan = fs.plan(single, capacity=20, startup="5m", predictors=CHEAP, all_steps=True)
    html, chart = shown(plan)
    assert str(plan.summary["peak_instances"]) in words(chart)
    assert html.count("<tr>") == 1 + TABLE_ROWS and f"and {len(plan.recommendations) - TABLE_ROWS} more" in html


def test_names_are_escaped(single):
    frame = single.assign(unique_id="<script>alert(1)</script>")
    answer = fs.plan(frame, capacity=20, predictors=CHEAP)
    assert "<script" not in answer._repr_html_()
    assert answer.to_dict()["data"]["series"] == "<script>alert(1)</script>"


def test_a_replay_shows_a_line_for_each_policy_that_steps_where_it_scales(single):
    made = fs.replay(single, capacity=20, policies=["static", "hpa:target=0.6"], step="1h")
    _, chart = shown(made)
    _, static, hpa = (path.get("d") for path in chart.iter("path"))
    heights = lambda path: set(re.findall(r"[V ]([\d.]+)", path))
    assert len(heights(static)) == 1 and len(heights(hpa)) > 1


def test_bars_of_a_backtest_are_as_long_as_the_losses(single):
    test = fs.backtest(single, predictors=CHEAP, origins=3, fits=1)
    _, chart = shown(test)
    losses = sorted(row["wql"] for row in test.rows())
    relative = [length / lengths(chart)[-1] for length in lengths(chart)]
    assert relative == pytest.approx([loss / losses[-1] for loss in losses], abs=0.01)


def test_bars_of_an_explanation_are_as_long_as_the_shares(single):
    made = fs.explain(single, predictors=CHEAP)
    _, chart = shown(made)
    groups = [row for row in made.rows() if row["kind"] != "rule"]
    assert len(groups) <= 12
    drawn = lengths(chart)[: len(groups)]
    known = [(length, row["share"]) for length, row in zip(drawn, groups) if length > 1.0]
    scale = known[0][0] / known[0][1]
    assert [length / scale for length, _ in known] == pytest.approx([share for _, share in known], abs=0.01)


def test_advice_shows_cost_against_shortfall(single):
    advice = fs.advise(single, capacity=20, step="1h", today="hpa:target=0.5", budget="1%")
    html, chart = shown(advice)
    dots = {dot.find("title").text: dot for dot in chart.iter("circle")}
    rows = {row["policy"]: row for row in advice.rows()}
    assert dots.keys() == rows.keys()
    dearest = max(rows, key=lambda policy: rows[policy]["cost_over_clairvoyant"])
    assert float(dots[dearest].get("cx")) == max(float(dot.get("cx")) for dot in dots.values()) <= WIDTH
    worst = max(rows, key=lambda policy: rows[policy]["under_provisioned_time"])
    assert float(dots[worst].get("cy")) == min(float(dot.get("cy")) for dot in dots.values())
    assert "budget 1.00 %" in words(chart)
    assert "chosen: " + advice.advice["chosen"]["policy"] in html and "today: hpa:target=0.5" in html


def test_the_summary_of_a_fleet_is_a_dict_that_shows_itself(long):
    _, summary = fs.fleet(long, "1h", h=24, capacity=20)
    assert isinstance(summary, dict) and json.loads(json.dumps(summary)) == summary
    html, chart = shown(summary)
    assert f"{summary['peak_of_sum']} instances" in html and str(summary["sum_of_peaks"]) in words(chart)


def test_a_fleet_shows_its_plans_where_they_have_no_moment_in_common(single):
    frame = pandas.concat([single.assign(unique_id="new"), single.head(300).assign(unique_id="old")])
    _, summary = fs.fleet(frame, "1h", h=6, capacity=20)
    html, chart = shown(summary)
    assert summary["peak_of_sum"] is None and "2 plans, which have no moment in common" in html
    assert str(summary["sum_of_peaks"]) in words(chart) and "not all plans begin and end" in html


def test_a_fleet_says_where_all_its_failures_are(single):
    spoilt = [single.head(3).assign(unique_id=f"service-{k}", y=-1.0) for k in range(TABLE_ROWS + 2)]
    _, summary = fs.fleet(pandas.concat(spoilt), "1h", h=2)
    assert "and 2 more: the column error has all" in summary._repr_html_()


def test_a_fleet_without_plans_shows_its_failures(long):
    spoilt = long.assign(y=long["y"].mask(long["unique_id"] == "shop"), unique_id=long["unique_id"].replace("shop", "<b>"))
    _, summary = fs.fleet(spoilt, "1h", h=2)
    html = summary._repr_html_()
    assert "3 series, 1 failed" in html and "<svg" not in html
    assert "none of 504 samples holds a load" in html and "<b>" not in html and "&lt;b&gt;" in html
