from __future__ import annotations

from datetime import timedelta

import pytest

from db.harvests import (
    LEASE_DURATION,
    LeaseHeldError,
    acquire_lease,
    begin_run,
    count_page,
    finish_run,
    get_cursor,
    list_rejects,
    list_runs,
    move_cursor,
    release_lease,
    source_states,
    watermarks,
)
from db.papers import PageCounts, store_page
from foundation.errors import RefusedInputError
from papers.record import RejectedRecord, WireRecord

HOUR = timedelta(hours=1)


def test_two_harvests_of_one_source_exclude_each_other(store, now) -> None:
    with store.write() as session:
        acquire_lease(session, "arxiv", "first", at=now)
        acquire_lease(session, "pmlr", "second", at=now)
    with pytest.raises(LeaseHeldError, match="another harvest of arxiv") as caught, store.write() as session:
        acquire_lease(session, "arxiv", "second", at=now)
    assert caught.value.exit_code == 3
    with store.write() as session:
        release_lease(session, "arxiv", "second", at=now)  # not theirs
    with pytest.raises(LeaseHeldError), store.write() as session:
        acquire_lease(session, "arxiv", "second", at=now)
    with store.write() as session:
        release_lease(session, "arxiv", "first", at=now)
        acquire_lease(session, "arxiv", "second", at=now)


def test_a_crashed_holders_lease_expires_and_a_renewed_one_does_not(store, now) -> None:
    with store.write() as session:
        acquire_lease(session, "arxiv", "first", at=now)
        acquire_lease(session, "arxiv", "first", at=now + LEASE_DURATION / 2)
    with pytest.raises(LeaseHeldError), store.write() as session:
        acquire_lease(session, "arxiv", "second", at=now + LEASE_DURATION)
    with store.write() as session:
        acquire_lease(session, "arxiv", "second", at=now + LEASE_DURATION * 1.5)
    with pytest.raises(LeaseHeldError), store.write() as session:
        acquire_lease(session, "arxiv", "first", at=now + LEASE_DURATION * 1.6)


def test_a_run_counts_its_pages(store, now) -> None:
    with store.write() as session:
        run = begin_run(session, "arxiv", "cs.CL", at=now)
        count_page(session, run, PageCounts(new=2, rejected=1), expected=9)
        count_page(session, run, PageCounts(unchanged=3, linked=1), expected=7)
        finish_run(session, run, state="partial", reason="429 too often", at=now + HOUR)
    with store.read() as session:
        (row,) = list_runs(session)
        assert (row.pages, row.fetched, row.new, row.rejected, row.unchanged, row.linked) == (
            2,
            7,
            2,
            1,
            3,
            1,
        )
        assert (row.expected, row.state, row.reason, row.finished_at) == (
            9,
            "partial",
            "429 too often",
            now + HOUR,
        )


def test_counts_may_come_at_the_end(store, now) -> None:
    with store.write() as session:
        run = begin_run(session, "arxiv", "file", at=now)
        finish_run(session, run, state="complete", counts={"fetched": 5, "new": 4, "rejected": 1}, at=now)
        with pytest.raises(RefusedInputError, match="no such count"):
            finish_run(session, run, state="complete", counts={"newer": 1}, at=now)
        with pytest.raises(RefusedInputError, match="cannot end"):
            finish_run(session, run, state="running", at=now)
        with pytest.raises(RefusedInputError, match="no such run"):
            finish_run(session, 99, state="complete", at=now)
    with store.read() as session:
        assert (list_runs(session)[0].fetched, list_runs(session, source="x")) == (5, [])


def test_a_run_that_never_ended_is_closed_by_the_next(store, now) -> None:
    with store.write() as session:
        begin_run(session, "arxiv", "cs.CL", at=now)
    with store.write() as session:
        begin_run(session, "arxiv", "cs.CL", at=now + HOUR)
    with store.read() as session:
        assert [(run.state, run.reason[:11]) for run in list_runs(session)] == [
            ("running", ""),
            ("partial", "interrupted"),
        ]


def test_the_cursor_moves_with_the_rows_or_not_at_all(store, record, page, now) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
        move_cursor(session, "arxiv", "cs.CL", position="100", page_digest="d", at=now)
        raise RuntimeError
    with store.read() as session:
        assert get_cursor(session, "arxiv", "cs.CL") is None
        assert source_states(session) == {}
    with store.write() as session:
        move_cursor(session, "arxiv", "cs.CL", position="100", page_digest="d1", etag="e", at=now)
    with store.write() as session:
        move_cursor(
            session,
            "arxiv",
            "cs.CL",
            position=None,
            page_digest="d2",
            complete=True,
            watermark="2026-01-01",
            at=now,
        )
        move_cursor(session, "arxiv", "cs.LG", position="5", at=now)
    with store.read() as session:
        cursor = get_cursor(session, "arxiv", "cs.CL")
        assert cursor is not None
        assert (cursor.position, cursor.page_digest, cursor.complete) == (None, "d2", True)
        assert (cursor.watermark, cursor.etag) == ("2026-01-01", "e")
        assert watermarks(session, "arxiv") == {"cs.CL": "2026-01-01"}
    with store.write() as session:  # a later harvest begins, and must not forget what was proven
        move_cursor(session, "arxiv", "cs.CL", position="7", at=now)
    with store.read() as session:
        assert watermarks(session, "arxiv") == {"cs.CL": "2026-01-01"}


def test_only_a_complete_slice_moves_the_mark(store, now) -> None:
    with store.write() as session:
        with pytest.raises(RefusedInputError, match="watermark"):
            move_cursor(session, "arxiv", "x", position="1", watermark="2026", at=now)
        with pytest.raises(RefusedInputError, match="no next page"):
            move_cursor(session, "arxiv", "x", position="1", complete=True, at=now)


def test_a_sources_state_is_the_gravest_of_its_latest_harvest(store, record, page, now) -> None:
    with store.write() as session:
        acquire_lease(session, "arxiv", "a", at=now)
        failed = begin_run(session, "arxiv", "old", at=now)
        finish_run(session, failed, state="failed", reason="403", at=now)
        release_lease(session, "arxiv", "a", at=now)
    with store.read() as session:
        assert source_states(session)["arxiv"].state == "failed"
    later = now + HOUR
    with store.write() as session:
        acquire_lease(session, "arxiv", "b", at=later)
        for slice_key, state, reason in (("x", "complete", ""), ("y", "partial", "429")):
            run = begin_run(session, "arxiv", slice_key, at=later)
            finish_run(session, run, state=state, reason=reason, at=later)
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
    with store.read() as session:
        state = source_states(session)["arxiv"]
        assert (state.state, state.reason, state.last_complete, state.papers) == ("partial", "429", later, 1)
    with store.write() as session:
        begin_run(session, "arxiv", "y", at=later)
    with store.read() as session:
        assert source_states(session)["arxiv"].state == "running"
        assert source_states(session, at=later + LEASE_DURATION)["arxiv"].state == "partial"


def test_rejects_are_listed(store, page, now) -> None:
    wire = WireRecord("arxiv", "x", "https://a.example/", now, "text/xml", b"bad")
    with store.write() as session:
        store_page(session, page(rejects=(RejectedRecord(wire, "no title"),)), at=now)
    with store.read() as session:
        (row,) = list_rejects(session)
        assert (row.reason, row.payload, row.media_type) == ("no title", b"bad", "text/xml")
        assert list_rejects(session, source="pmlr") == []
