"""Labels break and shrink so that they fit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.lettering import LINE_HEIGHT, PADDING_PT, fit_label, text_width_em, wrap_label


def test_breaks_at_spaces_and_behind_hyphens() -> None:
    assert wrap_label("Self-generation", 6.0) == ("Self-", "generation")
    assert wrap_label("Inference-time Gradient", 8.0) == ("Inference-time", "Gradient")
    assert wrap_label("Knowledge Graph", 40.0) == ("Knowledge Graph",)


def test_wide_characters_count_as_a_whole_em() -> None:
    assert text_width_em("言語") == 2.0
    assert text_width_em("il") < text_width_em("no") < text_width_em("MW")
    assert text_width_em("no", bold=True) > text_width_em("no")


def test_label_shrinks_until_it_fits() -> None:
    size, lines = fit_label("Uncertainty Calibration", 60.0, 14.0, 10.0)
    assert size < 10.0
    assert len(lines) * size * LINE_HEIGHT <= 14.0
    assert all(text_width_em(line) * size <= 60.0 - 2 * PADDING_PT for line in lines)


@given(
    text=st.text(min_size=1, max_size=60),
    width=st.floats(5, 200),
    height=st.floats(3, 60),
)
@settings(max_examples=150, deadline=None)
def test_nothing_of_a_label_is_lost(text: str, width: float, height: float) -> None:
    _, lines = fit_label(text, width, height, 10.0)
    assert "".join("".join(lines).split()) == "".join(text.split())
