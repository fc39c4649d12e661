from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from foundation.errors import RefusedInputError
from landscape.grid import take_snapshot
from landscape.history import take_history
from landscape.quarters import Quarter, arxiv_month, quarter_of, quarters_between
from landscape.trends import ALL, take_trends
from taxonomy.loader import load_taxonomy

RAG, SAFETY = "inference/context/rag", "add-ons/evaluation/safety"
TODAY = date(2026, 11, 21)
numbers = count()


def fill(builder, topic, papers, published, *, source="jsonl", venue="arXiv", **options) -> None:
    run = builder.run()
    for _ in range(papers):
        paper = builder.paper(
            f"Paper {next(numbers)}", published=published, source=source, venue=venue, **options
        )
        builder.label(paper, topic.rpartition("/")[0], topics=[topic], run_id=run)


def test_quarters() -> None:
    assert quarter_of(date(2023, 12, 31)) == Quarter(2023, 4)
    assert [each.label for each in quarters_between(Quarter(2023, 3), Quarter(2024, 1))] == [
        "2023 Q3", "2023 Q4", "2024 Q1",
    ]  # fmt: skip
    assert (Quarter(2024, 1).first_day, Quarter(2024, 1).last_day) == (date(2024, 1, 1), date(2024, 3, 31))


@pytest.mark.parametrize(
    ("name", "month"),
    [("2303.17564", date(2023, 3, 1)), ("hep-th/9901001", date(1999, 1, 1)),
     ("math.GT/0309136", date(2003, 9, 1)), ("2313.00001", None), ("nothing", None)],
)  # fmt: skip
def test_an_arxiv_id_tells_its_month(name: str, month: date | None) -> None:
    assert arxiv_month(name) == month


def test_shares_by_quarter_with_intervals_and_gaps(builder) -> None:
    for month in (2, 5, 11):
        fill(builder, RAG, 5 if month < 11 else 15, date(2025, month, 1))
        fill(builder, SAFETY, 15 if month < 11 else 5, date(2025, month, 1))
    with builder.read() as session:
        trends = take_trends(session, load_taxonomy(), places=[RAG], today=TODAY)
    (trend,) = trends.trends
    assert (trend.group, trend.n_papers) == (ALL, 25)
    assert [(point.n_papers, point.n_relevant, point.share) for point in trend.points] == [
        (5, 20, 0.25), (5, 20, 0.25), (0, 0, None), (15, 20, 0.75),
    ]  # fmt: skip
    assert [point.harvested for point in trend.points] == ["whole", "whole", "none", "whole"]
    assert trend.points[2].note == "jsonl: no paper"
    first = trend.points[0]
    assert first.low is not None
    assert first.high is not None
    assert first.low < 0.25 < first.high


def test_a_quarter_that_is_thin_or_not_over_is_no_trend(builder) -> None:
    for month, papers in ((2, 40), (5, 40), (8, 3), (11, 40)):
        fill(builder, RAG, papers, date(2025, month, 1))
    with builder.read() as session:
        (trend,) = take_trends(session, load_taxonomy(), places=[RAG], today=date(2025, 11, 21)).trends
    assert [point.harvested for point in trend.points] == ["whole", "whole", "part", "part"]
    assert "3 papers where 40 are usual" in trend.points[2].note
    assert "is not over" in trend.points[3].note


def test_a_missing_conference_leaves_a_gap_in_its_quarter(builder) -> None:
    source = "acl_anthology"
    fill(builder, RAG, 60, date(2022, 5, 1), source=source, venue="ACL")
    fill(builder, RAG, 60, date(2023, 7, 1), source=source, venue="ACL")
    with builder.read() as session:
        (trend,) = take_trends(session, load_taxonomy(), places=[RAG], split_by="source", today=TODAY).trends
    by_quarter = {point.quarter.label: point for point in trend.points}
    assert "emnlp-2022 is missing" in by_quarter["2022 Q4"].note
    assert by_quarter["2022 Q4"].harvested == "none"
    assert "acl-2023 has 60 of" in by_quarter["2023 Q3"].note


def test_split_by_venue_leaves_small_venues_out(builder) -> None:
    fill(builder, RAG, 50, date(2025, 2, 1), venue="arXiv")
    fill(builder, RAG, 3, date(2025, 2, 1), venue="Tiny")
    with builder.read() as session:
        trends = take_trends(session, load_taxonomy(), kind="cell", split_by="venue", today=TODAY)
    assert {trend.group for trend in trends.trends} == {"arXiv"}
    assert len(trends.trends) == 18
    assert trends.of("inference/context")[0].n_papers == 50


def test_unknown_places_are_refused(builder) -> None:
    with builder.read() as session, pytest.raises(RefusedInputError, match="no such topic"):
        take_trends(session, load_taxonomy(), places=["inference/context/nothing"])


def test_the_last_frame_of_a_history_is_the_landscape(builder) -> None:
    fill(builder, RAG, 4, date(2025, 2, 1))
    fill(builder, SAFETY, 3, date(2025, 8, 1))
    off = builder.paper("Off the subject", published=date(2025, 5, 5), source="jsonl", venue="arXiv")
    builder.label(off)
    undated = builder.paper("Undated", published=None, year=2025, source="jsonl", venue="arXiv")
    builder.label(undated, "inference/context")
    with builder.read() as session:
        history = take_history(session, load_taxonomy(), today=TODAY)
        quarterly = take_history(session, load_taxonomy(), kind="quarterly", today=TODAY)
        whole = take_snapshot(session, load_taxonomy())
    assert [frame.quarter.label for frame in history.frames] == ["2025 Q1", "2025 Q2", "2025 Q3"]
    assert [frame.snapshot.relevant for frame in history.frames] == [4, 4, 7]
    assert [frame.snapshot.relevant for frame in quarterly.frames] == [4, 0, 3]
    assert [frame.n_new for frame in history.frames] == [4, 0, 3]
    assert history.n_undated == 1  # the builder's ids are bare row numbers: no month can be told
    last = history.frames[-1].snapshot
    assert (last.relevant, whole.relevant) == (7, 8)
    assert last.topic(RAG).n_papers == whole.topic(RAG).n_papers
    assert last.not_relevant == 1


def test_an_empty_store_has_no_history(builder) -> None:
    with builder.read() as session:
        assert take_history(session, load_taxonomy()).frames == ()
        assert take_trends(session, load_taxonomy(), places=[RAG]).quarters == ()
