"""Sentence vectors and map coordinates of papers, kept beside them and renewed when a text changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, delete, func, insert, select
from sqlmodel import Session

from db.labels import current_assignment_id
from db.tables import LABEL, MAP_POINT, PAPER, PAPER_VECTOR, chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STORED_TYPE = "<f2"  # half precision, little-endian: 768 bytes a vector of 384; cosines keep 3 digits


@dataclass(frozen=True)
class PaperToEmbed:
    """A paper whose vector is missing or of an older text.

    Attributes:
        paper_id: Row id.
        title: Title.
        abstract: Abstract, or "".
        text_revision: To be handed back, so that a text that changes meanwhile stays stale.
    """

    paper_id: int
    title: str
    abstract: str
    text_revision: int


@dataclass(frozen=True)
class VectorTable:
    """All vectors of a model in memory.

    Attributes:
        paper_ids: Row ids, rising, shape `(n_papers,)`.
        vectors: Shape `(n_papers, dimensions)`, float16, rows of length 1.
    """

    paper_ids: NDArray[np.int64]
    vectors: NDArray[np.float16]


@dataclass(frozen=True)
class MapPlace:
    """Where a paper stands on the map.

    Attributes:
        paper_id: Row id.
        x: Coordinate without unit.
        y: Coordinate without unit.
        fitted: Whether the map was laid out with it.
    """

    paper_id: int
    x: float
    y: float
    fitted: bool


def papers_to_embed(
    session: Session,
    model: str,
    *,
    relevant_on: str | None = None,
    only: Iterable[int] | None = None,
    after: int = 0,
    limit: int = 256,
) -> list[PaperToEmbed]:
    """The next papers without a vector of a model, or with one of an older text, in order of row id.

    Args:
        session: A session.
        model: Name of the embedder.
        relevant_on: Version of the grid on which a paper must stand; None means any paper.
        only: Row ids to look among, at most a few hundred; None means all.
        after: Row id of the last paper of the batch before.
        limit: Papers at most.

    Returns:
        Papers; empty at the end.
    """
    query = _to_embed(model, relevant_on).where(PAPER.c.id > after).order_by(PAPER.c.id).limit(limit)
    if only is not None:
        query = query.where(PAPER.c.id.in_(list(only)))
    return [
        PaperToEmbed(paper_id, title, abstract or "", revision)
        for paper_id, title, abstract, revision in session.connection().execute(query)
    ]


def count_to_embed(session: Session, model: str, *, relevant_on: str | None = None) -> int:
    """How many papers `papers_to_embed` would yield in all."""
    query = select(func.count()).select_from(_to_embed(model, relevant_on).subquery())
    return int(session.connection().scalar(query) or 0)


def count_vectors(session: Session, model: str) -> int:
    """How many vectors of a model are stored."""
    query = select(func.count()).select_from(PAPER_VECTOR).where(PAPER_VECTOR.c.model == model)
    return int(session.connection().scalar(query) or 0)


def _to_embed(model: str, relevant_on: str | None) -> Select[Any]:
    known = (
        select(PAPER_VECTOR.c.paper_id)
        .where(
            PAPER_VECTOR.c.paper_id == PAPER.c.id,
            PAPER_VECTOR.c.model == model,
            PAPER_VECTOR.c.text_revision == PAPER.c.text_revision,
        )
        .correlate(PAPER)
    )
    query = select(PAPER.c.id, PAPER.c.title, PAPER.c.abstract, PAPER.c.text_revision).where(~known.exists())
    if relevant_on is None:
        return query
    label = LABEL.alias("label_in_force")
    best = current_assignment_id(PAPER.c.id, taxonomy_version=relevant_on)
    return query.select_from(PAPER.join(label, label.c.id == best)).where(label.c.verdict != "not-relevant")


def store_vectors(
    session: Session, model: str, papers: Sequence[PaperToEmbed], vectors: NDArray[np.float32]
) -> int:
    """Keep vectors; a paper that has gone meanwhile is left out.

    Args:
        session: A session of `Store.write`.
        model: Name of the embedder.
        papers: The papers.
        vectors: Their vectors, shape `(n_papers, dimensions)`.

    Returns:
        How many were kept.
    """
    connection = session.connection()
    kept = 0
    for piece in chunks(zip(papers, vectors, strict=True)):
        ids = [paper.paper_id for paper, _ in piece]
        there = set(connection.execute(select(PAPER.c.id).where(PAPER.c.id.in_(ids))).scalars())
        connection.execute(
            delete(PAPER_VECTOR).where(PAPER_VECTOR.c.paper_id.in_(ids), PAPER_VECTOR.c.model == model)
        )
        rows = [
            {
                "paper_id": paper.paper_id,
                "model": model,
                "text_revision": paper.text_revision,
                "vector": vector.astype(STORED_TYPE).tobytes(),
            }
            for paper, vector in piece
            if paper.paper_id in there
        ]
        if rows:
            connection.execute(insert(PAPER_VECTOR), rows)
        kept += len(rows)
    return kept


def load_vectors(
    session: Session, model: str, dimensions: int, *, only: Iterable[int] | None = None
) -> VectorTable:
    """Read vectors into one matrix.

    Args:
        session: A session.
        model: Name of the embedder.
        dimensions: Length of a vector; rows of another length are passed over.
        only: Row ids wanted; None means all.

    Returns:
        The matrix, rows in order of row id.
    """
    import numpy as np

    query = select(PAPER_VECTOR.c.paper_id, PAPER_VECTOR.c.vector).where(PAPER_VECTOR.c.model == model)
    found: list[tuple[int, bytes]] = []
    connection = session.connection()
    if only is None:
        found.extend((row[0], row[1]) for row in connection.execute(query))
    else:
        for piece in chunks(only):
            found.extend(
                (row[0], row[1])
                for row in connection.execute(query.where(PAPER_VECTOR.c.paper_id.in_(piece)))
            )
    fitting = sorted((row for row in found if len(row[1]) == 2 * dimensions), key=lambda row: row[0])
    matrix = np.frombuffer(b"".join(vector for _, vector in fitting), dtype=STORED_TYPE)
    return VectorTable(
        np.array([paper_id for paper_id, _ in fitting], dtype=np.int64),
        matrix.reshape(len(fitting), dimensions).astype(np.float16),
    )


def store_map(session: Session, places: Sequence[MapPlace]) -> None:
    """Keep a map, in place of the one before.

    Args:
        session: A session of `Store.write`.
        places: Where papers stand.
    """
    connection = session.connection()
    connection.execute(delete(MAP_POINT))
    for piece in chunks(places, 5_000):
        there: set[int] = set()
        for ids in chunks(place.paper_id for place in piece):
            there.update(connection.execute(select(PAPER.c.id).where(PAPER.c.id.in_(ids))).scalars())
        rows = [
            {"paper_id": place.paper_id, "x": place.x, "y": place.y, "fitted": place.fitted}
            for place in piece
            if place.paper_id in there
        ]
        if rows:
            connection.execute(insert(MAP_POINT), rows)


def load_map(session: Session) -> list[MapPlace]:
    """Where papers stand on the map, in order of row id; empty where none was laid out."""
    query = select(MAP_POINT.c.paper_id, MAP_POINT.c.x, MAP_POINT.c.y, MAP_POINT.c.fitted)
    return [
        MapPlace(int(paper_id), float(x), float(y), bool(fitted))
        for paper_id, x, y, fitted in session.connection().execute(query.order_by(MAP_POINT.c.paper_id))
    ]
