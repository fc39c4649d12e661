"""What stands beside the routes: challenges, kinds of knowledge, steps of a project, open models."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from foundation.errors import TaxonomyError
from guidance.conditions import Conditional
from guidance.domains import load_domains
from guidance.facts import check_condition
from guidance.files import (
    Frozen,
    Places,
    Prose,
    Reading,
    SourceIds,
    Web,
    check_places,
    check_sources,
    check_unique,
    read_rows,
)
from guidance.routes import load_routes
from guidance.types import Where
from taxonomy.models import Slug

CHALLENGES_FILE, KNOWLEDGE_FILE, LIFECYCLE_FILE = "challenges.yaml", "knowledge.yaml", "lifecycle.yaml"
MODELS_FILE, MODEL_NOTES_FILE = "models.yaml", "model_notes.yaml"
Group = Literal["data", "ethical-and-social", "technical", "deployment", "specialisation"]


class Challenge(Places, Conditional):
    """A challenge, and when to expect it; without a condition always.

    Attributes:
        id: Its id.
        label: Its name.
        group: Of which kind.
        concept: Knowledge entry about it.
        reason: Why to expect it.
        source: Where this comes from.
    """

    id: Slug
    label: Annotated[str, Field(min_length=3, max_length=60)]
    group: Group
    concept: str
    reason: Prose
    source: SourceIds


class KeepRow(Conditional):
    """Where to keep a kind of knowledge, under a condition."""

    where: Where
    route: Slug
    reason: Prose
    source: SourceIds


class KnowledgeKind(Frozen):
    """A kind of knowledge.

    Attributes:
        kind: Its id.
        label: Its name.
        concept: Knowledge entry about it.
        stage: Which stage of training gives it.
        keep: The first row that holds decides; the last always does.
    """

    kind: Slug
    label: str
    concept: str
    stage: Prose
    keep: Annotated[tuple[KeepRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends_in_a_default(self) -> KnowledgeKind:
        if self.keep[-1].when is not None or any(row.when is None for row in self.keep[:-1]):
            raise ValueError(f"knowledge {self.kind!r}: the last row, and it alone, has no condition")
        return self


class Advice(Conditional):
    """A piece of advice, under a condition."""

    text: Prose
    source: SourceIds


class LifecycleStep(Frozen):
    """A step of a project and the advice for it."""

    step: Slug
    label: str
    concept: str
    advice: Annotated[tuple[Advice, ...], Field(min_length=1)]


class OpenModel(Conditional):
    """An open model by its card, and when it is worth naming.

    Attributes:
        name: As its makers call it.
        knowledge: Knowledge entry, or None.
        params_b: Parameters in 10^9.
        licence: By its card.
        context_tokens: Window by its card.
        kind: Writes on, turns text into text, or classifies and ranks.
        domains: Domains that it was made for; empty for general models.
        reason: Why it is worth naming.
        url: Its card.
        read: Where and when the card was read, or None.
    """

    name: Annotated[str, Field(min_length=3, max_length=40)]
    knowledge: str | None
    params_b: Annotated[float, Field(gt=0)]
    licence: str
    context_tokens: Annotated[int, Field(gt=0)]
    kind: Literal["generative", "sequence-to-sequence", "discriminative"]
    domains: tuple[Slug, ...] = ()
    reason: Prose
    url: Web
    read: Reading | None = None


def _route_ids() -> tuple[str, ...]:
    return tuple(route.id for route in load_routes())


@lru_cache(maxsize=1)
def load_challenges() -> tuple[Challenge, ...]:
    """Every challenge, checked."""
    challenges = read_rows(CHALLENGES_FILE, Challenge)
    check_unique(CHALLENGES_FILE, [each.id for each in challenges])
    for each in challenges:
        check_places(CHALLENGES_FILE, each.id, each)
        check_sources(CHALLENGES_FILE, each.id, each.source)
        check_condition(CHALLENGES_FILE, each.id, each, ranked=True, routes=_route_ids())
    return challenges


@lru_cache(maxsize=1)
def load_knowledge_kinds() -> tuple[KnowledgeKind, ...]:
    """Every kind of knowledge, checked."""
    kinds = read_rows(KNOWLEDGE_FILE, KnowledgeKind)
    check_unique(KNOWLEDGE_FILE, [each.kind for each in kinds])
    for each in kinds:
        for row in each.keep:
            check_sources(KNOWLEDGE_FILE, each.kind, row.source)
            check_condition(KNOWLEDGE_FILE, each.kind, row, ranked=True, routes=_route_ids())
            if row.route not in _route_ids():
                raise TaxonomyError(f"{KNOWLEDGE_FILE} names a route that does not exist", id=each.kind)
    return kinds


@lru_cache(maxsize=1)
def load_lifecycle() -> tuple[LifecycleStep, ...]:
    """The steps of a project in order, checked."""
    steps = read_rows(LIFECYCLE_FILE, LifecycleStep)
    check_unique(LIFECYCLE_FILE, [each.step for each in steps])
    for each in steps:
        for row in each.advice:
            check_sources(LIFECYCLE_FILE, each.step, row.source)
            check_condition(LIFECYCLE_FILE, each.step, row, ranked=True, routes=_route_ids())
    return steps


@lru_cache(maxsize=1)
def load_models() -> tuple[OpenModel, ...]:
    """Open models, checked."""
    models = read_rows(MODELS_FILE, OpenModel)
    check_unique(MODELS_FILE, [each.name for each in models])
    domains = {domain.id for domain in load_domains()}
    for each in models:
        check_condition(MODELS_FILE, each.name, each, ranked=True, routes=_route_ids())
        unknown = [domain for domain in each.domains if domain not in domains]
        if unknown:
            raise TaxonomyError(f"{MODELS_FILE} names a domain that does not exist", id=each.name)
    return models


@lru_cache(maxsize=1)
def load_model_notes() -> tuple[Advice, ...]:
    """Notes on the choice of model, checked."""
    notes = read_rows(MODEL_NOTES_FILE, Advice)
    for each in notes:
        check_sources(MODEL_NOTES_FILE, each.text[:30], each.source)
        check_condition(MODEL_NOTES_FILE, each.text[:30], each, ranked=True, routes=_route_ids())
    return notes
