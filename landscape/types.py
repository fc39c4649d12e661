"""The frozen types that every output is made from.

Page, slide, picture and table all start from one `LandscapeSnapshot`, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class LandscapeFilter:
    """Which papers count. Every field narrows; the default lets everything through.

    Attributes:
        venues: Short venue names; empty means all.
        sources: Source names; empty means all.
        year_from: First year of publication, inclusive.
        year_until: Last year of publication, inclusive.
        minimum_score: Least score of the primary cell (human and library labels always pass).
        words: Words that must stand in title or abstract, keyword search; empty means none.
    """

    venues: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    year_from: int | None = None
    year_until: int | None = None
    minimum_score: float = 0.0
    words: str = ""


@dataclass(frozen=True)
class TopicCount:
    """A chip: the papers that bear the topic.

    Attributes:
        id: Topic id.
        label: As published.
        n_papers: Papers that bear it.
        share: n_papers over relevant papers, 0 where there are none.
        growth: Papers published in the last 12 months over the 12 before; None if either is
            under 5 or was not harvested.
    """

    id: str
    label: str
    n_papers: int
    share: float
    growth: float | None


@dataclass(frozen=True)
class GridCell:
    """A cell: always one of all the grid's cells, also when empty.

    Attributes:
        id: `pipeline/component`.
        pipeline: Row id.
        component: Column id.
        n_papers: Papers whose primary cell it is.
        n_any: Papers in any of whose cells it is.
        n_without_topic: Papers whose primary cell it is and that bear none of its topics.
        share: n_papers over relevant papers.
        growth: As for topics.
        topics: Chips in reading order; empty for an empty cell.
    """

    id: str
    pipeline: str
    component: str
    n_papers: int
    n_any: int
    n_without_topic: int
    share: float
    growth: float | None
    topics: tuple[TopicCount, ...]


@dataclass(frozen=True)
class LandscapeSnapshot:
    """The whole landscape at one moment.

    Attributes:
        as_of: The moment whose knowledge it shows.
        taxonomy_version: Version of the grid.
        title: Title of the chart.
        classifier: Name and digest of the newest classifier run, or None.
        papers: Papers in the store (after filters).
        classified: Papers that bear any label.
        relevant: Papers that are on the chart's subject.
        unsure: Relevant papers whose cell is in doubt (they count in their first cell).
        not_relevant: Papers that are not on the subject.
        by_source: Papers by source name, most first.
        by_year: Papers by year of publication, oldest first; None last.
        cells: Every cell, row by row.
        filter: What was asked for.
    """

    as_of: datetime
    taxonomy_version: str
    title: str
    classifier: str | None
    papers: int
    classified: int
    relevant: int
    unsure: int
    not_relevant: int
    by_source: tuple[tuple[str, int], ...]
    by_year: tuple[tuple[int | None, int], ...]
    cells: tuple[GridCell, ...]
    filter: LandscapeFilter = LandscapeFilter()

    def cell(self, cell_id: str) -> GridCell:
        """One cell by id.

        Raises:
            KeyError: There is no such cell.
        """
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        raise KeyError(cell_id)

    def topic(self, topic_id: str) -> TopicCount:
        """One topic by id.

        Raises:
            KeyError: There is no such topic.
        """
        for topic in self.cell(topic_id.rpartition("/")[0]).topics:
            if topic.id == topic_id:
                return topic
        raise KeyError(topic_id)


@dataclass(frozen=True)
class PaperRow:
    """A paper as lists show it.

    Attributes:
        id: Public id, `scheme:value`.
        title: Title.
        authors: Display names in order.
        year: Of publication.
        published: Day of publication where known.
        venue: Short name.
        ids: Public ids by scheme.
        url: Landing page, http(s) only, or None.
        cell: Primary cell, or None.
        cells: All cells, best first.
        topics: Topic ids, best first.
        score: Of the primary cell, or of the search; None for people's labels.
        verdict: Of the current label, or None.
        method: model, library or person, or None.
        evidence: Sentence that put it there, or "" where none is known.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    published: date | None
    venue: str | None
    ids: dict[str, str]
    url: str | None
    cell: str | None
    cells: tuple[str, ...]
    topics: tuple[str, ...]
    score: float | None
    verdict: str | None
    method: str | None
    evidence: str
