from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import TextClause, text

import db.engine as engine
from db.engine import APPLICATION_ID, Store, open_store, schema_revision
from foundation.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]


def lease(name: str, holder: str = "me") -> TextClause:
    """A row of the smallest table."""
    day = "'2026-01-01 00:00:00'"
    return text(f"INSERT INTO harvest_lease VALUES ('{name}', '{holder}', {day}, {day})")


def pragma(store: Store, name: str) -> object:
    with store.read() as session:
        return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_new_store_makes_folder_and_schema(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    assert store.path is not None and store.path.is_file()
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "application_id") == APPLICATION_ID
    with store.engine.connect() as connection:
        assert schema_revision(connection) == engine.HEAD
    store.dispose()
    open_store(sqlite_url).dispose()


def test_opening_a_current_store_loads_no_alembic(sqlite_url: str) -> None:
    open_store(sqlite_url).dispose()
    code = (
        "import sys; from db.engine import open_store; "
        f"open_store({sqlite_url!r}).dispose(); print('alembic' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_write_is_kept_whole_or_not_at_all(store: Store) -> None:
    insert = lease("arxiv")
    with pytest.raises(RuntimeError), store.write() as session:
        session.connection().execute(insert)
        raise RuntimeError
    with store.read() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM harvest_lease")) == 0
    with store.write() as session:
        session.connection().execute(insert)
    with store.read() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM harvest_lease")) == 1


def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError), store.read() as session:
        session.connection().execute(text("DELETE FROM paper"))


def test_a_read_is_one_snapshot(store: Store) -> None:
    count = text("SELECT count(*) FROM harvest_lease")
    with store.read() as reader:
        assert reader.connection().scalar(count) == 0
        with store.write() as writer:
            writer.connection().execute(lease("arxiv"))
        assert reader.connection().scalar(count) == 0
    with store.read() as reader:
        assert reader.connection().scalar(count) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello, this is a text file and no database at all" * 10, "not a SQLite database"),
        (b"SQLite format 3\x00", "not a SQLite database"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=message) as caught:
        open_store(f"sqlite:///{path}")
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["notes.db"]


LOOKALIKE = "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('0001')"


@pytest.mark.parametrize("application_id", [0, 42])
@pytest.mark.parametrize("tables", ["CREATE TABLE mine (x)", LOOKALIKE])
def test_another_programs_database_is_refused_and_left_alone(
    tmp_path: Path, application_id: int, tables: str
) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA application_id={application_id}; {tables}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize(("revision", "message"), [("9999", "newer version"), ("0000", "older schema")])
def test_another_schema_is_refused_without_a_write(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, revision: str, message: str
) -> None:
    store = open_store(sqlite_url)
    with store.write() as session:
        session.connection().execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    store.dispose()
    monkeypatch.setattr(engine, "REVISIONS", ("0000", "0001"))
    with pytest.raises(StoreError, match=message):
        open_store(sqlite_url)
    if revision == "0000":
        open_store(sqlite_url, accept_outdated=True).dispose()


def test_a_store_without_its_end_is_refused(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    path = store.path
    assert path is not None
    store.dispose()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match=r"damaged.*restore"):
        open_store(sqlite_url)


def test_damage_at_any_page_is_a_clear_error_or_found_by_the_check(sqlite_url: str) -> None:
    from db.backup import check_store

    store = open_store(sqlite_url)
    path = store.path
    assert path is not None
    store.dispose()
    good = path.read_bytes()
    for start in range(0, len(good), 4096):
        path.write_bytes(good[:start] + os.urandom(4096) + good[start + 4096 :])
        try:
            damaged = open_store(sqlite_url)
        except StoreError:
            continue
        try:
            assert check_store(damaged)
        except StoreError as error:
            assert "damaged" in str(error)
        finally:
            damaged.dispose()


