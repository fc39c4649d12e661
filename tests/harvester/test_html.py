"""HTML: whole or not at all."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import LandscapeError
from harvester import html
from harvester.html import html_hint, parse_html
from harvester.xml import DamagedPageError

PAGE = "<!DOCTYPE html>\n<html><head><title>Tea</title></head><body><p>Grüße</p></body></html>\n".encode()


def test_a_page_is_read():
    root = parse_html(PAGE, what="the page")
    assert root.tag == "html"
    assert [text for text in root.itertext() if text.strip()] == ["Tea", "Grüße"]


@pytest.mark.parametrize(
    "end", [b"</html>", b"</HTML >\n\n", b"</html><!-- built 12:00 -->\n", b"</html>\n<!-- a --> <!-- b -->"]
)
def test_an_end_is_an_end(end):
    assert parse_html(PAGE.replace(b"</html>\n", end), what="the page").tag == "html"


def test_a_page_cut_anywhere_is_refused():
    whole = PAGE.rstrip()
    for end in range(len(whole)):
        with pytest.raises(DamagedPageError):
            parse_html(whole[:end], what="the page")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (PAGE.replace("ü".encode(), b"\xfc"), "UTF-8"),
        (PAGE.decode().encode("utf-16"), "cut|UTF-8"),
        (PAGE.replace(b"<p>", b"<p>\x00"), "NUL"),
        (b"<html><body>" + b"<div>" * 100_000 + b"</html>", "read whole"),
        (b"Rate exceeded.", "cut"),
        (b'{"a": "</html"}', "cut"),
    ],
)
def test_what_cannot_be_read_whole_is_refused(payload, reason):
    with pytest.raises(DamagedPageError, match=reason):
        parse_html(payload, what="the page")


def test_a_page_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(html, "LIMIT_BYTES", 10)
    with pytest.raises(DamagedPageError, match="too large"):
        parse_html(PAGE, what="the page")


def test_entities_reach_no_file():
    page = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n<html><body>&x;</body></html>'
    text = "".join(parse_html(page, what="the page").itertext())
    name = socket.gethostname()
    assert name not in text


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(content):
    try:
        assert parse_html(b"<html>" + content + b"</html>", what="the page").tag == "html"
    except LandscapeError:
        return


def test_html_is_known_by_its_beginning():
    assert html_hint(b"\xef\xbb\xbf\n<!DOCTYPE HTML PUBLIC>")
    assert html_hint(b"<!-- saved --><html>")
    assert not html_hint(b"<?xml version='1.0'?><feed/>")
