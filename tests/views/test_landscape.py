"""The home page: counts, links, filters, lists, and what it says when there is nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from db.engine import open_store
from db.labels import NewLabel, add_labels
from db.papers import find_paper_ids
from landscape.grid import take_snapshot
from taxonomy.loader import load_taxonomy
from views.address import PageState
from views.landscape import deck_links
from views.widgets.figure import opened, picked_id

RAG, TASKS = "inference/context/rag", "inference/prediction-tasks"


def test_grid_says_every_count_and_links_every_cell_and_topic(filled: Path, show: Callable) -> None:
    page = show("landscape")
    assert len(re.findall(r'class="ls-cell" ', page.html)) == 18
    assert len(re.findall(r'class="ls-chip" ', page.html)) == 44
    assert 'href="?topic=inference/context/rag" aria-label="RAG*, 31 papers"' in page.html
    assert 'aria-label="Inference Pipeline × Prediction Tasks, 1 paper"' in page.html
    assert 'aria-label="Domain Adaptation, 0 papers"' in page.html


def test_head_says_what_is_counted_and_how_fresh_it_is(filled: Path, show: Callable) -> None:
    html = show("landscape").html
    text = re.sub(r"<[^>]+>", "", html)
    assert "A Pretrained Large Language Model (LLM) Research Landscape" in text
    for part in ("40 papers", "38 relevant", "1 in doubt", "1 not classified yet", "taxonomy 1.0"):
        assert part in text
    assert "classifier invented-model" in text


def test_without_a_selection_no_papers_are_listed(filled: Path, show: Callable) -> None:
    page = show("landscape")
    assert "ls-papers" not in page.html
    assert "Choose a topic or a cell" in page.html


def test_topic_link_lists_its_papers_surest_first(filled: Path, show: Callable) -> None:
    html = show("landscape", topic=RAG).html
    assert html.count("<article") == 25
    assert "1–25 of 31" in html
    assert html.index("part 1<") < html.index("part 2<")
    assert "Author A, Author B, Author C, Author D, Author E and 2 more" in html
    assert 'href="https://arxiv.org/abs/2401.00001" target="_blank" rel="noopener noreferrer"' in html
    assert "Evidence for Retrieval of invented facts, part 1<" in html
    assert "Placed by the classifier" in html
    assert "89 %" in html
    assert 'href="?topic=inference/context/rag" aria-label="RAG*, 31 papers" aria-current="true"' in html


def test_second_page_and_order_come_from_the_address(filled: Path, show: Callable) -> None:
    html = show("landscape", topic=RAG, page="2").html
    assert html.count("<article") == 6
    assert "26–31 of 31" in html
    assert 'aria-label="Page 2"' in html
    titles = re.findall(
        r"<h3[^>]*>\s*<a[^>]*><bdi>(Retrieval[^<]+)</bdi></a>",
        show("landscape", topic=RAG, sort="title").html,
    )
    assert titles == sorted(titles)


def test_page_beyond_the_end_says_where_the_list_ends(filled: Path, show: Callable) -> None:
    html = show("landscape", topic=RAG, page="9").html
    assert "The list ends at page 2" in html
    assert 'href="?topic=inference/context/rag"' in html


def test_cell_lists_its_papers_and_those_without_a_topic(filled: Path, show: Callable) -> None:
    html = show("landscape", cell="training/model").html
    assert html.count("<article") == 6
    assert "Without a topic 1" in html
    rest = show("landscape", cell="training/model", **{"without-topic": "1"}).html
    assert rest.count("<article") == 1
    assert "A paper of two minds" in rest
    assert "Placed by the classifier, in doubt" in rest


def test_cell_without_topics_lists_its_papers(filled: Path, show: Callable) -> None:
    assert "A task of its own" in show("landscape", cell=TASKS).html


def test_filters_of_the_address_narrow_counts_and_list(filled: Path, show: Callable) -> None:
    page = show("landscape", topic="training/model/peft", venue="ICLR", until="2022")
    assert 'aria-label="PEFT, 5 papers"' in page.html
    assert 'aria-label="RAG*, 0 papers"' in page.html
    assert page.html.count("<article") == 5
    assert 'aria-label="Remove filter ICLR"' in page.html
    assert page.app.multiselect(key="filter_venues").value == ["ICLR"]
    assert page.app.selectbox(key="filter_year_until").value == 2022


def test_a_changed_filter_is_written_to_the_address(filled: Path, show: Callable) -> None:
    page = show("landscape", topic=RAG, page="2")
    page.app.text_input(key="filter_words").set_value("bridges").run()
    assert page.app.query_params["q"] == "bridges"
    assert page.app.query_params["topic"] == RAG
    assert "page" not in page.app.query_params
    assert "No papers here" in page.html


def test_choices_behind_the_button_reach_the_counts(filled: Path, show: Callable) -> None:
    page = show("landscape")
    page.app.selectbox(key="filter_score").set_value(0.9).run()
    assert page.app.query_params["score"] == "0.9"
    assert 'aria-label="RAG*, 1 paper"' in page.html
    page.app.multiselect(key="filter_venues").set_value(["ICLR"]).run()
    assert 'aria-label="RAG*, 0 papers"' in page.html


def test_click_in_the_figure_names_what_was_hit() -> None:
    assert picked_id({"selection": {"points": [{"customdata": [RAG, "RAG*"]}]}}) == RAG
    assert picked_id({"selection": {"points": [{"customdata": 7}, {"x": 1}]}}) is None
    assert picked_id({"selection": {"points": []}}) is None
    assert picked_id(None) is None
    assert opened(PageState(), RAG).query() == f"?topic={RAG}"
    assert opened(PageState(), TASKS).query() == f"?cell={TASKS}"


def test_shading_and_table_are_switched_by_the_address(filled: Path, show: Callable) -> None:
    page = show("landscape", colour="share")
    assert page.app.get("plotly_chart")
    table = show("landscape", view="table")
    assert not table.app.get("plotly_chart")
    assert len(re.findall(r'class="ls-chip" ', table.html)) == 44
    assert 'href="?topic=inference/context/rag&amp;view=table"' in table.html


def test_unknown_topic_is_named_and_the_landscape_still_shown(filled: Path, show: Callable) -> None:
    page = show("landscape", topic="inference/context/<b>")
    assert len(re.findall(r'class="ls-chip" ', page.html)) == 44
    page = show("landscape", topic="inference/context/gone")
    assert "“inference/context/gone” is not on version 1.0 of the grid." in page.html


def test_earlier_day_shows_what_the_store_knew_then(filled: Path, show: Callable) -> None:
    html = show("landscape", **{"as-of": "2026-11-01"}).html
    assert "The store knew no paper on 1 November 2026" in html
    assert "as known on 1 November 2026" in html


def test_empty_store_says_what_to_do(show: Callable) -> None:
    page = show("landscape")
    assert "The store holds no papers yet" in page.html
    assert "<code>landscape init</code>" in page.html
    assert len(re.findall(r'class="ls-cell" ', page.html)) == 18


def test_filters_that_no_paper_passes_offer_a_way_back(filled: Path, show: Callable) -> None:
    html = show("landscape", q="unheard-of").html
    assert "No paper passes these filters" in html
    assert '<a data-here href="?">Clear all filters</a>' in html


def test_new_labels_show_at_the_next_run(filled: Path, show: Callable) -> None:
    page = show("landscape")
    assert 'aria-label="PEFT, 5 papers"' in page.html
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        ids = find_paper_ids(session, ["arxiv:2401.00040"])
        label = NewLabel(
            paper_id=ids["arxiv:2401.00040"],
            verdict="labelled",
            relevance=1.0,
            cells=(("training/model", 1.0),),
            topics=(("training/model/peft", 1.0),),
            method="person",
            by="a reader",
        )
        add_labels(session, None, [label], taxonomy_version="1.0", at=datetime.now(UTC))
    store.dispose()
    page.app.run()
    assert 'aria-label="PEFT, 6 papers"' in page.html


def test_deck_and_figure_are_offered(filled: Path, show: Callable) -> None:
    page = show("landscape")
    (button,) = page.app.get("download_button")
    assert button.proto.label == "Slides"
    (figure,) = page.app.get("plotly_chart")
    assert "RAG*" in figure.proto.spec


def test_deck_links_only_where_they_lead_somewhere(
    filled_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"sqlite:///{filled_file}")
    with store.read() as session:
        counted = take_snapshot(session, load_taxonomy())
    store.dispose()
    monkeypatch.setattr(st, "context", SimpleNamespace(url="http://127.0.0.1:8501/"))
    assert deck_links(counted, PageState()) is None
    monkeypatch.setattr(st, "context", SimpleNamespace(url="https://landscape.example.org/"))
    links = deck_links(counted, PageState())
    assert links is not None
    assert len(links) == 18 + 44
    assert links[RAG] == f"https://landscape.example.org/?topic={RAG}"
