"""What holds for any answers. `GUIDANCE_CASES=2000` tries 2,000 of each."""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guidance.answers import FIELDS, Answers, parse_answers
from guidance.facts import derive_facts
from guidance.flips import find_flips, first_route_of
from guidance.planner import make_plan
from guidance.ranking import RankedRoute, rank

# 2,000 cases a property: GUIDANCE_CASES=2000.
CASES = int(os.environ.get("GUIDANCE_CASES", "150"))

_count = st.one_of(st.sampled_from([0, 1, 6, 7, 99, 100, 1000, 10_000, 10**6]), st.integers(0, 10**13))
_yes = st.sampled_from([True, False])


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


ANSWERS: st.SearchStrategy[Answers] = st.builds(
    Answers,
    domain=_maybe(st.sampled_from(["medical", "law", "finance", "code", "retail", "bees", "x" * 80])),
    tasks=_maybe(st.sampled_from(["one", "several", "open"])),
    labelled_examples=_maybe(_count),
    unlabelled_tokens=_maybe(_count),
    knowledge_changes=_maybe(st.sampled_from(["never", "yearly", "monthly", "daily"])),
    must_cite=_maybe(_yes),
    hallucination_costly=_maybe(_yes),
    data_may_leave=_maybe(_yes),
    needs_tools=_maybe(_yes),
    reviewers=_maybe(st.integers(0, 50)),
    preference_pairs=_maybe(_count),
    custom_architecture=_maybe(_yes),
    expertise=_maybe(st.sampled_from(["low", "some", "high"])),
    gpu_memory_gb=_maybe(st.sampled_from([0.0, 8.0, 16.0, 24.0, 48.0, 80.0, 141.0, 1000.0])),
    gpus=_maybe(st.sampled_from([0, 1, 2, 8, 64, 512])),
    base_model_params_b=_maybe(st.sampled_from([0.1, 0.25, 1.0, 3.0, 7.0, 13.0, 34.0, 70.0, 180.0, 2000.0])),
    instruction_following=_maybe(_yes),
    latency_ms=_maybe(st.sampled_from([10.0, 200.0, 800.0, 1500.0, 5000.0, 60_000.0])),
    budget_usd=_maybe(st.sampled_from([0.0, 10.0, 500.0, 20_000.0, 10.0**6, 10.0**9])),
    languages=_maybe(st.sampled_from([("en",), ("sw",), ("en", "fr", "de"), ("en", "yo", "zu", "pt-BR")])),
)

WEIGHTS = {
    "peft", "full-finetuning", "multitask-finetuning", "instruction-tuning", "continued-pretraining",
    "pretraining", "preference-tuning",
}  # fmt: skip
SUPERVISED = {"peft", "full-finetuning", "multitask-finetuning", "instruction-tuning"}

thorough = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))


def routes(answers: Answers) -> tuple[RankedRoute, ...]:
    return rank(derive_facts(answers))


def first(answers: Answers) -> str:
    return routes(answers)[0].route.id


def feasible(answers: Answers) -> set[str]:
    return {each.route.id for each in routes(answers) if each.feasible}


def changed(answers: Answers, **values: object) -> Answers:
    return answers.model_copy(update=values)


