"""Every export format by name. A new one is a file in this folder and a line below.

A format's module holds `render(material) -> bytes`, or a function named behind a colon. It is
imported when it is asked for, so that the list can be shown without any of the libraries behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal

from foundation.errors import ConfigurationError
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot, PaperRow


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
    """

    snapshot: LandscapeSnapshot
    layout: SlideLayout
    papers: tuple[PaperRow, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    show_counts: bool = True
    show_growth: bool = False
    template: Path | None = None


@dataclass(frozen=True)
class ExportFormat:
    """One line of the registry.

    Attributes:
        name: What a user types.
        module: Where its `render` lives; `module:function` where it has another name.
        suffix: Of its files, with the dot.
        media_type: For downloads.
        holds: Whether it holds the landscape or a list of papers.
        label: What a menu calls it.
        draws: Whether it draws the chart: only then links, counts on chips and a template matter.
    """

    name: str
    module: str
    suffix: str
    media_type: str
    holds: Literal["landscape", "papers"]
    label: str
    draws: bool = False

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

_FORMATS = (
    ExportFormat("pptx", "export.pptx", ".pptx", PPTX, "landscape", "Slides (PowerPoint)", draws=True),
    ExportFormat("png", "export.pictures:png", ".png", "image/png", "landscape", "Picture (PNG)", draws=True),
    ExportFormat(
        "svg", "export.pictures:svg", ".svg", "image/svg+xml", "landscape", "Picture (SVG)", draws=True
    ),
    ExportFormat(
        "pdf", "export.pictures:pdf", ".pdf", "application/pdf", "landscape", "Picture (PDF)", draws=True
    ),
    ExportFormat(
        "gif", "export.pictures:gif", ".gif", "image/gif", "landscape", "Build-up (GIF)", draws=True
    ),
    ExportFormat("json", "export.json_", ".json", "application/json", "landscape", "Counts (JSON)"),
    ExportFormat("csv", "export.csv_", ".csv", "text/csv; charset=utf-8", "papers", "Papers (CSV)"),
    ExportFormat("bibtex", "export.bibtex", ".bib", "application/x-bibtex", "papers", "Papers (BibTeX)"),
    ExportFormat(
        "ris", "export.ris", ".ris", "application/x-research-info-systems", "papers", "Papers (RIS)"
    ),
    ExportFormat(
        "csl", "export.csl", ".json", "application/vnd.citationstyles.csl+json", "papers", "Papers (CSL-JSON)"
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
