"""Domains by name: how the slide writes them, words of theirs, public data sets; and languages."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from guidance.files import (
    FOLDER,
    Frozen,
    Reading,
    SourceIds,
    Web,
    check_sources,
    check_unique,
    checked,
    read_rows,
)
from taxonomy.loader import read_yaml
from taxonomy.models import Slug

FILE, LANGUAGES_FILE = "domains.yaml", "languages.yaml"
_WORD = re.compile(r"[^\W_]+")
_CACHE = 4096


class Dataset(Frozen):
    """A public data set: what it holds, how large, under which licence, where, and when that was read."""

    name: Annotated[str, Field(min_length=2, max_length=60)]
    holds: str
    size: str
    licence: str
    url: Web
    read: Reading | None = None


class Domain(Frozen):
    """A domain that the guidance knows by name.

    Attributes:
        id: Its id.
        label: As the slide writes it.
        words: Words by which people mean it.
        paper_words: Words and phrases by which papers speak of it.
        regulated: Whether law regulates what may be said or done in it.
        personal: Whether its texts are about people who can be named.
        datasets: Public data sets; the first three stand on the slide.
    """

    id: Slug
    label: Annotated[str, Field(min_length=3, max_length=30)]
    words: Annotated[tuple[str, ...], Field(min_length=1)]
    paper_words: Annotated[tuple[str, ...], Field(min_length=1)]
    regulated: bool
    personal: bool
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=3)]


class Languages(Frozen):
    """Languages with plenty of text, by ISO 639-1 code, and who counted."""

    source: SourceIds
    plenty: Annotated[frozenset[str], Field(min_length=5)]


@lru_cache(maxsize=1)
def load_domains() -> tuple[Domain, ...]:
    """Every domain that the guidance knows by name."""
    domains = read_rows(FILE, Domain)
    check_unique(FILE, [domain.id for domain in domains])
    return domains


@lru_cache(maxsize=1)
def load_languages() -> Languages:
    """Languages with plenty of text."""
    languages = checked(Languages, read_yaml(FOLDER / LANGUAGES_FILE), LANGUAGES_FILE)
    assert isinstance(languages, Languages)
    check_sources(LANGUAGES_FILE, "plenty", languages.source)
    return languages


def is_low_resource(languages: tuple[str, ...]) -> bool:
    """Whether any of the languages is outside those with plenty of text."""
    plenty = load_languages().plenty
    return any(tag.partition("-")[0].lower() not in plenty for tag in languages)


@lru_cache(maxsize=_CACHE)
def find_domain(text: str | None) -> Domain | None:
    """The domain that someone means.

    Args:
        text: In any words, or None.

    Returns:
        The domain most of whose names and words stand in the text; None where none does.
    """
    words = _words(text or "")
    if not words:
        return None
    best: tuple[int, Domain | None] = (0, None)
    for domain in load_domains():
        names = (domain.id, domain.label, *domain.words)
        # A name of two words that stands whole tells more than one word.
        hits = sum(
            len(_words(name)) for name in dict.fromkeys(n.lower() for n in names) if _within(name, words)
        )
        if hits > best[0]:
            best = (hits, domain)
    return best[1]


def domain_label(text: str | None) -> str | None:
    """How the slide writes a domain: its known label, else the reader's own words.

    Args:
        text: In any words, or None.

    Returns:
        "Medical" for "medical" or "medicine"; "Marine insurance" for "marine insurance".
    """
    if not text:
        return None
    domain = find_domain(text)
    lowered = text.casefold()
    if domain and lowered in {
        domain.id,
        domain.label.casefold(),
        *(word.casefold() for word in domain.words),
    }:
        return domain.label
    return text[:1].upper() + text[1:]


def domain_words(text: str | None) -> tuple[str, ...]:
    """Words and phrases by which papers of a domain are found.

    Those of the known domain; the reader's own words where it is not known, and beside the known ones
    where they say more than its name.
    """
    if not text:
        return ()
    domain = find_domain(text)
    if domain is None:
        return (" ".join(text.casefold().split()),)
    if domain_label(text) == domain.label:
        return domain.paper_words
    return tuple(dict.fromkeys([" ".join(text.casefold().split()), *domain.paper_words]))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _within(name: str, words: tuple[str, ...]) -> bool:
    wanted = _words(name)
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words) - len(wanted) + 1))
