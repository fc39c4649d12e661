"""Words and encoder are mixed by likelihood: the one that knows more weighs more."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.blend import Blend, blended, fit_blend
from classifier.heads import HeadScores
from classifier.labels import HandLabel
from classifier.placing_fit import Targets, targets_of

CELLS = ("r/a", "r/b", "r/c")
TOPICS = ("r/a/one", "r/b/two")


def _targets(papers: int = 400) -> Targets:
    draws = np.random.default_rng(7)
    labels = []
    for number in range(papers):
        cell = int(draws.integers(4))
        topic = {0: ("r/a/one",), 1: ("r/b/two",)}.get(cell, ())
        labels.append(
            HandLabel(
                id=f"url:https://invented.example/{number}",
                title=f"Invented {number}",
                relevant=cell < 3,
                primary=CELLS[cell] if cell < 3 else None,
                topics=topic,
                stratum="natural:invented",
            )
        )
    return targets_of(labels, CELLS, TOPICS, {1: 0.6, 2: 0.85, 3: 1.0})


def _scores(targets: Targets, noise: float, seed: int) -> HeadScores:
    draws = np.random.default_rng(seed)

    def told(right: np.ndarray) -> np.ndarray:
        return np.where(right, 2.0, -2.0) + noise * draws.normal(size=right.shape)

    return HeadScores(told(targets.relevant), told(targets.cells), told(targets.cells), told(targets.topics))


def test_the_voice_that_knows_more_weighs_more() -> None:
    targets = _targets()
    good, poor = _scores(targets, 1.0, 1), _scores(targets, 6.0, 2)
    for pair in fit_blend(good, poor, targets).model_dump().values():
        assert pair[0] > 2 * abs(pair[1])
    for pair in fit_blend(poor, good, targets).model_dump().values():
        assert pair[1] > 2 * abs(pair[0])


def test_a_mix_of_two_equal_voices_is_nearer_to_the_truth_than_either() -> None:
    targets = _targets()
    first, second = _scores(targets, 3.0, 3), _scores(targets, 3.0, 4)
    mixed = blended(first, second, fit_blend(first, second, targets))
    own = targets.relevant

    def right(scores: HeadScores) -> float:
        return float((scores.primary[own].argmax(axis=1) == targets.primary[own]).mean())

    assert right(mixed) > max(right(first), right(second))


def test_mixing_adds_up_kind_by_kind() -> None:
    targets = _targets(5)
    words, encoder = _scores(targets, 1.0, 5), _scores(targets, 1.0, 6)
    blend = Blend(relevance=(1, 0), primary=(0, 1), any_cell=(0.5, 0.25), topic=(2, -1))
    mixed = blended(words, encoder, blend)
    np.testing.assert_array_equal(mixed.relevance, words.relevance)
    np.testing.assert_array_equal(mixed.primary, encoder.primary)
    np.testing.assert_allclose(mixed.any_cell, 0.5 * words.any_cell + 0.25 * encoder.any_cell)
    np.testing.assert_allclose(mixed.topic, 2 * words.topic - encoder.topic)


def test_one_whole_paper_is_mixed_with_each_of_its_shortened_forms() -> None:
    targets = _targets(6)
    forms = _scores(targets, 1.0, 8)
    whole = _scores(targets, 1.0, 9).rows(np.array([0]))
    mixed = blended(forms, whole, Blend(relevance=(1, 1), primary=(1, 1), any_cell=(1, 1), topic=(1, 1)))
    np.testing.assert_allclose(mixed.topic, forms.topic + whole.topic)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_are_numbers(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Blend(relevance=(value, 0), primary=(0, 1), any_cell=(0, 1), topic=(0, 1))
