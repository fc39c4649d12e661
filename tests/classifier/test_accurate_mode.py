"""A model with the tuned encoder beside its words, fitted on papers that the tuning never saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import classifier.training as training
from classifier.labels import HandLabel
from classifier.model import GridClassifier, load_classifier
from classifier.prediction import PaperText
from classifier.rows import prediction_to_row
from classifier.training import train
from classifier.tuned_encoder import TunedEncoder
from foundation.errors import ModelError

Invented = list[tuple[HandLabel, PaperText]]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def folder(invented: Invented, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    folder = tmp_path_factory.mktemp("accurate")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "FEWEST_UNSEEN", 10)
        train(invented[::2], folder, held_out=invented[1:40:2], encoder=TunedEncoder(cache_folder=cache))
    return folder


@pytest.fixture(scope="module")
def accurate(folder: Path, cache: Path) -> GridClassifier:
    return load_classifier(folder, cache_folder=cache)


def _rows(model: GridClassifier, papers: list[PaperText]) -> list[str]:
    return [json.dumps(prediction_to_row(prediction)) for prediction in model.predict(papers)]


def test_a_prediction_is_the_same_bytes_in_any_company(accurate: GridClassifier, invented: Invented) -> None:
    papers = [text for _, text in invented[:12]] + [PaperText("empty", "", "")]
    together = _rows(accurate, papers)
    assert [row for paper in papers for row in _rows(accurate, [paper])] == together
    assert _rows(accurate, papers[::-1])[::-1] == together
    assert json.dumps(prediction_to_row(accurate.predict_one(papers[3]))) == together[3]


def test_both_modes_are_models_of_their_own(
    folder: Path, accurate: GridClassifier, invented: Invented
) -> None:
    fast = load_classifier(folder, mode="fast")
    assert (fast.mode, accurate.mode) == ("fast", "accurate")
    assert (fast.name, accurate.name) == ("tfidf-linear", "tfidf-minilm")
    assert fast.digest != accurate.digest
    papers = [text for _, text in invented[:6]]
    assert _rows(fast, papers) != _rows(accurate, papers)


def test_evidence_is_weighed_by_the_mixed_score(cache: Path) -> None:
    telling = "We retrieve passages from an index and put them into the prompt, so that answers rest on them."
    paper = PaperText(
        "x", "Passages for answers", f"Large language models invent facts. {telling} The weather was fine."
    )
    weights = []
    for model in (load_classifier(cache_folder=cache), load_classifier(mode="fast")):
        prediction = model.predict_one(paper)
        assert prediction.cells[0].cell == "inference/context"
        assert prediction.evidence[0].text == telling
        assert {evidence.cell for evidence in prediction.evidence} == {"inference/context"}
        assert all(evidence.weight > 0 for evidence in prediction.evidence)
        weights.append(prediction.evidence[0].weight)
    assert weights[0] != weights[1]


def test_the_card_tells_both_modes_and_on_what(folder: Path, invented: Invented) -> None:
    card = json.loads((folder / "card.json").read_text())
    assert card["name"] == "tfidf-minilm"
    assert card["held_out_papers"] == 20
    assert set(card["held_out"]) == set(card["fast_held_out"]) == set(card["cross_validation"])
    assert 10 <= card["cross_validation_papers"] < card["papers"] / 4
    assert card["encoder"]["papers"] > 9000
    told = (folder / "README.md").read_text()
    assert "upper layers tuned" in told
    assert f"cross-validation, {card['cross_validation_papers']} papers" in told


def test_fitting_twice_gives_the_same_bytes(
    folder: Path, invented: Invented, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "FEWEST_UNSEEN", 10)
    train(invented[::2], tmp_path, held_out=invented[1:40:2], encoder=TunedEncoder(cache_folder=cache))
    for name in ("model.json", "weights.safetensors", "vocabulary.txt", "card.json", "README.md"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_folds_side_by_side_give_the_same_bytes(
    invented: Invented, small_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import classifier.folds as folds

    monkeypatch.setattr(folds, "SIDE_BY_SIDE", 10)
    train(invented, tmp_path)
    for name in ("model.json", "weights.safetensors", "vocabulary.txt"):
        assert (tmp_path / name).read_bytes() == (small_model_folder / name).read_bytes(), name


def test_too_few_unseen_papers_give_the_fast_mode_alone(
    invented: Invented, tmp_path: Path, cache: Path
) -> None:
    card = train(invented, tmp_path, encoder=TunedEncoder(cache_folder=cache))
    assert card.name == "tfidf-linear"
    assert not card.encoder
    assert load_classifier(tmp_path).mode == "fast"


def test_a_model_fitted_beside_another_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("weights.safetensors", "vocabulary.txt"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    config = json.loads((folder / "model.json").read_text())
    config["accurate"]["encoder_digest"] = "0" * 64
    (tmp_path / "model.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="another encoder"):
        load_classifier(tmp_path)
    assert load_classifier(tmp_path, mode="fast").mode == "fast"
