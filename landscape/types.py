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


EVERYTHING = LandscapeFilter()


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
    filter: LandscapeFilter = EVERYTHING

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


@dataclass(frozen=True)
class PaperPage:
    """One page of a list, and how long the whole list is."""

    rows: tuple[PaperRow, ...]
    total: int


@dataclass(frozen=True)
class SourceRecordView:
    """One record as one source told it.

    Attributes:
        source: Name of the source.
        source_id: The source's own id.
        version: The source's version, or None where it has none.
        title: As this record has it.
        url: Where it was read, http(s) only, or None (an imported file).
        retrieved_at: When.
        digest: SHA-256 of its bytes, hex.
        is_current: Whether it is the last that arrived for this id and version.
        deleted: Whether the source says that it is gone.
    """

    source: str
    source_id: str
    version: int | None
    title: str
    url: str | None
    retrieved_at: datetime
    digest: str
    is_current: bool
    deleted: bool


@dataclass(frozen=True)
class EvidenceView:
    """A sentence that moved a score; weight in log-odds, positive speaks for the cell.

    `phrases` are the words in it that spoke most; labels made before they were kept have none.
    """

    text: str
    cell: str
    weight: float
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelView:
    """One label of a paper with its provenance; history is kept whole.

    Attributes:
        id: Row id of the assignment.
        verdict: labelled, cell-no-topic, unsure or not-relevant.
        relevance: Probability that the paper is on the subject.
        cells: Cells with scores, best first.
        topics: Topics with scores, best first, as they were named at the time.
        method: model, library or person.
        by: Name of the model, the library, or who.
        run: Name and digest of the run, or None for people.
        taxonomy_version: Which grid it was said of.
        at: When.
        note: What the labeller added, or "".
        evidence: Strongest first.
        is_current: Whether it is the paper's label in force.
        retracted_by: Who took it back, or None.
        retracted_at: When, or None.
    """

    id: int
    verdict: str
    relevance: float
    cells: tuple[tuple[str, float], ...]
    topics: tuple[tuple[str, float], ...]
    method: str
    by: str
    run: str | None
    taxonomy_version: str
    at: datetime
    note: str
    evidence: tuple[EvidenceView, ...]
    is_current: bool
    retracted_by: str | None
    retracted_at: datetime | None


@dataclass(frozen=True)
class PaperDetail:
    """All that is known of one paper.

    Attributes:
        row: As lists show it.
        abstract: Or None where no source holds one.
        container_title: Full title of proceedings or journal, or None.
        licence: Licence statement, or None.
        language: ISO 639 code where it is not English, else None.
        retracted: Why the work was retracted, or None.
        source: Source of the record that gives the title.
        first_seen: When the store first held it.
        updated_at: When its record last changed.
        relevance: Of the current label, or None.
        evidence: Of the current label, strongest first.
        records: Every version that every source told, oldest first.
        labels: Every label, newest first.
    """

    row: PaperRow
    abstract: str | None
    container_title: str | None
    licence: str | None
    language: str | None
    retracted: str | None
    source: str
    first_seen: datetime
    updated_at: datetime
    relevance: float | None
    evidence: tuple[EvidenceView, ...]
    records: tuple[SourceRecordView, ...]
    labels: tuple[LabelView, ...]


@dataclass(frozen=True)
class FilterChoices:
    """What a reader can filter by, each with its number of papers.

    Attributes:
        venues: Most papers first.
        sources: Most papers first.
        years: Oldest first.
    """

    venues: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    years: tuple[tuple[int, int], ...]
