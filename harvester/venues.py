"""Venues as data: `acl-2023` to the source and volume in which its papers lie."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from foundation.errors import ConfigurationError
from foundation.settings import SourceName

VenueId = Annotated[str, StringConstraints(pattern=r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")]


class Licence(BaseModel):
    """A licence and the first year in which it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_year: int = Field(alias="from")
    text: str


class Venue(BaseModel):
    """One venue over the years.

    Attributes:
        id: Lower-case id, the part of `acl-2023` before the hyphen.
        name: Short name as shown.
        source: Which source has its papers.
        volume: Volume of a year, with `{year}` in it; empty where `volumes` says all.
        volumes: Volumes of years in which the pattern does not hold.
        years: Years that are known to exist.
        open: Whether later years may exist.
        licence: Key into the licences, or None where the venue states none for all its papers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: VenueId
    name: str
    source: SourceName
    volume: str = ""
    volumes: dict[int, str] = Field(default_factory=dict)
    years: tuple[int, ...]
    open: bool = False
    licence: str | None = None

    @model_validator(mode="after")
    def _every_year_has_a_volume(self) -> Venue:
        missing = [year for year in self.years if not self.volume_of(year)]
        if missing or (self.open and not self.volume):
            raise ValueError(f"venue {self.id}: no volume for {missing or 'later years'}")
        return self

    def volume_of(self, year: int) -> str:
        """The volume of a year as the source names it; empty where none can be told."""
        return self.volumes.get(year) or self.volume.replace("{year}", str(year))


class _Registry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    licences: dict[str, tuple[Licence, ...]]
    venues: tuple[Venue, ...]
    anthology_names: dict[str, str]


@dataclass(frozen=True)
class VenueEdition:
    """One venue in one year.

    Attributes:
        venue: The venue.
        year: The year.
        volume: The source's name of the volume.
        known: Whether it is known to exist; else it may.
    """

    venue: Venue
    year: int
    volume: str
    known: bool

    @property
    def id(self) -> str:
        """`acl-2023`."""
        return f"{self.venue.id}-{self.year}"


def venues(source: str | None = None) -> tuple[Venue, ...]:
    """All venues, or those of one source.

    Args:
        source: Name of a source, or None.
    """
    return tuple(venue for venue in _load().venues if source in (None, venue.source))


def editions(venue_id: str, *, latest_year: int) -> tuple[VenueEdition, ...]:
    """What a user's venue id stands for.

    Args:
        venue_id: `acl-2023`, or `acl` for every year that is known.
        latest_year: The last year that may be asked for.

    Returns:
        Editions, oldest first; one, unless the id has no year.

    Raises:
        ConfigurationError: No such venue, or no such year of it; the message lists what there is.
    """
    name, hyphen, year_text = venue_id.strip().lower().partition("-")
    known = {venue.id: venue for venue in _load().venues}
    venue = known.get(name)
    if venue is None:
        near = get_close_matches(name, known, n=1)
        raise ConfigurationError(
            f"there is no venue {venue_id!r}" + (f"; perhaps {near[0]!r} was meant" if near else ""),
            hint=f"Known venues: {', '.join(sorted(known))}, each with a year, such as acl-2023.",
        )
    if not hyphen:
        return tuple(VenueEdition(venue, year, venue.volume_of(year), known=True) for year in venue.years)
    year = int(year_text) if year_text.isascii() and year_text.isdecimal() and len(year_text) == 4 else 0
    is_known = year in venue.years
    if not is_known and not (venue.open and venue.years[-1] < year <= latest_year):
        raise ConfigurationError(
            f"there is no venue {venue_id!r}",
            hint=f"Known years of {name}: {', '.join(str(known_year) for known_year in venue.years)}.",
        )
    return (VenueEdition(venue, year, venue.volume_of(year), known=is_known),)


def recent_editions(source: str, *, first_year: int, last_year: int) -> tuple[VenueEdition, ...]:
    """What a plain harvest of a volume-driven source asks for.

    Args:
        source: Name of the source.
        first_year: First year.
        last_year: Last year.

    Returns:
        Editions by year, then in the order of the file: those known to exist, and those that may.
    """
    found = []
    for year in range(first_year, last_year + 1):
        for venue in venues(source):
            known = year in venue.years
            if known or (venue.open and year > venue.years[-1]):
                found.append(VenueEdition(venue, year, venue.volume_of(year), known=known))
    return tuple(found)


@lru_cache(maxsize=4096)
def edition_of(source: str, volume: str) -> VenueEdition | None:
    """The venue and year whose papers lie in a volume, or None where no row says."""
    for venue in venues(source):
        for year in venue.years:
            if venue.volume_of(year) == volume:
                return VenueEdition(venue, year, volume, known=True)
    return None


def licence_of(venue_id: str, year: int | None) -> str | None:
    """The licence that a venue states for all papers of a year, or None."""
    for venue in _load().venues:
        if venue.id == venue_id and venue.licence is not None and year is not None:
            for licence in _load().licences[venue.licence]:
                if year >= licence.first_year:
                    return licence.text
    return None


@lru_cache(maxsize=1)
def anthology_names() -> dict[str, str]:
    """Name as shown by Anthology venue tag."""
    own = {venue.id: venue.name for venue in venues("acl_anthology")}
    return {**_load().anthology_names, **own}


@lru_cache(maxsize=1)
def _load() -> _Registry:
    text = files("harvester").joinpath("venues.yaml").read_text(encoding="utf-8")
    try:
        registry = _Registry.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"harvester/venues.yaml is not valid: {error}") from error
    ids = [venue.id for venue in registry.venues]
    missing = {venue.licence for venue in registry.venues if venue.licence} - set(registry.licences)
    if len(set(ids)) != len(ids) or missing:
        raise ConfigurationError(f"harvester/venues.yaml: venues twice, or unknown licences {missing}")
    return registry
