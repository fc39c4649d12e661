"""Colours that can be read, text that stays text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.theme import LEAST_CONTRAST, contrast, legible_on, mix, plain_text, row_colours
from landscape.layout import slide_layout
from taxonomy.loader import load_taxonomy

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # WebAIM's example


def test_mix_meets_both_ends() -> None:
    assert mix("#102030", "#A0B0C0", 0.0) == "#102030"
    assert mix("#102030", "#A0B0C0", 1.0) == "#A0B0C0"
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"


@given(background=COLOURS, colour=COLOURS)
def test_any_text_is_legible_on_any_ground(background: str, colour: str) -> None:
    assert contrast(background, legible_on(background, colour)) >= LEAST_CONTRAST


def test_legible_colour_is_left_alone() -> None:
    assert legible_on("#FFFFFF", "#2F5597") == "#2F5597"


@pytest.mark.parametrize("dark", [False, True])
def test_tints_of_a_row_are_told_apart(dark: bool) -> None:
    for row in slide_layout(load_taxonomy()).rows:
        colours = row_colours(row.style, dark=dark)
        tints = [colours.chip(step / 4) for step in range(5)]
        assert all(contrast(one, other) > 1.08 for one, other in pairwise(tints))
        assert contrast(colours.band, tints[0]) > 1.08


def test_light_rows_start_from_the_published_chip() -> None:
    row = slide_layout(load_taxonomy()).row("training")
    assert row_colours(row.style).chip(0.0) == "#F8CBAD"
    assert row_colours(row.style).band == "#FDF3EC"


def test_markup_and_tex_in_a_label_stay_text() -> None:
    assert plain_text("<b>$x$</b> & 'y'\n") == "&lt;b&gt;&#36;x&#36;&lt;/b&gt; &amp; &#x27;y&#x27; "
