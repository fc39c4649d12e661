"""Places papers on a grid that nobody has labelled for: by descriptions, phrases and rules alone.

Every topic, row and column of a taxonomy file brings phrases and a scope note. A paper is matched
against them, and what it bears most of is its place. Nothing here was fitted on labels, so the scores
order places and say how clear the choice was; they are no measured probabilities. Where the evidence
is thin, or two cells have about as much of it, the verdict is `unsure`.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classifier.features import TITLE_WEIGHT
from classifier.placing import CELLS_AT_MOST, SCORE_DIGITS
from classifier.prediction import CellScore, Evidence, PaperText, Prediction, TopicScore
from papers.text import ABSTRACT_LIMIT_CHARACTERS, TITLE_LIMIT_CHARACTERS, sentences

if TYPE_CHECKING:
    from classifier.prediction import Progress
    from taxonomy.models import Taxonomy

NAME = "described"
FORMAT = 1  # counted up when the same file would give other predictions

# None of these was fitted: there are no labels to fit them on. They were set so that one phrase in a
# title, or two in an abstract, suffice, and one in passing does not.
RULE_WEIGHT = 4.0
WORD_WEIGHT = 0.8  # of a phrase of one word
PHRASE_WEIGHT = 1.2  # of a longer one: it says more
AXIS_WEIGHT = 0.5  # rows and columns are wide: their phrases help to choose, and never decide alone
DESCRIPTION_WEIGHT = 1.5  # of the likeness to the scope note, which lies in [0, 1]
SECOND_MENTION = 0.5  # what a phrase's further mentions add, once
TITLE_FACTOR = 2.0
TOPIC_AT_LEAST = 1.6  # evidence for a topic: below it the paper bears it not
TOPIC_SHARE = 0.45  # of the strongest topic's evidence: weaker ones are mentioned in passing
OTHER_CELL_SHARE = 0.6  # of the first cell's evidence
SURE_SHARE = 0.55  # of the evidence of the two strongest cells together
SURE_EVIDENCE = 1.2
DOUBT = 1.0  # added below the line of every share: little evidence gives low scores
HIGHEST_SCORE = 0.9  # unmeasured doubt is never small
RELEVANT_AT_LEAST = 0.5
LONGEST_PHRASE_WORDS = 6
_SENTENCES_AT_MOST = 3

_WORD = re.compile(r"\w+")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from how in into is it its no not of on or other such than that the "
        "their them these they this to use used using what where which with without",
    )
)


def fold_words(text: str) -> list[str]:
    """Words of a text, lower case, without accents, plurals as singulars."""
    lower = unicodedata.normalize("NFKD", text.lower())
    return [
        _singular("".join(c for c in word if not unicodedata.combining(c))) for word in _WORD.findall(lower)
    ]


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


Phrase = tuple[str, ...]


def _phrase(text: str) -> Phrase:
    return tuple(fold_words(text)[:LONGEST_PHRASE_WORDS])


@dataclass(frozen=True)
class _Found:
    """Which phrases stand in a paper: how often in the title, how often in the abstract."""

    title: Counter[Phrase]
    abstract: Counter[Phrase]

    def has(self, phrase: Phrase) -> bool:
        return phrase in self.title or phrase in self.abstract

    def weight(self, phrase: Phrase) -> float:
        """Evidence of one phrase: its weight, more in the title and a little more for a second mention."""
        base = WORD_WEIGHT if len(phrase) == 1 else PHRASE_WEIGHT
        mentions = self.title[phrase] + self.abstract[phrase]
        if not mentions:
            return 0.0
        factor = TITLE_FACTOR if phrase in self.title else 1.0
        return base * (factor + (SECOND_MENTION if mentions > 1 else 0.0))


@dataclass(frozen=True)
class _Described:
    """A topic as it can be recognised."""

    id: str
    cell: str
    phrases: tuple[Phrase, ...]
    rules: tuple[tuple[tuple[Phrase, ...], tuple[Phrase, ...]], ...]
    words: dict[str, float] = field(hash=False)


class DescribedClassifier:
    """Places papers by what a taxonomy file says of its topics.

    Attributes:
        name: Kind of classifier.
        digest: SHA-256 over the grid and the way of reading it.
        taxonomy_version: Of the grid.
    """

    def __init__(self, taxonomy: Taxonomy, topics: Iterable[str] | None = None) -> None:
        """Prepare a grid.

        Args:
            taxonomy: The grid.
            topics: Only these of its topics; None for all.
        """
        self.name = NAME
        self.taxonomy_version = taxonomy.version
        content = f"{NAME} {FORMAT}\n{taxonomy.model_dump_json(by_alias=True)}"
        self.digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        self._taxonomy = taxonomy
        wanted = set(taxonomy.topic_by_id if topics is None else topics)
        self._rarity = _rarities([topic.scope_note for topic in taxonomy.topics])
        self._topics = tuple(
            _Described(
                id=topic.id,
                cell=topic.cell,
                phrases=_phrases((topic.label, *topic.alt_labels, *topic.seed_phrases)),
                rules=tuple((_phrases(rule.all_of), _phrases(rule.none_of)) for rule in topic.rules),
                words=_unit(
                    {
                        word: self._rarity.get(word, 0.0)
                        for word in fold_words(f"{topic.label} {topic.scope_note}")
                        if word not in _STOP_WORDS
                    }
                ),
            )
            for topic in taxonomy.topics
            if topic.id in wanted
        )
        self._rows = {row.id: _phrases(row.phrases) for row in taxonomy.pipelines}
        self._columns = {column.id: _phrases(column.phrases) for column in taxonomy.components}
        subject = taxonomy.subject
        self._subject = _phrases(subject.phrases) if subject else None
        self._beside = _phrases(subject.together_with) if subject else ()
        self._off_subject = _phrases(subject.excludes) if subject else ()
        known: set[Phrase] = {*(self._subject or ()), *self._beside, *self._off_subject}
        for group in (*self._rows.values(), *self._columns.values()):
            known.update(group)
        for topic in self._topics:
            known.update(topic.phrases)
            known.update(phrase for rule in topic.rules for part in rule for phrase in part)
        self._known = frozenset(known)
        self._lengths = sorted({len(phrase) for phrase in known})

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Place papers on the grid, one by one.

        Args:
            papers: Any number; order is kept.
            progress: Called with the number of papers done since the last call.

        Yields:
            One prediction a paper, in order.
        """
        for paper in papers:
            yield self.predict_one(paper)
            if progress is not None:
                progress(1)

    def predict_one(self, paper: PaperText) -> Prediction:
        """Place one paper.

        Args:
            paper: Its text.

        Returns:
            Its place; scores are shares of evidence, not measured probabilities.
        """
        title = fold_words(paper.title[:TITLE_LIMIT_CHARACTERS])
        abstract = fold_words(paper.abstract[:ABSTRACT_LIMIT_CHARACTERS])
        found = _Found(self._standing(title), self._standing(abstract))
        topics = self.topic_evidence(title, abstract, found)
        relevance = self._relevance(found, topics)
        if relevance < RELEVANT_AT_LEAST:
            return Prediction(paper.id, "not-relevant", relevance)
        cells = self._cell_evidence(found, topics)
        ranked = sorted(cells, key=lambda cell: -cells[cell])  # stable: reading order among equals
        first, second = ranked[0], ranked[1] if len(ranked) > 1 else ranked[0]
        pair = cells[first] + (cells[second] if second != first else 0.0)
        share = cells[first] / (pair + DOUBT)
        clear = cells[first] >= SURE_EVIDENCE and cells[first] >= SURE_SHARE * pair
        least = max(OTHER_CELL_SHARE * cells[first], TOPIC_AT_LEAST)
        further = [cell for cell in ranked[1:] if cells[cell] >= least]
        chosen = [first, *further[: CELLS_AT_MOST - 1]]
        borne = self._borne(topics, chosen)
        verdict = "unsure" if not clear else "labelled" if borne else "cell-no-topic"
        return Prediction(
            id=paper.id,
            verdict=verdict,  # type: ignore[arg-type]  # one of the three just named
            relevance=relevance,
            cells=tuple(
                CellScore(cell, _score(share * cells[cell] / cells[first] if cells[first] else 0.0))
                for cell in chosen
            ),
            topics=tuple(
                TopicScore(topic, _score(topics[topic] / (topics[topic] + DOUBT))) for topic in borne
            ),
            evidence=self._evidence(paper, first),
        )

    def topic_evidence(
        self, title: list[str], abstract: list[str], found: _Found | None = None
    ) -> dict[str, float]:
        """How much speaks for each topic.

        Args:
            title: Folded words of the title.
            abstract: Folded words of the abstract.
            found: Phrases that stand there, where they are known already.

        Returns:
            Evidence by topic id, 0 or more.
        """
        found = found or _Found(self._standing(title), self._standing(abstract))
        words = Counter(abstract)
        for word in title:
            words[word] += TITLE_WEIGHT
        paper = _unit(
            {
                word: (1 + math.log(count)) * self._rarity[word]
                for word, count in words.items()
                if word in self._rarity
            }
        )
        evidence = {}
        for topic in self._topics:
            likeness = sum(weight * paper.get(word, 0.0) for word, weight in topic.words.items())
            said = sum(found.weight(phrase) for phrase in topic.phrases)
            ruled = any(
                all(found.has(phrase) for phrase in all_of)
                and not any(found.has(phrase) for phrase in none_of)
                for all_of, none_of in topic.rules
            )
            evidence[topic.id] = said + DESCRIPTION_WEIGHT * likeness + (RULE_WEIGHT if ruled else 0.0)
        return evidence

    def bears(self, evidence: dict[str, float], strongest: float | None = None) -> list[str]:
        """Topics that a paper bears, strongest first.

        Args:
            evidence: From `topic_evidence`.
            strongest: Evidence of the paper's strongest topic; the largest given when None.
        """
        best = max(evidence.values(), default=0.0) if strongest is None else strongest
        least = max(TOPIC_AT_LEAST, TOPIC_SHARE * best)
        return sorted((t for t in evidence if evidence[t] >= least), key=lambda t: -evidence[t])

    def _borne(self, topics: dict[str, float], cells: Sequence[str]) -> list[str]:
        return [topic for topic in self.bears(topics) if topic.rpartition("/")[0] in cells]

    def _standing(self, words: Sequence[str]) -> Counter[Phrase]:
        """Known phrases in a run of words."""
        found: Counter[Phrase] = Counter()
        for length in self._lengths:
            for start in range(len(words) - length + 1):
                phrase = tuple(words[start : start + length])
                if phrase in self._known:
                    found[phrase] += 1
        return found

    def _relevance(self, found: _Found, topics: dict[str, float]) -> float:
        """Whether the paper is on the subject at all: its phrases, else clear evidence for a topic."""
        if any(phrase in found.title for phrase in self._off_subject):
            return 0.05
        if self._beside and not any(map(found.has, self._beside)):
            return 0.1
        strongest = max(topics.values(), default=0.0)
        if self._subject is None:
            return _score(strongest / (strongest + TOPIC_AT_LEAST))
        if any(phrase in found.title for phrase in self._subject):
            return HIGHEST_SCORE
        mentions = sum(found.abstract[phrase] for phrase in self._subject)
        if mentions > 1:
            return 0.75
        # One mention in passing needs a topic beside it; none at all is off the subject.
        return 0.6 if mentions == 1 and strongest >= TOPIC_AT_LEAST else 0.3 if mentions else 0.1

    def _cell_evidence(self, found: _Found, topics: dict[str, float]) -> dict[str, float]:
        """What speaks for each cell: its strongest topic, a little of the others, row and column."""
        rows, columns = (
            {axis: AXIS_WEIGHT * sum(map(found.weight, phrases)) for axis, phrases in group.items()}
            for group in (self._rows, self._columns)
        )
        cells: dict[str, float] = {}
        for cell in self._taxonomy.cells:
            own = sorted(
                (topics.get(topic.id, 0.0) for topic in self._taxonomy.topics_by_cell[cell]), reverse=True
            )
            row, _, column = cell.partition("/")
            axes = rows[row] + columns[column]
            both = min(rows[row], columns[column])  # a cell without topics is known by row and column
            cells[cell] = (own[0] + 0.25 * sum(own[1:]) if own else both) + AXIS_WEIGHT * axes
        return cells

    def _evidence(self, paper: PaperText, cell: str) -> tuple[Evidence, ...]:
        """Sentences with phrases of the first cell, most phrases first."""
        row, _, column = cell.partition("/")
        phrases = {phrase for topic in self._topics if topic.cell == cell for phrase in topic.phrases}
        axes = {*self._rows[row], *self._columns[column]} - phrases
        scored = []
        for text in (paper.title.strip(), *sentences(paper.abstract[:ABSTRACT_LIMIT_CHARACTERS])):
            found = _Found(Counter(), self._standing(fold_words(text)))
            weight = sum(map(found.weight, phrases)) + AXIS_WEIGHT * sum(map(found.weight, axes))
            if weight > 0 and text:
                scored.append(Evidence(text, cell, round(weight, 4)))
        return tuple(sorted(scored, key=lambda piece: -piece.weight)[:_SENTENCES_AT_MOST])


def _phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(dict.fromkeys(phrase for text in texts if (phrase := _phrase(text))))


def _rarities(notes: Sequence[str]) -> dict[str, float]:
    """How telling each word of the scope notes is: rarer among them, more telling."""
    frequency = Counter(word for note in notes for word in set(fold_words(note)) - _STOP_WORDS)
    return {word: math.log((1 + len(notes)) / (1 + count)) + 0.1 for word, count in frequency.items()}


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {word: value / length for word, value in vector.items()} if length else {}


def _score(value: float) -> float:
    return round(min(value, HIGHEST_SCORE), SCORE_DIGITS)
