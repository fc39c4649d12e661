"""Where everything stands on the published slide of the four phases; figure and deck draw from it."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from pydantic import Field

from foundation.errors import TaxonomyError
from guidance.files import FOLDER, Frozen, checked
from guidance.phases import PhaseId, load_phases
from taxonomy.loader import read_yaml
from taxonomy.models import Colour, Slug

FILE = "phase_slide.yaml"
BoxPt = Annotated[tuple[float, float, float, float], Field(description="x, y, width, height in points")]


class SlideTitle(Frozen):
    """The title: text, box, size, colour."""

    text: str
    box_pt: BoxPt
    font_pt: float
    colour: Colour


class Span(Frozen):
    """A column of the slide: where it begins and how wide it is, in points."""

    x_pt: float
    width_pt: float


class Polygon(Frozen):
    """A coloured polygon of the slide's corner."""

    colour: Colour
    points_pt: tuple[tuple[float, float], ...]


class PhaseFonts(Frozen):
    """Type sizes in points."""

    label: float
    block: float
    chip: float
    caption: float


class PhaseSlide(Frozen):
    """The slide's geometry and colours; points, origin top left.

    Attributes:
        size_pt: Width and height.
        title: The title.
        corner: Polygons at the top right.
        stripe: The narrow stripe left of each label.
        label: Column of the labels "Phase N: ...".
        block: Column of the blocks.
        picture: Column of the drawings.
        bands_pt: y and height of each phase.
        chips_pt: Box of every chip that is a step or a model, by id.
        cylinders_pt: Boxes of the three data sets.
    """

    size_pt: tuple[float, float]
    title: SlideTitle
    ground_colour: Colour
    block_colour: Colour
    chip_colour: Colour
    chip_text_colour: Colour
    block_text_colour: Colour
    label_text_colour: Colour
    accent_colour: Colour
    accent_faint_colour: Colour
    line_colour: Colour
    cylinder_colour: Colour
    cylinder_top_colour: Colour
    corner: tuple[Polygon, ...]
    fonts_pt: PhaseFonts
    stripe: Span
    label: Span
    block: Span
    picture: Span
    bands_pt: dict[PhaseId, tuple[float, float]]
    chips_pt: dict[Slug, BoxPt]
    cylinders_pt: Annotated[tuple[BoxPt, ...], Field(min_length=3, max_length=3)]


@lru_cache(maxsize=1)
def load_phase_slide() -> PhaseSlide:
    """The slide's geometry.

    Raises:
        TaxonomyError: The file is malformed, or does not place exactly the chips that there are.
    """
    slide = checked(PhaseSlide, read_yaml(FOLDER / FILE), FILE)
    assert isinstance(slide, PhaseSlide)
    chips = {chip.id for phase in load_phases() for chip in phase.chips if chip.kind != "datasets"}
    if chips != set(slide.chips_pt):
        raise TaxonomyError(f"{FILE} and phases differ in chips", ids=sorted(chips ^ set(slide.chips_pt)))
    return slide
