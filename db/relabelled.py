"""What a run of a changed model moved, and how it is taken back: nothing it found is ever overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, literal, select
from sqlmodel import Session

from db.labels import GROUP_RUN, current_assignment_id
from db.tables import CLASSIFIER_RUN, LABEL, LABEL_CELL, PAPER, RETRACTION, chunks
from foundation.errors import RefusedInputError

OFF = "off the subject"
EXAMPLES = 20


@dataclass(frozen=True)
class MovedPaper:
    """A paper that another model puts elsewhere.

    Attributes:
        id: Public id.
        title: Title.
        before: First cell by the earlier model, or that it was off the subject.
        after: The same by the later model.
    """

    id: str
    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Moved:
    """What a changed model moves.

    Attributes:
        compared: Papers that an earlier model had labelled too.
        moved: Of these, papers with another first cell, or on another side of the subject's border.
        onto_chart: Of the moved, papers that were off the subject.
        off_chart: Of the moved, papers that are now.
        people_decided: Compared papers on which a person or the library decided: for these nothing
            changes, whatever any model says.
        flows: Before, after and how many, most first.
        examples: Some of the moved papers, by row id.
    """

    compared: int
    moved: int
    onto_chart: int
    off_chart: int
    people_decided: int
    flows: tuple[tuple[str, str, int], ...]
    examples: tuple[MovedPaper, ...]


def newest_run(session: Session, *, method: str = "model") -> int | None:
    """The newest run of a classifier, groups of like papers apart; None where there is none."""
    query = select(func.max(CLASSIFIER_RUN.c.id)).where(
        CLASSIFIER_RUN.c.method == method, CLASSIFIER_RUN.c.name != GROUP_RUN
    )
    found = session.connection().scalar(query)
    return None if found is None else int(found)


def labels_before(
    session: Session,
    papers: Sequence[int],
    *,
    taxonomy_version: str,
    before_run: int | None = None,
    other_than: str | None = None,
) -> dict[int, str]:
    """First cells by the newest model label of papers.

    Args:
        session: A session.
        papers: Row ids.
        taxonomy_version: Version of the grid.
        before_run: Only labels of earlier runs; None for all.
        other_than: Digest of a model whose own labels are no earlier model's: a paper that it labels again
            because its text changed did not move from one model to another.

    Returns:
        Cell, or that it is off the subject, by row id; papers without such a label are left out.
    """
    found: dict[int, str] = {}
    for piece in chunks(papers):
        newest = select(func.max(LABEL.c.id)).where(
            LABEL.c.paper_id.in_(piece),
            LABEL.c.method == "model",
            LABEL.c.by != GROUP_RUN,
            LABEL.c.taxonomy_version == taxonomy_version,
            LABEL.c.id.not_in(select(RETRACTION.c.assignment_id)),
        )
        if before_run is not None:
            newest = newest.where(LABEL.c.run_id < before_run)
        query = (
            select(LABEL.c.paper_id, LABEL_CELL.c.cell, CLASSIFIER_RUN.c.digest)
            .select_from(LABEL)
            .outerjoin(LABEL_CELL, (LABEL_CELL.c.assignment_id == LABEL.c.id) & (LABEL_CELL.c.position == 0))
            .outerjoin(CLASSIFIER_RUN, CLASSIFIER_RUN.c.id == LABEL.c.run_id)
            .where(LABEL.c.id.in_(newest.group_by(LABEL.c.paper_id)))
        )
        found.update(
            (paper, cell or OFF)
            for paper, cell, digest in session.connection().execute(query)
            if other_than is None or digest != other_than
        )
    return found


def labels_of_run(session: Session, run: int) -> dict[int, str]:
    """First cells of a run's labels, by row id of the paper."""
    query = (
        select(LABEL.c.paper_id, LABEL_CELL.c.cell)
        .select_from(LABEL)
        .outerjoin(LABEL_CELL, (LABEL_CELL.c.assignment_id == LABEL.c.id) & (LABEL_CELL.c.position == 0))
        .where(LABEL.c.run_id == run)
    )
    return {paper: cell or OFF for paper, cell in session.connection().execute(query)}


