"""Papers in and out: pages of a source made into works, each record once, nothing lost.

Every record that arrives is counted exactly once:

* `new`: it made a new work;
* `linked`: it turned out to speak of a work already known from another record, or showed that two
  works are one;
* `updated`: a known record with other bytes, or one that its source took back;
* `unchanged`: known, byte for byte;
* `rejected`: could not be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from db.identity import IdentityMap, NamedRecord, RecordRow
from db.models import ExternalId, Paper, SourceRecord
from db.rejects import keep_rejects, resolve_rejects
from db.tables import EXTERNAL_ID, PAPER, REJECTED, SOURCE_RECORD, chunks
from db.works import NEVER, WorkWriter
from papers.draft import PaperDraft
from papers.ids import ExternalIdError, parse_external_id
from papers.merging import merge_ids
from papers.record import ParsedPage, ParsedRecord, RejectedRecord
from papers.text import clean_text


@dataclass(frozen=True)
class PageCounts:
    """What became of a page's records; see the module's docstring."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    linked: int = 0

    def __add__(self, other: PageCounts) -> PageCounts:
        """Counts of both."""
        return PageCounts(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
            self.linked + other.linked,
        )

    @property
    def total(self) -> int:
        """Records and rejects together."""
        return self.new + self.updated + self.unchanged + self.rejected + self.linked


@dataclass(frozen=True)
class StoreCounts:
    """How much is in the store.

    Attributes:
        papers: Works.
        records: Records by which they are known, versions counted once.
        duplicates_linked: Records beyond the first of each work.
        rejected: Records that could not be read and have not been read since.
        by_source: Works by source, most first; a work of two sources counts in both.
    """

    papers: int
    records: int
    duplicates_linked: int
    rejected: int
    by_source: tuple[tuple[str, int], ...]


def store_page(session: Session, page: ParsedPage, *, at: datetime) -> PageCounts:
    """Store a page: every record of it or, if the transaction fails, none.

    A record belongs to the work that shares any of its ids (arXiv ids without version), or to the
    work that the same source record belonged to before; never to a work with merely the same title.
    A record that names two works makes them one: the older stays, everything that hangs on the younger
    moves over. What a work says is computed anew from all its current records, so the same pages in
    any order make the same store. The same page again changes nothing.

    Args:
        session: A session of `Store.write`; the caller moves its cursor in the same one.
        page: What a source's `parse` returned.
        at: The present moment, aware.

    Returns:
        What became of the records.
    """
    connection = session.connection()
    rejects = list(page.rejects)
    named = _named(page.records, rejects)
    identity = IdentityMap(connection, named)
    writer = WorkWriter(connection, at=at)
    drafts_before = _drafts_of_older_parsers(connection, identity, named, page.parser_version)
    speaking = _speaking(named)
    new = updated = unchanged = linked = 0
    for position, (record, ids) in enumerate(named):
        draft, wire = record.draft, record.wire
        rows = identity.rows((draft.source, draft.source_id))
        if record.deleted and not rows:
            unchanged += 1  # the source took back what was never here
            continue
        bytes_key = (draft.source_version or 0, wire.digest, record.deleted)
        row = rows.get(bytes_key)
        known = bool(rows)
        if row is not None:
            reparsed = row.id in drafts_before
            if (row.is_current or position not in speaking) and not reparsed:
                unchanged += 1
                continue
            says_the_same = drafts_before.get(row.id or 0) == draft and (
                row.is_current or position not in speaking
            )
            row.draft = draft
            row.parser_version = max(row.parser_version, page.parser_version)
            row.retrieved_at = max(row.retrieved_at, wire.retrieved_at)
        else:
            says_the_same = False
            row = RecordRow(
                None, draft.source, draft.source_id, *bytes_key, False, page.parser_version,
                clean_text(wire.url), wire.retrieved_at, draft,
            )  # fmt: skip
            rows[bytes_key] = row
        work, created, joined = identity.resolve(row.record, ids)
        writer.touch(work, row, ids)
        if created:
            new += 1
        elif joined or not known:
            linked += 1
        elif says_the_same:
            unchanged += 1
        else:
            updated += 1
    writer.write(identity)
    keep_rejects(connection, rejects, parser_version=page.parser_version, at=at)
    resolve_rejects(connection, [record for record, _ in named], at=at)
    session.expire_all()
    return PageCounts(new, updated, unchanged, len(rejects), linked)


def find_paper(session: Session, public_id: str) -> Paper | None:
    """The work that bears an id.

    Args:
        session: A session.
        public_id: Any id in any form: `scheme:value`, a URL, a bare arXiv id ...

    Returns:
        The paper, or None where no paper bears it or where it is no id at all.
    """
    try:
        name = parse_external_id(public_id)
    except ExternalIdError:
        return None
    query = (
        select(Paper)
        .join(ExternalId, col(ExternalId.paper_id) == col(Paper.id))
        .where(col(ExternalId.scheme) == name.scheme, col(ExternalId.value) == name.value)
    )
    return session.execute(query).scalars().first()


