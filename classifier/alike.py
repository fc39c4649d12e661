"""Groups of like papers found without labels, and papers laid out on a plane: UMAP, HDBSCAN and BERTopic.

All three take seconds to import, so they are imported inside functions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.embedder import Embedder
from classifier.prediction import PaperText
from classifier.topic_model import UNPLACED, bertopic_of, document_of, embed_papers, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
FEWEST_PAPERS_FOR_SUB_TOPICS = 20
# UMAP as BERTopic sets it by default: 15 neighbours, 5 dimensions, cosine.
UMAP_NEIGHBOURS = 15
UMAP_DIMENSIONS = 5
SPECTRAL_PAPERS = 50
MAP_LEAST_DISTANCE = 0.1  # UMAP's own default: dots that do not hide each other
# HDBSCAN asks so many neighbours before it calls a place dense; fewer than the smallest group, so
# that small groups are seen (docs/discovery.md).
MIN_SAMPLES = 4
FEWEST_PAPERS_IN_GROUP = 15
PHRASE_WORDS = 3
WORDS_A_NAMED_GROUP = 30


@dataclass(frozen=True)
class SubTopic:
    """A group of papers inside a cell.

    Attributes:
        words: Words with their c-TF-IDF weight, heaviest first.
        papers: Ids of its papers, in the order given.
        representative: Ids of the most typical ones, most typical first.
    """

    words: tuple[tuple[str, float], ...]
    papers: tuple[str, ...]
    representative: tuple[str, ...]


def sub_topics(
    papers: Sequence[PaperText], embedder: Embedder, *, fewest_papers: int = 8, seed: int = SEED
) -> tuple[SubTopic, ...]:
    """Groups of like papers inside one cell, found without labels; see `group_alike`.

    Args:
        papers: The cell's papers.
        embedder: Gives sentence vectors.
        fewest_papers: Smallest group.
        seed: Seed of UMAP; the same papers give the same groups on one machine.

    Returns:
        Groups, largest first.
    """
    return group_alike(papers, embed_papers(embedder, papers), fewest_papers=fewest_papers, seed=seed)


def group_alike(
    papers: Sequence[PaperText],
    vectors: NDArray[np.float32],
    *,
    fewest_papers: int = FEWEST_PAPERS_IN_GROUP,
    seed: int = SEED,
    own_stop_words: Sequence[str] = (),
) -> tuple[SubTopic, ...]:
    """Groups of like papers, found without labels: UMAP, then the leaves of HDBSCAN's tree.

    Leaves, since the question is which small groups there are, not which large ones hold them.

    Args:
        papers: The papers.
        vectors: Their sentence vectors, shape `(n_papers, dimensions)`.
        fewest_papers: Smallest group.
        seed: Seed of UMAP; the same papers in the same order give the same groups on one machine.
        own_stop_words: Words, beside English ones, that say nothing of a group.

    Returns:
        Groups, largest first; papers that belong to none stand nowhere. Empty where there are too
        few papers to speak of groups.
    """
    row_of = {document_of(paper): row for row, paper in enumerate(papers)}
    rows = sorted(row_of.values())
    if len(rows) < max(FEWEST_PAPERS_FOR_SUB_TOPICS, 2 * fewest_papers):
        return ()
    from bertopic.backend import BaseEmbedder
    from hdbscan import HDBSCAN

    documents = [document_of(papers[row]) for row in rows]
    model = bertopic_of(
        embedding_model=BaseEmbedder(),  # never asked: the vectors are given
        umap_model=_umap(len(rows), dimensions=UMAP_DIMENSIONS, seed=seed),
        hdbscan_model=HDBSCAN(
            min_cluster_size=fewest_papers,
            min_samples=min(MIN_SAMPLES, fewest_papers),
            cluster_selection_method="leaf",
            metric="euclidean",
            prediction_data=False,
        ),
        longest_phrase=PHRASE_WORDS,
        own_stop_words=own_stop_words,
        words=WORDS_A_NAMED_GROUP,
    )
    numbers, _ = model.fit_transform(documents, embeddings=vectors[rows])
    members: dict[int, list[int]] = {}
    for number, row in zip(numbers, rows, strict=True):
        if number != UNPLACED:
            members.setdefault(int(number), []).append(row)
    return tuple(
        SubTopic(
            words=words_of(model, number),
            papers=tuple(papers[row].id for row in members[number]),
            representative=tuple(
                papers[row_of[found]].id for found in model.get_representative_docs(number) or ()
            ),
        )
        for number in sorted(members, key=lambda number: (-len(members[number]), number))
    )


def lay_out(vectors: NDArray[np.float32], *, seed: int = SEED) -> NDArray[np.float32]:
    """Two coordinates a paper, such that like papers lie near each other.

    Args:
        vectors: Sentence vectors, shape `(n_papers, dimensions)`, at least three.
        seed: Seed of UMAP.

    Returns:
        Shape `(n_papers, 2)`.
    """
    import numpy as np

    reducer = _umap(len(vectors), dimensions=2, seed=seed, nearest=MAP_LEAST_DISTANCE)
    return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)


def _umap(papers: int, *, dimensions: int, seed: int, nearest: float = 0.0) -> Any:
    from umap import UMAP

    return UMAP(
        n_neighbors=min(UMAP_NEIGHBOURS, papers - 1),
        n_components=dimensions,
        min_dist=nearest,
        metric="cosine",
        random_state=seed,
        n_jobs=1,  # a seed and several threads do not go together in UMAP
        # The spectral start needs more points than dimensions; few papers start at random places.
        init="spectral" if papers > SPECTRAL_PAPERS else "random",
    )
