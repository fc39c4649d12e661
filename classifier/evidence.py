"""Which sentences of a paper carry its cell: each is left out in turn, and the score looked at again.

A sentence's weight is how far the log-odds of the cell's calibrated score fall when the sentence is
taken out of the abstract. It is exact for the linear heads: the vector of the shorter text is worked
out from the counts, so that one paper costs one small product of matrices instead of a prediction a
sentence. (Adding up each term's share, as was done before, names another sentence in one paper of
three: shortening a text raises every other term, and the runner-up's score moves too.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.features import TITLE_WEIGHT, Vocabulary, Word, terms, words
from classifier.heads import HeadScores
from classifier.placing import Calibrated, PlacingConfig, calibrate
from classifier.prediction import Evidence, PaperText
from papers.text import ABSTRACT_LIMIT_CHARACTERS, TITLE_LIMIT_CHARACTERS, sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.heads import LinearHeads

SENTENCES_AT_MOST = 3
PHRASES_AT_MOST = 3
WEIGHT_DIGITS = 4
_CERTAIN = 1e-9  # keeps log-odds finite

# They carry weight in the heads, and tell a reader nothing.
_FUNCTION_WORDS = frozenset(
    """
    a about after all also an and any are as at be been being between both but by can could do does each
    for from further had has have how however if in into is it its may more most no not of on one only or
    other our over own same several should show shows so some such than that the their them then there
    these they this those through to two under up us via was we well were what when where whether which
    while who whose will with without would
    """.split()  # noqa: SIM905 -- a page of words, not of quotes
)

# What is made of the linear heads' scores before they are calibrated; a model that adds another
# opinion to them adds it here, held as it is for the whole paper.
Mixed = Callable[[HeadScores], HeadScores]


def _unmixed(scores: HeadScores) -> HeadScores:
    return scores


@dataclass(frozen=True)
class _Sentence:
    """A sentence with its words; `words` of an abstract bear their place in the abstract."""

    text: str
    start: int
    words: tuple[Word, ...]

    @property
    def forms(self) -> list[str]:
        return [word.form for word in self.words]


def sentence_evidence(
    paper: PaperText,
    vocabulary: Vocabulary,
    heads: LinearHeads,
    placing: PlacingConfig,
    cell: int,
    mixed: Mixed = _unmixed,
) -> tuple[Evidence, ...]:
    """The sentences of the abstract whose absence would lower a cell's score most.

    The title is evidence only where there is no abstract: a reader sees it anyway, and it cannot be
    left out of a paper.

    Args:
        paper: The paper.
        vocabulary: The model's terms.
        heads: The model's weights.
        placing: What turns their scores into calibrated ones.
        cell: Position of the cell.
        mixed: What is made of the heads' scores before calibration, row by row: the whole paper first,
            then the paper without each of its sentences.

    Returns:
        At most three sentences, word for word, each with the phrases in it that spoke most for the
        cell; strongest first. Only sentences whose absence lowers the score.
    """
    import numpy as np

    title = words(paper.title[:TITLE_LIMIT_CHARACTERS])
    parts = _sentences(paper.abstract[:ABSTRACT_LIMIT_CHARACTERS])
    if not parts:
        text = paper.title[:TITLE_LIMIT_CHARACTERS]
        parts, title = [_Sentence(text.strip(), 0, tuple(title))], []
    columns, values = _left_out_vectors(title, parts, vocabulary)
    # einsum and no BLAS: the order of additions never changes.
    moved = np.einsum("st,th->sh", values, heads.weights[columns].astype(np.float64))
    scores = mixed(HeadScores.from_columns(moved + heads.bias, heads.n_cells))
    odds = _cell_log_odds(calibrate(scores, placing), cell)
    fall = odds[0] - odds[1:]
    strongest = sorted(range(len(parts)), key=lambda place: (-fall[place], place))[:SENTENCES_AT_MOST]
    spoke = dict(
        zip(columns.tolist(), heads.weights[columns, 1 + heads.n_cells + cell].tolist(), strict=True)
    )
    return tuple(
        Evidence(
            parts[place].text,
            placing.cells[cell],
            round(float(fall[place]), WEIGHT_DIGITS),
            _phrases(parts[place], vocabulary, spoke),
        )
        for place in strongest
        if parts[place].text and round(float(fall[place]), WEIGHT_DIGITS) > 0
    )


def _sentences(abstract: str) -> list[_Sentence]:
    texts = sentences(abstract)
    starts: list[int] = []
    position = 0
    for text in texts:
        # Sentences are substrings of the text, in order.
        position = abstract.index(text, position)
        starts.append(position)
        position += len(text)
    held: list[list[Word]] = [[] for _ in texts]
    for word in words(abstract):
        held[bisect_right(starts, word.start) - 1].append(word)
    return [
        _Sentence(text, start, tuple(found)) for text, start, found in zip(texts, starts, held, strict=True)
    ]


def _left_out_vectors(
    title: Sequence[Word], parts: Sequence[_Sentence], vocabulary: Vocabulary
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """TF-IDF vectors of the paper, and of the paper without each sentence.

    Returns:
        The columns that any of them uses, rising, shape `(n_columns,)`; and the vectors over these
        columns, the whole paper first, shape `(1 + n_sentences, n_columns)`. Each has length 1, or 0
        where nothing known is left.
    """
    import numpy as np

    column_of = vocabulary.column_of

    def known(forms: list[str]) -> Counter[int]:
        return Counter(column for term in terms(forms) if (column := column_of.get(term)) is not None)

    def pair(before: list[str], after: list[str]) -> int | None:
        return column_of.get(f"{before[-1]} {after[0]}") if before and after else None

    whole = known([word.form for part in parts for word in part.words])
    for column, count in known([word.form for word in title]).items():
        whole[column] += TITLE_WEIGHT * count
    changes: list[list[tuple[int, int]]] = [[]]
    # A sentence without a word does not part its neighbours.
    spoken = [part.forms for part in parts if part.words]
    place = 0
    for part in parts:
        change: Counter[int] = Counter()
        if part.words:
            forms = spoken[place]
            before = spoken[place - 1] if place else []
            after = spoken[place + 1] if place + 1 < len(spoken) else []
            change.subtract(known(forms))
            for gone in (pair(before, forms), pair(forms, after)):
                if gone is not None:
                    change[gone] -= 1
            joined = pair(before, after)
            if joined is not None:
                change[joined] += 1
            place += 1
        changes.append(list(change.items()))
    columns = sorted({*whole, *(column for change in changes for column, _ in change)})
    at = {column: number for number, column in enumerate(columns)}
    counts = np.zeros((len(changes), len(columns)))
    for column, count in whole.items():
        counts[:, at[column]] = count
    for row, change_of_row in enumerate(changes):
        for column, count in change_of_row:
            counts[row, at[column]] += count
    chosen = np.array(columns, dtype=np.int64)
    values = np.where(counts > 0, 1.0 + np.log(np.maximum(counts, 1.0)), 0.0) * vocabulary.idf[chosen]
    length = np.sqrt((values * values).sum(axis=1, keepdims=True))
    return chosen, values / np.where(length > 0, length, 1.0)


def _cell_log_odds(calibrated: Calibrated, cell: int) -> NDArray[np.float64]:
    """Log-odds of a cell's score as it would be shown: as the first cell's, or as a further one's."""
    import numpy as np

    shown = np.where(
        calibrated.first == cell,
        calibrated.first_score,
        np.minimum(calibrated.cells[:, cell], calibrated.first_score),
    )
    shown = np.clip(shown, _CERTAIN, 1 - _CERTAIN)
    odds: NDArray[np.float64] = np.log(shown) - np.log1p(-shown)
    return odds


