"""One work, one paper: links between records without a common id, made and taken back.

The rule (`papers.matching`, `papers.grouping`) decides from the records alone, so that the same
records in any order make the same papers. What a person says stands over it and is never overridden.
Nothing is deleted: records are moved, every id keeps leading to the paper that holds its record, and
each step is a row of `paper_link` that says who, why, and what it takes to go back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import insert, select, tuple_
from sqlalchemy.engine import Connection
from sqlmodel import Session

from db.papers import PageCounts, find_paper, find_paper_ids, store_page
from db.regroup import Regrouped, Regrouping
from db.tables import EXTERNAL_ID, MATCH_KEY, PAPER_LINK, SOURCE_RECORD, chunks
from db.units import BATCH_RECORDS, Unit, alone, key_new_records, load_units, lookalikes
from foundation.errors import RefusedInputError
from papers.grouping import Pair, match_units, resolve
from papers.ids import parse_external_id
from papers.matching import MatchVerdict
from papers.record import ParsedPage
from papers.text import clean_text

Decision = Literal["same", "different"]
SHOWN_SUSPECTS: Final = 1_000


@dataclass(frozen=True)
class LinkRow:
    """One step of the history of a link; see `db.models.PaperLink`."""

    a_key: str
    b_key: str
    decision: str
    method: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Suspect:
    """Two papers that may be one work; a person decides.

    Attributes:
        a_key: Key of one paper.
        b_key: Key of the other.
        a_title: Its title.
        b_title: The other's.
        reason: What the rule found and could not decide.
        score: Likeness in [0, 1].
    """

    a_key: str
    b_key: str
    a_title: str
    b_title: str
    reason: str
    score: float


def store_and_link(session: Session, page: ParsedPage, *, at: datetime) -> PageCounts:
    """Store a page, then join what its records show to be one work.

    Args:
        session: A session of `Store.write`.
        page: What a source's `parse` returned.
        at: The present moment, aware.

    Returns:
        What became of the records: one that made a paper which then became part of another counts
        as linked, not as new.
    """
    counts = store_page(session, page, at=at)
    joined = min(link_duplicates(session, at=at).joined, counts.new)
    return replace(counts, new=counts.new - joined, linked=counts.linked + joined)


def link_duplicates(session: Session, *, at: datetime) -> Regrouped:
    """Compare every record that has not been compared yet, and join or part papers accordingly.

    To be called in the write transaction that stored the records. What it does depends on the records in
    the store alone, not on the order or the portions in which they came.

    Args:
        session: A session of `Store.write`.
        at: The present moment, aware.

    Returns:
        How many papers were joined and parted.
    """
    connection = session.connection()
    done = Regrouped()
    for papers in key_new_records(connection):
        done += _reconcile(connection, papers, at=at)
    session.expire_all()
    return done


def link(session: Session, a: str, b: str, *, by: str, at: datetime, reason: str = "") -> Regrouped:
    """Record a person's word that two papers are one work, and join them.

    Args:
        session: A session of `Store.write`.
        a: Any id of the one.
        b: Any id of the other.
        by: Who says so.
        at: When, aware.
        reason: Why.

    Returns:
        What moved; nothing where the two were one already.

    Raises:
        RefusedInputError: An id leads to no paper, or both belong to the same records.
    """
    return _say(session, a, b, "same", by=by, at=at, reason=reason)


def unlink(session: Session, a: str, b: str, *, by: str, at: datetime, reason: str = "") -> Regrouped:
    """Record a person's word that two papers are not one work, and part them if they were joined.

    Each gets back its records, ids and labels, and the row that it had. The rule never joins them again.

    Args:
        session: A session of `Store.write`.
        a: An id of a record of the one.
        b: An id of a record of the other.
        by: Who says so.
        at: When, aware.
        reason: Why.

    Returns:
        What moved; nothing where the two were apart already.

    Raises:
        RefusedInputError: An id leads to no paper, or both belong to records that an id joins.
    """
    return _say(session, a, b, "different", by=by, at=at, reason=reason)


def link_history(session: Session, public_id: str | None = None) -> list[LinkRow]:
    """What was done and said, oldest first.

    Args:
        session: A session.
        public_id: Only what concerns the paper with this id; everything when None.

    Returns:
        Rows; none where no paper bears the id.
    """
    columns = PAPER_LINK.c
    query = select(
        columns.a_key, columns.b_key, columns.decision, columns.method, columns.by, columns.reason, columns.at
    ).order_by(columns.id)
    rows = [LinkRow(*row) for row in session.connection().execute(query)]
    if public_id is None:
        return rows
    paper = find_paper(session, public_id)
    if paper is None:
        return []
    named = find_paper_ids(session, {key for row in rows for key in (row.a_key, row.b_key)})
    return [row for row in rows if paper.id in (named.get(row.a_key), named.get(row.b_key))]


def suspected_duplicates(session: Session, *, limit: int = SHOWN_SUSPECTS) -> list[Suspect]:
    """Papers that may be one work, for a person to decide: what the rule calls unsure or cannot settle.

    Args:
        session: A session.
        limit: The most to be listed.

    Returns:
        Likeliest first. Pairs of which a person has said something are left out.
    """
    connection = session.connection()
    apart = {
        frozenset((row.a_key, row.b_key))
        for row in link_history(session)
        if row.method == "person" and row.decision == "different"
    }
    settled = find_paper_ids(session, {key for pair in apart for key in pair})
    said = {frozenset(settled.get(key, 0) for key in pair) for pair in apart}
    found: dict[frozenset[int], Suspect] = {}
    last = 0
    columns = MATCH_KEY.c
    while records := list(
        connection.execute(
            select(columns.record_id).where(columns.record_id > last).distinct().order_by(columns.record_id)
            .limit(BATCH_RECORDS)
        ).scalars()
    ):  # fmt: skip
        last = records[-1]
        near = lookalikes(connection, records)
        units = _Known(connection)
        units.load_records(records, near)
        for record, others in near.items():
            for other, paper in others:
                mine, theirs = units.of_record(record), units.of(other, paper)
                pair = frozenset((mine.paper_id, paper))
                if mine.number >= theirs.number or pair in said:
                    continue
                verdict = units.match(mine, theirs)
                best = found.get(pair)
                if verdict.verdict != "different" and (best is None or verdict.score > best.score):
                    found[pair] = _suspect(mine, theirs, verdict)
    ordered = sorted(found.values(), key=lambda each: (-each.score, each.a_key, each.b_key))
    return ordered[:limit]


class _Known:
    """Units that were loaded, and verdicts that were reached."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._papers: dict[int, list[Unit]] = {}
        self._by_record: dict[int, Unit] = {}
        self._verdicts: dict[Pair, MatchVerdict] = {}

    def load(self, papers: Iterable[int]) -> None:
        """Load the units of papers that are not known yet."""
        missing = [paper for paper in dict.fromkeys(papers) if paper not in self._papers]
        for paper, units in load_units(self._connection, missing).items():
            self._papers[paper] = units
            self._by_record.update({record: unit for unit in units for record in unit.records})

    def load_records(self, records: Iterable[int], near: Mapping[int, set[tuple[int, int]]]) -> None:
        """Load the units of records that have lookalikes, and of these."""
        self.load(paper for others in near.values() for _, paper in others)
        for piece in chunks(record for record in records if record in near):
            query = select(SOURCE_RECORD.c.paper_id).where(SOURCE_RECORD.c.id.in_(piece)).distinct()
            self.load(self._connection.execute(query).scalars())

    def of_paper(self, paper: int) -> list[Unit]:
        """Units of a paper that was loaded."""
        return self._papers.get(paper, [])

    def of_record(self, record: int) -> Unit:
        """The unit of a record that was loaded."""
        return self._by_record[record]

    def of(self, record: int, paper: int) -> Unit:
        """The unit of a record of a paper."""
        if record not in self._by_record:
            self.load([paper])
        return self._by_record[record]

    def match(self, a: Unit, b: Unit) -> MatchVerdict:
        """The rule's verdict on two units."""
        pair = (min(a.number, b.number), max(a.number, b.number))
        if pair not in self._verdicts:
            self._verdicts[pair] = match_units(a.facts, b.facts)
        return self._verdicts[pair]


