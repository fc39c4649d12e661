"""What moved between two moments: new, rising, fading, re-labelled.

Counts alone mislead: a source harvested for the first time, a venue that came late or a new model
would all pass for a trend. So a topic rises or fades only where its share among papers that arrived
differs from its share among papers known before, inside the same venue or arXiv category of the
same source, with both sides read by the labels in force at the later moment, and by more than chance
explains (`landscape.significance`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session

from db.tables import chunks
from foundation.errors import RefusedInputError
from landscape.placements import Placement, load_placements
from landscape.reading import paper_rows
from landscape.selection import papers_with_labels
from landscape.significance import Stratum, benjamini_hochberg, stratified_test
from landscape.types import EVERYTHING, LandscapeFilter, PaperRow
from taxonomy.models import Taxonomy

Basis = Literal["as-of", "published"]
Direction = Literal["new", "rising", "fading", "steady", "untested"]

BASE_DAYS = 730  # two years: whatever comes once a year has come before
LATE_DAYS = 180  # published so long before the span: the harvest caught up, the field did not move
LEAST_STRATUM_PAPERS = 5  # on either side, as for growth
FALSE_DISCOVERY_RATE = 0.05
LEAST_CHANGE = 0.1  # of the share: with many papers a difference of no interest is significant too
SHOWN_PAPERS = 100


@dataclass(frozen=True)
class PlaceMovement:
    """A cell or a topic between two moments.

    Attributes:
        id: Cell or topic id.
        label: As shown.
        kind: cell (counted by primary cell) or topic.
        cell: The cell it is or stands in.
        n_before: Papers at the earlier moment.
        n_after: Papers at the later one.
        share_before: Of relevant papers then.
        share_after: Of relevant papers then.
        n_arrived: Among papers that arrived between the two.
        n_gained: Papers known before that were re-labelled into it.
        n_lost: Papers known before that were re-labelled out of it.
        observed: Arrived papers that could be compared, in it.
        expected: How many of them the share before, inside each stratum, lets expect.
        p_value: Of the stratified two-proportion test; None where too few papers could be compared.
        q_value: The same, with the false discovery rate over all cells or all topics kept.
        direction: new (nothing stood there before), rising, fading, steady, or untested.
    """

    id: str
    label: str
    kind: Literal["cell", "topic"]
    cell: str
    n_before: int
    n_after: int
    share_before: float
    share_after: float
    n_arrived: int
    n_gained: int
    n_lost: int
    observed: int
    expected: float
    p_value: float | None
    q_value: float | None
    direction: Direction

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where nothing was expected."""
        return self.observed / self.expected if self.expected else None


@dataclass(frozen=True)
class StratumMovement:
    """Papers that may fairly be compared: one venue or arXiv category of one source.

    Attributes:
        name: Source and venue or category.
        n_base: Relevant papers known before and published in the two years before.
        n_new: Relevant papers that arrived, late ones left out.
        compared: Whether both sides hold enough papers; the others are a gap, not a trend.
    """

    name: str
    n_base: int
    n_new: int
    compared: bool


@dataclass(frozen=True)
class Relabelling:
    """A paper that stands elsewhere than before.

    Attributes:
        paper: As it stands now.
        cell_before: Its primary cell before; None where it was off the subject or had no label.
        cell_after: Its primary cell now, or None.
        topics_before: Topics before, in force.
        topics_after: Topics now.
    """

    paper: PaperRow
    cell_before: str | None
    cell_after: str | None
    topics_before: tuple[str, ...]
    topics_after: tuple[str, ...]


@dataclass(frozen=True)
class Movement:
    """What moved between two moments.

    Attributes:
        before: The earlier moment.
        after: The later one.
        by: `as-of`: what the store knew then; `published`: what had been published by then.
        taxonomy_version: Version of the grid.
        papers_before: Papers at the earlier moment.
        papers_after: Papers at the later one.
        relevant_before: On the chart at the earlier moment.
        relevant_after: On the chart at the later one.
        n_new: Relevant papers that arrived.
        n_late: Of these, published long before the span: counted, not compared.
        n_undated: Of these, without a date: counted, not compared.
        n_relabelled: Papers known before that stand elsewhere now.
        cells: Every cell, row by row.
        topics: Every topic in reading order.
        strata: What was compared with what, most arrived papers first.
        papers: Papers that arrived, newest first, at most `SHOWN_PAPERS`.
        relabelled: Papers that stand elsewhere, at most `SHOWN_PAPERS`.
        filter: Which papers counted.
    """

    before: datetime
    after: datetime
    by: Basis
    taxonomy_version: str
    papers_before: int
    papers_after: int
    relevant_before: int
    relevant_after: int
    n_new: int
    n_late: int
    n_undated: int
    n_relabelled: int
    cells: tuple[PlaceMovement, ...]
    topics: tuple[PlaceMovement, ...]
    strata: tuple[StratumMovement, ...]
    papers: tuple[PaperRow, ...]
    relabelled: tuple[Relabelling, ...]
    filter: LandscapeFilter = EVERYTHING

    def moved(self, direction: Direction) -> tuple[PlaceMovement, ...]:
        """Topics that went one way, the surest and then the largest first."""
        found = [topic for topic in self.topics if topic.direction == direction]
        return tuple(sorted(found, key=lambda topic: (topic.q_value or 0.0, -topic.n_arrived, topic.id)))

    @property
    def comparable(self) -> bool:
        """Whether anything could be compared at all."""
        return any(stratum.compared for stratum in self.strata)

    def as_json(self) -> dict[str, Any]:
        """Plain data for `diff --json`: times in ISO 8601, papers by id and title."""
        plain = asdict(self)
        plain["before"], plain["after"] = self.before.isoformat(), self.after.isoformat()
        for kind in ("cells", "topics"):
            for row, place in zip(plain[kind], getattr(self, kind), strict=True):
                row["ratio"] = place.ratio
        plain["papers"] = [_paper_json(row) for row in self.papers]
        plain["relabelled"] = [{**asdict(each), "paper": _paper_json(each.paper)} for each in self.relabelled]
        return plain


