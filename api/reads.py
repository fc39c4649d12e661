"""The questions that the HTTP API and the MCP server answer; neither knows anything of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal

from api import models
from export.definitions import definition, place_label
from export.json_ import landscape_object
from export.text_safety import safe_link, safe_text
from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from landscape.arrivals import first_seen
from landscape.grid import take_snapshot
from landscape.movement import take_movement
from landscape.paper import get_paper
from landscape.quarters import arxiv_month
from landscape.reading import list_papers
from landscape.search import find_papers
from landscape.selection import known_place
from landscape.status import take_status
from landscape.types import EVERYTHING, EvidenceView, LandscapeFilter, LandscapeSnapshot, PaperRow
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from db.engine import Store
    from landscape.types import LabelView

MOST_PAPERS = 200  # of one answer; ask again with an offset for more
MOST_OFFSET = 1_000_000
FIRST_YEAR = 1900  # as papers.draft accepts years
LONGEST_QUERY = 500  # characters
Sort = Literal["score", "date", "title"]


@dataclass(frozen=True)
class Question:
    """Which papers are wanted.

    Attributes:
        query: Words of title, abstract and authors; empty for all.
        cell: Primary cell, or None.
        topic: Topic that they bear, or None.
        chosen: Venues, sources and words that narrow.
        since: Published on or after this day; of a paper whose day is not known the month of its
            arXiv id decides, else its year.
        until: Published on or before this day, likewise.
        sort: Order of a list; a search is ordered by rank.
        limit: Papers at most.
        offset: Papers to leave out from the beginning.
    """

    query: str = ""
    cell: str | None = None
    topic: str | None = None
    chosen: LandscapeFilter = EVERYTHING
    since: date | None = None
    until: date | None = None
    sort: Sort = "score"
    limit: int = 20
    offset: int = 0


class Reader:
    """Answers questions about one store; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def landscape(
        self, chosen: LandscapeFilter = EVERYTHING, as_of: date | None = None
    ) -> models.LandscapeAnswer:
        """The whole landscape."""
        return models.LandscapeAnswer.model_validate(landscape_object(self._snapshot(chosen, as_of)))

    def place(self, place: str, chosen: LandscapeFilter = EVERYTHING) -> models.PlaceAnswer:
        """A cell or a topic with its definition and counts.

        Raises:
            RefusedInputError: There is no such cell or topic.
        """
        taxonomy = load_taxonomy()
        is_cell = place.count("/") == 1
        cell, topic = known_place(taxonomy, cell=place if is_cell else None, topic=None if is_cell else place)
        snapshot = self._snapshot(chosen, None)
        known = topic or cell or place
        home = snapshot.cell(cell if cell is not None else known.rpartition("/")[0])
        count = home if topic is None else snapshot.topic(topic)
        return models.PlaceAnswer(
            id=known,
            kind="cell" if topic is None else "topic",
            label=place_label(taxonomy, known),
            cell=home.id,
            definition=definition(taxonomy, known),
            n_papers=count.n_papers,
            share=round(count.share, 6),
            growth=None if count.growth is None else round(count.growth, 4),
            topics=[
                models.TopicAnswer(
                    id=each.id,
                    label=each.label,
                    n_papers=each.n_papers,
                    share=round(each.share, 6),
                    growth=None if each.growth is None else round(each.growth, 4),
                )
                for each in (home.topics if topic is None else ())
            ],
        )

    def papers(self, question: Question) -> models.PapersAnswer:
        """Papers that a question asks for: best match first, or in the order of the list.

        Raises:
            RefusedInputError: There is no such cell or topic, or the days are swapped.
        """
        rows, total = self._rows(question)
        return models.PapersAnswer(
            total=total,
            limit=question.limit,
            offset=question.offset,
            papers=[paper_answer(row) for row in rows],
        )

    def feed_papers(self, question: Question) -> tuple[Sequence[PaperRow], dict[str, datetime], datetime]:
        """Papers for a feed, when the store first held them, and the newest of these moments."""
        rows, _ = self._rows(question)
        with self._store.read() as session:
            seen = first_seen(session, [row.id for row in rows])
        return rows, seen, max(seen.values(), default=datetime(1970, 1, 1, tzinfo=UTC))

    def paper(self, public_id: str) -> models.PaperDetailAnswer:
        """Everything known of one paper.

        Raises:
            RefusedInputError: No paper has this id.
        """
        with self._store.read() as session:
            found = get_paper(session, load_taxonomy(), safe_text(public_id))
        return models.PaperDetailAnswer(
            paper=paper_answer(found.row),
            abstract=None if found.abstract is None else safe_text(found.abstract, multiline=True),
            container_title=_line(found.container_title),
            licence=_line(found.licence),
            language=_line(found.language),
            retracted=_line(found.retracted),
            source=found.source,
            first_seen=found.first_seen,
            updated_at=found.updated_at,
            relevance=found.relevance,
            evidence=[_evidence(each) for each in found.evidence],
            labels=[_label(each) for each in found.labels if each.retracted_at is None],
            records=[
                models.RecordAnswer(
                    source=record.source,
                    source_id=safe_text(record.source_id),
                    version=record.version,
                    title=safe_text(record.title),
                    url=safe_link(record.url),
                    retrieved_at=record.retrieved_at,
                    is_current=record.is_current,
                    deleted=record.deleted,
                )
                for record in found.records
            ],
        )

    def moved(self, since: date, until: date | None = None) -> models.MovementAnswer:
        """What moved between the end of one day and the end of another, or now.

        Raises:
            RefusedInputError: The days are not in order.
        """
        before = _end_of(since)
        now = utc_now()
        after = min(_end_of(until), now) if until is not None else now
        with self._store.read() as session:
            found = take_movement(session, load_taxonomy(), before, after, shown_papers=MOST_PAPERS)
        return models.MovementAnswer(
            before=found.before,
            after=found.after,
            taxonomy_version=found.taxonomy_version,
            relevant_before=found.relevant_before,
            relevant_after=found.relevant_after,
            n_new=found.n_new,
            n_late=found.n_late,
            n_relabelled=found.n_relabelled,
            comparable=found.comparable,
            topics=[
                models.MovedAnswer(
                    id=place.id,
                    label=place.label,
                    cell=place.cell,
                    direction=place.direction,
                    n_before=place.n_before,
                    n_after=place.n_after,
                    n_arrived=place.n_arrived,
                    observed=place.observed,
                    expected=round(place.expected, 4),
                    q_value=place.q_value,
                )
                for place in found.topics
                if place.direction in ("rising", "fading", "new")
            ],
            papers=[paper_answer(row) for row in found.papers],
        )

    def status(self) -> models.StatusAnswer:
        """What is known and how fresh it is."""
        with self._store.read() as session:
            report = take_status(session, load_taxonomy())
        known = {
            name: value
            for name, value in report.as_json().items()
            if name in models.StatusAnswer.model_fields
        }
        return models.StatusAnswer.model_validate(known)

    def _snapshot(self, chosen: LandscapeFilter, as_of: date | None) -> LandscapeSnapshot:
        now = utc_now()
        if as_of is not None and as_of > now.date():
            raise RefusedInputError(
                "that day has not come", hint=f"Today is {now.date()} (UTC).", as_of=as_of
            )
        moment = None if as_of is None else _end_of(as_of)
        with self._store.read() as session:
            return take_snapshot(session, load_taxonomy(), as_of=moment, filter=chosen)

    def _rows(self, question: Question) -> tuple[Sequence[PaperRow], int]:
        taxonomy = load_taxonomy()
        cell, topic = known_place(taxonomy, cell=question.cell, topic=question.topic)
        since, until = question.since, question.until
        if since is not None and until is not None and since > until:
            raise RefusedInputError("since lies after until", hint="Swap them.", since=since, until=until)
        chosen = replace(
            question.chosen,
            year_from=None if since is None else since.year,
            year_until=None if until is None else until.year,
        )
        # The store narrows by year; the days at both ends are told apart here.
        by_day = since is not None or until is not None
        limit, offset = (None, 0) if by_day else (question.limit, question.offset)
        words = safe_text(question.query, limit=LONGEST_QUERY)
        with self._store.read() as session:
            if words:
                found = find_papers(
                    session, taxonomy, words, cell=cell, topic=topic, filter=chosen,
                    limit=MOST_OFFSET if limit is None else limit, offset=offset,
                )  # fmt: skip
            else:
                found = list_papers(
                    session, taxonomy, cell=cell, topic=topic, filter=chosen, limit=limit, offset=offset,
                    sort=question.sort,
                )  # fmt: skip
        if not by_day:
            return found.rows, found.total
        rows = [row for row in found.rows if _inside(row, since, until)]
        return rows[question.offset : question.offset + question.limit], len(rows)


