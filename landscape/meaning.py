"""Finds papers by meaning: exact cosine of sentence vectors, alone or together with keyword search.

At 100,000 papers the matrix takes 154 MB in single precision and one search 16 ms; a large store keeps
half precision, which takes half of the memory and some ten times as long (docs/discovery.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlmodel import Session

from db.search import search_papers
from db.vectors import load_vectors
from foundation.errors import RefusedInputError
from landscape.search import HITS_CONSIDERED, rows_in_order
from landscape.types import EVERYTHING, LandscapeFilter, PaperPage
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.embedder import Embedder
    from landscape.columns import Integers, PaperColumns

LARGE_STORE_PAPERS = 200_000  # beyond it single precision would take more than 300 MB
BLOCK_PAPERS = 16_384
# Cormack, Clarke and Buettcher 2009: 1 / (60 + rank), summed over the rankings.
FUSION_CONSTANT = 60
MEANING_HITS = 1_000  # likeness has no end: what stands beyond is like the query by chance
QUERY_LIMIT_CHARACTERS = 2_000  # the embedder reads some 256 words


@dataclass(frozen=True)
class MeaningIndex:
    """Sentence vectors of one model in memory.

    Attributes:
        model: Which one.
        paper_ids: Row ids, rising, shape `(n_papers,)`.
        vectors: Unit vectors, shape `(n_papers, dimensions)`; half precision in a large store.
    """

    model: str
    paper_ids: NDArray[np.int64]
    vectors: NDArray[np.float32] | NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.paper_ids)

    def likeness(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of every paper to a unit vector, shape `(n_papers,)`."""
        import numpy as np

        if self.vectors.dtype == np.float32:
            return np.asarray(self.vectors @ vector, dtype=np.float32)
        found = np.empty(len(self), dtype=np.float32)
        for start in range(0, len(self), BLOCK_PAPERS):
            block = self.vectors[start : start + BLOCK_PAPERS].astype(np.float32)
            found[start : start + BLOCK_PAPERS] = block @ vector
        return found

    def nearest(self, vector: NDArray[np.float32], limit: int = MEANING_HITS) -> list[tuple[int, float]]:
        """The papers nearest to a unit vector.

        Args:
            vector: Shape `(dimensions,)`.
            limit: Papers at most.

        Returns:
            Row id and cosine, nearest first, the older row first among equals.
        """
        import numpy as np

        alike = self.likeness(vector)
        best = np.argpartition(-alike, limit)[:limit] if limit < len(alike) else np.arange(len(alike))
        best = best[np.lexsort((best, -alike[best]))]
        return [(int(self.paper_ids[row]), float(alike[row])) for row in best]

    def like_paper(self, paper_id: int, limit: int = 6) -> list[tuple[int, float]]:
        """The papers nearest to a paper, without itself; none where it has no vector."""
        import numpy as np

        row = int(np.searchsorted(self.paper_ids, paper_id))
        if row >= len(self) or self.paper_ids[row] != paper_id:
            return []
        found = self.nearest(self.vectors[row].astype(np.float32), limit + 1)
        return [pair for pair in found if pair[0] != paper_id][:limit]


def load_index(session: Session, embedder: Embedder) -> MeaningIndex:
    """Read all vectors of a model.

    Args:
        session: Open session.
        embedder: Whose vectors.

    Returns:
        The index; empty where none was filled in yet.
    """
    import numpy as np

    table = load_vectors(session, embedder.name, embedder.dimensions)
    vectors: NDArray[np.float32] | NDArray[np.float16] = table.vectors
    if len(table.paper_ids) <= LARGE_STORE_PAPERS:
        vectors = table.vectors.astype(np.float32)
    return MeaningIndex(embedder.name, table.paper_ids, vectors)


def query_vector(embedder: Embedder, query: str) -> NDArray[np.float32]:
    """What a query means, as a unit vector.

    Raises:
        RefusedInputError: The query is empty.
    """
    text = " ".join(query.split())[:QUERY_LIMIT_CHARACTERS]
    if not text:
        raise RefusedInputError("the query is empty", hint="Say what to look for.")
    vector: NDArray[np.float32] = embedder.embed([text])[0]
    return vector


def fused(rankings: Iterable[Sequence[int]]) -> list[int]:
    """Several rankings as one: reciprocal rank fusion.

    Args:
        rankings: Row ids, best first.

    Returns:
        Every id that stands in one of them, best first; the smaller id first among equals.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, paper in enumerate(ranking, 1):
            scores[paper] = scores.get(paper, 0.0) + 1 / (FUSION_CONSTANT + rank)
    return sorted(scores, key=lambda paper: (-scores[paper], paper))


def find_by_meaning(
    session: Session,
    taxonomy: Taxonomy,
    index: MeaningIndex,
    embedder: Embedder,
    query: str,
    *,
    words_too: bool = True,
    cell: str | None = None,
    topic: str | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    limit: int = 50,
    offset: int = 0,
) -> PaperPage:
    """Find papers by what a query means, and by its words.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        index: From `load_index`.
        embedder: The index's own.
        query: What a reader typed; any text is safe.
        words_too: Whether the ranking by words is fused with the ranking by meaning.
        cell: Only papers whose primary cell it is.
        topic: Only papers that bear it.
        filter: Which papers count.
        limit: Rows at most.
        offset: Rows to leave out from the beginning.

    Returns:
        Rows, best first, whose score is the cosine (None for one found by words alone); and how many
        of those considered pass.
    """
    near = index.nearest(query_vector(embedder, query))
    order = [paper for paper, _ in near]
    if words_too:
        order = fused([order, [hit.paper_id for hit in search_papers(session, query, limit=HITS_CONSIDERED)]])
    found, rows = rows_in_order(
        session, taxonomy, order, cell=cell, topic=topic, chosen=filter, limit=limit, offset=offset
    )
    likeness = dict(near)
    shown = found[offset : offset + limit]
    if len(shown) == len(rows):  # else one became part of another paper meanwhile; it keeps its own score
        rows = tuple(
            replace(row, score=round(likeness[paper], 4) if paper in likeness else None)
            for paper, row in zip(shown, rows, strict=True)
        )
    return PaperPage(rows=rows, total=len(found))


def meaning_order(
    session: Session, index: MeaningIndex, columns: PaperColumns, vector: NDArray[np.float32], query: str = ""
) -> Integers:
    """Papers of the columns by meaning, fused with the ranking by words where these are given.

    Args:
        session: Open session, for the keyword index.
        index: From `load_index`.
        columns: All papers.
        vector: From `query_vector`.
        query: The words; empty for meaning alone.

    Returns:
        Indexes into the columns, best first.
    """
    order = [paper for paper, _ in index.nearest(vector)]
    if query.strip():
        order = fused([order, [hit.paper_id for hit in search_papers(session, query, limit=HITS_CONSIDERED)]])
    return columns.places_of(order)
