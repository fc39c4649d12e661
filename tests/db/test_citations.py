"""Citation counts in the store, on both databases."""

from __future__ import annotations

from datetime import timedelta

from db.citations import CitationChange, citation_counts, due_for_counting, keep_counts
from db.papers import find_paper, store_page

NAME = ("arxiv", "2303.00001")


def test_counts_are_kept_renewed_and_read(store, record, page, now) -> None:
    with store.write() as session:
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
        assert due_for_counting(session, "s", ("doi", "arxiv"), before=now, limit=5) == [NAME]
        assert keep_counts(session, "s", [(NAME, 4)], at=now) == CitationChange(new=1)
        assert keep_counts(session, "s", [(NAME, 4)], at=now) == CitationChange(unchanged=1)
        assert keep_counts(session, "s", [(NAME, 6)], at=now) == CitationChange(updated=1)
    with store.read() as session:
        paper = find_paper(session, "2303.00001")
        (found,) = citation_counts(session, [paper.id]).values()
        assert (found.count, found.service, found.retrieved_at) == (6, "s", now)
        assert due_for_counting(session, "s", ("arxiv",), before=now, limit=5) == []
        assert due_for_counting(session, "s", ("arxiv",), before=now + timedelta(1), limit=5) == [NAME]
        assert due_for_counting(session, "other", ("arxiv",), before=now, limit=5) == [NAME]
        assert due_for_counting(session, "s", ("doi",), before=now + timedelta(1), limit=5) == []


def test_a_paper_that_the_service_does_not_know_is_not_asked_for_at_once(store, record, page, now) -> None:
    with store.write() as session:
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
        assert keep_counts(session, "s", [(NAME, None)], at=now) == CitationChange(unknown=1)
        assert due_for_counting(session, "s", ("arxiv",), before=now, limit=5) == []
        assert citation_counts(session, [find_paper(session, "2303.00001").id]) == {}
        assert keep_counts(session, "s", [], at=now) == CitationChange()
