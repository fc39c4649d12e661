from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from db.backup import backup_store, check_store, restore_store
from db.engine import open_store
from db.hashing import content_hash
from db.papers import store_page
from foundation.errors import RefusedInputError, StoreError


@pytest.fixture
def filled(sqlite_store, record, page, now):
    with sqlite_store.write() as session:
        store_page(
            session, page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in range(50))), at=now
        )
    return sqlite_store


def hash_of(store) -> str:
    with store.read() as session:
        return content_hash(session)


def test_a_backup_of_a_store_in_use_can_be_restored(filled, tmp_path: Path, record, page, now) -> None:
    before = hash_of(filled)
    copy = tmp_path / "copies" / "one.db"
    with filled.write() as session:  # a write is under way, and is not in the copy
        store_page(session, page(record("arxiv", "2404.00001", "2404.00001")), at=now)
        assert backup_store(filled, copy) == copy
    assert hash_of(filled) != before
    url = f"sqlite:///{filled.path}"
    filled.dispose()
    former = restore_store(url, copy)
    assert former is not None and former.exists()
    restored = open_store(url)
    assert hash_of(restored) == before
    assert check_store(restored) == []
    restored.dispose()
    replaced = open_store(f"sqlite:///{former}")
    assert hash_of(replaced) != before  # what was replaced is not lost
    replaced.dispose()
    assert sorted(file.name for file in copy.parent.iterdir()) == ["one.db"]


def test_a_backup_overwrites_nothing(filled, tmp_path: Path) -> None:
    target = tmp_path / "precious.txt"
    target.write_text("mine")
    with pytest.raises(RefusedInputError, match="exists"):
        backup_store(filled, target)
    assert target.read_text() == "mine"


def test_a_backup_that_cannot_be_written_leaves_no_trace(filled, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="could not be written"):
        backup_store(filled, tmp_path / "file" / "below.db")


def test_a_restore_brings_back_a_missing_or_damaged_store(filled, tmp_path: Path) -> None:
    before = hash_of(filled)
    copy = backup_store(filled, tmp_path / "copy.db")
    path = filled.path
    filled.dispose()
    path.write_bytes(b"rubbish" * 1_000)
    assert restore_store(f"sqlite:///{path}", copy) is not None
    new = f"sqlite:///{tmp_path / 'elsewhere' / 'new.db'}"
    assert restore_store(new, copy) is None
    for url in (f"sqlite:///{path}", new):
        store = open_store(url)
        assert hash_of(store) == before
        store.dispose()


@pytest.mark.parametrize("kind", ["missing", "text", "foreign", "newer"])
def test_what_is_no_backup_replaces_nothing(filled, tmp_path: Path, kind: str) -> None:
    bad = tmp_path / "bad.db"
    if kind == "text":
        bad.write_text("no database")
    elif kind == "foreign":
        connection = sqlite3.connect(bad)
        connection.execute("CREATE TABLE mine (x)")
        connection.close()
    elif kind == "newer":
        backup_store(filled, bad)
        connection = sqlite3.connect(bad)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.close()
    before = hash_of(filled)
    with pytest.raises(RefusedInputError):
        restore_store(f"sqlite:///{filled.path}", bad)
    assert hash_of(filled) == before


def test_a_store_in_use_is_not_replaced(filled, tmp_path: Path) -> None:
    copy = backup_store(filled, tmp_path / "copy.db")
    with filled.write() as session, pytest.raises(StoreError, match="in use"):
        session.connection()
        restore_store(f"sqlite:///{filled.path}", copy)
    assert check_store(filled) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM source_record WHERE paper_id = 1", "without any source record"),
        ("UPDATE paper SET key = 'x' WHERE id = 1", "key is not among"),
        (
            "INSERT INTO source_record SELECT 99, 2, source, source_id, 7, digest, draft, 1, url, "
            "retrieved_at, 1, 0 FROM source_record WHERE id = 1",
            "two papers",
        ),
        ("DELETE FROM authorship WHERE paper_id = 1 AND position = 0", "gap"),
        (
            "INSERT INTO harvest_cursor VALUES (1, 'a', 'b', 'x', '', 1, NULL, NULL, '2026-01-01')",
            "next page",
        ),
        ("INSERT INTO label_cell VALUES (99, 0, 'x', 1.0)", "not there"),
        ("DROP TRIGGER paper_fts_delete; DELETE FROM paper WHERE id = 1", "search index"),
    ],
)
def test_the_check_names_what_is_wrong(filled, damage: str, said: str) -> None:
    connection = sqlite3.connect(filled.path)
    connection.executescript(damage)
    if "search index" in said:
        for table in ("source_record", "external_id", "authorship"):
            connection.execute(f"DELETE FROM {table} WHERE paper_id = 1")
    connection.commit()
    connection.close()
    faults = check_store(filled)
    assert len(faults) == 1
    assert said in faults[0]


@pytest.mark.postgres
def test_postgres_is_checked_and_referred_to_its_own_tools(
    postgres_url, tmp_path: Path, record, page, now
) -> None:
    store = open_store(postgres_url)
    with store.write() as session:
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
    assert check_store(store) == []
    with store.write() as session:
        session.connection().execute(text("UPDATE paper SET key = 'x'"))
    assert len(check_store(store)) == 1
    with pytest.raises(StoreError, match="pg_dump"):
        backup_store(store, tmp_path / "x.db")
    with pytest.raises(StoreError, match="pg_dump"):
        restore_store(postgres_url, tmp_path / "x.db")
    store.dispose()
