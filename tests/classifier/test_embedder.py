from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.embedder import MiniLmEmbedder, build_minilm_graph
from foundation.errors import ModelError

TEXTS = [
    "Low-rank adapters for language models",
    "A bird crosses the sea.",
    "",
    "Parameter-efficient fine-tuning of large language models with adapters " * 8,
    "Terns fly over the ocean",
    "word " * 600,
    "Tabellen und Fragen",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def embedder(cache: Path) -> MiniLmEmbedder:
    return MiniLmEmbedder(cache)


def test_a_vector_is_the_same_in_any_company(embedder: MiniLmEmbedder) -> None:
    together = embedder.embed(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(embedder.embed(TEXTS[::-1])[::-1], together, atol=1e-5)


def test_near_meanings_are_nearer(embedder: MiniLmEmbedder) -> None:
    vectors = embedder.embed(TEXTS)
    related, unrelated = float(vectors[1] @ vectors[4]), float(vectors[1] @ vectors[0])
    assert related > unrelated + 0.2
    assert float(vectors[0] @ vectors[3]) > float(vectors[0] @ vectors[4]) + 0.2


def test_known_value_of_the_published_model(embedder: MiniLmEmbedder) -> None:
    # The model card's own pair of sentences; the value is that of the published weights with
    # mean pooling and normalisation.
    first, second = embedder.embed(["This is an example sentence", "Each sentence is converted"])
    np.testing.assert_allclose(first[:3], [0.06765690, 0.06349581, 0.04871314], atol=2e-5)
    np.testing.assert_allclose(second[:3], [0.08643863, 0.10276474, 0.00539462], atol=2e-5)


def test_only_the_first_256_tokens_count(embedder: MiniLmEmbedder) -> None:
    first, second = embedder.embed(["word " * 300, "word " * 300 + "bird"])
    np.testing.assert_array_equal(first, second)


def test_no_texts_give_no_vectors(embedder: MiniLmEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_progress_counts_every_text(embedder: MiniLmEmbedder) -> None:
    done: list[int] = []
    embedder.embed(TEXTS * 3, done.append)
    assert sum(done) == len(TEXTS) * 3


def test_a_damaged_cached_graph_is_built_again(embedder: MiniLmEmbedder, cache: Path) -> None:
    expected = embedder.embed(TEXTS[:1])
    (graph,) = cache.glob("*.onnx")
    graph.write_bytes(graph.read_bytes()[:1000])
    np.testing.assert_array_equal(MiniLmEmbedder(cache).embed(TEXTS[:1]), expected)
    assert graph.stat().st_size > 80_000_000
    assert not list(cache.glob("*.part"))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x00" * 20)
    with pytest.raises(ModelError, match="MiniLM weights"):
        build_minilm_graph(path)
