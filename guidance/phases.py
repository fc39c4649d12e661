"""The four phases of the published slide: what is done in each, its chips, and when each is needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from guidance.conditions import Conditional
from guidance.files import (
    Frozen,
    Places,
    Prose,
    SourceIds,
    check_places,
    check_sources,
    check_unique,
    read_rows,
)
from taxonomy.models import Slug

FILE = "phases.yaml"
PLACEHOLDER = "{}"

Need = Literal["needed", "optional", "skip"]
ChipKind = Literal["step", "model", "datasets"]
PhaseId = Literal["data-preparation", "adaptation", "professional-fine-tuning", "deployment"]


def filled(template: str, domain: str | None) -> str:
    """A text of the slide with the domain in its place.

    Args:
        template: Text with `{}` where the domain belongs.
        domain: The domain's name as the slide shows it; None leaves `{}`, as published.

    Returns:
        The text. Nothing else in it is read as a template.
    """
    return template if domain is None else template.replace(PLACEHOLDER, domain)


class NeedRow(Conditional):
    """Whether a chip is needed, under a condition.

    Attributes:
        need: needed, optional or skip.
        reason: Why.
        source: Where that comes from.
    """

    need: Need
    reason: Prose
    source: SourceIds


class Chip(Places):
    """A chip of the slide.

    Attributes:
        id: Its id.
        label: As published, with `{}`.
        row: Line of chips within the phase, from 1 at the top.
        kind: A step, a base model, or the place of the three data sets (drawn as cylinders).
        model: Knowledge entry of a base model.
        routes: Routes that take this step.
        need: The first row that holds decides; the last always holds.
    """

    id: Slug
    label: Annotated[str, Field(min_length=2, max_length=60)]
    row: Annotated[int, Field(ge=1, le=3)]
    kind: ChipKind = "step"
    model: str | None = None
    routes: tuple[Slug, ...] = ()
    need: Annotated[tuple[NeedRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends_in_a_default(self) -> Chip:
        if self.need[-1].when is not None or any(row.when is None for row in self.need[:-1]):
            raise ValueError(f"chip {self.id!r}: the last need, and it alone, has no condition")
        return self


class Phase(Frozen):
    """A phase of the slide.

    Attributes:
        id: As scripts read it.
        number: 1 stands at the bottom.
        title: Beside "Phase N:", with `{}`.
        blocks: What is done, one text or two, top to bottom, with `{}`.
        caption: Under the picture, or "".
        concept: Knowledge entry about it.
        chips: Left to right, line by line.
    """

    id: PhaseId
    number: Annotated[int, Field(ge=1, le=4)]
    title: str
    blocks: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    caption: str = ""
    concept: str
    chips: Annotated[tuple[Chip, ...], Field(min_length=1)]


@lru_cache(maxsize=1)
def load_phases() -> tuple[Phase, ...]:
    """The phases in order, data preparation first.

    Raises:
        TaxonomyError: The file is malformed, or names a topic, cell or source that does not exist.
    """
    phases = read_rows(FILE, Phase)
    check_unique(FILE, [chip.id for phase in phases for chip in phase.chips])
    for phase in phases:
        for chip in phase.chips:
            check_places(FILE, chip.id, chip)
            for row in chip.need:
                check_sources(FILE, chip.id, row.source)
    return phases
