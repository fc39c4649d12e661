"""Which work a record speaks of: by shared ids and by earlier records, never by title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from db.tables import EXTERNAL_ID, SOURCE_RECORD, chunks
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedRecord

RecordKey = tuple[str, str]  # source, source id
NamedRecord = tuple[ParsedRecord, tuple[ExternalIdDraft, ...]]


@dataclass
class RecordRow:
    """A source record, stored or about to be.

    Attributes:
        id: Row id; None until stored.
        source: Name of the source.
        source_id: The source's id.
        version: Version, 0 where the source has none.
        digest: Of its bytes.
        deleted: Whether it is a tombstone.
        is_current: Whether it speaks for its version.
        parser_version: Of the parser that read it.
        url: Where it came from.
        retrieved_at: When its bytes last became news.
        draft: What it says; None while not loaded.
    """

    id: int | None
    source: str
    source_id: str
    version: int
    digest: str
    deleted: bool
    is_current: bool
    parser_version: int
    url: str
    retrieved_at: datetime
    draft: PaperDraft | None = None

    @property
    def record(self) -> RecordKey:
        """Source and source id."""
        return (self.source, self.source_id)

    @property
    def bytes_key(self) -> tuple[int, str, bool]:
        """What tells it from the other rows of its record."""
        return (self.version, self.digest, self.deleted)


class IdentityMap:
    """What the store knows of the names on a page, and what the page adds to it.

    Works are numbered by their row ids; works that the page creates by negative numbers until they
    are written.

    Args:
        connection: Inside a write transaction.
        named: The page's records with their canonical ids.
    """

    def __init__(self, connection: Connection, named: Sequence[NamedRecord]) -> None:
        self._parent: dict[int, int] = {}
        self._work_by_id: dict[str, int] = {}
        self._work_by_record: dict[RecordKey, int] = {}
        self._rows: dict[RecordKey, dict[tuple[int, str, bool], RecordRow]] = defaultdict(dict)
        self._created = 0
        self._load_records(connection, ((record.draft.source, record.draft.source_id) for record, _ in named))
        self._load_ids(connection, (name for _, names in named for name in names))

    def rows(self, record: RecordKey) -> dict[tuple[int, str, bool], RecordRow]:
        """Every row of a record, by version, digest and tombstone flag; add new ones here."""
        return self._rows[record]

    def root(self, work: int) -> int:
        """The work that a work has become part of, or itself."""
        while (parent := self._parent.get(work, work)) != work:
            work = parent
        return work

    def resolve(self, record: RecordKey, names: Iterable[ExternalIdDraft]) -> tuple[int, bool, bool]:
        """Find or make the work of a record, joining works that the record shows to be one.

        Args:
            record: Source and source id.
            names: The record's canonical ids.

        Returns:
            The work; whether it is new; whether works were joined.
        """
        keys = [name.key for name in names]
        found = {self.root(self._work_by_id[key]) for key in keys if key in self._work_by_id}
        if record in self._work_by_record:
            found.add(self.root(self._work_by_record[record]))
        if found:
            # The oldest stored work stays, else the first one that this page made.
            root = min(found, key=lambda work: (work < 0, abs(work)))
        else:
            self._created += 1
            root = -self._created
        for other in found - {root}:
            self._parent[other] = root
        for key in keys:
            self._work_by_id[key] = root
        self._work_by_record[record] = root
        return root, not found, len(found) > 1

    def absorbed(self) -> dict[int, list[int]]:
        """Stored works that became part of another stored work, by that work."""
        joined: dict[int, list[int]] = defaultdict(list)
        for work in self._parent:
            if work > 0:
                joined[self.root(work)].append(work)
        return dict(joined)

    def _load_records(self, connection: Connection, records: Iterable[RecordKey]) -> None:
        by_source: dict[str, dict[str, None]] = defaultdict(dict)
        for source, source_id in records:
            by_source[source][source_id] = None
        columns = SOURCE_RECORD.c
        for source, source_ids in by_source.items():
            for piece in chunks(source_ids):
                query = select(
                    columns.paper_id, columns.id, columns.source_id, columns.source_version, columns.digest,
                    columns.deleted, columns.is_current, columns.parser_version, columns.url,
                    columns.retrieved_at,
                ).where(columns.source == source, columns.source_id.in_(piece))  # fmt: skip
                for paper_id, row_id, source_id, *rest in connection.execute(query):
                    row = RecordRow(row_id, source, source_id, *rest)
                    self._rows[row.record][row.bytes_key] = row
                    self._work_by_record[row.record] = paper_id

    def _load_ids(self, connection: Connection, names: Iterable[ExternalIdDraft]) -> None:
        by_scheme: dict[str, dict[str, None]] = defaultdict(dict)
        for name in names:
            by_scheme[name.scheme][name.value] = None
        columns = EXTERNAL_ID.c
        for scheme, values in by_scheme.items():
            for piece in chunks(values):
                query = select(columns.value, columns.paper_id).where(
                    columns.scheme == scheme, columns.value.in_(piece)
                )
                for value, paper_id in connection.execute(query):
                    self._work_by_id[f"{scheme}:{value}"] = paper_id
