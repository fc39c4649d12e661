"""One hash over what a store knows: the same input, the same hash, on SQLite and PostgreSQL.

In: papers, their ids and authors, the digests of their source records, and people's labels. Out:
runs, cursors, leases, times, row ids, rejects, labels of models and of the library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session

from db.tables import (
    AUTHORSHIP,
    EXTERNAL_ID,
    LABEL,
    LABEL_CELL,
    LABEL_TOPIC,
    PAPER,
    RETRACTION,
    SOURCE_RECORD,
)

FORMAT = "landscape-content-1"  # raised when the meaning of the hash changes
_ROWS_AT_ONCE = 1_000
_PAPER_COLUMNS = (
    "key", "title", "abstract", "year", "published", "venue", "container_title", "url", "source", "licence",
    "language", "retracted",
)  # fmt: skip


def content_hash(session: Session) -> str:
    """Hash what a store knows, paper by paper, in order of key.

    Args:
        session: A session; memory does not grow with the store.

    Returns:
        SHA-256, hex.
    """
    digest = hashlib.sha256(FORMAT.encode())
    collation = "BINARY" if session.get_bind().dialect.name == "sqlite" else "C"
    key = PAPER.c.key.collate(collation)
    papers = _rows(session, select(*(PAPER.c[name] for name in _PAPER_COLUMNS)).order_by(key))
    ids = _Beside(
        _rows(session, _of_papers(EXTERNAL_ID, "scheme", "value", "version", key=key)), ordered=False
    )
    authors = _Beside(
        _rows(session, _of_papers(AUTHORSHIP, "position", "name", "given", "family", "orcid", key=key)),
        ordered=False,
    )
    records = _Beside(
        _rows(
            session,
            _of_papers(
                SOURCE_RECORD, "source", "source_id", "source_version", "digest", "is_current", "deleted",
                key=key,
            ),
        ),
        ordered=False,
    )  # fmt: skip
    labels = _Beside(_labels(session, key), ordered=True)
    for paper in papers:
        name = paper[0]
        entry = {
            "paper": [_plain(value) for value in paper],
            "ids": ids.of(name),
            "authors": authors.of(name),
            "records": records.of(name),
            "labels": labels.of(name),
        }
        digest.update(b"\n")
        digest.update(json.dumps(entry, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


class _Beside:
    """Rows of another table, walked in step with the papers.

    Args:
        rows: `(key, …)` in order of key.
        ordered: Whether the order within a paper means something; otherwise it is made canonical.
    """

    def __init__(self, rows: Iterator[Any], *, ordered: bool) -> None:
        self._groups = groupby(rows, key=lambda row: row[0])
        self._ordered = ordered
        self._next: tuple[str, list[Any]] | None = None
        self._advance()

    def of(self, key: str) -> list[Any]:
        """The rows of one paper; keys must be asked for in order."""
        if self._next is None or self._next[0] != key:
            return []
        rows = self._next[1]
        self._advance()
        return rows

    def _advance(self) -> None:
        found = next(self._groups, None)
        if found is None:
            self._next = None
            return
        rows = [[_plain(value) for value in row[1:]] for row in found[1]]
        self._next = (found[0], rows if self._ordered else sorted(rows, key=json.dumps))


def _rows(session: Session, query: Select[Any]) -> Iterator[Any]:
    yield from session.connection().execute(query.execution_options(yield_per=_ROWS_AT_ONCE))


def _of_papers(table: Any, *columns: str, key: ColumnElement[str]) -> Select[Any]:
    return (
        select(PAPER.c.key, *(table.c[name] for name in columns))
        .join(table, table.c.paper_id == PAPER.c.id)
        .order_by(key)
    )


def _labels(session: Session, key: ColumnElement[str]) -> Iterator[Any]:
    """People's labels in the order they were made, each whole."""
    query = (
        select(
            PAPER.c.key, LABEL.c.id, LABEL.c.verdict, LABEL.c.relevance, LABEL.c.by, LABEL.c.note,
            LABEL.c.taxonomy_version, RETRACTION.c.by.label("retracted_by"),
        )
        .join(LABEL, LABEL.c.paper_id == PAPER.c.id)
        .outerjoin(RETRACTION, RETRACTION.c.assignment_id == LABEL.c.id)
        .where(LABEL.c.method == "person")
        .order_by(key, LABEL.c.id)
    )  # fmt: skip
    for name, assignment_id, *facts in _rows(session, query):
        connection = session.connection()
        cells = connection.execute(
            select(LABEL_CELL.c.cell, LABEL_CELL.c.score)
            .where(LABEL_CELL.c.assignment_id == assignment_id)
            .order_by(LABEL_CELL.c.position)
        )
        topics = connection.execute(
            select(LABEL_TOPIC.c.topic, LABEL_TOPIC.c.score)
            .where(LABEL_TOPIC.c.assignment_id == assignment_id)
            .order_by(LABEL_TOPIC.c.position)
        )
        yield (name, *facts, [list(row) for row in cells], [list(row) for row in topics])


def _plain(value: Any) -> Any:
    """A value as JSON has it on every database."""
    if isinstance(value, (str, int, float, list)) or value is None:
        return value
    return value.isoformat()
