"""What people, the library and models say of papers. Append-only; the current label is a query.

Authority orders labels: 2 for a person or the curated library, 1 for a model. A run never touches what
a person said, since nothing is ever updated: a paper's current label is the one of highest authority,
then the newest, among those not taken back. What people and the library said holds on every version of the
grid (readers follow retired topics to their successors); what a model said holds on its own version alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, func, insert, or_, select, update
from sqlmodel import Session

from db.tables import (
    CLASSIFIER_RUN,
    LABEL,
    LABEL_CELL,
    LABEL_TOPIC,
    PAPER,
    RETRACTION,
    chunks,
)
from foundation.errors import RefusedInputError
from papers.text import clean_text

Method = Literal["model", "library", "person"]
Verdict = Literal["not-relevant", "labelled", "cell-no-topic", "unsure"]

AUTHORITY: Final[dict[str, int]] = {"model": 1, "library": 2, "person": 2}
VERDICTS: Final = ("not-relevant", "labelled", "cell-no-topic", "unsure")
BATCH_PAPERS: Final = 500
# Runs of this name repeat for a group's papers what a person said of the group (`db.discovery`); they
# stand beside the model in force and do not replace it.
GROUP_RUN: Final = "group of like papers"


@dataclass(frozen=True)
class NewLabel:
    """A label to be stored.

    Attributes:
        paper_id: Row id of the paper.
        verdict: not-relevant, labelled, cell-no-topic or unsure.
        relevance: Probability in [0, 1] that the paper is on the subject; 0 or 1 from people.
        cells: Cell ids with scores, primary first.
        topics: Topic ids with scores, best first.
        evidence: What spoke for it: `{"text", "cell", "weight"}`.
        method: model, library or person.
        by: Name of the model, the library, or who.
        note: Free text of a person.
        text_revision: Of the text that was judged (`PaperToLabel.text_revision`); None means
            the paper's present text.
    """

    paper_id: int
    verdict: str
    relevance: float
    cells: tuple[tuple[str, float], ...] = ()
    topics: tuple[tuple[str, float], ...] = ()
    evidence: tuple[dict[str, object], ...] = ()
    method: str = "model"
    by: str = ""
    note: str = ""
    text_revision: int | None = None


@dataclass(frozen=True)
class PaperToLabel:
    """A paper that a classifier should read.

    Attributes:
        paper_id: Row id.
        title: Title.
        abstract: Abstract, or "".
        text_revision: To be handed back in `NewLabel`, so that a text that changes while it is being
            read stays stale.
    """

    paper_id: int
    title: str
    abstract: str
    text_revision: int


def begin_classifier_run(
    session: Session, *, method: str, name: str, digest: str, taxonomy_version: str, at: datetime
) -> int:
    """Note that a model, or the library, begins to write labels.

    Args:
        session: A session of `Store.write`.
        method: model or library.
        name: Of the model.
        digest: Of weights and configuration, or of the library.
        taxonomy_version: Version of the grid.
        at: The present moment.

    Returns:
        The run's id.

    Raises:
        RefusedInputError: The method is neither.
    """
    if method not in ("model", "library"):
        raise RefusedInputError("runs are of a model or of the library", method=method)
    statement = insert(CLASSIFIER_RUN).returning(CLASSIFIER_RUN.c.id)
    values = {
        "method": method, "name": name, "digest": digest, "taxonomy_version": taxonomy_version,
        "started_at": at, "finished_at": None, "papers": 0,
    }  # fmt: skip
    return int(session.connection().execute(statement, values).scalar_one())


def finish_classifier_run(session: Session, run_id: int, *, at: datetime, papers: int | None = None) -> None:
    """Note that a run has labelled all that it was to label.

    Args:
        session: A session of `Store.write`.
        run_id: The run.
        at: The present moment.
        papers: How many papers it labelled; None keeps the count that `add_labels` made.
    """
    values: dict[str, Any] = {"finished_at": at}
    if papers is not None:
        values["papers"] = papers
    session.connection().execute(update(CLASSIFIER_RUN).where(CLASSIFIER_RUN.c.id == run_id).values(values))


def has_classifier_run(session: Session, *, method: str, digest: str, taxonomy_version: str) -> bool:
    """Whether a run of just this model or library has ended.

    Args:
        session: A session.
        method: model or library.
        digest: Of the model or library.
        taxonomy_version: Version of the grid.

    Returns:
        True for a finished run; one that was killed does not count.
    """
    columns = CLASSIFIER_RUN.c
    query = select(columns.id).where(
        columns.method == method,
        columns.digest == digest,
        columns.taxonomy_version == taxonomy_version,
        columns.finished_at.is_not(None),
    )
    return session.connection().execute(query.limit(1)).first() is not None


def has_labels(session: Session) -> bool:
    """Whether anybody or anything has labelled a paper in this store.

    Args:
        session: A session.
    """
    return session.connection().execute(select(LABEL.c.id).limit(1)).first() is not None


def add_labels(
    session: Session,
    run_id: int | None,
    labels: Sequence[NewLabel],
    *,
    taxonomy_version: str,
    at: datetime,
) -> int:
    """Store labels.

    Args:
        session: A session of `Store.write`.
        run_id: The run that made them; None for a person's.
        labels: The labels. A paper that the run has labelled already, for the same text, is skipped,
            so that a run that was killed can go on.
        taxonomy_version: Version of the grid that they speak of.
        at: The present moment.

    Returns:
        How many were stored.

    Raises:
        RefusedInputError: A paper does not exist, or a label contradicts itself.
    """
    if not labels:
        return 0
    for label in labels:
        _check(label, run_id)
    connection = session.connection()
    revisions = {
        paper_id: revision
        for piece in chunks({label.paper_id for label in labels})
        for paper_id, revision in connection.execute(
            select(PAPER.c.id, PAPER.c.text_revision).where(PAPER.c.id.in_(piece))
        )
    }
    missing = sorted({label.paper_id for label in labels} - set(revisions))
    if missing:
        raise RefusedInputError("a label speaks of a paper that is not in the store", papers=missing[:5])
    done: set[tuple[int, int]] = set()
    if run_id is not None:
        done = {
            (paper_id, revision)
            for piece in chunks(revisions)
            for paper_id, revision in connection.execute(
                select(LABEL.c.paper_id, LABEL.c.text_revision).where(
                    LABEL.c.run_id == run_id, LABEL.c.paper_id.in_(piece)
                )
            )
        }
    fresh: list[tuple[NewLabel, int]] = []
    for label in labels:
        revision = revisions[label.paper_id] if label.text_revision is None else label.text_revision
        if (label.paper_id, revision) in done:
            continue
        if run_id is not None:
            done.add((label.paper_id, revision))
        fresh.append((label, revision))
    if not fresh:
        return 0
    ids = connection.execute(
        insert(LABEL).returning(LABEL.c.id, sort_by_parameter_order=True),
        [
            {
                "paper_id": label.paper_id,
                "run_id": run_id,
                "method": label.method,
                "authority": AUTHORITY[label.method],
                "by": clean_text(label.by),
                "verdict": label.verdict,
                "relevance": label.relevance,
                "taxonomy_version": taxonomy_version,
                "text_revision": revision,
                "created_at": at,
                "note": clean_text(label.note),
                "evidence": list(label.evidence),
            }
            for label, revision in fresh
        ],
    ).scalars()
    cells: list[dict[str, Any]] = []
    topics: list[dict[str, Any]] = []
    for (label, _), assignment_id in zip(fresh, ids, strict=True):
        cells.extend(
            {"assignment_id": assignment_id, "position": position, "cell": cell, "score": score}
            for position, (cell, score) in enumerate(label.cells)
        )
        topics.extend(
            {"assignment_id": assignment_id, "position": position, "topic": topic, "score": score}
            for position, (topic, score) in enumerate(label.topics)
        )
    if cells:
        connection.execute(insert(LABEL_CELL), cells)
    if topics:
        connection.execute(insert(LABEL_TOPIC), topics)
    if run_id is not None:
        connection.execute(
            update(CLASSIFIER_RUN)
            .where(CLASSIFIER_RUN.c.id == run_id)
            .values(papers=CLASSIFIER_RUN.c.papers + len(fresh))
        )
    session.expire_all()
    return len(fresh)


def retract_label(session: Session, assignment_id: int, *, by: str, at: datetime) -> bool:
    """Take a label back. The label stays, and counts for moments before now.

    Args:
        session: A session of `Store.write`.
        assignment_id: Which.
        by: Who takes it back.
        at: The present moment.

    Returns:
        Whether anything changed: False where it had been taken back before.

    Raises:
        RefusedInputError: There is no such label.
    """
    connection = session.connection()
    if connection.execute(select(LABEL.c.id).where(LABEL.c.id == assignment_id)).first() is None:
        raise RefusedInputError("there is no such label", label=assignment_id)
    known = select(RETRACTION.c.assignment_id).where(RETRACTION.c.assignment_id == assignment_id)
    if connection.execute(known).first() is not None:
        return False
    connection.execute(insert(RETRACTION), {"assignment_id": assignment_id, "by": by, "retracted_at": at})
    return True


def current_assignment_id(
    paper_id: ColumnElement[int], *, taxonomy_version: str, as_of: datetime | None = None
) -> ScalarSelect[int]:
    """The id of a paper's current label, as an expression: NULL where it has none.

    Read from the end of one index entry range a paper, which neither database can plan badly:
    100,000 papers with 201,000 labels in 0.14 s. (A grouped subquery is as fast alone, but SQLite joins
    to it without an index, and a page then takes minutes.)

    Args:
        paper_id: The column that names the paper.
        taxonomy_version: Version of the grid in force; a model's labels of other versions do not
            count, people's and the library's do.
        as_of: What was current at that moment, inclusive; None means now.

    Returns:
        A scalar subquery, correlated to the column's table.
    """
    candidate = LABEL.alias("candidate")
    taken_back = select(RETRACTION.c.assignment_id)
    if as_of is not None:
        taken_back = taken_back.where(RETRACTION.c.retracted_at <= as_of)
    query = select(candidate.c.id).where(
        candidate.c.paper_id == paper_id,
        _counts_on(candidate, taxonomy_version),
        candidate.c.id.not_in(taken_back),
    )
    if as_of is not None:
        query = query.where(candidate.c.created_at <= as_of)
    return (
        query.order_by(candidate.c.authority.desc(), candidate.c.id.desc())
        .limit(1)
        .correlate_except(candidate, RETRACTION)
        .scalar_subquery()
    )


def current_labels(*, taxonomy_version: str, as_of: datetime | None = None) -> Select[Any]:
    """The current label of every labelled paper.

    Args:
        taxonomy_version: Version of the grid in force; a model's labels of other versions do not
            count, people's and the library's do.
        as_of: What was current at that moment, inclusive; None means now.

    Returns:
        A select with one row a paper and the columns `assignment_id, paper_id, verdict,
        relevance, method, by`. Use it as `.subquery()`, which both databases merge into the query
        around it, so that it may be joined to papers from either side.
    """
    best = current_assignment_id(LABEL.c.paper_id, taxonomy_version=taxonomy_version, as_of=as_of)
    return select(
        LABEL.c.id.label("assignment_id"),
        LABEL.c.paper_id,
        LABEL.c.verdict,
        LABEL.c.relevance,
        LABEL.c.method,
        LABEL.c.by,
    ).where(_counts_on(LABEL, taxonomy_version), LABEL.c.id == best)


def _counts_on(label: FromClause, taxonomy_version: str) -> ColumnElement[bool]:
    return or_(label.c.taxonomy_version == taxonomy_version, label.c.authority == AUTHORITY["person"])


def papers_to_label(
    session: Session,
    *,
    digest: str,
    taxonomy_version: str,
    everything: bool = False,
    after_paper_id: int = 0,
    limit: int = BATCH_PAPERS,
) -> list[PaperToLabel]:
    """The next papers that a model should read: not yet read by it, or changed since.

    A batch a call, each in a session of its own, so that neither the model holds up a writer nor a
    harvest the model.

    Args:
        session: A session.
        digest: The model's digest.
        taxonomy_version: Version of the grid in force.
        everything: All papers, labelled or not.
        after_paper_id: Row id of the last paper of the batch before; 0 for the first batch.
        limit: Papers a batch.

    Returns:
        Papers in order of row id; empty at the end.
    """
    query = _to_label(digest, taxonomy_version, everything=everything)
    query = query.where(PAPER.c.id > after_paper_id).order_by(PAPER.c.id).limit(limit)
    return [
        PaperToLabel(paper_id, title, abstract or "", revision)
        for paper_id, title, abstract, revision in session.connection().execute(query)
    ]


def count_papers_to_label(
    session: Session, *, digest: str, taxonomy_version: str, everything: bool = False
) -> int:
    """How many papers `papers_to_label` would yield.

    Args:
        session: A session.
        digest: The model's digest.
        taxonomy_version: Version of the grid in force.
        everything: All papers.

    Returns:
        Their number.
    """
    query = _to_label(digest, taxonomy_version, everything=everything).subquery()
    return int(session.connection().scalar(select(func.count()).select_from(query)) or 0)


def _to_label(digest: str, taxonomy_version: str, *, everything: bool) -> Select[Any]:
    query = select(PAPER.c.id, PAPER.c.title, PAPER.c.abstract, PAPER.c.text_revision)
    if everything:
        return query
    read = (
        select(LABEL.c.paper_id, LABEL.c.text_revision)
        .join(CLASSIFIER_RUN, CLASSIFIER_RUN.c.id == LABEL.c.run_id)
        .where(
            CLASSIFIER_RUN.c.digest == digest,
            LABEL.c.taxonomy_version == taxonomy_version,
            LABEL.c.paper_id == PAPER.c.id,
            LABEL.c.text_revision == PAPER.c.text_revision,
        )
    )
    return query.where(~read.correlate(PAPER).exists())


def _check(label: NewLabel, run_id: int | None) -> None:
    if label.method not in AUTHORITY:
        raise RefusedInputError("a label comes from a model, the library or a person", method=label.method)
    if label.verdict not in VERDICTS:
        raise RefusedInputError(
            "a label has no such verdict", verdict=label.verdict, known=", ".join(VERDICTS)
        )
    if (label.method == "person") != (run_id is None):
        raise RefusedInputError("a person's label has no run, any other label has one", method=label.method)
    if label.verdict == "not-relevant" and (label.cells or label.topics):
        raise RefusedInputError("a paper that is not relevant stands in no cell", paper=label.paper_id)
    if label.verdict != "not-relevant" and not label.cells:
        raise RefusedInputError("a relevant paper needs a cell", paper=label.paper_id)
    names = [name for name, _ in label.cells], [name for name, _ in label.topics]
    if any(len(set(group)) != len(group) for group in names):
        raise RefusedInputError("a label names a cell or topic twice", paper=label.paper_id)