def _phrases(sentence: _Sentence, vocabulary: Vocabulary, spoke: dict[int, float]) -> tuple[str, ...]:
    """Words and pairs of the sentence that spoke most for the cell, as written; none overlaps another.

    A pair counts with its two words, so that `fine-tuning` is named and not its halves.
    """
    column_of = vocabulary.column_of

    def weight(term: str) -> float:
        column = column_of.get(term)
        return 0.0 if column is None else spoke[column] * float(vocabulary.idf[column])

    spans: list[tuple[float, int, int]] = []
    found = sentence.words
    for place, word in enumerate(found):
        if word.form in _FUNCTION_WORDS:
            continue
        spans.append((weight(word.form), word.start, word.end))
        after = found[place + 1] if place + 1 < len(found) else None
        if after is not None and after.form not in _FUNCTION_WORDS:
            pair = weight(f"{word.form} {after.form}")
            if pair > 0:
                spans.append((pair + weight(word.form) + weight(after.form), word.start, after.end))
    chosen: list[tuple[int, int]] = []
    named: set[str] = set()
    for value, start, end in sorted(spans, key=lambda span: (-span[0], span[1], span[2])):
        if value <= 0 or len(chosen) == PHRASES_AT_MOST:
            break
        text = sentence.text[start - sentence.start : end - sentence.start]
        if text.lower() not in named and all(end <= other[0] or start >= other[1] for other in chosen):
            chosen.append((start, end))
            named.add(text.lower())
    return tuple(sentence.text[start - sentence.start : end - sentence.start] for start, end in chosen)
