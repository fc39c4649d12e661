"""Statements of the texts, worked examples and published profiles, each shown by a plan."""

from __future__ import annotations

import pytest

from guidance.cases import Example, Profile, load_examples, load_profiles
from guidance.planner import make_plan
from guidance.statements import Shows, Statement, load_statements, not_shown


@pytest.mark.parametrize("statement", load_statements(), ids=lambda statement: statement.id)
def test_statement_is_shown_by_its_answers(statement: Statement) -> None:
    assert not_shown(statement.shows, make_plan(statement.parsed, with_flips=False)) == ()


def test_every_text_is_covered() -> None:
    statements = load_statements()
    assert len(statements) >= 80
    assert {each.text for each in statements} == {"slide", "000", "001", "002", "003", "004"}


@pytest.mark.parametrize("example", load_examples(), ids=lambda example: example.id)
def test_worked_example_holds(example: Example) -> None:
    assert not_shown(example.shows, make_plan(example.parsed)) == ()


@pytest.mark.parametrize("profile", load_profiles(), ids=lambda profile: profile.id)
def test_profile_agrees_with_published_guidance_or_says_why_not(profile: Profile) -> None:
    first = make_plan(profile.parsed, with_flips=False).routes[0]
    assert first.feasible
    assert (first.id in profile.published) == (not profile.disagreement)


def test_eleven_of_twelve_profiles_agree() -> None:
    profiles = load_profiles()
    assert len(profiles) == 12
    assert sum(not each.disagreement for each in profiles) == 11


def test_what_is_not_so_is_told() -> None:
    plan = make_plan(load_statements()[0].parsed)
    wrong = Shows(
        first="rag", not_first=("prompting",), infeasible=("prompting",), fires=("own-architecture",),
        silent=("prompt-first",), before=("pretraining", "prompting"), time={"rag": "hours-days"},
        chips={"lora": "needed"}, challenges=("dynamic-content",), keep={"facts": "tools"},
    )  # fmt: skip
    assert len(not_shown(wrong, plan)) == 10
