from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import text

from db.backup import check_store
from db.engine import open_store
from db.hashing import content_hash
from db.labels import NewLabel, add_labels, begin_classifier_run
from db.papers import (
    PageCounts,
    find_paper,
    find_paper_ids,
    iter_source_records,
    paper_counts,
    store_page,
)
from papers.record import RejectedRecord, WireRecord

LATER = timedelta(hours=1)


def put(store, page, at) -> PageCounts:
    with store.write() as session:
        return store_page(session, page, at=at)


def test_the_same_page_again_changes_nothing(store, record, page, now) -> None:
    full = page(*(record("acl_anthology", f"2023.x-1.{n}", f"2023.x-1.{n}") for n in range(1, 41)))
    assert put(store, full, now) == PageCounts(new=40)
    with store.read() as session:
        before = session.connection().execute(text("SELECT * FROM paper ORDER BY id")).all()
        hash_before = content_hash(session)
    assert put(store, full, now + LATER) == PageCounts(unchanged=40)
    with store.read() as session:
        assert session.connection().execute(text("SELECT * FROM paper ORDER BY id")).all() == before
        assert content_hash(session) == hash_before
    assert check_store(store) == []


def test_sources_link_by_any_shared_id(store, record, page, now) -> None:
    counts = [
        put(
            store, page(record("arxiv", "2303.00001", "2303.00001v1", version=1, title="Preprint title")), now
        ),
        put(
            store,
            page(record("acl_anthology", "2023.x-1.1", "2023.x-1.1", "10.1234/x", title="Printed")),
            now,
        ),
        put(
            store,
            page(record("my.bib", "key1", "10.1234/x", "10.48550/arXiv.2303.00001", year=2023)),
            now + LATER,
        ),
    ]
    assert counts == [PageCounts(new=1), PageCounts(new=1), PageCounts(linked=1)]
    with store.read() as session:
        assert paper_counts(session).papers == 1
        assert paper_counts(session).duplicates_linked == 2
        paper = find_paper(session, "arXiv:2303.00001v7")
        assert paper is not None and paper.id == 1  # the older one stayed
        assert (paper.key, paper.title, paper.year) == ("arxiv:2303.00001", "Printed", 2023)
        for name in ("acl:2023.x-1.1", "https://doi.org/10.1234/X", "https://aclanthology.org/2023.x-1.1/"):
            found = find_paper(session, name)
            assert found is not None and found.id == 1
        assert [row.source for row in iter_source_records(session, 1)] == ["acl_anthology", "arxiv", "my.bib"]
    assert check_store(store) == []


def test_one_title_is_not_one_paper(store, record, page, now) -> None:
    twins = [
        record("acl_anthology", f"2024.x-1.{n}", f"2024.x-1.{n}", title="The same title") for n in (69, 70)
    ]
    assert put(store, page(*twins), now) == PageCounts(new=2)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_versions_in_any_order_end_at_the_newest(sqlite_store, record, page, now, order) -> None:
    versions = [
        record("arxiv", "2303.00001", f"2303.00001v{n}", version=n, title=f"Title {n}", text=f"Text {n}")
        for n in (1, 2, 3)
    ]
    for position in order:
        put(sqlite_store, page(versions[position]), now)
    with sqlite_store.read() as session:
        paper = find_paper(session, "2303.00001")
        assert paper is not None and (paper.title, paper.abstract) == ("Title 3", "Text 3")
        assert len(list(iter_source_records(session, 1))) == 3
        assert session.connection().scalar(text("SELECT version FROM external_id")) == 3


def test_a_correction_replaces_the_text_and_keeps_the_old_one(store, record, page, now) -> None:
    first = record("acl_anthology", "2023.x-1.1", "2023.x-1.1", text="Cut sho")
    put(store, page(first), now)
    corrected = record(
        "acl_anthology", "2023.x-1.1", "2023.x-1.1", text="Cut short no more", retrieved_at=now + LATER
    )
    assert put(store, page(corrected), now + LATER) == PageCounts(updated=1)
    with store.read() as session:
        paper = find_paper(session, "2023.x-1.1")
        assert paper is not None
        assert (paper.abstract, paper.text_revision, paper.updated_at) == (
            "Cut short no more",
            2,
            now + LATER,
        )
        assert [row.is_current for row in iter_source_records(session, 1)] == [False, True]
    back = record("acl_anthology", "2023.x-1.1", "2023.x-1.1", text="Cut sho", retrieved_at=now + 2 * LATER)
    assert put(store, page(back), now + 2 * LATER) == PageCounts(updated=1)
    with store.read() as session:
        paper = find_paper(session, "2023.x-1.1")
        assert paper is not None and paper.abstract == "Cut sho"
    assert check_store(store) == []


