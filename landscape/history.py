"""The whole landscape quarter by quarter: the frames of a film, a deck or a figure through time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from sqlmodel import Session

from foundation.clock import utc_now
from landscape.grid import newest_classifier
from landscape.harvested import QuarterCoverage, span_of, take_harvested, together
from landscape.placements import Placement, load_placements
from landscape.quarters import Quarter, quarter_of, quarters_between
from landscape.selection import UNSURE
from landscape.types import EVERYTHING, GridCell, LandscapeFilter, LandscapeSnapshot, TopicCount
from taxonomy.models import Taxonomy

Frames = Literal["cumulative", "quarterly"]


@dataclass(frozen=True)
class HistoryFrame:
    """One quarter.

    Attributes:
        quarter: Which.
        snapshot: The landscape: of all papers published by the quarter's end, or in the quarter alone.
        n_new: Papers on the chart published in the quarter.
        coverage: Whether the quarter was harvested; hatch what is not whole, never draw it as zero.
    """

    quarter: Quarter
    snapshot: LandscapeSnapshot
    n_new: int
    coverage: QuarterCoverage


@dataclass(frozen=True)
class History:
    """The landscape through time, by day of publication.

    Attributes:
        frames: Quarter by quarter, none left out.
        kind: cumulative: everything published so far; quarterly: each quarter alone.
        source: One source alone, or None for all.
        n_undated: Papers on the chart that stand in no frame, since no quarter can be told for them.
    """

    frames: tuple[HistoryFrame, ...]
    kind: Frames
    source: str | None
    n_undated: int


def take_history(
    session: Session,
    taxonomy: Taxonomy,
    *,
    kind: Frames = "cumulative",
    source: str | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    first: Quarter | None = None,
    last: Quarter | None = None,
    today: date | None = None,
) -> History:
    """Count the landscape at the end of every quarter.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        kind: Everything published so far, or each quarter alone.
        source: Papers of this source alone; None for all.
        filter: Which papers count.
        first: First quarter; the first with a paper when None.
        last: Last quarter; the last with a paper when None.
        today: The present day, UTC.

    Returns:
        One frame a quarter; none where no paper has a date.
    """
    found = load_placements(session, taxonomy, filter=filter)
    papers = {key: each for key, each in found.items() if source in (None, each.source)}
    span = span_of(papers.values())
    if span or (first and last):
        span = tuple(quarters_between(first or span[0], last or span[-1]))
    harvested = take_harvested(session, papers.values(), span, today or utc_now().date())
    by_quarter: dict[Quarter, list[Placement]] = {}
    for each in papers.values():
        if each.published is not None:
            by_quarter.setdefault(quarter_of(each.published), []).append(each)
    classifier = newest_classifier(session)
    standing = [each for quarter, group in by_quarter.items() if span and quarter < span[0] for each in group]
    frames = []
    for quarter in span:
        new = by_quarter.get(quarter, [])
        standing = [*standing, *new] if kind == "cumulative" else new
        frames.append(
            HistoryFrame(
                quarter,
                count_placements(taxonomy, standing, _end(quarter), classifier, filter),
                sum(each.relevant for each in new),
                together(harvested, quarter),
            )
        )
    undated = sum(each.relevant and each.published is None for each in papers.values())
    return History(tuple(frames), kind, source, undated)


def _end(quarter: Quarter) -> datetime:
    return datetime.combine(quarter.last_day, time.max.replace(microsecond=0), tzinfo=UTC)


def snapshot_of_version(session: Session, taxonomy: Taxonomy, at: datetime) -> LandscapeSnapshot:
    """The papers that the store held at a moment, placed as on any version of the grid.

    `take_snapshot` tells what was known at a moment, labels included. A later version had no labels then,
    so here every paper stands where it stands on that version now; only which papers count is of the moment.

    Args:
        session: Open session.
        taxonomy: The version.
        at: The moment, inclusive.

    Returns:
        The snapshot, without growth.
    """
    papers = [each for each in load_placements(session, taxonomy).values() if each.first_seen <= at]
    return count_placements(taxonomy, papers, at, newest_classifier(session), EVERYTHING)


def count_placements(
    taxonomy: Taxonomy,
    papers: Iterable[Placement],
    as_of: datetime,
    classifier: str | None,
    chosen: LandscapeFilter,
) -> LandscapeSnapshot:
    """Count papers that were read one by one.

    Args:
        taxonomy: The grid.
        papers: Those that count.
        as_of: The moment that the snapshot bears.
        classifier: Name and digest of the newest model run, or None.
        chosen: The filter that the papers passed.

    Returns:
        The snapshot, without growth.
    """
    counted = list(papers)
    relevant = sum(each.relevant for each in counted)
    labelled = sum(each.verdict is not None for each in counted)
    primary = Counter(each.cells[0] for each in counted if each.relevant)
    in_any = Counter(cell for each in counted for cell in dict.fromkeys(each.cells))
    topics = Counter(topic for each in counted for topic in each.topics)
    bare = Counter(
        each.cells[0]
        for each in counted
        if each.relevant and not any(topic.startswith(f"{each.cells[0]}/") for topic in each.topics)
    )
    by_year = Counter(each.year for each in counted)
    return LandscapeSnapshot(
        as_of=as_of,
        taxonomy_version=taxonomy.version,
        title=taxonomy.title,
        classifier=classifier,
        papers=len(counted),
        classified=labelled,
        relevant=relevant,
        unsure=sum(each.verdict == UNSURE for each in counted),
        not_relevant=labelled - relevant,
        by_source=tuple(
            sorted(Counter(each.source for each in counted).items(), key=lambda item: (-item[1], item[0]))
        ),
        by_year=tuple(sorted(by_year.items(), key=lambda item: (item[0] is None, item[0] or 0))),
        cells=tuple(
            _cell(taxonomy, cell, primary, in_any, bare, topics, relevant) for cell in taxonomy.cells
        ),
        filter=chosen,
    )


def _cell(
    taxonomy: Taxonomy,
    cell: str,
    primary: Mapping[str, int],
    in_any: Mapping[str, int],
    bare: Mapping[str, int],
    topics: Mapping[str, int],
    relevant: int,
) -> GridCell:
    pipeline, _, component = cell.partition("/")
    return GridCell(
        id=cell,
        pipeline=pipeline,
        component=component,
        n_papers=primary[cell],
        n_any=in_any[cell],
        n_without_topic=bare[cell],
        share=primary[cell] / relevant if relevant else 0.0,
        growth=None,
        topics=tuple(
            TopicCount(
                id=topic.id,
                label=topic.label,
                n_papers=topics[topic.id],
                share=topics[topic.id] / relevant if relevant else 0.0,
                growth=None,
            )
            for topic in taxonomy.topics_by_cell[cell]
        ),
    )
