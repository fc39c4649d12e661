from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.blocking import SKETCH_SHINGLES, candidates, is_sketch, worth_comparing
from papers.draft import AuthorDraft, PaperDraft
from papers.ids import parse_external_id
from papers.likeness import MatchFacts
from papers.matching import conflicting_ids, match

TITLE = "Counting Sheep with Small Language Models"
ABSTRACT = (
    "We ask whether small language models count sheep as shepherds do. Over nine pastures and three"
    " breeds they miss every seventh lamb, and we trace the loss to the heads that attend to fences."
)
REWRITTEN = (
    "Shepherds have long counted their flocks at dusk. This study measures small language models on"
    " the pasture benchmark, where lambs behind fences go missing from the count."
)
WORKED_OVER = (
    "Do small language models count sheep the way shepherds do? Over nine pastures and three breeds we find"
    " that every seventh lamb is missed. Heads that attend to fences explain the loss, as we trace in detail."
)
AUTHORS = ("Ada One", "Bo Two", "Cy Three")
PREPRINT = MatchFacts(frozenset(["arxiv:2303.00001"]), TITLE, AUTHORS, 2023, ABSTRACT)
PAPER = MatchFacts(
    frozenset(["acl:2023.x-1.1", "doi:10.18653/v1/2023.x-1.1"]), TITLE, AUTHORS, 2023, ABSTRACT
)


def verdict(a: MatchFacts, b: MatchFacts) -> str:
    found = match(a, b)
    assert found == match(b, a)
    assert 0 <= found.score <= 1
    assert found.reason
    return found.verdict


def test_one_title_and_agreeing_authors_are_one_work_whatever_the_abstract_says() -> None:
    assert (
        verdict(PREPRINT, replace(PAPER, abstract="Quite other words about quite another matter.")) == "same"
    )
    assert match(PREPRINT, PAPER).one_title


def test_one_title_and_other_authors_are_for_a_person() -> None:
    assert verdict(PREPRINT, replace(PAPER, authors=("Di Four", "Ed Five"))) == "unsure"


def test_a_name_may_stand_in_either_order_of_authors() -> None:
    assert verdict(PREPRINT, replace(PAPER, authors=("C. Three", "A. One", "B. Two"))) == "same"


def test_without_authors_one_title_needs_abstracts_that_do_not_disagree() -> None:
    silent = replace(PREPRINT, authors=())
    assert verdict(silent, PAPER) == "same"
    assert verdict(silent, replace(PAPER, abstract=REWRITTEN)) == "same"
    other = "Protein folding under pressure remains open; crystals grown in orbit resolve two chains."
    assert verdict(silent, replace(PAPER, abstract=other)) == "unsure"


def test_a_short_title_without_authors_is_no_evidence() -> None:
    silent = replace(PREPRINT, authors=(), title="Sheep Counting", abstract=None)
    assert verdict(silent, replace(PAPER, title="Sheep Counting")) == "unsure"


def test_one_title_years_apart_is_for_a_person() -> None:
    assert verdict(PREPRINT, replace(PAPER, year=2031)) == "unsure"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"arxiv:2303.00001"}, {"arxiv:2303.00002"}),
        ({"acl:2024.acl-short.69"}, {"acl:2024.acl-short.70"}),
        ({"acl:2023.acl-long.1"}, {"neurips:2023/" + "0a" * 16}),
        ({"doi:10.18653/v1/a"}, {"doi:10.18653/v1/b"}),
        ({"openreview:abcdefghij"}, {"openreview:klmnopqrst"}),
    ],
)
def test_two_ids_of_one_kind_are_two_works_whatever_the_texts_say(a: set[str], b: set[str]) -> None:
    assert conflicting_ids(a, b)
    assert verdict(replace(PREPRINT, ids=frozenset(a)), replace(PAPER, ids=frozenset(b))) == "different"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"arxiv:2303.00001"}, {"acl:2023.acl-long.1"}),
        ({"openreview:abcdefghij"}, {"neurips:2023/" + "0a" * 16}),
        ({"doi:10.18653/v1/a"}, {"doi:10.1162/b"}),
        ({"s2:CorpusId:1"}, {"s2:CorpusId:2"}),
        ({"arxiv:2303.00001", "acl:2023.x-1.1"}, {"arxiv:2303.00001", "acl:2023.x-1.1"}),
        (set(), {"url:https://example.org/a"}),
    ],
)
def test_ids_that_one_work_may_bear_forbid_nothing(a: set[str], b: set[str]) -> None:
    assert conflicting_ids(a, b) == conflicting_ids(b, a) == ""


