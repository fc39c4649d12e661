"""The one place that says which papers count and which label is in force.

Counts (`landscape.grid`) and lists (`landscape.reading`) both start from `papers_with_labels`, so
a chip that says 12 opens a list of 12.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, or_, select
from sqlmodel import Session

from db.labels import current_labels
from db.search import matching_paper_ids
from db.tables import LABEL_CELL, PAPER
from landscape.types import LandscapeFilter
from taxonomy.models import Taxonomy

NOT_RELEVANT = "not-relevant"
MODEL = "model"


def papers_with_labels(
    session: Session, taxonomy: Taxonomy, *, as_of: datetime | None, chosen: LandscapeFilter
) -> Select[Any]:
    """Papers that pass the filter, each with its current label where it has one.

    Args:
        session: Open session, for the keyword index.
        taxonomy: The grid in force.
        as_of: Only what the store knew then; None for all it knows.
        chosen: Which papers count.

    Returns:
        Columns `paper_id, source, year, assignment_id, verdict, method, relevance, cell, score`;
        the last six are NULL for papers without a label, the last two also for papers off the
        subject. `cell` is the primary cell.
    """
    label = current_labels(as_of=as_of, taxonomy_version=taxonomy.version).subquery("current_label")
    primary = LABEL_CELL.alias("primary_cell")
    statement = (
        select(
            PAPER.c.id.label("paper_id"),
            PAPER.c.source.label("source"),
            PAPER.c.year.label("year"),
            label.c.assignment_id,
            label.c.verdict,
            label.c.method,
            label.c.relevance,
            primary.c.cell,
            primary.c.score,
        )
        .select_from(PAPER)
        .outerjoin(label, label.c.paper_id == PAPER.c.id)
        .outerjoin(
            primary,
            and_(
                primary.c.assignment_id == label.c.assignment_id,
                primary.c.position == 0,
                label.c.verdict != NOT_RELEVANT,
            ),
        )
    )
    for condition in _conditions(session, as_of, chosen):
        statement = statement.where(condition)
    if chosen.minimum_score > 0:
        # People and the library give no score to doubt; what has no cell has none either.
        statement = statement.where(
            or_(
                primary.c.score.is_(None),
                primary.c.score >= chosen.minimum_score,
                label.c.method != MODEL,
            )
        )
    return statement


def _conditions(
    session: Session, as_of: datetime | None, chosen: LandscapeFilter
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if as_of is not None:
        conditions.append(PAPER.c.first_seen <= as_of)
    if chosen.venues:
        conditions.append(PAPER.c.venue.in_(chosen.venues))
    if chosen.sources:
        conditions.append(PAPER.c.source.in_(chosen.sources))
    if chosen.year_from is not None:
        conditions.append(PAPER.c.year >= chosen.year_from)
    if chosen.year_until is not None:
        conditions.append(PAPER.c.year <= chosen.year_until)
    if chosen.words.strip():
        conditions.append(PAPER.c.id.in_(matching_paper_ids(session, chosen.words)))
    return conditions


def topic_in_force(topic: ColumnElement[Any], taxonomy: Taxonomy) -> ColumnElement[Any]:
    """A column of topic ids with retired ids replaced by their successors.

    Args:
        topic: Topic ids as labels bear them.
        taxonomy: The grid in force, with its redirects.

    Returns:
        Ids in force; NULL where a topic was given up without a successor.
    """
    if not taxonomy.redirects:
        return topic
    return case(
        *(
            (topic == redirect.from_id, literal(taxonomy.resolve_topic(redirect.from_id), String))
            for redirect in taxonomy.redirects
        ),
        else_=topic,
    )
