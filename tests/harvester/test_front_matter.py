"""Front matter: plain fields alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.front_matter import LIMIT_CHARACTERS, read_front_matter
from harvester.rejects import RecordFaultError


def matter(text: str) -> bytes:
    return f"---\n{text}\n---\nbody\n".encode()


@pytest.mark.parametrize(
    "value", ["2048", "0", "No", "true", "null", "1e3", "2023-07-03", "0x1F", "~", "1:30"]
)
def test_a_value_stays_the_text_that_stands_there(value):
    assert read_front_matter(matter(f"title: {value}")) == {"title": value}


def test_lists_mappings_folding_and_quotes_are_read():
    text = "title: 'It''s: folded\n  here'\nauthor:\n- given: Ada\n  family: \"L\\u00e9\"\nempty:\n"
    assert read_front_matter(matter(text)) == {
        "title": "It's: folded here", "author": [{"given": "Ada", "family": "Lé"}], "empty": "",
    }  # fmt: skip


def test_windows_lines_and_a_byte_order_mark_are_read():
    assert read_front_matter(b"\xef\xbb\xbf---\r\ntitle: Tea\r\n---\r\n") == {"title": "Tea"}


def test_an_alias_is_read():
    assert read_front_matter(matter("a: &1 x\nb: *1")) == {"a": "x", "b": "x"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "begin"),
        (b"title: no fence", "begin"),
        (b"---\ntitle: open\n", "not closed"),
        (matter("title: !!python/object/apply:os.system [true]"), "tag"),
        (matter("title: !ruby/object:Gem {}"), "tag"),
        (matter("title: !!str x"), "tag"),
        (matter("title: a\ntitle: b"), "twice"),
        (matter("a:\n  b: 1\n  b: 2"), "twice"),
        (matter("- a"), "no mapping"),
        (matter("just words"), "no mapping"),
        (matter("a: [1"), "not YAML"),
        (matter("a: \x07"), "not YAML"),
        (matter("a: *nowhere"), "not YAML"),
        (matter("a: &a [*a]"), "not YAML"),
        (matter("? [a]\n: b"), "not YAML"),
        (matter("a: " + "[" * 30 + "]" * 30), "more than plain"),
        (matter("[" * 100_000), "YAML|more than plain"),
        (matter("a: &a x\nb: [" + ", ".join(["*a"] * 101) + "]"), "more than plain"),
        (matter("a: " + "x" * LIMIT_CHARACTERS), "too long"),
        (b"---\ntitle: \xff\n---\n", "UTF-8"),
    ],
)
def test_anything_else_is_refused_with_a_reason(content, reason):
    with pytest.raises(RecordFaultError, match=reason):
        read_front_matter(content)


@given(st.binary(max_size=300) | st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(matter))
def test_any_bytes_are_read_or_refused(content):
    try:
        found = read_front_matter(content)
    except RecordFaultError:
        return
    assert isinstance(found, dict)
