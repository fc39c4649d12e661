from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.merging import merge_drafts, merge_ids, source_rank

ARXIV = ExternalIdDraft(scheme="arxiv", value="2303.01248")


def draft(source: str = "arxiv", version: int | None = None, **fields: object) -> PaperDraft:
    fields.setdefault("title", f"Title by {source}")
    return PaperDraft(
        source=source, source_id=f"{source}-1", source_version=version, **{"external_ids": (ARXIV,), **fields}
    )


def test_proceedings_speak_before_preprint_before_library() -> None:
    library = draft("library", year=2020, venue="EMNLP", abstract="A summary that is longer than any other.")
    preprint = draft(
        "arxiv", year=2022, published=date(2022, 12, 20), abstract="Short abstract.", comment="12 pages"
    )
    proceedings = draft(
        "acl_anthology", year=2023, venue="ACL", pages="1-9", abstract="The abstract, at length."
    )
    merged = {merge_drafts(order) for order in permutations([library, preprint, proceedings])}
    (only,) = merged
    assert (only.title, only.year, only.venue, only.pages) == ("Title by acl_anthology", 2023, "ACL", "1-9")
    assert only.published == date(2022, 12, 20)
    assert only.abstract == "The abstract, at length."
    assert only.comment == "12 pages"
    assert only.source == "acl_anthology"


def test_the_newest_version_speaks() -> None:
    versions = [
        draft(version=n, title=f"Title {n}", abstract=f"Abstract {n}" + "x" * (5 - n)) for n in (1, 3, 2)
    ]
    for order in permutations(versions):
        merged = merge_drafts(order)
        assert (merged.title, merged.source_version, merged.abstract) == ("Title 3", 3, "Abstract 3xx")


def test_of_the_two_doors_of_arxiv_the_one_that_changed_last_speaks() -> None:
    query = draft("arxiv", 1, title="Old", updated=datetime(2023, 1, 1, tzinfo=UTC))
    oai = draft("arxiv_oai", title="New", updated=datetime(2024, 1, 1, tzinfo=UTC))
    assert merge_drafts([query, oai]).title == merge_drafts([oai, query]).title == "New"


def test_the_library_abstract_stands_in_only_where_there_is_none() -> None:
    library = draft("library", abstract="A summary.")
    assert merge_drafts([library, draft("arxiv")]).abstract == "A summary."
    assert merge_drafts([library, draft("arxiv", abstract="Own.")]).abstract == "Own."


def test_a_retraction_by_any_source_counts() -> None:
    assert (
        merge_drafts([draft("acl_anthology"), draft("arxiv", retracted="error in proof")]).retracted
        == "error in proof"
    )


def test_ids_unite_with_the_highest_version_and_arxiv_dois_are_arxiv_ids() -> None:
    ids = [
        ExternalIdDraft(scheme="doi", value="10.48550/arxiv.2303.01248"),
        ExternalIdDraft(scheme="arxiv", value="2303.01248", version=2),
        ExternalIdDraft(scheme="arxiv", value="2303.01248", version=1),
        ExternalIdDraft(scheme="acl", value="P19-1001"),
    ]
    assert [(name.key, name.version) for name in merge_ids(ids)] == [
        ("arxiv:2303.01248", 2),
        ("acl:P19-1001", None),
    ]


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="nothing"):
        merge_drafts([])


def test_sources_that_nobody_ranked_come_between_preprints_and_library() -> None:
    assert source_rank("arxiv") < source_rank("my.bib") < source_rank("library")


DRAFTS = st.builds(
    draft,
    source=st.sampled_from(["acl_anthology", "pmlr", "arxiv", "arxiv_oai", "my.bib", "library"]),
    version=st.sampled_from([None, 1, 2]),
    title=st.sampled_from(["A", "B", "C"]),
    abstract=st.sampled_from([None, "x", "yy", "zz"]),
    venue=st.sampled_from([None, "ACL", "arXiv"]),
    year=st.sampled_from([None, 2022, 2023]),
    authors=st.sampled_from([(), (AuthorDraft(name="A B"),), (AuthorDraft(name="C D"),)]),
    updated=st.sampled_from([None, datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)]),
    source_categories=st.sampled_from([(), ("cs.CL",), ("cs.LG", "cs.CL")]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(DRAFTS, min_size=1, max_size=5), st.randoms())
def test_order_and_repeats_do_not_matter(drafts: list[PaperDraft], random) -> None:
    shuffled = [*drafts, drafts[0]]
    random.shuffle(shuffled)
    assert merge_drafts(shuffled) == merge_drafts(drafts)


def test_a_draft_is_clean_and_capped_whoever_made_it() -> None:
    hostile = PaperDraft(
        source="arxiv", source_id="x", external_ids=(ARXIV,),
        title="A\x00 \u202etitle " + "x" * 5_000, abstract=" \x00 ", updated=datetime(2023, 1, 1),
        authors=tuple(AuthorDraft(name=f"N\u200b{n}", given="") for n in range(3_000)),
    )  # fmt: skip
    assert hostile.title.startswith("A title x") and len(hostile.title) <= 1_000
    assert hostile.abstract is None
    assert (len(hostile.authors), hostile.authors[0].name, hostile.authors[0].given) == (2_000, "N0", None)
    assert hostile.updated == datetime(2023, 1, 1, tzinfo=UTC)