def moved_between(
    session: Session, before: dict[int, str], after: dict[int, str], *, taxonomy_version: str
) -> Moved:
    """Compare two models on the papers that both labelled.

    Args:
        session: A session, for titles and for what people decided.
        before: First cells by the earlier model, by row id.
        after: The same by the later one.
        taxonomy_version: Version of the grid.

    Returns:
        What moves.
    """
    both = sorted(before.keys() & after.keys())
    moved = [paper for paper in both if before[paper] != after[paper]]
    flows = Counter((before[paper], after[paper]) for paper in moved)
    ranked = sorted(flows.items(), key=lambda flow: (-flow[1], flow[0]))
    shown = moved[:EXAMPLES]
    titles = {
        number: (key, title)
        for piece in chunks(shown)
        for number, key, title in session.connection().execute(
            select(PAPER.c.id, PAPER.c.key, PAPER.c.title).where(PAPER.c.id.in_(piece))
        )
    }
    return Moved(
        compared=len(both),
        moved=len(moved),
        onto_chart=sum(before[paper] == OFF for paper in moved),
        off_chart=sum(after[paper] == OFF for paper in moved),
        people_decided=_people_decided(session, both, taxonomy_version),
        flows=tuple((old, new, papers) for (old, new), papers in ranked),
        examples=tuple(MovedPaper(*titles[paper], before[paper], after[paper]) for paper in shown),
    )


def moved_by_run(session: Session, run: int, *, taxonomy_version: str) -> Moved:
    """What a run moved against the models before it.

    Args:
        session: A session.
        run: The run.
        taxonomy_version: Version of the grid.

    Returns:
        What moved; nothing is compared where the run was the first.
    """
    after = labels_of_run(session, run)
    digest = session.connection().scalar(select(CLASSIFIER_RUN.c.digest).where(CLASSIFIER_RUN.c.id == run))
    before = labels_before(
        session, sorted(after), taxonomy_version=taxonomy_version, before_run=run, other_than=digest
    )
    return moved_between(session, before, after, taxonomy_version=taxonomy_version)


def take_back_run(session: Session, run: int, *, by: str, at: datetime) -> int:
    """Take all labels of a run back: what was in force before it is so again, and history stays whole.

    Args:
        session: A session of `Store.write`.
        run: A run of a model.
        by: Who takes it back.
        at: The present moment.

    Returns:
        How many labels were taken back; 0 where all were before.

    Raises:
        RefusedInputError: There is no such run of a model.
    """
    connection = session.connection()
    known = select(CLASSIFIER_RUN.c.id).where(CLASSIFIER_RUN.c.id == run, CLASSIFIER_RUN.c.method == "model")
    if connection.execute(known).first() is None:
        raise RefusedInputError("there is no such run of a model", run=run)
    standing = select(LABEL.c.id, literal(by), literal(at, type_=RETRACTION.c.retracted_at.type)).where(
        LABEL.c.run_id == run, LABEL.c.id.not_in(select(RETRACTION.c.assignment_id))
    )
    count = connection.scalar(select(func.count()).select_from(standing.subquery()))
    connection.execute(insert(RETRACTION).from_select(["assignment_id", "by", "retracted_at"], standing))
    return int(count or 0)


def _people_decided(session: Session, papers: Sequence[int], taxonomy_version: str) -> int:
    decided = 0
    for piece in chunks(papers):
        current = current_assignment_id(PAPER.c.id, taxonomy_version=taxonomy_version)
        query = (
            select(func.count())
            .select_from(PAPER)
            .join(LABEL, LABEL.c.id == current)
            .where(PAPER.c.id.in_(piece), LABEL.c.method != "model")
        )
        decided += int(session.connection().scalar(query) or 0)
    return decided
