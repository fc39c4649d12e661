"""How large a label may be in its box, and where it breaks, without asking any font.

Renderers use different fonts (browser, slide, picture); a width table in ems that holds for the
widest of them keeps labels inside their chips everywhere.
"""

from __future__ import annotations

import re
import unicodedata

# Advance widths in ems, classes of letters of about one width. Each value is the mean of the class in
# Arial (Liberation Sans), the widest of the fonts that figures name; Carlito and Source Sans are
# some 8 % narrower.
_NARROW = frozenset("iljtfrI.,:;'|!()[]/ -*")
_WIDE = frozenset("mwMWQOGDHNUCRBAPEKVXY%@&×")
NARROW_EM, NORMAL_EM, WIDE_EM, FULL_EM = 0.29, 0.53, 0.72, 1.0
BOLD_FACTOR = 1.08
LINE_HEIGHT = 1.15  # of the font size; two lines of 10 pt stand in the lowest published chip
PADDING_PT = 2.0  # between text and the box's left and right edges
LEAST_FONT_PT = 4.0

_BREAK = re.compile(r"(?<=[-/])(?=\w)|\s+")


def text_width_em(text: str, *, bold: bool = False) -> float:
    """A generous estimate of a text's width.

    Args:
        text: One line.
        bold: Whether it is set in bold.

    Returns:
        Width in ems: multiply by the font size.
    """
    width = 0.0
    for character in text:
        if unicodedata.combining(character):
            continue
        if unicodedata.east_asian_width(character) in "WF":
            width += FULL_EM
        elif character in _NARROW:
            width += NARROW_EM
        elif character in _WIDE:
            width += WIDE_EM
        else:
            width += NORMAL_EM
    return width * (BOLD_FACTOR if bold else 1.0)


def wrap_label(text: str, width_em: float, *, bold: bool = False) -> tuple[str, ...]:
    """Break a label at spaces, and behind hyphens and slashes.

    Args:
        text: The label.
        width_em: Room for a line, in ems.
        bold: Whether it is set in bold.

    Returns:
        Lines; a single word wider than the room stays whole on its own line.
    """
    words = [word for word in _BREAK.split(text) if word]
    lines: list[str] = []
    for word in words:
        if lines:
            glue = "" if lines[-1].endswith(("-", "/")) and f"{lines[-1]}{word}" in text else " "
            joined = f"{lines[-1]}{glue}{word}"
            if text_width_em(joined, bold=bold) <= width_em:
                lines[-1] = joined
                continue
        lines.append(word)
    return tuple(lines) or ("",)


def fit_label(
    text: str, width_pt: float, height_pt: float, largest_font_pt: float, *, bold: bool = False
) -> tuple[float, tuple[str, ...]]:
    """The largest size, in half points, at which a label fits a box.

    Args:
        text: The label.
        width_pt: Of the box.
        height_pt: Of the box.
        largest_font_pt: Where to start from.
        bold: Whether it is set in bold.

    Returns:
        Font size in points and the label's lines. At `LEAST_FONT_PT` it is returned whether it
        fits or not.
    """
    room_pt = max(width_pt - 2 * PADDING_PT, 1.0)
    size = largest_font_pt
    while True:
        lines = wrap_label(text, room_pt / size, bold=bold)
        fits = len(lines) * size * LINE_HEIGHT <= height_pt and all(
            text_width_em(line, bold=bold) * size <= room_pt for line in lines
        )
        if fits or size <= LEAST_FONT_PT:
            return size, lines
        size -= 0.5
