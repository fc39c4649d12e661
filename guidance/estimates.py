"""Memory of a plan's base model: in every way of serving and tuning, over all GPUs."""

from __future__ import annotations

from guidance.facts import DEFAULT_PARAMS_B, Sizing, gpus_of, sizing
from guidance.memory_types import MemoryEstimate, Term
from guidance.types import Plan


def serving_estimate(sized: Sizing, total_gb: float | None) -> MemoryEstimate:
    """Memory of serving with the most bits a weight that fit; 16 where nobody said what is there."""
    fitting = (bits for bits in (16, 8, 4) if total_gb is None or sized.serving[bits].total_gb <= total_gb)
    return sized.serving[next(fitting, 4)]


def plan_estimates(plan: Plan) -> tuple[tuple[str, MemoryEstimate], ...]:
    """Memory of the plan's base model in every way, over all GPUs, from serving to tuning all weights.

    Args:
        plan: The plan.

    Returns:
        Label and terms of each.
    """
    params_b = plan.answers.base_model_params_b or DEFAULT_PARAMS_B
    gpus = gpus_of(plan.answers)
    sized = sizing(params_b, gpus)
    serving = ((f"Serve, {bits} bits", estimate) for bits, estimate in reversed(list(sized.serving.items())))
    training = (
        ("Train, QLoRA", sized.qlora),
        ("Train, LoRA", sized.lora),
        ("Train, all weights", sized.full),
    )
    return (*serving, *((label, over_all(estimate, gpus)) for label, estimate in training))


def over_all(estimate: MemoryEstimate, gpus: int) -> MemoryEstimate:
    """What one GPU needs, times their number.

    Args:
        estimate: Of one GPU.
        gpus: How many.
    """
    if gpus == 1:
        return estimate
    terms = tuple(
        Term(each.name, each.gb * gpus, f"{gpus} GPUs · ({each.formula})", each.source)
        for each in estimate.terms
    )
    return MemoryEstimate(estimate.method, estimate.total_gb * gpus, terms, estimate.notes)
