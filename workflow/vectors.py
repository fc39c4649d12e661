"""Sentence vectors of relevant papers, filled in behind the labels; and the map that is made from them.

Embedding is the slow step (some 50 papers a second on two cores). It works in short batches, each kept
at once, so that it may be stopped at any moment and goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.embedder import Embedder
    from db.engine import Store
    from db.vectors import MapPlace
    from foundation.settings import Settings

BATCH_PAPERS = 128  # about three seconds of work between two writes
BRIEF_SECONDS = 20.0  # what `classify` spends on vectors unless it is asked for all
# More points make the layout slower, not better: the rest stands among its nearest neighbours.
MAP_FITTED_PAPERS = 20_000
MAP_FEWEST_PAPERS = 200  # fewer are read faster as a list
MAP_NEIGHBOURS = 5
# A map is laid out anew once it was fitted on less than half of what it could be fitted on now.
OUTGROWN = 0.5
NEAREST_BLOCK = 512


@dataclass(frozen=True)
class VectorReport:
    """What filling in vectors came to.

    Attributes:
        papers: Papers embedded now.
        left: Relevant papers still without a vector.
        mapped: Papers on the map.
        seconds: Wall time.
    """

    papers: int
    left: int
    mapped: int
    seconds: float

    def line(self) -> str:
        """One line for a terminal."""
        words = [f"{self.papers} vectors filled in" if self.papers else "no vector was missing"]
        if self.left:
            words.append(f"{self.left} to go (`landscape classify --vectors all`)")
        if self.mapped:
            words.append(f"{self.mapped} papers on the map")
        return ", ".join(words)


def default_embedder(settings: Settings) -> Embedder:
    """The embedder that ships, its graph kept under the user's own folder."""
    from classifier.embedder import MiniLmEmbedder

    return MiniLmEmbedder(settings.home / "cache")


def count_missing(store: Store, settings: Settings, embedder: Embedder | None = None) -> int:
    """How many relevant papers have no vector yet."""
    from db.vectors import count_to_embed
    from taxonomy.loader import load_taxonomy

    model = embedder or default_embedder(settings)
    with store.read() as session:
        return count_to_embed(session, model.name, relevant_on=load_taxonomy(settings.home).version)


def fill_vectors(
    store: Store,
    settings: Settings,
    *,
    within_seconds: float | None = None,
    embedder: Embedder | None = None,
    progress: Callable[[int], None] | None = None,
) -> VectorReport:
    """Embed relevant papers that have no vector, or one of an older text; keep the map in step.

    Args:
        store: The open store.
        settings: Where the embedder's graph is kept, and which grid is in force.
        within_seconds: Begin no further batch after this time; None goes on to the end. The map is
            laid out in full alone: it takes a minute on a large store.
        embedder: Gives the vectors; the one that ships when None.
        progress: Called with the number of papers done since the last call.

    Returns:
        What was done and what is left.
    """
    from db.vectors import papers_to_embed, store_vectors
    from taxonomy.loader import load_taxonomy

    began = time.monotonic()
    model = embedder or default_embedder(settings)
    version = load_taxonomy(settings.home).version
    done, after = 0, 0
    while within_seconds is None or time.monotonic() - began < within_seconds:
        with store.read() as session:
            batch = papers_to_embed(session, model.name, relevant_on=version, after=after, limit=BATCH_PAPERS)
        if not batch:
            break
        after = batch[-1].paper_id
        vectors = model.embed([f"{paper.title}. {paper.abstract}" for paper in batch])
        with store.write() as session:
            done += store_vectors(session, model.name, batch, vectors)
        if progress is not None:
            progress(len(batch))
    mapped = update_map(store, model, lay_out_new=within_seconds is None)
    return VectorReport(done, count_missing(store, settings, model), mapped, time.monotonic() - began)


