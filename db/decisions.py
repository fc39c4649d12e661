"""People's labels out and in: JSONL rows `{id, verdict, cell, topics, by, at}`.

Two more keys stand in a row only where they say something: `cells` when there is more than one cell, and
`note`. What was taken back is not exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import select
from sqlmodel import Session

from db.labels import NewLabel, Verdict, add_labels
from db.papers import find_paper
from db.tables import LABEL, LABEL_CELL, LABEL_TOPIC, PAPER, RETRACTION
from foundation.clock import as_utc
from foundation.errors import RefusedInputError
from papers.text import clean_text
from taxonomy.models import Taxonomy


class HumanLabel(BaseModel):
    """One row of a label file.

    Attributes:
        id: Any id of the paper.
        verdict: not-relevant, labelled, cell-no-topic or unsure.
        cell: Primary cell, or None for a paper that is not relevant.
        cells: Every cell, primary first; may be left out when there is one.
        topics: Topic ids, best first.
        by: Who said so.
        at: When, with a time zone.
        note: Why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=2_000)
    verdict: Verdict
    cell: str | None = None
    cells: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    by: str = Field(min_length=1, max_length=300)
    at: AwareDatetime
    note: str = Field(default="", max_length=5_000)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> HumanLabel:
        if (self.verdict == "not-relevant") != (self.cell is None):
            raise ValueError("a relevant paper needs a cell, any other has none")
        if self.cells and self.cells[0] != self.cell:
            raise ValueError("the first of `cells` must be `cell`")
        if self.cell is None and self.topics:
            raise ValueError("a paper that is not relevant has no topics")
        return self


@dataclass(frozen=True)
class LabelImport:
    """What became of a label file.

    Attributes:
        added: Labels stored.
        known: Labels that the store had already.
        unresolved: Ids of papers that are not in the store.
    """

    added: int
    known: int
    unresolved: tuple[str, ...]


def export_human_labels(session: Session) -> Iterator[dict[str, Any]]:
    """People's labels that stand, in the order they were made.

    Args:
        session: A session.

    Yields:
        Rows ready for JSON.
    """
    connection = session.connection()
    query = (
        select(LABEL.c.id, PAPER.c.key, LABEL.c.verdict, LABEL.c.by, LABEL.c.created_at, LABEL.c.note)
        .join(PAPER, PAPER.c.id == LABEL.c.paper_id)
        .where(LABEL.c.method == "person", LABEL.c.id.not_in(select(RETRACTION.c.assignment_id)))
        .order_by(LABEL.c.id)
    )
    for assignment_id, key, verdict, by, created_at, note in connection.execute(query).all():
        cells = _names(session, LABEL_CELL, "cell", assignment_id)
        row: dict[str, Any] = {
            "id": key,
            "verdict": verdict,
            "cell": cells[0] if cells else None,
            "topics": _names(session, LABEL_TOPIC, "topic", assignment_id),
            "by": by,
            "at": created_at.isoformat(),
        }
        if len(cells) > 1:
            row["cells"] = cells
        if note:
            row["note"] = note
        yield row


def import_human_labels(
    session: Session, rows: Iterable[Mapping[str, Any]], *, taxonomy: Taxonomy
) -> LabelImport:
    """Store people's labels. The same file again changes nothing.

    Args:
        session: A session of `Store.write`.
        rows: Rows of a label file; retired topics are followed to their successors.
        taxonomy: The grid in force.

    Returns:
        What became of them; labels of papers that the store lacks are listed, not stored.

    Raises:
        RefusedInputError: A row is not of the shape, or names a cell or topic that does not exist; it
            is named by its number, and nothing is stored if the caller's session is left.
    """
    added = known = 0
    unresolved: list[str] = []
    for number, row in enumerate(rows, 1):
        label = _validated(row, number, taxonomy)
        paper = find_paper(session, label.id)
        if paper is None or paper.id is None:
            unresolved.append(label.id)
        elif _is_known(session, paper.id, label, taxonomy.version):
            known += 1
        else:
            cells = label.cells or ((label.cell,) if label.cell else ())
            new = NewLabel(
                paper_id=paper.id,
                verdict=label.verdict,
                relevance=0.0 if label.verdict == "not-relevant" else 1.0,
                cells=tuple((cell, 1.0) for cell in cells),
                topics=tuple((topic, 1.0) for topic in label.topics),
                method="person",
                by=label.by,
                note=label.note,
            )
            added += add_labels(session, None, [new], taxonomy_version=taxonomy.version, at=as_utc(label.at))
    return LabelImport(added, known, tuple(unresolved))


def _validated(row: Mapping[str, Any], number: int, taxonomy: Taxonomy) -> HumanLabel:
    try:
        label = HumanLabel.model_validate(dict(row))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "row"
        raise RefusedInputError(
            f"label {number} cannot be read: {where}: {first['msg']}",
            hint='A row is {"id", "verdict", "cell", "topics", "by", "at"}; `at` has a time zone',
        ) from error
    for cell in {*label.cells, label.cell} - {None}:
        if cell not in taxonomy.cells:
            raise RefusedInputError(f"label {number} names a cell that does not exist", cell=cell)
    topics: list[str] = []
    for topic in label.topics:
        current = taxonomy.resolve_topic(topic)
        if current is None:
            raise RefusedInputError(f"label {number} names a topic that does not exist", topic=topic)
        if current not in topics:
            topics.append(current)
    return label.model_copy(
        update={"topics": tuple(topics), "by": clean_text(label.by), "note": clean_text(label.note)}
    )


def _is_known(session: Session, paper_id: int, label: HumanLabel, taxonomy_version: str) -> bool:
    query = select(LABEL.c.id).where(
        LABEL.c.paper_id == paper_id,
        LABEL.c.method == "person",
        LABEL.c.by == label.by,
        LABEL.c.verdict == label.verdict,
        LABEL.c.created_at == as_utc(label.at),
        LABEL.c.note == label.note,
        LABEL.c.taxonomy_version == taxonomy_version,
    )
    cells = list(label.cells or ((label.cell,) if label.cell else ()))
    return any(
        _names(session, LABEL_CELL, "cell", assignment_id) == cells
        and _names(session, LABEL_TOPIC, "topic", assignment_id) == list(label.topics)
        for assignment_id in session.connection().execute(query).scalars().all()
    )


def _names(session: Session, table: Any, column: str, assignment_id: int) -> list[str]:
    query = select(table.c[column]).where(table.c.assignment_id == assignment_id).order_by(table.c.position)
    return list(session.connection().execute(query).scalars())
