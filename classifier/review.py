"""Which unlabelled papers would teach most, and what a reader may press first.

The order was chosen by simulation (`python -m benchmarks.review`): a paper's worth is how likely it is
on the subject, times how doubtful its first cell is, over the root of how many labels that cell has
already; every fifth place goes to the paper whose relevance is most in doubt, so that the line between
on and off the subject is taught too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.placing import calibrate
from classifier.prediction import PaperText

if TYPE_CHECKING:
    from classifier.model import GridClassifier

# By the same simulation, ten seeds, measured on papers held out of train: without these questions 300
# answers cost relevance 0.8 points of F1 against random choice; with one in five they gain 0.3, and one
# in ten loses 0.2. The first cell gains a point less with them.
RELEVANCE_EVERY = 5
PLACES_OFFERED = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """An unlabelled paper as a model sees it.

    Attributes:
        key: Whatever the caller finds the paper by.
        relevance: Calibrated probability that it is on the subject.
        cell: The first cell, or None where the model holds it off the subject.
        score: Calibrated probability that this cell is a right one; 0 without a cell.
    """

    key: int
    relevance: float
    cell: str | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class LikelyPlace:
    """A place that a paper may have.

    Attributes:
        cell: The cell.
        topic: The topic in it, or None for the cell alone.
        score: Calibrated probability of the topic, or of the cell.
    """

    cell: str
    topic: str | None
    score: float


def worth(candidate: Candidate, labels_of_cell: int) -> float:
    """What a label of a paper's cell would teach; 0 where the model gives it none.

    Args:
        candidate: The paper.
        labels_of_cell: How many labelled papers have its first cell as their primary one.
    """
    if candidate.cell is None:
        return 0.0
    return candidate.relevance * (1.0 - candidate.score) / math.sqrt(1.0 + labels_of_cell)


def teaching_order(
    candidates: Sequence[Candidate], labels_by_cell: Mapping[str, int], most: int
) -> list[Candidate]:
    """Put the papers first whose labels would teach most.

    Each paper that is chosen counts as a label of its first cell for those after it, so that no cell
    fills the list.

    Args:
        candidates: Unlabelled papers.
        labels_by_cell: Labelled papers by primary cell.
        most: How many to choose.

    Returns:
        At most so many, best first; equal ones by key.
    """
    held = dict(labels_by_cell)
    by_cell: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.cell is not None:
            by_cell.setdefault(candidate.cell, []).append(candidate)
    for waiting in by_cell.values():
        # Best last, to be popped; within a cell the order never changes.
        waiting.sort(key=lambda each: (worth(each, 0), -each.key))
    doubtful = sorted(candidates, key=lambda each: (-abs(each.relevance - 0.5), -each.key))
    chosen: list[Candidate] = []
    taken: set[int] = set()
    while len(chosen) < most:
        found = _doubtful(doubtful, taken) if len(chosen) % RELEVANCE_EVERY == RELEVANCE_EVERY - 1 else None
        found = found or _worthiest(by_cell, held, taken) or _doubtful(doubtful, taken)
        if found is None:
            break
        chosen.append(found)
        taken.add(found.key)
        if found.cell is not None:
            held[found.cell] = held.get(found.cell, 0) + 1
    return chosen


def _doubtful(waiting: list[Candidate], taken: set[int]) -> Candidate | None:
    while waiting:
        candidate = waiting.pop()
        if candidate.key not in taken:
            return candidate
    return None


def _worthiest(
    by_cell: dict[str, list[Candidate]], held: Mapping[str, int], taken: set[int]
) -> Candidate | None:
    for waiting in by_cell.values():
        while waiting and waiting[-1].key in taken:
            waiting.pop()
    tops = [(worth(waiting[-1], held.get(cell, 0)), cell) for cell, waiting in by_cell.items() if waiting]
    if not tops:
        return None
    _, cell = min(tops, key=lambda top: (-top[0], top[1]))
    return by_cell[cell].pop()


def likely_places(
    model: GridClassifier, paper: PaperText, most: int = PLACES_OFFERED
) -> tuple[LikelyPlace, ...]:
    """The places that a paper most likely has, for a reader to choose from.

    Args:
        model: Its linear heads are asked, whatever else it mixes in: this must be quick.
        paper: The paper.
        most: How many places.

    Returns:
        Topics and whole cells together, likeliest first. A cell stands for "this cell, none of its
        topics": its chance is what its likeliest topic leaves over.
    """
    placing = model.config.placing
    vector = model.vocabulary.vector(paper)
    if not len(vector.columns):
        return ()
    found = calibrate(model.heads.score(vector), placing)
    best_topic = [0.0] * len(placing.cells)
    places = []
    for topic, (name, home) in enumerate(zip(placing.topics, placing.cell_of_topic, strict=True)):
        chance = float(found.topics[0, topic])
        best_topic[home] = max(best_topic[home], chance)
        places.append(LikelyPlace(placing.cells[home], name, chance))
    for cell, name in enumerate(placing.cells):
        whole = float(found.first_score[0] if cell == found.first[0] else found.cells[0, cell])
        places.append(LikelyPlace(name, None, whole * (1.0 - best_topic[cell])))
    return tuple(sorted(places, key=lambda place: (-place.score, place.topic or place.cell))[:most])