def take_movement(
    session: Session,
    taxonomy: Taxonomy,
    before: datetime,
    after: datetime,
    *,
    by: Basis = "as-of",
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    shown_papers: int = SHOWN_PAPERS,
) -> Movement:
    """Compare two moments.

    Args:
        session: Open session.
        taxonomy: The grid in force; topics of older versions are followed to their successors.
        before: The earlier moment, inclusive.
        after: The later one, inclusive.
        by: By what the store knew, or by day of publication.
        filter: Which papers count.
        shown_papers: Papers listed at most.

    Returns:
        What moved.

    Raises:
        RefusedInputError: The moments are not in order.
    """
    if before >= after:
        raise RefusedInputError(
            "the later moment does not lie after the earlier one",
            hint="Give the earlier one first.",
            before=before.isoformat(),
            after=after.isoformat(),
        )
    now_known = after if by == "as-of" else None
    present = load_placements(session, taxonomy, as_of=now_known, filter=filter)
    if by == "as-of":
        past: Mapping[int, Placement] = load_placements(session, taxonomy, as_of=before, filter=filter)
    else:
        present = {key: each for key, each in present.items() if _until(each, after.date())}
        past = {key: each for key, each in present.items() if _until(each, before.date())}
    arrived = [each for key, each in present.items() if key not in past and each.relevant]
    strata, compared, late, undated = _strata(present, past, arrived, before.date())
    moved = [key for key, was in past.items() if key in present and _elsewhere(was, present[key])]
    cells, topics = (
        _places(taxonomy, kind, past, present, arrived, moved, compared) for kind in ("cell", "topic")
    )
    newest = sorted(arrived, key=lambda each: (each.published or date.min, each.paper_id), reverse=True)
    rows = _rows(session, taxonomy, [each.paper_id for each in newest[:shown_papers]], now_known, filter)
    moved_rows = _rows(session, taxonomy, moved[:shown_papers], now_known, filter)
    return Movement(
        before=before,
        after=after,
        by=by,
        taxonomy_version=taxonomy.version,
        papers_before=len(past),
        papers_after=len(present),
        relevant_before=sum(each.relevant for each in past.values()),
        relevant_after=sum(each.relevant for each in present.values()),
        n_new=len(arrived),
        n_late=late,
        n_undated=undated,
        n_relabelled=len(moved),
        cells=cells,
        topics=topics,
        strata=strata,
        papers=tuple(row for _, row in rows),
        relabelled=tuple(_relabelling(row, past[key], present[key]) for key, row in moved_rows),
        filter=filter,
    )


def _until(placement: Placement, day: date) -> bool:
    """Whether it was published by a day; a year alone counts when it is over."""
    if placement.published is not None:
        return placement.published <= day
    return placement.year is not None and placement.year < day.year


def _elsewhere(was: Placement, now: Placement) -> bool:
    return was.cells[:1] != now.cells[:1] or set(was.topics) != set(now.topics)