def test_a_changed_title_needs_agreeing_authors_and_likeness() -> None:
    changed = replace(PAPER, title="How Well Do Small Language Models Count Sheep?")
    assert verdict(PREPRINT, changed) == "same"
    assert verdict(PREPRINT, replace(changed, authors=("Di Four", "Ed Five"))) == "different"
    far = replace(changed, title="Shepherds at Dusk", abstract=REWRITTEN)
    assert verdict(PREPRINT, far) == "different"


def test_without_authors_a_changed_title_needs_a_copied_abstract() -> None:
    silent = replace(PREPRINT, authors=())
    changed = replace(PAPER, title="How Well Do Small Language Models Count Sheep?")
    assert verdict(silent, changed) == "same"
    half = f"{ABSTRACT[:90]} {REWRITTEN}"
    assert verdict(silent, replace(changed, abstract=half)) == "unsure"


def test_a_name_before_the_colon_speaks_for_itself() -> None:
    one = replace(PREPRINT, title="BaaBench: Counting Sheep", abstract=None)
    assert verdict(one, replace(PAPER, title="BaaBench: A Pasture for Models")) == "same"
    two = replace(PAPER, title="BaaBench-Code: Counting Sheep", abstract=None)
    assert verdict(one, two) == "unsure"
    position = replace(PREPRINT, title="Position: Sheep Should Be Counted", abstract=None)
    assert verdict(position, replace(PAPER, title="Position: Goats Are Overlooked")) == "different"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            "Overview of PastureLab 2024: the Twelfth Count",
            "Overview of PastureLab 2025: the Thirteenth Count",
        ),
        ("BaaBench: Counting Sheep", "BaaBench v2.0: Counting Sheep"),
        ("BaaBench: Counting Sheep", "BaaBench++: Counting Sheep"),
        ("The First Count of Sheep by Models", "The Second Count of Sheep by Models"),
    ],
)
def test_editions_are_never_joined(a: str, b: str) -> None:
    assert verdict(replace(PREPRINT, title=a), replace(PAPER, title=b)) == "unsure"


def test_a_preprint_of_a_later_year_under_another_title_follows_the_paper_up() -> None:
    late = replace(PREPRINT, title="How Well Do Small Language Models Count Sheep?", year=2024)
    assert verdict(late, PAPER) == "unsure"


def test_an_abstract_that_stands_under_a_strange_title_by_mistake_joins_nothing() -> None:
    strange = replace(PAPER, title="ZORP: Orbits of Distant Moons", authors=AUTHORS)
    assert verdict(PREPRINT, strange) != "same"


def test_a_notice_is_not_the_paper() -> None:
    assert verdict(PREPRINT, replace(PAPER, title=f"Erratum: {TITLE}")) == "different"


@pytest.mark.parametrize("title", ["Preface", "Editorial", "Book Reviews"])
def test_a_title_that_many_bear_proves_nothing(title: str) -> None:
    assert verdict(replace(PREPRINT, title=title), replace(PAPER, title=title)) == "different"


def test_facts_come_from_the_draft() -> None:
    draft = PaperDraft(
        source="arxiv", source_id="2303.00001", title=TITLE, abstract=ABSTRACT, year=2023,
        authors=tuple(AuthorDraft(name=name) for name in AUTHORS),
        external_ids=(parse_external_id("10.48550/arXiv.2303.00001"), parse_external_id("2303.00001v2")),
    )  # fmt: skip
    assert MatchFacts.of(draft) == PREPRINT


