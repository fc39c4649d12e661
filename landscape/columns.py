"""All papers with their labels in force as columns in memory: counts and orders in milliseconds.

The database counts a landscape of 100,000 papers in about a second (`landscape.grid`), too long for a
slider. A page that stays open reads the columns once for each version of the store, some 60 bytes a
paper, and counts under every filter from them. `landscape.column_counts` says the same as
`landscape.grid`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, select
from sqlmodel import Session

from db.labels import current_assignment_id
from db.search import matching_paper_ids
from db.tables import CITATION_COUNT, EXTERNAL_ID, LABEL, LABEL_CELL, LABEL_TOPIC, PAPER
from foundation.memory import collection_paused
from landscape.grid import newest_classifier
from landscape.types import LandscapeFilter
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

METHODS = ("", "model", "library", "person")
VERDICTS = ("", "labelled", "cell-no-topic", "unsure", "not-relevant")
MODEL_CODE = METHODS.index("model")
UNSURE_CODE, NOT_RELEVANT_CODE = VERDICTS.index("unsure"), VERDICTS.index("not-relevant")
NO_DAY = 0  # no paper was published on the first day of the year 1


@dataclass(frozen=True)
class PaperColumns:
    """Papers by row id, and what their labels in force say. Arrays are of shape `(n_papers,)`.

    Attributes:
        as_of: The moment whose knowledge it is; None for all that was known when it was read.
        taxonomy_version: Version of the grid.
        cell_ids: Cells in order of the grid; codes index into it.
        topic_ids: Topics in force in reading order.
        classifier: Newest classifier run, or None.
        venues: Venue names by code.
        sources: Source names by code.
        paper_id: Row ids, rising.
        year: Year of publication, 0 where unknown.
        day: Day of publication as a proleptic ordinal, `NO_DAY` where unknown.
        venue: Code, -1 for none.
        source: Code.
        citations: Highest count that a service told, -1 where unknown.
        assignment: Row id of the label in force, 0 for none.
        verdict: Index into `VERDICTS`.
        method: Index into `METHODS`.
        cell: Code of the primary cell, -1 for none; beyond `cell_ids` for a cell of another grid.
        score: Of the primary cell, NaN for none.
        further: Pairs of paper index and cell code for second and third cells, `(n_pairs, 2)`.
        borne: Pairs of paper index and topic code, `(n_pairs, 2)`, each pair once.
        borne_score: Best score of the pair.
        borne_position: Best place of the topic on the label.
    """

    as_of: datetime | None
    taxonomy_version: str
    cell_ids: tuple[str, ...]
    topic_ids: tuple[str, ...]
    classifier: str | None
    venues: tuple[str, ...]
    sources: tuple[str, ...]
    paper_id: Integers
    year: Integers
    day: Integers
    venue: Integers
    source: Integers
    citations: Integers
    assignment: Integers
    verdict: Integers
    method: Integers
    cell: Integers
    score: NDArray[np.float64]
    further: Integers
    borne: Integers
    borne_score: NDArray[np.float64]
    borne_position: Integers

    def __len__(self) -> int:
        return len(self.paper_id)

    def places_of(self, paper_ids: Iterable[int]) -> Integers:
        """Indexes of papers by row id, in the order given; ids that are not here are left out."""
        import numpy as np

        wanted = np.fromiter(paper_ids, dtype=np.int64)
        if not len(self) or not len(wanted):
            return np.empty(0, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.paper_id, wanted), len(self) - 1)
        kept: Integers = found[self.paper_id[found] == wanted]
        return kept


def load_columns(session: Session, taxonomy: Taxonomy, *, as_of: datetime | None = None) -> PaperColumns:
    """Read every paper.

    Args:
        session: Open session.
        taxonomy: The grid in force; topics of older versions are followed to their successors.
        as_of: What the store knew then (first seen, label time); None for all it knows.

    Returns:
        The columns; 100,000 papers with 201,000 labels in about a second.
    """
    with collection_paused():  # hundreds of thousands of short-lived tuples: half of the time
        return _load(session, taxonomy, as_of)


def _load(session: Session, taxonomy: Taxonomy, as_of: datetime | None) -> PaperColumns:
    import numpy as np

    label = LABEL.alias("current_label")
    best = current_assignment_id(PAPER.c.id, taxonomy_version=taxonomy.version, as_of=as_of)
    statement = (
        select(
            PAPER.c.id, PAPER.c.year, PAPER.c.published, PAPER.c.venue, PAPER.c.source,
            label.c.id, label.c.verdict, label.c.method,
        )
        .select_from(PAPER.outerjoin(label, label.c.id == best))
        .order_by(PAPER.c.id)
    )  # fmt: skip
    if as_of is not None:
        statement = statement.where(PAPER.c.first_seen <= as_of)
    rows = session.connection().execute(statement).all()
    ids, years, days, venues, sources, labels, verdicts, methods = (
        zip(*rows, strict=True) if rows else ((),) * 8
    )
    venue_names, venue = _coded(venues)
    source_names, source = _coded(sources)
    paper_id = np.array(ids, dtype=np.int64)
    assignment = np.array([each or 0 for each in labels], dtype=np.int64)
    verdict = _codes(verdicts, VERDICTS)
    relevant = np.where(verdict == NOT_RELEVANT_CODE, 0, assignment)
    cells = {name: code for code, name in enumerate(taxonomy.cells)}
    cell, score, further = _cells(session, relevant, cells)
    topics = {name: code for code, name in enumerate(taxonomy.topic_by_id)}
    borne, borne_score, borne_position = _topics(session, relevant, cell, topics, taxonomy)
    return PaperColumns(
        as_of=as_of,
        taxonomy_version=taxonomy.version,
        cell_ids=tuple(cells),
        topic_ids=tuple(topics),
        classifier=newest_classifier(session, as_of),
        venues=venue_names,
        sources=source_names,
        paper_id=paper_id,
        year=np.array([each or 0 for each in years], dtype=np.int64),
        day=np.array([each.toordinal() if each else NO_DAY for each in days], dtype=np.int64),
        venue=venue,
        source=source,
        citations=_citations(session, paper_id),
        assignment=assignment,
        verdict=verdict,
        method=_codes(methods, METHODS),
        cell=cell,
        score=score,
        further=further,
        borne=borne,
        borne_score=borne_score,
        borne_position=borne_position,
    )


def passing_mask(session: Session, columns: PaperColumns, chosen: LandscapeFilter) -> Mask:
    """Which papers pass a filter.

    Args:
        session: Open session, for the keyword index.
        columns: The papers.
        chosen: The filter.

    Returns:
        Booleans, shape `(n_papers,)`; the same papers as `landscape.selection.passing` lets through.
    """
    import numpy as np

    mask = np.ones(len(columns), dtype=bool)
    for wanted, names, codes in (
        (chosen.venues, columns.venues, columns.venue),
        (chosen.sources, columns.sources, columns.source),
    ):
        if wanted:
            mask &= np.isin(codes, [code for code, name in enumerate(names) if name in wanted])
    if chosen.year_from is not None:
        mask &= columns.year >= chosen.year_from
    if chosen.year_until is not None:
        mask &= (columns.year <= chosen.year_until) & (columns.year > 0)
    if chosen.minimum_score > 0:
        doubted = (columns.method == MODEL_CODE) & (columns.score < chosen.minimum_score)
        mask &= ~doubted
    if chosen.words.strip():
        hits = session.connection().execute(matching_paper_ids(session, chosen.words)).scalars().all()
        found = np.zeros(len(columns), dtype=bool)
        found[columns.places_of(hits)] = True
        mask &= found
    return cast("Mask", mask)


def day_of(ordinal: int) -> date | None:
    """A day of the columns as a date."""
    return None if ordinal == NO_DAY else date.fromordinal(ordinal)


def _coded(names: Sequence[str | None]) -> tuple[tuple[str, ...], Integers]:
    """Names as codes, -1 for none."""
    import numpy as np

    known: dict[str, int] = {}
    codes = [-1 if name is None else known.setdefault(name, len(known)) for name in names]
    return tuple(known), np.array(codes, dtype=np.int64)


def _codes(values: Sequence[str | None], known: Sequence[str]) -> Integers:
    import numpy as np

    code = {name: number for number, name in enumerate(known)}
    return np.array([code[each or ""] for each in values], dtype=np.int64)


def _of_labels(
    session: Session, statement: Any, relevant: Integers
) -> tuple[Integers, list[tuple[Any, ...]]]:
    """Rows of a table of labels whose label is in force, each with the index of its paper."""
    import numpy as np

    rows = session.connection().execute(statement).all()
    if not rows or not len(relevant):
        return np.empty(0, dtype=np.int64), []
    order = np.argsort(relevant, kind="stable")
    sought = np.array([row[0] for row in rows], dtype=np.int64)
    places = np.minimum(np.searchsorted(relevant, sought, sorter=order), len(relevant) - 1)
    papers = order[places]
    kept = relevant[papers] == sought
    return papers[kept], [tuple(row) for row, keep in zip(rows, kept.tolist(), strict=True) if keep]


def _cells(
    session: Session, relevant: Integers, cells: dict[str, int]
) -> tuple[Integers, NDArray[np.float64], Integers]:
    import numpy as np

    own = LABEL_CELL.c
    papers, rows = _of_labels(session, select(own.assignment_id, own.position, own.cell, own.score), relevant)
    cell, score = np.full(len(relevant), -1, dtype=np.int64), np.full(len(relevant), np.nan)
    codes = np.array([cells.get(row[2], len(cells)) for row in rows], dtype=np.int64)
    first = np.array([row[1] == 0 for row in rows], dtype=bool)
    cell[papers[first]] = codes[first]
    score[papers[first]] = np.array([row[3] for row in rows], dtype=float)[first]
    further = ~first & (codes < len(cells))
    return cell, score, np.stack([papers[further], codes[further]], axis=1)


def _topics(
    session: Session, relevant: Integers, cell: Integers, topics: dict[str, int], taxonomy: Taxonomy
) -> tuple[Integers, NDArray[np.float64], Integers]:
    import numpy as np

    own = LABEL_TOPIC.c
    papers, rows = _of_labels(
        session, select(own.assignment_id, own.position, own.topic, own.score), relevant
    )
    code: dict[str, int] = {}
    for name in {row[2] for row in rows}:
        code[name] = topics.get(taxonomy.resolve_topic(name) or "", -1)
    # A retired topic and its successor may stand on one label: the better place and score count.
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for paper, (_, position, name, score) in zip(papers.tolist(), rows, strict=True):
        if (number := code[name]) < 0 or cell[paper] < 0:
            continue
        known = best.get((paper, number))
        best[paper, number] = (
            (score, position) if known is None else (max(score, known[0]), min(position, known[1]))
        )
    pairs = np.array(list(best), dtype=np.int64).reshape(-1, 2)
    values = np.array(list(best.values()), dtype=float).reshape(-1, 2)
    return pairs, values[:, 0], values[:, 1].astype(np.int64)


def _citations(session: Session, paper_id: Integers) -> Integers:
    import numpy as np

    counts = np.full(len(paper_id), -1, dtype=np.int64)
    name, told = EXTERNAL_ID.c, CITATION_COUNT.c
    statement = (
        select(name.paper_id, func.max(told.count))
        .join(CITATION_COUNT, (told.scheme == name.scheme) & (told.value == name.value))
        .where(told.count.is_not(None))
        .group_by(name.paper_id)
    )
    rows = session.connection().execute(statement).all()
    if rows and len(paper_id):
        sought = np.array([row[0] for row in rows], dtype=np.int64)
        places = np.minimum(np.searchsorted(paper_id, sought), len(paper_id) - 1)
        kept = paper_id[places] == sought
        counts[places[kept]] = np.array([row[1] for row in rows], dtype=np.int64)[kept]
    return counts
