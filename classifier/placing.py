"""From what the heads say to cells, topics, calibrated scores and a verdict.

Everything here is a handful of numbers in `model.json`, fitted on scores that the heads gave to
training papers which they had not been fitted on (out-of-fold), see `classifier.placing_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from classifier.prediction import CellScore, TopicScore, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from classifier.heads import HeadScores

CELLS_AT_MOST = 3  # rule of the labels: one primary cell, at most two more
SCORE_DIGITS = 6
_FLOOR = -6.0  # log-probability of a topic in a cell that has none, so that the features are finite

# What a cell is worth that shares only the column, or only the row, with the right one, when the first cell
# is chosen. Cross-validation (4,595 papers) moves by 0.001 or less with any share up to a half; dev rises by
# 0.004 for the first cell, the row and the column.
COLUMN_SHARE = 0.5
ROW_SHARE = 0.2

CELL_FEATURES = ("primary", "any", "log_any", "best_topic", "expected_topics")
FIRST_FEATURES = ("chosen", "margin", "any")
OTHER_FEATURES = ("any", "log_chosen")
TOPIC_FEATURES = ("topic", "log_chosen")

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Thresholds(BaseModel):
    """Where scores become decisions; every one chosen by cross-validation on train.

    Attributes:
        relevant: Least relevance of a paper on the chart: low end of the best F1 over the natural strata.
        sure: Least first score that is not `unsure`.
        other_cell: Least score of a second or third cell: best micro F1 of the cell sets.
        first_topic: Least score of the best topic: best micro F1 of the topic sets.
        other_topic: Least score of every further topic: best micro F1 of the topic sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    relevant: Share
    sure: Share
    other_cell: Share
    first_topic: Share
    other_topic: Share


class PlacingConfig(BaseModel):
    """The numbers that turn head scores into a placement.

    Attributes:
        cells: Cell ids, in the order of the heads.
        topics: Topic ids, in the order of the heads.
        relevance: Slope and intercept that calibrate the relevance log-odds.
        cell_weights: One weight for each of `CELL_FEATURES`, shared by all cells.
        cell_bias: One number a cell.
        first: Weights of `FIRST_FEATURES`, then intercept: is the first cell any right one?
        other: Weights of `OTHER_FEATURES`, then intercept: is this further cell a right one?
        topic: Weights of `TOPIC_FEATURES`, shared by all topics.
        topic_bias: One number a topic.
        thresholds: Where scores become decisions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cells: Annotated[tuple[str, ...], Field(min_length=2)]
    topics: tuple[str, ...]
    relevance: tuple[Finite, Finite]
    cell_weights: tuple[Finite, ...]
    cell_bias: tuple[Finite, ...]
    first: tuple[Finite, ...]
    other: tuple[Finite, ...]
    topic: tuple[Finite, ...]
    topic_bias: tuple[Finite, ...]
    thresholds: Thresholds

    @model_validator(mode="after")
    def _lengths_agree(self) -> PlacingConfig:
        for name, found, wanted in (
            ("cell_weights", len(self.cell_weights), len(CELL_FEATURES)),
            ("cell_bias", len(self.cell_bias), len(self.cells)),
            ("first", len(self.first), len(FIRST_FEATURES) + 1),
            ("other", len(self.other), len(OTHER_FEATURES) + 1),
            ("topic", len(self.topic), len(TOPIC_FEATURES)),
            ("topic_bias", len(self.topic_bias), len(self.topics)),
        ):
            if found != wanted:
                raise ValueError(f"{name} has {found} numbers, not {wanted}")
        for topic in self.topics:
            if topic.rpartition("/")[0] not in self.cells:
                raise ValueError(f"topic {topic} hangs in no cell")
        return self

    @cached_property
    def cell_of_topic(self) -> tuple[int, ...]:
        """Position of each topic's cell."""
        position = {cell: place for place, cell in enumerate(self.cells)}
        return tuple(position[topic.rpartition("/")[0]] for topic in self.topics)

    @cached_property
    def agreement(self) -> NDArray[np.float64]:
        """How far each cell agrees with each other one; see `agreement`."""
        return agreement(self.cells)