def test_authors_in_full_and_much_wording_carry_a_changed_title() -> None:
    """Preprint and paper of one group, the abstract worked over: 2024.acl-long.517 and the like."""
    told = replace(PAPER, title="Where Small Language Models Lose Their Lambs", abstract=WORKED_OVER)
    assert verdict(PREPRINT, told) == "same"
    assert verdict(replace(PREPRINT, authors=()), told) == "unsure"
    sister = replace(told, authors=(*AUTHORS, "Di Four", "Ed Five"))
    assert verdict(PREPRINT, sister) != "same"


def test_a_near_title_alone_proves_nothing_even_of_the_same_authors() -> None:
    """2023.eacl-main.134 and 2023.findings-acl.596 have two thirds of their title words in common."""
    silent = replace(PREPRINT, abstract=None)
    assert verdict(silent, replace(PAPER, title="Counting Goats with Small Language Models")) == "unsure"


def test_a_name_that_goes_on_from_another_names_a_sequel() -> None:
    """RetroMAE and RetroMAE-2 (2022.emnlp-main.35): five words of six, the same authors."""
    one = replace(PREPRINT, title="BaaBench: Counting Sheep with Small Language Models")
    assert (
        verdict(one, replace(PAPER, title="BaaBench-2: Counting Sheep with Small Language Models"))
        == "unsure"
    )
    assert (
        verdict(one, replace(PAPER, title="LambBench: Counting Sheep with Small Language Models")) == "same"
    )


def test_reports_of_two_events_are_two_papers() -> None:
    one = replace(
        PREPRINT, title="Baa at SheepEval-2025 Task 8: Counting with Small Models", abstract=ABSTRACT
    )
    two = replace(
        PAPER, title="Baa at GoatLEF-2025 Pasture Task: Counting with Small Models", abstract=ABSTRACT
    )
    assert verdict(one, two) == "unsure"


def test_records_of_one_work_are_worth_comparing() -> None:
    keys = set(candidates(PREPRINT))

    def near(facts: MatchFacts) -> bool:
        return worth_comparing(keys, candidates(facts))

    assert near(PAPER)
    assert near(replace(PAPER, title="Else", abstract=None))  # by authors
    assert near(replace(PAPER, title="Else", authors=()))  # by abstract
    assert near(MatchFacts(frozenset(), "Models of Small Language Counting Sheep"))
    assert near(MatchFacts(frozenset(), f"BaaBench: {TITLE}"))
    assert not list(candidates(MatchFacts(frozenset(), "Preface")))


def test_one_triple_of_words_in_common_is_not_worth_a_comparison() -> None:
    """Of 21,033 preprints, each was compared to 373 others for one triple ("of large language")."""
    mine = {key for key in candidates(PREPRINT) if is_sketch(key)}
    assert len(mine) == SKETCH_SHINGLES
    assert not worth_comparing(mine, sorted(mine)[:1])
    assert worth_comparing(mine, sorted(mine)[:2])
    everyday = (
        "In this paper, we show that the model is able to improve the performance of large language models."
    )
    assert not list(filter(is_sketch, candidates(MatchFacts(frozenset(), "Else", abstract=everyday))))


texts = st.text(max_size=60)
facts = st.builds(
    MatchFacts,
    ids=st.frozensets(st.sampled_from(["arxiv:2303.00001", "acl:2023.x-1.1", "doi:10.1/a", "s2:CorpusId:1"])),
    title=texts | st.sampled_from([TITLE, "BaaBench: Counting Sheep"]),
    authors=st.lists(texts, max_size=3).map(tuple),
    year=st.none() | st.integers(1990, 2030),
    abstract=st.none() | texts | st.just(ABSTRACT),
)


@settings(max_examples=200, deadline=None)
@given(facts, facts)
def test_any_two_records_get_one_verdict_in_either_order(a: MatchFacts, b: MatchFacts) -> None:
    assert verdict(a, b) in ("same", "different", "unsure")
    if conflicting_ids(a.ids, b.ids):
        assert verdict(a, b) == "different"


@settings(max_examples=100, deadline=None)
@given(facts)
def test_keys_are_distinct_and_the_same_each_time(a: MatchFacts) -> None:
    keys = list(candidates(a))
    assert len(keys) == len(set(keys))
    assert keys == list(candidates(replace(a)))
    assert all(keys)
