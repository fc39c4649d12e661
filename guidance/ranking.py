"""Ranks the routes: which rules fire, what they add up to, who may lead. Pure and deterministic.

Feasible routes come before others; among them those that may lead; then more points; then the cheaper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from guidance.conditions import Compiled
from guidance.routes import Route, load_routes, route_names
from guidance.rules import Rule, load_rules


@dataclass(frozen=True)
class RankedRoute:
    """A route in its place.

    Attributes:
        route: The route.
        points: Starting points, plus those of rules for it, minus those against.
        feasible: No rule excludes it.
        may_lead: No rule bars it from first place.
        fired: Rules that fired for it, in the order of the file.
    """

    route: Route
    points: int
    feasible: bool
    may_lead: bool
    fired: tuple[Rule, ...]


@dataclass(frozen=True)
class _CompiledRule:
    holds: Compiled
    routes: tuple[int, ...]
    rule: Rule


@lru_cache(maxsize=1)
def _compiled() -> tuple[_CompiledRule, ...]:
    position = {route.id: index for index, route in enumerate(load_routes())}
    names = route_names()
    return tuple(
        _CompiledRule(
            rule.holds,
            tuple(dict.fromkeys(position[each] for name in rule.routes for each in names[name])),
            rule,
        )
        for rule in load_rules()
    )


def rank(facts: Mapping[str, Any]) -> tuple[RankedRoute, ...]:
    """Rank the routes under the facts.

    Args:
        facts: As `guidance.facts.derive_facts` gives them.

    Returns:
        Every route, best first.
    """
    routes = load_routes()
    fired: list[list[Rule]] = [[] for _ in routes]
    for each in _compiled():
        if each.holds(facts):
            for index in each.routes:
                fired[index].append(each.rule)
    ranked = []
    for route, rules in zip(routes, fired, strict=True):
        effects = {rule.does for rule in rules}
        points = route.start
        for rule in rules:
            points += rule.weight if rule.does == "supports" else -rule.weight
        ranked.append(
            RankedRoute(route, points, "excludes" not in effects, "not-first" not in effects, tuple(rules))
        )
    # Sorting is stable, and the file lists the cheapest first.
    return tuple(sorted(ranked, key=lambda each: (not each.feasible, not each.may_lead, -each.points)))


def ranked_facts(facts: Mapping[str, Any], ranked: tuple[RankedRoute, ...]) -> dict[str, Any]:
    """The facts with those of the ranking added.

    Args:
        facts: Before the ranking.
        ranked: The ranking.

    Returns:
        A new mapping with `first_route`, `first_route_trains` and `route_feasible.<id>`.
    """
    first = ranked[0]
    found = dict(facts)
    found["first_route"] = first.route.id if first.feasible else None
    found["first_route_trains"] = first.feasible and first.route.training != "none"
    for each in ranked:
        found[f"route_feasible.{each.route.id}"] = each.feasible
    return found
