from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.labels import HandLabel
from classifier.model import GridClassifier
from classifier.neighbours import LabelledPapers, shipped_labels
from classifier.prediction import PaperText
from classifier.review import RELEVANCE_EVERY, Candidate, likely_places, teaching_order, worth

A, B = "training/model", "inference/context"


def test_doubt_relevance_and_rarity_each_raise_a_papers_worth() -> None:
    plain = Candidate(1, 0.9, A, 0.6)
    assert worth(Candidate(2, 0.9, A, 0.4), 10) > worth(plain, 10)
    assert worth(Candidate(2, 0.5, A, 0.6), 10) < worth(plain, 10)
    assert worth(plain, 3) > worth(plain, 10)
    assert worth(Candidate(3, 0.9), 0) == 0


def test_a_chosen_paper_counts_as_a_label_of_its_cell() -> None:
    """Without it the rare cell would take the first two places."""
    candidates = [Candidate(1, 1.0, A, 0.5), Candidate(2, 1.0, A, 0.5), Candidate(3, 1.0, B, 0.5)]
    chosen = teaching_order(candidates, {A: 0, B: 0.5}, 3)  # type: ignore[dict-item]
    assert [each.key for each in chosen] == [1, 3, 2]


def test_every_fifth_question_is_about_relevance() -> None:
    sure = [Candidate(n, 1.0, A, 0.1) for n in range(20)]
    border = [Candidate(100, 0.52), Candidate(101, 0.1), Candidate(102, 0.45)]
    order = [each.key for each in teaching_order([*sure, *border], {}, 15)]
    assert order[RELEVANCE_EVERY - 1] == 100
    assert order[2 * RELEVANCE_EVERY - 1] == 102
    assert order[3 * RELEVANCE_EVERY - 1] == 101


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 40),
        st.floats(0, 1),
        st.sampled_from([None, A, B]),
        st.floats(0, 1),
    ),
    unique_by=lambda each: each.key,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(CANDIDATES, st.integers(0, 40), st.randoms())
def test_each_paper_once_as_many_as_there_are_and_in_any_order_the_same(
    candidates: list[Candidate], most: int, chance: object
) -> None:
    chosen = teaching_order(candidates, {A: 3}, most)
    assert len(chosen) == len({each.key for each in chosen}) == min(most, len(candidates))
    shuffled = candidates.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert teaching_order(shuffled, {A: 3}, most) == chosen


def test_likely_places_begin_with_the_place_of_an_invented_paper(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    relevant = [(label, text) for label, text in invented if label.relevant]
    found = [(label, likely_places(small_model, text)) for label, text in relevant]
    first = [places[0].topic in label.topics for label, places in found]
    assert sum(first) / len(first) > 0.8
    for _, places in found:
        assert [p.score for p in places] == sorted((p.score for p in places), reverse=True)
        assert len({(p.cell, p.topic) for p in places}) == len(places) == 6
        assert all(0 <= p.score <= 1 for p in places)
    assert likely_places(small_model, PaperText("x", "数据", "")) == ()


def test_nearest_labelled_papers_share_words_and_never_are_the_paper_itself(
    small_model: GridClassifier,
) -> None:
    labels = [
        HandLabel(id="a:1", title="Low-rank adapters for language models", relevant=True, primary=A),
        HandLabel(id="a:2", title="Low-rank adapters", relevant=True, primary=A),
        HandLabel(id="a:3", title="Terns", relevant=False),
        HandLabel(id="a:4", title="", relevant=False),
    ]
    papers = LabelledPapers(small_model.vocabulary, labels)
    found = papers.nearest(PaperText("a:9", "Low-rank adapters for language models!", "We train adapters."))
    assert [near.id for near in found] == ["a:2"]
    assert 0 < found[0].nearness <= 1
    assert found[0].cell == A
    assert [n.id for n in papers.nearest(PaperText("a:2", "Other low-rank language things", ""))] == ["a:1"]
    assert papers.nearest(PaperText("x", "", "")) == ()


def test_shipped_labels_hold_to_their_own_rules() -> None:
    """They are read without a check of each row: it is made here."""
    labels = shipped_labels()
    assert len(labels) > 11_000
    for label in labels:
        HandLabel.model_validate(label.model_dump())