def _strata(
    present: Mapping[int, Placement],
    past: Mapping[int, Placement],
    arrived: Sequence[Placement],
    before: date,
) -> tuple[tuple[StratumMovement, ...], dict[str, tuple[list[Placement], list[Placement]]], int, int]:
    """What can be compared: by stratum papers of the base and papers that arrived."""
    base: dict[str, list[Placement]] = defaultdict(list)
    new: dict[str, list[Placement]] = defaultdict(list)
    since, late_before = before - timedelta(days=BASE_DAYS), before - timedelta(days=LATE_DAYS)
    for key in past:
        each = present.get(key)  # as it is labelled now: a new model is no trend
        if each is not None and each.relevant and each.published and since < each.published <= before:
            base[each.stratum].append(each)
    late = undated = 0
    for each in arrived:
        if each.published is None:
            undated += 1
        elif each.published <= late_before:
            late += 1
        else:
            new[each.stratum].append(each)
    strata = [
        StratumMovement(
            name,
            len(base[name]),
            len(new[name]),
            min(len(base[name]), len(new[name])) >= LEAST_STRATUM_PAPERS,
        )
        for name in sorted({*base, *new})
    ]
    strata.sort(key=lambda stratum: (-stratum.n_new, -stratum.n_base, stratum.name))
    compared = {each.name: (base[each.name], new[each.name]) for each in strata if each.compared}
    return tuple(strata), compared, late, undated


def _bears(placement: Placement, kind: str) -> tuple[str, ...]:
    return placement.cells[:1] if kind == "cell" else placement.topics


def _counted(placements: Iterable[Placement], kind: str) -> Counter[str]:
    return Counter(name for each in placements for name in _bears(each, kind))


def _places(
    taxonomy: Taxonomy,
    kind: Literal["cell", "topic"],
    past: Mapping[int, Placement],
    present: Mapping[int, Placement],
    arrived: Sequence[Placement],
    moved: Sequence[int],
    compared: Mapping[str, tuple[list[Placement], list[Placement]]],
) -> tuple[PlaceMovement, ...]:
    n_before, n_after = _counted(past.values(), kind), _counted(present.values(), kind)
    n_arrived = _counted(arrived, kind)
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for key in moved:
        was, now = set(_bears(past[key], kind)), set(_bears(present[key], kind))
        gained.update(now - was)
        lost.update(was - now)
    relevant_before = sum(each.relevant for each in past.values())
    relevant_after = sum(each.relevant for each in present.values())
    counts = [
        (len(base), len(new), _counted(base, kind), _counted(new, kind)) for base, new in compared.values()
    ]
    named = (
        [(cell, taxonomy.cell_label(cell), cell) for cell in taxonomy.cells]
        if kind == "cell"
        else [(topic.id, topic.label, topic.cell) for topic in taxonomy.topics]
    )
    tests = {
        name: stratified_test(
            [Stratum(n_base, n_new, in_base[name], in_new[name]) for n_base, n_new, in_base, in_new in counts]
        )
        for name, _, _ in named
    }
    q_values = benjamini_hochberg({name: test.p_value for name, test in tests.items()})
    places = []
    for name, label, cell in named:
        test, q_value = tests[name], q_values[name]
        places.append(
            PlaceMovement(
                id=name,
                label=label,
                kind=kind,
                cell=cell,
                n_before=n_before[name],
                n_after=n_after[name],
                share_before=n_before[name] / relevant_before if relevant_before else 0.0,
                share_after=n_after[name] / relevant_after if relevant_after else 0.0,
                n_arrived=n_arrived[name],
                n_gained=gained[name],
                n_lost=lost[name],
                observed=test.observed,
                expected=test.expected,
                p_value=test.p_value,
                q_value=q_value,
                direction=_direction(n_before[name], n_after[name], test.observed, test.expected, q_value),
            )
        )
    return tuple(places)


def _direction(
    n_before: int, n_after: int, observed: int, expected: float, q_value: float | None
) -> Direction:
    if n_after and not n_before:
        return "new"
    if q_value is None:
        return "untested"
    if q_value > FALSE_DISCOVERY_RATE or abs(observed - expected) < LEAST_CHANGE * expected:
        return "steady"
    return "rising" if observed > expected else "fading"


def _rows(
    session: Session,
    taxonomy: Taxonomy,
    papers: Sequence[int],
    as_of: datetime | None,
    chosen: LandscapeFilter,
) -> list[tuple[int, PaperRow]]:
    """Rows of papers in the order asked for."""
    base = papers_with_labels(session, taxonomy, as_of=as_of, chosen=chosen).subquery("counted")
    found = {
        row.paper_id: row
        for piece in chunks(papers)
        for row in session.execute(select(base).where(base.c.paper_id.in_(piece)))
    }
    order = [key for key in papers if key in found]
    return list(zip(order, paper_rows(session, taxonomy, [found[key] for key in order]), strict=True))


def _relabelling(row: PaperRow, was: Placement, now: Placement) -> Relabelling:
    return Relabelling(
        paper=row,
        cell_before=was.cells[0] if was.cells else None,
        cell_after=now.cells[0] if now.cells else None,
        topics_before=was.topics,
        topics_after=now.topics,
    )


def _paper_json(row: PaperRow) -> dict[str, Any]:
    return {
        "id": row.id, "title": row.title, "authors": list(row.authors), "year": row.year,
        "venue": row.venue, "ids": row.ids, "url": row.url, "cell": row.cell, "topics": list(row.topics),
        "score": row.score,
    }  # fmt: skip
