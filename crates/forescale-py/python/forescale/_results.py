"""Answers: dicts and frames for programs, tables and charts for notebooks."""

from __future__ import annotations

import json
from typing import Any

from forescale import _charts, _comparisons
from forescale._frames import Kind

Row = dict[str, Any]


class Answer:
    """An answer of the engine, with the names and the numbers of the command's JSON."""

    def __init__(self, answer: str, kind: Kind, chart: str | None = None) -> None:
        self._object: Row = json.loads(answer)
        self._kind = kind
        self._chart: Row = json.loads(chart) if chart else {}

    def to_dict(self) -> Row:
        """Everything, as `forescale -o json` writes it."""
        return json.loads(json.dumps(self._object))

    def to_frame(self) -> Any:
        """The rows, as the caller's kind of frame."""
        return self._kind.of_rows(self.rows())

    def rows(self) -> list[Row]:
        """The answer as flat rows."""
        raise NotImplementedError

    @property
    def warnings(self) -> list[str]:
        """What the reader should know."""
        return self._object["warnings"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.headline}"

    def _repr_html_(self) -> str:
        parts = [_charts.line(self.headline), self._picture(), _charts.table(self._shown())]
        return "".join(parts + [_charts.line(warning) for warning in self.warnings])

    def _picture(self) -> str:
        return ""

    def _shown(self) -> list[Row]:
        return self.rows()


class Plan(Answer):
    """When to have how many instances, and why."""

    @property
    def recommendations(self) -> list[Row]:
        """What to do, and when; the first one is for now."""
        return self._object["recommendations"]

    @property
    def summary(self) -> Row:
        """The plan in a few figures."""
        return self._object["summary"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        figures = self.summary
        return (
            f"{figures['fewest_instances']} to {figures['peak_instances']} instances from {figures['from']} to "
            f"{figures['to']}; {figures['instance_hours']:.1f} instance-hours, {figures['scale_ups']} up, "
            f"{figures['scale_downs']} down"
        )

    def rows(self) -> list[Row]:
        """A row for each recommendation, with the columns of `forescale plan -o csv`."""
        return [_flat(row) for row in self.recommendations]

    def _picture(self) -> str:
        return _charts.plan(self._chart)

    def _shown(self) -> list[Row]:
        names = ("at", "effective_at", "action", "instances", "expected_load", "lower", "upper", "confidence", "reason")
        return [{name: row[name] for name in names} for row in self.rows()]


class Replay(Answer):
    """What each policy would have done."""

    @property
    def policies(self) -> list[Row]:
        """The scorecards, in the order of the policies."""
        return self._object["policies"]

    @property
    def clairvoyant(self) -> Row:
        """The least that carries all load."""
        return self._object["clairvoyant"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        hours = self.clairvoyant["instance_hours"]
        return f"{len(self.policies)} policies; {hours:.1f} instance-hours carry all load"

    def rows(self) -> list[Row]:
        """A row for each policy."""
        return [_policy(row) for row in self.policies]

    def _picture(self) -> str:
        return _charts.replay(self._chart, [row["policy"] for row in self.policies])


class Advice(Answer):
    """Which strategy and settings a service should use."""

    @property
    def advice(self) -> Row:
        """The verdict with its evidence."""
        return self._object["advice"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        advice = self.advice
        chosen = advice["chosen"]["policy"]
        verdict = {"use": f"use {chosen}", "stay": "stay with what you have"}
        first = verdict.get(advice["verdict"], f"none of them held; {chosen} came nearest")
        return f"{first}: {advice['reason']}"

    def rows(self) -> list[Row]:
        """A row for each policy that was tried, judged on the time it was not chosen on."""
        today = [self.advice["today"]] if self.advice.get("today") else []
        return [{"policy": row["policy"], **row["judged"]} for row in today + self.advice["tried"]]

    def _picture(self) -> str:
        today = self.advice["today"]["policy"] if self.advice.get("today") else None
        budget = _share(self._object["settings"]["budget"])
        return _comparisons.shortfalls(self.rows(), budget, self.advice["chosen"]["policy"], today)


class Backtest(Answer):
    """How good the forecasts would have been."""

    @property
    def predictors(self) -> list[Row]:
        """The scores, the ensemble first."""
        return self._object["backtest"]["predictors"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        test = self._object["backtest"]
        return f"{len(test['origins'])} origins, {test['horizon_steps']} steps each, {len(test['fitted_at'])} fits"

    def rows(self) -> list[Row]:
        """A row for each predictor: its scores over all horizons, and its loss as a share of seasonal naive's."""
        scores = {row["predictor"]: row["overall"] or {} for row in self.predictors}
        naive = scores.get("seasonal-naive", {}).get("wql")
        return [_scored(row, naive) for row in self.predictors]

    def _picture(self) -> str:
        return _comparisons.errors(self.rows())


class Explanation(Answer):
    """What drives the load and the plan."""

    @property
    def explanation(self) -> Row:
        """Members, inputs, seasons, rules and what was noticed in the history."""
        return self._object["explanation"]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        return f"carried by {self.explanation['carried_by']}"

    def rows(self) -> list[Row]:
        """A row for everything that is named, with its share."""
        named = (
            ("member", "members", "predictor", "weight"),
            ("input", "importances", "feature", "share"),
            ("season", "seasons", "period", "strength"),
        )
        rows = [
            {"kind": kind, "name": row[name], "share": row[share]}
            for kind, part, name, share in named
            for row in self.explanation[part]
        ]
        return rows + [
            {"kind": "rule", "name": _rule(rule), "share": rule["share"]} for rule in self.explanation["rules"]
        ]

    def _picture(self) -> str:
        return _comparisons.shares(self.rows())


def _flat(row: Row) -> Row:
    headroom = row["headroom"]
    flat = {name: value for name, value in row.items() if name not in ("headroom", "confidence", "reason")}
    return {
        **flat,
        "headroom_instances": headroom["instances"],
        "headroom_percent": headroom["percent"],
        "confidence": row["confidence"],
        "reason": row["reason"],
    }


def _policy(row: Row) -> Row:
    settings = ",".join(f"{key}={value}" for key, value in row["settings"].items())
    names = ("strategy", "instance_hours", "cost", "cost_over_clairvoyant", "under_provisioned_time", "actions_per_day")
    return {"policy": row["policy"], "settings": settings, **{name: row[name] for name in names}}


def _scored(row: Row, naive: float | None) -> Row:
    scores = row["overall"] or {}
    wql = scores.get("wql")
    relative = wql / naive if wql is not None and naive else None
    names = ("mase", "upper", "coverage_80", "coverage_95", "steps")
    failures = "; ".join(row["failures"])
    values = {name: scores.get(name) for name in names}
    return {"predictor": row["predictor"], "wql": wql, "relative_wql": relative, **values, "failures": failures}


def _rule(rule: Row) -> str:
    low, high = rule["low"], rule["high"]
    amount = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"{', '.join(rule['conditions']) or 'always'}: {amount}"


def _share(value: float | str) -> float:
    """A share as the engine takes it: 0.001 or "0.1%"."""
    words = str(value).strip()
    return float(words.removesuffix("%")) / 100 if words.endswith("%") else float(words)
