"""Which quarters were harvested, source by source: an empty quarter is a gap before it is a zero."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Literal

from sqlmodel import Session

from harvester.schedule import load_schedule
from landscape.coverage import SHORT_SHARE, CategoryCoverage, CoverageLedger, VenueCoverage, take_coverage
from landscape.placements import ARXIV_SOURCES, Placement
from landscape.quarters import Quarter, quarter_of, quarters_between
from papers.merging import LIBRARY_SOURCE

HarvestState = Literal["whole", "part", "none"]
# Of the source's median quarter: seasons and growth move a quarter by less, a feed that broke off
# leaves a few per cent.
THIN_SHARE = 0.25


@dataclass(frozen=True)
class QuarterCoverage:
    """How much of a source's quarter the store holds.

    Attributes:
        state: whole, part or none, as far as anyone can tell.
        note: What is missing; "" where nothing is.
    """

    state: HarvestState
    note: str = ""


WHOLE = QuarterCoverage("whole")
Coverage = Mapping[str, Mapping[Quarter, QuarterCoverage]]


def take_harvested(
    session: Session, placements: Iterable[Placement], quarters: Iterable[Quarter], today: date
) -> dict[str, dict[Quarter, QuarterCoverage]]:
    """Judge every quarter of every source that gave papers.

    A source harvested by days is judged by the days proven complete, or, where it was imported, by how
    many papers a quarter has beside its median quarter. A source of volumes is judged by the venue-years
    that came out in the quarter and that the store lacks or holds in part.

    Args:
        session: Open session.
        placements: Every paper that counts.
        quarters: The quarters asked for.
        today: The present day: a quarter that is not over is never whole.

    Returns:
        By source and quarter.
    """
    wanted = list(quarters)
    ledger = take_coverage(session)
    counts: dict[str, Counter[Quarter]] = defaultdict(Counter)
    published: dict[tuple[str, int | None], set[Quarter]] = defaultdict(set)
    for each in placements:
        if each.published is not None:
            quarter = quarter_of(each.published)
            counts[each.source][quarter] += 1
            if each.venue is not None:
                published[each.venue, each.year].add(quarter)
    volumes = {row.source for row in ledger.venues if row.papers and row.source in counts}
    harvested: dict[str, dict[Quarter, QuarterCoverage]] = {}
    for source in sorted(set(counts) - {LIBRARY_SOURCE}):  # curated by hand: no harvest could be whole
        if source in volumes and source not in ARXIV_SOURCES:
            judged = _by_volume(source, ledger, published, wanted)
        else:
            days = [row for row in ledger.categories if row.source == source]
            judged = _by_day(days, wanted) if days else _by_size(counts[source], wanted)
        harvested[source] = {
            quarter: _not_over(judged.get(quarter, WHOLE), quarter, today) for quarter in wanted
        }
    return harvested


def together(harvested: Coverage, quarter: Quarter) -> QuarterCoverage:
    """What all sources together hold of a quarter: whole only where each of them is.

    Args:
        harvested: From `take_harvested`.
        quarter: Which.

    Returns:
        none where no source holds any of it, part where some lack something.
    """
    return in_all({source: by_quarter[quarter] for source, by_quarter in harvested.items()})


def in_all(states: Mapping[str, QuarterCoverage]) -> QuarterCoverage:
    """What several parts together hold: whole only where each of them is.

    Args:
        states: By source, or by quarter of a year.

    Returns:
        none where no part holds any of it, part where some lack something.
    """
    notes = "; ".join(f"{name}: {each.note}" for name, each in states.items() if each.note)
    if not states or all(each.state == "none" for each in states.values()):
        return QuarterCoverage("none", notes or "never harvested")
    return QuarterCoverage(
        "part" if any(each.state != "whole" for each in states.values()) else "whole", notes
    )


def _not_over(judged: QuarterCoverage, quarter: Quarter, today: date) -> QuarterCoverage:
    if judged.state != "whole" or today > quarter.last_day:
        return judged
    if today < quarter.first_day:
        return QuarterCoverage("none", "has not begun")
    return QuarterCoverage("part", "is not over")


def _by_day(rows: Iterable[CategoryCoverage], wanted: Iterable[Quarter]) -> dict[Quarter, QuarterCoverage]:
    """A quarter is whole where every category that is followed was complete on all its days."""
    judged: dict[Quarter, QuarterCoverage] = {}
    categories = list(rows)
    for quarter in wanted:
        length = (quarter.last_day - quarter.first_day).days + 1
        done = {row.category: _days_done(row, quarter) for row in categories}
        missing = {name: length - days for name, days in done.items() if days < length}
        if not any(done.values()):
            judged[quarter] = QuarterCoverage("none", "no day harvested")
        elif missing:
            told = ", ".join(f"{name} lacks {days} days" for name, days in sorted(missing.items()))
            judged[quarter] = QuarterCoverage("part", told)
    return judged


def _days_done(row: CategoryCoverage, quarter: Quarter) -> int:
    first, last = max(row.first, quarter.first_day), min(row.last, quarter.last_day)
    if first > last:
        return 0
    lacking = sum(
        max(0, (min(gap_last, last) - max(gap_first, first) + timedelta(days=1)).days)
        for gap_first, gap_last in row.gaps
    )
    return (last - first).days + 1 - lacking


def _by_size(counts: Counter[Quarter], wanted: Iterable[Quarter]) -> dict[Quarter, QuarterCoverage]:
    """An imported stream is thin where a quarter holds far fewer papers than its median quarter."""
    usual = median(counts.values())
    judged: dict[Quarter, QuarterCoverage] = {}
    for quarter in wanted:
        if not counts[quarter]:
            judged[quarter] = QuarterCoverage("none", "no paper")
        elif counts[quarter] < THIN_SHARE * usual:
            note = f"{counts[quarter]} papers where {usual:g} are usual"
            judged[quarter] = QuarterCoverage("part", note)
    return judged


def _by_volume(
    source: str,
    ledger: CoverageLedger,
    published: Mapping[tuple[str, int | None], set[Quarter]],
    wanted: Iterable[Quarter],
) -> dict[Quarter, QuarterCoverage]:
    """A quarter lacks the venue-years that came out in it and that the store does not hold."""
    seasons = load_schedule().venues
    held: Counter[Quarter] = Counter()
    lacking: dict[Quarter, list[str]] = defaultdict(list)
    for row in ledger.venues:
        if row.source != source or row.year is None:
            continue
        quarters = published.get((row.name, row.year)) or {
            quarter_of(date(row.year, month, 1)) for month in seasons[row.venue].months
        }
        for quarter in quarters:
            if row.papers == 0:
                lacking[quarter].append(f"{row.id} is missing")
            elif _is_short(row):
                lacking[quarter].append(f"{row.id} has {row.papers} of {row.expected} papers")
            held[quarter] += bool(row.papers)
    return {
        quarter: QuarterCoverage("part" if held[quarter] else "none", ", ".join(sorted(lacking[quarter])))
        for quarter in wanted
        if lacking[quarter]
    }


def _is_short(row: VenueCoverage) -> bool:
    return row.expected is not None and row.papers < SHORT_SHARE * row.expected


def span_of(placements: Iterable[Placement]) -> tuple[Quarter, ...]:
    """Every quarter from the first to the last in which a paper on the chart was published.

    Args:
        placements: Papers.

    Returns:
        Quarters in order; none where no paper has a date.
    """
    days = [each.published for each in placements if each.published is not None and each.relevant]
    if not days:
        return ()
    return tuple(quarters_between(quarter_of(min(days)), quarter_of(max(days))))
