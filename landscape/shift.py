"""The shift from task and method to model: how much of a venue's year is about language models.

The landscape of 2023 began with an observation: papers that used to be about a task or a method came
to be about a pre-trained language model. Here it is counted: of the papers of a venue and year that
were classified, the share that stands on the chart. Venue by venue alone: all of them together would tell
which venues were harvested in which year, not how the field moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session

from foundation.clock import utc_now
from landscape.coverage import VenueCoverage, take_coverage
from landscape.harvested import HarvestState, QuarterCoverage, in_all, take_harvested
from landscape.placements import Placement, load_placements
from landscape.quarters import Quarter
from landscape.significance import wilson_interval
from landscape.types import EVERYTHING, LandscapeFilter
from papers.merging import LIBRARY_SOURCE
from taxonomy.models import Taxonomy

LEAST_VENUE_PAPERS = 50  # classified, in all years together; below it the intervals say nothing
NO_EDITION = "no edition that year"


@dataclass(frozen=True)
class ShiftPoint:
    """One venue in one year.

    Attributes:
        year: Year of publication.
        n_classified: Papers that a verdict is known of, on the chart or off it.
        n_relevant: Of these, on the chart: about pre-trained language models.
        share: n_relevant over n_classified; None where nothing is classified.
        low: Lower bound of the share's 95 % interval (Wilson), or None.
        high: Upper bound, or None.
        harvested: Whether the venue's year was harvested: whole, part or none. None is no zero.
        note: What is missing; "" where nothing is.
    """

    year: int
    n_classified: int
    n_relevant: int
    share: float | None
    low: float | None
    high: float | None
    harvested: HarvestState
    note: str


@dataclass(frozen=True)
class VenueShift:
    """One venue through the years.

    Attributes:
        venue: Short name.
        points: Year by year, none left out.
    """

    venue: str
    points: tuple[ShiftPoint, ...]

    @property
    def n_classified(self) -> int:
        """Papers in all years."""
        return sum(point.n_classified for point in self.points)


@dataclass(frozen=True)
class Shift:
    """The shift, venue by venue.

    Attributes:
        years: From the first to the last with a classified paper.
        venues: Those with enough papers, most papers first.
        n_unclassified: Papers of these years that wait for a label.
    """

    years: tuple[int, ...]
    venues: tuple[VenueShift, ...]
    n_unclassified: int


def take_shift(
    session: Session,
    taxonomy: Taxonomy,
    *,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    today: date | None = None,
) -> Shift:
    """Count the share of papers on language models by venue and year.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        filter: Which papers count; a least confidence is left out, since it is asked of papers on the
            chart alone.
        today: The present day, UTC.

    Returns:
        The shift. Papers of the starter library alone are left out: they were chosen for being on the
        subject.
    """
    chosen = replace(filter, minimum_score=0.0)
    placements = load_placements(session, taxonomy, filter=chosen)
    return shift_of(session, placements.values(), today or utc_now().date())


def shift_of(session: Session, placements: Iterable[Placement], today: date) -> Shift:
    """The same of papers that were read before.

    Args:
        session: Open session, for what was harvested.
        placements: Papers; those of the starter library alone are left out.
        today: The present day, UTC.
    """
    papers = [each for each in placements if each.source != LIBRARY_SOURCE]
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    sources: dict[str, set[str]] = defaultdict(set)
    unclassified = 0
    for each in papers:
        if each.verdict is None or each.year is None:
            unclassified += 1
            continue
        tally = counts[each.venue or "no venue"][each.year]
        tally[0] += 1
        tally[1] += each.relevant
        sources[each.venue or "no venue"].add(each.source)
    known = {year for by_year in counts.values() for year in by_year}
    years = tuple(range(min(known), max(known) + 1)) if known else ()
    quarters = [Quarter(year, number) for year in years for number in (1, 2, 3, 4)]
    harvested = take_harvested(session, papers, quarters, today)
    ledger: dict[str, dict[int, list[VenueCoverage]]] = defaultdict(lambda: defaultdict(list))
    for row in take_coverage(session).venues:
        if row.year is not None:
            ledger[row.name][row.year].append(row)
    sizes = {name: sum(total for total, _ in by_year.values()) for name, by_year in counts.items()}
    shown = [name for name, size in sizes.items() if size >= LEAST_VENUE_PAPERS]
    venues = tuple(
        VenueShift(
            name,
            tuple(
                _point(
                    year, counts[name].get(year), _coverage(ledger.get(name), harvested, sources[name], year)
                )
                for year in years
            ),
        )
        for name in sorted(shown, key=lambda name: (-sizes[name], name))
    )
    return Shift(years, venues, unclassified)


def _coverage(
    editions: Mapping[int, Iterable[VenueCoverage]] | None,
    harvested: Mapping[str, Mapping[Quarter, QuarterCoverage]],
    sources: Iterable[str],
    year: int,
) -> QuarterCoverage:
    """What is held of a venue in a year: by its proceedings, or else by quarters of its sources."""
    if editions is None:
        return in_all(
            {
                f"{source} {quarter.label}": coverage
                for source in sorted(sources)
                for quarter, coverage in harvested.get(source, {}).items()
                if quarter.year == year
            }
        )
    states = {}
    for row in editions.get(year, ()):
        if row.papers == 0:
            states[row.id] = QuarterCoverage("none", "never harvested")
        elif row.gap in ("short", "unfinished"):
            told = f"{row.got} of {row.expected} papers" if row.expected else "harvest never ended"
            states[row.id] = QuarterCoverage("part", told)
        else:
            states[row.id] = QuarterCoverage("whole")
    return in_all(states) if states else QuarterCoverage("whole", NO_EDITION)


def _point(year: int, tally: list[int] | None, coverage: QuarterCoverage) -> ShiftPoint:
    total, relevant = tally or (0, 0)
    low, high = wilson_interval(relevant, total)
    # What is held was not harvested in vain: a year with papers is held in part at least.
    state: HarvestState = "part" if total and coverage.state == "none" else coverage.state
    return ShiftPoint(
        year=year,
        n_classified=total,
        n_relevant=relevant,
        share=relevant / total if total else None,
        low=low if total else None,
        high=high if total else None,
        harvested=state,
        note=coverage.note,
    )
