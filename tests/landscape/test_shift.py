"""The share of language-model papers by venue and year, and years in place of quarters."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from landscape.harvested import QuarterCoverage, in_all
from landscape.shift import NO_EDITION, take_shift
from landscape.trends import by_year, take_trends, trend_base, trends_of
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

RAG, CELL = "inference/context/rag", "inference/context"
TODAY = date(2026, 11, 21)
numbers = count()


def fill(builder, relevant: int, others: int, published: date, *, source: str, venue: str, waiting: int = 0):
    run = builder.run()
    for number in range(relevant + others + waiting):
        paper = builder.paper(f"Paper {next(numbers)}", published=published, source=source, venue=venue)
        if number < relevant:
            builder.label(paper, CELL, topics=[RAG], run_id=run)
        elif number < relevant + others:
            builder.label(paper, run_id=run)


def test_share_of_classified_papers_by_venue_and_year_with_interval(builder) -> None:
    fill(builder, 20, 40, date(2022, 5, 1), source="acl_anthology", venue="ACL", waiting=3)
    fill(builder, 45, 15, date(2024, 7, 1), source="acl_anthology", venue="ACL")
    fill(builder, 10, 10, date(2022, 5, 1), source="acl_anthology", venue="TACL")  # too few for a line
    with builder.read() as session:
        shift = take_shift(session, load_taxonomy(), today=TODAY)
    (venue,) = shift.venues
    assert (shift.years, venue.venue, venue.n_classified) == ((2022, 2023, 2024), "ACL", 120)
    first, second, third = venue.points
    assert (first.n_relevant, first.n_classified, first.share) == (20, 60, pytest.approx(1 / 3))
    assert first.low is not None
    assert first.high is not None
    assert first.low < 1 / 3 < first.high
    assert (second.share, second.harvested) == (None, "none")
    assert "never harvested" in second.note
    assert third.share == pytest.approx(0.75)
    assert shift.n_unclassified == 3


def test_a_year_in_which_a_venue_did_not_meet_is_no_gap(builder) -> None:
    for year in (2022, 2024):
        fill(builder, 30, 20, date(year, 7, 1), source="acl_anthology", venue="NAACL")
    with builder.read() as session:
        (venue,) = take_shift(session, load_taxonomy(), today=TODAY).venues
    assert (venue.points[1].harvested, venue.points[1].note) == ("whole", NO_EDITION)


def test_papers_of_the_library_alone_say_nothing_of_a_venue(builder) -> None:
    fill(builder, 60, 0, date(2022, 5, 1), source="library", venue="ACL")
    with builder.read() as session:
        shift = take_shift(session, load_taxonomy(), today=TODAY)
    assert (shift.years, shift.venues) == ((), ())


def test_a_least_confidence_does_not_touch_the_share(builder) -> None:
    fill(builder, 30, 30, date(2022, 5, 1), source="jsonl", venue="arXiv")
    with builder.read() as session:
        taxonomy = load_taxonomy()
        shares = [
            take_shift(session, taxonomy, filter=LandscapeFilter(minimum_score=score), today=TODAY)
            .venues[0].points[0].share
            for score in (0.0, 0.99)
        ]  # fmt: skip
    assert shares == [0.5, 0.5]


def test_years_add_up_quarters_and_are_whole_where_each_is(builder) -> None:
    for month in (2, 5, 8, 11):
        fill(builder, 20, 0, date(2024, month, 1), source="jsonl", venue="arXiv")
    fill(builder, 20, 0, date(2025, 2, 1), source="jsonl", venue="arXiv")
    fill(builder, 20, 0, date(2025, 8, 1), source="jsonl", venue="arXiv")
    with builder.read() as session:
        trends = take_trends(session, load_taxonomy(), places=[RAG], today=TODAY)
    (trend,) = by_year(trends.trends)
    assert [(point.label, point.n_papers, point.share, point.harvested) for point in trend.points] == [
        ("2024", 80, 1.0, "whole"), ("2025", 40, 1.0, "part"),
    ]  # fmt: skip
    assert trend.points[1].note == "2025 Q2: jsonl: no paper"
    assert trend.n_papers == trends.trends[0].n_papers


def test_one_reading_serves_every_split_alike(builder) -> None:
    fill(builder, 60, 0, date(2024, 2, 1), source="jsonl", venue="arXiv")
    fill(builder, 60, 0, date(2024, 7, 1), source="acl_anthology", venue="ACL")
    taxonomy = load_taxonomy()
    with builder.read() as session:
        base = trend_base(session, taxonomy, today=TODAY)
        for split in ("none", "source", "venue"):
            alone = take_trends(session, taxonomy, kind="cell", split_by=split, today=TODAY)
            assert trends_of(base, taxonomy, kind="cell", split_by=split) == alone


def test_parts_together_are_whole_only_where_each_is() -> None:
    whole, part, none = (QuarterCoverage(state, state) for state in ("whole", "part", "none"))
    assert in_all({}).state == "none"
    assert in_all({"a": whole, "b": none}) == QuarterCoverage("part", "a: whole; b: none")
    assert in_all({"a": none}).state == "none"
    assert in_all({"a": whole, "b": part}).state == "part"
