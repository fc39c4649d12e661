"""Which slices arXiv's query API is asked for, and where a walk through one stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import (
    ConfigurationError,
)
from harvester import registry
from harvester.source import HarvestRequest
from harvester.sources.arxiv_position import ArxivPosition

API = "/api/query"


@pytest.fixture
def source():
    return registry.get("arxiv")


@pytest.fixture
def client(source, client_for):
    return client_for(source)


TODAY = date(2024, 3, 31)


def _days(slices):
    return [(piece.from_date, piece.until_date) for piece in slices]


def test_the_first_plan_covers_thirty_days_in_weeks(source):
    slices = source.plan(HarvestRequest(), {}, TODAY)
    assert _days(slices)[0] == (date(2024, 3, 2), date(2024, 3, 8))
    assert _days(slices)[-1] == (date(2024, 3, 30), TODAY)
    assert {piece.category for piece in slices} == {"cs.CL"}
    assert slices[0].key == "cs.CL 2024-03-02..2024-03-08"


def test_a_later_plan_goes_on_with_an_overlap_of_a_week(source):
    first = source.plan(HarvestRequest(), {}, TODAY)
    done = {piece.key: "complete" for piece in first}
    later = source.plan(HarvestRequest(), done, TODAY + timedelta(days=2))
    assert _days(later) == [
        (date(2024, 3, 25), date(2024, 3, 31)),
        (date(2024, 4, 1), date(2024, 4, 2)),
    ]


def test_missed_days_are_caught_up_once(source):
    done = {piece.key: "complete" for piece in source.plan(HarvestRequest(), {}, TODAY)}
    later = source.plan(HarvestRequest(), done, TODAY + timedelta(days=60))
    fresh = [piece for piece in later if not piece.key.endswith(" again")]
    days = [day for first, last in _days(fresh) for day in _span(first, last)]
    assert days == list(_span(date(2024, 3, 25), TODAY + timedelta(days=60)))


def test_every_week_is_read_once_more_for_papers_that_were_held_back(source):
    """A paper held for four weeks is shown under its old day, which no overlap of a week meets."""
    done = {piece.key: "complete" for piece in source.plan(HarvestRequest(), {}, TODAY)}
    read = []
    for days in range(1, 60):
        slices = source.plan(HarvestRequest(), done, TODAY + timedelta(days=days))
        read += [(days, piece.key) for piece in slices if piece.key.endswith(" again")]
        done |= {piece.key: "complete" for piece in slices}
    assert read[:3] == [
        (7, "cs.CL 2024-03-04..2024-03-10 again"),
        (14, "cs.CL 2024-03-11..2024-03-17 again"),
        (21, "cs.CL 2024-03-18..2024-03-24 again"),
    ]
    assert len({key for _, key in read}) == len(read)
    asked = source.plan(HarvestRequest(from_date=TODAY), {**done}, TODAY + timedelta(days=90))
    assert not any(piece.key.endswith(" again") for piece in asked), "who names days gets these days"


def test_a_week_that_failed_is_planned_again_under_its_own_name(source):
    first = source.plan(HarvestRequest(), {}, TODAY)
    done = {piece.key: "complete" for piece in first if piece is not first[1]}
    again = source.plan(HarvestRequest(), done, TODAY)
    assert first[1].key in {piece.key for piece in again}


def test_done_days_are_not_asked_for_again(source):
    request = HarvestRequest(from_date=date(2023, 1, 1), until_date=date(2023, 12, 31))
    slices = source.plan(request, {}, TODAY)
    done = {piece.key: "complete" for piece in slices}
    again = source.plan(request, done, TODAY)
    assert _days(again) == [(date(2023, 12, 25), date(2023, 12, 31))]
    other = source.plan(HarvestRequest(("",), ("cs.LG",), request.from_date, request.until_date), done, TODAY)
    assert len(other) == len(slices)


@pytest.mark.parametrize("days", [1, 6, 7, 8, 365])
def test_slices_cover_every_day_once(source, days):
    first, last = date(2023, 2, 3), date(2023, 2, 3) + timedelta(days=days - 1)
    slices = source.plan(
        HarvestRequest(from_date=first, until_date=last), {"rubbish": "", "cs.CL x..y": ""}, TODAY
    )
    covered = [day for piece in slices for day in _span(piece.from_date, piece.until_date)]
    assert covered == list(_span(first, last))
    assert all((piece.until_date - piece.from_date).days < 7 for piece in slices)


def test_the_future_is_not_asked_for(source):
    slices = source.plan(HarvestRequest(until_date=date(2030, 1, 1)), {}, TODAY)
    assert slices[-1].until_date == TODAY


def test_a_query_is_one_slice(source):
    (piece,) = source.plan(HarvestRequest(query='all:"tea  pot"', categories=("cs.CL", "cs.LG")), {}, TODAY)
    assert piece.query == '(all:"tea pot") AND (cat:cs.CL OR cat:cs.LG)'
    (dated,) = source.plan(HarvestRequest(query="tea", from_date=date(2024, 1, 1)), {}, TODAY)
    assert (dated.from_date, dated.until_date) == (date(2024, 1, 1), TODAY)


def test_a_dated_query_asks_for_both(source, client, replay_server, replay, walk):
    (piece,) = source.plan(HarvestRequest(query="a OR b", from_date=TODAY, until_date=TODAY), {}, TODAY)
    replay_server.on(API, replay.arxiv_feed([], total=0))
    walk(source, piece, client)
    expected = "(a OR b) AND submittedDate:[202403310000 TO 202403312359]"
    assert replay_server.requests[0].query["search_query"] == expected


@pytest.mark.parametrize(
    "request_",
    [
        HarvestRequest(categories=("cs.CL OR all:x",)),
        HarvestRequest(categories=("",)),
        HarvestRequest(query="  "),
        HarvestRequest(from_date=date(2024, 2, 1), until_date=date(2024, 1, 1)),
        HarvestRequest(query="x", from_date=date(2024, 2, 1), until_date=date(2024, 1, 1)),
        HarvestRequest(from_date=date(2025, 1, 1)),
    ],
)
def test_requests_that_make_no_sense_are_refused(source, request_):
    with pytest.raises(ConfigurationError):
        source.plan(request_, {}, TODAY)


@given(st.text(max_size=60))
def test_any_text_is_a_position_or_refused(text):
    try:
        place = ArxivPosition.from_text(text)
    except ConfigurationError:
        return
    assert ArxivPosition.from_text(place.text) == place


@given(
    st.integers(0, 30_000),
    st.none() | st.integers(1, 40_000),
    st.datetimes(datetime(1991, 8, 14), datetime(2100, 1, 1)),
    st.integers(0, 100_000),
    st.integers(0, 3),
    st.booleans(),
)
def test_positions_come_back_as_they_were(start, total, first, minutes, restarts, whole):
    first = first.replace(second=0, microsecond=0, tzinfo=UTC)
    last = first + timedelta(minutes=minutes)
    place = ArxivPosition(
        start, first, last, last, total, "0123456789ab" if total else "", restarts, "20240102", whole
    )
    assert ArxivPosition.from_text(place.text) == place


def _span(first, last):
    while first <= last:
        yield first
        first += timedelta(days=1)
