"""Fits the numbers of `classifier.placing` on out-of-fold scores, and chooses the thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.heads import HeadScores
from classifier.labels import HandLabel
from classifier.placing import (
    CELLS_AT_MOST,
    Calibrated,
    PlacingConfig,
    Thresholds,
    calibrate,
    cell_features,
    chosen_cells,
    first_cells,
    first_features,
    log_softmax,
    other_features,
    sigmoid,
    topic_features,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

SURE_PRECISION = 0.90
# A first cell that is wrong in two cases of five is a doubt to be told, however good the rest is: where the
# rule above would call every paper sure, this one still speaks.
LEAST_SURE = 0.6
STEP = 0.01
# An eighth of the width of the F1's 95 % bootstrap interval on the papers drawn at random.
F1_NOISE = 0.0025
# Ridge on the per-cell and per-topic numbers: rare classes have few papers to fit them on, and a third of the
# labelled papers were drawn for rare topics, so that what the numbers of cells say of frequency is not to be
# followed far. Cross-validation is the same for cells from 0.001 to 1; dev rises from 0.732 to 0.740 at 0.01.
CELL_RIDGE = 1e-2
TOPIC_RIDGE = 1e-3
FEW_PAPERS = 50

THRESHOLDS_CHOSEN = {
    "relevant": "lowest threshold within 0.0025 of the best F1 of relevance over the papers drawn at"
    " random, on out-of-fold scores of train",
    "sure": "least first score from which on the first cell is any right one for at least 90 % of the"
    " papers, on out-of-fold scores of train without the strata drawn where a model was least sure; never"
    " under 0.6",
    "other_cell": "best micro F1 of the cell sets, on out-of-fold scores of train",
    "first_topic": "lowest threshold within 0.0025 of the best micro F1 of the topic sets, on out-of-fold"
    " scores of train",
    "other_topic": "best micro F1 of the topic sets, on out-of-fold scores of train",
}


@dataclass(frozen=True)
class Targets:
    """Labels as arrays.

    Attributes:
        relevant: Shape `(n_papers,)`.
        primary: Position of the primary cell, -1 where not relevant, shape `(n_papers,)`.
        cells: Every cell of a paper, shape `(n_papers, n_cells)`.
        topics: Every topic, shape `(n_papers, n_topics)`.
        weight: How much a paper counts in a fit, shape `(n_papers,)`.
        natural: Drawn at random, shape `(n_papers,)`.
        usual: Not drawn for being hard, shape `(n_papers,)`.
    """

    relevant: NDArray[np.bool_]
    primary: NDArray[np.int64]
    cells: NDArray[np.bool_]
    topics: NDArray[np.bool_]
    weight: NDArray[np.float64]
    natural: NDArray[np.bool_]
    usual: NDArray[np.bool_]

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Targets:
        """The labels of some of the papers."""
        return Targets(
            self.relevant[chosen],
            self.primary[chosen],
            self.cells[chosen],
            self.topics[chosen],
            self.weight[chosen],
            self.natural[chosen],
            self.usual[chosen],
        )


def targets_of(
    labels: Sequence[HandLabel], cells: Sequence[str], topics: Sequence[str], weights: dict[int, float]
) -> Targets:
    """Turn labels into arrays.

    Args:
        labels: Hand labels.
        cells: Cell ids in order.
        topics: Topic ids in order.
        weights: Weight in a fit by how sure the reader was.

    Returns:
        The arrays, in the order of the labels.
    """
    import numpy as np

    cell_at = {cell: place for place, cell in enumerate(cells)}
    topic_at = {topic: place for place, topic in enumerate(topics)}
    cell_sets = np.zeros((len(labels), len(cells)), dtype=bool)
    topic_sets = np.zeros((len(labels), len(topics)), dtype=bool)
    for row, label in enumerate(labels):
        cell_sets[row, [cell_at[cell] for cell in label.cells]] = True
        topic_sets[row, [topic_at[topic] for topic in label.topics]] = True
    return Targets(
        relevant=np.array([label.relevant for label in labels], dtype=bool),
        primary=np.array(
            [-1 if label.primary is None else cell_at[label.primary] for label in labels], dtype=np.int64
        ),
        cells=cell_sets,
        topics=topic_sets,
        weight=np.array([weights[label.sure] for label in labels], dtype=np.float64),
        natural=np.array(
            [label.stratum.startswith("natural") and "+kw" not in label.stratum for label in labels],
            dtype=bool,
        ),
        usual=np.array([not label.stratum.startswith("active") for label in labels], dtype=bool),
    )


def fit_placing(
    scores: HeadScores, targets: Targets, cells: Sequence[str], topics: Sequence[str]
) -> PlacingConfig:
    """Fit calibration and choose thresholds.

    Args:
        scores: Out-of-fold scores: no paper's by heads that were fitted on it.
        targets: Its labels.
        cells: Cell ids in order.
        topics: Topic ids in order.

    Returns:
        Everything that `classifier.placing` needs.
    """
    import numpy as np

    home = {cell: place for place, cell in enumerate(cells)}
    cell_of_topic = tuple(home[topic.rpartition("/")[0]] for topic in topics)
    natural = _enough(targets.natural)
    relevance = _fit_logistic(scores.relevance[natural, None], targets.relevant[natural])
    relevance_threshold = _relevance_threshold(
        sigmoid(scores.relevance[natural] * relevance[0] + relevance[1]), targets.relevant[natural]
    )

    own, truth = scores.rows(targets.relevant), targets.rows(targets.relevant)
    features = cell_features(own, cell_of_topic)
    wanted = np.eye(len(cells))[truth.primary]
    cell_weights, cell_bias = _fit_shared(features, wanted, _softmax_loss, CELL_RIDGE)
    config = PlacingConfig(
        cells=tuple(cells),
        topics=tuple(topics),
        relevance=(relevance[0], relevance[1]),
        cell_weights=cell_weights,
        cell_bias=cell_bias,
        first=(0.0,) * 4,
        other=(0.0,) * 3,
        topic=(0.0,) * 2,
        topic_bias=(0.0,) * len(topics),
        thresholds=Thresholds(
            relevant=relevance_threshold, sure=0.5, other_cell=0.5, first_topic=0.5, other_topic=0.5
        ),
    )
    chosen = chosen_cells(features, config)
    first = first_cells(chosen, config.agreement)
    hit = truth.cells[np.arange(len(first)), first]
    usual = _enough(truth.usual)
    first_numbers = _fit_logistic(first_features(features, chosen, first)[usual], hit[usual])
    other = other_features(features, chosen)
    other_numbers = _fit_logistic(other.reshape(-1, other.shape[2]), truth.cells.reshape(-1))
    topic_weights, topic_bias = _fit_shared(
        topic_features(own, chosen, cell_of_topic),
        truth.topics.astype(np.float64),
        _logistic_loss,
        TOPIC_RIDGE,
    )
    config = config.model_copy(
        update={
            "first": first_numbers,
            "other": other_numbers,
            "topic": topic_weights,
            "topic_bias": topic_bias,
        }
    )
    calibrated = calibrate(own, config)
    first_topic, other_topic = _topic_thresholds(calibrated, truth)
    limits = config.thresholds.model_copy(
        update={
            "sure": _sure_threshold(calibrated.first_score[usual], hit[usual]),
            "other_cell": _other_cell_threshold(calibrated, truth),
            "first_topic": first_topic,
            "other_topic": other_topic,
        }
    )
    # Validated again as a whole: model_copy does not.
    return PlacingConfig.model_validate(config.model_copy(update={"thresholds": limits}).model_dump())


def _enough(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The stratum, or everything where it is too small to fit a handful of numbers on."""
    import numpy as np

    return mask if mask.sum() >= FEW_PAPERS else np.ones_like(mask)


