"""Figures through time and of what moved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from charts.history import papers_by_quarter
from charts.movement import movement_figure
from charts.trends import shift_figure, trends_figure
from landscape.harvested import QuarterCoverage
from landscape.history import History, HistoryFrame
from landscape.movement import Movement, PlaceMovement, StratumMovement
from landscape.quarters import Quarter
from landscape.shift import Shift, ShiftPoint, VenueShift
from landscape.trends import Trend, TrendPoint
from landscape.types import LandscapeSnapshot

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
EMPTY = LandscapeSnapshot(MOMENT, "1.0", "Title", None, 0, 0, 0, 0, 0, (), (), ())


def frame(number: int, papers: int, state, note: str = "") -> HistoryFrame:
    return HistoryFrame(Quarter(2025, number), EMPTY, papers, QuarterCoverage(state, note))


def test_a_quarter_without_harvest_is_hatched_and_no_zero() -> None:
    history = History(
        (frame(1, 40, "whole"), frame(2, 0, "none", "<b>acl</b> is missing"), frame(3, 7, "part", "thin")),
        "quarterly", "arxiv", 0,
    )  # fmt: skip
    figure = papers_by_quarter([history])
    none, whole, part = figure.data
    assert (list(whole.x), list(whole.y), whole.marker.pattern.shape) == (["2025 Q1"], [40], "")
    assert (list(part.x), list(part.y), part.marker.pattern.shape) == (["2025 Q3"], [7], "/")
    assert (list(none.x), list(none.y)) == (["2025 Q2", "2025 Q3"], [40, 40])
    assert none.marker.pattern.shape == "x"
    assert none.customdata[0] == "&lt;b&gt;acl&lt;/b&gt; is missing"


def test_a_source_that_ends_earlier_than_another_is_hatched_from_there_on() -> None:
    long = History((frame(1, 4, "whole"), frame(2, 4, "whole")), "quarterly", "arxiv", 0)
    short = History((frame(1, 4, "whole"),), "quarterly", "pmlr", 0)
    figure = papers_by_quarter([long, short])
    grounds = [list(bar.x) for bar in figure.data if bar.marker.pattern.shape == "x"]
    assert grounds == [[], ["2025 Q2"]]


def test_no_history_is_an_empty_figure() -> None:
    assert not papers_by_quarter([]).data


def test_a_share_breaks_off_where_nothing_was_harvested() -> None:
    points = (
        TrendPoint(Quarter(2025, 1), 5, 20, 0.25, 0.11, 0.47, "whole", ""),
        TrendPoint(Quarter(2025, 2), 0, 0, None, None, None, "none", "no paper"),
        TrendPoint(Quarter(2025, 3), 5, 10, 0.5, 0.24, 0.76, "part", "thin"),
    )
    figure = trends_figure([Trend("a/b/c", "C", "topic", "all sources", points)])
    gap, line = figure.data
    assert list(line.y) == [0.25, None, 0.5]
    assert list(line.marker.symbol) == ["circle", "circle-open", "circle-open"]
    assert (list(gap.x), gap.marker.pattern.shape, list(gap.customdata)) == ([1], "/", ["2025 Q2"])
    papers = trends_figure([Trend("a/b/c", "C", "topic", "all sources", points)], measure="papers").data[1]
    assert list(papers.y) == [5, None, 5]
    assert papers.error_y.array is None


def test_lines_of_one_place_bear_the_names_of_their_groups() -> None:
    points = (TrendPoint(Quarter(2025, 1), 5, 20, 0.25, 0.11, 0.47, "whole", ""),)
    figure = trends_figure([Trend("a/b/c", "C", "topic", group, points) for group in ("<b>ACL</b>", "arXiv")])
    assert [line.name for line in figure.data] == ["&lt;b&gt;ACL&lt;/b&gt;", "arXiv"]


def test_venues_break_off_where_a_year_was_not_harvested() -> None:
    points = (
        ShiftPoint(2022, 100, 40, 0.4, 0.31, 0.5, "whole", ""),
        ShiftPoint(2023, 0, 0, None, None, None, "none", "acl-2023: never harvested"),
        ShiftPoint(2024, 100, 90, 0.9, 0.83, 0.94, "part", "100 of 900 papers"),
    )
    gap, line = shift_figure(Shift((2022, 2023, 2024), (VenueShift("ACL", points),), 0)).data
    assert list(line.y) == [0.4, None, 0.9]
    assert list(line.error_y.array) == pytest.approx([0.1, 0.0, 0.04])
    assert list(gap.customdata) == ["2023"]
    assert "100 of 900 papers" in line.customdata[2][1]
    assert not shift_figure(Shift((), (), 0)).data


def place(name: str, observed: int, expected: float, direction) -> PlaceMovement:
    return PlaceMovement(
        f"a/b/{name}", name, "topic", "a/b", 1, 2, 0.1, 0.2, observed, 0, 0, observed, expected, 0.001, 0.01,
        direction,
    )  # fmt: skip


def movement(*topics: PlaceMovement, compared: bool = True) -> Movement:
    strata = (StratumMovement("arxiv cs.CL", 10, 10, compared),)
    return Movement(
        MOMENT, MOMENT, "as-of", "1.0", 1, 2, 1, 2, 1, 0, 0, 0, (), topics, strata, (), ()
    )  # fmt: skip


def test_rising_and_fading_topics_are_drawn_by_size() -> None:
    figure = movement_figure(
        movement(
            place("Up", 30, 10.0, "rising"),
            place("Down", 5, 60.0, "fading"),
            place("Still", 5, 5.0, "steady"),
        )
    )
    assert list(figure.layout.yaxis.categoryarray) == ["Up", "Down"]
    rising, fading, expected = figure.data
    assert (list(rising.x), list(fading.x), list(expected.x)) == ([30], [5], [10.0, 60.0])


@pytest.mark.parametrize(
    ("compared", "said"),
    [(True, "No topic moved by more than chance explains"), (False, "Too few papers to compare")],
)
def test_nothing_that_moved_is_said(compared: bool, said: str) -> None:
    assert movement_figure(movement(compared=compared)).layout.annotations[0].text == said
