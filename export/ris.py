"""A list of papers as RIS (Research Information Systems' tagged format)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from export.bibliography import Kind, Reference, references, split_name
from export.registry import ExportMaterial
from landscape.types import PaperRow

# CPAPER is a paper given at a conference, as Zotero, EndNote and Mendeley read it.
_TYPES: dict[Kind, str] = {"conference": "CPAPER", "journal": "JOUR", "preprint": "UNPB"}


def papers_ris(papers: Iterable[PaperRow]) -> bytes:
    """A list of papers as a UTF-8 .ris file with CRLF line ends.

    Args:
        papers: In the order of the list.

    Returns:
        One record a paper, from its `TY` line to its `ER` line.
    """
    lines: list[str] = []
    for reference in references(papers):
        lines += [f"{tag}  - {value}" for tag, value in _fields(reference)]
        lines.append("")
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the papers."""
    return papers_ris(material.papers)


def _fields(reference: Reference) -> Iterator[tuple[str, str]]:
    yield "TY", _TYPES[reference.kind]
    yield "ID", reference.key
    yield "TI", reference.title
    for author in reference.authors:
        name = split_name(author)
        yield "AU", ", ".join(part for part in (name.family, name.given, name.suffix) if part)
    if reference.year is not None:
        yield "PY", str(reference.year)
    if reference.month is not None and reference.day is not None:
        yield "DA", f"{reference.year:04d}/{reference.month:02d}/{reference.day:02d}"
    if reference.venue:
        yield "T2", reference.venue
    if reference.doi:
        yield "DO", reference.doi
    if reference.arxiv:
        yield "AN", f"arXiv:{reference.arxiv}"
    if reference.url:
        yield "UR", reference.url
    for keyword in reference.keywords:
        yield "KW", keyword
    yield "ER", ""
