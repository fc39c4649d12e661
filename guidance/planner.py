"""Puts a plan together: routes, phases, challenges, steps, knowledge, gaps, flips.

Pure: no store, no network, no clock; the same answers give the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from guidance.answers import Answers
from guidance.cost import training_compute
from guidance.domains import domain_label, domain_words, find_domain
from guidance.entries import (
    load_challenges,
    load_knowledge_kinds,
    load_lifecycle,
    load_model_notes,
    load_models,
)
from guidance.estimates import over_all, serving_estimate
from guidance.facts import (
    DEFAULT_PARAMS_B,
    EPOCHS,
    RENTED_HARDWARE,
    TOKENS_PER_EXAMPLE,
    Sizing,
    derive_facts,
    gpus_of,
    sizing,
    total_gpu_gb,
    tuning_tokens,
)
from guidance.files import source_text
from guidance.flips import find_flips
from guidance.memory import inference_memory
from guidance.memory_types import MemoryEstimate
from guidance.phases import filled, load_phases
from guidance.ranking import RankedRoute, rank, ranked_facts
from guidance.routes import Route
from guidance.rules import Rule, load_gaps, with_facts
from guidance.shapes import derived_shape, named_hardware
from guidance.types import (
    Assumption,
    ChallengePlan,
    ChipPlan,
    DatasetPlan,
    Flip,
    Gap,
    KnowledgePlan,
    ModelPlan,
    PhasePlan,
    Plan,
    Reason,
    RoutePlan,
    StepPlan,
)

MODELS_SHOWN: Final = 8
# A model a third over the size asked for still counts as that size: 8B where 7B was said.
SIZE_TOLERANCE: Final = 1.34


def make_plan(answers: Answers, *, with_flips: bool = True) -> Plan:
    """Plan the adaptation.

    Args:
        answers: What was said.
        with_flips: Also look for the nearest changes that flip the first choice (some milliseconds).

    Returns:
        The plan; the same answers give the same plan.
    """
    facts = derive_facts(answers)
    ranked = rank(facts)
    facts = ranked_facts(facts, ranked)
    sized = sizing(facts["base_params_b"], gpus_of(answers))
    domain = find_domain(answers.domain)
    label = domain_label(answers.domain)
    flips: tuple[Flip, ...] = ()
    if with_flips:
        flips = find_flips(answers, facts["first_route"])
    return Plan(
        answers=answers,
        domain=answers.domain,
        domain_label=label,
        domain_words=domain_words(answers.domain),
        routes=tuple(
            _route(each, place, facts, sized, answers) for place, each in enumerate(ranked, start=1)
        ),
        phases=_phases(facts, label),
        datasets=tuple(
            DatasetPlan(each.name, each.holds, each.size, each.licence, each.url)
            for each in (domain.datasets if domain else ())
        ),
        models=_models(facts, answers),
        model_notes=tuple(note.text for note in load_model_notes() if note.holds(facts)),
        challenges=tuple(
            ChallengePlan(
                each.id, each.label, each.group, each.reason, each.topics, each.all_cells, each.concept
            )
            for each in load_challenges()
            if each.holds(facts)
        ),
        lifecycle=_lifecycle(facts),
        knowledge=_knowledge(facts),
        missing=tuple(
            Gap(each.id, with_facts(each.text, facts), each.resolve, source_text(each.source))
            for each in load_gaps()
            if each.holds(facts)
        ),
        flips=flips,
        assumptions=_assumptions(answers),
        facts=facts,
    )


def _route(
    ranked: RankedRoute, place: int, facts: Mapping[str, Any], sized: Sizing, answers: Answers
) -> RoutePlan:
    route = ranked.route
    total = total_gpu_gb(answers)
    serving = serving_estimate(sized, total)
    training: MemoryEstimate | None = None
    hours: float | None = None
    if route.training == "full":
        training = sized.full
    elif route.training == "efficient":
        fits = total is None or sized.lora.total_gb * gpus_of(answers) <= total
        training = sized.lora if fits else sized.qlora
    tokens = _training_tokens(route, answers)
    if training is not None:
        training = over_all(training, gpus_of(answers))
        if tokens is not None:
            hours = training_compute(
                facts["base_params_b"], tokens, named_hardware(RENTED_HARDWARE)
            ).gpu_hours
    reasons = [_reason(rule, facts) for rule in ranked.fired]
    return RoutePlan(
        id=route.id,
        label=route.label,
        rank=place,
        feasible=ranked.feasible,
        may_lead=ranked.may_lead,
        points=ranked.points,
        reasons=tuple(
            sorted((each for each in reasons if each.effect == "supports"), key=lambda each: -each.weight)
        ),
        against=tuple(
            sorted(
                (each for each in reasons if each.effect != "supports"),
                key=lambda each: (("excludes", "not-first", "opposes").index(each.effect), -each.weight),
            )
        ),
        time_class=next(row.time_class for row in route.time if row.holds(facts)),
        memory_gb=round((training or serving).total_gb, 2),
        training=training,
        serving=serving,
        training_gpu_hours=hours,
        changes=route.changes,
        topics=route.topics,
        cells=route.all_cells,
        knowledge=route.concept,
        models=route.models,
    )


def _reason(rule: Rule, facts: Mapping[str, Any]) -> Reason:
    text = with_facts(rule.text, facts)
    if rule.resolve:
        text = f"{text} {rule.resolve}"
    return Reason(rule.id, text, source_text(rule.source), rule.weight, rule.does)


def _training_tokens(route: Route, answers: Answers) -> int | None:
    pairs, examples = answers.preference_pairs, answers.labelled_examples
    match route.learns_from:
        case "unlabelled":
            return answers.unlabelled_tokens
        case "preferences":  # both outputs of a pair are read
            return None if pairs is None else 2 * tuning_tokens(pairs)
        case _:
            return None if examples is None else tuning_tokens(examples)


def _phases(facts: Mapping[str, Any], label: str | None) -> tuple[PhasePlan, ...]:
    plans = []
    for phase in load_phases():
        chips = []
        for chip in phase.chips:
            row = next(each for each in chip.need if each.holds(facts))
            chips.append(
                ChipPlan(
                    id=chip.id,
                    label=filled(chip.label, label),
                    need=row.need,
                    reason=row.reason,
                    source=source_text(row.source),
                    row=chip.row,
                    kind=chip.kind,
                    topics=chip.topics,
                    cells=chip.all_cells,
                    knowledge=chip.model,
                )
            )
        title = filled(phase.title, label)
        plans.append(
            PhasePlan(
                id=phase.id,
                number=phase.number,
                label=f"Phase {phase.number}: {title}",
                title=title,
                blocks=tuple(filled(block, label) for block in phase.blocks),
                caption=filled(phase.caption, label),
                knowledge=phase.concept,
                chips=tuple(chips),
            )
        )
    return tuple(plans)


def _lifecycle(facts: Mapping[str, Any]) -> tuple[StepPlan, ...]:
    steps = []
    for step in load_lifecycle():
        rows = [row for row in step.advice if row.holds(facts)]
        steps.append(
            StepPlan(
                step.step,
                step.label,
                tuple(row.text for row in rows),
                tuple(source_text(row.source) for row in rows),
            )
        )
    return tuple(steps)


def _knowledge(facts: Mapping[str, Any]) -> tuple[KnowledgePlan, ...]:
    plans = []
    for kind in load_knowledge_kinds():
        row = next(each for each in kind.keep if each.holds(facts))
        plans.append(
            KnowledgePlan(kind.kind, kind.label, row.where, row.route, row.reason, source_text(row.source))
        )
    return tuple(plans)


def _models(facts: Mapping[str, Any], answers: Answers) -> tuple[ModelPlan, ...]:
    """Models for the domain first, then those nearest to the size asked for; what fits the memory."""
    total = total_gpu_gb(answers)
    stated = answers.base_model_params_b
    found = []
    for model in load_models():
        if model.domains and facts["domain_id"] not in model.domains:
            continue
        if not model.holds(facts) or (stated is not None and model.params_b > stated * SIZE_TOLERANCE):
            continue
        shape = derived_shape(model.params_b)
        bits = (16, 8, 4)
        fits = ""
        if total is not None:
            fitting = [each for each in bits if inference_memory(shape, bits=each).total_gb <= total]
            if not fitting:
                continue
            fits = f"{fitting[0]} bits a weight"
        distance = abs(model.params_b - facts["base_params_b"])
        plan = ModelPlan(
            model.name, model.knowledge, model.params_b, model.licence, model.context_tokens, model.kind,
            fits, model.reason, model.url,
        )  # fmt: skip
        found.append(((not model.domains, model.kind == "discriminative", distance), plan))
    found.sort(key=lambda each: each[0])
    return tuple(plan for _, plan in found[:MODELS_SHOWN])


def _assumptions(answers: Answers) -> tuple[Assumption, ...]:
    found = []
    if answers.base_model_params_b is None:
        found.append(
            Assumption(
                "base_model_params_b",
                DEFAULT_PARAMS_B,
                "No size was named: the least of the slide's 7B to 70B.",
            )
        )
    if answers.gpus is None and answers.gpu_memory_gb is not None:
        found.append(Assumption("gpus", 1, "No number was named."))
    found.append(
        Assumption(
            "training",
            "sequences of 2,048 tokens, one at a time, full recomputation of activations",
            "Memory of training; `landscape memory` takes other values.",
        )
    )
    if answers.labelled_examples:
        found.append(
            Assumption(
                "tuning tokens",
                tuning_tokens(answers.labelled_examples),
                f"{TOKENS_PER_EXAMPLE} tokens an example, {EPOCHS} passes, for hours and cost of tuning.",
            )
        )
    return tuple(found)
