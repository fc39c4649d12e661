"""The Map: with data, without, beside a writer; what is drawn around becomes a list with an address."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from db.discovery import NewSubTopic, store_discovery
from db.engine import open_store
from db.tables import PAPER
from db.vectors import MapPlace, store_map
from views.map import drawn_outline
from views.map_address import MOST_CORNERS, thinned

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def mapped(filled: Path) -> Path:
    """The invented papers have places: paper n stands at (n, n / 10); one group is named."""
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        ids = session.execute(select(PAPER.c.id, PAPER.c.key)).all()
        numbers = {paper: int(key.rpartition(".")[2]) for paper, key in ids}
        store_map(session, [MapPlace(paper, float(n), n / 10, True) for paper, n in numbers.items()])
        adapters = [paper for paper, n in numbers.items() if 31 <= n <= 35]
        group = NewSubTopic(
            cell="training/model", slug="training/model/adapters", name="adapters",
            phrases=(("adapters <b>", 0.5),), paper_ids=tuple(adapters), coherence=0.0, tightness=0.8,
            growth=None, nearest_topic=None, nearness=0.0, held=0.0, score=0.1, proposed=True,
        )  # fmt: skip
        store_discovery(session, [group], at=NOW, taxonomy_version="1.0", model="m", papers=39)
    store.dispose()
    return filled


def figure_of(page) -> dict:
    (chart,) = page.app.get("plotly_chart")
    return json.loads(chart.proto.spec)


def test_without_a_map_the_page_says_what_makes_one(filled: Path, show: Callable) -> None:
    html = show("map").html
    assert "No map was laid out yet" in html
    assert "<code>landscape classify --vectors all</code>" in html


def test_an_empty_store_says_the_same(show: Callable) -> None:
    assert "No map was laid out yet" in show("map").html


def test_every_paper_of_the_landscape_is_a_dot_in_the_colour_of_its_row(mapped: Path, show: Callable) -> None:
    page = show("map")
    figure = figure_of(page)
    counts = {trace["name"]: len(trace["text"]) for trace in figure["data"]}
    assert counts == {"Training Pipeline (6)": 6, "Inference Pipeline (32)": 32, "Add-ons (0)": 0}
    assert "38</strong> papers" in page.html
    titles = [title for trace in figure["data"] for title in trace["text"]]
    assert not any("<script" in title or "A paper on bridges" in title for title in titles)
    (annotation,) = figure["layout"]["annotations"]
    assert annotation["text"] == "adapters &lt;b&gt;"


def test_words_colour_what_they_find_and_leave_the_rest_behind(mapped: Path, show: Callable) -> None:
    page = show("map", q="adapters")
    figure = figure_of(page)
    assert figure["data"][0]["name"] == "not in the filter"
    assert [trace["name"] for trace in figure["data"][1:]] == [
        "Training Pipeline (5)",
        "Inference Pipeline (0)",
        "Add-ons (0)",
    ]
    assert "5 papers in colour" in page.html
    nothing = show("map", q="unheardof").html
    assert "No paper on the map passes these filters" in nothing


def test_an_outline_in_the_address_lists_what_lies_inside(mapped: Path, show: Callable) -> None:
    page = show("map", around="30.5,0;35.5,0;35.5,9;30.5,9")
    assert "5 papers chosen" in page.html
    assert page.html.count("<article") == 5
    assert "Adapters that fit no one, part 33" in page.html
    assert figure_of(page)["layout"]["shapes"]
    first = show("map", around="0,0;40,0;40,9;0,9")
    assert first.html.count("<article") == 25
    assert "page=2" in first.html
    assert show("map", around="0,0;40,0;40,9;0,9", page="2").html.count("<article") == 13


def test_a_named_area_is_a_link_that_lists_its_papers(mapped: Path, show: Callable) -> None:
    html = show("map").html
    assert "<bdi>adapters &lt;b&gt;</bdi>" in html
    number = html.split('href="?group=')[1].partition('"')[0]
    chosen = show("map", group=number)
    assert "5 papers chosen" in chosen.html
    assert chosen.html.count("<article") == 5
    assert 'aria-current="true"' in chosen.html
    assert figure_of(chosen)["data"][-1]["name"] == "chosen"
    assert "0 papers chosen" in show("map", group="99999").html


def test_a_click_or_a_lasso_is_written_to_the_address(mapped: Path, show: Callable) -> None:
    page = show("map")
    position = figure_of(page)["data"][0]["customdata"][0]
    for event, expected in (
        ({"points": [{"customdata": position}], "lasso": [], "box": []}, "paper"),
        ({"points": [], "lasso": [{"x": [0, 9, 9, 0], "y": [0, 0, 9, 9]}], "box": []}, "around"),
        ({"points": [], "lasso": [], "box": [{"x": [0, 9], "y": [0, 9]}]}, "around"),
    ):
        page = show("map")
        page.app.session_state["paper_map"] = {"selection": event}
        _pick_now(page)
        assert list(page.app.query_params) == [expected], event
        page.app.run()
        assert not page.app.exception


def _pick_now(page) -> None:
    """What the figure's callback does, run inside the page's own script."""
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        import streamlit as st

        from landscape.types import LandscapeFilter
        from taxonomy.loader import load_taxonomy
        from views.cached import counted, store
        from views.map import _map, _map_version, _pick
        from views.map_address import read_map

        found = counted(LandscapeFilter(), None)
        paper_map, _ = _map(found.token, _map_version(store()), found.columns, store())
        _pick(read_map(load_taxonomy()), paper_map, found.columns, st.session_state["paper_map"])

    app = AppTest.from_function(script, default_timeout=30)
    app.session_state["paper_map"] = page.app.session_state["paper_map"]
    app.run()
    assert not app.exception, app.exception
    page.app.query_params.clear()
    for name, value in app.query_params.items():
        page.app.query_params[name] = value


@pytest.mark.parametrize("around", ["", "1,1", "x,y;z", "1,1;2,2", "nan,1;2,2;3,3", "1e99,1;2,2;3,3"])
def test_an_address_that_makes_no_sense_shows_the_map(mapped: Path, show: Callable, around: str) -> None:
    html = show("map", around=around, group="no number").html
    assert "chosen" not in html
    assert "38</strong> papers" in html


def test_the_page_shows_while_a_harvest_writes(mapped: Path, show: Callable) -> None:
    with closing(sqlite3.connect(mapped, timeout=1)) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE paper SET title = 'half written' WHERE id = 1")
        html = show("map").html
        writer.execute("ROLLBACK")
    assert "38</strong> papers" in html


def test_an_outline_is_thinned_to_what_an_address_holds() -> None:
    corners = [(number + 0.12345, -number) for number in range(500)]
    kept = thinned(corners)
    assert 3 <= len(kept) <= MOST_CORNERS
    assert kept[0] == (0.12, 0)
    assert thinned(corners[:2]) == ()


def test_an_event_without_a_shape_has_no_outline() -> None:
    for event in (None, {}, {"selection": {}}, {"selection": {"points": [{}]}}):
        assert drawn_outline(event) == ()
