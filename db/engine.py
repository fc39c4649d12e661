"""The store: opened with care, read in snapshots, written in whole transactions.

SQLite is opened in WAL mode (DELETE where the file system cannot carry WAL), with
`synchronous=FULL`, foreign keys on and a busy timeout. A write starts with `BEGIN IMMEDIATE`: a
deferred transaction that reads first and writes later fails with "database is locked" whatever the
timeout, since its snapshot has aged. A read starts with a plain `BEGIN`, under `query_only`.

On PostgreSQL writers take one advisory lock, which gives the same one-writer rule; reads are
`REPEATABLE READ READ ONLY`.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, inspect, text
from sqlalchemy.engine import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlmodel import Session

from foundation.errors import StoreError
from foundation.log import redact

logger = logging.getLogger(__name__)

# Every schema that was ever released, oldest first. A store at the last one is opened without
# loading Alembic.
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
HEAD: Final = REVISIONS[-1]

APPLICATION_ID: Final = 0x4C4C4D4C  # "LLML", in the file header: tells our files from other programs'
BUSY_TIMEOUT_SECONDS: Final = 30.0  # longer than any page takes to store
CACHE_KIBIBYTES: Final = 65_536
CHECKPOINT_PAGES: Final = 8_000  # 32 MB: one page of a big source is not copied back at its very commit
_SQLITE_MAGIC = b"SQLite format 3\x00"
_ADVISORY_LOCK = APPLICATION_ID  # one lock a database: PostgreSQL keeps advisory locks by database
_WRITES = "landscape_writes"  # execution option that tells a write transaction from a read
_BACKUP_HINT = "Keep the file and run `landscape db restore FILE` with your last backup"


@dataclass(frozen=True)
class Store:
    """An open store. Cheap to keep for a process's whole life; safe to share between threads.

    Attributes:
        url: The database URL, password included: never show it, show `name`.
        engine: SQLAlchemy's engine.
    """

    url: URL
    engine: Engine

    @property
    def name(self) -> str:
        """The store as messages name it: the file's path, or the URL without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    @property
    def writer(self) -> Engine:
        """The engine whose transactions write; for migrations. Everything else uses `write`."""
        return self.engine.execution_options(**{_WRITES: True})

    @property
    def path(self) -> Path | None:
        """The file of a SQLite store, else None."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot; whatever others write meanwhile is not seen.

        Yields:
            A session that cannot write.

        Raises:
            StoreError: The database is locked, damaged or gone.
        """
        with self._session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose writes are kept all together or not at all.

        Commits at the end of the block, rolls back when the block raises. One writer at a time:
        others wait.

        Yields:
            A session.

        Raises:
            StoreError: The database is locked, read-only, full, damaged or gone.
        """
        with self._session(self.writer) as session:
            yield session
            try:
                session.commit()
            except SQLAlchemyError:
                session.rollback()
                raise

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False, autoflush=True) as session:
                yield session
        except (IntegrityError, ProgrammingError):
            raise  # our own mistakes, not the database's state
        except DBAPIError as error:
            raise _as_store_error(error, self.name) from error

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, *, accept_outdated: bool = False) -> Store:
    """Open a store; create folder and schema where there are none.

    Args:
        url: `sqlite:///path/to/file.db` or `postgresql+psycopg://…`.
        accept_outdated: Also open a store with an older schema, for `db.migrate.upgrade`.

    Returns:
        The store, at the newest schema (or an older one where that was asked for).

    Raises:
        StoreError: The URL is of another kind; the folder cannot be made or written; the file is
            not SQLite, damaged, or of another program; the schema is older or newer than this
            program's. Nothing is changed in any of these cases.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("the database URL cannot be read", hint=_URL_HINT, url=redact(url)) from error
    match parsed.get_backend_name():
        case "sqlite":
            parsed = _prepare_file(parsed)
        case "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        case other:
            raise StoreError(f"{other} databases are not supported", hint=_URL_HINT)
    store = Store(parsed, _engine(parsed))
    try:
        _settle_schema(store, accept_outdated=accept_outdated)
    except DBAPIError as error:
        store.dispose()
        raise _as_store_error(error, store.name) from error
    except BaseException:
        store.dispose()
        raise
    return store


