"""The tuned encoder: the same scores in any company, and nothing read that is not what it says it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.embedder import package_file, read_tensors
from classifier.heads import HeadScores
from classifier.minilm_graph import build_graph
from classifier.prediction import PaperText
from classifier.tuned_encoder import ENCODER_FOLDER, TunedEncoder, fold_of_title
from foundation.errors import ModelError
from taxonomy.loader import founding_taxonomy

PAPERS = [
    PaperText(
        "a", "Invented adapters of low rank", "We adapt a language model with few numbers. It is small."
    ),
    PaperText("b", "Terns", "A bird crosses the sea."),
    PaperText("c", "", ""),
    PaperText("d", "Invented retrieval for answers", "Passages are retrieved and given to the model. " * 60),
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> TunedEncoder:
    return TunedEncoder(cache_folder=tmp_path_factory.mktemp("cache"))


def _rows(scores: HeadScores) -> np.ndarray:
    return np.concatenate([scores.relevance[:, None], scores.primary, scores.any_cell, scores.topic], axis=1)


def test_scores_are_the_same_bytes_in_any_company(encoder: TunedEncoder) -> None:
    together = _rows(encoder.score_all(PAPERS))
    assert together.shape == (4, 1 + 2 * 18 + 44)
    assert np.isfinite(together).all()
    for row, paper in enumerate(PAPERS):
        assert _rows(encoder.score_all([paper])).tobytes() == together[row].tobytes()
    assert _rows(encoder.score_all(PAPERS[::-1]))[::-1].tobytes() == together.tobytes()
    alone = TunedEncoder(threads=1)
    assert _rows(alone.score_all(PAPERS)).tobytes() == together.tobytes()


def test_it_knows_a_paper_of_the_field_from_a_bird(encoder: TunedEncoder) -> None:
    relevance = encoder.score_all(PAPERS[:2]).relevance
    assert relevance[0] > 0 > relevance[1]


def test_it_knows_the_founding_grid(encoder: TunedEncoder) -> None:
    taxonomy = founding_taxonomy()
    assert encoder.config.cells == taxonomy.cells
    assert encoder.config.topics == tuple(topic.id for topic in taxonomy.topics)


def test_progress_counts_every_paper(encoder: TunedEncoder) -> None:
    told: list[int] = []
    list(encoder.score(PAPERS, told.append))
    assert sum(told) == len(PAPERS)


def test_eight_bits_say_what_floats_say() -> None:
    tensors = dict(read_tensors(package_file("model.safetensors")))
    import onnxruntime

    ids = np.array([[101, 2653, 2944, 15524, 2545, 102]], dtype=np.int64)
    found = []
    for eight_bit in (False, True):
        session = onnxruntime.InferenceSession(build_graph(tensors, eight_bit=eight_bit))
        found.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
    # Unit vectors: the cosine of both.
    assert float(found[0] @ found[1]) > 0.98
    assert not np.array_equal(found[0], found[1])


def test_a_fold_hangs_on_the_title_as_titles_are_compared() -> None:
    assert fold_of_title("BERT: Pre-training", 8) == fold_of_title("Bert : Pretraining", 8)
    assert len({fold_of_title(f"Invented title {number}", 8) for number in range(200)}) == 8


def _copied(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    shutil.copytree(ENCODER_FOLDER, folder)
    return folder


def test_other_weights_than_the_named_ones_are_refused(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    raw = bytearray((folder / "encoder.safetensors").read_bytes())
    raw[-1] ^= 1
    (folder / "encoder.safetensors").write_bytes(bytes(raw))
    with pytest.raises(ModelError, match=r"not those that encoder\.json names"):
        TunedEncoder(folder)


def test_other_weights_below_are_refused(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    config = json.loads((folder / "encoder.json").read_text())
    config["base_sha256"] = "0" * 64
    (folder / "encoder.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="installed MiniLM weights"):
        TunedEncoder(folder).score_all(PAPERS[:1])


def test_a_missing_or_broken_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read a file of the encoder"):
        TunedEncoder(tmp_path)
    folder = _copied(tmp_path)
    (folder / "encoder.json").write_text("{}")
    with pytest.raises(ModelError, match=r"encoder\.json is not valid"):
        TunedEncoder(folder)
