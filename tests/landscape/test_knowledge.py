"""Knowledge read from both ends: pages, entries and papers, and the addresses of the pages."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.knowledge import KINDS, KnowledgeIndex, carried_over, group_label, knowledge_index
from landscape.knowledge_search import KnowledgeSearch, knowledge_search
from landscape.links import KnowledgeState, from_knowledge_query, to_knowledge_query
from taxonomy.knowledge import EntryGroup, KnowledgeEntry, load_knowledge
from taxonomy.library import LibraryIds, LibraryPaper, load_library
from taxonomy.loader import load_taxonomy
from taxonomy.pages import HEADINGS, PageFront, TopicPage, load_pages
from taxonomy.samples import read_grid
from taxonomy.versions import save_version

PEFT, RAG, QUANTISATION = "training/model/peft", "inference/context/rag", "inference/model/quantisation"
SUMMARY = "A summary that is long enough to be one, of an invented thing that no one has made yet."


def _paper(number: int, **ids: str) -> LibraryPaper:
    return LibraryPaper(
        title=f"Paper {number}",
        authors=("Ada One",),
        year=2024,
        venue="ACL",
        ids=LibraryIds(**(ids or {"arxiv": f"2401.{number:05d}"})),
        cell="training/model",
        topics=(PEFT,),
        summary=SUMMARY,
    )


def _entry(entry_id: str, name: str, **more: Any) -> KnowledgeEntry:
    values = {"group": "fine-tuning", "topics": (PEFT,), "source": "arxiv:2401.00001", "summary": SUMMARY}
    return KnowledgeEntry(id=entry_id, name=name, **{**values, **more})


def _page() -> TopicPage:
    front = PageFront(
        id=PEFT,
        title="PEFT",
        terms=("Widgets", "rank", "bits"),
        neighbours=(RAG, "training/model"),
        start_with=tuple(f"arxiv:2401.0000{number}" for number in range(1, 6)),
        methods=("Widget", "nothing known"),
        datasets=("GQA", "Set bench"),
        measures=("Score",),
    )
    return TopicPage(front=front, body="## What it is\nA [sixth](paper:acl:2024.acl-long.6) one.")


@pytest.fixture(scope="module")
def small() -> KnowledgeIndex:
    """Five entries, one page, six papers: every kind of link once."""
    entries = (
        _entry("method/widget", "Widget", year=2023, route="peft", papers=("arxiv:2401.00001",)),
        _entry("method/elder", "Élder-widget", year=2021, related=("method/widget",), also=("Ancestor",)),
        _entry("model/tiny", "Tiny 2", group="general model", topics=(RAG,), papers=("arxiv:2401.00006",)),
        _entry("method/gqa", "GQA", group="attention", topics=(RAG,)),
        _entry("method/bench", "Set bench", group="evaluation", topics=(RAG,)),
        _entry("concept/route-peft", "Little tuning", group="route", route="peft", also=("Widget",)),
    )
    papers = [_paper(number) for number in range(1, 6)]
    papers.append(_paper(6, acl="2024.acl-long.6", arxiv="2401.00006"))
    return KnowledgeIndex(load_taxonomy(), {PEFT: _page()}, entries, papers)


def test_a_page_shows_what_hangs_on_its_topic(small: KnowledgeIndex) -> None:
    page = small.page(PEFT)
    assert page is not None
    assert page.place.label == "PEFT"
    assert page.place.cell_label == "Training Pipeline × Model"
    assert [entry.id for entry in page.entries] == ["method/elder", "method/widget", "concept/route-peft"]
    assert [paper.title for paper in page.start_with] == [f"Paper {number}" for number in range(1, 6)]
    assert page.start_with[0].why == SUMMARY
    assert page.start_with[0].url == "https://arxiv.org/abs/2401.00001"
    assert [place.id for place in page.neighbours] == [RAG, "training/model"]
    assert page.papers["acl:2024.acl-long.6"].title == "Paper 6"
    assert page.sections[0][0] == "What it is"


def test_named_things_lead_to_their_entries_where_they_mean_the_same(small: KnowledgeIndex) -> None:
    page = small.page(PEFT)
    assert page is not None
    # A concept bears the name too; plural and singular are one name.
    assert [named.entry for named in page.methods] == ["method/widget", None]
    assert page.terms[0].entry == "method/widget"
    # A benchmark is at home everywhere; a kind of attention is no data set of another topic.
    assert {named.text: named.entry for named in page.datasets} == {"GQA": None, "Set bench": "method/bench"}


def test_a_cell_has_its_topics_and_a_place_without_a_written_page_still_has_one(
    small: KnowledgeIndex,
) -> None:
    page = small.page("training/model")
    assert page is not None
    assert page.place.is_cell
    assert PEFT in [topic.id for topic in page.topics]
    assert page.sections == ()
    assert small.page("training/nothing") is None


def test_an_entry_leads_on_and_is_led_to(small: KnowledgeIndex) -> None:
    widget = small.entry("method/widget")
    assert widget is not None
    assert [entry.id for entry in widget.related] == ["method/elder"]  # which names it
    assert widget.route is not None
    assert widget.route.id == "concept/route-peft"
    route = small.entry("concept/route-peft")
    assert route is not None
    assert route.route is None
    assert [entry.id for entry in route.takes_route] == ["method/widget"]
    tiny = small.entry("model/tiny")
    assert tiny is not None
    assert tiny.papers[0].key == "acl:2024.acl-long.6"  # named by its arXiv id
    assert tiny.source_url == "https://arxiv.org/abs/2401.00001"
    assert small.entry("model/none") is None


def test_a_paper_is_found_by_any_of_its_ids(small: KnowledgeIndex) -> None:
    mentions = small.mentions({"arxiv": "2401.00006"})
    assert [place.id for place in mentions.pages] == [PEFT]
    assert [entry.id for entry in mentions.entries] == ["model/tiny"]
    nowhere = small.mentions({"arxiv": "9999.99999"})
    assert nowhere.pages == nowhere.entries == ()


def test_groups_are_oldest_first(small: KnowledgeIndex) -> None:
    first, *_ = small.groups("method")
    assert first.label == "Fine-tuning"
    assert [entry.id for entry in first.entries] == ["method/elder", "method/widget"]
    assert [group.id for group in small.groups("model")] == ["general model"]


def test_every_group_has_a_heading_of_its_own() -> None:
    labels = [group_label(group) for group in get_args(EntryGroup)]
    assert len(set(labels)) == len(labels)
    assert group_label("general model") == "General models"
    assert group_label("alignment") == "Alignment"


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("widget", "method/widget"),
        ("WIDGETS", "method/widget"),
        ("elder widget", "method/elder"),
        ("elderwidget", "method/elder"),
        ("ancestor", "method/elder"),
    ],
)
def test_search_puts_the_name_first(small: KnowledgeIndex, words: str, best: str) -> None:
    hits = KnowledgeSearch(small).find(words)
    assert hits.kinds[0] == "method"
    assert hits.entries["method"][0].id == best


def test_search_of_the_shipped_entries_meets_how_people_write() -> None:
    search = knowledge_search()
    assert search.find("Llama 2").entries["model"][0].id == "model/llama-2"
    assert search.find("llama2").entries["model"][0].id == "model/llama-2"
    assert search.find("gpt 4").entries["model"][0].id == "model/gpt-4"
    assert search.find("Quantization").places[0].id == QUANTISATION
    assert search.find("rag").places[0].id == RAG
    assert "method/lora" in [entry.id for entry in search.find("fine-tuning").entries["method"]]
    # By term of a page: a word that no label holds.
    assert QUANTISATION in [place.id for place in search.find("activation outliers").places]


@pytest.mark.parametrize("words", ["", "   ", "***", "zzzzz", "'; drop table", "\x00"])
def test_search_for_nothing_finds_nothing(words: str) -> None:
    hits = knowledge_search().find(words)
    assert hits.total == 0
    assert hits.kinds == ()
    assert all(hits.count(kind) == 0 for kind in ("topic", *KINDS))


@given(words=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_words_can_be_searched_for(words: str) -> None:
    hits = knowledge_search().find(words)
    assert hits.total == sum(hits.count(kind) for kind in hits.kinds)


def test_everything_that_ships_has_a_page() -> None:
    index, taxonomy = knowledge_index(), load_taxonomy()
    for place in (*taxonomy.cells, *taxonomy.topic_by_id):
        page = index.page(place)
        assert page is not None
        assert tuple(heading for heading, _ in page.sections) == HEADINGS
        assert len(page.start_with) == 5
        assert page.neighbours
        named = {run.paper for _, bs in page.sections for b in bs for i in b.items for run in i if run.paper}
        assert named == set(load_pages()[place].papers) == set(page.papers)
    for entry in load_knowledge():
        view = index.entry(entry.id)
        assert view is not None
        assert view.places
        assert view.source_url
        assert len(view.papers) == len(entry.papers)


def test_every_paper_that_a_page_or_an_entry_names_leads_back_to_it() -> None:
    index = knowledge_index()
    by_key = {paper.key: paper.ids.model_dump(exclude_none=True) for paper in load_library()}
    for place, page in index.pages.items():
        for paper in index.page(place).start_with:  # type: ignore[union-attr]
            assert place in [one.id for one in index.mentions(by_key[paper.key]).pages]
        assert page.front.start_with
    for entry in load_knowledge():
        for paper in index.entry(entry.id).papers:  # type: ignore[union-attr]
            assert entry in index.mentions(by_key[paper.key]).entries


STATES = st.builds(
    KnowledgeState,
    kind=st.none() | st.sampled_from(["topic", "model", "method", "concept"]),
    words=st.text(min_size=1, max_size=40).filter(lambda t: t == t.strip() and t.isprintable()) | st.just(""),
    page=st.none() | st.sampled_from([PEFT, "training/model"]),
    entry=st.none(),
    paper=st.none() | st.sampled_from(["acl:2022.acl-long.107", "doi:10.1/a?b&c=d#e"]),
)


@given(state=STATES)
@settings(max_examples=100, deadline=None)
def test_every_state_survives_its_link(state: KnowledgeState) -> None:
    assert from_knowledge_query(parse_qs(to_knowledge_query(state))) == state


def test_links_are_short_and_readable() -> None:
    assert to_knowledge_query(KnowledgeState()) == ""
    assert to_knowledge_query(KnowledgeState(entry="model/llama-2")) == "entry=model/llama-2"
    assert to_knowledge_query(KnowledgeState(page=PEFT)) == f"page={PEFT}"
    assert to_knowledge_query(KnowledgeState(kind="method", words="a b")) == "kind=method&words=a+b"


@pytest.mark.parametrize(
    "query",
    [
        {"entry": "product/x"},
        {"entry": "model/<b>"},
        {"page": "1"},
        {"page": "a/b/c/d"},
        {"kind": "paper"},
        {"words": "x" * 301},
        {"paper": "no-scheme"},
        {"entry": ["model/a\n"]},
    ],
)
def test_what_makes_no_sense_is_ignored(query: dict[str, str | list[str]]) -> None:
    if query == {"entry": ["model/a\n"]}:
        assert from_knowledge_query(query) == KnowledgeState(entry="model/a")
    else:
        assert from_knowledge_query(query) == KnowledgeState()


def test_an_entry_stands_before_a_page() -> None:
    assert from_knowledge_query({"entry": "model/a", "page": PEFT}) == KnowledgeState(entry="model/a")


def test_pages_and_entries_follow_a_topic_that_was_renamed_or_given_up() -> None:
    data = load_taxonomy().model_dump(mode="json", by_alias=True)
    gone, renamed, new = "training/model/ensemble", "training/model/peft", "training/model/small-updates"
    data["version"] = "1.1"
    data["topics"] = [topic for topic in data["topics"] if topic["id"] != gone]
    for topic in data["topics"]:
        topic["excludes"] = [each for each in topic["excludes"] if each["see"] not in (gone, renamed)]
        topic["id"] = new if topic["id"] == renamed else topic["id"]
    data["redirects"] = [
        {"from": renamed, "to": new, "since": "1.1", "reason": "Another name"},
        {"from": gone, "to": None, "since": "1.1", "reason": "It was given up"},
    ]
    taxonomy = type(load_taxonomy()).model_validate(data)
    pages, entries = carried_over(taxonomy, load_pages(), load_knowledge())
    index = KnowledgeIndex(taxonomy, pages, entries, load_library())
    page = index.page(renamed)
    assert page is not None
    assert page.place.id == new
    assert page.sections
    assert index.page(gone) is None
    for entry in entries:
        assert index.entry(entry.id) is not None
    for place in index.places:
        assert index.page(place) is not None


def test_another_grid_has_its_own_notes_and_nothing_else(tmp_path, monkeypatch) -> None:
    save_version(read_grid("clinical-nlp"), tmp_path)
    monkeypatch.setenv("LANDSCAPE_HOME", str(tmp_path))
    index = knowledge_index()
    page = index.page("serving/method/coding")
    assert page is not None
    assert page.place.note.startswith("Codes for billing")
    assert (page.sections, index.entries) == ((), {})
    assert [hit.id for hit in KnowledgeSearch(index).find("ICD coding").places] == ["serving/method/coding"]
