"""Copies of a store that can be trusted, and checks of the store itself. SQLite alone.

A SQLite file must not be copied while in use: its newest pages stand in the write-ahead log beside
it. `VACUUM INTO` writes one whole, consistent file whatever others do meanwhile. PostgreSQL has
its own tools (`pg_dump`, `pg_restore`), and is referred to them.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import uuid
from pathlib import Path

from sqlalchemy import text

from db.engine import APPLICATION_ID, REVISIONS, Store, open_store, set_journal_mode
from foundation.errors import RefusedInputError, StoreError

logger = logging.getLogger(__name__)

# What must hold in a store and what no foreign key says. Each query returns the rows at fault.
_INVARIANTS = (
    (
        "papers without any source record",
        "SELECT key FROM paper WHERE id NOT IN (SELECT paper_id FROM source_record)",
    ),
    (
        "papers whose key is not among their ids",
        "SELECT key FROM paper p WHERE NOT EXISTS (SELECT 1 FROM external_id e "
        "WHERE e.paper_id = p.id AND e.scheme || ':' || e.value = p.key)",
    ),
    (
        "source records that stand under two papers",
        "SELECT source || ' ' || source_id FROM source_record GROUP BY source, source_id "
        "HAVING count(DISTINCT paper_id) > 1",
    ),
    (
        "versions of a record with two current rows",
        "SELECT source || ' ' || source_id FROM source_record WHERE is_current "
        "GROUP BY source, source_id, source_version, deleted HAVING count(*) > 1",
    ),
    (
        "authors whose order has a gap",
        "SELECT CAST(paper_id AS TEXT) FROM authorship GROUP BY paper_id "
        "HAVING max(position) <> count(*) - 1",
    ),
    (
        "labels whose cells have no first one",
        "SELECT CAST(assignment_id AS TEXT) FROM label_cell GROUP BY assignment_id HAVING min(position) <> 0",
    ),
    (
        "finished slices that still point at a next page",
        "SELECT source || ' ' || slice_key FROM harvest_cursor WHERE complete AND position IS NOT NULL",
    ),
)
_SHOWN = 3
_POSTGRES_HINT = "Use PostgreSQL's own pg_dump and pg_restore"


def backup_store(store: Store, target: Path) -> Path:
    """Copy a store that may be in use.

    Args:
        store: The store.
        target: Where the copy goes; must not exist.

    Returns:
        The copy's path. It appears whole, or not at all.

    Raises:
        StoreError: The store is not SQLite, or the copy cannot be written.
        RefusedInputError: The target exists.
    """
    source = _sqlite_path(store)
    target = target.expanduser().absolute()
    if target.exists():
        raise RefusedInputError("the backup file exists", hint="Choose another name", path=target)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(source, isolation_level=None)
        try:
            connection.execute("VACUUM INTO ?", (str(part),))
        finally:
            connection.close()
        _flush(part)
        os.link(part, target)  # fails where the target has appeared meanwhile; rename would overwrite it
        _flush(target.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError("the backup could not be written", path=target, reason=str(error)) from error
    finally:
        if part.exists():
            part.unlink()
    return target


def restore_store(url: str, backup: Path) -> Path | None:
    """Put a backup in the store's place. The store that was there is kept beside it.

    Args:
        url: The store's URL.
        backup: A file that `backup_store` wrote.

    Returns:
        Where the former store went, or None where there was none.

    Raises:
        RefusedInputError: The backup is missing, damaged, or not a store of this program.
        StoreError: The URL is not of a SQLite file, or the store is in use.
    """
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreError("only a SQLite store can be restored from a file", hint=_POSTGRES_HINT)
    _check_backup(backup)
    target = Path(parsed.database).expanduser().absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        source = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            source.backup(copy)
            set_journal_mode(copy, "wal")
        finally:
            copy.close()
            source.close()
        for leftover in ("-wal", "-shm"):
            part.with_name(part.name + leftover).unlink(missing_ok=True)
        _flush(part)
        former = _set_aside(target)
        part.replace(target)
        _flush(target.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError("the backup could not be restored", path=target, reason=str(error)) from error
    finally:
        if part.exists():
            part.unlink()
    open_store(url, accept_outdated=True).dispose()
    return former


def check_store(store: Store) -> list[str]:
    """Look for damage.

    Args:
        store: The store.

    Returns:
        One sentence for each thing that is wrong; empty when all is well.
    """
    faults: list[str] = []
    with store.read() as session:
        connection = session.connection()
        if store.is_sqlite:
            rows = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
            faults += [f"SQLite: {row}" for row in rows if row != "ok"]
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            faults += [f"a row of {row[0]} points at a {row[2]} that is not there" for row in broken[:20]]
            if not faults:
                indexed = connection.scalar(text("SELECT count(*) FROM paper_fts_docsize"))
                papers = connection.scalar(text("SELECT count(*) FROM paper"))
                if indexed != papers:
                    faults.append(f"the search index holds {indexed} papers, the store {papers}")
        for what, query in _INVARIANTS:
            found = connection.execute(text(query)).scalars().all()
            if found:
                shown = ", ".join(str(value) for value in found[:_SHOWN])
                faults.append(f"{what}: {len(found)} ({shown}{', …' if len(found) > _SHOWN else ''})")
    return faults


def _sqlite_path(store: Store) -> Path:
    if store.path is None:
        raise StoreError("only a SQLite store can be copied to a file", hint=_POSTGRES_HINT)
    return store.path


def _check_backup(backup: Path) -> None:
    if not backup.is_file():
        raise RefusedInputError("there is no such backup", path=backup)
    try:
        connection = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            revision = None
            if application == APPLICATION_ID:
                (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise RefusedInputError("the backup cannot be read", path=backup, reason=str(error)) from error
    if application != APPLICATION_ID:
        raise RefusedInputError("the file is no backup of this program", path=backup)
    if state != "ok":
        raise RefusedInputError("the backup is damaged", path=backup, said=state)
    if revision not in REVISIONS:
        raise RefusedInputError(
            "the backup was made by a newer version of this program", path=backup, schema=revision
        )


def _set_aside(target: Path) -> Path | None:
    """Move the present store and its log out of the way, under one new name."""
    if not target.exists():
        return None
    try:
        connection = sqlite3.connect(target, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")  # nobody writes now
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreError(
                "the store is in use", hint="Stop the app and every harvest first", path=target
            ) from error
    except sqlite3.DatabaseError as error:
        logger.info("the store that is replaced is damaged, and kept as it is: %s", error)
    number = 1
    while (former := target.with_name(f"{target.stem}.replaced-{number}{target.suffix}")).exists():
        number += 1
    for ending in ("-wal", "-shm", ""):
        present = target.with_name(target.name + ending)
        if present.exists():
            present.replace(former.with_name(former.name + ending))
    return former


def _flush(path: Path) -> None:
    """Make a file or a folder's entries reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
