"""The frozen types of a plan: what the planner says, and what page, command and files show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guidance.answers import Answers
from guidance.memory_types import MemoryEstimate
from guidance.phases import ChipKind, Need

TimeClass = Literal["none", "minutes-hours", "hours-days", "days-months"]
Where = Literal["weights", "retrieval", "tools"]


@dataclass(frozen=True)
class Reason:
    """A rule that fired.

    Attributes:
        rule: Its id.
        text: What it says.
        source: Where that comes from.
        weight: Points it gives or takes; 0 for a rule that excludes a route or bars it from first place.
        effect: supports, opposes, not-first or excludes.
    """

    rule: str
    text: str
    source: str
    weight: int
    effect: Literal["supports", "opposes", "not-first", "excludes"]


@dataclass(frozen=True)
class RoutePlan:
    """A route in its place.

    Attributes:
        id: Route id.
        label: Its name.
        rank: 1 is the recommendation.
        feasible: Whether it can be taken with these answers.
        may_lead: Whether it may rank first.
        points: Of all rules that fired, and of the starting order.
        reasons: What speaks for it, strongest first.
        against: What speaks against it, exclusions first.
        time_class: Of training.
        memory_gb: At the peak over all GPUs, 10^9 bytes: of training where the route trains, else of
            serving.
        training: The terms of training memory, or None.
        serving: The terms of serving memory.
        training_gpu_hours: Computing to train on the hardware assumed, or None.
        changes: all, few or no weights.
        topics: Topics of the landscape that it draws on.
        cells: Cells of the landscape that it draws on.
        knowledge: Knowledge entry about it.
        models: Knowledge entries of models known for it.
    """

    id: str
    label: str
    rank: int
    feasible: bool
    may_lead: bool
    points: int
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    time_class: TimeClass
    memory_gb: float
    training: MemoryEstimate | None
    serving: MemoryEstimate
    training_gpu_hours: float | None
    changes: Literal["all", "few", "no"]
    topics: tuple[str, ...]
    cells: tuple[str, ...]
    knowledge: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class ChipPlan:
    """A chip of the slide, filled in.

    Attributes:
        id: Chip id.
        label: With the domain in its place.
        need: needed, optional or skip.
        reason: Why.
        source: Where that comes from.
        row: Line of chips within the phase.
        kind: A step, a base model, or the data sets.
        topics: Topics of the landscape.
        cells: Cells of the landscape.
        knowledge: Knowledge entry of a model chip, or None.
    """

    id: str
    label: str
    need: Need
    reason: str
    source: str
    row: int
    kind: ChipKind
    topics: tuple[str, ...]
    cells: tuple[str, ...]
    knowledge: str | None


@dataclass(frozen=True)
class PhasePlan:
    """A phase, filled in.

    Attributes:
        id: Phase id.
        number: 1 stands at the bottom of the slide.
        label: "Phase 2: Adaptation to Medical Domain".
        title: The part after the colon.
        blocks: What is done.
        caption: Under the picture, or "".
        knowledge: Knowledge entry about it.
        chips: In the slide's order.
    """

    id: str
    number: int
    label: str
    title: str
    blocks: tuple[str, ...]
    caption: str
    knowledge: str
    chips: tuple[ChipPlan, ...]


@dataclass(frozen=True)
class DatasetPlan:
    """A public data set of the domain, with size, licence and address."""

    name: str
    holds: str
    size: str
    licence: str
    url: str


@dataclass(frozen=True)
class ModelPlan:
    """An open model that fits task, memory and licence by its card.

    Attributes:
        name: As its makers call it.
        knowledge: Knowledge entry, or None.
        params_b: Parameters in 10^9.
        licence: By its card.
        context_tokens: Window by its card.
        kind: generative, sequence-to-sequence or discriminative.
        fits: How it fits the memory at hand: 16, 8 or 4 bits a weight to serve, or "" where unknown.
        reason: Why it is named.
        url: Its card.
    """

    name: str
    knowledge: str | None
    params_b: float
    licence: str
    context_tokens: int
    kind: str
    fits: str
    reason: str
    url: str


@dataclass(frozen=True)
class ChallengePlan:
    """A challenge to expect: why, and the cells whose papers address it."""

    id: str
    label: str
    group: str
    reason: str
    topics: tuple[str, ...]
    cells: tuple[str, ...]
    knowledge: str


@dataclass(frozen=True)
class StepPlan:
    """A step of the project's life cycle and what to do in it."""

    step: str
    label: str
    advice: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class KnowledgePlan:
    """A kind of knowledge, where to keep it, by which route, and why."""

    kind: str
    label: str
    where: Where
    route: str
    reason: str
    source: str


@dataclass(frozen=True)
class Flip:
    """The nearest change of one answer that puts another route first.

    Attributes:
        input: The answer.
        before: Its value now; None where nothing was said.
        after: The value that changes the recommendation.
        first_route: The route that is then first.
        steps: How many thresholds of the rules lie between, 1 for the next.
    """

    input: str
    before: object
    after: object
    first_route: str
    steps: int


@dataclass(frozen=True)
class Gap:
    """What is missing or contradicts itself, and what would resolve it."""

    id: str
    text: str
    resolve: str
    source: str

    @property
    def line(self) -> str:
        """Both on one line."""
        return f"{self.text} {self.resolve}"


@dataclass(frozen=True)
class Assumption:
    """A value that the planner took because nobody said one, and why this one."""

    input: str
    value: object
    reason: str


@dataclass(frozen=True)
class Plan:
    """The whole answer.

    Attributes:
        answers: What was said.
        domain: As the reader wrote it, or None.
        domain_label: As the slide shows it ("Medical"), or None.
        domain_words: Words by which papers of the domain are found.
        routes: Best first.
        phases: Data preparation first.
        datasets: Public data sets of the domain; the first three stand on the slide.
        models: Open models that fit.
        model_notes: Notes on the choice of model, such as discriminative ones beside generative ones.
        challenges: To expect.
        lifecycle: Step by step.
        knowledge: Where to keep which kind.
        missing: What is missing or contradicts itself.
        flips: Nearest change first.
        assumptions: What was taken where nobody said.
        facts: Every derived fact by name, with its value.
    """

    answers: Answers
    domain: str | None
    domain_label: str | None
    domain_words: tuple[str, ...]
    routes: tuple[RoutePlan, ...]
    phases: tuple[PhasePlan, ...]
    datasets: tuple[DatasetPlan, ...]
    models: tuple[ModelPlan, ...]
    model_notes: tuple[str, ...]
    challenges: tuple[ChallengePlan, ...]
    lifecycle: tuple[StepPlan, ...]
    knowledge: tuple[KnowledgePlan, ...]
    missing: tuple[Gap, ...]
    flips: tuple[Flip, ...]
    assumptions: tuple[Assumption, ...]
    facts: Mapping[str, object] = field(default_factory=dict)

    def route(self, route_id: str) -> RoutePlan:
        """One route by id.

        Raises:
            KeyError: There is no such route.
        """
        for route in self.routes:
            if route.id == route_id:
                return route
        raise KeyError(route_id)

    def chip(self, chip_id: str) -> ChipPlan:
        """One chip by id.

        Raises:
            KeyError: There is no such chip.
        """
        for phase in self.phases:
            for chip in phase.chips:
                if chip.id == chip_id:
                    return chip
        raise KeyError(chip_id)
