"""The address of what a reader sees: state to query string and back. Pure.

A link may have been typed by hand, cut, or made by an older version: whatever makes no sense is
ignored, and the rest still opens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlencode, urlsplit, urlunsplit

from landscape.types import EVERYTHING, LandscapeFilter

ColourBy = Literal["count", "share", "growth"]
SortBy = Literal["score", "date", "title", "citations"]
CompareBy = Literal["published", "known"]
KnowledgeKind = Literal["topic", "model", "method", "concept"]

_CELL = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
_TOPIC = re.compile(r"[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+")
_PAPER = re.compile(r"[a-z0-9]+:\S+")
_ENTRY = re.compile(r"(model|method|concept)/[a-z0-9-]+")
FIRST_YEAR, LAST_YEAR = 1900, 2200  # what papers.draft accepts as a year
LONGEST_VALUE = 300  # characters; keeps a hand-made link from becoming a long query
MOST_VALUES = 50  # venues or sources in one link
LAST_PAGE = 100_000


@dataclass(frozen=True)
class LandscapeState:
    """What a reader is looking at.

    Attributes:
        cell: Opened cell, or None.
        topic: Opened topic, or None.
        paper: Opened paper, `scheme:value`, or None.
        filter: Which papers count.
        colour_by: What shades the chips.
        sort: Order of the list.
        page: Page of the list, from 1.
        as_of: Day whose knowledge is shown, or None for now.
        compare: First and last day of what is compared, or None.
        compare_by: By day of publication, or by what the store knew on either day.
        tag: Only papers that bear it, in lists; empty for all.
        reading_list: Row id of the reading list whose papers are listed, or None.
        by_meaning: Whether lists hold what means the same as the filter's words, not what holds them.
    """

    cell: str | None = None
    topic: str | None = None
    paper: str | None = None
    filter: LandscapeFilter = EVERYTHING
    colour_by: ColourBy = "count"
    sort: SortBy = "score"
    page: int = 1
    as_of: date | None = None
    compare: tuple[date, date] | None = None
    compare_by: CompareBy = "published"
    tag: str = ""
    reading_list: int | None = None
    by_meaning: bool = False


def to_query(state: LandscapeState) -> str:
    """Write a state as a query string; what stands at its default is left out.

    Args:
        state: What a reader is looking at.

    Returns:
        The query string without `?`; empty for the default state.
    """
    chosen = state.filter
    pairs: list[tuple[str, object]] = [
        ("cell", state.cell),
        ("topic", state.topic),
        ("paper", state.paper),
        ("q", chosen.words or None),
        *(("venue", venue) for venue in chosen.venues),
        *(("source", source) for source in chosen.sources),
        ("from", chosen.year_from),
        ("until", chosen.year_until),
        ("score", chosen.minimum_score or None),
        ("colour", None if state.colour_by == "count" else state.colour_by),
        ("sort", None if state.sort == "score" else state.sort),
        ("page", None if state.page == 1 else state.page),
        ("as-of", state.as_of.isoformat() if state.as_of else None),
        ("compare", "..".join(day.isoformat() for day in state.compare) if state.compare else None),
        ("by", "known" if state.compare and state.compare_by == "known" else None),
        ("tag", state.tag or None),
        ("list", state.reading_list),
        ("meaning", 1 if state.by_meaning and chosen.words else None),
    ]
    return urlencode([(name, value) for name, value in pairs if value is not None], safe="/:")


def from_query(query: Mapping[str, str | Sequence[str]]) -> LandscapeState:
    """Read a state from a query; never raises.

    Args:
        query: Values by name; a name that stands more than once has a list (as
            `urllib.parse.parse_qs` gives it).

    Returns:
        The state; whatever is unknown, malformed or out of range is at its default.
    """
    return LandscapeState(
        cell=_matching(_last(query, "cell"), _CELL),
        topic=_matching(_last(query, "topic"), _TOPIC),
        paper=_matching(_last(query, "paper"), _PAPER),
        filter=LandscapeFilter(
            venues=_names(query, "venue"),
            sources=_names(query, "source"),
            year_from=_whole_number(_last(query, "from"), FIRST_YEAR, LAST_YEAR),
            year_until=_whole_number(_last(query, "until"), FIRST_YEAR, LAST_YEAR),
            minimum_score=_share(_last(query, "score")),
            words=_last(query, "q"),
        ),
        colour_by=_one_of(_last(query, "colour"), get_args(ColourBy), "count"),  # type: ignore[arg-type]
        sort=_one_of(_last(query, "sort"), get_args(SortBy), "score"),  # type: ignore[arg-type]
        page=_whole_number(_last(query, "page"), 1, LAST_PAGE) or 1,
        as_of=_day(_last(query, "as-of")),
        compare=_span(_last(query, "compare")),
        compare_by=_one_of(_last(query, "by"), get_args(CompareBy), "published"),  # type: ignore[arg-type]
        tag=_last(query, "tag"),
        reading_list=_whole_number(_last(query, "list"), 1, 10**9),
        by_meaning=_last(query, "meaning") == "1" and bool(_last(query, "q")),
    )


@dataclass(frozen=True)
class KnowledgeState:
    """What a reader is looking at on the Knowledge page.

    Attributes:
        kind: Of what is listed; None for the grid, or for hits of every kind.
        words: What is searched for; kept by what is opened from the hits, to lead back to them.
        page: Opened topic or cell, or None.
        entry: Opened model, method or concept, or None.
        paper: Opened paper, `scheme:value`, or None; page and entry say where it was opened from.
    """

    kind: KnowledgeKind | None = None
    words: str = ""
    page: str | None = None
    entry: str | None = None
    paper: str | None = None


def to_knowledge_query(state: KnowledgeState) -> str:
    """Write a state of the Knowledge page as a query string.

    Args:
        state: What a reader is looking at.

    Returns:
        The query string without `?`; empty for the default state.
    """
    pairs = (
        ("entry", state.entry),
        ("page", state.page),
        ("paper", state.paper),
        ("kind", state.kind),
        ("words", state.words),
    )
    return urlencode([(name, value) for name, value in pairs if value], safe="/:")


def from_knowledge_query(query: Mapping[str, str | Sequence[str]]) -> KnowledgeState:
    """Read a state of the Knowledge page from a query; never raises.

    Args:
        query: Values by name, as for `from_query`.

    Returns:
        The state; whatever is unknown or malformed is at its default, and of an entry and a page
        the entry is opened.
    """
    kind, place = _last(query, "kind"), _last(query, "page")
    entry = _matching(_last(query, "entry"), _ENTRY)
    return KnowledgeState(
        kind=kind if kind in get_args(KnowledgeKind) else None,  # type: ignore[arg-type]
        words=_last(query, "words"),
        page=None if entry else _matching(place, _TOPIC) or _matching(place, _CELL),
        entry=entry,
        paper=_matching(_last(query, "paper"), _PAPER),
    )


def permalink(base_url: str, state: LandscapeState) -> str:
    """The address at which anyone sees the same.

    Args:
        base_url: Address of the page; its own query and fragment are dropped.
        state: What a reader is looking at.

    Returns:
        An absolute URL where the base is one.
    """
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, to_query(state), ""))


def _values(query: Mapping[str, str | Sequence[str]], name: str) -> Iterable[str]:
    found = query.get(name, ())
    values = [found] if isinstance(found, str) else found
    for value in values if isinstance(values, Sequence) else ():
        text = value.strip() if isinstance(value, str) else ""
        if text and len(text) <= LONGEST_VALUE and text.isprintable():
            yield text


def _last(query: Mapping[str, str | Sequence[str]], name: str) -> str:
    return ([*_values(query, name)] or [""])[-1]


def _names(query: Mapping[str, str | Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_values(query, name)))[:MOST_VALUES]


def _matching(text: str, pattern: re.Pattern[str]) -> str | None:
    return text if pattern.fullmatch(text) else None


def _whole_number(text: str, least: int, most: int) -> int | None:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    number = int(text)
    return number if least <= number <= most else None


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) and 0.0 < number <= 1.0 else 0.0


def _one_of(text: str, known: tuple[str, ...], default: str) -> str:
    return text if text in known else default


def _span(text: str) -> tuple[date, date] | None:
    first, _, last = text.partition("..")
    days = _day(first), _day(last)
    return (days[0], days[1]) if days[0] and days[1] and days[0] < days[1] else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None
