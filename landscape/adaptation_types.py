"""What the store says to a plan: papers behind its steps, and what tunes or uses as is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guidance.types import Plan
from landscape.types import PaperRow

LEAST_FOR_A_SHARE = 5  # as for growth on the chart: a share of fewer papers says nothing


@dataclass(frozen=True)
class EvidencePaper:
    """A paper that supports a step.

    Attributes:
        row: As lists show it.
        sentence: The sentence that says so, or "" where none is known.
        told_by: label: of the label that placed it; note: of a person or the library; abstract: the
            sentence of its abstract that names the domain; "" without a sentence.
        citations: As counted by a service, or None.
    """

    row: PaperRow
    sentence: str
    told_by: str
    citations: int | None


@dataclass(frozen=True)
class StepEvidence:
    """Papers on a step: the newest and most central, and how many there are in all."""

    papers: tuple[EvidencePaper, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class TuningShare:
    """How a component is handled: papers that tune against those that use as is.

    Attributes:
        component: Column id.
        label: Its name.
        tune: Papers whose primary cell is in the first row of the grid: weights change.
        as_is: Papers whose primary cell is in the second: the model is used as it is.
    """

    component: str
    label: str
    tune: int
    as_is: int

    @property
    def share(self) -> float | None:
        """Share of those that tune; None of fewer than five papers."""
        total = self.tune + self.as_is
        return self.tune / total if total >= LEAST_FOR_A_SHARE else None


@dataclass(frozen=True)
class AdaptationEvidence:
    """What the store says to a plan.

    Attributes:
        words: Words of the domain that were looked for; empty means papers of any domain.
        domain_papers: Relevant papers that name the domain.
        steps: By name of the step.
        tuning: By component, in the grid's order.
    """

    words: tuple[str, ...]
    domain_papers: int
    steps: Mapping[str, StepEvidence]
    tuning: tuple[TuningShare, ...]

    def step(self, name: str) -> StepEvidence:
        """Papers on a step; none where it was not asked for."""
        return self.steps.get(name, StepEvidence())


@dataclass(frozen=True)
class EvidencedPlan:
    """A plan, and what the store says to it.

    Attributes:
        plan: The plan.
        evidence: None where there is no store to ask.
    """

    plan: Plan
    evidence: AdaptationEvidence | None = None

    def step(self, name: str) -> StepEvidence:
        """Papers on a step; none without a store."""
        return self.evidence.step(name) if self.evidence else StepEvidence()


@dataclass(frozen=True)
class StepPlace:
    """Where a step hangs on the grid: topics, and cells."""

    topics: tuple[str, ...]
    cells: tuple[str, ...]
