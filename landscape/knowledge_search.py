"""Finds topics, cells, models, methods and concepts by words. Pure.

A few hundred short texts: they are folded once and looked through at every question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from landscape.knowledge import KINDS, KnowledgeIndex, knowledge_index
from landscape.knowledge_types import Place
from landscape.links import KnowledgeKind
from papers.text import title_key
from taxonomy.knowledge import EntryKind, KnowledgeEntry

_PART = re.compile(r"[^\W_]+")
# British and American spelling meet in one form that is neither.
_SPELLINGS = (("iz", "is"), ("yz", "ys"), ("our", "or"), ("ll", "l"))
_NO_HIT = 9


@dataclass(frozen=True)
class KnowledgeHits:
    """What was found, best first.

    Attributes:
        places: Topics and cells.
        entries: Models, methods and concepts by kind; every kind has a tuple.
        kinds: Kinds that have a hit, the one with the best hit first.
    """

    places: tuple[Place, ...]
    entries: Mapping[EntryKind, tuple[KnowledgeEntry, ...]]
    kinds: tuple[KnowledgeKind, ...]

    def count(self, kind: KnowledgeKind) -> int:
        """Hits of a kind."""
        return len(self.places) if kind == "topic" else len(self.entries[kind])

    @property
    def total(self) -> int:
        """Hits of all kinds."""
        return len(self.places) + sum(len(found) for found in self.entries.values())


NO_HITS = KnowledgeHits((), dict.fromkeys(KINDS, ()), ())


@dataclass(frozen=True)
class _Document:
    name: str
    others: tuple[str, ...]
    name_words: frozenset[str]
    other_words: frozenset[str]
    words: frozenset[str]

    def rank(self, asked: str, words: tuple[str, ...]) -> int:
        """0 for the very name, higher for weaker matches, `_NO_HIT` for none."""
        for rank, hit in enumerate((asked == self.name, asked in self.others, self.name.startswith(asked))):
            if hit:
                return rank
        known: frozenset[str] = frozenset()
        for rank, more in enumerate((self.name_words, self.other_words, self.words), start=3):
            known |= more
            if words and all(any(one.startswith(word) for one in known) for word in words):
                return rank
        return _NO_HIT


class KnowledgeSearch:
    """Everything of an index, folded for searching."""

    def __init__(self, index: KnowledgeIndex) -> None:
        """Fold names, other names, terms and summaries.

        Args:
            index: What is to be found.
        """
        self._places = [(place, _place_document(index, place)) for place in index.places.values()]
        self._entries = [(entry, _entry_document(index, entry)) for entry in index.entries.values()]

    def find(self, text: str) -> KnowledgeHits:
        """Find what a reader asks for.

        Args:
            text: Words as typed. Each must begin a word of the name, another name, the terms or
                the summary; case, accents, hyphens and British or American spelling do not matter.

        Returns:
            Hits by kind, names before other names before what is only spoken of; within one rank
            in the order of the index. No words find nothing.
        """
        asked = _folded(text)
        words = tuple(dict.fromkeys(_singular(_folded(piece)) for piece in text.split() if _folded(piece)))
        if not asked or not words:
            return NO_HITS
        best: dict[KnowledgeKind, int] = {}
        places: list[tuple[int, Place]] = []
        entries: dict[EntryKind, list[tuple[int, KnowledgeEntry]]] = {kind: [] for kind in KINDS}
        for place, document in self._places:
            rank = document.rank(asked, words)
            if rank < _NO_HIT:
                places.append((rank, place))
                best["topic"] = min(rank, best.get("topic", rank))
        for entry, document in self._entries:
            rank = document.rank(asked, words)
            if rank < _NO_HIT:
                entries[entry.kind].append((rank, entry))
                best[entry.kind] = min(rank, best.get(entry.kind, rank))
        return KnowledgeHits(
            places=tuple(place for _, place in sorted(places, key=lambda hit: hit[0])),
            entries={
                kind: tuple(entry for _, entry in sorted(found, key=lambda hit: hit[0]))
                for kind, found in entries.items()
            },
            kinds=tuple(sorted(best, key=lambda kind: best[kind])),
        )


def knowledge_search() -> KnowledgeSearch:
    """The search over everything that is known of the grid in force; folded once, then kept.

    Raises:
        TaxonomyError: A file is malformed or a reference leads nowhere.
    """
    return search_of(knowledge_index())


@lru_cache(maxsize=2)
def search_of(index: KnowledgeIndex) -> KnowledgeSearch:
    """The search over an index, kept."""
    return KnowledgeSearch(index)


def _place_document(index: KnowledgeIndex, place: Place) -> _Document:
    topic = index.taxonomy.topic_by_id.get(place.id)
    page = index.pages.get(place.id)
    more = [place.note, place.cell_label]
    if page:
        front = page.front
        more += [*front.terms, *front.methods, *front.datasets, *front.measures]
    return _document(place.label, topic.alt_labels if topic else (), more)


def _entry_document(index: KnowledgeIndex, entry: KnowledgeEntry) -> _Document:
    labels = [index.places[name].label for name in (*entry.topics, *entry.cells)]
    year = str(entry.year) if entry.year else ""
    more = [entry.summary, entry.group, entry.who, entry.domain, entry.size, year, *labels]
    return _document(entry.name, entry.also, more)


def _document(name: str, others: Iterable[str], more: Iterable[str]) -> _Document:
    others = tuple(others)
    return _Document(
        name=_folded(name),
        others=tuple(_folded(other) for other in others),
        name_words=_words(name),
        other_words=_words(" ".join(others)),
        words=_words(" ".join(more)),
    )


def _words(text: str) -> frozenset[str]:
    """Words and, of what is joined by hyphens, the parts too."""
    pieces = {_folded(piece) for piece in text.split()} | {_folded(part) for part in _PART.findall(text)}
    return frozenset(pieces - {""})


def _folded(text: str) -> str:
    folded = title_key(text) if _PART.search(text) else ""
    for spelling, common in _SPELLINGS:
        folded = folded.replace(spelling, common)
    return folded


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 4 else word
