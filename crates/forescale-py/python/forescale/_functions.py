"""What the command does, as functions: the same names, the same settings, the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forescale import _forescale, _frames, _settings
from forescale._frames import Columns, Kind
from forescale._forecaster import Forecaster
from forescale._progress import Progress, shown
from forescale._results import Advice, Backtest, Explanation, Plan, Replay

Span = Any
"""Text like "5m" or "24h", seconds, or a timedelta."""


def plan(
    data: Any,
    *,
    capacity: float | None = None,
    horizon: Span = "24h",
    target_utilization: float | str = 0.8,
    service_time: float | str | None = None,
    max_wait: float | str | None = None,
    wait_share: float | str = "5%",
    current: int | None = None,
    min: int = 1,
    max: int | None = None,
    startup: Span = "5m",
    cooldown: Span = 0,
    stabilization: Span = 0,
    max_scale_up: int | None = None,
    max_scale_down: int | None = None,
    budget: float | str | None = None,
    violation_price: float | None = None,
    event_price: float = 0.0,
    level: float = 80.0,
    all_steps: bool = False,
    now: Any = None,
    series: str | None = None,
    freq: str | None = None,
    predictors: Sequence[str] = (),
    seed: int | None = None,
    timezone: str | None = None,
    business_hours: str | None = None,
    holidays: str | None = None,
    events: Any = None,
    columns: Columns = Columns(),
    start: Any = None,
    threads: int | None = None,
) -> Plan:
    """When to have how many instances, and why.

    `data` is a frame, or a fitted `Forecaster`, which has its predictors, its seed and its step: a calendar that is given is
    laid over its own, and `now` is in its time zone. `capacity` is the load that one instance carries when saturated, in the
    unit of the history; `startup` is the time from asking for an instance to its first served request; `budget` is the
    share of time in which instances may be too few. The settings are those of `forescale plan`.

    >>> fs.plan(frame, capacity=50, startup="5m").recommendations[0]["instances"]
    """
    settings = _settings_of(locals(), "data", "series", "columns", "start")
    source, kind = _source(data, columns, freq, timezone, start)
    answer, chart = _forescale.plan(settings, series=series, **source)
    return Plan(answer, kind, chart)


def explain(
    data: Any,
    *,
    horizon: Span = "7d",
    capacity: float | None = None,
    target_utilization: float | str = 0.8,
    service_time: float | str | None = None,
    max_wait: float | str | None = None,
    wait_share: float | str = "5%",
    current: int | None = None,
    min: int = 1,
    max: int | None = None,
    startup: Span = "5m",
    cooldown: Span = 0,
    stabilization: Span = 0,
    max_scale_up: int | None = None,
    max_scale_down: int | None = None,
    budget: float | str | None = None,
    violation_price: float | None = None,
    event_price: float = 0.0,
    level: float = 80.0,
    now: Any = None,
    series: str | None = None,
    freq: str | None = None,
    predictors: Sequence[str] = (),
    seed: int | None = None,
    timezone: str | None = None,
    business_hours: str | None = None,
    holidays: str | None = None,
    events: Any = None,
    columns: Columns = Columns(),
    start: Any = None,
    threads: int | None = None,
) -> Explanation:
    """What drives the load, and the plan where a `capacity` is given; the settings are those of `forescale explain`."""
    all_steps = True
    settings = _settings_of(locals(), "data", "series", "columns", "start")
    source, kind = _source(data, columns, freq, timezone, start)
    return Explanation(_forescale.explain(settings, series=series, **source), kind)


def backtest(
    data: Any,
    *,
    horizon: Span = "24h",
    origins: int = 7,
    fits: int = 2,
    series: str | None = None,
    freq: str | None = None,
    predictors: Sequence[str] = (),
    seed: int = 1,
    timezone: str | None = None,
    business_hours: str = "9-17",
    holidays: str | None = None,
    events: Any = None,
    columns: Columns = Columns(),
    start: Any = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Backtest:
    """How good the forecasts would have been, against seasonal naive; the settings are those of `forescale backtest`."""
    settings = _settings_of(locals(), "data", "series", "freq", "columns", "start", "progress")
    histories, kind = _frames.read(data, columns, freq, timezone, start)
    with shown(progress, "fitting") as tell:
        return Backtest(_forescale.backtest(settings, histories, series, tell), kind)


def replay(
    data: Any,
    *,
    capacity: float,
    policies: Sequence[str] = (),
    budget: float | str = "0.1%",
    step: Span = "1m",
    startup: Span = "5m",
    min: int = 1,
    max: int | None = None,
    max_scale_up: int | None = None,
    max_scale_down: int | None = None,
    drain: Span = 0,
    min_billing: Span = 0,
    metric_latency: Span = 0,
    launch_failures: float | str = 0.0,
    lifecycle: Mapping[str, Any] | None = None,
    slo_utilization: float | str = 0.8,
    max_wait: float | str = "50ms",
    score_from: Any = None,
    price: float = 1.0,
    series: str | None = None,
    freq: str | None = None,
    seed: int = 1,
    timezone: str | None = None,
    business_hours: str = "9-17",
    holidays: str | None = None,
    events: Any = None,
    columns: Columns = Columns(),
    start: Any = None,
    progress: Progress = False,
) -> Replay:
    """What scaling policies would have done on a history, what it would have cost, and what it would have broken.

    `policies` are names with settings, as "hpa:target=0.6"; every one there is when left out. `lifecycle` is what happens
    to single instances, as {"warm-up": "2m", "warm-pool": 3, "failures-per-hour": 0.01}. The settings are those of
    `forescale replay`.
    """
    settings = _settings_of(locals(), "data", "series", "freq", "columns", "start", "progress")
    histories, kind = _frames.read(data, columns, freq, timezone, start)
    with shown(progress, "replaying") as tell:
        answer, chart = _forescale.replay(settings, histories, series, tell)
    return Replay(answer, kind, chart)


def advise(
    data: Any,
    *,
    capacity: float,
    today: str | None = None,
    budget: float | str = "0.1%",
    step: Span = "1m",
    startup: Span = "5m",
    min: int = 1,
    max: int | None = None,
    max_scale_up: int | None = None,
    max_scale_down: int | None = None,
    drain: Span = 0,
    min_billing: Span = 0,
    metric_latency: Span = 0,
    launch_failures: float | str = 0.0,
    lifecycle: Mapping[str, Any] | None = None,
    slo_utilization: float | str = 0.8,
    score_from: Any = None,
    series: str | None = None,
    freq: str | None = None,
    seed: int = 1,
    timezone: str | None = None,
    business_hours: str = "9-17",
    holidays: str | None = None,
    events: Any = None,
    columns: Columns = Columns(),
    start: Any = None,
    progress: Progress = False,
) -> Advice:
    """Which strategy and settings a service should use, by what they would have done on its history.

    `today` is what is run now, as "hpa:target=0.5". The settings are those of `forescale advise`.
    """
    settings = _settings_of(locals(), "data", "series", "freq", "columns", "start", "progress")
    histories, kind = _frames.read(data, columns, freq, timezone, start)
    with shown(progress, "replaying") as tell:
        return Advice(_forescale.advise(settings, histories, series, tell), kind)


def _settings_of(arguments: dict[str, Any], *others: str) -> str:
    """The arguments that are settings, as the engine takes them."""
    settings = {name: value for name, value in arguments.items() if name not in others}
    if settings.get("lifecycle") is None:
        settings.pop("lifecycle", None)
    if settings.get("events") is not None:
        settings["events"] = _settings.events(settings["events"])
    for name in ("predictors", "policies"):
        if name in settings:
            settings[name] = _settings.names(name, settings[name])
    for name in ("origins", "fits"):
        if name in settings:
            settings[name] = _settings.count(name, settings[name])
    settings["threads"] = _settings.threads(settings.get("threads"))
    for name in ("now", "score_from"):
        if settings.get(name) is not None:
            settings[name] = str(settings[name])
    return _settings.dumps(settings)


def _source(data: Any, columns: Columns, freq: str | None, timezone: str | None, start: Any) -> tuple[dict[str, Any], Kind]:
    if isinstance(data, Forecaster):
        return {"fits": data._fitted()}, data._kind or _frames.default_kind()
    histories, kind = _frames.read(data, columns, freq, timezone, start)
    return {"histories": histories}, kind
