"""What a review needs of the store: papers that only a model labelled, answers, and how far both agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlmodel import Session

from db.labels import NewLabel, add_labels, current_labels, retract_label
from db.tables import EXTERNAL_ID, LABEL, LABEL_CELL, PAPER, RETRACTION, chunks
from foundation.errors import RefusedInputError

DOUBTFUL_RELEVANCE = 300
PER_CELL = 100


@dataclass(frozen=True)
class ModelLabelled:
    """A paper that no person and no library placed.

    Attributes:
        paper_id: Row id.
        relevance: What the model said, in [0, 1].
        cell: The model's first cell, or None off the subject.
        score: Of that cell; 0 without one.
    """

    paper_id: int
    relevance: float
    cell: str | None
    score: float


@dataclass(frozen=True)
class Comparison:
    """A person's label of a paper beside another's, or a model's.

    Attributes:
        cells: The person's cells, primary first; none off the subject.
        other_cells: The other's.
    """

    cells: tuple[str, ...]
    other_cells: tuple[str, ...]


def model_labelled(
    session: Session, *, taxonomy_version: str, per_cell: int = PER_CELL, doubtful: int = DOUBTFUL_RELEVANCE
) -> list[ModelLabelled]:
    """Papers whose label in force is a model's: of each cell the most doubtful ones.

    Args:
        session: A session.
        taxonomy_version: Version of the grid in force.
        per_cell: Papers of each first cell, those first whose relevance times doubt is highest.
        doubtful: Further papers, of any place, those first whose relevance is nearest to a half.

    Returns:
        Each paper once, by row id.
    """
    label = current_labels(taxonomy_version=taxonomy_version).subquery("label")
    score = func.coalesce(LABEL_CELL.c.score, 0.0)
    doubt = label.c.relevance * (1.0 - score)
    ranked = (
        select(
            label.c.paper_id,
            label.c.relevance,
            LABEL_CELL.c.cell,
            score.label("score"),
            func.row_number()
            .over(partition_by=LABEL_CELL.c.cell, order_by=(doubt.desc(), label.c.paper_id))
            .label("place"),
            func.row_number()
            .over(order_by=(func.abs(label.c.relevance - 0.5), label.c.paper_id))
            .label("doubtful"),
        )
        .select_from(label)
        .outerjoin(
            LABEL_CELL, (LABEL_CELL.c.assignment_id == label.c.assignment_id) & (LABEL_CELL.c.position == 0)
        )
        .where(label.c.method == "model")
        .subquery("ranked")
    )
    query = (
        select(ranked.c.paper_id, ranked.c.relevance, ranked.c.cell, ranked.c.score)
        .where(((ranked.c.place <= per_cell) & ranked.c.cell.is_not(None)) | (ranked.c.doubtful <= doubtful))
        .order_by(ranked.c.paper_id)
    )
    return [ModelLabelled(*row) for row in session.connection().execute(query)]


@dataclass(frozen=True)
class PaperNames:
    """What a paper is known by.

    Attributes:
        key: Its public id in lists.
        title_key: The normalised title.
        ids: All its public ids.
    """

    key: str
    title_key: str
    ids: frozenset[str]


def names_of_papers(session: Session, paper_ids: Sequence[int]) -> dict[int, PaperNames]:
    """What papers are known by, by row id."""
    connection = session.connection()
    ids: dict[int, set[str]] = {}
    for piece in chunks(paper_ids):
        query = select(EXTERNAL_ID.c.paper_id, EXTERNAL_ID.c.scheme, EXTERNAL_ID.c.value)
        for paper_id, scheme, value in connection.execute(query.where(EXTERNAL_ID.c.paper_id.in_(piece))):
            ids.setdefault(paper_id, set()).add(f"{scheme}:{value}")
    return {
        paper_id: PaperNames(key, title_key, frozenset(ids.get(paper_id, set()) | {key}))
        for piece in chunks(paper_ids)
        for paper_id, title_key, key in connection.execute(
            select(PAPER.c.id, PAPER.c.title_key, PAPER.c.key).where(PAPER.c.id.in_(piece))
        )
    }


def labels_by_people(session: Session) -> Counter[str]:
    """Papers that people placed, by primary cell; papers off the subject are not counted."""
    query = (
        select(LABEL_CELL.c.cell, func.count())
        .join(LABEL, LABEL.c.id == LABEL_CELL.c.assignment_id)
        .where(LABEL.c.method == "person", LABEL_CELL.c.position == 0, LABEL.c.id.not_in(_taken_back()))
        .group_by(LABEL_CELL.c.cell)
    )
    return Counter({cell: int(papers) for cell, papers in session.connection().execute(query)})


def keep_answer(
    session: Session,
    paper_id: int,
    *,
    cells: Sequence[str],
    topics: Sequence[str],
    taxonomy_version: str,
    by: str,
    at: datetime,
) -> int:
    """Store what a person said of a paper. It stands above every model, and a run never changes it.

    Args:
        session: A session of `Store.write`.
        paper_id: Row id of the paper.
        cells: Cells, primary first; none for a paper off the subject.
        topics: Topics in these cells, best first.
        taxonomy_version: Version of the grid that they speak of.
        by: Who.
        at: The present moment.

    Returns:
        Row id of the label.

    Raises:
        RefusedInputError: The paper does not exist, or the answer contradicts itself.
    """
    add_labels(
        session,
        None,
        [
            NewLabel(
                paper_id=paper_id,
                verdict="not-relevant" if not cells else "labelled" if topics else "cell-no-topic",
                relevance=1.0 if cells else 0.0,
                cells=tuple((cell, 1.0) for cell in cells),
                topics=tuple((topic, 1.0) for topic in topics),
                method="person",
                by=by,
            )
        ],
        taxonomy_version=taxonomy_version,
        at=at,
    )
    newest = select(func.max(LABEL.c.id)).where(LABEL.c.paper_id == paper_id, LABEL.c.method == "person")
    return int(session.connection().execute(newest).scalar_one())


def undo_last_answer(session: Session, *, by: str, at: datetime) -> str | None:
    """Take back a person's newest answer that still stands.

    Args:
        session: A session of `Store.write`.
        by: Whose; the same name takes it back.
        at: The present moment.

    Returns:
        Public id of the paper that waits again, or None where nothing was left to take back.
    """
    query = (
        select(LABEL.c.id, PAPER.c.key)
        .join(PAPER, PAPER.c.id == LABEL.c.paper_id)
        .where(LABEL.c.method == "person", LABEL.c.by == by, LABEL.c.id.not_in(_taken_back()))
        .order_by(LABEL.c.id.desc())
        .limit(1)
    )
    found = session.connection().execute(query).first()
    if found is None:
        return None
    if not retract_label(session, found.id, by=by, at=at):
        raise RefusedInputError("the answer was taken back already", id=found.key)
    return str(found.key)


def answers_by(session: Session, by: str) -> int:
    """How many papers this person's standing labels speak of."""
    query = select(func.count(func.distinct(LABEL.c.paper_id))).where(
        LABEL.c.method == "person", LABEL.c.by == by, LABEL.c.id.not_in(_taken_back())
    )
    return int(session.connection().scalar(query) or 0)