@thorough
@given(ANSWERS, st.floats(0, 1e4), st.floats(0, 1e4))
def test_more_memory_never_removes_a_route(answers: Answers, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert feasible(changed(answers, gpu_memory_gb=low)) <= feasible(changed(answers, gpu_memory_gb=high))


@thorough
@given(ANSWERS, st.integers(1, 512), st.integers(1, 512))
def test_more_gpus_never_remove_a_route(answers: Answers, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert feasible(changed(answers, gpus=low)) <= feasible(changed(answers, gpus=high))


@thorough
@given(ANSWERS, st.floats(0, 1e9), st.floats(0, 1e9))
def test_more_budget_never_removes_a_route(answers: Answers, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert feasible(changed(answers, budget_usd=low)) <= feasible(changed(answers, budget_usd=high))


@thorough
@given(ANSWERS)
def test_letting_data_leave_never_removes_a_route(answers: Answers) -> None:
    assert feasible(changed(answers, data_may_leave=False)) <= feasible(changed(answers, data_may_leave=True))


@thorough
@given(ANSWERS, st.floats(0.1, 1000), st.floats(0.1, 1000))
def test_a_smaller_base_never_removes_a_route_but_pretraining(
    answers: Answers, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    large = feasible(changed(answers, base_model_params_b=high))
    assert large <= feasible(changed(answers, base_model_params_b=low))


@thorough
@given(ANSWERS)
def test_citations_never_put_weights_or_bare_prompts_first(answers: Answers) -> None:
    assert first(changed(answers, must_cite=True)) in {"rag", "agents"}


@thorough
@given(ANSWERS, st.sampled_from([None, 0]))
def test_without_labels_supervised_tuning_is_never_first(answers: Answers, labels: int | None) -> None:
    assert first(changed(answers, labelled_examples=labels)) not in SUPERVISED


@thorough
@given(ANSWERS)
def test_facts_of_the_day_never_put_weights_first(answers: Answers) -> None:
    assert first(changed(answers, knowledge_changes="daily")) not in WEIGHTS


@thorough
@given(ANSWERS)
def test_tools_are_never_trained_in(answers: Answers) -> None:
    assert first(changed(answers, needs_tools=True)) in {"agents", "rag"}


@thorough
@given(ANSWERS, st.integers(0, 99))
def test_without_preferences_preference_tuning_is_never_first(answers: Answers, pairs: int) -> None:
    assert first(changed(answers, preference_pairs=pairs)) != "preference-tuning"


@thorough
@given(ANSWERS, st.integers(0, 10**9 - 1))
def test_without_an_extensive_corpus_pretraining_cannot_be_taken(answers: Answers, tokens: int) -> None:
    assert "pretraining" not in feasible(changed(answers, unlabelled_tokens=tokens))


@thorough
@given(ANSWERS)
def test_without_a_wish_for_an_own_architecture_pretraining_is_never_first(answers: Answers) -> None:
    assert first(changed(answers, custom_architecture=False)) != "pretraining"


@thorough
@given(ANSWERS)
def test_a_private_house_without_gpu_is_told_that_nothing_runs(answers: Answers) -> None:
    plan = make_plan(changed(answers, data_may_leave=False, gpu_memory_gb=0.0), with_flips=False)
    assert not any(route.feasible for route in plan.routes)
    assert "nowhere-to-run" in {gap.id for gap in plan.missing}


@thorough
@given(ANSWERS)
def test_what_cannot_be_taken_says_why_and_ranks_last(answers: Answers) -> None:
    plan = make_plan(answers, with_flips=False)
    assert [route.rank for route in plan.routes] == list(range(1, 11))
    states = [route.feasible for route in plan.routes]
    assert states == sorted(states, reverse=True)
    for route in plan.routes:
        assert route.feasible != any(reason.effect == "excludes" for reason in route.against)
        assert all(reason.text and reason.source for reason in (*route.reasons, *route.against))


@thorough
@given(ANSWERS)
def test_points_are_the_sum_of_what_is_shown(answers: Answers) -> None:
    for each in routes(answers):
        shown = sum(
            rule.weight * (1 if rule.does == "supports" else -1) for rule in each.fired if rule.weight
        )
        assert each.points == each.route.start + shown


@thorough
@given(ANSWERS)
def test_the_same_answers_give_the_same_plan(answers: Answers) -> None:
    again = parse_answers(answers.given())
    assert again == answers
    assert make_plan(answers, with_flips=False) == make_plan(again, with_flips=False)


@thorough
@given(ANSWERS)
def test_training_never_takes_less_over_all_weights_than_over_few(answers: Answers) -> None:
    plan = make_plan(answers, with_flips=False)
    assert plan.route("peft").memory_gb <= plan.route("full-finetuning").memory_gb
    assert all(route.memory_gb > 0 for route in plan.routes)


@thorough
@given(ANSWERS)
def test_every_chip_has_a_need_and_its_reason(answers: Answers) -> None:
    plan = make_plan(answers, with_flips=False)
    chips = [chip for phase in plan.phases for chip in phase.chips]
    assert len(chips) == 15
    assert {chip.need for chip in chips} <= {"needed", "optional", "skip"}
    assert all(chip.reason for chip in chips)
    if not plan.route("peft").feasible:
        assert plan.chip("lora").need == "skip"


@settings(max_examples=max(20, CASES // 10), deadline=None, suppress_health_check=list(HealthCheck))
@given(ANSWERS)
def test_a_flip_flips_and_nothing_nearer_on_its_ladder_does(answers: Answers) -> None:
    before = first_route_of(answers)
    flips = find_flips(answers, before)
    assert [flip.steps for flip in flips] == sorted(flip.steps for flip in flips)
    for flip in flips:
        assert flip.input in FIELDS
        assert flip.before == getattr(answers, flip.input)
        after = changed(answers, **{flip.input: flip.after})
        assert first_route_of(after) == flip.first_route != before


def test_there_are_at_least_fifteen() -> None:
    properties: list[Callable[..., None]] = [
        value
        for name, value in globals().items()
        if name.startswith("test_") and hasattr(value, "hypothesis")
    ]
    assert len(properties) >= 15
