"""Cells and topics by quarter of publication: counts, shares with intervals, gaps in sight."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Literal, get_args

from sqlmodel import Session

from foundation.clock import utc_now
from landscape.harvested import (
    Coverage,
    HarvestState,
    QuarterCoverage,
    in_all,
    span_of,
    take_harvested,
    together,
)
from landscape.placements import Placement, load_placements
from landscape.quarters import Quarter, quarter_of, quarters_between
from landscape.selection import known_place
from landscape.significance import wilson_interval
from landscape.types import EVERYTHING, LandscapeFilter
from taxonomy.models import Taxonomy

TrendKind = Literal["cell", "topic"]
SplitBy = Literal["none", "source", "venue"]
Step = Literal["quarter", "year"]
ALL = "all sources"
LEAST_GROUP_PAPERS = 50  # a venue with fewer papers on the chart is left out of a split


@dataclass(frozen=True)
class TrendPoint:
    """One place in one quarter, or in one year.

    Attributes:
        quarter: When the papers were published; of a year the last quarter that was counted.
        n_papers: Papers of the place.
        n_relevant: Papers on the chart, the whole of the share.
        share: n_papers over n_relevant; None where there is no paper.
        low: Lower bound of the share's 95 % interval (Wilson), or None.
        high: Upper bound, or None.
        harvested: Whether the quarter was harvested: whole, part or none. None is no zero.
        note: What is missing; "" where nothing is.
        step: How much time it stands for.
    """

    quarter: Quarter
    n_papers: int
    n_relevant: int
    share: float | None
    low: float | None
    high: float | None
    harvested: HarvestState
    note: str
    step: Step = "quarter"

    @property
    def label(self) -> str:
        """As shown: `2023 Q2`, or `2023`."""
        return self.quarter.label if self.step == "quarter" else str(self.quarter.year)


@dataclass(frozen=True)
class Trend:
    """One place through time, inside one group of papers.

    Attributes:
        id: Cell or topic id.
        label: As shown.
        kind: cell (by primary cell) or topic.
        group: Source or venue; `ALL` without a split.
        points: Quarter by quarter, none left out.
    """

    id: str
    label: str
    kind: TrendKind
    group: str
    points: tuple[TrendPoint, ...]

    @property
    def n_papers(self) -> int:
        """Papers in all quarters."""
        return sum(point.n_papers for point in self.points)


@dataclass(frozen=True)
class Trends:
    """Places through time.

    Attributes:
        taxonomy_version: Version of the grid.
        split_by: What the groups are.
        quarters: Every quarter, in order.
        trends: Place by place in reading order, inside it group by group, most papers first.
        n_undated: Papers on the chart that no quarter can be told for.
        filter: Which papers count.
    """

    taxonomy_version: str
    split_by: SplitBy
    quarters: tuple[Quarter, ...]
    trends: tuple[Trend, ...]
    n_undated: int
    filter: LandscapeFilter = EVERYTHING

    def of(self, place: str) -> tuple[Trend, ...]:
        """The trends of one cell or topic, one a group."""
        return tuple(trend for trend in self.trends if trend.id == place)


_Tally = dict[Quarter, tuple[int, Counter[str], Counter[str]]]


@dataclass(frozen=True)
class TrendGroup:
    """Papers of one source or venue, counted by quarter.

    Attributes:
        name: Source or venue; `ALL` for all together.
        tally: By quarter: relevant papers, primary cells, topics.
        harvested: By source that gave its papers, and by quarter.
    """

    name: str
    tally: Mapping[Quarter, tuple[int, Counter[str], Counter[str]]]
    harvested: Coverage

    def coverage(self, quarter: Quarter) -> QuarterCoverage:
        """What all of its sources hold of a quarter."""
        return together(self.harvested, quarter)


@dataclass(frozen=True)
class TrendBase:
    """Counts from which any trend of one filter is drawn; their size does not grow with the papers.

    Attributes:
        quarters: Every quarter, in order.
        groups: All together, by source, by venue; most papers first.
        n_undated: Papers on the chart that no quarter can be told for.
        filter: Which papers count.
    """

    quarters: tuple[Quarter, ...]
    groups: Mapping[SplitBy, tuple[TrendGroup, ...]]
    n_undated: int
    filter: LandscapeFilter = EVERYTHING


def trend_base(
    session: Session,
    taxonomy: Taxonomy,
    *,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    first: Quarter | None = None,
    last: Quarter | None = None,
    today: date | None = None,
    placements: Mapping[int, Placement] | None = None,
) -> TrendBase:
    """Read what trends are counted from, once for any number of them.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        filter: Which papers count.
        first: First quarter; the first with a paper when None.
        last: Last quarter; the last with a paper when None.
        today: The present day, UTC.
        placements: The papers under that filter, where they were read before.

    Returns:
        Counts, quarters and gaps.
    """
    found = load_placements(session, taxonomy, filter=filter) if placements is None else placements
    papers = found.values()
    span = span_of(papers)
    if span or (first and last):
        span = tuple(quarters_between(first or span[0], last or span[-1]))
    harvested = take_harvested(session, papers, span, today or utc_now().date())
    groups: dict[SplitBy, tuple[TrendGroup, ...]] = {
        split: _groups(papers, split, harvested) for split in get_args(SplitBy)
    }
    undated = sum(each.relevant and each.published is None for each in papers)
    return TrendBase(span, groups, undated, filter)


def take_trends(
    session: Session,
    taxonomy: Taxonomy,
    *,
    kind: TrendKind = "topic",
    places: Sequence[str] = (),
    split_by: SplitBy = "none",
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    first: Quarter | None = None,
    last: Quarter | None = None,
    today: date | None = None,
) -> Trends:
    """Count places by quarter of publication.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        kind: Cells or topics.
        places: Ids wanted; empty means all of that kind.
        split_by: All papers together, or apart by source or venue.
        filter: Which papers count.
        first: First quarter; the first with a paper when None.
        last: Last quarter; the last with a paper when None.
        today: The present day, UTC.

    Returns:
        The trends.

    Raises:
        RefusedInputError: There is no such cell or topic.
    """
    names = _named(taxonomy, kind, places)
    base = trend_base(session, taxonomy, filter=filter, first=first, last=last, today=today)
    return _trends(base, taxonomy, kind, names, split_by)


def trends_of(
    base: TrendBase,
    taxonomy: Taxonomy,
    *,
    kind: TrendKind = "topic",
    places: Sequence[str] = (),
    split_by: SplitBy = "none",
) -> Trends:
    """Count places of papers that were read before.

    Args:
        base: From `trend_base`.
        taxonomy: The grid in force.
        kind: Cells or topics.
        places: Ids wanted; empty means all of that kind.
        split_by: All papers together, or apart by source or venue.

    Returns:
        The trends.

    Raises:
        RefusedInputError: There is no such cell or topic.
    """
    return _trends(base, taxonomy, kind, _named(taxonomy, kind, places), split_by)


def by_year(trends: Iterable[Trend]) -> tuple[Trend, ...]:
    """The same trends year by year: venues come once a year, and quarters then say little.

    Args:
        trends: By quarter.

    Returns:
        Trends whose points stand for the quarters of a year that were counted; a year is whole only
        where every one of these is.
    """
    return tuple(
        replace(
            trend,
            points=tuple(
                _year(list(points)) for _, points in groupby(trend.points, key=lambda each: each.quarter.year)
            ),
        )
        for trend in trends
    )


def _year(points: Sequence[TrendPoint]) -> TrendPoint:
    n_papers, n_relevant = (
        sum(getattr(each, name) for each in points) for name in ("n_papers", "n_relevant")
    )
    coverage = in_all({each.quarter.label: QuarterCoverage(each.harvested, each.note) for each in points})
    return _point(points[-1].quarter, n_papers, n_relevant, coverage, "year")


def _trends(
    base: TrendBase,
    taxonomy: Taxonomy,
    kind: TrendKind,
    names: Sequence[tuple[str, str]],
    split_by: SplitBy,
) -> Trends:
    return Trends(
        taxonomy_version=taxonomy.version,
        split_by=split_by,
        quarters=base.quarters,
        trends=tuple(
            Trend(name, label, kind, group.name, _points(name, kind, group, base.quarters))
            for name, label in names
            for group in base.groups[split_by]
        ),
        n_undated=base.n_undated,
        filter=base.filter,
    )


def _named(taxonomy: Taxonomy, kind: TrendKind, places: Sequence[str]) -> list[tuple[str, str]]:
    if kind == "cell":
        wanted = [known_place(taxonomy, cell=place)[0] for place in places] or list(taxonomy.cells)
        return [(cell, taxonomy.cell_label(cell)) for cell in wanted if cell is not None]
    found = [known_place(taxonomy, topic=place)[1] for place in places] or list(taxonomy.topic_by_id)
    return [(topic, taxonomy.topic_by_id[topic].label) for topic in found if topic is not None]


def _groups(
    placements: Iterable[Placement], split_by: SplitBy, harvested: Coverage
) -> tuple[TrendGroup, ...]:
    counts: dict[str, _Tally] = defaultdict(dict)
    sources: dict[str, set[str]] = defaultdict(set)
    for each in placements:
        if not each.relevant or each.published is None:
            continue
        name = {"none": ALL, "source": each.source, "venue": each.venue or "no venue"}[split_by]
        quarter = quarter_of(each.published)
        total, cells, topics = counts[name].get(quarter) or (0, Counter(), Counter())
        cells[each.cells[0]] += 1
        topics.update(each.topics)
        counts[name][quarter] = total + 1, cells, topics
        sources[name].add(each.source)
    sizes = {name: sum(total for total, _, _ in tally.values()) for name, tally in counts.items()}
    kept = [name for name, size in sizes.items() if split_by != "venue" or size >= LEAST_GROUP_PAPERS]
    if split_by == "none" and not kept:
        return (TrendGroup(ALL, {}, {}),)
    return tuple(
        TrendGroup(
            name,
            counts[name],
            {source: harvested[source] for source in sorted(sources[name]) if source in harvested},
        )
        for name in sorted(kept, key=lambda name: (-sizes[name], name))
    )


def _points(
    name: str, kind: TrendKind, group: TrendGroup, quarters: Iterable[Quarter]
) -> tuple[TrendPoint, ...]:
    points = []
    for quarter in quarters:
        total, cells, topics = group.tally.get(quarter, (0, Counter(), Counter()))
        count = (cells if kind == "cell" else topics)[name]
        points.append(_point(quarter, count, total, group.coverage(quarter), "quarter"))
    return tuple(points)


def _point(
    quarter: Quarter, n_papers: int, n_relevant: int, coverage: QuarterCoverage, step: Step
) -> TrendPoint:
    low, high = wilson_interval(n_papers, n_relevant)
    return TrendPoint(
        quarter=quarter,
        n_papers=n_papers,
        n_relevant=n_relevant,
        share=n_papers / n_relevant if n_relevant else None,
        low=low if n_relevant else None,
        high=high if n_relevant else None,
        harvested=coverage.state,
        note=coverage.note,
        step=step,
    )