def compared_with_model(session: Session, *, taxonomy_version: str) -> list[Comparison]:
    """Each paper's newest label by a person beside what a model had said of it before.

    Args:
        session: A session.
        taxonomy_version: Version of the grid in force.

    Returns:
        One comparison a paper that has both.
    """
    people = _newest_by_person(session)
    model = LABEL.alias("model_label")
    pairs: list[tuple[int, int]] = []
    newest = {row["paper_id"]: row for row in people}  # in order of row id: the last one stands
    for piece in chunks(newest):
        query = (
            select(model.c.paper_id, model.c.id)
            .where(
                model.c.paper_id.in_(piece),
                model.c.method == "model",
                model.c.taxonomy_version == taxonomy_version,
            )
            .order_by(model.c.id)
        )
        # What a model says after the answer may have learnt from it: only what it said before counts.
        before: dict[int, int] = {}
        for paper_id, assignment in session.connection().execute(query):
            if assignment < newest[paper_id]["id"]:
                before[paper_id] = assignment
        pairs.extend((newest[paper_id]["id"], assignment) for paper_id, assignment in before.items())
    return _compared(session, pairs)


def compared_between_people(session: Session) -> list[Comparison]:
    """Papers that two people labelled: each later reader's newest label beside the first one's."""
    first: dict[int, RowMapping] = {}
    pairs: list[tuple[int, int]] = []
    for row in _newest_by_person(session):
        held = first.setdefault(row["paper_id"], row)
        if held["id"] != row["id"]:
            pairs.append((held["id"], row["id"]))
    return _compared(session, pairs)


def _newest_by_person(session: Session) -> Sequence[RowMapping]:
    """The newest standing label of each person on each paper, oldest first."""
    newest = (
        select(func.max(LABEL.c.id))
        .where(LABEL.c.method == "person", LABEL.c.id.not_in(_taken_back()))
        .group_by(LABEL.c.paper_id, LABEL.c.by)
    )
    query = select(LABEL.c.id, LABEL.c.paper_id).where(LABEL.c.id.in_(newest)).order_by(LABEL.c.id)
    return session.connection().execute(query).mappings().all()


def _compared(session: Session, pairs: Sequence[tuple[int, int]]) -> list[Comparison]:
    cells: dict[int, list[str]] = {}
    for piece in chunks({assignment for pair in pairs for assignment in pair}):
        query = (
            select(LABEL_CELL.c.assignment_id, LABEL_CELL.c.cell)
            .where(LABEL_CELL.c.assignment_id.in_(piece))
            .order_by(LABEL_CELL.c.assignment_id, LABEL_CELL.c.position)
        )
        for assignment, cell in session.connection().execute(query):
            cells.setdefault(assignment, []).append(cell)
    return [Comparison(tuple(cells.get(one, ())), tuple(cells.get(other, ()))) for one, other in pairs]


def _taken_back() -> Any:
    return select(RETRACTION.c.assignment_id)
