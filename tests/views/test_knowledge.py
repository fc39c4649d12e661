"""The Knowledge page as the app shows it: overview, kinds, pages, entries, and what is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from landscape.knowledge import index_of_version, knowledge_index
from views.navigation import _PAGES

PEFT, RAG = "training/model/peft", "inference/context/rag"
HOSTILE = "<img src=x onerror=alert(1)> `c` [x](javascript:alert(1)) $x$"


def test_page_is_one_of_the_app() -> None:
    paths = [entry.path for entry in _PAGES]
    assert paths.count("knowledge") == 1
    assert {"", "papers"} <= set(paths)


def test_overview_is_the_grid_in_small(filled: Path, show: Callable) -> None:
    page = show("knowledge")
    assert not page.app.exception
    assert len(re.findall(r'class="ls-cell" ', page.html)) == 18
    assert len(re.findall(r'class="ls-chip" ', page.html)) == 44
    assert f'href="knowledge?page={PEFT}"' in page.html
    assert 'href="knowledge?page=inference/prediction-tasks"' in page.html
    tabs = re.sub(r"<[^>]+>", "", page.html)
    for label in ("Topics and cells 62", "Models 159", "Methods 239", "Concepts 79"):
        assert label in tabs


@pytest.mark.parametrize("kind", ["model", "method", "concept"])
def test_each_kind_lists_all_its_entries_by_group(filled: Path, show: Callable, kind: str) -> None:
    page = show("knowledge", kind=kind)
    assert not page.app.exception
    index = knowledge_index()
    assert page.html.count('class="ls-card"') == len(index.of_kind(kind))  # type: ignore[arg-type]
    for group in index.groups(kind):  # type: ignore[arg-type]
        assert f'{group.label} <span class="ls-count">{len(group.entries)}</span>' in page.html
    assert f'data-focus="tab-{kind}" href="knowledge?kind={kind}" aria-current="page"' in page.html


def test_search_shows_hits_of_every_kind_the_best_first(filled: Path, show: Callable) -> None:
    html = show("knowledge", words="llama").html
    assert html.index('id="hits-model"') < html.index(">LLaMA<") < html.index('id="hits-method"')
    assert re.search(r'kind=model&amp;words=llama">All \d+ models', html)
    html = show("knowledge", words="llama 2").html
    assert 'href="knowledge?entry=model/llama-2&amp;words=llama+2"' in html
    assert 'data-focus="tab-all" href="knowledge?words=llama+2" aria-current="page"' in html


def test_words_are_written_to_the_address(filled: Path, show: Callable) -> None:
    page = show("knowledge", kind="method", page=PEFT)
    page.app.text_input(key="knowledge_words").set_value(" low-rank ").run()
    assert page.app.query_params["words"] == "low-rank"
    assert page.app.query_params["kind"] == "method"
    assert "page" not in page.app.query_params
    assert ">LoRA<" in page.html
    page.app.text_input(key="knowledge_words").set_value("").run()
    assert "words" not in page.app.query_params


def test_search_without_hits_says_what_to_do(filled: Path, show: Callable) -> None:
    html = show("knowledge", words="zzzz").html
    assert "No entry matches “zzzz”" in html
    assert '<a data-here href="knowledge">Show everything</a>' in html
    html = show("knowledge", kind="model", words="llm-as-a-judge").html
    assert "No model matches" in html
    assert re.search(r'href="knowledge\?kind=method&amp;words=[^"]*">\d+ methods?<', html)


def test_topic_page_has_the_live_count_and_leads_to_chart_and_list(filled: Path, show: Callable) -> None:
    page = show("knowledge", page=RAG)
    assert not page.app.exception
    assert ">On the chart: 31 papers</a>" in page.html
    assert f'href="./?topic={RAG}"' in page.html
    assert f'href="papers?topic={RAG}"' in page.html
    assert 'href="knowledge?page=inference/context">Inference Pipeline × Context' not in page.html
    assert "<bdi>Inference Pipeline × Context</bdi>" in page.html
    # The invented store holds none of the library: papers lead to their source, not to nothing.
    assert "paper=" not in page.html
    assert "https://arxiv.org/abs/2005.11401" in page.html


def test_cell_page_has_its_topics(filled: Path, show: Callable) -> None:
    page = show("knowledge", page="training/model")
    assert not page.app.exception
    assert "On the chart: 6 papers" in page.html
    assert f'href="knowledge?page={PEFT}"' in page.html
    assert 'href="./?cell=training/model"' in page.html


def test_entry_page_says_its_facts(filled: Path, show: Callable) -> None:
    page = show("knowledge", entry="model/llama-2")
    assert not page.app.exception
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.html))
    for part in ("LLaMA 2", "Year 2023", "By Meta AI", "Parameters 7B, 13B and 70B", "0 papers on the chart"):
        assert part in text
    assert 'href="knowledge?page=training/prediction-tasks/token-prediction"' in page.html
    assert 'href="https://arxiv.org/abs/2307.09288"' in page.html
    assert 'href="knowledge?entry=model/llama-3"' in page.html


def test_paper_opened_from_a_page_leads_back_to_it(filled: Path, show: Callable) -> None:
    html = show("knowledge", page=RAG, paper="arxiv:2401.00001").html
    assert "Retrieval of invented facts, part 1" in html
    assert f'href="knowledge?page={RAG}">‹ Back to RAG*</a>' in html
    html = show("knowledge", entry="method/lora", paper="arxiv:2401.00001").html
    assert 'href="knowledge?entry=method/lora">‹ Back to LoRA</a>' in html
    html = show("knowledge", paper="arxiv:9999.99999").html
    assert "No paper in the store has this id" in html
    assert '<a data-here href="knowledge">Back to Knowledge</a>' in html


def test_paper_page_links_its_topics_pages(filled: Path, show: Callable) -> None:
    html = show("papers", paper="arxiv:2401.00001").html
    assert "In the knowledge pages" in html
    assert f'href="knowledge?page={RAG}"><bdi>RAG*</bdi></a>' in html
    assert 'href="knowledge?page=inference/context"' in html
    assert "In the knowledge pages" not in show("papers", paper="arxiv:2401.00040").html


def test_chart_and_list_lead_to_the_page(filled: Path, show: Callable) -> None:
    assert f'href="knowledge?page={RAG}">About this topic</a>' in show("landscape", topic=RAG).html
    cell = show("landscape", cell="training/model").html
    assert 'href="knowledge?page=training/model">About this cell</a>' in cell
    listed = show("papers", topic=RAG).html
    assert f'href="./?topic={RAG}">On the chart</a>' in listed
    assert f'href="knowledge?page={RAG}">About RAG*</a>' in listed
    assert 'href="?">‹ All papers</a>' in listed


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ({"entry": "model/llama-9"}, "knowledge?entry=model/llama"),
        ({"page": "training/model/pefft"}, None),
        ({"page": "inference/nowhere"}, None),
    ],
)
def test_unknown_names_are_named_with_a_way_on(
    filled: Path, show: Callable, query: dict[str, str], suggestion: str | None
) -> None:
    page = show("knowledge", **query)
    assert not page.app.exception
    (asked,) = query.values()
    assert f"“{asked}” is no topic, cell, model, method or concept." in page.html
    assert len(re.findall(r'class="ls-chip" ', page.html)) == 44
    if suggestion:
        assert f'href="{suggestion}' in page.html


def test_hostile_words_stay_text(filled: Path, show: Callable) -> None:
    for query in ({"words": HOSTILE}, {"entry": HOSTILE}, {"page": HOSTILE}, {"kind": HOSTILE}):
        page = show("knowledge", **query)
        assert not page.app.exception
        assert "<img" not in page.html
        assert 'href="javascript' not in page.html
        assert not page.app.markdown


def test_empty_store_still_has_the_pages(show: Callable) -> None:
    assert len(re.findall(r'class="ls-chip" ', show("knowledge").html)) == 44
    page = show("knowledge", page=RAG)
    assert not page.app.exception
    assert "On the chart: 0 papers" in page.html


def test_chart_does_without_the_pages(filled: Path, show: Callable) -> None:
    index_of_version.cache_clear()
    assert not show("landscape", topic=RAG).app.exception
    assert index_of_version.cache_info().currsize == 0
    assert not show("papers").app.exception
    assert index_of_version.cache_info().currsize == 0
    assert not show("knowledge").app.exception
    assert index_of_version.cache_info().currsize == 1
