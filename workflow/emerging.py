"""Groups of like papers that no topic holds: found, and kept in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock
from foundation.errors import RefusedInputError
from workflow.vectors import default_embedder

if TYPE_CHECKING:
    from sqlmodel import Session

    from classifier.discovery import Group, PlacedPaper
    from classifier.embedder import Embedder
    from classifier.topic_model import Level
    from db.discovery import NewSubTopic
    from db.engine import Store
    from db.place_words import WordsOfPlace
    from db.vectors import VectorTable
    from foundation.settings import Settings
    from taxonomy.models import Taxonomy

FEWEST_VECTORS = 30  # below it there is nothing to group


@dataclass(frozen=True)
class DiscoveryReport:
    """What a discovery found.

    Attributes:
        papers: Relevant papers that were grouped.
        groups: Groups of like papers in all cells.
        proposed: Of them, those proposed as emerging topics.
        seconds: Wall time.
    """

    papers: int
    groups: int
    proposed: int
    seconds: float

    def line(self) -> str:
        """One line for a terminal."""
        return (
            f"{self.papers} papers grouped in {self.seconds:.0f} s: {self.groups} groups, "
            f"{self.proposed} of them held by no topic"
        )


def discovery_steps(taxonomy: Taxonomy) -> int:
    """Steps of a discovery: the words of cells, those of topics, and the groups of each cell."""
    return 2 + len(taxonomy.cells)


def discover_store(
    store: Store,
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> DiscoveryReport:
    """Group the papers of every cell; keep groups and the words of every place, instead of earlier ones.

    Args:
        store: The open store, its vectors filled in (`workflow.vectors.fill_vectors`).
        settings: Which grid is in force.
        embedder: Whose vectors; the one that ships when None.
        progress: Called with 1 for each step that is done, `discovery_steps` of them.
        clock: Tells when; tests pass their own.

    Returns:
        How many groups there are.

    Raises:
        RefusedInputError: Too few relevant papers have a vector.
    """
    from classifier.discovery import discover
    from db.discovery import store_discovery
    from db.place_words import store_place_words
    from db.vectors import load_vectors
    from taxonomy.loader import load_taxonomy

    began = time.monotonic()
    clock = clock or SystemClock()
    model = embedder or default_embedder(settings)
    taxonomy = load_taxonomy(settings.home)
    with store.read() as session:
        table = load_vectors(session, model.name, model.dimensions)
        papers, rows = placed_papers(session, taxonomy, table)
    if len(papers) < FEWEST_VECTORS:
        raise RefusedInputError(
            "too few relevant papers to group",
            hint="Harvest or import more, then `landscape classify`.",
            papers=len(papers),
            needed=FEWEST_VECTORS,
        )
    import numpy as np

    step = progress or (lambda _done: None)
    told = place_words(papers, taxonomy, step)
    groups = discover(
        papers,
        table.vectors[rows].astype(np.float32),
        taxonomy.cells,
        progress=lambda _cell: step(1),
    )
    with store.write() as session:
        run = store_discovery(
            session,
            [to_store(group) for group in groups],
            at=clock.now().replace(microsecond=0),
            taxonomy_version=taxonomy.version,
            model=model.name,
            papers=len(papers),
        )
        store_place_words(session, run, told)
    proposed = sum(group.proposed for group in groups)
    return DiscoveryReport(len(papers), len(groups), proposed, time.monotonic() - began)


def place_words(
    papers: Sequence[PlacedPaper], taxonomy: Taxonomy, progress: Callable[[int], None]
) -> list[WordsOfPlace]:
    """What the papers of every cell and topic speak of, by BERTopic; a paper counts where it stands first.

    Args:
        papers: Relevant papers, their ids row ids of the store.
        taxonomy: The grid in force.
        progress: Called with 1 for cells and with 1 for topics.

    Returns:
        One a place that has papers; nothing of a level where fewer than two places have some.
    """
    from classifier.place_words import words_of_places
    from db.place_words import WordsOfPlace, WordsOfYear

    texts = [paper.text for paper in papers]
    years = [None if paper.published is None else paper.published.year for paper in papers]
    cells = [paper.cells[0] for paper in papers]
    topics = [paper.topics[0][0] if paper.topics else "" for paper in papers]
    found: list[WordsOfPlace] = []
    levels: tuple[tuple[Level, list[str], tuple[str, ...]], ...] = (
        ("cell", cells, taxonomy.cells),
        ("topic", topics, tuple(topic.id for topic in taxonomy.topics)),
    )
    for level, placed, places in levels:
        progress(1)
        if len(set(placed) & set(places)) < 2:
            continue
        found += [
            WordsOfPlace(
                place=group.id,
                n_papers=group.papers,
                words=group.words,
                typical=tuple(int(paper) for paper in group.representative),
                years=tuple(WordsOfYear(year.year, year.papers, year.words) for year in group.years),
            )
            for group in words_of_places(texts, placed, places, level, years)
        ]
    return found


def to_store(group: Group) -> NewSubTopic:
    """A found group as a row."""
    from db.discovery import NewSubTopic

    return NewSubTopic(
        cell=group.cell,
        slug=group.slug,
        name=group.name,
        phrases=group.phrases,
        paper_ids=tuple(int(paper) for paper in group.papers),
        coherence=group.coherence,
        tightness=group.tightness,
        growth=group.growth,
        nearest_topic=group.nearest_topic,
        nearness=group.nearness,
        held=group.held,
        score=group.score,
        proposed=group.proposed,
    )


def placed_papers(
    session: Session, taxonomy: Taxonomy, table: VectorTable
) -> tuple[list[PlacedPaper], list[int]]:
    """Relevant papers that have a vector, with what is said of them.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        table: Their vectors.

    Returns:
        Papers whose ids are row ids, and the row of the table that each one's vector stands in.
    """
    from sqlalchemy import select

    from classifier.discovery import PlacedPaper
    from classifier.prediction import PaperText
    from db.tables import PAPER, chunks
    from landscape.columns import day_of, load_columns

    columns = load_columns(session, taxonomy)
    cells: dict[int, list[str]] = {}
    for place, code in enumerate(columns.cell.tolist()):
        if 0 <= code < len(columns.cell_ids):
            cells[place] = [columns.cell_ids[code]]
    for place, code in columns.further.tolist():
        if place in cells:
            cells[place].append(columns.cell_ids[code])
    topics: dict[int, list[tuple[int, str, float]]] = {}
    for (place, code), score, position in zip(
        columns.borne.tolist(), columns.borne_score.tolist(), columns.borne_position.tolist(), strict=True
    ):
        topics.setdefault(place, []).append((position, columns.topic_ids[code], score))
    row_of = {paper: row for row, paper in enumerate(table.paper_ids.tolist())}
    wanted = [place for place in cells if int(columns.paper_id[place]) in row_of]
    texts: dict[int, tuple[str, str]] = {}
    for piece in chunks(int(columns.paper_id[place]) for place in wanted):
        query = select(PAPER.c.id, PAPER.c.title, PAPER.c.abstract).where(PAPER.c.id.in_(piece))
        texts.update({paper: (title, abstract or "") for paper, title, abstract in session.execute(query)})
    papers, rows = [], []
    for place in wanted:
        paper = int(columns.paper_id[place])
        year = int(columns.year[place])
        # Of a paper whose year alone is known the middle of the year is the best guess.
        published = day_of(int(columns.day[place])) or (date(year, 7, 1) if year else None)
        papers.append(
            PlacedPaper(
                text=PaperText(str(paper), *texts[paper]),
                cells=tuple(cells[place]),
                topics=tuple((topic, score) for _, topic, score in sorted(topics.get(place, []))),
                published=published,
            )
        )
        rows.append(row_of[paper])
    return papers, rows
