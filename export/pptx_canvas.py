"""Draws named, editable shapes in points on a python-pptx slide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from export.pptx_package import EMU_PER_PT, DeckFonts
from export.text_fit import FittedText, fit_text
from export.text_safety import PROPERTY_LIMIT, safe_link, safe_text
from landscape.layout import Box

DESCRIPTION_LIMIT = 2000  # screen readers read it out whole; a title of 10,000 characters helps no one
LANGUAGE = "en-GB"  # labels and notes are written in it; without one, spelling is checked in the user's

Align = Literal["left", "centre", "right"]
Anchor = Literal["top", "middle", "bottom"]


@dataclass(frozen=True)
class Insets:
    """Room between a box's edges and its text, in points."""

    left: float = 2.0
    top: float = 0.0
    right: float = 2.0
    bottom: float = 0.0


@dataclass(frozen=True)
class TextStyle:
    """How a text is set.

    Attributes:
        colour: sRGB hex; None leaves it to the template.
        largest_pt: Font size to start from; it shrinks until the text fits.
        bold: Weight.
        italic: Slope.
        align: Across the box.
        anchor: Down the box.
        insets: Room around the text.
        wrap: Whether it may take more than one line.
    """

    colour: str | None
    largest_pt: float
    bold: bool = False
    italic: bool = False
    align: Align = "centre"
    anchor: Anchor = "middle"
    insets: Insets = Insets()
    wrap: bool = True


@dataclass(frozen=True)
class Canvas:
    """Shapes of a slide or a group, with points of the 960 x 540 pt layout as units.

    Attributes:
        shapes: python-pptx shapes to add to.
        fonts: How text is set.
        scale: Slide points per layout point; not 1 on a template of another size.
        left_pt: Where the layout's left edge stands on the slide.
        top_pt: Where the layout's upper edge stands on the slide.
    """

    shapes: Any
    fonts: DeckFonts
    scale: float = 1.0
    left_pt: float = 0.0
    top_pt: float = 0.0

    def emu(self, box: Box) -> tuple[int, int, int, int]:
        """A box as left, top, width and height in EMU on the slide."""
        return (
            round((self.left_pt + box.x * self.scale) * EMU_PER_PT),
            round((self.top_pt + box.y * self.scale) * EMU_PER_PT),
            round(box.width * self.scale * EMU_PER_PT),
            round(box.height * self.scale * EMU_PER_PT),
        )

    def group(self, name: str, description: str) -> Canvas:
        """A canvas that draws into a new named group; positions stay those of the slide."""
        group = self.shapes.add_group_shape()
        describe(group, name, description)
        return replace(self, shapes=group.shapes)

    def rectangle(self, name: str, box: Box, fill: str, description: str) -> Any:
        """A borderless rectangle without shadow."""
        from pptx.enum.shapes import MSO_SHAPE

        shape = self.preset(MSO_SHAPE.RECTANGLE, box)
        describe(shape, name, description)
        self.paint(shape, fill, None)
        return shape

    def preset(self, kind: Any, box: Box) -> Any:
        """A shape of a kind that slide programs know (`MSO_SHAPE`), without shadow."""
        shape = self.shapes.add_shape(kind, *self.emu(box))
        _drop_style(shape)
        return shape

    def polygon(self, points: Sequence[tuple[float, float]]) -> Any:
        """A closed shape with straight edges."""
        places = [self._place(point) for point in points]
        builder = self.shapes.build_freeform(*places[0], scale=1.0)
        builder.add_line_segments(places[1:], close=True)
        shape = builder.convert_to_shape()
        # python-pptx forgets to widen a group for a freeform: one of no size would need repair.
        self.shapes._recalculate_extents()
        _drop_style(shape)
        return shape

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> Any:
        """A straight line."""
        from pptx.enum.shapes import MSO_CONNECTOR

        shape = self.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *self._place(start), *self._place(end))
        _drop_style(shape)
        return shape

    def paint(self, shape: Any, fill: str | None, line: str | None, line_pt: float = 1.0) -> None:
        """Give a shape its fill and outline; None leaves either out.

        Args:
            shape: A python-pptx shape.
            fill: sRGB hex; lines have none.
            line: sRGB hex.
            line_pt: Width of the outline in layout points.
        """
        if hasattr(shape, "fill"):
            if fill is None:
                shape.fill.background()
            else:
                shape.fill.solid()
                shape.fill.fore_color.rgb = _rgb(fill)
        if line is None:
            shape.line.fill.background()
        else:
            shape.line.color.rgb = _rgb(line)
            shape.line.width = round(line_pt * self.scale * EMU_PER_PT)

    def _place(self, point: tuple[float, float]) -> tuple[int, int]:
        """A point in EMU on the slide."""
        return (
            round((self.left_pt + point[0] * self.scale) * EMU_PER_PT),
            round((self.top_pt + point[1] * self.scale) * EMU_PER_PT),
        )

    def text_box(self, name: str, box: Box, description: str) -> Any:
        """A box for text alone."""
        shape = self.shapes.add_textbox(*self.emu(box))
        describe(shape, name, description)
        return shape

    def write(self, shape: Any, text: str, box: Box, style: TextStyle) -> FittedText:
        """Set a shape's text as large as its box allows.

        Args:
            shape: A python-pptx shape.
            text: Any string.
            box: The shape's box in layout points.
            style: How to set it.

        Returns:
            What was written and how large, in layout points.
        """
        from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
        from pptx.util import Pt

        insets = style.insets
        fitted = fit_text(
            safe_text(text),
            box.width - insets.left - insets.right,
            box.height - insets.top - insets.bottom,
            style.largest_pt,
            least_pt=min(6.0, style.largest_pt, max(box.height / 2.5, 3.0)),
            bold=style.bold,
            widening=self.fonts.widening,
        )
        frame = shape.text_frame
        frame.margin_left, frame.margin_top, frame.margin_right, frame.margin_bottom = (
            round(inset * self.scale * EMU_PER_PT)
            for inset in (insets.left, insets.top, insets.right, insets.bottom)
        )
        frame.word_wrap = style.wrap
        # The font may be missing where the deck is opened: the program shrinks the text of what
        # stands in for it. Text in the font that was measured stays as it is.
        frame.auto_size = MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE if style.wrap else MSO_AUTO_SIZE.NONE
        anchors = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}
        frame.vertical_anchor = anchors[style.anchor]
        paragraph = frame.paragraphs[0]
        paragraph.alignment = {"left": PP_ALIGN.LEFT, "centre": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}[
            style.align
        ]
        paragraph.line_spacing = 1.0
        paragraph.space_before = paragraph.space_after = Pt(0)
        if _right_to_left(fitted.text):
            paragraph._p.get_or_add_pPr().set("rtl", "1")
        run = paragraph.add_run()
        run.text = fitted.text
        # OOXML keeps sizes in hundredths of a point; down, so that rounding cannot overflow a box.
        run.font.size = int(fitted.font_pt * self.scale * 100) * EMU_PER_PT // 100
        run.font.bold = style.bold
        run.font.italic = style.italic or None
        if self.fonts.name is not None:
            run.font.name = self.fonts.name
        if style.colour is not None:
            run.font.color.rgb = _rgb(style.colour)
        run._r.get_or_add_rPr().set("lang", LANGUAGE)
        return fitted


