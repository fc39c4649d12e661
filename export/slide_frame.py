"""A slide with its title, and a canvas over it: what every slide of a deck begins with."""

from __future__ import annotations

from typing import Any

from export.pptx_canvas import Canvas, Insets, TextStyle, describe
from export.pptx_package import EMU_PER_PT, DeckFonts
from landscape.layout import Box

SIZE_PT = (960.0, 540.0)  # of the published slide; everything is laid out in its points
TITLE_BOX = Box(15.6, 6.8, 928.8, 29.1)  # begins as the published title does
TITLE_FONT_PT = 18.0
TITLE_COLOUR = "#000000"


def add_slide(
    presentation: Any,
    fonts: DeckFonts,
    title: str,
    title_box: Box = TITLE_BOX,
    size_pt: tuple[float, float] = SIZE_PT,
    *,
    font_pt: float = TITLE_FONT_PT,
    colour: str = TITLE_COLOUR,
    bold: bool = True,
) -> tuple[Any, Canvas]:
    """Add a slide with nothing on it but its title.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        title: Shown as large as its box allows.
        title_box: Where, in layout points.
        size_pt: Width and height of the layout; it is scaled onto the template's slides.
        font_pt: Largest size of the title.
        colour: Of the title; a template has its own.
        bold: Weight of the title.

    Returns:
        The python-pptx slide, and a canvas in layout points.
    """
    slide = presentation.slides.add_slide(_title_layout(presentation))
    width_pt, height_pt = presentation.slide_width / EMU_PER_PT, presentation.slide_height / EMU_PER_PT
    scale = min(width_pt / size_pt[0], height_pt / size_pt[1])
    left_pt, top_pt = (width_pt - size_pt[0] * scale) / 2, (height_pt - size_pt[1] * scale) / 2
    canvas = Canvas(slide.shapes, fonts, scale, left_pt, top_pt)
    shape = slide.shapes.title
    if shape is None:
        shape = canvas.text_box("Title", title_box, "")
    else:
        shape.left, shape.top, shape.width, shape.height = canvas.emu(title_box)
    for empty in [each for each in slide.placeholders if each.shape_id != shape.shape_id]:
        empty._element.getparent().remove(empty._element)  # else "Click to add text" stays on the slide
    describe(shape, "Title", title)
    ink = colour if fonts.name is not None else None
    style = TextStyle(ink, font_pt, bold=bold, align="left", insets=Insets(7.2, 0.0, 7.2, 0.0))
    canvas.write(shape, title, title_box, style)
    return slide, canvas


def _title_layout(presentation: Any) -> Any:
    """The slide layout with a title and as little else as there is."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    furniture = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}

    def clutter(layout: Any) -> tuple[bool, int]:
        kinds = [placeholder.placeholder_format.type for placeholder in layout.placeholders]
        others = [kind for kind in kinds if kind is not PP_PLACEHOLDER.TITLE and kind not in furniture]
        return PP_PLACEHOLDER.TITLE not in kinds, len(others)

    return min(presentation.slide_layouts, key=clutter)