@dataclass(frozen=True)
class Placement:
    """Where a paper belongs.

    Attributes:
        verdict: Not relevant, labelled, cell without topic, or unsure.
        relevance: Calibrated probability.
        cells: Best first; empty exactly where the paper is not relevant.
        topics: Best first, each in one of the cells.
    """

    verdict: Verdict
    relevance: float
    cells: tuple[CellScore, ...] = ()
    topics: tuple[TopicScore, ...] = ()


def sigmoid(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds to probability, without overflow."""
    import numpy as np

    return np.exp(log_sigmoid(value))


def log_sigmoid(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the probability that goes with log-odds, without overflow."""
    import numpy as np

    clipped: NDArray[np.float64] = np.minimum(value, 0.0) - np.log1p(np.exp(-np.abs(value)))
    return clipped


def log_softmax(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities over the last axis."""
    import numpy as np

    shifted = value - value.max(axis=-1, keepdims=True)
    normal: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normal


def cell_features(scores: HeadScores, cell_of_topic: tuple[int, ...]) -> NDArray[np.float64]:
    """What is known of each cell of each paper.

    Args:
        scores: What the heads say.
        cell_of_topic: Position of each topic's cell.

    Returns:
        Shape `(n_papers, n_cells, len(CELL_FEATURES))`: log-probability of being the primary
        cell; log-odds and log-probability of being any cell; log-probability of its likeliest
        topic; log of its expected number of topics.
    """
    import numpy as np

    shape = scores.any_cell.shape
    best = np.full(shape, _FLOOR)
    expected = np.full(shape, _FLOOR)
    topic = log_sigmoid(scores.topic)
    for cell in sorted(set(cell_of_topic)):
        own = topic[:, [place for place, home in enumerate(cell_of_topic) if home == cell]]
        best[:, cell] = np.maximum(own.max(axis=1), _FLOOR)
        expected[:, cell] = np.maximum(np.log(np.exp(own).sum(axis=1)), _FLOOR)
    return np.stack(
        [log_softmax(scores.primary), scores.any_cell, log_sigmoid(scores.any_cell), best, expected], axis=2
    )


def chosen_cells(features: NDArray[np.float64], config: PlacingConfig) -> NDArray[np.float64]:
    """Log-probability of each cell to be the one to choose, shape `(n_papers, n_cells)`."""
    import numpy as np

    return log_softmax((features * np.array(config.cell_weights)).sum(axis=2) + np.array(config.cell_bias))


def agreement(cells: Sequence[str]) -> NDArray[np.float64]:
    """How far each cell agrees with each other one: 1 with itself, in part by row or column."""
    import numpy as np

    worth = np.eye(len(cells))
    for part, share in ((0, ROW_SHARE), (1, COLUMN_SHARE)):
        names = [cell.split("/")[part] for cell in cells]
        worth += share * np.array([[one == other for other in names] for one in names])
    return worth


def first_cells(chosen: NDArray[np.float64], worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cell to put first: the one that can be expected to agree best with the right one.

    Args:
        chosen: Log-probabilities of `chosen_cells`.
        worth: What `agreement` says of the cells.

    Returns:
        Positions, shape `(n_papers,)`.
    """
    import numpy as np

    found: NDArray[np.int64] = (np.exp(chosen) @ worth).argmax(axis=1)
    return found


def first_features(
    features: NDArray[np.float64], chosen: NDArray[np.float64], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What tells whether the first cell is right, shape `(n_papers, len(FIRST_FEATURES))`.

    Log-odds of the choice, distance to the likeliest other cell, and the cell's own log-odds.
    """
    import numpy as np

    rows = np.arange(len(chosen))
    top = chosen[rows, first]
    others = chosen.copy()
    others[rows, first] = -np.inf
    against = np.log(np.maximum(-np.expm1(top), 1e-9))
    return np.stack([top - against, top - others.max(axis=1), features[rows, first, 1]], axis=1)


def other_features(features: NDArray[np.float64], chosen: NDArray[np.float64]) -> NDArray[np.float64]:
    """What tells whether a cell is a right one, shape `(n_papers, n_cells, len(OTHER_FEATURES))`."""
    import numpy as np

    return np.stack([features[:, :, 1], np.maximum(chosen, 2 * _FLOOR)], axis=2)


def topic_features(
    scores: HeadScores, chosen: NDArray[np.float64], cell_of_topic: tuple[int, ...]
) -> NDArray[np.float64]:
    """What tells whether a topic is a right one, shape `(n_papers, n_topics, len(TOPIC_FEATURES))`."""
    import numpy as np

    return np.stack([scores.topic, np.maximum(chosen[:, list(cell_of_topic)], 2 * _FLOOR)], axis=2)


@dataclass(frozen=True)
class Calibrated:
    """Calibrated scores of papers, before any threshold.

    Attributes:
        relevance: Shape `(n_papers,)`.
        first: Position of the first cell, shape `(n_papers,)`.
        first_score: Probability that it is any right cell, shape `(n_papers,)`.
        cells: Probability of each cell to be a right one, shape `(n_papers, n_cells)`.
        topics: Probability of each topic, shape `(n_papers, n_topics)`.
    """

    relevance: NDArray[np.float64]
    first: NDArray[np.int64]
    first_score: NDArray[np.float64]
    cells: NDArray[np.float64]
    topics: NDArray[np.float64]


def calibrate(scores: HeadScores, config: PlacingConfig) -> Calibrated:
    """Turn head scores into calibrated probabilities.

    Args:
        scores: What the heads say of papers.
        config: The fitted numbers.

    Returns:
        Probabilities; nothing is decided yet.
    """
    import numpy as np

    features = cell_features(scores, config.cell_of_topic)
    chosen = chosen_cells(features, config)
    place = first_cells(chosen, config.agreement)
    first = (first_features(features, chosen, place) * np.array(config.first[:-1])).sum(axis=1)
    first += config.first[-1]
    other = (other_features(features, chosen) * np.array(config.other[:-1])).sum(axis=2) + config.other[-1]
    topic = (topic_features(scores, chosen, config.cell_of_topic) * np.array(config.topic)).sum(axis=2)
    return Calibrated(
        relevance=sigmoid(scores.relevance * config.relevance[0] + config.relevance[1]),
        first=place,
        first_score=sigmoid(first),
        cells=sigmoid(other),
        topics=sigmoid(topic + np.array(config.topic_bias)),
    )


def place(calibrated: Calibrated, row: int, config: PlacingConfig) -> Placement:
    """Decide about one paper.

    The first cell comes first whatever its score; a further cell never stands above it, so its
    score is capped by the first one's. A topic whose cell is not among the cells brings its cell
    along while there is room, and is dropped where there is none: a topic always hangs in one of
    the paper's cells.

    Args:
        calibrated: Scores of papers.
        row: Which paper.
        config: The fitted numbers.

    Returns:
        Its place. Scores are rounded to six digits.
    """
    limits = config.thresholds
    relevance = round(float(calibrated.relevance[row]), SCORE_DIGITS)
    if calibrated.relevance[row] < limits.relevant:
        return Placement("not-relevant", relevance)
    first = int(calibrated.first[row])
    first_score = float(calibrated.first_score[row])
    cell_scores, topic_scores = calibrated.cells[row], calibrated.topics[row]
    further = sorted(
        (
            cell
            for cell in range(len(config.cells))
            if cell != first and cell_scores[cell] >= limits.other_cell
        ),
        key=lambda cell: (-cell_scores[cell], cell),
    )
    cells = [first, *further[: CELLS_AT_MOST - 1]]
    ranked = sorted(range(len(config.topics)), key=lambda topic: (-topic_scores[topic], topic))
    topics: list[int] = []
    for topic in ranked:
        if topic_scores[topic] < (limits.other_topic if topics else limits.first_topic):
            break
        home = config.cell_of_topic[topic]
        if home not in cells:
            if len(cells) == CELLS_AT_MOST:
                continue
            cells.append(home)
        topics.append(topic)
    shown = [first, *sorted(cells[1:], key=lambda cell: (-cell_scores[cell], cell))]
    verdict: Verdict = "labelled" if topics else "cell-no-topic"
    if first_score < limits.sure:
        verdict = "unsure"
    return Placement(
        verdict,
        relevance,
        tuple(
            CellScore(
                config.cells[cell],
                round(
                    first_score if cell == first else min(float(cell_scores[cell]), first_score), SCORE_DIGITS
                ),
            )
            for cell in shown
        ),
        tuple(
            TopicScore(config.topics[topic], round(float(topic_scores[topic]), SCORE_DIGITS))
            for topic in topics
        ),
    )
