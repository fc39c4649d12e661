"""Which sentences of a paper spoke for its cell: exact, since the heads are linear."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.features import TITLE_WEIGHT, Vocabulary, words
from classifier.prediction import Evidence, PaperText
from papers.text import ABSTRACT_LIMIT_CHARACTERS, TITLE_LIMIT_CHARACTERS, sentences

if TYPE_CHECKING:
    from classifier.features import PaperVector
    from classifier.heads import LinearHeads

SENTENCES_AT_MOST = 3
WEIGHT_DIGITS = 4


def sentence_evidence(
    paper: PaperText, vector: PaperVector, vocabulary: Vocabulary, heads: LinearHeads, cell: int, cell_id: str
) -> tuple[Evidence, ...]:
    """The sentences that spoke most for a cell.

    A term's contribution to the log-odds that the cell is one of the paper's cells is its TF-IDF
    value times its weight. Where a term stands in several sentences, each gets its share, the
    title's occurrences counting `TITLE_WEIGHT` times as they do in the vector. A pair of words
    across two sentences belongs to the first.

    Args:
        paper: The paper.
        vector: Its TF-IDF vector.
        vocabulary: The model's terms.
        heads: The model's weights.
        cell: Position of the cell.
        cell_id: Its id.

    Returns:
        At most three sentences with a positive contribution, word for word, strongest first.
    """
    contributions = dict(
        zip(vector.columns.tolist(), heads.term_contributions(vector, cell).tolist(), strict=True)
    )
    title = paper.title[:TITLE_LIMIT_CHARACTERS]
    abstract = paper.abstract[:ABSTRACT_LIMIT_CHARACTERS]
    texts = [title.strip(), *sentences(abstract)]
    occurrences: list[tuple[int, int, int]] = []  # sentence, column, weight
    occurrences.extend((0, column, TITLE_WEIGHT) for column, _ in _known_terms(title, vocabulary))
    starts = _starts(abstract, texts[1:])
    for column, start in _known_terms(abstract, vocabulary):
        occurrences.append((bisect_right(starts, start), column, 1))
    total: dict[int, int] = {}
    for _, column, weight in occurrences:
        total[column] = total.get(column, 0) + weight
    sums = [0.0] * len(texts)
    for sentence, column, weight in occurrences:
        sums[sentence] += contributions[column] * weight / total[column]
    strongest = sorted(range(len(texts)), key=lambda place: (-sums[place], place))[:SENTENCES_AT_MOST]
    return tuple(
        Evidence(texts[place], cell_id, round(sums[place], WEIGHT_DIGITS))
        for place in strongest
        if texts[place] and round(sums[place], WEIGHT_DIGITS) > 0
    )


def _known_terms(text: str, vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Column and place in the text of every term that the model knows."""
    column_of = vocabulary.column_of
    found = words(text)
    for place, word in enumerate(found):
        column = column_of.get(word.form)
        if column is not None:
            yield column, word.start
        if place + 1 < len(found):
            column = column_of.get(f"{word.form} {found[place + 1].form}")
            if column is not None:
                yield column, word.start


def _starts(text: str, parts: list[str]) -> list[int]:
    """Where each sentence begins; sentences are substrings of the text, in order."""
    starts = []
    position = 0
    for part in parts:
        position = text.index(part, position)
        starts.append(position)
        position += len(part)
    return starts
