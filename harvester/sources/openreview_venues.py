"""OpenReview's venues as data: group, API version, year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import ConfigurationError
from harvester.venues import VenueId

ApiVersion = Literal[1, 2]


class _Venue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: VenueId
    name: str
    group: str
    api: dict[int, ApiVersion]
    open: bool = False

    @property
    def yearly(self) -> bool:
        return "{year}" in self.group


class _Registry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    venues: tuple[_Venue, ...]


@dataclass(frozen=True)
class Group:
    """What one slice asks for.

    Attributes:
        venue_id: `iclr`.
        name: `ICLR`.
        group: `ICLR.cc/2025/Conference`: the `venueid` of its accepted papers.
        year: Its year; None for a journal whose one group holds all years.
        api: API version.
        known: Whether it is known to exist.
    """

    venue_id: str
    name: str
    group: str
    year: int | None
    api: ApiVersion
    known: bool


def names() -> tuple[str, ...]:
    """Ids of all venues."""
    return tuple(venue.id for venue in _load().venues)


def groups(venue_id: str, *, latest_year: int) -> tuple[Group, ...]:
    """What a venue id stands for.

    Args:
        venue_id: `iclr-2025`, or `iclr` for every year that is known.
        latest_year: The last year that may be asked for.

    Returns:
        Groups, oldest first; none where the venue is not on OpenReview.

    Raises:
        ConfigurationError: The venue is, but not in that year.
    """
    name, hyphen, year_text = venue_id.strip().lower().partition("-")
    venue = {each.id: each for each in _load().venues}.get(name)
    if venue is None:
        return ()
    if not hyphen:
        years = list(venue.api)
    elif re.fullmatch(r"[0-9]{4}", year_text) and (
        int(year_text) in venue.api or (venue.open and max(venue.api) < int(year_text) <= latest_year)
    ):
        years = [int(year_text)]
    else:
        raise ConfigurationError(
            f"there is no {venue_id!r} on OpenReview",
            hint=f"Known years of {name}: {', '.join(map(str, venue.api))}.",
        )
    return tuple(dict.fromkeys(_group(venue, year) for year in years))


def recent_groups(*, first_year: int, last_year: int) -> tuple[Group, ...]:
    """Every venue's groups of some years: those known, and those that may exist."""
    found: dict[Group, None] = {}
    for year in range(first_year, last_year + 1):
        for venue in _load().venues:
            if year in venue.api or (venue.open and year > max(venue.api)):
                found[_group(venue, year)] = None
    return tuple(found)


def group_of(venueid: str) -> Group | None:
    """The venue whose accepted papers bear a `venueid`; None where it is not known."""
    for venue in _load().venues:
        pattern = re.escape(venue.group).replace(re.escape("{year}"), r"([12]\d{3})")
        match = re.fullmatch(pattern, venueid)
        if match is not None:
            return _group(venue, int(match[1]) if match.groups() else max(venue.api))
    return None


def _group(venue: _Venue, year: int) -> Group:
    if not venue.yearly:
        return Group(venue.id, venue.name, venue.group, None, venue.api[max(venue.api)], known=True)
    return Group(
        venue.id,
        venue.name,
        venue.group.replace("{year}", str(year)),
        year,
        venue.api.get(year, 2),
        known=year in venue.api,
    )


@lru_cache(maxsize=1)
def _load() -> _Registry:
    text = files("harvester").joinpath("sources/openreview_venues.yaml").read_text(encoding="utf-8")
    try:
        return _Registry.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"openreview_venues.yaml is not valid: {error}") from error
