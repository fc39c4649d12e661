"""The review page: what is served, answered, undone; with nothing to serve; beside a writer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from db.decisions import export_human_labels
from db.engine import open_store

HOSTILE_ID = "arxiv:2401.00036"
MIND = "A paper of two minds"  # the fixture's one unsure paper: score 0.3


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: "127.0.0.1" if name == "server.address" else real(name)
    )


def text_of(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.html).split())


def button(page: Any, label: str) -> Any:
    return next(each for each in page.app.button if label in each.label)


def people_said(path: Path) -> list[dict[str, Any]]:
    store = open_store(f"sqlite:///{path}")
    try:
        with store.read() as session:
            return list(export_human_labels(session))
    finally:
        store.dispose()


def served(page: Any) -> str:
    found = re.search(r'id="review-title">(.*?)</h2>', page.html, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_each_answer_brings_the_next_paper_and_undo_the_last_one_back(filled: Path, show: Callable) -> None:
    page = show("review")
    first = served(page)
    assert "0 answered" in text_of(page)
    # Of the 39 labelled papers one bears the id of a paper that the project's readers labelled.
    assert "38 waiting" in text_of(page)
    assert "People and the model 0 papers" in text_of(page)
    button(page, "Not about pre-trained").click().run()
    second = served(page)
    assert second != first
    assert "1 answered" in text_of(page)
    assert "37 waiting" in text_of(page)
    (said,) = people_said(filled)
    assert said["verdict"] == "not-relevant"
    button(page, "Undo").click().run()
    assert served(page) == first
    assert people_said(filled) == []
    assert "38 waiting" in text_of(page)


def test_the_models_own_label_a_likely_place_and_a_cell_with_its_topic(filled: Path, show: Callable) -> None:
    page = show("review")
    while not any(each.label == "As the model said" for each in page.app.button):
        button(page, "Skip").click().run()
    button(page, "As the model said").click().run()
    grid = [each for each in page.app.button if (each.key or "").startswith("review_cell")]
    assert len(grid) == 18
    next(each for each in grid if each.key == "review_cell training/model").click().run()
    assert "Training Pipeline × Model: which topic?" in text_of(page)
    button(page, "PEFT").click().run()
    next(
        each for each in page.app.button if each.key == "review_cell inference/prediction-tasks"
    ).click().run()
    one, two, three = people_said(filled)
    assert one["cell"] is not None
    assert (two["cell"], two["topics"]) == ("training/model", ["training/model/peft"])
    assert (three["cell"], three["topics"]) == ("inference/prediction-tasks", [])
    assert "3 answered" in text_of(page)
    assert "People and the model 3 papers" in text_of(page)


def test_a_skipped_paper_does_not_come_back(filled: Path, show: Callable) -> None:
    page = show("review")
    first = served(page)
    button(page, "Skip").click().run()
    assert served(page) != first
    assert "1 skipped" in text_of(page)
    assert people_said(filled) == []


def test_keys_are_the_buttons_own_and_none_is_given_twice(filled: Path, show: Callable) -> None:
    page = show("review")
    keys = [each.proto.shortcut for each in page.app.button if each.proto.shortcut]
    assert len(keys) == len(set(keys)) >= 20
    assert not {"c", "r"} & set(keys)


def test_nothing_to_review_says_what_would_bring_it(home: Path, show: Callable) -> None:
    page = show("review")
    assert "Nothing waits for review" in text_of(page)
    assert "landscape classify" in text_of(page)


def test_the_page_reads_beside_a_writer(filled: Path, show: Callable) -> None:
    store = open_store(f"sqlite:///{filled}")
    try:
        with store.write() as session:
            session.connection().exec_driver_sql("UPDATE paper SET venue = 'X' WHERE id = 1")
            assert "38 waiting" in text_of(show("review"))
    finally:
        store.dispose()


def test_elsewhere_nothing_can_be_answered(
    filled: Path, show: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    page = show("review")
    assert "Reading only" in text_of(page)
    assert not list(page.app.button)


def test_text_of_papers_stays_text(filled: Path, show: Callable) -> None:
    page = show("review")
    for _ in range(39):
        if "javascript" in page.html:
            break
        button(page, "Skip").click().run()
    assert "&lt;script&gt;" in page.html
    assert "<script" not in page.html
    assert "<img" not in page.html


def test_a_papers_page_names_phrases_and_the_nearest_labelled_papers(filled: Path, show: Callable) -> None:
    evidence = {"text": "We invent things.", "cell": "inference/context", "weight": 1, "phrases": ["invent"]}
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        session.connection().exec_driver_sql(
            "UPDATE label_assignment SET evidence = ? WHERE paper_id = 1",
            (json.dumps([evidence]),),
        )
    store.dispose()
    text = text_of(show("papers", paper="arxiv:2401.00001"))
    assert "speaks for Inference Pipeline × Context : invent" in text.replace("Context:", "Context :")
    assert "Nearest papers that were read" in text


def test_a_damaged_model_hides_no_paper(filled: Path, home: Path, show: Callable) -> None:
    (home / "model").mkdir()
    text = text_of(show("papers", paper="arxiv:2401.00001"))
    assert "Retrieval of invented facts, part 1" in text
    assert "Nearest papers that were read" not in text
