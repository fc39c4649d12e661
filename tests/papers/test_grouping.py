from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.grouping import match_units, resolve
from papers.likeness import MatchFacts
from papers.matching import MatchVerdict, conflicting_ids

ONE_TITLE = MatchVerdict("same", "one title", 1.0, one_title=True)
ALIKE = MatchVerdict("same", "alike", 0.6)


def ids(*names: str) -> dict[int, frozenset[str]]:
    return {number: frozenset([name]) for number, name in enumerate(names, 1)}


def test_what_matches_is_one_work() -> None:
    units = ids("arxiv:2303.00001", "acl:2023.x-1.1", "s2:CorpusId:1")
    assert resolve(units, {(1, 2): ALIKE, (2, 3): ONE_TITLE}) == [frozenset({1, 2, 3})]


def test_a_preprint_that_matches_two_papers_belongs_to_neither() -> None:
    units = ids("arxiv:2303.00001", "acl:2023.x-1.1", "acl:2023.x-1.2")
    apart = [frozenset({1}), frozenset({2}), frozenset({3})]
    assert resolve(units, {(1, 2): ONE_TITLE, (1, 3): ONE_TITLE}) == apart


def test_one_title_outranks_a_likeness() -> None:
    units = ids("arxiv:2303.00001", "acl:2023.x-1.1", "acl:2023.x-1.2")
    found = resolve(units, {(1, 2): ONE_TITLE, (1, 3): ALIKE})
    assert found == [frozenset({1, 2}), frozenset({3})]


def test_a_chain_that_ends_in_a_contradiction_is_not_taken() -> None:
    units = ids("arxiv:2303.00001", "s2:CorpusId:1", "s2:CorpusId:2", "arxiv:2303.00002")
    found = resolve(units, {(1, 2): ONE_TITLE, (2, 3): ONE_TITLE, (3, 4): ONE_TITLE})
    assert found == [frozenset({number}) for number in (1, 2, 3, 4)]


def test_a_person_joins_what_ids_keep_apart() -> None:
    units = ids("arxiv:2303.00001", "arxiv:2303.00002", "acl:2023.x-1.1")
    found = resolve(units, {(1, 3): ONE_TITLE}, joined=[(1, 2)])
    assert found == [frozenset({1, 2, 3})]


def test_a_person_keeps_apart_what_the_rule_would_join() -> None:
    units = ids("arxiv:2303.00001", "acl:2023.x-1.1")
    found = resolve(units, {(1, 2): ONE_TITLE}, kept_apart=[(2, 1)])
    assert found == [frozenset({1}), frozenset({2})]


def test_an_early_title_counts_as_much_as_the_last_one() -> None:
    names = ("Ada One", "Bo Two")
    unit_ids = frozenset(["arxiv:2303.00001"])
    early = MatchFacts(unit_ids, "Counting Sheep with Small Language Models", names, 2023)
    late = MatchFacts(unit_ids, "A Late and Very Different Heading", names, 2023)
    paper = MatchFacts(
        frozenset(["acl:2023.x-1.1"]), "Counting Sheep with Small Language Models", names, 2023
    )
    assert match_units([late], [paper]).verdict != "same"
    assert (
        match_units([late, early], [paper]).verdict == match_units([early, late], [paper]).verdict == "same"
    )


NAMES = (
    "arxiv:2303.00001", "arxiv:2303.00002", "acl:2023.x-1.1", "acl:2023.x-1.2", "s2:CorpusId:1",
    "s2:CorpusId:2",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([(a, b) for a in range(1, 7) for b in range(a + 1, 7)]),
        st.sampled_from([ONE_TITLE, ALIKE]),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_links_does_not_matter_and_no_group_contradicts_itself(edges, random) -> None:
    units = ids(*NAMES)
    found = resolve(units, edges)
    shuffled = list(edges.items())
    random.shuffle(shuffled)
    assert resolve(dict(reversed(units.items())), dict(shuffled)) == found
    assert sorted(number for group in found for number in group) == list(units)
    for group in found:
        for a, b in permutations(group, 2):
            assert conflicting_ids(units[a], units[b]) == ""


@pytest.mark.parametrize("order", list(permutations([(1, 2), (1, 3), (2, 4)])))
def test_the_last_word_decides_not_the_first(order: tuple[tuple[int, int], ...]) -> None:
    units = ids("s2:CorpusId:1", "s2:CorpusId:2", "s2:CorpusId:3", "s2:CorpusId:4")
    assert resolve(units, {}, joined=order) == [frozenset({1, 2, 3, 4})]
