"""What rules may look at: the answers, and figures derived from them by named formulae."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from foundation.errors import TaxonomyError
from guidance.answers import CHOICES, FIELDS, Answers
from guidance.conditions import Conditional, FactTest
from guidance.cost import GPU_HOUR_USD, training_compute
from guidance.domains import Domain, find_domain, is_low_resource
from guidance.memory import TrainingSetup, inference_memory, training_memory
from guidance.memory_types import MemoryEstimate
from guidance.shapes import derived_shape, named_hardware

DEFAULT_PARAMS_B: Final = 7.0  # the smallest base of the published slide, 7B to 70B
RENTED_HARDWARE: Final = "h100-80gb"
# Passes over the examples, as Alpaca was trained (README of tatsu-lab/stanford_alpaca).
EPOCHS: Final = 3
TOKENS_PER_EXAMPLE: Final = 500  # this project's assumption: a page of input and output
TOKENS_PER_PARAMETER: Final = 20  # about what Chinchilla found best, arXiv:2203.15556, table 3
MANY_LANGUAGES: Final = 3

Kind = Literal["bool", "number", "text"]
_ANSWER_KINDS: dict[str, Kind] = {
    "domain": "text", "tasks": "text", "knowledge_changes": "text", "expertise": "text", "languages": "text",
    "must_cite": "bool", "hallucination_costly": "bool", "data_may_leave": "bool", "needs_tools": "bool",
    "custom_architecture": "bool", "instruction_following": "bool",
}  # fmt: skip
DERIVED: dict[str, Kind] = {
    "base_params_b": "number",  # as stated, else the default
    "total_gpu_gb": "number",  # memory of one GPU times their number
    "low_resource_language": "bool",  # whether any language is outside the well-provided ones
    "many_languages": "bool",  # three or more
    "domain_id": "text",
    "domain_regulated": "bool",
    "domain_personal": "bool",
    "tokens_per_parameter": "number",
    "serving_16bit_gb": "number",
    "serving_4bit_gb": "number",
    "serving_16bit_fits": "bool",
    "serving_4bit_fits": "bool",
    "efficient_training_gb": "number",  # the least: over a 4-bit base
    "efficient_training_fits": "bool",
    "full_training_gb": "number",
    "full_training_fits": "bool",
    "tuning_usd": "number",
    "continued_usd": "number",
    "pretraining_usd": "number",
}
# Known only once the routes are ranked: rules of routes must not look at them.
RANKED: dict[str, Kind] = {"first_route": "text", "first_route_trains": "bool"}
_FEASIBLE = "route_feasible."


@dataclass(frozen=True)
class Sizing:
    """Memory of the base model under the answers.

    Attributes:
        serving: By bits a weight.
        lora: Training adapters over 16 bits.
        qlora: Training adapters over 4 bits.
        full: Training all weights.
    """

    serving: Mapping[int, MemoryEstimate]
    lora: MemoryEstimate
    qlora: MemoryEstimate
    full: MemoryEstimate


@lru_cache(maxsize=4096)
def sizing(params_b: float, gpus: int) -> Sizing:
    """Memory of a base of so many parameters; training is divided over the GPUs by ZeRO stage 3.

    Args:
        params_b: Parameters in 10^9.
        gpus: At least 1.
    """
    shape = derived_shape(params_b)

    def train(method: Literal["full", "lora", "qlora"]) -> MemoryEstimate:
        return training_memory(shape, TrainingSetup(method=method, gpus=gpus, zero=3 if gpus > 1 else 0))

    return Sizing(
        {bits: inference_memory(shape, bits=bits) for bits in (16, 8, 4)},
        train("lora"), train("qlora"), train("full"),
    )  # fmt: skip


def gpus_of(answers: Answers) -> int:
    """Number of GPUs that the formulae divide by: as stated, at least 1."""
    return max(answers.gpus or 1, 1)


def derive_facts(answers: Answers) -> dict[str, Any]:
    """Everything that rules of routes may look at.

    Args:
        answers: What was said.

    Returns:
        Facts by name; None for what is not known.
    """
    facts: dict[str, Any] = dict(answers.__dict__)
    params_b = answers.base_model_params_b or DEFAULT_PARAMS_B
    gpus = gpus_of(answers)
    sized = sizing(params_b, gpus)
    one, total = answers.gpu_memory_gb, total_gpu_gb(answers)
    if answers.gpus == 0:
        one = 0.0
    domain = find_domain(answers.domain)
    facts.update(
        base_params_b=params_b,
        total_gpu_gb=total,
        low_resource_language=None if answers.languages is None else is_low_resource(answers.languages),
        many_languages=None if answers.languages is None else len(answers.languages) >= MANY_LANGUAGES,
        domain_id=domain.id if domain else None,
        domain_regulated=_flag(answers, domain, "regulated"),
        domain_personal=_flag(answers, domain, "personal"),
        serving_16bit_gb=sized.serving[16].total_gb,
        serving_4bit_gb=sized.serving[4].total_gb,
        serving_16bit_fits=None if total is None else sized.serving[16].total_gb <= total,
        serving_4bit_fits=None if total is None else sized.serving[4].total_gb <= total,
        efficient_training_gb=sized.qlora.total_gb * gpus,
        efficient_training_fits=None if one is None else sized.qlora.total_gb <= one,
        full_training_gb=sized.full.total_gb * gpus,
        full_training_fits=None if one is None else sized.full.total_gb <= one,
    )
    tokens, examples = answers.unlabelled_tokens, answers.labelled_examples
    facts["tokens_per_parameter"] = None if tokens is None else tokens / (params_b * 1e9)
    least_tokens = TOKENS_PER_PARAMETER * params_b * 1e9
    facts["tuning_usd"] = None if examples is None else _usd(params_b, tuning_tokens(examples))
    facts["continued_usd"] = None if tokens is None else _usd(params_b, tokens)
    facts["pretraining_usd"] = _usd(params_b, max(tokens or 0, least_tokens))
    return facts


def tuning_tokens(examples: int) -> int:
    """Tokens seen when tuning on so many examples."""
    return examples * TOKENS_PER_EXAMPLE * EPOCHS


def total_gpu_gb(answers: Answers) -> float | None:
    """Memory over all GPUs, or None where nobody said."""
    if answers.gpus == 0:
        return 0.0
    return None if answers.gpu_memory_gb is None else answers.gpu_memory_gb * gpus_of(answers)


def _usd(params_b: float, tokens: float) -> float:
    return training_compute(params_b, tokens, named_hardware(RENTED_HARDWARE)).gpu_hours * GPU_HOUR_USD


def _flag(answers: Answers, domain: Domain | None, name: str) -> bool | None:
    if answers.domain is None:
        return None
    return bool(domain and getattr(domain, name))


def fact_kind(name: str, *, ranked: bool, routes: tuple[str, ...]) -> Kind | None:
    """What a fact is.

    Args:
        name: Its name.
        ranked: Whether facts of the ranking may be used.
        routes: Route ids.

    Returns:
        bool, number or text; None where there is no such fact.
    """
    if name in FIELDS:
        return _ANSWER_KINDS.get(name, "number")
    if name in DERIVED:
        return DERIVED[name]
    if ranked and name in RANKED:
        return RANKED[name]
    if ranked and name.startswith(_FEASIBLE) and name.removeprefix(_FEASIBLE) in routes:
        return "bool"
    return None


def check_condition(
    name: str, owner: str, row: Conditional, *, ranked: bool, routes: tuple[str, ...]
) -> None:
    """Check that a condition names facts that exist and compares like with like.

    Raises:
        TaxonomyError: It does not.
    """
    for test in row.when.tests() if row.when is not None else ():
        kind = fact_kind(test.fact, ranked=ranked, routes=routes)
        if kind is None:
            raise TaxonomyError(f"{name} tests a fact that does not exist", id=owner, fact=test.fact)
        _check_test(name, owner, test, kind, ranked=ranked, routes=routes)


def _check_test(
    name: str, owner: str, test: FactTest, kind: Kind, *, ranked: bool, routes: tuple[str, ...]
) -> None:
    other = test.above_fact or test.within_fact
    values: tuple[object, ...] = test.one_of or (() if test.is_ is None else (test.is_,))
    if other is not None and fact_kind(other, ranked=ranked, routes=routes) != "number":
        raise TaxonomyError(f"{name} compares with a fact that is no number", id=owner, fact=other)
    if (test.at_least is not None or test.below is not None or other is not None) and kind != "number":
        raise TaxonomyError(f"{name} orders a fact that is no number", id=owner, fact=test.fact)
    wanted: dict[Kind, type | tuple[type, ...]] = {"bool": bool, "number": (int, float), "text": str}
    for value in values:
        known = CHOICES.get(test.fact)
        is_wrong = not isinstance(value, wanted[kind]) or (kind == "number" and isinstance(value, bool))
        if is_wrong or (known is not None and value not in known):
            raise TaxonomyError(
                f"{name} compares a fact with a value that it never has",
                id=owner,
                fact=test.fact,
                value=value,
            )
