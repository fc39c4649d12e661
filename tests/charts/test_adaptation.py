"""Bars of memory: every term, every total, and what is at hand."""

from __future__ import annotations

import pytest

from charts.adaptation import COLOURS, memory_bars
from guidance.answers import Answers
from guidance.estimates import plan_estimates
from guidance.planner import make_plan


def test_every_bar_is_the_sum_of_its_terms_and_is_labelled() -> None:
    estimates = plan_estimates(make_plan(Answers(base_model_params_b=7)))
    figure = memory_bars(estimates)
    for index, (label, estimate) in enumerate(estimates):
        assert sum(trace.x[index] for trace in figure.data) == pytest.approx(estimate.total_gb)
        assert label in figure.layout.meta["alt"]
    told = [note.text for note in figure.layout.annotations]
    assert told == [f"{estimate.total_gb:,.1f} GB" for _, estimate in estimates]
    assert not figure.layout.shapes


def test_no_two_terms_share_a_colour() -> None:
    figure = memory_bars(plan_estimates(make_plan(Answers(base_model_params_b=70, gpus=4))))
    assert len(figure.data) <= len(COLOURS)
    assert len({trace.marker.color for trace in figure.data}) == len(figure.data)


@pytest.mark.parametrize("at_hand", [24.0, 640.0])
def test_what_is_at_hand_is_a_named_line_within_the_picture(at_hand: float) -> None:
    figure = memory_bars(plan_estimates(make_plan(Answers(base_model_params_b=7))), at_hand_gb=at_hand)
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == at_hand
    assert figure.layout.xaxis.range[1] > at_hand
    assert f"at hand: {at_hand:,.0f} GB" in [note.text for note in figure.layout.annotations]
