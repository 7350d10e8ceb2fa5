"""Tables and charts for notebooks: plain HTML and inline SVG, without a script and without a network."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 44, 12, 24

ROWS = 60
"""The most rows that are shown."""

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart by everyone (Okabe and Ito, Color universal design, 2008)."""

LISTED = len(COLORS)
"""The most policies that a chart shows."""

Point = Sequence[float]


def line(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a table."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(_cell(value) for value in row.values()) + "</tr>" for row in rows[:ROWS])
    more = line(f"{len(rows) - ROWS} more rows: to_frame() gives all") if len(rows) > ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def plan(chart: dict[str, Any]) -> str:
    """The history, the forecast with its interval, and the instances of a plan."""
    history, forecast = _known(chart["history"]), chart["forecast"]
    if not forecast:
        return ""
    loads = [point[1] for point in history] + [point[3] for point in forecast]
    picture = Picture(history + forecast, max(loads, default=1.0))
    band = [(p[0], p[3]) for p in forecast] + [(p[0], p[2]) for p in reversed(forecast)]
    picture.area(band, COLORS[0])
    picture.curve(history, "#777")
    picture.curve(forecast, COLORS[0])
    end = forecast[-1][0]
    picture.steps(chart["instances"], end, COLORS[1], max(point[1] for point in chart["instances"]))
    legend = [("load", "#777"), (f"forecast with its {chart['level']:g} % interval", COLORS[0])]
    return picture.svg("load, forecast and instances") + _legend(legend + [("instances, on the right", COLORS[1])])


def replay(chart: dict[str, Any], names: Sequence[str]) -> str:
    """The load and the instances of the first policies over the last days."""
    history = _known(chart["history"])
    serving = [points for points in chart["serving"][:LISTED] if points]
    if not history or not serving:
        return ""
    picture = Picture(history, max(point[1] for point in history))
    picture.curve(history, "#777")
    most = max(point[1] for points in serving for point in points)
    for points, color in zip(serving, COLORS):
        picture.steps(points, history[-1][0], color, most)
    legend = [(f"{name}, instances on the right", color) for name, color in zip(names, COLORS)]
    return picture.svg("load and instances of each policy") + _legend([("load", "#777"), *legend])


class Picture:
    """A chart over time: load on the left, instances on the right."""

    def __init__(self, points: Sequence[Point], most: float) -> None:
        self.first, self.last = points[0][0], max(points[-1][0], points[0][0] + 1)
        self.most = most or 1.0
        self.right = 0.0
        self.marks: list[str] = []

    def area(self, points: Iterable[Point], color: str) -> None:
        """A filled shape."""
        self.marks.append(f'<polygon points="{self._path(points, self.most)}" fill="{color}" fill-opacity="0.2"/>')

    def curve(self, points: Iterable[Point], color: str) -> None:
        """A line from point to point."""
        self._line(self._path(points, self.most), color)

    def steps(self, points: Sequence[Point], end: float, color: str, most: float) -> None:
        """A line that holds its value until the next point."""
        self.right = float(most or 1)
        held: list[Point] = []
        for point, after in zip(points, [*points[1:], (end, points[-1][1])]):
            held += [(max(point[0], self.first), point[1]), (max(after[0], self.first), point[1])]
        self._line(self._path(held, self.right), color)

    def svg(self, about: str) -> str:
        """The picture; its text says what it shows."""
        text = 'font-size="11" fill="currentColor"'
        bottom = HEIGHT - BOTTOM
        labels = [
            f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end" {text}>{self.most:.4g}</text>',
            f'<text x="{LEFT - 4}" y="{bottom}" text-anchor="end" {text}>0</text>',
            f'<text x="{LEFT}" y="{HEIGHT - 6}" {text}>{_moment(self.first)}</text>',
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end" {text}>{_moment(self.last)}</text>',
        ]
        if self.right:
            labels.append(f'<text x="{WIDTH - RIGHT + 4}" y="{TOP + 8}" {text}>{self.right:g}</text>')
        axis = f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        content = "".join([axis, *self.marks, *labels])
        return (
            f'<svg role="img" aria-label="{escape(about)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" style="max-width:100%">{content}</svg>'
        )

    def _line(self, points: str, color: str) -> None:
        self.marks.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>')

    def _path(self, points: Iterable[Point], most: float) -> str:
        across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        x = lambda at: LEFT + across * (at - self.first) / (self.last - self.first)
        y = lambda value: TOP + up * (1 - min(value / most, 1.0))
        return " ".join(f"{x(point[0]):.1f},{y(point[1]):.1f}" for point in points)


def _known(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point[1] is not None]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td style="text-align:right">{value:.6g}</td>'
    style = ' style="text-align:right"' if isinstance(value, int) else ' style="text-align:left"'
    return f"<td{style}>{escape('' if value is None else str(value))}</td>"


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    mark = '<span style="color:{}">&#9632;</span> {}'
    return "<p>" + " &nbsp; ".join(mark.format(color, escape(name)) for name, color in entries) + "</p>"


def _moment(milliseconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return f"{moment:%a %d %b %H:%M} UTC"
