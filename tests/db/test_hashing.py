from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from db.engine import open_store
from db.harvests import acquire_lease, begin_run, move_cursor
from db.hashing import content_hash
from db.labels import NewLabel, add_labels, begin_classifier_run, retract_label
from db.papers import store_page
from papers.record import RejectedRecord, WireRecord


def fill(store, record, page, at, *, shift=timedelta(0)) -> str:
    names = ["Zoë", "ångström", "A b", "a B", "Æ", "模型", "😀 x"]
    for number, name in enumerate(names):
        with store.write() as session:
            store_page(
                session,
                page(
                    record(
                        "arxiv", f"2303.{number:05}", f"2303.{number:05}v2", version=2, title=name, year=2023
                    ),
                    record("my.bib", name, f"10.1234/{number}", title=f"{name} %", authors=(name, "B C")),
                    record(
                        "b",
                        f"k{number}",
                        f"https://a.example/{number}-_~B",
                        f"https://a.example/{number}-_~a",
                    ),
                ),
                at=at + shift,
            )
    with store.write() as session:
        label = NewLabel(3, "labelled", 1.0, cells=(("training/data", 1.0),), method="person", by="mé")
        add_labels(session, None, [label], taxonomy_version="1.0", at=at + shift)
    with store.read() as session:
        return content_hash(session)


@pytest.mark.postgres
def test_both_databases_have_one_hash(sqlite_url, postgres_url, record, page, now) -> None:
    hashes = set()
    for url in (sqlite_url, postgres_url):
        store = open_store(url)
        hashes.add(fill(store, record, page, now))
        store.dispose()
    assert len(hashes) == 1


def test_times_runs_cursors_rejects_and_models_do_not_count(store, record, page, now) -> None:
    before = fill(store, record, page, now)
    with store.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d", taxonomy_version="1.0", at=now
        )
        add_labels(session, run, [NewLabel(1, "not-relevant", 0.1, by="m")], taxonomy_version="1.0", at=now)
        begin_run(session, "arxiv", "x", at=now)
        move_cursor(session, "arxiv", "x", position="1", at=now)
        acquire_lease(session, "arxiv", "me", at=now)
        wire = WireRecord("arxiv", "bad", "https://a.example/", now, "text/xml", b"bad")
        store_page(session, page(rejects=(RejectedRecord(wire, "bad"),)), at=now)
        session.connection().execute(text("UPDATE paper SET updated_at = first_seen"))
    with store.read() as session:
        assert content_hash(session) == before


def test_the_moment_of_storing_does_not_count(tmp_path, record, page, now) -> None:
    hashes = set()
    for days in (0, 40):
        store = open_store(f"sqlite:///{tmp_path}/{days}.db")
        hashes.add(fill(store, record, page, now, shift=timedelta(days=days)))
        store.dispose()
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE paper SET title = 'x' WHERE id = 1",
        "UPDATE paper SET abstract = NULL WHERE id = 2",
        "UPDATE paper SET year = 1999 WHERE id = 3",
        "UPDATE external_id SET version = 3 WHERE id = 1",
        "UPDATE authorship SET name = 'x' WHERE paper_id = 5 AND position = 1",
        "UPDATE source_record SET digest = 'x' WHERE id = 7",
        "UPDATE label_assignment SET verdict = 'unsure'",
        "UPDATE label_cell SET cell = 'x'",
    ],
)
def test_every_kind_of_content_counts(sqlite_store, record, page, now, change) -> None:
    before = fill(sqlite_store, record, page, now)
    with sqlite_store.write() as session:
        assert session.connection().execute(text(change)).rowcount == 1
    with sqlite_store.read() as session:
        assert content_hash(session) != before


def test_a_label_taken_back_counts(sqlite_store, record, page, now) -> None:
    before = fill(sqlite_store, record, page, now)
    with sqlite_store.write() as session:
        retract_label(session, 1, by="me", at=now)
    with sqlite_store.read() as session:
        assert content_hash(session) != before


def test_an_empty_store_has_one_hash_too(store) -> None:
    with store.read() as session:
        assert content_hash(session) == content_hash(session)
        assert len(content_hash(session)) == 64
