"""When to ask whom, as data: cadence and bad hours of the sources, months of the venues.

Everything here is arithmetic on UTC times; what ran and when is kept by the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundation.errors import ConfigurationError
from foundation.settings import SOURCE_NAMES, SourceName
from harvester.venues import VenueEdition, recent_editions, venues

OWN_FILE = "schedule.yaml"  # under LANDSCAPE_HOME
# Proceedings are corrected most in the first months: until then a year is asked for at every run.
SETTLING_DAYS = 90
Month = Annotated[int, Field(ge=1, le=12)]


class SourceCadence(BaseModel):
    """How often one source is asked.

    Attributes:
        every_hours: Hours between two runs.
        bad_hours: Stretches of the day, UTC, in which no run begins; one may cross midnight.
        jitter_minutes: A run begins up to so much later.
        recheck_days: Volumes that have settled are asked for again after so many days; None: never.
        why: What the numbers rest on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_hours: Annotated[int, Field(ge=1, le=24 * 366)]
    bad_hours: tuple[tuple[time, time], ...] = ()
    jitter_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 0
    recheck_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    why: str = ""

    @model_validator(mode="after")
    def _some_hour_is_good(self) -> SourceCadence:
        start = datetime(2000, 1, 1, tzinfo=UTC)
        if all(self._end_of_bad(start + timedelta(minutes=minute)) for minute in range(24 * 60)):
            raise ValueError("every minute of the day is a bad one")
        return self

    @property
    def period(self) -> timedelta:
        """Time between two runs."""
        return timedelta(hours=self.every_hours)

    def good_moment(self, moment: datetime) -> datetime:
        """The first moment from this one on that lies in no bad hour.

        Args:
            moment: Aware, UTC.
        """
        while (end := self._end_of_bad(moment)) is not None:
            moment = end
        return moment

    def next_run(self, after: datetime, jitter: float) -> datetime:
        """When to run next.

        Args:
            after: When the last run began.
            jitter: From 0 to 1: how much of the jitter this run gets.

        Returns:
            The moment, outside the bad hours, to the second.
        """
        late = timedelta(minutes=self.jitter_minutes) * jitter
        return self.good_moment((after + self.period + late).replace(microsecond=0))

    def missed(self, due: datetime, now: datetime) -> int:
        """How many runs should have begun between the one that was due and now, that one not counted."""
        return max(0, int((now - due) / self.period))

    def _end_of_bad(self, moment: datetime) -> datetime | None:
        clock = moment.time()
        for first, last in self.bad_hours:
            if first <= last and first <= clock < last:
                return datetime.combine(moment.date(), last, tzinfo=UTC)
            if first > last and clock >= first:
                return datetime.combine(moment.date() + timedelta(days=1), last, tzinfo=UTC)
            if first > last and clock < last:
                return datetime.combine(moment.date(), last, tzinfo=UTC)
        return None


class VenueSeason(BaseModel):
    """Months in which a venue's papers usually come out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    months: Annotated[tuple[Month, ...], Field(min_length=1)]

    def begins(self, year: int) -> date:
        """From when on a year is looked for."""
        return date(year, min(self.months), 1)

    def settles(self, year: int) -> date:
        """From when on a year that is complete need not be asked for at every run."""
        last = max(self.months)
        end = date(year + last // 12, last % 12 + 1, 1)
        return end + timedelta(days=SETTLING_DAYS)


class HarvestSchedule(BaseModel):
    """The whole schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: dict[SourceName, SourceCadence]
    venues: dict[str, VenueSeason]

    @model_validator(mode="after")
    def _nothing_is_left_out(self) -> HarvestSchedule:
        for what, named, known in (
            ("source", set(self.sources), set(SOURCE_NAMES)),
            ("venue", set(self.venues), {venue.id for venue in venues()}),
        ):
            if named != known:
                raise ValueError(f"{what}s differ from those that are known: {sorted(named ^ known)}")
        return self

    def cadence(self, source: str) -> SourceCadence:
        """How often a source is asked.

        Raises:
            KeyError: There is no such source.
        """
        return self.sources[source]  # type: ignore[index]

    def editions_due(
        self, source: str, today: date, last_complete: Mapping[str, date]
    ) -> tuple[VenueEdition, ...]:
        """Venue-years to ask for: begun, and not yet complete since they settled, or not for long.

        Args:
            source: A source whose papers lie in volumes.
            today: The present day, UTC.
            last_complete: Day of the last complete run that found papers, by volume.

        Returns:
            Editions of this year and the two before, oldest first.
        """
        recheck = self.cadence(source).recheck_days
        due = []
        for edition in recent_editions(source, first_year=today.year - 2, last_year=today.year):
            season = self.venues[edition.venue.id]
            done = last_complete.get(edition.volume)
            if today < season.begins(edition.year):
                continue
            old = recheck is not None and done is not None and (today - done).days >= recheck
            if done is None or old or done < season.settles(edition.year):
                due.append(edition)
        return tuple(due)


def read_schedule(text: str, name: str) -> HarvestSchedule:
    """Read a schedule.

    Args:
        text: YAML.
        name: Of the file, for messages.

    Returns:
        The checked schedule.

    Raises:
        ConfigurationError: It is not YAML, or not a schedule; the message names the field.
    """
    try:
        return HarvestSchedule.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name} is not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            f"{name} is not a schedule: {first['msg']}",
            hint="See the comments in harvester/schedule.yaml.",
            field=".".join(str(part) for part in first["loc"]),
        ) from error


def load_schedule(home: Path | None = None) -> HarvestSchedule:
    """The schedule in force.

    Args:
        home: LANDSCAPE_HOME, whose own `schedule.yaml` takes the place of the shipped one.

    Returns:
        The schedule.

    Raises:
        ConfigurationError: The own file cannot be read or is no schedule.
    """
    own = None if home is None else home / OWN_FILE
    if own is None or not own.is_file():
        return _shipped()
    try:
        return read_schedule(own.read_text(encoding="utf-8-sig"), str(own))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{own} cannot be read: {error}", hint="Mend or remove it.") from error


@lru_cache(maxsize=1)
def _shipped() -> HarvestSchedule:
    text = files("harvester").joinpath("schedule.yaml").read_text(encoding="utf-8")
    return read_schedule(text, "harvester/schedule.yaml")
