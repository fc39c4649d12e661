"""The chart's colours for HTML, on light and on dark ground."""

from __future__ import annotations

from functools import lru_cache

from charts.theme import legible_on, row_colours
from landscape.layout import RowStyle


@lru_cache(maxsize=64)
def row_variables(style: RowStyle) -> str:
    """CSS variables of one row: band, chip, text on a chip, text on the band.

    Args:
        style: The published colours.

    Returns:
        Declarations for a `style` attribute; `light-dark()` follows the theme of the page.
    """
    light, dark = row_colours(style), row_colours(style, dark=True)
    pairs = {
        "band": (light.band, dark.band),
        "chip": (light.faintest, dark.faintest),
        "ink": (legible_on(light.faintest, light.text), legible_on(dark.faintest, dark.text)),
        "label": (light.label, dark.label),
        "quiet": (legible_on(light.band, light.text), legible_on(dark.band, dark.text)),
    }
    return "; ".join(f"--{name}: light-dark({bright}, {dim})" for name, (bright, dim) in pairs.items())
