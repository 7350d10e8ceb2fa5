"""Tables and charts over time for notebooks: plain HTML and inline SVG, without a script and without a network."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 44, 12, 24

ROWS = 12
"""The most rows that are shown: a screen, and notebooks that stay small."""

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart by everyone (Okabe and Ito, Color universal design, 2008)."""

LISTED = len(COLORS)
"""The most policies that a chart shows."""

Point = Sequence[float]


def line(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def table(rows: list[dict[str, Any]], rest: str = "to_frame() gives all") -> str:
    """Rows as a table; `rest` says where those are that are not shown."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(_cell(value) for value in row.values()) + "</tr>" for row in rows[:ROWS])
    more = line(f"and {len(rows) - ROWS} more: {rest}") if len(rows) > ROWS else ""
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
    return picture.svg("load, forecast and instances") + key(legend + [("instances, on the right", COLORS[1])])


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
    return picture.svg("load and instances of each policy") + key([("load", "#777"), *legend])


def sum_of_series(instances: Sequence[tuple[str, int]], sum_of_peaks: int) -> str:
    """The instances of a fleet together, below the sum of the peaks of its series."""
    points = [(_milliseconds(at), count) for at, count in instances]
    if len(points) < 2:
        return ""
    end = 2 * points[-1][0] - points[-2][0]
    picture = Picture([*points, (end, points[-1][1])], sum_of_peaks)
    picture.level(sum_of_peaks, COLORS[1])
    picture.steps(points, end, COLORS[0])
    legend = [("instances of all series together", COLORS[0]), (f"sum of their peaks: {sum_of_peaks}", COLORS[1])]
    return picture.svg("instances of all series together") + key(legend)


def key(entries: Iterable[tuple[str, str]]) -> str:
    """What each color of a chart is."""
    mark = '<span style="color:{}">&#9632;</span> {}'
    return "<p>" + " &nbsp; ".join(mark.format(color, escape(name)) for name, color in entries) + "</p>"


def svg(about: str, height: float, content: str) -> str:
    """A picture in its frame; `about` is what is read aloud instead of it."""
    return (
        f'<svg role="img" aria-label="{escape(about)}" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" style="max-width:100%">{content}</svg>'
    )


def text(at: tuple[float, float], words: str, anchor: str = "start") -> str:
    """Words of a picture."""
    style = f'text-anchor="{anchor}" font-size="11" fill="currentColor"'
    return f'<text x="{at[0]:g}" y="{at[1]:g}" {style}>{escape(words)}</text>'


class Picture:
    """A chart over time, with an axis on the left and one on the right where it is asked for."""

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
        path = self._path(points, self.most)
        self.marks.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>')

    def steps(self, points: Sequence[Point], end: float, color: str, most: float | None = None) -> None:
        """A line that holds its value until the next point; with `most` it has an axis of its own, on the right."""
        if most is not None:
            self.right = float(most or 1)
        most = self.right if most is not None else self.most
        path = [f"M{self._x(points[0][0]):.1f} {self._y(points[0][1], most):.1f}"]
        path += [f"H{self._x(at):.1f}V{self._y(value, most):.1f}" for at, value in points[1:]]
        self._stroke("".join(path) + f"H{self._x(end):.1f}", color)

    def level(self, value: float, color: str) -> None:
        """A dashed line across."""
        self._stroke(f"M{LEFT} {self._y(value, self.most):.1f}H{WIDTH - RIGHT}", color, ' stroke-dasharray="5 4"')

    def svg(self, about: str) -> str:
        """The picture; `about` says what it shows."""
        bottom = HEIGHT - BOTTOM
        labels = [
            text((LEFT - 4, TOP + 8), f"{self.most:.4g}", "end"),
            text((LEFT - 4, bottom), "0", "end"),
            text((LEFT, HEIGHT - 6), _moment(self.first)),
            text((WIDTH - RIGHT, HEIGHT - 6), _moment(self.last), "end"),
        ]
        if self.right:
            labels.append(text((WIDTH - RIGHT + 4, TOP + 8), f"{self.right:g}"))
        axis = f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        return svg(about, HEIGHT, "".join([axis, *self.marks, *labels]))

    def _stroke(self, path: str, color: str, style: str = "") -> None:
        self.marks.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"{style}/>')

    def _path(self, points: Iterable[Point], most: float) -> str:
        return " ".join(f"{self._x(point[0]):.1f},{self._y(point[1], most):.1f}" for point in points)

    def _x(self, at: float) -> float:
        inside = min(max(at, self.first), self.last)
        return LEFT + (WIDTH - LEFT - RIGHT) * (inside - self.first) / (self.last - self.first)

    def _y(self, value: float, most: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(value / most, 1.0))


def _known(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point[1] is not None]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td style="text-align:right">{value:.6g}</td>'
    style = ' style="text-align:right"' if isinstance(value, int) else ' style="text-align:left"'
    return f"<td{style}>{escape('' if value is None else str(value))}</td>"


def _moment(milliseconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return f"{moment:%a %d %b %H:%M} UTC"


def _milliseconds(moment: str) -> float:
    # Python 3.10 does not read the Z.
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() * 1000
