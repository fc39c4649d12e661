from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import RefusedInputError
from papers.draft import ExternalIdDraft
from papers.ids import (
    SCHEME_ORDER,
    ExternalIdError,
    best_key,
    external_id_url,
    parse_acl_id,
    parse_arxiv_id,
    parse_doi,
    parse_external_id,
    parse_openreview_id,
    parse_pmlr_id,
    title_id,
)

HASH = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "key", "version"),
    [
        ("2303.01248", "arxiv:2303.01248", None),
        ("2303.01248v12", "arxiv:2303.01248", 12),
        ("0704.0001", "arxiv:0704.0001", None),
        ("2501.123456v1", "arxiv:2501.123456", 1),
        ("arXiv:2303.01248v3", "arxiv:2303.01248", 3),
        ("ARXIV: 2303.01248", "arxiv:2303.01248", None),
        ("hep-th/9901001v2", "arxiv:hep-th/9901001", 2),
        ("math.GT/0309136", "arxiv:math/0309136", None),
        ("cmp-lg/9404001", "arxiv:cmp-lg/9404001", None),
        ("arxiv:cond-mat.mes-hall/0703001", "arxiv:cond-mat/0703001", None),
        ("http://arxiv.org/abs/cs/0501001v1", "arxiv:cs/0501001", 1),
        ("https://arxiv.org/pdf/2303.01248v3.pdf", "arxiv:2303.01248", 3),
        ("https://www.arxiv.org/abs/2303.01248?context=cs#x", "arxiv:2303.01248", None),
        ("https://export.arxiv.org/html/2303.01248v1/", "arxiv:2303.01248", 1),
        ("oai:arXiv.org:2207.06591v3", "arxiv:2207.06591", 3),
        ("10.48550/arXiv.2303.01248", "arxiv:2303.01248", None),
        ("doi:10.48550/ARXIV.2303.01248", "arxiv:2303.01248", None),
        ("https://doi.org/10.48550/arXiv.2303.01248", "arxiv:2303.01248", None),
        ("10.18653/v1/P19-1001.", "doi:10.18653/v1/p19-1001", None),
        ("https://dx.doi.org/10.1162/coli%5Fa%5F00001", "doi:10.1162/coli_a_00001", None),
        (
            "doi: 10.1002/(SICI)1097(1998)43:4<338::AID>3.0.CO;2-8",
            "doi:10.1002/(sici)1097(1998)43:4<338::aid>3.0.co;2-8",
            None,
        ),
        ("2023.acl-long.1", "acl:2023.acl-long.1", None),
        ("2022.FINDINGS-emnlp.12", "acl:2022.findings-emnlp.12", None),
        ("p19-1001", "acl:P19-1001", None),
        ("https://aclanthology.org/2023.acl-long.1/", "acl:2023.acl-long.1", None),
        ("https://aclanthology.org/2023.acl-long.1.pdf", "acl:2023.acl-long.1", None),
        ("https://aclanthology.org/P19-1001v2.pdf", "acl:P19-1001", None),
        ("https://www.aclweb.org/anthology/P19-1001.bib", "acl:P19-1001", None),
        ("https://openreview.net/forum?id=rJl-b3RcF7&noteId=x", "openreview:rJl-b3RcF7", None),
        ("https://openreview.net/pdf?id=rJl-b3RcF7", "openreview:rJl-b3RcF7", None),
        ("openreview:rJl-b3RcF7", "openreview:rJl-b3RcF7", None),
        ("v202/aamand23a", "pmlr:v202/aamand23a", None),
        ("http://proceedings.mlr.press/v202/aamand23a.html", "pmlr:v202/aamand23a", None),
        ("https://proceedings.mlr.press/v202/aamand23a/aamand23a.pdf", "pmlr:v202/aamand23a", None),
        (f"https://papers.nips.cc/paper/2019/hash/{HASH}-Abstract.html", f"neurips:2019/{HASH}", None),
        (
            f"https://proceedings.iclr.cc/paper_files/paper/2024/file/{HASH}-Paper-Conference.pdf",
            f"iclr:2024/{HASH}",
            None,
        ),
        ("CorpusId:0123".join(["s2:", ""]), "s2:CorpusId:123", None),
        ("HTTPS://Example.ORG:443/a?b=c#d", "url:https://example.org/a?b=c", None),
        ("url:http://example.org", "url:http://example.org/", None),
        ("https://arxiv.org/list/cs.CL/recent", "url:https://arxiv.org/list/cs.CL/recent", None),
    ],
)
def test_every_form_has_one_canonical_id(text: str, key: str, version: int | None) -> None:
    found = parse_external_id(text)
    assert (found.key, found.version) == (key, version)
    assert parse_external_id(found.key) == found.model_copy(update={"version": None})


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "hello", "2313.00001", "2300.00001", "9901001", "hep-xx/9901001", "2303.0124v0",
        "arxiv:", "doi:", "10.1/x", "10.1234/", "javascript:alert(1)", "data:text/html,x", "ftp://a.example/x",
        "file:///etc/passwd", "https://", "https://user:pass@a.example/", "https://a.example/ b", "http://[::1",
        "//a.example/x",
        "acl:nothing", "pmlr:x/y", "neurips:2023/xyz", "s2:zz", "openreview:a b",
        "arxiv:2303.01248; DROP TABLE", "２３０３.01248", "2303.01248\x00", "doi:10.1234/a\nb",
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused_by_name(text: str) -> None:
    with pytest.raises(ExternalIdError) as caught:
        parse_external_id(text)
    assert isinstance(caught.value, RefusedInputError)
    assert "\n" not in str(caught.value)
    named = str(caught.value).partition(" is not ")[0].strip("'")
    assert named in repr(text)


