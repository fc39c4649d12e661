"""One paper with everything that is known of it: records, labels, evidence, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import RowMapping, select
from sqlmodel import Session

from db.tables import (
    CLASSIFIER_RUN,
    EXTERNAL_ID,
    LABEL,
    LABEL_CELL,
    LABEL_TOPIC,
    PAPER,
    RETRACTION,
    SOURCE_RECORD,
)
from foundation.errors import RefusedInputError
from landscape.reading import evidence_views, paper_rows, safe_url, scored_names
from landscape.selection import papers_with_labels
from landscape.types import EVERYTHING, LabelView, PaperDetail, SourceRecordView
from papers.draft import PaperDraft
from taxonomy.models import Taxonomy


def get_paper(session: Session, taxonomy: Taxonomy, public_id: str) -> PaperDetail:
    """Read one paper.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        public_id: `scheme:value`, any of the paper's ids.

    Returns:
        Everything known of it.

    Raises:
        RefusedInputError: No paper has this id.
    """
    paper = _find(session, public_id)
    if paper is None:
        raise RefusedInputError(
            "no paper in the store has this id", hint="Look for it with `landscape search`", id=public_id
        )
    found = session.execute(
        papers_with_labels(session, taxonomy, as_of=None, chosen=EVERYTHING).where(PAPER.c.id == paper.id)
    ).all()
    (row,) = paper_rows(session, taxonomy, found)
    labels = _labels(session, paper.id, found[0].assignment_id)
    current = next((label for label in labels if label.is_current), None)
    return PaperDetail(
        row=row,
        abstract=paper.abstract,
        container_title=paper.container_title,
        licence=paper.licence,
        language=paper.language,
        retracted=paper.retracted,
        source=paper.source,
        first_seen=paper.first_seen,
        updated_at=paper.updated_at,
        relevance=current.relevance if current else None,
        evidence=current.evidence if current else (),
        records=_records(session, paper.id),
        labels=labels,
    )


def _find(session: Session, public_id: str) -> Any:
    scheme, _, value = public_id.strip().partition(":")
    by_name = select(EXTERNAL_ID.c.paper_id).where(
        EXTERNAL_ID.c.scheme == scheme, EXTERNAL_ID.c.value == value
    )
    for condition in (PAPER.c.key == public_id.strip(), PAPER.c.id.in_(by_name)):
        row = session.execute(select(PAPER).where(condition)).first()
        if row is not None:
            return row
    return None


def _records(session: Session, paper_id: int) -> tuple[SourceRecordView, ...]:
    record = SOURCE_RECORD.c
    statement = (
        select(SOURCE_RECORD).where(record.paper_id == paper_id).order_by(record.retrieved_at, record.id)
    )
    return tuple(
        SourceRecordView(
            source=row.source,
            source_id=row.source_id,
            version=row.source_version or None,
            title=_title(row.draft),
            url=safe_url(row.url),
            retrieved_at=row.retrieved_at,
            digest=row.digest,
            is_current=row.is_current,
            deleted=row.deleted,
        )
        for row in session.execute(statement)
    )


def _title(draft: str) -> str:
    try:
        return PaperDraft.model_validate_json(draft).title
    except ValidationError:
        return ""  # a draft of an older shape: its record is still shown, without a title of its own


def _labels(session: Session, paper_id: int, current: int | None) -> tuple[LabelView, ...]:
    statement = (
        select(
            LABEL,
            CLASSIFIER_RUN.c.name.label("run_name"),
            CLASSIFIER_RUN.c.digest.label("run_digest"),
            RETRACTION.c.by.label("retracted_by"),
            RETRACTION.c.retracted_at,
        )
        .select_from(LABEL)
        .outerjoin(CLASSIFIER_RUN, CLASSIFIER_RUN.c.id == LABEL.c.run_id)
        .outerjoin(RETRACTION, RETRACTION.c.assignment_id == LABEL.c.id)
        .where(LABEL.c.paper_id == paper_id)
        .order_by(LABEL.c.id.desc())
    )
    rows = session.execute(statement).mappings().all()
    ids = [row["id"] for row in rows]
    cells = scored_names(session, LABEL_CELL, LABEL_CELL.c.cell, ids)
    topics = scored_names(session, LABEL_TOPIC, LABEL_TOPIC.c.topic, ids)
    return tuple(_label(row, cells, topics, current) for row in rows)


def _label(
    row: RowMapping,
    cells: Mapping[int, list[tuple[str, float]]],
    topics: Mapping[int, list[tuple[str, float]]],
    current: int | None,
) -> LabelView:
    return LabelView(
        id=row["id"],
        verdict=row["verdict"],
        relevance=row["relevance"],
        cells=tuple(cells.get(row["id"], ())),
        topics=tuple(topics.get(row["id"], ())),
        method=row["method"],
        by=row["by"],
        run=f"{row['run_name']} {row['run_digest'][:12]}" if row["run_name"] else None,
        taxonomy_version=row["taxonomy_version"],
        at=row["created_at"],
        note=row["note"],
        evidence=evidence_views(row["evidence"]),
        is_current=row["id"] == current,
        retracted_by=row["retracted_by"],
        retracted_at=row["retracted_at"],
    )
