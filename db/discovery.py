"""Groups of like papers inside the cells, as the newest discovery found them.

A group that became a topic is kept for good: its papers are how later runs know what the topic holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlmodel import Session

from db.tables import DISCOVERY_RUN, PAPER, SUB_TOPIC, SUB_TOPIC_PAPER, chunks


@dataclass(frozen=True)
class NewSubTopic:
    """A group to be kept; see `StoredSubTopic` for the measures."""

    cell: str
    slug: str
    name: str
    phrases: tuple[tuple[str, float], ...]
    paper_ids: tuple[int, ...]
    coherence: float
    tightness: float
    growth: float | None
    nearest_topic: str | None
    nearness: float
    held: float
    score: float
    proposed: bool


@dataclass(frozen=True)
class StoredSubTopic:
    """A group of like papers inside a cell.

    Attributes:
        id: Row id.
        cell: The cell.
        slug: `cell/name-with-hyphens`, unique within one discovery.
        name: Its first phrases.
        phrases: Phrases with c-TF-IDF weights, heaviest first.
        n_papers: Papers when it was found.
        coherence: Mean NPMI of its words.
        tightness: Mean cosine of its papers to their centre.
        growth: Papers of the last 12 months over the 12 before; None if either is under 5.
        nearest_topic: Topic whose papers' centre is nearest.
        nearness: Cosine to it.
        held: Share of its papers that one topic of the cell holds.
        score: Rank among the cell's proposals, in [0, 1].
        proposed: Whether it is proposed as an emerging topic.
        accepted_as: The topic that it became, or None.
    """

    id: int
    cell: str
    slug: str
    name: str
    phrases: tuple[tuple[str, float], ...]
    n_papers: int
    coherence: float
    tightness: float
    growth: float | None
    nearest_topic: str | None
    nearness: float
    held: float
    score: float
    proposed: bool
    accepted_as: str | None


@dataclass(frozen=True)
class DiscoverySummary:
    """The newest discovery.

    Attributes:
        id: Row id.
        at: When.
        taxonomy_version: The grid whose cells were looked into.
        model: Of the sentence vectors.
        papers: Relevant papers that were grouped.
    """

    id: int
    at: datetime
    taxonomy_version: str
    model: str
    papers: int


def store_discovery(
    session: Session,
    groups: Sequence[NewSubTopic],
    *,
    at: datetime,
    taxonomy_version: str,
    model: str,
    papers: int,
) -> int:
    """Keep a discovery in place of the one before, whose accepted groups stay.

    Args:
        session: A session of `Store.write`.
        groups: Its groups; papers that have gone meanwhile are left out.
        at: The present moment.
        taxonomy_version: The grid.
        model: Of the sentence vectors.
        papers: Relevant papers that were grouped.

    Returns:
        Id of the run.
    """
    connection = session.connection()
    passing = select(SUB_TOPIC.c.id).where(SUB_TOPIC.c.accepted_as.is_(None))
    connection.execute(delete(SUB_TOPIC_PAPER).where(SUB_TOPIC_PAPER.c.sub_topic_id.in_(passing)))
    connection.execute(delete(SUB_TOPIC).where(SUB_TOPIC.c.accepted_as.is_(None)))
    connection.execute(delete(DISCOVERY_RUN).where(DISCOVERY_RUN.c.id.not_in(select(SUB_TOPIC.c.run_id))))
    values = {"at": at, "taxonomy_version": taxonomy_version, "model": model, "papers": papers}
    run = int(connection.execute(insert(DISCOVERY_RUN).returning(DISCOVERY_RUN.c.id), values).scalar_one())
    there: set[int] = set()
    for piece in chunks({paper for group in groups for paper in group.paper_ids}):
        there.update(connection.execute(select(PAPER.c.id).where(PAPER.c.id.in_(piece))).scalars())
    for group in groups:
        members = [paper for paper in dict.fromkeys(group.paper_ids) if paper in there]
        if not members:
            continue
        row = {
            "run_id": run,
            "cell": group.cell,
            "slug": group.slug,
            "name": group.name,
            "phrases": [[phrase, weight] for phrase, weight in group.phrases],
            "n_papers": len(members),
            "coherence": group.coherence,
            "tightness": group.tightness,
            "growth": group.growth,
            "nearest_topic": group.nearest_topic,
            "nearness": group.nearness,
            "held": group.held,
            "score": group.score,
            "proposed": group.proposed,
        }
        number = int(connection.execute(insert(SUB_TOPIC).returning(SUB_TOPIC.c.id), row).scalar_one())
        connection.execute(
            insert(SUB_TOPIC_PAPER),
            [
                {"sub_topic_id": number, "paper_id": paper, "position": position}
                for position, paper in enumerate(members)
            ],
        )
    return run


def latest_discovery(session: Session) -> DiscoverySummary | None:
    """The newest discovery, or None where there was none."""
    columns = DISCOVERY_RUN.c
    query = select(columns.id, columns.at, columns.taxonomy_version, columns.model, columns.papers)
    row = session.connection().execute(query.order_by(columns.id.desc()).limit(1)).first()
    return None if row is None else DiscoverySummary(*row)


def sub_topics(
    session: Session, *, cell: str | None = None, proposed: bool | None = None
) -> list[StoredSubTopic]:
    """Groups of the newest discovery.

    Args:
        session: A session.
        cell: Of this cell alone; None means all.
        proposed: Only proposals, or only what is none; None means both.

    Returns:
        By cell; proposals first, best first, then the largest.
    """
    newest = select(func.max(DISCOVERY_RUN.c.id)).scalar_subquery()
    query = _query().where(SUB_TOPIC.c.run_id == newest)
    if cell is not None:
        query = query.where(SUB_TOPIC.c.cell == cell)
    if proposed is not None:
        query = query.where(SUB_TOPIC.c.proposed == proposed)
    return [_stored(row) for row in session.connection().execute(query)]


def accepted_groups(session: Session) -> list[StoredSubTopic]:
    """Every group that became a topic, of whichever discovery, in the order of acceptance."""
    query = _query().where(SUB_TOPIC.c.accepted_as.is_not(None))
    return sorted((_stored(row) for row in session.connection().execute(query)), key=lambda group: group.id)


def _query() -> Select[Any]:
    columns = SUB_TOPIC.c
    return select(
        columns.id, columns.cell, columns.slug, columns.name, columns.phrases, columns.n_papers,
        columns.coherence, columns.tightness, columns.growth, columns.nearest_topic, columns.nearness,
        columns.held, columns.score, columns.proposed, columns.accepted_as,
    ).order_by(
        columns.cell, columns.score.desc(), columns.n_papers.desc(), columns.id
    )  # fmt: skip


def sub_topic_papers(session: Session, sub_topic_id: int, *, limit: int | None = None) -> list[int]:
    """Row ids of a group's papers, most typical first."""
    columns = SUB_TOPIC_PAPER.c
    query = select(columns.paper_id).where(columns.sub_topic_id == sub_topic_id).order_by(columns.position)
    return [int(found) for found in session.connection().execute(query.limit(limit)).scalars()]


