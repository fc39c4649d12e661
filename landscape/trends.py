"""Cells and topics by quarter of publication: counts, shares with intervals, gaps in sight."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlmodel import Session

from foundation.clock import utc_now
from landscape.harvested import Coverage, HarvestState, span_of, take_harvested, together
from landscape.placements import Placement, load_placements
from landscape.quarters import Quarter, quarter_of, quarters_between
from landscape.selection import known_place
from landscape.significance import wilson_interval
from landscape.types import EVERYTHING, LandscapeFilter
from taxonomy.models import Taxonomy

TrendKind = Literal["cell", "topic"]
SplitBy = Literal["none", "source", "venue"]
ALL = "all sources"
LEAST_GROUP_PAPERS = 50  # a venue with fewer papers on the chart is left out of a split


@dataclass(frozen=True)
class TrendPoint:
    """One place in one quarter.

    Attributes:
        quarter: When the papers were published.
        n_papers: Papers of the place.
        n_relevant: Papers on the chart, the whole of the share.
        share: n_papers over n_relevant; None where there is no paper.
        low: Lower bound of the share's 95 % interval (Wilson), or None.
        high: Upper bound, or None.
        harvested: Whether the quarter was harvested: whole, part or none. None is no zero.
        note: What is missing; "" where nothing is.
    """

    quarter: Quarter
    n_papers: int
    n_relevant: int
    share: float | None
    low: float | None
    high: float | None
    harvested: HarvestState
    note: str


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
    placements = load_placements(session, taxonomy, filter=filter)
    span = span_of(placements.values())
    if span or (first and last):
        span = tuple(quarters_between(first or span[0], last or span[-1]))
    harvested = take_harvested(session, placements.values(), span, today or utc_now().date())
    groups = _groups(placements.values(), split_by)
    trends = [
        Trend(name, label, kind, group, _points(name, kind, papers, span, harvested, sources))
        for name, label in names
        for group, papers, sources in groups
    ]
    return Trends(
        taxonomy_version=taxonomy.version,
        split_by=split_by,
        quarters=span,
        trends=tuple(trends),
        n_undated=sum(each.relevant and each.published is None for each in placements.values()),
        filter=filter,
    )


def _named(taxonomy: Taxonomy, kind: TrendKind, places: Sequence[str]) -> list[tuple[str, str]]:
    if kind == "cell":
        wanted = [known_place(taxonomy, cell=place)[0] for place in places] or list(taxonomy.cells)
        return [(cell, taxonomy.cell_label(cell)) for cell in wanted if cell is not None]
    found = [known_place(taxonomy, topic=place)[1] for place in places] or list(taxonomy.topic_by_id)
    return [(topic, taxonomy.topic_by_id[topic].label) for topic in found if topic is not None]


_Tally = dict[Quarter, tuple[int, Counter[str], Counter[str]]]


def _groups(placements: Iterable[Placement], split_by: SplitBy) -> list[tuple[str, _Tally, frozenset[str]]]:
    """By group: relevant papers, primary cells and topics by quarter, and the sources they come from."""
    counts: dict[str, dict[Quarter, list[Placement]]] = defaultdict(lambda: defaultdict(list))
    sources: dict[str, set[str]] = defaultdict(set)
    for each in placements:
        if not each.relevant or each.published is None:
            continue
        group = {"none": ALL, "source": each.source, "venue": each.venue or "no venue"}[split_by]
        counts[group][quarter_of(each.published)].append(each)
        sources[group].add(each.source)
    sizes = {group: sum(map(len, quarters.values())) for group, quarters in counts.items()}
    kept = [group for group, size in sizes.items() if split_by == "none" or size >= LEAST_GROUP_PAPERS]
    return [
        (
            group,
            {
                quarter: (
                    len(papers),
                    Counter(each.cells[0] for each in papers),
                    Counter(topic for each in papers for topic in each.topics),
                )
                for quarter, papers in counts[group].items()
            },
            frozenset(sources[group]),
        )
        for group in sorted(kept, key=lambda group: (-sizes[group], group))
    ]


def _points(
    name: str,
    kind: TrendKind,
    tally: _Tally,
    span: Sequence[Quarter],
    harvested: Coverage,
    sources: frozenset[str],
) -> tuple[TrendPoint, ...]:
    own = {source: harvested[source] for source in sources if source in harvested}
    points = []
    for quarter in span:
        total, cells, topics = tally.get(quarter, (0, Counter(), Counter()))
        count = (cells if kind == "cell" else topics)[name]
        low, high = wilson_interval(count, total)
        coverage = together(own, quarter)
        points.append(
            TrendPoint(
                quarter=quarter,
                n_papers=count,
                n_relevant=total,
                share=count / total if total else None,
                low=low if total else None,
                high=high if total else None,
                harvested=coverage.state,
                note=coverage.note,
            )
        )
    return tuple(points)
