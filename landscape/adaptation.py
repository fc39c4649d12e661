"""Papers behind the steps of a plan: which speak of a step in a domain, and what tunes or uses as is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from db.search import matching_paper_ids
from db.tables import CITATION_COUNT, LABEL, LABEL_CELL, LABEL_TOPIC, PAPER, chunks
from guidance.types import Plan
from landscape.adaptation_types import (
    AdaptationEvidence,
    EvidencedPlan,
    EvidencePaper,
    StepEvidence,
    StepPlace,
    TuningShare,
)
from landscape.reading import evidence_views, paper_rows, scored_names
from landscape.selection import NOT_RELEVANT, papers_with_labels
from taxonomy.models import Taxonomy

__all__ = (
    "AdaptationEvidence",
    "EvidencePaper",
    "EvidencedPlan",
    "StepEvidence",
    "StepPlace",
    "TuningShare",
    "adaptation_evidence",
    "plan_steps",
    "with_evidence",
)

PAPERS_A_STEP = 5
SENTENCE_LIMIT = 400  # characters shown of a sentence
# What is told of a cell alone says less of a step than what is told of its topic.
CELL_ALONE = 0.5
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")


def plan_steps(plan: Plan) -> dict[str, StepPlace]:
    """The steps of a plan by name: `chip/…`, `route/…`, `challenge/…`."""
    steps = {
        f"chip/{chip.id}": StepPlace(chip.topics, chip.cells) for phase in plan.phases for chip in phase.chips
    }
    steps |= {f"route/{route.id}": StepPlace(route.topics, route.cells) for route in plan.routes}
    steps |= {f"challenge/{each.id}": StepPlace(each.topics, each.cells) for each in plan.challenges}
    return steps


def with_evidence(session: Session, taxonomy: Taxonomy, plan: Plan) -> EvidencedPlan:
    """A plan with the store's papers behind its steps.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        plan: The plan.
    """
    return EvidencedPlan(plan, adaptation_evidence(session, taxonomy, plan_steps(plan), plan.domain_words))


@dataclass
class _Candidate:
    paper_id: int
    found: Any
    published: date | None
    year: int | None
    topics: dict[str, float]
    cells: dict[str, float] = field(default_factory=dict)
    citations: int | None = None

    def centrality(self, place: StepPlace) -> float:
        """How strongly its label puts it at a place; 0 where it does not."""
        best = max((self.topics.get(topic, 0.0) for topic in place.topics), default=0.0)
        if not best and self.found.cell in place.cells and not place.topics:
            best = CELL_ALONE * (self.found.score or 1.0)
        return best


def adaptation_evidence(
    session: Session,
    taxonomy: Taxonomy,
    steps: Mapping[str, StepPlace],
    words: Sequence[str],
    *,
    limit: int = PAPERS_A_STEP,
) -> AdaptationEvidence:
    """Find the papers behind the steps of a plan.

    A paper speaks of a domain when one of the words stands in its title or abstract, and of a step when
    its label bears one of the step's topics (of a step without topics, when its primary cell is among
    the step's cells). Newest years first; within a year the most central, then the most cited.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        steps: Where each step hangs.
        words: Words and phrases of the domain; empty for papers of any domain.
        limit: Papers a step.

    Returns:
        Evidence for every step; a step without papers has a total of 0.
    """
    named = _naming(words)
    candidates = list(_candidates(session, taxonomy, words, named))
    chosen: dict[str, tuple[list[_Candidate], int]] = {}
    for name, place in steps.items():
        ranked = [(candidate.centrality(place), candidate) for candidate in candidates]
        fitting = [pair for pair in ranked if pair[0] > 0]
        fitting.sort(key=lambda pair: _newest_first(pair[1], pair[0]))
        chosen[name] = ([candidate for _, candidate in fitting[:limit]], len(fitting))
    shown = {each.paper_id: each for papers, _ in chosen.values() for each in papers}
    rows = dict(
        zip(shown, paper_rows(session, taxonomy, [each.found for each in shown.values()]), strict=True)
    )
    texts = _texts(session, shown.values())
    found = {}
    for name, (papers, total) in chosen.items():
        cells = {*steps[name].cells, *(topic.rpartition("/")[0] for topic in steps[name].topics)}
        found[name] = StepEvidence(
            tuple(
                EvidencePaper(
                    rows[each.paper_id], *_sentence(texts[each.paper_id], cells, named), each.citations
                )
                for each in papers
            ),
            total,
        )
    return AdaptationEvidence(tuple(words), len(candidates), found, _tuning(taxonomy, candidates))


def _candidates(
    session: Session, taxonomy: Taxonomy, words: Sequence[str], named: re.Pattern[str] | None
) -> Iterator[_Candidate]:
    base = papers_with_labels(session, taxonomy).subquery("counted")
    statement = select(base).where(base.c.verdict != NOT_RELEVANT)
    if named is None:
        found = list(session.execute(statement))
    else:
        ids: set[int] = set()
        for word in words:
            # Words joined by a sign must stand side by side.
            ids.update(session.execute(matching_paper_ids(session, "-".join(word.split()))).scalars())
        speaking = {
            row.id
            for piece in chunks(sorted(ids))
            for row in session.execute(
                select(PAPER.c.id, PAPER.c.title, PAPER.c.abstract).where(PAPER.c.id.in_(piece))
            )
            # The index also holds authors: a Ms Law is no lawyer.
            if named.search(f"{row.title} {row.abstract or ''}")
        }
        found = [
            row
            for piece in chunks(sorted(speaking))
            for row in session.execute(statement.where(base.c.paper_id.in_(piece)))
        ]
    assignments = [row.assignment_id for row in found]
    topics = scored_names(session, LABEL_TOPIC, LABEL_TOPIC.c.topic, assignments)
    cells = scored_names(session, LABEL_CELL, LABEL_CELL.c.cell, assignments)
    dates = {
        row.id: row
        for piece in chunks([row.paper_id for row in found])
        for row in session.execute(
            select(PAPER.c.id, PAPER.c.key, PAPER.c.published, PAPER.c.year).where(PAPER.c.id.in_(piece))
        )
    }
    counted = _citations(session, [row.key for row in dates.values()])
    for row in found:
        facts = dates[row.paper_id]
        borne: dict[str, float] = {}
        for topic, score in topics.get(row.assignment_id, ()):
            resolved = taxonomy.resolve_topic(topic)
            if resolved:
                borne[resolved] = max(score, borne.get(resolved, 0.0))
        yield _Candidate(
            row.paper_id,
            row,
            facts.published,
            facts.year,
            borne,
            dict(cells.get(row.assignment_id, ())),
            counted.get(facts.key),
        )


def _newest_first(candidate: _Candidate, centrality: float) -> tuple[Any, ...]:
    year = candidate.year or (candidate.published.year if candidate.published else 0)
    return (-year, -round(centrality, 6), -(candidate.citations or 0), candidate.paper_id)


def _citations(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """Citation counts by paper key, the highest that any service gives; empty where none were asked."""
    if session.execute(select(CITATION_COUNT.c.value).limit(1)).first() is None:
        return {}
    values: dict[str, list[str]] = {}
    for key in keys:
        scheme, _, value = key.partition(":")
        values.setdefault(scheme, []).append(value)
    found: dict[str, int] = {}
    for scheme, wanted in values.items():
        for piece in chunks(wanted):
            for row in session.execute(
                select(CITATION_COUNT.c.value, CITATION_COUNT.c.count.label("citations")).where(
                    CITATION_COUNT.c.scheme == scheme,
                    CITATION_COUNT.c.value.in_(piece),
                    CITATION_COUNT.c.count.is_not(None),
                )
            ):
                key = f"{scheme}:{row.value}"
                found[key] = max(row.citations, found.get(key, 0))
    return found


@dataclass(frozen=True)
class _Text:
    title: str
    abstract: str
    evidence: object
    note: str
    method: str


def _texts(session: Session, candidates: Iterable[_Candidate]) -> dict[int, _Text]:
    wanted = {each.found.assignment_id: each.paper_id for each in candidates}
    statement = select(
        LABEL.c.id,
        LABEL.c.paper_id,
        LABEL.c.evidence,
        LABEL.c.note,
        LABEL.c.method,
        PAPER.c.title,
        PAPER.c.abstract,
    ).join(PAPER, PAPER.c.id == LABEL.c.paper_id)
    return {
        wanted[row.id]: _Text(row.title, row.abstract or "", row.evidence, row.note, row.method)
        for piece in chunks(wanted)
        for row in session.execute(statement.where(LABEL.c.id.in_(piece)))
    }


def _sentence(text: _Text, cells: set[str], named: re.Pattern[str] | None) -> tuple[str, str]:
    """The sentence that says so, and who told it; the title, which stands above it, is no sentence."""
    title = _plain(text.title)
    views = [
        view for view in evidence_views(text.evidence) if view.weight >= 0 and _plain(view.text) != title
    ]
    of_step = [view.text for view in views if view.cell in cells]
    naming = [each for each in of_step if named is not None and named.search(each)]
    if naming or of_step:
        return _cut((naming or of_step)[0]), "label"
    if text.note:
        return _cut(text.note), "note"
    if named is not None:
        for sentence in _SENTENCE_END.split(text.abstract):
            if named.search(sentence):
                return _cut(sentence), "abstract"
    return (_cut(views[0].text), "label") if views else ("", "")


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold().rstrip(".")


def _cut(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= SENTENCE_LIMIT else line[: SENTENCE_LIMIT - 1].rstrip() + "…"


def _naming(words: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern that finds any of the words as a whole, singular or plural, however it is joined."""
    parts = [
        r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", word.strip()))) for word in words if word.strip()
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})s?(?!\w)", re.IGNORECASE) if parts else None


def _tuning(taxonomy: Taxonomy, candidates: Sequence[_Candidate]) -> tuple[TuningShare, ...]:
    """Counts by component: the grid's first row changes weights, its second uses models as they are."""
    if len(taxonomy.pipelines) < 2:
        return ()
    tune, as_is = taxonomy.pipelines[0].id, taxonomy.pipelines[1].id
    counts: dict[str, int] = {}
    for each in candidates:
        counts[each.found.cell] = counts.get(each.found.cell, 0) + 1
    return tuple(
        TuningShare(
            column.id,
            column.label,
            counts.get(f"{tune}/{column.id}", 0),
            counts.get(f"{as_is}/{column.id}", 0),
        )
        for column in taxonomy.components
    )
