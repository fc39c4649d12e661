"""The landscape as one HTML file: chart, papers, search and filters, with no server and no network.

The page may load nothing and send nothing: its content security policy allows its own script and
style by their hashes and forbids the rest. Text of papers is data: it stands as JSON in a script
block that no text can close, and the script puts it into the page as text alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from charts.scene import Group, Item
from export.definitions import place_label
from export.landscape_scene import landscape_scene
from export.registry import ExportMaterial
from export.svg import scene_svg
from export.text_safety import safe_link, safe_text
from export.wording import cell_words, checked_grid, facts
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot, PaperRow
from taxonomy.loader import load_taxonomy

FILES = Path(__file__).parent / "page_files"
# 10,000 papers are to stay under 5 MB: 500 bytes a paper. Longer texts are cut, the link has the rest.
TITLE_LIMIT, AUTHORS_LIMIT, EVIDENCE_LIMIT = 300, 120, 160
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
# Beginnings of links that thousands of papers share, kept once.
_BASES = (
    "https://arxiv.org/abs/",
    "https://aclanthology.org/",
    "https://proceedings.mlr.press/",
    "https://openreview.net/forum?id=",
    "https://doi.org/",
    "https://proceedings.neurips.cc/paper_files/paper/",
)


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the page.

    Args:
        material: Snapshot, layout, links and papers.

    Returns:
        A whole HTML document, UTF-8; the same material gives the same bytes.
    """
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    style, script = _file("page.css"), _file("page.js")
    scene = landscape_scene(material.snapshot, material.layout, show_growth=material.show_growth)
    groups = _with_cells(scene.groups, material.snapshot, material.layout)
    scene = type(scene)(scene.width_pt, scene.height_pt, scene.title, scene.description, groups)
    chart = scene_svg(scene, declared=False, for_page=True).decode("utf-8")
    environment = Environment(loader=FileSystemLoader(FILES), autoescape=True, trim_blocks=True)
    page = environment.get_template("page.html.j2").render(
        title=safe_text(material.layout.title.text),
        facts=[safe_text(line) for line in facts(material.snapshot)],
        # Written here, of parts that hold nothing but what this module escaped.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        chart=Markup(chart),  # noqa: S704
        data=Markup(script_json(page_data(material))),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return page.encode("utf-8")


def script_json(value: Any) -> str:
    """Plain data as JSON that can stand in an HTML script block.

    Args:
        value: Plain data.

    Returns:
        JSON without a character that could end the block, open a comment or break a line.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def page_data(material: ExportMaterial) -> dict[str, Any]:
    """What the page's script reads.

    Args:
        material: Snapshot and papers.

    Returns:
        `cells` (id, label), `topics` (id, label, index of the cell), `venues`, `bases` (beginnings
        of links) and `papers`: title, authors, year, day, index of venue, of cell (-1 for none) and
        of topics, index of the link's beginning (-1 for none) and its rest, id, evidence.
    """
    taxonomy = material.taxonomy or load_taxonomy()
    snapshot = material.snapshot
    cells = {cell.id: index for index, cell in enumerate(snapshot.cells)}
    topics = {
        topic.id: index for index, topic in enumerate(t for cell in snapshot.cells for t in cell.topics)
    }
    venues: dict[str, int] = {}
    for name in sorted({safe_text(paper.venue or "", limit=80) for paper in material.papers} | {""}):
        venues[name] = len(venues)
    return {
        "cells": [[cell, safe_text(place_label(taxonomy, cell))] for cell in cells],
        "topics": [
            [topic.id, safe_text(topic.label), cells[cell.id]]
            for cell in snapshot.cells
            for topic in cell.topics
        ],
        "venues": list(venues),
        "bases": list(_BASES),
        "papers": [_paper(paper, cells, topics, venues) for paper in material.papers],
    }


def _paper(
    paper: PaperRow, cells: dict[str, int], topics: dict[str, int], venues: dict[str, int]
) -> list[Any]:
    base, rest = _link(safe_link(paper.url) or "")
    return [
        safe_text(paper.title, limit=TITLE_LIMIT),
        safe_text(", ".join(paper.authors), limit=AUTHORS_LIMIT),
        paper.year,
        "" if paper.published is None else paper.published.isoformat(),
        venues[safe_text(paper.venue or "", limit=80)],
        -1 if paper.cell is None else cells.get(paper.cell, -1),
        [topics[topic] for topic in paper.topics if topic in topics],
        base,
        rest,
        safe_text(paper.id, limit=120),
        safe_text(paper.evidence, limit=EVIDENCE_LIMIT),
    ]


def _link(url: str) -> tuple[int, str]:
    for index, base in enumerate(_BASES):
        if url.startswith(base):
            return index, url[len(base) :]
    return -1, url


def _with_cells(
    groups: Iterable[Group], snapshot: LandscapeSnapshot, layout: SlideLayout
) -> tuple[Group, ...]:
    """The scene's groups with an area for every cell behind its chips, so that a cell can be opened."""
    grid = checked_grid(snapshot, layout)
    empty = {group.id: group for group in groups if group.id == group.part and "/" in group.id}
    drawn: list[Group] = []
    for group in groups:
        if group.id in empty:
            continue
        drawn.append(group)
        for cell in (cell for cell in snapshot.cells if group.id == cell.pipeline == group.part):
            area = Item("rectangle", layout.cell(cell.id).box)
            words = empty[cell.id].items if cell.id in empty else ()
            drawn.append(Group(cell.id, cell.id, "", cell_words(grid, cell), None, (area, *words)))
    return tuple(drawn)


@lru_cache(maxsize=2)
def _file(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
