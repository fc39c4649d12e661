from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import discovery
from classifier.discovery import Group, PlacedPaper, discover
from classifier.prediction import PaperText

CELLS = ("training/data", "inference/model")
HELD = "training/data/kites"
SUBJECTS = {
    # subject: words, its direction, what the grid calls it, years before the newest paper
    "kites": ("kite string wind tail", 0, HELD, 4),
    "lanterns": ("lantern paper flame glow", 1, None, 0),
    "canals": ("canal lock barge water", 2, None, 3),
}


def invented_papers() -> tuple[list[PlacedPaper], NDArray[np.float32]]:
    """Three tight groups in one cell, one of them held by a topic; one paper elsewhere."""
    random = np.random.RandomState(0)
    papers, rows = [], []
    for subject, (words, direction, topic, years) in SUBJECTS.items():
        for number in range(24):
            own = words.split()
            text = PaperText(
                f"{subject}{number}",
                f"{own[number % 4]} {own[(number + 1) % 4]} in field {number}",
                f"{words}. {own[number % 4]}",
            )
            topics = ((topic, 0.9),) if topic else ()
            day = date(2025, 6, 1) - timedelta(days=365 * years + number)
            papers.append(PlacedPaper(text, ("training/data",), topics, day))
            vector = random.normal(scale=0.05, size=12)
            vector[direction] += 1
            rows.append(vector / np.linalg.norm(vector))
    papers.append(PlacedPaper(PaperText("lone", "Alone", "Alone."), ("inference/model",), (), None))
    rows.append(np.eye(12)[5])
    return papers, np.array(rows, dtype=np.float32)


@pytest.fixture(scope="module")
def groups() -> tuple[Group, ...]:
    papers, vectors = invented_papers()
    return discover(papers, vectors, CELLS)


def subject_of(group: Group) -> set[str]:
    return {paper.rstrip("0123456789") for paper in group.papers}


def test_every_group_is_of_one_subject_and_large_enough(groups: tuple[Group, ...]) -> None:
    assert sorted(subject for group in groups for subject in subject_of(group)) == sorted(SUBJECTS)
    assert all(len(group.papers) >= 15 and group.tightness > 0.9 for group in groups)
    assert all(group.cell == "training/data" for group in groups)


def test_what_a_topic_holds_is_a_sub_topic_and_no_proposal(groups: tuple[Group, ...]) -> None:
    proposed = {subject for group in groups if group.proposed for subject in subject_of(group)}
    assert proposed == {"lanterns", "canals"}
    held = next(group for group in groups if not group.proposed)
    assert (held.held, held.nearest_topic, held.score) == (1.0, HELD, 0.0)


def test_what_grows_ranks_before_what_does_not(groups: tuple[Group, ...]) -> None:
    first, second = [group for group in groups if group.proposed]
    assert (subject_of(first), subject_of(second)) == ({"lanterns"}, {"canals"})
    assert first.score > second.score > 0


def test_groups_bear_names_from_their_own_words(groups: tuple[Group, ...]) -> None:
    for group in groups:
        (subject,) = subject_of(group)
        words = set(SUBJECTS[subject][0].split())
        assert words & {word for phrase, _ in group.phrases for word in phrase.split()}
        assert group.slug.startswith("training/data/")
        assert group.name.split(",")[0] == group.phrases[0][0]
    assert len({group.slug for group in groups}) == len(groups)


def test_a_group_that_two_cells_share_is_proposed_once() -> None:
    papers, vectors = invented_papers()
    both = [PlacedPaper(p.text, CELLS, (), p.published) for p in papers]
    found = discover(both, vectors, CELLS)
    assert len(found) == 6
    assert all(group.cell == "training/data" for group in found if group.proposed)


def test_hiding_a_topic_brings_its_papers_to_light() -> None:
    papers, vectors = invented_papers()
    hidden = [PlacedPaper(p.text, p.cells, (), p.published) for p in papers]
    proposed = [subject_of(group) for group in discover(hidden, vectors, CELLS) if group.proposed]
    assert {"kites"} in proposed


def test_same_papers_give_the_same_groups_again(groups: tuple[Group, ...]) -> None:
    papers, vectors = invented_papers()
    assert discover(papers, vectors, CELLS) == groups


def test_of_a_cell_with_too_many_papers_the_newest_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MOST_PAPERS_A_CELL", 48)
    papers, vectors = invented_papers()
    found = {subject for group in discover(papers, vectors, CELLS) for subject in subject_of(group)}
    assert found == {"lanterns", "canals"}
