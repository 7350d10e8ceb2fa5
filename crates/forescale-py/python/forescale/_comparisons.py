"""Charts that compare: bars for shares and errors, dots for cost against shortfall."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from forescale._charts import BOTTOM, COLORS, HEIGHT, LEFT, RIGHT, ROWS, TOP, WIDTH, key, svg, text

ROW = 18
"""Height of a bar and what is between two of them."""

NAMES, VALUES = 270, 150
"""What is kept for the names on the left of the bars, and for the values on their right."""

LETTERS = 44
"""The most letters of a name that fit there."""

OTHERS = "#999"

Bar = tuple[str, float, str]
"""A name, a length, and what stands behind the bar."""

HEADINGS = {
    "member": "members: mean weight in the forecast",
    "input": "inputs: share of what drives the predictors",
    "season": "seasons: share of the load's variation",
    "rule": "rules: share of the time in which they hold",
}


def errors(rows: Iterable[dict[str, Any]]) -> str:
    """The loss of each predictor, the least first, against a line at seasonal naive's."""
    known = sorted((row for row in rows if row["wql"] is not None), key=lambda row: row["wql"])
    if not known:
        return ""
    bars = [(row["predictor"], row["wql"], _loss(row)) for row in known[:ROWS]]
    naive = next((row["wql"] for row in known if row["predictor"] == "seasonal-naive"), None)
    return _bars({"loss (WQL), the least first": bars}, "loss of each predictor", line=naive, chosen="ensemble")


def shares(rows: Sequence[dict[str, Any]]) -> str:
    """The share of everything that is named, one kind below the other."""
    groups: dict[str, list[Bar]] = {}
    for row in rows:
        bars = groups.setdefault(HEADINGS[row["kind"]], [])
        if len(bars) < ROWS // 2:
            bars.append((row["name"], row["share"], f"{row['share']:.3f}"))
    return _bars(groups, "shares", longest=1.0) if groups else ""


def shortfalls(rows: Iterable[dict[str, Any]], budget: float, chosen: str, today: str | None) -> str:
    """Cost to the right, time with too few instances upwards: policies are good at the bottom left."""
    known = [row for row in rows if row["cost_over_clairvoyant"] is not None]
    if not known:
        return ""
    field = _Field([(row["cost_over_clairvoyant"], row["under_provisioned_time"]) for row in known], budget)
    colors = {today: COLORS[1], chosen: COLORS[0]}
    # What has a color is drawn last, above the others.
    dots = [_dot(field, row, colors) for row in sorted(known, key=lambda row: row["policy"] in colors)]
    named = [("chosen: " + chosen, COLORS[0])] + ([("today: " + today, COLORS[1])] if today else [])
    legend = key([*named, ("others; upwards: share of time with too few instances, spread near 0", OTHERS)])
    about = "cost and time with too few instances of each policy"
    return svg(about, HEIGHT, "".join([field.frame(), *dots])) + legend


class _Field:
    """Where a cost and a shortfall are in a chart."""

    def __init__(self, points: Sequence[tuple[float, float]], budget: float) -> None:
        costs = [cost for cost, _ in points]
        self.least, self.most = min(costs), max(max(costs), min(costs) + 0.01)
        self.highest = max(budget, *(share for _, share in points)) or 1.0
        self.budget = budget

    def x(self, cost: float) -> float:
        return LEFT + 8 + (WIDTH - LEFT - RIGHT - 16) * (cost - self.least) / (self.most - self.least)

    def y(self, share: float) -> float:
        # A root spreads the policies that miss little, which is where one is chosen.
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - math.sqrt(share / self.highest))

    def frame(self) -> str:
        right, bottom, allowed = WIDTH - RIGHT, HEIGHT - BOTTOM, self.y(self.budget)
        return "".join([
            _stroke(f"M{LEFT} {TOP}V{bottom}H{right}"),
            _stroke(f"M{LEFT} {allowed:.1f}H{right}", ' stroke-dasharray="5 4"'),
            text((right, round(allowed - 4, 1)), f"budget {100 * self.budget:.2f} %", "end"),
            text((LEFT - 4, TOP + 8), f"{100 * self.highest:.3g} %", "end"),
            text((LEFT - 4, bottom), "0", "end"),
            text((self.x(self.least), HEIGHT - 6), f"{self.least:.2f} of the optimum's cost"),
            text((self.x(self.most), HEIGHT - 6), f"{self.most:.2f}", "end"),
        ])


def _loss(row: dict[str, Any]) -> str:
    relative = row["relative_wql"]
    return f"{row['wql']:.4g}" + (f", {relative:.2f} of naive" if relative is not None else "")


def _bars(
    groups: dict[str, list[Bar]], about: str, longest: float | None = None, line: float | None = None, chosen: str = ""
) -> str:
    """Groups of bars under their headings; where no `longest` is given, it is the longest of all."""
    most = longest or max(length for bars in groups.values() for _, length, _ in bars) or 1.0
    across = lambda length: (WIDTH - NAMES - VALUES) * min(length / most, 1.0)
    marks, down = [], 0
    for heading, bars in groups.items():
        marks.append(text((NAMES, down + 13), heading))
        down += ROW
        for name, length, value in bars:
            color = COLORS[0] if chosen in ("", name) else OTHERS
            size = f'width="{max(across(length), 1):.1f}" height="{ROW - 5}"'
            marks.append(f'<rect x="{NAMES}" y="{down + 2}" {size} fill="{color}"/>')
            marks.append(text((NAMES - 6, down + 13), _short(name), "end"))
            marks.append(text((NAMES + across(length) + 5, down + 13), value))
            down += ROW
    if line is not None and line <= most:
        marks.append(_stroke(f"M{NAMES + across(line):.1f} {ROW}V{down}", ' stroke-dasharray="5 4"'))
    return svg(about, down + 4, "".join(marks))


def _dot(field: _Field, row: dict[str, Any], colors: dict[str | None, str]) -> str:
    at = f'cx="{field.x(row["cost_over_clairvoyant"]):.1f}" cy="{field.y(row["under_provisioned_time"]):.1f}"'
    name = row["policy"]
    look = f'r="{5 if name in colors else 3.5}" fill="{colors.get(name, OTHERS)}"'
    return f"<circle {at} {look}><title>{escape(name)}</title></circle>"


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def _stroke(path: str, style: str = "") -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.4"{style}/>'
