"""The papers whose label would teach most, ready to be answered with one key each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from classifier.neighbours import LabelledNeighbour, LabelledPapers, shipped_labels
from classifier.prediction import PaperText
from classifier.review import Candidate, LikelyPlace, likely_places, teaching_order
from db.review import (
    Comparison,
    compared_between_people,
    compared_with_model,
    labels_by_people,
    model_labelled,
    names_of_papers,
)
from foundation.errors import RefusedInputError
from landscape.paper import get_paper
from landscape.significance import wilson_interval
from landscape.types import EvidenceView, PaperRow
from papers.text import title_key
from taxonomy.loader import founding_taxonomy
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    from classifier.labels import HandLabel
    from classifier.model import GridClassifier

QUEUE_PAPERS = 200
OFF_SUBJECT = "off"
MOST_CELLS = 3  # one primary and at most two more, as papers are labelled by hand
# One key a cell, laid out as the grid is; Streamlit keeps C and R for itself.
CELL_KEYS = (tuple("QWETYU"), tuple("ASDFGH"), tuple("ZXVBNM"))


@dataclass(frozen=True)
class ReviewItem:
    """One paper to be answered.

    Attributes:
        row: As lists show it, with the model's label.
        abstract: Or None where no source holds one.
        evidence: The sentences that carry the model's first cell.
        places: Where it may belong, likeliest first: the number keys.
        nearest: The nearest labelled papers.
    """

    row: PaperRow
    abstract: str | None
    evidence: tuple[EvidenceView, ...]
    places: tuple[LikelyPlace, ...]
    nearest: tuple[LabelledNeighbour, ...]


@dataclass(frozen=True)
class Agreement:
    """How often two readings of the same papers agree.

    Attributes:
        papers: Papers with both readings.
        relevance: On whether the paper is on the subject.
        on_subject: Papers that the first reading holds on the subject.
        first_cell: Of these, on the first cell.
        any_cell: Of these, the other's first cell is any of the first reading's cells.
        first_cell_interval: 95 % Wilson interval of the share of `first_cell`.
    """

    papers: int
    relevance: int
    on_subject: int
    first_cell: int
    any_cell: int
    first_cell_interval: tuple[float, float]


@dataclass(frozen=True)
class ReviewerModel:
    """What a review knows beside the store, loaded once.

    Attributes:
        model: The trained model, or None for a grid that no model was trained for.
        labels: Papers that the project's readers labelled: they are not asked again.
    """

    model: GridClassifier | None
    labels: tuple[HandLabel, ...] = ()

    @cached_property
    def neighbours(self) -> LabelledPapers | None:
        """The labelled papers, to be compared with."""
        return LabelledPapers(self.model.vocabulary, self.labels) if self.model else None

    @cached_property
    def known_ids(self) -> frozenset[str]:
        """Ids of the labelled papers."""
        return frozenset(label.id for label in self.labels)

    @cached_property
    def known_titles(self) -> frozenset[str]:
        """Title keys of the labelled papers."""
        return frozenset(title_key(label.title) for label in self.labels if label.title)

    @cached_property
    def by_cell(self) -> Counter[str]:
        """Labelled papers by primary cell."""
        return Counter(label.primary for label in self.labels if label.primary)


def load_reviewer(taxonomy: Taxonomy, model_folder: Path) -> ReviewerModel:
    """Load the trained model and the labels that it learnt from.

    Args:
        taxonomy: The grid in force.
        model_folder: Of the model in force.

    Returns:
        Both, or neither where the grid is another one than theirs.

    Raises:
        ModelError: The model is damaged.
    """
    from classifier.model import load_classifier

    if not taxonomy.is_founding:
        return ReviewerModel(None)
    # The words alone: a place must be offered at once.
    return ReviewerModel(load_classifier(model_folder, founding_taxonomy(), mode="fast"), shipped_labels())


def review_queue(
    session: Session,
    taxonomy: Taxonomy,
    reviewer: ReviewerModel,
    *,
    most: int = QUEUE_PAPERS,
    skip: Collection[str] = (),
) -> list[str]:
    """Public ids of the papers to answer next, those first whose label would teach most.

    Args:
        session: A session.
        taxonomy: The grid in force.
        reviewer: The model in force and what it learnt from.
        most: How many.
        skip: Public ids to leave out.

    Returns:
        Ids; empty where nothing is labelled by a model, or people have answered everything.
    """
    waiting = model_labelled(session, taxonomy_version=taxonomy.version)
    named = names_of_papers(session, [paper.paper_id for paper in waiting])
    skipped = set(skip)
    candidates = [
        Candidate(paper.paper_id, paper.relevance, paper.cell, paper.score)
        for paper in waiting
        for names in (named[paper.paper_id],)
        if names.title_key not in reviewer.known_titles
        and not names.ids & reviewer.known_ids
        and not names.ids & skipped
    ]
    held = reviewer.by_cell + labels_by_people(session)
    chosen = teaching_order(candidates, held, most)
    return [named[candidate.key].key for candidate in chosen]


def review_item(session: Session, taxonomy: Taxonomy, reviewer: ReviewerModel, public_id: str) -> ReviewItem:
    """One paper with what helps to answer it.

    Args:
        session: A session.
        taxonomy: The grid in force.
        reviewer: The model in force and what it learnt from.
        public_id: Any id of the paper.

    Returns:
        The paper.

    Raises:
        RefusedInputError: No paper has this id.
    """
    detail = get_paper(session, taxonomy, public_id)
    text = PaperText(detail.row.id, detail.row.title, detail.abstract or "")
    return ReviewItem(
        detail.row,
        detail.abstract,
        detail.evidence,
        _places(taxonomy, likely_places(reviewer.model, text)) if reviewer.model else (),
        reviewer.neighbours.nearest(text) if reviewer.neighbours else (),
    )


def _places(taxonomy: Taxonomy, places: Sequence[LikelyPlace]) -> tuple[LikelyPlace, ...]:
    """Places of the trained model's grid as the grid in force names them; each once."""
    found: dict[tuple[str, str | None], LikelyPlace] = {}
    for place in places:
        topic = taxonomy.resolve_topic(place.topic) if place.topic else None
        cell = topic.rpartition("/")[0] if topic else place.cell
        if cell in taxonomy.cells:
            found.setdefault((cell, topic), LikelyPlace(cell, topic, place.score))
    return tuple(found.values())


