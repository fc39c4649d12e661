"""Works written: joined, computed anew from their current records, and compared before a row moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from db.identity import IdentityMap, RecordRow
from db.tables import AUTHORSHIP, EXTERNAL_ID, LABEL, PAPER, SOURCE_RECORD, chunks
from db.units import forget_keys
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, external_id_url, parse_url_id, sort_ids
from papers.merging import merge_drafts, merge_ids
from papers.text import title_key

# PostgreSQL's index holds 2,704 bytes an entry; no two titles differ first after this many letters.
TITLE_KEY_LIMIT_CHARACTERS = 300
DELETED_AT_SOURCE = "taken back by its source"
NEVER = datetime.min.replace(tzinfo=UTC)
_ID_COLUMNS = ("paper_id", "scheme", "value", "version")
_AUTHOR_COLUMNS = ("paper_id", "position", "name", "given", "family", "orcid")
_RECORD_COLUMNS = (
    "paper_id", "source", "source_id", "source_version", "digest", "draft", "parser_version", "url",
    "retrieved_at", "is_current", "deleted",
)  # fmt: skip
_TEXT_COLUMNS = ("title", "abstract")


class WorkWriter:
    """Collects what a page changes, then writes it in bulk.

    Args:
        connection: Inside a write transaction.
        at: The present moment.
    """

    def __init__(self, connection: Connection, *, at: datetime) -> None:
        self._connection = connection
        self._at = at
        self._arrived: dict[int, list[RecordRow]] = defaultdict(list)
        self._names: dict[int, list[ExternalIdDraft]] = defaultdict(list)

    def touch(self, work: int, row: RecordRow, names: Iterable[ExternalIdDraft]) -> None:
        """Note that a record of a work is new or speaks again.

        Args:
            work: The work's number in the identity map.
            row: The record, with its draft.
            names: The record's canonical ids.
        """
        self._arrived[work].append(row)
        self._names[work].extend(names)

    def write(self, identity: IdentityMap) -> None:
        """Write everything that was noted.

        Args:
            identity: Knows which works turned out to be one.
        """
        if not self._arrived:
            return
        arrived: dict[int, list[RecordRow]] = defaultdict(list)
        names: dict[int, list[ExternalIdDraft]] = defaultdict(list)
        for work, rows in self._arrived.items():
            arrived[identity.root(work)].extend(rows)
            names[identity.root(work)].extend(self._names[work])
        absorbed = identity.absorbed()
        for work, others in absorbed.items():
            self._join(work, others)
        self._create({work: arrived[work] for work in arrived if work < 0}, names)
        self._renew({work: arrived[work] for work in arrived if work > 0}, names, absorbed)

    def renew(self, works: Iterable[int]) -> None:
        """Compute works anew from the records that stand under them now.

        Args:
            works: Row ids of papers.
        """
        chosen = list(works)
        if chosen:
            self._renew({work: [] for work in chosen}, defaultdict(list), {work: [] for work in chosen})

    def _join(self, work: int, others: list[int]) -> None:
        """Move everything that hangs on works to the one they are part of, then drop their empty rows."""
        revision = self._connection.scalar(
            select(PAPER.c.text_revision)
            .where(PAPER.c.id.in_([work, *others]))
            .order_by(PAPER.c.text_revision.desc())
        )
        first_seen = self._connection.scalar(
            select(PAPER.c.first_seen).where(PAPER.c.id.in_([work, *others])).order_by(PAPER.c.first_seen)
        )
        for piece in chunks(others):
            for table in (SOURCE_RECORD, EXTERNAL_ID, LABEL):
                self._connection.execute(
                    update(table).where(table.c.paper_id.in_(piece)).values(paper_id=work)
                )
            self._connection.execute(delete(AUTHORSHIP).where(AUTHORSHIP.c.paper_id.in_(piece)))
            self._connection.execute(delete(PAPER).where(PAPER.c.id.in_(piece)))
        # What a model said of either half was said of another text.
        self._connection.execute(
            update(PAPER)
            .where(PAPER.c.id == work)
            .values(text_revision=(revision or 0) + 1, first_seen=first_seen, updated_at=self._at)
        )

    def _create(self, arrived: dict[int, list[RecordRow]], names: dict[int, list[ExternalIdDraft]]) -> None:
        if not arrived:
            return
        papers: list[dict[str, Any]] = []
        merged_by_key: dict[str, tuple[int, PaperDraft, tuple[ExternalIdDraft, ...]]] = {}
        for work, rows in arrived.items():
            settle(rows, rows)
            merged = _merged(rows)
            ids = tuple(names[work]) if len(rows) == 1 else merge_ids(names[work])  # of one record: merged
            values = paper_values(merged, ids)
            papers.append({**values, "text_revision": 1, "first_seen": self._at, "updated_at": self._at})
            merged_by_key[values["key"]] = (work, merged, ids)
        # One statement of many rows, not many of one: FTS5 writes its buffer out at every statement
        # with a trigger (16,166 papers: 111 µs a paper one by one, 49 µs so).
        made = self._connection.execute(insert(PAPER).returning(PAPER.c.id, PAPER.c.key), papers)
        records: list[tuple[int, RecordRow]] = []
        externals: list[tuple[Any, ...]] = []
        authors: list[tuple[Any, ...]] = []
        for paper_id, key in made:
            work, merged, ids = merged_by_key[key]
            records.extend((paper_id, row) for row in arrived[work])
            externals.extend(_id_values(name, paper_id) for name in ids)
            authors.extend(_author_values(paper_id, merged.authors))
        self._insert_records(records)
        self._insert_plain(EXTERNAL_ID, _ID_COLUMNS, externals)
        self._insert_plain(AUTHORSHIP, _AUTHOR_COLUMNS, authors)

    def _renew(
        self,
        arrived: dict[int, list[RecordRow]],
        names: dict[int, list[ExternalIdDraft]],
        absorbed: dict[int, list[int]],
    ) -> None:
        works = sorted(arrived)
        stored_rows = self._stored_rows(
            works, {row.id: row for rows in arrived.values() for row in rows if row.id}
        )
        stored_names = self._stored_names(works)
        stored_authors = self._stored_authors(works)
        stored_papers = {
            paper["id"]: dict(paper)
            for piece in chunks(works)
            for paper in self._connection.execute(select(PAPER).where(PAPER.c.id.in_(piece))).mappings()
        }
        papers: list[dict[str, Any]] = []
        for work in works:
            rows = stored_rows[work]
            before = {id(row): row.is_current for row in rows}
            new = [row for row in arrived[work] if row.id is None]
            settle([*rows, *new], arrived[work])
            self._update_records([row for row in rows if row.is_current != before[id(row)]], arrived[work])
            self._insert_records([(work, row) for row in new])
            changed = self._write_names(work, stored_names[work], names[work])
            merged = _merged([*rows, *new])
            if merged.authors != tuple(stored_authors[work]):
                changed = True
                self._connection.execute(delete(AUTHORSHIP).where(AUTHORSHIP.c.paper_id == work))
                self._insert_plain(AUTHORSHIP, _AUTHOR_COLUMNS, list(_author_values(work, merged.authors)))
            stored = stored_papers[work]
            values = paper_values(merged, merge_ids([*stored_names[work].values(), *names[work]]))
            if changed or work in absorbed or any(stored[name] != value for name, value in values.items()):
                new_text = any(stored[name] != values[name] for name in _TEXT_COLUMNS)
                values["text_revision"] = stored["text_revision"] + int(new_text)
                papers.append({**values, "updated_at": self._at, "row_id": work})
        if papers:
            columns: dict[str, Any] = {name: bindparam(name) for name in papers[0] if name != "row_id"}
            self._connection.execute(
                update(PAPER).where(PAPER.c.id == bindparam("row_id")).values(columns), papers
            )

    def _stored_rows(self, works: list[int], arrived: dict[int, RecordRow]) -> dict[int, list[RecordRow]]:
        """Every stored record of the works, with drafts; those that arrived as the very same objects."""
        found: dict[int, list[RecordRow]] = defaultdict(list)
        columns = SOURCE_RECORD.c
        for piece in chunks(works):
            query = select(
                columns.paper_id, columns.draft, columns.id, columns.source, columns.source_id,
                columns.source_version, columns.digest, columns.deleted, columns.is_current,
                columns.parser_version, columns.url, columns.retrieved_at,
            ).where(columns.paper_id.in_(piece)).order_by(columns.id)  # fmt: skip
            for paper_id, draft, *rest in self._connection.execute(query):
                row = arrived.get(rest[0])
                if row is None:
                    row = RecordRow(*rest)
                    row.draft = PaperDraft.model_validate_json(draft)
                found[paper_id].append(row)
        return found

    def _stored_names(self, works: list[int]) -> dict[int, dict[str, ExternalIdDraft]]:
        found: dict[int, dict[str, ExternalIdDraft]] = defaultdict(dict)
        columns = EXTERNAL_ID.c
        for piece in chunks(works):
            for paper_id, scheme, value, version in self._connection.execute(
                select(columns.paper_id, columns.scheme, columns.value, columns.version).where(
                    columns.paper_id.in_(piece)
                )
            ):
                name = ExternalIdDraft(scheme=scheme, value=value, version=version)
                found[paper_id][name.key] = name
        return found

    def _stored_authors(self, works: list[int]) -> dict[int, list[AuthorDraft]]:
        found: dict[int, list[AuthorDraft]] = defaultdict(list)
        columns = AUTHORSHIP.c
        for piece in chunks(works):
            for paper_id, name, given, family, orcid in self._connection.execute(
                select(columns.paper_id, columns.name, columns.given, columns.family, columns.orcid)
                .where(columns.paper_id.in_(piece))
                .order_by(columns.paper_id, columns.position)
            ):
                found[paper_id].append(AuthorDraft(name=name, given=given, family=family, orcid=orcid))
        return found

    def _update_records(self, flipped: list[RecordRow], arrived: list[RecordRow]) -> None:
        rows = {row.id: row for row in [*flipped, *arrived] if row.id is not None}
        for row in rows.values():
            values: dict[str, Any] = {
                "is_current": row.is_current,
                "retrieved_at": row.retrieved_at,
                "parser_version": row.parser_version,
            }
            if row.draft is not None:
                values["draft"] = row.draft.model_dump_json(exclude_defaults=True)
            self._connection.execute(update(SOURCE_RECORD).where(SOURCE_RECORD.c.id == row.id).values(values))
        forget_keys(self._connection, [row.id for row in arrived if row.id is not None])

    def _write_names(
        self, work: int, stored: dict[str, ExternalIdDraft], arrived: list[ExternalIdDraft]
    ) -> bool:
        """Add names and raise versions; whether anything moved."""
        merged = {name.key: name for name in merge_ids([*stored.values(), *arrived])}
        new = [name for key, name in merged.items() if key not in stored]
        self._insert_plain(EXTERNAL_ID, _ID_COLUMNS, [_id_values(name, work) for name in new])
        raised = [
            name for key, name in merged.items() if key in stored and stored[key].version != name.version
        ]
        for name in raised:
            self._connection.execute(
                update(EXTERNAL_ID)
                .where(EXTERNAL_ID.c.scheme == name.scheme, EXTERNAL_ID.c.value == name.value)
                .values(version=name.version)
            )
        return bool(new or raised)

    def _insert_records(self, rows: list[tuple[int, RecordRow]]) -> None:
        """Insert source records, each under its work; moments go in as the column's type writes them."""
        dialect = self._connection.dialect
        written = SOURCE_RECORD.c.retrieved_at.type.dialect_impl(dialect).bind_processor(dialect)
        moments = {
            row.retrieved_at: written(row.retrieved_at) if written else row.retrieved_at for _, row in rows
        }
        self._insert_plain(
            SOURCE_RECORD,
            _RECORD_COLUMNS,
            [_record_values(row, paper_id, moments[row.retrieved_at]) for paper_id, row in rows],
        )

    def _insert_plain(self, table: Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        """Insert rows of texts and numbers without SQLAlchemy's look at each value: a tenth of the time."""
        if rows:
            mark = "?" if self._connection.dialect.name == "sqlite" else "%s"
            names, marks = ", ".join(columns), ", ".join(mark for _ in columns)
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  (constants)
            self._connection.exec_driver_sql(statement, rows)


def settle(rows: list[RecordRow], arrived: list[RecordRow]) -> None:
    """Decide which rows of each record are current. Changes `is_current` in place.

    A tombstone silences every other row of its record until the record arrives again. Among rows of
    one version the one that its source changed last speaks, then the one whose bytes came last, then
    the greater digest, so that the order within one harvest does not matter.

    Args:
        rows: Every row of a work, arrived ones included.
        arrived: Rows that arrived now; they win over an equally old tombstone.
    """
    if len(rows) == 1:
        rows[0].is_current = True
        return
    by_record: dict[tuple[str, str], list[RecordRow]] = defaultdict(list)
    for row in rows:
        by_record[row.record].append(row)
    fresh = {id(row) for row in arrived}
    for group in by_record.values():
        if not any(id(row) in fresh for row in group):
            continue
        live = [row for row in group if not row.deleted]
        tombstones = [row for row in group if row.deleted]
        last_live = max(live, key=lambda row: (row.retrieved_at, id(row) in fresh), default=None)
        last_gone = max(tombstones, key=lambda row: (row.retrieved_at, id(row) in fresh), default=None)
        if last_gone is not None and (last_live is None or _after(last_gone, last_live, fresh)):
            for row in group:
                row.is_current = row is last_gone
            continue
        for row in tombstones:
            row.is_current = False
        by_version: dict[int, list[RecordRow]] = defaultdict(list)
        for row in live:
            by_version[row.version].append(row)
        for same_version in by_version.values():
            best = max(same_version, key=_age)
            for row in same_version:
                row.is_current = row is best and (
                    last_gone is None or row.retrieved_at >= last_gone.retrieved_at
                )


def paper_values(merged: PaperDraft, ids: tuple[ExternalIdDraft, ...]) -> dict[str, Any]:
    """The columns of `paper` that follow from a merged draft and all ids of the work, best name first."""
    return {
        "key": ids[0].key,
        "title": merged.title,
        "title_key": title_key(merged.title)[:TITLE_KEY_LIMIT_CHARACTERS],
        "abstract": merged.abstract,
        "authors_text": "; ".join(author.name for author in merged.authors),
        "year": merged.year,
        "published": merged.published,
        "venue": merged.venue,
        "container_title": merged.container_title,
        "url": _safe_url(merged.url) or _first_url(ids),
        "source": merged.source,
        "licence": merged.licence,
        "language": merged.language,
        "retracted": merged.retracted,
    }


def _after(tombstone: RecordRow, live: RecordRow, fresh: set[int]) -> bool:
    if tombstone.retrieved_at != live.retrieved_at:
        return tombstone.retrieved_at > live.retrieved_at
    return id(tombstone) in fresh or id(live) not in fresh


def _age(row: RecordRow) -> tuple[datetime, datetime, str]:
    updated = row.draft.updated if row.draft is not None else None
    return (updated or NEVER, row.retrieved_at, row.digest)


def _merged(rows: list[RecordRow]) -> PaperDraft:
    """What the current records say together; when all were taken back, what they last said."""
    live = [row.draft for row in rows if row.is_current and not row.deleted and row.draft is not None]
    if live:
        return live[0] if len(live) == 1 else merge_drafts(live)
    known = [row.draft for row in rows if not row.deleted and row.draft is not None]
    merged = merge_drafts(known)
    return merged.model_copy(update={"retracted": merged.retracted or DELETED_AT_SOURCE})


def _record_values(row: RecordRow, paper_id: int, retrieved_at: object) -> tuple[Any, ...]:
    """A row of `source_record` in the order of `_RECORD_COLUMNS`."""
    if row.draft is None:
        raise ValueError("a record without a draft cannot be stored")
    draft = row.draft.model_dump_json(exclude_defaults=True)
    return (
        paper_id, row.source, row.source_id, row.version, row.digest, draft, row.parser_version, row.url,
        retrieved_at, row.is_current, row.deleted,
    )  # fmt: skip


def _id_values(name: ExternalIdDraft, paper_id: int) -> tuple[Any, ...]:
    return (paper_id, name.scheme, name.value, name.version)


def _author_values(paper_id: int, authors: Iterable[AuthorDraft]) -> Iterable[tuple[Any, ...]]:
    for position, author in enumerate(authors):
        yield (paper_id, position, author.name, author.given, author.family, author.orcid)


def _safe_url(url: str | None) -> str | None:
    """A landing page that may stand in a link: http or https, or nothing."""
    if not url:
        return None
    try:
        return parse_url_id(url).value
    except ExternalIdError:
        return None


def _first_url(ids: tuple[ExternalIdDraft, ...]) -> str | None:
    urls = (external_id_url(name.scheme, name.value) for name in sort_ids(ids))
    return next((url for url in urls if url), None)