def find_paper_ids(session: Session, public_ids: Iterable[str]) -> dict[str, int]:
    """The works that bear ids, many at once.

    Args:
        session: A session.
        public_ids: Ids in any form.

    Returns:
        Row id of the paper by id as given; ids that no paper bears, or that are none, are left out.
    """
    asked: dict[tuple[str, str], list[str]] = defaultdict(list)
    for public_id in public_ids:
        try:
            name = parse_external_id(public_id)
        except ExternalIdError:
            continue
        asked[(name.scheme, name.value)].append(public_id)
    columns = EXTERNAL_ID.c
    found: dict[str, int] = {}
    for piece in chunks(asked):
        query = select(columns.scheme, columns.value, columns.paper_id).where(
            tuple_(columns.scheme, columns.value).in_(piece)
        )
        for scheme, value, paper_id in session.connection().execute(query):
            for public_id in asked.get((scheme, value), ()):
                found[public_id] = paper_id
    return found


def paper_counts(session: Session) -> StoreCounts:
    """How much is in the store.

    Args:
        session: A session.

    Returns:
        Counts.
    """
    connection = session.connection()
    columns = SOURCE_RECORD.c
    papers = connection.scalar(select(func.count()).select_from(PAPER)) or 0
    distinct = select(columns.source, columns.source_id, columns.paper_id).distinct().subquery()
    records = connection.scalar(select(func.count()).select_from(distinct)) or 0
    rejected = connection.scalar(
        select(func.count()).select_from(REJECTED).where(REJECTED.c.resolved_at.is_(None))
    )
    by_source = connection.execute(
        select(columns.source, func.count(columns.paper_id.distinct()).label("n"))
        .group_by(columns.source)
        .order_by(func.count(columns.paper_id.distinct()).desc(), columns.source)
    )
    return StoreCounts(
        papers=papers,
        records=records,
        duplicates_linked=records - papers,
        rejected=rejected or 0,
        by_source=tuple((source, count) for source, count in by_source),
    )


def iter_source_records(session: Session, paper_id: int) -> Iterator[SourceRecord]:
    """Every record by which a work is known, current or not.

    Args:
        session: A session.
        paper_id: Row id of the paper.

    Yields:
        Records by source, id and version, oldest bytes first.
    """
    query = (
        select(SourceRecord)
        .where(col(SourceRecord.paper_id) == paper_id)
        .order_by(
            col(SourceRecord.source),
            col(SourceRecord.source_id),
            col(SourceRecord.source_version),
            col(SourceRecord.id),
        )
    )
    yield from session.execute(query).scalars()


def _named(records: tuple[ParsedRecord, ...], rejects: list[RejectedRecord]) -> list[NamedRecord]:
    """Records with their canonical ids, repeats within the page dropped; the nameless are rejected."""
    named: list[NamedRecord] = []
    for record in records:
        ids = merge_ids(record.draft.external_ids)
        if ids or record.deleted:
            named.append((record, ids))
        else:
            rejects.append(
                RejectedRecord(
                    record.wire, "the record has no id, DOI or URL to know the paper by", "external_ids"
                )
            )
    return named


def _speaking(named: list[NamedRecord]) -> set[int]:
    """Positions of the records that count where a page has several texts of one version.

    Without this, importing a page that contradicts itself would turn its texts over again each time.
    """
    best: dict[tuple[str, str, int, bool], tuple[tuple[datetime, datetime, str], int]] = {}
    for position, (record, _) in enumerate(named):
        draft = record.draft
        key = (draft.source, draft.source_id, draft.source_version or 0, record.deleted)
        age = (draft.updated or NEVER, record.wire.retrieved_at, record.wire.digest)
        if key not in best or age > best[key][0]:
            best[key] = (age, position)
    return {position for _, position in best.values()}


def _drafts_of_older_parsers(
    connection: Connection, identity: IdentityMap, named: list[NamedRecord], parser_version: int
) -> dict[int, PaperDraft]:
    """What an older parser made of the very bytes that arrive again, by row id."""
    outdated: list[int] = []
    for record, _ in named:
        draft = record.draft
        row = identity.rows((draft.source, draft.source_id)).get(
            (draft.source_version or 0, record.wire.digest, record.deleted)
        )
        if row is not None and row.id is not None and row.parser_version < parser_version:
            outdated.append(row.id)
    return {
        row_id: PaperDraft.model_validate_json(draft)
        for piece in chunks(outdated)
        for row_id, draft in connection.execute(
            select(SOURCE_RECORD.c.id, SOURCE_RECORD.c.draft).where(SOURCE_RECORD.c.id.in_(piece))
        )
    }
