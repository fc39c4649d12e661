"""Fits by folds: what is learnt from all of them but one is asked of that one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from classifier.blend import Blend, blended, fit_blend
from classifier.heads import HeadScores, LinearHeads
from classifier.heads_fit import fit_heads
from classifier.labels import HandLabel
from classifier.placing import PlacingConfig, calibrate, place
from classifier.placing_fit import Targets, fit_placing
from classifier.prediction import Prediction
from classifier.term_matrix import tfidf, weigh_terms
from papers.text import title_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from taxonomy.models import Taxonomy

FOLDS = 3
# From this size on the folds are fitted side by side: below, starting workers takes longer than it saves.
SIDE_BY_SIDE = 2000

Fit = tuple["NDArray[np.int64]", "NDArray[np.float32]", LinearHeads]


def fit_side_by_side(
    row_sets: Sequence[NDArray[np.int64]],
    counts: csr_matrix,
    targets: Targets,
    weak_counts: csr_matrix,
    weak_topics: NDArray[np.bool_],
    papers: int,
) -> list[Fit]:
    """Fit the heads once for each set of rows; the same numbers however many workers there are.

    Args:
        row_sets: Rows of the papers to fit on.
        counts: Term counts of all papers, shape `(n_papers, n_terms)`.
        targets: Their labels.
        weak_counts: Term counts of papers from reading lists.
        weak_topics: Their topics.
        papers: How many papers there are in all.

    Returns:
        For each set: columns of the terms that were kept, their weights, and the heads.
    """
    from sklearn.utils.parallel import Parallel, delayed

    jobs = min(os.cpu_count() or 1, len(row_sets)) if papers >= SIDE_BY_SIDE else 1
    fits: list[Fit] = Parallel(n_jobs=jobs)(
        delayed(_fit_rows)(counts[rows], targets.rows(rows), weak_counts, weak_topics) for rows in row_sets
    )
    return fits


def _fit_rows(
    counts: csr_matrix, targets: Targets, weak_counts: csr_matrix, weak_topics: NDArray[np.bool_]
) -> Fit:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        known, idf = weigh_terms(counts)
        heads = fit_heads(tfidf(counts, known, idf), targets, tfidf(weak_counts, known, idf), weak_topics)
    return known, idf, heads


def fit_accurate(
    words: HeadScores, read: HeadScores, targets: Targets, taxonomy: Taxonomy, fast: PlacingConfig
) -> tuple[Blend, PlacingConfig]:
    """Fit the mix of words and encoder, and what turns mixed scores into placements.

    Relevance stays with the words: its threshold is fitted on papers drawn at random, of which the
    encoder's tuning kept out 137 and the words' folds 1,314. With the encoder mixed in, the threshold of
    so few papers lost 3 % of the relevant papers of dev (recall 0.969 against 0.996) for no better F1.

    Args:
        words: Out-of-fold scores of the linear heads.
        read: Scores of the encoder for the same papers, none of which its tuning saw.
        targets: Their labels.
        taxonomy: The taxonomy in force.
        fast: The numbers of the words alone.

    Returns:
        The mix and the numbers of `classifier.placing`.
    """
    blend = fit_blend(words, read, targets).model_copy(update={"relevance": (1.0, 0.0)})
    topics = tuple(topic.id for topic in taxonomy.topics)
    placing = fit_placing(blended(words, read, blend), targets, taxonomy.cells, topics)
    limits = placing.thresholds.model_copy(update={"relevant": fast.thresholds.relevant})
    return blend, placing.model_copy(update={"relevance": fast.relevance, "thresholds": limits})


def cross_validated(
    labels: Sequence[HandLabel],
    folds: NDArray[np.int64],
    words: HeadScores,
    targets: Targets,
    taxonomy: Taxonomy,
    unseen: NDArray[np.int64] | None = None,
    read: HeadScores | None = None,
) -> tuple[dict[str, Prediction], dict[str, Prediction]]:
    """Predictions of every paper by heads and calibration that were fitted without its fold.

    Args:
        labels: All training labels.
        folds: Fold of each.
        words: Out-of-fold scores of the linear heads.
        targets: The labels as arrays.
        taxonomy: The taxonomy in force.
        unseen: Rows of the papers that the encoder's tuning kept out.
        read: The encoder's scores for these.

    Returns:
        Predictions by id: of the fast mode for all papers, of the accurate mode for the unseen ones.
    """
    import numpy as np

    topics = tuple(topic.id for topic in taxonomy.topics)
    fast: dict[str, Prediction] = {}
    accurate: dict[str, Prediction] = {}
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(outside):
            continue
        placing = fit_placing(words.rows(inside), targets.rows(inside), taxonomy.cells, topics)
        fast.update(predictions([labels[int(row)] for row in outside], words.rows(outside), placing))
        if unseen is None or read is None:
            continue
        learnt, asked = np.flatnonzero(folds[unseen] != fold), np.flatnonzero(folds[unseen] == fold)
        blend, mixed = fit_accurate(
            words.rows(unseen[learnt]), read.rows(learnt), targets.rows(unseen[learnt]), taxonomy, placing
        )
        scores = blended(words.rows(unseen[asked]), read.rows(asked), blend)
        accurate.update(predictions([labels[int(row)] for row in unseen[asked]], scores, mixed))
    return fast, accurate


def fold_of_each(labels: Sequence[HandLabel]) -> NDArray[np.int64]:
    """Fold of each paper, in `0 .. FOLDS - 1`.

    The fold hangs on the normalised title, so that a paper that was labelled twice (as preprint
    and as published) never stands on both sides.
    """
    import numpy as np

    keys = [title_key(label.title) if label.title else label.id for label in labels]
    return np.array(
        [int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % FOLDS for key in keys],
        dtype=np.int64,
    )


def predictions(
    labels: Sequence[HandLabel], scores: HeadScores, placing: PlacingConfig
) -> dict[str, Prediction]:
    """Predictions by id, from scores and the numbers of `classifier.placing`."""
    calibrated = calibrate(scores, placing)
    found = {}
    for row, label in enumerate(labels):
        placed = place(calibrated, row, placing)
        found[label.id] = Prediction(label.id, placed.verdict, placed.relevance, placed.cells, placed.topics)
    return found
