"""Computing and money by published formulae: training time, index size, cost of a query, break-even."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from foundation.errors import RefusedInputError
from guidance.memory import GIGA
from guidance.memory_types import MemoryEstimate, Term
from guidance.shapes import Hardware

# Share of the peak that training reaches: between 115 of 312 TFLOP/s on an A100 ("Transformer Math
# 101" calls that the least to accept) and the 46 % of PaLM (arXiv:2204.02311, table 3).
ACHIEVED_SHARE: Final = 0.4
# An hour of an H800, as assumed for the costs in the DeepSeek-V3 report (arXiv:2412.19437, table 1).
GPU_HOUR_USD: Final = 2.0
GPU_HOUR_SOURCE: Final = "DeepSeek-V3, arXiv:2412.19437, table 1"


@dataclass(frozen=True)
class TrainingCompute:
    """Work and time of a training run.

    Attributes:
        flop: Floating-point operations.
        gpu_hours: On one GPU of the hardware.
        wall_hours: On all of them.
        formula: With its numbers put in.
        source: Where it comes from.
    """

    flop: float
    gpu_hours: float
    wall_hours: float
    formula: str
    source: str = "EleutherAI, Transformer Math 101; Kaplan et al., arXiv:2001.08361"


def training_compute(
    params_b: float,
    tokens: float,
    hardware: Hardware,
    *,
    gpus: int = 1,
    achieved_share: float = ACHIEVED_SHARE,
) -> TrainingCompute:
    """Work of training, C = 6·P·D (2 forward, 4 backward), and its time, C / (GPUs · achieved FLOP/s).

    Args:
        params_b: Parameters in 10^9 (of a sparse model, those that work at a time).
        tokens: Tokens seen in training, epochs multiplied in.
        hardware: What it runs on.
        gpus: How many.
        achieved_share: Of the hardware's peak.

    Raises:
        RefusedInputError: A number is out of range.
    """
    if params_b <= 0 or tokens < 0 or gpus < 1 or not 0 < achieved_share <= 1:
        raise RefusedInputError(
            "parameters must be over 0, tokens not negative, GPUs at least 1, the share in (0, 1]",
            params_b=params_b, tokens=tokens, gpus=gpus, achieved_share=achieved_share,
        )  # fmt: skip
    flop = 6 * params_b * GIGA * tokens
    gpu_hours = flop / (hardware.peak_tflops * 1e12 * achieved_share) / 3600
    formula = (
        f"6·P·D = 6·{params_b:.4g}·10^9·{tokens:.4g} = {flop:.3g} FLOP; "
        f"/ ({hardware.peak_tflops:g} TFLOP/s · {achieved_share:g}) = {gpu_hours:.4g} h of {hardware.name}"
    )
    return TrainingCompute(flop, gpu_hours, gpu_hours / gpus, formula)


def index_memory(
    vectors: int,
    dimensions: int,
    *,
    kind: Literal["flat", "hnsw"] = "flat",
    value_bytes: int = 4,
    links: int = 16,
) -> MemoryEstimate:
    """Memory of a retrieval index.

    Args:
        vectors: N, one a chunk.
        dimensions: d.
        kind: flat: every vector, N·d·β. hnsw: with a graph of links, N·(d·β + 16·m)·1.2.
        value_bytes: β.
        links: m of HNSW.

    Raises:
        RefusedInputError: A number is out of range.
    """
    if min(vectors, dimensions, links) < 1 or value_bytes not in (1, 2, 4, 8):
        raise RefusedInputError(
            "vectors, dimensions and links must be at least 1, values 1, 2, 4 or 8 bytes",
            vectors=vectors, dimensions=dimensions, links=links, value_bytes=value_bytes,
        )  # fmt: skip
    plain = vectors * dimensions * value_bytes / GIGA
    terms = [Term("vectors", plain, f"N·d·β = {vectors}·{dimensions}·{value_bytes} B", "Faiss, guidelines")]
    notes: tuple[str, ...] = ("Texts and metadata beside the vectors are not counted.",)
    if kind == "hnsw":
        graph = vectors * 16 * links / GIGA
        terms.append(Term("links", graph, f"N·16·m = {vectors}·16·{links} B", "HNSW, arXiv:1603.09320"))
        terms.append(
            Term("overhead", 0.2 * (plain + graph), "0.2 · (vectors + links)", "HNSW, arXiv:1603.09320")
        )
        notes += (f"Faiss keeps {2 * 4 * links} B of links a vector: its own indexes stay under this sum.",)
    return MemoryEstimate("index", sum(term.gb for term in terms), tuple(terms), notes)


@dataclass(frozen=True)
class QueryCost:
    """Tokens and money of one query; every term shown."""

    tokens_in: int
    tokens_out: int
    usd: float
    formula: str


def query_cost(
    *,
    prompt_tokens: int,
    answer_tokens: int,
    usd_per_million_in: float,
    usd_per_million_out: float,
    chunks: int = 0,
    chunk_tokens: int = 0,
) -> QueryCost:
    """Cost of a query: tokens in · price in + tokens out · price out, tokens in = prompt + k · chunk.

    Args:
        prompt_tokens: Of instructions and question.
        answer_tokens: Of the answer.
        usd_per_million_in: Price of 10^6 tokens read.
        usd_per_million_out: Price of 10^6 tokens written.
        chunks: k retrieved passages.
        chunk_tokens: Tokens of each.

    Raises:
        RefusedInputError: A number is negative.
    """
    numbers = (
        prompt_tokens, answer_tokens, usd_per_million_in, usd_per_million_out, chunks, chunk_tokens,
    )  # fmt: skip
    if min(numbers) < 0:
        raise RefusedInputError("tokens, chunks and prices must not be negative")
    tokens_in = prompt_tokens + chunks * chunk_tokens
    usd = (tokens_in * usd_per_million_in + answer_tokens * usd_per_million_out) / 1e6
    formula = (
        f"({prompt_tokens} + {chunks}·{chunk_tokens}) · {usd_per_million_in:g}/10^6 "
        f"+ {answer_tokens} · {usd_per_million_out:g}/10^6"
    )
    return QueryCost(tokens_in, answer_tokens, usd, formula)


def break_even_queries(training_usd: float, extra_usd_per_query: float) -> float | None:
    """Queries after which tuning has paid for itself against retrieval.

    Args:
        training_usd: What tuning costs once.
        extra_usd_per_query: What a query costs more with retrieved passages than without.

    Returns:
        training cost / extra cost a query; None where retrieval costs nothing extra, so never.

    Raises:
        RefusedInputError: The training cost is negative.
    """
    if training_usd < 0:
        raise RefusedInputError("the cost of training must not be negative", training_usd=training_usd)
    return training_usd / extra_usd_per_query if extra_usd_per_query > 0 else None