def _reconcile(
    connection: Connection, papers: Iterable[int], *, at: datetime, said: int | None = None
) -> Regrouped:
    """Make papers what their records and people say, and whatever hangs together with them."""
    known = _Known(connection)
    decisions = _Decisions(connection)
    edges: dict[Pair, MatchVerdict] = {}
    units: dict[int, Unit] = {}
    waiting = list(dict.fromkeys(papers))
    if not decisions:
        untouched = alone(connection, waiting)
        waiting = [paper for paper in waiting if paper not in untouched]
    while waiting:
        known.load(waiting)
        fresh = [unit for paper in waiting for unit in known.of_paper(paper)]
        units.update({unit.number: unit for unit in fresh})
        near = lookalikes(connection, (record for unit in fresh for record in unit.records))
        known.load(paper for others in near.values() for _, paper in others)
        reached: dict[int, None] = {}
        for unit in fresh:
            for sister in known.of_paper(unit.paper_id):
                _compare(known, unit, sister, edges)
            for record in sorted(unit.records):
                for other, paper in near.get(record, ()):
                    if _compare(known, unit, known.of(other, paper), edges):
                        reached[paper] = None
            reached.update(dict.fromkeys(decisions.joined_with(unit)))
        done = {unit.paper_id for unit in units.values()}
        waiting = [paper for paper in reached if paper not in done]
    regrouping = Regrouping(connection, at=at, said=said)
    result = Regrouped()
    joined, apart = decisions.among(units)
    for whole in _hanging_together(units, [*edges, *joined, *apart]):
        if len(whole) == 1:
            continue
        groups = resolve(
            {number: units[number].ids for number in whole},
            {pair: found for pair, found in edges.items() if pair[0] in whole},
            joined=[pair for pair in joined if pair[0] in whole],
            kept_apart=[pair for pair in apart if pair[0] in whole],
        )
        result += regrouping.carry_out({number: units[number] for number in whole}, groups, edges)
    return result


