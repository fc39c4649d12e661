"""Every paper with its place and its dates, one row each: what counts through time are made from.

`landscape.grid` counts one moment inside the database. Comparing moments, sources and quarters needs
the papers themselves, a few dozen bytes each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, cast, func, select
from sqlmodel import Session

from db.tables import EXTERNAL_ID, LABEL_CELL, LABEL_TOPIC, PAPER, SOURCE_RECORD
from landscape.quarters import arxiv_month
from landscape.selection import NOT_RELEVANT, papers_with_labels
from landscape.types import EVERYTHING, LandscapeFilter
from taxonomy.models import Taxonomy

ARXIV_SOURCES = ("arxiv", "arxiv_oai", "jsonl")  # whose records name arXiv's categories


@dataclass(frozen=True, slots=True)
class Placement:
    """A paper, where it stands, and when it came.

    Attributes:
        paper_id: Row id.
        assignment_id: Its label in force, or None.
        stratum: What it may fairly be compared with: source, then venue, or arXiv's first category.
        source: Source of the record that gives the title.
        venue: Short name, or None.
        first_seen: When the store first held it.
        published: Day of publication; of a preprint without one the first day of the month that its
            arXiv identifier tells; None where neither is known.
        year: Year of publication, or None.
        verdict: Of the label in force, or None.
        method: model, library or person, or None.
        cells: Cells, primary first; none for papers off the subject.
        topics: Topics in force, best first; retired ones are followed to their successors.
    """

    paper_id: int
    assignment_id: int | None
    stratum: str
    source: str
    venue: str | None
    first_seen: datetime
    published: date | None
    year: int | None
    verdict: str | None
    method: str | None
    cells: tuple[str, ...]
    topics: tuple[str, ...]

    @property
    def relevant(self) -> bool:
        """Whether it stands on the chart."""
        return bool(self.cells)


def load_placements(
    session: Session,
    taxonomy: Taxonomy,
    *,
    as_of: datetime | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
) -> dict[int, Placement]:
    """Read every paper that counts.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        as_of: What the store knew then (first seen, label time); None for all it knows.
        filter: Which papers count.

    Returns:
        Placements by row id of the paper, in order of row id.
    """
    base = papers_with_labels(session, taxonomy, as_of=as_of, chosen=filter).cte("counted")
    cells = _names(session, base, LABEL_CELL, LABEL_CELL.c.cell)
    topics = _names(session, base, LABEL_TOPIC, LABEL_TOPIC.c.topic)
    months = _months(session)
    categories = _categories(session)
    known = set(taxonomy.cells)
    resolved: dict[str, str | None] = {}
    placements: dict[int, Placement] = {}
    statement = (
        select(
            PAPER.c.id,
            base.c.assignment_id,
            PAPER.c.source,
            PAPER.c.venue,
            PAPER.c.first_seen,
            PAPER.c.published,
            PAPER.c.year,
            base.c.verdict,
            base.c.method,
        )
        .select_from(base.join(PAPER, PAPER.c.id == base.c.paper_id))
        .order_by(PAPER.c.id)
    )
    for paper, label, source, venue, first_seen, published, year, verdict, method in session.execute(
        statement
    ):
        on_chart = label is not None and verdict != NOT_RELEVANT
        borne: list[str] = []
        for topic in topics.get(label, ()) if on_chart else ():
            if topic not in resolved:
                resolved[topic] = taxonomy.resolve_topic(topic)
            if (name := resolved[topic]) is not None and name not in borne:
                borne.append(name)
        category = categories.get(paper)
        placements[paper] = Placement(
            paper_id=paper,
            assignment_id=label,
            stratum=f"{source} {category or venue or ''}".strip(),
            source=source,
            venue=venue,
            first_seen=first_seen,
            published=published or months.get(paper),
            year=year,
            verdict=verdict,
            method=method,
            cells=tuple(cell for cell in cells.get(label, ()) if cell in known) if on_chart else (),
            topics=tuple(borne),
        )
    return placements


def _names(session: Session, base: Any, table: Any, name: Any) -> dict[int, list[str]]:
    """Cells or topics by assignment, best first."""
    found: dict[int, list[str]] = {}
    statement = (
        select(table.c.assignment_id, name)
        .select_from(base.join(table, table.c.assignment_id == base.c.assignment_id))
        .order_by(table.c.assignment_id, table.c.position)
    )
    for assignment, each in session.execute(statement):
        found.setdefault(assignment, []).append(each)
    return found


def _months(session: Session) -> dict[int, date]:
    """Month of the arXiv identifier, for papers whose day of publication nobody told."""
    statement = (
        select(EXTERNAL_ID.c.paper_id, EXTERNAL_ID.c.value)
        .join(PAPER, PAPER.c.id == EXTERNAL_ID.c.paper_id)
        .where(EXTERNAL_ID.c.scheme == "arxiv", PAPER.c.published.is_(None))
        .order_by(EXTERNAL_ID.c.id.desc())  # of several, the first that was known stands
    )
    return {paper: month for paper, value in session.execute(statement) if (month := arxiv_month(value))}


def _categories(session: Session) -> dict[int, str]:
    """First arXiv category of papers whose title an arXiv record gives."""
    record = SOURCE_RECORD.c
    statement = (
        select(record.paper_id, _first_category(session))
        .join(PAPER, PAPER.c.id == record.paper_id)
        .where(record.source.in_(ARXIV_SOURCES), record.source == PAPER.c.source, record.is_current)
        .order_by(record.id)
    )
    return {paper: category for paper, category in session.execute(statement) if category}


def _first_category(session: Session) -> ColumnElement[Any]:
    """`source_categories[0]` of a draft, read by the database."""
    draft = SOURCE_RECORD.c.draft
    found: ColumnElement[Any] = (
        func.json_extract(draft, "$.source_categories[0]")
        if session.get_bind().dialect.name == "sqlite"
        else cast(draft, JSON)["source_categories"][0].as_string()
    )
    return found
