"""What BibTeX, RIS and CSL-JSON share: kinds of publication, parts of names, citation keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from export.text_safety import safe_link, safe_text
from landscape.types import PaperRow

Kind = Literal["conference", "journal", "preprint"]

# Venues of the sources read here that are journals; every other one is a conference or workshop.
JOURNALS = frozenset({"tacl", "cl", "jmlr", "tmlr"})
PREPRINT_SERVERS = frozenset({"arxiv", "corr"})
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_KEY_PART = re.compile(r"[^a-z0-9]+")
# Articles and prepositions say nothing in a key.
_EMPTY_WORDS = frozenset(
    (
        "a",
        "an",
        "the",
        "on",
        "of",
        "in",
        "for",
        "to",
        "and",
        "with",
        "from",
        "by",
        "is",
        "are",
        "can",
        "do",
        "how",
    )
)
KEY_WORD_LIMIT = 24  # characters; keeps keys typable


@dataclass(frozen=True)
class PersonName:
    """A display name in parts; `family` alone for names of one word.

    Attributes:
        family: With its particles: `van der Sample`.
        given: Everything before the family name.
        suffix: `Jr.`, `III` and the like.
    """

    family: str
    given: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Reference:
    """A paper as reference managers want it, every text safe and on one line."""

    key: str
    kind: Kind
    title: str
    authors: tuple[str, ...]
    year: int | None
    month: int | None
    day: int | None
    venue: str
    doi: str
    arxiv: str
    url: str
    keywords: tuple[str, ...]


def split_name(name: str) -> PersonName:
    """Split a display name as BibTeX does (`First von Last`; Patashnik, BibTeXing, 1988, section 4).

    Args:
        name: `Given von Family`, or `Family, Given`, or one word.

    Returns:
        Its parts. Lower-case words before the last one begin the family name.
    """
    if "," in name:
        family, _, given = (part.strip() for part in name.partition(","))
        return PersonName(family, given)
    words = name.split()
    suffix = words.pop() if len(words) > 2 and words[-1].lower() in _SUFFIXES else ""
    if len(words) < 2:
        return PersonName(" ".join(words), "", suffix)
    first = next(
        (index for index, word in enumerate(words[:-1]) if index and word[0].islower()), len(words) - 1
    )
    return PersonName(" ".join(words[first:]), " ".join(words[:first]), suffix)


def references(papers: Iterable[PaperRow]) -> Iterator[Reference]:
    """Papers as references, each with a key of its own.

    Args:
        papers: In the order of the list.

    Yields:
        One reference a paper. Keys are ASCII and differ in more than case; where two would be
        the same, later ones bear a number, so that the same list gives the same keys.
    """
    taken: dict[str, int] = {}  # how often each base has been asked for: a list of one title stays linear
    for paper in papers:
        authors = tuple(name for name in map(safe_text, paper.authors) if name)
        title = safe_text(paper.title)
        base = _key(authors, paper.year, title)
        taken[base] = taken.get(base, 0) + 1
        # A base holds letters and digits alone, so no numbered key can meet another base.
        key = base if taken[base] == 1 else f"{base}-{taken[base]}"
        venue = safe_text(paper.venue or "")
        day = paper.published if paper.published and paper.published.year == paper.year else None
        yield Reference(
            key=key,
            kind=_kind(venue),
            title=title,
            authors=authors,
            year=paper.year,
            month=day.month if day else None,
            day=day.day if day else None,
            venue=venue,
            doi=safe_text(paper.ids.get("doi", "")),
            arxiv=safe_text(paper.ids.get("arxiv", "")),
            url=safe_link(paper.url) or "",
            keywords=tuple(map(safe_text, paper.topics or paper.cells[:1])),
        )


def _kind(venue: str) -> Kind:
    name = venue.lower()
    if not name or name in PREPRINT_SERVERS:
        return "preprint"
    return "journal" if name in JOURNALS else "conference"


def _key(authors: tuple[str, ...], year: int | None, title: str) -> str:
    family = _ascii(split_name(authors[0]).family) if authors else ""
    words = [word for word in map(_ascii, title.split()) if word and word not in _EMPTY_WORDS]
    return f"{family or 'anonymous'}{year or ''}{words[0] if words else ''}"


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _KEY_PART.sub("", folded)[:KEY_WORD_LIMIT]