def agreement_with_model(session: Session, taxonomy: Taxonomy) -> Agreement:
    """How often people agree with what the model had said of the same papers before."""
    return agreement_of(compared_with_model(session, taxonomy_version=taxonomy.version))


def agreement_between_people(session: Session) -> Agreement:
    """How often people agree with each other on papers that two of them labelled."""
    return agreement_of(compared_between_people(session))


def agreement_of(pairs: Sequence[Comparison]) -> Agreement:
    """Count agreement.

    Args:
        pairs: Two readings a paper.

    Returns:
        Counts; a paper that the other reading holds off the subject agrees on no cell.
    """
    on = [pair for pair in pairs if pair.cells]
    first = sum(pair.other_cells[:1] == pair.cells[:1] for pair in on)
    return Agreement(
        papers=len(pairs),
        relevance=sum(bool(pair.cells) == bool(pair.other_cells) for pair in pairs),
        on_subject=len(on),
        first_cell=first,
        any_cell=sum(bool(pair.other_cells) and pair.other_cells[0] in pair.cells for pair in on),
        first_cell_interval=wilson_interval(first, len(on)) if on else (0.0, 1.0),
    )


def cell_keys(taxonomy: Taxonomy) -> Mapping[str, str]:
    """The key of each cell, laid out as the grid is; cells beyond three rows of six have none."""
    keys: dict[str, str] = {}
    for row, pipeline in enumerate(taxonomy.pipelines[: len(CELL_KEYS)]):
        for column, component in enumerate(taxonomy.components[: len(CELL_KEYS[row])]):
            keys[f"{pipeline.id}/{component.id}"] = CELL_KEYS[row][column]
    return keys


def place_named(taxonomy: Taxonomy, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read a place as a person writes it.

    Args:
        taxonomy: The grid in force.
        name: A cell, a topic, several of them with commas between, or `off` for off the subject.

    Returns:
        Cells, primary first, and topics; both empty for `off`.

    Raises:
        RefusedInputError: A part is no cell and no topic of the grid, or there are too many cells.
    """
    if name.strip() == OFF_SUBJECT:
        return (), ()
    cells: list[str] = []
    topics: list[str] = []
    for part in (part.strip() for part in name.split(",")):
        topic = None if part in taxonomy.cells else taxonomy.resolve_topic(part)
        if topic is None and part not in taxonomy.cells:
            raise RefusedInputError(
                "no cell and no topic has this name",
                hint=f"See `landscape taxonomy show`; `{OFF_SUBJECT}` is for a paper off the subject",
                place=part,
            )
        cell = topic.rpartition("/")[0] if topic else part
        if cell not in cells:
            cells.append(cell)
        if topic and topic not in topics:
            topics.append(topic)
    if len(cells) > MOST_CELLS:
        raise RefusedInputError("a paper has three cells at most", cells=len(cells))
    return tuple(cells), tuple(topics)
