"""The adaptation phases as a slide, a deck and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.phase_scene import phase_scene
from export.pptx_package import DeckFonts
from foundation.clock import as_utc

if TYPE_CHECKING:
    from guidance.types import Plan


def phase_slide(
    presentation: Any,
    fonts: DeckFonts,
    domain: str | None = None,
    *,
    plan: Plan | None = None,
    links: Mapping[str, str] | None = None,
    notes: str = "",
) -> Any:
    """Add the slide of the four phases to a deck.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        domain: As the slide shows it; None leaves `{}`. A plan brings its own.
        plan: Marks chips as needed, optional or skip, and tells why in the notes.
        links: URLs by chip id.
        notes: Further paragraphs for the speaker notes.

    Returns:
        The python-pptx slide.
    """
    from export.pptx_package import set_notes
    from export.scene_slide import draw_scene
    from export.slide_frame import add_slide

    scene = phase_scene(domain, plan=plan, links=links)
    title = next(group.items[0] for group in scene.groups if group.name == "Title")
    style = title.lettering
    assert style is not None
    size = (scene.width_pt, scene.height_pt)
    slide, canvas = add_slide(
        presentation,
        fonts,
        title.text,
        title.box,
        size,
        font_pt=style.font_pt,
        colour=style.colour,
        bold=False,
    )
    draw_scene(canvas, scene, without=frozenset({"Title"}))
    set_notes(slide, "\n".join(part for part in (scene.description, *_reasons(plan), notes) if part))
    return slide


def phase_deck(
    domain: str | None = None,
    *,
    as_of: datetime,
    plan: Plan | None = None,
    links: Mapping[str, str] | None = None,
    template: Path | None = None,
    notes: str = "",
) -> bytes:
    """A deck of the phase slide, and with a plan of its routes.

    Args:
        domain: As the slide shows it; None leaves `{}`. A plan brings its own.
        as_of: Date of the document.
        plan: Marks chips, and adds slides with the ranked routes and with what is missing.
        links: URLs by chip id.
        template: A user's .pptx or .potx.
        notes: Further paragraphs for the speaker notes, such as what was answered.

    Returns:
        A .pptx file; the same input gives the same bytes.

    Raises:
        RefusedInputError: The template cannot be used.
    """
    from export.pptx_package import open_presentation, presentation_bytes, set_properties

    presentation, fonts = open_presentation(template)
    phase_slide(presentation, fonts, domain, plan=plan, links=links, notes=notes)
    if plan is not None:
        from export.plan_slides import plan_slides

        plan_slides(presentation, fonts, plan)
    shown = plan.domain_label if plan is not None else domain
    set_properties(
        presentation,
        title=f"Phases of domain adaptation{f': {shown}' if shown else ''}",
        subject=f"As of {as_utc(as_of):%Y-%m-%d}",
        keywords="large language models; domain adaptation",
        as_of=as_of,
    )
    return presentation_bytes(presentation)


def _reasons(plan: Plan | None) -> list[str]:
    """A line a chip: whether it is needed, and why."""
    if plan is None:
        return []
    return [
        f"{chip.label}: {chip.need}. {chip.reason}" + (f" [{chip.source}]" if chip.source else "")
        for phase in plan.phases
        for chip in phase.chips
    ]
