from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.evidence import PHRASES_AT_MOST, SENTENCES_AT_MOST, sentence_evidence
from classifier.features import TITLE_WEIGHT
from classifier.heads import HeadScores
from classifier.labels import HandLabel
from classifier.model import GridClassifier
from classifier.placing import calibrate
from classifier.prediction import PaperText
from papers.text import sentences

ABSTRACT = (
    "Language models are everywhere. We train low-rank adapters in few parameters. "
    "Results hold on three tasks! Parameter-efficient fine-tuning (e.g. adapters) is cheap. Thanks."
)
PAPER = PaperText("1", "A study of language models", ABSTRACT)
PEFT = "training/model"


def cell_of(model: GridClassifier) -> int:
    return model.config.placing.cells.index(PEFT)


def explain(model: GridClassifier, paper: PaperText) -> dict[str, float]:
    found = sentence_evidence(paper, model.vocabulary, model.heads, model.config.placing, cell_of(model))
    assert all(piece.cell == PEFT for piece in found)
    return {piece.text: piece.weight for piece in found}


def log_odds(model: GridClassifier, paper: PaperText) -> float:
    """Log-odds of the cell's score, from the vector that prediction uses."""
    scores = calibrate(model.heads.score(model.vocabulary.vector(paper)), model.config.placing)
    share = min(float(scores.cells[0, cell_of(model)]), float(scores.first_score[0]))
    if scores.first[0] == cell_of(model):
        share = float(scores.first_score[0])
    return math.log(share / (1 - share))


def without(paper: PaperText, sentence: str) -> PaperText:
    return replace(paper, abstract=" ".join(paper.abstract.replace(sentence, "").split()))


def test_a_weight_is_the_fall_of_the_score_when_the_sentence_is_really_left_out(
    small_model: GridClassifier,
) -> None:
    whole = log_odds(small_model, PAPER)
    found = explain(small_model, PAPER)
    assert found
    for text, weight in found.items():
        fall = whole - log_odds(small_model, without(PAPER, text))
        assert weight == pytest.approx(fall, abs=2e-3)


def test_the_strongest_comes_first_and_no_sentence_left_out_lowers_the_score_more(
    small_model: GridClassifier,
) -> None:
    found = explain(small_model, PAPER)
    first = next(iter(found))
    assert list(found.values()) == sorted(found.values(), reverse=True)
    scores = {text: log_odds(small_model, without(PAPER, text)) for text in sentences(ABSTRACT)}
    assert min(scores, key=lambda text: scores[text]) == first


def test_words_meet_across_the_gap_of_a_sentence_left_out(small_model: GridClassifier) -> None:
    """Leaving the middle out makes `low-rank adapters` of the two ends."""
    paper = PaperText(
        "1", "Language models", "We like low-rank adapters, low. The bird sings. Rank adapters."
    )
    for text, weight in explain(small_model, paper).items():
        fall = log_odds(small_model, paper) - log_odds(small_model, without(paper, text))
        assert weight == pytest.approx(fall, abs=2e-3)


def test_sentences_are_word_for_word_and_three_are_enough(small_model: GridClassifier) -> None:
    paper = PaperText(
        "1", "A  study", "A bird sings.  Low-rank\tadapters help. " + "Adapters train well. " * 6
    )
    found = sentence_evidence(
        paper, small_model.vocabulary, small_model.heads, small_model.config.placing, cell_of(small_model)
    )
    assert 1 <= len(found) <= SENTENCES_AT_MOST
    assert all(piece.text in paper.abstract for piece in found)
    assert all(piece.weight > 0 for piece in found)


def test_the_title_is_evidence_only_where_there_is_no_abstract(small_model: GridClassifier) -> None:
    title = "Low-rank adapters for parameter-efficient fine-tuning of language models"
    assert list(explain(small_model, PaperText("1", title, ""))) == [title]
    assert title not in explain(small_model, PaperText("1", title, ABSTRACT))
    assert explain(small_model, PaperText("1", "", "")) == {}


def test_phrases_stand_in_their_sentence_and_none_in_another(small_model: GridClassifier) -> None:
    found = sentence_evidence(
        PAPER, small_model.vocabulary, small_model.heads, small_model.config.placing, cell_of(small_model)
    )
    first = found[0]
    assert 1 <= len(first.phrases) <= PHRASES_AT_MOST
    assert all(phrase in first.text for phrase in first.phrases)
    assert "fine-tuning" in first.phrases
    assert not any(a != b and a in b for a in first.phrases for b in first.phrases)


def test_another_opinion_is_mixed_in_before_the_score_is_looked_at(small_model: GridClassifier) -> None:
    """A model that adds its own log-odds to the heads' gets evidence for the mixed score."""

    def nothing_counts(scores: HeadScores) -> HeadScores:
        assert len(scores.relevance) == 1 + len(sentences(ABSTRACT))
        return HeadScores(*(np.zeros_like(part) for part in vars(scores).values()))

    arguments = (PAPER, small_model.vocabulary, small_model.heads, small_model.config.placing)
    assert sentence_evidence(*arguments, cell_of(small_model), nothing_counts) == ()


def test_the_whole_paper_is_the_vector_that_prediction_uses(small_model: GridClassifier) -> None:
    from classifier.evidence import _left_out_vectors, _sentences
    from classifier.features import words

    title = words(PAPER.title)
    columns, values = _left_out_vectors(title, _sentences(PAPER.abstract), small_model.vocabulary)
    vector = small_model.vocabulary.vector(PAPER)
    used = values[0] > 0
    assert columns[used].tolist() == vector.columns.tolist()
    assert values[0][used] == pytest.approx(vector.values, abs=1e-6)
    assert TITLE_WEIGHT > 1  # the title counts more, or this test would not see it forgotten


def test_evidence_of_a_fitted_model_speaks_of_the_topic(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    found = [
        prediction
        for (label, text) in invented
        for prediction in [small_model.predict_one(text)]
        if prediction.cells and prediction.cells[0].cell == label.primary and prediction.evidence
    ]
    assert len(found) > 100
    telling = [piece.evidence[0].text.startswith(("We work on", "Our part is")) for piece in found]
    assert sum(telling) / len(telling) > 0.9


def test_leaving_the_evidence_out_costs_the_shipped_model_more_than_another_sentence(
    shared_data: Path,
) -> None:
    """A fifth of the dev list in the fast mode; `python -m benchmarks.evidence` measures the whole."""
    from benchmarks.evidence import measure
    from classifier.labels import read_hand_labels
    from classifier.model import load_classifier
    from classifier.texts import join_texts, read_texts

    gold = shared_data / "gold" / "dev.jsonl.gz"
    texts = [text for _, text in join_texts(read_hand_labels(gold), read_texts([gold])).pairs]
    found = measure(load_classifier(mode="fast"), texts[::5])
    assert found.papers > 80
    assert found.further >= 0.8
    assert found.evidence_fall > 2 * found.random_fall
