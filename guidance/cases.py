"""Worked examples, and profiles whose answer published guidance gives."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from foundation.errors import TaxonomyError
from guidance.answers import Answers, parse_answers
from guidance.files import Frozen, Prose, check_sources, check_unique, read_rows
from guidance.routes import route_names
from guidance.statements import Shows
from taxonomy.models import Slug

EXAMPLES_FILE, PROFILES_FILE = "examples.yaml", "profiles.yaml"


class Example(Frozen):
    """A worked example: a story, its answers, and what the plan must hold."""

    id: Slug
    title: Annotated[str, Field(min_length=5, max_length=80)]
    story: Prose
    answers: dict[str, Any]
    shows: Shows

    @property
    def parsed(self) -> Answers:
        """The answers, checked."""
        return parse_answers(self.answers)


class Profile(Frozen):
    """A profile whose answer published guidance gives.

    Attributes:
        id: Its id.
        guidance: Source that gives it.
        says: What it says, in this project's words.
        answers: The profile as answers.
        published: Routes that the guidance puts first.
        disagreement: Why the planner puts another first; empty where it agrees.
    """

    id: Slug
    guidance: Slug
    says: Prose
    answers: dict[str, Any]
    published: Annotated[tuple[Slug, ...], Field(min_length=1)]
    disagreement: str = ""

    @property
    def parsed(self) -> Answers:
        """The answers, checked."""
        return parse_answers(self.answers)


@lru_cache(maxsize=1)
def load_examples() -> tuple[Example, ...]:
    """Every worked example."""
    examples = read_rows(EXAMPLES_FILE, Example)
    check_unique(EXAMPLES_FILE, [each.id for each in examples])
    return examples


@lru_cache(maxsize=1)
def load_profiles() -> tuple[Profile, ...]:
    """Every profile, checked."""
    profiles = read_rows(PROFILES_FILE, Profile)
    check_unique(PROFILES_FILE, [each.id for each in profiles])
    for each in profiles:
        check_sources(PROFILES_FILE, each.id, (each.guidance,))
        unknown = [route for route in each.published if route not in route_names()]
        if unknown:
            raise TaxonomyError(f"{PROFILES_FILE} names a route that does not exist", id=each.id)
    return profiles