def update_map(store: Store, embedder: Embedder, *, lay_out_new: bool = True) -> int:
    """Give every paper with a vector a place on the map.

    Papers that stand there keep their places, so that a map that a reader knows stays as it is; new ones
    are placed by their neighbours. Where the map is missing or outgrown it is laid out anew.

    Args:
        store: The open store.
        embedder: Whose vectors.
        lay_out_new: Whether a missing or outgrown map may be laid out now.

    Returns:
        How many papers stand on the map.
    """
    import numpy as np

    from db.vectors import load_map, load_vectors, store_map

    with store.read() as session:
        known = {place.paper_id: place for place in load_map(session)}
        if not known and not lay_out_new:
            return 0
        table = load_vectors(session, embedder.name, embedder.dimensions)
    ids, vectors = table.paper_ids, table.vectors.astype(np.float32)
    fitted = np.array([bool((place := known.get(paper)) and place.fitted) for paper in ids.tolist()])
    could = min(len(ids), MAP_FITTED_PAPERS)
    if lay_out_new and could >= MAP_FEWEST_PAPERS and fitted.sum() < OUTGROWN * could:
        places = lay_out_map(ids, vectors)
    elif fitted.any() and any(paper not in known for paper in ids.tolist()):
        places = _with_new(ids, vectors, fitted, known)
    else:
        return len(known)
    with store.write() as session:
        store_map(session, places)
    return len(places)


def lay_out_map(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> list[MapPlace]:
    """Lay out a map: UMAP on a sample, every other paper among its nearest in the sample.

    Args:
        ids: Row ids, shape `(n_papers,)`.
        vectors: Unit vectors, shape `(n_papers, dimensions)`.

    Returns:
        A place for each paper, in the order given. The same papers give the same map on one machine.
    """
    import numpy as np

    from classifier.alike import SEED, lay_out
    from db.vectors import MapPlace

    chosen = np.arange(len(ids))
    if len(ids) > MAP_FITTED_PAPERS:
        random = np.random.default_rng(SEED)
        chosen = np.sort(random.choice(len(ids), MAP_FITTED_PAPERS, replace=False))
    points = lay_out(vectors[chosen])
    is_fitted = np.zeros(len(ids), dtype=bool)
    is_fitted[chosen] = True
    places = np.zeros((len(ids), 2), dtype=np.float32)
    places[chosen] = points
    rest = np.flatnonzero(~is_fitted)
    places[rest] = place_by_neighbours(vectors[chosen], points, vectors[rest])
    return [
        MapPlace(int(paper), round(float(x), 4), round(float(y), 4), bool(fitted))
        for paper, (x, y), fitted in zip(ids, places, is_fitted, strict=True)
    ]


def place_by_neighbours(
    known: NDArray[np.float32], points: NDArray[np.float32], new: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where papers stand among papers that have a place: the middle of their nearest, by likeness.

    Args:
        known: Unit vectors of placed papers, shape `(n_known, dimensions)`.
        points: Their places, shape `(n_known, 2)`.
        new: Unit vectors to be placed, shape `(n_new, dimensions)`.

    Returns:
        Shape `(n_new, 2)`.
    """
    import numpy as np

    found = np.zeros((len(new), 2), dtype=np.float32)
    nearest = min(MAP_NEIGHBOURS, len(known))
    for start in range(0, len(new), NEAREST_BLOCK):
        alike = new[start : start + NEAREST_BLOCK] @ known.T
        best = np.argpartition(-alike, nearest - 1, axis=1)[:, :nearest]
        weight = np.clip(np.take_along_axis(alike, best, axis=1), 1e-3, None)
        # The nearest decides where neighbours lie far apart: a middle of two islands is open sea.
        weight = weight**8 / (weight**8).sum(axis=1, keepdims=True)
        found[start : start + NEAREST_BLOCK] = (points[best] * weight[:, :, None]).sum(axis=1)
    return found


def _with_new(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    fitted: NDArray[np.bool_],
    known: dict[int, MapPlace],
) -> list[MapPlace]:
    """The known map with new papers placed by their neighbours."""
    import numpy as np

    from db.vectors import MapPlace

    points = np.array([(known[paper].x, known[paper].y) for paper in ids[fitted].tolist()], dtype=np.float32)
    new = np.array([paper not in known for paper in ids.tolist()])
    placed = place_by_neighbours(vectors[fitted], points, vectors[new])
    return [
        *known.values(),
        *(
            MapPlace(int(paper), round(float(x), 4), round(float(y), 4), False)
            for paper, (x, y) in zip(ids[new], placed, strict=True)
        ),
    ]
