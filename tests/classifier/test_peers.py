from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.heads import HeadScores
from classifier.labels import HandLabel
from classifier.model import GridClassifier
from classifier.peers import (
    MINILM_FILE,
    MiniLmPeer,
    RememberingEmbedder,
    WordsPeer,
    fit_minilm_peer,
    placed_plainly,
)
from classifier.prediction import PaperText
from foundation.errors import ModelError
from taxonomy.loader import founding_taxonomy

TAXONOMY = founding_taxonomy()
N_CELLS, N_TOPICS = len(TAXONOMY.cells), len(TAXONOMY.topics)


class CountingEmbedder:
    """Unit vectors of two dimensions: papers on adapters point one way, others another."""

    name, dimensions = "two", 2

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts, progress=None):
        self.embedded.extend(texts)
        rows = [(1.0, 0.0) if "adapter" in text else (0.0, 1.0) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 2)


def scores(relevance: float, primary: dict[int, float], any_cell: dict[int, float], topic: dict[int, float]):
    columns = np.full((1, 1 + 2 * N_CELLS + N_TOPICS), -5.0)
    columns[0, 0] = relevance
    for start, values in ((1, primary), (1 + N_CELLS, any_cell), (1 + 2 * N_CELLS, topic)):
        for place, value in values.items():
            columns[0, start + place] = value
    return HeadScores.from_columns(columns, N_CELLS)


def test_the_plain_rule() -> None:
    assert placed_plainly("x", scores(-0.1, {0: 1}, {0: 1}, {0: 1})).verdict == "not-relevant"
    found = placed_plainly("x", scores(0.1, {3: 2}, {3: -2, 1: 1, 2: 2, 4: 3}, {7: -1, 8: 0.5, 9: 1}))
    assert [cell.cell for cell in found.cells] == [TAXONOMY.cells[place] for place in (3, 4, 2)]
    assert [topic.topic for topic in found.topics] == [TAXONOMY.topics[place].id for place in (9, 8)]
    alone = placed_plainly("x", scores(0.1, {3: 2}, {}, {7: -1}))
    assert [topic.topic for topic in alone.topics] == [TAXONOMY.topics[7].id]


def test_words_peer_finds_what_the_heads_learnt(
    small_model: GridClassifier, invented: list[tuple[HandLabel, PaperText]]
) -> None:
    peer = WordsPeer(small_model)
    relevant = [(label, text) for label, text in invented if label.relevant]
    found = list(peer.predict([text for _, text in relevant]))
    right = [
        bool(p.cells) and p.cells[0].cell == label.primary
        for (label, _), p in zip(relevant, found, strict=True)
    ]
    assert sum(right) / len(right) > 0.9


def test_heads_over_vectors_are_fitted_written_and_read_back(tmp_path: Path) -> None:
    labels = [HandLabel(id=f"a:{n}", relevant=True, primary="training/model") for n in range(6)]
    labels += [HandLabel(id=f"b:{n}", relevant=True, primary="training/data") for n in range(6)]
    labels += [HandLabel(id=f"c:{n}", relevant=False) for n in range(6)]
    embedder = CountingEmbedder()
    vectors = embedder.embed(["adapter"] * 6 + ["other"] * 12)
    path = tmp_path / "peer.safetensors"
    fit_minilm_peer(labels, vectors, path)
    first = path.read_bytes()
    fit_minilm_peer(labels, vectors, path)
    assert path.read_bytes() == first
    (found,) = MiniLmPeer(embedder, path).predict([PaperText("x", "An adapter", "")])
    assert found.cells[0].cell == "training/model"


def test_the_shipped_heads_fit_the_shipped_grid_and_are_small() -> None:
    embedder = CountingEmbedder()
    embedder.dimensions = 384  # type: ignore[misc]
    assert MiniLmPeer(embedder).taxonomy_version == TAXONOMY.version
    assert MINILM_FILE.stat().st_size < 100_000


def test_missing_damaged_and_unfitting_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "peer.safetensors"
    with pytest.raises(ModelError, match="cannot read"):
        MiniLmPeer(CountingEmbedder(), path)
    path.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="cannot be read"):
        MiniLmPeer(CountingEmbedder(), path)
    with pytest.raises(ModelError, match="wrong shape"):
        MiniLmPeer(CountingEmbedder(), MINILM_FILE)


def test_a_text_is_embedded_once() -> None:
    inner = CountingEmbedder()
    embedder = RememberingEmbedder(inner)
    done: list[int] = []
    assert embedder.embed(["adapter", "b", "b"]).tolist() == [[1, 0], [0, 1], [0, 1]]
    assert embedder.embed(["b", "adapter"], done.append).tolist() == [[0, 1], [1, 0]]
    assert inner.embedded == ["adapter", "b"]
    assert sum(done) == 2
    assert embedder.embed([]).shape == (0, 2)
