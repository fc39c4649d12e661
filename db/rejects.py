"""Records that could not be read: kept with their bytes, closed once they can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from db.models import RejectedRecordRow
from db.tables import REJECTED, chunks
from papers.record import REJECT_PAYLOAD_LIMIT_BYTES, ParsedRecord, RejectedRecord
from papers.text import cap_text, clean_text

SOURCE_ID_LIMIT_CHARACTERS = 500  # where a record's id is what was wrong with it
VALUE_LIMIT_CHARACTERS = 500


def keep_rejects(
    connection: Connection, rejects: Sequence[RejectedRecord], *, parser_version: int, at: datetime
) -> None:
    """Store rejects; one that is known is opened again and told why anew.

    Args:
        connection: Inside a write transaction.
        rejects: From a parsed page.
        parser_version: Of the parser that could not read them.
        at: The present moment.
    """
    if not rejects:
        return
    columns = REJECTED.c
    known: dict[tuple[str, str, str], tuple[int, bool, str]] = {}
    for piece in chunks({reject.wire.digest for reject in rejects}):
        query = select(
            columns.id, columns.source, columns.source_id, columns.digest, columns.resolved_at, columns.reason
        ).where(columns.digest.in_(piece))
        for row_id, source, source_id, digest, resolved_at, reason in connection.execute(query):
            known[(source, source_id, digest)] = (row_id, resolved_at is None, reason)
    for reject in rejects:
        wire = reject.wire
        source_id = cap_text(clean_text(wire.source_id), SOURCE_ID_LIMIT_CHARACTERS)
        reason = clean_text(reject.reason)
        key = (wire.source, source_id, wire.digest)
        if key not in known:
            values = {
                "source": wire.source,
                "source_id": source_id,
                "digest": wire.digest,
                "url": clean_text(wire.url),
                "media_type": clean_text(wire.media_type),
                "payload": wire.payload[:REJECT_PAYLOAD_LIMIT_BYTES],
                "reason": reason,
                "field": clean_text(reject.field),
                "value": cap_text(clean_text(reject.value), VALUE_LIMIT_CHARACTERS),
                "parser_version": parser_version,
                "rejected_at": at,
                "resolved_at": None,
            }
            row_id = connection.execute(insert(REJECTED).returning(columns.id), values).scalar_one()
            known[key] = (row_id, True, reason)
            continue
        row_id, is_open, reason_before = known[key]
        if not is_open or reason_before != reason:
            connection.execute(
                update(REJECTED)
                .where(columns.id == row_id)
                .values(reason=reason, parser_version=parser_version, resolved_at=None)
            )
            known[key] = (row_id, True, reason)


def resolve_rejects(connection: Connection, records: Sequence[ParsedRecord], *, at: datetime) -> None:
    """Close rejects whose record, or whose very bytes, can now be read.

    Args:
        connection: Inside a write transaction.
        records: What could be read.
        at: The present moment.
    """
    columns = REJECTED.c
    is_open = columns.resolved_at.is_(None)
    by_source: dict[str, list[ParsedRecord]] = defaultdict(list)
    for record in records:
        by_source[record.wire.source].append(record)
    for source, read in by_source.items():
        if (
            connection.execute(select(columns.id).where(columns.source == source, is_open).limit(1)).first()
            is None
        ):
            continue
        for piece in chunks(read):
            ids = {record.draft.source_id for record in piece} | {record.wire.source_id for record in piece}
            digests = {record.wire.digest for record in piece}
            connection.execute(
                update(REJECTED)
                .where(
                    columns.source == source,
                    is_open,
                    or_(columns.source_id.in_(sorted(ids)), columns.digest.in_(sorted(digests))),
                )
                .values(resolved_at=at)
            )


def open_rejects(
    session: Session, *, source: str | None = None, after: int = 0, limit: int = 1_000
) -> list[RejectedRecordRow]:
    """Records that could not be read and have not been read since, oldest first.

    Args:
        session: A session.
        source: Of this source alone.
        after: Only rows with a greater id, to go through all of them in portions.
        limit: At most so many.

    Returns:
        Rows, each apart from the session: what a later statement changes does not change them.
    """
    query = (
        select(RejectedRecordRow)
        .where(col(RejectedRecordRow.resolved_at).is_(None), col(RejectedRecordRow.id) > after)
        .order_by(col(RejectedRecordRow.id))
        .limit(limit)
    )
    if source is not None:
        query = query.where(col(RejectedRecordRow.source) == source)
    rows = list(session.execute(query).scalars())
    session.expunge_all()
    return rows


def mark_resolved(session: Session, row_id: int, *, at: datetime) -> None:
    """Close one reject.

    Args:
        session: A session of `Store.write`.
        row_id: The reject.
        at: The present moment.
    """
    columns = REJECTED.c
    session.connection().execute(
        update(REJECTED).where(columns.id == row_id, columns.resolved_at.is_(None)).values(resolved_at=at)
    )


def renew_reject(session: Session, row_id: int, *, reason: str, field: str, parser_version: int) -> None:
    """Note why a record that was tried again can still not be read.

    Args:
        session: A session of `Store.write`.
        row_id: The reject.
        reason: The reason of today.
        field: The field at fault, or empty.
        parser_version: Of the parser of today.
    """
    session.connection().execute(
        update(REJECTED)
        .where(REJECTED.c.id == row_id)
        .values(reason=clean_text(reason), field=clean_text(field), parser_version=parser_version)
    )
