"""How often papers are cited, by the service that counted.

A count belongs to the id that was asked for, not to a paper's row: papers are joined and parted, ids
go with their records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, delete, func, insert, or_, select, tuple_
from sqlmodel import Session

from db.tables import CITATION_COUNT, EXTERNAL_ID, PAPER, chunks

Name = tuple[str, str]  # scheme, value


@dataclass(frozen=True)
class CitationChange:
    """What became of counts that were kept.

    Attributes:
        new: Papers counted for the first time.
        updated: Papers whose count changed.
        unchanged: Papers whose count is the same.
        unknown: Papers that the service does not know.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class CitationCount:
    """How often a paper is cited.

    Attributes:
        count: Citations.
        service: Who counted.
        retrieved_at: When, aware, UTC.
    """

    count: int
    service: str
    retrieved_at: datetime


def due_for_counting(
    session: Session, service: str, schemes: Sequence[str], *, before: datetime, limit: int
) -> list[Name]:
    """Papers whose citations were not counted, or not lately: newest papers first.

    Args:
        session: A session.
        service: Who counts.
        schemes: Id schemes that the service knows, best first.
        before: Counts that are older are due again.
        limit: At most so many.

    Returns:
        One id a paper, of the best scheme that it has.
    """
    name, known = EXTERNAL_ID.c, CITATION_COUNT.c
    rank = case({scheme: place for place, scheme in enumerate(schemes)}, value=name.scheme)
    best = (
        select(
            name.paper_id,
            name.scheme,
            name.value,
            func.row_number().over(partition_by=name.paper_id, order_by=(rank, name.value)).label("place"),
        )
        .where(name.scheme.in_(schemes))
        .subquery()
    )
    query = (
        select(best.c.scheme, best.c.value)
        .join(PAPER, PAPER.c.id == best.c.paper_id)
        .outerjoin(
            CITATION_COUNT,
            and_(known.scheme == best.c.scheme, known.value == best.c.value, known.service == service),
        )
        .where(best.c.place == 1, or_(known.retrieved_at.is_(None), known.retrieved_at < before))
        .order_by(PAPER.c.id.desc())
        .limit(limit)
    )
    return [(scheme, value) for scheme, value in session.connection().execute(query)]


def keep_counts(
    session: Session, service: str, counts: Sequence[tuple[Name, int | None]], *, at: datetime
) -> CitationChange:
    """Keep what a service said.

    Args:
        session: A session of `Store.write`.
        service: Who counted.
        counts: By id; None where the service does not know the paper, which is kept too, so that it
            is not asked for again at once.
        at: When it was said, aware.

    Returns:
        What became of the counts.
    """
    connection, columns = session.connection(), CITATION_COUNT.c
    key = tuple_(columns.scheme, columns.value)
    before: dict[Name, int | None] = {}
    for piece in chunks([name for name, _ in counts], 200):
        here = (columns.service == service, key.in_(piece))
        for row in connection.execute(select(columns.scheme, columns.value, columns.count).where(*here)):
            before[(row[0], row[1])] = row[2]
        connection.execute(delete(CITATION_COUNT).where(*here))
    rows = [
        {"scheme": scheme, "value": value, "service": service, "count": count, "retrieved_at": at}
        for (scheme, value), count in dict(counts).items()
    ]
    if rows:
        connection.execute(insert(CITATION_COUNT), rows)
    told = [(before.get(name), count) for name, count in dict(counts).items() if count is not None]
    return CitationChange(
        new=sum(old is None for old, _ in told),
        updated=sum(old is not None and old != count for old, count in told),
        unchanged=sum(old == count for old, count in told),
        unknown=len(rows) - len(told),
    )


def citation_counts(session: Session, paper_ids: Iterable[int]) -> dict[int, CitationCount]:
    """Citations of papers.

    Args:
        session: A session.
        paper_ids: Row ids.

    Returns:
        By row id; of a paper that was counted under several ids the highest count. Papers that
        nobody counted are left out.
    """
    name, known = EXTERNAL_ID.c, CITATION_COUNT.c
    found: dict[int, CitationCount] = {}
    for piece in chunks(paper_ids):
        query = (
            select(name.paper_id, known.count, known.service, known.retrieved_at)
            .join(CITATION_COUNT, and_(known.scheme == name.scheme, known.value == name.value))
            .where(name.paper_id.in_(piece), known.count.is_not(None))
            .order_by(name.paper_id, known.count, known.retrieved_at)
        )
        for paper_id, count, service, retrieved_at in session.connection().execute(query):
            found[paper_id] = CitationCount(count, service, retrieved_at)
    return found
