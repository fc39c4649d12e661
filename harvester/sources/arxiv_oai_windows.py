"""Which set, format and days of arXiv's OAI-PMH have to be asked for: pure arithmetic on what is done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl

from foundation.errors import ConfigurationError
from harvester.source import HarvestRequest

DEFAULT_CATEGORIES = ("cs.CL",)
DEFAULT_FORMAT = "arXiv"
FORMATS = ("arXiv", "arXivRaw")
OVERLAP_DAYS = 3  # records with a day's datestamp have been seen to come a day or two later
# arXiv's help, "OAI-PMH": earliestDatestamp; everything older shares it. Used where Identify is not served.
EARLIEST = date(2005, 9, 16)

# Archives of the group `physics`; every other archive is a group of its own name (ListSets).
_PHYSICS = frozenset(
    {
        *("astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin"),
        *("nucl-ex", "nucl-th", "physics", "quant-ph"),
    }
)
_CATEGORY = re.compile(r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.(?P<subject>[A-Za-z-]{2,10}))?")
_KEY = re.compile(r"(?P<set>\S+) (?P<format>\w+)(?: since \d{4}-\d\d-\d\d)?")


@dataclass(frozen=True)
class Window:
    """What one slice asks for.

    Attributes:
        key: Stable name of the slice.
        set: Set of the category.
        format: Metadata prefix.
        first: First datestamp; None for everything.
        until: Last datestamp; None for an open-ended window.
    """

    key: str
    set: str
    format: str
    first: date | None
    until: date | None


def plan_windows(request: HarvestRequest, done: Mapping[str, str], today: date) -> Iterator[Window]:
    """One window a category.

    Args:
        request: Categories, days of change, and perhaps a format.
        done: Watermark by slice key: the day from which the next run has to ask.
        today: The present day, UTC.

    Yields:
        Windows, open-ended unless a last day is asked for.

    Raises:
        ConfigurationError: A category or the query is none, or the days are in the wrong order.
    """
    prefix = _format(request.query)
    first, until = request.from_date, request.until_date
    if first is not None and first > (until or today):
        raise ConfigurationError("the first day is after the last", from_date=first, until_date=until)
    for category in request.categories or DEFAULT_CATEGORIES:
        name = set_of(category)
        key, start = f"{name} {prefix}", first
        if until is not None:
            key = f"{key} {first or EARLIEST}..{until}"
        elif first is not None:
            key = f"{key} since {first}"
        else:
            frontier = _frontier(key, done)
            start = None if frontier is None else frontier - timedelta(OVERLAP_DAYS)
        yield Window(key, name, prefix, start, until)


def set_of(category: str) -> str:
    """The set that holds a category: `cs.CL` is in `cs:cs:CL`, `hep-th` in `physics:hep-th`.

    Args:
        category: An archive or category of arXiv.

    Returns:
        The set's name.

    Raises:
        ConfigurationError: It is no category.
    """
    found = _CATEGORY.fullmatch(category)
    if found is None:
        raise ConfigurationError(
            f"{category!r} is no arXiv category", hint="Categories look like cs.CL or hep-th."
        )
    archive, subject = found["archive"], found["subject"]
    parts = ["physics", archive] if archive in _PHYSICS else [archive]
    if subject is not None:
        parts = [*(parts if len(parts) == 2 else [archive, archive]), subject]
    return ":".join(parts)


def _format(query: str | None) -> str:
    """The format asked for, in the protocol's own words."""
    if query is None:
        return DEFAULT_FORMAT
    arguments = dict(parse_qsl(query.strip(), keep_blank_values=True))
    prefix = arguments.pop("metadataPrefix", "")
    if arguments or prefix not in FORMATS:
        raise ConfigurationError(
            f"{query!r} is nothing that can be asked of OAI-PMH here",
            hint=f"Ask for metadataPrefix={FORMATS[1]}, or leave the query out.",
        )
    return prefix


def _frontier(key: str, done: Mapping[str, str]) -> date | None:
    """The latest day from which an open-ended window of the set and format was proven complete."""
    days = []
    for known, watermark in done.items():
        found = _KEY.fullmatch(known)
        if found is not None and f"{found['set']} {found['format']}" == key:
            try:
                days.append(date.fromisoformat(watermark))
            except ValueError:
                continue  # not a watermark that this source ever made
    return max(days, default=None)
