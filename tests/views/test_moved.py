"""The page What moved: the same figures as in the terminal, on the slide and in the files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from db.engine import open_store
from db.labels import NewLabel, add_labels
from db.papers import find_paper_ids
from landscape.movement import take_movement
from landscape.movement_words import comparison_words
from taxonomy.loader import load_taxonomy
from views.moved_address import MovedState
from workflow.snapshots import save_snapshot

RAG = "inference/context/rag"
SPAN = {"compare": "2023-01-01..2024-12-31"}


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _moved(path: Path, first: date, last: date):
    store = open_store(f"sqlite:///{path}")
    before, after = (datetime.combine(day, time(23, 59, 59), UTC) for day in (first, last))
    with store.read() as session:
        movement = take_movement(session, load_taxonomy(), before, after, by="published")
    store.dispose()
    return movement


def test_page_says_what_the_terminal_says(filled: Path, show: Callable) -> None:
    page = show("moved", **SPAN)
    moved = _moved(filled, date(2023, 1, 1), date(2024, 12, 31))
    text = _text(page.html)
    assert "1 January 2023 – 31 December 2024" in text
    assert f"{moved.n_new} papers on the landscape were published" in text
    assert comparison_words(moved)[1:] in text.replace("&amp;", "&")
    assert "landscape diff 2023-01-01 2024-12-31 --by published" in text
    for place in moved.topics:
        row = re.search(rf">{re.escape(place.label)}</a></th>(.*?)</tr>", page.html)
        assert row, place.label
        numbers = [int(each.replace(",", "")) for each in re.findall(r'ls-number">([\d,]+)<', row[1])]
        assert numbers[:3] == [place.n_before, place.n_after, place.n_arrived]
    assert page.html.count("ls-moved-") >= len(moved.topics) + len(moved.cells)


def test_topics_lead_to_their_papers_newest_first(filled: Path, show: Callable) -> None:
    html = show("moved", **SPAN).html
    assert 'href="papers?topic=inference/context/rag&amp;sort=date"' in html
    assert 'href="papers?paper=arxiv:2401.000' in html


def test_address_of_the_home_page_opens_the_same_comparison(filled: Path, show: Callable) -> None:
    home = show("landscape", **SPAN, venue="ACL").html
    (address,) = re.findall(r'href="moved(\?[^"]+)"', home)
    assert address == "?venue=ACL&amp;compare=2023-01-01..2024-12-31"
    page = show("moved", **SPAN, venue="ACL")
    assert "1 January 2023 – 31 December 2024" in page.html
    assert 'aria-label="Remove filter ACL"' in page.html
    assert "landscape diff 2023-01-01 2024-12-31 --by published --venue ACL" in _text(page.html)
    assert "landscape diff" not in _text(show("moved", **SPAN, q="facts").html)  # that filter it lacks


def test_unasked_it_compares_twelve_months_up_to_the_newest_paper(filled: Path, show: Callable) -> None:
    page = show("moved")
    assert "12 months to" in page.html
    assert "Too few papers to compare" in page.html
    assert not page.app.get("plotly_chart")  # nothing moved: an empty figure would say no more
    assert "compare" not in page.app.query_params


def test_two_snapshots_are_compared_at_their_very_moments(filled: Path, show: Callable) -> None:
    store = open_store(f"sqlite:///{filled}")
    for day in (10, 21):
        save_snapshot(store, load_taxonomy(), reason="asked for", at=datetime(2026, 11, day, 9, tzinfo=UTC))
    store.dispose()
    page = show("moved", snapshots="1..2")
    text = _text(page.html)
    assert "snapshot 1 of 10 Nov 2026, 09:00 – snapshot 2 of 21 Nov 2026, 09:00" in text
    assert "landscape diff 1 2" in text
    assert "38 papers on the landscape arrived: 0 before, 38 after" in text
    # What was counted then stands, whatever is said of the papers since.
    store = open_store(f"sqlite:///{filled}")
    with store.write() as session:
        (paper,) = find_paper_ids(session, ["arxiv:2401.00001"]).values()
        label = NewLabel(paper_id=paper, verdict="not-relevant", relevance=0.0, method="person", by="ada")
        at = datetime(2026, 11, 21, 8, tzinfo=UTC)
        add_labels(session, None, [label], taxonomy_version="1.0", at=at)
    store.dispose()
    assert "0 before, 38 after" in _text(show("moved", snapshots="1..2").html)
    backwards = show("moved", snapshots="2..1").html
    assert "not in the store, or not in order" in backwards
    assert "not in the store, or not in order" in show("moved", snapshots="7..now").html


def test_a_chosen_span_is_written_to_the_address(filled: Path, show: Callable) -> None:
    page = show("moved", **SPAN)
    page.app.segmented_control(key="compare_basis").set_value("known").run()
    assert page.app.query_params["by"] == "known"
    assert page.app.query_params["compare"] == SPAN["compare"]


def test_empty_store_says_what_to_do(show: Callable) -> None:
    page = show("moved")
    assert "No paper was known by then" in page.html
    assert "landscape harvest" in page.html


@pytest.mark.parametrize(
    ("state", "query"),
    [
        (MovedState(), "?"),
        (MovedState().between(3, 9), "?snapshots=3..9"),
        (MovedState().between(3, None), "?snapshots=3..now"),
        (
            MovedState().between(3, 9).compared((date(2024, 1, 1), date(2024, 2, 1)), "known"),
            "?compare=2024-01-01..2024-02-01&by=known",
        ),
    ],
)
def test_address_names_days_or_snapshots(state: MovedState, query: str) -> None:
    assert state.query() == query
