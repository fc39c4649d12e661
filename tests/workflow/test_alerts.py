"""What is new to a saved search is told once, and never again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.searches import list_searches, mark_shown
from foundation.errors import RefusedInputError
from landscape.saved_search import search_news
from taxonomy.loader import load_taxonomy
from workflow.alerts import AlertCount, add_search, collect_alerts

RAG, SAFETY = "inference/context/rag", "add-ons/evaluation/safety"
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _unshown(store, at: datetime) -> list[str]:
    """Titles that are new to the reader; seen from then on."""
    with store.read() as session:
        (search,) = list_searches(session)
        news = search_news(session, load_taxonomy(), search, unshown_only=True)
    with store.write() as session:
        mark_shown(session, search.id, at=at)
    return [row.title for row, _ in news.papers]


def test_what_is_found_when_a_search_is_saved_is_its_beginning(store, arrivals) -> None:
    arrivals.add(1, 2, topic=RAG, at=NOW)
    add_search(store, load_taxonomy(), "rag", {"topic": RAG}, at=NOW)
    assert collect_alerts(store, load_taxonomy(), at=NOW + HOUR) == ()
    assert _unshown(store, NOW + HOUR) == []


def test_news_is_told_once_and_shown_once(store, arrivals) -> None:
    add_search(store, load_taxonomy(), "rag", {"topic": RAG}, at=NOW)
    arrivals.add(1, 2, topic=RAG, at=NOW + HOUR)
    arrivals.add(3, topic=SAFETY, at=NOW + HOUR)
    assert collect_alerts(store, load_taxonomy(), at=NOW + HOUR) == (AlertCount("rag", 2),)
    assert collect_alerts(store, load_taxonomy(), at=NOW + 2 * HOUR) == ()
    assert sorted(_unshown(store, NOW + 2 * HOUR)) == ["Invented paper 1", "Invented paper 2"]
    assert _unshown(store, NOW + 3 * HOUR) == []
    # The same papers, met again with another title and re-labelled, are no news.
    arrivals.add(1, 2, topic=RAG, at=NOW + 4 * HOUR, title="Retitled")
    assert collect_alerts(store, load_taxonomy(), at=NOW + 4 * HOUR) == ()
    arrivals.add(4, topic=RAG, at=NOW + 5 * HOUR)
    assert collect_alerts(store, load_taxonomy(), at=NOW + 5 * HOUR) == (AlertCount("rag", 1),)
    assert _unshown(store, NOW + 6 * HOUR) == ["Invented paper 4"]


def test_a_paper_that_leaves_and_comes_back_is_no_news(store, arrivals) -> None:
    add_search(store, load_taxonomy(), "rag", {"topic": RAG}, at=NOW)
    arrivals.add(1, topic=RAG, at=NOW + HOUR)
    assert collect_alerts(store, load_taxonomy(), at=NOW + HOUR) == (AlertCount("rag", 1),)
    arrivals.add(1, topic=SAFETY, at=NOW + 2 * HOUR, title="Other")
    assert collect_alerts(store, load_taxonomy(), at=NOW + 2 * HOUR) == ()
    arrivals.add(1, topic=RAG, at=NOW + 3 * HOUR, title="Again other")
    assert collect_alerts(store, load_taxonomy(), at=NOW + 3 * HOUR) == ()


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"cell": "inference/context"}, {1, 2}),
        ({"topic": SAFETY}, {3}),
        ({"venues": ["ICML"]}, {2}),
        ({"words": "unheard"}, {3}),
        ({"year_from": 2027}, set()),
        ({"minimum_score": 0.95}, set()),
        ({"sources": ["arxiv"], "topic": RAG, "venues": ["ACL"]}, {1}),
    ],
)
def test_every_filter_of_a_search_holds(store, arrivals, criteria, found) -> None:
    add_search(store, load_taxonomy(), "s", criteria, at=NOW)
    arrivals.add(1, topic=RAG, at=NOW + HOUR)
    arrivals.add(2, topic=RAG, at=NOW + HOUR, venue="ICML")
    arrivals.add(3, topic=SAFETY, at=NOW + HOUR, title="Unheard of paper")
    counts = collect_alerts(store, load_taxonomy(), at=NOW + HOUR)
    assert sum(each.papers for each in counts) == len(found)
    with store.read() as session:
        (search,) = list_searches(session)
        news = search_news(session, load_taxonomy(), search)
    assert {int(row.title.split()[-1]) for row, _ in news.papers} == found


@pytest.mark.parametrize(
    ("criteria", "named"),
    [
        ({"colour": "blue"}, "colour"),
        ({"minimum_score": 2}, "minimum_score"),
        ({"topic": "inference/context/nowhere"}, "nowhere"),
        ({"cell": "nowhere"}, "nowhere"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused_by_name(store, criteria, named) -> None:
    with pytest.raises(RefusedInputError) as told:
        add_search(store, load_taxonomy(), "s", criteria, at=NOW)
    assert named in str(told.value)


def test_two_searches_of_one_name_are_refused(store) -> None:
    add_search(store, load_taxonomy(), "s", {"words": "one"}, at=NOW)
    with pytest.raises(RefusedInputError):
        add_search(store, load_taxonomy(), "s", {"words": "two"}, at=NOW)
