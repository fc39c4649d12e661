"""The linear heads: one weight a term and question, added up to log-odds.

Questions, in the order of the columns: is the paper relevant (1); which cell is its primary one
(one multinomial head over all cells); is this cell any of its cells (one head a cell); does it
bear this topic (one head a topic). They were fitted by `classifier.training`; here they are only
added up, one paper at a time and in the order of the vocabulary, so that a paper's scores are
the same bytes in any company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.features import PaperVector


@dataclass(frozen=True)
class HeadScores:
    """What the heads say of papers; `n_papers` is 1 at prediction.

    Attributes:
        relevance: Log-odds, shape `(n_papers,)`.
        primary: Unnormalised log-probabilities, shape `(n_papers, n_cells)`.
        any_cell: Log-odds, shape `(n_papers, n_cells)`.
        topic: Log-odds, shape `(n_papers, n_topics)`.
    """

    relevance: NDArray[np.float64]
    primary: NDArray[np.float64]
    any_cell: NDArray[np.float64]
    topic: NDArray[np.float64]

    @classmethod
    def from_columns(cls, columns: NDArray[np.float64], n_cells: int) -> HeadScores:
        """Take an array of shape `(n_papers, 1 + 2 * n_cells + n_topics)` apart."""
        return cls(
            relevance=columns[:, 0],
            primary=columns[:, 1 : 1 + n_cells],
            any_cell=columns[:, 1 + n_cells : 1 + 2 * n_cells],
            topic=columns[:, 1 + 2 * n_cells :],
        )

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> HeadScores:
        """The scores of some of the papers."""
        return HeadScores(
            self.relevance[chosen], self.primary[chosen], self.any_cell[chosen], self.topic[chosen]
        )


@dataclass(frozen=True)
class LinearHeads:
    """Weights and biases of all heads.

    Attributes:
        weights: Shape `(n_terms, 1 + 2 * n_cells + n_topics)`.
        bias: Shape `(1 + 2 * n_cells + n_topics,)`.
        n_cells: Number of cells.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    n_cells: int

    def score(self, vector: PaperVector) -> HeadScores:
        """Score one paper.

        Args:
            vector: Its TF-IDF vector.

        Returns:
            Its scores, `n_papers` being 1.
        """
        import numpy as np

        # A plain sum along the terms, and no BLAS: the order of additions never changes.
        moved = (self.weights[vector.columns] * vector.values[:, None]).sum(axis=0, dtype=np.float64)
        return HeadScores.from_columns((moved + self.bias)[None, :], self.n_cells)

    def term_contributions(self, vector: PaperVector, cell: int) -> NDArray[np.float64]:
        """What each term of a paper adds to the log-odds that a cell is one of its cells.

        Args:
            vector: Its TF-IDF vector.
            cell: Position of the cell.

        Returns:
            Log-odds, shape `(n_terms,)`; with the head's bias they add up to its score.
        """
        import numpy as np

        column = 1 + self.n_cells + cell
        added: NDArray[np.float64] = self.weights[vector.columns, column].astype(np.float64) * vector.values
        return added
