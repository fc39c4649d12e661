"""How harvests went and how far they came: runs, cursors, leases, rejects.

A cursor moves in the same write session as the rows of its page (`store_page`), so that a harvest
that is killed at any moment neither loses a page nor stores one twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from db.models import HarvestCursor, HarvestRun, RejectedRecordRow
from db.papers import PageCounts
from db.tables import HARVEST_CURSOR, HARVEST_LEASE, HARVEST_RUN, SOURCE_RECORD
from foundation.errors import RefusedInputError, TransientSourceError
from papers.text import clean_text

RunState = Literal["running", "complete", "partial", "suspect", "failed"]

# The gravest state of a source's slices is the source's.
GRAVITY: tuple[RunState, ...] = ("complete", "running", "partial", "suspect", "failed")
_COUNTS = ("pages", "fetched", "new", "updated", "unchanged", "rejected", "linked", "expected")
INTERRUPTED = "interrupted: the process ended before the run did"
# A page takes seconds, a bad hour's waits are minutes: a holder that has not renewed for so long is gone.
LEASE_DURATION = timedelta(minutes=15)


class LeaseHeldError(TransientSourceError):
    """Another process is harvesting the source now. Nothing was done; the run is partial."""


@dataclass(frozen=True)
class SourceState:
    """What is known of a source.

    Attributes:
        source: Its name.
        state: The gravest state among the slices of its latest harvest.
        reason: Why, where it is not complete.
        last_complete: When a run last ended complete, or None.
        papers: Works that it knows of.
    """

    source: str
    state: RunState
    reason: str
    last_complete: datetime | None
    papers: int


def acquire_lease(
    session: Session, source: str, holder: str, *, at: datetime, duration: timedelta = LEASE_DURATION
) -> None:
    """Take or renew the right to harvest a source. To be committed at once.

    Args:
        session: A session of `Store.write`.
        source: Name of the source.
        holder: Who asks: unique to a process and run.
        at: The present moment.
        duration: For how long without a renewal.

    Raises:
        LeaseHeldError: Someone else holds it and it has not expired.
    """
    connection = session.connection()
    columns = HARVEST_LEASE.c
    held = connection.execute(select(HARVEST_LEASE).where(columns.source == source)).mappings().first()
    if held is None:
        connection.execute(
            insert(HARVEST_LEASE).values(
                source=source, holder=holder, acquired_at=at, expires_at=at + duration
            )
        )
        return
    renewed = held["holder"] == holder
    if not renewed and held["expires_at"] > at:
        raise LeaseHeldError(
            f"another harvest of {source} is running",
            hint="Wait for it, or for its lease to expire",
            holder=held["holder"],
            expires=held["expires_at"].isoformat(),
        )
    connection.execute(
        update(HARVEST_LEASE)
        .where(columns.source == source)
        .values(
            holder=holder,
            acquired_at=held["acquired_at"] if renewed and held["expires_at"] > at else at,
            expires_at=at + duration,
        )
    )


def release_lease(session: Session, source: str, holder: str, *, at: datetime) -> None:
    """Give the right back. Someone else's lease is left alone.

    Args:
        session: A session of `Store.write`.
        source: Name of the source.
        holder: As given to `acquire_lease`.
        at: The present moment.
    """
    columns = HARVEST_LEASE.c
    session.connection().execute(
        update(HARVEST_LEASE).where(columns.source == source, columns.holder == holder).values(expires_at=at)
    )


def begin_run(session: Session, source: str, slice_key: str, *, at: datetime) -> int:
    """Note that a run over a slice begins. Runs of the slice that never ended are closed as partial.

    Args:
        session: A session of `Store.write`, whose process holds the source's lease.
        source: Name of the source, or of an imported file.
        slice_key: Which slice.
        at: The present moment.

    Returns:
        The run's id.
    """
    connection = session.connection()
    columns = HARVEST_RUN.c
    connection.execute(
        update(HARVEST_RUN)
        .where(columns.source == source, columns.slice_key == slice_key, columns.state == "running")
        .values(state="partial", reason=INTERRUPTED, finished_at=at)
    )
    run = HarvestRun(source=source, slice_key=slice_key, started_at=at)
    session.add(run)
    session.flush()
    if run.id is None:
        raise AssertionError("the database gave the run no id")
    return run.id


def count_page(session: Session, run_id: int, counts: PageCounts, *, expected: int | None = None) -> None:
    """Add a stored page to its run, in the same session as the page.

    Args:
        session: The session of `store_page`.
        run_id: The run.
        counts: What `store_page` returned.
        expected: How many records the source says it holds; the greatest answer is kept.
    """
    columns = HARVEST_RUN.c
    connection = session.connection()
    connection.execute(
        update(HARVEST_RUN)
        .where(columns.id == run_id)
        .values(
            pages=columns.pages + 1,
            fetched=columns.fetched + counts.total,
            new=columns.new + counts.new,
            updated=columns.updated + counts.updated,
            unchanged=columns.unchanged + counts.unchanged,
            rejected=columns.rejected + counts.rejected,
            linked=columns.linked + counts.linked,
        )
    )
    if expected is not None:
        connection.execute(
            update(HARVEST_RUN)
            .where(columns.id == run_id, func.coalesce(columns.expected, -1) < expected)
            .values(expected=expected)
        )
    session.expire_all()


def finish_run(
    session: Session,
    run_id: int,
    *,
    state: RunState,
    at: datetime,
    reason: str = "",
    counts: PageCounts | Mapping[str, int] | None = None,
) -> HarvestRun:
    """Note how a run ended.

    Args:
        session: A session of `Store.write`.
        run_id: The run.
        state: complete, partial, suspect or failed.
        at: The present moment.
        reason: Why it did not end complete.
        counts: The run's counts, for callers that did not use `count_page`: by name (`pages`,
            `fetched`, `new`, `updated`, `unchanged`, `rejected`, `linked`, `expected`), or as
            `store_page` gave them.

    Returns:
        The run as it stands.

    Raises:
        RefusedInputError: There is no such run, the state is no ending, or a count has no such name.
    """
    if state not in GRAVITY or state == "running":
        raise RefusedInputError("a run cannot end like that", state=state)
    run = session.get(HarvestRun, run_id)
    if run is None:
        raise RefusedInputError("there is no such run", run=run_id)
    run.state, run.reason, run.finished_at = state, clean_text(reason), at
    if isinstance(counts, PageCounts):
        counts = {**asdict(counts), "fetched": counts.total}
    for name, count in (counts or {}).items():
        if name not in _COUNTS:
            raise RefusedInputError("a run has no such count", name=name, known=", ".join(_COUNTS))
        setattr(run, name, count)
    session.add(run)
    session.flush()
    return run


def get_cursor(session: Session, source: str, slice_key: str) -> HarvestCursor | None:
    """How far a slice has come; None where it never began."""
    query = select(HarvestCursor).where(
        col(HarvestCursor.source) == source, col(HarvestCursor.slice_key) == slice_key
    )
    return session.execute(query).scalars().first()


def move_cursor(
    session: Session,
    source: str,
    slice_key: str,
    *,
    position: str | None,
    at: datetime,
    page_digest: str = "",
    complete: bool = False,
    watermark: str | None = None,
    etag: str | None = None,
) -> None:
    """Move a slice's cursor, in the same session as the rows of the page.

    Args:
        session: The session of `store_page`.
        source: Name of the source.
        slice_key: Which slice.
        position: Where the next page starts; None at the end.
        at: The present moment.
        page_digest: Of the page just stored.
        complete: Whether the end was proven.
        watermark: What a later run starts from; None keeps the former one, and only a complete
            slice may move it.
        etag: Validator for the next conditional request; None keeps the former one.

    Raises:
        RefusedInputError: The cursor would say complete and yet point at a next page, or a watermark
            would move without completeness.
    """
    if complete and position is not None:
        raise RefusedInputError("a complete slice has no next page", slice=slice_key, position=position)
    if watermark is not None and not complete:
        raise RefusedInputError("only a complete slice moves its watermark", slice=slice_key)
    cursor = get_cursor(session, source, slice_key) or HarvestCursor(
        source=source, slice_key=slice_key, updated_at=at
    )
    cursor.position, cursor.complete, cursor.updated_at = position, complete, at
    cursor.page_digest = page_digest
    cursor.watermark = cursor.watermark if watermark is None else watermark
    cursor.etag = cursor.etag if etag is None else etag
    session.add(cursor)
    session.flush()


def watermarks(session: Session, source: str) -> dict[str, str]:
    """Watermark by slice key of what was once proven complete: what `Source.plan` wants to know."""
    columns = HARVEST_CURSOR.c
    rows = session.connection().execute(
        select(columns.slice_key, columns.watermark).where(
            columns.source == source, columns.watermark.is_not(None)
        )
    )
    return {row.slice_key: row.watermark for row in rows}


def list_runs(session: Session, *, source: str | None = None, limit: int = 100) -> list[HarvestRun]:
    """The latest runs, newest first.

    Args:
        session: A session.
        source: Of this source alone.
        limit: At most so many.

    Returns:
        Runs.
    """
    query = select(HarvestRun).order_by(col(HarvestRun.id).desc()).limit(limit)
    if source is not None:
        query = query.where(col(HarvestRun.source) == source)
    return list(session.execute(query).scalars())


def source_states(session: Session, *, at: datetime | None = None) -> dict[str, SourceState]:
    """What is known of every source that was ever harvested or imported.

    A source's state is the gravest among the latest runs of the slices of its latest harvest (since
    its lease was last taken; for sources without a lease, of all slices).

    Args:
        session: A session.
        at: The present moment; where given, a run that is "running" under an expired lease is shown
            as interrupted.

    Returns:
        States by source name, in order of name.
    """
    connection = session.connection()
    leases = {
        row["source"]: (row["acquired_at"], row["expires_at"])
        for row in connection.execute(select(HARVEST_LEASE)).mappings()
    }
    columns = HARVEST_RUN.c
    latest = select(func.max(columns.id)).group_by(columns.source, columns.slice_key)
    rows = connection.execute(
        select(columns.source, columns.state, columns.reason, columns.started_at)
        .where(columns.id.in_(latest))
        .order_by(columns.id)
    )
    runs: dict[str, list[tuple[RunState, str]]] = defaultdict(list)
    every: dict[str, list[tuple[RunState, str]]] = defaultdict(list)
    for source, run_state, run_reason, started_at in rows:
        lease = leases.get(source)
        state, reason = run_state, run_reason
        if state == "running" and at is not None and lease is not None and lease[1] <= at:
            state, reason = "partial", INTERRUPTED
        every[source].append((state, reason))
        if lease is None or started_at >= lease[0]:
            runs[source].append((state, reason))
    last_complete = dict(
        connection.execute(
            select(columns.source, func.max(columns.finished_at))
            .where(columns.state == "complete")
            .group_by(columns.source)
        ).all()
    )
    records = SOURCE_RECORD.c
    papers: dict[str, int] = dict(
        connection.execute(
            select(records.source, func.count(records.paper_id.distinct())).group_by(records.source)
        ).all()
    )
    states: dict[str, SourceState] = {}
    for source in sorted({*every, *papers}):
        known = runs.get(source) or every.get(source) or [("complete", "")]
        state, reason = max(known, key=lambda run: GRAVITY.index(run[0]))
        states[source] = SourceState(source, state, reason, last_complete.get(source), papers.get(source, 0))
    return states


def list_rejects(
    session: Session, *, unresolved: bool = True, source: str | None = None, limit: int = 1_000
) -> list[RejectedRecordRow]:
    """Records that could not be read.

    Args:
        session: A session.
        unresolved: Only those that have not been read since.
        source: Of this source alone.
        limit: At most so many.

    Returns:
        Rejects, newest first.
    """
    query = select(RejectedRecordRow).order_by(col(RejectedRecordRow.id).desc()).limit(limit)
    if unresolved:
        query = query.where(col(RejectedRecordRow.resolved_at).is_(None))
    if source is not None:
        query = query.where(col(RejectedRecordRow.source) == source)
    return list(session.execute(query).scalars())
