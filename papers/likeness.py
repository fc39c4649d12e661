"""What a record says of its work, in the forms in which two records are compared: pure.

Likeness is cheap and deterministic: the share of words two titles have in common (Jaccard), the share of
the shorter abstract's word triples that stand in the longer one (containment, after Broder, "On the
resemblance and containment of documents", 1997), and the share of content words of two abstracts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zlib import crc32

from papers.draft import PaperDraft
from papers.merging import merge_ids
from papers.text import title_key

_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_STOP = frozenset(
    (
        "a", "an", "the", "of", "for", "and", "in", "on", "with", "to", "from", "by", "via", "using",
        "is", "are", "as", "at", "towards", "toward", "its", "their", "how", "what", "do", "does",
        "can", "we", "be", "or", "through", "this", "that", "these", "which", "our", "it", "not", "has",
        "have", "been", "paper",
    )
)  # fmt: skip
HEAD = re.compile(r"^\s*([^:?!]{2,120}?)\s*[:?!]")
HEAD_LETTERS: Final = 4  # shorter names are shared by many (GPT, CASE)
# What stands before a colon and names a kind of paper or an event, not the work.
_COMMON_HEAD = re.compile(
    r"(?:position|survey|(?:a )?review|overview|tutorial|workshop|perspective|opinion|demo|short paper"
    r"|(?:technical )?report|extended abstract|case study|proceedings|findings)(?: paper)?"
    r"|.*\b(?:at|task|track|challenge)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class MatchFacts:
    """What is known of a work for matching.

    Attributes:
        ids: Its ids, `scheme:value`.
        title: Title in plain text.
        authors: Display names in order of print; empty where the source names none.
        year: Year of publication or first version, or None.
        abstract: Abstract in plain text, or None.
    """

    ids: frozenset[str]
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    abstract: str | None = None

    @classmethod
    def of(cls, draft: PaperDraft) -> MatchFacts:
        """What a record says."""
        return cls(
            ids=frozenset(name.key for name in merge_ids(draft.external_ids)),
            title=draft.title,
            authors=tuple(author.name for author in draft.authors),
            year=draft.year,
            abstract=draft.abstract,
        )

    @cached_property
    def key(self) -> str:
        """The title's key."""
        return title_key(self.title)

    @cached_property
    def head(self) -> str:
        """Key of what stands before the title's first colon; "" where there is none that names a work."""
        found = HEAD.match(self.title)
        if found is None or _COMMON_HEAD.fullmatch(found[1]):
            return ""
        head = title_key(found[1])
        return head if len(head) >= HEAD_LETTERS else ""

    @cached_property
    def title_words(self) -> frozenset[str]:
        """Content words of the title."""
        return content_words(self.title)

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """Family name and initial of each author; both ends of a name count as family name.

        Sources disagree on which end is the family name (`Wei Zhang`, `Zhang Wei`), so a name is
        kept under its two ends, sorted: the last word and the first, the given one as initial.
        """
        return frozenset(filter(None, (name_of(author) for author in self.authors)))

    @cached_property
    def shingles(self) -> frozenset[int]:
        """Hashes of the abstract's word triples; empty where there is no abstract."""
        words = words_of(self.abstract) if self.abstract else []
        return frozenset(map(shingle, words, words[1:], words[2:]))

    @cached_property
    def abstract_words(self) -> frozenset[str]:
        """Content words of the abstract."""
        return content_words(self.abstract) if self.abstract else frozenset()


def shingle(one: str, two: str, three: str) -> int:
    """The hash of a word triple."""
    return crc32(f"{one} {two} {three}".encode())


def words_of(text: str) -> list[str]:
    """Words in order, case and accents folded."""
    if text.isascii():
        return _WORD.findall(text.lower())
    return _WORD.findall(_MARK.sub("", unicodedata.normalize("NFKD", text).casefold()))


def content_words(text: str) -> frozenset[str]:
    """Words that carry meaning, plural `s` taken off."""
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word
        for word in words_of(text)
        if word not in _STOP
    )


def name_of(author: str) -> tuple[str, str] | None:
    """Last word and first initial of a name; None where it has no word."""
    words = words_of(author)
    if not words:
        return None
    return (words[-1], words[0][0])


def jaccard(a: frozenset[object], b: frozenset[object]) -> float:
    """What two sets share, of what they hold together; 0 where both are empty."""
    return len(a & b) / len(a | b) if a or b else 0.0


def containment(a: frozenset[object], b: frozenset[object]) -> float:
    """What two sets share, of the smaller one; 0 where it is empty."""
    shorter = min(len(a), len(b))
    return len(a & b) / shorter if shorter else 0.0