def test_a_page_that_contradicts_itself_is_stable(sqlite_store, record, page, now) -> None:
    both = page(*(record("arxiv", "2303.00001", "2303.00001", text=word) for word in ("one", "two")))
    assert put(sqlite_store, both, now) == PageCounts(new=1, updated=1)
    with sqlite_store.read() as session:
        before = content_hash(session)
    later = page(
        *(
            record("arxiv", "2303.00001", "2303.00001", text=word, retrieved_at=now + LATER)
            for word in ("one", "two")
        )
    )
    assert put(sqlite_store, later, now + LATER) == PageCounts(unchanged=2)
    with sqlite_store.read() as session:
        assert content_hash(session) == before


def test_pages_in_any_order_make_one_content(tmp_path, record, page, now) -> None:
    pages = [
        page(
            record("arxiv", "2303.00001", "2303.00001v1", version=1),
            record("arxiv", "2303.00002", "2303.00002"),
        ),
        page(record("acl_anthology", "2023.x-1.1", "2023.x-1.1", "10.1234/x", authors=("Żofia A", "B"))),
        page(record("my.bib", "k", "10.1234/x", "2303.00001")),
        page(record("arxiv", "2303.00001", "2303.00001v2", version=2, title="Second")),
    ]
    hashes = set()
    for number, order in enumerate(permutations(pages)):
        store = open_store(f"sqlite:///{tmp_path}/{number}.db")
        for one in order:
            put(store, one, now)
        with store.read() as session:
            hashes.add(content_hash(session))
        store.dispose()
    assert len(hashes) == 1


def test_joining_works_moves_everything_and_loses_nothing(store, record, page, now) -> None:
    put(store, page(record("arxiv", "2303.00001", "2303.00001")), now)
    put(store, page(record("acl_anthology", "2023.x-1.1", "2023.x-1.1")), now + LATER)
    with store.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d", taxonomy_version="1.0", at=now
        )
        labels = [
            NewLabel(paper_id, "labelled", 0.9, cells=(("training/data", 0.9),), by="m")
            for paper_id in (1, 2)
        ]
        assert add_labels(session, run, labels, taxonomy_version="1.0", at=now) == 2
        person = NewLabel(2, "labelled", 1.0, cells=(("training/model", 1.0),), method="person", by="me")
        add_labels(session, None, [person], taxonomy_version="1.0", at=now)
    bridge = record("my.bib", "k", "2303.00001", "2023.x-1.1")
    assert put(store, page(bridge), now + 2 * LATER) == PageCounts(linked=1)
    with store.read() as session:
        connection = session.connection()
        assert connection.execute(text("SELECT id, first_seen FROM paper")).all()[0][0] == 1
        assert connection.scalar(text("SELECT count(*) FROM label_assignment WHERE paper_id = 1")) == 3
        assert connection.scalar(text("SELECT count(*) FROM source_record WHERE paper_id = 1")) == 3
        assert connection.scalar(text("SELECT text_revision FROM paper")) > 1  # models must read it again
        assert find_paper(session, "acl:2023.x-1.1").id == 1  # type: ignore[union-attr]
    assert check_store(store) == []


def test_records_of_one_page_can_join_each_other(store, record, page, now) -> None:
    chain = page(
        record("arxiv", "2303.00001", "2303.00001"),
        record("acl_anthology", "2023.x-1.1", "2023.x-1.1"),
        record("my.bib", "k", "2303.00001", "2023.x-1.1"),
        record("my.bib", "k2", "2303.00009"),
    )
    assert put(store, chain, now) == PageCounts(new=3, linked=1)
    with store.read() as session:
        assert paper_counts(session).papers == 2
    assert check_store(store) == []


def test_a_deleted_record_is_a_tombstone_and_can_return(store, record, page, now) -> None:
    alive = record("arxiv_oai", "2303.00001", "2303.00001", text="Here.")
    gone = record("arxiv_oai", "2303.00001", title="(deleted)", deleted=True, retrieved_at=now + LATER)
    again = record("arxiv_oai", "2303.00001", "2303.00001", text="Here.", retrieved_at=now + 2 * LATER)
    assert put(store, page(gone), now) == PageCounts(unchanged=1)  # of what was never here
    assert put(store, page(alive), now) == PageCounts(new=1)
    assert put(store, page(gone), now + LATER) == PageCounts(updated=1)
    assert put(store, page(gone), now + LATER) == PageCounts(unchanged=1)
    with store.read() as session:
        paper = find_paper(session, "2303.00001")
        assert paper is not None
        assert (paper.title, paper.abstract) == ("Paper 2303.00001", "Here.")
        assert paper.retracted == "taken back by its source"
        assert [(row.deleted, row.is_current) for row in iter_source_records(session, 1)] == [
            (False, False),
            (True, True),
        ]
    assert put(store, page(again), now + 2 * LATER) == PageCounts(updated=1)
    with store.read() as session:
        paper = find_paper(session, "2303.00001")
        assert paper is not None and paper.retracted is None
        assert len(list(iter_source_records(session, 1))) == 2
    assert check_store(store) == []