@pytest.mark.parametrize(
    "parse", [parse_arxiv_id, parse_doi, parse_acl_id, parse_openreview_id, parse_pmlr_id]
)
def test_a_wrong_host_is_no_id(parse) -> None:
    with pytest.raises(ExternalIdError, match="evil"):
        parse("https://evil.example/abs/2303.01248")


ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
ARXIV = st.builds(
    lambda year, month, number, digits: f"{year:02}{month:02}.{number:0{digits}}",
    st.integers(7, 99), st.integers(1, 12), st.integers(0, 9_999), st.integers(4, 6),
)  # fmt: skip
CANONICAL = st.one_of(
    ARXIV.map(lambda value: ("arxiv", value)),
    st.integers(1, 9_999).map(lambda n: ("acl", f"2023.findings-emnlp.{n}")),
    st.integers(0, 9_999).map(lambda n: ("acl", f"P19-{n:04}")),
    st.text(ALPHABET + "/.()-_", min_size=1, max_size=30).map(lambda s: ("doi", f"10.1234/x{s}x")),
    st.text(ALPHABET + "ABC-_", min_size=6, max_size=20).map(lambda s: ("openreview", s)),
    st.text(ALPHABET, min_size=1, max_size=20).map(lambda s: ("pmlr", f"v202/{s}")),
    st.text("0123456789abcdef", min_size=32, max_size=32).map(lambda s: ("neurips", f"2023/{s}")),
    st.text("0123456789abcdef", min_size=40, max_size=40).map(lambda s: ("s2", s)),
)


@settings(max_examples=300)
@given(CANONICAL)
def test_canonical_ids_round_trip_through_key_and_link(pair: tuple[str, str]) -> None:
    scheme, value = pair
    name = parse_external_id(f"{scheme}:{value}")
    assert name.key == f"{scheme}:{value}"
    url = external_id_url(scheme, value)
    assert url is not None and url.startswith("https://")
    assert parse_external_id(url) == name


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=60), st.text("https://arxiv.org/abs/10.48550v1doi:", max_size=60)))
def test_any_text_gives_an_id_that_reads_as_itself_or_a_typed_error(text: str) -> None:
    try:
        name = parse_external_id(text)
    except ExternalIdError:
        return
    assert parse_external_id(name.key).key == name.key
    assert name.key.isprintable()


def test_links_lead_nowhere_for_what_is_no_id() -> None:
    assert external_id_url("url", "javascript:alert(1)") is None
    assert external_id_url("openreview", "x&y=<script>") is None
    assert external_id_url("nothing", "x") is None
    assert external_id_url("doi", '10.1234/a<b>"') is None


def test_a_work_without_a_name_is_named_by_title_author_and_year() -> None:
    name = title_id("Tea-Brewing with Models", "Example", 2023)
    assert name == title_id("tea brewing WITH Models.", "Ada Example Jr.", 2023)
    assert parse_external_id(name.key) == name
    assert external_id_url("title", name.value) is None
    others = (
        title_id("Tea Brewing without Models", "Example", 2023),
        title_id("Tea-Brewing with Models", "Sample", 2023),
        title_id("Tea-Brewing with Models", "Example", 2024),
    )
    assert len({name, *others}) == 4
    assert best_key([name, ExternalIdDraft(scheme="url", value="https://a.example/")]).startswith("url:")
    for title, author in (("Editorial", "Example"), ("Tea-Brewing with Models", " ")):
        with pytest.raises(ExternalIdError):
            title_id(title, author, 2023)


def test_best_key_follows_the_stated_order_whatever_the_input_order() -> None:
    names = [
        ExternalIdDraft(scheme="url", value="https://a.example/"),
        ExternalIdDraft(scheme="doi", value="10.1234/x"),
        ExternalIdDraft(scheme="acl", value="P19-1002"),
        ExternalIdDraft(scheme="acl", value="P19-1001"),
    ]
    assert best_key(names) == best_key(reversed(names)) == "acl:P19-1001"
    assert SCHEME_ORDER[0] == "arxiv"
    with pytest.raises(ExternalIdError):
        best_key([])
