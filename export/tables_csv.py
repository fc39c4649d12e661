"""Tables of figures as CSV (RFC 4180, UTF-8): what moved, trends, the shift to language models."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from export.csv_ import protect_formula
from export.text_safety import safe_text
from landscape.movement import Movement
from landscape.shift import Shift
from landscape.trends import Trend

MOVEMENT_COLUMNS = (
    "kind", "id", "label", "direction", "n_before", "n_after", "share_before", "share_after", "n_arrived",
    "n_gained", "n_lost", "observed", "expected", "ratio", "p_value", "q_value",
)  # fmt: skip
TREND_COLUMNS = (
    "kind", "id", "label", "group", "period", "n_papers", "n_relevant", "share", "low", "high", "harvested",
    "note",
)  # fmt: skip
SHIFT_COLUMNS = (
    "venue", "year", "n_relevant", "n_classified", "share", "low", "high", "harvested", "note",
)  # fmt: skip


def movement_csv(movement: Movement) -> bytes:
    """Every cell and topic of a movement.

    Args:
        movement: What moved.

    Returns:
        A head line, then cells and topics in reading order; figures as they were counted, not rounded.
    """
    return _table(
        MOVEMENT_COLUMNS,
        (
            [getattr(place, name) for name in MOVEMENT_COLUMNS]
            for place in (*movement.cells, *movement.topics)
        ),
    )


def trends_csv(trends: Iterable[Trend]) -> bytes:
    """Every point of some trends.

    Args:
        trends: By quarter or by year.

    Returns:
        A head line, then point by point; an empty share where nothing is known.
    """
    return _table(
        TREND_COLUMNS,
        (
            [
                trend.kind, trend.id, trend.label, trend.group, point.label, point.n_papers, point.n_relevant,
                point.share, point.low, point.high, point.harvested, point.note,
            ]
            for trend in trends
            for point in trend.points
        ),
    )  # fmt: skip


def shift_csv(shift: Shift) -> bytes:
    """Every venue and year of the shift.

    Args:
        shift: The share of language-model papers.

    Returns:
        A head line, then venue by venue.
    """
    return _table(
        SHIFT_COLUMNS,
        (
            [venue.venue, *(getattr(point, name) for name in SHIFT_COLUMNS[1:])]
            for venue in shift.venues
            for point in venue.points
        ),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    table = io.StringIO(newline="")
    writer = csv.writer(table, dialect="excel", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_field(value) for value in row])
    return table.getvalue().encode("utf-8")


def _field(value: object) -> str:
    if value is None:
        return ""
    return protect_formula(safe_text(value)) if isinstance(value, str) else str(value)
