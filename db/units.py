"""Units: the records that ids join, as the matching rule sees them; and where to look for their likes.

A paper is one unit, or several that a rule or a person joined. Units are never stored: they follow from
the records' drafts, so that a link between two of them can be taken back without a trace.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

from sqlalchemy import case, delete, func, insert, or_, select
from sqlalchemy.engine import Connection

from db.tables import MATCH_KEY, SOURCE_RECORD, chunks
from papers.blocking import SKETCH_SHARED, candidates, is_sketch
from papers.draft import ExternalIdDraft
from papers.ids import as_arxiv, best_key, parse_external_id
from papers.likeness import MatchFacts

TO_BE_KEYED: Final = 0  # stands in for the keys of a record whose draft was read anew
WITHOUT_KEYS: Final = 1  # of a record that gives nothing to look for
OF_A_SKETCH: Final = 1  # last bit of a key of which more than one must be in common
# Two records of one of these bear different ids of one kind, so the rule never joins them. PMLR is not
# among them: a volume's BibTeX does not hold the ids that its posts have, and both may be imported.
_ONE_RECORD_A_WORK: Final = ("acl_anthology", "arxiv", "arxiv_oai", "iclr", "neurips", "openreview")
BATCH_RECORDS: Final = 1_000

_Row = tuple[int, str, bool, MatchFacts]  # row id, source and source id, whether a tombstone, what it says


@dataclass(frozen=True)
class Unit:
    """Records of one work, as far as ids tell.

    Attributes:
        number: Smallest row id of its records.
        paper_id: The paper under which they stand.
        records: Row ids, all versions.
        ids: Every id that they name, `scheme:value`.
        facts: What they say, each text once.
        key: Its best id.
    """

    number: int
    paper_id: int
    records: frozenset[int]
    ids: frozenset[str]
    facts: tuple[MatchFacts, ...]
    key: str


def key_new_records(connection: Connection) -> Iterator[list[int]]:
    """Give keys to the records that have none yet.

    Args:
        connection: Inside a write transaction.

    Yields:
        Row ids of papers to which such records belong, some hundred at a time. The keys of later batches
        are not there yet: whoever compares batch by batch compares every pair once.
    """
    keyed = connection.scalar(select(func.max(MATCH_KEY.c.record_id)).where(MATCH_KEY.c.key != TO_BE_KEYED))
    fresh = select(SOURCE_RECORD.c.id).where(
        or_(
            SOURCE_RECORD.c.id > (keyed or 0),
            SOURCE_RECORD.c.id.in_(select(MATCH_KEY.c.record_id).where(MATCH_KEY.c.key == TO_BE_KEYED)),
        )
    )
    waiting = list(connection.execute(fresh.order_by(SOURCE_RECORD.c.id)).scalars())
    for batch in chunks(waiting, BATCH_RECORDS):
        papers: dict[int, None] = {}
        keys: list[dict[str, int]] = []
        for piece in chunks(batch):
            connection.execute(
                delete(MATCH_KEY).where(MATCH_KEY.c.record_id.in_(piece), MATCH_KEY.c.key == TO_BE_KEYED)
            )
            columns = SOURCE_RECORD.c
            query = select(columns.id, columns.paper_id, columns.draft, columns.deleted)
            for row_id, paper_id, draft, deleted in connection.execute(query.where(columns.id.in_(piece))):
                papers[paper_id] = None
                hashed = set() if deleted else {_hashed(key) for key in candidates(_read(draft))}
                keys.extend({"key": key, "record_id": row_id} for key in hashed or {WITHOUT_KEYS})
        connection.execute(insert(MATCH_KEY), keys)
        yield list(papers)


def forget_keys(connection: Connection, record_ids: Iterable[int]) -> None:
    """Have records keyed and compared again, since their drafts were read anew.

    Args:
        connection: Inside a write transaction.
        record_ids: Row ids.
    """
    for piece in chunks(record_ids):
        connection.execute(delete(MATCH_KEY).where(MATCH_KEY.c.record_id.in_(piece)))
        connection.execute(insert(MATCH_KEY), [{"key": TO_BE_KEYED, "record_id": row_id} for row_id in piece])


def load_units(connection: Connection, paper_ids: Iterable[int]) -> dict[int, list[Unit]]:
    """The units of papers.

    Args:
        connection: A connection.
        paper_ids: Row ids of papers.

    Returns:
        Units by paper, smallest number first.
    """
    columns = SOURCE_RECORD.c
    found: dict[int, list[_Row]] = defaultdict(list)
    for piece in chunks(paper_ids):
        query = select(
            columns.paper_id, columns.id, columns.source, columns.source_id, columns.deleted, columns.draft
        )
        for paper_id, row_id, source, source_id, deleted, draft in connection.execute(
            query.where(columns.paper_id.in_(piece)).order_by(columns.id)
        ):
            found[paper_id].append((row_id, f"{source}\n{source_id}", deleted, _read(draft)))
    return {paper_id: _units(paper_id, rows) for paper_id, rows in found.items()}


def alone(connection: Connection, paper_ids: Iterable[int]) -> set[int]:
    """Papers that are one record, all its versions, with no lookalike: nothing can be done to them.

    Args:
        connection: A connection.
        paper_ids: Row ids of papers.

    Returns:
        Those of them that need not be looked at.
    """
    columns = SOURCE_RECORD.c
    names: dict[int, set[tuple[str, str]]] = defaultdict(set)
    records: dict[int, int] = {}
    for piece in chunks(paper_ids):
        query = select(columns.id, columns.paper_id, columns.source, columns.source_id)
        for row_id, paper_id, *name in connection.execute(query.where(columns.paper_id.in_(piece))):
            names[paper_id].add((name[0], name[1]))
            records[row_id] = paper_id
    lone = {paper_id for paper_id, own in names.items() if len(own) == 1}
    near = lookalikes(connection, [row_id for row_id, paper_id in records.items() if paper_id in lone])
    return lone - {records[row_id] for row_id in near}


def lookalikes(connection: Connection, records: Iterable[int]) -> dict[int, set[tuple[int, int]]]:
    """Records whose keys make them worth comparing with others; see `papers.blocking`.

    Args:
        connection: A connection.
        records: Row ids of records.

    Returns:
        By record: row ids of records of other papers, each with its paper's.
    """
    mine, theirs = MATCH_KEY.alias(), MATCH_KEY.alias()
    record, other = SOURCE_RECORD.alias(), SOURCE_RECORD.alias()
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    weight = case((mine.c.key % 2 == OF_A_SKETCH, 1), else_=SKETCH_SHARED)
    for piece in chunks(records):
        query = (
            select(mine.c.record_id, other.c.id, other.c.paper_id)
            .join(theirs, theirs.c.key == mine.c.key)
            .join(record, record.c.id == mine.c.record_id)
            .join(other, other.c.id == theirs.c.record_id)
            .where(
                mine.c.record_id.in_(piece),
                mine.c.key > WITHOUT_KEYS,
                other.c.paper_id != record.c.paper_id,
                or_(record.c.source != other.c.source, record.c.source.not_in(_ONE_RECORD_A_WORK)),
            )
            .group_by(mine.c.record_id, other.c.id, other.c.paper_id)
            .having(func.sum(weight) >= SKETCH_SHARED)
        )
        for row_id, other_id, paper_id in connection.execute(query):
            found[row_id].add((other_id, paper_id))
    return found


def _read(draft: str) -> MatchFacts:
    """What a stored draft says; it was validated when it was stored."""
    said = json.loads(draft)
    return MatchFacts(
        ids=frozenset(_name(name["scheme"], name["value"]) for name in said["external_ids"]),
        title=said["title"],
        authors=tuple(author["name"] for author in said.get("authors", ())),
        year=said.get("year"),
        abstract=said.get("abstract"),
    )


def _name(scheme: str, value: str) -> str:
    if scheme != "doi":
        return f"{scheme}:{value}"
    return as_arxiv(ExternalIdDraft(scheme="doi", value=value)).key


def _units(paper_id: int, rows: list[_Row]) -> list[Unit]:
    groups = _hanging_together({row_id: {*said.ids, name} for row_id, name, _, said in rows})
    units = []
    for group in groups:
        own = [row for row in rows if row[0] in group]
        ids = frozenset(name for _, _, _, said in own for name in said.ids)
        facts: dict[tuple[object, ...], MatchFacts] = {}
        for _, _, deleted, said in own:
            if not deleted:
                text = (said.title, said.authors, said.year, said.abstract)
                facts.setdefault(text, said if said.ids == ids else replace(said, ids=ids))
        key = best_key(tuple(parse_external_id(name) for name in sorted(ids))) if ids else ""
        units.append(Unit(min(group), paper_id, group, ids, tuple(facts.values()), key))
    return sorted(units, key=lambda unit: unit.number)


def _hanging_together(names: Mapping[int, set[str]]) -> list[frozenset[int]]:
    """Row ids grouped by common names."""
    groups: list[tuple[set[int], set[str]]] = []
    for row_id, own in names.items():
        rows, known = {row_id}, set(own)
        for group in [group for group in groups if group[1] & own]:
            rows |= group[0]
            known |= group[1]
            groups.remove(group)
        groups.append((rows, known))
    return [frozenset(rows) for rows, _ in groups]


def _hashed(key: str) -> int:
    """63 bits, past the two numbers that mean something else; the last bit tells keys of a sketch."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 2 << 1
    return max(2, number) | (OF_A_SKETCH if is_sketch(key) else 0)
