"""Snapshots, the schedule's memory and saved searches, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from db.links import link, store_and_link
from db.papers import find_paper
from db.schedule import (
    SourceSchedule,
    cancel_request,
    finish_request,
    list_requests,
    put_schedule_state,
    request_harvest,
    schedule_states,
    take_requests,
    waiting_requests,
)
from db.searches import (
    delete_search,
    find_search,
    found_papers,
    list_searches,
    mark_found,
    mark_shown,
    save_search,
)
from db.snapshots import add_snapshot, find_snapshot, list_snapshots, snapshot_counts
from db.tables import SNAPSHOT
from foundation.errors import RefusedInputError, StoreError

DAY = timedelta(days=1)


def test_a_snapshot_is_kept_as_it_was_written(store, now) -> None:
    counts = b'{"cells": [1, 2, 3]}' * 100
    with store.write() as session:
        for at in (now, now + DAY):
            add_snapshot(
                session, counts, as_of=at, taxonomy_version="1.0", classifier=None, papers=3, relevant=2,
                reason="refresh",
            )  # fmt: skip
    with store.read() as session:
        second, first = list_snapshots(session)
        assert (first.id, first.as_of, second.as_of) == (1, now, now + DAY)
        assert first.digest == second.digest
        assert find_snapshot(session, 1) == first
        assert find_snapshot(session, 9) is None
        assert snapshot_counts(session, 1) == counts
        with pytest.raises(StoreError, match="no such snapshot"):
            snapshot_counts(session, 9)
    with store.write() as session:
        session.connection().execute(update(SNAPSHOT).values(payload=b"other"))
    with store.read() as session, pytest.raises(StoreError, match="not as it was written"):
        snapshot_counts(session, 1)


def test_the_schedule_remembers_each_source(store, now) -> None:
    with store.write() as session:
        put_schedule_state(session, SourceSchedule("arxiv", now, failures=2, reason="a\x00b"))
        put_schedule_state(session, SourceSchedule("arxiv", now + DAY, state="complete"))
        put_schedule_state(session, SourceSchedule("pmlr", now))
    with store.read() as session:
        states = schedule_states(session)
    assert states["arxiv"] == SourceSchedule("arxiv", now + DAY, state="complete")
    assert list(states) == ["arxiv", "pmlr"]


def test_a_request_can_be_taken_back_until_it_is_taken(store, now) -> None:
    with store.write() as session:
        first = request_harvest(session, by="app", at=now)
        assert cancel_request(session, first.id, by="ada", at=now)
        assert not cancel_request(session, first.id, by="ada", at=now)
        assert take_requests(session, by="one", at=now) == []
        second = request_harvest(session, by="app", at=now)
        assert second.id != first.id
        take_requests(session, by="one", at=now)
        assert not cancel_request(session, second.id, by="ada", at=now)
        assert not cancel_request(session, 99, by="ada", at=now)
    with store.read() as session:
        running, taken_back = list_requests(session)
    assert (running.state, taken_back.state, taken_back.reason) == (
        "running",
        "cancelled",
        "taken back by ada",
    )
    assert taken_back.finished_at == now


def test_a_request_is_taken_once_and_taken_up_again_where_its_taker_died(store, now) -> None:
    with store.write() as session:
        first = request_harvest(session, by="app", at=now, sources=["pmlr", "arxiv"])
        again = request_harvest(session, by="app", at=now + DAY, sources=["arxiv", "pmlr"])
        other = request_harvest(session, by="app", at=now)
    assert (again, other.sources) == (first, ())
    with store.write() as session:
        assert [wish.id for wish in take_requests(session, by="one", at=now)] == [first.id, other.id]
        assert waiting_requests(session) == []
        finish_request(session, first.id, state="complete", reason="", at=now)
    with store.write() as session:  # "one" died before the second
        assert [wish.id for wish in take_requests(session, by="two", at=now)] == [other.id]
        with pytest.raises(RefusedInputError, match="cannot end"):
            finish_request(session, other.id, state="running", reason="", at=now)
        finish_request(session, other.id, state="failed", reason="blocked", at=now)
        newest, oldest = list_requests(session)
    assert (newest.state, newest.taken_by, newest.reason) == ("failed", "two", "blocked")
    assert (oldest.state, oldest.finished_at) == ("complete", now)


@pytest.fixture
def papers(store, record, page, now) -> list[int]:
    with store.write() as session:
        store_and_link(
            session,
            page(*(record("arxiv", f"2303.0000{n}", f"2303.0000{n}", title=f"Tea {n}") for n in (1, 2, 3))),
            at=now,
        )
    return [1, 2, 3]


def test_a_paper_is_news_once(store, papers, now) -> None:
    with store.write() as session:
        search = save_search(session, " Tea  papers ", {"words": "tea"}, at=now)
        assert mark_found(session, search.id, [1], at=None) == []
    with store.write() as session:
        assert mark_found(session, search.id, [1, 2], at=now) == [2]
        assert mark_found(session, search.id, [1, 2], at=now + DAY) == []
        assert mark_found(session, search.id, [3, 2], at=now + DAY) == [3]
    with store.read() as session:
        assert found_papers(session, search.id) == [(3, now + DAY), (2, now)]
        assert found_papers(session, search.id, after=now) == [(3, now + DAY)]
        assert found_papers(session, search.id, until=now) == [(2, now)]
        assert found_papers(session, search.id, limit=1) == [(3, now + DAY)]
        assert find_search(session, "Tea papers") == search
    with store.write() as session:
        assert mark_shown(session, search.id, at=now) == 2
        assert found_papers(session, search.id, unshown_only=True) == []
        assert mark_shown(session, search.id, at=now) == 0


def test_a_paper_that_is_joined_with_another_is_not_news_again(store, papers, record, page, now) -> None:
    with store.write() as session:
        search = save_search(session, "tea", {}, at=now)
        assert mark_found(session, search.id, [3], at=now) == [3]
    with store.write() as session:
        venue = record("acl_anthology", "2023.acl-long.9", "acl:2023.acl-long.9", title="Another title")
        store_and_link(session, page(venue), at=now)
        # The older row stays: the paper that was found goes on under another row id and another key.
        link(session, "arxiv:2303.00001", "arxiv:2303.00003", by="me", at=now)
        link(session, "acl:2023.acl-long.9", "arxiv:2303.00001", by="me", at=now)
        joined = find_paper(session, "arxiv:2303.00003")
        assert joined is not None
        assert joined.id != 3
        assert mark_found(session, search.id, [joined.id], at=now + DAY) == []
        assert found_papers(session, search.id) == [(joined.id, now)]


def test_searches_have_names_of_their_own_and_can_be_forgotten(store, papers, now) -> None:
    with store.write() as session:
        search = save_search(session, "tea", {"words": "tea"}, at=now)
        mark_found(session, search.id, [1], at=now)
        for name in ("tea", "  ", "x" * 101):
            with pytest.raises(RefusedInputError):
                save_search(session, name, {}, at=now)
        assert [each.criteria for each in list_searches(session)] == [{"words": "tea"}]
        assert delete_search(session, "tea")
        assert not delete_search(session, "tea")
        assert list_searches(session) == []
