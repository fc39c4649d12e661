from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from classifier.labels import HandLabel
from classifier.model import DEFAULT_FOLDER, GridClassifier, load_classifier
from classifier.prediction import PaperText
from classifier.rows import prediction_to_row
from foundation.errors import ModelError
from taxonomy.loader import load_taxonomy


def rows_as_bytes(model: GridClassifier, papers: list[PaperText]) -> dict[str, bytes]:
    return {p.id: json.dumps(prediction_to_row(p)).encode() for p in model.predict(papers)}


@pytest.fixture
def folder(small_model_folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(small_model_folder, copy)
    return copy


def rename_digest(folder: Path, name: str, key: str) -> None:
    """Make model.json name a changed file, so that the check behind the digest is reached."""
    import hashlib

    config = json.loads((folder / "model.json").read_text())
    config[key] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(config))


def test_finds_the_cell_and_topic_of_invented_papers(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    predictions = list(small_model.predict([text for _, text in invented]))
    relevant = [(label, p) for (label, _), p in zip(invented, predictions, strict=True) if label.relevant]
    right_cell = sum(bool(p.cells) and p.cells[0].cell == label.primary for label, p in relevant)
    right_topic = sum(bool(p.topics) and p.topics[0].topic in label.topics for label, p in relevant)
    assert right_cell / len(relevant) > 0.9
    assert right_topic / len(relevant) > 0.9
    for (label, _), prediction in zip(invented, predictions, strict=True):
        if not label.relevant:
            assert prediction.verdict == "not-relevant"
            assert prediction.cells == prediction.topics == prediction.evidence == ()


def test_same_bytes_in_any_batch_and_order(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    papers = [text for _, text in invented]
    together = rows_as_bytes(small_model, papers)
    shuffled = papers.copy()
    random.Random(7).shuffle(shuffled)
    assert rows_as_bytes(small_model, shuffled) == together
    for paper in papers[::17]:
        assert rows_as_bytes(small_model, [paper]) == {paper.id: together[paper.id]}


def test_keeps_order_and_reports_progress(small_model: GridClassifier) -> None:
    papers = [PaperText(str(n), "Adapters for language models", "") for n in range(5)]
    done: list[int] = []
    assert [p.id for p in small_model.predict(papers, done.append)] == list("01234")
    assert sum(done) == 5


@settings(max_examples=60, deadline=None)
@given(title=st.text(max_size=80), abstract=st.text(max_size=400))
def test_any_text_gets_a_well_formed_prediction(title: str, abstract: str) -> None:
    model = shipped()
    prediction = model.predict_one(PaperText("p", title, abstract))
    assert 0 <= prediction.relevance <= 1
    assert prediction.relevant == bool(prediction.cells)
    cells = [cell.cell for cell in prediction.cells]
    assert len(set(cells)) == len(cells) <= 3
    assert all(cell.score <= prediction.cells[0].score for cell in prediction.cells)
    assert all(topic.topic.rpartition("/")[0] in cells for topic in prediction.topics)
    for piece in prediction.evidence:
        assert piece.text in title or piece.text in abstract


_SHIPPED: list[GridClassifier] = []


def shipped() -> GridClassifier:
    if not _SHIPPED:
        _SHIPPED.append(load_classifier())
    return _SHIPPED[0]


def test_shipped_model_is_for_the_shipped_taxonomy() -> None:
    taxonomy = load_taxonomy()
    model = shipped()
    assert model.taxonomy_version == taxonomy.version
    assert model.config.placing.cells == taxonomy.cells
    assert model.config.placing.topics == tuple(topic.id for topic in taxonomy.topics)
    assert len(model.digest) == 64
    assert (
        sum(path.stat().st_size for path in DEFAULT_FOLDER.parent.rglob("*") if path.is_file()) < 50_000_000
    )


def test_shipped_vocabulary_holds_no_stretch_longer_than_two_words() -> None:
    assert max(term.count(" ") for term in shipped().vocabulary.terms) == 1


def test_shipped_model_places_an_invented_paper() -> None:
    prediction = shipped().predict_one(
        PaperText(
            "x",
            "Low-rank adapters for parameter-efficient fine-tuning of large language models",
            "We propose an adapter that trains few parameters of a pre-trained language model.",
        )
    )
    assert prediction.relevant
    assert prediction.cells[0].cell == "training/model"
    assert prediction.topics[0].topic == "training/model/peft"
    assert prediction.evidence[0].weight > 0


def test_a_text_without_a_known_word_is_not_placed() -> None:
    for text in ("", "数据", "?!"):
        assert shipped().predict_one(PaperText("x", text, text)).verdict == "not-relevant"


def test_predicting_needs_neither_scikit_learn_nor_bertopic() -> None:
    code = (
        "import sys\n"
        "from classifier.model import load_classifier\n"
        "from classifier.prediction import PaperText\n"
        "assert 'numpy' not in sys.modules\n"
        "list(load_classifier(mode='fast').predict([PaperText('1', 'Language models', 'A study.')]))\n"
        "heavy = {'sklearn', 'bertopic', 'umap', 'onnxruntime', 'pandas', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_digest_follows_every_file(folder: Path, small_model: GridClassifier) -> None:
    assert load_classifier(folder).digest == small_model.digest
    config = json.loads((folder / "model.json").read_text())
    config["placing"]["thresholds"]["sure"] = 0.123
    (folder / "model.json").write_text(json.dumps(config))
    assert load_classifier(folder).digest != small_model.digest


@pytest.mark.parametrize(
    "name", ["old.pkl", "model.pickle", "pytorch_model.bin", "heads.joblib", "w.pt", "a.npy"]
)
def test_formats_that_carry_code_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    with pytest.raises(ModelError, match="carry code") as caught:
        load_classifier(folder)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="carry code"):
        load_classifier(folder / name)


@pytest.mark.parametrize("name", ["model.json", "vocabulary.txt", "weights.safetensors"])
def test_missing_and_truncated_files_are_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for cut in (len(whole) // 2, 5, 0):
        (folder / name).write_bytes(whole[:cut])
        with pytest.raises(ModelError) as caught:
            load_classifier(folder)
        assert "\n" not in str(caught.value)
    (folder / name).unlink()
    with pytest.raises(ModelError, match="cannot read a model file"):
        load_classifier(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        load_classifier(tmp_path / "nowhere")


def test_truncated_weights_are_refused_even_with_a_fresh_digest(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    rename_digest(folder, path.name, "weights_sha256")
    with pytest.raises(ModelError, match="weights cannot be read"):
        load_classifier(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.update(weights=a["weights"][:, :-1].copy()), "wrong shape"),
        (lambda a: a.update(weights=a["weights"][:-1].copy()), "wrong shape"),
        (lambda a: a.update(weights=a["weights"].astype(np.int8)), "wrong shape or type"),
        (lambda a: a["bias"].__setitem__(0, np.nan), "no number"),
        (lambda a: a["idf"].__setitem__(0, np.inf), "no number"),
        (lambda a: a.pop("idf"), "other arrays"),
        (lambda a: a.update(more=np.zeros(2, dtype=np.float32)), "other arrays"),
    ],
)
def test_wrong_arrays_are_refused(folder: Path, change: object, message: str) -> None:
    path = folder / "weights.safetensors"
    arrays = {name: array.copy() for name, array in load(path.read_bytes()).items()}
    change(arrays)  # type: ignore[operator]
    path.write_bytes(save(arrays))
    rename_digest(folder, path.name, "weights_sha256")
    with pytest.raises(ModelError, match=message):
        load_classifier(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(taxonomy_version="9.9"), "another taxonomy"),
        (lambda c: c.update(format=2), "not valid"),
        (lambda c: c.update(extra=1), "not valid"),
        (lambda c: c.update(title_weight=1), "weighs titles"),
        (lambda c: c["placing"]["topics"].reverse(), "not those of the taxonomy"),
        (lambda c: c["placing"]["cell_bias"].pop(), "not valid"),
        (lambda c: c["placing"]["thresholds"].update(sure=1.5), "not valid"),
    ],
)
def test_wrong_configuration_is_refused(folder: Path, change: object, message: str) -> None:
    config = json.loads((folder / "model.json").read_text())
    change(config)  # type: ignore[operator]
    (folder / "model.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=message):
        load_classifier(folder)


def test_nan_in_the_configuration_is_refused(folder: Path) -> None:
    path = folder / "model.json"
    config = json.loads(path.read_text())
    config["placing"]["cell_bias"][0] = float("nan")
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match="not valid"):
        load_classifier(folder)


def test_a_vocabulary_out_of_order_is_refused(folder: Path) -> None:
    path = folder / "vocabulary.txt"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    rename_digest(folder, path.name, "vocabulary_sha256")
    with pytest.raises(ModelError, match="out of order"):
        load_classifier(folder)
