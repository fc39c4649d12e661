"""What readers change: corrections, tags, notes, lists, saved searches, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from db.engine import open_store
from db.searches import list_searches
from db.shelf import known_tags, reading_lists, shelf_of
from landscape.paper import get_paper
from landscape.types import PaperDetail
from taxonomy.loader import load_taxonomy

PAPER = "arxiv:2401.00001"
PEFT = "training/model/peft"


def _read(filled: Path, ask: Callable[[Any], Any]) -> Any:
    store = open_store(f"sqlite:///{filled}")
    try:
        with store.read() as session:
            return ask(session)
    finally:
        store.dispose()


def _detail(filled: Path) -> PaperDetail:
    found = _read(filled, lambda session: get_paper(session, load_taxonomy(), PAPER))
    assert isinstance(found, PaperDetail)
    return found


def _widget(widgets: Any, prefix: str) -> Any:
    return next(each for each in widgets if each.key and each.key.startswith(prefix))


def test_correction_stands_above_the_model_and_can_be_taken_back(filled: Path, show: Callable) -> None:
    page = show("papers", paper=PAPER)
    _widget(page.app.multiselect, "fix_cells").set_value(["training/model"]).run()
    _widget(page.app.multiselect, "fix_topics").set_value([PEFT]).run()
    _widget(page.app.text_input, "fix_why").set_value("It tunes adapters.").run()
    page.app.button(key="correct_save").click().run()
    assert "Correction saved." in page.html
    assert "It tunes adapters." in page.html
    detail = _detail(filled)
    assert (detail.row.cells, detail.row.topics, detail.row.method) == (
        ("training/model",),
        (PEFT,),
        "person",
    )
    assert len(detail.labels) == 2

    page.app.button(key="correct_undo").click().run()
    assert "Correction undone" in page.html
    assert "Taken back" in page.html
    back = _detail(filled)
    assert (back.row.cells, back.row.method) == (("inference/context",), "model")
    assert [label.retracted_by is not None for label in back.labels] == [True, False]


def test_correction_to_off_the_subject_takes_the_paper_off_the_chart(filled: Path, show: Callable) -> None:
    page = show("papers", paper=PAPER)
    off = "Not about pre-trained language models"
    _widget(page.app.radio, "fix_verdict").set_value(off).run()
    page.app.button(key="correct_save").click().run()
    assert _detail(filled).row.verdict == "not-relevant"
    # The chart of the same process counts it no more at the next page.
    assert 'aria-label="RAG*, 30 papers"' in show("landscape").html


def test_correction_needs_a_cell(filled: Path, show: Callable) -> None:
    page = show("papers", paper=PAPER)
    _widget(page.app.multiselect, "fix_cells").set_value([]).run()
    assert page.app.button(key="correct_save").disabled


def test_tag_note_and_list_are_kept_beside_the_paper_as_data(filled: Path, show: Callable) -> None:
    page = show("papers", paper=PAPER)
    page.app.text_input(key="shelf_tag").set_value("To <b>read</b>").run()
    page.app.text_area(key="shelf_note").set_value("Compare with $x$ and *that*.").run()
    page.app.button(key="shelf_keep_note").click().run()
    page.app.text_input(key="shelf_new").set_value("Seminar").run()
    page.app.button(key="shelf_add").click().run()
    kept = _read(filled, lambda session: shelf_of(session, PAPER))
    assert len(kept.tags) == 1
    assert [note.text for note in kept.notes] == ["Compare with $x$ and *that*."]
    assert [each.name for each in kept.lists] == ["Seminar"]
    html = page.html
    assert "<b>read</b>" not in html
    assert "&lt;b&gt;read&lt;/b&gt;" in html
    assert "Compare with $x$ and *that*." in html

    (tag,) = kept.tags
    assert show("papers", tag=tag).html.count("<article") == 1
    (number,) = [each.id for each in kept.lists]
    listed = show("papers", list=str(number)).html
    assert "<bdi>Seminar</bdi></h1>" in listed
    assert listed.count("<article") == 1

    page.app.button(key=f"untag {tag}").click().run()
    page.app.button(key=f"off {number}").click().run()
    page.app.button(key=f"note {kept.notes[0].id}").click().run()
    assert "No tags, lists or notes yet." in page.html


def test_picked_papers_go_to_a_list_over_pages(filled: Path, show: Callable) -> None:
    page = show("papers", sort="title")
    boxes = page.app.checkbox
    assert len(boxes) == 25
    boxes[0].check().run()
    boxes = page.app.checkbox
    boxes[3].check().run()
    assert "2 papers selected" in page.html
    page.app.text_input(key="picks_new").set_value("Two").run()
    page.app.button(key="picks_add").click().run()
    assert "2 papers now on “Two”." in page.html
    lists = _read(filled, reading_lists)
    assert [(each.name, each.n_papers) for each in lists] == [("Two", 2)]
    page.app.button(key="pick_none").click().run()
    assert "selected" not in page.html
    page.app.button(key="pick_page").click().run()
    assert "25 papers selected" in page.html


def test_search_is_saved_with_its_filters_and_forgotten(filled: Path, show: Callable) -> None:
    page = show("papers", q="adapters", venue="ICLR")
    page.app.text_input(key="search_name").set_value("Adapters").run()
    (saved,) = _read(filled, list_searches)
    assert saved.name == "Adapters"
    assert saved.criteria["words"] == "adapters"
    assert saved.criteria["venues"] == ["ICLR"]
    assert re.search(r'href="\?q=adapters&amp;venue=ICLR"><bdi>Adapters', page.html)
    page.app.button(key="drop_search").click().run()
    assert _read(filled, list_searches) == []


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says which address the app is bound to."""
    asked = st.get_option

    def bind(address: str) -> None:
        monkeypatch.setattr(
            st, "get_option", lambda name: address if name == "server.address" else asked(name)
        )

    return bind


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "", "example.org"])
def test_bound_elsewhere_nothing_can_be_written_and_it_says_so(
    filled: Path, show: Callable, bound: Callable[[str], None], address: str
) -> None:
    bound(address)
    page = show("papers", paper=PAPER)
    assert "Reading only." in page.html
    assert "has no login set" in page.html
    keys = {button.key for button in page.app.button}
    assert not keys & {"correct_save", "correct_undo", "shelf_keep_note", "shelf_add"}
    assert not page.app.text_area
    listed = show("papers")
    assert "Reading only." in listed.html
    assert not [box for box in listed.app.text_input if box.key == "search_name"]


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_on_this_machine_writing_is_on(
    filled: Path, show: Callable, bound: Callable[[str], None], address: str
) -> None:
    bound(address)
    page = show("papers", paper=PAPER)
    assert "Reading only." not in page.html
    assert "correct_save" in {button.key for button in page.app.button}


def test_a_change_is_refused_also_where_the_button_was_still_there(
    filled: Path, show: Callable, bound: Callable[[str], None]
) -> None:
    page = show("papers", paper=PAPER)
    bound("0.0.0.0")
    page.app.text_input(key="shelf_tag").set_value("mine").run()
    assert "Writing is off here: nothing was changed." in page.html
    assert not _read(filled, known_tags)
