"""The steps in which the landscape builds itself up: its bands, then cell after cell, then the whole."""

from __future__ import annotations

from dataclasses import dataclass

from landscape.layout import SlideLayout

SECONDS_A_STEP = 1.5  # of the published animation


@dataclass(frozen=True)
class Step:
    """One picture of the build-up.

    Attributes:
        label: What it adds.
        added: Part that it adds (a row or a cell id); "" for the last step, which holds the whole.
        parts: Every part that it shows.
    """

    label: str
    added: str
    parts: frozenset[str]


def build_up(layout: SlideLayout) -> tuple[Step, ...]:
    """The steps for a grid.

    Args:
        layout: The grid; the published one has 20 steps: three bands, 5 + 5 + 6 cells with
            chips, and the whole.

    Returns:
        Steps in order. Cells without chips have no step of their own: they come with the whole.
    """
    rows = [(row.id, row.label.text) for row in layout.rows]
    columns = {column.id: column.head.text for column in layout.columns}
    labels = dict(rows)
    cells = [
        (cell.id, f"{labels[cell.pipeline]} × {columns[cell.component]}")
        for cell in layout.cells
        if layout.chips_of(cell.id)
    ]
    steps: list[Step] = []
    shown: set[str] = set()
    for part, label in [*rows, *cells]:
        shown.add(part)
        steps.append(Step(label, part, frozenset(shown)))
    shown.update(cell.id for cell in layout.cells)
    steps.append(Step("The whole landscape", "", frozenset(shown)))
    return tuple(steps)
