"""Lines through time: places of the grid, and venues that turn to language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from charts.theme import FONT_FAMILY, ground, mix, plain_text
from landscape.harvested import HarvestState
from landscape.shift import Shift
from landscape.trends import ALL, Trend

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Measure = Literal["share", "papers"]
# Okabe and Ito (2008), "Color universal design", on light ground without its yellow; every line has a
# mark of its own as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B5B5B", "#8C4A00")
DARK_COLOURS = ("#56B4E9", "#FF9F5A", "#3CCFA3", "#E7A6CB", "#F0C24B", "#9CD3F5", "#C9CED8", "#D9A066")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "hexagon", "star")
LINE_HEIGHT_PX = 400
GAP_WORDS = {"whole": "harvested", "part": "harvested in part", "none": "not harvested"}


@dataclass(frozen=True)
class _Point:
    """Where one line stands in one period; `value` None where it breaks off."""

    period: str
    value: float | None
    low: float | None
    high: float | None
    state: HarvestState
    told: str


@dataclass(frozen=True)
class _Line:
    name: str
    points: tuple[_Point, ...]


def trends_figure(trends: Sequence[Trend], *, measure: Measure = "share", dark: bool = False) -> Figure:
    """Draw places by quarter or by year.

    Args:
        trends: One a line.
        measure: Shares of the papers on the chart with 95 % intervals, or papers.
        dark: Whether it lies on a dark page.

    Returns:
        The figure: periods that were not harvested break the line and are hatched; those harvested in
        part have open marks.
    """
    share = measure == "share"
    kinds = {trend.id: trend.label for trend in trends}
    lines = []
    for trend in trends:
        points = []
        for each in trend.points:
            seen = each.harvested != "none" or each.n_papers > 0
            value = (each.share if share else float(each.n_papers)) if seen else None
            points.append(
                _Point(
                    each.label, value, each.low if share else None, each.high if share else None,
                    each.harvested, f"{each.n_papers:,} of {each.n_relevant:,} papers"
                    + (f"<br>{_short(each.note)}" if each.note else ""),
                )
            )  # fmt: skip
        name = trend.label if trend.group == ALL else trend.group if len(kinds) == 1 else ""
        lines.append(_Line(name or f"{trend.label}, {trend.group}", tuple(points)))
    return _draw(lines, percent=share, dark=dark)


def shift_figure(shift: Shift, *, dark: bool = False, most: int = len(COLOURS)) -> Figure:
    """Draw the share of papers on language models by venue and year.

    Args:
        shift: Counts.
        dark: Whether it lies on a dark page.
        most: Venues drawn, those with most papers.

    Returns:
        The figure: a line a venue with 95 % intervals; years not harvested break it.
    """
    lines = [
        _Line(
            venue.venue,
            tuple(
                _Point(
                    str(point.year), point.share, point.low, point.high, point.harvested,
                    f"{point.n_relevant:,} of {point.n_classified:,} papers"
                    + (f"<br>{_short(point.note)}" if point.note else ""),
                )
                for point in venue.points
            ),
        )
        for venue in shift.venues[:most]
    ]  # fmt: skip
    return _draw(lines, percent=True, dark=dark)


def _draw(lines: Sequence[_Line], *, percent: bool, dark: bool) -> Figure:
    from plotly.graph_objects import Bar, Figure, Scatter

    ink, paper, quiet = ground(dark=dark)
    palette = DARK_COLOURS if dark else COLOURS
    periods = sorted({point.period for line in lines for point in line.points})
    place = {period: number for number, period in enumerate(periods)}
    states: dict[str, set[str]] = {period: set() for period in periods}
    for line in lines:
        for point in line.points:
            states[point.period].add(point.state)
    figure = Figure()
    empty = [period for period in periods if states[period] == {"none"}]
    if empty:
        figure.add_trace(
            Bar(
                x=[place[period] for period in empty],
                y=[1.0] * len(empty),
                yaxis="y2",
                width=1.0,
                marker={
                    "color": paper, "line": {"width": 0},
                    "pattern": {
                        "shape": "/", "fgcolor": mix(paper, quiet, 0.45), "bgcolor": paper, "size": 7,
                    },
                },
                name=GAP_WORDS["none"],
                hovertemplate="%{customdata}: not harvested<extra></extra>",
                customdata=empty,
            )
        )  # fmt: skip
    # Intervals that lie on one another cannot be told apart: lines beside each other are shifted a little.
    step = min(0.08, 0.5 / max(1, len(lines)))
    for number, line in enumerate(lines):
        shift = (number - (len(lines) - 1) / 2) * step if percent else 0.0
        colour = palette[number % len(palette)]
        symbol = SYMBOLS[number % len(SYMBOLS)]
        known = line.points
        figure.add_trace(
            Scatter(
                x=[place[point.period] + shift for point in known],
                y=[point.value for point in known],
                error_y=_intervals(known, colour) if percent else None,
                customdata=[[point.period, point.told] for point in known],
                mode="lines+markers",
                connectgaps=False,
                cliponaxis=False,  # a mark at zero is a whole mark
                line={"color": colour, "width": 2},
                marker={
                    "symbol": [symbol if point.state == "whole" else f"{symbol}-open" for point in known],
                    "size": 8, "color": colour, "line": {"width": 1.5, "color": colour},
                },
                hovertemplate="<b>%{fullData.name}</b> %{customdata[0]}<br>"
                + ("%{y:.1%}" if percent else "%{y:,}")
                + " · %{customdata[1]}<extra></extra>",
                name=plain_text(line.name),
            )
        )  # fmt: skip
    figure.update_layout(
        height=LINE_HEIGHT_PX + 22 * (len(lines) // 5),
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"family": FONT_FAMILY, "color": ink, "size": 13},
        margin={"l": 56, "r": 12, "t": 12, "b": 40},
        xaxis={
            "tickvals": list(place.values()), "ticktext": periods, "showgrid": False, "fixedrange": True,
            "range": [-0.5, len(periods) - 0.5], "automargin": True, "zeroline": False,
        },
        yaxis={
            "tickformat": ".0%" if percent else ",d", "rangemode": "tozero", "fixedrange": True,
            "gridcolor": mix(paper, quiet, 0.25), "zeroline": False, "minallowed": 0,
        },
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
        hovermode="closest",
        dragmode=False,
    )  # fmt: skip
    return figure


def _intervals(points: Sequence[_Point], colour: str) -> dict[str, Any]:
    def reach(point: _Point, end: float | None) -> float:
        return 0.0 if point.value is None or end is None else abs(end - point.value)

    return {
        "type": "data", "symmetric": False, "thickness": 1, "width": 3, "color": colour,
        "array": [reach(point, point.high) for point in points],
        "arrayminus": [reach(point, point.low) for point in points],
    }  # fmt: skip


def _short(note: str, limit: int = 90) -> str:
    text = note if len(note) <= limit else note[: limit - 1].rstrip() + "…"
    return plain_text(text)
