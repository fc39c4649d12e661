from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from export.text_safety import LINK_LIMIT, safe_link, safe_property, safe_text

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # surrogates included


@settings(max_examples=300)
@given(ANY_TEXT, st.booleans())
def test_any_text_becomes_valid_xml_and_stays_so(text: str, multiline: bool) -> None:
    safe = safe_text(text, multiline=multiline)
    element = etree.Element("t")
    element.text = safe  # lxml raises on what XML 1.0 cannot hold
    assert etree.fromstring(etree.tostring(element, encoding="utf-8")).text == (safe or None)
    assert safe_text(safe, multiline=multiline) == safe
    if not multiline:
        assert safe == " ".join(safe.split())


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain text", "plain text"),
        ("naïve café Ελλάδα 深層", "naïve café Ελλάδα 深層"),
        ("a\x00b\x1b[31mc\x7f\x9f", "ab[31mc"),
        ("pair \ud83d\ude00 lone \ud83d", "pair 😀 lone \ufffd"),
        ("\ufeffbom \ufffe\uffff\ufdd0\U0010ffff", "bom"),
        ("abc\u202etxt.exe\u2066", "abctxt.exe"),
        ("zwj 👩‍🔬 and zwnj می‌خواهم", "zwj 👩‍🔬 and zwnj می‌خواهم"),
        ("a\r\nb\rc\u2028d\x85e\tf", "a b c d e f"),
    ],
)
def test_what_is_taken_out_and_what_stays(text: str, safe: str) -> None:
    assert safe_text(text) == safe


def test_lines_stay_where_they_are_wanted() -> None:
    assert safe_text("a\r\nb\u2029c\n", multiline=True) == "a\nb\nc\n"


def test_limits_end_in_an_ellipsis() -> None:
    assert safe_text("abcdef", limit=4) == "abc…"
    assert safe_text("abcd", limit=4) == "abcd"
    assert len(safe_property("x" * 10_000)) == 255


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://arxiv.org/abs/2301.00001", "https://arxiv.org/abs/2301.00001"),
        ("HTTP://Example.org:8080/a?b=c&d=%20#e", "http://example.org:8080/a?b=c&d=%20#e"),
        ("https://münchen.example/ü?q=ß", "https://xn--mnchen-3ya.example/%C3%BC?q=%C3%9F"),
        ("http://[::1]:8501/?cell=a/b", "http://[::1]:8501/?cell=a/b"),
        ('https://a.example/"<x>"', "https://a.example/%22%3Cx%3E%22"),
    ],
)
def test_good_links_stay(url: str, safe: str) -> None:
    assert safe_link(url) == safe


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        " https://a.example/",
        "https://a.example/ b",
        "java\nscript:alert(1)",
        "https://a.example/\r\nSet-Cookie: x",
        "data:text/html;base64,xx",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "mailto:a@a.example",
        "//a.example/x",
        "/x",
        "x",
        "https:",
        "https:///x",
        "http:a.example",
        "\\\\a.example\\share",
        "https:\\\\a.example",
        "https://user:pass@a.example/",
        "https://a.example:x/",
        "https://[::1/",
        "https://a.example/\ud800",
        "https://" + "a" * 70 + ".example/",
        "https://a.example/" + "x" * LINK_LIMIT,
    ],
)
def test_everything_else_is_no_link(url: str | None) -> None:
    assert safe_link(url) is None


@settings(max_examples=300)
@given(st.one_of(ANY_TEXT, ANY_TEXT.map("https://a.example/".__add__), ANY_TEXT.map("http://".__add__)))
def test_a_safe_link_is_absolute_http_in_ascii(url: str) -> None:
    safe = safe_link(url)
    if safe is not None:
        assert safe.startswith(("http://", "https://"))
        assert safe.isascii()
        assert safe.isprintable()
        assert not set(safe) & set(' "<>\\')
        assert safe_link(safe) == safe