def schema_revision(connection: Connection) -> str | None:
    """The schema a database is at.

    Args:
        connection: An open connection.

    Returns:
        One of `REVISIONS`, an unknown text for a newer or foreign schema, or None where there is none.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


_OWN_TABLES = frozenset({"paper", "external_id", "source_record", "label_assignment"})
_URL_HINT = "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"


def _prepare_file(url: URL) -> URL:
    """Check what can be checked before SQLite touches the file; make the folder."""
    if not url.database or url.database == ":memory:":
        raise StoreError("a store in memory would be lost", hint=_URL_HINT)
    path = Path(url.database).expanduser().absolute()
    url = url.set(drivername="sqlite+pysqlite", database=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "the folder of the store cannot be made",
            hint="Set LANDSCAPE_HOME or LANDSCAPE_DATABASE_URL to a place that you may write",
            path=path.parent,
            reason=error.strerror,
        ) from error
    if path.is_dir():
        raise StoreError("the store's path is a folder", hint=_URL_HINT, path=path)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise StoreError(
            "the store cannot be written", hint="Mend the permissions of file and folder", path=path
        )
    if path.exists():
        _check_header(path)
    return url


def _check_header(path: Path) -> None:
    """Refuse a file that is not SQLite, is another program's, or has lost its end."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError("the store cannot be read", path=path, reason=error.strerror) from error
    if not header:
        return  # SQLite's own picture of a database without tables
    if len(header) < 100 or not header.startswith(_SQLITE_MAGIC):
        raise StoreError("the file is not a SQLite database", hint="It was left as it is", path=path)
    # File format of SQLite, "The Database Header": page size at 16 (1 means 65,536), pages at 28,
    # application id at 68.
    page_bytes = int.from_bytes(header[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    pages = int.from_bytes(header[28:32], "big")
    if not path.with_name(path.name + "-wal").exists():
        if path.stat().st_size < pages * page_bytes:
            raise StoreError("the store is damaged: its end is missing", hint=_BACKUP_HINT, path=path)
        if int.from_bytes(header[68:72], "big") not in (APPLICATION_ID, 0):
            raise StoreError(
                "the database belongs to another program", hint="It was left as it is", path=path
            )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            hide_parameters=True,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            "PostgreSQL needs one more package", hint="Install it with `pip install llm-landscape[postgres]`"
        ) from error
    event.listen(engine, "begin", _on_postgres_begin)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # this module says when a transaction begins, not the driver
    for pragma in (
        "foreign_keys=ON",
        "synchronous=FULL",
        f"cache_size=-{CACHE_KIBIBYTES}",
        "temp_store=MEMORY",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_postgres_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _settle_schema(store: Store, *, accept_outdated: bool) -> None:
    with store.engine.connect() as connection:
        revision = schema_revision(connection)
        tables = set() if revision == HEAD else set(inspect(connection).get_table_names())
        foreign = bool(tables) and (revision is None or not tables >= _OWN_TABLES)
        if store.is_sqlite and (revision or tables):
            foreign |= connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID
    if foreign:
        raise StoreError(
            "the database belongs to another program",
            hint="It was left as it is; set LANDSCAPE_DATABASE_URL to a database of its own",
            database=store.name,
        )
    if revision == HEAD:
        return
    if revision is None:
        from db.migrate import create_schema

        if store.is_sqlite:
            _choose_journal(store)
        create_schema(store)
    elif revision not in REVISIONS:
        raise StoreError(
            "the store was written by a newer version of this program",
            hint="Upgrade the program; the store was left as it is",
            database=store.name,
            schema=revision,
            newest_known=HEAD,
        )
    elif not accept_outdated:
        raise StoreError(
            "the store has an older schema",
            hint="Run `landscape db upgrade`; it makes a backup first",
            database=store.name,
            schema=revision,
            wanted=HEAD,
        )


def _choose_journal(store: Store) -> None:
    """WAL where it works, proven by a write, else DELETE. The choice stays in the file."""
    connection = sqlite3.connect(str(store.path), timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
    try:
        mode = set_journal_mode(connection, "wal")
        if mode == "wal":
            return
        logger.warning(
            "the file system of %s cannot carry SQLite's WAL: readers and writers will wait for each other",
            store.name,
        )
        set_journal_mode(connection, "delete")
    finally:
        connection.close()


def set_journal_mode(connection: sqlite3.Connection, mode: str) -> str:
    """Set SQLite's journal mode and prove it by a write.

    Args:
        connection: A connection outside any transaction.
        mode: `wal` or `delete`.

    Returns:
        The mode in force; `delete` where WAL was accepted and then failed, as it does on some
        network file systems.
    """
    try:
        (found,) = connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or mode == "delete":
            raise
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return "delete"
    return str(found)


def _as_store_error(error: DBAPIError, name: str) -> StoreError:
    """What a database error means for the user."""
    said = redact(str(error.orig).strip().partition("\n")[0])
    lowered = said.lower()
    if "locked" in lowered or "busy" in lowered:
        return StoreError(
            "the store is busy: another program has been writing to it for too long",
            hint="Try again when the other harvest or classification has ended",
            database=name,
        )
    if "malformed" in lowered or "not a database" in lowered or "corrupt" in lowered:
        return StoreError("the store is damaged", hint=_BACKUP_HINT, database=name, said=said)
    if "readonly" in lowered or "read-only" in lowered or "unable to open" in lowered:
        return StoreError(
            "the store cannot be written",
            hint="Mend the permissions of file and folder",
            database=name,
            said=said,
        )
    if "full" in lowered or "disk i/o" in lowered:
        return StoreError(
            "the store could not be written to the disk",
            hint="Free some space and run the same command again: nothing of it was kept",
            database=name,
            said=said,
        )
    if isinstance(error, InterfaceError) or error.connection_invalidated:
        return StoreError(
            "the database went away", hint="Run the same command again", database=name, said=said
        )
    return StoreError("the database refused", hint="Run `landscape doctor`", database=name, said=said)
