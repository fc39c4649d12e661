"""Which records are worth comparing: keys that two records of one work are likely to share. Pure.

A key depends on its record alone, never on what else is in the store, so that the order in which
records arrive cannot matter. One strong key in common is enough: the title's key, whole and behind its
first colon; its content words in order of the alphabet; what stands before its colon, or all of it; the
first author with the last and with the second. Of the abstract's sketch two must be in common: its
smallest word triples by hash (a bottom-k sketch), among triples that are not made of words which stand in
every other abstract ("of large language").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from papers.likeness import HEAD, MatchFacts, content_words, name_of, shingle, words_of
from papers.text import title_key

SKETCH_SHINGLES: Final = 12  # smallest word triples of an abstract that serve as keys
SKETCH_SHARED: Final = 2  # keys of the sketch that make a pair worth comparing
# Of 20,000 abstracts of recorded preprints, each shares a triple of its sketch with 373 others where every
# triple may serve, and with 12 where two words of the triple must be uncommon.
UNCOMMON_WORDS: Final = 2
TITLE_WORDS_SPECIFIC: Final = 3  # content words from which on a title alone is evidence
_SKETCH: Final = "s:"
GENERIC = frozenset(
    title_key(title)
    for title in (
        "Preface", "Foreword", "Introduction", "Editorial", "Front matter", "Frontmatter", "Index",
        "Obituary", "Book review", "Book reviews", "Abstract", "Conclusion", "Keynote", "Invited talk",
        "Message from the chairs", "Message from the program chairs", "Table of contents", "Errata",
        "Erratum", "Corrigendum", "Correction", "Retraction", "Author index", "Acknowledgements",
    )
)  # fmt: skip


def candidates(facts: MatchFacts) -> Iterator[str]:
    """The keys of a record.

    Args:
        facts: A record.

    Yields:
        Keys, each once, none empty.
    """
    yield from dict.fromkeys(_keys(facts))


def is_sketch(key: str) -> bool:
    """Whether a key is of the abstract's sketch, of which one in common proves nothing."""
    return key.startswith(_SKETCH)


def worth_comparing(a: Iterable[str], b: Iterable[str]) -> bool:
    """Whether two records' keys make them worth comparing.

    Args:
        a: Keys of one record.
        b: Keys of the other.

    Returns:
        Whether they share a strong key or enough of their sketches.
    """
    shared = set(a) & set(b)
    return sum(map(is_sketch, shared)) >= SKETCH_SHARED or not all(map(is_sketch, shared))


def _keys(facts: MatchFacts) -> Iterator[str]:
    if facts.key and facts.key not in GENERIC:
        yield f"t:{facts.key[:120]}"
    if len(facts.title_words) >= TITLE_WORDS_SPECIFIC:
        yield f"w:{' '.join(sorted(facts.title_words))[:120]}"
    if facts.head:
        yield f"h:{facts.head[:120]}"
    elif facts.key and facts.key not in GENERIC:
        yield f"h:{facts.key[:120]}"
    found = HEAD.match(facts.title)
    if found and len(content_words(facts.title[found.end() :])) >= TITLE_WORDS_SPECIFIC:
        yield f"t:{title_key(facts.title[found.end() :])[:120]}"
    names = [name for name in (name_of(author) for author in facts.authors) if name]
    if len(names) >= 2:
        yield f"a:{'|'.join(sorted(' '.join(name) for name in (names[0], names[-1])))}"
        yield f"a:{'|'.join(sorted(' '.join(name) for name in (names[0], names[1])))}"
    for number in _sketch(facts):
        yield f"{_SKETCH}{number:08x}"


def _sketch(facts: MatchFacts) -> list[int]:
    common = _common_words()
    words = words_of(facts.abstract) if facts.abstract else []
    rare = [word not in common for word in words]
    telling = {
        shingle(*words[at : at + 3])
        for at in range(len(words) - 2)
        if rare[at] + rare[at + 1] + rare[at + 2] >= UNCOMMON_WORDS
    }
    return sorted(telling)[:SKETCH_SHINGLES]


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """Words that stand in one of twenty abstracts or more."""
    return frozenset((files("papers") / "common_words.txt").read_text(encoding="ascii").split())
