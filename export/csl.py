"""A list of papers as CSL-JSON, which citation processors and reference managers read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from export.bibliography import Kind, Reference, references, split_name
from export.registry import ExportMaterial
from landscape.types import PaperRow

# Item types of the CSL 1.0.2 schema; a preprint is an `article` there.
_TYPES: dict[Kind, str] = {
    "conference": "paper-conference",
    "journal": "article-journal",
    "preprint": "article",
}


def papers_csl(papers: Iterable[PaperRow]) -> bytes:
    """A list of papers as one CSL-JSON array.

    Args:
        papers: In the order of the list.

    Returns:
        UTF-8, indented, with a final line feed.
    """
    items = [_item(reference) for reference in references(papers)]
    return (json.dumps(items, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the papers."""
    return papers_csl(material.papers)


def _item(reference: Reference) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": reference.key,
        "type": _TYPES[reference.kind],
        "title": reference.title,
        "author": [_name(author) for author in reference.authors],
    }
    if reference.year is not None:
        parts = [reference.year, reference.month, reference.day]
        item["issued"] = {"date-parts": [[part for part in parts if part is not None]]}
    for field, value in (
        ("container-title", reference.venue),
        ("DOI", reference.doi),
        ("URL", reference.url),
        ("keyword", ", ".join(reference.keywords)),
    ):
        if value:
            item[field] = value
    if reference.arxiv:
        item["archive"], item["archive_location"] = "arXiv", reference.arxiv
    return item


def _name(author: str) -> dict[str, str]:
    name = split_name(author)
    if not name.given:
        return {"literal": author}
    parts = {"family": name.family, "given": name.given}
    return parts | {"suffix": name.suffix} if name.suffix else parts
