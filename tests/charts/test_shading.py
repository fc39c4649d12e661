"""Tints by a stated scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.shading import make_scale, short_count


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0"), (999, "999"), (1_234, "1,234"), (9_999, "9,999"), (12_345, "12.3k"),
        (99_949, "99.9k"), (99_950, "100k"), (999_499, "999k"), (999_500, "1.0M"), (1_234_567, "1.2M"),
    ],
)  # fmt: skip
def test_counts_stay_short(count: int, shown: str) -> None:
    assert short_count(count) == shown


def test_counts_are_split_by_their_logarithm() -> None:
    scale = make_scale("count", [0, 5, 500])
    assert scale.labels == ("0", "3", "12", "41", "144")
    assert [scale.strength(value) for value in (0, 2, 3, 41, 500)] == [0.0, 0.0, 0.25, 0.75, 1.0]


def test_growth_has_fixed_bounds_and_unknown_is_weakest() -> None:
    one, other = make_scale("growth", [9.0]), make_scale("growth", [None])
    assert one == other
    assert [one.strength(value) for value in (None, 0.5, 1.0, 1.9, 7.0)] == [0.0, 0.0, 0.5, 0.75, 1.0]


def test_empty_chart_has_a_scale_of_one_tint() -> None:
    scale = make_scale("count", [0, 0])
    assert scale.labels == ("0",)
    assert scale.strength(0) == 0.0


def test_shares_are_shown_in_per_cent() -> None:
    scale = make_scale("share", [0.15, 0.002])
    assert scale.labels == ("0 %", "0.2 %", "0.7 %", "2 %", "5.5 %")
    assert scale.strength(0.15) == 1.0


@given(values=st.lists(st.integers(0, 10**7), max_size=30), measure=st.sampled_from(["count", "share"]))
def test_strength_rises_with_the_value(values: list[int], measure: str) -> None:
    known = [value / 10**7 if measure == "share" else value for value in values]
    scale = make_scale(measure, known)  # type: ignore[arg-type]
    strengths = [scale.strength(value) for value in sorted(known)]
    assert strengths == sorted(strengths)
    assert all(0.0 <= strength <= 1.0 for strength in strengths)
    assert len(scale.bounds) == len(scale.labels) == len(set(scale.bounds))
