"""Draws a scene on a slide as native, editable, named shapes."""

from __future__ import annotations

from typing import Any

from charts.scene import CORNER_PT, LID_SHARE, Group, Item, Lettering, Scene, text_box
from export.pptx_canvas import Canvas, Insets, TextStyle, describe, link
from landscape.lettering import PADDING_PT


def draw_scene(canvas: Canvas, scene: Scene, *, without: frozenset[str] = frozenset()) -> None:
    """Add every group of a scene to a slide.

    Args:
        canvas: Over the slide, in the scene's points.
        scene: What to draw.
        without: Names of groups that the slide has already, such as its title.
    """
    for group in scene.groups:
        if group.name in without:
            continue
        if len(group.items) == 1:
            _draw(canvas, group.items[0], group, group.name, group.description)
            continue
        inside = canvas.group(group.name, group.description)
        for index, item in enumerate(group.items, start=1):
            name = item.name or f"{group.name} {index}"
            _draw(inside, item, group, name, item.text or name)


def _draw(canvas: Canvas, item: Item, group: Group, name: str, description: str) -> None:
    shape = _shape(canvas, item)
    describe(shape, name, description or item.text or name)
    if item.kind != "line":
        link(shape, group.url, group.description or name)
    if item.text and item.lettering is not None:
        canvas.write(shape, item.text, text_box(item), _style(item.lettering))


def _style(lettering: Lettering) -> TextStyle:
    return TextStyle(
        lettering.colour,
        lettering.font_pt,
        bold=lettering.bold,
        italic=lettering.italic,
        align=lettering.align,
        anchor=lettering.anchor,
        insets=Insets(PADDING_PT, 0.0, PADDING_PT, 0.0),
    )


def _shape(canvas: Canvas, item: Item) -> Any:
    from pptx.enum.shapes import MSO_SHAPE

    if item.kind == "text":
        return canvas.text_box(item.name, item.box, item.text)
    if item.kind == "line":
        shape = canvas.line(item.points[0], item.points[1])
    elif item.kind == "polygon":
        shape = canvas.polygon(item.points)
    else:
        kinds = {
            "rectangle": MSO_SHAPE.RECTANGLE,
            "rounded": MSO_SHAPE.ROUNDED_RECTANGLE,
            "ellipse": MSO_SHAPE.OVAL,
            "cylinder": MSO_SHAPE.CAN,
        }
        shape = canvas.preset(kinds[item.kind], item.box)
        least = min(item.box.width, item.box.height)
        # Shares of the shorter side (ECMA-376 part 1, presetShapeDefinitions: roundRect, can).
        if item.kind == "rounded":
            shape.adjustments[0] = min(CORNER_PT / least, 0.5)
        elif item.kind == "cylinder":
            shape.adjustments[0] = min(LID_SHARE * item.box.height / least, 0.5)
    canvas.paint(shape, item.fill, item.line, item.line_pt)
    return shape