def test_impossible_places_are_refused_with_their_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="folder of the store"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'below' / 'landscape.db'}")
    with pytest.raises(StoreError, match="is a folder"):
        open_store(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError, match="memory"):
        open_store("sqlite://")
    with pytest.raises(StoreError, match="mysql databases are not supported"):
        open_store("mysql://a@b/c")
    with pytest.raises(StoreError, match="cannot be read"):
        open_store("nonsense")


def test_a_read_only_store_is_refused(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(sqlite_url).dispose()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anything, so ask for it
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(sqlite_url)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql+psycopg://me:canary@127.0.0.1:1/nothing")
    story = str(caught.value) + repr(caught.value.__dict__)
    assert "canary" not in story
    assert "127.0.0.1" in story


def test_without_wal_the_store_falls_back_with_a_warning(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The logger itself is asked: a command run by a test before may have taken over the root logger.
    said: list[str] = []
    monkeypatch.setattr(engine.logger, "warning", lambda message, *facts: said.append(message % facts))
    monkeypatch.setattr(engine, "set_journal_mode", lambda connection, mode: "delete")
    store = open_store(sqlite_url)
    assert "WAL" in said[0]
    assert pragma(store, "journal_mode") == "delete"
    store.dispose()


def test_a_wal_that_fails_at_the_first_write_counts_as_none() -> None:
    class Liar:
        in_transaction = False

        def execute(self, statement: str) -> Liar:
            if statement.startswith("BEGIN"):
                raise sqlite3.OperationalError("disk I/O error")
            return self

        def fetchone(self) -> tuple[str]:
            return ("wal",)

    assert engine.set_journal_mode(Liar(), "wal") == "delete"  # type: ignore[arg-type]


def _write_many(url: str, number: int, failures: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    store = open_store(url)
    failed = 0
    for turn in range(50):
        try:
            with store.write() as session:
                connection = session.connection()
                seen = connection.scalar(text("SELECT count(*) FROM harvest_lease"))
                connection.execute(lease(f"{number}-{turn}", str(seen)))
        except StoreError:
            failed += 1
    store.dispose()
    failures.put(failed)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_four_writers_that_read_first_never_fail(request: pytest.FixtureRequest, database: str) -> None:
    url = request.getfixturevalue(f"{database}_url")
    store = open_store(url)
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    writers = [context.Process(target=_write_many, args=(url, n, failures)) for n in range(4)]
    for writer in writers:
        writer.start()
    assert sum(failures.get(timeout=120) for _ in writers) == 0
    for writer in writers:
        writer.join()
    with store.read() as session:
        seen = session.connection().execute(text("SELECT holder FROM harvest_lease")).scalars().all()
    assert sorted(map(int, seen)) == list(range(200))  # no two saw the same state
    store.dispose()


def test_a_write_keeps_other_writers_out_from_its_beginning(sqlite_store: Store) -> None:
    """Else two that read first have both aged when they write, whatever the timeout (and however rarely)."""
    other = sqlite3.connect(str(sqlite_store.path), timeout=0, isolation_level=None)
    with sqlite_store.write() as session:
        session.connection().scalar(text("SELECT count(*) FROM harvest_lease"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


@pytest.mark.postgres
def test_a_foreign_postgres_database_is_refused(postgres_url: str) -> None:
    from sqlalchemy import create_engine

    other = create_engine(postgres_url)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE mine (x integer)"))
    with pytest.raises(StoreError, match="another program"):
        open_store(postgres_url)
    with other.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 1
    other.dispose()


def test_times_are_aware_utc_everywhere(store: Store) -> None:
    from db.harvests import begin_run, list_runs

    with store.write() as session:
        begin_run(session, "arxiv", "x", at=datetime(2026, 1, 1, tzinfo=UTC))
    with store.read() as session:
        assert list_runs(session)[0].started_at == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(Exception, match="without a zone"), store.write() as session:
        begin_run(session, "arxiv", "y", at=datetime(2026, 1, 1))
