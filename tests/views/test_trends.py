"""The Trends page: lines, small pictures of time, the shift, and what it says when there is nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from export.tables_csv import trends_csv
from views.trend_address import MOST_PLACES, TrendState

RAG, PEFT, CELL = "inference/context/rag", "training/model/peft", "inference/context"


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_cell_and_topic_has_its_bars_and_a_link(filled: Path, show: Callable) -> None:
    page = show("trends")
    assert page.html.count('class="ls-spark"') == 18 + 44
    assert '<span class="ls-unseen">Inference Pipeline × Context: </span>' in page.html
    assert 'href="?place=inference/context/rag"' in page.html
    # 2022 Q1 and 2024 Q1 hold papers; the quarters between them were never harvested, and are no zeros.
    bars = re.findall(r'class="ls-held-(\w+)" style="--part: ([\d.]+)" title="([^"]+)"', page.html)
    between = [part for state, part, tip in bars if tip.startswith("2023") and state == "none"]
    assert between
    assert set(between) == {"0.000"}
    assert "2023 Q2: 0 papers (not harvested)" in page.html


def test_one_cell_is_drawn_with_its_topics_and_told_in_numbers(filled: Path, show: Callable) -> None:
    page = show("trends", place=CELL)
    assert len(page.app.get("plotly_chart")) == 2  # the lines, and what lies under them
    text = _text(page.html)
    assert "The same in numbers" in text
    assert "RAG* 2024 Q1 31 33 94 %" in text
    assert 'href="papers?cell=inference/context"' in page.html


def test_a_split_draws_a_line_a_venue_and_years_stand_in_for_quarters(filled: Path, show: Callable) -> None:
    page = show("trends", place=RAG, split="source", step="year", measure="papers")
    text = _text(page.html)
    assert "RAG* , arxiv 2024 31 33" in text
    assert page.app.segmented_control(key="trend_step").value == "year"
    page.app.segmented_control(key="trend_measure").set_value("share").run()
    assert "measure" not in page.app.query_params
    assert page.app.query_params["step"] == "year"


def test_a_split_without_lines_says_why(filled: Path, show: Callable) -> None:
    assert "No venue has 50 papers under these filters" in show("trends", place=RAG, split="venue").html


def test_places_are_chosen_from_the_list_and_unknown_ones_are_named(filled: Path, show: Callable) -> None:
    page = show("trends", place="inference/context/gone")
    assert "“inference/context/gone” is not on version" in page.html
    page.app.multiselect(key="trend_places").set_value([RAG, PEFT]).run()
    assert page.app.query_params["place"] == [RAG, PEFT]
    assert "2 places" in _text(page.html)


def test_filters_reach_the_counts(filled: Path, show: Callable) -> None:
    page = show("trends", venue="ICLR")
    assert "5 papers on the landscape by day of publication" in _text(page.html)
    assert 'aria-label="Remove filter ICLR"' in page.html


def test_too_few_papers_of_a_venue_give_no_line_of_the_shift(filled: Path, show: Callable) -> None:
    assert "No venue has enough classified papers yet" in show("trends").html


def test_empty_store_says_what_to_do(show: Callable) -> None:
    page = show("trends")
    assert "No paper on the landscape has a date yet" in page.html
    assert not page.app.get("plotly_chart")


def test_address_writes_what_it_reads() -> None:
    state = TrendState(places=(RAG, CELL), measure="papers", split_by="venue", step="year")
    assert state.query() == (
        "?place=inference/context/rag&place=inference/context&measure=papers&split=venue&step=year"
    )
    assert TrendState().query() == "?"
    assert MOST_PLACES == 8


@pytest.mark.parametrize("asked", [{"measure": "<b>", "split": "x", "step": "day"}, {"place": "x" * 400}])
def test_nonsense_in_the_address_is_left_out(filled: Path, show: Callable, asked: dict[str, str]) -> None:
    assert show("trends", **asked).html.count('class="ls-spark"') == 62


def test_csv_of_the_page_holds_what_the_table_shows(filled: Path, show: Callable) -> None:
    from landscape.trends import trends_of
    from landscape.types import LandscapeFilter
    from taxonomy.loader import load_taxonomy
    from views.through_time import through_time

    show("trends", place=RAG)
    trends = trends_of(through_time(LandscapeFilter()).base, load_taxonomy(), places=[RAG]).trends
    rows = list(csv.DictReader(io.StringIO(trends_csv(trends).decode())))
    assert [row["n_papers"] for row in rows if row["period"] == "2024 Q1"] == ["31"]