def _compare(known: _Known, a: Unit, b: Unit, edges: dict[Pair, MatchVerdict]) -> bool:
    if a.number == b.number or not a.facts or not b.facts:
        return False
    found = known.match(a, b)
    if found.verdict == "same":
        edges[(min(a.number, b.number), max(a.number, b.number))] = found
    return found.verdict == "same"


def _hanging_together(units: Mapping[int, Unit], pairs: Iterable[Pair]) -> list[frozenset[int]]:
    """Units that any pair, or the paper under which they stand, ties together."""
    parent = {number: number for number in units}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    by_paper: dict[int, int] = {}
    for number, unit in units.items():
        parent[root(number)] = root(by_paper.setdefault(unit.paper_id, number))
    for a, b in pairs:
        if a in parent and b in parent:
            parent[root(a)] = root(b)
    wholes: dict[int, set[int]] = defaultdict(set)
    for number in units:
        wholes[root(number)].add(number)
    return [frozenset(whole) for whole in wholes.values()]


class _Decisions:
    """What people said, the last word of each pair."""

    def __init__(self, connection: Connection) -> None:
        columns = PAPER_LINK.c
        query = select(columns.a_key, columns.b_key, columns.decision)
        self._said = list(connection.execute(query.where(columns.method == "person").order_by(columns.id)))
        self._others: dict[str, set[str]] = defaultdict(set)
        for a_key, b_key, _ in self._said:
            self._others[a_key].add(b_key)
            self._others[b_key].add(a_key)
        self._connection = connection

    def __bool__(self) -> bool:
        """Whether anybody said anything."""
        return bool(self._said)

    def joined_with(self, unit: Unit) -> list[int]:
        """Papers of which a person said something together with a unit."""
        if not self._others:
            return []
        keys = {other for name in unit.ids & self._others.keys() for other in self._others[name]}
        names = EXTERNAL_ID.c
        papers: set[int] = set()
        for piece in chunks(sorted(keys)):
            query = select(names.paper_id).where(
                tuple_(names.scheme, names.value).in_([key.split(":", 1) for key in piece])
            )
            papers.update(self._connection.execute(query).scalars())
        return sorted(papers)

    def among(self, units: Mapping[int, Unit]) -> tuple[list[Pair], list[Pair]]:
        """Pairs of units that a person joined and kept apart, in the order of their last word."""
        unit_of = {name: number for number, unit in units.items() for name in unit.ids}
        last: dict[Pair, str] = {}
        for a_key, b_key, decision in self._said:
            a, b = unit_of.get(a_key), unit_of.get(b_key)
            if a is not None and b is not None and a != b:
                pair = (min(a, b), max(a, b))
                last.pop(pair, None)
                last[pair] = decision
        joined = [pair for pair, decision in last.items() if decision == "same"]
        return joined, [pair for pair, decision in last.items() if decision == "different"]


def _say(
    session: Session, a: str, b: str, decision: Decision, *, by: str, at: datetime, reason: str
) -> Regrouped:
    connection = session.connection()
    keys = [parse_external_id(each).key for each in (a, b)]
    papers = find_paper_ids(session, keys)
    for given, key in zip((a, b), keys, strict=True):
        if key not in papers:
            raise RefusedInputError("no paper has this id", hint="`landscape search` finds papers.", id=given)
    units = [
        next(unit for unit in load_units(connection, [papers[key]])[papers[key]] if key in unit.ids)
        for key in keys
    ]
    if units[0].number == units[1].number:
        common = sorted(units[0].ids)
        raise RefusedInputError(
            "the two ids belong to records that an id joins",
            hint="Records with a common id are one work; only the source can correct that.",
            ids=", ".join(common[:5]),
        )
    row = connection.execute(
        insert(PAPER_LINK)
        .values(
            a_key=keys[0], b_key=keys[1], decision=decision, method="person", by=clean_text(by),
            reason=clean_text(reason), score=0.0, at=at, labels=[],
        )
        .returning(PAPER_LINK.c.id)
    ).scalar_one()  # fmt: skip
    done = _reconcile(connection, sorted(set(papers.values())), at=at, said=row)
    session.expire_all()
    return done


def _suspect(a: Unit, b: Unit, verdict: MatchVerdict) -> Suspect:
    reason = verdict.reason
    if verdict.verdict == "same":
        reason = f"{reason}; but another record of the same work, or a person, speaks against it"
    return Suspect(a.key, b.key, a.facts[-1].title, b.facts[-1].title, reason, verdict.score)
