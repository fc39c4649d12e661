"""The landscape as an editable slide deck."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foundation.clock import as_utc
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot


def landscape_deck(
    snapshot: LandscapeSnapshot,
    layout: SlideLayout,
    *,
    links: Mapping[str, str] | None = None,
    show_counts: bool = True,
    template: Path | None = None,
) -> bytes:
    """A deck whose first slide is the landscape in its published look.

    Args:
        snapshot: What is counted.
        layout: Where everything stands, of the same taxonomy version.
        links: URLs by topic id, and by cell id for empty cells. Only absolute http and https
            links are written.
        show_counts: Write counts on chips; boxes and colours are the same either way.
        template: A user's .pptx or .potx whose masters, fonts and slide size are kept.

    Returns:
        A .pptx file; the same input gives the same bytes.

    Raises:
        RefusedInputError: The template cannot be used, or snapshot and layout are of different
            grids.
    """
    from export.landscape_slide import draw_landscape, landscape_notes
    from export.pptx_package import open_presentation, presentation_bytes, set_notes, set_properties

    presentation, fonts = open_presentation(template)
    slide = draw_landscape(presentation, snapshot, layout, fonts, links=links, show_counts=show_counts)
    set_notes(slide, landscape_notes(snapshot))
    set_properties(
        presentation,
        title=layout.title.text,
        subject=f"{snapshot.relevant:,} papers as of {as_utc(snapshot.as_of):%Y-%m-%d}",
        keywords="large language models; research landscape",
        as_of=snapshot.as_of,
        version=snapshot.taxonomy_version,
    )
    return presentation_bytes(presentation)