def describe(shape: Any, name: str, description: str) -> None:
    """Give a shape its name (selection pane) and alt text (screen readers)."""
    properties = shape._element.xpath("./*/p:cNvPr")[0]
    properties.set("name", safe_text(name, limit=PROPERTY_LIMIT))
    properties.set("descr", safe_text(description, limit=DESCRIPTION_LIMIT))


def link(shape: Any, url: str | None, tip: str) -> bool:
    """Make a click on a shape open a link, if the link is a safe one.

    Args:
        shape: A python-pptx shape that is no group.
        url: Any string or None.
        tip: What hovering shows.

    Returns:
        Whether the shape is linked now.
    """
    address = safe_link(url)
    if address is None:
        return False
    shape.click_action.hyperlink.address = address
    click = shape._element.xpath("./*/p:cNvPr/a:hlinkClick")[0]
    click.set("tooltip", safe_text(tip, limit=PROPERTY_LIMIT))
    return True


def _drop_style(shape: Any) -> None:
    """Take out the theme's outline, shadow and white text."""
    style = shape._element.find("{*}style")
    if style is not None:
        shape._element.remove(style)


def _rgb(colour: str) -> Any:
    from pptx.dml import color

    make: Any = color.RGBColor  # python-pptx has no types
    return make(*bytes.fromhex(colour.removeprefix("#")))


def _right_to_left(text: str) -> bool:
    """Whether the first strong character runs from right to left (UAX #9, rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False
