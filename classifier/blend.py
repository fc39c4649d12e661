"""Mixes what the words say with what the tuned encoder says.

Both speak in log-odds. Two weights a kind of question, fitted on papers that neither had been
fitted on, add them up; what follows (`classifier.placing`) is the same for words alone and for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from classifier.heads import HeadScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.placing_fit import Targets

Weight = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Weight, Weight]
# Ridge towards equal halves; with a thousand papers it moves a weight by less than a hundredth.
RIDGE = 1e-3
DIGITS = 6


class Blend(BaseModel):
    """Weights of words and encoder, one pair a kind of question.

    Attributes:
        relevance: For the log-odds of relevance.
        primary: For the log-probabilities of the primary cell.
        any_cell: For the log-odds of each cell.
        topic: For the log-odds of each topic.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    relevance: Pair
    primary: Pair
    any_cell: Pair
    topic: Pair


def blended(words: HeadScores, encoder: HeadScores, blend: Blend) -> HeadScores:
    """Add up both, weighted.

    Args:
        words: Scores of the linear heads.
        encoder: Scores of the tuned encoder for the same papers.
        blend: The weights.

    Returns:
        Scores of the same shapes.
    """

    def mixed(pair: Pair, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
        total: NDArray[np.float64] = pair[0] * first + pair[1] * second
        return total

    return HeadScores(
        mixed(blend.relevance, words.relevance, encoder.relevance),
        mixed(blend.primary, words.primary, encoder.primary),
        mixed(blend.any_cell, words.any_cell, encoder.any_cell),
        mixed(blend.topic, words.topic, encoder.topic),
    )


def fit_blend(words: HeadScores, encoder: HeadScores, targets: Targets) -> Blend:
    """Fit the weights by likelihood.

    Args:
        words: Out-of-fold scores of the linear heads.
        encoder: Scores of the encoder for the same papers, none of which its tuning saw.
        targets: Their labels.

    Returns:
        The weights, rounded.
    """
    import numpy as np
    from scipy.optimize import minimize

    from classifier.placing import log_sigmoid, log_softmax

    own = targets.relevant

    def fit(
        first: NDArray[np.float64],
        second: NDArray[np.float64],
        likelihood: object,
    ) -> Pair:
        def loss(pair: NDArray[np.float64]) -> float:
            value = likelihood(pair[0] * first + pair[1] * second)  # type: ignore[operator]
            return float(-value + RIDGE * ((pair - 0.5) ** 2).sum())

        found = minimize(loss, np.array([0.5, 0.5]), method="Nelder-Mead", options={"xatol": 1e-4}).x
        return round(float(found[0]), DIGITS), round(float(found[1]), DIGITS)

    def of_bits(right: NDArray[np.bool_], weight: NDArray[np.float64]) -> object:
        share = weight / weight.sum() / (right.shape[1] if right.ndim == 2 else 1)

        def likelihood(value: NDArray[np.float64]) -> float:
            each = np.where(right, log_sigmoid(value), log_sigmoid(-value))
            return float((each.T * share).sum())

        return likelihood

    weight = targets.weight[own]
    rows = np.arange(int(own.sum()))

    def of_primary(value: NDArray[np.float64]) -> float:
        return float((log_softmax(value)[rows, targets.primary[own]] * weight).sum() / weight.sum())

    return Blend(
        relevance=fit(words.relevance, encoder.relevance, of_bits(targets.relevant, targets.weight)),
        primary=fit(words.primary[own], encoder.primary[own], of_primary),
        any_cell=fit(words.any_cell[own], encoder.any_cell[own], of_bits(targets.cells[own], weight)),
        topic=fit(words.topic[own], encoder.topic[own], of_bits(targets.topics[own], weight)),
    )
