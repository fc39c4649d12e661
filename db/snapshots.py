"""Snapshots of the landscape: written once, never changed, found by id or by day."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, select
from sqlmodel import Session

from db.tables import SNAPSHOT
from foundation.errors import StoreError

# Some 30 kB of counts shrink to three; one that unpacks to more than this was not written by us.
LARGEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class StoredSnapshot:
    """A snapshot without its counts.

    Attributes:
        id: Its number, for `diff`.
        as_of: The moment whose knowledge it holds.
        taxonomy_version: Version of the grid.
        classifier: Name and digest of the newest run then, or None.
        papers: Papers in the store.
        relevant: Papers on the chart.
        reason: Why it was taken.
        digest: SHA-256 of the counts, hex.
    """

    id: int
    as_of: datetime
    taxonomy_version: str
    classifier: str | None
    papers: int
    relevant: int
    reason: str
    digest: str


_COLUMNS = (
    SNAPSHOT.c.id, SNAPSHOT.c.as_of, SNAPSHOT.c.taxonomy_version, SNAPSHOT.c.classifier, SNAPSHOT.c.papers,
    SNAPSHOT.c.relevant, SNAPSHOT.c.reason, SNAPSHOT.c.digest,
)  # fmt: skip


def add_snapshot(
    session: Session,
    counts: bytes,
    *,
    as_of: datetime,
    taxonomy_version: str,
    classifier: str | None,
    papers: int,
    relevant: int,
    reason: str,
) -> StoredSnapshot:
    """Store a snapshot.

    Args:
        session: A session of `Store.write`.
        counts: The landscape in canonical JSON; equal landscapes give equal bytes.
        as_of: The moment whose knowledge it holds.
        taxonomy_version: Version of the grid.
        classifier: Name and digest of the newest run.
        papers: Papers in the store.
        relevant: Papers on the chart.
        reason: Why it is taken.

    Returns:
        What was stored.
    """
    values = {
        "as_of": as_of, "taxonomy_version": taxonomy_version, "classifier": classifier, "papers": papers,
        "relevant": relevant, "reason": reason, "digest": sha256(counts).hexdigest(),
    }  # fmt: skip
    statement = insert(SNAPSHOT).returning(SNAPSHOT.c.id)
    number = session.connection().execute(statement, {**values, "payload": zlib.compress(counts, 9)})
    return StoredSnapshot(id=int(number.scalar_one()), **values)  # type: ignore[arg-type]


def list_snapshots(session: Session, *, limit: int | None = None) -> list[StoredSnapshot]:
    """Snapshots, newest first.

    Args:
        session: A session.
        limit: At most so many; None for all.
    """
    query = select(*_COLUMNS).order_by(SNAPSHOT.c.id.desc()).limit(limit)
    return [StoredSnapshot(*row) for row in session.connection().execute(query)]


def find_snapshot(session: Session, number: int) -> StoredSnapshot | None:
    """A snapshot by its id, or None."""
    row = session.connection().execute(select(*_COLUMNS).where(SNAPSHOT.c.id == number)).first()
    return None if row is None else StoredSnapshot(*row)


def snapshot_counts(session: Session, number: int) -> bytes:
    """The counts of a snapshot, as they were written.

    Args:
        session: A session.
        number: Its id.

    Returns:
        Canonical JSON.

    Raises:
        StoreError: There is no such snapshot, or its bytes are not those that were written.
    """
    query = select(SNAPSHOT.c.payload, SNAPSHOT.c.digest).where(SNAPSHOT.c.id == number)
    row = session.connection().execute(query).first()
    if row is None:
        raise StoreError("there is no such snapshot", hint="See `landscape snapshot list`", snapshot=number)
    unpacker = zlib.decompressobj()
    try:
        counts = unpacker.decompress(row.payload, LARGEST_BYTES)
    except zlib.error as error:
        raise _damaged(number) from error
    if unpacker.unconsumed_tail or sha256(counts).hexdigest() != row.digest:
        raise _damaged(number)
    return counts


def _damaged(number: int) -> StoreError:
    return StoreError("a snapshot is not as it was written", hint="Run `landscape db check`", snapshot=number)
