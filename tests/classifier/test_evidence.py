from __future__ import annotations

import numpy as np
import pytest

from classifier.evidence import sentence_evidence
from classifier.features import Vocabulary
from classifier.heads import LinearHeads
from classifier.labels import HandLabel
from classifier.model import GridClassifier
from classifier.prediction import PaperText

TERMS = ("adapter", "adapters train", "bird", "few", "train")
VOCABULARY = Vocabulary(TERMS, np.ones(len(TERMS), dtype=np.float32))
ANY_COLUMN = 1 + 2  # relevance, two primary columns, then "any" of cell 0


def heads(weights: dict[str, float]) -> LinearHeads:
    table = np.zeros((len(TERMS), 1 + 4), dtype=np.float32)
    for term, weight in weights.items():
        table[TERMS.index(term), ANY_COLUMN] = weight
    return LinearHeads(table, np.zeros(5, dtype=np.float32), 2)


def explain(paper: PaperText, weights: dict[str, float]) -> list[tuple[str, float]]:
    model = heads(weights)
    found = sentence_evidence(paper, VOCABULARY.vector(paper), VOCABULARY, model, 0, "training/model")
    assert all(piece.cell == "training/model" for piece in found)
    return [(piece.text, piece.weight) for piece in found]


def test_strongest_sentence_first_and_word_for_word() -> None:
    paper = PaperText("1", "A  study", "A Bird sings.  Few adapter\tlayers train well. An adapter helps.")
    found = explain(paper, {"adapter": 2.0, "train": 3.0, "bird": -1.0})
    assert [text for text, _ in found] == ["Few adapter\tlayers train well.", "An adapter helps."]


def test_contributions_add_up_to_the_score() -> None:
    paper = PaperText("1", "Adapter bird", "An adapter can train. Few train a bird.")
    weights = {"adapter": 2.0, "train": 3.0, "bird": 1.0, "few": 0.5}
    found = explain(paper, weights)
    assert len(found) == 3
    score = heads(weights).score(VOCABULARY.vector(paper)).any_cell[0, 0]
    assert sum(weight for _, weight in found) == pytest.approx(score, abs=2e-4)


def test_a_term_is_shared_among_its_sentences_and_the_title_gets_three_shares() -> None:
    found = dict(explain(PaperText("1", "Adapter", "An adapter here. Nothing there."), {"adapter": 1.0}))
    assert found["Adapter"] == pytest.approx(3 * found["An adapter here."], abs=2e-4)
    assert "Nothing there." not in found


def test_what_speaks_against_is_not_evidence_and_three_are_enough() -> None:
    assert explain(PaperText("1", "Bird", "A bird. Bird!"), {"bird": -1.0}) == []
    many = " ".join(f"Adapter number {n} is fine." for n in range(6))
    assert len(explain(PaperText("1", "", many), {"adapter": 1.0})) == 3


def test_repeated_sentences_are_told_apart() -> None:
    found = explain(PaperText("1", "", "Adapter. Adapter. Bird sings."), {"adapter": 1.0})
    assert [text for text, _ in found] == ["Adapter.", "Adapter."]
    assert found[0][1] == found[1][1]


def test_evidence_of_a_fitted_model_speaks_of_the_topic(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    found = [
        (label, prediction)
        for (label, text) in invented
        for prediction in [small_model.predict_one(text)]
        if prediction.cells and prediction.cells[0].cell == label.primary
    ]
    assert len(found) > 100
    for _, prediction in found:
        weights = [piece.weight for piece in prediction.evidence]
        assert weights
        assert weights == sorted(weights, reverse=True)
        assert prediction.evidence[0].text != "Numbers are reported."
