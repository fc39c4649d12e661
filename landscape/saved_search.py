"""What a saved search looks for, and the papers that are news to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlmodel import Session

from db.searches import SearchRow, found_papers
from db.tables import PAPER, chunks
from foundation.errors import RefusedInputError
from landscape.placements import Placement
from landscape.reading import paper_rows
from landscape.selection import known_place, papers_with_labels, passing
from landscape.types import LandscapeFilter, PaperRow
from taxonomy.models import Taxonomy


class SearchCriteria(BaseModel):
    """A filter, and a place on the chart.

    Attributes:
        cell: Papers whose primary cell it is.
        topic: Papers that bear it.
        venues: Short venue names; empty means all.
        sources: Source names; empty means all.
        year_from: First year of publication.
        year_until: Last year of publication.
        minimum_score: Least score of the primary cell.
        words: Words in title or abstract.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: str | None = None
    topic: str | None = None
    venues: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    year_from: int | None = None
    year_until: int | None = None
    minimum_score: Annotated[float, Field(ge=0, le=1)] = 0.0
    words: Annotated[str, Field(max_length=500)] = ""

    @property
    def filter(self) -> LandscapeFilter:
        """The part that every chart understands."""
        return LandscapeFilter(
            venues=self.venues,
            sources=self.sources,
            year_from=self.year_from,
            year_until=self.year_until,
            minimum_score=self.minimum_score,
            words=self.words,
        )


@dataclass(frozen=True)
class SearchNews:
    """Papers that a search found for the first time.

    Attributes:
        name: Of the search.
        criteria: What it looks for.
        papers: With the moment each was found, newest first.
    """

    name: str
    criteria: SearchCriteria
    papers: tuple[tuple[PaperRow, datetime], ...]


def read_criteria(plain: Mapping[str, Any], taxonomy: Taxonomy) -> SearchCriteria:
    """Check what a search looks for.

    Args:
        plain: Plain data, as stored or as a user gave it.
        taxonomy: The grid in force; a retired topic is followed to its successor.

    Returns:
        The criteria.

    Raises:
        RefusedInputError: An unknown key, a wrong type, or a place that does not exist.
    """
    try:
        criteria = SearchCriteria.model_validate(dict(plain))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RefusedInputError(f"the search cannot be read: {first['msg']}", field=field) from error
    cell, topic = known_place(taxonomy, cell=criteria.cell, topic=criteria.topic)
    return criteria.model_copy(update={"cell": cell, "topic": topic})


def matching_papers(
    session: Session, taxonomy: Taxonomy, criteria: SearchCriteria, placements: Mapping[int, Placement]
) -> list[int]:
    """Papers on the chart that a search finds now.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        criteria: What is looked for.
        placements: Every paper (`load_placements` without a filter), so that many searches share it.

    Returns:
        Row ids, oldest first.
    """
    conditions = passing(session, taxonomy, as_of=None, chosen=criteria.filter)
    let_through = (
        set(session.execute(select(PAPER.c.id).where(*conditions)).scalars()) if conditions else None
    )
    return [
        key
        for key, each in placements.items()
        if each.relevant
        and (criteria.cell is None or each.cells[0] == criteria.cell)
        and (criteria.topic is None or criteria.topic in each.topics)
        and (let_through is None or key in let_through)
    ]


def search_news(
    session: Session,
    taxonomy: Taxonomy,
    search: SearchRow,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    unshown_only: bool = False,
    limit: int | None = None,
) -> SearchNews:
    """Papers that were news to a search.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        search: The saved search.
        after: Found after this moment.
        until: Found up to this moment, inclusive.
        unshown_only: Only what the reader has not been shown: new to them.
        limit: At most so many.

    Returns:
        The news; each paper is news once, whatever becomes of its ids.
    """
    found = found_papers(session, search.id, after=after, until=until, unshown_only=unshown_only, limit=limit)
    rows = dict(rows_of(session, taxonomy, [key for key, _ in found]))
    return SearchNews(
        search.name,
        SearchCriteria.model_validate(search.criteria),
        tuple((rows[key], at) for key, at in found if key in rows),
    )


def rows_of(session: Session, taxonomy: Taxonomy, papers: Sequence[int]) -> Iterable[tuple[int, PaperRow]]:
    """Rows of papers by row id, in the order given; papers that are no more are left out."""
    base = papers_with_labels(session, taxonomy).subquery("counted")
    found = {
        row.paper_id: row
        for piece in chunks(papers)
        for row in session.execute(select(base).where(base.c.paper_id.in_(piece)))
    }
    order = [key for key in papers if key in found]
    return zip(order, paper_rows(session, taxonomy, [found[key] for key in order]), strict=True)