def _fit_logistic(features: NDArray[np.float64], hit: NDArray[np.bool_]) -> tuple[float, ...]:
    """Weights, then intercept, of a logistic regression; the plain rate where all are alike."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    if hit.all() or not hit.any():
        rate = (hit.sum() + 1) / (len(hit) + 2)
        return (*(0.0 for _ in range(features.shape[1])), float(np.log(rate / (1 - rate))))
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(features, hit)
    return (*(float(weight) for weight in fitted.coef_[0]), float(fitted.intercept_[0]))


def _fit_shared(
    features: NDArray[np.float64],
    wanted: NDArray[np.float64],
    loss: Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    ridge: float,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights that all classes share, and a bias for each class, by L-BFGS.

    Args:
        features: Shape `(n_papers, n_classes, n_features)`.
        wanted: Shape `(n_papers, n_classes)`.
        loss: Loss and its derivative by the scores.
        ridge: On the biases.

    Returns:
        Weights and biases.
    """
    import numpy as np
    from scipy.optimize import minimize

    n_papers, n_classes, n_features = features.shape

    def objective(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = numbers[:n_features], numbers[n_features:]
        value, slope = loss((features * weights).sum(axis=2) + bias, wanted)
        gradient = np.concatenate(
            [
                (features * slope[:, :, None]).sum(axis=(0, 1)) / n_papers,
                slope.sum(axis=0) / n_papers + 2 * ridge * bias,
            ]
        )
        return value / n_papers + ridge * float((bias * bias).sum()), gradient

    start = np.concatenate([np.full(n_features, 1 / n_features), np.zeros(n_classes)])
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return (
        tuple(float(value) for value in found.x[:n_features]),
        tuple(float(value) for value in found.x[n_features:]),
    )


def _softmax_loss(
    scores: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    import numpy as np

    log_probability = log_softmax(scores)
    return -float((wanted * log_probability).sum()), np.exp(log_probability) - wanted


def _logistic_loss(
    scores: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    import numpy as np

    value = np.logaddexp(0.0, scores) - wanted * scores
    return float(value.sum()), sigmoid(scores) - wanted


def _grid() -> NDArray[np.float64]:
    import numpy as np

    return np.round(np.arange(0.05, 0.95 + STEP / 2, STEP), 2)


def _relevance_threshold(score: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The lowest threshold whose F1 is as good as the best one's, but for `F1_NOISE`.

    The curve is flat near its top, and a missed paper is gone from the chart while a false one
    can be seen and mended: so the low end of the plateau.
    """
    curve = [(_f1_of(score >= limit, right), float(limit)) for limit in _grid()]
    best = max(value for value, _ in curve)
    return min(limit for value, limit in curve if value >= best - F1_NOISE)


def _argmax(candidates: list[tuple[float, float]]) -> float:
    best = max(candidates, key=lambda pair: (round(pair[0], 9), -abs(pair[1] - 0.5), pair[1]))
    return float(best[1])


def _f1_of(found: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    hits = int((found & right).sum())
    total = int(found.sum()) + int(right.sum())
    return 2 * hits / total if total else 0.0


def _sure_threshold(score: NDArray[np.float64], hit: NDArray[np.bool_]) -> float:
    """Least score from which on the share of hits reaches `SURE_PRECISION`; 0.95 if none does."""
    for limit in _grid():
        if limit < LEAST_SURE:
            continue
        kept = score >= limit
        if kept.any() and hit[kept].mean() >= SURE_PRECISION:
            return float(limit)
    return 0.95


def _other_cell_threshold(calibrated: Calibrated, truth: Targets) -> float:
    import numpy as np

    rows = np.arange(len(calibrated.first))
    scores = calibrated.cells.copy()
    scores[rows, calibrated.first] = 2.0  # the first cell is always in
    rank = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
    kept = rank < CELLS_AT_MOST
    return _argmax([(_f1_of(kept & (scores >= limit), truth.cells), limit) for limit in _grid()])


def _topic_thresholds(calibrated: Calibrated, truth: Targets) -> tuple[float, float]:
    import numpy as np

    scores = calibrated.topics
    if not scores.shape[1]:
        return 0.5, 0.5
    best = np.zeros_like(scores, dtype=bool)
    best[np.arange(len(scores)), scores.argmax(axis=1)] = True
    other = _argmax([(_f1_of(best | (scores >= limit), truth.topics), limit) for limit in _grid()])
    further = scores >= other
    curve = [
        (_f1_of((best & (scores >= limit)) | further, truth.topics), float(limit))
        for limit in _grid()
        if limit <= other
    ]
    # Flat near its top as the curve of relevance is, and a missed chip is a paper nobody sees there.
    highest = max(value for value, _ in curve)
    return min(limit for value, limit in curve if value >= highest - F1_NOISE), other
