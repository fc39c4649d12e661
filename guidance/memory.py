"""Memory of training and serving by published formulae, every term shown.

GB = 10^9 bytes. P parameters, L layers, h hidden size, s tokens a sequence, b sequences a GPU,
a attention heads, r rank of adapters. Each term carries its formula with the numbers put in, and the
source of the formula. Left out, as the sources leave them out: the CUDA context, buffers of
libraries, fragmentation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from foundation.errors import RefusedInputError
from guidance.memory_types import MemoryEstimate, Term
from guidance.shapes import ModelShape

Method = Literal["full", "lora", "qlora"]
Optimiser = Literal["adamw", "adamw-8bit", "sgd-momentum"]
Precision = Literal["mixed", "bf16"]
Checkpointing = Literal["none", "selective", "full"]
Targets = Literal["attention-qv", "attention", "all-linear"]

GIGA: Final = 1e9
# Bytes of optimiser state a parameter, beside the 32-bit copy that counts as weights (memory anatomy).
OPTIMISER_BYTES: Final[dict[Optimiser, float]] = {"adamw": 8, "adamw-8bit": 2, "sgd-momentum": 4}
# 8/64 + 32/(64·256) bits: first constants in 8 bits for blocks of 64, second in 32 bits for 256 of
# those (QLoRA, section 3, double quantisation).
DOUBLE_QUANTISATION_BITS: Final = 8 / 64 + 32 / (64 * 256)
SERVING_OVERHEAD: Final = 0.2  # "up to 20 %", Transformer Math 101 and Accelerate's estimator
_ANATOMY, _MATH = "Hugging Face Transformers, model memory anatomy", "EleutherAI, Transformer Math 101"
_ZERO, _RECOMPUTE = "ZeRO, arXiv:1910.02054", "arXiv:2205.05198"
_LORA, _QLORA = "LoRA, arXiv:2106.09685", "QLoRA, arXiv:2305.14314"


@dataclass(frozen=True)
class TrainingSetup:
    """How a model is trained.

    Attributes:
        method: full, lora or qlora.
        sequence: Tokens a sequence.
        batch: Sequences on one GPU at a time.
        optimiser: What keeps state.
        precision: mixed: 16-bit work, 32-bit copy, gradients and state. bf16: everything in 16 bits.
        checkpointing: Of activations.
        gpus: GPUs over which ZeRO divides.
        zero: Stage: 0 divides nothing, 1 the optimiser, 2 also gradients, 3 also weights.
        rank: Of the adapters.
        targets: Which matrices bear adapters.
        base_bits: Bits a weight of a frozen quantised base (qlora): 4 or 8.
    """

    method: Method = "full"
    sequence: int = 2048
    batch: int = 1
    optimiser: Optimiser = "adamw"
    precision: Precision = "mixed"
    checkpointing: Checkpointing = "full"
    gpus: int = 1
    zero: int = 0
    rank: int = 16
    targets: Targets = "all-linear"
    base_bits: int = 4

    def __post_init__(self) -> None:
        for name in ("sequence", "batch", "gpus", "rank"):
            if getattr(self, name) < 1:
                raise RefusedInputError(f"{name} must be at least 1", value=getattr(self, name))
        if self.zero not in (0, 1, 2, 3):
            raise RefusedInputError("ZeRO has stages 0 to 3", zero=self.zero)
        if self.base_bits not in (4, 8):
            raise RefusedInputError("a quantised base has 4 or 8 bits a weight", bits=self.base_bits)


def adapter_parameters(shape: ModelShape, rank: int, targets: Targets = "all-linear") -> float:
    """Parameters that LoRA trains: r·(d_in + d_out) for each adapted matrix (LoRA, section 4).

    Args:
        shape: The base.
        rank: r.
        targets: attention-qv as in the LoRA paper, all of attention, or every linear layer.

    Returns:
        Their number.

    Raises:
        RefusedInputError: The adapters would be over half as large as the base: no longer low rank.
    """
    h, q, kv = shape.hidden, shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    sides = (h + q) + (h + kv)
    if targets != "attention-qv":
        sides += (h + kv) + (q + h)
    if targets == "all-linear":
        sides += shape.experts * shape.inner_matrices * (h + shape.inner)
    found = shape.layers * rank * sides
    if found > shape.params_b * GIGA / 2:
        raise RefusedInputError(
            "the adapters would be over half as large as the model",
            hint="Choose a lower rank or fewer matrices.",
            rank=rank,
            adapters=f"{found / GIGA:.3g}B",
            model=f"{shape.params_b:g}B",
        )
    return found


def activation_term(shape: ModelShape, setup: TrainingSetup) -> Term:
    """Memory of activations on one GPU at 16-bit values (arXiv:2205.05198, sections 4 and 5)."""
    s, b, h, layers, a = setup.sequence, setup.batch, shape.hidden, shape.layers, shape.heads
    numbers = f"{s}·{b}·{h:.5g}·{layers:.4g}"
    if setup.checkpointing == "none":
        bytes_ = s * b * h * layers * (34 + 5 * a * s / h)
        formula = f"s·b·h·L·(34 + 5·a·s/h) = {numbers}·(34 + 5·{a:.4g}·{s}/{h:.5g})"
    elif setup.checkpointing == "selective":
        bytes_ = s * b * h * layers * 34
        formula = f"s·b·h·L·34 = {numbers}·34, selective recomputation"
    else:
        bytes_ = 2 * s * b * h * layers
        formula = f"2·s·b·h·L = 2·{numbers}, full recomputation"
    return Term("activations", bytes_ / GIGA, formula, _RECOMPUTE)


@lru_cache(maxsize=8192)
def training_memory(shape: ModelShape, setup: TrainingSetup) -> MemoryEstimate:
    """Memory of training on one GPU.

    Args:
        shape: The model.
        setup: How it is trained.

    Returns:
        The terms and their sum, a GPU.

    Raises:
        RefusedInputError: The adapters would not be low rank.
    """
    billions = shape.params_b
    trained = billions
    terms: list[Term] = []
    mixed = setup.precision == "mixed"
    if setup.method != "full":
        trained = adapter_parameters(shape, setup.rank, setup.targets) / GIGA
        terms += _frozen_base(billions, setup)
    kind = "" if setup.method == "full" else "adapter "
    source = _ANATOMY if setup.method == "full" else _LORA
    if setup.method == "full":
        weight_bytes = 6 if mixed else 2
        explained = "2 B to work with and 4 B for the 32-bit copy" if mixed else "16 bits"
    else:
        # Adapters are kept in 32 bits, 16 B a parameter with gradients and state; in pure bf16 8 B.
        weight_bytes = 4 if mixed else 2
        explained = "32 bits" if mixed else "16 bits"
    gradient_bytes = 4 if mixed else 2
    state_bytes = OPTIMISER_BYTES[setup.optimiser]
    if not mixed and setup.optimiser != "adamw-8bit":
        state_bytes /= 2
    terms += [
        _divided(f"{kind}weights", trained, weight_bytes, setup, 3, source, explained),
        _divided(f"{kind}gradients", trained, gradient_bytes, setup, 2, source),
        _divided(f"{kind}optimiser states", trained, state_bytes, setup, 1, source, setup.optimiser),
        activation_term(shape, setup),
    ]
    total, notes = sum(term.gb for term in terms), _notes(shape, setup)
    if setup.method == "lora" and setup.zero == 2 and not mixed:
        full = training_memory(shape, replace(setup, method="full")).total_gb
        if total > full:
            notes += (
                f"ZeRO 2 divides what tuning all weights needs, not the adapters' weights: over {setup.gpus} "
                f"GPUs tuning all weights takes less, {full:.4g} GB. ZeRO 3 or a lower rank mends that.",
            )
    return MemoryEstimate(setup.method, total, tuple(terms), notes)


def _frozen_base(billions: float, setup: TrainingSetup) -> list[Term]:
    if setup.method == "lora":
        return [_divided("frozen weights", billions, 2, setup, 3, _LORA, "16 bits")]
    terms = [
        _divided(
            "frozen weights", billions, setup.base_bits / 8, setup, 3, _QLORA,
            "NF4" if setup.base_bits == 4 else "8 bits",
        )
    ]  # fmt: skip
    if setup.base_bits == 4:
        terms.append(
            _divided(
                "quantisation constants", billions, DOUBLE_QUANTISATION_BITS / 8, setup, 3, _QLORA,
                "0.127 bits a parameter with double quantisation",
            )
        )  # fmt: skip
    return terms


def _divided(
    name: str, billions: float, bytes_: float, setup: TrainingSetup, stage: int, source: str, note: str = ""
) -> Term:
    shared = setup.zero >= stage and setup.gpus > 1
    gb = billions * bytes_ / (setup.gpus if shared else 1)
    formula = f"{billions:.4g}·10^9 · {bytes_:.4g} B"
    if shared:
        formula += f" / {setup.gpus} GPUs (ZeRO stage {setup.zero})"
        source = f"{source}; {_ZERO}"
    return Term(name, gb, f"{formula}, {note}" if note else formula, source)


def _notes(shape: ModelShape, setup: TrainingSetup) -> tuple[str, ...]:
    where = (
        f"Shape of {shape.name} as published."
        if shape.source
        else "Shape derived: P = 12·L·h² with h = 128·L (arXiv:2001.08361; as LLaMA 2, arXiv:2307.09288)."
    )
    notes = [where, "A GPU; CUDA context, library buffers and fragmentation are not counted."]
    if setup.method == "full":
        width = 4 if setup.precision == "mixed" else 2
        notes.append(
            f"Accelerate's rule of thumb, 4 x the weights in {width * 8} bits without activations: "
            f"{4 * width * shape.params_b:.4g} GB."
        )
    return tuple(notes)


@lru_cache(maxsize=8192)
def inference_memory(
    shape: ModelShape,
    *,
    bits: int = 16,
    tokens_in: int = 2048,
    tokens_out: int = 512,
    batch: int = 1,
    cache_bytes: int = 2,
) -> MemoryEstimate:
    """Memory of serving.

    Args:
        shape: The model.
        bits: Bits a weight: 32, 16, 8 or 4.
        tokens_in: Tokens of a prompt.
        tokens_out: Tokens of an answer.
        batch: Requests at a time.
        cache_bytes: Bytes a cached value.

    Returns:
        Weights, cache of keys and values, and the overhead that the sources allow for.

    Raises:
        RefusedInputError: A number is out of range.
    """
    if bits not in (4, 8, 16, 32):
        raise RefusedInputError("weights are served in 4, 8, 16 or 32 bits", bits=bits)
    if min(tokens_in, tokens_out) < 0 or batch < 1 or cache_bytes not in (1, 2, 4):
        raise RefusedInputError(
            "tokens must not be negative, batch at least 1, cache values 1, 2 or 4 bytes",
            tokens_in=tokens_in, tokens_out=tokens_out, batch=batch, cache_bytes=cache_bytes,
        )  # fmt: skip
    weights = shape.params_b * bits / 8
    length = tokens_in + tokens_out
    cache = 2 * cache_bytes * shape.layers * shape.kv_heads * shape.head_size * length * batch / GIGA
    terms = (
        Term("weights", weights, f"{shape.params_b:.4g}·10^9 · {bits / 8:g} B", _MATH),
        Term(
            "key-value cache",
            cache,
            f"2·β·L·n_kv·d_head·(s_in + s_out)·b = 2·{cache_bytes}·{shape.layers:.4g}·{shape.kv_heads:.4g}"
            f"·{shape.head_size:g}·({tokens_in} + {tokens_out})·{batch}; the 2 counts keys and values",
            "GQA, arXiv:2305.13245; EleutherAI, Transformer Math 101",
        ),
        Term(
            "overhead, at most",
            weights * SERVING_OVERHEAD,
            f"{SERVING_OVERHEAD:g} · weights",
            f"{_MATH}; Hugging Face Accelerate, model memory estimator",
        ),
    )
    notes = (
        f"Shape of {shape.name} as published."
        if shape.source
        else "Shape derived: P = 12·L·h² with h = 128·L, keys and values not grouped (arXiv:2001.08361).",
    )
    return MemoryEstimate("inference", sum(term.gb for term in terms), terms, notes)
