"""MiniLM with its upper layers tuned to the grid: one number a question, read from the whole text.

The folder holds `encoder.json` and `encoder.safetensors`: the tuned layers and the head alone, in
half precision. The layers below are those of the package that `classifier.embedder` names, and the
folder says by digest which weights it was tuned on top of. `classifier.encoder_tuning` makes it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifier.embedder import cached_graph, file_digest, load_tokenizer, package_file, read_tensors
from classifier.heads import HeadScores
from classifier.minilm_graph import MINILM_DIMENSIONS, build_graph
from classifier.prediction import PaperText, Progress
from foundation.errors import ModelError
from papers.text import title_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENCODER_FOLDER = Path(__file__).parent / "models" / "encoder"
ENCODER_CONFIG, ENCODER_WEIGHTS = "encoder.json", "encoder.safetensors"
GRAPH_VERSION = 1
# Papers given to the threads at once: enough to keep them busy, few enough for a moving progress bar.
CHUNK_PAPERS = 64

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class EncoderConfig(BaseModel):
    """`encoder.json`: what the weights are and how they came to be.

    Attributes:
        format: Version of the folder's layout.
        base_sha256: Digest of the package's weights that the tuned layers stand on.
        weights_sha256: Digest of `encoder.safetensors`.
        max_tokens: How many tokens of a text are read.
        first_tuned_layer: Layers from this one on are tuned; those below are the package's.
        cells: Cell ids, in the order of the head.
        topics: Topic ids, in the order of the head.
        folds: Into how many folds the labelled papers were cut by title.
        kept_fold: The fold that the tuning never saw; the mix with the words is fitted on it.
        papers: How many labelled papers it was tuned on.
        settings: Every setting of the tuning.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    base_sha256: Digest
    weights_sha256: Digest
    max_tokens: Annotated[int, Field(ge=8, le=512)]
    first_tuned_layer: Annotated[int, Field(ge=0, le=6)]
    cells: tuple[str, ...]
    topics: tuple[str, ...]
    folds: Annotated[int, Field(ge=2)]
    kept_fold: Annotated[int, Field(ge=0)]
    papers: Annotated[int, Field(ge=0)]
    settings: dict[str, float | int | str]

    def unseen(self, title: str) -> bool:
        """Whether the tuning kept papers of this title out: the fold hangs on the normalised title."""
        return fold_of_title(title, self.folds) == self.kept_fold


def fold_of_title(title: str, folds: int) -> int:
    """Fold of a paper by its normalised title, in `0 .. folds - 1`."""
    return int.from_bytes(hashlib.sha256(title_key(title).encode("utf-8")).digest()[:8], "big") % folds


def paper_words(paper: PaperText) -> str:
    """The text that the encoder reads: title, full stop, abstract."""
    return f"{paper.title}. {paper.abstract}"


class TunedEncoder:
    """Scores papers with the tuned encoder, one at a time, so that company changes nothing.

    Nothing heavy is loaded before the first call of `score`.

    Args:
        folder: The encoder's folder.
        cache_folder: Where the built graph is kept (57 MB); None builds it in memory each time,
            which takes about a second.
        threads: Papers scored side by side; 0 takes one thread a core.

    Attributes:
        folder: Where it stands.
        config: What the weights are.
        digest: SHA-256 over both files.

    Raises:
        ModelError: A file is missing, damaged, or stands on other weights than those installed.
    """

    def __init__(
        self, folder: Path = ENCODER_FOLDER, cache_folder: Path | None = None, *, threads: int = 0
    ) -> None:
        self.folder = folder
        self._weights = folder / ENCODER_WEIGHTS
        self._cache_folder = cache_folder
        self._threads = threads or os.cpu_count() or 1
        raw = _read(folder / ENCODER_CONFIG)
        try:
            self.config = EncoderConfig.model_validate_json(raw)
        except ValidationError as error:
            raise ModelError(
                f"{ENCODER_CONFIG} is not valid: {error.errors()[0]['msg']}",
                hint="Install again.",
                path=folder / ENCODER_CONFIG,
            ) from error
        if hashlib.sha256(_read(self._weights)).hexdigest() != self.config.weights_sha256:
            raise ModelError(
                "the encoder's weights are not those that encoder.json names",
                hint="Install again.",
                path=self._weights,
            )
        self.digest = hashlib.sha256(raw + self.config.weights_sha256.encode("ascii")).hexdigest()

    def score(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[HeadScores]:
        """Score papers.

        Args:
            papers: Any number; order is kept.
            progress: Called with the number of papers done since the last call.

        Yields:
            Scores of one paper after the other.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(papers), CHUNK_PAPERS):
                chunk = papers[start : start + CHUNK_PAPERS]
                tokens = [
                    encoding.ids for encoding in self._tokenizer.encode_batch([paper_words(p) for p in chunk])
                ]
                for columns in pool.map(self._run, tokens):
                    yield HeadScores.from_columns(columns, len(self.config.cells))
                    if progress is not None:
                        progress(1)

    def score_all(
        self, papers: Sequence[PaperText], progress: Callable[[int], None] | None = None
    ) -> HeadScores:
        """Scores of many papers as one set of arrays; see `score`."""
        import numpy as np

        n_heads = 1 + 2 * len(self.config.cells) + len(self.config.topics)
        columns = np.zeros((len(papers), n_heads))
        for row, scores in enumerate(self.score(papers, progress)):
            columns[row] = np.concatenate(
                [scores.relevance, scores.primary[0], scores.any_cell[0], scores.topic[0]]
            )
        return HeadScores.from_columns(columns, len(self.config.cells))

    def _run(self, tokens: list[int]) -> NDArray[np.float64]:
        import numpy as np

        ids = np.array([tokens], dtype=np.int64)
        scores = self._session.run(["scores"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
        return np.asarray(scores, dtype=np.float64)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.config.max_tokens)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One thread a paper and several papers side by side: sums are added in one order.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        graph: bytes | str = (
            self._build()
            if self._cache_folder is None
            else str(
                cached_graph(self._cache_folder, f"grid-{self.digest[:16]}-v{GRAPH_VERSION}", self._build)
            )
        )
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def _build(self) -> bytes:
        import numpy as np

        base = package_file("model.safetensors")
        if file_digest(base) != self.config.base_sha256:
            raise ModelError(
                "the installed MiniLM weights are not those that the encoder was tuned on",
                hint="Install the locked version of the package, or classify with --fast.",
                path=base,
            )
        tensors = dict(read_tensors(base))
        tuned = {name: array.astype(np.float32) for name, array in read_tensors(self._weights).items()}
        n_heads = 1 + 2 * len(self.config.cells) + len(self.config.topics)
        head = tuned.get("head.weight")
        if head is None or head.shape != (n_heads, MINILM_DIMENSIONS):
            raise ModelError(
                "the encoder's head does not fit its cells and topics",
                hint="Install again.",
                path=self._weights,
            )
        for name, array in tuned.items():
            if not np.isfinite(array).all():
                raise ModelError(
                    "the encoder's weights hold a value that is no number",
                    hint="Install again.",
                    tensor=name,
                )
        return build_graph({**tensors, **tuned}, output="scores", eight_bit=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"cannot read a file of the encoder: {error.strerror or error}",
            hint="Install again, or classify with --fast.",
            path=path,
        ) from error
