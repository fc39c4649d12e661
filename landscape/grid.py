"""All counts of the landscape in one pass over the store.

A cell's `n_papers` counts papers whose primary cell it is, its `n_any` papers in any of whose
cells it is, a topic's `n_papers` papers that bear it; `share` is n over relevant papers. Growth is
papers published in the last 12 months over the 12 before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    FromClause,
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

from db.tables import CLASSIFIER_RUN, LABEL_CELL, LABEL_TOPIC, PAPER
from foundation.clock import utc_now
from landscape.selection import NOT_RELEVANT, papers_with_labels, topic_in_force
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

    verdicts: Counter[str | None] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    years: Counter[int | None] = field(default_factory=Counter)
    primary: dict[str, _Tally] = field(default_factory=dict)
    anywhere: Counter[str] = field(default_factory=Counter)
    without_topic: Counter[str] = field(default_factory=Counter)
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
    relevant = sum(n for verdict, n in counts.verdicts.items() if verdict not in (None, NOT_RELEVANT))
    return LandscapeSnapshot(
        as_of=moment,
        taxonomy_version=taxonomy.version,
        title=taxonomy.title,
        classifier=newest_classifier(session, as_of),
        papers=counts.verdicts.total(),
        classified=counts.verdicts.total() - counts.verdicts[None],
        relevant=relevant,
        unsure=counts.verdicts["unsure"],
        not_relevant=counts.verdicts[NOT_RELEVANT],
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
        CLASSIFIER_RUN.c.method == "model"
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
        n_any=counts.anywhere[cell],
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


def _year_earlier(day: date) -> date:
    # 29 February has no counterpart: the year before ends on the 28th.
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _count(
    session: Session, taxonomy: Taxonomy, as_of: datetime | None, today: date, chosen: LandscapeFilter
) -> _Counts:
    counts = _Counts()
    base = _with_years(session, taxonomy, as_of, today, chosen)
    for kind, name, source, year, n_papers, n_last, n_before in session.execute(_statement(base, taxonomy)):
        if kind == "papers":
            counts.verdicts[name] += n_papers
            counts.sources[source] += n_papers
            counts.years[year] += n_papers
        elif kind == "primary":
            counts.primary[name] = _Tally(n_papers, n_last, n_before)
        elif kind == "anywhere":
            counts.anywhere[name] = n_papers
        elif kind == "without-topic":
            counts.without_topic[name] = n_papers
        else:
            counts.topics[name] = _Tally(n_papers, n_last, n_before)
    return counts


def _with_years(
    session: Session, taxonomy: Taxonomy, as_of: datetime | None, today: date, chosen: LandscapeFilter
) -> CTE:
    """The papers that count, marked with the growth year they fall in (1 or 0)."""
    last_from = _year_earlier(today)
    before_from = _year_earlier(last_from)
    comparable = PAPER.c.source.in_(_sources_of_both_years(session, as_of, today, last_from, before_from))
    published = PAPER.c.published
    last = case((and_(comparable, published > last_from, published <= today), 1), else_=0)
    before = case((and_(comparable, published > before_from, published <= last_from), 1), else_=0)
    return (
        papers_with_labels(session, taxonomy, as_of=as_of, chosen=chosen)
        .add_columns(last.label("in_last"), before.label("in_before"))
        .cte("counted")
    )


def _sources_of_both_years(
    session: Session, as_of: datetime | None, today: date, last_from: date, before_from: date
) -> list[str]:
    """Sources that were harvested in both growth years.

    A source with papers of the last year alone (its first harvest reached back no further) would
    pass for growth. So a source counts where at least `GROWTH_LEAST_PAPERS` of its papers fall
    in each of the two years.
    """
    published = PAPER.c.published
    statement = (
        select(
            PAPER.c.source,
            func.sum(case((published > last_from, 1), else_=0)),
            func.sum(case((published <= last_from, 1), else_=0)),
        )
        .where(published > before_from, published <= today)
        .group_by(PAPER.c.source)
    )
    if as_of is not None:
        statement = statement.where(PAPER.c.first_seen <= as_of)
    return [
        source
        for source, n_last, n_before in session.execute(statement)
        if min(n_last, n_before) >= GROWTH_LEAST_PAPERS
    ]


def _statement(base: CTE, taxonomy: Taxonomy) -> CompoundSelect[Any]:
    """Every count in one statement: papers are selected and joined to their labels only once."""
    cell, topic = LABEL_CELL, LABEL_TOPIC
    no_text, no_number = cast(null(), String), cast(null(), Integer)
    on_subject = base.c.verdict != NOT_RELEVANT
    placed = base.c.cell.is_not(None)
    current = topic_in_force(topic.c.topic, taxonomy)
    cell_of_topic = base.c.cell + "/"
    bears_one_of_its_cell = exists().where(
        topic.c.assignment_id == base.c.assignment_id,
        func.substr(current, 1, func.length(cell_of_topic)) == cell_of_topic,
    )
    bearers = (
        select(base.c.paper_id, current.label("topic"), base.c.in_last, base.c.in_before)
        .select_from(base.outerjoin(topic, topic.c.assignment_id == base.c.assignment_id))
        .where(on_subject)
    )
    if taxonomy.redirects:  # a label may bear an old id beside its successor
        bearers = bearers.distinct()
    bearer = bearers.subquery("bearer")

    def row(
        kind: str, name: ColumnElement[Any], table: FromClause, **columns: ColumnElement[Any]
    ) -> Select[Any]:
        return select(
            literal(kind, String).label("kind"),
            name.label("name"),
            columns.get("source", no_text).label("source"),
            columns.get("year", no_number).label("year"),
            func.count().label("n_papers"),
            func.sum(table.c.in_last).label("n_last"),
            func.sum(table.c.in_before).label("n_before"),
        )

    return union_all(
        row("papers", base.c.verdict, base, source=base.c.source, year=base.c.year).group_by(
            base.c.verdict, base.c.source, base.c.year
        ),
        row("primary", base.c.cell, base).where(placed).group_by(base.c.cell),
        row("anywhere", cell.c.cell, base)
        .select_from(base.outerjoin(cell, cell.c.assignment_id == base.c.assignment_id))
        .where(on_subject)
        .group_by(cell.c.cell),
        row("without-topic", base.c.cell, base).where(placed, ~bears_one_of_its_cell).group_by(base.c.cell),
        row("topic", bearer.c.topic, bearer).group_by(bearer.c.topic),
    )
