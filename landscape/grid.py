"""All counts of the landscape in one pass over the store.

A cell's `n_papers` counts papers whose primary cell it is, its `n_any` papers in any of whose
cells it is, a topic's `n_papers` papers that bear it; `share` is n over relevant papers. Growth is
papers published in the last 12 months over the 12 before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlmodel import Session

from db.labels import GROUP_RUN, current_labels
from db.tables import CLASSIFIER_RUN, LABEL_CELL, LABEL_TOPIC, PAPER
from foundation.clock import utc_now
from landscape.selection import UNSURE, passing, topic_in_force
from landscape.types import EVERYTHING, GridCell, LandscapeFilter, LandscapeSnapshot, TopicCount
from taxonomy.models import Taxonomy

GROWTH_LEAST_PAPERS = 5  # in either year; below it the ratio is noise


@dataclass
class _Tally:
    """Papers of one cell or topic: all, of the last 12 months, of the 12 before."""

    n_papers: int = 0
    n_last: int = 0
    n_before: int = 0

    def growth(self) -> float | None:
        """The last year over the one before; None if either is too small to say."""
        if min(self.n_last, self.n_before) < GROWTH_LEAST_PAPERS:
            return None
        return self.n_last / self.n_before


@dataclass
class _Counts:
    """What the one statement brings back, sorted by what it counts."""

    sources: Counter[str] = field(default_factory=Counter)
    years: Counter[int | None] = field(default_factory=Counter)
    labelled: int = 0
    unsure: int = 0
    primary: dict[str, _Tally] = field(default_factory=dict)
    without_topic: Counter[str] = field(default_factory=Counter)
    further: Counter[str] = field(default_factory=Counter)
    topics: dict[str, _Tally] = field(default_factory=dict)


def take_snapshot(
    session: Session,
    taxonomy: Taxonomy,
    *,
    as_of: datetime | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
) -> LandscapeSnapshot:
    """Count the whole landscape.

    Args:
        session: Open session.
        taxonomy: The grid in force; labels of older versions follow its redirects.
        as_of: Count what the store knew then (first seen, label time); None for now.
        filter: Which papers count.

    Returns:
        The snapshot; every cell of the grid is in it, row by row.
    """
    moment = as_of or utc_now()
    counts = _count(session, taxonomy, as_of, moment.date(), filter)
    # A relevant label always has a cell, any other has none (`db.labels` refuses both otherwise).
    relevant = sum(tally.n_papers for tally in counts.primary.values())
    return LandscapeSnapshot(
        as_of=moment,
        taxonomy_version=taxonomy.version,
        title=taxonomy.title,
        classifier=newest_classifier(session, as_of),
        papers=counts.sources.total(),
        classified=counts.labelled,
        relevant=relevant,
        unsure=counts.unsure,
        not_relevant=counts.labelled - relevant,
        by_source=tuple(sorted(counts.sources.items(), key=lambda item: (-item[1], item[0]))),
        by_year=tuple(sorted(counts.years.items(), key=lambda item: (item[0] is None, item[0] or 0))),
        cells=tuple(_cell(taxonomy, cell, counts, relevant) for cell in taxonomy.cells),
        filter=filter,
    )


def newest_classifier(session: Session, as_of: datetime | None = None) -> str | None:
    """Name and digest (12 hex digits) of the newest model run, or None.

    Args:
        session: Open session.
        as_of: Runs started later do not count; None for all.
    """
    statement = select(CLASSIFIER_RUN.c.name, CLASSIFIER_RUN.c.digest).where(
        CLASSIFIER_RUN.c.method == "model", CLASSIFIER_RUN.c.name != GROUP_RUN
    )
    if as_of is not None:
        statement = statement.where(CLASSIFIER_RUN.c.started_at <= as_of)
    row = session.execute(statement.order_by(CLASSIFIER_RUN.c.id.desc()).limit(1)).first()
    return None if row is None else f"{row.name} {row.digest[:12]}"


def _cell(taxonomy: Taxonomy, cell: str, counts: _Counts, relevant: int) -> GridCell:
    pipeline, _, component = cell.partition("/")
    tally = counts.primary.get(cell, _Tally())
    return GridCell(
        id=cell,
        pipeline=pipeline,
        component=component,
        n_papers=tally.n_papers,
        n_any=tally.n_papers + counts.further[cell],
        n_without_topic=counts.without_topic[cell],
        share=_share(tally.n_papers, relevant),
        growth=tally.growth(),
        topics=tuple(
            TopicCount(
                id=topic.id,
                label=topic.label,
                n_papers=(bearers := counts.topics.get(topic.id, _Tally())).n_papers,
                share=_share(bearers.n_papers, relevant),
                growth=bearers.growth(),
            )
            for topic in taxonomy.topics_by_cell[cell]
        ),
    )


def _share(count: int, relevant: int) -> float:
    return count / relevant if relevant else 0.0


def year_earlier(day: date) -> date:
    """The same day a year before, where the growth year begins."""
    # 29 February has no counterpart: the year before ends on the 28th.
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _count(
    session: Session, taxonomy: Taxonomy, as_of: datetime | None, today: date, chosen: LandscapeFilter
) -> _Counts:
    conditions = passing(session, taxonomy, as_of=as_of, chosen=chosen)
    labelled = _labelled(session, taxonomy, as_of, today, conditions)
    counts = _Counts()
    for kind, name, year, n_papers, unsure, with_topic, n_last, n_before in session.execute(
        _statement(labelled, conditions, taxonomy)
    ):
        if kind == "source":
            counts.sources[name] = n_papers
        elif kind == "year":
            counts.years[year] = n_papers
        elif kind == "label":
            counts.labelled += n_papers
            counts.unsure += unsure
            if name is not None:
                counts.primary[name] = _Tally(n_papers, n_last, n_before)
                counts.without_topic[name] = n_papers - with_topic
        elif kind == "further-cell":
            counts.further[name] = n_papers
        else:
            counts.topics[name] = _Tally(n_papers, n_last, n_before)
    return counts


def _labelled(
    session: Session,
    taxonomy: Taxonomy,
    as_of: datetime | None,
    today: date,
    conditions: Sequence[ColumnElement[bool]],
) -> CTE:
    """Current labels of the papers that count, marked with the growth year of the paper (1 or 0)."""
    last_from = year_earlier(today)
    before_from = year_earlier(last_from)
    incomparable = _sources_of_one_year(session, as_of, today, last_from, before_from)
    label = current_labels(as_of=as_of, taxonomy_version=taxonomy.version).subquery("current_label")

    def published(after: date, until: date) -> ColumnElement[int]:
        papers = select(PAPER.c.id).where(PAPER.c.published > after, PAPER.c.published <= until)
        if incomparable:
            papers = papers.where(PAPER.c.source.not_in(incomparable))
        return case((label.c.paper_id.in_(papers), 1), else_=0)

    statement = (
        select(
            label.c.assignment_id,
            case((label.c.verdict == UNSURE, 1), else_=0).label("unsure"),
            LABEL_CELL.c.cell,
            published(last_from, today).label("in_last"),
            published(before_from, last_from).label("in_before"),
        )
        .select_from(label)
        .outerjoin(
            LABEL_CELL,
            and_(LABEL_CELL.c.assignment_id == label.c.assignment_id, LABEL_CELL.c.position == 0),
        )
    )
    if conditions:
        statement = statement.where(label.c.paper_id.in_(select(PAPER.c.id).where(*conditions)))
    return statement.cte("labelled")


def _sources_of_one_year(
    session: Session, as_of: datetime | None, today: date, last_from: date, before_from: date
) -> list[str]:
    """Sources that were not harvested in both growth years.

    A source with papers of the last year alone (its first harvest reached back no further) would
    pass for growth. So a source is compared only where at least `GROWTH_LEAST_PAPERS` of its
    papers fall in each of the two years.
    """
    known = () if as_of is None else (PAPER.c.first_seen <= as_of,)

    def papers(after: date, until: date) -> ColumnElement[int]:
        # Both halves are read from an index: rows of papers are wide.
        inside = select(PAPER.c.id).where(PAPER.c.published > after, PAPER.c.published <= until, *known)
        return _how_many(PAPER.c.id.in_(inside))

    statement = select(PAPER.c.source, papers(last_from, today), papers(before_from, last_from)).group_by(
        PAPER.c.source
    )
    return [
        source
        for source, n_last, n_before in session.execute(statement)
        if min(n_last, n_before) < GROWTH_LEAST_PAPERS
    ]


def _statement(
    labelled: CTE, conditions: Sequence[ColumnElement[bool]], taxonomy: Taxonomy
) -> CompoundSelect[Any]:
    """Every count in one statement, so that labels are sought only once.

    Outer joins from the labels keep SQLite from indexing the whole CTE for every part.
    """
    own = labelled.c
    topic = topic_in_force(LABEL_TOPIC.c.topic, taxonomy)
    cell_of_topic = own.cell + "/"
    bears_one_of_its_cell = exists().where(
        LABEL_TOPIC.c.assignment_id == own.assignment_id,
        func.substr(topic, 1, func.length(cell_of_topic)) == cell_of_topic,
    )
    bearers = (
        select(own.assignment_id, topic.label("topic"), own.in_last, own.in_before)
        .select_from(labelled.outerjoin(LABEL_TOPIC, LABEL_TOPIC.c.assignment_id == own.assignment_id))
        .where(own.cell.is_not(None))
    )
    if taxonomy.redirects:  # a label may bear an old id beside its successor
        bearers = bearers.distinct()
    bearer = bearers.subquery("bearer")
    further = and_(LABEL_CELL.c.assignment_id == own.assignment_id, LABEL_CELL.c.position > 0)
    return union_all(
        _part("source", name=PAPER.c.source).where(*conditions).group_by(PAPER.c.source),
        _part("year", year=PAPER.c.year).where(*conditions).group_by(PAPER.c.year),
        _part(
            "label",
            name=own.cell,
            unsure=func.sum(own.unsure),
            with_topic=_how_many(bears_one_of_its_cell),
            n_last=func.sum(own.in_last),
            n_before=func.sum(own.in_before),
        ).group_by(own.cell),
        _part("further-cell", name=LABEL_CELL.c.cell)
        .select_from(labelled.outerjoin(LABEL_CELL, further))
        .where(own.cell.is_not(None))
        .group_by(LABEL_CELL.c.cell),
        _part(
            "topic",
            name=bearer.c.topic,
            n_last=func.sum(bearer.c.in_last),
            n_before=func.sum(bearer.c.in_before),
        ).group_by(bearer.c.topic),
    )


def _part(kind: str, **columns: ColumnElement[Any]) -> Select[Any]:
    """One part of the union: every part has the same columns, NULL where it has nothing to say."""
    no_text, no_number = cast(null(), String), cast(null(), Integer)
    return select(
        literal(kind, String).label("kind"),
        columns.get("name", no_text).label("name"),
        columns.get("year", no_number).label("year"),
        func.count().label("n_papers"),
        *(
            columns.get(name, no_number).label(name)
            for name in ("unsure", "with_topic", "n_last", "n_before")
        ),
    )


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
