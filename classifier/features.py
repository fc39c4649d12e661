"""From a paper's text to a sparse vector: words and pairs of words, weighted by TF-IDF.

The title counts three times: measured by cross-validation, see docs/classification.md. The code
here is the whole of it, for training and for prediction alike, so that the two cannot drift.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from classifier.prediction import PaperText
from papers.text import ABSTRACT_LIMIT_CHARACTERS, TITLE_LIMIT_CHARACTERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TITLE_WEIGHT = 3
# A term must stand in so many papers; also keeps single sentences out of the vocabulary. Of 36,765 papers
# 250,895 terms stand in three and 147,903 in five: with the rarer ones the weights would pass 40 MB.
MIN_PAPERS, MIN_PAPERS_OF_MANY, MANY_PAPERS = 3, 5, 20_000

_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        form: Lower case, without accents.
        start: Where it stands in the text, in characters.
        end: Where it ends, exclusive.
    """

    form: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """Cut a text into words of at least two characters.

    Args:
        text: Any text.

    Returns:
        Words in order.
    """
    return [Word(_fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def _fold(word: str) -> str:
    lower = word.lower()
    if lower.isascii():
        return lower
    parts = unicodedata.normalize("NFKD", lower)
    return "".join(part for part in parts if not unicodedata.combining(part)) or lower


def terms(forms: list[str]) -> Iterable[str]:
    """Single words, then pairs of neighbours, of one stretch of text."""
    yield from forms
    for first, second in itertools.pairwise(forms):
        yield f"{first} {second}"


def count_terms(paper: PaperText) -> Counter[str]:
    """How often each term stands in a paper, the title counted `TITLE_WEIGHT` times.

    Title and abstract are cut at the limits that the store keeps too, so that a paper has the
    same vector before and after it was stored.
    """
    counts: Counter[str] = Counter()
    for term in terms([_fold(match) for match in _WORD.findall(paper.title[:TITLE_LIMIT_CHARACTERS])]):
        counts[term] += TITLE_WEIGHT
    counts.update(
        terms([_fold(match) for match in _WORD.findall(paper.abstract[:ABSTRACT_LIMIT_CHARACTERS])])
    )
    return counts


@dataclass(frozen=True)
class PaperVector:
    """A paper's vector: only the terms that it has.

    Attributes:
        columns: Positions in the vocabulary, rising, shape `(n_terms,)`.
        values: TF-IDF weights, shape `(n_terms,)`; the vector has length 1 unless it is empty.
    """

    columns: NDArray[np.int64]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Vocabulary:
    """The terms that a model knows.

    Attributes:
        terms: In alphabetical order; the position is the column.
        idf: Inverse document frequency of each, shape `(n_terms,)`:
            `ln((1 + papers) / (1 + papers with the term)) + 1`, the smoothed form of
            scikit-learn's TfidfTransformer.
    """

    terms: tuple[str, ...]
    idf: NDArray[np.float32]

    @cached_property
    def column_of(self) -> dict[str, int]:
        """Column of each term."""
        return {term: column for column, term in enumerate(self.terms)}

    def vector(self, paper: PaperText) -> PaperVector:
        """TF-IDF vector of a paper: `(1 + ln count) * idf`, scaled to length 1.

        Args:
            paper: Its text.

        Returns:
            The vector; empty where no term of the paper is known.
        """
        import numpy as np

        column_of = self.column_of
        found = sorted(
            (column, count)
            for term, count in count_terms(paper).items()
            if (column := column_of.get(term)) is not None
        )
        columns = np.array([column for column, _ in found], dtype=np.int64)
        counts = np.array([count for _, count in found], dtype=np.float64)
        values = (1.0 + np.log(counts)) * self.idf[columns]
        length = np.sqrt(np.sum(values * values))
        return PaperVector(columns, (values / length if length else values).astype(np.float32))


def least_papers(n_papers: int) -> int:
    """In how many of so many papers a term must stand to be known."""
    return MIN_PAPERS_OF_MANY if n_papers >= MANY_PAPERS else MIN_PAPERS


def learn_vocabulary(papers: Iterable[PaperText], min_papers: int = MIN_PAPERS) -> Vocabulary:
    """Learn terms and their weights from papers.

    Args:
        papers: Training papers, each once.
        min_papers: A term must stand in so many of them.

    Returns:
        The vocabulary, in alphabetical order.
    """
    import numpy as np

    frequency: Counter[str] = Counter()
    total = 0
    for paper in papers:
        total += 1
        frequency.update(count_terms(paper).keys())
    kept = sorted(term for term, count in frequency.items() if count >= min_papers)
    idf = np.array([np.log((1 + total) / (1 + frequency[term])) + 1.0 for term in kept], dtype=np.float32)
    return Vocabulary(tuple(kept), idf)
