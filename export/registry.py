"""Every export format by name. A new one is a file in this folder and a line below.

A format's module holds `render(material) -> bytes`, or a function named behind a colon. It is
imported when it is asked for, so that the list can be shown without any of the libraries behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from foundation.errors import ConfigurationError
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot, PaperRow

if TYPE_CHECKING:
    from datetime import datetime

    from landscape.history import History
    from landscape.movement import Movement
    from landscape.trends import Trend
    from taxonomy.models import Taxonomy


@dataclass(frozen=True)
class ExportMaterial:
    """What a format may draw on; each takes what it needs.

    Attributes:
        snapshot: The landscape.
        layout: Where it stands on the slide, of the same taxonomy version.
        papers: Papers in the order of the list, for formats that hold papers.
        links: URLs by topic id, and by cell id for empty cells.
        show_counts: Whether chips bear their counts.
        show_growth: Whether counts bear growth marks.
        template: A user's .pptx or .potx, or None.
        taxonomy: The grid, for definitions; the shipped one when None.
        deck: Which deck, a name of `export.deck.DECKS`.
        place: Cell or topic that was asked for, or None for the whole.
        domain: Domain of the phase slide, or None.
        movement: What moved between two dates, or None.
        trends: Papers by quarter, by cell or topic id.
        history: The landscape quarter by quarter, for a picture through time; None for the build-up.
        first_seen: When the store first held each paper, by id.
        base_url: Address of a running app, or None.
    """

    snapshot: LandscapeSnapshot
    layout: SlideLayout
    papers: tuple[PaperRow, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    show_counts: bool = True
    show_growth: bool = False
    template: Path | None = None
    taxonomy: Taxonomy | None = None
    deck: str = "landscape"
    place: str | None = None
    domain: str | None = None
    movement: Movement | None = None
    trends: Mapping[str, Trend] = field(default_factory=dict)
    history: History | None = None
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
    base_url: str | None = None


@dataclass(frozen=True)
class ExportFormat:
    """One line of the registry.

    Attributes:
        name: What a user types.
        module: Where its `render` lives; `module:function` where it has another name.
        suffix: Of its files, with the dot.
        media_type: For downloads.
        holds: Whether it holds the landscape, a list of papers, or both.
        label: What a menu calls it.
        draws: Whether it draws the chart: only then links and counts on chips matter.
        takes: Options that mean something to it beyond these: template, domain, compare, history.
    """

    name: str
    module: str
    suffix: str
    media_type: str
    holds: Literal["landscape", "papers", "both"]
    label: str
    draws: bool = False
    takes: tuple[str, ...] = ()

    def render(self, material: ExportMaterial) -> bytes:
        """Make the file.

        Args:
            material: What to draw on.

        Returns:
            The file's bytes; the same material gives the same bytes.

        Raises:
            LandscapeError: The material cannot be put into this format; one line says why.
        """
        module, _, name = self.module.partition(":")
        content = getattr(import_module(module), name or "render")(material)
        if not isinstance(content, bytes):
            raise TypeError(f"{self.module} gave {type(content).__name__}, not bytes")
        return content


PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_PICTURE = ("domain",)
_FORMATS = (
    ExportFormat(
        "pptx",
        "export.deck:render_deck",
        ".pptx",
        PPTX,
        "landscape",
        "Slides (PowerPoint)",
        draws=True,
        takes=("template", "deck", "place", "domain", "compare"),
    ),
    ExportFormat(
        "png",
        "export.pictures:png",
        ".png",
        "image/png",
        "landscape",
        "Picture (PNG)",
        draws=True,
        takes=_PICTURE,
    ),
    ExportFormat(
        "svg",
        "export.pictures:svg",
        ".svg",
        "image/svg+xml",
        "landscape",
        "Picture (SVG)",
        draws=True,
        takes=_PICTURE,
    ),
    ExportFormat(
        "pdf",
        "export.pictures:pdf",
        ".pdf",
        "application/pdf",
        "landscape",
        "Picture (PDF)",
        draws=True,
        takes=_PICTURE,
    ),
    ExportFormat(
        "gif",
        "export.pictures:gif",
        ".gif",
        "image/gif",
        "landscape",
        "Build-up (GIF)",
        draws=True,
        takes=("history",),
    ),
    ExportFormat(
        "html", "export.page", ".html", "text/html; charset=utf-8", "both", "Page with papers (HTML)"
    ),
    ExportFormat("json", "export.json_", ".json", "application/json", "landscape", "Counts (JSON)"),
    ExportFormat("csv", "export.csv_", ".csv", "text/csv; charset=utf-8", "papers", "Papers (CSV)"),
    ExportFormat("xlsx", "export.xlsx", ".xlsx", XLSX, "both", "Counts and papers (Excel)"),
    ExportFormat("bibtex", "export.bibtex", ".bib", "application/x-bibtex", "papers", "Papers (BibTeX)"),
    ExportFormat(
        "ris", "export.ris", ".ris", "application/x-research-info-systems", "papers", "Papers (RIS)"
    ),
    ExportFormat(
        "csl", "export.csl", ".json", "application/vnd.citationstyles.csl+json", "papers", "Papers (CSL-JSON)"
    ),
    ExportFormat(
        "atom",
        "export.atom",
        ".atom",
        "application/atom+xml",
        "papers",
        "Newest papers (Atom feed)",
        takes=("compare", "base-url"),
    ),
)
FORMATS: dict[str, ExportFormat] = {each.name: each for each in _FORMATS}


def export_format(name: str) -> ExportFormat:
    """A format by name.

    Args:
        name: As typed; case does not matter.

    Returns:
        Its line of the registry.

    Raises:
        ConfigurationError: There is no such format; lists those there are.
    """
    found = FORMATS.get(name.strip().lower())
    if found is None:
        raise ConfigurationError(
            "unknown export format", hint=f"Known formats: {', '.join(FORMATS)}.", format=name
        )
    return found
