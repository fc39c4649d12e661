"""Answers as people read them."""

from __future__ import annotations

import pytest

from guidance.wording import answer_words, input_words, time_words


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "not said"), ((), "not said"), (True, "yes"), (False, "no"), (0, "0"), (2000, "2,000"),
        (0.25, "0.25"), (("en", "sw"), "en, sw"), ("monthly", "monthly"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_it_is_said(value: object, written: str) -> None:
    assert answer_words(value) == written


def test_names_and_times_bear_no_signs() -> None:
    assert input_words("gpu_memory_gb") == "gpu memory gb"
    assert time_words("minutes-hours") == "minutes to hours"
    assert time_words("none") == "none"
