"""What the store holds of what there is: by venue and year, by category and week, gaps in sight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlmodel import Session

from db.tables import HARVEST_CURSOR, HARVEST_RUN, PAPER, SOURCE_RECORD
from harvester import venues
from harvester.sources import openreview_venues
from harvester.venue_sizes import known_size

GapKind = Literal["never", "unfinished", "short", "days"]
# Withdrawn papers and late corrections move a count by less; more is missing.
SHORT_SHARE = 0.98
_DAYS_KEY = re.compile(r"(?P<category>\S+) (?P<first>\d{4}-\d\d-\d\d)\.\.(?P<last>\d{4}-\d\d-\d\d)")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class VenueCoverage:
    """One venue in one year, at the source that has its papers.

    Attributes:
        source: Name of the source.
        venue: Venue id, `acl`.
        name: Venue as shown, `ACL`.
        year: The year; None for a journal that the source has in one piece.
        volume: The source's name of it.
        state: State of its newest run; `never` without one.
        reason: Why, in the words of that run.
        last_complete: When a run last ended complete, or None.
        expected: Papers that it holds, or None where nobody said.
        expected_by: Who said so: the source in its answer, or the table of counted volumes.
        got: Records of this source in the store for the venue and year.
        papers: Papers in the store for the venue and year, from wherever.
        rejected: Records that the newest run could not read.
    """

    source: str
    venue: str
    name: str
    year: int | None
    volume: str
    state: str
    reason: str
    last_complete: datetime | None
    expected: int | None
    expected_by: Literal["source", "table"] | None
    got: int
    papers: int
    rejected: int

    @property
    def id(self) -> str:
        """`acl-2023`, as `harvest --venue` takes it."""
        return self.venue if self.year is None else f"{self.venue}-{self.year}"

    @property
    def gap(self) -> GapKind | None:
        """What is missing; None where nothing is, as far as anybody knows."""
        short = self.expected is not None and self.got < SHORT_SHARE * self.expected
        if self.last_complete is None and self.state != "never":
            return "unfinished"
        if self.last_complete is None and (self.expected is None or short):
            return "never"
        return "short" if short else None  # whole without a harvest: imported from its raw files


@dataclass(frozen=True)
class CategoryCoverage:
    """One category of a source that is harvested by days.

    Attributes:
        source: Name of the source.
        category: Such as cs.CL.
        first: First day that was ever asked for.
        last: Last day that was ever asked for.
        days: Days proven complete.
        gaps: Stretches of days between the two that never were, first and last day inclusive.
    """

    source: str
    category: str
    first: date
    last: date
    days: int
    gaps: tuple[tuple[date, date], ...]


@dataclass(frozen=True)
class CoverageGap:
    """Something that is missing.

    Attributes:
        source: Name of the source.
        what: Venue id, or category with first and last day.
        kind: never harvested, unfinished, short of what there is, or days never complete.
        detail: One line that says more.
        command: What closes it.
    """

    source: str
    what: str
    kind: GapKind
    detail: str
    command: str


@dataclass(frozen=True)
class CoverageLedger:
    """The whole ledger.

    Attributes:
        venues: By source, venue and year.
        categories: By source and category.
    """

    venues: tuple[VenueCoverage, ...]
    categories: tuple[CategoryCoverage, ...]

    @property
    def gaps(self) -> tuple[CoverageGap, ...]:
        """All that is missing: venues first, then days."""
        return (*map(_venue_gap, (row for row in self.venues if row.gap)), *_day_gaps(self.categories))


@dataclass(frozen=True)
class _Slice:
    state: str
    reason: str
    rejected: int
    last_complete: datetime | None
    expected: int | None


def take_coverage(session: Session) -> CoverageLedger:
    """Compare what the store holds with what is known to exist.

    Args:
        session: Open session.

    Returns:
        The ledger: every venue-year that is known, those of OpenReview only where it was asked,
        and every category that was ever harvested.
    """
    slices = _slices(session)
    by_source, by_any = _papers(session)
    rows = []
    for source, venue_id, name, year, volume in _editions(slices):
        known = slices.get((source, volume), _Slice("never", "", 0, None, None))
        counted = known_size(source, volume)
        expected = known.expected if known.expected is not None else counted
        rows.append(
            VenueCoverage(
                source=source,
                venue=venue_id,
                name=name,
                year=year,
                volume=volume,
                state=known.state,
                reason=known.reason,
                last_complete=known.last_complete,
                expected=expected,
                expected_by=None if expected is None else "table" if known.expected is None else "source",
                got=_sum(by_source, source, name, year),
                papers=_sum(by_any, "", name, year),
                rejected=known.rejected,
            )
        )
    return CoverageLedger(tuple(rows), tuple(_categories(session)))


def _editions(slices: dict[tuple[str, str], _Slice]) -> Iterator[tuple[str, str, str, int | None, str]]:
    """Source, venue id, name, year and volume of all that is known."""
    seen: set[tuple[str, str]] = set()
    for venue in venues.venues():
        for year in venue.years:
            volume = venue.volume_of(year)
            if (venue.source, volume) in seen:  # a journal that its source has in one piece
                continue
            seen.add((venue.source, volume))
            whole = "{year}" not in venue.volume and not venue.volumes
            yield venue.source, venue.id, venue.name, None if whole else year, volume
    for source, key in sorted(slices):
        group = openreview_venues.group_of(key) if source == "openreview" else None
        if group is not None and (source, key) not in seen:
            yield source, group.venue_id, group.name, group.year, key


def _slices(session: Session) -> dict[tuple[str, str], _Slice]:
    """What the runs of each slice came to."""
    run = HARVEST_RUN.c
    newest = select(func.max(run.id)).group_by(run.source, run.slice_key)
    complete = {
        (source, key): (at, expected)
        for source, key, at, expected in session.execute(
            select(run.source, run.slice_key, func.max(run.finished_at), func.max(run.expected))
            .where(run.state == "complete")
            .group_by(run.source, run.slice_key)
        )
    }
    found = {}
    for row in session.execute(
        select(run.source, run.slice_key, run.state, run.reason, run.rejected, run.expected).where(
            run.id.in_(newest)
        )
    ):
        key = (row.source, row.slice_key)
        at, expected = complete.get(key, (None, None))
        told = row.expected if row.expected is not None else expected
        found[key] = _Slice(row.state, row.reason, row.rejected, at, told)
    return found


Counts = dict[tuple[str, str, int | None], int]


def _papers(session: Session) -> tuple[Counts, Counts]:
    """Records by source, venue and year; papers by venue and year (source empty)."""
    record, paper = SOURCE_RECORD.c, PAPER.c
    by_source: Counts = {}
    for source, venue, year, count in session.execute(
        select(record.source, paper.venue, paper.year, func.count(record.source_id.distinct()))
        .join(SOURCE_RECORD, record.paper_id == paper.id)
        .where(record.deleted.is_(False), paper.venue.is_not(None))
        .group_by(record.source, paper.venue, paper.year)
    ):
        by_source[(source, venue, year)] = count
    by_any: Counts = {}
    for venue, year, count in session.execute(
        select(paper.venue, paper.year, func.count())
        .where(paper.venue.is_not(None))
        .group_by(paper.venue, paper.year)
    ):
        by_any[("", venue, year)] = count
    return by_source, by_any


def _sum(counts: Counts, source: str, venue: str, year: int | None) -> int:
    if year is not None:
        return counts.get((source, venue, year), 0)
    return sum(count for (each, name, _), count in counts.items() if (each, name) == (source, venue))


def _categories(session: Session) -> Iterator[CategoryCoverage]:
    cursor = HARVEST_CURSOR.c
    asked: dict[tuple[str, str], set[date]] = {}
    done: dict[tuple[str, str], set[date]] = {}
    for source, key, watermark in session.execute(
        select(cursor.source, cursor.slice_key, cursor.watermark).order_by(cursor.source, cursor.slice_key)
    ):
        match = _DAYS_KEY.fullmatch(key)
        # OAI-PMH asks by day of change: its days say nothing about when papers came.
        if match is None or source != "arxiv":
            continue
        days = _days(match["first"], match["last"])
        place = (source, match["category"])
        asked.setdefault(place, set()).update(days)
        if watermark is not None:
            done.setdefault(place, set()).update(days)
    for (source, category), days in sorted(asked.items()):
        if days:
            complete = done.get((source, category), set())
            first, last = min(days), max(days)
            gaps = tuple(_stretches(day for day in _range(first, last) if day not in complete))
            yield CategoryCoverage(source, category, first, last, len(complete), gaps)


def _days(first: str, last: str) -> set[date]:
    try:
        return set(_range(date.fromisoformat(first), date.fromisoformat(last)))
    except ValueError:
        return set()  # not a key that the source ever made


def _range(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY


def _stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Neighbouring days as first and last."""
    start: date | None = None
    before: date | None = None
    for day in days:
        if start is None or before is None:
            start = day
        elif day - before > _DAY:
            yield start, before
            start = day
        before = day
    if start is not None and before is not None:
        yield start, before


def _venue_gap(row: VenueCoverage) -> CoverageGap:
    kind = row.gap or "never"
    if kind == "never":
        detail = "never harvested" + (f"; {row.papers} papers came by other ways" if row.papers else "")
    elif kind == "unfinished":
        detail = f"never complete: {row.state}" + (f", {row.reason}" if row.reason else "")
    else:
        detail = f"{row.got} of {row.expected} papers"
    return CoverageGap(row.source, row.id, kind, detail, f"landscape harvest {row.source} --venue {row.id}")


def _day_gaps(categories: Iterable[CategoryCoverage]) -> Iterator[CoverageGap]:
    for row in categories:
        for first, last in row.gaps:
            days = (last - first).days + 1
            yield CoverageGap(
                row.source,
                f"{row.category} {first}..{last}",
                "days",
                f"{days} days never complete" if days > 1 else "1 day never complete",
                f"landscape harvest {row.source} --category {row.category} --from {first} --until {last}",
            )
