"""What a cell or a topic holds, in a few lines: papers by year, the newest, the most central, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from landscape.column_counts import members, ordered, shared_topics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from landscape.columns import Integers, Mask, PaperColumns
    from landscape.meaning import MeaningIndex

PAPERS_NAMED = 3
NEIGHBOURS_NAMED = 6
LEAST_FOR_CENTRE = 5  # papers with vectors; the centre of fewer is any of them
CentralBy = Literal["meaning", "citations", "nothing"]


@dataclass(frozen=True)
class PlaceFacts:
    """A cell or a topic.

    Attributes:
        by_year: Year and papers, every year from the first to the last.
        undated: Papers without a year.
        newest: Indexes of its newest papers.
        central: Indexes of its most central papers.
        central_by: What makes them central: nearness to the middle of all its papers' meaning, the
            count of citations where no vectors are stored, or nothing where that is not known either.
        neighbours: Topics that its papers bear as well, with the number of shared papers.
    """

    by_year: tuple[tuple[int, int], ...]
    undated: int
    newest: tuple[int, ...]
    central: tuple[int, ...]
    central_by: CentralBy
    neighbours: tuple[tuple[str, int], ...]


def place_facts(
    columns: PaperColumns, mask: Mask, place: str, index: MeaningIndex | None = None
) -> PlaceFacts:
    """Look at a cell or topic.

    Args:
        columns: All papers.
        mask: Which of them count.
        place: Cell or topic id.
        index: Sentence vectors, where there are any.

    Returns:
        What its papers are, counted as on the chart: by primary cell, or by topic.
    """
    import numpy as np

    is_topic = place in columns.topic_ids
    inside = members(columns, mask, topic=place) if is_topic else members(columns, mask, cell=place)
    inside = inside[columns.cell[inside] >= 0]
    years = columns.year[inside]
    dated = years[years > 0]
    by_year: tuple[tuple[int, int], ...] = ()
    if len(dated):
        first = int(dated.min())
        counts = np.bincount(dated - first)
        by_year = tuple((first + offset, int(count)) for offset, count in enumerate(counts))
    central, central_by = _central(columns, inside, index)
    return PlaceFacts(
        by_year=by_year,
        undated=len(inside) - len(dated),
        newest=tuple(ordered(columns, inside, "date")[:PAPERS_NAMED].tolist()),
        central=tuple(central),
        central_by=central_by,
        neighbours=shared_topics(columns, mask, place, NEIGHBOURS_NAMED),
    )


def _central(
    columns: PaperColumns, inside: Integers, index: MeaningIndex | None
) -> tuple[Sequence[int], CentralBy]:
    import numpy as np

    if index is not None and len(index):
        rows = np.searchsorted(index.paper_ids, columns.paper_id[inside])
        rows = np.minimum(rows, len(index) - 1)
        known = index.paper_ids[rows] == columns.paper_id[inside]
        papers, rows = inside[known], rows[known]
        if len(papers) >= LEAST_FOR_CENTRE:
            vectors: NDArray[np.float32] = index.vectors[rows].astype(np.float32)
            alike = vectors @ vectors.mean(axis=0)
            best = np.argsort(-alike, kind="stable")[:PAPERS_NAMED]
            return papers[best].tolist(), "meaning"
    cited = inside[columns.citations[inside] > 0]
    if len(cited):
        return ordered(columns, cited, "citations")[:PAPERS_NAMED].tolist(), "citations"
    return [], "nothing"
