"""The Adapt page without a browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

Show = Callable[..., Any]


def test_empty_form_begins_with_prompting(show: Show, filled: Path) -> None:
    html = show("adaptation").html
    assert "Prompt engineering <span" in html
    assert "No domain was named" in html
    assert html.count('<tr class="') == 10


def test_an_address_is_a_plan(show: Show, filled: Path) -> None:
    page = show("adaptation", domain="invented", must_cite="true", gpu_memory_gb="48", nonsense="1", gpus="x")
    assert "Retrieval-augmented generation <span" in page.html
    assert "Adaptation to Invented Domain" in page.html
    assert "Retrieval of invented facts" in page.html  # the domain's papers stand under the step
    assert page.app.selectbox(key="adapt_must_cite").value == "Yes"
    assert page.app.number_input(key="adapt_gpu_memory_gb").value == 48


def test_a_change_writes_the_address(show: Show, filled: Path) -> None:
    app = show("adaptation").app
    app.selectbox(key="adapt_needs_tools").select("Yes").run()
    assert not app.exception
    assert app.query_params["needs_tools"] == "true"
    app.text_input(key="adapt_languages").set_value("sw, en").run()
    assert app.query_params["languages"] == "sw,en"
    app.number_input(key="adapt_labelled_examples").set_value(3000).run()
    assert app.query_params["labelled_examples"] == "3000"
    assert not app.exception


def test_a_worked_example_fills_the_form(show: Show, filled: Path) -> None:
    app = show("adaptation").app
    app.selectbox(key="adapt_example").select("medical-notes").run()
    assert not app.exception
    assert app.query_params["domain"] == "medical"
    assert app.selectbox(key="adapt_data_may_leave").value == "No"


def test_a_hostile_domain_stays_text(show: Show, filled: Path) -> None:
    html = show("adaptation", domain="<script>alert(1)</script> {} $x$").html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_empty_store_gives_the_plan_and_says_that_no_paper_speaks_of_it(show: Show) -> None:
    html = show("adaptation", domain="medical").html
    assert "Adaptation to Medical Domain" in html
    assert "no paper of the store on this in the domain" in html
    assert "0 relevant papers" in html
    assert html.count("too few") == 6


def test_the_page_reads_while_another_process_writes(show: Show, filled: Path) -> None:
    with sqlite3.connect(filled, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE paper SET title = 'Changed, not yet committed'")
        html = show("adaptation", domain="invented").html
        writer.execute("ROLLBACK")
    assert "Retrieval of invented facts" in html
    assert "not yet committed" not in html
