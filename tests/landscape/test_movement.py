from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from foundation.errors import RefusedInputError
from landscape.movement import take_movement
from taxonomy.loader import load_taxonomy

A, B = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RAG, SAFETY = "inference/context/rag", "add-ons/evaluation/safety"
numbers = count()


def fill(builder, topic, papers, *, seen, published, source="arxiv", venue="arXiv") -> list[int]:
    run = builder.run(at=seen)
    found = []
    for _ in range(papers):
        paper = builder.paper(
            f"Paper {next(numbers)}", published=published, first_seen=seen, source=source, venue=venue
        )
        cell = topic.rpartition("/")[0]
        builder.label(paper, cell, topics=[topic], at=seen, run_id=run)
        found.append(paper)
    return found


def direction(movement) -> dict[str, str]:
    return {topic.id: topic.direction for topic in movement.topics if topic.n_after}


def test_a_share_that_doubled_is_rising_and_the_other_fading(builder) -> None:
    old, new = date(2026, 6, 1), date(2026, 10, 10)
    fill(builder, RAG, 20, seen=A - DAY, published=old)
    fill(builder, SAFETY, 60, seen=A - DAY, published=old)
    fill(builder, RAG, 30, seen=B - DAY, published=new)
    fill(builder, SAFETY, 20, seen=B - DAY, published=new)
    with builder.read() as session:
        movement = take_movement(session, load_taxonomy(), A, B)
    assert direction(movement) == {RAG: "rising", SAFETY: "fading"}
    (rag,) = movement.moved("rising")
    assert (rag.n_before, rag.n_after, rag.n_arrived) == (20, 50, 30)
    assert (rag.observed, rag.expected, rag.ratio) == (30, 12.5, 2.4)
    assert rag.share_before == 0.25
    assert (movement.n_new, len(movement.papers)) == (50, 50)
    assert movement.papers[0].published == new


def test_a_venue_harvested_for_the_first_time_is_no_trend(builder) -> None:
    """All of what arrived is of one topic, and yet nothing is known of that venue's past."""
    fill(builder, RAG, 20, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, SAFETY, 60, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, RAG, 50, seen=B - DAY, published=date(2026, 10, 1), source="acl_anthology", venue="TACL")
    with builder.read() as session:
        movement = take_movement(session, load_taxonomy(), A, B)
    assert direction(movement) == {RAG: "untested", SAFETY: "untested"}
    assert not movement.comparable
    assert [(each.name, each.n_base, each.n_new) for each in movement.strata] == [
        ("acl_anthology TACL", 0, 50),
        ("arxiv arXiv", 80, 0),
    ]


def test_old_papers_that_came_late_are_no_trend(builder) -> None:
    fill(builder, RAG, 20, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, SAFETY, 60, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, RAG, 50, seen=B - DAY, published=date(2025, 1, 1))
    with builder.read() as session:
        movement = take_movement(session, load_taxonomy(), A, B)
    assert (movement.n_new, movement.n_late) == (50, 50)
    assert direction(movement)[RAG] == "untested"


def test_a_new_model_re_labels_and_is_no_trend(builder) -> None:
    fill(builder, SAFETY, 60, seen=A - DAY, published=date(2026, 6, 1))
    old = fill(builder, RAG, 20, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, SAFETY, 60, seen=B - 2 * DAY, published=date(2026, 10, 2))
    new = fill(builder, RAG, 20, seen=B - 2 * DAY, published=date(2026, 10, 2))
    run = builder.run(digest="e" * 64, at=B - DAY)
    for paper in old + new:
        builder.label(paper, "inference/context", run_id=run, at=B - DAY)
    with builder.read() as session:
        movement = take_movement(session, load_taxonomy(), A, B)
    rag = next(topic for topic in movement.topics if topic.id == RAG)
    assert (rag.n_before, rag.n_after, rag.n_lost, rag.n_arrived) == (20, 0, 20, 0)
    assert rag.direction == "untested"
    assert movement.n_relabelled == 20
    first = movement.relabelled[0]
    assert (first.topics_before, first.topics_after) == ((RAG,), ())
    assert first.cell_before == first.cell_after == "inference/context"
    assert direction(movement) == {SAFETY: "steady"}


def test_by_publication_nothing_hangs_on_when_the_store_learnt_of_it(builder) -> None:
    seen = B - DAY
    fill(builder, RAG, 20, seen=seen, published=date(2026, 6, 1))
    fill(builder, SAFETY, 60, seen=seen, published=date(2026, 6, 1))
    fill(builder, RAG, 40, seen=seen, published=date(2026, 10, 10))
    fill(builder, SAFETY, 20, seen=seen, published=date(2026, 10, 10))
    fill(builder, SAFETY, 9, seen=seen, published=None)
    with builder.read() as session:
        known = take_movement(session, load_taxonomy(), A, B)
        published = take_movement(session, load_taxonomy(), A, B, by="published")
    assert not known.comparable
    assert (known.papers_before, known.n_undated) == (0, 9)
    assert direction(published) == {RAG: "rising", SAFETY: "fading"}
    assert (published.papers_before, published.papers_after) == (80, 140)


def test_a_topic_that_had_no_paper_is_new(builder) -> None:
    fill(builder, SAFETY, 5, seen=A - DAY, published=date(2026, 6, 1))
    fill(builder, RAG, 1, seen=B - DAY, published=date(2026, 10, 10))
    with builder.read() as session:
        movement = take_movement(session, load_taxonomy(), A, B)
    assert [topic.id for topic in movement.moved("new")] == [RAG]
    plain = movement.as_json()
    assert plain["before"] == "2026-10-01T00:00:00+00:00"
    assert plain["papers"][0]["topics"] == [RAG]


def test_swapped_moments_are_refused(builder) -> None:
    with builder.read() as session, pytest.raises(RefusedInputError, match="does not lie after"):
        take_movement(session, load_taxonomy(), B, A)
