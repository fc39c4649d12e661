"""What moved between two dates, on a slide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from export.deck_text import HEAD, LEFT_PT, LINKED, QUIET, RIGHT_PT, body, put
from export.place_slides import paper_words
from export.pptx_canvas import TextStyle, link
from export.pptx_package import DeckFonts, set_notes
from export.slide_frame import add_slide
from export.text_safety import safe_text
from landscape.layout import Box, SlideLayout
from landscape.movement import Direction, Movement
from landscape.movement_words import (
    METHOD,
    change_words,
    headline_words,
    movement_words,
    none_words,
    place_words,
)

SHOWN = 7  # a column
SHOWN_PAPERS = 4
COLUMN_HEADS: dict[Direction, str] = {"rising": "Rising", "fading": "Fading", "new": "New on the chart"}
TOP_PT, STEP_PT, HEIGHT_PT = 106.0, 33.0, 28.0
PAPERS_TOP_PT, PAPER_STEP_PT = 368.0, 38.0


def moved_slide(
    presentation: Any,
    fonts: DeckFonts,
    movement: Movement,
    layout: SlideLayout,
    *,
    links: Mapping[str, str] | None = None,
) -> Any:
    """Add the slide of what moved.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        movement: What moved.
        layout: Where everything stands; gives the rows' colours.
        links: URLs by topic id.

    Returns:
        The python-pptx slide.
    """
    urls = links or {}
    slide, canvas = add_slide(
        presentation, fonts, f"What moved, {movement.before:%Y-%m-%d} to {movement.after:%Y-%m-%d}"
    )
    said = headline_words(movement)
    put(canvas, "Count", said, Box(LEFT_PT, 38.0, RIGHT_PT - LEFT_PT, 34.0), body(12.0, QUIET))
    width = (RIGHT_PT - LEFT_PT) / len(COLUMN_HEADS)
    for index, (direction, head) in enumerate(COLUMN_HEADS.items()):
        places = movement.moved(direction)
        left = LEFT_PT + index * width
        box = Box(left, TOP_PT - 26.0, width - 14.0, 22.0)
        put(canvas, f"Column: {head}", f"{head} · {len(places)}", box, body(13.0, HEAD, bold=True))
        if not places:
            box = Box(left, TOP_PT, width - 14.0, HEIGHT_PT)
            put(canvas, f"None: {head}", none_words(movement, direction), box, body(11.0, QUIET))
        for line, place in enumerate(places[:SHOWN]):
            chip = layout.chip(place.id)
            box = Box(left, TOP_PT + line * STEP_PT, width - 14.0, HEIGHT_PT)
            text = f"{place.label}  {change_words(place)}"
            shape = canvas.rectangle(f"{head}: {place.label}", box, chip.fill_colour, place_words(place))
            canvas.write(shape, text, box, TextStyle(chip.place.colour, 12.0))
            link(shape, urls.get(place.id), place_words(place))
    if movement.papers:
        box = Box(LEFT_PT, PAPERS_TOP_PT - 26.0, RIGHT_PT - LEFT_PT, 20.0)
        put(canvas, "Newest", "Newest papers", box, body(12.0, HEAD, bold=True))
    for index, paper in enumerate(movement.papers[:SHOWN_PAPERS], start=1):
        top = PAPERS_TOP_PT + (index - 1) * PAPER_STEP_PT
        box = Box(LEFT_PT, top, RIGHT_PT - LEFT_PT, PAPER_STEP_PT * 0.52)
        title = safe_text(paper.title, limit=300) or safe_text(paper.id)
        put(canvas, f"Paper {index}", title, box, body(12.0, LINKED, middle=True), url=paper.url)
        box = Box(LEFT_PT, top + PAPER_STEP_PT * 0.52, RIGHT_PT - LEFT_PT, PAPER_STEP_PT * 0.42)
        put(canvas, f"Paper {index}: authors", paper_words(paper), box, body(9.5, QUIET))
    lines = [*movement_words(movement), METHOD]
    compared = [stratum for stratum in movement.strata if stratum.compared]
    lines.append("Compared inside: " + (", ".join(each.name for each in compared) or "nothing") + ".")
    lines.append(f"Taxonomy: version {movement.taxonomy_version}.")
    set_notes(slide, "\n".join(lines))
    return slide
