"""Stands in until db.labels and db.search land; then removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlmodel import Session

from landscape.tables import LABEL_ASSIGNMENT, LABEL_RETRACTION, PAPER


def current_labels(*, as_of: datetime | None = None, taxonomy_version: str) -> Select[Any]:
    """The label in force of each paper."""

    def counts(table: Any) -> Any:
        retracted = select(LABEL_RETRACTION.c.assignment_id)
        if as_of is not None:
            retracted = retracted.where(LABEL_RETRACTION.c.retracted_at <= as_of)
        condition = and_(
            or_(table.c.authority > 1, table.c.taxonomy_version == taxonomy_version),
            table.c.id.not_in(retracted),
        )
        return condition if as_of is None else and_(condition, table.c.created_at <= as_of)

    label = LABEL_ASSIGNMENT.alias("label")
    better = LABEL_ASSIGNMENT.alias("better")
    outranked = exists().where(
        better.c.paper_id == label.c.paper_id,
        counts(better),
        or_(
            better.c.authority > label.c.authority,
            and_(better.c.authority == label.c.authority, better.c.id > label.c.id),
        ),
    )
    return select(
        label.c.id.label("assignment_id"),
        label.c.paper_id,
        label.c.verdict,
        label.c.relevance,
        label.c.method,
        label.c.by,
    ).where(counts(label), ~outranked)


def matching_paper_ids(session: Session, words: str) -> Select[Any]:
    """Papers whose title or abstract holds the words."""
    pattern = f"%{words}%"
    return select(PAPER.c.id).where(or_(PAPER.c.title.ilike(pattern), PAPER.c.abstract.ilike(pattern)))
