"""The landscape as a scene, in the published look: what pictures and the HTML page are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from charts.scene import Group, Item, Lettering, Scene, label_beside
from export.text_safety import safe_link, safe_text
from export.wording import cell_words, checked_grid, growth_mark, papers_words, short_count, topic_words
from foundation.clock import as_utc
from landscape.layout import TEXT_INSET_PT, Box, SlideLayout
from landscape.lettering import PADDING_PT, text_width_em
from landscape.types import GridCell, LandscapeSnapshot, TopicCount

PLAIN_CHIP_FONT_PT = 12.0  # as published
CHIP_FONT_PT = 10.5  # leaves room for the count beside the label
COUNT_FONT_PT = 8.0
COUNT_GAP_PT = 3.0
QUIET_FONT_PT = 9.5
QUIET_COLOUR = "#595959"  # 7:1 on white (WCAG 2.2, 1.4.6)
SUBTITLE_HEIGHT_PT = 14.0


def landscape_scene(
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    *,
    links: Mapping[str, str] | None = None,
    show_counts: bool = True,
    show_growth: bool = False,
    heading: str | None = None,
    ghost_empty: bool = False,
) -> Scene:
    """Draw the landscape as plain data.

    Args:
        snapshot: What is counted.
        layout: Where everything stands, of the same taxonomy version.
        links: URLs by topic id, and by cell id for empty cells; unsafe ones are left out.
        show_counts: Write counts on chips, a note in empty cells and the date under the title.
        show_growth: Write growth marks beside the counts.
        heading: Stands under the title instead of the date.
        ghost_empty: Draw a topic without papers as an outline, for pictures through time.

    Returns:
        The scene; parts of its groups are row ids and cell ids.

    Raises:
        RefusedInputError: Snapshot and layout are of different grids.
    """
    grid = checked_grid(snapshot, layout)
    urls = {place: safe_link(url) for place, url in (links or {}).items()}
    groups = _heads(snapshot, layout, heading, show_counts=show_counts)
    for row in layout.rows:
        band = Item("rectangle", row.band, fill=row.style.band_colour)
        label = _corner(row.label.text, row.label.box, row.label.colour, row.label.font_pt)
        groups.append(Group(row.id, row.id, row.label.text, f"Row {row.label.text}", None, (band, label)))
    for cell in snapshot.cells:
        words = cell_words(grid, cell)
        if cell.topics:
            for topic in cell.topics:
                marked = show_counts and show_growth
                chip = _chip(snapshot, layout, cell, topic, urls.get(topic.id), show_counts, marked)
                groups.append(_ghost(chip) if ghost_empty and not topic.n_papers else chip)
        elif show_counts:
            groups.append(_empty_cell(layout, cell, urls.get(cell.id), words))
    title = safe_text(layout.title.text)
    description = (
        f"{title}: {papers_words(snapshot.relevant)} as of {as_utc(snapshot.as_of):%Y-%m-%d} in "
        f"{len(snapshot.cells)} cells and {len(layout.chips)} topics."
    )
    return Scene(layout.width_pt, layout.height_pt, title, description, tuple(groups))


def _heads(
    snapshot: LandscapeSnapshot, layout: SlideLayout, heading: str | None, *, show_counts: bool
) -> list[Group]:
    title = layout.title
    items = [_corner(title.text, title.box, title.colour, title.font_pt)]
    groups = [Group("", "", "Title", "", None, tuple(items))]
    if show_counts:
        text = heading or f"{papers_words(snapshot.relevant)} as of {as_utc(snapshot.as_of):%Y-%m-%d}"
        box = Box(title.box.x + TEXT_INSET_PT[0] - PADDING_PT, title.box.bottom, 600.0, SUBTITLE_HEIGHT_PT)
        style = Lettering(QUIET_COLOUR, QUIET_FONT_PT, align="left")
        groups.append(Group("", "", "As of", "", None, (Item("text", box, text=text, lettering=style),)))
    for column in layout.columns:
        head = column.head
        item = _text(head.text, head.box, Lettering(head.colour, head.font_pt, bold=True))
        groups.append(Group(column.id, "", f"Column: {safe_text(head.text)}", "", None, (item,)))
    return groups


def _corner(text: str, box: Box, colour: str, font_pt: float) -> Item:
    """Bold text at the top left of its box, inset as published."""
    across, down = TEXT_INSET_PT
    inner = Box(box.x + across - PADDING_PT, box.y + down, box.width - across + PADDING_PT, box.height - down)
    return _text(text, inner, Lettering(colour, font_pt, bold=True, align="left", anchor="top"))


def _text(text: str, box: Box, style: Lettering) -> Item:
    return Item("text", box, text=safe_text(text), lettering=style)


def _chip(
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    cell: GridCell,
    topic: TopicCount,
    url: str | None,
    show_counts: bool,
    show_growth: bool,
) -> Group:
    chip = layout.chip(topic.id)
    label = safe_text(chip.label)
    ground = Item("rectangle", chip.box, fill=chip.fill_colour, name=f"Chip: {label}")
    colour = chip.place.colour
    if not show_counts:
        items: tuple[Item, ...] = (ground, _text(label, chip.box, Lettering(colour, PLAIN_CHIP_FONT_PT)))
    else:
        count = short_count(topic.n_papers)
        mark = growth_mark(topic.growth) if show_growth else ""
        written = f"{mark} {count}" if mark else count
        width = text_width_em(written, bold=True) * COUNT_FONT_PT + 2 * COUNT_GAP_PT
        place = label_beside(chip.box, label, width + COUNT_GAP_PT, CHIP_FONT_PT)
        room = Box(chip.box.right - width, chip.box.y, width - COUNT_GAP_PT + PADDING_PT, chip.box.height)
        style = Lettering(colour, COUNT_FONT_PT, bold=True, align="right")
        items = (ground, _text(label, place, Lettering(colour, CHIP_FONT_PT)), _text(written, room, style))
    return Group(topic.id, cell.id, label, f"{label}: {topic_words(snapshot, topic)}", url, items)


def _ghost(chip: Group) -> Group:
    """A chip that no paper bears yet: its outline."""
    ground, *rest = chip.items
    return replace(chip, items=(replace(ground, fill=None, line=ground.fill), *rest))


def _empty_cell(layout: SlideLayout, cell: GridCell, url: str | None, words: str) -> Group:
    whole = layout.cell(cell.id).box
    row = layout.row(cell.pipeline)
    height = min(2 * QUIET_FONT_PT * 1.3, whole.height)
    box = Box(whole.x, whole.centre[1] - height / 2, whole.width, height)
    text = f"{papers_words(cell.n_papers)}, no topic yet" if cell.n_papers else "no topic yet"
    style = Lettering(row.style.chip_text_colour, QUIET_FONT_PT, italic=True)
    return Group(cell.id, cell.id, words.partition(":")[0], words, url, (_text(text, box, style),))
