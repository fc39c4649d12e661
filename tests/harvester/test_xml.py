"""XML from strangers: whole and harmless, or refused."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.xml import LIMIT_BYTES, DamagedPageError, canonical, full_text, parse_xml, root_hint

ROOTS = frozenset({"a"})


def read(payload: bytes):
    return parse_xml(payload, ROOTS, what="the page")


@pytest.mark.parametrize(
    "payload",
    [
        b"<a>tea</a>",
        b"\xef\xbb\xbf<a>tea</a>",
        b"\n <a>tea</a>",
        b"<?xml version='1.0' encoding='UTF-8'?>\n<!-- <!DOCTYPE a> --><?pi?><a>tea</a>\n<!-- end -->",
        b'<?xml version="1.0" encoding="us-ascii"?><a>tea</a>',
    ],
)
def test_good_documents_are_read(payload):
    assert read(payload).text == "tea"


LOL = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


@pytest.mark.parametrize(
    "payload",
    [
        b'<!DOCTYPE a [<!ENTITY l0 "lol">' + LOL + b"]><a>&l9;</a>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><a/>',
        b"<!DOCTYPE a><a/>",
        b"<?xml version='1.0'?><!-- c --> <?pi?>\n<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>",
        b"\xef\xbb\xbf<!DOCTYPE html><html/>",
        b'<!DOCTYPE a [<!ENTITY q "' + b"q" * 100_000 + b'">]><a>' + b"&q;" * 1_000 + b"</a>",
    ],
)
def test_a_doctype_is_refused_before_it_is_read(payload):
    with pytest.raises(DamagedPageError, match="DOCTYPE"):
        read(payload)


def test_no_file_is_read_through_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret", encoding="utf-8")
    payload = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()
    with pytest.raises(DamagedPageError) as caught:
        read(payload)
    assert "the secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Rate exceeded.", "no XML"),
        (b'{"error": 1}', "no XML"),
        ("<a>tea</a>".encode("utf-16"), "no XML"),
        ("<a>tea</a>".encode("utf-32"), "no XML"),
        ("<a>tea</a>".encode("utf-16-le"), "damaged"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "UTF-8"),
        (b"<?xml version='1.0' encoding='EBCDIC'?><a/>", "UTF-8"),
        (b"<a>\xe9</a>", "damaged"),
        (b"<a>\xed\xa0\x80</a>", "damaged"),
        (b"<a>\x00</a>", "damaged"),
        (b"<a>&#0;</a>", "damaged"),
        (b"<a>&#xFFFE;</a>", "damaged"),
        (b"<a>&lol;</a>", "damaged"),
        (b"<a/><a/>", "damaged"),
        (b"<a", "damaged"),
        (b"<!-- never ends", "no root"),
        (b"<?xml version='1.0'?>", "no root"),
        (b"<b/>", "root element"),
        (b"<html><body>Rate exceeded</body></html>", "root element"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "depth"),
        (b"<a>" + b"x" * 10_500_000 + b"</a>", "too long"),
    ],
)
def test_anything_else_is_refused(payload, match):
    with pytest.raises(DamagedPageError, match=match):
        read(payload)


def test_a_document_beyond_the_limit_is_refused():
    with pytest.raises(DamagedPageError, match="too large"):
        read(b"<a>" + bytes(LIMIT_BYTES))


def test_a_million_attributes_end_in_an_error_or_an_element():
    payload = b"<a " + b" ".join(b'x%d="1"' % number for number in range(1_000_000)) + b"/>"
    with pytest.raises(DamagedPageError):
        read(payload)


def test_text_is_complete_whatever_stands_around_it():
    unknown: Counter[str] = Counter()
    element = read(b"<a>one<!-- c --> <b>two <i>three</i></b><?pi?> four<z>five</z>.</a>")
    assert full_text(element, frozenset({"b", "i"}), unknown) == "one two three fourfive."
    assert unknown == {"z": 1}


def test_canonical_form_does_not_depend_on_how_it_was_written():
    one = read(b'<a xmlns:n="urn:x"><b z="1" a="2">tea<!-- c --></b>tail</a>')[0]
    two = read(b"<a><b  a='2' z='1'>tea</b></a>")[0]
    assert canonical(one) == canonical(two) == b'<b a="2" z="1">tea</b>'


def test_canonical_form_reads_back_as_the_same_element():
    root = read(b'<a><e xmlns="urn:atom" xmlns:x="urn:x"><f><name>n</name></f><x:g/></e></a>')
    again = parse_xml(canonical(root[0]), frozenset({"{urn:atom}e"}), what="it")
    assert [str(element.tag) for element in again.iter()] == [str(element.tag) for element in root[0].iter()]


def test_an_element_without_canonical_form_comes_as_it_stands():
    root = read(b'<a><b xmlns:n="relative"><n:c>tea</n:c></b>tail</a>')
    assert canonical(root[0]) == b'<b xmlns:n="relative"><n:c>tea</n:c></b>'


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<a id='1'>", "a"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <b> --><n:feed xmlns:n='x'", "feed"),
        (b"tea", ""),
        (b"", ""),
        (b"<!-- only", ""),
    ],
)
def test_the_root_is_guessed_from_the_head(head, name):
    assert root_hint(head)[0] == name


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload):
    try:
        read(payload)
    except DamagedPageError as error:
        assert "\n" not in str(error)
