"""Texts, links and native charts on slides, in the type of the published slide."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from export.pptx_canvas import Canvas, Insets, TextStyle, describe, link
from export.pptx_package import EMU_PER_PT, pack
from export.text_safety import safe_text
from landscape.layout import Box

INK, QUIET, HEAD = "#000000", "#595959", "#4472C4"  # the published heads; quiet is 7:1 on white
LINKED = "#2F5597"
FLUSH = Insets(0.0, 0.0, 0.0, 0.0)
LEFT_PT, RIGHT_PT = 22.8, 937.2  # where the published title's text begins; the same on the right
AXIS_FONT_PT = 9.0
_CREATED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")
_CHART_EPOCH = rb"\g<1>1980-01-01T00:00:00Z\g<3>"  # as the entries of the package


def body(size_pt: float, colour: str = INK, *, bold: bool = False, middle: bool = False) -> TextStyle:
    """Left-aligned text without insets."""
    anchor = "middle" if middle else "top"
    return TextStyle(colour, size_pt, bold=bold, align="left", anchor=anchor, insets=FLUSH)  # type: ignore[arg-type]


def put(
    canvas: Canvas, name: str, text: str, box: Box, style: TextStyle, *, url: str | None = None, tip: str = ""
) -> Any:
    """Write a text into a box of its own.

    Args:
        canvas: Over the slide.
        name: In the selection pane.
        text: Any string; the shape's alt text too.
        box: Where.
        style: How.
        url: Link of the whole box; left out where it is not safe.
        tip: What hovering over the link shows.

    Returns:
        The python-pptx shape.
    """
    shape = canvas.text_box(name, box, safe_text(text))
    if text.strip():
        canvas.write(shape, text, box, style)
    link(shape, url, tip or text)
    return shape


@dataclass(frozen=True)
class Column:
    """One column of a chart; no value where nothing is known, which is no zero."""

    label: str
    value: int | None


def column_chart(
    canvas: Canvas, name: str, description: str, box: Box, columns: Sequence[Column], colour: str
) -> Any:
    """A native column chart, its numbers in a sheet that the slide program opens.

    Args:
        canvas: Over the slide.
        name: Of the shape and of its one series.
        description: Alt text.
        box: Where.
        columns: From left to right.
        colour: Of the columns, sRGB hex.

    Returns:
        The python-pptx graphic frame.
    """
    from pptx.chart.data import CategoryChartData
    from pptx.dml import color
    from pptx.enum.chart import XL_CHART_TYPE

    make_data: Any = CategoryChartData  # python-pptx has no types
    data = make_data(number_format="#,##0")
    data.categories = [safe_text(column.label) for column in columns]
    data.add_series(safe_text(name), [column.value for column in columns])
    frame = canvas.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *canvas.emu(box), data)
    describe(frame, name, description)
    chart = frame.chart
    chart.has_legend = chart.has_title = False
    size = round(AXIS_FONT_PT * canvas.scale * EMU_PER_PT)
    chart.font.size = size
    if canvas.fonts.name is not None:
        chart.font.name = canvas.fonts.name
    plot = chart.plots[0]
    plot.gap_width = 40
    make: Any = color.RGBColor
    fill = plot.series[0].format.fill
    fill.solid()
    fill.fore_color.rgb = make(*bytes.fromhex(colour.removeprefix("#")))
    grid = chart.value_axis.major_gridlines.format.line
    grid.color.rgb = make(0xD9, 0xD9, 0xD9)
    chart.value_axis.format.line.fill.background()
    chart.value_axis.minimum_scale = 0
    chart.value_axis.tick_labels.number_format = "#,##0"
    chart.value_axis.tick_labels.number_format_is_linked = False
    _fix_time(chart)
    return frame


def _fix_time(chart: Any) -> None:
    """Give the chart's sheet a fixed date, so that the same chart gives the same bytes."""
    part = chart.part.chart_workbook.xlsx_part
    with zipfile.ZipFile(io.BytesIO(part.blob)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    part._blob = pack(
        (name, _CREATED.sub(_CHART_EPOCH, blob) if name == "docProps/core.xml" else blob)
        for name, blob in entries
    )
