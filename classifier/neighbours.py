"""The labelled papers nearest to a paper: precedents that a human can compare a label with.

Labels hold titles and no abstracts, so nearness is between the whole paper and the labelled papers'
titles: cosine of the TF-IDF vectors that the heads read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

from classifier.features import count_terms
from classifier.labels import DEV_FILE, MORE_FILE, TRAIN_FILE, HandLabel, read_json_lines
from classifier.prediction import PaperText
from papers.text import title_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.features import Vocabulary

NEAREST = 3
NEARNESS_DIGITS = 3


@dataclass(frozen=True)
class LabelledNeighbour:
    """A labelled paper beside one that is not.

    Attributes:
        id: `scheme:value`.
        title: Title.
        cell: Its primary cell, or None where it is off the subject.
        topics: Its topics.
        nearness: Cosine of the two texts, in [0, 1].
    """

    id: str
    title: str
    cell: str | None
    topics: tuple[str, ...]
    nearness: float


class LabelledPapers:
    """Titles of labelled papers, ready to be compared with; built at the first question.

    Args:
        vocabulary: The terms of the model in force.
        labels: The labelled papers; those without a title are passed over.
    """

    def __init__(self, vocabulary: Vocabulary, labels: Sequence[HandLabel]) -> None:
        self._vocabulary = vocabulary
        self._labels = [label for label in labels if label.title]
        self._columns: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]] | None = None

    def nearest(self, paper: PaperText, most: int = NEAREST) -> tuple[LabelledNeighbour, ...]:
        """Find the nearest labelled papers.

        Args:
            paper: Any paper; itself, by id or title, is not among its neighbours.
            most: How many.

        Returns:
            Nearest first, equal ones in the order of the labels; none that shares no word.
        """
        import numpy as np

        if self._columns is None:
            self._columns = self._by_column()
        near = np.zeros(len(self._labels))
        vector = self._vocabulary.vector(paper)
        for column, value in zip(vector.columns.tolist(), vector.values.tolist(), strict=True):
            if column in self._columns:
                rows, values = self._columns[column]
                near[rows] += value * values
        own = title_key(paper.title)
        found: list[LabelledNeighbour] = []
        for row in np.argsort(-near, kind="stable"):
            label = self._labels[row]
            if len(found) == most or near[row] <= 0:
                break
            if label.id != paper.id and title_key(label.title) != own:
                nearness = round(float(near[row]), NEARNESS_DIGITS)
                found.append(LabelledNeighbour(label.id, label.title, label.primary, label.topics, nearness))
        return tuple(found)

    def _by_column(self) -> dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]]:
        import numpy as np

        # As `Vocabulary.vector` has it, a number at a time: a title has ten terms, and numpy's calls
        # would cost three times the arithmetic.
        column_of, idf = self._vocabulary.column_of, self._vocabulary.idf.tolist()
        held: dict[int, tuple[list[int], list[float]]] = {}
        for row, label in enumerate(self._labels):
            found = [
                (column, (1.0 + log(count)) * idf[column])
                for term, count in count_terms(PaperText(label.id, label.title, "")).items()
                if (column := column_of.get(term)) is not None
            ]
            length = sqrt(sum(value * value for _, value in found))
            for column, value in found:
                rows, values = held.setdefault(column, ([], []))
                rows.append(row)
                values.append(value / length)
        return {
            column: (np.array(rows, dtype=np.int64), np.array(values, dtype=np.float32))
            for column, (rows, values) in held.items()
        }


def shipped_labels() -> tuple[HandLabel, ...]:
    """Every paper that the project's readers labelled, for training or for reporting.

    The files are the project's own and held to the label's rules by a test: they are taken as they
    stand, which is four times as fast as checking each row again.
    """
    return tuple(
        HandLabel.model_construct(
            id=row["id"],
            title=row["title"],
            relevant=row["relevant"],
            primary=row["primary"],
            others=tuple(row["others"]),
            topics=tuple(row["topics"]),
        )
        for path in (TRAIN_FILE, MORE_FILE, DEV_FILE)
        for _, row in read_json_lines(path)
    )
