"""Finds papers by words, best match first, with their labels beside them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlmodel import Session

from db.search import search_papers
from db.tables import LABEL_TOPIC, PAPER
from landscape.reading import paper_rows
from landscape.selection import papers_with_labels, topic_in_force
from landscape.types import EVERYTHING, LandscapeFilter, PaperPage, PaperRow
from taxonomy.models import Taxonomy

HITS_CONSIDERED = 5_000  # best matches that are filtered and paged; nobody reads beyond


def find_papers(
    session: Session,
    taxonomy: Taxonomy,
    query: str,
    *,
    cell: str | None = None,
    topic: str | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    limit: int = 50,
    offset: int = 0,
) -> PaperPage:
    """Find papers by words of title, abstract and authors.

    Papers off the subject are found too: they are on no chart, and yet in the store.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        query: What a reader typed; any text is safe.
        cell: Only papers whose primary cell it is.
        topic: Only papers that bear it.
        filter: Which papers count.
        limit: Rows at most.
        offset: Rows to leave out from the beginning.

    Returns:
        Rows by rank of the match, and how many of the best `HITS_CONSIDERED` matches pass.
    """
    hits = search_papers(session, query, limit=HITS_CONSIDERED)
    found, rows = rows_in_order(
        session,
        taxonomy,
        [hit.paper_id for hit in hits],
        cell=cell,
        topic=topic,
        chosen=filter,
        limit=limit,
        offset=offset,
    )
    return PaperPage(rows=rows, total=len(found))


def rows_in_order(
    session: Session,
    taxonomy: Taxonomy,
    order: Sequence[int],
    *,
    cell: str | None,
    topic: str | None,
    chosen: LandscapeFilter,
    limit: int,
    offset: int,
) -> tuple[list[int], tuple[PaperRow, ...]]:
    """Of papers in an order, those that pass a filter; some of them as lists show them.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        order: Row ids, best first.
        cell: Only papers whose primary cell it is.
        topic: Only papers that bear it.
        chosen: Which papers count.
        limit: Rows at most.
        offset: Rows to leave out from the beginning.

    Returns:
        Row ids of all that pass, and the rows asked for, both in the order given.
    """
    place = {paper: number for number, paper in enumerate(order)}
    base = papers_with_labels(session, taxonomy, chosen=chosen).subquery("counted")
    statement = (
        select(base).join(PAPER, PAPER.c.id == base.c.paper_id).where(base.c.paper_id.in_(list(place)))
    )
    if cell is not None:
        statement = statement.where(base.c.cell == cell)
    if topic is not None:
        wanted = taxonomy.resolve_topic(topic) or topic
        statement = statement.where(
            exists().where(
                LABEL_TOPIC.c.assignment_id == base.c.assignment_id,
                topic_in_force(LABEL_TOPIC.c.topic, taxonomy) == wanted,
            )
        )
    found = sorted(session.execute(statement).all(), key=lambda row: place[row.paper_id])
    rows = paper_rows(session, taxonomy, found[offset : offset + limit])
    return [int(row.paper_id) for row in found], rows
