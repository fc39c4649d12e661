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
from export.wording import papers_words
from landscape.layout import Box, SlideLayout
from landscape.movement import Movement, PlaceMovement

SHOWN = 7  # a column
SHOWN_PAPERS = 4
COLUMN_HEADS = {"rising": "Rising", "fading": "Fading", "new": "New on the chart"}
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
    said = movement_words(movement)
    put(canvas, "Count", said, Box(LEFT_PT, 38.0, RIGHT_PT - LEFT_PT, 34.0), body(12.0, QUIET))
    width = (RIGHT_PT - LEFT_PT) / len(COLUMN_HEADS)
    for index, (direction, head) in enumerate(COLUMN_HEADS.items()):
        places = movement.moved(direction)  # type: ignore[arg-type]
        left = LEFT_PT + index * width
        box = Box(left, TOP_PT - 26.0, width - 14.0, 22.0)
        put(canvas, f"Column: {head}", f"{head} · {len(places)}", box, body(13.0, HEAD, bold=True))
        if not places:
            box = Box(left, TOP_PT, width - 14.0, HEIGHT_PT)
            put(canvas, f"None: {head}", _none(movement, direction), box, body(11.0, QUIET))
        for line, place in enumerate(places[:SHOWN]):
            chip = layout.chip(place.id)
            box = Box(left, TOP_PT + line * STEP_PT, width - 14.0, HEIGHT_PT)
            text = f"{place.label}  {change_words(place)}"
            shape = canvas.rectangle(f"{head}: {place.label}", box, chip.fill_colour, _description(place))
            canvas.write(shape, text, box, TextStyle(chip.place.colour, 12.0))
            link(shape, urls.get(place.id), _description(place))
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
    lines = [said, METHOD]
    lines += [_description(place) for place in movement.topics if place.direction in COLUMN_HEADS]
    compared = [stratum for stratum in movement.strata if stratum.compared]
    lines.append("Compared inside: " + (", ".join(each.name for each in compared) or "nothing") + ".")
    lines.append(f"Taxonomy: version {movement.taxonomy_version}.")
    set_notes(slide, "\n".join(lines))
    return slide


METHOD = (
    "A topic rises or fades where its share among papers that arrived differs from its share among "
    "papers known before, inside the same venue or category of the same source, by more than chance "
    "explains (false discovery rate 5 %) and by at least a tenth."
)


def movement_words(movement: Movement) -> str:
    """What arrived, what was late, what stands elsewhere, in one line."""
    parts = [
        f"{papers_words(movement.relevant_before)} on the chart then, {movement.relevant_after:,} now",
        f"{movement.n_new:,} arrived",
    ]
    if movement.n_late:
        parts.append(f"{movement.n_late:,} of them published long before")
    parts.append(f"{movement.n_relabelled:,} stand elsewhere than before")
    return "; ".join(parts) + "."


def change_words(place: PlaceMovement) -> str:
    """`120 → 156 (×1.4)`: papers before and after, and what arrived over what was to be expected."""
    ratio = "" if place.ratio is None or place.direction == "new" else f" (×{place.ratio:.1f})"
    return f"{place.n_before:,} → {place.n_after:,}{ratio}"


def _none(movement: Movement, direction: str) -> str:
    if direction == "new":
        return "No topic that was empty before"
    return "None beyond chance" if movement.comparable else "Too few papers to compare"


def _description(place: PlaceMovement) -> str:
    chance = "" if place.q_value is None else f", q {place.q_value:.3f}"
    expected = f"{place.observed:,} arrived where {place.expected:.1f} were to be expected{chance}"
    return f"{place.label}, {place.direction}: {place.n_before:,} → {place.n_after:,} papers; {expected}."
