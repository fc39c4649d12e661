"""A drawing as plain data: shapes and texts in points, for every renderer that needs no browser.

A scene knows nothing of files. `charts.picture` draws it with matplotlib, `export.svg` writes it
as SVG, `export.scene_slide` as native shapes of a slide; so a picture and a slide cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from landscape.layout import Box
from landscape.lettering import LEAST_FONT_PT, LINE_HEIGHT, PADDING_PT, fit_label, text_width_em

Kind = Literal["rectangle", "rounded", "ellipse", "cylinder", "polygon", "line", "text"]
Align = Literal["left", "centre", "right"]
Anchor = Literal["top", "middle"]

CORNER_PT = 4.0  # radius of a rounded rectangle
LID_SHARE = 0.3  # height of a cylinder's lid over the cylinder's height
# A label broken at its hyphen reads worse than one set a little smaller, and a search misses it.
LEAST_WHOLE_WORD_SHARE = 0.8
LONGEST_TEXT = 400  # characters that are tried; no box of a slide holds more at a legible size


@dataclass(frozen=True)
class Lettering:
    """How an item's text is set.

    Attributes:
        colour: sRGB hex.
        font_pt: Size to start from; it shrinks until the text fits.
        bold: Weight.
        italic: Slope.
        align: Across the box.
        anchor: Down the box.
    """

    colour: str
    font_pt: float
    bold: bool = False
    italic: bool = False
    align: Align = "centre"
    anchor: Anchor = "middle"


@dataclass(frozen=True)
class Item:
    """One shape with its text.

    Attributes:
        kind: Of the shape; `text` is text alone.
        box: Where.
        fill: sRGB hex, or None.
        line: Colour of the outline, or None.
        line_pt: Its width.
        points: Corners of a polygon, or the ends of a line; else empty.
        text: What stands in the box, already free of control characters.
        lettering: How it is set; None where there is no text.
        name: In a slide's selection pane.
    """

    kind: Kind
    box: Box
    fill: str | None = None
    line: str | None = None
    line_pt: float = 1.0
    points: tuple[tuple[float, float], ...] = ()
    text: str = ""
    lettering: Lettering | None = None
    name: str = ""


@dataclass(frozen=True)
class Group:
    """Items that belong together: a band, a chip, a phase.

    Attributes:
        id: Topic, cell or other id; "" for what has none.
        part: Which step of a build-up shows it; "" for what is always there.
        name: What it is called.
        description: For screen readers and tool tips.
        url: Safe http(s) link, or None.
        items: Back to front.
    """

    id: str
    part: str
    name: str
    description: str
    url: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Scene:
    """The whole drawing, back to front.

    Attributes:
        width_pt: Of the drawing.
        height_pt: Of the drawing.
        title: What it is.
        description: Everything it says, in a sentence or two, for who cannot see it.
        groups: Back to front.
    """

    width_pt: float
    height_pt: float
    title: str
    description: str
    groups: tuple[Group, ...]

    def only(self, parts: frozenset[str]) -> Scene:
        """The scene with what is always there and the given parts alone."""
        groups = tuple(group for group in self.groups if not group.part or group.part in parts)
        return Scene(self.width_pt, self.height_pt, self.title, self.description, groups)


@dataclass(frozen=True)
class SetText:
    """A text broken into lines and placed.

    Attributes:
        lines: From top to bottom.
        font_pt: Size.
        x: Left edge, middle or right edge of the lines, by the lettering's alignment.
        y: Middle of the first line.
        step_pt: From one line to the next.
    """

    lines: tuple[str, ...]
    font_pt: float
    x: float
    y: float
    step_pt: float


def text_box(item: Item) -> Box:
    """Where an item's text may stand: its box, of a cylinder what lies under the lid."""
    box = item.box
    lid = box.height * LID_SHARE if item.kind == "cylinder" else 0.0
    return Box(box.x, box.y + lid, box.width, box.height - lid)


def set_text(item: Item) -> SetText | None:
    """Break an item's text so that it stays in its box.

    Args:
        item: Any item.

    Returns:
        Lines and place; None where there is nothing to set. A text too long for its box at the
        least size ends with an ellipsis.
    """
    style = item.lettering
    if style is None or not item.text:
        return None
    box = text_box(item)
    text = item.text if len(item.text) <= LONGEST_TEXT else item.text[:LONGEST_TEXT] + "…"
    size, lines = _fit(text, box.width, box.height, style.font_pt, bold=style.bold)
    lines = _cut(lines, size, box, bold=style.bold)
    step = size * LINE_HEIGHT
    block = len(lines) * step
    top = box.y if style.anchor == "top" else box.y + (box.height - block) / 2
    x = {"left": box.x + PADDING_PT, "centre": box.centre[0], "right": box.right - PADDING_PT}[style.align]
    return SetText(lines, size, x, top + step / 2, step)


def _fit(
    text: str, width_pt: float, height_pt: float, font_pt: float, *, bold: bool
) -> tuple[float, tuple[str, ...]]:
    """As `fit_label`, but rather a little smaller than broken at a hyphen."""
    whole = text.replace("-", "\u2011")  # the hyphen that no line is broken at
    if whole != text:
        size, lines = fit_label(whole, width_pt, height_pt, font_pt, bold=bold)
        if size >= font_pt * LEAST_WHOLE_WORD_SHARE:
            return size, tuple(line.replace("\u2011", "-") for line in lines)
    return fit_label(text, width_pt, height_pt, font_pt, bold=bold)


def _cut(lines: tuple[str, ...], size: float, box: Box, *, bold: bool) -> tuple[str, ...]:
    """Lines that stay inside whatever the text was; only the least size needs cutting."""
    if size > LEAST_FONT_PT:
        return lines
    room_em = max(box.width - 2 * PADDING_PT, 1.0) / size
    most = max(int(box.height / (size * LINE_HEIGHT)), 1)
    kept = [_shortened(line, room_em, bold=bold) for line in lines[:most]]
    if len(lines) > most:
        kept[-1] = _shortened(f"{kept[-1].rstrip('…')}…", room_em, bold=bold)
    return tuple(kept)


def _shortened(line: str, room_em: float, *, bold: bool) -> str:
    if text_width_em(line, bold=bold) <= room_em:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width_em(line[:middle] + "…", bold=bold) <= room_em:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + "…"


def label_beside(box: Box, label: str, beside_pt: float, font_pt: float, share: float = 0.85) -> Box:
    """Where a label stands in a chip that also bears a count at its right.

    The label keeps the chip's middle, as published, until it would meet the count.

    Args:
        box: The chip.
        label: Its label.
        beside_pt: Room that the count takes, gaps included.
        font_pt: Largest size of the label.
        share: Of the chip's height that the label's lines may take.

    Returns:
        A box around the place where the label's middle is to be, wide enough for its lines.
    """
    room = max(box.width - beside_pt, 1.0)
    size, lines = _fit(label[:LONGEST_TEXT], room, box.height * share, font_pt, bold=False)
    half = max(text_width_em(line) for line in lines) * size / 2
    middle = min(box.centre[0], max(box.x + room - half, box.x + room / 2))
    width = 2 * half + 2 * PADDING_PT + 0.5  # what the lines take, so that they break as they did here
    return Box(middle - width / 2, box.y, width, box.height)
