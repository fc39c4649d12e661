"""A list of papers as CSV (RFC 4180, UTF-8) that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from export.registry import ExportMaterial
from export.text_safety import safe_link, safe_text
from landscape.types import PaperRow

COLUMNS = (
    "id",
    "title",
    "authors",
    "year",
    "published",
    "venue",
    "ids",
    "url",
    "cell",
    "cells",
    "topics",
    "score",
    "verdict",
    "method",
    "evidence",
)
SEPARATOR = "; "  # between authors, ids, cells and topics inside one field

# A spreadsheet reads a field as a formula when it starts with one of these, full-width forms
# included, and some do so behind white space or quotes as well. Quoting the field does not help.
# An apostrophe in front makes it text. Text that starts with apostrophes before such a sign gets
# one more, so that taking one off gives back exactly what was there.
_FORMULA = re.compile(
    "[\\s'\"\u2018\u2019\u201c\u201d\uff07\uff02]*[=+\\-@\u2212\uff1d\uff0b\uff0d\uff20|%\t\r\n]"
)


def protect_formula(text: str) -> str:
    """A text that a spreadsheet shows as text.

    Args:
        text: Any field.

    Returns:
        The text, with an apostrophe in front where a program might read a formula.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unprotect_formula(text: str) -> str:
    """What `protect_formula` was given.

    Args:
        text: A field of a file that this module wrote.

    Returns:
        The field without the apostrophe that protected it.
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def papers_csv(papers: Iterable[PaperRow]) -> bytes:
    """A list of papers as CSV.

    Args:
        papers: In the order of the list.

    Returns:
        UTF-8 without byte order mark, CRLF line ends, a head line. Fields that start like a
        formula bear an apostrophe in front, see `unprotect_formula`.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, dialect="excel", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for paper in papers:
        writer.writerow([protect_formula(safe_text(field)) for field in _fields(paper)])
    return table.getvalue().encode("utf-8")


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the papers."""
    return papers_csv(material.papers)


def _fields(paper: PaperRow) -> tuple[str, ...]:
    return (
        paper.id,
        paper.title,
        SEPARATOR.join(paper.authors),
        "" if paper.year is None else str(paper.year),
        "" if paper.published is None else paper.published.isoformat(),
        paper.venue or "",
        SEPARATOR.join(f"{scheme}:{value}" for scheme, value in sorted(paper.ids.items())),
        safe_link(paper.url) or "",
        paper.cell or "",
        SEPARATOR.join(paper.cells),
        SEPARATOR.join(paper.topics),
        "" if paper.score is None else f"{paper.score:.4f}",
        paper.verdict or "",
        paper.method or "",
        paper.evidence,
    )