def paper_answer(row: PaperRow) -> models.PaperAnswer:
    """A paper of a list, its text cleaned of what JSON and readers cannot hold."""
    return models.PaperAnswer(
        id=safe_text(row.id),
        title=safe_text(row.title),
        authors=[safe_text(name) for name in row.authors],
        year=row.year,
        published=row.published,
        venue=_line(row.venue),
        ids={scheme: safe_text(value) for scheme, value in row.ids.items()},
        url=safe_link(row.url),
        cell=row.cell,
        cells=list(row.cells),
        topics=list(row.topics),
        score=None if row.score is None else round(row.score, 4),
        verdict=row.verdict,
        method=row.method,
        evidence=safe_text(row.evidence),
    )


def _inside(row: PaperRow, since: date | None, until: date | None) -> bool:
    """Whether a paper was published in a span; the store has already looked at its year."""
    day = row.published
    if day is None and "arxiv" in row.ids:
        day = arxiv_month(row.ids["arxiv"])
    if day is None or (row.year is not None and day.year != row.year):
        return True
    return (since is None or day >= since) and (until is None or day <= until)


def _end_of(day: date) -> datetime:
    if day.year < FIRST_YEAR:
        raise RefusedInputError("that day lies before anything known", hint="Name a later one.", day=day)
    return datetime.combine(day, time.max, tzinfo=UTC)


def _line(text: str | None) -> str | None:
    return None if text is None else safe_text(text)


def _evidence(view: EvidenceView) -> models.EvidenceAnswer:
    return models.EvidenceAnswer(text=safe_text(view.text), cell=view.cell, weight=view.weight)


def _label(view: LabelView) -> models.LabelAnswer:
    return models.LabelAnswer(
        verdict=view.verdict,
        relevance=view.relevance,
        cells=[models.ScoredAnswer(id=name, score=score) for name, score in view.cells],
        topics=[models.ScoredAnswer(id=name, score=score) for name, score in view.topics],
        method=view.method,
        by=safe_text(view.by),
        run=view.run,
        taxonomy_version=view.taxonomy_version,
        at=view.at,
        note=safe_text(view.note, multiline=True),
        evidence=[_evidence(each) for each in view.evidence],
        is_current=view.is_current,
    )
