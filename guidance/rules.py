"""Rules of choice and gaps, as data: when, what, why, and where that comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from foundation.errors import TaxonomyError
from guidance.conditions import Conditional
from guidance.facts import check_condition, fact_kind
from guidance.files import Prose, SourceIds, check_sources, check_unique, read_rows
from guidance.routes import load_routes, route_names
from taxonomy.models import Slug

RULES_FILE, GAPS_FILE = "rules.yaml", "gaps.yaml"
Effect = Literal["supports", "opposes", "not-first", "excludes"]
_NAME = re.compile(r"\{([a-z0-9_]+)\}")


class Rule(Conditional):
    """A rule of choice.

    Attributes:
        id: Its id.
        routes: Route ids or groups that it speaks of.
        does: Supports or opposes a route, bars it from first place, or excludes it.
        weight: Points, for the first two.
        text: What it says; `{name}` is a fact.
        resolve: What would lift an exclusion.
        source: Where it comes from.
    """

    id: Slug
    routes: Annotated[tuple[Slug, ...], Field(min_length=1)]
    does: Effect
    weight: Annotated[int, Field(ge=0, le=10)] = 0
    text: Prose
    resolve: Prose | None = None
    source: SourceIds

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if (self.does in ("supports", "opposes")) != (self.weight > 0):
            raise ValueError(f"rule {self.id!r}: a weight belongs to supports and opposes, and to them alone")
        if (self.does == "excludes") != (self.resolve is not None):
            raise ValueError(f"rule {self.id!r}: an exclusion, and it alone, says what would resolve it")
        return self


class GapRule(Conditional):
    """A contradiction or something missing: when, what, and what would resolve it."""

    id: Slug
    text: Prose
    resolve: Prose
    source: SourceIds

    @model_validator(mode="after")
    def _conditional(self) -> GapRule:
        if self.when is None:
            raise ValueError(f"gap {self.id!r} has no condition")
        return self


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """Every rule of choice, checked.

    Raises:
        TaxonomyError: The file is malformed, or a rule names a route, fact or source that does not exist.
    """
    rules = read_rows(RULES_FILE, Rule)
    check_unique(RULES_FILE, [rule.id for rule in rules])
    routes = tuple(route.id for route in load_routes())
    for rule in rules:
        unknown = [name for name in rule.routes if name not in route_names()]
        if unknown:
            raise TaxonomyError(
                f"{RULES_FILE} names a route that does not exist", id=rule.id, value=unknown[0]
            )
        check_condition(RULES_FILE, rule.id, rule, ranked=False, routes=routes)
        check_sources(RULES_FILE, rule.id, rule.source)
        _check_text(RULES_FILE, rule.id, rule.text)
    return rules


@lru_cache(maxsize=1)
def load_gaps() -> tuple[GapRule, ...]:
    """Every gap, checked as rules are."""
    gaps = read_rows(GAPS_FILE, GapRule)
    check_unique(GAPS_FILE, [gap.id for gap in gaps])
    routes = tuple(route.id for route in load_routes())
    for gap in gaps:
        check_condition(GAPS_FILE, gap.id, gap, ranked=False, routes=routes)
        check_sources(GAPS_FILE, gap.id, gap.source)
        _check_text(GAPS_FILE, gap.id, gap.text)
    return gaps


def _check_text(name: str, owner: str, text: str) -> None:
    for fact in _NAME.findall(text):
        if fact_kind(fact, ranked=False, routes=()) is None:
            raise TaxonomyError(f"{name} writes a fact that does not exist", id=owner, fact=fact)


def with_facts(text: str, facts: Mapping[str, Any]) -> str:
    """A text with its facts written in.

    Args:
        text: With `{name}` where a fact belongs.
        facts: Values by name.

    Returns:
        The text; a fact that is not known is written as a question mark.
    """
    return _NAME.sub(lambda match: figure(facts.get(match[1])), text) if "{" in text else text


def figure(value: object) -> str:
    """A value as people read it: thousands apart, three significant digits under a thousand."""
    if value is None:
        return "?"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
