"""The landscape's counts, and lists of papers, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from export.registry import ExportMaterial
from export.text_safety import safe_link, safe_text
from foundation.clock import as_utc
from landscape.types import LandscapeSnapshot, PaperRow


def landscape_object(snapshot: LandscapeSnapshot) -> dict[str, Any]:
    """The landscape as plain data, in the shape that scripts read.

    Args:
        snapshot: What is counted.

    Returns:
        `as_of, taxonomy_version, papers, relevant, cells: [{pipeline, component, n_papers, topics:
        [{id, label, n_papers}]}]` and, beyond these, the other counts. Every cell of the grid is
        there, empty ones too.
    """
    return {
        "as_of": as_utc(snapshot.as_of).isoformat(),
        "taxonomy_version": snapshot.taxonomy_version,
        "title": snapshot.title,
        "classifier": snapshot.classifier,
        "papers": snapshot.papers,
        "classified": snapshot.classified,
        "relevant": snapshot.relevant,
        "unsure": snapshot.unsure,
        "not_relevant": snapshot.not_relevant,
        "by_source": dict(snapshot.by_source),
        "by_year": [{"year": year, "n_papers": n_papers} for year, n_papers in snapshot.by_year],
        "cells": [
            {
                "id": cell.id,
                "pipeline": cell.pipeline,
                "component": cell.component,
                "n_papers": cell.n_papers,
                "n_any": cell.n_any,
                "n_without_topic": cell.n_without_topic,
                "share": round(cell.share, 6),
                "growth": None if cell.growth is None else round(cell.growth, 4),
                "topics": [
                    {
                        "id": topic.id,
                        "label": topic.label,
                        "n_papers": topic.n_papers,
                        "share": round(topic.share, 6),
                        "growth": None if topic.growth is None else round(topic.growth, 4),
                    }
                    for topic in cell.topics
                ],
            }
            for cell in snapshot.cells
        ],
    }


def paper_object(paper: PaperRow) -> dict[str, Any]:
    """A paper as plain data, with the fields that every list has.

    Args:
        paper: A row of a list.

    Returns:
        `id, title, authors, year, venue, ids, url, cell, topics, score` and the label's verdict
        and method. Text is one line each and valid UTF-8; `url` is http(s) or null.
    """
    return {
        "id": safe_text(paper.id),
        "title": safe_text(paper.title),
        "authors": [safe_text(author) for author in paper.authors],
        "year": paper.year,
        "venue": None if paper.venue is None else safe_text(paper.venue),
        "ids": {scheme: safe_text(value) for scheme, value in sorted(paper.ids.items())},
        "url": safe_link(paper.url),
        "cell": paper.cell,
        "topics": list(paper.topics),
        "score": None if paper.score is None else round(paper.score, 4),
        "verdict": paper.verdict,
        "method": paper.method,
    }


def landscape_json(snapshot: LandscapeSnapshot) -> bytes:
    """The landscape as a JSON file, indented, UTF-8, with a final line feed."""
    return _dump(landscape_object(snapshot))


def papers_json(papers: Iterable[PaperRow]) -> bytes:
    """A list of papers as one JSON array."""
    return _dump([paper_object(paper) for paper in papers])


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the landscape."""
    return landscape_json(material.snapshot)


def _dump(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")
