"""What the API answers: the shapes that scripts read, checked and documented by pydantic."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TopicAnswer(Answer):
    """A topic with its papers."""

    id: str
    label: str
    n_papers: int
    share: float
    growth: float | None


class CellAnswer(Answer):
    """A cell with its topics; `n_papers` counts papers whose primary cell it is."""

    id: str
    pipeline: str
    component: str
    n_papers: int
    n_any: int
    n_without_topic: int
    share: float
    growth: float | None
    topics: list[TopicAnswer]


class YearAnswer(Answer):
    """Papers of a year; null for papers without one."""

    year: int | None
    n_papers: int


class LandscapeAnswer(Answer):
    """The whole landscape, every cell of it."""

    as_of: datetime
    taxonomy_version: str
    title: str
    classifier: str | None
    papers: int
    classified: int
    relevant: int
    unsure: int
    not_relevant: int
    by_source: dict[str, int]
    by_year: list[YearAnswer]
    cells: list[CellAnswer]


class PlaceAnswer(Answer):
    """A cell or topic: what it is, and how many papers it holds."""

    id: str
    kind: str
    label: str
    cell: str
    definition: str
    n_papers: int
    share: float
    growth: float | None
    topics: list[TopicAnswer]


class PaperAnswer(Answer):
    """A paper as every list has it; `evidence` is the sentence that put it in its cell."""

    id: str
    title: str
    authors: list[str]
    year: int | None
    published: date | None
    venue: str | None
    ids: dict[str, str]
    url: str | None
    cell: str | None
    cells: list[str]
    topics: list[str]
    score: float | None
    verdict: str | None
    method: str | None
    evidence: str


class PapersAnswer(Answer):
    """A piece of a list, and how long the whole list is."""

    total: int
    limit: int
    offset: int
    papers: list[PaperAnswer]


class EvidenceAnswer(Answer):
    """A sentence that moved a score; weight in log-odds, positive speaks for the cell."""

    text: str
    cell: str
    weight: float


class ScoredAnswer(Answer):
    """A cell or topic with its score."""

    id: str
    score: float


class LabelAnswer(Answer):
    """One label of a paper, with where it comes from."""

    verdict: str
    relevance: float
    cells: list[ScoredAnswer]
    topics: list[ScoredAnswer]
    method: str
    by: str
    run: str | None
    taxonomy_version: str
    at: datetime
    note: str
    evidence: list[EvidenceAnswer]
    is_current: bool


class RecordAnswer(Answer):
    """One record as a source told it."""

    source: str
    source_id: str
    version: int | None
    title: str
    url: str | None
    retrieved_at: datetime
    is_current: bool
    deleted: bool


class PaperDetailAnswer(Answer):
    """Everything known of a paper."""

    paper: PaperAnswer
    abstract: str | None
    container_title: str | None
    licence: str | None
    language: str | None
    retracted: str | None
    source: str
    first_seen: datetime
    updated_at: datetime
    relevance: float | None
    evidence: list[EvidenceAnswer]
    labels: list[LabelAnswer]
    records: list[RecordAnswer]


class MovedAnswer(Answer):
    """A topic between two moments."""

    id: str
    label: str
    cell: str
    direction: str
    n_before: int
    n_after: int
    n_arrived: int
    observed: int
    expected: float
    q_value: float | None


class MovementAnswer(Answer):
    """What moved between two moments: what rises, fades or is new, and the newest papers."""

    before: datetime
    after: datetime
    taxonomy_version: str
    relevant_before: int
    relevant_after: int
    n_new: int
    n_late: int
    n_relabelled: int
    comparable: bool
    topics: list[MovedAnswer]
    papers: list[PaperAnswer]


class SourceAnswer(Answer):
    """How far a source has been harvested."""

    state: str
    reason: str
    last_complete: datetime | None
    papers: int


class StatusAnswer(Answer):
    """What is known and how fresh it is."""

    papers: int
    classified: int
    relevant: int
    unassigned: int
    rejected: int
    duplicates_linked: int
    taxonomy_version: str
    topics: int
    cells: int
    classifier: str | None
    sources: dict[str, SourceAnswer]


class Refusal(Answer):
    """Why a question has no answer, on one line."""

    detail: str
