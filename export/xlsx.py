"""Counts and papers as an Excel workbook in which nothing is a formula."""

from __future__ import annotations

import io
from typing import Any

from export.csv_ import SEPARATOR
from export.registry import ExportMaterial
from export.text_safety import safe_link, safe_text
from export.wording import checked_grid, facts
from foundation.clock import as_utc
from landscape.types import PaperRow

CELL_LIMIT = 32_767  # characters a cell holds (Excel specifications and limits)
LINK_LIMIT = 2_000  # Excel itself refuses longer ones than 2,079
MOST_LINKS = 60_000  # of a sheet; Excel holds 65,530, the rest stay text
ROW_LIMIT = 1_048_575  # of a sheet, its head left out
_PAPER_COLUMNS = (
    ("id", 24),
    ("title", 70),
    ("authors", 40),
    ("year", 7),
    ("published", 12),
    ("venue", 12),
    ("url", 36),
    ("cell", 28),
    ("topics", 44),
    ("score", 8),
    ("verdict", 14),
    ("method", 10),
    ("ids", 36),
    ("cells", 36),
    ("evidence", 60),
)


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: sheets Cells, Topics, Papers and About.

    Args:
        material: Snapshot, layout and papers.

    Returns:
        A .xlsx file; the same material gives the same bytes.
    """
    import xlsxwriter

    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    workbook = xlsxwriter.Workbook(content, options)
    moment = as_utc(material.snapshot.as_of).replace(tzinfo=None, microsecond=0)
    workbook.set_properties(
        {
            "title": safe_text(material.layout.title.text, limit=255),
            "author": "LLM Research Landscape",
            "created": moment,
        }
    )
    head = workbook.add_format({"bold": True, "bottom": 1})
    percent = workbook.add_format({"num_format": "0.0%"})
    ratio = workbook.add_format({"num_format": "0.00"})
    _counts(workbook, material, head, percent, ratio)
    _papers(workbook, material.papers, head)
    about = workbook.add_worksheet("About")
    about.set_column(0, 0, 120)
    for row, line in enumerate(facts(material.snapshot)):
        about.write_string(row, 0, safe_text(line)[:CELL_LIMIT])
    workbook.close()
    return content.getvalue()


def _counts(workbook: Any, material: ExportMaterial, head: Any, percent: Any, ratio: Any) -> None:
    grid = checked_grid(material.snapshot, material.layout)
    cells = workbook.add_worksheet("Cells")
    topics = workbook.add_worksheet("Topics")
    _head(
        cells,
        head,
        (
            ("cell", 36),
            ("pipeline", 20),
            ("component", 24),
            ("papers", 9),
            ("in any cell", 11),
            ("without a topic", 14),
            ("share", 9),
            ("growth", 9),
        ),
    )
    _head(
        topics, head, (("topic", 48), ("label", 26), ("cell", 36), ("papers", 9), ("share", 9), ("growth", 9))
    )
    line = 0
    for row, cell in enumerate(material.snapshot.cells, start=1):
        for column, text in enumerate((cell.id, grid.rows[cell.pipeline], grid.columns[cell.component])):
            cells.write_string(row, column, safe_text(text))
        for column, number in enumerate((cell.n_papers, cell.n_any, cell.n_without_topic), start=3):
            cells.write_number(row, column, number)
        cells.write_number(row, 6, cell.share, percent)
        if cell.growth is not None:
            cells.write_number(row, 7, cell.growth, ratio)
        for topic in cell.topics:
            line += 1
            for column, text in enumerate((topic.id, topic.label, cell.id)):
                topics.write_string(line, column, safe_text(text))
            topics.write_number(line, 3, topic.n_papers)
            topics.write_number(line, 4, topic.share, percent)
            if topic.growth is not None:
                topics.write_number(line, 5, topic.growth, ratio)


def _head(sheet: Any, style: Any, columns: tuple[tuple[str, int], ...]) -> None:
    for column, (name, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, style)
    sheet.freeze_panes(1, 0)


def _papers(workbook: Any, papers: tuple[PaperRow, ...], head: Any) -> None:
    sheet = workbook.add_worksheet("Papers")
    _head(sheet, head, _PAPER_COLUMNS)
    links = 0
    names = [name for name, _ in _PAPER_COLUMNS]
    for row, paper in enumerate(papers[:ROW_LIMIT], start=1):
        values = _values(paper)
        for column, name in enumerate(names):
            value = values[name]
            if isinstance(value, int | float):
                sheet.write_number(row, column, value)
            elif value:
                # Numbers, formulas and links are only what is written as such: text is text.
                sheet.write_string(row, column, value[:CELL_LIMIT])
        url = safe_link(paper.url)
        if url and len(url) <= LINK_LIMIT and links < MOST_LINKS:
            links += 1
            sheet.write_url(row, names.index("url"), url, string=url)
    if papers:
        sheet.autofilter(0, 0, min(len(papers), ROW_LIMIT), len(names) - 1)


def _values(paper: PaperRow) -> dict[str, str | int | float | None]:
    texts = {
        "id": paper.id,
        "title": paper.title,
        "authors": SEPARATOR.join(paper.authors),
        "published": "" if paper.published is None else paper.published.isoformat(),
        "venue": paper.venue or "",
        "url": safe_link(paper.url) or "",
        "cell": paper.cell or "",
        "topics": SEPARATOR.join(paper.topics),
        "verdict": paper.verdict or "",
        "method": paper.method or "",
        "ids": SEPARATOR.join(f"{scheme}:{value}" for scheme, value in sorted(paper.ids.items())),
        "cells": SEPARATOR.join(paper.cells),
        "evidence": paper.evidence,
    }
    numbers: dict[str, str | int | float | None] = {"year": paper.year, "score": paper.score}
    return numbers | {name: safe_text(text) for name, text in texts.items()}
