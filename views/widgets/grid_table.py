"""The landscape as a table of links: for keyboards, screen readers and narrow screens.

It says what the figure says, from the same snapshot. Every cell and every chip is a link with
an address of its own, in reading order, row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from charts.theme import MOVEMENT_MARKS, MOVEMENT_WORDS, movement_colour
from landscape.layout import SlideLayout
from landscape.movement import Movement
from landscape.types import GridCell, LandscapeSnapshot, TopicCount
from taxonomy.models import Taxonomy
from views.widgets.colours import row_variables
from views.widgets.markup import percent, plural, render


def grid_table(
    snapshot: LandscapeSnapshot,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    *,
    cell_href: Callable[[str], str],
    topic_href: Callable[[str], str],
    selected: str | None = None,
    moved: Movement | None = None,
) -> str:
    """The grid as a table.

    Args:
        snapshot: The counts.
        taxonomy: Labels of rows and columns.
        layout: Colours of the rows.
        cell_href: Address of a cell by id.
        topic_href: Address of a topic by id.
        selected: Id of the cell or topic whose papers are shown.
        moved: What moved between the two dates that are compared, or None.

    Returns:
        Escaped HTML: one table, a row a pipeline, a link a cell and a link a chip.
    """
    cells = {cell.id: cell for cell in snapshot.cells}
    moves = {place.id: place for place in moved.topics} if moved else {}

    def cell_values(pipeline: str, component: str, column_label: str) -> dict[str, Any]:
        cell = cells[f"{pipeline}/{component}"]
        return {
            "id": cell.id,
            "name": taxonomy.cell_label(cell.id),
            "column_label": column_label,
            "href": cell_href(cell.id),
            "n_papers": cell.n_papers,
            "tip": tip(cell, snapshot.relevant),
            "current": cell.id == selected,
            "topics": [
                {
                    "id": topic.id,
                    "label": topic.label,
                    "href": topic_href(topic.id),
                    "n_papers": topic.n_papers,
                    "tip": tip(topic, snapshot.relevant),
                    "current": topic.id == selected,
                    "moved": (move := moves.get(topic.id))
                    and {
                        "mark": MOVEMENT_MARKS[move.direction],
                        "word": MOVEMENT_WORDS[move.direction],
                        "n_arrived": move.n_arrived,
                        "colours": _moved_colours(move.direction),
                    },
                }
                for topic in cell.topics
            ],
        }

    rows = []
    for pipeline in taxonomy.pipelines:
        rows.append(
            {
                "label": pipeline.label,
                "colours": row_variables(layout.row(pipeline.id).style),
                "cells": [
                    cell_values(pipeline.id, column.id, column.label) for column in taxonomy.components
                ],
            }
        )
    return render(
        "grid_table.html",
        name="Research landscape: papers by pipeline and component",
        caption="Rows are pipelines, columns components. A cell links to its papers, then to its topics.",
        columns=taxonomy.components,
        rows=rows,
    )


def _moved_colours(direction: str) -> str:
    light, dark = movement_colour(direction), movement_colour(direction, dark=True)
    return f"--chip: light-dark({light}, {dark}); --ink: var(--text)"


def tip(count: GridCell | TopicCount, relevant: int) -> str:
    """What a pointer resting on a cell or chip is told."""
    text = plural(count.n_papers)
    if relevant:
        text += f", {percent(count.share)} of the {plural(relevant)} on the landscape"
    if count.growth is not None:
        text += f"; ×{count.growth:.1f} against the year before"
    return text
