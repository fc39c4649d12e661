"""Papers by year."""

from __future__ import annotations

from charts.counts import papers_by_year


def test_years_without_papers_stand_on_the_axis() -> None:
    figure = papers_by_year([(2019, 3), (2022, 5), (None, 2)])
    (bars,) = figure.data
    assert list(bars.x) == [2019, 2020, 2021, 2022]
    assert list(bars.y) == [3, 0, 0, 5]
    assert figure.layout.annotations[0].text == "2 without a year"


def test_no_years_draw_empty_axes() -> None:
    figure = papers_by_year([])
    assert list(figure.data[0].x) == []
    assert not figure.layout.annotations


def test_ticks_stay_few_over_many_years() -> None:
    assert papers_by_year([(1990, 1), (2026, 1)]).layout.xaxis.dtick == 5
    assert papers_by_year([(2024, 1)], dark=True).layout.xaxis.dtick == 1
