"""The address and the page's state say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

from landscape.links import LandscapeState, from_query
from landscape.types import LandscapeFilter
from views.address import PageState

FULL = PageState(
    landscape=LandscapeState(
        cell="training/model",
        filter=LandscapeFilter(venues=("ACL", "A & B"), year_from=2020, minimum_score=0.5, words="a=b"),
        colour_by="share",
        sort="title",
        page=3,
        as_of=date(2026, 1, 2),
    ),
    without_topic=True,
    as_table=True,
)


def test_query_holds_the_whole_state() -> None:
    values = parse_qs(FULL.query().removeprefix("?"))
    assert from_query(values) == FULL.landscape
    assert values["without-topic"] == ["1"]
    assert values["view"] == ["table"]
    assert PageState().query() == "?"


def test_another_topic_starts_at_its_first_page_and_keeps_the_filters() -> None:
    other = FULL.opened(topic="training/model/peft")
    assert other.landscape.page == 1
    assert other.landscape.cell is None
    assert not other.without_topic
    assert other.landscape.filter == FULL.landscape.filter
    assert other.as_table


def test_another_filter_starts_at_the_first_page() -> None:
    other = FULL.filtered(LandscapeFilter())
    assert other.landscape.page == 1
    assert other.landscape.cell == "training/model"


def test_day_means_its_end() -> None:
    assert FULL.as_of == datetime(2026, 1, 2, 23, 59, 59, 999999, tzinfo=UTC)
    assert replace(FULL, landscape=LandscapeState()).as_of is None
