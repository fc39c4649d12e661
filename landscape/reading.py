"""Lists of papers, and what one can filter by. One paper whole is in `landscape.paper`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlmodel import Session

from db.tables import CITATION_COUNT, EXTERNAL_ID, LABEL, LABEL_CELL, LABEL_TOPIC, PAPER, chunks
from landscape.selection import MODEL, NOT_RELEVANT, papers_with_labels, topic_in_force
from landscape.types import EVERYTHING, EvidenceView, FilterChoices, LandscapeFilter, PaperPage, PaperRow
from taxonomy.models import Taxonomy

Sort = Literal["score", "date", "title", "citations"]


def list_papers(
    session: Session,
    taxonomy: Taxonomy,
    *,
    cell: str | None = None,
    topic: str | None = None,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    as_of: datetime | None = None,
    limit: int | None = 50,
    offset: int = 0,
    sort: Sort = "score",
    any_cell: bool = False,
    without_topic: bool = False,
    relevant_only: bool = True,
) -> PaperPage:
    """List the papers behind a cell, a topic or the whole chart.

    The same papers that `landscape.grid.take_snapshot` counts: a cell lists the papers whose
    primary cell it is, a topic those that bear it.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        cell: Cell id, or None for all.
        topic: Topic id (a retired one is followed to its successor), or None for all.
        filter: Which papers count.
        as_of: What the store knew then; None for now.
        limit: Rows at most; None for all.
        offset: Rows to leave out from the beginning.
        sort: `score` puts people's and library placements first, then the surest (of a topic:
            surest of that topic, and papers whose first topic it is before others); `date` the
            newest first; `title` by alphabet; `citations` the most cited first, uncounted ones last.
        any_cell: Whether a cell also lists papers whose second or third cell it is.
        without_topic: Whether a cell lists only papers that bear none of its topics.
        relevant_only: Whether papers off the subject and papers without a label are left out.

    Returns:
        The rows and how many there are in all. An unknown cell or topic has none.
    """
    base = papers_with_labels(session, taxonomy, as_of=as_of, chosen=filter).subquery("counted")
    statement = select(base)
    if relevant_only or cell is not None or topic is not None:
        statement = statement.where(base.c.verdict != NOT_RELEVANT)
    if cell is not None and any_cell:
        statement = statement.where(
            exists().where(LABEL_CELL.c.assignment_id == base.c.assignment_id, LABEL_CELL.c.cell == cell)
        )
    elif cell is not None:
        statement = statement.where(base.c.cell == cell)
    if cell is not None and without_topic:
        borne = topic_in_force(LABEL_TOPIC.c.topic, taxonomy)
        one_of_its_own = func.substr(borne, 1, len(cell) + 1) == f"{cell}/"
        statement = statement.where(
            ~exists().where(LABEL_TOPIC.c.assignment_id == base.c.assignment_id, one_of_its_own)
        )
    rank: tuple[ColumnElement[Any], ...] = ()
    if topic is not None:
        # A retired topic and its successor may stand on one label: the better place counts.
        bears = (
            select(
                LABEL_TOPIC.c.assignment_id,
                func.max(LABEL_TOPIC.c.score).label("score"),
                func.min(LABEL_TOPIC.c.position).label("position"),
            )
            .where(topic_in_force(LABEL_TOPIC.c.topic, taxonomy) == (taxonomy.resolve_topic(topic) or topic))
            .group_by(LABEL_TOPIC.c.assignment_id)
            .subquery("bears")
        )
        statement = statement.join(bears, bears.c.assignment_id == base.c.assignment_id)
        rank = (bears.c.score.desc(), bears.c.position)
    total = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    statement = statement.join(PAPER, PAPER.c.id == base.c.paper_id)
    statement = _sorted(statement, base.c, sort, rank).offset(offset)
    found = session.execute(statement if limit is None else statement.limit(limit)).all()
    return PaperPage(rows=paper_rows(session, taxonomy, found), total=total)


def _sorted(
    statement: Select[Any], base: Any, sort: Sort, rank: tuple[ColumnElement[Any], ...]
) -> Select[Any]:
    newest = (PAPER.c.published.is_(None), PAPER.c.published.desc(), PAPER.c.year.desc(), PAPER.c.id)
    if sort == "title":
        return statement.order_by(PAPER.c.title_key, PAPER.c.id)
    if sort == "date":
        return statement.order_by(*newest)
    if sort == "citations":
        counted = (
            select(func.max(CITATION_COUNT.c.count))
            .join(
                EXTERNAL_ID,
                (EXTERNAL_ID.c.scheme == CITATION_COUNT.c.scheme)
                & (EXTERNAL_ID.c.value == CITATION_COUNT.c.value),
            )
            .where(EXTERNAL_ID.c.paper_id == PAPER.c.id)
            .correlate(PAPER)
            .scalar_subquery()
        )
        return statement.order_by(func.coalesce(counted, 0).desc(), *newest)
    # People and the library first, then models, last what no one has placed yet.
    authority = case((base.method == MODEL, 1), (base.method.is_(None), 2), else_=0)
    return statement.order_by(authority, *rank, base.score.is_(None), base.score.desc(), *newest)


def paper_rows(session: Session, taxonomy: Taxonomy, found: Sequence[Any]) -> tuple[PaperRow, ...]:
    """Fill out the rows of a list.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        found: Rows of `papers_with_labels`, in the order wanted.

    Returns:
        One row a paper that the store still holds, in the same order.
    """
    papers = {row.id: row for row in _by_ids(session, PAPER, PAPER.c.id, [row.paper_id for row in found])}
    ids: dict[int, dict[str, str]] = {}
    for row in _by_ids(session, EXTERNAL_ID, EXTERNAL_ID.c.paper_id, list(papers)):
        ids.setdefault(row.paper_id, {}).setdefault(row.scheme, row.value)
    assignments = [row.assignment_id for row in found if row.assignment_id is not None]
    labels = {row.id: row for row in _by_ids(session, LABEL, LABEL.c.id, assignments)}
    cells = scored_names(session, LABEL_CELL, LABEL_CELL.c.cell, assignments)
    topics = scored_names(session, LABEL_TOPIC, LABEL_TOPIC.c.topic, assignments)
    rows = []
    for row in found:
        if row.paper_id not in papers:
            continue  # it became part of another one since it was found
        paper, label = papers[row.paper_id], labels.get(row.assignment_id)
        on_subject = label is not None and label.verdict != NOT_RELEVANT
        named = [name for name, _ in cells.get(row.assignment_id, ())] if on_subject else []
        borne = [taxonomy.resolve_topic(name) for name, _ in topics.get(row.assignment_id, ())]
        rows.append(
            PaperRow(
                id=paper.key,
                title=paper.title,
                authors=tuple(name for name in paper.authors_text.split("; ") if name),
                year=paper.year,
                published=paper.published,
                venue=paper.venue,
                ids=dict(sorted(ids.get(paper.id, {}).items())),
                url=safe_url(paper.url),
                cell=named[0] if named else None,
                cells=tuple(named),
                topics=tuple(dict.fromkeys(name for name in borne if name)) if on_subject else (),
                score=row.score if row.method == MODEL else None,
                verdict=row.verdict,
                method=row.method,
                evidence=_first_evidence(label),
            )
        )
    return tuple(rows)


def available_filters(session: Session) -> FilterChoices:
    """What a reader can filter by, with the number of papers of each.

    Args:
        session: Open session.
    """

    def counted(column: Any) -> list[tuple[Any, int]]:
        statement = select(column, func.count()).where(column.is_not(None)).group_by(column)
        return [(value, count) for value, count in session.execute(statement)]

    def most_first(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    return FilterChoices(
        venues=most_first(counted(PAPER.c.venue)),
        sources=most_first(counted(PAPER.c.source)),
        years=tuple(sorted(counted(PAPER.c.year))),
    )


def safe_url(url: str | None) -> str | None:
    """A URL if it is a web page, else None: what a source wrote is not trusted to be a link.

    Args:
        url: What a source gave, or None.

    Returns:
        The URL if it is absolute http or https without white space, else None.
    """
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def evidence_views(stored: object) -> tuple[EvidenceView, ...]:
    """Evidence as stored with a label, read with care: it is JSON that others may have written.

    Args:
        stored: The column's value.

    Returns:
        Sentences in stored order (strongest first); entries without a sentence are left out.
    """
    views = []
    for entry in stored if isinstance(stored, list) else ():
        text = entry.get("text") if isinstance(entry, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            continue
        cell, weight, phrases = entry.get("cell"), entry.get("weight"), entry.get("phrases")
        views.append(
            EvidenceView(
                text=text,
                cell=cell if isinstance(cell, str) else "",
                weight=float(weight) if isinstance(weight, int | float) else 0.0,
                phrases=tuple(phrase for phrase in phrases if isinstance(phrase, str))
                if isinstance(phrases, list)
                else (),
            )
        )
    return tuple(views)


def scored_names(
    session: Session, table: Any, name: Any, assignments: Sequence[int]
) -> dict[int, list[tuple[str, float]]]:
    """Cells or topics of assignments, best first.

    Args:
        session: Open session.
        table: `label_cell` or `label_topic`.
        name: Its column of ids.
        assignments: Assignment ids.

    Returns:
        Pairs of id and score by assignment.
    """
    found: dict[int, list[tuple[str, float]]] = {}
    for row in _by_ids(session, table, table.c.assignment_id, assignments, order=table.c.position):
        found.setdefault(row.assignment_id, []).append((getattr(row, name.key), row.score))
    return found


def _first_evidence(label: Any) -> str:
    """The sentence that put a paper there; the note where a person or the library did."""
    if label is None:
        return ""
    sentences = evidence_views(label.evidence)
    if label.method != MODEL and label.note:
        return str(label.note)
    return sentences[0].text if sentences else ""


def _by_ids(
    session: Session, table: Any, column: Any, ids: Sequence[int], *, order: Any = None
) -> Iterator[Any]:
    statement = select(table)
    if order is not None:
        statement = statement.order_by(order)
    for piece in chunks(ids):
        yield from session.execute(statement.where(column.in_(piece)))
