"""Shapes of models: real configurations as published, or one derived from a number of parameters."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from pydantic import Field

from foundation.errors import RefusedInputError
from guidance.files import Frozen, Web, check_unique, read_rows

SHAPES_FILE, HARDWARE_FILE = "shapes.yaml", "hardware.yaml"
# Hidden size over layers of LLaMA 2 7B (4096/32) and 13B (5120/40) and of GPT-3 (12288/96).
WIDTH_OVER_DEPTH = 128
HEAD_SIZE = 128  # of the same models

Positive = Annotated[float, Field(gt=0)]


class ModelShape(Frozen):
    """What the formulae need to know of a model.

    Attributes:
        id: How it is asked for; "" for a derived shape.
        name: As its makers call it.
        params_b: Parameters in 10^9.
        layers: Transformer layers.
        hidden: Hidden size.
        heads: Attention heads.
        kv_heads: Heads of keys and values; fewer than heads where they are grouped.
        head_size: Size of one head.
        inner: Inner size of the feed-forward block.
        inner_matrices: Its matrices: 3 where it is gated, else 2.
        experts: Feed-forward blocks a layer.
        source: Where the configuration is published; "" for a derived shape.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]*([.-][a-z0-9]+)*$")] = ""
    name: str
    params_b: Positive
    layers: Positive
    hidden: Positive
    heads: Positive
    kv_heads: Positive
    head_size: Positive
    inner: Positive
    inner_matrices: Annotated[int, Field(ge=2, le=3)] = 2
    experts: Annotated[int, Field(ge=1)] = 1
    source: Web | None = None


class Hardware(Frozen):
    """An accelerator by its data sheet.

    Attributes:
        id: How it is asked for.
        name: Product name.
        memory_gb: 10^9 bytes.
        peak_tflops: Dense peak with 16-bit inputs, 10^12 operations a second.
        source: Its page.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    name: str
    memory_gb: Positive
    peak_tflops: Positive
    source: Web


@lru_cache(maxsize=1)
def load_shapes() -> dict[str, ModelShape]:
    """Published configurations by id."""
    rows = read_rows(SHAPES_FILE, ModelShape)
    check_unique(SHAPES_FILE, [row.id for row in rows])
    return {row.id: row for row in rows}


@lru_cache(maxsize=1)
def load_hardware() -> dict[str, Hardware]:
    """Accelerators by id."""
    rows = read_rows(HARDWARE_FILE, Hardware)
    check_unique(HARDWARE_FILE, [row.id for row in rows])
    return {row.id: row for row in rows}


def named_shape(shape_id: str) -> ModelShape:
    """A published configuration.

    Raises:
        RefusedInputError: There is none of that name; lists those there are.
    """
    shapes = load_shapes()
    if shape_id not in shapes:
        raise RefusedInputError(
            "unknown model configuration", hint=f"Known: {', '.join(shapes)}.", preset=shape_id
        )
    return shapes[shape_id]


def named_hardware(hardware_id: str) -> Hardware:
    """An accelerator.

    Raises:
        RefusedInputError: There is none of that name; lists those there are.
    """
    hardware = load_hardware()
    if hardware_id not in hardware:
        raise RefusedInputError(
            "unknown hardware", hint=f"Known: {', '.join(hardware)}.", hardware=hardware_id
        )
    return hardware[hardware_id]


@lru_cache(maxsize=4096)
def derived_shape(params_b: float) -> ModelShape:
    """The shape of a usual decoder of so many parameters.

    P = 12·L·h² (Kaplan et al., arXiv:2001.08361, table 1) with h = 128·L, the ratio of LLaMA 2 7B and
    13B and of GPT-3; heads of 128; keys and values not grouped. Not rounded to whole layers, so that a
    larger model never needs less.

    Args:
        params_b: Parameters in 10^9.
    """
    layers = (params_b * 1e9 / (12 * WIDTH_OVER_DEPTH**2)) ** (1 / 3)
    hidden = WIDTH_OVER_DEPTH * layers
    # Built without validation: the planner asks for many shapes, and all values are positive.
    return ModelShape.model_construct(
        id="",
        name=f"a decoder of {params_b:g}B parameters",
        params_b=params_b,
        layers=layers,
        hidden=hidden,
        heads=hidden / HEAD_SIZE,
        kv_heads=hidden / HEAD_SIZE,
        head_size=float(HEAD_SIZE),
        inner=4 * hidden,
        inner_matrices=2,
        experts=1,
        source=None,
    )
