"""What a classifier says of a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["not-relevant", "labelled", "cell-no-topic", "unsure"]


@dataclass(frozen=True)
class PaperText:
    """The text that a classifier reads.

    Attributes:
        id: Whatever the caller wants to find the paper by.
        title: Title, plain text.
        abstract: Abstract, plain text; empty where there is none.
    """

    id: str
    title: str
    abstract: str


@dataclass(frozen=True)
class CellScore:
    """A cell with its calibrated score in [0, 1]."""

    cell: str
    score: float


@dataclass(frozen=True)
class TopicScore:
    """A topic with its calibrated score in [0, 1]."""

    topic: str
    score: float


@dataclass(frozen=True)
class Evidence:
    """A sentence of the paper that moved a score.

    Attributes:
        text: The sentence, word for word.
        cell: The cell it speaks for.
        weight: How far the log-odds of that cell's score fall when the sentence is left out.
        phrases: The words and pairs of words in it that spoke most for the cell, as written.
    """

    text: str
    cell: str
    weight: float
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one paper.

    Attributes:
        id: The id of the `PaperText`.
        verdict: Not relevant, labelled, cell without topic, or unsure.
        relevance: Calibrated probability that the paper is about pre-trained language models.
        cells: Best first; given for every relevant paper, unsure ones too. The first score is
            the probability that the cell is any right one.
        topics: Best first; may be empty.
        evidence: Strongest first.
    """

    id: str
    verdict: Verdict
    relevance: float
    cells: tuple[CellScore, ...] = ()
    topics: tuple[TopicScore, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def relevant(self) -> bool:
        """Whether the paper belongs on the chart at all."""
        return self.verdict != "not-relevant"


Progress = Callable[[int], None]


class Classifier(Protocol):
    """Anything that places papers on the grid."""

    name: str
    digest: str  # over weights and configuration: the same digest gives the same predictions
    taxonomy_version: str

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Place papers on the grid.

        Args:
            papers: Any number; order is kept.
            progress: Called with the number of papers done since the last call.

        Yields:
            One prediction a paper, in order.
        """
        ...
