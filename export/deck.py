"""Decks: which slides a deck holds, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charts.build_up import SECONDS_A_STEP, build_up
from export.deck_text import LEFT_PT, RIGHT_PT, body, put
from export.landscape_slide import draw_landscape, landscape_notes
from export.moved_slide import moved_slide
from export.phase_slide import phase_slide
from export.place_slides import place_slide, row_slide
from export.pptx_package import DeckFonts, open_presentation, presentation_bytes, set_notes, set_properties
from export.slide_frame import add_slide
from export.text_safety import safe_text
from export.wording import facts
from foundation.clock import as_utc
from landscape.layout import Box
from landscape.types import PaperRow
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    from export.registry import ExportMaterial


@dataclass(frozen=True)
class _Deck:
    """A deck in the making."""

    material: ExportMaterial
    taxonomy: Taxonomy
    presentation: Any
    fonts: DeckFonts


def render_deck(material: ExportMaterial) -> bytes:
    """The registry's entry: the deck that was asked for.

    Args:
        material: `deck` says which; `landscape` is the chart alone, and whatever else was asked
            for beside it (a place, a domain, two dates) follows as slides.

    Returns:
        A .pptx file; the same material gives the same bytes.
    """
    presentation, fonts = open_presentation(material.template)
    deck = _Deck(material, material.taxonomy or load_taxonomy(), presentation, fonts)
    for draw in DECKS[material.deck]:
        draw(deck)
    snapshot, title = material.snapshot, material.layout.title.text
    set_properties(
        presentation,
        title=title,
        subject=f"{snapshot.relevant:,} papers as of {as_utc(snapshot.as_of):%Y-%m-%d}",
        keywords="large language models; research landscape",
        as_of=snapshot.as_of,
        version=snapshot.taxonomy_version,
    )
    return presentation_bytes(presentation)


def _landscape(deck: _Deck) -> None:
    material = deck.material
    slide = draw_landscape(
        deck.presentation,
        material.snapshot,
        material.layout,
        deck.fonts,
        links=material.links,
        show_counts=material.show_counts,
        show_growth=material.show_growth and material.show_counts,
    )
    set_notes(slide, landscape_notes(material.snapshot, growth=material.show_growth))


def _landscape_with_growth(deck: _Deck) -> None:
    material = deck.material
    slide = draw_landscape(
        deck.presentation,
        material.snapshot,
        material.layout,
        deck.fonts,
        links=material.links,
        show_growth=True,
    )
    set_notes(slide, landscape_notes(material.snapshot, growth=True))


def _build_up(deck: _Deck) -> None:
    """One slide a step: it opens everywhere, and goes on by itself or at a click."""
    material = deck.material
    steps = build_up(material.layout)
    for number, step in enumerate(steps, start=1):
        slide = draw_landscape(
            deck.presentation,
            material.snapshot,
            material.layout,
            deck.fonts,
            links=material.links,
            show_counts=material.show_counts,
            parts=step.parts,
        )
        _advance(slide, SECONDS_A_STEP)
        set_notes(
            slide,
            f"Step {number} of {len(steps)}: {step.label}.\n{landscape_notes(material.snapshot)}",
        )


def _advance(slide: Any, seconds: float) -> None:
    """Make a slide give way to the next after a while (ECMA-376 part 1, 19.3.1.50)."""
    from lxml import etree
    from pptx.oxml.ns import qn

    transition = etree.SubElement(slide._element, qn("p:transition"))
    transition.set("advTm", str(round(seconds * 1000)))
    anchor = slide._element.find(qn("p:clrMapOvr"))
    if anchor is not None:  # the schema wants it right behind the colour map
        anchor.addnext(transition)


def _rows(deck: _Deck) -> None:
    material = deck.material
    for row in material.layout.rows:
        cells = [cell for cell in material.snapshot.cells if cell.pipeline == row.id]
        trends = [material.trends[cell.id] for cell in cells if cell.id in material.trends]
        row_slide(
            deck.presentation,
            deck.fonts,
            material.snapshot,
            material.layout,
            deck.taxonomy,
            row.id,
            trends=trends,
            links=material.links,
        )


def _place(deck: _Deck, place: str, papers: list[PaperRow] | tuple[PaperRow, ...]) -> None:
    material = deck.material
    place_slide(
        deck.presentation,
        deck.fonts,
        material.snapshot,
        material.layout,
        deck.taxonomy,
        place,
        papers,
        trend=material.trends.get(place),
        url=material.links.get(place) if "/" in place else None,
    )


def _chosen_place(deck: _Deck) -> None:
    if deck.material.place is not None:
        _place(deck, deck.material.place, deck.material.papers)


def _cells(deck: _Deck) -> None:
    """A slide for every cell that holds papers, and its papers in the order of the list."""
    material = deck.material
    by_cell: dict[str, list[PaperRow]] = {}
    for paper in material.papers:
        if paper.cell is not None:
            by_cell.setdefault(paper.cell, []).append(paper)
    for cell in material.snapshot.cells:
        if cell.n_papers:
            _place(deck, cell.id, by_cell.get(cell.id, []))


def _moved(deck: _Deck) -> None:
    if deck.material.movement is not None:
        moved_slide(
            deck.presentation,
            deck.fonts,
            deck.material.movement,
            deck.material.layout,
            links=deck.material.links,
        )


def _phases(deck: _Deck) -> None:
    if deck.material.domain is not None:
        phase_slide(
            deck.presentation,
            deck.fonts,
            deck.material.domain,
            notes="\n".join(facts(deck.material.snapshot)),
        )


def _about(deck: _Deck) -> None:
    """How it was counted, for whoever asks."""
    material = deck.material
    slide, canvas = add_slide(deck.presentation, deck.fonts, "How this was counted")
    lines = landscape_notes(material.snapshot, growth=True).split("\n")
    step = min((528.0 - 56.0) / len(lines), 46.0)
    for index, line in enumerate(lines, start=1):
        box = Box(LEFT_PT, 56.0 + (index - 1) * step, RIGHT_PT - LEFT_PT, step - 4.0)
        put(canvas, f"Fact {index}", safe_text(line), box, body(14.0))
    set_notes(slide, landscape_notes(material.snapshot, growth=True))


DECKS: dict[str, tuple[Callable[[_Deck], None], ...]] = {
    "landscape": (_landscape,),
    "build-up": (_build_up,),
    "rows": (_rows,),
    "place": (_chosen_place, _moved, _phases),
    "moved": (_landscape, _moved, _phases),
    "phases": (_phases,),
    "briefing": (_landscape_with_growth, _moved, _rows, _chosen_place, _cells, _phases, _about),
}
