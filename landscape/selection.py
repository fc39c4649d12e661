"""The one place that says which papers count and which label is in force.

Counts (`landscape.grid`) and lists (`landscape.reading`) ask by the same conditions and the same
labels, so a chip that says 12 opens a list of 12.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, select
from sqlmodel import Session

from db.labels import current_labels
from db.search import matching_paper_ids
from db.tables import LABEL_CELL, PAPER
from foundation.errors import RefusedInputError
from landscape.types import EVERYTHING, LandscapeFilter
from taxonomy.models import Taxonomy

NOT_RELEVANT = "not-relevant"
MODEL = "model"
UNSURE = "unsure"


def known_place(
    taxonomy: Taxonomy, *, cell: str | None = None, topic: str | None = None
) -> tuple[str | None, str | None]:
    """Check that a cell and a topic exist before papers are looked for in them.

    Args:
        taxonomy: The grid in force.
        cell: Cell id, or None.
        topic: Topic id, or None; a retired one is followed to its successor.

    Returns:
        Ids in force.

    Raises:
        RefusedInputError: One of them names nothing.
    """
    if cell is not None and cell not in taxonomy.cells:
        raise RefusedInputError("no such cell", hint="See `landscape taxonomy show`.", cell=cell)
    found = None if topic is None else taxonomy.resolve_topic(topic)
    if topic is not None and found is None:
        raise RefusedInputError("no such topic", hint="See `landscape taxonomy show`.", topic=topic)
    return cell, found


def passing(
    session: Session, taxonomy: Taxonomy, *, as_of: datetime | None, chosen: LandscapeFilter
) -> list[ColumnElement[bool]]:
    """Which papers count, as conditions on the table of papers.

    Args:
        session: Open session, for the keyword index.
        taxonomy: The grid in force.
        as_of: Only what the store knew then; None for all it knows.
        chosen: The filter.

    Returns:
        Conditions that must all hold; none where every paper counts.
    """
    paper = PAPER.c
    conditions: list[ColumnElement[bool]] = []
    if as_of is not None:
        conditions.append(paper.first_seen <= as_of)
    if chosen.venues:
        conditions.append(paper.venue.in_(chosen.venues))
    if chosen.sources:
        conditions.append(paper.source.in_(chosen.sources))
    if chosen.year_from is not None:
        conditions.append(paper.year >= chosen.year_from)
    if chosen.year_until is not None:
        conditions.append(paper.year <= chosen.year_until)
    if chosen.words.strip():
        conditions.append(paper.id.in_(matching_paper_ids(session, chosen.words)))
    if chosen.minimum_score > 0:
        # People and the library give no score to doubt; what has no cell has none either.
        label = current_labels(as_of=as_of, taxonomy_version=taxonomy.version).subquery("doubted_label")
        doubted = (
            select(label.c.paper_id)
            .join(LABEL_CELL, LABEL_CELL.c.assignment_id == label.c.assignment_id)
            .where(
                label.c.method == MODEL,
                LABEL_CELL.c.position == 0,
                LABEL_CELL.c.score < chosen.minimum_score,
            )
            .cte("doubted_paper")  # the conditions may stand in one statement several times
        )
        conditions.append(paper.id.not_in(select(doubted.c.paper_id)))
    return conditions


def papers_with_labels(
    session: Session,
    taxonomy: Taxonomy,
    *,
    as_of: datetime | None = None,
    chosen: LandscapeFilter = EVERYTHING,
) -> Select[Any]:
    """Papers that pass the filter, each with its current label where it has one.

    Args:
        session: Open session, for the keyword index.
        taxonomy: The grid in force.
        as_of: Only what the store knew then; None for all it knows.
        chosen: Which papers count.

    Returns:
        Columns `paper_id, assignment_id, verdict, method, relevance, cell, score`; all but the
        first are NULL for papers without a label, the last two also for papers off the subject.
        `cell` is the primary cell.
    """
    label = current_labels(as_of=as_of, taxonomy_version=taxonomy.version).subquery("current_label")
    primary = LABEL_CELL.alias("primary_cell")
    return (
        select(
            PAPER.c.id.label("paper_id"),
            label.c.assignment_id,
            label.c.verdict,
            label.c.method,
            label.c.relevance,
            primary.c.cell,
            primary.c.score,
        )
        .select_from(PAPER)
        .outerjoin(label, label.c.paper_id == PAPER.c.id)
        .outerjoin(primary, and_(primary.c.assignment_id == label.c.assignment_id, primary.c.position == 0))
        .where(*passing(session, taxonomy, as_of=as_of, chosen=chosen))
    )


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
