"""The map as a figure."""

from __future__ import annotations

import pytest

from charts.map import RowDots, map_figure
from charts.theme import DARK_PAPER, PAPER, contrast
from landscape.layout import RowStyle
from landscape.paper_map import Area

STYLES = (
    RowStyle("#FDF3EC", "#F8CBAD", "#C55A11", "#C55A11"),
    RowStyle("#EDF2F9", "#DAE3F3", "#4472C4", "#2F5597"),
)
HOSTILE = "<b>x</b> $y$"


def rows() -> list[RowDots]:
    return [
        RowDots(f"Row {number}", style, [0.0, 1.0], [float(number)] * 2, [HOSTILE, "b"], [2 * number, 1])
        for number, style in enumerate(STYLES)
    ]


def test_every_row_has_its_own_colour_and_shape_and_tells_its_papers() -> None:
    figure = map_figure(rows())
    assert [trace.name for trace in figure.data] == ["Row 0", "Row 1"]
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert len({trace.marker.color for trace in figure.data}) == 2
    assert list(figure.data[1].customdata) == [2, 1]
    assert figure.data[0].text[0] == "&lt;b&gt;x&lt;/b&gt; &#36;y&#36;"


@pytest.mark.parametrize("dark", [False, True])
def test_dots_stand_out_from_the_page(dark: bool) -> None:
    figure = map_figure(rows(), dark=dark)
    for trace in figure.data:
        assert contrast(trace.marker.color, DARK_PAPER if dark else PAPER) >= 3.0


def test_what_the_filter_leaves_out_lies_behind_without_a_hint() -> None:
    figure = map_figure(rows(), ([5.0], [5.0]))
    assert figure.data[0].name == "not in the filter"
    assert figure.data[0].hoverinfo == "skip"


def test_areas_outline_and_chosen_papers_are_drawn_as_data() -> None:
    area = Area(3, HOSTILE, 0.5, 0.5, 20)
    figure = map_figure(rows(), areas=[area], outline=[(0, 0), (1, 0), (1, 1)], marked=([0.0], [1.0]))
    assert figure.layout.annotations[0].text == "&lt;b&gt;x&lt;/b&gt; &#36;y&#36;"
    assert figure.layout.shapes[0].path == "M 0.0000,0.0000 L 1.0000,0.0000 L 1.0000,1.0000 Z"
    assert figure.data[-1].marker.symbol == "circle-open"
    assert not map_figure(rows(), outline=[(0, 0), (1, 0)]).layout.shapes


def test_the_axes_say_nothing_and_a_lasso_is_at_hand() -> None:
    figure = map_figure(rows())
    assert figure.layout.xaxis.visible is False
    assert figure.layout.dragmode == "lasso"
