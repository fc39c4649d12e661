"""Tags, notes and reading lists, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.links import link, unlink
from db.papers import find_paper_ids, store_page
from db.shelf import (
    Shelf,
    add_note,
    add_tag,
    add_to_list,
    known_tags,
    list_paper_ids,
    make_list,
    reading_lists,
    remove_from_list,
    remove_list,
    remove_note,
    remove_tag,
    shelf_of,
    tag_counts,
    tagged_paper_ids,
)
from foundation.errors import RefusedInputError

ONE, OTHER = "arxiv:2303.00001", "arxiv:2303.00002"


@pytest.fixture
def papers(store, record, page, now) -> dict[str, int]:
    with store.write() as session:
        first = record("arxiv", "2303.00001", "2303.00001", title="A first invented title")
        second = record("arxiv", "2303.00002", "2303.00002", title="Quite another invention")
        store_page(session, page(first, second), at=now)
        return find_paper_ids(session, [ONE, OTHER])


def test_tags_are_kept_once_found_and_taken_away(store, papers, now) -> None:
    with store.write() as session:
        assert add_tag(session, ONE, "  To Read ", by="a reader", at=now)
        assert not add_tag(session, "2303.00001", "to read", by="another", at=now)
        add_tag(session, OTHER, "to read", by="a reader", at=now + timedelta(1))
        add_tag(session, OTHER, "survey", by="a reader", at=now)
        assert known_tags(session) == (("to read", 2), ("survey", 1))
        assert tagged_paper_ids(session, "To read") == [papers[OTHER], papers[ONE]]
        assert tag_counts(session, [papers[OTHER]]) == {"to read": 1, "survey": 1}
        assert remove_tag(session, ONE, "to read")
        assert not remove_tag(session, ONE, "to read")
        assert shelf_of(session, ONE).tags == ()


def test_notes_keep_their_lines_and_their_writer(store, papers, now) -> None:
    with store.write() as session:
        note = add_note(session, ONE, " one\x00 line \n\n<b>another</b> ", by="a reader", at=now)
        (kept,) = shelf_of(session, ONE).notes
        assert (kept.id, kept.text, kept.by, kept.at) == (note, "one line\n\n<b>another</b>", "a reader", now)
        assert remove_note(session, note)
        assert not remove_note(session, note)
        assert shelf_of(session, ONE) == Shelf((), (), ())


def test_a_reading_list_holds_each_paper_once_in_order(store, papers, now) -> None:
    with store.write() as session:
        reading = make_list(session, " RAG in  medicine ", by="a reader", at=now)
        assert make_list(session, "RAG in medicine", by="another", at=now) == reading
        assert add_to_list(session, reading, [OTHER], at=now) == 1
        assert add_to_list(session, reading, [ONE, OTHER, "arxiv:9999.99999"], at=now + timedelta(1)) == 1
        assert list_paper_ids(session, reading) == [papers[OTHER], papers[ONE]]
        (summary,) = reading_lists(session)
        assert (summary.name, summary.by, summary.n_papers) == ("RAG in medicine", "a reader", 2)
        assert shelf_of(session, ONE).lists == (summary,)
        assert remove_from_list(session, reading, ONE)
        assert list_paper_ids(session, reading) == [papers[OTHER]]
        assert remove_list(session, reading)
        assert reading_lists(session) == ()
        assert shelf_of(session, OTHER).lists == ()


def test_what_is_kept_follows_papers_that_are_joined_and_parted(store, papers, now) -> None:
    with store.write() as session:
        reading = make_list(session, "both", by="a reader", at=now)
        add_to_list(session, reading, [ONE, OTHER], at=now)
        add_tag(session, OTHER, "kept", by="a reader", at=now)
        link(session, ONE, OTHER, by="a reader", at=now)
        assert len(list_paper_ids(session, reading)) == 1
        assert shelf_of(session, ONE).tags == ("kept",)
        assert remove_from_list(session, reading, ONE)
        assert list_paper_ids(session, reading) == []
        add_to_list(session, reading, [ONE], at=now)
        unlink(session, ONE, OTHER, by="a reader", at=now + timedelta(1))
        assert shelf_of(session, ONE).tags == ()
        assert shelf_of(session, OTHER).tags == ("kept",)


@pytest.mark.parametrize("act", [add_tag, add_note])
@pytest.mark.parametrize(("key", "text"), [("arxiv:9999.99999", "x"), (ONE, " \t "), (ONE, "x" * 6_000)])
def test_nothing_is_kept_of_no_paper_and_nothing_empty_or_endless(store, papers, now, act, key, text) -> None:
    with store.write() as session, pytest.raises(RefusedInputError):
        act(session, key, text, by="a reader", at=now)


def test_a_list_that_is_not_there_takes_nothing(store, papers, now) -> None:
    with store.write() as session, pytest.raises(RefusedInputError, match="no such reading list"):
        add_to_list(session, 7, [ONE], at=now)
