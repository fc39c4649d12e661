"""`landscape memory`: memory and computing by published formulae, every term shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, print_json
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from guidance.cost import TrainingCompute
    from guidance.memory_types import MemoryEstimate
    from guidance.shapes import ModelShape

METHODS = ("full", "lora", "qlora", "inference", "index")


def shape_asked(params_b: float | None, preset: str | None, overrides: dict[str, float | None]) -> ModelShape:
    """The shape that was asked for.

    Args:
        params_b: Parameters in 10^9, or None.
        preset: A published configuration, or None.
        overrides: Layers, hidden, heads, kv_heads; None keeps the shape's own.

    Raises:
        RefusedInputError: Neither size nor preset was given, or a number does not fit.
    """
    from guidance.shapes import HEAD_SIZE, derived_shape, named_shape

    if preset is None and params_b is None:
        raise RefusedInputError("the size of the model is missing", hint="Give --params-b or --preset.")
    shape = named_shape(preset) if preset is not None else derived_shape(params_b or 0.0)
    changed: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    if preset is not None and params_b is not None:
        changed["params_b"] = params_b
    if changed:
        hidden = changed.get("hidden", shape.hidden)
        if "heads" in changed:
            changed["head_size"] = hidden / changed["heads"]
        elif "hidden" in changed and preset is None:
            changed["heads"] = hidden / HEAD_SIZE
        if preset is None and "hidden" in changed:
            changed["inner"] = 4 * hidden
        heads = changed.get("heads", shape.heads)
        if preset is None and "kv_heads" not in changed:
            changed["kv_heads"] = heads
        if changed.get("kv_heads", shape.kv_heads) > heads:
            raise RefusedInputError("there are more key-value heads than heads", heads=heads, **changed)
        changed["name"] = f"{shape.name}, changed"
        shape = shape.model_copy(update=changed)
    return shape


@click.command("memory", epilog="Example: landscape memory --params-b 7 --method qlora --json")
@click.option(
    "--params-b", type=click.FloatRange(0, 100_000, min_open=True), help="Parameters of the model in 10^9."
)
@click.option("--method", required=True, type=click.Choice(METHODS), help="What the memory is for.")
@click.option("--preset", help="A published configuration, such as llama-2-7b.")
@click.option("--layers", type=click.IntRange(1, 10_000), help="Layers, where not the usual ones.")
@click.option("--hidden", type=click.IntRange(1, 1_000_000), help="Hidden size, where not the usual one.")
@click.option("--heads", type=click.IntRange(1, 10_000), help="Attention heads.")
@click.option("--kv-heads", type=click.IntRange(1, 10_000), help="Heads of keys and values.")
@click.option(
    "--sequence",
    default=2048,
    show_default=True,
    type=click.IntRange(1, 100_000_000),
    help="Tokens a sequence in training; of a prompt in serving.",
)
@click.option(
    "--output-tokens",
    default=512,
    show_default=True,
    type=click.IntRange(0, 100_000_000),
    help="Tokens of an answer in serving.",
)
@click.option(
    "--batch",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="Sequences at a time on a GPU.",
)
@click.option(
    "--bits", type=click.Choice(["4", "8", "16", "32"]), help="Bits a weight: qlora 4 or 8, inference any."
)
@click.option(
    "--optimizer",
    default="adamw",
    show_default=True,
    type=click.Choice(["adamw", "adamw-8bit", "sgd-momentum"]),
    help="What keeps state in training.",
)
@click.option(
    "--precision",
    default="mixed",
    show_default=True,
    type=click.Choice(["mixed", "bf16"]),
    help="Of training.",
)
@click.option(
    "--checkpointing",
    default="full",
    show_default=True,
    type=click.Choice(["none", "selective", "full"]),
    help="Of activations.",
)
@click.option(
    "--gpus", default=1, show_default=True, type=click.IntRange(1, 100_000), help="GPUs that share the work."
)
@click.option(
    "--zero", default="0", show_default=True, type=click.Choice(["0", "1", "2", "3"]), help="Stage of ZeRO."
)
@click.option(
    "--rank", default=16, show_default=True, type=click.IntRange(1, 1_000_000), help="Of the adapters."
)
@click.option(
    "--targets",
    default="all-linear",
    show_default=True,
    type=click.Choice(["attention-qv", "attention", "all-linear"]),
    help="Which matrices bear adapters.",
)
@click.option(
    "--tokens", type=click.FloatRange(0, 1e18), help="Tokens of training: also works out time (6·P·D)."
)
@click.option("--hardware", default="a100-80gb", show_default=True, help="For the time, such as h100-80gb.")
@click.option("--vectors", type=click.IntRange(1, 10**15), help="Of the index: one a passage.")
@click.option("--dimensions", type=click.IntRange(1, 10**6), help="Of the index's vectors.")
@click.option(
    "--index",
    "index_kind",
    default="flat",
    show_default=True,
    type=click.Choice(["flat", "hnsw"]),
    help="Kind of index.",
)
@json_option
def command(**asked: Any) -> None:
    """Work out memory of training, serving or a retrieval index, in GB of 10^9 bytes.

    Training memory is that of one GPU. Every term is shown with its formula and its source.
    """
    estimate, compute = run(asked)
    if asked["as_json"]:
        from export.plan_json import memory_object

        found = memory_object(estimate)
        if compute is not None:
            found["compute"] = compute
        print_json(found)
        return
    width = max(len(term.name) for term in estimate.terms)
    for term in estimate.terms:
        click.echo(f"{term.name:<{width}}  {term.gb:>12,.3f} GB  {term.formula}  [{term.source}]")
    click.echo(f"{'total':<{width}}  {estimate.total_gb:>12,.3f} GB")
    if compute is not None:
        click.echo(f"computing: {compute.formula}; {compute.wall_hours:,.3g} h in all  [{compute.source}]")
    for note in estimate.notes:
        click.echo(note)


def run(asked: dict[str, Any]) -> tuple[MemoryEstimate, TrainingCompute | None]:
    """Work out what was asked.

    Args:
        asked: Options by name.

    Returns:
        The memory, and the computing where tokens were given.

    Raises:
        RefusedInputError: Something is missing or does not fit.
    """
    from guidance.cost import index_memory, training_compute
    from guidance.memory import TrainingSetup, inference_memory, training_memory
    from guidance.shapes import named_hardware

    method = asked["method"]
    if method == "index":
        if asked["vectors"] is None or asked["dimensions"] is None:
            raise RefusedInputError("an index needs --vectors and --dimensions")
        return index_memory(asked["vectors"], asked["dimensions"], kind=asked["index_kind"]), None
    shape = shape_asked(
        asked["params_b"],
        asked["preset"],
        {name: asked[name] for name in ("layers", "hidden", "heads", "kv_heads")},
    )
    bits = int(asked["bits"]) if asked["bits"] else None
    if method == "inference":
        estimate = inference_memory(
            shape,
            bits=bits or 16,
            tokens_in=asked["sequence"],
            tokens_out=asked["output_tokens"],
            batch=asked["batch"],
        )
    else:
        if bits is not None and method != "qlora":
            raise RefusedInputError("--bits belongs to qlora and inference", hint="See --precision.")
        estimate = training_memory(
            shape,
            TrainingSetup(
                method=method,
                sequence=asked["sequence"],
                batch=asked["batch"],
                optimiser=asked["optimizer"],
                precision=asked["precision"],
                checkpointing=asked["checkpointing"],
                gpus=asked["gpus"],
                zero=int(asked["zero"]),
                rank=asked["rank"],
                targets=asked["targets"],
                base_bits=bits or 4,
            ),
        )
    compute = None
    if asked["tokens"] is not None:
        compute = training_compute(
            shape.params_b, asked["tokens"], named_hardware(asked["hardware"]), gpus=asked["gpus"]
        )
    return estimate, compute
