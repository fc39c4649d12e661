"""Every link of every Knowledge page leads somewhere, and every page can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html as parser

from landscape.knowledge import KINDS, KnowledgeIndex, knowledge_index
from landscape.knowledge_search import knowledge_search
from landscape.knowledge_types import EntryView, PageView, PaperReference, Place
from landscape.layout import slide_layout
from landscape.links import KnowledgeState, from_knowledge_query, from_query
from landscape.prose import read_prose
from taxonomy.knowledge import KnowledgeEntry
from taxonomy.library import load_library
from taxonomy.loader import load_taxonomy
from views.address import knowledge_href
from views.widgets.knowledge import KnowledgeParts
from views.widgets.markup import web_address

BAD = '"><img src=x onerror=alert(1)> $x$ <b>&'
PAGES = {"", "papers", "knowledge"}  # as registered; tests/views/test_knowledge.py opens them


@pytest.fixture(scope="module")
def held() -> frozenset[str]:
    """Ids of all papers of a store that holds the library."""
    return frozenset(paper.key for paper in load_library())


def _rendered(state: KnowledgeState, held: frozenset[str]) -> str:
    """What the page shows below its bar."""
    index = knowledge_index()
    parts = KnowledgeParts(index, slide_layout(load_taxonomy()), state)
    page = index.page(state.page) if state.page else None
    entry = index.entry(state.entry) if state.entry else None
    if page:
        return parts.page(page, n_papers=7, known=held)
    if entry:
        return parts.entry(entry, n_papers={place.id: 7 for place in entry.places}, known=held)
    if state.words:
        hits = knowledge_search().find(state.words)
        return parts.hits(hits, hits.kinds, None)
    if state.kind in KINDS:
        return parts.groups(index.groups(state.kind))
    return parts.grid()


def _links(html: str) -> Iterator[str]:
    for address in re.findall(r'href="([^"]*)"', html):
        yield unescape(address)


def _check(address: str, html: str, held: frozenset[str]) -> KnowledgeState | None:
    """Fail unless a link leads somewhere; gives the Knowledge page's state where it leads there."""
    index, taxonomy = knowledge_index(), load_taxonomy()
    if address.startswith("#"):
        assert f'id="{address[1:]}"' in html, address
        return None
    parts = urlsplit(address)
    if parts.scheme:
        assert web_address(address) == address
        assert parts.scheme == "https"
        return None
    path = parts.path.removeprefix("./")
    assert path in PAGES, address
    query = parse_qs(parts.query)
    if path != "knowledge":
        asked = from_query(query)
        assert asked.topic in taxonomy.topic_by_id or asked.cell in taxonomy.cells, address
        return None
    state = from_knowledge_query(query)
    assert knowledge_href(state) == address  # nothing of it is ignored
    assert state.page is None or state.page in index.places, address
    assert state.entry is None or state.entry in index.entries, address
    assert state.paper is None or state.paper in held, address
    return state


def test_every_link_leads_somewhere_and_everything_is_reached(held: frozenset[str]) -> None:
    index = knowledge_index()
    waiting = [KnowledgeState(), *(KnowledgeState(kind=kind) for kind in KINDS)]
    seen = set(waiting)
    papers = set()
    while waiting:
        html = _rendered(waiting.pop(), held)
        for address in _links(html):
            state = _check(address, html, held)
            if state is None:
                continue
            if state.paper:
                papers.add(state.paper)
            elif state not in seen:
                seen.add(state)
                waiting.append(state)
    assert {state.page for state in seen if state.page} == set(index.places)
    assert {state.entry for state in seen if state.entry} == set(index.entries)
    assert len(index.places) == 18 + 44
    assert len(papers) > 400


def test_no_page_is_a_dead_end(held: frozenset[str]) -> None:
    index = knowledge_index()
    for state in (
        *(KnowledgeState(page=place) for place in index.places),
        *(KnowledgeState(entry=entry) for entry in index.entries),
    ):
        html = _rendered(state, held)
        targets = set(_links(html))
        assert any(target.startswith("./?") for target in targets)  # to the chart
        onward = {target for target in targets if target.startswith("knowledge?page=")}
        assert onward - {knowledge_href(state)}