def test_a_better_parser_reads_the_same_bytes_anew(store, record, page, now) -> None:
    old = record("acl_anthology", "2023.x-1.1", "2023.x-1.1", text="bytes")
    put(store, page(old, parser_version=1), now)
    new = type(old)(old.draft.model_copy(update={"venue": "ACL"}), old.wire)
    assert put(store, page(new, parser_version=2), now + LATER) == PageCounts(updated=1)
    assert put(store, page(new, parser_version=2), now + LATER) == PageCounts(unchanged=1)
    assert put(store, page(old, parser_version=1), now + LATER) == PageCounts(unchanged=1)
    with store.read() as session:
        assert find_paper(session, "2023.x-1.1").venue == "ACL"  # type: ignore[union-attr]


def test_rejects_are_kept_once_and_closed_when_read(store, record, page, now) -> None:
    wire = WireRecord("arxiv", "2303.00001", "https://a.example/", now, "text/xml", b"\x00bad" * 50_000)
    reject = RejectedRecord(wire, "no\x00 title", "title", "x" * 900)
    broken = page(rejects=(reject, reject))
    assert put(store, broken, now) == PageCounts(rejected=2)
    assert put(store, broken, now + LATER) == PageCounts(rejected=2)
    with store.read() as session:
        (row,) = session.connection().execute(
            text("SELECT reason, length(payload), length(value) FROM rejected_record")
        )
        assert tuple(row) == ("no title", 64 * 1024, 500)
        assert paper_counts(session).rejected == 1
    put(store, page(record("arxiv", "2303.00001", "2303.00001")), now + LATER)
    with store.read() as session:
        assert paper_counts(session).rejected == 0
    put(store, broken, now + LATER)
    with store.read() as session:
        assert paper_counts(session).rejected == 1  # broken again


def test_a_record_without_any_id_is_rejected_not_lost(store, record, page, now) -> None:
    nameless = record("my.bib", "k")
    assert put(store, page(nameless, record("my.bib", "l", "10.1234/l")), now) == PageCounts(
        new=1, rejected=1
    )


def test_hostile_text_is_stored_as_text(store, record, page, now) -> None:
    evil = "Robert'); DROP TABLE paper;-- \x00\ud800\u202e<script>"
    put(store, page(record("arxiv", "2303.00001", "2303.00001", title=evil, url="javascript:alert(1)")), now)
    with store.read() as session:
        paper = find_paper(session, "2303.00001")
        assert paper is not None
        assert paper.title == "Robert'); DROP TABLE paper;-- <script>"
        assert paper.url == "https://arxiv.org/abs/2303.00001"


def test_a_huge_title_and_thousands_of_authors_fit(store, record, page, now) -> None:
    big = record(
        "arxiv",
        "2303.00001",
        "2303.00001",
        title="模型" * 5_000,
        authors=("名" * 500,) * 3_000,
        venue="V" * 900,
    )
    assert put(store, page(big), now) == PageCounts(new=1)


def test_find_answers_garbage_with_none(store) -> None:
    with store.read() as session:
        for garbage in ("", "hello", "\x00", "doi:", "https://evil.example/'; --"):
            assert find_paper(session, garbage) is None


def test_many_ids_are_found_at_once(store, record, page, now) -> None:
    put(store, page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in range(700))), now)
    asked = [f"arxiv:2303.{n:05}" for n in range(700)] + ["2303.00001v2", "garbage", "arxiv:2404.00001"]
    with store.read() as session:
        found = find_paper_ids(session, asked)
    assert len(found) == 701
    assert found["2303.00001v2"] == found["arxiv:2303.00001"]


def test_an_id_once_seen_stays(store, record, page, now) -> None:
    put(store, page(record("my.bib", "k", "10.1234/x", "2303.00001")), now)
    put(store, page(record("my.bib", "k", "10.1234/x", retrieved_at=now + LATER)), now + LATER)
    with store.read() as session:
        assert find_paper(session, "2303.00001") is not None
    assert check_store(store) == []
