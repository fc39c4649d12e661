"""Tables of figures as CSV: nothing rounded, nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from export.tables_csv import MOVEMENT_COLUMNS, movement_csv, shift_csv, trends_csv
from landscape.movement import Movement, PlaceMovement
from landscape.quarters import Quarter
from landscape.shift import Shift, ShiftPoint, VenueShift
from landscape.trends import Trend, TrendPoint

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def place(kind, name: str, label: str) -> PlaceMovement:
    return PlaceMovement(
        name, label, kind, "a/b", 10, 16, 0.1, 1 / 3, 6, 0, 0, 6, 2.123456789, 0.0012345, 0.02, "rising"
    )


def test_movement_has_every_cell_and_topic_unrounded() -> None:
    movement = Movement(
        MOMENT, MOMENT, "as-of", "1.0", 1, 2, 1, 2, 1, 0, 0, 0,
        (place("cell", "a/b", "A × B"),), (place("topic", "a/b/c", "=cmd()"),), (), (), (),
    )  # fmt: skip
    cell, topic = rows(movement_csv(movement))
    assert tuple(cell) == MOVEMENT_COLUMNS
    assert (cell["kind"], cell["id"], topic["kind"]) == ("cell", "a/b", "topic")
    assert topic["label"] == "'=cmd()"
    assert float(topic["expected"]) == 2.123456789
    assert float(topic["share_after"]) == 1 / 3
    assert float(topic["ratio"]) == 6 / 2.123456789


def test_trend_leaves_empty_what_nobody_knows() -> None:
    points = (
        TrendPoint(Quarter(2025, 1), 5, 20, 0.25, 0.11, 0.47, "whole", ""),
        TrendPoint(Quarter(2025, 2), 0, 0, None, None, None, "none", "no paper"),
    )
    known, gap = rows(trends_csv([Trend("a/b/c", "C", "topic", "all sources", points)]))
    assert (known["period"], known["share"], known["harvested"]) == ("2025 Q1", "0.25", "whole")
    assert (gap["n_papers"], gap["share"], gap["harvested"], gap["note"]) == ("0", "", "none", "no paper")


def test_shift_names_venue_and_year() -> None:
    points = (ShiftPoint(2022, 100, 40, 0.4, 0.31, 0.5, "part", "100 of 900 papers"),)
    (row,) = rows(shift_csv(Shift((2022,), (VenueShift("@venue", points),), 0)))
    assert (row["venue"], row["year"], row["n_relevant"], row["share"]) == ("'@venue", "2022", "40", "0.4")
