"""Loads a model folder, checks every byte it relies on, and predicts.

A folder holds `model.json`, `vocabulary.txt` and `weights.safetensors`: text and plain numbers.
Formats that can carry code are refused by name, whatever they hold. A model predicts in one of two
modes: `fast` from the words alone, `accurate` from the words and the tuned encoder together.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from classifier.blend import blended
from classifier.evidence import sentence_evidence
from classifier.features import TITLE_WEIGHT, Vocabulary
from classifier.heads import HeadScores, LinearHeads
from classifier.model_config import ACCURATE_NAME, Mode, ModelConfig
from classifier.placing import calibrate, place
from classifier.prediction import Evidence, PaperText, Prediction, Progress
from classifier.tuned_encoder import ENCODER_FOLDER, TunedEncoder
from foundation.errors import ModelError
from taxonomy.loader import founding_taxonomy

if TYPE_CHECKING:
    from taxonomy.models import Taxonomy

DEFAULT_FOLDER = Path(__file__).parent / "models" / "default"
CONFIG_FILE, VOCABULARY_FILE, WEIGHTS_FILE = "model.json", "vocabulary.txt", "weights.safetensors"
# Formats that run code when they are read, or that hide arrays behind it.
REFUSED_SUFFIXES = frozenset(
    {".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth"}
)
FILE_LIMIT_BYTES = 256 * 1024 * 1024


class GridClassifier:
    """Places papers on the grid with linear heads over TF-IDF, and the tuned encoder beside them.

    Attributes:
        name: Kind of model.
        mode: `fast` or `accurate`.
        digest: SHA-256 over the files in use: the same digest gives the same predictions.
        taxonomy_version: The taxonomy that it was fitted for.
        config: Everything of the model that is not a large array.
        placing: The numbers in use that turn scores into placements.
        vocabulary: The terms it knows.
        heads: Its weights.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary: Vocabulary,
        heads: LinearHeads,
        digest: str,
        encoder: TunedEncoder | None = None,
    ) -> None:
        self.config = config
        self.vocabulary = vocabulary
        self.heads = heads
        self.taxonomy_version = config.taxonomy_version
        self.mode: Mode = "fast"
        self.name, self.digest, self.placing = config.name, digest, config.placing
        self._encoder = encoder
        if encoder is not None and config.accurate is not None:
            self.mode, self.name, self.placing = "accurate", ACCURATE_NAME, config.accurate.placing
            self.digest = hashlib.sha256(f"{digest} {encoder.digest}".encode("ascii")).hexdigest()
        self._cell_position = {cell: position for position, cell in enumerate(self.placing.cells)}

    def predict(
        self, papers: Sequence[PaperText], progress: Progress | None = None, *, evidence: bool = True
    ) -> Iterator[Prediction]:
        """Place papers on the grid, one by one: a paper's prediction is the same in any company.

        Args:
            papers: Any number; order is kept.
            progress: Called with the number of papers done since the last call.
            evidence: Whether to look for the sentences that spoke for the first cell.

        Yields:
            One prediction a paper, in order.
        """
        read: Iterator[HeadScores | None] = (
            itertools.repeat(None) if self._encoder is None else self._encoder.score(papers)
        )
        for paper, encoder_scores in zip(papers, read, strict=False):
            yield self._predict(paper, encoder_scores, evidence)
            if progress is not None:
                progress(1)

    def predict_one(self, paper: PaperText, *, evidence: bool = True) -> Prediction:
        """Place one paper; see `predict`."""
        return next(self.predict([paper], evidence=evidence))

    def scores(self, papers: Sequence[PaperText]) -> Iterator[HeadScores]:
        """What the mode in use says of papers before calibration, one after the other."""
        read: Iterator[HeadScores | None] = (
            itertools.repeat(None) if self._encoder is None else self._encoder.score(papers)
        )
        for paper, encoder_scores in zip(papers, read, strict=False):
            yield self._mixed(self.heads.score(self.vocabulary.vector(paper)), encoder_scores)

    def _mixed(self, words: HeadScores, encoder_scores: HeadScores | None) -> HeadScores:
        if encoder_scores is None or self.config.accurate is None:
            return words
        # Rows of `words` are one paper with and without its sentences: the encoder read it whole.
        return blended(words, encoder_scores, self.config.accurate.blend)

    def _predict(self, paper: PaperText, encoder_scores: HeadScores | None, evidence: bool) -> Prediction:
        vector = self.vocabulary.vector(paper)
        if not len(vector.columns):
            # No term is known (no text, or another script): the biases alone would put it somewhere.
            return Prediction(paper.id, "not-relevant", 0.0)
        scores = self._mixed(self.heads.score(vector), encoder_scores)
        placed = place(calibrate(scores, self.placing), 0, self.placing)
        sentences: tuple[Evidence, ...] = ()
        if evidence and placed.cells:
            cell = self._cell_position[placed.cells[0].cell]
            sentences = sentence_evidence(
                paper,
                self.vocabulary,
                self.heads,
                self.placing,
                cell,
                lambda words: self._mixed(words, encoder_scores),
            )
        return Prediction(paper.id, placed.verdict, placed.relevance, placed.cells, placed.topics, sentences)


