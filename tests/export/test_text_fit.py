from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.text_fit import WIDTHS_FILE, fit_text, line_height_em, text_width_em, wrap_text

CARLITO = Path("/usr/share/fonts/truetype/crosextra")


def test_widths_are_those_of_the_font() -> None:
    if not (CARLITO / "Carlito-Bold.ttf").is_file():
        pytest.skip("Carlito is not installed")
    from PIL import ImageFont

    data = json.loads(WIDTHS_FILE.read_text(encoding="utf-8"))
    for weight, style in (("regular", "Regular"), ("bold", "Bold")):
        font = ImageFont.truetype(
            str(CARLITO / f"Carlito-{style}.ttf"),
            data["units_per_em"],
            layout_engine=ImageFont.Layout.BASIC,
        )
        for start, row in data[weight].items():
            for offset, units in enumerate(row):
                if units is not None:
                    assert units == round(font.getlength(chr(int(start, 16) + offset)))


def test_known_widths() -> None:
    assert text_width_em("0") == pytest.approx(1038 / 2048)
    assert text_width_em("") == 0.0
    assert text_width_em("Model", bold=True) > text_width_em("Model")
    assert text_width_em("深") == 1.0
    assert text_width_em("e\u0301") == text_width_em("e")
    assert line_height_em() == pytest.approx(2500 / 2048)


def test_lines_break_at_spaces_and_behind_hyphens() -> None:
    one, broken = wrap_text("Inference-time Gradient", 100)
    assert (len(one), broken) == (1, False)
    assert len(wrap_text("Inference-time Gradient", 6.5)[0]) == 2
    assert wrap_text("Inference-time Gradient", 5)[1] is False
    assert wrap_text("Inference-time Gradient", 5, at_hyphens=False)[1] is True
    assert len(wrap_text("a\nb", 100)[0]) == 2
    assert len(wrap_text("深層学習", 2)[0]) == 2


def test_a_label_keeps_the_largest_size_that_fits() -> None:
    fitted = fit_text("RAG*", 80, 25, 12)
    assert (fitted.font_pt, fitted.n_lines, fitted.text) == (12, 1, "RAG*")
    smaller = fit_text("Uncertainty Calibration", 80, 14, 12)
    assert smaller.n_lines == 1
    assert smaller.font_pt < 9


def test_a_hyphen_is_kept_together_if_a_little_smaller_does_it() -> None:
    assert fit_text("Self-generation", 70, 26.8, 12).n_lines == 1  # two lines would fit at 11
    assert fit_text("Self-generation", 45, 26.8, 12).n_lines == 2


def test_what_cannot_fit_is_cut() -> None:
    fitted = fit_text("x" * 10_000, 80, 25, 12)
    assert fitted.font_pt == 6.0
    assert fitted.text.endswith("…")
    assert 10 < len(fitted.text) < 200


@settings(max_examples=150)
@given(
    st.text(max_size=300),
    st.floats(min_value=20, max_value=700),
    st.floats(min_value=9, max_value=60),
    st.booleans(),
)
def test_nothing_ever_leaves_its_box(text: str, width_pt: float, height_pt: float, bold: bool) -> None:
    fitted = fit_text(text, width_pt, height_pt, 18, bold=bold)
    assert 6.0 <= fitted.font_pt <= 18
    assert fitted.n_lines * fitted.font_pt * line_height_em() <= height_pt + 1e-6
    assert fitted.width_pt <= width_pt + 1e-6
    assert fitted.text == text or fitted.text.endswith("…")
