"""Colours, type and text of every figure. Imports no plotting library, so slides can share it."""

from __future__ import annotations

import colorsys
import html
from dataclasses import dataclass
from functools import lru_cache

from landscape.layout import RowStyle

FONT_FAMILY = "Carlito, Calibri, 'Source Sans Pro', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3 (AA), text of normal size
STRONGEST_MIX = 0.55  # of the row's dark shade in its darkest chip; dark text still reads on it

INK, PAPER, QUIET = "#000000", "#FFFFFF", "#595959"
# Okabe and Ito (2008), "Color universal design": told apart with every kind of colour vision.
MOVEMENT_COLOURS = {"rising": "#0072B2", "fading": "#D55E00", "new": "#009E73"}
MOVEMENT_MARKS = {"rising": "▲", "fading": "▼", "new": "●", "steady": "=", "untested": "–"}
MOVEMENT_WORDS = {
    "rising": "rising",
    "fading": "fading",
    "new": "new",
    "steady": "steady",
    "untested": "too few to tell",
}
DARK_INK, DARK_PAPER, DARK_QUIET = "#E6EAF2", "#11151C", "#A9B1BF"  # as in .streamlit/config.toml


@dataclass(frozen=True)
class RowColours:
    """Colours of one row as drawn.

    Attributes:
        band: Background of the row.
        faintest: Chip with the fewest papers: the published chip colour on a light ground.
        strongest: Chip with the most papers.
        text: The row's dark shade, before `legible_on` fits it to a chip.
        label: Of the row label, legible on the band.
    """

    band: str
    faintest: str
    strongest: str
    text: str
    label: str

    def chip(self, strength: float) -> str:
        """Chip colour for a strength from 0 to 1."""
        return mix(self.faintest, self.strongest, min(max(strength, 0.0), 1.0))


def row_colours(style: RowStyle, *, dark: bool = False) -> RowColours:
    """Colours of a row on a light or a dark ground.

    Args:
        style: The published colours.
        dark: Whether the ground is dark.

    Returns:
        On light: the published band, chips from the published tint towards the row's dark shade.
        On dark: the same hues mixed into the dark ground.
    """
    if dark:
        band = mix(DARK_PAPER, style.chip_text_colour, 0.10)
        return RowColours(
            band=band,
            faintest=mix(DARK_PAPER, style.chip_text_colour, 0.32),
            strongest=mix(DARK_PAPER, style.chip_text_colour, 0.75),
            text=style.chip_colour,
            label=legible_on(band, style.chip_colour),
        )
    return RowColours(
        band=style.band_colour,
        faintest=style.chip_colour,
        strongest=mix(style.chip_colour, style.chip_text_colour, STRONGEST_MIX),
        text=style.chip_text_colour,
        label=legible_on(style.band_colour, style.label_colour),
    )


def movement_colour(direction: str, *, dark: bool = False) -> str:
    """Fill of a chip that moved; what stood still has the quiet tint of the page.

    Args:
        direction: A direction of `landscape.movement`.
        dark: Whether the ground is dark.
    """
    _, paper, quiet = ground(dark=dark)
    colour = MOVEMENT_COLOURS.get(direction)
    if colour is None:
        return mix(paper, quiet, 0.16)
    return mix(paper, colour, 0.7 if dark else 0.42)


def ground(*, dark: bool) -> tuple[str, str, str]:
    """Ink, paper and quiet text for a light or dark ground."""
    return (DARK_INK, DARK_PAPER, DARK_QUIET) if dark else (INK, PAPER, QUIET)


def mix(one: str, other: str, share: float) -> str:
    """A colour between two, in sRGB.

    Args:
        one: `#RRGGBB`.
        other: `#RRGGBB`.
        share: How much of the other, 0 to 1.
    """
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex(tuple(a + (b - a) * share for a, b in pairs))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=4096)
def legible_on(background: str, colour: str, least: float = LEAST_CONTRAST) -> str:
    """A text colour of the same hue that can be read on a background.

    Args:
        background: `#RRGGBB`.
        colour: The wanted text colour.
        least: Contrast ratio to reach.

    Returns:
        The wanted colour if it reaches the ratio, else the same hue darkened, or lightened on a
        dark background, by as little as needed.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    towards_dark = contrast(background, "#000000") >= contrast(background, "#FFFFFF")
    found = colour
    for step in range(51):
        part = step / 50
        shade = lightness * (1 - part) + (0.0 if towards_dark else 1.0) * part
        found = _hex(colorsys.hls_to_rgb(hue, shade, saturation)) if step else colour
        if contrast(background, found) >= least:
            return found
    return found


def plain_text(text: str) -> str:
    """Text made safe for a figure, whose labels understand a little HTML and TeX.

    Args:
        text: Data: a label, a title, a venue.

    Returns:
        The text with markup and dollar signs as entities and control characters as blanks.
    """
    clean = text
    if not text.isprintable():
        clean = "".join(character if character.isprintable() else " " for character in text)
    return html.escape(clean, quote=True).replace("$", "&#36;")


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition "relative luminance")."""
    linear = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