def test_papers_that_the_store_lacks_lead_to_their_source() -> None:
    page = _rendered(KnowledgeState(page="inference/model/quantisation"), frozenset())
    assert "paper=" not in page
    assert page.count('href="https://arxiv.org/abs/2210.17323"') >= 1
    entry = _rendered(KnowledgeState(entry="method/lora"), frozenset())
    assert "paper=" not in entry
    assert 'href="https://arxiv.org/abs/2106.09685"' in entry


def test_a_page_shows_all_it_has(held: frozenset[str]) -> None:
    html = _rendered(KnowledgeState(page="inference/model/quantisation"), held)
    page = parser.fromstring(html)
    headings = [heading.text_content().strip() for heading in page.findall(".//h2")]
    for heading in (
        "What it is", "What belongs, and what does not", "Questions people work on", "Since 2023",
        "Neighbours", "Belongs elsewhere", "Typical methods", "Data sets", "Measures", "Terms",
        "Papers to start with",
    ):  # fmt: skip
        assert heading in headings
    (button,) = page.xpath("//a[@class='ls-button']")
    assert button.get("href") == "./?topic=inference/model/quantisation"
    assert button.text_content() == "On the chart: 7 papers"
    assert len(page.xpath("//ol[contains(@class, 'ls-start')]/li")) == 5
    assert 'href="knowledge?entry=method/quantisation-aware-training"' in html
    in_text = page.xpath("//div[@class='ls-prose']//li/a")[0]
    assert in_text.get("href").startswith("knowledge?page=inference/model/quantisation&paper=")
    assert "(20" in in_text.get("title")


def test_what_is_opened_from_hits_leads_back_to_them(held: frozenset[str]) -> None:
    found = KnowledgeState(kind="method", words="lora & co")
    opened = KnowledgeState(kind="method", words="lora", entry="method/lora")
    assert "Search for “lora”" in _rendered(opened, held)
    assert 'href="knowledge?kind=method&amp;words=lora"' in _rendered(opened, held)
    # What is opened from there has nothing to do with the search any more.
    assert 'href="knowledge?entry=method/qlora"' in _rendered(opened, held)
    parts = KnowledgeParts(knowledge_index(), slide_layout(load_taxonomy()), found)
    hits = parts.hits(knowledge_search().find("lora"), ("method",), 2)
    assert 'href="knowledge?entry=method/lora&amp;kind=method&amp;words=lora+%26+co"' in hits
    assert "All 6 methods" in hits


def _hostile() -> tuple[KnowledgeIndex, PageView, EntryView]:
    place = Place("training/model/peft", BAD, "training/model", BAD, BAD)
    paper = PaperReference("arxiv:1", BAD, (BAD,), True, 2024, BAD, BAD, "javascript:alert(1)")
    entry = KnowledgeEntry(
        id="model/bad", name=BAD, also=(BAD,), group="product", who=BAD, size=BAD, domain=BAD,
        summary=BAD * 3, topics=(place.id,), source='https://x"onclick=alert(1)',
    )  # fmt: skip
    prose = read_prose(f"{BAD} [{BAD.replace('[', '')}](javascript:alert(1)) *{BAD}*\n- `{BAD}`")
    page = PageView(
        place=place, also=(BAD,), sections=((BAD, prose),), terms=(), methods=(), datasets=(), measures=(),
        neighbours=(place,), elsewhere=((BAD, place),), topics=(), start_with=(paper,), entries=(entry,),
        papers={},
    )  # fmt: skip
    view = EntryView(
        entry=entry, also=(BAD,), route=entry, places=(place,), papers=(paper,), related=(entry,),
        takes_route=(), source_url=entry.source,
    )  # fmt: skip
    return knowledge_index(), page, view


def test_texts_that_try_to_be_markup_stay_text() -> None:
    index, page, view = _hostile()
    parts = KnowledgeParts(index, slide_layout(load_taxonomy()), KnowledgeState(words=BAD))
    for html in (
        parts.page(page, n_papers=1, known=frozenset()),
        parts.entry(view, n_papers={page.place.id: 1}, known=frozenset()),
        parts.head(BAD, BAD),
    ):
        tree = parser.fromstring(f"<div>{html}</div>")
        assert not tree.xpath("//img | //b | //script | //*[@onerror] | //*[@onclick]")
        assert BAD in tree.text_content()
        for link in tree.iter("a"):
            assert not link.get("href").startswith("javascript:")
