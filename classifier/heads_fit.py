"""Fits the linear heads with scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from classifier.heads import LinearHeads
from classifier.labels import ListLabel
from classifier.placing_fit import Targets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

SEED = 0
# Inverse strength of the ridge, for labels weighted by how sure their reader was.
# Cross-validation over 10,925 labelled papers (usual strata): these values gave 0.706 for the first cell
# and 0.886 for any cell; twice of each 0.700 and 0.882. Half a point either way is noise. With 36,765 papers
# and the dev list 15 is still best: 0.717 for the first cell, 0.708 with 6 and 0.702 with 3.
RELEVANCE_C = 5.0
PRIMARY_C = 15.0
MANY_C = 15.0
# A placement in a reading list counts so much less than a reader's. Cross-validation on train: list
# papers as further positives of the topic heads add 0.7 points to the first topic and 1.2 to the
# topics' macro F1; in the cell heads they add nothing, so they are not used there.
LIST_WEIGHT = 0.1
# Where coordinate descent stops. On eight topics and 36,765 papers the log-loss on dev is 0.0748 with
# anything from 0.01 to 0.2, and 0.1 takes two thirds of the time of 0.01.
TOLERANCE = 0.1
# Log-odds of a class with fewer than two papers: it cannot be learnt.
UNKNOWN_LOG_ODDS = -8.0


def listed_topics(labels: Sequence[ListLabel], topics: Sequence[str]) -> NDArray[np.bool_]:
    """Topics that reading lists name, shape `(n_papers, n_topics)`; unknown ones are passed over."""
    import numpy as np

    at = {topic: place for place, topic in enumerate(topics)}
    found = np.zeros((len(labels), len(topics)), dtype=bool)
    for row, label in enumerate(labels):
        found[row, [at[p.topic] for p in label.labels if p.topic in at]] = True
    return found


def fit_heads(
    features: csr_matrix, targets: Targets, weak_features: csr_matrix, weak_topics: NDArray[np.bool_]
) -> LinearHeads:
    """Fit every head.

    Args:
        features: TF-IDF rows, shape `(n_papers, n_terms)`.
        targets: Labels.
        weak_features: TF-IDF rows of papers from reading lists; may have no rows.
        weak_topics: Their topics, shape `(n_listed_papers, n_topics)`; each is a further
            positive of its topics' heads, and no list paper is ever a negative.

    Returns:
        Weights, rounded to half precision as they are stored.
    """
    import numpy as np
    from scipy.sparse import vstack
    from sklearn.linear_model import LogisticRegression

    n_cells, n_topics = targets.cells.shape[1], targets.topics.shape[1]
    n_heads = 1 + 2 * n_cells + n_topics
    weights = np.zeros((features.shape[1], n_heads))
    bias = np.full(n_heads, UNKNOWN_LOG_ODDS)

    def binary(
        column: int, rows: Any, right: NDArray[np.bool_], sample: NDArray[np.float64], c: float
    ) -> None:
        if right.sum() < 2 or right.all():
            return
        fitted = LogisticRegression(
            C=c, solver="liblinear", dual=True, tol=TOLERANCE, max_iter=1000, random_state=SEED
        ).fit(rows, right, sample_weight=sample)
        weights[:, column], bias[column] = fitted.coef_[0], fitted.intercept_[0]

    binary(0, features, targets.relevant, targets.weight, RELEVANCE_C)
    own, truth = features[targets.relevant], targets.rows(targets.relevant)
    fitted = LogisticRegression(C=PRIMARY_C, solver="newton-cg", tol=1e-3, max_iter=200).fit(
        own, truth.primary, sample_weight=truth.weight
    )
    if len(fitted.classes_) == 2:
        # One row of weights stands for both classes: the first is its opposite.
        weights[:, 1 + fitted.classes_] = np.stack([-fitted.coef_[0] / 2, fitted.coef_[0] / 2], axis=1)
        bias[1 + fitted.classes_] = [-fitted.intercept_[0] / 2, fitted.intercept_[0] / 2]
    else:
        weights[:, 1 + fitted.classes_] = fitted.coef_.T
        bias[1 + fitted.classes_] = fitted.intercept_
    for cell in range(n_cells):
        binary(1 + n_cells + cell, own, truth.cells[:, cell], truth.weight, MANY_C)
    for topic in range(n_topics):
        more = np.flatnonzero(weak_topics[:, topic])
        rows = vstack([own, weak_features[more]], format="csr")
        right = np.concatenate([truth.topics[:, topic], np.ones(len(more), dtype=bool)])
        sample = np.concatenate([truth.weight, np.full(len(more), LIST_WEIGHT)])
        binary(1 + 2 * n_cells + topic, rows, right, sample, MANY_C)
    return LinearHeads(weights.astype(np.float16).astype(np.float32), bias.astype(np.float32), n_cells)
