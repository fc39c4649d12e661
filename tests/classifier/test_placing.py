from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifier.heads import HeadScores
from classifier.labels import HandLabel
from classifier.placing import Calibrated, PlacingConfig, Thresholds, calibrate, place, sigmoid
from classifier.placing_fit import LEAST_SURE, _relevance_threshold, _sure_threshold, fit_placing, targets_of

CELLS = ("a/x", "a/y", "b/x", "b/y")
TOPICS = ("a/x/one", "a/x/two", "b/x/three", "b/y/four")
CONFIG = PlacingConfig(
    cells=CELLS,
    topics=TOPICS,
    relevance=(1.0, 0.0),
    cell_weights=(1.0, 0.0, 1.0, 0.0, 0.0),
    cell_bias=(0.0,) * 4,
    first=(1.0, 0.0, 0.0, 0.0),
    other=(1.0, 0.0, 0.0),
    topic=(1.0, 0.0),
    topic_bias=(0.0,) * 4,
    thresholds=Thresholds(relevant=0.5, sure=0.6, other_cell=0.4, first_topic=0.2, other_topic=0.5),
)


def calibrated(
    first: int, first_score: float, cells: list[float], topics: list[float], relevance: float = 0.9
) -> Calibrated:
    return Calibrated(
        relevance=np.array([relevance]),
        first=np.array([first]),
        first_score=np.array([first_score]),
        cells=np.array([cells]),
        topics=np.array([topics]),
    )


def test_a_paper_that_is_not_relevant_has_a_relevance_and_nothing_else() -> None:
    placed = place(calibrated(0, 0.9, [0.9, 0, 0, 0], [0.9, 0, 0, 0], relevance=0.49), 0, CONFIG)
    assert (placed.verdict, placed.relevance, placed.cells, placed.topics) == ("not-relevant", 0.49, (), ())


def test_further_cells_pass_their_threshold_and_never_stand_above_the_first() -> None:
    placed = place(calibrated(2, 0.7, [0.95, 0.45, 0.7, 0.39], [0.0, 0.0, 0.3, 0.0]), 0, CONFIG)
    assert [(cell.cell, cell.score) for cell in placed.cells] == [("b/x", 0.7), ("a/x", 0.7), ("a/y", 0.45)]
    assert [topic.topic for topic in placed.topics] == ["b/x/three"]
    assert placed.verdict == "labelled"


def test_a_topic_brings_its_cell_while_there_is_room() -> None:
    placed = place(calibrated(1, 0.8, [0.1, 0.8, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0]), 0, CONFIG)
    assert [cell.cell for cell in placed.cells] == ["a/y", "a/x"]
    full = place(calibrated(1, 0.8, [0.1, 0.8, 0.5, 0.5], [0.6, 0.55, 0.5, 0.0]), 0, CONFIG)
    assert [cell.cell for cell in full.cells] == ["a/y", "b/x", "b/y"]
    assert [topic.topic for topic in full.topics] == ["b/x/three"]


def test_the_first_topic_needs_less_than_the_further_ones() -> None:
    placed = place(calibrated(0, 0.8, [0.8, 0, 0, 0], [0.45, 0.44, 0.0, 0.0]), 0, CONFIG)
    assert [topic.topic for topic in placed.topics] == ["a/x/one"]


def test_verdicts() -> None:
    assert place(calibrated(0, 0.8, [0.8, 0, 0, 0], [0.1, 0, 0, 0]), 0, CONFIG).verdict == "cell-no-topic"
    unsure = place(calibrated(0, 0.59, [0.8, 0, 0, 0], [0.9, 0, 0, 0]), 0, CONFIG)
    assert unsure.verdict == "unsure"
    assert unsure.cells
    assert unsure.topics


@settings(max_examples=100, deadline=None)
@given(arrays(np.float64, (1, 1 + 8 + 4), elements=st.floats(-500, 500)))
def test_any_scores_give_finite_probabilities(columns: np.ndarray) -> None:
    found = calibrate(HeadScores.from_columns(columns, 4), CONFIG)
    for values in (found.relevance, found.first_score, found.cells, found.topics):
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1)).all()


def test_sigmoid_does_not_overflow() -> None:
    np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def random_scores(papers: int) -> tuple[HeadScores, list[HandLabel]]:
    """Scores that know the truth, with noise; every fourth paper is not relevant."""
    chance = np.random.RandomState(3)
    labels, rows = [], []
    for number in range(papers):
        cell = number % 4
        relevant = chance.rand() > 0.25
        topic = [name for name in TOPICS if name.startswith(CELLS[cell])][:1]
        labels.append(
            HandLabel(
                id=f"arxiv:{number}",
                stratum="natural:x",
                relevant=relevant,
                primary=CELLS[cell] if relevant else None,
                topics=tuple(topic) if relevant else (),
            )
        )
        row = chance.normal(size=1 + 8 + 4) * 1.5
        row[0] += 2 if relevant else -2
        row[[1 + cell, 5 + cell]] += 2
        if topic:
            row[9 + TOPICS.index(topic[0])] += 2
        rows.append(row)
    return HeadScores.from_columns(np.array(rows), 4), labels


def test_fitted_first_score_is_calibrated_on_papers_it_has_not_seen() -> None:
    scores, labels = random_scores(4000)
    targets = targets_of(labels, CELLS, TOPICS, {1: 1.0, 2: 1.0, 3: 1.0})
    fit, test = np.arange(2000), np.arange(2000, 4000)
    config = fit_placing(scores.rows(fit), targets.rows(fit), CELLS, TOPICS)
    held = targets.relevant[test]
    found = calibrate(scores.rows(test[held]), config)
    hit = targets.cells[test[held], found.first]
    assert abs(found.first_score.mean() - hit.mean()) < 0.03
    sure = found.first_score >= config.thresholds.sure
    assert hit[sure].mean() > 0.87
    assert hit.mean() < hit[sure].mean()


def test_relevance_threshold_is_the_low_end_of_the_plateau() -> None:
    score = np.array([0.1] * 50 + [0.3] * 10 + [0.9] * 100)
    right = np.array([False] * 60 + [True] * 100)
    # Everything from 0.31 to 0.9 is equally good.
    assert _relevance_threshold(score, right) == 0.31


def test_sure_threshold_reaches_its_precision() -> None:
    score = np.array([0.7] * 100 + [0.8] * 100)
    hit = np.array([True, False] * 50 + [True] * 95 + [False] * 5)
    assert _sure_threshold(score, hit) == 0.71
    assert _sure_threshold(score, np.zeros(200, dtype=bool)) == 0.95


def test_a_model_that_is_nearly_always_right_still_tells_a_doubt() -> None:
    # A better model once met the precision over all papers, and no paper was called unsure any more.
    score = np.array([0.3] * 10 + [0.9] * 990)
    hit = np.array([False] * 10 + [True] * 990)
    assert hit.mean() > 0.9
    assert _sure_threshold(score, hit) == LEAST_SURE


@pytest.mark.parametrize("field", ["cell_weights", "cell_bias", "first", "other", "topic", "topic_bias"])
def test_numbers_of_the_wrong_count_are_refused(field: str) -> None:
    data = CONFIG.model_dump()
    data[field] = (*data[field], 0.0)
    with pytest.raises(ValueError, match=field):
        PlacingConfig.model_validate(data)
