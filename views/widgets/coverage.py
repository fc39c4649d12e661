"""What the store holds of what there is: venue by year, category by day, and what closes each gap."""

from __future__ import annotations

from typing import Any

from landscape.coverage import CoverageLedger, VenueCoverage
from views.widgets.markup import number, render

FIRST_YEAR = 2017  # the year of the transformer; older editions stand in the terminal's list
GAPS_SHOWN = 40
_STATES = {None: "whole", "never": "none", "unfinished": "part", "short": "part"}


def coverage_html(ledger: CoverageLedger) -> str:
    """The ledger as tables.

    Args:
        ledger: What is held and what is missing.

    Returns:
        Escaped HTML: a table of venues by year, one of categories, and the commands that close gaps.
    """
    rows = [row for row in ledger.venues if row.year is not None and row.year >= FIRST_YEAR]
    years = sorted({row.year for row in rows if row.year is not None})
    by_venue: dict[tuple[str, str], dict[int, VenueCoverage]] = {}
    for row in rows:
        if row.year is not None:
            by_venue.setdefault((row.name, row.source), {})[row.year] = row
    whole = [row for row in ledger.venues if row.year is None]
    venues = [
        {
            "name": name,
            "source": source,
            "cells": [_cell(editions.get(year)) for year in years],
        }
        for (name, source), editions in by_venue.items()
    ]
    gaps = ledger.gaps
    return render(
        "status_coverage.html",
        years=years,
        venues=venues,
        journals=[{"name": row.name, "source": row.source, "cell": _cell(row)} for row in whole],
        categories=[
            {
                "source": row.source,
                "category": row.category,
                "first": row.first,
                "last": row.last,
                "days": row.days,
                "missing": sum((last - first).days + 1 for first, last in row.gaps),
            }
            for row in ledger.categories
        ],
        gaps=gaps[:GAPS_SHOWN],
        n_gaps=len(gaps),
        first_year=FIRST_YEAR,
    )


def _cell(row: VenueCoverage | None) -> dict[str, Any]:
    if row is None:
        return {"state": "", "text": "", "tip": "no edition that year"}
    of = f" of {number(row.expected)}" if row.expected and row.gap in ("short", "unfinished") else ""
    tip = {
        None: f"{number(row.papers)} papers",
        "never": f"{row.id} was never harvested",
        "unfinished": f"{row.id}: {row.state}{', ' + row.reason if row.reason else ''}",
        "short": f"{row.got} of {row.expected} papers",
    }[row.gap]
    text = f"{number(row.papers)}{of}" if row.papers or row.gap != "never" else ""
    return {
        "state": "part" if row.papers and row.gap == "never" else _STATES[row.gap],
        "text": text,
        "tip": tip,
    }