def sub_topics_of_paper(session: Session, paper_id: int) -> list[StoredSubTopic]:
    """The groups that a paper belongs to."""
    query = select(SUB_TOPIC_PAPER.c.sub_topic_id).where(SUB_TOPIC_PAPER.c.paper_id == paper_id)
    numbers = set(session.connection().execute(query).scalars())
    return [group for group in sub_topics(session) if group.id in numbers]


def mark_accepted(session: Session, sub_topic_id: int, topic: str, further: Sequence[int] = ()) -> None:
    """Note that a group became a topic; it is no longer proposed.

    Args:
        session: A session of `Store.write`.
        sub_topic_id: The group.
        topic: Id of the topic.
        further: Row ids of papers as near to it as its own, which join it.
    """
    connection = session.connection()
    known = sub_topic_papers(session, sub_topic_id)
    new = [paper for paper in dict.fromkeys(further) if paper not in set(known)]
    if new:
        connection.execute(
            insert(SUB_TOPIC_PAPER),
            [
                {"sub_topic_id": sub_topic_id, "paper_id": paper, "position": position}
                for position, paper in enumerate(new, start=len(known))
            ],
        )
    connection.execute(
        update(SUB_TOPIC)
        .where(SUB_TOPIC.c.id == sub_topic_id)
        .values(accepted_as=topic, proposed=False, n_papers=len(known) + len(new))
    )


def _stored(row: Any) -> StoredSubTopic:
    values = dict(row._mapping)
    values["phrases"] = tuple((str(phrase), float(weight)) for phrase, weight in values["phrases"])
    return StoredSubTopic(**values)
