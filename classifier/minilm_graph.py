"""Builds the ONNX graph of a MiniLM (BERT) encoder from its weights, in float or in 8-bit numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from foundation.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINILM_DIMENSIONS = 384
MINILM_HEADS = 12
MINILM_LAYERS = 6
OPSET = 20  # the first with Gelu as one operator
IR_VERSION = 9
# Weights keep to seven bits and a sign-free activation to eight: on processors without a
# dot-product instruction the sum of two such products still fits the 16 bits that it is kept in
# (onnxruntime, "Quantize ONNX models", on reduce_range), so that every processor gets the same sums.
LARGEST_WEIGHT = 63

Output = Literal["vector", "scores"]


def build_graph(
    tensors: Mapping[str, NDArray[Any]], *, output: Output = "vector", eight_bit: bool = False
) -> bytes:
    """Build the graph.

    Args:
        tensors: Weights under the names of a Hugging Face BERT model; for `scores` also
            `head.weight` of shape `(n_scores, 384)` and `head.bias`.
        output: `vector` is the mean over the tokens at length 1; `scores` are the head's numbers
            over that mean before it is brought to length 1.
        eight_bit: Multiply by weights of seven bits and a sign, one scale a column, and by
            activations of eight bits, one scale a call: a call should then hold one text, so
            that its scale does not hang on the text's company.

    Returns:
        The serialised graph: `input_ids` and `attention_mask` of shape `(n_texts, n_tokens)`
        in, `vector` of shape `(n_texts, 384)` or `scores` of shape `(n_texts, n_scores)` out.

    Raises:
        ModelError: A tensor is missing.
    """
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes: list[Any] = []
    initializers: dict[str, Any] = {}
    reduced: set[str] = set()

    def constant(name: str, array: NDArray[Any]) -> str:
        initializers[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def weight(name: str) -> NDArray[Any]:
        if name not in tensors:
            raise ModelError("the MiniLM weights lack a tensor", hint="Install again.", tensor=name)
        return tensors[name]

    def tensor(name: str, *, transpose: bool = False) -> str:
        return constant(name, weight(name).T if transpose else weight(name))

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def product(value: str, name: str) -> str:
        if not eight_bit:
            return node("MatMul", [value, tensor(f"{name}.weight", transpose=True)], f"{name}.product")
        matrix = weight(f"{name}.weight").T.astype(np.float32)
        scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / LARGEST_WEIGHT
        small = np.clip(np.rint(matrix / scale), -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int8)
        if value not in reduced:
            reduced.add(value)
            outputs = [f"{value}.small", f"{value}.scale", f"{value}.zero"]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [value], outputs))
        weights = constant(f"{name}.weight.small", small)
        nothing = constant(f"{name}.weight.zero", np.zeros(small.shape[1], dtype=np.int8))
        sums = node("MatMulInteger", [f"{value}.small", weights, f"{value}.zero", nothing], f"{name}.sums")
        scales = constant(f"{name}.weight.scale", scale.astype(np.float32))
        both = node("Mul", [f"{value}.scale", scales], f"{name}.scale")
        return node(
            "Mul", [node("Cast", [sums], f"{name}.float", to=TensorProto.FLOAT), both], f"{name}.product"
        )

    def linear(value: str, name: str) -> str:
        return node("Add", [product(value, name), tensor(f"{name}.bias")], f"{name}.out")

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
    segment = constant("segment", weight("embeddings.token_type_embeddings.weight")[0])
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

    # Mean over the real tokens.
    column = node("Unsqueeze", [mask, last_axis], "mask.column")
    kept = node("Mul", [value, column], "kept")
    total = node("ReduceSum", [kept, token_axis], "total", keepdims=0)
    count = node("ReduceSum", [mask, token_axis], "count", keepdims=1)
    mean = node("Div", [total, count], "mean")
    if output == "vector":
        node("LpNormalization", [mean], "vector", axis=-1, p=2)
        width = MINILM_DIMENSIONS
    else:
        # The head stays in float: it is small, and its numbers are the answer.
        read = node("MatMul", [mean, tensor("head.weight", transpose=True)], "read")
        node("Add", [read, tensor("head.bias")], "scores")
        width = weight("head.bias").shape[0]

    graph = helper.make_graph(
        nodes,
        "minilm",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["texts", "tokens"]),
        ],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["texts", width])],
        list(initializers.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model)
    return bytes(model.SerializeToString())
