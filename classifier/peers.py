"""Peers to be measured beside: what logistic regressions give by the plainest rule.

Two of them: over TF-IDF words (the shipped linear heads, with none of the placing behind them) and over
MiniLM sentence vectors (heads fitted by the same procedure, 60 kB, shipped beside the model). The plain
rule: relevant from a half on; the first cell and the first topic are the likeliest ones; further cells
(two at most) and topics from a half on; the first score is the probability of the primary cell, and it
is not calibrated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.embedder import Embedder
from classifier.heads import HeadScores, LinearHeads
from classifier.placing import CELLS_AT_MOST, SCORE_DIGITS, log_softmax, sigmoid
from classifier.prediction import CellScore, PaperText, Prediction, Progress, TopicScore
from foundation.errors import ModelError
from taxonomy.loader import founding_taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.labels import HandLabel
    from classifier.model import GridClassifier

MINILM_FILE = Path(__file__).parent / "models" / "peers" / "minilm-logistic.safetensors"
SURE_WEIGHT = {1: 0.6, 2: 0.85, 3: 1.0}  # as the model's own heads weigh labels
HALF = 0.5


class WordsPeer:
    """TF-IDF and logistic regression: the model's own heads under the plain rule.

    Args:
        model: The model whose vocabulary and linear heads are used.
    """

    name = "baseline-tfidf-logistic"

    def __init__(self, model: GridClassifier) -> None:
        self.taxonomy_version = model.taxonomy_version
        self.digest = hashlib.sha256(f"{self.name} {model.digest}".encode("ascii")).hexdigest()
        self._model = model

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Place papers by the plain rule; see `classifier.prediction.Classifier.predict`."""
        for paper in papers:
            vector = self._model.vocabulary.vector(paper)
            yield placed_plainly(paper.id, self._model.heads.score(vector))
            if progress is not None:
                progress(1)


class MiniLmPeer:
    """MiniLM sentence vectors and logistic regression.

    Args:
        embedder: Gives the vectors.
        path: The fitted heads.

    Raises:
        ModelError: The file is missing or not what it should be.
    """

    name = "baseline-minilm-logistic"

    def __init__(self, embedder: Embedder, path: Path = MINILM_FILE) -> None:
        taxonomy = founding_taxonomy()
        raw = _read(path)
        self._heads = _heads(raw, path, embedder.dimensions, len(taxonomy.cells), len(taxonomy.topics))
        self._embedder = embedder
        self.taxonomy_version = taxonomy.version
        self.digest = hashlib.sha256(self.name.encode("ascii") + raw).hexdigest()

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Place papers by the plain rule; see `classifier.prediction.Classifier.predict`."""
        vectors = self._embedder.embed([text_of(paper) for paper in papers], progress)
        for paper, vector in zip(papers, vectors, strict=True):
            # No BLAS: the order of additions never changes.
            moved = (self._heads.weights * vector[:, None]).sum(axis=0, dtype="float64")
            columns = (moved + self._heads.bias)[None, :]
            yield placed_plainly(paper.id, HeadScores.from_columns(columns, self._heads.n_cells))


class RememberingEmbedder:
    """Gives the vector of a text that it has embedded before at once: peers read the same papers.

    Args:
        embedder: Does the work.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embedder = embedder
        self._held: dict[str, NDArray[np.float32]] = {}

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts; see `classifier.embedder.Embedder.embed`."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        self._held.update(zip(new, self._embedder.embed(new, progress), strict=True))
        if progress is not None:
            progress(len(texts) - len(new))
        return np.array([self._held[text] for text in texts], dtype=np.float32).reshape(-1, self.dimensions)


def text_of(paper: PaperText) -> str:
    """What the sentence vector of a paper is made from."""
    return f"{paper.title}. {paper.abstract}"


def placed_plainly(identifier: str, scores: HeadScores) -> Prediction:
    """Place one paper by the plain rule.

    Args:
        identifier: Of the paper.
        scores: Of the one paper.

    Returns:
        Its place; off the subject it has none.
    """
    import numpy as np

    taxonomy = founding_taxonomy()
    relevance = round(float(sigmoid(scores.relevance)[0]), SCORE_DIGITS)
    if relevance < HALF:
        return Prediction(identifier, "not-relevant", relevance)
    primary = np.exp(log_softmax(scores.primary))[0]
    any_cell, topic = sigmoid(scores.any_cell)[0], sigmoid(scores.topic)[0]
    first = int(primary.argmax())
    further = [int(cell) for cell in np.argsort(-any_cell, kind="stable") if any_cell[cell] >= HALF]
    cells = [first, *[cell for cell in further if cell != first][: CELLS_AT_MOST - 1]]
    ranked = np.argsort(-topic, kind="stable")
    topics = [int(place) for number, place in enumerate(ranked) if number == 0 or topic[place] >= HALF]
    return Prediction(
        identifier,
        "labelled",
        relevance,
        tuple(
            CellScore(taxonomy.cells[cell], round(float(value), SCORE_DIGITS))
            for cell in cells
            for value in ((primary if cell == first else any_cell)[cell],)
        ),
        tuple(
            TopicScore(taxonomy.topics[each].id, round(float(topic[each]), SCORE_DIGITS)) for each in topics
        ),
    )


def fit_minilm_peer(
    labels: Sequence[HandLabel], vectors: NDArray[np.float32], path: Path = MINILM_FILE
) -> LinearHeads:
    """Fit the heads over sentence vectors, and write them.

    Args:
        labels: Labels; the caller leaves held-out papers out.
        vectors: Their sentence vectors, shape `(n_papers, dimensions)`.
        path: Where to write.

    Returns:
        The heads, as they were written.
    """
    import numpy as np
    from safetensors.numpy import save
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    from classifier.atomic import write_whole
    from classifier.heads_fit import fit_heads
    from classifier.placing_fit import targets_of

    taxonomy = founding_taxonomy()
    topics = tuple(topic.id for topic in taxonomy.topics)
    targets = targets_of(labels, taxonomy.cells, topics, SURE_WEIGHT)
    nothing = csr_matrix((0, vectors.shape[1])), np.zeros((0, len(topics)), dtype=bool)
    with threadpool_limits(1):
        heads = fit_heads(csr_matrix(vectors.astype(np.float64)), targets, *nothing)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {"weights": heads.weights.astype(np.float16), "bias": heads.bias}
    write_whole(path, save(arrays))
    return heads


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"cannot read the peer's weights: {error.strerror or error}",
            hint="Run: python -m benchmarks.baselines --fit",
            path=path,
        ) from error


def _heads(raw: bytes, path: Path, dimensions: int, n_cells: int, n_topics: int) -> LinearHeads:
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(raw)
        weights, bias = arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"the peer's weights cannot be read: {error}", hint="Install again.", path=path
        ) from error
    n_heads = 1 + 2 * n_cells + n_topics
    if weights.shape != (dimensions, n_heads) or bias.shape != (n_heads,) or not np.isfinite(weights).all():
        raise ModelError("the peer's weights have the wrong shape", hint="Install again.", path=path)
    return LinearHeads(weights, bias, n_cells)