def load_classifier(
    folder: Path = DEFAULT_FOLDER,
    taxonomy: Taxonomy | None = None,
    *,
    mode: Mode = "accurate",
    cache_folder: Path | None = None,
    encoder_folder: Path = ENCODER_FOLDER,
) -> GridClassifier:
    """Load a model folder.

    Args:
        folder: The folder; the model that ships with the project by default.
        taxonomy: The taxonomy in force; the shipped one by default.
        mode: `accurate` takes the tuned encoder along where the model was fitted beside one.
        cache_folder: Where the encoder's graph is kept; None builds it in memory at first use.
        encoder_folder: The tuned encoder; the one that ships with the project by default.

    Returns:
        The classifier.

    Raises:
        ModelError: The folder or a file is missing, damaged, of a refused format, or was made
            for another taxonomy or beside another encoder.
    """
    folder = Path(folder)
    _refuse_code(folder)
    raw_config = _read(folder / CONFIG_FILE)
    raw_vocabulary = _read(folder / VOCABULARY_FILE)
    raw_weights = _read(folder / WEIGHTS_FILE)
    config = _parse_config(raw_config, folder / CONFIG_FILE)
    _check_taxonomy(config, taxonomy or founding_taxonomy())
    for name, raw, wanted in (
        (VOCABULARY_FILE, raw_vocabulary, config.vocabulary_sha256),
        (WEIGHTS_FILE, raw_weights, config.weights_sha256),
    ):
        if hashlib.sha256(raw).hexdigest() != wanted:
            raise ModelError(
                "a model file is not the one that model.json names",
                hint="Restore the folder or train again.",
                file=folder / name,
            )
    if config.title_weight != TITLE_WEIGHT:
        raise ModelError(
            "the model weighs titles in another way than this program",
            hint="Run: landscape train",
            model=config.title_weight,
            program=TITLE_WEIGHT,
        )
    terms = _parse_vocabulary(raw_vocabulary, folder / VOCABULARY_FILE)
    vocabulary, heads = _parse_weights(raw_weights, terms, config, folder / WEIGHTS_FILE)
    digest = hashlib.sha256()
    for raw in (raw_config, raw_vocabulary, raw_weights):
        digest.update(hashlib.sha256(raw).digest())
    encoder = None
    if mode == "accurate" and config.accurate is not None:
        encoder = TunedEncoder(encoder_folder, cache_folder)
        if encoder.digest != config.accurate.encoder_digest:
            raise ModelError(
                "the model was fitted beside another encoder",
                hint="Run: landscape train, or classify with --fast",
                model=config.accurate.encoder_digest[:12],
                encoder=encoder.digest[:12],
            )
    return GridClassifier(config, vocabulary, heads, digest.hexdigest(), encoder)


def _refuse_code(folder: Path) -> None:
    if folder.suffix.lower() in REFUSED_SUFFIXES and not folder.is_dir():
        raise ModelError(
            "a model in a format that can carry code is not read",
            hint="Give a folder with weights.safetensors.",
            path=folder,
        )
    if not folder.is_dir():
        raise ModelError("there is no such model folder", hint="Run: landscape train", path=folder)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in REFUSED_SUFFIXES:
            raise ModelError(
                "a model folder with a file in a format that can carry code is not read",
                hint="Remove the file.",
                path=path,
            )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise ModelError("a model file is too large", hint="Restore the folder.", path=path)
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"cannot read a model file: {error.strerror or error}",
            hint="Restore the folder or train again.",
            path=path,
        ) from error


def _parse_config(raw: bytes, path: Path) -> ModelConfig:
    try:
        return ModelConfig.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(
            f"{path.name} is not valid: {first['msg']}",
            hint="Restore the folder or train again.",
            path=path,
            field=".".join(str(part) for part in first["loc"]),
        ) from error


def _check_taxonomy(config: ModelConfig, taxonomy: Taxonomy) -> None:
    topics = tuple(topic.id for topic in taxonomy.topics)
    if config.taxonomy_version != taxonomy.version:
        raise ModelError(
            "the model was made for another taxonomy",
            hint="Run: landscape train",
            model=config.taxonomy_version,
            taxonomy=taxonomy.version,
        )
    if config.placing.cells != taxonomy.cells or config.placing.topics != topics:
        raise ModelError(
            "cells or topics of the model are not those of the taxonomy",
            hint="Run: landscape train",
            taxonomy=taxonomy.version,
        )


def _parse_vocabulary(raw: bytes, path: Path) -> tuple[str, ...]:
    try:
        terms = tuple(raw.decode("utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise ModelError("the vocabulary is not text", hint="Restore the folder.", path=path) from error
    if not terms or any(first >= second for first, second in itertools.pairwise(terms)):
        raise ModelError("the vocabulary is empty or out of order", hint="Restore the folder.", path=path)
    return terms


def _parse_weights(
    raw: bytes, terms: tuple[str, ...], config: ModelConfig, path: Path
) -> tuple[Vocabulary, LinearHeads]:
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, Any] = load(raw)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"the weights cannot be read: {error}", hint="Restore the folder or train again.", path=path
        ) from error
    n_cells, n_topics = len(config.placing.cells), len(config.placing.topics)
    n_heads = 1 + 2 * n_cells + n_topics
    shapes = {"weights": (len(terms), n_heads), "bias": (n_heads,), "idf": (len(terms),)}
    if set(arrays) != set(shapes):
        raise ModelError(
            "the weights hold other arrays than expected",
            hint="Restore the folder or train again.",
            path=path,
            found=", ".join(sorted(arrays)),
        )
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype.kind != "f":
            raise ModelError(
                "an array of the weights has the wrong shape or type",
                hint="Restore the folder or train again.",
                array=name,
                found=f"{array.dtype} {array.shape}",
                expected=shape,
            )
        if not np.isfinite(array).all():
            raise ModelError(
                "the weights hold a value that is no number",
                hint="Restore the folder or train again.",
                array=name,
            )
    vocabulary = Vocabulary(terms, arrays["idf"].astype(np.float32))
    heads = LinearHeads(arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32), n_cells)
    return vocabulary, heads
