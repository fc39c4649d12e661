"""What the source texts state, each tied to an entry and to answers whose plan shows it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from guidance.answers import Answers, parse_answers
from guidance.files import Frozen, Prose, check_unique, read_rows
from guidance.routes import load_routes
from guidance.types import Plan

FILE = "statements.yaml"


class Shows(Frozen):
    """What a plan must hold; at least one of these.

    Attributes:
        first: The route that ranks first, feasible.
        not_first: Routes that do not.
        before: Pairs of routes, flat: each ranks before the next.
        feasible: Routes that can be taken.
        infeasible: Routes that cannot.
        fires: Rules that fire for some route.
        silent: Rules that fire for none.
        time: Time class by route.
        changes: Which weights change by route.
        training_terms: Terms of training memory by route.
        route_models: Models known for a route.
        route_says: Words that a field of a route holds, by `route.field`.
        phases: Labels of phases by id.
        chips: Need by chip.
        datasets: Data sets named.
        models: Open models named.
        note: Words that a note on models holds.
        challenges: Challenges to expect.
        gaps: Contradictions or gaps named.
        keep: Where to keep a kind of knowledge.
        keep_route: By which route a kind of knowledge is kept.
        advice: Words that the advice of a step holds.
    """

    first: str | None = None
    not_first: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    feasible: tuple[str, ...] = ()
    infeasible: tuple[str, ...] = ()
    fires: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    time: dict[str, str] = Field(default_factory=dict)
    changes: dict[str, str] = Field(default_factory=dict)
    training_terms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    route_models: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    route_says: dict[str, str] = Field(default_factory=dict)
    phases: dict[str, str] = Field(default_factory=dict)
    chips: dict[str, str] = Field(default_factory=dict)
    datasets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    note: str = ""
    challenges: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    keep: dict[str, str] = Field(default_factory=dict)
    keep_route: dict[str, str] = Field(default_factory=dict)
    advice: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Shows:
        if not self.model_fields_set:
            raise ValueError("a statement must show something")
        return self


class Statement(Frozen):
    """A statement of a text.

    Attributes:
        id: S and a number.
        text: Number of the text, or slide.
        says: In this project's words.
        entry: The rule or entry that carries it.
        answers: Answers that show it.
        shows: What their plan holds.
    """

    id: Annotated[str, Field(pattern=r"^S[0-9]+$")]
    text: Literal["slide", "000", "001", "002", "003", "004"]
    says: Prose
    entry: str
    answers: dict[str, Any]
    shows: Shows

    @property
    def parsed(self) -> Answers:
        """The answers, checked."""
        return parse_answers(self.answers)


@lru_cache(maxsize=1)
def load_statements() -> tuple[Statement, ...]:
    """Every statement in order."""
    statements = read_rows(FILE, Statement)
    check_unique(FILE, [each.id for each in statements])
    return statements


def not_shown(shows: Shows, plan: Plan) -> tuple[str, ...]:
    """What a plan should hold and does not.

    Args:
        shows: What it must hold.
        plan: The plan.

    Returns:
        One line a difference; empty where the plan shows all.
    """
    return tuple(_differences(shows, plan))


def _differences(shows: Shows, plan: Plan) -> Iterator[str]:
    first = plan.routes[0]
    rank = {route.id: route.rank for route in plan.routes}
    fired = {reason.rule for route in plan.routes for reason in (*route.reasons, *route.against)}
    if shows.first and (first.id != shows.first or not first.feasible):
        yield f"first is {first.id}, not {shows.first}"
    if first.id in shows.not_first:
        yield f"first is {first.id}"
    for earlier, later in zip(shows.before, shows.before[1:], strict=False):
        if rank[earlier] > rank[later]:
            yield f"{later} ranks before {earlier}"
    for name, wanted in (("feasible", True), ("infeasible", False)):
        for route in getattr(shows, name):
            if plan.route(route).feasible is not wanted:
                yield f"{route} is not {name}"
    yield from (f"rule {rule} does not fire" for rule in shows.fires if rule not in fired)
    yield from (f"rule {rule} fires" for rule in shows.silent if rule in fired)
    for route, value in shows.time.items():
        if plan.route(route).time_class != value:
            yield f"{route} takes {plan.route(route).time_class}"
    for route, value in shows.changes.items():
        if plan.route(route).changes != value:
            yield f"{route} changes {plan.route(route).changes} weights"
    for route, terms in shows.training_terms.items():
        training = plan.route(route).training
        held = {term.name for term in training.terms} if training else set()
        yield from (f"{route} has no term {term}" for term in terms if term not in held)
    for route, models in shows.route_models.items():
        yield from (f"{route} does not name {m}" for m in models if m not in plan.route(route).models)
    yield from _entries(shows)
    yield from _parts(shows, plan)


def _entries(shows: Shows) -> Iterator[str]:
    routes = {route.id: route for route in load_routes()}
    for path, words in shows.route_says.items():
        route, _, field = path.partition(".")
        value = getattr(routes[route], field)
        text = value if isinstance(value, str) else " ".join(value)
        if words not in text:
            yield f"{path} does not say {words!r}"


def _parts(shows: Shows, plan: Plan) -> Iterator[str]:
    labels = {phase.id: phase.label for phase in plan.phases}
    yield from (f"{id_} is {labels[id_]!r}" for id_, label in shows.phases.items() if labels[id_] != label)
    for chip, need in shows.chips.items():
        if plan.chip(chip).need != need:
            yield f"chip {chip} is {plan.chip(chip).need}"
    for name in ("datasets", "models"):
        held = {each.name for each in getattr(plan, name)}
        yield from (f"{each} is not among the {name}" for each in getattr(shows, name) if each not in held)
    if shows.note and not any(shows.note in note for note in plan.model_notes):
        yield f"no note says {shows.note!r}"
    for name, known in (
        ("challenges", {each.id for each in plan.challenges}),
        ("gaps", {each.id for each in plan.missing}),
    ):
        yield from (f"{each} is not among the {name}" for each in getattr(shows, name) if each not in known)
    for kind in plan.knowledge:
        if shows.keep.get(kind.kind, kind.where) != kind.where:
            yield f"{kind.kind} is kept in {kind.where}"
        if shows.keep_route.get(kind.kind, kind.route) != kind.route:
            yield f"{kind.kind} is kept by {kind.route}"
    for step in plan.lifecycle:
        words = shows.advice.get(step.step, "")
        if words not in " ".join(step.advice):
            yield f"advice of {step.step} does not say {words!r}"
