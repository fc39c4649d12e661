"""Planning for sources whose papers lie in volumes: from venue ids to slices."""

from __future__ import annotations

from datetime import date

from harvester import venues
from harvester.source import HarvestRequest, HarvestSlice


def plan_volumes(
    source: str, request: HarvestRequest, today: date, *, default_years: int
) -> list[HarvestSlice]:
    """One slice a volume.

    Args:
        source: Name of the source.
        request: Venue ids (those of other sources are left out), or years by their first and last
            day, or nothing for the last years.
        today: The present day, UTC.
        default_years: How many years a plain harvest looks at, this one included.

    Returns:
        Slices, oldest year first; optional where a volume may not exist and nobody insists on it.

    Raises:
        ConfigurationError: A venue id is unknown.
    """
    if request.venues:
        chosen = [
            edition
            for venue_id in request.venues
            for edition in venues.editions(venue_id, latest_year=today.year + 1)
            if edition.venue.source == source
        ]
    else:
        first = today.year - default_years + 1 if request.from_date is None else request.from_date.year
        last = today.year if request.until_date is None else request.until_date.year
        chosen = list(venues.recent_editions(source, first_year=first, last_year=last))
    slices: dict[str, HarvestSlice] = {}
    for edition in chosen:
        optional = not edition.known and (request.probe or not request.venues)
        slices.setdefault(
            edition.volume, HarvestSlice(source, edition.volume, volume=edition.volume, optional=optional)
        )
    return list(slices.values())
