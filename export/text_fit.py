"""How large a text may be in its box, measured with Calibri's widths.

The widths are a table (`calibri_widths.json`, read from Carlito, which has Calibri's metrics),
so that a slide comes out the same on a machine with fonts and on one without.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

WIDTHS_FILE = Path(__file__).parent / "calibri_widths.json"
CALIBRI_METRICS = frozenset({"calibri", "carlito"})
# Measured on the 44 labels against Carlito: Liberation Sans (Arial's metrics) 1.11 on average and
# 1.31 at most, DejaVu Sans (Verdana's kin, the widest common text font) 1.23 and 1.28.
UNKNOWN_FONT_WIDENING = 1.3
UNKNOWN_CHARACTER_EM = 0.8  # Arabic, Hebrew, Devanagari letters of fallback fonts are narrower
FULL_WIDTH_EM = 1.0
SAFETY = 1.01  # hinting and rounding of renderers
STEP_PT = 0.5

# A label broken at a hyphen reads worse than one set a little smaller, and text searches of a PDF
# miss it ("Self-" + "generation" is found as "Selfgeneration").
LEAST_WHOLE_WORD_SHARE = 0.85

# Renderers may break at white space, behind a hyphen inside a word, and around CJK characters.
_CJK = r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
_PIECES = re.compile(rf"\s+|[^\s-]*-+(?=\w)|{_CJK}|[^\s-]+-*|-+")
_WORDS = re.compile(rf"\s+|{_CJK}|\S+?(?={_CJK}|\s|$)")


class _Metrics(NamedTuple):
    line_height_em: float
    regular_em: dict[str, float]
    bold_em: dict[str, float]


@dataclass(frozen=True)
class FittedText:
    """A text that fits its box.

    Attributes:
        text: The whole text, or its beginning and an ellipsis where even the least size was
            too large.
        font_pt: Size in points.
        n_lines: Lines it takes.
        width_pt: Of the widest line.
    """

    text: str
    font_pt: float
    n_lines: int
    width_pt: float


@lru_cache(maxsize=1)
def _metrics() -> _Metrics:
    data = json.loads(WIDTHS_FILE.read_text(encoding="utf-8"))
    unit = 1 / data["units_per_em"]

    def table(name: str) -> dict[str, float]:
        return {
            chr(int(start, 16) + index): units * unit
            for start, row in data[name].items()
            for index, units in enumerate(row)
            if units is not None
        }

    return _Metrics(data["line_height_units"] * unit, table("regular"), table("bold"))


def line_height_em() -> float:
    """Distance between base lines at single spacing, in ems."""
    return _metrics().line_height_em


@lru_cache(maxsize=4096)
def _character_em(character: str, bold: bool) -> float:
    metrics = _metrics()
    known = (metrics.bold_em if bold else metrics.regular_em).get(character)
    if known is not None:
        return known
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return FULL_WIDTH_EM
    return UNKNOWN_CHARACTER_EM


def text_width_em(text: str, *, bold: bool = False) -> float:
    """Width of one line in ems, without kerning and ligatures (which only narrow it).

    Args:
        text: One line.
        bold: Whether it is set in bold.

    Returns:
        Ems: multiply by the font size.
    """
    return sum(_character_em(character, bold) for character in text)


def wrap_text(
    text: str, room_em: float, *, bold: bool = False, at_hyphens: bool = True
) -> tuple[list[float], bool]:
    """Break a text as a slide program does.

    Args:
        text: The text; a line feed starts a new line.
        room_em: Room for a line, in ems.
        bold: Whether it is set in bold.
        at_hyphens: Whether a break behind a hyphen counts as one between words.

    Returns:
        Width of each line in ems, and whether a word had to be broken inside.
    """
    widths: list[float] = []
    broken = False
    for paragraph in text.split("\n"):
        line = gap = 0.0
        for piece in (_PIECES if at_hyphens else _WORDS).findall(paragraph):
            width = text_width_em(piece, bold=bold)
            if piece.isspace():
                gap = width if line else 0.0
                continue
            if line and line + gap + width > room_em:
                widths.append(line)
                line = gap = 0.0
            if width > room_em:
                broken = True
                for character in piece:
                    advance = _character_em(character, bold)
                    if line + gap + advance > room_em and line:
                        widths.append(line)
                        line = gap = 0.0
                    line += gap + advance
                    gap = 0.0
            else:
                line += gap + width
                gap = 0.0
        widths.append(line)
    return widths, broken


def fit_text(
    text: str,
    width_pt: float,
    height_pt: float,
    largest_pt: float,
    *,
    least_pt: float = 6.0,
    bold: bool = False,
    widening: float = 1.0,
) -> FittedText:
    """The largest size at which a text fits a box; cut with an ellipsis where none does.

    Args:
        text: The text, already safe.
        width_pt: Room inside the box's insets.
        height_pt: Room inside the box's insets.
        largest_pt: Size to start from; it goes down by half points.
        least_pt: Size at which the text is cut instead of made smaller still.
        bold: Whether it is set in bold.
        widening: How much wider than Calibri the font is.

    Returns:
        Text and size that stay inside the box.
    """

    def measure(candidate: str, size: float, at_hyphens: bool) -> tuple[FittedText, bool]:
        em_pt = size * widening * SAFETY
        lines, broken = wrap_text(candidate, max(width_pt, 0.1) / em_pt, bold=bold, at_hyphens=at_hyphens)
        fitted = FittedText(candidate, size, len(lines), max(lines) * em_pt)
        inside = (
            len(lines) * size * line_height_em() <= height_pt + 1e-6 and fitted.width_pt <= width_pt + 1e-6
        )
        return fitted, inside and not broken

    # No more than this can ever stand in the box: it keeps a hostile text from costing time.
    most = int(10 * (width_pt / least_pt + 1) * (height_pt / least_pt + 1))
    if len(text) <= most:
        for at_hyphens, floor_pt in ((False, largest_pt * LEAST_WHOLE_WORD_SHARE), (True, least_pt)):
            size = largest_pt
            while size >= max(floor_pt, least_pt):
                fitted, fits = measure(text, size, at_hyphens)
                if fits:
                    return fitted
                size -= STEP_PT
    return _cut(text[: most + 1], least_pt, width_pt, height_pt, bold=bold, widening=widening)


def _cut(
    text: str, size: float, width_pt: float, height_pt: float, *, bold: bool, widening: float
) -> FittedText:
    """The longest beginning that fits at the least size; words may be broken inside here."""
    em_pt = size * widening * SAFETY
    room_em = max(width_pt, 0.1) / em_pt
    most_lines = max(int(height_pt / (size * line_height_em()) + 1e-6), 1)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        candidate = text if middle == len(text) else text[:middle].rstrip() + "…"
        if len(wrap_text(candidate, room_em, bold=bold)[0]) <= most_lines:
            low = middle
        else:
            high = middle - 1
    kept = text if low == len(text) else text[:low].rstrip() + "…"
    lines, _ = wrap_text(kept, room_em, bold=bold)
    return FittedText(kept, size, len(lines), max(lines) * em_pt)
